"""Reads plans as a calendar, a web page and a spreadsheet would, and compares what it finds with the plan in JSON.

Run by plan.sh, with the packages icalendar, markdown-it-py and linkify-it-py.
"""

import csv
import datetime
import json
import pathlib
import re
import sys

import icalendar
from markdown_it import MarkdownIt

problems = []


def check(condition, path, what):
    if not condition:
        problems.append(f"{path.name}: {what}")


def calendar(path, plan):
    text = path.read_bytes()
    check(all(len(line) <= 75 for line in text.split(b"\r\n")), path, "a line of more than 75 bytes")
    read = icalendar.Calendar.from_ical(text)
    check(not read.errors, path, read.errors)
    events = read.walk("VEVENT")
    check(len(read.subcomponents) == len(events), path, "more than events")
    check(len({str(event["UID"]) for event in events}) == len(events), path, "an id of two events")
    for event in events:
        check(not event.errors, path, event.errors)
        begin, end = event.decoded("DTSTART"), event.decoded("DTEND")
        check(type(begin) is datetime.date and type(end) is datetime.date and begin < end, path, f"{begin} to {end}")
        check(str(event.decoded("DTSTAMP").date()) == plan["as_of"], path, "another day than the plan's")
    waves = [event for event in events if str(event["SUMMARY"]).startswith("Wave ")]
    days = [(str(event.decoded("DTSTART")), str(event.decoded("DTEND") - datetime.timedelta(days=1))) for event in waves]
    check(days == [(wave["from"], wave["to"]) for wave in plan["waves"]], path, f"waves on {days}")


def runbook(path, plan):
    # As GitHub reads it: tables, bare addresses as links, HTML.
    reader = MarkdownIt("gfm-like", {"html": True, "linkify": True})
    html = reader.render(path.read_text())
    tags = set(re.findall(r"<([a-z0-9]+)", html))
    expected = {"h1", "h2", "h3", "ul", "li", "p", "strong", "code", "table", "thead", "tbody", "tr", "th", "td"}
    check(tags <= expected, path, f"holds {sorted(tags - expected)}")
    # What is not code, where mentions, references and formulas are looked for.
    prose = re.sub(r"<code>.*?</code>", "", html, flags=re.S)
    check(not re.search(r"(?<!\w)@\w|(?<!&)#\d|\$\w", prose), path, "holds a mention, a reference or a formula")
    columns = {"Account": 8, "Wave": 5, "After": 4}
    for table in re.findall(r"<table>.*?</table>", html, flags=re.S):
        widths = {len(re.findall(r"<t[hd]", row)) for row in re.findall(r"<tr>.*?</tr>", table, flags=re.S)}
        first = re.search(r"<th>(\w+)", table).group(1)
        check(widths == {columns[first]}, path, f"a table {first} of {widths} columns")
    steps = sum(len(account["steps"]) for account in plan["accounts"])
    overdue = sum(step["state"] == "overdue" for step in (plan.get("progress") or {"steps": []})["steps"])
    check(html.count("<li>[ ] ") == steps + overdue, path, f"{html.count('<li>[ ] ')} boxes for {steps} steps")


def table(path, plan):
    with path.open(newline="") as file:
        rows = list(csv.DictReader(file, restkey="more", strict=True))
    check(all("more" not in row and None not in row.values() for row in rows), path, "rows of different width")
    check(all(not cell.startswith(("=", "+", "-", "@", "\t", "\r")) for row in rows for cell in row.values()), path, "a formula")
    steps = [step for account in plan["accounts"] for step in account["steps"]]
    check(len([row for row in rows if row["step"]]) == len(steps), path, "not one row for each step")


def main(folder):
    names = sorted(folder.glob("*.json"))
    for name in names:
        plan = json.loads(name.read_text())
        calendar(name.with_suffix(".ics"), plan)
        runbook(name.with_suffix(".markdown"), plan)
        table(name.with_suffix(".csv"), plan)
    for problem in problems:
        print("plan:", problem)
    print(f"plan: icalendar, markdown-it and csv read {len(names)} plans, {len(problems)} problems")
    return 1 if problems or not names else 0


sys.exit(main(pathlib.Path(sys.argv[1])))
