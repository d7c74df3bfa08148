// Invented access graphs in the shape of `crates/model/src/result/graph.rs`, for trying the picture.

/// Collects nodes and edges; answers a place for each node.
function collector(company = "Harborline Builders") {
  const graph = { nodes: [], edges: [] };
  const node = (type, name, more = {}) => {
    const { id = String(graph.nodes.length + 1001), count = 1, members = [], details = [], location } = more;
    graph.nodes.push({ company, type, id, name, count, members, details, location: location ?? place("users.json", graph.nodes.length + 3) });
    return graph.nodes.length - 1;
  };
  const edge = (from, to, label, because, more = {}) => {
    graph.edges.push({ from, to, label, because, location: place("permission_templates.json", graph.edges.length + 11), ...more });
  };
  return { graph, node, edge };
}

function place(path, line) {
  return { path, line, column: 5, pointer: `/${line}` };
}

const TOOLS = ["Budget", "Change Events", "Commitments", "Daily Log", "Directory", "Documents", "Drawings", "Emails", "Forms",
  "Inspections", "Invoicing", "Meetings", "Observations", "Photos", "Prime Contracts", "Punch List", "RFIs", "Schedule",
  "Specifications", "Submittals", "Tasks", "Timesheets"];

const LEVELS = { admin: "Admin", standard: "Standard", read_only: "Read Only" };

export function tiny() {
  const { graph, node, edge } = collector();
  const account = node("LegacyAccount", "nightly-export");
  const tool = node("Tool", "Documents", { id: "project/documents" });
  edge(account, tool, "grants Read Only on", "Procore answered so for this identity", { level: "read_only" });
  return { graph, focus: account };
}

export function typical(state = () => undefined) {
  const { graph, node, edge } = collector();
  const link = (from, to, label, because, more = {}) => edge(from, to, label, because, { ...more, state: state(from, to, label) });
  const company = node("Company", "Harborline Builders", { location: place("companies.json", 3) });
  const developer = node("Developer", "Tidewater Software GmbH");
  const app = node("App", "Cost Sync", { details: [{ name: "versions", value: "1.4.0, 1.5.2" }] });
  const installation = node("Installation", "Cost Sync 1.5.2", { details: [{ name: "installed", value: "2024-03-11", location: place("app_installations.json", 8) }] });
  const account = node("ManagedAccount", "cost-sync-469b1f7f", { details: [
    { name: "e-mail", value: "cost-sync-469b1f7f@procore.example", location: place("users.json", 41) },
    { name: "active", value: "yes", location: place("users.json", 44) },
    { name: "sort", value: "an app's user: the installation names it (certain)" },
    { name: "last used", value: "2024-10-09T07:15:00Z", location: place("service_accounts.csv", 4) },
  ] });
  const credential = node("Credential", "FlowForce: nightly cost export", { details: [{ name: "grant type", value: "client credentials" }] });
  const hook = node("Hook", "https://hooks.tidewater.example/cost");
  const companyTemplate = node("Template", "Integration (company)");
  const template = node("Template", "Cost integration, all projects");
  const viewer = node("Template", "Read only for closed projects");
  const open = node("Projects", "Projects with Cost integration", { count: 64, members: names(64, "Harbour Tower lot") });
  const closed = node("Projects", "Projects with Read only for closed projects", { count: 1210, members: names(1000, "Closed job") });
  const pier = node("Project", "Pier 7 refurbishment");
  link(account, app, "acts for", "the installation names it");
  link(app, developer, "is made by", "the manifest names the developer");
  link(app, installation, "is installed as", "the list of app installations shows it as installed");
  link(installation, account, "acts through", "the installation names its user");
  link(app, company, "is installed in", "the list of app installations shows it as installed");
  link(credential, account, "signs in as", "the client id is the same");
  link(account, company, "counts as an app's user in", "the installation names it (certain)");
  link(account, hook, "owns", "the webhook names it as its owner");
  link(account, companyTemplate, "is given", "it is its template for company tools");
  link(account, open, "is a member of", "a membership list names it");
  link(account, closed, "is a member of", "a membership list names it");
  link(account, pier, "is a member of", "a membership list names it");
  link(open, template, "have in force", "the membership names the template");
  link(closed, viewer, "have in force", "the membership names the template");
  link(pier, template, "has in force", "the membership names the template");
  const tools = TOOLS.map((name) => node("Tool", name, { id: `project/${name.toLowerCase().replaceAll(" ", "_")}` }));
  const directory = node("Tool", "Company Directory", { id: "company/directory" });
  const portfolio = node("Tool", "Portfolio", { id: "company/portfolio" });
  const grant = (from, tool, level, verb = "grants") =>
    link(from, tool, `${verb} ${LEVELS[level]} on`, verb === "grants" ? "stated in the template" : "its manifest 1.5.2 lists it", { level });
  tools.slice(0, 12).forEach((tool) => grant(template, tool, "admin"));
  tools.slice(12, 18).forEach((tool) => grant(template, tool, "standard"));
  tools.slice(18).forEach((tool) => grant(template, tool, "read_only"));
  tools.slice(0, 9).forEach((tool) => grant(viewer, tool, "read_only"));
  grant(companyTemplate, directory, "admin");
  grant(companyTemplate, portfolio, "read_only");
  link(directory, company, "administers", "Admin on the company directory makes a company administrator");
  tools.slice(0, 5).forEach((tool) => grant(app, tool, "standard", "asks for"));
  for (let number = 0; number < 11; number += 1) {
    const other = node("LegacyAccount", `integration-${number + 1}`);
    link(other, template, "is given", "it is its template on Pier 7 refurbishment");
    link(other, company, "is a legacy service account of", "the accounts file lists it (certain)");
  }
  return { graph, focus: account };
}

