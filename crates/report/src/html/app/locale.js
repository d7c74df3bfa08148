// Numbers and days as the reader writes them. The sentences are English; what is counted and dated follows the browser.

const numbers = new Intl.NumberFormat();
// Days are days, wherever the reader is.
const longDays = new Intl.DateTimeFormat(undefined, { dateStyle: "long", timeZone: "UTC" });
const shortDays = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeZone: "UTC" });
const briefDays = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "short", timeZone: "UTC" });
const byName = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });
const DAY = 86_400_000;

const number = (value) => numbers.format(value);
const dayNumber = (day) => Math.round(Date.parse(day + "T00:00:00Z") / DAY);
const formatted = (format, day) => {
  const time = Date.parse(day + "T00:00:00Z");
  return Number.isNaN(time) ? String(day) : format.format(time);
};

/** A day in a `time` element. */
const day = (value) => el("time", { datetime: value }, formatted(shortDays, value));
const longDay = (value) => el("time", { datetime: value }, formatted(longDays, value));
const dayText = (value) => formatted(shortDays, value);
const briefDay = (value) => formatted(briefDays, value);

/** From one day to another. */
const period = (from, to) => (from === to ? day(from) : [day(from), " – ", day(to)]);

/** `1 account`, `12 accounts`. */
function counted(count, one, many = one + "s") {
  return `${number(count)} ${count === 1 ? one : many}`;
}
