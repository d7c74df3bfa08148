#!/usr/bin/env bash
# Has readers of others judge what `cutover plan -o …` writes for the fixture: the calendar, the runbook, the table and the
# two drawings. Fails when one of them cannot be read, or reads as something else than the plan in JSON says.
#
#   tests/outside/plan.sh
#
#   CUTOVER=path   the program to test (default: target/release/cutover)
#   PLANS=dir      judge the plans in this folder instead: NAME.json, NAME.ics, NAME.markdown, NAME.csv, NAME.mermaid, NAME.dot
#   REQUIRE=1      fail, rather than skip, when a judge cannot be had
#   KEEP=dir       keep the plans there
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
. tests/outside/common.sh plan

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
plans=${PLANS:-${KEEP:-$work/plans}}

if [ -z "${PLANS:-}" ]; then
    need_program
    mkdir -p "$plans"
    # In time, too late, and after the sunset.
    for day in 2024-10-15 2024-12-20 2025-01-10; do
        outputs=()
        for format in json ics markdown csv mermaid dot; do
            outputs+=(-o "$format=$plans/harborline-$day.$format")
        done
        # 1 says that the plan is not feasible or needs decisions, which is not the question here.
        "$cutover" plan fixtures/harborline --as-of "$day" "${outputs[@]}" >/dev/null 2>"$work/cutover.log" || [ $? = 1 ] || {
            cat "$work/cutover.log" >&2
            exit 1
        }
    done
fi

failed=0

if python3 -m venv "$work/venv" >"$work/venv.log" 2>&1 &&
    "$work/venv/bin/pip" install --quiet "icalendar>=6,<8" "markdown-it-py>=4,<5" "linkify-it-py>=2,<3" >"$work/pip.log" 2>&1; then
    "$work/venv/bin/python" tests/outside/plan.py "$plans" || failed=1
else
    missing "icalendar and markdown-it-py could not be installed"
fi

if command -v dot >/dev/null; then
    for drawing in "$plans"/*.dot; do
        # Graphviz warns and goes on; a warning counts. Past some thousand edges the layout takes too long: -c only reads.
        if [ "$(grep -c -- '->' "$drawing")" -gt 500 ]; then how=canon; else how=svg; fi
        if ! dot "-T$how" "$drawing" >"$work/drawing" 2>"$work/dot.log" || [ -s "$work/dot.log" ]; then
            echo "plan: $drawing: $(head -n 3 "$work/dot.log")"
            failed=1
        fi
    done
    echo "plan: Graphviz read $(find "$plans" -name '*.dot' | wc -l) drawings"
else
    missing "Graphviz is not installed"
fi

read_mermaid "$work/npm" "$plans"/*.mermaid || failed=1
exit "$failed"
