# Wall and CPU seconds, memory, requests and connections of ACME clients, each in turn with the
# others in every round, so that what else the machine does hits all of them.  Arguments: this
# client, a directory with Pebble's files, Pebble's port, that of a relay without delay, that of one
# with a round trip of 50 ms; and "quick" for a round of each only, "fleet" for many certificates only.
import os, re, shutil, signal, statistics, subprocess, sys, threading, time

client, work, ca, near, far = sys.argv[1:6]
QUICK, FLEET = "quick" in sys.argv[6:], "fleet" in sys.argv[6:]
LOG, TSV = open(work + "/bench.err", "wb"), open(work + "/results.tsv", "w")
NAMES = ["n%d.example.com" % i for i in range(100)]
NEAR_MS, FAR_MS = 0, 50
LONGEST = 60
env = {"PATH": os.environ["PATH"], "HOME": work, "SSL_CERT_FILE": work + "/tls.pem", "CURL_CA_BUNDLE": work + "/tls.pem",
    "LEGO_CA_CERTIFICATES": work + "/tls.pem", "REQUESTS_CA_BUNDLE": work + "/tls.pem"}

def url(ms): return "https://localhost:%s/dir" % {None: near, NEAR_MS: ca, FAR_MS: far}[ms]
def write(path, text, mode=0o644):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as f: f.write(text)
    os.chmod(path, mode)
    return path

# The webroot has the challenge directory that Pebble's validation is answered from.
os.makedirs(work + "/webroot/.well-known", exist_ok=True)
os.symlink(work + "/www", work + "/webroot/.well-known/acme-challenge")

class Run:
    """What one execution took; it is ended after LONGEST."""
    def __init__(self, argv, expect=(0,), longest=LONGEST):
        start = time.monotonic()
        p = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=LOG, stdin=subprocess.DEVNULL, env=env, cwd=work, start_new_session=True)
        timer = threading.Timer(longest, os.killpg, (p.pid, signal.SIGKILL))
        timer.start()
        _, status, usage = os.wait4(p.pid, 0)
        timer.cancel()
        self.status = p.returncode = os.waitstatus_to_exitcode(status)
        self.wall, self.cpu = time.monotonic() - start, usage.ru_utime + usage.ru_stime
        self.ended = self.wall >= longest
        if p.returncode not in expect and not self.ended: sys.exit("%s: status %d, see %s" % (argv, p.returncode, LOG.name))

def tree(pid):
    """pid and its descendants."""
    out, todo = [], [pid]
    while todo:
        p = todo.pop()
        out.append(p)
        try: todo += [int(c) for t in os.listdir("/proc/%d/task" % p) for c in open("/proc/%d/task/%s/children" % (p, t)).read().split()]
        except OSError: pass
    return out

def peak_pss(argv):
    """Of the tree of processes, in KiB, as often as it can be looked at; the highest of 3 runs."""
    peak = 0
    for _ in range(3):
        p = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=LOG, stdin=subprocess.DEVNULL, env=env, cwd=work)
        while p.poll() is None:
            now = 0
            for q in tree(p.pid):
                try: now += int(re.search(r"^Pss:\s+(\d+)", open("/proc/%d/smaps_rollup" % q).read(), re.M).group(1))
                except (OSError, AttributeError): pass
            peak = max(peak, now)
    return peak

def count(argv, expect=(0,)):
    """Requests, connections and bytes through the relay without delay."""
    def requests(): return len(re.findall(r"(?:GET|HEAD|POST) /", open(work + "/pebble.log").read()))
    def through(): return [tuple(map(int, l.split())) for l in open(work + "/relay.0")]
    before, seen = requests(), len(through())
    Run(argv, expect=expect)
    time.sleep(0.5)
    new = through()[seen:]
    return requests() - before, len(new), sum(map(sum, new))

