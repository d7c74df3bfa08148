// axe-core finds nothing on any view, light, dark and narrow; html-validate finds nothing in the markup.
import assert from "node:assert/strict";
import { createRequire } from "node:module";
import { after, test } from "node:test";
import { HtmlValidate } from "html-validate";
import { close, open, read, report, result } from "./support.mjs";

after(close);
const axe = read(createRequire(import.meta.url).resolve("axe-core/axe.min.js"));

function views(name) {
  const of = result(name);
  if (name === "plan") {
    const { company, account } = of.accounts[0];
    return ["", "#accounts", "#runbook", "#responsibility", "#files", `#account/${encodeURIComponent(company)}/${account.type}/${account.id}`];
  }
  const { fingerprint, company, subject } = of.violations.find((one) => one.why.length && one.location.snippet);
  return ["", "#violations", "#violations?control=DIR-01", `#violation/${fingerprint}`, "#accounts", "#controls", "#control/DIR-01", "#responsibility", "#files",
    `#account/${encodeURIComponent(company)}/${subject.type}/${subject.id}`, "#nowhere", ...(name === "harborline" ? ["#integrations"] : []), ...(name === "gate" ? ["#changes"] : [])];
}

for (const name of ["harborline", "gate", "plan"]) {
  for (const [how, options] of [["light", { colorScheme: "light" }], ["dark", { colorScheme: "dark" }],
    ["narrow", { colorScheme: "light", viewport: { width: 320, height: 700 } }]]) {
    test(`axe finds nothing in ${name}, ${how}`, async () => {
      for (const hash of views(name)) {
        // The policy of the page forbids scripts that are not its own; the one of the test is let in.
        await open(report(name), hash, async (page) => {
          await page.waitForTimeout(100);
          await page.evaluate(axe);
          const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ["violations"] }));
          const found = violations.map(({ id, nodes }) => `${id}: ${nodes.slice(0, 3).map((node) => node.html.slice(0, 160)).join(" | ")}`);
          assert.deepEqual(found, [], hash);
          const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
          assert.ok(wide <= 0, `${hash} is ${wide} pixels too wide`);
        }, { bypassCSP: true, ...options });
      }
    });
  }
}

test("html-validate finds nothing", async () => {
  // Length of lines and the style of attributes are no question of being right.
  const evaluate = new HtmlValidate({ extends: ["html-validate:recommended"], rules: { "long-title": "off", "no-trailing-whitespace": "off" } });
  for (const name of ["harborline", "brackwater", "gate", "plan", "minimal"]) {
    const { results } = await evaluate.validateString(read(report(name)), name);
    const found = results.flatMap(({ messages }) => messages.map(({ ruleId, message, line }) => `${name}:${line}: ${ruleId}: ${message}`));
    assert.deepEqual(found.slice(0, 10), []);
  }
});

test("html-validate finds nothing in what the script makes of it", () => open(report("harborline"), "", async (page) => {
  const evaluate = new HtmlValidate({ extends: ["html-validate:recommended"],
    rules: { "long-title": "off", "no-trailing-whitespace": "off", "no-inline-style": "off", "attribute-boolean-style": "off",
      // A filter acts while one types, and its boxes are one question.
      "wcag/h32": "off", "form-dup-name": ["error", { shared: ["radio", "checkbox"] }], "aria-label-misuse": ["error", { allowAnyNamable: true }], "prefer-native-element": "off",
      "attribute-empty-style": "off", "doctype-style": "off", "void-style": "off" } });
  for (const hash of views("harborline")) {
    await page.evaluate((hash) => (location.hash = hash), hash || "#overview");
    await page.waitForTimeout(60);
    const { results } = await evaluate.validateString(`<!DOCTYPE html>\n${await page.evaluate(() => document.documentElement.outerHTML)}`);
    const found = results.flatMap(({ messages }) => messages.map(({ ruleId, message }) => `${hash}: ${ruleId}: ${message}`));
    assert.deepEqual(found.slice(0, 10), []);
  }
}));
