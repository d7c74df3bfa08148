// What goes to paper: without what one clicks, and whole.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { close, open, report, result } from "./support.mjs";

after(close);

const pages = (pdf) => (pdf.toString("latin1").match(/\/Type \/Page\b/g) || []).length;

test("the runbook prints whole and without its filter", () => open(report("plan"), "#runbook", async (page) => {
  await page.emulateMedia({ media: "print" });
  assert.ok(!(await page.isVisible("form.filter")) && !(await page.isVisible("header nav")));
  assert.equal(await page.locator(".steps > li:visible").count(), result("plan").summary.steps);
  const cut = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth + 1);
  assert.equal(cut, false);
  const pdf = await page.pdf({ format: "A4" });
  assert.equal(pdf.subarray(0, 5).toString(), "%PDF-");
  assert.ok(pages(pdf) > 2, `${pages(pdf)} pages`);
}));

test("a violation prints with its way and its lines", () => {
  const one = result("harborline").violations.find(({ why, location }) => why.length > 1 && location.snippet);
  return open(report("harborline"), `#violation/${one.fingerprint}`, async (page) => {
    await page.emulateMedia({ media: "print" });
    assert.ok(await page.isVisible("ol.way") && await page.isVisible(".snippet"));
    assert.ok(!(await page.isVisible("nav.pager")));
    assert.ok(pages(await page.pdf({ format: "A4" })) >= 1);
  });
});

test("a dark page prints light", () => open(report("harborline"), "", async (page) => {
  await page.click("text=Dark");
  await page.emulateMedia({ media: "print" });
  assert.equal(await page.evaluate(() => getComputedStyle(document.body).backgroundColor), "rgb(255, 255, 255)");
  assert.equal(await page.evaluate(() => getComputedStyle(document.body).color), "rgb(0, 0, 0)");
}));

test("a printed audit holds every open violation with its remedy, and nothing stays folded", () => open(report("harborline"), "", async (page) => {
  await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
  const { violations, actions } = result("harborline");
  const open = violations.filter(({ status }) => status === "open");
  const text = await page.locator("section.printed").innerText();
  assert.equal(await page.locator("article.printed").count(), open.length);
  for (const { fingerprint, remedy } of open) {
    assert.ok(text.includes(fingerprint), fingerprint);
    assert.ok(text.includes(remedy.replace(/ +/g, " ")), remedy);
  }
  assert.equal(await page.locator("button.more").count(), 0);
  assert.equal(await page.locator("section:has(h2:text('What to do first')) tbody tr").count(), actions.length);
  await page.evaluate(() => dispatchEvent(new Event("afterprint")));
  assert.equal(await page.locator("section.printed").count(), 0);
  assert.ok(pages(await page.pdf({ format: "A4" })) > 5);
}));
