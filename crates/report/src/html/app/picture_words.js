// The picture's vocabulary: what the types and levels of a graph are called, and texts made safe and short enough to draw.

/// What each type is called, one and many, in the order in which access flows: developer to app to account to tools.
const PICTURE_TYPES = {
  __proto__: null,
  Developer: { one: "developer", many: "developers", rank: 0, family: "maker" },
  App: { one: "app", many: "apps", rank: 1, family: "maker" },
  Installation: { one: "installation", many: "installations", rank: 2, family: "maker" },
  Credential: { one: "credential", many: "credentials", rank: 2, family: "secret" },
  ManagedAccount: { one: "managed account (DMSA)", many: "managed accounts (DMSA)", short: "managed account", rank: 3, family: "managed" },
  LegacyAccount: { one: "legacy account", many: "legacy accounts", rank: 3, family: "legacy" },
  Person: { one: "person", many: "people", rank: 3, family: "plain" },
  Template: { one: "permission template", many: "permission templates", short: "template", rank: 4, family: "template" },
  Project: { one: "project", many: "projects", rank: 4, family: "project" },
  Projects: { one: "group of projects", many: "groups of projects", rank: 4, family: "project" },
  Hook: { one: "webhook", many: "webhooks", rank: 5, family: "secret" },
  Administrators: { one: "company administrators", many: "company administrators", rank: 5, family: "managed" },
  Tool: { one: "tool", many: "tools", rank: 6, family: "tool" },
  Company: { one: "company", many: "companies", rank: 7, family: "plain" },
};

const PICTURE_LEVELS = {
  __proto__: null,
  none: { name: "None", bars: 0 },
  read_only: { name: "Read Only", bars: 1 },
  standard: { name: "Standard", bars: 2 },
  admin: { name: "Admin", bars: 3 },
};

const PICTURE_STATES = {
  __proto__: null,
  kept: { mark: "=", word: "kept", sentence: "there before and after" },
  lost: { mark: "−", word: "lost", sentence: "there before only" },
  gained: { mark: "+", word: "gained", sentence: "there after only" },
};

/// Types that have an account page.
const PICTURE_ACCOUNTS = new Set(["ManagedAccount", "LegacyAccount", "Person", "App"]);

function pictureType(type) {
  return PICTURE_TYPES[type] ?? { one: String(type), many: String(type), rank: 4, family: "plain" };
}

function pictureLevel(level) {
  return level ? (PICTURE_LEVELS[level] ?? { name: String(level), bars: 0 }) : null;
}

function pictureNumber(count) {
  return count.toLocaleString();
}

/// "12 tools", "1 tool".
function pictureCount(count, type) {
  const words = pictureType(type);
  return `${pictureNumber(count)} ${count === 1 ? words.one : words.many}`;
}

/// Characters that move the cursor, reorder text or hide, as `escape::is_deceptive` has them.
const PICTURE_DECEPTIVE =
  /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb\u{e0000}-\u{e007f}]/gu;

/// A name as one line that obeys nothing: deceptive characters are shown, marks do not pile up over other lines.
function pictureVisible(text) {
  return String(text ?? "")
    .replace(PICTURE_DECEPTIVE, (letter) => (letter === "\t" ? " " : `\\u{${letter.codePointAt(0).toString(16)}}`))
    .replace(/(\p{M}{3})\p{M}+/gu, "$1");
}

/// A name for labels read aloud and for titles: visible, and not longer than a name is.
function pictureName(text, longest = 200) {
  const letters = Array.from(String(text ?? "").slice(0, 2 * longest + 2));
  return pictureVisible(letters.length > longest ? `${letters.slice(0, longest).join("")}…` : letters.join(""));
}

/// Whether a name shows anything at all; an id has to do where it does not.
function pictureTitle(thing) {
  return /[^\s\p{C}\p{M}\u115f\u1160\u2800\u3164\uffa0]/u.test(String(thing.name ?? "").slice(0, 400)) ? thing.name : thing.id || "(no name)";
}

const pictureCanvas = { context: null, widths: new Map() };

/// How wide a text is drawn, in pixels.
function pictureWidth(text, font) {
  pictureCanvas.context ??= document.createElement("canvas").getContext("2d");
  const key = `${font}\n${text}`;
  let width = pictureCanvas.widths.get(key);
  if (width === undefined) {
    pictureCanvas.context.font = font;
    width = pictureCanvas.context.measureText(text).width;
    if (pictureCanvas.widths.size > 20000) pictureCanvas.widths.clear();
    pictureCanvas.widths.set(key, width);
  }
  return width;
}

/// A text cut with … so that it fits; the whole is in the title and in the panel.
function pictureCut(text, font, room) {
  const whole = pictureVisible(String(text ?? "").slice(0, 600));
  if (whole.length < 600 && pictureWidth(whole, font) <= room) return whole;
  const letters = Array.from(whole);
  let [fits, over] = [0, Math.min(letters.length, 200)];
  while (over - fits > 1) {
    const middle = (fits + over) >> 1;
    if (pictureWidth(`${letters.slice(0, middle).join("")}…`, font) <= room) fits = middle;
    else over = middle;
  }
  return `${letters.slice(0, fits).join("").trimEnd()}…`;
}

/// `users.json:12`, as everywhere in the report.
function picturePlace(location) {
  if (!location) return "";
  return location.line ? `${pictureVisible(location.path)}:${location.line}` : pictureVisible(location.path);
}
