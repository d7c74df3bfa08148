#!/usr/bin/env bash
# What the GitHub action of `action.yml` runs. Everything it is told stands in the environment:
#
#   CUTOVER            the program
#   CUTOVER_COMMAND    audit or gate
#   CUTOVER_EXPORT     for audit: the export
#   CUTOVER_BEFORE     for gate: the export before the change
#   CUTOVER_AFTER      and after it
#   CUTOVER_DECISIONS  the folder that decides; the program reads it itself
#   CUTOVER_FAIL_ON    the least severity that fails
#   CUTOVER_ARGUMENTS  further arguments, one on each line
#   CUTOVER_SARIF      where to write SARIF; empty for no such file
#   GITHUB_OUTPUT      where outputs go: `sarif` and `exit-code`
set -euo pipefail

fail() {
    echo "::error::$1"
    exit 2
}

case ${CUTOVER_COMMAND:-audit} in
audit)
    [ -n "${CUTOVER_EXPORT:-}" ] || fail 'audit needs the input `export`'
    arguments=(audit "$CUTOVER_EXPORT")
    ;;
gate)
    [ -n "${CUTOVER_BEFORE:-}" ] && [ -n "${CUTOVER_AFTER:-}" ] || fail 'gate needs the inputs `before` and `after`'
    arguments=(gate "$CUTOVER_BEFORE" "$CUTOVER_AFTER")
    ;;
*)
    fail 'the input `command` is neither audit nor gate'
    ;;
esac

arguments+=(--format github --fail-on "${CUTOVER_FAIL_ON:-low}")
if [ -n "${CUTOVER_SARIF:-}" ]; then
    arguments+=(--output "sarif=$CUTOVER_SARIF")
fi
while IFS= read -r argument; do
    argument=${argument%$'\r'}
    [ -z "$argument" ] || arguments+=("$argument")
done <<<"${CUTOVER_ARGUMENTS:-}"

code=0
"${CUTOVER:-cutover}" "${arguments[@]}" || code=$?

if [ -n "${GITHUB_OUTPUT:-}" ]; then
    {
        echo "exit-code=$code"
        # A path with a line break could write outputs of its own.
        if [ -f "${CUTOVER_SARIF:-}" ]; then echo "sarif=${CUTOVER_SARIF//[$'\r\n']/}"; fi
    } >>"$GITHUB_OUTPUT"
fi
exit "$code"
