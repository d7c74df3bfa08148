// The smallest repair: what to do, what it costs whom, what it clears, and what stays and why.

/** A plan that was asked for a repair: no accounts are planned beside it. */
function repairView() {
  const { repair } = result;
  const { words } = page;
  const said = words.repair;
  const body = [
    title("Repair of ", company()),
    el("p", { class: "quiet sub" }, "As of ", day(result.as_of), page.head.map((line) => [" · ", line]), " · ", capital(words.terms), "."),
    incompleteNotice(),
    el("p", { class: repair.not_cleared.length || repair.simulation.introduced.length ? "verdict" : "verdict good" }, capital(said.result), "."),
    el("p", { class: "quiet sub" }, capital(said.proved), "."),
    section("What was asked for", el("ul", null, said.asked.map((text) => el("li", null, nameText(text))))),
    repair.edits.length > 0 && section("What to do", folded(repair.edits, 50, repairEdits)),
    repair.not_cleared.length > 0 && section("What stays, and why", folded(repair.not_cleared, 50, notCleared)),
    repair.cleared.length > 0 && section("What is cleared", folded(repair.cleared, 50, clearedTable)),
    said.keeps.length > 0 && section("What must be kept", quiet("Edits that would take it were ruled out."),
      folded(said.keeps, 50, (shown) => el("ul", null, shown.map((text) => el("li", null, nameText(text)))))),
    repairSimulation(repair.simulation),
    repair.not_assessed.length > 0 && section("What could not be assessed",
      el("ul", null, repair.not_assessed.map((one) => el("li", null, code(one.control), ": ", counted(one.unknown, "fact"), " unknown")))),
    assumptions(), changedControls(),
  ];
  return { title: "Repair", body };
}

function repairEdits(edits) {
  const words = new Map(result.repair.edits.map((edit, number_) => [edit.id, page.words.repair.edits[number_]]));
  return edits.map((edit) => {
    const { cost, losses, clears } = words.get(edit.id);
    return el("article", null, el("h3", null, "Edit ", code(edit.id)), quiet(capital(cost), "."), stepList([edit.step]),
      terms(["Clears", someNames(clears)], ["Who loses what", someNames(losses)], ["Where it stands", edit.location && placeText(edit.location)]));
  });
}

const someNames = (texts) => (texts.length ? folded(texts, 10, (shown) => el("ul", null, shown.map((text) => el("li", null, nameText(text))))) : null);

const onProjects = (one) => (one.projects.length ? counted(one.projects.length, "project") : "");
const ofWhom = { title: "Whom it is about", class: "wide-only", cell: ({ violation }) => [thingName(violation.subject), " · ", thingName(violation.resource)] };
const theViolation = { title: "Violation", head: true, class: "main", cell: ({ violation }) => [nameText(violation.message),
  el("span", { class: "under" }, code(violation.control))] };
const theSeverity = { title: "Severity", cell: ({ violation }) => severityMark(violation.severity) };

function notCleared(rows) {
  return tableOf("Violations that stay", [theSeverity, theViolation, ofWhom,
    { title: "Why it stays", cell: ({ reasons }) => el("ul", null, reasons.map((reason) => el("li", null, nameText(reason)))) },
    { title: "What the control advises", class: "wide-only", cell: ({ remedy }) => nameText(remedy) },
  ], rows);
}

function clearedTable(rows) {
  return tableOf("Violations that are cleared", [theSeverity, theViolation, ofWhom,
    { title: "On", class: "wide-only", cell: onProjects },
    { title: "By", cell: ({ edits }) => edits.map((id, at) => [at ? ", " : "", code(id)]) },
  ], rows);
}

/** The edits done in memory, and everything evaluated again. */
function repairSimulation({ before, after, introduced }) {
  return section("What the simulation says",
    el("p", null, `Violations of everything before: ${number(before)}; afterwards: ${number(after)}.`),
    introduced.length > 0 && [el("h3", null, `It introduces ${counted(introduced.length, "violation")}`), folded(introduced, 20, (shown) =>
      el("ul", null, shown.map((one) => el("li", null, severityMark(one.severity), " ", code(one.control), " ", nameText(one.message)))))]);
}
