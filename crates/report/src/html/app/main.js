// The page: its head with the ways to all views, and the view that the address asks for.

const VIEWS = {
  overview, plan: planView, changes: changesView, violations: violationsView, violation: violationView, accounts: accountsView,
  account: accountView, integrations: integrationsView, graph: graphView, controls: controlsView, control: controlView, responsibility: responsibilityView,
  duty: dutyView, runbook: runbookView, gone: goneView, files: filesView,
};

/** The views that the head leads to, with the number of what is in them. */
const WAYS = {
  audit: [["overview", "Overview"], ["violations", "Violations"], ["integrations", "Integrations"], ["accounts", "Accounts"],
    ["controls", "Controls"], ["responsibility", "Responsibility"], ["files", "What was read"]],
  gate: [["overview", "Overview"], ["changes", "Changes"], ["violations", "Violations"], ["accounts", "Accounts"], ["controls", "Controls"],
    ["responsibility", "Responsibility"], ["files", "What was read"]],
  plan: [["plan", "Plan"], ["accounts", "Accounts"], ["runbook", "Runbook"], ["responsibility", "Responsibility"], ["files", "What was read"]],
};
const BELONGS = { violation: "violations", gone: "violations", account: "accounts", graph: "accounts", control: "controls", duty: "responsibility" };

function home() {
  return WAYS[kind][0][0];
}

const main = el("main", { id: "main", tabindex: "-1" });
const ways = el("ul", null, WAYS[kind].map(([view, word]) => el("li", null, el("a", { href: link(view), "data-view": view }, word))));

function start() {
  const skip = el("a", { class: "skip", href: "#main", onclick: (event) => {
    event.preventDefault();
    main.focus();
  } }, "Skip to the content");
  document.body.prepend(skip, el("header", { class: "top" },
    el("p", { class: "brand" }, el("strong", null, "Cutover"), " ", capital(kind)),
    el("nav", { "aria-label": "Views" }, ways), themeButton()), main, foot());
  document.documentElement.classList.add("live");
  show(false);
  addEventListener("hashchange", () => show(true));
  // Once everything is there: the short form is for those without a script.
  addEventListener("DOMContentLoaded", () => document.getElementById("still").remove());
  performance.mark("cutover-shown");
}

function foot() {
  const { tool, as_of: today, schema } = result;
  return el("footer", null, `${tool.name} ${tool.version} · ${schema} · as of ${dayText(today)} · this page holds all it shows and sends nothing anywhere`);
}

/** Light or dark, other than the system says; it is not stored. */
function themeButton() {
  const root = document.documentElement;
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : matchMedia("(prefers-color-scheme: dark)").matches);
  const asked = here().query.get("theme");
  if (asked === "dark" || asked === "light") root.dataset.theme = asked;
  const word = () => (isDark() ? "Light" : "Dark");
  const button = el("button", { type: "button", class: "theme", onclick: () => {
    root.dataset.theme = isDark() ? "light" : "dark";
    button.textContent = word();
  } }, word());
  return button;
}

/** Draws the view that the address asks for. */
function show(moves) {
  const route = here();
  const view = route.view || home();
  const known = Object.hasOwn(VIEWS, view) && (kind === "plan" ? !["overview", "violations", "changes"].includes(view) : true);
  const { title: name, body, focus } = known && fits(view) ? VIEWS[view](route)
    : { title: "Not found", body: notFound("There is nothing here", `This page has no view “${view}”.`) };
  refill(main, body);
  document.title = `${name} · ${TITLE}`;
  for (const way of ways.querySelectorAll("a")) {
    const current = way.dataset.view === view ? "page" : way.dataset.view === BELONGS[view] ? "true" : null;
    if (current) way.setAttribute("aria-current", current);
    else way.removeAttribute("aria-current");
  }
  if (moves) {
    const heading = focus || main.querySelector("h1");
    if (!focus) scrollTo(0, 0);
    heading.focus({ preventScroll: !focus });
  }
}

/** Whether a result of this kind has such a view. */
function fits(view) {
  const only = { plan: ["plan", "runbook"], gate: ["changes"], audit: ["integrations"] };
  return !Object.entries(only).some(([of, views]) => of !== kind && views.includes(view));
}

const TITLE = document.title;
start();
