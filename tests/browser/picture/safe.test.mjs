// What names must not do to the picture, and that everybody can use it.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { count, fit, missing, node, start } from "./browser.mjs";

const skip = missing;
const axe = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
let browser;
before(async () => { if (!skip) browser = await start(); });
after(async () => { await browser?.stop(); });

test("hostile names stay text, on one line, inside their cards", { skip }, async () => {
  const page = await browser.open("hostile");
  const keys = await page.locator(".pic-node").evaluateAll((all) => all.map((one) => one.dataset.key));
  assert.ok(keys.length > 10);
  for (const key of keys.slice(1)) {
    await page.evaluate((key) => document.querySelector(`[data-key="${CSS.escape(key)}"]`)
      .dispatchEvent(new MouseEvent("click", { bubbles: true })), key);
  }
  assert.equal(await page.evaluate(() => window.stolen), undefined);
  const found = await page.locator("#picture").evaluate((host) => {
    const measure = document.createElement("canvas").getContext("2d");
    const wide = [...host.querySelectorAll(".pic-node")].filter((one) => {
      const card = Number(one.querySelector(".pic-card").getAttribute("width"));
      return [...one.querySelectorAll(".pic-name, .pic-caption")].some((text) => Number(text.getAttribute("x")) + text.getComputedTextLength() > card + 1);
    });
    return {
      foreign: host.querySelectorAll("script, img, iframe, object, a, style").length,
      // eslint-disable-next-line no-control-regex
      raw: /[\u0000-\u0008\u001b\u202a-\u202e\u2066-\u2069]/.test(host.textContent),
      wide: wide.map((one) => one.textContent.slice(0, 80)),
      scrolls: document.documentElement.scrollWidth > window.innerWidth,
      isMeasured: measure !== null,
    };
  });
  assert.deepEqual(found, { foreign: 0, raw: false, wide: [], scrolls: false, isMeasured: true });
  assert.deepEqual(page.faults, []);
  await page.close();
});

test("a page as narrow as a phone does not scroll sideways", { skip }, async () => {
  for (const name of ["typical", "hostile", "plan"]) {
    const page = await browser.open(name, { viewport: { width: 320, height: 640 } });
    assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), name);
    await page.close();
  }
});

for (const colorScheme of ["light", "dark"]) {
  test(`axe finds nothing, ${colorScheme}`, { skip }, async () => {
    for (const name of ["typical", "plan", "crowd", "hostile"]) {
      // A policy of the page forbids scripts that are not its own; axe comes from outside.
      const page = await browser.open(name, { colorScheme, bypassCSP: true });
      if (name === "typical") {
        await fit(page);
        await node(page, "Admin: 12 tools").click();
        await node(page, "Admin: 12 tools").getByRole("button").focus();
        await page.keyboard.press("ArrowRight");
        await page.keyboard.press("p");
        await page.locator("summary").click();
      }
      await page.evaluate(axe);
      const { violations } = await page.evaluate(() => window.axe.run());
      const told = violations.map(({ id, nodes }) => `${name}: ${id}: ${nodes.slice(0, 3).map((one) => `${one.html.slice(0, 120)} ${one.failureSummary}`).join(" | ")}`);
      assert.deepEqual(told, []);
      await page.close();
    }
  });
}

test("paper shows all of the graph and no controls", { skip }, async () => {
  const page = await browser.open("typical");
  const before = await page.locator(".pic-svg").getAttribute("viewBox");
  await page.evaluate(() => {
    window.addEventListener("beforeprint", () => setTimeout(() => {}, 0));
    window.dispatchEvent(new Event("beforeprint"));
  });
  const [x, y] = (await page.locator(".pic-svg").getAttribute("viewBox")).split(" ").map(Number);
  assert.deepEqual([x, y], [0, 0]);
  await page.evaluate(() => window.dispatchEvent(new Event("afterprint")));
  assert.equal(await page.locator(".pic-svg").getAttribute("viewBox"), before);
  await page.emulateMedia({ media: "print" });
  assert.equal(await page.locator(".pic-toolbar").isVisible(), false);
  assert.equal(await page.locator(".pic-buttons").first().isVisible(), false);
  assert.ok((await page.pdf({ format: "A4", landscape: true })).length > 10_000);
  assert.ok(await count(page) > 10);
  await page.close();
});
