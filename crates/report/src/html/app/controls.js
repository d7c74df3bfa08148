// The controls: what each could evaluate, and what was read.

function controlsView({ query }) {
  const list = el("div", null);
  const count = el("h2", { class: "count", "aria-live": "polite" });
  const all = [...controls().values()].map((control) => ({ control, covered: coverage().get(control.id) || { status: "off", hints: [] } }));
  const draw = ({ q = "", coverage = "", severity = "" }) => {
    const text = q.trim().toLowerCase();
    const found = all.filter(({ control, covered }) => (!coverage || covered.status === coverage) && (!severity || control.severity === severity)
      && (!text || [control.id, control.title, control.reference, ...listOf(control.relates_to)].join("\n").toLowerCase().includes(text)));
    refill(count, found.length === all.length ? counted(all.length, "control") : `${number(found.length)} of ${counted(all.length, "control")}`);
    refill(list, found.length ? controlTable(found) : el("p", { class: "empty" }, "No control fits."));
  };
  const statuses = Object.entries(COVERAGE_WORDS);
  const form = el("form", { class: "filter", role: "search", "aria-label": "Controls" },
    field("Search", el("input", { type: "search", name: "q", value: query.get("q") || "", placeholder: "id, words or framework: AC-6" })),
    field("Evaluated", choice("coverage", query, "evaluated or not", statuses)),
    field("Severity", choice("severity", query, "all severities", SEVERITIES.map((one) => [one, capital(one)]))));
  form.addEventListener("input", calmly(120, () => {
    keep("controls", asked(form));
    draw(asked(form));
  }));
  form.addEventListener("submit", (event) => event.preventDefault());
  draw(Object.fromEntries(query));
  return { title: "Controls", body: [title("Controls"), gaps(), changedControls(), form, count, list] };
}

function controlTable(rows) {
  return tableOf("Controls, and what each could evaluate", [
    { title: "Severity", cell: ({ control }) => severityMark(control.severity) },
    { title: "Control", head: true, class: "main", cell: ({ control }) => [a(toControl(control.id), code(control.id)), " ", control.title] },
    { title: "Who must act", class: "wide-only", cell: ({ control }) => PARTY_WORDS[control.party] },
    { title: "Evaluated", cell: ({ covered }) => tag(COVERAGE_WORDS[covered.status], covered.status) },
    { title: "Facts", class: "number wide-only", cell: ({ covered }) => number(covered.facts || 0) },
    { title: "Not known", class: "number wide-only", cell: ({ covered }) => number(covered.unknown || 0) },
    { title: "Violations", class: "number", cell: ({ control, covered }) => covered.violations
      ? a(toViolations({ control: control.id }), number(covered.violations)) : "0" },
  ], rows);
}

/** What the organisation changed of the controls. */
function changedControls() {
  const changes = listOf(result.overrides);
  return changes.length > 0 && section(changes.some((change) => change.replaced) ? "Changed by cutover.toml or a policy pack" : "Changed by cutover.toml", el("ul", null, changes.map((change) => el("li", null,
    a(toControl(change.control), code(change.control)), " ",
    change.replaced ? "is replaced" : change.off ? "is switched off" : change.severity ? `is ${change.severity.to} instead of ${change.severity.from}` : "is as it was",
    `: ${change.reason}`, change.approved_by && `, approved by ${change.approved_by}`, " ",
    el("span", { class: "place" }, el("bdi", null, change.path), `:${change.line}`)))));
}

