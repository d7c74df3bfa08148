// The waves of a plan on a time line: from when to when each account is worked on, and how much time is to spare.

function timeLine() {
  const { terms: { start, deadline, freezes }, timeline: { sunset }, as_of: today } = result;
  const steps = result.accounts.flatMap((account) => account.steps);
  if (!steps.length) return null;
  const days = [start, today, deadline, sunset, ...steps.flatMap((step) => [step.earliest, step.ends])].filter(Boolean).map(dayNumber);
  const first = days.reduce((least, one) => Math.min(least, one)) - 3;
  const last = days.reduce((most, one) => Math.max(most, one)) + 5;
  const at = (day) => `${(100 * (dayNumber(day) - first)) / (last - first)}%`;
  const wide = (from, to) => `${(100 * (dayNumber(to) - dayNumber(from) + 1)) / (last - first)}%`;
  const mark = (day, word, kind) => day && el("span", { class: "moment " + kind, style: { left: at(day) } }, el("span", null, word, " ", dayText(day)));
  const bars = (from, to, kind) => el("span", { class: "span " + kind, style: { left: at(from), width: wide(from, to) } });
  const waves = [...result.waves.map((wave, number) => ({ wave, words: page.words.waves[number], of: wave.number })), { of: null }];
  const row = (account, wave) => {
    const { from, to, latest } = spanOf(account.steps);
    return el("li", { class: "lane" }, el("span", { class: "who" }, thingLink(account.company, account.account), " ", planStatus(account)),
      el("span", { class: "track" }, el("span", { class: "unseen" }, "from ", dayText(from), " to ", dayText(to), latest && `, at the latest ${dayText(latest)}`),
        el("span", { "aria-hidden": "true" }, latest && latest > to && bars(to, latest, "slack"), bars(from, to, "work"), wave && bars(wave.from, wave.to, "move"))));
  };
  const group = ({ wave, words, of }) => {
    const moved = result.accounts.filter((account) => (account.wave === undefined ? null : account.wave) === of && account.steps.length);
    return moved.length > 0 && el("li", { class: "wave" },
      el("h3", null, wave ? [`Wave ${number(wave.number)}, `, period(wave.from, wave.to)] : "Without a move"),
      wave && el("p", { class: "quiet small" }, capital(words.slack), " · if all of it fails, this stops: ", words.blast_radius),
      folded(moved, 15, (shown) => el("ul", { class: "lanes" }, shown.map((account) => row(account, wave)))));
  };
  return section("Waves", el("div", { class: "timeline" },
    el("div", { class: "moments", "aria-hidden": "true" }, freezes.map((freeze) => bars(freeze.from, freeze.to, "freeze")), ticks(first, last, at),
      mark(today, "today", "now"), mark(deadline, "deadline", "deadline"), mark(sunset, "sunset", "sunset")),
    el("ol", { class: "waves" }, waves.map(group))),
    el("p", { class: "legend small" }, el("span", { class: "key move" }), " the week of the move ", el("span", { class: "key work" }), " work before and after ",
      el("span", { class: "key slack" }), " time to spare ", freezes.length > 0 && [el("span", { class: "key freeze" }), " nothing is changed ",
        freezes.map((freeze) => [period(freeze.from, freeze.to), " "])]));
}

/** From the first day of an account's steps to their last, and to the latest day they may end. */
function spanOf(steps) {
  const least = (key) => steps.map((step) => step[key]).reduce((left, right) => (right < left ? right : left));
  const most = (key) => steps.map((step) => step[key] || "").reduce((left, right) => (right > left ? right : left));
  return { from: least("earliest"), to: most("ends"), latest: most("latest") };
}

/** The first days of months. */
function ticks(first, last, at) {
  const found = [];
  for (let number = first; number <= last; number++) {
    const day = new Date(number * DAY).toISOString().slice(0, 10);
    if (day.endsWith("-01")) found.push(el("span", { class: "tick", style: { left: at(day) } }, el("span", null, dayText(day))));
  }
  return found;
}
