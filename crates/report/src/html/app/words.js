// Words for what results name by ids.

const SEVERITIES = ["critical", "high", "medium", "low", "info"];
const PARTIES = ["customer", "developer", "platform"];
const SHAPES = { critical: "◆", high: "▲", medium: "■", low: "●", info: "○" };
const PARTY_WORDS = { customer: "Customer", developer: "Developer", platform: "Platform (Procore)" };
const STATUS_WORDS = { open: "Open", waived: "Waived", baseline: "In the baseline" };
const NEWS_WORDS = { new: "New", updated: "Changed", unchanged: "As before", absent: "Gone" };
const COVERAGE_WORDS = {
  assessed: "Evaluated",
  partly_assessed: "Evaluated in part",
  not_assessed: "Not assessed",
  off: "Switched off",
};
const LEVEL_WORDS = { none: "None", read_only: "Read Only", standard: "Standard", admin: "Admin" };
const TYPE_WORDS = {
  ManagedAccount: "DMSA",
  LegacyAccount: "legacy service account",
  Person: "person",
  App: "app",
  Credential: "credential",
  Developer: "developer",
  Installation: "installation",
  Template: "permission template",
  Tool: "tool",
  Project: "project",
  Projects: "projects",
  Company: "company",
  Hook: "webhook",
  Store: "credential store",
  Provider: "security provider",
  Key: "API key",
  AuthorizationServer: "authorization server",
  Manifest: "manifest version",
  RedirectUri: "redirect address",
};

const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);
const spaced = (type) => type.replace(/(?<=[a-z])(?=[A-Z])/g, " ").toLowerCase();
const typeWord = (type) => TYPE_WORDS[type] || spaced(type);
const levelWord = (level) => (level === undefined || level === null ? "unknown" : LEVEL_WORDS[level] || level);

/** Things that have no page of their own, because they are where something is, rather than who. */
const PLACES = new Set(["Company", "Tool", "Project", "Projects", "Manifest", "RedirectUri", "Template"]);
const isSomebody = (thing) => !PLACES.has(thing.type);

const nameOf = (thing) => thing.name || thing.id || "(no name)";
