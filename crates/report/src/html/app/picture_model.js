// What the picture knows of a graph: which way access flows along each edge, and the neighbours of a node in groups.

/// How many neighbours of one kind become a group: tools of one level soon, others only when they are many.
const PICTURE_GROUP_TOOLS = 3;
const PICTURE_GROUP_OTHERS = 8;

const pictureModels = new WeakMap();

/// The model of a graph, made once: 10,000 edges are read for every account page otherwise.
function pictureModel(graph) {
  let model = pictureModels.get(graph);
  if (!model) {
    model = pictureBuildModel(graph);
    pictureModels.set(graph, model);
  }
  return model;
}

function pictureBuildModel(graph) {
  const ahead = graph.nodes.map(() => []);
  const behind = graph.nodes.map(() => []);
  const flows = graph.edges.map((edge) => pictureFlow(graph, edge));
  flows.forEach((flow, number) => {
    if (!flow) return;
    ahead[flow.source].push(number);
    behind[flow.target].push(number);
  });
  const byThing = new Map();
  graph.nodes.forEach((node, index) => byThing.set(pictureThingKey(node.company, node), index));
  return { graph, flows, ahead, behind, byThing };
}

function pictureThingKey(company, thing) {
  return JSON.stringify([company, thing.type, thing.id]);
}

/// The document says "account acts for app"; access flows from the app to the account, and is drawn so from left to
/// right. The arrow head keeps the direction of the document.
function pictureFlow(graph, edge) {
  const [from, to] = [graph.nodes[edge.from], graph.nodes[edge.to]];
  if (!from || !to || edge.from === edge.to) return null;
  const back = pictureType(from.type).rank > pictureType(to.type).rank && !/replace/i.test(edge.label);
  return back
    ? { source: edge.to, target: edge.from, reversed: true }
    : { source: edge.from, target: edge.to, reversed: false };
}

/// The edges on one side of a node that are not drawn yet, in groups of one label, level, state and type of neighbour.
/// A group too small to save room falls apart into its edges.
function pictureBuckets(model, index, side, isDrawn) {
  const { graph, flows } = model;
  const other = side === "ahead" ? "target" : "source";
  const buckets = new Map();
  for (const number of model[side][index]) {
    if (isDrawn(number)) continue;
    const edge = graph.edges[number];
    const { type } = graph.nodes[flows[number][other]];
    const key = JSON.stringify([index, side, edge.label, edge.level ?? "", edge.state ?? "", type]);
    if (!buckets.has(key)) buckets.set(key, { key, type, edges: [] });
    buckets.get(key).edges.push(number);
  }
  const order = (bucket) => pictureLevel(graph.edges[bucket.edges[0]].level)?.bars ?? 0;
  return [...buckets.values()].sort((a, b) => order(b) - order(a)).map((bucket) => {
    const neighbours = [...new Set(bucket.edges.map((number) => flows[number][other]))];
    const isGroup = neighbours.length >= (bucket.type === "Tool" ? PICTURE_GROUP_TOOLS : PICTURE_GROUP_OTHERS);
    return { ...bucket, neighbours, isGroup };
  });
}

/// Nodes by name, as a reader looks for them in a list.
function pictureByName(graph) {
  return (a, b) => {
    const [one, two] = [graph.nodes[a], graph.nodes[b]];
    if (one.name !== two.name) return one.name < two.name ? -1 : 1;
    return a - b;
  };
}
