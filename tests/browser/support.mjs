// Reports of the fixtures, and a browser that notes everything a page should not do.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";

const root = resolve(import.meta.dirname, "../..");
const cutover = process.env.CUTOVER ? resolve(process.env.CUTOVER) : join(root, "target/release/cutover");
const folder = mkdtempSync(join(tmpdir(), "cutover-browser-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

const COMMANDS = {
  harborline: ["audit", "fixtures/harborline"],
  brackwater: ["audit", "fixtures/brackwater"],
  minimal: ["audit", "fixtures/minimal"],
  gate: ["gate", "fixtures/kestrel/before", "fixtures/kestrel/after"],
  plan: ["plan", "fixtures/harborline"],
};

function run(...command) {
  const { status, stdout, stderr } = spawnSync(cutover, command, { cwd: root, encoding: "utf8", maxBuffer: 1 << 28 });
  // 1 says that there are violations.
  assert.ok(status === 0 || status === 1, `${command.join(" ")}: ${status} ${stderr}`);
  return stdout;
}

const made = new Map();

/** The path of a report of a fixture. */
export function report(name) {
  if (!made.has(name)) {
    const path = join(folder, `${name}.html`);
    run(...COMMANDS[name], "--as-of", "2024-10-15", "-o", `html=${path}`);
    made.set(name, path);
  }
  return made.get(name);
}

/** The result of a fixture. */
export const result = (name) => JSON.parse(run(...COMMANDS[name], "--as-of", "2024-10-15", "--format", "json"));

/** The path of the report of a result that the test made up. */
export function drawn(name, result) {
  const [json, html] = [join(folder, `${name}.json`), join(folder, `${name}.html`)];
  writeFileSync(json, JSON.stringify(result));
  run("report", json, "-o", `html=${html}`);
  return html;
}

export const read = (path) => readFileSync(path, "utf8");

/** An audit with so many violations: those of the fixture over and over, each time of others. */
export function many(count) {
  const audit = result("harborline");
  const found = audit.violations;
  audit.violations = Array.from({ length: count }, (_, number) => {
    const round = Math.floor(number / found.length);
    const text = JSON.stringify(found[number % found.length]).replaceAll("harborline-builders", `site-${round}-builders`);
    const one = JSON.parse(text);
    one.fingerprint = one.fingerprint.slice(8) + number.toString(16).padStart(8, "0");
    one.subject.id += `-${round}`;
    one.location.line += round;
    return one;
  });
  const open = (severity) => audit.violations.filter((one) => one.severity === severity && one.status === "open").length;
  for (const severity of ["critical", "high", "medium", "low", "info"]) audit.summary[severity] = open(severity);
  return audit;
}

let browser;

/** Opens a page, lets a test look at it, and fails when it asked for anything or complained of anything. */
export async function open(path, hash, test, options = {}) {
  browser ||= await chromium.launch({
    executablePath: process.env.CHROMIUM || "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
      "--disable-component-update", "--disable-sync"],
  });
  const context = await browser.newContext({ viewport: { width: 1280, height: 900 }, locale: "en-GB", ...options });
  const page = await context.newPage();
  const address = pathToFileURL(path).href;
  const wrong = [];
  await context.route("**/*", (route) => {
    const url = route.request().url();
    if (url.split("#")[0] === address || url.startsWith("data:")) return route.continue();
    wrong.push(`request: ${url}`);
    return route.abort();
  });
  page.on("console", (message) => ["error", "warning"].includes(message.type()) && wrong.push(`console: ${message.text()}`));
  page.on("pageerror", (error) => wrong.push(`error: ${error.stack}`));
  page.on("dialog", (dialog) => wrong.push(`dialog: ${dialog.message()}`));
  await page.goto(address + hash);
  try {
    await test(page);
    assert.deepEqual(wrong, []);
  } finally {
    await context.close();
  }
}

/** For the end of a file of tests. */
export const close = () => browser && browser.close();
export const heading = (page) => page.locator("h1").innerText();
