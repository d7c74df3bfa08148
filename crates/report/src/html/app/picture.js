// The picture: an interactive access graph around one account or app. `picture_*.js` hold its parts; here they meet.

/// Draws the neighbourhood of `options.focus` (the index of a node) into `host`. `options.depth` is how far it reaches at
/// first; `options.onOpen` leads to the page of an account or app.
function picture(host, graph, options = {}) {
  const model = pictureModel(graph);
  if (!graph.nodes[options.focus]) {
    host.replaceChildren(el("p", { class: "pic-empty" }, "The graph does not hold this."));
    return;
  }
  const name = pictureName(pictureTitle(graph.nodes[options.focus]), 80);
  const stage = pictureStage(`Access graph around ${name}`);
  const panel = el("div", { class: "pic-panel", role: "region", tabindex: "0", "aria-label": "Details of the chosen node or edge" });
  const told = el("p", { class: "pic-told", role: "status" });
  const ui = { host, stage, panel, told, model, onOpen: options.onOpen, when: "both", chosen: null, line: null, way: null };
  ui.camera = pictureCamera(stage.svg);
  ui.fonts = {};
  ui.map = pictureMap(ui.camera);
  pictureActions(ui, options);
  host.classList.add("pic");
  host.replaceChildren(
    pictureToolbar(ui),
    el("div", { class: "pic-body" }, el("div", { class: "pic-stage" }, stage.svg, ui.map.element), panel),
    told,
    pictureLegend(ui, graph),
  );
  ui.fonts = pictureFonts(host);
  pictureHear(ui);
  ui.centre(options.focus, options.depth);
}

/// The fonts of `picture.css`, for measuring.
function pictureFonts(host) {
  const family = getComputedStyle(host).fontFamily || "sans-serif";
  return { name: `600 13px ${family}`, slip: `12.5px ${family}`, caption: `11px ${family}`, label: `11px ${family}` };
}

/// What the reader can do. All of it goes through here, whether it is asked for by mouse, key or button.
function pictureActions(ui, options) {
  const { stage, camera } = ui;
  ui.isShown = (edge) => !(ui.when === "before" && edge.state === "gained") && !(ui.when === "after" && edge.state === "lost");
  ui.isThere = (node) => ui.there.has(node.key);
  ui.nodeOf = (target) => ui.view.byKey.get(target.closest?.("[data-key]")?.dataset.key) ?? null;

  /// Lays everything out again. `held` stays where it is on the screen.
  ui.renew = (held) => {
    const before = held ? { x: held.x, y: held.y } : null;
    ui.view = pictureView(ui.model, ui.focus, ui.open);
    camera.bounds = pictureLayout(ui.view, ui.fonts.label);
    pictureDraw(stage, ui.view, ui.fonts);
    ui.map.draw(ui.view);
    const after = held ? ui.view.byKey.get(held.key) : null;
    if (before && after) camera.hold(before, after);
    ui.chosen = ui.chosen ? (ui.view.byKey.get(ui.chosen.key) ?? null) : null;
    ui.line = null;
    ui.way = null;
    ui.mark();
    return after;
  };
  ui.centre = (index, depth) => {
    ui.focus = index;
    ui.open = pictureStart(ui.model, index, depth);
    ui.renew(null);
    const node = ui.view.byKey.get(`t${index}`);
    ui.choose(node, {});
    camera.start(node);
    ui.tell("");
  };
  ui.again = () => ui.centre(options.focus, options.depth);
  ui.toggle = (node) => {
    const done = pictureToggle(ui.view, node);
    if (!done) return;
    const before = ui.view.nodes.length;
    const after = ui.renew(node);
    const near = ui.view.nodes.filter((other) => other.parent === after);
    if (done === "Unfolded" && near.length) camera.reveal([after, ...near]);
    const change = ui.view.nodes.length - before;
    ui.tell(done === "Unfolded" && change <= 0 ? "There is no more room: fold something first." : `${done}: ${pictureNumber(Math.abs(change))} ${change < 0 ? "fewer" : "more"} drawn.`);
  };
  ui.more = (node) => {
    pictureShowMore(ui.view, node);
    ui.renew(node);
    ui.tell("");
  };
  ui.choose = (node, { isFocused }) => {
    if (ui.way && ui.chosen !== node) ui.way = null;
    Object.assign(ui, { chosen: node, line: null });
    ui.mark();
    const element = stage.nodes.get(node.key);
    if (isFocused) {
      pictureButton(element).focus({ preventScroll: true });
      camera.reveal([node]);
    }
  };
  ui.chooseLine = (line) => {
    Object.assign(ui, { chosen: null, line, way: null });
    ui.mark();
  };
  /// Goes to a node of the graph; the edge to it is drawn if the node is not.
  ui.go = (index, number) => {
    let node = ui.view.byKey.get(`t${index}`);
    if (!node) {
      ui.open.single.add(number);
      ui.renew(ui.chosen);
      node = ui.view.byKey.get(`t${index}`);
    }
    if (node) ui.choose(node, { isFocused: true });
    else ui.centre(index);
  };
  ui.showWay = (node) => {
    if (ui.way) ui.way = null;
    else {
      const found = picturePath(ui.view, ui.view.byKey.get(`t${ui.focus}`), node, ui.isShown);
      ui.way = found && found.edges.length ? { ...found, steps: pictureSteps(ui.view, found) } : null;
      ui.tell(ui.way ? `The path has ${pictureNumber(ui.way.steps.length)} ${ui.way.steps.length === 1 ? "step" : "steps"}.` : "No path is drawn.");
    }
    Object.assign(ui, { chosen: node, line: null });
    ui.mark();
  };
  ui.letGo = () => {
    if (!ui.way && !ui.chosen && !ui.line) return false;
    if (ui.way) ui.way = null;
    else Object.assign(ui, { chosen: null, line: null });
    ui.mark();
    return true;
  };
  ui.fullScreen = () => {
    const change = document.fullscreenElement ? document.exitFullscreen() : ui.host.requestFullscreen();
    change.catch(() => ui.tell("This browser does not give the graph the full screen."));
  };
  ui.look = (when) => {
    ui.when = when;
    ui.way = null;
    ui.mark();
  };
  ui.mark = () => pictureMarkAll(ui);
  /// Says what happened, and always what is not drawn.
  ui.tell = (words) => {
    const { view } = ui;
    const left = view.undrawn ? `${pictureNumber(view.nodes.length)} things are drawn, which is as many as can be read; ${pictureNumber(view.undrawn)} edges beyond them are not. Fold something, or put another node in the centre.` : "";
    const out = ui.model.graph.left_out ? `${pictureNumber(ui.model.graph.left_out)} service identities are not in the graph of this report.` : "";
    ui.told.textContent = [words, left, out].filter(Boolean).join(" ");
  };
}

