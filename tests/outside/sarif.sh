#!/usr/bin/env bash
# Has Microsoft's SARIF Multitool judge what `cutover audit -o sarif=…` writes for the fixtures: the schema, the rules for
# every log, and those for GitHub code scanning. Fails when it reports anything at level "error"; prints how many of each.
#
#   tests/outside/sarif.sh
#
#   CUTOVER=path   the program to test (default: target/release/cutover)
#   REQUIRE=1      fail, rather than skip, when the multitool cannot be had
#   KEEP=dir       keep the logs and the judgements there
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
. tests/outside/common.sh sarif
multitool_version=5

need_program
command -v npm >/dev/null || skip "npm is not installed"
command -v node >/dev/null || skip "node is not installed"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
out=${KEEP:-$work/out}
mkdir -p "$out" "$work/npm"

npm install --prefix "$work/npm" --no-audit --no-fund --loglevel=error "@microsoft/sarif-multitool@$multitool_version" \
    >"$work/npm.log" 2>&1 || skip "the multitool could not be installed: $(head -n 1 "$work/npm.log")"
multitool=$(find "$work/npm/node_modules/@microsoft" -name Sarif.Multitool -type f -print -quit)
[ -n "$multitool" ] || skip "the multitool has no program for this system"
# Its install script would do this; npm may hold install scripts back.
chmod u+x "$multitool"

# Counts the results of a judgement by level and rule; prints them and fails when one is an error.
count() {
    node -e '
        const [name, path] = process.argv.slice(1);
        const run = JSON.parse(require("fs").readFileSync(path, "utf8")).runs[0];
        const rules = run.tool.driver.rules ?? [];
        const counts = new Map();
        const levels = { error: 0, warning: 0, note: 0 };
        for (const result of run.results ?? []) {
            const rule = rules[result.ruleIndex];
            const level = result.level ?? rule?.defaultConfiguration?.level ?? "warning";
            levels[level] += 1;
            const key = `${level} ${result.ruleId} ${rule?.name ?? ""}`.trim();
            counts.set(key, (counts.get(key) ?? 0) + 1);
        }
        const notices = (run.invocations ?? []).flatMap((invocation) => invocation.toolExecutionNotifications ?? []);
        const failed = notices.filter((notice) => notice.level === "error");
        console.log(`${name}: ${levels.error} errors, ${levels.warning} warnings, ${levels.note} notes`);
        for (const [key, count] of [...counts].sort()) console.log(`  ${String(count).padStart(3)} ${key}`);
        for (const notice of failed) console.log(`  the multitool failed: ${notice.message?.text}`);
        process.exit(levels.error + failed.length > 0 ? 1 : 0);
    ' "$1" "$2"
}

# Audits a fixture; 1 says that there are violations, which is not the question here.
audit() {
    "$cutover" audit "$@" >/dev/null 2>"$work/cutover.log" || [ $? = 1 ] || {
        cat "$work/cutover.log" >&2
        exit 1
    }
}

audit fixtures/harborline --as-of 2024-10-15 -o "sarif=$out/harborline.sarif" -o "json=$work/baseline.json"
audit fixtures/minimal --as-of 2024-10-15 -o "sarif=$out/minimal.sarif"
# Compared with a baseline, and with some of it gone.
cp -r fixtures/harborline "$work/harborline"
sed -i 3,4d "$work/harborline/service_accounts.csv"
(cd "$work" && audit harborline --as-of 2025-01-10 --baseline baseline.json -o sarif=since.sarif)
cp "$work/since.sarif" "$out/harborline-since.sarif"

failed=0
for name in harborline minimal harborline-since; do
    log=$out/$name.sarif
    judgement=$out/$name.judgement.sarif
    # It ends with 1 when there are errors, which the count shows; without a judgement it failed.
    "$multitool" validate "$log" --rule-kind 'Sarif;Ghas' --level 'Error;Warning;Note' --output "$judgement" \
        --log ForceOverwrite >"$work/multitool.log" 2>&1 || true
    if [ ! -s "$judgement" ]; then
        cat "$work/multitool.log" >&2
        exit 1
    fi
    count "$name" "$judgement" || failed=1
done
exit "$failed"
