// What the picture does for its readers. Run with `node --test tests/browser/picture`.

import assert from "node:assert/strict";
import { after, before, test } from "node:test";
import { count, fit, missing, node, start } from "./browser.mjs";
import { many, plan, typical } from "./graphs.mjs";

const skip = missing;
let browser;
before(async () => { if (!skip) browser = await start(); });
after(async () => { await browser?.stop(); });

test("the first view holds what leads to the account and what it reaches, tools by level", { skip }, async () => {
  const page = await browser.open("typical");
  for (const name of ["developer: Tidewater", "app: Cost Sync", "installation: Cost Sync", "credential: FlowForce", "webhook:",
    "permission template: Cost integration", "64 projects:", "grants: Admin: 12 tools", "grants: Standard: 6 tools"]) {
    assert.equal(await node(page, name).count(), 1, name);
  }
  assert.equal(await node(page, "Drawings").count(), 0, "tools of a group are not drawn");
  assert.equal(await node(page, "integration-1").count(), 0, "what others reach is not drawn");
  assert.deepEqual(page.faults, []);
  await page.close();
});

test("a group unfolds on a click and folds on the next", { skip }, async () => {
  const page = await browser.open("typical");
  const before = await count(page);
  await fit(page);
  await node(page, "Admin: 12 tools").click();
  assert.equal(await count(page), before + 12);
  assert.equal(await node(page, "Admin: 12 tools").getByRole("button").getAttribute("aria-expanded"), "true");
  const names = await page.locator(".pic-slip").evaluateAll((all) => all
    .filter((one) => !/Company|Portfolio/.test(one.textContent))
    .sort((a, b) => a.getBoundingClientRect().y - b.getBoundingClientRect().y).map((one) => one.querySelector(".pic-name").textContent));
  assert.deepEqual(names, [...names].sort(), "tools stand in the order of their names");
  await fit(page);
  await node(page, "Admin: 12 tools").click();
  assert.equal(await count(page), before);
  assert.deepEqual(page.faults, []);
  await page.close();
});

test("a template unfolds to the others that have it, and projects to their members, a page at a time", { skip }, async () => {
  const page = await browser.open("typical");
  await fit(page);
  await node(page, "template: Cost integration").locator(".pic-more").click();
  assert.equal(await node(page, "11 legacy accounts").count(), 1);
  await fit(page);
  const before = await count(page);
  await node(page, "64 projects:").locator(".pic-more").click();
  assert.equal(await count(page), before + 40);
  await page.getByRole("button", { name: "Show 24 more" }).click();
  assert.equal(await count(page), before + 64);
  await page.close();
});

test("the panel says why and which file says so", { skip }, async () => {
  const page = await browser.open("typical");
  const panel = page.locator(".pic-panel");
  const text = await panel.innerText();
  for (const words of ["cost-sync-469b1f7f@procore.example", "users.json:41", "acts for Cost Sync", "the installation names it", "service_accounts.csv:4"]) {
    assert.ok(text.includes(words), words);
  }
  await panel.getByRole("button", { name: "Open its page" }).click();
  assert.equal(await page.title(), "open cost-sync-469b1f7f");
  await fit(page);
  await page.locator(".pic-label", { hasText: "acts for" }).click();
  assert.match(await panel.innerText(), /edge\s+cost-sync-469b1f7f acts for Cost Sync[^]*permission_templates\.json:11/);
  await page.close();
});

test("the path is dimmed around and told in words, through a group as one step", { skip }, async () => {
  const page = await browser.open("typical");
  await fit(page);
  await node(page, "Admin: 12 tools").click();
  await fit(page);
  await node(page, "tool: Drawings").click();
  await page.getByRole("button", { name: "Highlight the path" }).click();
  const steps = await page.locator(".pic-way li").allInnerTexts();
  assert.equal(steps.length, 3);
  assert.match(steps[0], /^cost-sync-469b1f7f is a member of Projects with Cost integration/);
  assert.match(steps[2], /^Cost integration, all projects grants Admin on Drawings\s+stated in the template permission_templates\.json:\d+/);
  assert.equal(await page.locator(".pic-node.pic-on").count(), 5);
  assert.ok(await node(page, "webhook:").evaluate((one) => Number(getComputedStyle(one).opacity) < 0.5));
  await page.keyboard.press("Escape");
  await node(page, "tool: Drawings").getByRole("button").focus();
  await page.keyboard.press("Escape");
  assert.equal(await page.locator(".pic-on-way").count(), 0);
  assert.deepEqual(page.faults, []);
  await page.close();
});

