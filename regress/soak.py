# Simulated months of acme-client -a, which cron(8) runs every eight hours:
# CLIENT WORK MISHAPS PORT PLAIN-PORT HANDLES DAYS.  A third of the certificates
# each live 6, 47 and 90 days.  The CA (soak_ca.py) fails 1 % of
# all requests, 10 % from the first 0.4 of the time to 0.6, is not there for
# three days at 0.7, and at 0.85 revokes what it has issued in a day.  The
# programs are linked with mishap.c, which moves their clock.  Prints a table by
# twelfths of the time, a picture by weeks, and a line for each assertion.
import collections, ctypes, os, random, resource, subprocess, sys, time

from soak_ca import CA, DAY, HOUR, LIVES, der_of, elements

client, work, mishaps, port, plain_port = sys.argv[1:6]
handles, days = int(sys.argv[6]), int(sys.argv[7])
EVERY, PERIODS, OUTAGE = 8 * HOUR, 12, 3 * DAY
# If the CA was there in so many runs, failures of each are no excuse.
ATTEMPTS = 6
HARD, CALM, OUT, REVOKED = 0.4 * days, 0.6 * days, 0.7 * days, 0.85 * days
conf = work + "/soak.conf"
failed = False
# Processes that acme-client leaves to its parent are counted, too.
ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)

def report(ok, name, why=""):
    global failed
    failed |= not ok
    print(("ok soak: " + name) if ok else
        "FAIL soak: %s: %s" % (name, why), flush=True)

class Handle:
    def __init__(self, n):
        self.name = "h%04d" % n
        self.host = self.name + ".example.com"
        self.profile = list(LIVES)[n % 3]
        self.names = [self.host] + ["www." + self.host] * (n % 10 == 0)
        self.rotate, self.asks = n // 3 % 2 == 1, n % 20 == 0
        self.pem = work + "/certs/%s.pem" % self.name
        self.key = work + "/keys/%s.key" % self.name
        self.seen = self.cert = None
        self.counted = False    # That it expired.
    def section(self):
        return 'domain %s {\n\tdomain name %s\n%s\tdomain key "%s" ecdsa%s\n' \
            '\tdomain full chain certificate "%s"\n\tchallengedir "%s"\n' \
            '\tprofile %s\n%s}\n' % (self.name, self.host,
            "\talternative names { %s }\n" % " ".join(self.names[1:])
            if self.names[1:] else "", self.key, " rotate" * self.rotate,
            self.pem, work + "/www", self.profile,
            "\tcheck revocation\n" * self.asks)
    def changed(self):
        """The certificate before, if there is another one now; else None."""
        try: st = os.stat(self.pem)
        except FileNotFoundError: return None
        seen = st.st_ino, st.st_mtime_ns
        if seen == self.seen: return None
        self.seen, before = seen, self.cert
        with open(self.pem, "rb") as f: pem = f.read()
        end = b"-----END CERTIFICATE-----\n"
        leaf = elements(elements(der_of(pem[:pem.index(end) + len(end)]))[0][2])
        self.cert = ca.by_serial[int.from_bytes(leaf[1][1], "big")]
        self.counted = False
        return before or self.cert

for d, mode in (("ca", 0o755), ("keys", 0o700), ("certs", 0o755),
    ("account", 0o700), ("state", 0o700), ("www", 0o755)):
    os.makedirs(work + "/" + d, mode, exist_ok=True)
