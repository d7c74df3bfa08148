// The result, put together from the table it is embedded as; `data.rs` says how that is written. Nothing is put together
// before it is asked for, and nothing twice: the same account is the same object wherever it is named.

const table = JSON.parse(document.getElementById("data").textContent);
const made = new Array(table.values.length);

/** The value at a place. */
function value(place) {
  if (place < 0) return -1 - place;
  const raw = table.values[place];
  if (!Array.isArray(raw)) return raw;
  if (made[place] === undefined) made[place] = build(raw);
  return made[place];
}

function build(raw) {
  const kind = raw[0];
  if (kind === -1) {
    let text = "";
    for (let part = 1; part < raw.length; part++) text += value(raw[part]);
    return text;
  }
  if (kind === 0) {
    const list = new Array(raw.length - 1);
    for (let part = 1; part < raw.length; part++) list[part - 1] = value(raw[part]);
    return list;
  }
  const keys = table.shapes[kind - 1];
  const object = {};
  for (let part = 1; part < raw.length; part++) object[keys[part - 1]] = value(raw[part]);
  return object;
}

/** An object of which each member is put together when it is asked for. */
function lazily(place) {
  const [kind, ...parts] = table.values[place];
  const object = {};
  table.shapes[kind - 1].forEach((key, number) => {
    Object.defineProperty(object, key, { enumerable: true, get: () => value(parts[number]) });
  });
  return object;
}

const placeOf = (place, key) => table.values[place][1 + table.shapes[table.values[place][0] - 1].indexOf(key)];

const kind = value(placeOf(table.root, "kind"));
/** The result document. */
const result = lazily(placeOf(table.root, "result"));
/** What the page says beside it: lengths of lists that were cut, kinds of export, groups, sentences. */
const page = lazily(placeOf(table.root, "page"));

/** A list that a result may leave out. */
const listOf = (list) => list || [];
/** How many there were before a list was cut. */
const whole = (key) => (page.cut[key] === undefined ? listOf(result[key]).length : page.cut[key]);
