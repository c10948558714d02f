# Wall and CPU seconds, memory, requests and connections of ACME clients, each
# in turn with the others in every round, so that what else the machine does
# hits all of them.
# Arguments: this client, a directory with Pebble's files, Pebble's port, that
# of a relay without delay, that of one with a round trip of 50 ms; and "quick"
# for one round of each, "fleet" for nothing but many certificates.
import os, re, shutil, signal, statistics, subprocess, sys, threading, time
from configurations import ACMETOOL_RESPONSES, ACMETOOL_TARGET
from configurations import LACME_CERTS, LACME_CONF

client, work, ca, near, far = sys.argv[1:6]
QUICK, FLEET = "quick" in sys.argv[6:], "fleet" in sys.argv[6:]
LOG, TSV = open(work + "/bench.err", "wb"), open(work + "/results.tsv", "w")
NAMES = ["n%d.example.com" % i for i in range(100)]
NEAR_MS, FAR_MS = 0, 50
LONGEST = 60
env = {
    "PATH": os.environ["PATH"],
    "HOME": work,
    "SSL_CERT_FILE": work + "/tls.pem",
    "CURL_CA_BUNDLE": work + "/tls.pem",
    "LEGO_CA_CERTIFICATES": work + "/tls.pem",
    "REQUESTS_CA_BUNDLE": work + "/tls.pem",
}

def url(ms):
    """None: by the relay that counts."""
    port = {None: near, NEAR_MS: ca, FAR_MS: far}[ms]
    return "https://localhost:%s/dir" % port
def read(path):
    with open(path) as f: return f.read()
def write(path, text, mode=0o644):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as f: f.write(text)
    os.chmod(path, mode)
    return path

# Pebble's validation requests are for the files in work/www.
os.makedirs(work + "/webroot/.well-known", exist_ok=True)
os.symlink(work + "/www", work + "/webroot/.well-known/acme-challenge")

class Run:
    """What one execution took; it is ended after LONGEST."""
    def __init__(self, argv, expect=(0,), longest=LONGEST):
        start = time.monotonic()
        p = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=LOG,
            stdin=subprocess.DEVNULL, env=env, cwd=work, start_new_session=True)
        timer = threading.Timer(longest, os.killpg, (p.pid, signal.SIGKILL))
        timer.start()
        _, status, usage = os.wait4(p.pid, 0)
        timer.cancel()
        self.status = p.returncode = os.waitstatus_to_exitcode(status)
        self.wall = time.monotonic() - start
        self.cpu = usage.ru_utime + usage.ru_stime
        self.ended = self.wall >= longest
        if p.returncode not in expect and not self.ended:
            sys.exit("%s: status %d, see %s" % (argv, p.returncode, LOG.name))

def tree(pid):
    """pid and its descendants."""
    out, todo = [], [pid]
    while todo:
        p = todo.pop()
        out.append(p)
        try:
            for thread in os.listdir("/proc/%d/task" % p):
                children = read("/proc/%d/task/%s/children" % (p, thread))
                todo += [int(c) for c in children.split()]
        except OSError: pass
    return out

def pss(pid):
    try: rollup = read("/proc/%d/smaps_rollup" % pid)
    except OSError: return 0
    m = re.search(r"^Pss:\s+(\d+)", rollup, re.M)
    return int(m[1]) if m else 0

def peak_pss(argv):
    """Of the tree of processes, in KiB, as often as it can be looked at; the
    highest of 3 runs."""
    peak = 0
    for _ in range(3):
        p = subprocess.Popen(argv, stdout=subprocess.DEVNULL, stderr=LOG,
            stdin=subprocess.DEVNULL, env=env, cwd=work)
        while p.poll() is None:
            peak = max(peak, sum(pss(q) for q in tree(p.pid)))
    return peak

def count(argv, expect=(0,)):
    """Requests, connections and bytes through the relay without delay."""
    def requests():
        log = read(work + "/pebble.log")
        return len(re.findall(r"(?:GET|HEAD|POST) /", log))
    def through():
        lines = read(work + "/relay.0").splitlines()
        return [tuple(map(int, line.split())) for line in lines]
    before, seen = requests(), len(through())
    Run(argv, expect=expect)
    time.sleep(0.5)
    new = through()[seen:]
    return requests() - before, len(new), sum(map(sum, new))

# Each client has commands: prepare(ms) comes first, once; issue(ms, n) gets a
# certificate of n names each time; rest(ms) is a run with nothing due, which
# ends with one of rest_status.
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
    def issue(self, ms, n):
        return [client, "-f", self.conf(ms), "-F", "d%d" % n]
    def rest(self, ms): return [client, "-f", self.conf(ms), "d1"]

