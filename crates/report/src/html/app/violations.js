// The violations: filtered, sorted, a page at a time.

const ROWS = 100;
/** The list that a violation was opened from: where its neighbours are found. */
let lastList = null;

const SORTS = {
  severity: (one) => SEVERITIES.indexOf(one.severity),
  control: (one) => one.control,
  account: (one) => nameOf(one.subject),
  party: (one) => one.party,
  status: (one) => one.status,
};

function sorted(list, sort) {
  const down = sort.startsWith("-");
  const key = SORTS[sort.replace("-", "")];
  if (!key) return list;
  const keyed = list.map((one) => [key(one), one]);
  const compare = typeof (keyed[0] || [0])[0] === "number" ? (left, right) => left - right : byName.compare;
  keyed.sort(([left], [right]) => (down ? compare(right, left) : compare(left, right)));
  return keyed.map(([, one]) => one);
}

function violationsView(route) {
  const count = el("h2", { class: "count", "aria-live": "polite", tabindex: "-1" });
  const list = el("div", null);
  let query = Object.fromEntries(route.query);
  const draw = () => {
    const asked = new URLSearchParams(query);
    const found = sorted(filtered(asked), query.sort || "");
    lastList = { found, back: toViolations(query) };
    const pages = Math.max(1, Math.ceil(found.length / ROWS));
    const current = Math.min(Math.max(1, parseInt(query.page, 10) || 1), pages);
    const shown = found.slice((current - 1) * ROWS, current * ROWS);
    const range = pages > 1 ? `, ${number((current - 1) * ROWS + 1)} to ${number((current - 1) * ROWS + shown.length)}` : "";
    refill(count, found.length === violations().length ? counted(found.length, "violation")
      : `${number(found.length)} of ${counted(violations().length, "violation")}`, range);
    refill(list, found.length ? violationTable("Violations", shown, query) : nothing(), pages > 1 && pager(current, pages, query));
  };
  const form = filterForm(route.query, (asked) => {
    query = { ...asked, sort: query.sort };
    keep("violations", query);
    draw();
  });
  draw();
  const body = [title("Violations"), isCut() && el("p", { class: "notice" }, cutSentence()), form, count, list, groupTable()];
  const focus = route.query.has("page") || route.query.has("sort") ? count : null;
  return { title: "Violations", body, focus };
}

function nothing() {
  return el("p", { class: "empty" }, violations().length
    ? "No violation fits all of this. Clear the filter, or take a part of it away."
    : "There are no violations.");
}

/** A table of violations, which can be sorted where a query is given. */
function violationTable(caption, list, query) {
  const heading = (title, key, more) => {
    if (!query) return { title, ...more };
    const sort = query.sort === key ? "-" + key : query.sort === "-" + key ? "" : key;
    const sorted = query.sort === key ? "ascending" : query.sort === "-" + key ? "descending" : undefined;
    return { title, control: a(toViolations({ ...query, page: "", sort }), title), sorted, ...more };
  };
  return tableOf(caption, [
    heading("Severity", "severity", { cell: (one) => severityMark(one.severity) }),
    heading("Violation", "control", { head: true, class: "main", cell: (one) => [
      a(toViolation(one), nameText(one.message)),
      el("span", { class: "under" }, code(one.control), " ", one.title, one.count > 1 && ` · in ${number(one.count)} places`)] }),
    heading("Account", "account", { class: "wide-only who-column", cell: (one) => [thingLink(one.company, one.subject),
      el("span", { class: "under" }, typeWord(one.subject.type))] }),
    heading("Who must act", "party", { class: "wide-only", cell: (one) => PARTY_WORDS[one.party] }),
    heading("Status", "status", { cell: statusMark }),
  ], list, { class: "violations" });
}

function pager(current, pages, query) {
  const to = (page, word, label) => page >= 1 && page <= pages && page !== current
    ? el("a", { href: toViolations({ ...query, page: page > 1 ? page : "" }), "aria-label": label }, word)
    : el("span", { class: "quiet", "aria-hidden": "true" }, word);
  return el("nav", { class: "pager", "aria-label": "Pages of violations" },
    to(1, "« First", "First page"), to(current - 1, "‹ Previous", "Previous page"),
    el("span", null, `Page ${number(current)} of ${number(pages)}`),
    to(current + 1, "Next ›", "Next page"), to(pages, "Last »", "Last page"));
}

/** All violations, those that are not listed here included, by what they have in common. */
function groupTable() {
  const rows = groups();
  if (rows.length < 2) return null;
  return el("details", { open: isCut() }, el("summary", null, `All ${counted(allViolations(), "violation")} by group`),
    folded(rows, 200, (some) => tableOf("Violations by control, type and status", [
      { title: "Severity", cell: (group) => severityMark(group.severity) },
      { title: "Control", head: true, cell: (group) => [a(toControl(group.control), code(group.control)), " ",
        (controls().get(group.control) || {}).title] },
      { title: "Who and what", class: "wide-only", cell: (group) => `${typeWord(group.subject_type)}, ${typeWord(group.resource_type)}` },
      { title: "Status", cell: (group) => tag(STATUS_WORDS[group.status], group.status) },
      { title: "Violations", class: "number", cell: (group) => number(group.count) },
      { title: "Listed here", class: "number", cell: (group) =>
        a(toViolations({ control: group.control, status: group.status, severity: group.severity }), number(group.included)) },
    ], some)));
}

/** Violations of the baseline that are gone. */
function goneView() {
  const [all, some] = [whole("absent"), absent()];
  return { title: "Gone", body: [title("Absent since the baseline"),
    quiet(some.length < all ? `The first ${number(some.length)} of ${counted(all, "violation")}.` : counted(all, "violation")),
    some.length > 0 && folded(some, ROWS, (shown) => violationTable("Violations that are gone", shown))] };
}
