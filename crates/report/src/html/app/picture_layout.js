// Where everything stands: dagre lays the view out in layers from left to right, and this turns its answer into shapes.

const PICTURE_CARD = { width: 196, height: 46 };
const PICTURE_SLIP = { width: 172, height: 30 };
const PICTURE_MARK_ROOM = 20;
const PICTURE_LABEL_ROOM = 120;

/// Tools and members are slips of one line, everything else is a card of two.
function pictureSize(node) {
  return node.kind === "member" || (node.kind === "thing" && node.type === "Tool") ? PICTURE_SLIP : PICTURE_CARD;
}

/// The words on a line between two nodes: none where the group it leads to or comes from says it already. "grants Admin
/// on" is "Admin" for short; titles and the panel have it whole.
function pictureLineLabel({ source, target, labels }) {
  if (!labels.length || source.kind === "group" || target.kind === "group") return "";
  const words = labels[0].replace(/^grants (.+) on$/, "$1");
  return labels.length > 1 ? `${words} +${labels.length - 1}` : words;
}

/// Whether a line carries a minus or a plus.
function pictureIsMarked({ state }) {
  return state === "lost" || state === "gained";
}

function pictureLayout(view, font) {
  const graph = new dagre.graphlib.Graph({ multigraph: true });
  graph.setGraph({ rankdir: "LR", nodesep: 12, edgesep: 10, ranksep: 46, marginx: 24, marginy: 24 });
  for (const node of view.nodes) graph.setNode(node.key, { ...pictureSize(node) });
  for (const edge of view.edges) {
    edge.words = pictureCut(pictureLineLabel(edge), font, PICTURE_LABEL_ROOM);
    const text = edge.words ? Math.ceil(pictureWidth(edge.words, font)) + 8 : 0;
    const width = text + (pictureIsMarked(edge) ? PICTURE_MARK_ROOM : 0);
    const label = { width, height: width ? 20 : 0, labelpos: "c" };
    graph.setEdge(edge.source.key, edge.target.key, label, edge.key);
  }
  dagre.layout(graph);
  pictureSortLeaves(view, graph);
  for (const node of view.nodes) {
    const { x, y } = graph.node(node.key);
    const { width, height } = pictureSize(node);
    Object.assign(node, { x: Math.round(x - width / 2), y: Math.round(y - height / 2), width, height });
  }
  for (const edge of view.edges) {
    const placed = graph.edge(edge.source.key, edge.target.key, edge.key);
    edge.d = pictureCurve(edge, placed);
    edge.at = placed.width ? { x: placed.x, y: placed.y, left: placed.x - placed.width / 2, width: placed.width } : null;
  }
  const { width, height } = graph.graph();
  return { width: Math.max(1, width || 1), height: Math.max(1, height || 1) };
}

/// Leaves that hang on the same node, in the same column and on lines without words, can change places: they stand in the
/// order of the view, which is by name.
function pictureSortLeaves(view, graph) {
  const lines = new Map(view.nodes.map((node) => [node.key, []]));
  for (const edge of view.edges) for (const end of [edge.source, edge.target]) lines.get(end.key).push(edge);
  const places = new Map();
  for (const node of view.nodes) {
    const [edge, ...others] = lines.get(node.key);
    if (!edge || others.length) continue;
    const line = [edge.source.key, edge.target.key, edge.key];
    const label = graph.edge(...line);
    if (label.width) continue;
    const spot = graph.node(node.key);
    const owner = edge.source === node ? edge.target : edge.source;
    const place = JSON.stringify([owner.key, edge.source === node, Math.round(spot.x), spot.height]);
    if (!places.has(place)) places.set(place, []);
    places.get(place).push({ node, line, y: spot.y, points: label.points });
  }
  for (const leaves of places.values()) {
    const down = [...leaves].sort((a, b) => a.y - b.y);
    leaves.forEach(({ node, line }, at) => {
      graph.node(node.key).y = down[at].y;
      graph.edge(...line).points = down[at].points;
    });
  }
}

/// A smooth line that leaves and enters level: from the right side of one node through dagre's points to the left side
/// of the other, and straight where its words stand.
function pictureCurve({ source, target }, { points, x, y, width }) {
  const middle = (node) => node.y + node.height / 2;
  const isForward = source.x + source.width <= target.x;
  const start = { x: isForward ? source.x + source.width : source.x, y: middle(source) };
  const end = { x: isForward ? target.x : target.x + target.width, y: middle(target) };
  const inner = points.slice(1, -1).filter((point) => !isForward || (point.x > start.x + 4 && point.x < end.x - 4));
  const words = (point) => width > 0 && Math.abs(point.x - x) < 1 && Math.abs(point.y - y) < 1;
  const flat = () => [{ x: x - width / 2, y }, { x: x + width / 2, y }].sort((a, b) => (isForward ? a.x - b.x : b.x - a.x));
  const all = [start, ...inner.flatMap((point) => (words(point) ? flat() : [point])), end];
  let d = `M${pictureRound(start.x)} ${pictureRound(start.y)}`;
  for (let next = 1; next < all.length; next += 1) {
    const [a, b] = [all[next - 1], all[next]];
    const half = (a.x + b.x) / 2;
    d += `C${[half, a.y, half, b.y, b.x, b.y].map(pictureRound).join(" ")}`;
  }
  return d;
}

function pictureRound(value) {
  return Math.round(value * 10) / 10;
}