AUTHORITY = """\
state directory "{d}/state"
authority test {{
	api url "{url}"
	account key "{d}/etc/account.pem" ecdsa
	ca file "{work}/tls.pem"
	root file "{work}/root.pem"
}}
"""
DOMAIN = """\
domain "{handle}" {{
	domain name "{names[0]}"
	{alternative}
	domain key "{d}/ssl/private/{handle}.key" ecdsa
	domain certificate "{d}/ssl/{handle}.pem"
	challengedir "{work}/www"
}}
"""
def authority(d, directory):
    return AUTHORITY.format(d=d, url=directory, work=work)
def domain(d, handle, names):
    alternative = ""
    if names[1:]:
        alternative = "alternative names { %s }" % " ".join(names[1:])
    return DOMAIN.format(d=d, handle=handle, names=names, work=work,
        alternative=alternative)

def fleet(n, ms, name):
    """The configuration of n handles."""
    d = "%s/%s" % (work, name)
    os.makedirs(d + "/ssl/private")
    os.makedirs(d + "/etc", 0o700)
    handles = ["h%05d" % i for i in range(n)]
    domains = [domain(d, h, [h + ".example.com"]) for h in handles]
    return write(d + "/conf", authority(d, url(ms)) + "".join(domains))

UACME_HOOK = """\
#!/bin/sh
case $1 in
begin) [ "$2" = http-01 ] && printf %%s "$5" >"%s/www/$4" ;;
done|failed) rm -f "%s/www/$4" ;;
esac
"""
class Uacme:
    name = "uacme"
    rest_status = (1,)
    def __init__(self):
        hook = UACME_HOOK % (work, work)
        self.hook = write(work + "/uacme-hook", hook, 0o755)
    def base(self, ms):
        return ["uacme", "-c", "%s/uacme-%s" % (work, ms), "-a", url(ms),
            "-h", self.hook, "-t", "EC"]
    def prepare(self, ms): Run(self.base(ms) + ["-y", "new"])
    def issue(self, ms, n):
        # It names its backups by the second.
        old = "%s/uacme-%s/%s" % (work, ms, NAMES[0])
        shutil.rmtree(old, ignore_errors=True)
        return self.base(ms) + ["-f", "issue"] + NAMES[:n]
    def rest(self, ms): return self.base(ms) + ["issue", NAMES[0]]

class Lego:
    name = "lego"
    rest_status = (0,)
    def base(self, ms):
        return ["lego", "--server", url(ms), "--email", "a@example.com",
            "--accept-tos", "--path", "%s/lego-%s" % (work, ms),
            "--key-type", "ec256",
            "--http", "--http.webroot", work + "/webroot"]
    def prepare(self, ms): Run(self.issue(ms, 1))
    def issue(self, ms, n):
        old = "%s/lego-%s/certificates" % (work, ms)
        shutil.rmtree(old, ignore_errors=True)
        argv = self.base(ms)
        for name in NAMES[:n]: argv += ["--domains", name]
        return argv + ["run"]
    def rest(self, ms): return self.base(ms) + ["--domains", NAMES[0], "renew"]

class Tiny:
    name = "acme-tiny"
    # It leaves it to others to find out what is due.
    rest_status = None
    def __init__(self):
        d = work + "/tiny"
        os.makedirs(d)
        # It knows RSA account keys only.
        self.openssl("genrsa", "-out", d + "/account.key", "2048")
        self.openssl("ecparam", "-genkey", "-name", "prime256v1", "-noout",
            "-out", d + "/key")
        for n in (1, 10, 100):
            names = ",".join("DNS:" + x for x in NAMES[:n])
            self.openssl("req", "-new", "-key", d + "/key", "-subj", "/",
                "-addext", "subjectAltName=" + names,
                "-out", "%s/%d.csr" % (d, n))
    def openssl(self, *args):
        subprocess.run(["openssl", *args], check=True, stderr=LOG)
    def prepare(self, ms): Run(self.issue(ms, 1))
    def issue(self, ms, n):
        d = work + "/tiny"
        return ["acme-tiny", "--quiet", "--account-key", d + "/account.key",
            "--csr", "%s/%d.csr" % (d, n), "--acme-dir", work + "/www",
            "--directory-url", url(ms), "--disable-check"]

