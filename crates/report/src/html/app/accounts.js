// Everybody and every app that the result names, with what is open of each.

function accountTable(caption, rows) {
  const most = Math.max(1, ...rows.map(({ counts }) => sum(counts)));
  return tableOf(caption, [
    { title: "Name", head: true, cell: ({ company, thing }) => thingLink(company, thing) },
    { title: "What it is", class: "wide-only", cell: ({ thing }) => typeWord(thing.type) },
    kind === "plan" && { title: "Plan", cell: ({ plan }) => plan && planStatus(plan) },
    kind !== "plan" && { title: "Open", class: "number", cell: ({ counts }) => number(sum(counts)) },
    kind !== "plan" && { title: "By severity", class: "grow", cell: ({ counts }) =>
      sum(counts) > 0 && [bar(counts, most), el("span", { class: "quiet small" }, severityCounts(counts))] },
  ].filter(Boolean), rows);
}

function accountsView({ query }) {
  const count = el("h2", { class: "count", "aria-live": "polite" });
  const list = el("div", null);
  const types = [...new Set(somebody().map(({ thing }) => thing.type))].sort((left, right) => byName.compare(typeWord(left), typeWord(right)));
  const draw = ({ q = "", type = "" }) => {
    const text = q.trim().toLowerCase();
    const found = somebody().filter(({ thing }) => (!type || thing.type === type) && (!text || isMeant(thing, text)));
    refill(count, found.length === somebody().length ? number(found.length) : `${number(found.length)} of ${number(somebody().length)}`);
    refill(list, found.length ? folded(found, 100, (shown) => accountTable("Accounts and apps", shown)) : el("p", { class: "empty" }, "Nobody fits."));
  };
  const form = el("form", { class: "filter", role: "search", "aria-label": "Accounts and apps" },
    field("Name or id", el("input", { type: "search", name: "q", value: query.get("q") || "" })),
    field("What it is", choice("type", query, "everything", types.map((type) => [type, typeWord(type)]))));
  form.addEventListener("input", calmly(120, () => {
    keep("accounts", asked(form));
    draw(asked(form));
  }));
  form.addEventListener("submit", (event) => event.preventDefault());
  draw(Object.fromEntries(query));
  return { title: "Accounts", body: [title("Accounts and apps"), form, count, list] };
}
