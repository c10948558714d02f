# A fault at a call by which any process changes the disk: CLIENT CONF WORK
# MISHAPS.  The programs are linked with mishap-disk.c.  Each fault at each call
# of each process of each kind of run if FAULTS=all (make faults), else some of
# these, which SEED=N chooses.  The process is killed before or after the call,
# or all processes are after it; or the call fails with EIO, ENOSPC, EINTR, or a
# write(2) writes half.
import collections, errno, os, random, re, select, signal, subprocess, sys, time

mishaps = sys.argv.pop()
from faults_runs import *

# How many of all faults of a kind of run are tried.
SOME = 14
tried, hits = collections.Counter(), collections.Counter()

def mishap(*words):
    with open(mishaps, "w") as f: f.write(" ".join(map(str, words)) + "\n")
    os.chmod(mishaps, 0o644)
mishap("none", "-", 0)

def command_of(args):
    command = [client, "-v", "-f", conf, *args]
    if "-K" not in args: command.append("example.com")
    return command
def in_session(sid):
    """Those that run in it, and are no zombies."""
    out = []
    for p in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/stat" % p) as f: text = f.read()
        except OSError: continue
        state, _, _, session = text[text.rindex(")") + 2:].split()[:4]
        if int(session) == sid and state not in "ZX": out.append(int(p))
    return out
def kill_all(sid):
    while True:
        left = in_session(sid)
        if not left: return
        for p in left:
            try: os.kill(p, signal.SIGKILL)
            except ProcessLookupError: pass
        time.sleep(0.002)
def faulty(args, all_of_them):
    """Exit status, messages of a run; processes that wait are killed, and all
    others with them, if it is so."""
    p = subprocess.Popen(command_of(args), stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, start_new_session=True)
    said, end = b"", time.monotonic() + 120
    while True:
        if not select.select([p.stderr], [], [], 120)[0]: break
        more = os.read(p.stderr.fileno(), 65536)
        if not more: break
        said += more
        m = re.search(rb"mishap: waits at \w+ in (\d+)\n", said)
        if m and all_of_them: kill_all(p.pid)
        elif m:
            said = said.replace(b"waits at", b"waited at")
            os.kill(int(m[1]), signal.SIGKILL)
    status = p.wait(max(1, end - time.monotonic()))
    kill_all(p.pid)
    return status, said.decode(errors="replace")

def calls_of(args):
    """[(program, nth, name)] of such a run."""
    mishap("calls", "-", 0)
    _, said = faulty(args, False)
    mishap("none", "-", 0)
    return [(program, int(n), name) for n, program, name in re.findall(
        r"mishap: call (\d+) (\S+) (\w+)", said)]

KINDS = {
    "killed before": ("stop", False), "killed after": ("stopped", False),
    "all killed after": ("stopped", True), "EIO": ("error", errno.EIO),
    "ENOSPC": ("error", errno.ENOSPC), "EINTR": ("error", errno.EINTR),
    "short": ("short", 0),
}
every = os.environ.get("FAULTS") == "all"
only = os.environ.get("SCENARIO", ".*")
chance = random.Random(os.environ.get("SEED", "1"))
for sc in SCENARIOS:
    if not re.fullmatch(only, sc.name): continue
    sc.prepare()
    sc.begin()
    points = calls_of(sc.args)
    report(len(points) > 10, "%s: %d calls that change the disk, in %s" %
        (sc.name, len(points), ", ".join(sorted({p for p, _, _ in points}))))
    # The same call again and again, as in looking for room, counts twice.
    points = [p for i, p in enumerate(points) if every and i % 8 == 0 or
        not all(q[0] == p[0] and q[2] == p[2] == "write"
            for q in points[max(0, i - 1):i + 2])]
    plan = [(p, kind) for p in points for kind in KINDS
        if kind != "short" or "write" in p[2]]
    if not every: plan = chance.sample(plan, min(SOME, len(plan)))
    for (program, nth, call), kind in plan:
        sc.begin()
        old = contents() + [read(combined)]
        how, what = KINDS[kind]
        mishap(how, program, nth, int(what))
        status, said = faulty(sc.args, what is True)
        mishap("none", "-", 0)
        tried[sc.name] += 1
        if "mishap: " not in said: continue
        hits[sc.name] += 1
        name = "%s, %s at %s %d of %s" % (sc.name, kind, call, nth, program)
        expect(whole_files(old, sc.removes), name + ": each file is whole", "")
        sc.check(name, old, status, forgotten(what is True, status,
            contents() != old[:3]))
        left = leftovers()
        expect(left == [], name + ": nothing is left over", str(left))
    report(hits[sc.name] > len(plan) // 2 and not violations[sc.name],
        "%s: %d faults of %d met, each survived" % (sc.name, hits[sc.name],
        tried[sc.name]), "violations: %d" % violations[sc.name])
print("%d faults tried, %d met, %d violations; changes reported twice: %d, not "
    "at all: %d" % (sum(tried.values()), sum(hits.values()),
    sum(violations.values()), len(twice), len(unreported)))
if every:
    for name in twice: print("reported twice: " + name)
    for name in unreported: print("not reported: " + name)
end()
