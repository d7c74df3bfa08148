// What of a graph is drawn: the neighbourhood of one node, as far as nodes and groups are open, and never too much of it.

const PICTURE_MOST_NODES = 300;
const PICTURE_MOST_EDGES = 700;
/// A first look stays smaller than what one may unfold.
const PICTURE_FIRST_NODES = 120;
/// How many members of a group unfold at once.
const PICTURE_STEP = 40;

/// What is open: things to what they lead to (`ahead`) and to what leads to them (`behind`), single edges (`single`), and
/// groups by how many members they show.
function pictureStart(model, focus, depth) {
  const most = depth ? PICTURE_MOST_NODES : PICTURE_FIRST_NODES;
  for (let deep = depth ?? 4; deep > 1; deep -= 1) {
    const open = pictureOpenTo(model, focus, deep);
    const view = pictureView(model, focus, open);
    if (view.nodes.length <= most && !view.undrawn) return open;
  }
  return pictureOpenTo(model, focus, 1);
}

function pictureOpenTo(model, focus, depth) {
  const open = { ahead: new Set(), behind: new Set(), single: new Set(), shown: new Map() };
  for (const [side, other] of [["ahead", "target"], ["behind", "source"]]) {
    let front = [focus];
    for (let step = 0; step < depth; step += 1) {
      const next = [];
      for (const index of front) {
        if (open[side].has(index)) continue;
        open[side].add(index);
        for (const bucket of pictureBuckets(model, index, side, () => false)) {
          if (!bucket.isGroup) next.push(...bucket.edges.map((number) => model.flows[number][other]));
        }
      }
      front = next;
    }
  }
  // How an app is installed belongs to what leads to its account.
  for (const index of open.behind) {
    for (const number of model.ahead[index]) {
      if (model.graph.nodes[model.flows[number].target].type === "Installation") open.single.add(number);
    }
  }
  return open;
}

/// Walks from the focus through everything that is open. Nodes are `{key, kind, …}`: `thing` (a node of the graph),
/// `group` (neighbours of one thing), `member` (one of a `Projects` node, which has no edges of its own).
function pictureView(model, focus, open) {
  const view = { model, focus, open, nodes: [], edges: [], byKey: new Map(), undrawn: 0, drawn: new Set() };
  const lines = new Map();
  const queue = [pictureEnter(view, pictureThing(model, focus), null)];
  const line = (source, target, text, numbers, isReversed, state) => {
    const key = `${source.key}\n${target.key}\n${state ?? ""}`;
    let edge = lines.get(key);
    if (!edge) {
      edge = { key, source, target, state, isReversed, labels: [], numbers: [] };
      lines.set(key, edge);
      view.edges.push(edge);
    }
    if (text && !edge.labels.includes(text)) edge.labels.push(text);
    edge.numbers.push(...numbers);
  };
  /// Brings a node in, if there is room, and draws a line to it.
  const connect = (from, side, to, text, numbers) => {
    const { known, node } = pictureRoom(view, to, from);
    if (!node || (known && view.edges.length >= PICTURE_MOST_EDGES)) {
      view.undrawn += 1;
      return;
    }
    const first = numbers[0] === undefined ? null : model.graph.edges[numbers[0]];
    const reversed = numbers[0] !== undefined && model.flows[numbers[0]].reversed;
    for (const number of numbers) view.drawn.add(number);
    if (side === "ahead") line(from, node, text, numbers, reversed, first?.state);
    else line(node, from, text, numbers, reversed, first?.state);
    if (!known) queue.push(node);
  };
  while (queue.length) {
    const node = queue.shift();
    if (node.kind === "thing") {
      pictureSingles(model, node, view, connect);
      for (const side of ["behind", "ahead"]) if (open[side].has(node.index)) pictureNeighbours(model, node, side, view, connect);
    }
    if (node.kind !== "member") pictureMembers(model, node, open, connect);
  }
  for (const node of view.nodes) pictureCountHidden(view, node);
  return view;
}

function pictureThing(model, index) {
  return { key: `t${index}`, kind: "thing", index, thing: model.graph.nodes[index], type: model.graph.nodes[index].type };
}

function pictureEnter(view, node, parent) {
  node.parent = parent;
  node.children = 0;
  if (parent) parent.children += 1;
  view.nodes.push(node);
  view.byKey.set(node.key, node);
  return node;
}

function pictureRoom(view, node, parent) {
  const known = view.byKey.get(node.key);
  if (known) return { known: true, node: known };
  if (view.nodes.length >= PICTURE_MOST_NODES) return { known: false, node: null };
  return { known: false, node: pictureEnter(view, node, parent) };
}

