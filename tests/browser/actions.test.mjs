// What to do first: the actions on the overview, at every width.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { close, open, report, result } from "./support.mjs";

after(close);
const section = "section:has(h2:text('What to do first'))";

test("the overview begins with the verdict and the worst actions, and shows all on demand", () =>
  open(report("harborline"), "#overview", async (page) => {
    const { actions } = result("harborline");
    assert.match(await page.innerText(".verdict"), /^Fail \(fails at: low\)\. \d+ open violations/);
    const rows = page.locator(`${section} tbody tr`);
    assert.equal(await rows.count(), 10);
    assert.match(await rows.first().innerText(), new RegExp(actions[0].edit.slice(0, 20).replace(/[^\w ]/g, ".")));
    await page.click(`text=Show all ${actions.length}`);
    assert.equal(await rows.count(), actions.length);
  }));

test("nothing of an action is cut off on a phone", () =>
  open(report("harborline"), "#overview", async (page) => {
    await page.setViewportSize({ width: 390, height: 844 });
    const wide = await page.evaluate(() => {
      const cells = [...document.querySelectorAll("th.action, td.action")];
      return cells.filter((cell) => cell.getBoundingClientRect().right > document.documentElement.clientWidth).length;
    });
    assert.equal(wide, 0);
  }));
