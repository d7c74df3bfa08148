// Filters, links that lead deep into a report, and going back.
import assert from "node:assert/strict";
import { after, test } from "node:test";
import { close, heading, many, drawn, open, report, result } from "./support.mjs";

after(close);
const rows = (page) => page.locator("table.violations tbody tr").count();
const hash = (page) => page.evaluate(() => location.hash);

test("a filter narrows the list and stays in the address", () => open(report("harborline"), "#violations", async (page) => {
  const audit = result("harborline");
  assert.equal(await rows(page), audit.violations.length);
  await page.selectOption("[name=party]", "developer");
  await page.check("[name=severity][value=high]");
  const expected = audit.violations.filter((one) => one.party === "developer" && one.severity === "high").length;
  await page.waitForFunction((count) => document.querySelectorAll("table.violations tbody tr").length === count, expected);
  assert.match(await hash(page), /severity=high/);
  assert.match(await hash(page), /party=developer/);
  await page.reload();
  assert.equal(await rows(page), expected);
  assert.equal(await page.inputValue("[name=party]"), "developer");
  await page.click("text=Clear");
  await page.waitForFunction((count) => document.querySelectorAll("table.violations tbody tr").length === count, audit.violations.length);
  assert.equal(await hash(page), "#violations");
}));

test("each filter asks what it says", async () => {
  const { violations } = result("harborline");
  const of = (one) => [one.subject, one.resource, ...one.members, ...one.why.flatMap((step) => [step.from, step.to])];
  const project = violations.flatMap(of).find((thing) => thing.type === "Project");
  const app = violations.flatMap(of).find((thing) => thing.type === "App");
  const cases = [
    ["control=DIR-01", (one) => one.control === "DIR-01"],
    ["status=waived", (one) => one.status === "waived"],
    ["account=vault-archive", (one) => of(one).some((thing) => thing.name.includes("vault-archive"))],
    [`project=${project.id}`, (one) => of(one).some((thing) => thing.type === "Project" && thing.id === project.id)],
    [`app=${encodeURIComponent(app.name)}`, (one) => of(one).some((thing) => thing.type === "App" && thing.name.toLowerCase().includes(app.name.toLowerCase()))],
    ["q=WEBHOOK&severity=high,low", (one) => ["high", "low"].includes(one.severity) && JSON.stringify(one).toLowerCase().includes("webhook")],
  ];
  for (const [query, holds] of cases) {
    await open(report("harborline"), `#violations?${query}`, async (page) => {
      const shown = await rows(page);
      const expected = violations.filter(holds).length;
      // A word may stand in a member that is not searched.
      if (query.startsWith("q=")) assert.ok(shown > 0 && shown <= expected, query);
      else assert.equal(shown, expected, query);
    });
  }
});

test("a list is sorted by its headings and turned in pages", () => open(drawn("pages", many(450)), "#violations", async (page) => {
  assert.equal(await rows(page), 100);
  await page.click("nav.pager >> text=Next");
  await page.waitForFunction(() => location.hash.includes("page=2"));
  assert.match(await page.locator(".count").innerText(), /101 to 200/);
  await page.click("nav.pager >> text=Last");
  await page.waitForFunction(() => document.querySelectorAll("table.violations tbody tr").length === 50);
  await page.click("thead >> text=Account");
  await page.waitForFunction(() => document.querySelector("th[aria-sort=ascending]"));
  await page.goBack();
  await page.waitForFunction(() => location.hash.includes("page=5"));
}));

test("every violation, account, app and control can be linked", async () => {
  const audit = result("harborline");
  await open(report("harborline"), "", async (page) => {
    const go = async (hash) => {
      await page.evaluate((hash) => (location.hash = hash), hash);
      await page.waitForFunction((hash) => location.hash === hash, hash);
      await page.evaluate(() => new Promise(requestAnimationFrame));
    };
    for (const one of audit.violations) {
      await go(`#violation/${one.fingerprint}`);
      assert.equal(await heading(page), one.message);
      assert.ok((await page.innerText("main")).includes(one.remedy), one.fingerprint);
    }
    for (const control of audit.controls) {
      await go(`#control/${control.id}`);
      assert.equal(await heading(page), control.title);
    }
  });
  const { company, subject } = audit.violations[1];
  await open(report("harborline"), `#account/${encodeURIComponent(company)}/${subject.type}/${subject.id}`, async (page) =>
    assert.equal(await heading(page), subject.name));
});

