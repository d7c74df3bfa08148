// The beginning of an audit or a gate: how bad it is, who must act, what is new, and what nobody could evaluate.

const company = () => {
  const all = result.company ? [result.company] : listOf(result.companies);
  return all.length === 1 ? nameText(all[0].name) : all.length ? counted(all.length, "company", "companies") : "an export";
};

function overview() {
  const open = sum(result.summary);
  const heading = title(kind === "gate" ? "Gate of " : "Audit of ", company());
  const verdict = open === 0
    ? el("p", { class: "verdict good" }, verdictWord(), kind === "gate" ? "No new violations." : "No violations.")
    : el("p", { class: "verdict" }, verdictWord(), counted(open, kind === "gate" ? "new violation" : "open violation"), ": ",
      severityCounts(result.summary), kind === "gate" && violations().length > 0 && [". Worst: ", nameText(violations()[0].message)]);
  const body = [heading, subtitle(), verdict, kind === "gate" ? changesInShort() : null, alarms(),
    kind === "gate" ? changesByDanger() : null, severities(), actions()];
  body.push(el("div", { class: "columns" }, byParty(), trend()), controlBar(), integrationsInShort(), byControl(), worst(), gaps());
  return { title: "Overview", body };
}

/** Whether the run passes, and what fails it. */
function verdictWord() {
  const { outcome, fail_on: least } = result.verdict || {};
  const words = { pass: "Pass", fail: "Fail", incomplete: "Incomplete", error: "Error" };
  if (!words[outcome]) return null;
  return [el("strong", null, words[outcome]), outcome === "fail" && listOf(least).length ? ` (fails at: ${least.join(", ")})` : null, ". "];
}

const ACTIONS_SHOWN = 10;

/** What to do, worst first: each edit with the violations that it clears. */
function actions() {
  const rows = listOf(result.actions).map((action, at) => ({ action, words: listOf(page.actions)[at] || {} }));
  if (!rows.length) return null;
  const more = whole("actions") + (result.actions_omitted || 0) - rows.length;
  return section("What to do first", folded(rows, ACTIONS_SHOWN, (some) => tableOf("Actions, worst first", [
    { title: "Action", head: true, class: "action", cell: ({ action, words }) => [el("strong", null, words.title), el("br"), words.edit,
      el("br"), el("span", { class: "quiet small" }, placeText(action.location))] },
    { title: "Clears", cell: ({ action }) => severityCounts(action.clears) },
    { title: "Controls", class: "wide-only", cell: ({ action }) => action.controls.map((id, at) => [at ? " " : "", a(toControl(id), code(id))]) },
    { title: "Who must act", class: "wide-only", cell: ({ action }) => PARTY_WORDS[action.party] },
  ], some)), more > 0 && quiet(`${counted(more, "action")} more in the JSON result.`));
}

/** Of when it speaks, and by which dates it was evaluated. */
function subtitle() {
  const { as_of: today } = result;
  const files = kind === "gate" ? result.inputs.after.length : whole("inputs");
  const records = page.kinds.reduce((all, one) => all + one.records, 0);
  return el("p", { class: "quiet sub" }, "As of ", day(today), page.head.map((line) => [" · ", line]), " · ", a(link("files"), counted(files, "file"), ", ", counted(records, "record")));
}

/** What makes a result worth less than it looks. */
function alarms() {
  const failed = listOf(result.diagnostics).filter((one) => one.code === "policy").length;
  const said = [];
  if (failed) said.push(`${counted(failed, "control")} could not be evaluated.`);
  if (page.incomplete) said.push(`${page.incomplete}.`);
  if (isCut()) said.push(cutSentence());
  return said.map((sentence) => el("p", { class: "notice" }, sentence, " ", a(link("files"), "What was read")));
}

const isCut = () => violations().length < allViolations();
const cutSentence = () =>
  `There are ${number(allViolations())} violations, more than a page can hold: ${number(violations().length)} of them ` +
  "are listed here, of each group its share. Everything is in “cutover report RESULT.json --format jsonl” (or csv).";

