#!/usr/bin/env python3
"""Judges the same exports by the same ten controls with Cutover and its rivals, checks that all of them report the same
violations, and prints one table for each size.

    python3 benches/rivals/run.py --sizes 1,3,10,30

Sizes are millions of grant facts. Everything is built and written below `--folder` (default: a temporary folder). Needs
Python 3.11 or later, cargo, and a network for PyPI's `duckdb` and the crates of the rivals; judging itself needs none.
"""

import argparse
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter, defaultdict
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parent.parent
DAY = "2024-10-15"
LEGEND = """
How to read it. *Load* brings an engine from files to facts in memory; *judge* from those to the violating facts.
Seconds are {runs}, each engine in a process of its own, on {threads} threads, with the files in the page
cache. *Facts/s* is of judging alone, and *ratio* how many times Cutover's throughput is that of the engine. *Peak* is
the most memory of the process, loading included.

What is unfair:

- **Cutover** keeps for every fact the place in the export that says it, tells what is unknown from what is false, and
  records for each violation which attributes decide. Nobody else does. Its load therefore does more, and reads every
  member and every file, also those that no rule here needs; DuckDB reads the columns that it is told.
- **DuckDB** is given the exceptions as JSON, because it reads no TOML, and a join written by somebody who knows that a
  template repeats on every membership. Its queries keep bare numbers. They cannot tell "unknown" from "complies", and
  each rule was written for this schema by hand. (All ten in one pass over the facts took four times as long: a filter
  that can skip is worth more than a shared scan.)
- **Authorizer** is Cedar itself without Cutover's judge. Building requests and entities counts as its load, though
  nobody has them ready; entities have only what the ten controls read, and nothing is validated. It and those below
  judge the first facts only ({sample}, in an order that mixes the types of identity): more would take long and change
  nothing.
- **regorus** gets joined inputs whose parts are shared, built as its load. The facts of both come from DuckDB's join.
- **cfn-guard** is made for templates, not for facts: it gets joined records in documents of a thousand, which are
  written as its load and read as its judging, and a tenth of the facts. It compares no two members of one record: the
  excess of a level over the requested one is worked out for it.
"""


# Until a process has become another program, its memory is that of whoever started it: so a small one starts it.
STARTER = """
import os, subprocess, sys, time
told, *command = sys.argv[1:]
started = time.perf_counter()
process = subprocess.Popen(command)
_, status, usage = os.wait4(process.pid, 0)
seconds = time.perf_counter() - started
open(told, "w").write(f"{seconds} {usage.ru_maxrss} {os.waitstatus_to_exitcode(status)}")
"""


def run(command, quiet=True, **environment):
    """Runs a process of its own: what it printed, its seconds, its peak memory in bytes."""
    command, environment = [str(part) for part in command], {**os.environ, **environment}
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err, tempfile.NamedTemporaryFile() as told:
        starter = [sys.executable, "-I", "-S", "-c", STARTER, told.name, *command]
        subprocess.run(starter, stdout=out, stderr=err, env=environment, check=True)
        out.seek(0), err.seek(0)
        seconds, peak, code = told.read().decode().split()
        if code not in ("0", "1") or (code == "1" and quiet):
            sys.exit(f"{' '.join(command)}\n{err.read().decode()[-2000:]}\nexit code {code}")
        return out.read().decode(), float(seconds), int(peak) * 1024


def best(runs, command, **environment):
    """Runs a process several times: the least seconds of loading and of judging, and the most memory.

    What it prints is JSON, with `load`, `judge` and maybe `peak` in it; the rest is that of the last run.
    """
    told = []
    for _ in range(runs):
        text, _, peak = run(command, **environment)
        one = stages_of(json.loads(text))
        told.append(one | {"peak": one.get("peak", peak)})
    least = {name: min(one[name] for one in told) for name in ("load", "judge")}
    return told[-1] | least | {"peak": max(one["peak"] for one in told)}


def stages_of(told):
    """The seconds of the stages of Cutover, as those of others are given."""
    if "stages" in told:
        told["load"] = seconds_of(told, "load", "read", "join", "phrase")
        told["judge"] = seconds_of(told, "judge")
    return told


def build(args):
    """Builds everything; returns the folder of the binaries."""
    target = Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target"))
    if not args.no_build:
        cargo = ["cargo", "build", "--release", "--quiet"]
        environment = {**os.environ, "CARGO_TARGET_DIR": str(target)}
        cutover = ["--bin", "cutover", "--example", "generate", "--example", "stages"]
        subprocess.run([*cargo, *cutover], cwd=ROOT, check=True, env=environment)
        subprocess.run(cargo, cwd=HERE, check=True, env=environment)
    python = args.folder / "venv/bin/python"
    if not python.exists():
        subprocess.run([sys.executable, "-m", "venv", args.folder / "venv"], check=True)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "duckdb"], check=True)
    return target / "release", python


