// What a change gives and takes: the changes of a gate, beside what of them is against policy.

const SIGNS = { gained: "+", raised: "↑", lost: "−", lowered: "↓", renamed: "~", reissued: "~", changed: "~" };
const MORE = new Set(["gained", "raised"]);
const LESS = new Set(["lost", "lowered"]);
const wayOfChange = ({ direction }) => (MORE.has(direction) ? "gained" : LESS.has(direction) ? "lost" : "other");

function changeMark(change) {
  return tag([el("span", { "aria-hidden": "true" }, SIGNS[change.direction], " "), change.direction], wayOfChange(change));
}

function changeList(changes, caption = "Changes") {
  return folded(changes, 100, (shown) => tableOf(caption, [
    { title: "Change", cell: changeMark },
    { title: "What changed", head: true, class: "main", cell: (change) => [nameText(change.message), change.count > 1 && change.members.length > 0
      && el("details", null, el("summary", null, counted(change.count, "project")), el("ul", null, change.members.map((one) => el("li", null, thingName(one)))))] },
    { title: "Who", class: "wide-only", cell: (change) => thingLink(result.company.name, change.subject) },
    { title: "Where", class: "wide-only", cell: ({ locations: { before, after } }) => [after && el("span", { class: "under" }, "after ", placeText(after)),
      before && el("span", { class: "under" }, "before ", placeText(before))] },
  ], shown));
}

/** What came of a gate, in a few lines. */
function changesInShort() {
  const { words } = page;
  return [el("p", null, a(link("changes"), capital(words.counts)), ". ", words.stayed && [capital(words.stayed), ". "],
    words.once_accepted && [el("strong", null, words.once_accepted), "."]),
    words.proof && el("p", { class: result.proof.no_new_access ? "verdict good" : "verdict" }, capital(words.proof), "."),
    words.not_compared.map((sentence) => el("p", { class: "notice" }, "Not compared: ", sentence))];
}

const DANGER_WORDS = {
  company_administrator: "Company administrator", admin: "Rises to Admin", new_reach: "New reach", gain: "More access",
  loss_in_use: "Loss that a control forbids", loss: "Less access", other: "Neither more nor less",
};

/** The changes by danger, one group for each cause, with the violations that come of them. */
function changesByDanger() {
  const { shown, count, others } = page.words.groups;
  const found = (fingerprints) => fingerprints.map((one) => byFingerprint().get(one)).filter(Boolean);
  const breaches = (list) => list.length > 0 && el("ul", { class: "breaches" }, list.map((one) => el("li", null, severityMark(one.severity), " ",
    a(toControl(one.control), code(one.control)), " ", a(toViolation(one), nameText(one.title)))));
  const group = ({ danger, more, title: name, details, location, violations: of }) => el("li", { class: more ? "more-access" : "" },
    el("p", null, el("span", { class: "sign", "aria-hidden": "true" }, more ? "▲" : danger === "other" ? "~" : "▽"), " ", el("strong", null, nameText(name)), " ",
      tag(DANGER_WORDS[danger], more ? "critical" : "")),
    details.length > 0 && folded(details, 5, (some) => el("ul", { class: "plain" }, some.map((one) => el("li", null, nameText(one))))),
    location && el("p", { class: "small" }, placeText(location)), breaches(found(of)));
  const part = (heading, groups) => groups.length > 0 && section(heading, folded(groups, 20, (some) => el("ul", { class: "danger" }, some.map(group))));
  const rest = found(others);
  return [part("More access", shown.filter(({ more }) => more)),
    part("Less access", shown.filter(({ more, danger }) => !more && danger !== "other")),
    part("Other changes", shown.filter(({ danger }) => danger === "other")),
    count > shown.length && quiet(`${counted(count - shown.length, "group")} more: `, a(link("changes"), "all changes"), "."),
    rest.length > 0 && section("Other new violations", breaches(rest))];
}

/** What became of what was against policy before. */
function sinceBefore() {
  const { counts } = result;
  return section("Since before the change", terms(["New or worse", number(sum(result.summary))],
    ["As before, not counted", number(counts.unchanged)], ["Gone", number(counts.resolved)]));
}

function changesView({ query }) {
  const all = listOf(result.changes);
  const host = el("div", null);
  const titles = page.words.headings;
  const draw = ({ q = "", way = "", kind = "" }) => {
    const text = q.trim().toLowerCase();
    const found = all.filter((change) => (!way || wayOfChange(change) === way) && (!kind || change.kind === kind)
      && (!text || `${change.message}\n${change.subject.name}\n${change.subject.id}`.toLowerCase().includes(text)));
    refill(host, el("p", { class: "count", "aria-live": "polite" }, found.length === all.length ? counted(all.length, "change")
      : `${number(found.length)} of ${counted(all.length, "change")}`),
    titles.map(({ kind, heading }) => {
      const own = found.filter((change) => change.kind === kind);
      const name = heading.replace(/ \(\d+\)$/, "");
      return own.length > 0 && section(name, changeList(own, `Changes: ${name}`));
    }), !found.length && el("p", { class: "empty" }, all.length ? "No change fits." : "Nothing changed."));
  };
  const form = el("form", { class: "filter", role: "search", "aria-label": "Changes" },
    field("Search", el("input", { type: "search", name: "q", value: query.get("q") || "" })),
    field("More or less", choice("way", query, "all", [["gained", "more access"], ["lost", "less access"], ["other", "other"]])),
    field("What changed", choice("kind", query, "everything", titles.map(({ kind, heading }) => [kind, heading]))));
  form.addEventListener("input", calmly(120, () => {
    keep("changes", asked(form));
    draw(asked(form));
  }));
  form.addEventListener("submit", (event) => event.preventDefault());
  draw(Object.fromEntries(query));
  const gone = listOf(result.resolved);
  return { title: "Changes", body: [title("What changed"), changesInShort(), form, host, proofPart(),
    gone.length > 0 && section("No longer against policy", folded(gone, 50, (shown) => el("ul", null, shown.map((one) => el("li", null,
      a(toControl(one.control), code(one.control)), " ", thingLink(result.company.name, one.subject), ", ", thingName(one.resource))))))] };
}

function proofPart() {
  const fresh = listOf(result.proof && result.proof.new);
  return fresh.length > 0 && section("New access", result.proof.count > fresh.length && quiet(`The first ${number(fresh.length)} of ${number(result.proof.count)}.`),
    folded(fresh, 50, (shown) => tableOf("Access that was not there before", [
      { title: "Who", head: true, cell: (one) => thingLink(result.company.name, one.holder) },
      { title: "Tool", cell: (one) => nameText(one.tool) },
      { title: "Level", cell: (one) => levelWord(one.level) },
      { title: "Where", cell: (one) => nameText(one.scope) },
    ], shown)));
}