/** A number for each severity, which leads to its violations. */
function severities() {
  const tile = (severity) => {
    const count = result.summary[severity];
    return el("li", { class: count ? "tile" : "tile none" },
      a(toViolations({ severity, status: "open" }), severityMark(severity), el("span", { class: "figure" }, number(count))));
  };
  const other = (status, word) => {
    const count = result.summary[status];
    return count > 0 && el("li", { class: "tile" },
      a(toViolations({ status }), el("span", { class: "mark" }, word), el("span", { class: "figure" }, number(count))));
  };
  return el("ul", { class: "tiles", "aria-label": "Open violations by severity" },
    SEVERITIES.map(tile), other("waived", "Waived"), other("baseline", "In the baseline"));
}

function byParty() {
  const rows = PARTIES.map((party) => ({ party, counts: openBySeverity((group) => partyOf(group) === party) }));
  const most = Math.max(...rows.map(({ counts }) => sum(counts)));
  return section("Who must act", tableOf("Open violations by party", [
    { title: "Party", head: true, cell: ({ party }) => a(toViolations({ party, status: "open" }), PARTY_WORDS[party]) },
    { title: "Open", class: "number", cell: ({ counts }) => number(sum(counts)) },
    { title: "By severity", class: "grow", cell: ({ counts }) => [bar(counts, most), el("span", { class: "quiet small" }, severityCounts(counts))] },
  ], rows));
}

/** What became of the violations since the baseline. */
function trend() {
  const { baseline } = result;
  if (!baseline) {
    return kind === "gate" ? sinceBefore() : section("Since last time",
      quiet("No baseline was given. ", code("cutover audit EXPORT --baseline audit.json"),
        " shows what is new, what is worse and what is absent."));
  }
  const state = (one) => violations().filter((violation) => violation.status === "open" && violation.baseline_state === one).length;
  const open = sum(result.summary);
  const rows = isCut() ? [["New or worse", "open", open]] : [["New", "new", state("new")], ["Worse", "updated", state("updated")]];
  const others = [["Unchanged", "baseline", result.summary.baseline || 0], ["Absent", "absent", whole("absent")]];
  const all = [...rows, ...others];
  const most = Math.max(1, ...all.map(([, , count]) => count));
  const [before, now] = [baseline.violations, baseline.violations + open - whole("absent")];
  return section("Since the baseline",
    quiet("Compared with the audit of ", day(baseline.as_of), ", which has ", counted(before, "violation"), ": ",
      now === before ? "as many as now." : now > before ? `${number(now - before)} fewer than now.` : `${number(before - now)} more than now.`),
    tableOf("Violations since the baseline", [
      { title: "What became of them", head: true, cell: ([word, state]) => state === "absent" ? a(link("gone"), word)
        : a(toViolations(state === "open" || state === "baseline" ? { status: state } : { status: "open", news: state }), word) },
      { title: "Violations", class: "number", cell: ([, , count]) => number(count) },
      { title: "Share", class: "grow", cell: ([, state, count]) => el("span", { class: "bar", "aria-hidden": "true" },
        el("span", { class: "filled plain " + state, style: { width: `${(100 * count) / most}%` } })) },
    ], all));
}

const OUTCOMES = { fail: "violated", pass: "met", partly: "assessed in part", unknown: "not assessed", out: "out of scope", off: "switched off" };

/** How each control came out: violated, met, or unknown. */
function controlBar() {
  const failed = new Set(groups().filter(({ status, count }) => status === "open" && count > 0).map(({ control }) => control));
  const aside = new Set((page.scope || { controls: [] }).controls);
  const outcome = ({ control, status }) => (failed.has(control) ? "fail" : status === "assessed" ? "pass" : aside.has(control) ? "out"
    : status === "partly_assessed" ? "partly" : status === "off" ? "off" : "unknown");
  const counts = {};
  for (const one of coverage().values()) counts[outcome(one)] = (counts[outcome(one)] || 0) + 1;
  const some = Object.keys(OUTCOMES).filter((key) => counts[key]);
  if (!some.length) return null;
  return section("Controls", el("p", { class: "outcomes" }, el("span", { class: "bar tall", "aria-hidden": "true" },
    el("span", { class: "filled", style: { width: "100%" } }, some.map((key) => el("span", { class: `piece ${key}`, style: { "flex-grow": counts[key] } }))))),
  el("p", { class: "legend" }, some.map((key) => [el("span", { class: `key ${key}`, "aria-hidden": "true" }), " ", `${number(counts[key])} ${OUTCOMES[key]} `]),
    a(link("controls"), `All ${number(controls().size)} controls`)));
}

