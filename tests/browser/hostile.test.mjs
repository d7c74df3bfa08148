// Names were chosen by others. Whatever is in them stays text.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { close, drawn, open, result } from "./support.mjs";

after(close);
const HOSTILE = [
  "</script><script>window.hit = 1</script>",
  "<img src=x onerror='window.hit=1'>",
  "<svg/onload=alert(1)>",
  "\"><a href='javascript:alert(1)'>x</a>",
  "{{constructor.constructor('window.hit=1')()}}",
  "<!--<script>",
  "a\u202egnp.exe\u2066\u0000\u001b[2J",
  "x".repeat(10_000),
  "__proto__",
  "`${window.hit=1}`",
];

/** Lines are written without what moves or hides; a result in which they are not is refused. */
const shown = (text) => text.replace(/[\u0000-\u001f\u202a-\u202e\u2066-\u2069]/g, "?");

/** A result in which every name and sentence is this text. */
function renamed(value, text) {
  if (Array.isArray(value)) return value.map((item) => renamed(item, text));
  if (!value || typeof value !== "object") return value;
  const swap = ["name", "message", "remedy", "title", "because", "edge", "company", "path", "pointer", "reason", "action", "check", "undo", "text"];
  return Object.fromEntries(Object.entries(value).map(([key, one]) =>
    [key, swap.includes(key) && typeof one === "string" ? text : key === "snippet" && one ? { ...one, text: shown(text), start: 0, length: 1 } : renamed(one, text)]));
}

for (const name of ["harborline", "gate", "plan"]) {
  test(`no name in ${name} becomes markup or runs`, async () => {
    const original = result(name);
    for (const [number, text] of HOSTILE.entries()) {
      const path = drawn(`hostile-${name}-${number}`, renamed(original, text));
      await open(path, "", async (page) => {
        const views = await page.locator("header nav a").evaluateAll((links) => links.map((link) => link.getAttribute("href")));
        const first = (original.violations || [])[0];
        if (first) views.push(`#violation/${first.fingerprint}`, `#account/${encodeURIComponent(text.slice(0, 300))}/${first.subject.type}/${first.subject.id}`);
        for (const view of views) {
          await page.evaluate((view) => (location.hash = view), view);
          await page.evaluate(() => new Promise((done) => setTimeout(done, 20)));
          const found = await page.evaluate(() => ({
            hit: window.hit,
            strange: document.querySelectorAll("main img, main svg:not([role], .picture *), main script, main iframe, [onerror], [onload]").length,
            leads: [...document.querySelectorAll("a[href]")].filter((link) => !link.getAttribute("href").startsWith("#")).length,
            raw: /[\u202a-\u202e\u2066-\u2069\u0000-\u0008\u001b]/.test(document.body.innerText),
            wide: document.documentElement.scrollWidth > innerWidth + 1,
          }));
          assert.deepEqual(found, { hit: undefined, strange: 0, leads: 0, raw: false, wide: false }, `${text.slice(0, 30)} in ${view}`);
        }
      });
    }
  });
}

test("a name is shown letter by letter", () => {
  const audit = result("harborline");
  audit.violations[0].subject.name = "<b>bold</b>";
  audit.violations[0].message = "<b>bold</b> & \u202ebad";
  return open(drawn("shown", audit), `#violation/${audit.violations[0].fingerprint}`, async (page) => {
    assert.equal(await page.innerText("h1"), "<b>bold</b> & \\u{202e}bad");
    assert.ok((await page.innerText("main dl")).includes("<b>bold</b>"));
  });
});
