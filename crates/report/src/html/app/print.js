// Paper: what is folded is unfolded, and the overview ends with every open violation and its remedy.

/** Every open violation that the page holds, with its remedy. */
function printedViolations() {
  const open = violations().filter(({ status }) => status === "open");
  if (!open.length) return null;
  return el("section", { class: "printed" }, el("h2", null, `All ${counted(open.length, "open violation")}`),
    isCut() && el("p", { class: "notice" }, cutSentence()),
    open.map((one) => el("article", { class: "printed" },
      el("h3", null, severityMark(one.severity), " ", code(one.control), " ", one.title),
      el("p", null, nameText(one.message), one.count > 1 ? ` (${counted(one.count, "place")})` : null),
      el("p", null, "Fix: ", one.remedy, ` (${PARTY_WORDS[one.party]})`),
      el("p", { class: "small" }, placeText(one.location), " ", el("span", { class: "quiet" }, one.fingerprint)))));
}

addEventListener("beforeprint", () => {
  for (let buttons = main.querySelectorAll("button.more"); buttons.length; buttons = main.querySelectorAll("button.more")) {
    buttons.forEach((button) => button.click());
  }
  for (const details of main.querySelectorAll("details")) details.open = true;
  if (kind !== "plan" && (here().view || home()) === "overview") append(main, [printedViolations()]);
});
addEventListener("afterprint", () => main.querySelectorAll("section.printed").forEach((section) => section.remove()));