DEHYDRATED_CONFIG = """\
CA={url}
WELLKNOWN={work}/www
BASEDIR={d}
KEY_ALGO=prime256v1
ACCOUNT_KEY_ALGO=prime256v1
CURL_OPTS='--cacert {work}/tls.pem'
DOMAINS_TXT={d}/none
OCSP_FETCH=no
"""
class Dehydrated:
    name = "dehydrated"
    rest_status = (0,)
    def base(self, ms):
        d = "%s/dehydrated-%s" % (work, ms)
        if not os.path.exists(d):
            config = DEHYDRATED_CONFIG.format(url=url(ms), work=work, d=d)
            write(d + "/config", config)
        return ["dehydrated", "-f", d + "/config"]
    def prepare(self, ms):
        Run(self.base(ms) + ["--register", "--accept-terms"])
        Run(self.issue(ms, 1))
    def issue(self, ms, n):
        # It leaves this behind when it was killed because it took too long.
        lock = "%s/dehydrated-%s/lock" % (work, ms)
        if os.path.exists(lock): os.unlink(lock)
        return self.base(ms) + ["-c", "-x", "-d", " ".join(NAMES[:n])]
    def rest(self, ms): return self.base(ms) + ["-c", "-d", NAMES[0]]

class Certbot:
    name = "certbot"
    rest_status = (0,)
    def base(self, ms):
        d = "%s/certbot-%s" % (work, ms)
        return ["certbot", "certonly", "-n", "-q",
            "--webroot", "-w", work + "/webroot",
            "--agree-tos", "--register-unsafely-without-email",
            "--server", url(ms), "--config-dir", d, "--work-dir", d,
            "--logs-dir", d, "--key-type", "ecdsa"]
    def prepare(self, ms): Run(self.issue(ms, 1))
    def issue(self, ms, n):
        return self.base(ms) + ["--force-renewal", "--cert-name", "d%d" % n,
            "-d", ",".join(NAMES[:n])]
    def rest(self, ms):
        return self.base(ms) + ["--keep-until-expiring", "--cert-name", "d1",
            "-d", NAMES[0]]

class Acmetool:
    name = "acmetool"
    rest_status = (0,)
    def dir(self, ms, n):
        d = "%s/acmetool-%s-%d" % (work, ms, n)
        if not os.path.exists(d):
            names = "".join("  - %s\n" % x for x in NAMES[:n])
            how = ("webroot-paths", work + "/www")
            write(d + "/conf/target", ACMETOOL_TARGET % (url(ms), *how))
            write(d + "/conf/responses", ACMETOOL_RESPONSES)
            write(d + "/desired/names", "satisfy:\n  names:\n" + names)
        return d
    def base(self, d):
        return ["acmetool", "--state", d, "--hooks", d + "/hooks", "--batch"]
    def prepare(self, ms):
        for n in (1, 10) if QUICK or ms is None else (1, 10, 100):
            Run(self.issue(ms, n))
    def issue(self, ms, n):
        d = self.dir(ms, n)
        for x in ("certs", "live"):
            shutil.rmtree("%s/%s" % (d, x), ignore_errors=True)
        return self.base(d)
    def rest(self, ms): return self.base(self.dir(ms, 1))

class Lacme:
    name = "lacme"
    rest_status = (0,)
    def base(self, ms, n):
        return ["lacme", "--quiet",
            "--config=%s/lacme-%s-%d/conf" % (work, ms, n)]
    def prepare(self, ms):
        """A directory for each number of names."""
        for n in (1, 10, 100):
            d = "%s/lacme-%s-%d" % (work, ms, n)
            responds = "challenge-directory = %s/www" % work
            write(d + "/conf", LACME_CONF.format(d=d, url=url(ms),
                responds=responds))
            sans = ",".join("DNS:" + x for x in NAMES[:n])
            write(d + "/certs.conf", LACME_CERTS.format(d=d, names=NAMES,
                sans=sans, notify=""))
            write(d + "/accountd.conf", "privkey = file:%s/account\n" % d)
            # It knows RSA account keys only.
            for key, how in (
                ("account", ["RSA", "-pkeyopt", "rsa_keygen_bits:2048"]),
                ("key", ["EC", "-pkeyopt", "ec_paramgen_curve:P-256"]),
            ):
                subprocess.run(["openssl", "genpkey", "-out", d + "/" + key,
                    "-algorithm", *how], check=True, stderr=LOG)
            # It registers, and then sends an update that Pebble refuses.
            Run(self.base(ms, n) + ["account", "--register", "--tos-agreed"],
                expect=(1,))
    def issue(self, ms, n):
        crt = "%s/lacme-%s-%d/crt" % (work, ms, n)
        if os.path.exists(crt): os.unlink(crt)
        # It wants an empty directory, and others leave responses.
        for left in os.listdir(work + "/www"): os.unlink(work + "/www/" + left)
        return self.base(ms, n) + ["newOrder"]
    def rest(self, ms): return self.base(ms, 1) + ["newOrder"]

