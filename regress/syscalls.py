# Reads strace -f of a whole run: which system calls each role makes once its
# filter is in place, whether any was refused, and which allowed ones are not
# used.
import collections, re, sys

trace, source = sys.argv[1:]
role_of, filtered, loading = {}, set(), {}
used, refused = collections.defaultdict(collections.Counter), []
for line in open(trace, errors="replace"):
    pid, _, rest = line.partition(" ")
    rest = rest.strip()
    m = re.match(r'execve\("[^"]*/\w+proc", \["(\w+proc)", "[0-9a-f]{16}', rest)
    if m:
        role_of[pid] = m.group(1)
        filtered.discard(pid)
    role_of.setdefault(pid, "parent")
    if rest.startswith("seccomp("):
        loading[pid] = "SECCOMP_SET_MODE_FILTER" in rest and "filter=0x" in rest
    done = re.match(r"(seccomp\(|<\.\.\. seccomp resumed>).*= 0$", rest)
    if done and loading.get(pid):
        filtered.add(pid)
        continue
    m = re.match(r"(\w+)\((.*)", rest)
    if not m or pid not in filtered:
        continue
    name = m.group(1)
    used[role_of[pid]][name] += 1
    if re.search(r"= -1 (EACCES|ENOSYS|EPERM)", rest) or "SIGSYS" in rest:
        refused.append((role_of[pid], rest[:100]))

# One row each; the names of the filter's roles, and those of the processes.
ROLES = {
    "PARENT": "parent",
    "NET": "netproc",
    "DNS": "dnsproc",
    "KEY": "keyproc",
    "CSR": "csrproc",
    "CHNG": "chngproc",
    "CERT": "certproc",
    "FILE": "fileproc",
    "RESP": "respproc",
    "ZONE": "zoneproc",
}
DISK = {"csrproc", "chngproc", "fileproc"}

def roles_of(expression):
    """The processes in a row's second member, such as "ALL & ~R(DNS)"."""
    roles = {ROLES[r] for r in re.findall(r"(?<!~)R\((\w+)\)", expression)}
    if "ALL" in expression:
        roles |= set(ROLES.values())
    elif "DISK" in expression:
        roles |= DISK
    return roles - {ROLES[r] for r in re.findall(r"~R\((\w+)\)", expression)}

# A row goes on over several lines, and so does its string.
ROW = r'\{ ((?:"[^"]*"\s*)+),\s*([^,]+),\s*(?:ANY|\{)'
text = open(source).read()
table = text[text.index("rule table["):text.index("fatal_names")]
rows = re.findall(ROW, table)
if len(rows) != table.count('{ "'):
    sys.exit("FAIL syscalls: %d of %d rows of %s read" %
        (len(rows), table.count('{ "'), source))
allowed = collections.defaultdict(set)
for strings, expression in rows:
    for role in roles_of(expression):
        allowed[role].update("".join(re.findall(r'"([^"]*)"', strings)).split())

def tell(name, wrong):
    print("%s syscalls: %s" % ("FAIL" if wrong else "ok", name + wrong))

for role in ROLES.values():
    if not used[role]:
        tell("nothing seen of ", role)
        continue
    outside = sorted(set(used[role]) - allowed[role])
    tell("%s uses %d system calls, all in its filter" % (role, len(used[role])),
        ": not %s" % outside if outside else "")
    counts = ["%s*%d" % c for c in sorted(used[role].items())]
    print("# %s uses: %s" % (role, " ".join(counts)))
    unused = sorted(allowed[role] - set(used[role]))
    print("# %s never used: %s" % (role, " ".join(unused)))
tell("none refused in an ordinary run",
    ": %s" % refused[:3] if refused else "")
sys.exit(1 if refused else 0)
