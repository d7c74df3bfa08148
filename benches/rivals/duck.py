"""DuckDB's part: loads an export, judges it by ten queries, and writes what violates.

    python duck.py EXPORT OUT [--threads 2] [--sample N]

Prints one JSON object with seconds and counts. `--sample N` also writes the facts of so many service identities that
there are N facts or more, for the rivals that are too slow for all of them.
"""

import argparse
import json
import re
import resource
import time
import tomllib
from datetime import date
from pathlib import Path

import duckdb

HERE = Path(__file__).parent


def statements(path, **names):
    """The statements of a file, each with the comments before it."""
    text = path.read_text()
    for name, value in names.items():
        text = text.replace("{" + name + "}", str(value))
    return [part.strip() for part in re.split(r";\s*(?:\n|$)", text) if part.strip()]


def exceptions(export, today):
    """The exceptions of reviews.toml that are in force."""
    reviews = tomllib.loads((export / "reviews.toml").read_text())
    in_force = [one for one in reviews.get("exception", []) if one.get("expires", today) >= today]
    return [{"subject": one["subject"], "tool": one["tool"]} for one in in_force]


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("export", type=Path)
    parser.add_argument("out", type=Path)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--sample", type=int, default=0)
    parser.add_argument("--as-of", type=date.fromisoformat, default=date(2024, 10, 15))
    args = parser.parse_args()
    args.out.mkdir(parents=True, exist_ok=True)
    (args.out / "exceptions.json").write_text(json.dumps(exceptions(args.export, args.as_of)))

    base = duckdb.connect(config={"threads": args.threads, "preserve_insertion_order": False})
    begin = time.perf_counter()
    for statement in statements(HERE / "facts.sql", export=args.export, out=args.out):
        base.execute(statement)
    load = time.perf_counter() - begin
    facts = base.execute("SELECT count(*) FROM facts").fetchone()[0]

    begin = time.perf_counter()
    rules = [(re.search(r"RIV-\d\d", text)[0], text) for text in statements(HERE / "rules.sql")]
    each = {}
    for rule, text in rules:
        start = time.perf_counter()
        base.execute(f'CREATE TEMP TABLE "{rule}" AS {text[text.index("SELECT"):]}')
        each[rule] = round(time.perf_counter() - start, 4)
    judge = time.perf_counter() - begin

    # What comes after is only for the comparison.
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
    every = " UNION ALL ".join(f"SELECT '{rule}' AS control, * FROM \"{rule}\"" for rule, _ in rules)
    base.execute(f"""COPY (
        SELECT control, principal, tools.name, coalesce(project::VARCHAR, '-')
        FROM ({every}) AS every JOIN tools ON tools.id = tool
    ) TO '{args.out}/duckdb.tsv' (DELIMITER '\t', HEADER false)""")
    if args.sample:
        sample(base, args.out, args.sample)
    told = {"facts": facts, "load": load, "judge": judge, "peak": peak, "each": each}
    print(json.dumps(told | {"version": duckdb.__version__}))


def sample(base, out, size):
    """Whole service identities, in an order that mixes their types, until there are enough facts."""
    base.execute(f"""CREATE TEMP TABLE chosen AS
        SELECT principal FROM (
            SELECT principal, sum(facts) OVER (ORDER BY md5(principal::VARCHAR)) - facts AS before
            FROM (SELECT principal, count(*) AS facts FROM facts GROUP BY principal)
        ) WHERE before < {size}""")
    base.execute(f"""COPY (
        SELECT principal::VARCHAR AS principal, tools.name AS tool, project::VARCHAR AS project, level, requested,
            through, granular, exception
        FROM facts JOIN tools ON tools.id = tool WHERE principal IN (SELECT principal FROM chosen)
        ORDER BY md5(principal::VARCHAR), project, tool
    ) TO '{out}/facts.jsonl' (FORMAT json)""")
    things = {
        "principals": "SELECT id::VARCHAR AS id, type, name, active, owner, app_type FROM principals "
        "WHERE id IN (SELECT principal FROM chosen)",
        "projects": "SELECT id::VARCHAR AS id, name, active, demo FROM projects",
        "tools": "SELECT name AS id, scope, key FROM tools",
    }
    for name, query in things.items():
        base.execute(f"COPY ({query} ORDER BY id) TO '{out}/{name}.jsonl' (FORMAT json)")


main()
