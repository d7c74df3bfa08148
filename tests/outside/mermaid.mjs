// Parses Mermaid files and counts their nodes, edges and boxes; fails when one does not parse, or when a label reads as
// something else than it says. Runs beside its packages, `mermaid` and `jsdom`.
import { readFileSync } from "node:fs";
import { JSDOM } from "jsdom";

const { window } = new JSDOM("<!DOCTYPE html><body></body>", { pretendToBeVisual: true });
globalThis.window = window;
globalThis.document = window.document;
const { default: mermaid } = await import("mermaid");
mermaid.initialize({ startOnLoad: false, maxTextSize: 10_000_000, maxEdges: 100_000 });

let failed = false;
for (const path of process.argv.slice(2)) {
    const text = readFileSync(path, "utf8");
    const count = (pattern) => [...text.matchAll(pattern)].length;
    const expected = [count(/^ {2,4}\w+\["/gm), count(/^ {2}\w+ (-->|---)(\|"[^"]*"\|)? \w+$/gm), count(/^ {2}subgraph /gm)];
    try {
        const diagram = await mermaid.mermaidAPI.getDiagramFromText(text);
        const vertices = [...diagram.db.getVertices().values()];
        const found = [vertices.length, diagram.db.getEdges().length, diagram.db.getSubGraphs().length];
        if (diagram.type !== "flowchart-v2" || String(found) !== String(expected)) {
            console.log(`mermaid: ${path}: a ${diagram.type} of ${found} nodes, edges and boxes, not of ${expected}`);
            failed = true;
        }
        for (const label of vertices.map((vertex) => vertex.text).concat(diagram.db.getSubGraphs().map((box) => box.title))) {
            if (/[<>"`]/.test(label.replaceAll(/<br\/?>/g, ""))) {
                console.log(`mermaid: ${path}: a label holds markup: ${label}`);
                failed = true;
            }
        }
    } catch (error) {
        console.log(`mermaid: ${path}: ${error.message}`);
        failed = true;
    }
}
console.log(`mermaid: read ${process.argv.length - 2} drawings`);
process.exit(failed ? 1 : 0);
