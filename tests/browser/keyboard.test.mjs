// Everything can be done with the keys alone, and focus goes where the reader is led.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { close, open, report } from "./support.mjs";

after(close);
const focused = (page) => page.evaluate(() => document.activeElement.innerText || document.activeElement.name || document.activeElement.tagName);

async function tabTo(page, text) {
  for (let presses = 0; presses < 200; presses++) {
    await page.keyboard.press("Tab");
    if ((await focused(page)).trim() === text) return;
  }
  assert.fail(`no way to “${text}” with Tab`);
}

test("the first stop skips to the content", () => open(report("harborline"), "", async (page) => {
  await page.keyboard.press("Tab");
  assert.equal(await focused(page), "Skip to the content");
  const hash = await page.evaluate(() => location.hash);
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.activeElement.id), "main");
  assert.equal(await page.evaluate(() => location.hash), hash);
}));

test("from the overview to a violation and back without a mouse", () => open(report("harborline"), "", async (page) => {
  await tabTo(page, "Violations");
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => document.activeElement.tagName === "H1");
  assert.equal(await focused(page), "Violations");
  await tabTo(page, "q");
  await page.keyboard.type("company directory");
  await page.waitForFunction(() => location.hash.includes("q=company"));
  const message = await page.locator("table.violations tbody tr:first-child th a").innerText();
  await tabTo(page, message);
  await page.keyboard.press("Enter");
  await page.waitForFunction(() => location.hash.startsWith("#violation/"));
  assert.equal(await focused(page), message);
  await page.goBack();
  await page.waitForFunction(() => location.hash.includes("q=company"));
  assert.equal(await page.inputValue("[name=q]"), "company directory");
}));

test("the choice of light and dark is a button", () => open(report("harborline"), "", async (page) => {
  await tabTo(page, "Dark");
  await page.keyboard.press("Enter");
  assert.equal(await page.evaluate(() => document.documentElement.dataset.theme), "dark");
  assert.equal(await focused(page), "Light");
}));

test("every place that takes focus shows it", () => open(report("harborline"), "#violations", async (page) => {
  for (let presses = 0; presses < 30; presses++) {
    await page.keyboard.press("Tab");
    const seen = await page.evaluate(() => getComputedStyle(document.activeElement).outlineStyle);
    assert.notEqual(seen, "none", await focused(page));
  }
}));
