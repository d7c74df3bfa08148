// A report of ten thousand violations opens in less than a second, and is smaller than 5 MB.
import assert from "node:assert/strict";
import { statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { close, drawn, many, open } from "./support.mjs";

after(close);
const RUNS = 7;
const median = (list) => list.sort((left, right) => left - right)[Math.floor(list.length / 2)];

/** Milliseconds from the start of the navigation until the first view is painted and the page takes input. */
async function opening(path, hash = "") {
  const runs = [];
  for (let run = 0; run < RUNS; run++) {
    await open(path, hash, async (page) => runs.push(await page.evaluate(async () => {
      await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
      const { domContentLoadedEventEnd: interactive } = performance.getEntriesByType("navigation")[0];
      const paint = performance.getEntriesByName("first-contentful-paint")[0];
      return Math.max(interactive, paint ? paint.startTime : 0);
    })));
  }
  return median(runs);
}

test("ten thousand violations open at once", async (context) => {
  const path = process.env.BIG_REPORT || drawn("big", many(10_000));
  const blank = join(dirname(drawn("one", many(1))), "blank.html");
  writeFileSync(blank, '<!DOCTYPE html><html lang="en"><head><meta charset="utf-8"><title>Blank</title></head><body><p>Blank</p></body></html>');
  const [empty, overview, list] = [await opening(blank), await opening(path), await opening(path, "#violations")];
  const bytes = statSync(path).size;
  const said = (what, time) => context.diagnostic(`${what}: ${time.toFixed(0)} ms, ${(time / empty).toFixed(1)} times a blank page`);
  context.diagnostic(`${(bytes / 1e6).toFixed(2)} MB; a blank page: ${empty.toFixed(0)} ms`);
  said("the overview", overview);
  said("the list", list);
  assert.ok(bytes < 5e6, `${bytes} bytes`);
  assert.ok(overview < 1000 && list < 1000, `${overview} and ${list} ms`);
});
