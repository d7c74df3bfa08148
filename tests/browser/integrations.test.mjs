// The integrations: the heat map says in words what its colours say, and a row has everything of one integration.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { close, open, report, result } from "./support.mjs";

after(close);

test("the heat map has a row for each integration with known levels, and every cell says what it means", () =>
  open(report("harborline"), "#integrations", async (page) => {
    const { integrations } = result("harborline");
    const rows = page.locator("table.heat tbody tr");
    assert.equal(await rows.count(), integrations.filter(({ tools }) => tools.length).length);
    const photos = integrations.find(({ thing }) => thing.name === "Field Photos");
    const over = photos.tools.find(({ asked, held }) => asked === "read_only" && held === "standard" || asked === "standard" && held === "admin");
    assert.ok(over, "the fixture has an app that holds more than it asks for");
    const cell = page.locator("table.heat tr", { hasText: "Field Photos" }).locator("td.over").first();
    assert.match(await cell.innerText(), /holds .*, asks for .*, uses .*, more than its manifest asks for/);
  }));

test("one row tells of app, account, installation, projects, credentials, webhooks and violations", () =>
  open(report("harborline"), "#integrations", async (page) => {
    const row = page.locator("section, main").locator("tr", { hasText: "Safety Sync" }).first();
    assert.match(await row.innerText(), /Safety Sync[^]*DMSA safety-sync-e45f0a18[^]*installed 2\.4\.0[^]*high/);
  }));

for (const width of [390, 768, 1440]) {
  test(`nothing is wider than the page at ${width} pixels`, async () => {
    for (const [name, hash] of [["harborline", ""], ["harborline", "#integrations"], ["gate", ""], ["plan", ""]]) {
      await open(report(name), hash, async (page) => {
        await page.setViewportSize({ width, height: 900 });
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
        assert.ok(wide <= 0, `${name} ${hash} is ${wide} pixels too wide`);
      });
    }
  });
}

test("the overview counts how each control came out", () => open(report("harborline"), "", async (page) => {
  const text = await page.locator("section:has(h2:text-is('Controls')) .legend").innerText();
  const counts = [...text.matchAll(/(\d+) (violated|met|assessed in part|not assessed|out of scope|switched off)/g)].map(([, count]) => Number(count));
  assert.equal(counts.reduce((all, one) => all + one, 0), result("harborline").coverage.length);
}));

test("systems that the company does not use come after the gaps that it can close", () => open(report("harborline"), "", async (page) => {
  const section = page.locator("section:has(h2:text-is('What was not assessed'))");
  assert.match(await section.innerText(), /Out of scope, because there are no files: MapForce\/FlowForce/);
  assert.ok(!/MapForce/.test(await section.locator("table").innerText()));
}));

test("a gate lists what gives more access first, with the violations of each cause", () => open(report("gate"), "", async (page) => {
  const headings = await page.locator("main h2").allInnerTexts();
  assert.equal(headings[0], "More access");
  const first = page.locator(".danger > li").first();
  assert.match(await first.innerText(), /Standard → Admin[^]*Rises to Admin[^]*CHG-01/);
}));

test("a plan burns down to what is left after the last wave", () => open(report("plan"), "", async (page) => {
  const { simulation } = result("plan");
  const rows = page.locator("section:has(h2:text-is('Burn-down')) tbody tr");
  assert.equal(await rows.count(), simulation.waves.length + 1);
  assert.match(await rows.first().innerText(), new RegExp(`${simulation.before}$`));
  assert.equal(await page.locator("svg.burndown").count(), 2);
}));