/// Shows what is chosen, what lies on the way, and what is there before or after.
function pictureMarkAll(ui) {
  const { stage, view, chosen, line, way } = ui;
  const focus = view.byKey.get(`t${ui.focus}`);
  ui.there = pictureThere(view, focus, ui.isShown);
  const onWay = new Set(way ? [...way.nodes.map((node) => node.key), ...way.edges.map((edge) => edge.key)] : []);
  stage.svg.classList.toggle("pic-on-way", Boolean(way));
  const current = chosen ?? focus;
  for (const node of view.nodes) {
    const element = stage.nodes.get(node.key);
    element.classList.toggle("pic-gone", !ui.there.has(node.key));
    element.classList.toggle("pic-chosen", node === chosen);
    element.classList.toggle("pic-on", onWay.has(node.key));
    const button = pictureButton(element);
    button.setAttribute("tabindex", node === current ? "0" : "-1");
    if (node === chosen) button.setAttribute("aria-current", "true");
    else button.removeAttribute("aria-current");
  }
  for (const edge of view.edges) {
    const isGone = !ui.isShown(edge) || !ui.there.has(edge.source.key) || !ui.there.has(edge.target.key);
    const isNear = chosen !== null && chosen !== focus && !way && (edge.source === chosen || edge.target === chosen);
    for (const element of [edge.element, edge.label]) {
      element?.classList.toggle("pic-gone", isGone);
      element?.classList.toggle("pic-on", onWay.has(edge.key));
      element?.classList.toggle("pic-near", isNear || edge === line);
    }
    pictureHead(stage, edge, onWay.has(edge.key) || ((isNear || edge === line) && edge.head.look === "plain"));
  }
  ui.panel.replaceChildren(...(line ? picturePanelLine(ui, line) : chosen ? picturePanelNode(ui, chosen) : picturePanelEmpty()));
}

/// What hangs together with the focus through the lines that are shown.
function pictureThere(view, focus, isShown) {
  const next = new Map(view.nodes.map((node) => [node.key, []]));
  for (const edge of view.edges) {
    if (!isShown(edge)) continue;
    next.get(edge.source.key).push(edge.target.key);
    next.get(edge.target.key).push(edge.source.key);
  }
  const there = new Set([focus.key]);
  for (const key of there) for (const other of next.get(key)) there.add(other);
  return there;
}

function pictureHear(ui) {
  const { svg } = ui.stage;
  svg.addEventListener("click", (event) => {
    const node = ui.nodeOf(event.target);
    const line = event.target.closest("[data-edge]")?.dataset.edge;
    if (node) {
      const wasChosen = ui.chosen === node;
      ui.choose(node, {});
      pictureButton(ui.stage.nodes.get(node.key)).focus({ preventScroll: true });
      const isMore = wasChosen && pictureExpanded(node) === "false";
      if (event.target.closest("[data-more]") || node.kind === "group" || isMore) ui.toggle(node);
    } else if (line !== undefined) ui.chooseLine(ui.view.edges.find((edge) => edge.key === line));
    else ui.letGo();
  });
  pictureHearKeys(ui, svg);
}
