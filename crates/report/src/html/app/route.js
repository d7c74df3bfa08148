// Where the reader is: all of it stands behind the # of the address, so that every view can be linked, kept and gone back
// to. `#violations?control=DIR-01&page=2`, `#account/COMPANY/TYPE/ID`.

/** Reads the address. */
function here() {
  const [before, query = ""] = location.hash.replace(/^#/, "").split(/\?(.*)/s);
  const [view, ...path] = before.split("/").map(decoded);
  return { view, path, query: new URLSearchParams(query) };
}

/** An address may have been cut or typed: what is no code stays as it is. */
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

/** The address of a view. Empty parts of the query are left out. */
function link(view, path = [], query = {}) {
  const asked = new URLSearchParams();
  for (const [key, one] of Object.entries(query)) if (one !== "" && one !== null && one !== undefined) asked.set(key, one);
  const text = asked.toString();
  return "#" + [view, ...path].map((part) => encodeURIComponent(part)).join("/") + (text ? "?" + text : "");
}

const toThing = (company, thing) => link("account", [company, thing.type, thing.id]);
const toViolations = (query) => link("violations", [], query);
const toViolation = (violation) => link("violation", [violation.fingerprint]);
const toControl = (id) => link("control", [id]);

/** Puts another query into the address without going anywhere. */
function keep(view, query) {
  history.replaceState(null, "", link(view, [], query));
}
