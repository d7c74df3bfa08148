// Which violations are shown: what is asked for, in the address and in a form.

const FILTERS = ["q", "severity", "control", "party", "status", "news", "account", "app", "project"];

/** Whether somebody or something is meant: by id or by a part of the name. */
const isMeant = (thing, text) => thing.id.toLowerCase() === text || thing.name.toLowerCase().includes(text);

const TESTS = {
  q: (violation, text) => haystack(violation).includes(text),
  severity: (violation, text) => text.split(",").includes(violation.severity),
  control: (violation, text) => violation.control.toLowerCase() === text,
  party: (violation, text) => violation.party === text,
  status: (violation, text) => violation.status === text,
  news: (violation, text) => violation.baseline_state === text,
  account: (violation, text) => facets(violation).things.some((thing) => isSomebody(thing) && isMeant(thing, text)),
  app: (violation, text) => facets(violation).things.some((thing) => thing.type === "App" && isMeant(thing, text)),
  project: (violation, text) => facets(violation).things.some((thing) => thing.type === "Project" && isMeant(thing, text)),
};

/** The violations for which everything holds that is asked for. */
function filtered(query) {
  const asked = FILTERS.map((key) => [TESTS[key], (query.get(key) || "").trim().toLowerCase()]).filter(([, text]) => text);
  return violations().filter((violation) => asked.every(([test, text]) => test(violation, text)));
}

/** The names of all things for which something holds: what a field proposes. */
const names = (holds) => once(() => {
  const all = new Set();
  for (const violation of violations()) for (const thing of facets(violation).things) if (holds(thing) && thing.name) all.add(thing.name);
  return [...all].sort(byName.compare).slice(0, 500);
});
const PROPOSALS = {
  account: names(isSomebody),
  app: names((thing) => thing.type === "App"),
  project: names((thing) => thing.type === "Project"),
};

function field(label, control, kind = "") {
  return el("label", { class: "field " + kind }, el("span", null, label), control);
}

function choice(name, query, all, options) {
  const value = query.get(name) || "";
  const known = options.some(([id]) => id === value) || !value ? options : [...options, [value, value]];
  return el("select", { name }, [["", all], ...known].map(([id, word]) =>
    el("option", { value: id, selected: id === value }, word)));
}

/** A field for a name. Its proposals are looked up when somebody goes there. */
function search(name, query) {
  const list = el("datalist", { id: "names-" + name });
  const propose = () => {
    if (!list.children.length) append(list, PROPOSALS[name]().map((text) => el("option", { value: text })));
  };
  return [el("input", { type: "search", name, list: list.id, value: query.get(name) || "", onfocus: propose, autocomplete: "off" }), list];
}

function severityBoxes(query) {
  const asked = (query.get("severity") || "").split(",");
  return el("fieldset", { class: "boxes" }, el("legend", null, "Severity"), SEVERITIES.map((severity) =>
    el("label", null, el("input", { type: "checkbox", name: "severity", value: severity, checked: asked.includes(severity) }),
      severityMark(severity))));
}

/** The form. Every change of it is told with the query that it stands for. */
function filterForm(query, changed) {
  const used = once(() => [...new Set(groups().map((group) => group.control))].sort(byName.compare));
  const statuses = [["open", "Open"], ["waived", "Waived"], ...(result.baseline ? [["baseline", "In the baseline"]] : [])];
  const form = el("form", { class: "filter", role: "search", "aria-label": "Violations" },
    field("Search", el("input", { type: "search", name: "q", value: query.get("q") || "", placeholder: "any words, path or fingerprint" }), "broad"),
    severityBoxes(query),
    field("Control", choice("control", query, "all controls", used().map((id) => [id, `${id} ${(controls().get(id) || {}).title || ""}`]))),
    field("Who must act", choice("party", query, "all parties", PARTIES.map((party) => [party, PARTY_WORDS[party]]))),
    field("Status", choice("status", query, "all statuses", statuses)),
    result.baseline && field("Since the baseline", choice("news", query, "all", ["new", "updated", "unchanged"].map((one) => [one, NEWS_WORDS[one]]))),
    field("Account or app", search("account", query)), field("App", search("app", query)), field("Project", search("project", query)),
    el("button", { type: "reset" }, "Clear"));
  const told = () => changed(asked(form));
  form.addEventListener("input", calmly(120, told));
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", (event) => {
    event.preventDefault();
    for (const control of form.elements) {
      if (control.type === "checkbox") control.checked = false;
      else if (control.name) control.value = "";
    }
    told();
  });
  return form;
}

/** What a form asks for. */
function asked(form) {
  const query = {};
  for (const [key, text] of new FormData(form)) query[key] = query[key] ? `${query[key]},${text}` : text;
  return query;
}