# Each has commands: prepare(ms), once; issue(ms, n) for that many names, always anew; rest, with
# nothing due, and its exit statuses.
class Ours:
    name = "acme-client"
    rest_status = (2,)
    def conf(self, ms):
        d = "%s/ours-%s" % (work, ms)
        if not os.path.exists(d):
            os.makedirs(d + "/ssl/private", 0o755)
            os.makedirs(d + "/etc", 0o700)
            text = authority(d, url(ms))
            for n in (1, 10, 100): text += domain(d, "d%d" % n, NAMES[:n])
            write(d + "/conf", text)
        return d + "/conf"
    def prepare(self, ms): Run([client, "-f", self.conf(ms), "d1"])
    def issue(self, ms, n): return [client, "-f", self.conf(ms), "-F", "d%d" % n]
    def rest(self, ms): return [client, "-f", self.conf(ms), "d1"]

def authority(d, directory):
    return 'state directory "%s/state"\nauthority test {\n\tapi url "%s"\n\taccount key "%s/etc/account.pem" ecdsa\n' \
        '\tca file "%s/tls.pem"\n\troot file "%s/root.pem"\n}\n' % (d, directory, d, work, work)
def domain(d, handle, names):
    return 'domain "%s" {\n\tdomain name "%s"\n%s\tdomain key "%s/ssl/private/%s.key" ecdsa\n\tdomain certificate "%s/ssl/%s.pem"\n' \
        '\tchallengedir "%s/www"\n}\n' % (handle, names[0], "\talternative names { %s }\n" % " ".join(names[1:]) if names[1:] else "",
        d, handle, d, handle, work)

def fleet(n, ms, name):
    d = "%s/%s" % (work, name)
    os.makedirs(d + "/ssl/private")
    os.makedirs(d + "/etc", 0o700)
    return write(d + "/conf", authority(d, url(ms)) + "".join(domain(d, "h%05d" % i, ["h%05d.example.com" % i]) for i in range(n)))

class Uacme:
    name = "uacme"
    rest_status = (1,)
    def __init__(self):
        self.hook = write(work + "/uacme-hook", "#!/bin/sh\ncase $1 in\nbegin) [ \"$2\" = http-01 ] && printf %%s \"$5\" >\"%s/www/$4\" ;;\n"
            "done|failed) rm -f \"%s/www/$4\" ;;\nesac\n" % (work, work), 0o755)
    def base(self, ms): return ["uacme", "-c", "%s/uacme-%s" % (work, ms), "-a", url(ms), "-h", self.hook, "-t", "EC"]
    def prepare(self, ms): Run(self.base(ms) + ["-y", "new"])
    def issue(self, ms, n):
        # Its backups are named by the second.
        shutil.rmtree("%s/uacme-%s/%s" % (work, ms, NAMES[0]), ignore_errors=True)
        return self.base(ms) + ["-f", "issue"] + NAMES[:n]
    def rest(self, ms): return self.base(ms) + ["issue", NAMES[0]]

class Lego:
    name = "lego"
    rest_status = (0,)
    def base(self, ms): return ["lego", "--server", url(ms), "--email", "a@example.com", "--accept-tos", "--path", "%s/lego-%s" % (work, ms),
        "--key-type", "ec256", "--http", "--http.webroot", work + "/webroot"]
    def prepare(self, ms): Run(self.issue(ms, 1))
    def issue(self, ms, n):
        shutil.rmtree("%s/lego-%s/certificates" % (work, ms), ignore_errors=True)
        return self.base(ms) + [x for name in NAMES[:n] for x in ("--domains", name)] + ["run"]
    def rest(self, ms): return self.base(ms) + ["--domains", NAMES[0], "renew"]

class Tiny:
    name = "acme-tiny"
    rest_status = None      # it leaves to others what is due
    def __init__(self):
        d = work + "/tiny"
        os.makedirs(d)
        # It knows RSA account keys only.
        subprocess.run(["openssl", "genrsa", "-out", d + "/account.key", "2048"], check=True, stderr=LOG)
        subprocess.run(["openssl", "ecparam", "-genkey", "-name", "prime256v1", "-noout", "-out", d + "/key"], check=True, stderr=LOG)
        for n in (1, 10, 100):
            subprocess.run(["openssl", "req", "-new", "-key", d + "/key", "-subj", "/", "-addext", "subjectAltName=" +
                ",".join("DNS:" + x for x in NAMES[:n]), "-out", "%s/%d.csr" % (d, n)], check=True, stderr=LOG)
    def prepare(self, ms): Run(self.issue(ms, 1))
    def issue(self, ms, n): return ["acme-tiny", "--quiet", "--account-key", work + "/tiny/account.key", "--csr", "%s/tiny/%d.csr" % (work, n),
        "--acme-dir", work + "/www", "--directory-url", url(ms), "--disable-check"]

