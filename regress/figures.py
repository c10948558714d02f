# Medians over runs in turn: wall and CPU seconds, peak memory, requests and connections.
import os, re, shutil, statistics, subprocess, sys, time

client, conf, work, url, log = sys.argv[1:]
RUNS = 9

def descendants(pid):
    out, todo = [], [pid]
    while todo:
        p = todo.pop()
        out.append(p)
        try: todo += [int(c) for c in open("/proc/%d/task/%d/children" % (p, p)).read().split()]
        except OSError: pass
    return out

def pss(pid):
    try: return int(re.search(r"^Pss:\s+(\d+)", open("/proc/%d/smaps_rollup" % pid).read(), re.M).group(1))
    except (OSError, AttributeError): return 0

def run(argv, memory=False):
    if argv[0] == "uacme":
        time.sleep(1.1)     # it names its backups by the second
    t0 = time.monotonic()
    p = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=open(work + "/figures.err", "w"))
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
subprocess.run(theirs + ["-y", "-t", "EC", "new"], check=True, capture_output=True)
cases = {
    "acme-client, issuance": (ours + ["-F", "example.com"], 0),
    "acme-client, nothing due": (ours + ["example.com"], 2),
    "uacme, issuance": (theirs + ["-f", "-t", "EC", "issue", "example.com"], 0),
    "uacme, nothing due": (theirs + ["-t", "EC", "issue", "example.com"], 1),
}
for name in ("acme-client, issuance", "uacme, issuance"):
    w = run(cases[name][0])
    if w[2] != 0: sys.exit("%s: status %d: %s" % (name, w[2], open(work + "/figures.err").read()[-300:]))
results = {name: [] for name in cases}
for _ in range(RUNS):
    for name, (argv, status) in cases.items():
        if name.startswith("acme-client, nothing"): run(argv)   # the first one after a change looks closer
        w = run(argv)
        if w[2] != status: sys.exit("%s: status %d: %s" % (name, w[2], open(work + "/figures.err").read()[-300:]))
        results[name].append(w)
def requests(argv):
    before = len(re.findall(r"(GET|HEAD|POST) /", open(log).read()))
    run(argv)
    time.sleep(0.2)
    return len(re.findall(r"(GET|HEAD|POST) /", open(log).read())) - before
def connections(argv):
    out = work + "/figures.strace"
    subprocess.run(["strace", "-f", "-qq", "-o", out, "-e", "trace=connect"] + argv, capture_output=True)
    return sum(1 for l in open(out) if "htons(%s)" % url.split(":")[2].split("/")[0] in l)
print("%-28s %9s %9s %9s %9s %12s" % ("medians of %d runs in turn" % RUNS, "wall ms", "CPU ms", "PSS KiB", "requests", "connections"))
for name, (argv, _) in cases.items():
    print("%-28s %9.1f %9.1f %9d %9d %12s" % (name, 1000 * statistics.median(r[0] for r in results[name]),
        1000 * statistics.median(r[1] for r in results[name]), max(run(argv, True) for _ in range(3)), requests(argv),
        connections(argv) if shutil.which("strace") else "?"))
