#!/usr/bin/env bash
# Opens the HTML reports of the fixtures in a headless Chromium: filters, links, keyboard, hostile names, paper, axe-core,
# html-validate, and how fast a large one opens.
#
#   tests/outside/pages.sh
#
#   CUTOVER=path   the program to test (default: target/release/cutover)
#   CHROMIUM=path  the browser (default: /usr/bin/chromium)
#   REQUIRE=1      fail, rather than skip, when the browser or a package cannot be had
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
. tests/outside/common.sh pages
browser=${CHROMIUM:-/usr/bin/chromium}

need_program
if [ ! -x "$browser" ] && [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null; then
    apt-get install -y -q --no-install-recommends chromium >/dev/null 2>&1 ||
        { apt-get update -q && apt-get install -y -q --no-install-recommends chromium; } >/dev/null 2>&1 || true
fi
[ -x "$browser" ] || skip "NO REPORT IS OPENED IN A BROWSER: Chromium is not installed"
command -v npm >/dev/null || skip "NO REPORT IS OPENED IN A BROWSER: npm is not installed"

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
(cd tests/browser && npm ci --no-audit --no-fund --loglevel=error) >"$work/npm.log" 2>&1 || skip "NO REPORT IS OPENED IN A BROWSER: the packages could not be installed"

if CUTOVER=$cutover CHROMIUM=$browser node --test --test-concurrency=1 tests/browser/*.test.mjs tests/browser/picture/*.test.mjs >"$work/log" 2>&1; then
    grep -E '^# (.*MB;|the )' "$work/log" | sed 's/^# /pages: /' || true
    echo "pages: $(grep -c '^ok ' "$work/log") tests in a browser passed"
else
    cat "$work/log"
    exit 1
fi