test("a detail tells the way, the lines, the remedy and the frameworks", () => {
  const { violations, controls } = result("harborline");
  const one = violations.find((one) => one.why.length > 1 && one.location.snippet);
  return open(report("harborline"), `#violation/${one.fingerprint}`, async (page) => {
    assert.equal(await page.locator("ol.way > li").count(), one.why.length);
    const { text, start, length } = one.location.snippet;
    const marked = Buffer.from(text).subarray(start, start + length).toString();
    assert.equal(await page.locator(".snippet mark").innerText(), marked);
    assert.ok((await page.innerText("main")).includes(one.location.path));
    const { relates_to: ids } = controls.find((control) => control.id === one.control);
    assert.equal(await page.locator(".tags li").count(), ids.length);
  });
});

test("an address that leads nowhere says so and leads back", async () => {
  for (const [name, hash, says] of [
    ["harborline", "#violation/0", "No such violation"],
    ["harborline", "#account/Harborline%20Builders/LegacyAccount/77", "No such account"],
    ["harborline", "#account", "No such account"],
    ["harborline", "#control/XXX-99", "No such control"],
    ["harborline", "#duty/Z9", "No such duty"],
    ["harborline", "#constructor", "There is nothing here"],
    ["harborline", "#runbook", "There is nothing here"],
    ["harborline", "#graph/App/77", "No such account"],
    ["plan", "#violations", "There is nothing here"],
    ["harborline", "#%E0%A4%A", "There is nothing here"],
  ]) {
    await open(report(name), hash, async (page) => {
      assert.equal(await heading(page), says, hash);
      await page.click("text=Back to the beginning");
      await page.waitForFunction((says) => document.querySelector("h1").innerText !== says, says);
    });
  }
});

test("a gate tells what changed, a plan has waves, steps and a matrix", async () => {
  const gate = result("gate");
  await open(report("gate"), "#changes", async (page) =>
    assert.equal(await page.locator("caption:text-matches('^Changes: ') ~ tbody > tr").count(), gate.changes.length));
  const plan = result("plan");
  await open(report("plan"), "", async (page) => {
    assert.equal(await page.locator(".wave").count(), plan.waves.length + 1);
    assert.equal(await page.locator(".lane").count(), plan.accounts.length);
    await page.click("header >> text=Runbook");
    await page.waitForSelector(".steps");
    assert.equal(await page.locator(".steps > li").count(), plan.summary.steps);
    await page.click("header >> text=Responsibility");
    await page.waitForSelector("table.matrix");
    assert.equal(await page.locator("table.matrix tbody tr").count(), plan.duties.length);
  });
});

test("a report of nothing is still one", () => {
  const audit = result("minimal");
  assert.equal(audit.violations.length, 0);
  return open(report("minimal"), "", async (page) => {
    assert.match(await page.innerText(".verdict"), /No violations/);
    await page.click("header >> text=Violations");
    await page.waitForSelector("text=There are no violations.");
    await page.click("header >> text=Accounts");
    await page.waitForSelector("h1:text('Accounts and apps')");
  });
});

test("more violations than a page holds are told by group", () => {
  const audit = many(12_000);
  return open(drawn("crowd", audit), "#violations", async (page) => {
    assert.match(await page.innerText(".notice"), /12,000 violations, more than a page can hold.*jsonl/);
    const told = page.locator("details table tbody tr td:nth-last-child(2)");
    const counts = (await told.allInnerTexts()).map((text) => Number(text.replaceAll(",", "")));
    assert.equal(counts.reduce((sum, count) => sum + count, 0), 12_000);
  });
});
