# Medians over runs in turn: wall and CPU seconds, peak memory, requests and
# connections.
import os, re, shutil, statistics, subprocess, sys, time

client, conf, work, url, log = sys.argv[1:]
RUNS = 9

def read(path):
    with open(path) as f: return f.read()
def descendants(pid):
    out, todo = [], [pid]
    while todo:
        p = todo.pop()
        out.append(p)
        try: children = read("/proc/%d/task/%d/children" % (p, p))
        except OSError: continue
        todo += [int(c) for c in children.split()]
    return out

def pss(pid):
    try: rollup = read("/proc/%d/smaps_rollup" % pid)
    except OSError: return 0
    m = re.search(r"^Pss:\s+(\d+)", rollup, re.M)
    return int(m[1]) if m else 0

def run(argv, memory=False):
    if argv[0] == "uacme":
        # It names its backups by the second.
        time.sleep(1.1)
    t0 = time.monotonic()
    p = subprocess.Popen(argv, stdout=subprocess.DEVNULL,
        stderr=open(work + "/figures.err", "w"))
    peak = 0
    if memory:
        while p.poll() is None:
            peak = max(peak, sum(pss(q) for q in descendants(p.pid)))
        return peak
    _, status, ru = os.wait4(p.pid, 0)
    p.returncode = os.waitstatus_to_exitcode(status)
    return time.monotonic() - t0, ru.ru_utime + ru.ru_stime, p.returncode

ours = [client, "-f", conf]
theirs = ["uacme", "-c", work + "/uacme", "-a", url, "-h", work + "/hook"]
subprocess.run(theirs + ["-y", "-t", "EC", "new"], check=True,
    capture_output=True)
cases = {
    "acme-client, issuance": (ours + ["-F", "example.com"], 0),
    "acme-client, nothing due": (ours + ["example.com"], 2),
    "uacme, issuance": (theirs + ["-f", "-t", "EC", "issue", "example.com"], 0),
    "uacme, nothing due": (theirs + ["-t", "EC", "issue", "example.com"], 1),
}
def measured(name):
    """Wall and CPU seconds of a run, which must end with the case's status."""
    argv, expected = cases[name]
    wall, cpu, status = run(argv)
    if status != expected:
        said = read(work + "/figures.err")[-300:]
        sys.exit("%s: status %d: %s" % (name, status, said))
    return wall, cpu
for name in ("acme-client, issuance", "uacme, issuance"): measured(name)
results = {name: [] for name in cases}
for _ in range(RUNS):
    for name, (argv, _) in cases.items():
        # The first run after a change looks closer.
        if name.startswith("acme-client, nothing"): run(argv)
        results[name].append(measured(name))
def logged(): return len(re.findall(r"(GET|HEAD|POST) /", read(log)))
def requests(argv):
    before = logged()
    run(argv)
    time.sleep(0.2)
    return logged() - before
def connections(argv):
    if not shutil.which("strace"): return "?"
    out = work + "/figures.strace"
    strace = ["strace", "-f", "-qq", "-o", out, "-e", "trace=connect"]
    subprocess.run(strace + argv, capture_output=True)
    port = url.split(":")[2].split("/")[0]
    return read(out).count("htons(%s)" % port)
print("%-28s %9s %9s %9s %9s %12s" % ("medians of %d runs in turn" % RUNS,
    "wall ms", "CPU ms", "PSS KiB", "requests", "connections"))
for name, (argv, _) in cases.items():
    wall = statistics.median(wall for wall, _ in results[name])
    cpu = statistics.median(cpu for _, cpu in results[name])
    peak = max(run(argv, memory=True) for _ in range(3))
    print("%-28s %9.1f %9.1f %9d %9d %12s" % (name, 1000 * wall, 1000 * cpu,
        peak, requests(argv), connections(argv)))