began = time.time()
ca = CA(work + "/ca", work + "/www", int(port), int(plain_port),
    300 * handles // 1000, began)
all_handles = [Handle(n) for n in range(handles)]
with open(conf, "w") as f:
    f.write("""state directory "%(w)s/state"
authority soak {
	api url "https://localhost:%(p)s/dir"
	account key "%(w)s/account/account.pem"
	ca file "%(w)s/tls.pem"
	root file "%(w)s/ca/root.pem"
}
""" % dict(w=work, p=port))
    for h in all_handles: f.write(h.section())

def used():
    r = resource.getrusage(resource.RUSAGE_CHILDREN)
    return r.ru_utime + r.ru_stime
peaks, running = collections.Counter(), 0
def look_at(pid):
    """Notes the peaks of this process and those below it, in KiB, by name."""
    try:
        with open("/proc/%d/status" % pid) as f: text = f.read()
        with open("/proc/%d/task/%d/children" % (pid, pid)) as f:
            below = f.read()
    except OSError: return
    fields = dict(l.split(":", 1) for l in text.splitlines())
    name, kib = fields["Name"].strip(), fields.get("VmHWM", "0").split()[0]
    peaks[name] = max(peaks[name], int(kib))
    for child in below.split(): look_at(int(child))
ca.look = lambda: running and look_at(running)

def run(at):
    """Exit status; $work/err has the messages."""
    global running
    ca.offset, ca.run, ca.of_run = at - time.time(), ca.run + 1, 0
    with open(mishaps, "w") as f: f.write("time - %d 0\n" % ca.offset)
    running = os.posix_spawn(client, [client, "-f", conf, "-a"], {},
        file_actions=[(os.POSIX_SPAWN_OPEN, fd, name, os.O_RDWR | os.O_CREAT |
            os.O_TRUNC * (fd == 2), 0o600) for fd, name in enumerate(
            ("/dev/null", "/dev/null", work + "/err"))])
    pid, status = running, None
    while True:
        try: ended, code = os.wait()
        except ChildProcessError: break
        if ended == pid: status, running = os.waitstatus_to_exitcode(code), 0
    return status
def on_disk():
    """Files and bytes of all that acme-client keeps."""
    names = [os.path.join(d, f) for top in ("keys", "certs", "account", "state",
        "www") for d, _, files in os.walk(work + "/" + top) for f in files]
    return len(names), sum(os.path.getsize(f) for f in names)

class Period:
    """A twelfth of the time."""
    def __init__(self):
        self.before, self.runs, self.cpu = collections.Counter(ca.count), 0, 0
        self.status = collections.Counter()
        self.expired, self.lost = 0, 0
        peaks.clear()
    def end(self):
        self.count = ca.count - self.before
        self.files, self.bytes = on_disk()
        self.peaks = dict(peaks)
        self.largest = max(peaks.values(), default=0)
        self.asked = self.count["ari"] + self.count["list.crl"]
        issued = self.count["issued"]
        self.each = (self.count["requests"] - self.asked) / issued if issued \
            else 0
        self.limits = sum(n for k, n in self.count.items() if k[:3] == "429")

class Week:
    def __init__(self):
        self.issued = self.requests = self.failed = self.expired = 0
weeks = [Week() for _ in range((days + 6) // 7)]

chance = random.Random(2)
periods, period, met_ca = [], None, []
could, no_chance, replaced, wrong, odd = [], [], [], [], []
doomed, pending, calm_since = None, False, began
k = 0
while k * EVERY < days * DAY:
    if k * EVERY >= len(periods) * days * DAY / PERIODS:
        if period: period.end()
        period = Period()
        periods.append(period)
    at = began + k * EVERY + chance.randrange(60) * 60
    k += 1
    day = (at - began) / DAY
    ca.rate = 0.1 if HARD <= day < CALM else 0.01
    ca.down = OUT <= day < OUT + OUTAGE / DAY
    ca.offset = at - time.time()
    # One that was issued may not be installed yet.
    if day >= REVOKED and not doomed:
        ca.revoke_of_a_day()
        doomed = [h for h in all_handles if h.cert and h.cert.revoked]
    for h in all_handles:
        if h.cert is None or h.counted or h.cert.ends > at: continue
        h.counted = True
        # A client may choose any time in the CA's window; then it could renew
        # in each run that met the CA, if that did not fail this very order.
        from_then = ca.window(h.cert)[1]
        met = [failed for t, failed in met_ca if from_then <= t < h.cert.ends]
        fair = sum(h.host not in failed for failed in met)
        period.expired += 1
        weeks[int(day) // 7].expired += 1
        lost = fair > 0 or len(met) >= ATTEMPTS
        period.lost += lost
        (could if lost else no_chance).append(
            "%s (%s) on day %.1f: %d runs, %d without a fault" % (h.name,
            h.profile, (h.cert.ends - began) / DAY, len(met), fair))
    ca.failed = set()
    if not ca.down: met_ca.append((at, ca.failed))
    before, cpu = collections.Counter(ca.count), used()
    status = run(at)
    week, now = weeks[min(int(day) // 7, len(weeks) - 1)], ca.count - before
    week.issued += now["issued"]
    week.requests += now["requests"] - now["ari"] - now["list.crl"]
    week.failed += status == 1
    period.runs += 1
    period.cpu += used() - cpu
    period.status[status] += 1
    with open(work + "/err") as f: said = f.read()
    changed = 0
    for h in all_handles:
        old = h.changed()
        if old is None: continue
        changed += 1
        if sorted(h.cert.names) != sorted(h.names): wrong.append(h.name)
        if old.revoked: replaced.append((max(0, at - old.revoked) / HOUR,
            old.spki != h.cert.spki))
    pending |= changed > 0
    # A run that has failed says why, one that has not says nothing, and a
    # change is reported by the first that has not failed.
    right = {0: pending, 1: said != "", 2: not pending}.get(status, False)
    if not right:
        odd.append("run %d: status %s, %d changed, said: %s" % (k, status,
            changed, said[-300:]))
    if status == 0: pending = False
    # Long after the last fault, there is nothing to complain about.
    trouble = ca.down or ca.count["faults"] > before["faults"] or \
        ca.count["failed validations"] > before["failed validations"] or any(
        ca.count[c] > before[c] for c in ca.count if c[:3] == "429") or \
        "within 5 seconds" in said   # A busy machine makes the CA late.
    if trouble: calm_since = at
    elif at - calm_since > 2 * DAY and status == 1:
        odd.append("run %d: failed in a calm: %s" % (k, said[-300:]))
    if "-v" in os.environ.get("SOAK", ""):
        print("# day %.1f status %d changed %d requests %d err %d" % (day,
            status, changed, ca.count["requests"] - before["requests"],
            len(said)), file=sys.stderr, flush=True)
period.end()
end = began + days * DAY

# The table.
print("%d handles, %d days, %d runs, %d certificates, %d requests" % (handles,
    days, k, ca.count["issued"], ca.count["requests"]))
ROW = "%4s %4s %6s %5s %6s %5s %4s %5s %5s %5s %5s %6s %5s"
print(ROW % ("day", "fail", "issued", "req.", "faults", "inval", "429", "expir",
    "avoid", "runs1", "MiB", "files", "ms"))
for i, p in enumerate(periods):
    first = i * days / PERIODS
    middle = first + days / PERIODS / 2
    print(ROW % (int(first), "10 %" if HARD <= middle < CALM else "1 %",
        p.count["issued"], "%.2f" % p.each, p.count["faults"],
        p.count["failed validations"], p.limits, p.expired, p.lost, p.status[1],
        "%.1f" % (p.largest / 1024), p.files, int(1000 * p.cpu / p.runs)))
print("req.: requests for a certificate, without %d about renewal information "
    "and %d for\nrevocation lists; inval: failed validations; avoid: expired "
    "although it could have\nbeen renewed; runs1: that ended with status 1; "
    "MiB: the largest process; ms: CPU\nof a run" % (ca.count["ari"],
    ca.count["list.crl"]))
print("KiB of each process, in the first and last twelfth: " + ", ".join(
    "%s %d %d" % (name, periods[0].peaks[name], periods[-1].peaks.get(name, 0))
    for name in sorted(periods[0].peaks)))
print("faults: " + ", ".join("%s %d" % (c[7:], n) for c, n in
    sorted(ca.count.items()) if c.startswith("fault: ")))
limits = {c[5:]: n for c, n in ca.count.items() if c[:3] == "429"}
print("429: " + (", ".join("%s %d" % l for l in limits.items()) or "none"))
if replaced:
    hours = sorted(h for h, _ in replaced)
    print("revoked: %d, replaced after %.1f to %.1f hours, half of them within "
        "%.1f" % (len(doomed), hours[0], hours[-1], hours[len(hours) // 2]))

# The picture.
def draw(what, values, height=6):
    most = max(values) or 1
    print("%s, at most %.4g" % (what, most))
    for row in range(height, 0, -1):
        line = ["#" if v * height > most * (row - 0.5) else " " for v in values]
        print("  |" + "".join(line).rstrip())
    print("  +" + "-" * len(values))
draw("certificates issued in each week", [w.issued for w in weeks])
draw("requests for each of them", [w.requests / max(w.issued, 1)
    for w in weeks])
draw("runs of 21 that failed for a handle or more", [w.failed for w in weeks])
if any(w.expired for w in weeks):
    draw("certificates that expired", [w.expired for w in weeks])
marks = ["1"] * len(weeks)
for w in range(len(weeks)):
    if HARD <= 7 * w + 3 < CALM: marks[w] = "X"
    if int(OUT) // 7 == w: marks[w] = "o"
    if int(REVOKED) // 7 == w: marks[w] = "r"
print("   " + "".join(marks) +
    "\n   1: 1 % of requests fail, X: 10 %, o: outage, r: revocation")

# What must hold.
report(not could, "no certificate has expired that could have been renewed",
    "%d: %s" % (len(could), "; ".join(could[:5])))
print("expired as the CA was away or failed the order in each of the few runs "
    "left: %d %s" % (len(no_chance), "; ".join(no_chance[:20])))
report(all(h.cert and h.cert.ends > end - EVERY and not h.cert.revoked
    for h in all_handles), "in the end each handle has a good certificate",
    str([h.name for h in all_handles if not h.cert or h.cert.ends <= end]))
report(wrong == [] and ca.count["wrong responses"] == 0 and
    ca.count["bad nonces"] == 0, "names, responses and nonces are right",
    "%s %d %d" % (wrong, ca.count["wrong responses"], ca.count["bad nonces"]))
report(set(limits) <= {"new orders"} and ca.count["too early"] == 0,
    "no limit is exceeded, but that of new orders by the first certificates",
    "%s, too early: %d" % (limits, ca.count["too early"]))
# The first certificates take as many runs as the limit has it, and a failure
# of newOrder has the order repeated without what it replaces.
by_run = collections.Counter(r for r, _, _ in ca.refused)
report(all(r <= 6 for r in by_run), "after the first runs no limit is reached",
    str(by_run))
report(all(n <= 4 for n in by_run.values()), "each worker of a run meets a "
    "limit once", str(by_run))
report(odd == [], "exit statuses say what has happened", "%d: %s" % (len(odd),
    "; ".join(odd[:3])))
report(doomed and len(replaced) >= len(doomed) and
    max(h for h, _ in replaced) <= 48, "what was revoked is replaced within "
    "two days", "%d of %d, %s" % (len(replaced), len(doomed or []), replaced))
report(all(new for _, new in replaced), "and with a new key", "not all")
def about(what, first, last, most):
    report(last / first - 1 <= most, "%s: flat (%.4g, then %.4g)" % (what,
        first, last), "grows by %.0f %%" % (100 * (last / first - 1)))
# The first twelfth has the first certificates, and few renewals.
easy = [p for i, p in enumerate(periods) if (i + 1) * days / PERIODS <= HARD]
def each(some):
    return sum(p.each * p.count["issued"] for p in some) / sum(
        p.count["issued"] for p in some)
# So it is not like the others: many certificates share the requests of a run.
about("requests for a certificate", each(easy[1:]), each(periods[-2:]), 0.1)
for name in sorted(easy[0].peaks):
    about("memory of " + name, max(p.peaks.get(name, 0) for p in easy),
        max(p.peaks.get(name, 0) for p in periods[-2:]), 0.1)
# Of each handle: key and certificate, those before, state and locks.
last = periods[-1]
report(last.files <= 6 * handles + 10 and last.bytes <= 9000 * handles + 20000,
    "no file is left over (%d, %d bytes)" % (last.files, last.bytes), " ".join(
    os.listdir(work + "/state")))
pairs = 0
for h in all_handles:
    own = subprocess.run(["openssl", "pkey", "-in", h.key, "-pubout",
        "-outform", "DER"], capture_output=True).stdout
    pairs += own == h.cert.spki if h.cert else 0
report(pairs == handles, "each key is that of its certificate",
    "%d of %d" % (pairs, handles))
sys.exit(failed)