OTHERS = (Uacme, Lego, Tiny, Dehydrated, Certbot, Acmetool, Lacme)
clients = [Ours()] + [c() for c in OTHERS
    if shutil.which(c.name) and (not FLEET or c is Lego)]

print(*[c.name for c in clients], file=TSV)

def table(title, unit, rows):
    """rows: (label, {client: value})."""
    def row(values): return "".join("%13s" % v for v in values)
    print("\n%s\n%-34s" % (title, unit) + row(c.name for c in clients))
    for label, by in rows:
        values = [str(by.get(c.name, "-")) for c in clients]
        print("%-34s" % label + row(values))
        print("\t".join([title, label] + values), file=TSV)
    sys.stdout.flush()
    TSV.flush()

def rounds(cases, times):
    """cases: {client: (argv maker, statuses)}; {client: [Run]} of rounds in
    which each has its turn."""
    out = {name: [] for name in cases}
    for _ in range(1 if QUICK else times):
        for name, (make, expect) in cases.items():
            out[name].append(Run(make(), expect=expect))
    return out
def issuing(some, ms, n):
    """The cases in which these clients get a certificate of n names."""
    return {c.name: (lambda c=c: c.issue(ms, n), (0,)) for c in some}

def wall_of(runs): return statistics.median(r.wall for r in runs)
def cpu_of(runs): return statistics.median(r.cpu for r in runs)
def in_ms(seconds, digits=1): return "%.*f" % (digits, 1000 * seconds)
def counted(n, what): return "%d %s%s" % (n, what, "s" if n > 1 else "")

def ratio(runs, ours="acme-client"):
    """The best other's time by ours, pair by pair."""
    others = [name for name in runs if name != ours]
    if not others: return "-"
    best = min(others, key=lambda name: wall_of(runs[name]))
    if runs[best][0].ended:
        return "more than %.1f" % (LONGEST / wall_of(runs[ours]))
    pairs = [b.wall / a.wall for a, b in zip(runs[ours], runs[best])]
    return "%.1f (%s)" % (statistics.median(pairs), best)

def output_of(*argv):
    return subprocess.run(argv, capture_output=True, text=True).stdout.strip()
print("%s, %d processors, %s" % (output_of("uname", "-srm"), os.cpu_count(),
    time.strftime("%Y-%m-%d")))
versions = [output_of("dpkg-query", "-W", "-f", "${Package} ${Version}", c.name)
    for c in clients[1:]]
print(", ".join(version for version in versions if version))
print("Medians of rounds in which each client has its turn; Pebble without "
    "validation delay, keys P-256.")
for c in clients:
    for ms in (None, NEAR_MS, FAR_MS): c.prepare(ms)

