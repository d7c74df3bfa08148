#!/usr/bin/env bash
# Has NetworkX answer the questions of `cutover graph` on random exports, and read the drawings. Fails when an answer
# differs: the shortest ways, what is reached, the dominators behind `choke`, the size of each drawing.
#
#   tests/outside/graph.sh
#
#   CUTOVER=path   the program to test (default: target/release/cutover)
#   ROUNDS=n       so many random exports (default: 25)
#   REQUIRE=1      fail, rather than skip, when NetworkX, Graphviz or Mermaid cannot be had
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
. tests/outside/common.sh graph
need_program
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
if ! python3 -m venv "$work/venv" >"$work/venv.log" 2>&1 ||
    ! "$work/venv/bin/pip" install --quiet "networkx>=3,<4" >"$work/pip.log" 2>&1; then
    skip "NetworkX could not be installed"
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
    missing "Graphviz is not installed"
fi
read_mermaid "$work/npm" "$work"/*.mermaid || failed=1
exit "$failed"
