// One violation: why it is one, how the access comes about, where the export says so, and what to do.

function violationView({ path: [fingerprint = ""] }) {
  const one = byFingerprint().get(fingerprint);
  if (!one) {
    return { title: "Not found", body: notFound("No such violation", isCut()
      ? `This page has no violation ${fingerprint}. It does not hold all of them: look for it in the result in JSON.`
      : `This result has no violation ${fingerprint}. It may have been put right, or be one of another export.`) };
  }
  const control = controls().get(one.control) || { relates_to: [] };
  const body = [
    el("p", { class: "above" }, severityMark(one.severity), " ", a(toControl(one.control), code(one.control)), " ", one.title),
    title(nameText(one.message)),
    el("p", null, statusMark(one), " ", waiverText(one)),
    one.planned && el("p", null, "Fix planned by ", day(one.planned.expires), `, owner ${one.planned.owner}: ${one.planned.reason}`),
    el("div", { class: "columns" }, section("What to do", el("p", { class: "remedy" }, one.remedy),
      el("p", { class: "quiet" }, `${PARTY_WORDS[one.party]} must act`, dutyText(control.duty))),
    section("Who and what", terms(
      [capital(typeWord(one.subject.type)), thingLink(one.company, one.subject)],
      [capital(typeWord(one.resource.type)), thingLink(one.company, one.resource)],
      ["Company", nameText(one.company)]))),
    wayOf(one), source(one), membersOf(one), relatedOf(one), references(one, control), neighbours(one),
  ];
  return { title: `${one.control} ${nameOf(one.subject)}`, body };
}

function waiverText({ waiver }) {
  return waiver && [`Until `, day(waiver.expires), `, decided by ${waiver.approver}, answered for by ${waiver.owner}: ${waiver.reason} `,
    el("span", { class: "place" }, el("bdi", null, waiver.path), waiver.line ? `:${waiver.line}` : "")];
}

function dutyText(id) {
  if (!id) return null;
  const duty = duties().find((one) => one.id === id);
  return [" · ", a(link("responsibility"), `duty ${id}`), duty && `: ${duty.title}`];
}

/** The way from the subject to the resource, a step an item. */
function wayOf({ why, company }) {
  if (!why.length) return null;
  return section("Path of access", el("ol", { class: "way" }, why.map((step) => el("li", null,
    el("p", null, thingLink(company, step.from), " ", el("span", { class: "edge" }, step.edge), " ", thingLink(company, step.to)),
    el("p", { class: "quiet small" }, nameText(step.because), step.location && [" ", placeText(step.location)])))));
}

function source({ location }) {
  return section("Where the export says it", el("p", null, placeText(location),
    location.pointer && [" ", el("span", { class: "quiet" }, location.pointer)]), snippet(location));
}

function membersOf({ members, count, company }) {
  if (count < 2 || !members.length) return null;
  const words = [...new Set(members.map((thing) => typeWord(thing.type)))].join(", ");
  return section(`In ${number(count)} places`, folded(members, 50, (shown) => el("ul", { class: "names", "aria-label": capital(words) },
    shown.map((thing) => el("li", null, thingLink(company, thing))))),
    count > members.length && quiet(`… and ${number(count - members.length)} more; the result in JSON names more of them.`));
}

function relatedOf({ related }) {
  return related.length > 0 && section("Other places", folded(related, 10, (shown) => el("ul", null, shown.map((place) =>
    el("li", null, placeText(place), " ", el("span", { class: "quiet" }, place.pointer))))));
}

function references(one, control) {
  return section("References", terms(
    ["Rule", control.reference],
    ["Fingerprint", code(one.fingerprint)]), relatesTo(control));
}

/** The ones before and behind in the list it was found in. */
function neighbours(one) {
  const { found, back } = lastList || { found: violations(), back: link("violations") };
  const at = found.indexOf(one);
  const [before, behind] = at < 0 ? [] : [found[at - 1], found[at + 1]];
  return el("nav", { class: "pager", "aria-label": "Other violations" },
    before && a(toViolation(before), "‹ Previous"), a(back, at < 0 ? "All violations" : `${number(at + 1)} of ${number(found.length)}`),
    behind && a(toViolation(behind), "Next ›"));
}

/** What a control relates to in published frameworks. */
function relatesTo({ relates_to: ids }) {
  return listOf(ids).length > 0 && terms(["Relates to", [el("ul", { class: "tags" }, ids.map((id) => el("li", null, tag(id)))),
    quiet("That is no claim of compliance.")]]);
}
