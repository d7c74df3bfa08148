// A plan: whether it can be done, the waves on a time line, what blocks it, and what the simulation says.

const ORDER = ["decide", "blocked", "ready", "retire", "done"];
const STATUS_SHAPES = { decide: "?", blocked: "■", ready: "▶", retire: "○", done: "✓" };
const planWords = once(() => new Map(listOf(result.accounts).map((account, number) => [account, page.words.accounts[number]])));
const planStatus = (account) =>
  tag([el("span", { "aria-hidden": "true" }, STATUS_SHAPES[account.status], " "), planWords().get(account).status], account.status);
const byStatus = once(() => ORDER.flatMap((status) => result.accounts.filter((account) => account.status === status)));

function planView() {
  if (result.repair) return repairView();
  const { words } = page;
  const { as_of: today, summary } = result;
  const body = [
    title("Migration of ", company()),
    el("p", { class: "quiet sub" }, "As of ", day(today), page.head.map((line) => [" · ", line])),
    incompleteNotice(),
    words.recovery && el("p", { class: "notice" }, capital(words.recovery), "."),
    el("p", { class: result.feasible ? "verdict good" : "verdict" }, capital(words.feasibility), "."),
    el("p", { class: "quiet sub" }, capital(words.terms), "."),
    shortfalls(),
    whole("accounts") > result.accounts.length && el("p", { class: "notice" },
      `There are ${number(whole("accounts"))} accounts; the ${number(result.accounts.length)} that need most attention are here. `,
      "Everything is in “cutover report PLAN.json --format json” (or csv)."),
    el("ul", { class: "tiles", "aria-label": "Accounts by status" }, ORDER.map((status) => el("li", { class: summary[status] ? "tile" : "tile none" },
      el("span", { class: "mark" }, el("span", { "aria-hidden": "true" }, STATUS_SHAPES[status], " "), STATUS_TITLES[status]),
      el("span", { class: "figure" }, number(summary[status]))))),
    progressPart(), whatIf(), timeLine(), planAccounts(), blockers(), burnDown(), simulation(), questions(), assumptions(), changedControls(),
  ];
  return { title: "Plan", body };
}

/** That a part of the export could not be read. */
const incompleteNotice = () => page.incomplete && el("p", { class: "notice" }, page.incomplete, ". ", a(link("files"), "What was read"));

const STATUS_TITLES = { decide: "To decide", blocked: "Blocked", ready: "Ready", retire: "To retire", done: "Done" };
const planned = (thing) => accountLinks().get(keyOf("", thing)) || nameText(nameOf(thing));
/** Links to accounts, which waves and findings name without their company. */
const accountLinks = once(() => ({ get: (key) => {
  const account = byThing().get(key);
  return account && thingLink(account.company, account.account);
} }));
const byThing = once(() => new Map(result.accounts.map((account) => [keyOf("", account.account), account])));

function shortfalls() {
  return result.shortfalls.length > 0 && folded(result.shortfalls, 10, (shown) => el("ul", null, shown.map((late) =>
    el("li", null, planned(late.account), ": ", code(late.step), ` is ${counted(late.days, "day")} late: ${late.reason}`))));
}

function planAccounts() {
  if (!result.accounts.length) return el("p", { class: "empty" }, "There is no legacy service account to move.");
  return section("Accounts", folded(byStatus(), 50, (shown) => tableOf("Accounts, the ones that need most attention first", [
    { title: "Account", head: true, class: "main", cell: ({ company, account, reason }) => [thingLink(company, account),
      el("span", { class: "under" }, nameText(reason))] },
    { title: "Status", cell: planStatus },
    { title: "Replacement", class: "wide-only", cell: (account) => planWords().get(account).replacement },
    { title: "Wave", class: "number", cell: ({ wave }) => wave },
    { title: "To spare", class: "wide-only", cell: (account) => planWords().get(account).slack },
    { title: "Access", class: "wide-only", cell: (account) => (planWords().get(account).access === "none" ? "" : planWords().get(account).access) },
  ], shown)));
}