class Violations:
    """What an engine found: for each control the violating facts, and how many there are of each principal and tool."""

    def __init__(self):
        self.triples = defaultdict(set)
        self.pairs = defaultdict(Counter)
        self.whole = True

    @classmethod
    def of_table(cls, path):
        self = cls()
        with open(path) as lines:
            for line in lines:
                control, principal, tool, project = line.rstrip("\n").split("\t")
                self.triples[control].add((principal, tool, project))
                self.pairs[control][principal, tool] += 1
        return self

    @classmethod
    def of_cutover(cls, path):
        """Cutover puts facts of one principal and tool together: `count` says how many, `members` where."""
        self = cls()
        with open(path) as lines:
            told = (one for one in map(json.loads, lines) if "control" in one)
            for violation in told:
                control, pair = violation["control"], (violation["subject"]["id"], violation["resource"]["id"])
                projects = [member["id"] for member in violation["members"]] or ["-"]
                self.pairs[control][pair] += violation["count"]
                self.triples[control].update((*pair, project) for project in projects)
                self.whole &= len(projects) == violation["count"]
        return self

    def only(self, facts):
        """What was found of these facts alone."""
        out = Violations()
        for control, triples in self.triples.items():
            out.triples[control] = triples & facts
            out.pairs[control] = Counter(triple[:2] for triple in out.triples[control])
        return out

    def digest(self, control):
        lines = sorted("\t".join(triple) for triple in self.triples[control])
        return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]

    def compare(self, name, other, controls):
        """Stops the script when the other engine found anything else."""
        for control in controls:
            (mine, its) = (sum(one.pairs[control].values()) for one in (self, other))
            if mine != its:
                differ(control, f"Cutover reports {mine} facts, {name} {its}", self, other)
            if self.pairs[control] != other.pairs[control]:
                differ(control, f"Cutover and {name} report different principals or tools", self, other)
            if self.whole and other.whole and self.digest(control) != other.digest(control):
                differ(control, f"Cutover and {name} report different facts", self, other)


def differ(control, what, one, other):
    first = sorted(one.triples[control] ^ other.triples[control])[:5]
    sys.exit(f"{control}: {what}; the first that only one of them reports: {first}")


def bytes_of(export):
    files = [path for path in export.rglob("*") if path.is_file()]
    return files, sum(path.stat().st_size for path in files)


def floor(files):
    """The seconds to read the bytes into nothing: the second time, so that they are in the page cache."""
    for _ in range(2):
        started = time.perf_counter()
        listed = "\0".join(map(str, files)).encode()
        subprocess.run(["xargs", "-0", "cat"], input=listed, stdout=subprocess.DEVNULL, check=True)
        seconds = time.perf_counter() - started
    return seconds


def seconds_of(stages, *names):
    return sum(stage["seconds"] for stage in stages["stages"] if stage["stage"] in names)


