// The panel beside the picture: all that is known of the chosen node or line, and the way to it in words.

const PICTURE_LISTED = 25;
const PICTURE_LISTED_MEMBERS = 100;

function picturePanelNode(ui, node) {
  const { view } = ui;
  const parts = [
    el("p", { class: "pic-kind" }, pictureCaption(node)),
    el("h3", { class: "pic-title" }, el("bdi", {}, pictureName(pictureNodeName(node)))),
    picturePanelButtons(ui, node),
  ];
  if (ui.way) parts.push(picturePanelWay(ui));
  if (node.kind === "thing" || node.kind === "member") parts.push(picturePanelDetails(node.thing));
  const members = node.kind === "thing" ? (node.thing.members ?? []) : [];
  if (members.length) parts.push(picturePanelMembers(node.thing, members));
  if (node.kind === "group") {
    parts.push(picturePanelEdges(ui, "What is in it", node.numbers, node.owner));
  } else if (node.kind === "thing") {
    const all = [...view.model.ahead[node.index], ...view.model.behind[node.index]].sort((a, b) => a - b);
    const { edges } = view.model.graph;
    parts.push(
      picturePanelEdges(ui, "What it leads to", all.filter((number) => edges[number].from === node.index), node.index),
      picturePanelEdges(ui, "What leads to it", all.filter((number) => edges[number].to === node.index), node.index),
    );
  }
  return parts.filter(Boolean);
}

function picturePanelButtons(ui, node) {
  const buttons = [];
  const button = (words, act) => buttons.push(el("button", { type: "button", onclick: act }, words));
  const expanded = pictureExpanded(node);
  if (expanded) button(expanded === "true" ? "Fold" : "Unfold", () => ui.toggle(node));
  if (node.rest > 0 && node.shown > 0) {
    button(`Show ${pictureNumber(Math.min(PICTURE_STEP, node.rest))} more`, () => ui.more(node));
  }
  if (node.key !== `t${ui.view.focus}`) {
    buttons.push(el("button", { type: "button", "aria-pressed": String(Boolean(ui.way)), onclick: () => ui.showWay(node) }, "Highlight the path"));
    if (node.kind === "thing") button("Put in the centre", () => ui.centre(node.index));
  }
  if (node.kind === "thing" && ui.onOpen && PICTURE_ACCOUNTS.has(node.type)) button("Open its page", () => ui.onOpen(node.thing));
  return buttons.length ? el("p", { class: "pic-buttons" }, ...buttons) : null;
}


function picturePanelWay(ui) {
  const steps = ui.way.steps.map((step) =>
    el("li", {},
      el("bdi", {}, pictureName(pictureTitle(step.from))), " ", el("em", {}, pictureName(step.label)), " ",
      el("bdi", {}, pictureName(pictureTitle(step.to))), pictureStateWords(step.state),
      pictureBecause(step), step.more ? el("span", { class: "pic-quiet" }, ` and ${pictureNumber(step.more)} more`) : null));
  return el("section", { class: "pic-way" },
    el("h4", {}, `The path from ${pictureName(pictureTitle(ui.view.model.graph.nodes[ui.view.focus]), 60)}`), el("ol", {}, ...steps));
}

/// Why, and which file says so.
function pictureBecause({ because, location }) {
  if (!because && !location) return null;
  return el("span", { class: "pic-because" },
    because ? el("span", {}, pictureName(because, 1000)) : null, because && location ? " " : null,
    location ? el("code", {}, picturePlace(location)) : null);
}

function pictureStateWords(state) {
  const known = PICTURE_STATES[state];
  return known ? el("span", { class: `pic-state pic-state-${state}` }, `${known.mark} ${known.word}`) : null;
}

