// A small map of a large picture: what there is, what part of it is seen, and a click away.

const PICTURE_MAP = { width: 150, height: 110 };

function pictureMap(camera) {
  const nodes = pictureSvg("g");
  const seen = pictureSvg("rect", { class: "pic-map-seen", rx: 2 });
  const element = pictureSvg("svg", { class: "pic-map", "aria-hidden": "true" }, nodes, seen);
  const draw = (view) => {
    const { width, height } = camera.bounds;
    const scale = Math.min(PICTURE_MAP.width / width, PICTURE_MAP.height / height);
    element.setAttribute("viewBox", `0 0 ${width} ${height}`);
    element.setAttribute("width", Math.max(24, Math.round(width * scale)));
    element.setAttribute("height", Math.max(24, Math.round(height * scale)));
    nodes.replaceChildren(...view.nodes.map((node) =>
      pictureSvg("rect", { class: `pic-map-node pic-of-${pictureType(node.type).family}`, x: node.x, y: node.y, width: node.width, height: node.height })));
  };
  camera.onShow = ({ x, y, width, height }) => {
    const { bounds } = camera;
    const isWhole = x < 2 && y < 2 && x + width > bounds.width - 2 && y + height > bounds.height - 2;
    element.toggleAttribute("hidden", isWhole);
    const [left, top] = [Math.max(0, x), Math.max(0, y)];
    for (const [name, value] of Object.entries({
      x: left, y: top, width: Math.max(0, Math.min(bounds.width, x + width) - left), height: Math.max(0, Math.min(bounds.height, y + height) - top),
    })) seen.setAttribute(name, pictureRound(value));
  };
  const go = (event) => {
    const box = element.getBoundingClientRect();
    camera.lookAt(((event.clientX - box.left) / box.width) * camera.bounds.width, ((event.clientY - box.top) / box.height) * camera.bounds.height);
  };
  element.addEventListener("pointerdown", (event) => {
    element.setPointerCapture(event.pointerId);
    go(event);
  });
  element.addEventListener("pointermove", (event) => {
    if (element.hasPointerCapture(event.pointerId)) go(event);
  });
  return { element, draw };
}
