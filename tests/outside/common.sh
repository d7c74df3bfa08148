# What the checks here share. To be sourced in the folder of the project, with the name of the check.
check=$1
cutover=$(realpath -m "${CUTOVER:-target/release/cutover}")

# Ends the check where there is no program to judge.
need_program() {
    [ -x "$cutover" ] && return 0
    echo "$check: there is no program at $cutover: build it with \`cargo build --release\`, or set CUTOVER" >&2
    exit 2
}

# Passes a judge over that cannot be had: missing REASON
missing() {
    echo "$check: skipped: $1"
    [ "${REQUIRE:-0}" = 1 ] && exit 1
    return 0
}

# Passes the whole check over: skip REASON
skip() {
    missing "$1"
    exit 0
}

# Has Mermaid read drawings; fails when it cannot: read_mermaid FOLDER DRAWING...
read_mermaid() {
    local folder=$1
    shift
    if command -v npm >/dev/null && npm install --prefix "$folder" --no-audit --no-fund --loglevel=error mermaid@11 jsdom@26 \
        >"$folder.log" 2>&1; then
        cp tests/outside/mermaid.mjs "$folder/"
        node "$folder/mermaid.mjs" "$@"
    else
        missing "Mermaid could not be installed"
    fi
}
