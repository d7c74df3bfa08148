// Opens pages around the picture in a headless Chromium, and keeps account of what they must not do.

import { existsSync, mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { chromium } from "playwright-core";
import { harness } from "./harness.mjs";

const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const FLAGS = ["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
  "--disable-background-networking", "--disable-component-update", "--disable-sync"];

/// Why nothing can be tested here, or false.
export const missing = existsSync(CHROMIUM) ? false : `${CHROMIUM} is not installed`;

export async function start() {
  const browser = await chromium.launch({ executablePath: CHROMIUM, args: FLAGS });
  const folder = mkdtempSync(join(tmpdir(), "picture-"));
  /// Opens a page. `page.faults` collects errors of the console, of scripts, and every request beside the page itself.
  const open = async (name, { given, ...options } = {}) => {
    const file = join(folder, `${name}.html`);
    writeFileSync(file, given ? harness(name, given) : harness(name));
    const address = pathToFileURL(file).href;
    const page = await browser.newPage({ viewport: { width: 1400, height: 950 }, reducedMotion: "reduce", ...options });
    page.faults = [];
    page.on("console", (message) => {
      if (message.type() !== "log") page.faults.push(`console: ${message.text().slice(0, 300)}`);
    });
    page.on("pageerror", (error) => page.faults.push(`error: ${error.message}`));
    page.on("request", (request) => {
      if (request.url() !== address) page.faults.push(`request: ${request.url().slice(0, 300)}`);
    });
    await page.goto(address);
    await page.locator(".pic-node").first().waitFor({ state: "attached" });
    return page;
  };
  return { open, stop: () => browser.close() };
}

/// A node by its spoken name.
export function node(page, name) {
  return page.locator(`.pic-node:has([aria-label*="${name}"])`).first();
}

/// Sees the whole graph, so that everything in it can be clicked.
export async function fit(page) {
  await page.getByRole("button", { name: "Fit the whole graph" }).click();
}

export function count(page) {
  return page.locator(".pic-node:not(.pic-gone)").count();
}
