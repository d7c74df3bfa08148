// Parts that several views are made of.

/** The heading of a view: the one that focus moves to. */
const title = (...children) => el("h1", { tabindex: "-1" }, children);
const section = (heading, ...children) => el("section", null, el("h2", null, heading), children);
const quiet = (...children) => el("p", { class: "quiet" }, children);
const code = (text) => el("code", null, text);
const a = (href, ...children) => el("a", { href }, children);

/** A name, which keeps its direction of writing to itself. */
const nameText = (text) => el("bdi", null, text);
const thingName = (thing) => nameText(nameOf(thing));

/** Something by its name, which leads to its page. */
function thingLink(company, thing) {
  return isSomebody(thing) ? a(toThing(company, thing), thingName(thing)) : thingName(thing);
}

/** A severity, by its word and its shape. */
function severityMark(severity, word = severity) {
  return el("span", { class: "mark " + severity }, el("span", { "aria-hidden": "true" }, SHAPES[severity]), " ", capital(word));
}

const tag = (text, kind = "") => el("span", { class: "tag " + kind }, text);

/** Whether a violation counts, and what became of it. */
function statusMark(violation) {
  const state = violation.baseline_state;
  const news = violation.status === "open" && state ? NEWS_WORDS[state] : null;
  return [tag(STATUS_WORDS[violation.status], violation.status), news && [" ", tag(news, state)],
    violation.passes_once_accepted && [" ", tag("would pass once the decisions of this change are accepted")]];
}

/** A place in the export. */
function placeText(place) {
  return el("span", { class: "place" }, el("bdi", null, place.path), `:${place.line}:${place.column}`);
}

/** The lines around a place, with their numbers, and the part that matters marked. */
function snippet(place) {
  if (!place.snippet) return null;
  const { lines, first_line: first, from, to } = place.snippet;
  let start = 0;
  const rows = lines.map((line, number) => {
    const [left, right] = [Math.max(from - start, 0), Math.min(to - start, line.length)];
    const marked = left < right || (from === to && left === from - start && left <= line.length);
    start += line.length + 1;
    const content = marked ? [line.slice(0, left), el("mark", null, line.slice(left, right)), line.slice(right)] : [line];
    return el("tr", null, el("td", { class: "line" }, first + number), el("td", null, el("code", null, content)));
  });
  return el("div", { class: "snippet", tabindex: "0", role: "region", "aria-label": `Lines of ${place.path}` },
    el("table", { role: "presentation" }, el("tbody", null, rows)));
}

/**
 * A table. A column is `{ title, cell(row), class?, head? }`; the cell of a column with `head` is the heading of its row.
 */
function tableOf(caption, columns, rows, attributes = {}) {
  const headings = columns.map((column) =>
    el("th", { scope: "col", class: column.class, "aria-sort": column.sorted }, column.control || column.title));
  const body = rows.map((row) => el("tr", null, columns.map((column) => {
    const attributes = column.head ? { scope: "row", class: column.class } : { class: column.class };
    return el(column.head ? "th" : "td", attributes, column.cell(row));
  })));
  return el("div", { class: "wide", tabindex: "0", role: "region", "aria-label": caption },
    el("table", attributes, el("caption", null, caption), el("thead", null, el("tr", null, headings)), el("tbody", null, body)));
}

/** Terms and what they mean; those without a meaning are left out. */
function terms(...pairs) {
  const shown = pairs.filter(([, meaning]) => meaning !== null && meaning !== undefined && meaning !== "");
  return el("dl", { class: "terms" }, shown.map(([term, meaning]) =>
    el("div", null, el("dt", null, term), el("dd", null, meaning))));
}

/** Counts by severity as one bar, as long as its share of the most. The numbers stand beside it. */
function bar(counts, most) {
  const all = SEVERITIES.reduce((sum, severity) => sum + (counts[severity] || 0), 0);
  const pieces = SEVERITIES.filter((severity) => counts[severity]).map((severity) =>
    el("span", { class: "piece " + severity, style: { "flex-grow": counts[severity] } }));
  return el("span", { class: "bar", "aria-hidden": "true" },
    el("span", { class: "filled", style: { width: most ? `${Math.max((100 * all) / most, 1)}%` : "0" } }, pieces));
}

/** `2 critical, 5 high`. */
function severityCounts(counts) {
  const some = SEVERITIES.filter((severity) => counts[severity]);
  return some.length ? some.map((severity) => `${number(counts[severity])} ${severity}`).join(", ") : "none";
}

/** A list of which only the first are shown, until all are asked for. */
function folded(items, most, listOf = (shown) => el("ul", null, shown.map((item) => el("li", null, item)))) {
  if (items.length <= most) return listOf(items);
  const host = el("div", null, listOf(items.slice(0, most)));
  const button = el("button", { type: "button", class: "more", onclick: () => host.replaceChildren(listOf(items)) },
    `Show all ${number(items.length)}`);
  host.append(button);
  return host;
}

/** What to say where a link leads to nothing. */
function notFound(what, hint) {
  return [title(what), el("p", null, hint), el("p", null, a(link(home()), "Back to the beginning"))];
}
