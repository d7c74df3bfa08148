"""Compares what `cutover graph` answers with what NetworkX makes of the same graph.

Run by graph.sh, with networkx. Writes small random exports, asks, and checks: the shortest ways, what is reached, the exact
dominators behind `choke`, and that DOT, Mermaid and GraphML hold the nodes and edges of the JSON.
"""

import json
import pathlib
import random
import re
import subprocess
import sys

import networkx as nx

cutover, work, rounds = sys.argv[1], pathlib.Path(sys.argv[2]), int(sys.argv[3])
problems = []
checked = {"paths": 0, "reach": 0, "dominators": 0, "formats": 0}
COMPANY = ["directory", "admin", "permissions", "documents", "home"]
PROJECT = ["directory", "budgeting", "commitments", "images", "rfi", "documents"]
LEVELS = ["None", "Read Only", "Standard", "Admin"]


def export(folder, seed):
    dice = random.Random(seed)
    folder.mkdir(parents=True)
    levels = lambda tools: {tool: dice.choice(LEVELS) for tool in tools if dice.random() < 0.8}
    kinds = [("company_tools", COMPANY), ("global", PROJECT)]
    templates = [
        {"id": 100 + n, "name": f"template {n}", "type": kind, "user_access_levels": levels(tools)}
        for n in range(dice.randint(3, 6))
        for kind, tools in [dice.choice(kinds) if n > 1 else kinds[n]]
    ]
    named = lambda kind: [{"id": t["id"], "name": t["name"], "type": t["type"]} for t in templates if t["type"] == kind]
    projects = [{"id": 10 + n, "name": f"project {n}", "active": True} for n in range(dice.randint(1, 5))]
    users = []
    for n in range(dice.randint(2, 7)):
        name = f"bot{n}-{dice.getrandbits(32):08x}"
        users.append({
            "id": 1000 + n, "name": name, "last_name": name, "first_name": None, "is_active": True,
            "email_address": f"{name}@procore.com",
            "company_permission_template": dice.choice(named("company_tools") + [None]),
        })
    write = lambda name, value: (folder / name).write_text(json.dumps(value))
    write("users.json", users)
    write("projects.json", projects)
    write("permission_templates.json", templates)
    (folder / "project_users").mkdir()
    placed = set()
    for project in projects:
        members = [user for user in users if dice.random() < 0.6]
        write(f"project_users/{project['id']}.json", [
            {**{k: user[k] for k in ("id", "name", "email_address")}, "permission_template": dice.choice(named("global"))}
            for user in members
        ])
        placed.update(str(user["id"]) for user in members)
    return placed


def ask(*arguments, form="json"):
    run = subprocess.run([cutover, *map(str, arguments), "--format", form], capture_output=True, text=True)
    if run.returncode != 0:
        problems.append(f"{arguments}: exit {run.returncode}: {run.stderr.strip()[:200]}")
        return None
    return json.loads(run.stdout) if form == "json" else run.stdout


def key(thing):
    return thing["type"], thing["id"]


def read(answer):
    graph = nx.MultiDiGraph()
    names = [key(node) for node in answer["graph"]["nodes"]]
    graph.add_nodes_from(names)
    for edge in answer["graph"]["edges"]:
        graph.add_edge(names[edge["from"]], names[edge["to"]], label=edge["label"])
    return graph


def check(condition, what):
    if not condition:
        problems.append(what)


for seed in range(rounds):
    folder = work / f"export-{seed}"
    placed = export(folder, seed)
    answer = ask("graph", "choke", folder)
    if answer is None:
        continue
    access = read(answer)
    bots = [node for node in access if node[0] in ("ManagedAccount", "LegacyAccount")]
    # Company administrators share a node. One that is a member of no project has no access to project tools through it.
    may_use = lambda bot, node: node[0] == "Tool" and (bot[1] in placed or not node[1].startswith("project/"))

    # Dominators: every edge becomes a node between its ends.
    split = nx.DiGraph()
    split.add_nodes_from(access)
    for a, b, n, label in access.edges(keys=True, data="label"):
        split.add_edge(a, ("edge", a, label, b))
        split.add_edge(("edge", a, label, b), b)
    cuts = {}
    for bot in bots:
        above = nx.immediate_dominators(split, bot)
        for tool in (node for node in nx.descendants(split, bot) if may_use(bot, node)):
            node = tool
            while node != bot:
                node = above[node]
                if node[0] == "edge":
                    cuts[node] = cuts.get(node, 0) + 1
    ours = {("edge", key(e["why"][0]["from"]), e["why"][0]["edge"], key(e["why"][0]["to"])): e["cuts"] for e in answer["entries"]}
    check(ours == cuts, f"{folder}: choke differs: {set(ours.items()) ^ set(cuts.items())}")
    checked["dominators"] += len(cuts)

    # What is reached, and the shortest ways.
    for bot in bots[:3]:
        reached = nx.descendants(access, bot)
        answer = ask("graph", "reach", folder, bot[1])
        if answer:
            tools = {key(entry["thing"]) for entry in answer["entries"] if entry["thing"]["type"] == "Tool"}
            check(tools == {node for node in reached if may_use(bot, node)}, f"{folder}: reach of {bot} differs")
            checked["reach"] += len(tools)
        for tool in sorted(node for node in access if node[0] == "Tool")[:4]:
            answer = ask("graph", "path", folder, bot[1], tool[1])
            if answer and tool in reached and may_use(bot, tool):
                steps = answer["entries"][0]["why"]
                check(len(steps) == nx.shortest_path_length(access, bot, tool), f"{folder}: {bot} to {tool} is longer")
                check(all(access.has_edge(key(s["from"]), key(s["to"])) for s in steps), f"{folder}: a step that is no edge")
                checked["paths"] += 1

    # The drawings, and the parts that hang together.
    whole = ask("graph", folder)
    if whole:
        graph = read(whole)
        size = (graph.number_of_nodes(), graph.number_of_edges())
        graphml = work / f"{seed}.graphml"
        graphml.write_text(ask("graph", folder, form="graphml"))
        again = nx.read_graphml(graphml, force_multigraph=True)
        check((again.number_of_nodes(), again.number_of_edges()) == size, f"{folder}: GraphML has another size")
        parts = nx.number_weakly_connected_components
        check(parts(again) == parts(graph), f"{folder}: GraphML hangs together otherwise")
        dot = ask("graph", folder, form="dot")
        found = (len(re.findall(r"^  n\d+ \[label=", dot, re.M)), len(re.findall(r"^  n\d+ -> n\d+ ", dot, re.M)))
        check(found == size, f"{folder}: DOT has {found}, not {size}")
        mermaid = ask("graph", folder, form="mermaid")
        found = (len(re.findall(r'^  n\d+\["[^"]*"\]$', mermaid, re.M)), len(re.findall(r'^  n\d+ -->\|"[^"]*"\| n\d+$', mermaid, re.M)))
        check(found == size, f"{folder}: Mermaid has {found}, not {size}")
        (work / f"{seed}.dot").write_text(dot)
        (work / f"{seed}.mermaid").write_text(mermaid)
        (work / f"{seed}.size").write_text("{} {}".format(*size))
        checked["formats"] += 3

print(f"graph: {rounds} random exports; checked with NetworkX {nx.__version__}: {checked}")
for problem in problems[:20]:
    print(f"graph: {problem}")
sys.exit(bool(problems) or not all(checked.values()))
