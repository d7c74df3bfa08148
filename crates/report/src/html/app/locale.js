// Numbers as the reader writes them, and days in one form, YYYY-MM-DD, as in every other format of a result.

const numbers = new Intl.NumberFormat();
const byName = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });
const DAY = 86_400_000;

const number = (value) => numbers.format(value);
const dayNumber = (day) => Math.round(Date.parse(day + "T00:00:00Z") / DAY);

/** A day in a `time` element. It is never broken. */
const day = (value) => el("time", { datetime: value }, String(value));
const dayText = (value) => String(value);

/** From one day to another. */
const period = (from, to) => (from === to ? day(from) : [day(from), " – ", day(to)]);

/** `1 account`, `12 accounts`. */
function counted(count, one, many = one + "s") {
  return `${number(count)} ${count === 1 ? one : many}`;
}
