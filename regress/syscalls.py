# Reads strace -f of a whole run: which system calls each role makes once its
# filter is in place, whether any was refused, and which allowed ones are not used.
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
    if re.match(r"(seccomp\(|<\.\.\. seccomp resumed>).*= 0$", rest) and loading.get(pid):
        filtered.add(pid)
        continue
    m = re.match(r"(\w+)\((.*)", rest)
    if not m or pid not in filtered:
        continue
    name = m.group(1)
    used[role_of[pid]][name] += 1
    if re.search(r"= -1 (EACCES|ENOSYS|EPERM)", rest) or "SIGSYS" in rest:
        refused.append((role_of[pid], rest[:100]))

allowed = collections.defaultdict(set)
text = open(source).read()
names = ["parent", "netproc", "dnsproc", "keyproc", "csrproc", "chngproc",
    "certproc", "fileproc", "respproc", "zoneproc"]
short = dict(zip(["PARENT", "NET", "DNS", "KEY", "CSR", "CHNG", "CERT", "FILE",
    "RESP", "ZONE"], names))
table = text[text.index("rule table["):text.index("fatal_names")]
# A row may have several lines, and its names several strings.
table = re.sub(r'" "', "", re.sub(r"\s+", " ", table))
for words, who in re.findall(r'\{ "([^"]+)", ([^,]+), (?:ANY|\{)', table):
    roles = {short[r] for r in re.findall(r"(?<!~)R\((\w+)\)", who)}
    roles |= set(names) if "ALL" in who else {"csrproc", "chngproc", "fileproc"} if "DISK" in who else set()
    for role in roles - {short[r] for r in re.findall(r"~R\((\w+)\)", who)}:
        allowed[role].update(words.split())
for role in names:
    if not used[role]:
        print("FAIL syscalls: nothing seen of %s" % role)
        continue
    outside = set(used[role]) - allowed[role]
    print("%s syscalls: %s uses %d system calls, all in its filter%s" % (
        "FAIL" if outside else "ok", role, len(used[role]), ": not %s" % sorted(outside) if outside else ""))
    print("# %s uses: %s" % (role, " ".join("%s*%d" % c for c in sorted(used[role].items()))))
    print("# %s never used: %s" % (role, " ".join(sorted(allowed[role] - set(used[role])))))
wrong = [r for r in refused]
print("%s syscalls: none refused in an ordinary run%s" % ("FAIL" if wrong else "ok", ": %s" % wrong[:3] if wrong else ""))
sys.exit(1 if wrong else 0)
