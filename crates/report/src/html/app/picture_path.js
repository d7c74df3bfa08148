// The shortest way from the focus to a node, and that way told in words.

/// The fewest lines that lead from one node to another: along the arrows where they lead there, else along any line.
function picturePath(view, from, to, isShown) {
  for (const isFree of [false, true]) {
    const way = pictureShortest(view, from, to, isShown, isFree);
    if (way) return way;
  }
  return null;
}

function pictureShortest(view, from, to, isShown, isFree) {
  const cameBy = new Map([[from.key, null]]);
  const queue = [from];
  const next = new Map();
  const add = (node, edge, other) => {
    if (!next.has(node.key)) next.set(node.key, []);
    next.get(node.key).push([edge, other]);
  };
  for (const edge of view.edges) {
    if (!isShown(edge)) continue;
    const [tail, head] = edge.isReversed ? [edge.target, edge.source] : [edge.source, edge.target];
    add(tail, edge, head);
    if (isFree) add(head, edge, tail);
  }
  while (queue.length) {
    const node = queue.shift();
    if (node === to) break;
    for (const [edge, other] of next.get(node.key) ?? []) {
      if (cameBy.has(other.key)) continue;
      cameBy.set(other.key, { edge, node });
      queue.push(other);
    }
  }
  if (!cameBy.has(to.key)) return null;
  const way = { edges: [], nodes: [to] };
  for (let step = cameBy.get(to.key); step; step = cameBy.get(step.node.key)) {
    way.edges.unshift(step.edge);
    way.nodes.unshift(step.node);
  }
  return way;
}

/// Each step as `{from, label, to, because, location, state, more}`. A way through a group is one step of the graph.
function pictureSteps(view, way) {
  const { graph } = view.model;
  const steps = [];
  way.edges.forEach((edge, place) => {
    const ends = [way.nodes[place], way.nodes[place + 1]];
    const group = ends.find((end) => end.kind === "group");
    const isStem = group && ends.some((end) => end.key === `t${group.owner}`);
    if (isStem && group !== way.nodes.at(-1)) return;
    const first = graph.edges[edge.numbers[0]];
    if (!first) {
      steps.push({ from: edge.target.thing, label: "is one of", to: edge.source.thing, location: edge.source.thing.location, more: 0 });
      return;
    }
    const thing = (index) => (isStem && index !== group.owner ? { type: group.type, name: pictureNodeName(group) } : graph.nodes[index]);
    steps.push({ ...first, from: thing(first.from), to: thing(first.to), more: edge.numbers.length - 1 });
  });
  return steps;
}
