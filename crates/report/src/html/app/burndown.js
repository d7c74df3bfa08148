// How a plan goes down: the accounts and the violations that are left after each wave, by date.

const CHART = { width: 640, height: 160, left: 44, right: 12, top: 12, bottom: 26 };
const SVG = "http://www.w3.org/2000/svg";

/** An element of a drawing. */
function shape(name, attributes, text) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  if (text !== undefined) element.textContent = text;
  return element;
}

/** The accounts and the violations before the plan and after each wave: `{ day, name, accounts, violations }`. */
function burnPoints() {
  const { before, waves } = result.simulation;
  const dates = new Map(result.waves.map((wave) => [wave.number, wave]));
  let accounts = whole("accounts") - result.summary.done;
  const points = [{ day: result.terms.start, name: "Before", accounts, violations: before }];
  for (const { wave, remaining } of waves) {
    const of = dates.get(wave);
    if (of) accounts -= of.accounts.length;
    const last = points[points.length - 1].day;
    points.push({ day: of ? of.to : last, name: wave ? `After wave ${number(wave)}` : "Without a move", accounts, violations: remaining });
  }
  return points.sort((left, right) => (left.day < right.day ? -1 : left.day > right.day ? 1 : 0));
}

/** A line that goes down in steps. */
function stepChart(points, key, what, days) {
  const most = Math.max(1, ...points.map((point) => point[key]));
  const [first, last] = days;
  const x = (day) => CHART.left + ((dayNumber(day) - first) / Math.max(1, last - first)) * (CHART.width - CHART.left - CHART.right);
  const y = (value) => CHART.height - CHART.bottom - (value / most) * (CHART.height - CHART.top - CHART.bottom);
  let path = `M ${x(points[0].day)} ${y(points[0][key])}`;
  for (const point of points.slice(1)) path += ` H ${x(point.day)} V ${y(point[key])}`;
  path += ` H ${CHART.width - CHART.right}`;
  const drawing = shape("svg", { viewBox: `0 0 ${CHART.width} ${CHART.height}`, class: "burndown", role: "img", "aria-label": what });
  const { deadline } = result.terms;
  const { sunset } = result.timeline;
  for (const [value, at] of [[most, y(most)], [0, y(0)]]) {
    drawing.append(shape("line", { x1: CHART.left, x2: CHART.width - CHART.right, y1: at, y2: at, class: "grid" }),
      shape("text", { x: CHART.left - 6, y: at + 4, "text-anchor": "end" }, number(value)));
  }
  for (const [day, kind] of [[deadline, "deadline"], [sunset, "sunset"]]) {
    if (day) drawing.append(shape("line", { x1: x(day), x2: x(day), y1: CHART.top, y2: CHART.height - CHART.bottom, class: kind }));
  }
  drawing.append(shape("path", { d: path, class: `line ${key}` }));
  for (const point of points) drawing.append(shape("circle", { cx: x(point.day), cy: y(point[key]), r: 3, class: `dot ${key}` }));
  const end = CHART.height - 8;
  drawing.append(shape("text", { x: CHART.left, y: end }, dayText(points[0].day)),
    shape("text", { x: CHART.width - CHART.right, y: end, "text-anchor": "end" }, dayText(new Date(last * DAY).toISOString().slice(0, 10))));
  return el("figure", null, drawing, el("figcaption", { class: "quiet small" }, what));
}

/** Accounts and violations that are left, by date, and the same as a table. */
function burnDown() {
  const points = burnPoints();
  if (points.length < 2) return null;
  const all = [...points.map(({ day }) => day), result.terms.deadline, result.timeline.sunset].filter(Boolean).map(dayNumber);
  const days = [Math.min(...all), Math.max(...all)];
  return section("Burn-down", el("div", { class: "columns" }, stepChart(points, "accounts", "Accounts that are not done", days),
    stepChart(points, "violations", "Violations that are left", days)),
  tableOf("What is left after each wave", [
    { title: "When", head: true, cell: ({ name }) => name },
    { title: "By", cell: (point) => day(point.day) },
    { title: "Accounts left", class: "number", cell: ({ accounts }) => number(accounts) },
    { title: "Violations left", class: "number", cell: ({ violations }) => number(violations) },
  ], points), el("p", { class: "legend small" }, el("span", { class: "key line-deadline" }), " deadline ", el("span", { class: "key line-sunset" }), " sunset"));
}
