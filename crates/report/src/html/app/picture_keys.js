// The keyboard: arrows follow the lines, Enter unfolds, Escape lets go.

const PICTURE_KEYS = [
  ["→ ←", "follow an edge"],
  ["↑ ↓", "the next node above or below"],
  ["Enter", "unfold or fold"],
  ["P", "highlight the path from the centre"],
  ["O", "open the page of an account or app"],
  ["Home", "back to the centre"],
  ["+ − 0", "zoom in, zoom out, fit"],
  ["Esc", "let go of the path, then of the choice"],
];

/// Where an arrow leads from a node, among what is shown.
function pictureNeighbour(ui, node, key) {
  const { view, isShown, isThere } = ui;
  const middle = node.y + node.height / 2;
  const nearest = (nodes, distance) =>
    nodes.reduce((best, other) => (best === null || distance(other) < distance(best) ? other : best), null);
  if (key === "ArrowRight" || key === "ArrowLeft") {
    const [near, far] = key === "ArrowRight" ? ["source", "target"] : ["target", "source"];
    const others = view.edges.filter((edge) => edge[near] === node && isShown(edge)).map((edge) => edge[far]);
    return nearest(others, (other) => Math.abs(other.y + other.height / 2 - middle));
  }
  const isBelow = key === "ArrowDown";
  const center = node.x + node.width / 2;
  const others = view.nodes.filter((other) => other !== node && isThere(other) && (isBelow ? other.y > node.y : other.y < node.y));
  const column = others.filter((other) => Math.abs(other.x + other.width / 2 - center) < node.width / 2);
  return nearest(column, (other) => Math.abs(other.y - node.y))
    ?? nearest(others, (other) => Math.abs(other.x + other.width / 2 - center) * 4 + Math.abs(other.y - node.y));
}

function pictureHearKeys(ui, svg) {
  svg.addEventListener("keydown", (event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const node = ui.nodeOf(event.target);
    if (pictureKey(ui, node, event.key)) event.preventDefault();
  });
  // Whoever comes by Tab sees where they are.
  svg.addEventListener("focusin", (event) => {
    const node = ui.nodeOf(event.target);
    if (node && event.target.matches(":focus-visible")) ui.camera.reveal([node]);
  });
}

/// Answers whether the key meant something.
function pictureKey(ui, node, key) {
  const { camera } = ui;
  if (key === "+" || key === "=") camera.zoom(1.25);
  else if (key === "-" || key === "−") camera.zoom(0.8);
  else if (key === "0") camera.fit();
  else if (key === "Escape") return ui.letGo();
  else if (!node) return false;
  else if (key.startsWith("Arrow")) {
    const next = pictureNeighbour(ui, node, key);
    if (next) ui.choose(next, { isFocused: true });
  } else if (key === "Home") ui.choose(ui.view.byKey.get(`t${ui.view.focus}`), { isFocused: true });
  else if (key === "Enter" || key === " ") {
    ui.choose(node, { isFocused: true });
    ui.toggle(node);
  } else if (key === "p" || key === "P") ui.showWay(node);
  else if (key === "o" || key === "O") {
    if (node.kind !== "thing" || !ui.onOpen || !PICTURE_ACCOUNTS.has(node.type)) return false;
    ui.onOpen(node.thing);
  } else return false;
  return true;
}