function blockers() {
  const all = byStatus().flatMap((account) => account.blockers.map((blocker) => ({ account, blocker })));
  return all.length > 0 && section("Blockers", folded(all, 20, (shown) => blockerTable(shown)));
}

function blockerTable(rows) {
  return tableOf("Blockers, and who can remove them", [
    { title: "Severity", cell: ({ blocker }) => severityMark(blocker.severity) },
    { title: "What is in the way", head: true, class: "main", cell: ({ blocker }) => [nameText(blocker.message),
      el("span", { class: "under" }, code(blocker.control), " ", blocker.title, blocker.blocks ? " · blocks it" : " · the steps take care of it")] },
    { title: "Account", class: "wide-only", cell: ({ account }) => thingLink(account.company, account.account) },
    { title: "Who removes it", cell: ({ blocker }) => PARTY_WORDS[blocker.party] },
    { title: "How", class: "wide-only", cell: ({ blocker }) => [blocker.remedy, blocker.step && [" ", code(blocker.step)]] },
  ], rows);
}

/** The plan applied in memory and evaluated again, wave by wave. */
function simulation() {
  const { before, waves, after } = result.simulation;
  if (!waves.length) return null;
  const rows = [{ name: "Before", remaining: before, removed: [], introduced: [], lost_in_use: [] },
    ...waves.map((wave) => ({ ...wave, name: wave.wave ? `After wave ${number(wave.wave)}` : "After those that go without a move" }))];
  const most = Math.max(1, ...rows.map((row) => row.remaining));
  const found = (list, word, sign, state) => list.length > 0 && el("details", null,
    el("summary", null, tag(`${sign} ${counted(list.length, "violation")} ${word}`, state)),
    folded(list, 50, (shown) => el("ul", null, shown.map((one) => el("li", null, severityMark(one.severity), " ", code(one.control), " ", nameText(one.message))))));
  return section("What the simulation says",
    el("p", null, `Violations before: ${number(before)}; after the last wave: ${number(after)}.`),
    tableOf("Violations after each wave", [
      { title: "When", head: true, cell: (row) => row.name },
      { title: "Violations", class: "number", cell: (row) => number(row.remaining) },
      { title: "Share", class: "grow wide-only", cell: (row) => el("span", { class: "bar", "aria-hidden": "true" },
        el("span", { class: "filled plain", style: { width: `${(100 * row.remaining) / most}%` } })) },
      { title: "What changes", class: "main", cell: (row) => [found(row.removed, "removed", "−", "done"), found(row.introduced, "introduced", "+", "new"),
        row.lost_in_use.length > 0 && el("p", { class: "notice" }, "Access in use that would be lost: ", row.lost_in_use.join("; "))] },
    ], rows));
}

function questions() {
  const all = byStatus().flatMap((account) => planWords().get(account).questions.map((text) => ({ account, text })));
  const { unjudged } = page.words;
  if (!all.length && !unjudged.length) return null;
  return section("What is unknown", folded(all, 20, (shown) => el("ul", null, shown.map(({ account, text }) =>
    el("li", null, thingLink(account.company, account.account), ": ", nameText(text))))),
    unjudged.length > 0 && el("ul", null, unjudged.map((text) => el("li", null, text))));
}

function assumptions() {
  const { assumptions } = result.simulation;
  return [result.notes.length > 0 && section("Notes", el("ul", null, result.notes.map((note) => el("li", null, nameText(note))))),
    assumptions.length > 0 && section("What was assumed", folded(assumptions, 20, (shown) =>
      el("ul", null, shown.map((one) => el("li", null, nameText(one))))))];
}

function progressPart() {
  const { progress } = result;
  return progress && section("How far it has come", el("p", { class: progress.valid ? "verdict good" : "verdict" }, capital(page.words.validity), "."),
    el("p", null, capital(page.words.achieved), "."),
    progress.drift.length > 0 && folded(progress.drift, 20, (shown) => el("ul", null, shown.map((one) => el("li", null, planned(one.account), ": ",
      nameText(one.what), one.breaks && [" ", tag("breaks the saved plan", "critical")])))));
}

