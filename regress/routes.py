"""The routing table, from the text of acme-client.h and msg-routes.c.

python3 routes.py --check|--write TOP: is ARCHITECTURE.md's table of who may
say what made from it?  Who speaks to whom, in which runs, by which messages:
that is written from the routing table.  The last column, what it is about, is
kept by hand: a row without it is an error.
"""
import re, sys

from c_enum import enum

ALL_MODES = ("RENEW LIST MONITOR REVOKE RESTORE INSTALL HOOK VERIFY ROLLOVER "
    "CONTACT DEACTIVATE ADOPT SHOW".split())

# ROUTE(name, senders, receiver, modes, "shape", limit),
ROUTE = re.compile(r"\t(ROUTE|BY_JOB)\(\s*(\w+),\s*([^;]*?),\s*(\w+),\s*"
    r'([^"]*?),\s*"([^"]*)",\s*([^;]*?)\),\n')
class Route: pass

def read(path):
    with open(path) as f: return f.read()

def table(top):
    """{name: Route}, in the table's order; ANY_MODE is all but that of names
    alone."""
    number = enum(top + "/acme-client.h", "msgtype")
    text = read(top + "/msg-routes.c")
    def modes(e):
        e = e.strip()
        if e in ("ANY_MODE", "*"): return set(ALL_MODES)
        found = set(re.findall(r"M\((\w+)\)", e))
        others = re.sub(r"M\(\w+\)", "", e)
        for n in re.findall(r"\b([A-Z_]{3,})\b(?!\()", others):
            d = re.search(r"#define %s\s+(.*)" % n, text)
            found |= modes(d.group(1)) if d else set()
        return found
    routes = {}
    for m in ROUTE.finditer(text):
        r = Route()
        r.name, r.type = m.group(2), number[m.group(2)]
        r.by_job = m.group(1) == "BY_JOB"
        r.sender = set(re.findall(r"FROM\((\w+)\)", m.group(3)))
        r.to = m.group(4).replace("ROLE_", "")
        r.modes, r.shape = modes(m.group(5)), m.group(6)
        routes[r.name] = r
    missing = set(number) - set(routes) - {"MSG__MAX"}
    if missing or len(routes) < 60:
        raise SystemExit("the routing table is not understood: %s" %
            sorted(missing))
    return routes

NAMES = {"CERT": "certproc", "FILE": "fileproc", "ANY_ROLE": "all"}
RUNS = dict(zip(ALL_MODES + ["NAMES"], "n l m r B i h v K U D e t c".split()))
HEAD = ["| from | to | messages | what it is about |", "|---|---|---|---|"]

def runs(modes):
    if modes == set(ALL_MODES): return "all"
    return "".join(letter for mode, letter in RUNS.items() if mode in modes)

def pairs(routes):
    """{(from, to): text of the messages}"""
    def process(role): return NAMES.get(role, role.lower())
    found = {}
    for r in routes.values():
        name = r.name + ("\\*" if r.by_job else "")
        for sender in sorted(r.sender):
            groups = found.setdefault((process(sender), process(r.to)), {})
            groups.setdefault(runs(r.modes), []).append(name)
    texts = {}
    for pair, groups in found.items():
        parts = ["%s: %s" % (w, " ".join(names)) for w, names in groups.items()]
        texts[pair] = "; ".join(parts)
    return texts

def rows(routes, written):
    """The table, in the order in which the page has it, and what is wrong with
    its last column."""
    said, wrong, out = {}, [], []
    for line in written:
        cells = [c.strip() for c in line.strip("| ").split(" | ", 3)]
        if len(cells) == 4: said[cells[0], cells[1]] = cells[3]
    messages = pairs(routes)
    known = [p for p in said if p in messages]
    for pair in known + [p for p in messages if p not in said]:
        if not said.get(pair):
            wrong.append("%s to %s: what is it about?" % pair)
        out.append("| %s | %s | %s | %s |" %
            (*pair, messages[pair], said.get(pair, "")))
    return out, wrong

def main(what, top):
    page = top + "/ARCHITECTURE.md"
    lines = read(page).split("\n")
    first = lines.index(HEAD[0]) + len(HEAD)
    end = first
    while lines[end].startswith("|"): end += 1
    made, wrong = rows(table(top), lines[first:end])
    if what == "--write":
        with open(page, "w") as f:
            f.write("\n".join(lines[:first] + made + lines[end:]))
    else:
        old = lines[first:end]
        wrong += ["not: " + line for line in old if line not in made]
        wrong += ["but: " + line for line in made if line not in old]
    print("\n".join(wrong), end="")

if __name__ == "__main__": main(*sys.argv[1:])