function names(count, name) {
  return Array.from({ length: count }, (_, index) => ({ type: "Project", id: String(90000 + index), name: `${name} ${index + 1}` }));
}

/// A legacy account, its replacement, and what a plan does to the access of both.
export function plan() {
  const { graph, node, edge } = collector();
  const account = node("LegacyAccount", "cost-sync-legacy");
  const app = node("App", "Cost Sync");
  const developer = node("Developer", "Tidewater Software GmbH");
  const managed = node("ManagedAccount", "cost-sync-469b1f7f");
  const before = node("Template", "Everything (old)");
  const after = node("Template", "Cost integration");
  const projects = node("Projects", "Projects with Cost integration", { count: 64, members: names(64, "Harbour Tower lot") });
  const hook = node("Hook", "https://hooks.tidewater.example/cost");
  const tools = TOOLS.map((name) => node("Tool", name, { id: `project/${name}` }));
  edge(account, app, "is replaced by", "the client id names the app (certain)", { state: "gained" });
  edge(app, developer, "is made by", "the manifest names the developer", { state: "kept" });
  edge(managed, app, "acts for", "the installation names it", { state: "kept" });
  edge(account, before, "is given", "it is its template for company tools", { state: "lost" });
  edge(managed, after, "is given", "the plan assigns it", { state: "gained" });
  edge(managed, projects, "is a member of", "the plan permits these projects", { state: "gained" });
  edge(account, projects, "is a member of", "a membership list names it", { state: "lost" });
  edge(account, hook, "owns", "the webhook names it as its owner", { state: "lost" });
  edge(managed, hook, "owns", "the plan hands it over", { state: "gained" });
  tools.forEach((tool) => edge(before, tool, "grants Admin on", "stated in the template", { level: "admin", state: "lost" }));
  tools.slice(0, 6).forEach((tool) => edge(after, tool, "grants Standard on", "stated in the template", { level: "standard", state: "gained" }));
  edge(after, tools[7], "grants Read Only on", "stated in the template", { level: "read_only", state: "kept" });
  return { graph, focus: account };
}

