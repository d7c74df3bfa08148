#!/usr/bin/env bash
# Has NetworkX answer the questions of `cutover graph` on random exports, and read the drawings. Fails when an answer
# differs: the shortest ways, what is reached, the dominators behind `choke`, the size of each drawing.
#
#   tests/outside/graph.sh
#
#   CUTOVER=path   the program to test (default: target/release/cutover)
#   ROUNDS=n       so many random exports (default: 25)
#   REQUIRE=1      fail, rather than skip, when NetworkX cannot be had
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
cutover=${CUTOVER:-target/release/cutover}
if [ ! -x "$cutover" ]; then
    echo "graph: there is no program at $cutover: build it with \`cargo build --release\`, or set CUTOVER" >&2
    exit 2
fi
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if ! python3 -m venv "$work/venv" >"$work/venv.log" 2>&1 ||
    ! "$work/venv/bin/pip" install --quiet "networkx>=3,<4" >"$work/pip.log" 2>&1; then
    echo "graph: skipped: NetworkX could not be installed"
    [ "${REQUIRE:-0}" = 1 ] && exit 1
    exit 0
fi
failed=0
"$work/venv/bin/python" tests/outside/graph.py "$cutover" "$work" "${ROUNDS:-25}" || failed=1
if command -v gc >/dev/null; then
    for drawing in "$work"/*.dot; do
        read -r nodes edges _ < <(gc -n -e "$drawing" 2>"$work/dot.log" || true)
        if [ -s "$work/dot.log" ] || [ "$nodes $edges" != "$(cat "${drawing%.dot}.size")" ]; then
            echo "graph: $drawing: Graphviz finds $nodes nodes and $edges edges: $(head -n 3 "$work/dot.log")"
            failed=1
        fi
    done
    echo "graph: Graphviz read the DOT drawings"
else
    echo "graph: skipped: Graphviz is not installed"
fi
if command -v npm >/dev/null && npm install --prefix "$work/npm" --no-audit --no-fund --loglevel=error mermaid@11 jsdom@26 \
    >"$work/npm.log" 2>&1; then
    cp tests/outside/mermaid.mjs "$work/npm/"
    node "$work/npm/mermaid.mjs" "$work"/*.mermaid || failed=1
else
    echo "graph: skipped: Mermaid could not be installed"
fi
exit "$failed"