class Dehydrated:
    name = "dehydrated"
    rest_status = (0,)
    def base(self, ms):
        d = "%s/dehydrated-%s" % (work, ms)
        if not os.path.exists(d):
            write(d + "/config", "CA=%s\nWELLKNOWN=%s/www\nBASEDIR=%s\nKEY_ALGO=prime256v1\nACCOUNT_KEY_ALGO=prime256v1\nCURL_OPTS='--cacert %s/tls.pem'\n"
                "DOMAINS_TXT=%s/none\nOCSP_FETCH=no\n" % (url(ms), work, d, work, d))
        return ["dehydrated", "-f", d + "/config"]
    def prepare(self, ms):
        Run(self.base(ms) + ["--register", "--accept-terms"])
        Run(self.issue(ms, 1))
    def issue(self, ms, n):
        # What it leaves when it is ended for taking too long.
        lock = "%s/dehydrated-%s/lock" % (work, ms)
        if os.path.exists(lock): os.unlink(lock)
        return self.base(ms) + ["-c", "-x", "-d", " ".join(NAMES[:n])]
    def rest(self, ms): return self.base(ms) + ["-c", "-d", NAMES[0]]

class Certbot:
    name = "certbot"
    rest_status = (0,)
    def base(self, ms):
        d = "%s/certbot-%s" % (work, ms)
        return ["certbot", "certonly", "-n", "-q", "--webroot", "-w", work + "/webroot", "--agree-tos", "--register-unsafely-without-email", "--server", url(ms),
            "--config-dir", d, "--work-dir", d, "--logs-dir", d, "--key-type", "ecdsa"]
    def prepare(self, ms): Run(self.issue(ms, 1))
    def issue(self, ms, n): return self.base(ms) + ["--force-renewal", "--cert-name", "d%d" % n, "-d", ",".join(NAMES[:n])]
    def rest(self, ms): return self.base(ms) + ["--keep-until-expiring", "--cert-name", "d1", "-d", NAMES[0]]

class Acmetool:
    name = "acmetool"
    rest_status = (0,)
    def dir(self, ms, n):
        d = "%s/acmetool-%s-%d" % (work, ms, n)
        if not os.path.exists(d):
            write(d + "/conf/target", "request:\n  provider: %s\n  challenge:\n    http-self-test: false\n    webroot-paths:\n    - %s/www\n"
                "  key:\n    type: ecdsa\n    ecdsa-curve: nistp256\n" % (url(ms), work))
            write(d + "/conf/responses", '"acme-enter-email": ""\n"acme-agreement:data:text/plain,Do%20what%20thou%20wilt": true\n')
            write(d + "/desired/names", "satisfy:\n  names:\n" + "".join("  - %s\n" % x for x in NAMES[:n]))
        return d
    def base(self, d): return ["acmetool", "--state", d, "--hooks", d + "/hooks", "--batch"]
    def prepare(self, ms):
        for n in (1, 10) if QUICK or ms is None else (1, 10, 100): Run(self.issue(ms, n))
    def issue(self, ms, n):
        d = self.dir(ms, n)
        for x in ("certs", "live"): shutil.rmtree("%s/%s" % (d, x), ignore_errors=True)
        return self.base(d)
    def rest(self, ms): return self.base(self.dir(ms, 1))

clients = [Ours()] + [c() for c in (Uacme, Lego, Tiny, Dehydrated, Certbot, Acmetool) if shutil.which(c.name) and (not FLEET or c is Lego)]

print(*[c.name for c in clients], file=TSV)

def table(title, unit, rows):
    """rows: (label, {client: value})."""
    print("\n%s\n%-34s" % (title, unit) + "".join("%13s" % c.name for c in clients))
    for label, by in rows:
        print("%-34s" % label + "".join("%13s" % (by[c.name] if c.name in by else "-") for c in clients))
        print("\t".join([title, label] + [str(by.get(c.name, "-")) for c in clients]), file=TSV)
    sys.stdout.flush()
    TSV.flush()

