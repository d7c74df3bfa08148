// What violations are looked up by. It is made when it is first asked for, and once.

/** Does something when it is first asked for, and keeps what came of it. */
function once(make) {
  let kept;
  return () => (kept === undefined ? (kept = make()) : kept);
}

const violations = once(() => listOf(result.violations));
const absent = once(() => listOf(result.absent));
const groups = once(() => listOf(page.groups));
const duties = once(() => listOf(result.duties));
const controls = once(() => new Map(listOf(result.controls).map((control) => [control.id, control])));
const coverage = once(() => new Map(listOf(result.coverage).map((one) => [one.control, one])));
const byFingerprint = once(() => new Map([...absent(), ...violations()].map((one) => [one.fingerprint, one])));

/** How many violations the result has, those that are not in this page included. */
const allViolations = once(() => groups().reduce((sum, group) => sum + group.count, 0));

/** Open violations by severity, of the groups for which something holds. */
function openBySeverity(holds) {
  const counts = {};
  for (const group of groups()) {
    if (group.status === "open" && holds(group)) counts[group.severity] = (counts[group.severity] || 0) + group.count;
  }
  return counts;
}

const sum = (counts) => SEVERITIES.reduce((all, severity) => all + (counts[severity] || 0), 0);
const partyOf = (group) => (controls().get(group.control) || {}).party;

const facetsOf = new WeakMap();

/** Who and what a violation concerns: those it is about, those on the way, and those it is so for. */
function facets(violation) {
  let known = facetsOf.get(violation);
  if (!known) {
    const things = new Set([violation.subject, violation.resource, ...violation.members]);
    for (const step of violation.why) things.add(step.from).add(step.to);
    known = { things: [...things], text: null };
    facetsOf.set(violation, known);
  }
  return known;
}

/** What free text is looked for in. */
function haystack(violation) {
  const known = facets(violation);
  if (known.text === null) {
    const { control, title, message, remedy, company, fingerprint, location } = violation;
    const names = known.things.map((thing) => `${thing.name} ${thing.id}`);
    known.text = [control, title, message, remedy, company, fingerprint, location.path, ...names].join("\n").toLowerCase();
  }
  return known.text;
}

const keyOf = (company, thing) => `${company}\n${thing.type}\n${thing.id}`;

/** Everybody and every app that is named, with the violations of each: `{ company, thing, own, concerns, counts }`. */
const accounts = once(() => {
  const all = new Map();
  const of = (company, thing) => {
    const key = keyOf(company, thing);
    if (!all.has(key)) all.set(key, { company, thing, own: [], concerns: [], counts: {} });
    return all.get(key);
  };
  for (const violation of violations()) {
    for (const thing of facets(violation).things) {
      const account = of(violation.company, thing);
      if (thing === violation.subject) {
        account.own.push(violation);
        if (violation.status === "open") account.counts[violation.severity] = (account.counts[violation.severity] || 0) + 1;
      } else {
        account.concerns.push(violation);
      }
    }
  }
  const company = result.company ? result.company.name : "";
  for (const change of listOf(result.changes)) of(company, change.subject);
  if (kind === "plan") for (const account of result.accounts) of(account.company, account.account).plan = account;
  for (const node of listOf(result.graph && result.graph.nodes)) of(node.company, node);
  return all;
});

/** Those that have a page, the ones with most to do first. */
const somebody = once(() => {
  const rank = ({ counts }) => SEVERITIES.reduce((rank, severity) => rank * 1000 + Math.min(counts[severity] || 0, 999), 0);
  const some = [...accounts().values()].filter(({ thing }) => isSomebody(thing));
  return some.map((one) => [rank(one), one]).sort(([left], [right]) => right - left).map(([, one]) => one);
});