function controlView({ path: [id = ""] }) {
  const control = controls().get(id);
  if (!control) return { title: "Not found", body: notFound("No such control", `This result was not assessed by a control “${id}”.`) };
  const covered = coverage().get(id) || { status: "off", hints: [] };
  const own = violations().filter((violation) => violation.control === id);
  return { title: id, body: [
    el("p", { class: "above" }, severityMark(control.severity), " ", code(id)),
    title(control.title),
    terms(["Who must act", [PARTY_WORDS[control.party], dutyText(control.duty)]], ["Remedy", control.remedy], ["Rule", control.reference]),
    relatesTo(control),
    section("What it could evaluate", el("p", null, tag(COVERAGE_WORDS[covered.status], covered.status), " ",
      counted(covered.facts || 0, "fact"), ", ", counted(covered.violations || 0, "violation"),
      covered.waived ? `, ${number(covered.waived)} waived` : "", covered.unknown ? `, ${number(covered.unknown)} unknown` : ""),
      covered.hints.length > 0 && [el("h3", null, "To have the rest evaluated"), el("ul", null, covered.hints.map((hint) => el("li", null, hint)))]),
    own.length > 0 && section("Violations", folded(own, 50, (shown) => violationTable(`Violations of ${id}`, shown)),
      el("p", null, a(toViolations({ control: id }), "In the list, with filters"))),
  ] };
}

const ORIGINS = {
  built_in: "built in", decisions: "from --decisions", command_line: "from the command line",
  working_directory: "from the working directory", export: "inside the export",
};

/** What influenced the verdicts, and what was found and ignored. */
function decidedBy() {
  const all = listOf(result.decided_by);
  return all.length > 0 && section("Decided by", tableOf("Files that decide", [
    { title: "File", head: true, class: "grow", cell: (one) => el("span", { class: "place" }, el("bdi", null, one.path)) },
    { title: "Origin", cell: (one) => ORIGINS[one.origin] || one.origin },
    { title: "Effect", class: "grow", cell: (one) => one.effect },
    { title: "SHA-256", class: "wide-only", cell: (one) => code(one.sha256.slice(0, 16)) },
  ], all));
}

/** What was read, what is absent, and what went wrong while reading. */
function filesView() {
  const inputs = kind === "gate" ? [...result.inputs.before, ...result.inputs.after] : result.inputs;
  const helps = (id) => listOf(result.coverage).filter((one) => listOf(one.missing).includes(id)).map((one) => one.control);
  const titles = new Map(page.kinds.map((one) => [one.id, one.title]));
  const [read, missing] = [page.kinds.filter((one) => one.files > 0), page.kinds.filter((one) => one.files === 0)];
  const all = whole("diagnostics");
  return { title: "What was read", body: [
    title("What was read"),
    listOf(result.diagnostics).length > 0 && section("Remarks", all > result.diagnostics.length && quiet(`The first of ${number(all)}.`),
      folded(result.diagnostics, 50, (shown) => el("ul", { class: "remarks" }, shown.map((one) => el("li", null,
        tag(one.severity, one.severity), " ", nameText(one.message), one.location && [" ", placeText(one.location)]))))),
    decidedBy(),
    section("Read", tableOf("Kinds of export that were read", [
      { title: "Kind", head: true, cell: (one) => one.title },
      { title: "Files", class: "number", cell: (one) => number(one.files) },
      { title: "Records", class: "number", cell: (one) => number(one.records) },
      { title: "Left out", class: "number", cell: (one) => number(one.skipped) },
    ], read)),
    missing.length > 0 && section("Absent", tableOf("Kinds of export that are absent, and how to export them", [
      { title: "Kind", head: true, cell: (one) => one.title },
      { title: "How to export it", cell: (one) => one.how },
      kind !== "plan" && { title: "It would help", class: "wide-only", cell: (one) => folded(helps(one.id), 8, (ids) =>
        el("span", null, ids.map((id) => [a(toControl(id), code(id)), " "]))) },
    ].filter(Boolean), missing)),
    section("Files", whole("inputs") > inputs.length && quiet(`The first ${number(inputs.length)} of ${number(whole("inputs"))}.`),
      folded(inputs, 50, (shown) => tableOf("Files, with their digests", [
        { title: "File", head: true, cell: (one) => nameText(one.path) },
        { title: "Kind", cell: (one) => titles.get(one.kind) || "not recognised" },
        { title: "Records", class: "number", cell: (one) => number(one.records) },
        { title: "Left out", class: "number wide-only", cell: (one) => number(one.skipped) },
        { title: "SHA-256", class: "wide-only", cell: (one) => el("code", { class: "digest" }, one.sha256) },
      ], shown))),
  ] };
}