sizes = (1, 10) if QUICK else (1, 10, 100)
if not FLEET:
    wall, cpu, ratios = [], [], []
    # Names whose certificate takes a client too long.
    slow = set()
    for ms in (FAR_MS, NEAR_MS):
        for n, times in ((1, 5), (10, 3), (100, 1)):
            if n not in sizes: continue
            runs = rounds(issuing(clients, ms, n), times)
            # Where the others take minutes there is one round of them, and
            # three of ours.
            more = {}
            if times == 1: more = rounds(issuing(clients[:1], ms, n), 3)
            label = "%s, %d ms" % (counted(n, "name"), ms)
            walls, cpus = {}, {}
            for name, r in runs.items():
                walls[name] = "%.3f" % wall_of(more.get(name) or r)
                cpus[name] = in_ms(cpu_of(r), 0)
                if r[0].ended:
                    walls[name], cpus[name] = "> %d" % LONGEST, "-"
                    slow.add((n, name))
            wall.append((label, walls))
            cpu.append((label, cpus))
            ratios.append((label, ratio(runs)))
    table("Wall time", "seconds", wall)
    table("CPU time, all processes", "milliseconds", cpu)
    print("\nThe best other's wall time by ours, pair by pair")
    for label, text in ratios: print("%-34s%s" % (label, text))
    print("Eight round trips of 50 ms, which a renewal depends on one after "
        "the other, are 0.400 s: TCP, TLS, directory and")
    print("newNonce, newOrder, authorizations, challenges, finalize and order, "
        "certificate.  100 names have 200 requests there in")
    print("place of 2; 20 nonces, as many as may be asked for in a second, "
        "make that eight round trips more: 0.800 s.")

    counts = {}
    for n in (1,) if QUICK else sizes:
        counts[n] = {c.name: count(c.issue(None, n)) for c in clients
            if (n, c.name) not in slow}
    for i, what in enumerate(("Requests", "Connections", "Bytes both ways")):
        rows = []
        for n, by in counts.items():
            values = {name: figures[i] for name, figures in by.items()}
            rows.append((counted(n, "name"), values))
        table(what + ", one certificate", "", rows)
    many = fleet(100, None, "many")
    Run([client, "-f", many, "h00000"])
    rows = []
    for n in sizes:
        handles = ["h%05d" % i for i in range(n)]
        values = {c.name: n * counts[1][c.name][0] for c in clients}
        ours, _, _ = count([client, "-f", many, "-F"] + handles)
        values["acme-client"] = ours
        rows.append((counted(n, "certificate"), values))
    table("Requests, certificates of one name each",
        "one run of acme-client; n of the others", rows)
    peaks = {c.name: "%.1f" % (peak_pss(c.issue(NEAR_MS, 1)) / 1024)
        for c in clients}
    table("Memory (PSS of all processes, peak)", "MiB",
        [("1 name, 0 ms", peaks)])

    def system_calls(argv):
        out = work + "/strace"
        subprocess.run(["strace", "-f", "-qq", "-c", "-o", out] + argv, env=env,
            stdout=LOG, stderr=LOG, cwd=work)
        total = r"^100\.00 .*? (\d+)(?: +\d+)? total$"
        return int(re.search(total, read(out), re.M)[1])
    calls = {c.name: system_calls(c.issue(None, 1)) for c in clients}
    table("System calls", "", [("1 name", calls)])

    rests = [c for c in clients if c.rest_status is not None]
    for c in rests: Run(c.issue(NEAR_MS, 1))
    Run(clients[0].rest(NEAR_MS), expect=(2,))
    cases = {c.name: (lambda c=c: c.rest(NEAR_MS), c.rest_status)
        for c in rests}
    rest_runs = rounds(cases, 9)
    table("Nothing due", "milliseconds", [
        ("1 certificate, wall",
            {name: in_ms(wall_of(r)) for name, r in rest_runs.items()}),
        ("1 certificate, CPU",
            {name: in_ms(cpu_of(r)) for name, r in rest_runs.items()}),
    ])

# Many certificates.
rows = []
for n in (1, 1000) if QUICK else (1, 1000, 10000):
    all_of_them = [client, "-f", fleet(n, NEAR_MS, "fleet%d" % n), "-a"]
    # With more workers, Pebble 2.4 stops answering after some thousands.
    workers = "8" if n < 10000 else "2"
    first = Run(all_of_them + ["-j", workers], expect=(0, 1), longest=1800)
    if first.status != 0:
        print("\n%d handles: status %d, see %s" % (n, first.status, LOG.name))
        Run(all_of_them + ["-F"], longest=1800)
    Run(all_of_them, expect=(2,), longest=600)
    times = [Run(all_of_them, expect=(2,)) for _ in range(9)]
    rows.append((n, first.wall, 1000 * wall_of(times), 1000 * cpu_of(times),
        peak_pss(all_of_them) / 1024))
print("\nMany handles, -a      all obtained (-j 8, 0 ms)   "
    "nothing due: wall ms   CPU ms   memory MiB")
for row in rows: print("%8d %25.1f s %22.1f %12.1f %10.1f" % row)
for c in [] if FLEET else rests[1:]:
    print("%s: a run with nothing due for each of 1,000 certificates would "
        "take %.1f s" % (c.name, 1000 * wall_of(rest_runs[c.name])))

# A fleet far away, and the client that was the fastest of the others with one
# certificate.
n, every = (20, 2) if QUICK else (200, 20)
conf = fleet(n, FAR_MS, "far")
others = {c.name: c for c in clients[1:]}
if FLEET: best = others.get("lego")
else:
    seconds = dict(wall)["1 name, 50 ms"]
    best = min(clients[1:], key=lambda c: float(seconds[c.name]), default=None)
log = work + "/pebble.log"
before = len(read(log))
took = Run([client, "-f", conf, "-j", "8", "-a"])
# Pebble's log has the time in seconds.
asked = re.findall(r"(\S+ \S+) HEAD /nonce", read(log)[before:])
print("\n%d certificates of one name, 50 ms, -a -j 8: %.2f s, CPU %.2f s" %
    (n, took.wall, took.cpu))
print("newNonce: %d requests, in no second more than %d" %
    (len(asked), max(asked.count(second) for second in set(asked))))
if best:
    theirs = [Run(best.issue(FAR_MS, 1)).wall for _ in range(every)]
    total = n * statistics.mean(theirs)
    print("%d runs of %s, from %d: %.1f s; ratio %.1f" %
        (n, best.name, every, total, total / took.wall))
