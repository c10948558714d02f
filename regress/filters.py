# The system call filters against their text: runs each program of each
# architecture, as the kernel would, for every number and for arguments at and
# beside those that matter. Arguments: the program filter-make, the directory
# with the texts, architectures.
import itertools, re, subprocess, sys

make, texts = sys.argv[1:3]
ROLES = ["parent", "netproc", "dnsproc", "keyproc", "csrproc", "chngproc",
    "certproc", "fileproc", "zoneproc", "respproc"]
ALLOW, TRAP, KILL = 0x7fff0000, 0x00030000, 0x80000000
ERRNO_0, EACCES, ENOSYS = 0x00050000, 0x0005000d, 0x00050026
ARCH = {
    "x86_64": 0xc000003e,
    "aarch64": 0xc00000b7,
    "arm": 0x40000028,
    "i386": 0x40000003,
    "riscv64": 0xc00000f3,
    "ppc64le": 0xc0000015,
    "s390x": 0x80000016,
}
ALL_ONES = (1 << 64) - 1
failed = False

def report(ok, name, why=""):
    global failed
    failed |= not ok
    if ok: print("ok filters: " + name)
    else: print("FAIL filters: " + name + ": " + why)

def run(rows, arch, nr, args, big):
    """What the program answers: classic BPF over struct seccomp_data."""
    data = [nr, arch, 0, 0]
    for a in args:
        halves = [a & 0xffffffff, a >> 32]
        data += halves[::-1] if big else halves
    acc = at = 0
    while True:
        code, jt, jf, k = rows[at]
        at += 1
        if code == 0x20: acc = data[k // 4]
        elif code == 0x54: acc &= k
        elif code == 0x06: return k
        elif code == 0x05: at += k
        else:
            hit = {0x15: acc == k, 0x25: acc > k, 0x35: acc >= k}[code]
            at += jt if hit else jf

def read_text(text):
    """{number: (answers by role, [(conditions, roles)])}"""
    table, nr = {}, None
    for line in text.splitlines():
        if line.startswith("#"): continue
        if line.startswith("\tif "):
            words, who = line[4:].split(":")
            conds = []
            for c in words.split(", "):
                m = re.fullmatch(r"arg(\d) (=|<=) (0x[0-9a-f]+)", c.strip())
                if m: conds.append((int(m[1]), m[2], int(m[3], 16), 0))
                else:
                    m = re.fullmatch(r"arg(\d) & (0x[0-9a-f]+) = (0x[0-9a-f]+)",
                        c.strip())
                    conds.append((int(m[1]), "&", int(m[3], 16), int(m[2], 16)))
            table[nr][1].append((conds, who.split()))
        else:
            number, rest = line.split("\t")
            nr = int(number)
            assert nr not in table, "number %d is there twice" % nr
            table[nr] = (rest.split()[:len(ROLES)], [])
    return table

def holds(cond, args):
    n, op, value, mask = cond
    if op == "=": return args[n] == value
    if op == "<=": return args[n] <= value
    return args[n] & mask == value

# "?": it depends on the arguments.
ANSWERS = {"+": ALLOW, "-": EACCES, "0": ERRNO_0, "!": TRAP, ".": ENOSYS}
def expected(entry, i, args):
    answers, rules = entry
    if answers[i] != "?": return ANSWERS[answers[i]]
    for conds, who in rules:
        if ROLES[i] in who and all(holds(c, args) for c in conds): return ALLOW
    return ENOSYS

def samples(rules):
    """Argument vectors: for each argument what the conditions name, beside it,
    and in the other half."""
    values = [{0, 1, 0x123456789} for _ in range(6)]
    for conds, _ in rules:
        for n, _, value, mask in conds:
            values[n] |= {value, value + 1, max(value - 1, 0),
                value | 1 << 32, value << 32 & ALL_ONES, ALL_ONES}
            for bit in range(64):
                if mask >> bit & 1 and bin(mask).count("1") < 20:
                    values[n].add(value ^ 1 << bit)
                if mask and not mask >> bit & 1 and bin(mask).count("1") > 44:
                    values[n].add(value | 1 << bit)
    used = sorted({c[0] for conds, _ in rules for c in conds})
    for chosen in itertools.product(*(sorted(values[n]) for n in used)):
        args = [0xdeadbeef00000000 + n for n in range(6)]
        for n, v in zip(used, chosen): args[n] = v
        yield args

def output_of(argv):
    done = subprocess.run(argv, check=True, capture_output=True, text=True)
    return done.stdout
def programs(arch):
    c = output_of([make, arch] + ROLES)
    found = {}
    definition = r"static const struct sock_filter (\w+)\[\] = \{\n(.*?)\};"
    for name, body in re.findall(definition, c, re.S):
        found[name] = [tuple(int(x, 0) for x in row)
            for row in re.findall(r"\{ (\w+), (\w+), (\w+), (\w+) \}", body)]
    return found

def differences(arch, text, most=3):
    table, found, out = read_text(text), programs(arch), []
    big = arch == "s390x"
    numbers = sorted({*range(1200), *table, *range(0xf0000, 0xf0010),
        5000, 0x3fffffff, 0xffffffff})
    same_always = [[0] * 6, [ALL_ONES] * 6]
    for i, role in enumerate(ROLES):
        for nr in numbers:
            entry = table.get(nr, (["."] * len(ROLES), []))
            depends = entry[0][i] == "?"
            for args in samples(entry[1]) if depends else same_always:
                got = run(found[role], ARCH[arch], nr, args, big)
                if got != expected(entry, i, args):
                    out.append("%s: %d with %s: %#x" %
                        (role, nr, [hex(a) for a in args], got))
                    if len(out) == most: return out
        if run(found[role], 0x1234, 0, [0] * 6, big) != KILL:
            out.append("%s: another architecture is let in" % role)
        if arch != "x86_64": continue
        if run(found[role], ARCH[arch], 0x40000000, [0] * 6, big) != KILL:
            out.append("%s: x32 is let in" % role)
    return out

for arch in sys.argv[3:]:
    with open("%s/%s.txt" % (texts, arch)) as f: text = f.read()
    made = output_of([make, arch])
    report(text == made, "%s: the text is of today's table" % arch,
        "make it anew: filter-make %s >regress/filters/%s.txt" % (arch, arch))
    wrong = differences(arch, text)
    report(not wrong, "%s: the programs do what the text says" % arch,
        str(wrong))
    # A text with one answer changed must be found out, or this tests nothing.
    lines = text.splitlines()
    n = next(i for i, l in enumerate(lines) if l.endswith(" unlinkat"))
    refused = lines[n].replace("+", "-", 1)
    for a, b in (lines[n], refused), ("arg2 <= 0x6", "arg2 <= 0x7"):
        report(bool(differences(arch, text.replace(a, b, 1), 1)),
            "%s: a wrong text is found: %s" % (arch, b.split()[-1]))
sys.exit(1 if failed else 0)
