// The steps of a plan in the order in which they are done, to print and tick off.

function runbookView({ query }) {
  if (result.repair) return repairView();
  const host = el("div", { class: "runbook" });
  const draw = ({ account = "", party = "", wave = "", duty = "" }) => {
    const text = account.trim().toLowerCase();
    const chosen = result.accounts.filter((one) => (!text || isMeant(one.account, text)) && (!wave || String(one.wave || 0) === wave));
    const steps = (one) => one.steps.filter((step) => (!party || step.party === party) && (!duty || step.duty === duty));
    const some = chosen.map((one) => ({ one, steps: steps(one) })).filter(({ steps }) => steps.length);
    const numbers = [...new Set(some.map(({ one }) => one.wave || 0))].sort((left, right) => (left || Infinity) - (right || Infinity));
    refill(host, el("p", { class: "count", "aria-live": "polite" }, counted(some.reduce((all, { steps }) => all + steps.length, 0), "step"), " for ",
      counted(some.length, "account")), numbers.map((wave) => waveSection(wave, some.filter(({ one }) => (one.wave || 0) === wave))));
  };
  const waves = [...result.waves.map((wave) => [String(wave.number), `Wave ${wave.number}`]), ["0", "Without a move"]];
  const form = el("form", { class: "filter", role: "search", "aria-label": "Steps" },
    field("Account", el("input", { type: "search", name: "account", value: query.get("account") || "" })),
    field("Who acts", choice("party", query, "all parties", PARTIES.map((party) => [party, PARTY_WORDS[party]]))),
    field("Wave", choice("wave", query, "all waves", waves)),
    field("Duty", choice("duty", query, "all duties", duties().map((duty) => [duty.id, `${duty.id} ${duty.title}`]))),
    el("button", { type: "button", onclick: () => print() }, "Print"));
  form.addEventListener("input", calmly(120, () => {
    keep("runbook", asked(form));
    draw(asked(form));
  }));
  form.addEventListener("submit", (event) => event.preventDefault());
  draw(Object.fromEntries(query));
  return { title: "Runbook", body: [title("Runbook: ", company()), quiet("As of ", day(result.as_of), " · ", capital(page.words.feasibility), "."), form, host] };
}

function waveSection(number_, some) {
  const wave = result.waves.find((one) => one.number === number_);
  return section(wave ? [`Wave ${number(number_)}, `, period(wave.from, wave.to)] : "Without a move", some.map(({ one, steps }) =>
    el("article", null, el("h3", null, thingLink(one.company, one.account), " ", planStatus(one)), quiet(nameText(one.reason)), stepList(steps))));
}

const states = once(() => new Map(listOf(result.progress && result.progress.steps).map((step) => [step.step, step.state])));

function stepList(steps) {
  return el("ol", { class: "steps" }, steps.map((step) => {
    const state = states().get(step.id);
    return el("li", { class: state === "done" ? "done" : null },
      el("p", { class: "do" }, el("span", { class: "box", "aria-hidden": "true" }, state === "done" ? "☑" : "☐"), " ", nameText(step.action)),
      el("p", { class: "quiet small" }, code(step.id), " · ", period(step.earliest, step.ends), step.latest && [" · at the latest ", day(step.latest)],
        " · ", PARTY_WORDS[step.party], step.right && [", with: ", step.right], " · duty ", step.duty,
        step.after.length > 0 && [" · after ", step.after.map((id, at) => [at ? ", " : "", code(id)])],
        step.overdue && [" ", tag(step.latest && step.ends > step.latest ? `too late by ${counted(dayNumber(step.ends) - dayNumber(step.latest), "day")}` : "too late", "critical")], state && [" ", tag(state, state)]),
      terms(["Check", nameText(step.check)], ["Way back", nameText(step.undo)]));
  }));
}