function whatIf() {
  const proposal = result.what_if;
  const found = (list) => el("ul", null, list.map((one) => el("li", null, severityMark(one.severity), " ", code(one.control), " ", nameText(one.message))));
  return proposal && section("The proposed change, applied first", el("p", { class: "place" }, nameText(proposal.path)),
    el("ul", null, proposal.changes.map((change) => el("li", null, nameText(change)))),
    proposal.removed.length > 0 && [el("h3", null, `It removes ${counted(proposal.removed.length, "violation")}`), folded(proposal.removed, 20, found)],
    proposal.introduced.length > 0 && [el("h3", null, `It introduces ${counted(proposal.introduced.length, "violation")}`), folded(proposal.introduced, 20, found)]);
}

/** What the plan has for one account. */
function planOf(account) {
  const words = planWords().get(account);
  return [
    el("p", { class: "verdict" }, planStatus(account), " ", nameText(account.reason)),
    terms(["Replacement", words.replacement], ["Wave", account.wave && number(account.wave)], ["To spare", words.slack],
      ["What stops if the move fails", words.blast_radius], ["Described in", placeText(account.location)],
      ["Moves with", account.moves_with.length ? account.moves_with.map((one, at) => [at ? ", " : "", planned(one)]) : null],
      ["Because", listOf(account.moves_because).length ? account.moves_because.join("; ") : null]),
    account.blockers.length > 0 && section("Blockers", blockerTable(account.blockers.map((blocker) => ({ account, blocker })))),
    words.questions.length > 0 && section("What is unknown", el("ul", null, words.questions.map((text) => el("li", null, nameText(text))))),
    section("Access before and after", el("p", null, capital(words.access), "."), accessTable(account.access),
      words.right_size.length > 0 && [el("h3", null, "What could be asked for lower"), el("ul", null, words.right_size.map((text) => el("li", null, nameText(text))))]),
    listOf(account.credentials).length > 0 && section("Stored credentials that must change", tableOf("Stored credentials", [
      { title: "Credential", head: true, cell: (kept) => nameText(kept.name) }, { title: "Kept in", cell: (kept) => nameText(kept.system) },
      { title: "Environment", cell: (kept) => kept.environment && nameText(kept.environment) },
      { title: "Described in", class: "wide-only", cell: (kept) => kept.location && placeText(kept.location) },
    ], account.credentials)),
    account.steps.length > 0 && section("What to do", el("p", null, a(link("runbook", [], { account: account.account.id }), "To print")), stepList(account.steps)),
  ];
}

function accessTable(access) {
  const rows = [["lost", "−"], ["gained", "+"], ["unknown", "?"], ["kept", "="]].flatMap(([state, sign]) =>
    access[state].map((change) => ({ state, sign, change })));
  if (!rows.length) return null;
  return folded(rows, 40, (shown) => tableOf("Tools, before and after", [
    { title: "What becomes of it", cell: ({ state, sign, change }) => tag(`${sign} ${state === "unknown" ? "unknown" : state === "lost" && change.after !== "none" ? "lowered"
      : state === "gained" && change.before !== "none" ? "raised" : state}`, state) },
    { title: "Tool", head: true, cell: ({ change }) => thingName(change.tool) },
    { title: "Before", cell: ({ change }) => levelWord(change.before) },
    { title: "After", cell: ({ change }) => levelWord(change.after) },
    { title: "Where", class: "wide-only", cell: ({ change }) => change.projects.length
      ? el("details", null, el("summary", null, counted(change.projects.length, "project")), folded(change.projects, 30, (some) =>
        el("ul", null, some.map((project) => el("li", null, thingName(project))))))
      : change.scope === "company" ? "company" : "projects" },
    { title: "Used", cell: ({ change }) => (change.used === true ? "yes" : change.used === false ? "no" : "unknown") },
  ], shown));
}