function picturePanelDetails(thing) {
  const rows = [["id", thing.id, null], ["company", thing.company, null]].filter(([, value]) => value);
  // The heading has the beginning of a long name.
  if (pictureName(thing.name) !== pictureVisible(thing.name)) rows.unshift(["whole name", thing.name, null]);
  for (const detail of thing.details ?? []) rows.push([detail.name, detail.value, detail.location]);
  if (thing.location) rows.push(["described in", null, thing.location]);
  return el("dl", { class: "pic-details" }, ...rows.flatMap(([name, value, location]) => [
    el("dt", {}, pictureName(name)),
    el("dd", {}, value === null ? null : el("bdi", {}, pictureVisible(value)), value !== null && location ? " " : null,
      location ? el("code", {}, picturePlace(location)) : null),
  ]));
}

function picturePanelMembers(thing, members) {
  const shown = members.slice(0, PICTURE_LISTED_MEMBERS);
  const rest = thing.count - shown.length;
  return el("section", {}, el("h4", {}, `It stands for ${pictureCount(thing.count, members[0].type)}`),
    el("ul", { class: "pic-members" }, ...shown.map((member) => el("li", {}, el("bdi", {}, pictureName(pictureTitle(member)))))),
    rest > 0 ? el("p", { class: "pic-quiet" }, `and ${pictureNumber(rest)} more`) : null);
}

/// Edges of a node as a list; the first of them, and the rest when asked for.
function picturePanelEdges(ui, title, numbers, own) {
  if (!numbers.length) return null;
  const list = el("ul", { class: "pic-edges" });
  const add = (some) => list.append(...some.map((number) => picturePanelEdge(ui, number, own)));
  add(numbers.slice(0, PICTURE_LISTED));
  const section = el("section", {}, el("h4", {}, `${title} `, el("span", { class: "pic-quiet" }, pictureNumber(numbers.length))), list);
  let next = PICTURE_LISTED;
  if (numbers.length > next) {
    const more = el("button", { type: "button", onclick: () => {
      add(numbers.slice(next, next + 10 * PICTURE_LISTED));
      next += 10 * PICTURE_LISTED;
      if (next >= numbers.length) more.remove();
    } }, "List more");
    section.append(more);
  }
  return section;
}

function picturePanelEdge(ui, number, own) {
  const { graph } = ui.view.model;
  const edge = graph.edges[number];
  const end = (index) => index === own
    ? el("span", { class: "pic-quiet" }, "it")
    : el("button", { type: "button", class: "pic-link", onclick: () => ui.go(index, number) },
      el("bdi", {}, pictureName(pictureTitle(graph.nodes[index]))));
  const subject = edge.from === own ? null : end(edge.from);
  return el("li", {}, subject, subject ? " " : null, el("em", {}, pictureName(edge.label)), " ",
    edge.from === own ? end(edge.to) : end(own), pictureStateWords(edge.state), pictureBecause(edge));
}

/// A line that was clicked: everything it stands for.
function picturePanelLine(ui, line) {
  const { graph } = ui.view.model;
  const ends = (edge) => edge.isReversed ? [edge.target, edge.source] : [edge.source, edge.target];
  const [from, to] = ends(line);
  const name = (node) => el("bdi", {}, pictureName(pictureNodeName(node)));
  const parts = [
    el("p", { class: "pic-kind" }, "edge"),
    el("h3", { class: "pic-title" }, name(from), ` ${pictureName(line.labels.join(", ") || "→")} `, name(to)),
  ];
  if (PICTURE_STATES[line.state]) parts.push(el("p", {}, pictureStateWords(line.state), ` ${PICTURE_STATES[line.state].sentence}`));
  if (line.numbers.length) parts.push(picturePanelEdges(ui, "Why", line.numbers, graph.edges[line.numbers[0]].from));
  else parts.push(el("p", {}, "One of the projects that the node stands for."));
  return parts;
}

function picturePanelEmpty() {
  return [el("p", { class: "pic-quiet" }, "Choose a node or an edge to see what is known of it, and which file says so.")];
}
