#!/usr/bin/env bash
# Runs what the GitHub action runs, as a runner would: with inputs in the environment, and outputs in a file.
#
#   tests/outside/action.sh
#
#   CUTOVER=path   the program to test (default: target/release/cutover)
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
cutover=$(realpath "${CUTOVER:-target/release/cutover}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

# expect WHAT CODE [NAME=VALUE...]: runs the action with these inputs; its exit code and outputs have to say CODE.
expect() {
    local what=$1 code=$2 got=0
    shift 2
    : >"$work/output"
    env -u GITHUB_STEP_SUMMARY CUTOVER="$cutover" GITHUB_OUTPUT="$work/output" "$@" \
        bash integrations/action.sh >"$work/out" 2>"$work/err" || got=$?
    if [ "$got" != "$code" ]; then
        echo "action: $what: exit code $got instead of $code"
        cat "$work/out" "$work/err"
        failed=1
    fi
}

holds() {
    if ! grep -qF -- "$2" "$work/$1"; then
        echo "action: $1 does not hold $2:"
        cat "$work/$1"
        failed=1
    fi
}

day=--as-of=2024-10-15
sarif=$work/a.sarif

expect 'an export without violations' 0 CUTOVER_EXPORT=fixtures/minimal CUTOVER_ARGUMENTS=$day CUTOVER_SARIF="$sarif"
holds output 'exit-code=0'
holds output "sarif=$sarif"
python3 -c 'import json, sys; assert json.load(open(sys.argv[1]))["version"] == "2.1.0"' "$sarif"

expect 'an export with violations' 1 CUTOVER_EXPORT=fixtures/harborline CUTOVER_ARGUMENTS=$day
holds output 'exit-code=1'
holds out '::error '
expect 'none that is as bad' 0 CUTOVER_EXPORT=fixtures/harborline CUTOVER_ARGUMENTS=$day CUTOVER_FAIL_ON=never

expect 'no change' 0 CUTOVER_COMMAND=gate CUTOVER_BEFORE=fixtures/minimal CUTOVER_AFTER=fixtures/minimal CUTOVER_ARGUMENTS=$day
expect 'a change that is not given' 2 CUTOVER_COMMAND=gate CUTOVER_BEFORE=fixtures/minimal
expect 'another command' 2 CUTOVER_COMMAND='audit; touch owned'
holds out '::error::the input `command` is neither audit nor gate'

# An input is one argument, whatever it holds; a line of `arguments` is one, too.
cat >"$work/echo" <<'PROGRAM'
#!/usr/bin/env bash
printf '<%s>' "$@"
PROGRAM
chmod +x "$work/echo"
cutover=$work/echo
expect 'odd inputs' 0 CUTOVER_EXPORT='a b $(touch owned) "c' CUTOVER_ARGUMENTS=$'--policies=x y\r\n\n-v' CUTOVER_SARIF=$'x\nexit-code=9'
holds out '<audit><a b $(touch owned) "c><--format><github><--fail-on><low><--output><sarif=x'
holds out '<--policies=x y><-v>'
[ "$(grep -c exit-code "$work/output")" = 1 ] || { echo 'action: an input wrote an output'; failed=1; }
[ ! -e owned ] || { echo 'action: an input was run'; rm -f owned; failed=1; }

[ "$failed" = 0 ] && echo 'action: every case as expected'
exit "$failed"
