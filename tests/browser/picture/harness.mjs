// Makes one page around the picture, under the same rules as a report: one file, no network, a policy that allows only the
// script and the style whose hashes it names.
//
//   node harness.mjs typical > /tmp/typical.html

import { createHash } from "node:crypto";
import { readFileSync, readdirSync } from "node:fs";
import { ALL } from "./graphs.mjs";

const HOME = new URL("../../../crates/report/src/html/", import.meta.url);
const read = (path) => readFileSync(new URL(path, HOME), "utf8");

/// The page's own `el`, as the picture expects it.
const EL = `
function el(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (value === true) element.setAttribute(name, "");
    else if (value !== null && value !== undefined && value !== false) element.setAttribute(name, value);
  }
  for (const child of children.flat()) if (child !== null && child !== undefined && child !== false) element.append(child);
  return element;
}`;

const STYLE = `
:root { color-scheme: light dark; --bg: #f6f7f9; --panel: #ffffff; --text: #1c2430; --muted: #55606e; --line: #d9dee5; --accent: #1f5fa8;
  --focus: #d9480f; --critical: #a4133c; --high: #b3470b; --medium: #7a5c00; --low: #2a6f97; --info: #55606e; --kept: #55606e;
  --lost: #b3261e; --gained: #0b6e4f; }
@media (prefers-color-scheme: dark) { :root { --bg: #12161c; --panel: #1a2029; --text: #e6eaf0; --muted: #a3aebb; --line: #333c48;
  --accent: #7db4f5; --focus: #ffa657; --kept: #a3aebb; --lost: #ff9a92; --gained: #5fd3a6; } }
body { margin: 0; background: var(--bg); color: var(--text); font: 15px/1.5 system-ui, sans-serif; }
main { padding: 1rem; }
h1 { font-size: 1.25rem; } h2 { font-size: 1rem; }
`;

function scripts() {
  const parts = readdirSync(new URL("app/", HOME)).filter((name) => /^picture.*\.js$/.test(name)).sort();
  return [read("vendor/dagre/dagre.min.js").replace(/^\/\/# sourceMappingURL=.*$/m, ""), EL, ...parts.map((name) => read(`app/${name}`))].join("\n");
}

const START = `
const given = JSON.parse(document.getElementById("data").textContent);
const options = { focus: given.focus, depth: given.depth, onOpen: (node) => { document.title = "open " + node.name; } };
performance.mark("start");
picture(document.getElementById("picture"), given.graph, options);
performance.mark("drawn");
`;

const hash = (text) => `'sha256-${createHash("sha256").update(text).digest("base64")}'`;

export function harness(name, given = ALL[name]()) {
  const script = `"use strict";(() => {\n${scripts()}\n${START}\n})();`;
  const style = STYLE + read("app/picture.css");
  const data = JSON.stringify(given).replaceAll("<", "\\u003c");
  const policy = `default-src 'none'; script-src ${hash(script)}; style-src ${hash(style)}; base-uri 'none'; form-action 'none'`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>The picture: ${name}</title>
<style>${style}</style>
</head>
<body>
<main>
<h1>The picture</h1>
<h2>${name}</h2>
<div id="picture"></div>
</main>
<script type="application/json" id="data">${data}</script>
<script>${script}</script>
</body>
</html>
`;
}

if (process.argv[1] === new URL(import.meta.url).pathname) process.stdout.write(harness(process.argv[2] ?? "typical"));
