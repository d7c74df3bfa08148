// Without a script the summary and the list are there to read.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { close, open, report, result } from "./support.mjs";

after(close);
const still = { javaScriptEnabled: false };

test("an audit can be read without a script", () => open(report("harborline"), "", async (page) => {
  const text = await page.innerText("main");
  const audit = result("harborline");
  for (const one of audit.violations) assert.ok(text.includes(one.message) && text.includes(one.remedy), one.message);
  assert.ok(text.includes(`${audit.summary.critical} critical, ${audit.summary.high} high`));
  assert.ok(text.includes(audit.coverage.find((one) => one.status === "not_assessed").hints[0]));
  assert.ok(!text.includes('"shapes"'));
}, still));

test("a gate can be read without a script", () => open(report("gate"), "", async (page) => {
  const text = await page.innerText("main");
  for (const one of result("gate").violations) assert.ok(text.includes(one.message));
  assert.match(text, /Access \(\d+\)/);
}, still));

test("a plan can be read without a script", () => open(report("plan"), "", async (page) => {
  const text = await page.innerText("main");
  for (const account of result("plan").accounts) for (const step of account.steps) assert.ok(text.includes(step.action));
  assert.ok(text.includes("Waves"));
}, still));

test("with a script the short form is gone", () => open(report("harborline"), "", async (page) => {
  assert.equal(await page.locator("#still").count(), 0);
  assert.equal(await page.locator("main").count(), 1);
}));
