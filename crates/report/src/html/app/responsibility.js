// The shared responsibility matrix: which party has which duty, and what is open of each.

function responsibilityView() {
  const rows = duties().map((duty) => ({ duty, open: kind === "plan" ? plannedFor(duty.id) : openFor(duty.id) }));
  const what = kind === "plan" ? "steps of the plan" : "open violations";
  const most = Math.max(1, ...rows.map(({ open }) => open.all));
  const body = [title("Responsibilities"),
    quiet(`The duties of the shared responsibility model, the one party that has each, and the ${what} that come from it.`)];
  if (!rows.length) return { title: "Responsibility", body: [...body, el("p", { class: "empty" }, "This result names no duties.")] };
  const cell = (party) => ({ duty, open }) => duty.party !== party ? el("span", { class: "no" }, "–")
    : el("span", { class: "has" }, el("span", { "aria-hidden": "true" }, "● "), el("span", { class: "figure small" },
      open.all ? a(open.href, number(open.all)) : "0"), " open", open.counts && open.all > 0 && [bar(open.counts, most),
      el("span", { class: "quiet small" }, severityCounts(open.counts))]);
  body.push(el("ul", { class: "tiles", "aria-label": `${capital(what)} by party` }, PARTIES.map((party) => {
    const all = rows.filter(({ duty }) => duty.party === party).reduce((sum, { open }) => sum + open.all, 0);
    return el("li", { class: "tile" }, el("span", { class: "mark" }, PARTY_WORDS[party]), el("span", { class: "figure" }, number(all)));
  })));
  body.push(tableOf("Shared responsibility matrix", [
    { title: "Duty", head: true, class: "main", cell: ({ duty }) => [code(duty.id), " ", duty.title,
      controlsOf(duty.id).length > 0 && el("span", { class: "under" }, controlsOf(duty.id).map((control) => [a(toControl(control.id), code(control.id)), " "]))] },
    ...PARTIES.map((party) => ({ title: PARTY_WORDS[party], class: "party", cell: cell(party) })),
  ], rows, { class: "matrix" }));
  return { title: "Responsibility", body };
}

const controlsOf = (duty) => [...controls().values()].filter((control) => control.duty === duty);

function openFor(duty) {
  const own = new Set(controlsOf(duty).map((control) => control.id));
  const counts = openBySeverity((group) => own.has(group.control));
  const href = own.size === 1 ? toViolations({ control: [...own][0], status: "open" }) : link("duty", [duty]);
  return { all: sum(counts), counts, href };
}

function plannedFor(duty) {
  const all = result.accounts.reduce((count, account) => count + account.steps.filter((step) => step.duty === duty).length, 0);
  return { all, href: link("runbook", [], { duty }) };
}

/** One duty, with the violations of all controls that come from it. */
function dutyView({ path: [id = ""] }) {
  const duty = duties().find((one) => one.id === id);
  if (!duty) return { title: "Not found", body: notFound("No such duty", `This result names no duty “${id}”.`) };
  const own = new Set(controlsOf(id).map((control) => control.id));
  const found = violations().filter((violation) => own.has(violation.control));
  return { title: id, body: [el("p", { class: "above" }, PARTY_WORDS[duty.party], " · ", code(id)), title(duty.title),
    found.length > 0 ? folded(found, ROWS, (shown) => violationTable(`Violations that come from ${id}`, shown))
      : el("p", { class: "empty" }, "Nothing is open of it.")] };
}