def rounds(cases, times):
    """cases: {client: (argv maker, statuses)}; {client: [Run]} of rounds in which each has its turn."""
    out = {name: [] for name in cases}
    for _ in range(1 if QUICK else times):
        for name, (make, expect) in cases.items(): out[name].append(Run(make(), expect=expect))
    return out

def ratio(runs, ours="acme-client"):
    """The best other's time by ours, pair by pair."""
    others = [n for n in runs if n != ours]
    if not others: return "-"
    best = min(others, key=lambda n: statistics.median(r.wall for r in runs[n]))
    if runs[best][0].ended: return "more than %.1f" % (LONGEST / statistics.median(r.wall for r in runs[ours]))
    return "%.1f (%s)" % (statistics.median(b.wall / a.wall for a, b in zip(runs[ours], runs[best])), best)

print("%s, %d processors, %s" % (subprocess.run(["uname", "-srm"], capture_output=True, text=True).stdout.strip(), os.cpu_count(), time.strftime("%Y-%m-%d")))
print(", ".join("%s %s" % tuple(l.split()) for c in clients[1:] for l in
    [subprocess.run(["dpkg-query", "-W", "-f", "${Package} ${Version}", c.name], capture_output=True, text=True).stdout] if l))
print("Medians of rounds in which each client has its turn; Pebble without validation delay, keys P-256.")
for c in clients:
    for ms in (None, NEAR_MS, FAR_MS): c.prepare(ms)

if not FLEET:
    wall, cpu, ratios, floors = [], [], [], []
    for ms in (FAR_MS, NEAR_MS):
        for n, times in ((1, 5), (10, 3), (100, 1)):
            if QUICK and n == 100: continue
            runs = rounds({c.name: (lambda c=c: c.issue(ms, n), (0,)) for c in clients}, times)
            # Where the others take minutes there is one round of them, and three of ours.
            more = runs if times > 1 else rounds({"acme-client": (lambda: clients[0].issue(ms, n), (0,))}, 3)
            label = "%d name%s, %d ms" % (n, "s"[:n > 1], ms)
            by = {name: "> %d" % LONGEST if r[0].ended else "%.3f" % statistics.median(x.wall for x in (more.get(name) or r)) for name, r in runs.items()}
            wall.append((label, by))
            cpu.append((label, {name: "-" if r[0].ended else "%.0f" % (1000 * statistics.median(x.cpu for x in r)) for name, r in runs.items()}))
            ratios.append((label, {"acme-client": ratio(runs)}))
    table("Wall time", "seconds", wall)
    table("CPU time, all processes", "milliseconds", cpu)
    print("\nThe best other's wall time by ours, pair by pair")
    for label, by in ratios: print("%-34s%s" % (label, by["acme-client"]))
    print("Eight round trips of 50 ms, which a renewal depends on one after the other, are 0.400 s: TCP, TLS, directory and")
    print("newNonce, newOrder, authorizations, challenges, finalize and order, certificate.  100 names have 200 requests there in")
    print("place of 2; 20 nonces, as many as may be asked for in a second, make that eight round trips more: 0.800 s.")

    slow = {(n, name) for n in (1, 10, 100) for label, by in wall if label.startswith("%d name" % n) for name, w in by.items() if w.startswith(">")}
    counts = {n: {c.name: count(c.issue(None, n)) for c in clients if (n, c.name) not in slow} for n in ((1,) if QUICK else (1, 10, 100))}
    for what, i in (("Requests", 0), ("Connections", 1), ("Bytes both ways", 2)):
        table(what + ", one certificate", "", [("%d names" % n if n > 1 else "1 name", {name: v[i] for name, v in by.items()}) for n, by in counts.items()])
    many = fleet(100, None, "many")
    Run([client, "-f", many, "h00000"])
    rows = []
    for n in (1, 10) if QUICK else (1, 10, 100):
        ours = count([client, "-f", many, "-F"] + ["h%05d" % i for i in range(n)])[0]
        rows.append(("%d certificates" % n if n > 1 else "1 certificate", {c.name: n * v[0] for c, v in ((c, counts[1][c.name]) for c in clients)} | {"acme-client": ours}))
    table("Requests, certificates of one name each", "one run of acme-client; n of the others", rows)
    table("Memory (PSS of all processes, peak)", "MiB", [("1 name, 0 ms", {c.name: "%.1f" % (peak_pss(c.issue(NEAR_MS, 1)) / 1024) for c in clients})])

    def system_calls(argv):
        out = work + "/strace"
        subprocess.run(["strace", "-f", "-qq", "-c", "-o", out] + argv, env=env, stdout=LOG, stderr=LOG, cwd=work)
        return int(re.search(r"^100\.00 .*? (\d+)(?: +\d+)? total$", open(out).read(), re.M).group(1))
    table("System calls", "", [("1 name", {c.name: system_calls(c.issue(None, 1)) for c in clients})])

    rests = [c for c in clients if c.rest_status is not None]
    for c in rests: Run(c.issue(NEAR_MS, 1))
    Run(clients[0].rest(NEAR_MS), expect=(2,))
    runs = rounds({c.name: (lambda c=c: c.rest(NEAR_MS), c.rest_status) for c in rests}, 9)
    table("Nothing due", "milliseconds", [("1 certificate, wall", {name: "%.1f" % (1000 * statistics.median(x.wall for x in r)) for name, r in runs.items()}),
        ("1 certificate, CPU", {name: "%.1f" % (1000 * statistics.median(x.cpu for x in r)) for name, r in runs.items()})])

