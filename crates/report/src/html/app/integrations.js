// The integrations: one row each, and a heat map of what they ask for, hold, use and were approved for, tool by tool.

const LEVEL_ORDER = ["none", "read_only", "standard", "admin"];
const LEVEL_LETTERS = { none: "–", read_only: "R", standard: "S", admin: "A" };
const rankOf = (level) => LEVEL_ORDER.indexOf(level);

const integrations = once(() => listOf(result.integrations));
/** The open violations of an integration: those of its app and of its accounts. */
const countsOf = ({ company, thing, identities }) => {
  const counts = {};
  const seen = new Set();
  for (const one of [thing, ...identities]) {
    const account = accounts().get(keyOf(company, one));
    if (!account || seen.has(account)) continue;
    seen.add(account);
    for (const severity of SEVERITIES) counts[severity] = (counts[severity] || 0) + (account.counts[severity] || 0);
  }
  return counts;
};

/** What stands out in a cell: more than asked for, not used, or not known. */
function remarks({ asked, held, used, approved }) {
  const found = [];
  if (held && asked && rankOf(held) > rankOf(asked)) found.push("more than its manifest asks for");
  if (held && used && rankOf(held) > Math.max(rankOf(used), 0)) found.push(used === "none" ? "not used" : `only ${levelWord(used)} is used`);
  if (held && asked && rankOf(held) < rankOf(asked)) found.push("less than its manifest asks for");
  if (!held) found.push("its level is unknown");
  if (approved) found.push("approved");
  return found;
}

/** `Admin, asked Standard, used Read Only`. */
function cellWords(access) {
  const { asked, held, used } = access;
  return [`holds ${levelWord(held)}`, `asks for ${levelWord(asked)}`, `uses ${levelWord(used)}`, ...remarks(access)].join(", ");
}

function cell(access) {
  if (!access) return el("td", { class: "heat empty" }, el("span", { class: "unseen" }, "nothing"));
  const { asked, held, used, approved } = access;
  const over = held && asked && rankOf(held) > rankOf(asked);
  const idle = held && held !== "none" && used === "none";
  const sign = approved ? "✓" : over ? "▲" : idle ? "○" : "";
  return el("td", { class: `heat ${held || "unknown"}${over && !approved ? " over" : ""}`, title: cellWords(access) },
    el("span", { "aria-hidden": "true" }, held ? LEVEL_LETTERS[held] : "?", sign && el("sup", null, sign)),
    el("span", { class: "unseen" }, cellWords(access)));
}

const ROWS_SHOWN = 12;

/** The heat map: a row an integration, a column a tool, coloured by the level that is held. */
function heatMap(rows) {
  const shown = rows.filter(({ tools }) => tools.length);
  if (!shown.length) return null;
  const tools = new Map();
  for (const { tools: own } of shown) for (const { tool, held } of own) {
    const known = tools.get(tool.id) || { tool, weight: 0 };
    known.weight += 1 + 3 * Math.max(rankOf(held), 0);
    tools.set(tool.id, known);
  }
  const columns = [...tools.values()].sort((left, right) => right.weight - left.weight || byName.compare(left.tool.name, right.tool.name));
  const heads = columns.map(({ tool }) => el("th", { scope: "col", class: "heat" }, el("span", null, tool.name)));
  const row = (integration) => {
    const own = new Map(integration.tools.map((access) => [access.tool.id, access]));
    return el("tr", null, el("th", { scope: "row" }, thingLink(integration.company, integration.thing),
      integration.administers && el("span", { class: "under" }, "company administrator")),
    columns.map(({ tool }) => cell(own.get(tool.id))));
  };
  return el("figure", { class: "heat" },
    el("div", { class: "wide", tabindex: "0", role: "region", "aria-label": "Tools that each integration holds" },
      el("table", { class: "heat" }, el("caption", { class: "unseen" }, "Level that each integration holds on each tool"),
        el("thead", null, el("tr", null, el("th", { scope: "col" }, "Integration"), heads)), el("tbody", null, shown.map(row)))),
    el("figcaption", { class: "legend small" }, LEVEL_ORDER.slice().reverse().map((level) => [el("span", { class: `key heat ${level}` }, LEVEL_LETTERS[level]),
      ` ${levelWord(level)} `]), el("span", { class: "key heat unknown" }, "?"), " unknown ", "· ▲ more than its manifest asks for · ○ not used · ✓ approved"));
}

/** One row an integration: app, accounts, credentials and webhooks together. */
function integrationTable(rows) {
  return tableOf("Integrations, the worst first", [
    { title: "Integration", head: true, class: "main", cell: ({ company, thing, identities }) => {
      const others = identities.filter((one) => keyOf("", one) !== keyOf("", thing));
      return [thingLink(company, thing), el("span", { class: "under" }, !identities.length ? "no account in the directory"
        : others.length ? others.map((one, at) => [at ? ", " : "", `${typeWord(one.type)} `, thingLink(company, one)]) : typeWord(thing.type))];
    } },
    { title: "Installed", class: "wide-only", cell: ({ status, version }) => [status || quietWord("not installed"), version && ` ${version}`] },
    { title: "Projects", class: "number wide-only", cell: ({ projects, administers }) => (administers ? "all" : number(projects)) },
    { title: "Credentials", class: "number wide-only", cell: ({ credentials }) => number(credentials) },
    { title: "Webhooks", class: "number wide-only", cell: ({ webhooks }) => number(webhooks) },
    { title: "Open violations", class: "grow", cell: (one) => {
      const counts = countsOf(one);
      return sum(counts) > 0 ? [bar(counts, mostOf()), el("span", { class: "quiet small" }, severityCounts(counts))] : quietWord("none");
    } },
  ], rows);
}

const mostOf = once(() => Math.max(1, ...integrations().map((one) => sum(countsOf(one)))));
const quietWord = (word) => el("span", { class: "quiet" }, word);

/** On the overview: the picture of the worst. */
function integrationsInShort() {
  const rows = integrations();
  const picture = heatMap(rows.slice(0, ROWS_SHOWN));
  return picture && section("What integrations hold", picture,
    el("p", null, a(link("integrations"), `All ${counted(rows.length, "integration")}`)));
}

function integrationsView() {
  const rows = integrations();
  if (!rows.length) return { title: "Integrations", body: [title("Integrations"), el("p", { class: "empty" }, "This result names no integrations.")] };
  return { title: "Integrations", body: [title("Integrations"),
    quiet("An app with its accounts, credentials and webhooks, or an account without an app; those with the worst violations first."),
    folded(rows, 50, integrationTable), section("Tools", folded(rows, 50, (some) => heatMap(some) || el("p", { class: "empty" }, "No levels are known.")))] };
}