def measure(args, bin, python, millions):
    """Everything at one size."""
    grants = round(millions * 1_000_000)
    export, out = args.folder / f"export-{grants}", args.folder / f"out-{grants}"
    out.mkdir(exist_ok=True)
    if not export.exists():
        run([bin / "examples/generate", export, "--grants", grants])
    files, size = bytes_of(export)
    threads = {"RAYON_NUM_THREADS": str(args.threads)}
    result = {"size": size, "files": len(files), "floor": floor(files), "engines": []}
    controls = sorted(path.stem for path in (HERE / "controls").glob("*.cedar"))
    ten = ["--policies", HERE / "controls", "--control", "RIV-*", "--as-of", DAY]

    def add(name, told, facts="facts"):
        engine = {"name": name, "facts": told[facts]} | {key: told[key] for key in ("load", "judge", "peak")}
        result["engines"].append(engine)
        print("  {name}: {facts:,} facts, load {load:.2f} s, judge {judge:.3f} s".format(**engine), file=sys.stderr)

    jsonl = out / "cutover.jsonl"
    audit = [bin / "cutover", "audit", export, *ten, "--format", "jsonl"]
    audits = [run(audit, quiet=False, **threads) for _ in range(args.runs)]
    result["whole"], result["audit_peak"] = min(audit[1] for audit in audits), max(audit[2] for audit in audits)
    jsonl.write_text(audits[-1][0])
    found = Violations.of_cutover(jsonl)
    stages = [bin / "examples/stages", export, "--as-of", DAY, "--until", "judge", "--json"]
    ours = result["ours"] = best(args.runs, [*stages, *ten[:4]], **threads)
    add("Cutover, ten controls", ours, "grants")
    full = result["full"] = best(args.runs, stages, **threads)
    add(f"Cutover, the {full['stages'][0]['count']} built-in controls", full)

    options = ["--threads", args.threads, "--as-of", DAY, "--sample", args.sample]
    duck = best(args.runs, [python, HERE / "duck.py", export, out, *options])
    if duck["facts"] != ours["grants"]:
        sys.exit(f"Cutover has {ours['grants']} facts, DuckDB {duck['facts']}: its join is another")
    add(f"DuckDB {duck['version']}, ten queries", duck)
    found.compare("DuckDB", Violations.of_table(out / "duckdb.tsv"), controls)

    with open(out / "facts.jsonl") as lines:
        facts = [(fact["principal"], fact["tool"], fact["project"] or "-") for fact in map(json.loads, lines)]
    rivals = [
        ("Authorizer", "authorizer", HERE / "controls", [], args.sample),
        ("regorus, bytecode", "rego", HERE / "rules.rego", [], args.sample),
        ("regorus, interpreter", "rego", HERE / "rules.rego", ["interpreter"], args.sample),
        ("cfn-guard", "guard", HERE / "rules.guard", [out / "guard"], args.sample // 10),
    ]
    for name, binary, policies, more, most in rivals:
        path = out / f"{name.replace(', ', '-')}.tsv"
        add(name, best(args.runs, [bin / binary, out, policies, path, most, *more], **threads))
        found.only(set(facts[:most])).compare(name, Violations.of_table(path), controls)
    count = {control: sum(found.pairs[control].values()) for control in controls}
    result["violations"] = {control: [count[control], found.digest(control)] for control in controls}
    return result


def ratio(times):
    return f"{times:,.0f}" if times >= 100 else f"{times:.1f}" if times >= 10 else f"{times:.2f}"


def table(result):
    """The engines of one size."""
    size, ours = result["size"], result["engines"][0]
    print(f"\n### {ours['facts']:,} grant facts\n")
    print(
        f"{result['files']:,} files, {size / 1e6:,.0f} MB; the floor, all of it read by `cat` into nothing: "
        f"{result['floor']:.2f} s\n"
    )
    print("| engine | facts | load, s | judge, s | facts/s | ratio | peak, MB |\n|---|---|---|---|---|---|---|")
    speed = ours["facts"] / ours["judge"]
    for engine in result["engines"]:
        own = engine["facts"] / engine["judge"]
        print(
            f"| {engine['name']} | {engine['facts']:,} | {engine['load']:.2f} | {engine['judge']:.3f} | {own:,.0f} "
            f"| {ratio(speed / own)} | {engine['peak'] / 1e6:,.0f} |"
        )
    duck = next(engine for engine in result["engines"] if engine["name"].startswith("DuckDB"))
    queries, full = duck["load"] + duck["judge"], result["engines"][1]
    print(
        f"\nThe whole `cutover audit`, files to JSON Lines: {result['whole']:.2f} s, "
        f"{result['audit_peak'] / 1e6:,.0f} MB, {result['whole'] / result['floor']:.1f} times the floor. "
        f"DuckDB's load and queries: {queries:.2f} s, "
        f"{queries / result['whole']:.2f} times as long. Judging by the built-in pack takes "
        f"{full['judge'] / ours['judge']:.2f} times as long as by the ten."
    )
    total = sum(count for count, _ in result["violations"].values())
    print(f"\nAll engines report the same {total:,} violating facts:\n")
    print("| control | facts | SHA-256 of the set, its beginning |\n|---|---|---|")
    for control, (count, digest) in result["violations"].items():
        print(f"| {control} | {count:,} | `{digest}` |")


def costs(results):
    """What a fact costs Cutover at each size."""
    print("\n### Cost of a fact\n\nNanoseconds of wall time for each grant fact; whole: the process `cutover audit`.\n")
    print("| facts | MB | read | join | phrase | judge | judge, built-in pack | whole |")
    print("|---|---|---|---|---|---|---|---|")
    for result in results:
        grants = result["ours"]["grants"]
        each = [seconds_of(result["ours"], stage) for stage in ("read", "join", "phrase")]
        each += [result["ours"]["judge"], result["full"]["judge"], result["whole"]]
        costs = " | ".join(f"{one / grants * 1e9:,.0f}" for one in each)
        print(f"| {grants:,} | {result['size'] / 1e6:,.0f} | {costs} |")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", default="1,3,10,30", help="millions of grant facts, with commas")
    parser.add_argument("--folder", type=Path, help="where exports and results are written")
    parser.add_argument("--runs", type=int, default=1, help="how often each engine runs; the least seconds count")
    parser.add_argument("--threads", type=int, default=2, help="threads for each engine")
    parser.add_argument("--sample", type=int, default=200_000, help="facts for the slow rivals")
    parser.add_argument("--no-build", action="store_true", help="use what is built")
    parser.add_argument("--json", type=Path, help="also write the measurements there")
    args = parser.parse_args()
    args.folder = (args.folder or Path(tempfile.mkdtemp(prefix="rivals-"))).resolve()
    args.folder.mkdir(parents=True, exist_ok=True)
    bin, python = build(args)
    results = []
    for size in args.sizes.split(","):
        print(f"{size} million facts", file=sys.stderr)
        results.append(measure(args, bin, python, float(size)))
        table(results[-1])
    costs(results)
    runs = "those of one run" if args.runs == 1 else f"the least of {args.runs} runs"
    print(LEGEND.format(runs=runs, threads=args.threads, sample=f"{args.sample:,}"))
    if args.json:
        args.json.write_text(json.dumps(results, indent=1))


if __name__ == "__main__":
    main()