# Many certificates.
rows = []
for n in (1, 1000) if QUICK else (1, 1000, 10000):
    conf = fleet(n, NEAR_MS, "fleet%d" % n)
    # With more workers, Pebble 2.4 stops answering after some thousands.
    first = Run([client, "-f", conf, "-j", "8" if n < 10000 else "2", "-a"], expect=(0, 1), longest=1800)
    if first.status != 0: print("\n%d handles: status %d, see %s" % (n, first.status, LOG.name))
    Run([client, "-f", conf, "-F", "-a"], longest=1800) if first.status != 0 else None
    Run([client, "-f", conf, "-a"], expect=(2,), longest=600)
    times = [Run([client, "-f", conf, "-a"], expect=(2,)) for _ in range(9)]
    rows.append((n, first.wall, statistics.median(x.wall for x in times), statistics.median(x.cpu for x in times), peak_pss([client, "-f", conf, "-a"])))
print("\nMany handles, -a      all obtained (-j 8, 0 ms)   nothing due: wall ms   CPU ms   memory MiB")
for n, first, w, c, pss in rows:
    print("%8d %25.1f s %22.1f %12.1f %10.1f" % (n, first, 1000 * w, 1000 * c, pss / 1024))
for c in [] if FLEET else rests[1:]:
    print("%s: a run with nothing due for each of 1,000 certificates would take %.1f s" % (c.name, 1000 * statistics.median(x.wall for x in runs[c.name])))

n, every = (20, 2) if QUICK else (200, 20)
conf = fleet(n, FAR_MS, "far")
best = next((c for c in clients if c.name == "lego"), None) if FLEET else \
    min(clients[1:], key=lambda c: float(dict(wall)["1 name, 50 ms"][c.name]), default=None)
before = len(open(work + "/pebble.log").read())
took = Run([client, "-f", conf, "-j", "8", "-a"])
# Pebble's log has the time in seconds.
asked = re.findall(r"(\S+ \S+) HEAD /nonce", open(work + "/pebble.log").read()[before:])
theirs = [Run(best.issue(FAR_MS, 1)).wall for _ in range(every)] if best else []
print("\n%d certificates of one name, 50 ms, -a -j 8: %.2f s, CPU %.2f s" % (n, took.wall, took.cpu))
print("newNonce: %d requests, in no second more than %d" % (len(asked), max(asked.count(second) for second in set(asked))))
if best:
    print("%d runs of %s, from %d: %.1f s; ratio %.1f" % (n, best.name, every, n * statistics.mean(theirs), n * statistics.mean(theirs) / took.wall))