test("before, after and both show what a plan takes and gives, and say so without colour", { skip }, async () => {
  const page = await browser.open("plan");
  assert.ok(await page.locator(".pic-label .pic-mark-lost").count() > 0);
  assert.ok(await page.locator(".pic-label .pic-mark-gained").count() > 0);
  const dashes = await page.locator(".pic-svg .pic-edge.pic-lost .pic-line").first().evaluate((line) => getComputedStyle(line).strokeDasharray);
  assert.notEqual(dashes, "none");
  const both = await count(page);
  await page.getByLabel("Before").check();
  assert.equal(await page.locator(".pic-svg .pic-edge.pic-gained:not(.pic-gone)").count(), 0);
  assert.ok(await node(page, "Everything (old)").isVisible());
  assert.ok(!(await node(page, "cost-sync-469b1f7f").evaluate((one) => getComputedStyle(one).display !== "none" && one.classList.contains("pic-gained"))));
  const earlier = await count(page);
  await page.getByLabel("After").check();
  assert.equal(await page.locator(".pic-svg .pic-edge.pic-lost:not(.pic-gone)").count(), 0);
  assert.ok(!(await node(page, "Everything (old)").isVisible()));
  assert.ok(earlier < both && await count(page) < both);
  await page.getByLabel("Both").check();
  assert.equal(await count(page), both);
  assert.deepEqual(page.faults, []);
  await page.close();
});

test("everything can be done with the keyboard alone", { skip }, async () => {
  const page = await browser.open("typical");
  const focused = () => page.evaluate(() => document.activeElement.getAttribute("aria-label"));
  for (let tabs = 0; tabs < 12 && !(await focused())?.startsWith("managed account"); tabs += 1) await page.keyboard.press("Tab");
  assert.match(await focused(), /^managed account \(DMSA\): cost-sync-469b1f7f, the centre/);
  assert.equal(await page.locator('.pic-node [tabindex="0"]').count(), 1, "one node is in the order of Tab");
  await page.keyboard.press("ArrowLeft");
  assert.match(await focused(), /^(app|installation|credential): /);
  await page.keyboard.press("Home");
  await page.keyboard.press("ArrowRight");
  for (let steps = 0; steps < 9 && !(await focused()).startsWith("64 projects"); steps += 1) await page.keyboard.press("ArrowDown");
  assert.match(await focused(), /^64 projects/);
  await page.keyboard.press("ArrowRight");
  await page.keyboard.press("ArrowRight");
  assert.match(await focused(), /^grants: (Admin|Standard|Read Only): \d+ tools/);
  const before = await count(page);
  await page.keyboard.press("Enter");
  assert.ok(await count(page) > before);
  assert.match(await focused(), /tools$/, "the focus stays where it was");
  await page.keyboard.press("ArrowRight");
  assert.match(await focused(), /^tool: /);
  await page.keyboard.press("p");
  assert.ok(await page.locator(".pic-way li").count() >= 3);
  await page.keyboard.press("Escape");
  assert.equal(await page.locator(".pic-way").count(), 0);
  const box = () => page.locator(".pic-svg").getAttribute("viewBox");
  const [small, large] = [await box(), (await page.keyboard.press("+"), await box())];
  assert.notEqual(small, large);
  await page.keyboard.press("Home");
  await page.keyboard.press("o");
  assert.equal(await page.title(), "open cost-sync-469b1f7f");
  assert.deepEqual(page.faults, []);
  await page.close();
});

