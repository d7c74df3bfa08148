// The drawing: cards, slips and lines as SVG. What stays is moved, so that the eye can follow and the focus is kept.

let pictureDrawings = 0;

/// The parts of a drawing. Markers have names of their own in every picture of a page.
function pictureStage(label) {
  pictureDrawings += 1;
  const id = `pic-${pictureDrawings}`;
  const markers = ["plain", "lost", "gained", "on"].map((look) =>
    pictureSvg("marker", {
      id: `${id}-${look}`, class: `pic-head pic-head-${look}`, viewBox: "0 0 10 10", refX: 9, refY: 5,
      markerWidth: 9, markerHeight: 9, markerUnits: "userSpaceOnUse", orient: "auto-start-reverse",
    }, pictureSvg("path", { d: "M0.5 1 9.5 5 0.5 9z" })));
  const lines = pictureSvg("g", { class: "pic-lines", "aria-hidden": "true" });
  const labels = pictureSvg("g", { class: "pic-labels", "aria-hidden": "true" });
  const cards = pictureSvg("g", { class: "pic-cards" });
  const svg = pictureSvg("svg", {
    class: "pic-svg", role: "application", "aria-roledescription": "access graph", "aria-label": label, "aria-describedby": `${id}-keys`,
  }, pictureSvg("defs", {}, ...markers), lines, labels, cards);
  return { id, svg, lines, labels, cards, nodes: new Map() };
}

/// What a node is called in the picture.
function pictureNodeName(node) {
  if (node.kind !== "group") return pictureTitle(node.thing);
  const level = pictureLevel(node.level)?.name;
  const count = pictureCount(node.count, node.type);
  return level ? `${level}: ${count}` : count;
}

/// The small line above the name: what it is.
function pictureCaption(node) {
  if (node.kind === "group") return node.label.replace(` ${pictureLevel(node.level)?.name} on`, "");
  if (node.type === "Projects") return pictureCount(node.thing.count, "Project");
  return pictureType(node.type).one;
}

/// The caption on the card, beside its handle.
function pictureShortCaption(node) {
  return (node.kind === "thing" && node.type !== "Projects" && pictureType(node.type).short) || pictureCaption(node);
}

function pictureSpoken(view, node) {
  const parts = [`${pictureCaption(node)}: ${pictureName(pictureNodeName(node))}`];
  if (node.key === `t${view.focus}`) parts.push("the centre of this graph");
  if (node.state && node.state !== "kept") parts.push(PICTURE_STATES[node.state].word);
  if (node.hidden) parts.push(`${pictureNumber(node.hidden)} more to unfold`);
  return parts.join(", ");
}

/// Nodes take the state that all their lines share.
function pictureNodeStates(view) {
  const states = new Map();
  for (const edge of view.edges) {
    for (const end of [edge.source, edge.target]) {
      if (!states.has(end.key)) states.set(end.key, new Set());
      states.get(end.key).add(edge.state);
    }
  }
  for (const node of view.nodes) {
    const all = [...(states.get(node.key) ?? [])];
    node.state = all.length === 1 ? all[0] : undefined;
  }
}

function pictureDraw(stage, view, fonts) {
  pictureNodeStates(view);
  for (const [key, element] of stage.nodes) {
    if (view.byKey.has(key)) continue;
    element.remove();
    stage.nodes.delete(key);
  }
  for (const node of view.nodes) {
    let element = stage.nodes.get(node.key);
    if (!element) {
      // The button is a frame without text, beside what is drawn: its label says all of that, and whole.
      element = pictureSvg("g", { "data-key": node.key }, pictureSvg("g", { "aria-hidden": "true" }),
        pictureSvg("rect", { class: "pic-halo", x: -4, y: -4, rx: 11, role: "button", tabindex: "-1" }));
      stage.nodes.set(node.key, element);
      stage.cards.append(element);
    }
    pictureDrawNode(element, view, node, fonts);
  }
  stage.lines.replaceChildren(...view.edges.map((edge) => pictureDrawLine(stage, edge)));
  stage.labels.replaceChildren(...view.edges.flatMap((edge) => pictureDrawLabel(edge)));
}

/// What of a node has the focus, and is read aloud.
function pictureButton(element) {
  return element.lastChild;
}

