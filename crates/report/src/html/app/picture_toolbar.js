// Above and below the picture: before and after, zoom, the legend and the keys.

function pictureToolbar(ui) {
  const button = (words, label, act) => el("button", { type: "button", "aria-label": label, title: label, onclick: act }, words);
  return el("div", { class: "pic-toolbar", role: "group", "aria-label": "Tools of the graph" },
    ui.model.graph.edges.some((edge) => edge.state) ? pictureWhen(ui) : null,
    el("span", { class: "pic-gap" }),
    button("−", "Zoom out", () => ui.camera.zoom(0.8)),
    button("+", "Zoom in", () => ui.camera.zoom(1.25)),
    button("Fit", "Fit the whole graph", () => ui.camera.fit()),
    document.fullscreenEnabled ? button("Full screen", "Full screen", () => ui.fullScreen()) : null,
    button("Start again", "Start again with the first view", () => ui.again()));
}

/// Before, after, or both at once: what the plan takes away and adds.
function pictureWhen(ui) {
  const name = `${ui.stage.id}-when`;
  const choices = [["before", "Before"], ["after", "After"], ["both", "Both"]].map(([value, words]) => {
    const radio = el("input", { type: "radio", name, value, onchange: () => ui.look(value) });
    radio.checked = value === ui.when;
    return el("label", {}, radio, el("span", {}, words));
  });
  return el("fieldset", { class: "pic-when" }, el("legend", {}, "The plan"), ...choices);
}

function pictureLegend(ui, graph) {
  const types = Object.keys(PICTURE_TYPES).filter((type) => graph.nodes.some((node) => node.type === type));
  const item = (sign, words) => el("li", {}, sign, el("span", {}, words));
  const small = (width, ...parts) =>
    pictureSvg("svg", { class: "pic-small", width, height: 20, viewBox: `0 0 ${width} 20`, "aria-hidden": "true" }, ...parts);
  const signs = types.map((type) =>
    item(small(20, pictureSvg("g", { class: `pic-of-${pictureType(type).family}` },
      pictureSvg("rect", { class: "pic-tile", width: 20, height: 20, rx: 4 }),
      pictureSvg("g", { class: "pic-sign", transform: "translate(2 2)" }, pictureIcon(type)))), pictureType(type).one));
  const levels = Object.values(PICTURE_LEVELS).filter(({ bars }) => bars > 0).map(({ name, bars }) =>
    item(small(20, pictureBars(bars, 2, 16)), name));
  const line = (look, state) => small(44, pictureSvg("g", { class: `pic-edge pic-${look}` },
    pictureSvg("path", { class: "pic-line", d: "M1 10H42" })), state ? pictureMark(state, 21, 10) : null);
  const states = graph.edges.some((edge) => edge.state)
    ? [item(line("plain"), "kept"), item(line("lost", "lost"), "lost"), item(line("gained", "gained"), "gained")]
    : [];
  const keys = PICTURE_KEYS.map(([key, words]) => el("li", {}, el("kbd", {}, key), " ", el("span", {}, words)));
  return el("div", { class: "pic-foot" },
    el("ul", { class: "pic-legend", "aria-label": "Legend" }, ...signs, ...levels, ...states),
    el("details", { class: "pic-keys" }, el("summary", {}, "Keys and mouse"),
      el("ul", {}, ...keys, el("li", {}, el("kbd", {}, "Ctrl"), " with the wheel ", el("span", {}, "zooms; drag to move; click a group to unfold it")))),
    el("p", { class: "pic-hidden", id: `${ui.stage.id}-keys` },
      "Arrow keys follow the edges, Enter unfolds or folds, P highlights the path from the centre, Escape lets go."));
}