test("it zooms with Ctrl and the wheel, and moves by dragging, which chooses nothing", { skip }, async () => {
  const page = await browser.open("typical");
  const box = async () => (await page.locator(".pic-svg").getAttribute("viewBox")).split(" ").map(Number);
  const stage = await page.locator(".pic-svg").boundingBox();
  const [x, y] = [stage.x + stage.width / 2, stage.y + 60];
  const first = await box();
  await page.mouse.move(x, y);
  await page.mouse.wheel(0, 120);
  assert.deepEqual(await box(), first, "the wheel alone scrolls the page");
  await page.keyboard.down("Control");
  await page.mouse.wheel(0, -200);
  await page.keyboard.up("Control");
  await page.waitForFunction((was) => Number(document.querySelector(".pic-svg").getAttribute("viewBox").split(" ")[2]) < was, first[2]);
  const zoomed = await box();
  const title = await page.locator(".pic-title").innerText();
  await page.mouse.down();
  await page.mouse.move(x - 80, y + 40, { steps: 4 });
  await page.mouse.up();
  assert.ok((await box())[0] > zoomed[0]);
  assert.equal(await page.locator(".pic-title").innerText(), title);
  await page.close();
});

test("a list in the panel leads to a node that is not drawn yet", { skip }, async () => {
  const page = await browser.open("typical");
  await fit(page);
  await node(page, "template: Cost integration").click();
  const before = await count(page);
  await page.locator(".pic-panel").getByRole("button", { name: "integration-3", exact: true }).click();
  assert.equal(await count(page), before + 1);
  assert.match(await page.evaluate(() => document.activeElement.getAttribute("aria-label")), /legacy account: integration-3/);
  await page.close();
});

test("the same graph is drawn the same", { skip }, async () => {
  const drawn = async () => {
    const page = await browser.open("typical");
    const markup = await page.locator(".pic-svg").evaluate((svg) => svg.outerHTML);
    await page.close();
    return markup;
  };
  assert.equal(await drawn(), await drawn());
});

test("300 nodes stay apart, and are laid out soon", { skip }, async () => {
  const page = await browser.open("many");
  assert.equal(await count(page), 300);
  const time = await page.evaluate(() => performance.getEntriesByName("drawn")[0].startTime - performance.getEntriesByName("start")[0].startTime);
  console.log(`300 nodes laid out and drawn in ${Math.round(time)} ms`);
  assert.ok(time < 5000, `${time} ms`);
  const overlaps = await page.locator(".pic-node").evaluateAll((all) => {
    const boxes = all.map((one) => {
      const [x, y] = one.style.transform.match(/-?[\d.]+/g).map(Number);
      const card = one.querySelector(".pic-card");
      return { x, y, w: Number(card.getAttribute("width")), h: Number(card.getAttribute("height")) };
    });
    return boxes.flatMap((a, i) => boxes.slice(i + 1).filter((b) => a.x < b.x + b.w && b.x < a.x + a.w && a.y < b.y + b.h && b.y < a.y + a.h)).length;
  });
  assert.equal(overlaps, 0);
  await page.close();
});

test("more than can be read is summarised, and it is said", { skip }, async () => {
  const page = await browser.open("crowd");
  assert.match(await page.locator(".pic-told").innerText(), /123 service identities are not in the graph/);
  await fit(page);
  await node(page, "700 managed accounts").click();
  assert.equal(await count(page), 42);
  for (let page_ = 0; page_ < 7; page_ += 1) await page.getByRole("button", { name: "Show 40 more" }).click();
  assert.equal(await count(page), 300);
  assert.match(await page.locator(".pic-told").innerText(), /300 things are drawn, which is as many as can be read/);
  assert.deepEqual(page.faults, []);
  await page.close();
});

test("nothing is drawn of a graph that does not hold the account, and nothing breaks", { skip }, async () => {
  const page = await browser.open("plan", { given: { ...plan(), focus: 0 } });
  assert.ok(await count(page) > 1);
  await page.close();
  const alone = typical();
  const nothing = { graph: { nodes: alone.graph.nodes.slice(0, 1), edges: [] }, focus: 0 };
  const lonely = await browser.open("typical", { given: nothing });
  assert.equal(await count(lonely), 1);
  assert.deepEqual(lonely.faults, []);
  await lonely.close();
  assert.equal(many(300).graph.nodes.length, 300);
});
