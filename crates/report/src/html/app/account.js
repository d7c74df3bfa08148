// Everything about one account, app or other thing: what is open, what it reaches, what changes, what is planned.

function accountView({ path: [company = "", type = "", id = ""] }) {
  const account = accounts().get(keyOf(company, { type, id }));
  if (!account) return { title: "Not found", body: noAccount(type, id) };
  const { thing, counts, own, concerns, plan } = account;
  const node = nodeOf(company, thing);
  const body = [
    el("p", { class: "above" }, capital(typeWord(thing.type)), " · ", nameText(company)),
    title(thingName(thing)),
    kind !== "plan" && el("p", { class: sum(counts) ? "verdict" : "verdict good" },
      sum(counts) ? `${counted(sum(counts), "open violation")}: ${severityCounts(counts)}` : "Nothing is open."),
    node && el("p", { class: "quiet" }, node.location && placeText(node.location)),
    terms(["Id", code(thing.id)], ...listOf(node && node.details).map((detail) => [capital(detail.name),
      [nameText(detail.value), detail.location && el("span", { class: "under" }, placeText(detail.location))]])),
    plan && planOf(plan),
    own.length > 0 && section("Violations", folded(own, 50, (shown) => violationTable(`Violations of ${nameOf(thing)}`, shown))),
    changesOf(account),
    picturePart(company, thing),
    concerns.length > 0 && section("Violations of others that concern it",
      folded(concerns, 20, (shown) => violationTable(`Violations that concern ${nameOf(thing)}`, shown))),
  ];
  return { title: nameOf(thing), body };
}

function noAccount(type, id) {
  const text = id.toLowerCase();
  const similar = text.length < 3 ? [] : somebody().filter(({ thing }) =>
    isMeant(thing, text) || thing.id.toLowerCase().startsWith(text.slice(0, 4))).slice(0, 10);
  return [...notFound("No such account", `This result names no ${typeWord(type)} with the id “${id}”.`),
    similar.length > 0 && section("Similar ones", el("ul", null, similar.map(({ company, thing }) => el("li", null, thingLink(company, thing)))))];
}

function changesOf({ company, thing }) {
  const own = listOf(result.changes).filter((change) => keyOf(company, change.subject) === keyOf(company, thing));
  return own.length > 0 && section("What changed", changeList(own));
}

const graph = once(() => result.graph || { nodes: [], edges: [] });
const nodeNumbers = once(() => new Map(graph().nodes.map((node, number) => [keyOf(node.company, node), number])));
const nodeOf = (company, thing) => graph().nodes[nodeNumbers().get(keyOf(company, thing))];

/** Its access, as a picture where there is one, and as a list that says the same. */
function picturePart(company, thing) {
  const focus = nodeNumbers().get(keyOf(company, thing));
  if (focus === undefined) return null;
  return section("Access", pictureOf(focus), accessList(focus));
}

function pictureOf(focus) {
  if (typeof picture !== "function") return null;
  const host = el("div", { class: "picture" });
  // It measures what it draws, so it waits until it is on the page.
  requestAnimationFrame(() => picture(host, graph(), { focus, onOpen: (node) => { location.hash = toThing(node.company, node); } }));
  return host;
}

/** The edges around a node in words: what leads to it, and what it leads to, one step further, too. */
function accessList(focus) {
  const { nodes, edges } = graph();
  const item = (edge, other) => el("li", null, edgeState(edge), edge.from === other && [nodeName(nodes[other]), " "],
    el("span", { class: "edge" }, edge.label), edge.from !== other && [" ", nodeName(nodes[other])],
    el("span", { class: "under" }, nameText(edge.because), edge.location && [" ", placeText(edge.location)]));
  const to = edges.filter((edge) => edge.to === focus);
  const from = edges.filter((edge) => edge.from === focus);
  const further = (edge) => {
    const next = edges.filter((one) => one.from === edge.to);
    const line = item(edge, edge.to);
    if (next.length) append(line, [folded(next, 20, (some) => el("ul", null, some.map((one) => item(one, one.to))))]);
    return line;
  };
  return el("details", null, el("summary", null, `In words: ${counted(to.length + from.length, "step")} of access`),
    to.length > 0 && [el("h3", null, "What leads to it"), folded(to, 50, (some) => el("ul", null, some.map((edge) => item(edge, edge.from))))],
    from.length > 0 && [el("h3", null, "What it leads to"), folded(from, 50, (some) => el("ul", null, some.map(further)))]);
}

const nodeName = (node) => [thingLink(node.company, node), node.count > 1 && ` (${number(node.count)})`];
const STATE_SIGNS = { kept: "", lost: "−", gained: "+" };
const edgeState = ({ state }) => state && state !== "kept" && [tag(`${STATE_SIGNS[state]} ${state}`, state), " "];

/** One node of the access graph and its surroundings, by a shorter address. */
function graphView({ path: [type = "", id = ""] }) {
  const focus = graph().nodes.findIndex((node) => node.type === type && node.id === id);
  if (focus < 0) return { title: "Not found", body: noAccount(type, id) };
  const node = graph().nodes[focus];
  return { title: nameOf(node), body: [el("p", { class: "above" }, capital(typeWord(node.type))),
    title("Access of ", thingName(node)), el("p", null, a(toThing(node.company, node), "Everything about it")), pictureOf(focus), accessList(focus)] };
}