/// Edges that are drawn although their side of the node is not open.
function pictureSingles(model, node, view, connect) {
  const { single } = view.open;
  if (!single.size) return;
  for (const [side, other] of [["behind", "source"], ["ahead", "target"]]) {
    for (const number of model[side][node.index]) {
      if (!single.has(number) || view.drawn.has(number)) continue;
      connect(node, side, pictureThing(model, model.flows[number][other]), model.graph.edges[number].label, [number]);
    }
  }
}

function pictureNeighbours(model, node, side, view, connect) {
  const { graph, flows } = model;
  const other = side === "ahead" ? "target" : "source";
  for (const bucket of pictureBuckets(model, node.index, side, (number) => view.drawn.has(number))) {
    const edge = graph.edges[bucket.edges[0]];
    if (!bucket.isGroup) {
      for (const number of bucket.edges) connect(node, side, pictureThing(model, flows[number][other]), edge.label, [number]);
      continue;
    }
    const indexes = [...bucket.neighbours].sort(pictureByName(graph));
    const count = indexes.reduce((sum, index) => sum + (bucket.type === "Projects" ? 1 : graph.nodes[index].count), 0);
    const group = {
      key: `g${bucket.key}`, kind: "group", owner: node.index, side, type: bucket.type, level: edge.level, state: edge.state,
      label: edge.label, count, indexes, numbers: bucket.edges,
    };
    connect(node, side, group, edge.label, bucket.edges);
  }
}

/// The members of an open group, and of an open node that stands for several projects.
function pictureMembers(model, node, open, connect) {
  const shown = open.shown.get(node.key) ?? 0;
  if (node.kind === "group") {
    const other = node.side === "ahead" ? "target" : "source";
    for (const index of node.indexes.slice(0, shown)) {
      const numbers = node.numbers.filter((number) => model.flows[number][other] === index);
      connect(node, node.side, pictureThing(model, index), "", numbers);
    }
    return;
  }
  for (const member of (node.thing.members ?? []).slice(0, shown)) {
    const index = model.byThing.get(pictureThingKey(node.thing.company, member));
    const key = `m${node.index}:${member.type}:${member.id}`;
    const drawn = index === undefined
      ? { key, kind: "member", thing: { ...member, company: node.thing.company, count: 1 }, type: member.type, of: node.index }
      : pictureThing(model, index);
    connect(node, "ahead", drawn, "", []);
  }
}

/// How much more there is to unfold at a node: neighbours on a side that is not open, and members not shown.
function pictureCountHidden(view, node) {
  const { model, open } = view;
  const all = node.kind === "group" ? node.indexes.length : (node.thing.members?.length ?? 0);
  node.shown = Math.min(all, open.shown.get(node.key) ?? 0);
  node.rest = all - node.shown;
  const others = new Set();
  if (node.kind === "thing") {
    for (const [side, other] of [["ahead", "target"], ["behind", "source"]]) {
      if (open[side].has(node.index)) continue;
      for (const number of model[side][node.index]) {
        if (!view.drawn.has(number)) others.add(model.flows[number][other]);
      }
    }
  }
  node.others = others.size;
  node.hidden = node.others + node.rest;
}

/// Whether a node can be unfolded or folded, as `aria-expanded` says it: "false", "true", or null for neither.
function pictureExpanded(node) {
  if (node.kind === "group") return node.shown > 0 ? "true" : "false";
  if (node.others > 0 || (node.rest > 0 && node.shown === 0)) return "false";
  return node.children > 0 ? "true" : null;
}

/// Unfolds a node, or folds it. Answers what was done, or null where there is nothing to do.
function pictureToggle(view, node) {
  const { open } = view;
  const expanded = pictureExpanded(node);
  if (expanded === null) return null;
  if (expanded === "true") {
    if (node.kind === "thing") {
      open.ahead.delete(node.index);
      open.behind.delete(node.index);
      for (const side of ["ahead", "behind"]) for (const number of view.model[side][node.index]) open.single.delete(number);
    }
    open.shown.delete(node.key);
    return "Folded";
  }
  if (node.shown === 0) pictureShowMore(view, node);
  if (node.kind === "thing") {
    open.ahead.add(node.index);
    open.behind.add(node.index);
  }
  return "Unfolded";
}

/// Shows more members of a group, a page at a time.
function pictureShowMore(view, node) {
  if (node.rest > 0) view.open.shown.set(node.key, node.shown + Math.min(node.rest, PICTURE_STEP));
}