function pictureDrawNode(element, view, node, fonts) {
  const { width, height } = node;
  const family = pictureType(node.type).family;
  const isSlip = height < PICTURE_CARD.height;
  const isMany = node.kind === "group" || (node.kind === "thing" && node.thing.count > 1);
  const level = node.kind === "group" ? pictureLevel(node.level) : null;
  const expanded = pictureExpanded(node);
  element.setAttribute("class", ["pic-node", `pic-of-${family}`, node.kind === "group" ? "pic-group" : "",
    isSlip ? "pic-slip" : "", node.key === `t${view.focus}` ? "pic-centre" : "", node.state ? `pic-${node.state}` : ""].filter(Boolean).join(" "));
  element.style.transform = `translate(${node.x}px, ${node.y}px)`;
  const button = pictureButton(element);
  button.setAttribute("width", width + 8);
  button.setAttribute("height", height + 8);
  button.setAttribute("aria-label", pictureSpoken(view, node));
  if (expanded === null) button.removeAttribute("aria-expanded");
  else button.setAttribute("aria-expanded", expanded);

  const more = expanded === null ? null : pictureMore(node, expanded, fonts);
  const tile = isSlip ? 18 : 28;
  const left = isSlip ? 32 : 44;
  const right = (more ? more.width + 12 : 8) + (level ? 20 : 0);
  const title = pictureSvg("title");
  title.textContent = `${pictureCaption(node)}: ${pictureName(pictureNodeName(node), 400)}`;
  const parts = [title];
  if (isMany) parts.push(pictureSvg("rect", { class: "pic-behind", x: 5, y: 5, width, height, rx: 8 }));
  parts.push(
    pictureSvg("rect", { class: "pic-card", width, height, rx: isSlip ? 6 : 8 }),
    pictureSvg("rect", { class: "pic-tile", x: 8, y: (height - tile) / 2, width: tile, height: tile, rx: isSlip ? 4 : 6 }),
    pictureSvg("g", { class: "pic-sign", transform: `translate(${isSlip ? 10.5 : 14} ${(height - 16) / 2}) ${isSlip ? "translate(0.5 2) scale(0.75)" : ""}` },
      pictureIcon(node.type)),
  );
  const text = (className, y, words, font, after) => {
    const line = pictureSvg("text", { class: className, x: left, y });
    line.textContent = pictureCut(words, font, width - left - after);
    return line;
  };
  if (isSlip) parts.push(text("pic-name", 19.5, pictureNodeName(node), fonts.slip, right));
  else parts.push(text("pic-caption", 17.5, pictureShortCaption(node), fonts.caption, right), text("pic-name", 36, pictureNodeName(node), fonts.name, 8));
  if (level) parts.push(pictureBars(level.bars, width - right + 2, 18));
  if (more) parts.push(more.element);
  if (node.state && node.state !== "kept") parts.push(pictureMark(node.state, 0, 0));
  element.firstChild.replaceChildren(...parts);
}

/// The handle at the right of a card: how much more there is, or that it can be folded.
function pictureMore(node, expanded, fonts) {
  const words = expanded === "true" ? "−" : node.kind === "group" ? "+" : `+${pictureNumber(node.hidden)}`;
  const width = Math.max(18, Math.ceil(pictureWidth(words, fonts.caption)) + 10);
  const x = node.width - width - 6;
  const middle = node.height < PICTURE_CARD.height ? node.height / 2 : 14;
  const label = pictureSvg("text", { class: "pic-more-words", x: x + width / 2, y: middle + 4, "text-anchor": "middle" });
  label.textContent = words;
  return {
    width,
    element: pictureSvg("g", { class: "pic-more", "data-more": "1" },
      pictureSvg("rect", { x, y: middle - 8, width, height: 16, rx: 8 }), label),
  };
}

/// Minus or plus on a disc: what the plan takes away or adds, for those who see no colours.
function pictureMark(state, x, y) {
  return pictureSvg("g", { class: `pic-mark pic-mark-${state}`, transform: `translate(${pictureRound(x)} ${pictureRound(y)})` },
    pictureSvg("circle", { r: 8 }),
    pictureSvg("path", { d: state === "gained" ? "M-4 0H4M0 -4V4" : "M-4 0H4" }));
}

function pictureDrawLine(stage, edge) {
  const look = edge.state === "lost" || edge.state === "gained" ? edge.state : "plain";
  const end = edge.isReversed ? "marker-start" : "marker-end";
  const title = pictureSvg("title");
  title.textContent = edge.labels.map((label) => pictureName(label)).join(", ") || "is one of these";
  edge.line = pictureSvg("path", { class: "pic-line", d: edge.d, [end]: `url(#${stage.id}-${look})` });
  edge.element = pictureSvg("g", { class: `pic-edge pic-${look}`, "data-edge": edge.key }, title,
    pictureSvg("path", { class: "pic-touch", d: edge.d }), edge.line);
  edge.head = { end, look };
  return edge.element;
}

/// A line on the way that is shown has a head of its own colour.
function pictureHead(stage, edge, isOn) {
  edge.line.setAttribute(edge.head.end, `url(#${stage.id}-${isOn ? "on" : edge.head.look})`);
}

function pictureDrawLabel(edge) {
  edge.label = null;
  if (!edge.at) return [];
  const isMarked = pictureIsMarked(edge);
  edge.label = pictureSvg("g", { class: `pic-label pic-${edge.state ?? "plain"}`, "data-edge": edge.key });
  const { x, y, left, width } = edge.at;
  edge.label.append(pictureSvg("rect", { x: pictureRound(left), y: pictureRound(y - 9), width, height: 18 }));
  if (edge.words) {
    const words = pictureSvg("text", {
      x: pictureRound(x + (isMarked ? PICTURE_MARK_ROOM / 2 : 0)), y: pictureRound(y + 4), "text-anchor": "middle",
    });
    words.textContent = edge.words;
    edge.label.append(words);
  }
  if (isMarked) edge.label.append(pictureMark(edge.state, left + 10, y));
  return [edge.label];
}