const CONTROLS_SHOWN = 12;

function byControl() {
  const counts = new Map();
  for (const group of groups()) {
    if (group.status !== "open") continue;
    const of = counts.get(group.control) || { control: group.control, severity: group.severity, counts: {} };
    of.counts[group.severity] = (of.counts[group.severity] || 0) + group.count;
    counts.set(group.control, of);
  }
  const rows = [...counts.values()].sort((left, right) =>
    SEVERITIES.indexOf(left.severity) - SEVERITIES.indexOf(right.severity) || sum(right.counts) - sum(left.counts));
  if (!rows.length) return null;
  const most = Math.max(...rows.map((row) => sum(row.counts)));
  const shown = rows.slice(0, CONTROLS_SHOWN);
  return section("What is wrong", tableOf("Open violations by control", [
    { title: "Severity", cell: ({ severity }) => severityMark(severity) },
    { title: "Control", head: true, cell: ({ control }) => [a(toControl(control), code(control)), " ",
      (controls().get(control) || {}).title] },
    { title: "Open", class: "number", cell: ({ control, counts }) => a(toViolations({ control, status: "open" }), number(sum(counts))) },
    { title: "Share", class: "grow wide-only", cell: ({ counts }) => bar(counts, most) },
  ], shown), rows.length > shown.length && el("p", null, a(link("controls"), `All ${number(controls().size)} controls`)));
}

const ACCOUNTS_SHOWN = 8;

/** Who has most to put right. Looking it up takes a moment, so it comes when the rest is drawn. */
function worst() {
  if (!sum(result.summary)) return null;
  const host = el("div", null, quiet("…"));
  later(() => {
    const rows = somebody().filter(({ counts }) => sum(counts) > 0).slice(0, ACCOUNTS_SHOWN);
    refill(host, accountTable("Accounts and apps with the worst violations", rows),
      el("p", null, a(link("accounts"), `All ${number(somebody().length)} accounts and apps`)));
  });
  return section("Accounts and apps", host);
}

/** What was not assessed, and what to export to assess it: once for all controls that lack the same. */
function gaps() {
  const { unused, controls: out } = page.scope || { unused: [], controls: [] };
  const aside = new Set(out);
  const open = [...coverage().values()].filter((one) => one.status === "not_assessed" || one.status === "partly_assessed");
  const unjudged = open.filter((one) => !aside.has(one.control));
  const outOfScope = unused.length > 0 && quiet(`Out of scope, because there are no files: ${unused.join(", ")}`,
    out.length > 0 && ` (${counted(out.length, "control")})`, ".");
  if (!unjudged.length) return section("What was not assessed", el("p", null, "Every control in scope was assessed."), outOfScope);
  const alike = new Map();
  for (const one of unjudged) {
    for (const hint of one.hints) alike.set(hint, [...(alike.get(hint) || []), one.control]);
  }
  const rows = [...alike].sort(([, left], [, right]) => right.length - left.length);
  const none = unjudged.filter((one) => one.status === "not_assessed").length;
  return section("What was not assessed",
    el("p", null, `${counted(none, "control")} not assessed, ${counted(unjudged.length - none, "control")} in part. `,
      "A control without its input never passes."),
    folded(rows, 6, (some) => tableOf("What to export next", [
      { title: "What to do", head: true, cell: ([hint]) => hint },
      { title: "Controls", cell: ([, of]) => folded(of, 10, (ids) => el("span", null, ids.map((id, at) => [at ? " " : "", a(toControl(id), code(id))]))) },
    ], some)), outOfScope);
}