/// One account with `count` things around it, few enough of each kind that none become a group.
export function many(count = 300) {
  const { graph, node, edge } = collector();
  const app = node("App", "Everything Connector");
  const account = node("ManagedAccount", "everything-connector-0a1b2c3d");
  edge(account, app, "acts for", "the installation names it");
  let number = 0;
  while (graph.nodes.length < count) {
    const projects = node("Projects", `Region ${number + 1}`, { count: 5, members: names(5, `Region ${number + 1} job`) });
    const template = node("Template", `Template for region ${number + 1}`);
    const owner = number < 7 ? account : 2 + 6 * Math.floor((number - 7) / 6);
    edge(owner, projects, "is a member of", "a membership list names it");
    edge(projects, template, "have in force", "the membership names the template");
    for (let tool = 0; tool < 4 && graph.nodes.length < count; tool += 1) {
      const level = ["admin", "admin", "standard", "read_only"][tool];
      const to = node("Tool", `${TOOLS[(number * 4 + tool) % TOOLS.length]} ${number + 1}`, { id: `project/${number}-${tool}` });
      edge(template, to, `grants ${LEVELS[level]} on`, "stated in the template", { level });
    }
    number += 1;
  }
  return { graph, focus: account, depth: 60 };
}

/// More than anybody can read: hundreds of accounts, templates and tools, 5,000 edges, hubs everywhere.
export function crowd(edges = 5000) {
  const { graph, node, edge } = collector();
  const company = node("Company", "Harborline Builders");
  const tools = Array.from({ length: 120 }, (_, index) => node("Tool", `Tool ${index + 1}`, { id: `project/tool_${index + 1}` }));
  const templates = Array.from({ length: 60 }, (_, index) => node("Template", `Template ${index + 1}`));
  const accounts = Array.from({ length: 700 }, (_, index) => node("ManagedAccount", `account-${index + 1}`));
  let seed = 7;
  const random = (below) => {
    seed = (seed * 1103515245 + 12345) % 2147483648;
    return Math.floor(seed / 65536) % below;
  };
  accounts.forEach((account) => edge(account, company, "counts as an app's user in", "the installation names it (certain)"));
  while (graph.edges.length < edges) {
    if (graph.edges.length % 3) edge(accounts[random(700)], templates[random(60)], "is given", "it is its template");
    else {
      const level = Object.keys(LEVELS)[random(3)];
      edge(templates[random(60)], tools[random(120)], `grants ${LEVELS[level]} on`, "stated in the template", { level });
    }
  }
  graph.left_out = 123;
  return { graph, focus: company };
}

export const HOSTILE = [
  "<script>window.stolen = 1</script>", "<img src=x onerror=\"window.stolen = 2\">", "\"><svg onload=window.stolen=3>",
  "\u202egnp.exe\u2066", "a\u0000b\u001b[31mc\nd\te", "W".repeat(10000), "Z\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301\u0301algo",
  "", "   ", "__proto__", "constructor", "${alert(1)}", "javascript:alert(1)", "👩‍👩‍👧‍👦".repeat(300), "مرحبا بالعالم שלום",
];

export function hostile() {
  const { graph, node, edge } = collector("<b>Company</b>\u202e");
  const account = node("ManagedAccount", HOSTILE[0], { details: HOSTILE.map((value) => ({ name: value.slice(0, 300) || "empty", value, location: place(value.slice(0, 300), 1) })) });
  HOSTILE.forEach((name, index) => {
    const type = ["Template", "App", "Hook", "Credential", "<Type>", "toString", "__proto__"][index % 7];
    const to = node(type, name, { id: index === 7 ? "" : `id-${index}`, count: index === 3 ? 3 : 1, members: index === 3 ? HOSTILE.map((other, id) => ({ type: "Project", id: String(id), name: other })) : [] });
    edge(account, to, HOSTILE[(index + 5) % HOSTILE.length], HOSTILE[(index + 1) % HOSTILE.length], { level: index % 2 ? "constructor" : "admin" });
  });
  edge(account, account, "loops", "for no reason");
  return { graph, focus: account };
}

export const ALL = { tiny, typical, plan, many, crowd, hostile };
