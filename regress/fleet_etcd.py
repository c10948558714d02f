# For fleet-etcd.sh: machines, etcd, HAProxy, and the table of faults.
# Arguments: the program, a fresh directory, the tree, Pebble's port, the port
# that it validates at.
import base64, json, os, pty, re, shutil, signal, socket, ssl, subprocess, sys
import time, urllib.request

client, work, top, ca_port, http_port = sys.argv[1:]
HUB = "10.17.0.1"
ETCD = ["10.17.0.%d" % n for n in (11, 12, 13)]
PREFIX, NAME = "/acme-client/fleet", "example.com"
CHAIN = PREFIX + "/chain/" + NAME
# Seconds of a lock without its holder, and for etcd to answer: few only where
# it does not.
TTL, PATIENT, HASTY = 15, 20, 4
ANSWER = PATIENT
ROUND_TRIP = 250    # ms to the CA: there is time to kill a machine in between
failed = False
rows = []
children = []

def report(ok, name, why=""):
    global failed
    failed |= not ok
    if ok: print("ok fleet-etcd: " + name, flush=True)
    else: print("FAIL fleet-etcd: %s: %s" % (name, why), flush=True)

def read(path):
    try:
        with open(path, "rb") as f: return f.read()
    except OSError: return None
def write(path, data, mode=0o600):
    with open(path, "wb") as f:
        f.write(data if isinstance(data, bytes) else data.encode())
    os.chmod(path, mode)
def do(*args, data=None, check=True, env=None):
    p = subprocess.run(args, input=data, capture_output=True, env=env)
    if check and p.returncode != 0:
        raise SystemExit("%s: %s" % (" ".join(args), p.stderr.decode()))
    return p.stdout
def begin(*args, log="/dev/null", **more):
    out = open(log, "ab")
    p = subprocess.Popen(args, stdin=subprocess.DEVNULL, stdout=out, stderr=out,
        start_new_session=True, **more)
    children.append(p)
    return p
def wait_until(true, seconds=120, pause=0.02):
    end = time.monotonic() + seconds
    while not true():
        if time.monotonic() > end: return False
        time.sleep(pause)
    return True

# Keys and certificates of our own: for etcd, for the machines, and a second CA
# that the machines trust, to make what Pebble would not.
EC = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
def make_key(path):
    do("openssl", "genpkey", "-algorithm", "EC", "-pkeyopt",
        "ec_paramgen_curve:P-256", "-out", path)
    os.chmod(path, 0o600)
def make_ca(name):
    do("openssl", "req", "-x509", *EC, "-days", "30", "-subj", "/CN=" + name,
        "-addext", "keyUsage=critical,keyCertSign,cRLSign",
        "-keyout", work + "/%s.key" % name, "-out", work + "/%s.pem" % name)
def sign(ca, out, key, subject, extensions, first=0, last=20):
    """A certificate that is valid from the one day to the other."""
    d = work + "/sign"
    os.makedirs(d, exist_ok=True)
    write(d + "/db", "")
    write(d + "/cnf", "[ca]\ndefault_ca=c\n[c]\npolicy=p\nrand_serial=yes\n"
        "unique_subject=no\ndatabase=%s/db\n[p]\ncommonName=optional\n" % d)
    write(d + "/ext", extensions)
    def day(n):
        return time.strftime("%Y%m%d%H%M%SZ", time.gmtime(time.time() +
            86400 * n))
    do("openssl", "req", "-new", "-key", key, "-subj", subject,
        "-out", d + "/csr")
    do("openssl", "ca", "-batch", "-config", d + "/cnf", "-in", d + "/csr",
        "-out", out, "-notext", "-md", "sha256", "-outdir", d,
        "-cert", work + "/%s.pem" % ca, "-keyfile", work + "/%s.key" % ca,
        "-extfile", d + "/ext", "-startdate", day(first), "-enddate", day(last))
def chain(key, names=(NAME,), first=0, last=20):
    """The text of a certificate of the second CA."""
    out = work + "/made.pem"
    sign("second", out, key, "/", "subjectAltName=%s\nextendedKeyUsage="
        "serverAuth\n" % ",".join("DNS:" + n for n in names), first, last)
    return read(out)

def count(what):
    """How often Pebble has been asked for this."""
    return len(re.findall(what, read(work + "/pebble.log").decode()))
def orders(): return count("POST /order-plz ")

class Etcd:
    def __init__(self):
        for name in "root", "machine":
            key, cert = (work + "/%s.%s" % (name, e) for e in ("key", "pem"))
            make_key(key)
            sign("etcd-ca", cert, key, "/CN=" + name,
                "extendedKeyUsage=clientAuth\n")
        make_key(work + "/etcd.key")
        sign("etcd-ca", work + "/etcd.pem", work + "/etcd.key", "/CN=etcd",
            "subjectAltName=%s,IP:127.0.0.1\nextendedKeyUsage=serverAuth,"
            "clientAuth\n" % ",".join("IP:" + a for a in ETCD))
        self.nodes = [None] * 3
    def start(self, n):
        peers = ",".join("e%d=http://127.0.0.1:%d" % (i, 23800 + i)
            for i in range(3))
        self.nodes[n] = begin("etcd", "--name", "e%d" % n,
            "--data-dir", work + "/etcd%d" % n,
            "--listen-peer-urls", "http://127.0.0.1:%d" % (23800 + n),
            "--initial-advertise-peer-urls",
            "http://127.0.0.1:%d" % (23800 + n), "--initial-cluster", peers,
            "--listen-client-urls", "https://%s:2379" % ETCD[n],
            "--advertise-client-urls", "https://%s:2379" % ETCD[n],
            "--client-cert-auth", "--trusted-ca-file", work + "/etcd-ca.pem",
            "--cert-file", work + "/etcd.pem", "--key-file", work + "/etcd.key",
            "--heartbeat-interval", "200", "--election-timeout", "2000",
            "--max-request-bytes", "20971520", "--log-outputs", "stderr",
            log=work + "/etcd%d.log" % n)
    def kill(self, n):
        self.nodes[n].kill()
        self.nodes[n].wait()
    def env(self, user="root"):
        return dict(os.environ, ETCDCTL_ENDPOINTS=",".join("https://%s:2379" % a
            for a in ETCD), ETCDCTL_CACERT=work + "/etcd-ca.pem",
            ETCDCTL_CERT=work + "/%s.pem" % user,
            ETCDCTL_KEY=work + "/%s.key" % user)
    def ctl(self, *args, user="root", data=None, check=True):
        return do("timeout", "90", "etcdctl", "--command-timeout=60s", *args,
            data=data, check=check, env=self.env(user))
    def is_there(self):
        return subprocess.run(["timeout", "20", "etcdctl", "get", "x"],
            env=self.env(), capture_output=True).returncode == 0
    def put_large(self, key, value):
        """More than etcdctl sends, through the gateway, by a password."""
        c = ssl.create_default_context(cafile=work + "/etcd-ca.pem")
        # A certificate with a CN is refused there.
        sign("etcd-ca", work + "/none.pem", work + "/root.key", "/",
            "extendedKeyUsage=clientAuth\n")
        c.load_cert_chain(work + "/none.pem", work + "/root.key")
        def post(path, body, token=None):
            r = urllib.request.Request("https://%s:2379/v3/%s" %
                (ETCD[0], path), json.dumps(body).encode(),
                {"Authorization": token} if token else {})
            with urllib.request.urlopen(r, context=c) as f:
                return json.load(f)
        token = post("auth/authenticate", {"name": "writer",
            "password": "writer"})["token"]
        post("kv/put", {"key": base64.b64encode(key.encode()).decode(),
            "value": base64.b64encode(value).decode()}, token)

class Machine:
    def __init__(self, n):
        self.n, self.name = n, "m%d" % n
        self.address = "10.17.0.%d" % (20 + n)
        self.dir = work + "/" + self.name
        self.key = self.dir + "/keys/%s.key" % NAME
        self.full = self.dir + "/certs/%s.fullchain.pem" % NAME
        self.conf = self.dir + "/acme-client.conf"
        # Its network namespace is there as long as this process is.
        self.holder = begin("unshare", "-n", "sleep", "infinity").pid
        wait_until(lambda: self.space(self.holder) not in
            (None, self.space("self")))
        self.inside = ["nsenter", "-t", str(self.holder), "-n"]
        do("ip", "link", "add", "v%d" % n, "type", "veth", "peer", "name",
            "eth0", "netns", str(self.holder))
        do("ip", "link", "set", "v%d" % n, "master", "br0", "up")
        for args in (("addr", "add", self.address + "/24", "dev", "eth0"),
            ("link", "set", "eth0", "up"), ("link", "set", "lo", "up")):
            do(*self.inside, "ip", *args)
        self.web = None
    def space(self, pid):
        """What names the network namespace of a process."""
        try: return os.readlink("/proc/%s/ns/net" % pid)
        except OSError: return None
    def processes(self):
        own = self.space(self.holder)
        return [int(p) for p in os.listdir("/proc") if p.isdigit() and
            int(p) != self.holder and self.space(p) == own]
    def place(self, options="", names="", recipients=None):
        """A machine as configuration management leaves it."""
        shutil.rmtree(self.dir, ignore_errors=True)
        for d in "account", "keys", "certs", "state", "own":
            os.makedirs(self.dir + "/" + d)
        for d in "account", "keys", "state", "own":
            os.chmod(self.dir + "/" + d, 0o700)
        shutil.copy(work + "/account.pem", self.dir + "/account/account.pem")
        if "rotate" not in options: shutil.copy(work + "/fleet.key", self.key)
        self.configure(options, names)
        fleet = ("prefix=%s\nhandles=%s\nttl=%d answer=%d most=300\n"
            "client=%s conf=%s\n" % (PREFIX, NAME, TTL, ANSWER, client,
            self.conf))
        fleet += "".join("export %s=%s\n" % (k, v)
            for k, v in etcd.env("machine").items() if k.startswith("ETCDCTL"))
        if recipients:
            fleet += ("recipients=%s\nidentity=%s.pem\nidentity_key=%s.key\n" %
                (recipients, self.own(), self.own()))
        write(self.dir + "/fleet.conf", fleet, 0o644)
    def own(self): return work + "/own%d" % self.n
    def configure(self, options="", names=""):
        write(self.conf, """state directory "%(d)s/state"
authority test {
	api url "https://ca.test:%(port)s/dir"
	account key "%(d)s/account/account.pem"
	ca file "%(w)s/tls.pem"
	root file "%(w)s/roots.pem"
}
domain %(name)s {
	alternative names { %(names)s }
	domain key "%(d)s/keys/%(name)s.key" %(options)s
	domain full chain certificate "%(full)s"
	stateless
	on change "%(d)s/changed.sh"
}
""" % dict(d=self.dir, w=work, port=ca_port, name=NAME, options=options,
            full=self.full, names=names or "www.example.com"), 0o644)
        write(self.dir + "/changed.sh",
            "#!/bin/sh\necho changed >>%s/changed\n" % self.dir, 0o755)
    def boot(self):
        if self.web is None or self.web.poll() is not None:
            self.web = begin(*self.inside, sys.executable,
                top + "/regress/machine.py", self.address, thumbprint,
                self.full, self.key, log=work + "/web.log")
    def start(self):
        """Its timer."""
        self.run = subprocess.Popen([*self.inside,
            top + "/etc/fleet/acme-fleet", self.dir + "/fleet.conf"],
            env=dict(os.environ, TMPDIR=work),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, start_new_session=True)
    def end(self):
        try: self.said = self.run.communicate(timeout=400)[0].decode()
        except subprocess.TimeoutExpired:
            self.said = "hangs"
            os.killpg(self.run.pid, signal.SIGKILL)
        self.status = self.run.returncode
        return self.status
    def fleet(self):
        self.start()
        return self.end()
    def fleet_on_terminal(self):
        """By hand; what reads from the terminal gets nothing."""
        pid, fd = pty.fork()
        if pid == 0:
            os.execvp(self.inside[0], [*self.inside,
                top + "/etc/fleet/acme-fleet", self.dir + "/fleet.conf"])
        self.said = ""
        while True:
            try: got = os.read(fd, 4096)
            except OSError: break
            if not got: break
            self.said += got.decode(errors="replace")
        self.status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        os.close(fd)
    def kill(self):
        """The power is cut: all of it is gone at once."""
        for _ in range(20):
            pids = self.processes()
            if not pids: break
            for pid in pids:
                try: os.kill(pid, signal.SIGKILL)
                except ProcessLookupError: pass
            time.sleep(0.02)
        self.run.wait()
        self.web.wait()
        self.run.stdout.close()
    def cut_off(self, yes):
        """From etcd alone."""
        for a in ETCD:
            do(*self.inside, "ip", "route", "add" if yes else "del",
                "blackhole", a)
    def files(self):
        found = {}
        for d in "keys", "certs", "state":
            for f in os.listdir(self.dir + "/" + d):
                if not f.endswith((".lock", ".json")):
                    found[d + "/" + f] = read(self.dir + "/" + d + "/" + f)
        found["changed"] = read(self.dir + "/changed")
        return found
    def leaf(self):
        pem = read(self.full)
        return pem and pem.split(b"-----END")[0]

def published():
    return etcd.ctl("get", CHAIN, "--print-value-only")
def presented():
    """The leaf that a client gets, through HAProxy."""
    c = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    c.check_hostname, c.verify_mode = False, ssl.CERT_NONE
    try:
        with socket.create_connection((HUB, 443), 60) as s:
            with c.wrap_socket(s) as t:
                der = t.getpeercert(binary_form=True)
    except OSError as e: return str(e)
    return ssl.DER_cert_to_PEM_cert(der).encode().split(b"-----END")[0]

def row(what, result): rows.append((what, result))
def statuses(ms): return " ".join(str(m.status) for m in ms)
def all_fleet(ms):
    """Their timers, at the same time."""
    for m in ms: m.start()
    for m in ms: m.end()
def ordered_by(ms):
    """Their timers, at the same time; how many orders that made."""
    before = orders()
    all_fleet(ms)
    return orders() - before
def agree(what, ms=None):
    """All machines have the same certificate, with its key."""
    ms = ms or machines
    leaves = {m.leaf() for m in ms}
    good = len(leaves) == 1 and None not in leaves
    for m in ms:
        own = do("openssl", "pkey", "-in", m.key, "-pubout", check=False)
        of = do("openssl", "x509", "-in", m.full, "-noout", "-pubkey",
            check=False)
        good = good and own == of != b""
    report(good, what + ": all have the same certificate", "%d different: %s" %
        (len(leaves), [m.said[-200:] for m in ms if m.said]))
def fresh(options="", names="", recipients=None):
    etcd.ctl("del", "--prefix", PREFIX + "/chain")
    for m in machines:
        m.place(options, names, recipients)
        m.said = ""
        m.boot()

def one_order():
    fresh()
    made = ordered_by(machines)
    report(made == 1 and statuses(machines) == "0 0 0 0 0",
        "all at once: one order in all", "%d orders, statuses %s: %s" %
        (made, statuses(machines), [m.said for m in machines]))
    agree("all at once")
    seen = {presented() for _ in range(10)}
    report(seen == {machines[0].leaf()},
        "all at once: HAProxy's clients get it", str(seen))
    report(all(read(m.dir + "/changed") == b"changed\n" for m in machines),
        "all at once: on change, once on each")
    row("all five timers at the same time", "%d order; all have it" % made)
    before, files = orders(), [m.files() for m in machines]
    all_fleet(machines)
    same = files == [m.files() for m in machines]
    report(statuses(machines) == "2 2 2 2 2" and same and orders() == before,
        "then there is nothing to do", statuses(machines))
    row("their next timers", "nothing to do, no request")

def new_names():
    """A change of the configuration."""
    for m in machines: m.configure(names="www.example.com x.example.com")
    made = ordered_by(machines)
    report(made == 1 and statuses(machines) == "0 0 0 0 0",
        "other names: one order", "%d, %s: %s" % (made, statuses(machines),
        [m.said for m in machines]))
    agree("other names")
    row("another name is configured everywhere", "%d order; all have it" % made)

def killed_before_finalize():
    fresh()
    a, *others = machines
    first, finalized = orders(), count("POST /finalize-order")
    a.start()
    wait_until(lambda: orders() > first)
    a.kill()
    report(count("POST /finalize-order") == finalized and a.leaf() is None,
        "killed before finalize: it was in time")
    began = time.monotonic()
    all_fleet(others)
    took, made = time.monotonic() - began, orders() - first
    report(made == 2 and statuses(others) == "0 0 0 0",
        "killed before finalize: another one goes on", "%d orders, %s: %s" %
        (made, statuses(others), [m.said for m in others]))
    a.boot()
    a.fleet()
    report(a.status == 0 and orders() - first == made,
        "killed before finalize: it installs that later", a.said)
    agree("killed before finalize")
    row("a machine dies before finalize", "its lock ends (%d s); another one "
        "orders; %d orders, 1 certificate" % (TTL, made))

def kill_after_finalize():
    """How many orders there were before.  On a busy machine the run may be done
    too soon: then once more."""
    a = machines[0]
    for _ in range(5):
        fresh()
        first, issued = orders(), count("Issued certificate")
        a.start()
        wait_until(lambda: count("Issued certificate") > issued)
        a.kill()
        if a.leaf() is None: break
    report(a.leaf() is None, "killed after finalize: it was in time")
    return first

def killed_after_finalize():
    a, *others = machines
    first = kill_after_finalize()
    a.boot()
    all_fleet([a])
    all_fleet(others)
    made = orders() - first
    report(made == 1 and statuses(machines) == "0 0 0 0 0",
        "killed after finalize, and back: no second order",
        "%d orders, %s: %s" % (made, statuses(machines),
        [m.said for m in machines]))
    agree("killed after finalize, and back")
    row("a machine dies after finalize, and is back first", "it goes on with "
        "its order; %d order" % made)
    first = kill_after_finalize()
    all_fleet(others)
    made = orders() - first
    a.boot()
    a.fleet()
    report(made == 2 == orders() - first and statuses(machines) == "0 0 0 0 0",
        "killed after finalize, for longer: another one goes on",
        "%d orders, %s: %s" % (made, statuses(machines),
        [m.said for m in machines]))
    agree("killed after finalize, for longer")
    row("a machine dies after finalize, and stays away", "what it ordered is "
        "on its disk alone: another one orders; %d orders; all have the later "
        "one, also the first when it is back" % made)
    fresh()
    first = orders()
    a.fleet()
    a.start()
    time.sleep(0.3)
    a.kill()
    all_fleet(others)
    made = orders() - first
    a.boot()
    report(made == 1 and statuses(others) == "0 0 0 0",
        "killed when all was done: no second order", "%d orders, %s" %
        (made, statuses(others)))
    agree("killed when all was done")
    row("a machine dies when it has published", "no second order; %d order" %
        made)

def interrupted():
    """acme-fleet alone gets the signal, as from kill(1)."""
    a = machines[0]
    for sig in signal.SIGTERM, signal.SIGKILL:
        fresh()
        first = orders()
        a.start()
        wait_until(lambda: orders() > first)
        os.kill(a.run.pid, sig)
        a.end()
        killed = sig == signal.SIGKILL
        report(a.status == (-sig if killed else 1), "%s: it ends" % sig.name,
            "%s %s" % (a.status, a.said))
        left = wait_until(lambda: set(a.processes()) <= {a.web.pid}, 30)
        report(left, "%s: no process of it stays" % sig.name,
            do("ps", "-fp", ",".join(map(str, a.processes())),
                check=False).decode())
        if not killed:
            report(a.leaf() is None, "SIGTERM: acme-client ends, too")
        all_fleet([a])
        all_fleet(machines[1:])
        # acme-client may be ended before it knows what it has ordered.
        report(orders() - first <= (1 if killed else 2) and
            a.status in (0, 2), "%s: the next run has nothing to mend" %
            sig.name, "%d %s %s" % (orders() - first, a.status, a.said))
        agree(sig.name)

def nodes_killed():
    etcd.kill(1)
    all_fleet(machines)
    report(statuses(machines) == "2 2 2 2 2", "one node of etcd is killed",
        [m.said for m in machines])
    fresh()
    made = ordered_by(machines)
    report(made == 1 and statuses(machines) == "0 0 0 0 0",
        "one node of etcd is killed: a first certificate", "%s %s" %
        (statuses(machines), [m.said for m in machines]))
    row("a node of etcd is killed", "nothing is noticed; %d order" % made)
    etcd.kill(2)
    files = [m.files() for m in machines]
    all_fleet(machines)
    told = all("etcd does not answer: the certificates stay" in m.said
        for m in machines)
    same = files == [m.files() for m in machines]
    report(statuses(machines) == "1 1 1 1 1" and told and same,
        "two nodes of etcd are killed: said, and nothing changes", "%s %s" %
        (statuses(machines), [m.said for m in machines]))
    row("two nodes of etcd are killed", "each keeps its certificate and says "
        "so; no order")
    etcd.start(1)
    etcd.start(2)
    report(wait_until(etcd.is_there, 120, 0.5), "etcd is back")
    all_fleet(machines)
    report(statuses(machines) == "2 2 2 2 2", "etcd is back: nothing to do",
        [m.said for m in machines])

def cut_off():
    fresh()
    a, b, *others = machines
    first = orders()
    a.cut_off(True)
    a.fleet()
    report(a.status == 1 and a.leaf() is None and orders() == first and
        "does not answer" in a.said, "cut off, without a certificate: it "
        "orders nothing", a.said)
    all_fleet([b, *others])
    a.cut_off(False)
    a.fleet()
    report(a.status == 0 and orders() - first == 1,
        "cut off, and back: it installs what there is", a.said)
    agree("cut off, and back")
    a.cut_off(True)
    files = a.files()
    a.fleet()
    report(a.status == 1 and a.files() == files,
        "cut off: it keeps what it has", a.said)
    a.cut_off(False)
    row("a machine is cut off from etcd", "it keeps what it has, says so, "
        "orders nothing; later it installs what there is")
    fresh()
    first = orders()
    a.start()
    wait_until(lambda: orders() > first)
    a.cut_off(True)
    began = time.monotonic()
    b.fleet()
    a.end()
    took = time.monotonic() - began
    made = orders() - first
    report(b.status == 0 and made == 2, "cut off in the middle: another one "
        "goes on", "%d %s" % (made, b.said))
    report(a.status == 1 and a.leaf() not in (None, b.leaf()) and took < 60,
        "cut off in the middle: it installs its own and says that it is not "
        "published", "%s %s" % (a.status, a.said))
    a.cut_off(False)
    all_fleet(machines)
    report(set(statuses(machines).split()) <= {"0", "2"} and
        orders() - first == 2, "cut off in the middle, and back",
        "%s %s" % (statuses(machines), [m.said for m in machines]))
    agree("cut off in the middle, and back")
    row("a machine is cut off in the middle of its run", "it installs its own; "
        "another one orders; %d orders; then all have the same" % made)

def hostile():
    fresh()
    make_key(work + "/other.key")
    fleet = work + "/fleet.key"
    both = (NAME, "www.example.com")
    all_fleet(machines)
    own = machines[0].leaf()
    good = published()
    values = [
        ("another key", chain(work + "/other.key", both), "another key"),
        ("other names", chain(fleet, ("evil.example",)), "other names"),
        ("expired", chain(fleet, both, -9, -1), "too soon to be of use"),
        ("self-signed", do("openssl", "req", "-x509", "-key", fleet, "-subj",
            "/", "-days", "99", "-addext", "subjectAltName=DNS:" +
            ",DNS:".join(both), "-addext", "basicConstraints=CA:FALSE"),
            "self-signed"),
        ("10 MiB", b"-----BEGIN CERTIFICATE-----\n" * 374491, "65536 bytes"),
        ("older", chain(fleet, both, -3, 1900), "is older than"),
        ("garbage", b"\033]0;owned\007\n" + os.urandom(99), "refused"),
        ("a key", read(work + "/other.key"), "refused"),
        ("empty", b"", "no certificate"),
    ]
    # The first of these is offered to each machine.
    for n, (what, value, why) in enumerate(values):
        bad = []
        for m in machines[:2 if n > 0 else 5]:
            before, first = m.files(), orders()
            if not 0 < len(value) < 1000000: etcd.put_large(CHAIN, value)
            else: etcd.ctl("put", CHAIN, data=value)
            m.fleet()
            refused = m.status == 1 and re.search(why, m.said)
            if not refused or m.files() != before or orders() != first or \
                    "\033" in m.said:
                bad.append((m.status, m.said[-300:]))
            if published().split(b"-----END")[0] != own:
                bad.append("not put right")
        who = "two machines" if n > 0 else "each machine"
        report(not bad, "a hostile value, %s: refused by %s, which publish "
            "their own" % (what, who), str(bad))
        row("hostile value: " + what, "refused by %s; files as before; put "
            "right by the first to see it" % who)
    report(published().split() == good.split(), "what is published at last is "
        "the good one")

def rotate():
    for m in machines:
        do("openssl", "req", "-x509", *EC, "-days", "30", "-subj",
            "/CN=" + m.name, "-keyout", m.own() + ".key", "-out",
            m.own() + ".pem")
    a, b, *others = machines
    *readers, outsider = machines
    to = work + "/recipients.pem"
    write(to, b"".join(read(m.own() + ".pem") for m in readers), 0o644)
    fresh("rotate", recipients=to)
    first = orders()
    all_fleet(readers)
    made = orders() - first
    report(made == 1 and statuses(readers) == "0 0 0 0",
        "rotate: one order, whose key all get", "%d, %s: %s" % (made,
        statuses(readers), [m.said for m in readers]))
    agree("rotate", readers)
    value = published()
    report(b"BEGIN CMS" in value and b"PRIVATE KEY" not in value,
        "rotate: the key is published encrypted")
    first_pair, first_key = value, read(a.key)
    outsider.fleet()
    report(outsider.status == 1 and outsider.leaf() is None and
        orders() - first == 1 and "the new key cannot be read" in outsider.said,
        "rotate: who is no recipient cannot read it, and orders nothing",
        outsider.said)
    row("rotate", "%d order; all recipients have its key; who is none says so, "
        "and orders nothing" % made)
    for m in readers: m.configure("rotate", "www.example.com x.example.com")
    all_fleet(readers)
    report(statuses(readers) == "0 0 0 0" and orders() - first == 2,
        "rotate: a new key and certificate",
        "%s %s" % (statuses(readers), [m.said for m in readers]))
    agree("rotate, again", readers)
    report(read(a.key) != first_key and read(a.key + ".old") == first_key,
        "rotate: the replaced key is kept")
    # What an attacker who owns etcd may have kept, or make of it.
    for what, value in (
        ("an earlier pair", encrypted(work + "/old.key",
            chain(work + "/old.key", NAMES, -3, 1900))),
        ("the key of another", encrypted(work + "/other.key", first_pair)),
        ("no key", first_pair.split(b"-----BEGIN CMS")[0]),
    ):
        bad = []
        for m in readers:
            # One of its own waits; it is not lost.
            shutil.copy(work + "/other.key", m.key + ".new")
            before = m.files()
            etcd.ctl("put", CHAIN, data=value)
            m.fleet()
            if m.status != 1 or m.files() != before:
                bad.append((m.status, m.said[-300:], sorted(m.files())))
            os.unlink(m.key + ".new")
        report(not bad, "rotate: hostile value, %s: refused, and no key stays" %
            what, str(bad))
        row("rotate, hostile value: " + what, "refused by each; no key of it "
            "stays")
    # A machine dies with a key in its place.
    value = encrypted(work + "/fleet.key", chain(work + "/fleet.key",
        NAMES, 0, 1900))
    bad = []
    for n in range(0, 6, 2):
        shutil.copy(work + "/other.key", a.key + ".new")
        before = a.files()
        etcd.ctl("put", CHAIN, data=value)
        a.start()
        wait_until(lambda: os.path.exists(a.key + ".placed"), 10, 0.001)
        time.sleep(0.02 * n)
        a.kill()
        a.boot()
        a.fleet()
        now = a.files()
        if a.status not in (0, 2) or read(a.key) != read(work + "/fleet.key") \
                or read(a.key + ".new") != read(work + "/other.key"):
            bad.append((n, a.status, a.said[-300:], sorted(now)))
        # Back to where it was.
        for f in os.listdir(a.dir + "/keys"): os.unlink(a.dir + "/keys/" + f)
        for f in os.listdir(a.dir + "/state"):
            os.unlink(a.dir + "/state/" + f)
        for name, data in before.items():
            if data is not None and not name.startswith("changed"):
                write(a.dir + "/" + name, data)
        os.unlink(a.key + ".new")
    report(not bad, "rotate: a machine dies while a key waits: neither key is "
        "lost", str(bad))
    row("rotate: a machine dies while a new key waits", "its next run installs "
        "the pair; a key of its own that waited before still waits")

    # A key that openssl would ask for a password of.
    locked = work + "/locked.key"
    do("openssl", "pkey", "-in", work + "/other.key", "-aes128", "-passout",
        "pass:secret", "-out", locked)
    before = b.files()
    etcd.ctl("put", CHAIN, data=encrypted(locked, first_pair))
    b.fleet_on_terminal()
    report(b.status == 1 and b.files() == before and "refused" in b.said and
        "phrase" not in b.said, "rotate: hostile value, a key with a password: "
        "refused, and nobody is asked for that", "%s %s" % (b.status, b.said))
    etcd.ctl("put", CHAIN, data=value)
    # Whose links would be followed, and where acme-client could not read it.
    before, first = b.files(), orders()
    os.chown(b.dir + "/keys", 65534, 65534)
    b.fleet()
    report(b.status == 1 and "belongs to another user" in b.said and
        b.files() == before and orders() == first, "rotate: no key is put into "
        "the directory of another user, and nothing is ordered", b.said)

NAMES = (NAME, "www.example.com", "x.example.com")

def encrypted(key, certificates):
    cms = do("openssl", "cms", "-encrypt", "-binary", "-aes-256-gcm",
        "-outform", "PEM", "-in", key,
        *[m.own() + ".pem" for m in machines[:-1]])
    return certificates.split(b"-----BEGIN CMS")[0] + cms

def refusals():
    """What is wrong with a machine's own configuration."""
    fresh()
    a = machines[0]
    os.unlink(a.key)
    a.fleet()
    report(a.status == 1 and "put the fleet's key there" in a.said and
        not os.path.exists(a.key), "without the fleet's key: refused", a.said)
    a.place("rotate")
    a.fleet()
    report(a.status == 1 and "must name 'recipients'" in a.said,
        "rotate without recipients: refused", a.said)
    a.place()
    write(a.conf, read(a.conf).replace(b"domain full chain", b"domain"), 0o644)
    first = orders()
    a.fleet()
    report(a.status == 1 and "has no 'domain full chain" in a.said and
        orders() == first, "without a chain to share: refused", a.said)
    for line, why in (("store=x", "expected etcd or consul"),
        ("handles=", "must be set"), ("handles=' '", "must be set"),
        ("handles='a;b'", "only letters"), ("handles='*'", "only letters"),
        ("handles='a -b'", "handle -b: begins with '-'"),
        ("prefix='/a b'", "only letters"),
        ("conf=/nonexistent", "nonexistent")):
        a.place()
        with open(a.dir + "/fleet.conf", "a") as f: f.write(line + "\n")
        a.fleet()
        report(a.status == 1 and why in a.said and
            "cut off" not in a.said, "%s: refused" % line, a.said)
    # The role that the page makes has its prefix and nothing else.
    for key, may in (("/other/x", False), (PREFIX + "/x", True)):
        p = subprocess.run(["etcdctl", "put", key, "x"], capture_output=True,
            env=etcd.env("machine"))
        report((p.returncode == 0) == may, "the machines' role: %s: %s" %
            (key, "allowed" if may else "denied"), p.stderr.decode())

def by_consul():
    """The same by a stand-in of consul(1)."""
    fresh()
    for m in machines:
        with open(m.dir + "/fleet.conf", "a") as f:
            f.write("store=consul prefix=fleet PATH=%s:$PATH "
                "CONSUL_DIR=%s/consul\nexport PATH CONSUL_DIR\n" %
                (work + "/bin", work))
    made = ordered_by(machines)
    report(made == 1 and statuses(machines) == "0 0 0 0 0",
        "store=consul, by a stand-in: one order", "%d %s %s" % (made,
        statuses(machines), [m.said for m in machines]))
    agree("store=consul")
    write(work + "/consul/fleet_chain_example.com", chain(work + "/other.key"))
    all_fleet(machines)
    report(sorted(statuses(machines).split()) == list("12222"),
        "store=consul: a hostile value is refused, and put right",
        "%s %s" % (statuses(machines), [m.said for m in machines]))
    row("store=consul (a stand-in)", "%d order; all have it" % made)

CONSUL = """#!/bin/sh
# What acme-fleet uses of consul(1), by files: the index is the number of puts.
mkdir -p "$CONSUL_DIR"
file() { echo "$CONSUL_DIR/$(echo "$1" | tr / _)"; }
case "$1 $2" in
"kv get")
	if [ "$3" = -detailed ]; then
		f=$(file "$4")
		[ -e "$f" ] ||
		    { echo "Error! No key exists at: $4" >&2; exit 1; }
		printf 'CreateIndex      1\\nModifyIndex      %s\\n' \\
		    "$(cat "$f.index" 2>/dev/null || echo 7)"
	else cat "$(file "$3")" 2>/dev/null
	fi ;;
"kv put")
	[ "$3" = -cas ] && [ "$6" = - ] || exit 1
	f=$(file "$5") want=${4#-modify-index=}
	[ "$(cat "$f.index" 2>/dev/null || echo 0)" = "$want" ] || exit 1
	echo $((want + 8)) >"$f.index"
	cat >"$f" ;;
"lock -child-exit-code")
	shift 3
	exec flock "$CONSUL_DIR/lock" "$@" ;;
*) echo "consul: $*" >&2; exit 1 ;;
esac
"""

def set_up():
    global etcd, machines, thumbprint
    do("ip", "link", "add", "name", "br0", "type", "bridge")
    for a in [HUB] + ETCD: do("ip", "addr", "add", a + "/24", "dev", "br0")
    do("ip", "link", "set", "br0", "up")
    make_ca("second")
    make_ca("etcd-ca")
    write(work + "/roots.pem", read(work + "/root.pem") +
        read(work + "/second.pem"), 0o644)
    for name in "fleet", "other", "old": make_key(work + "/%s.key" % name)
    os.mkdir(work + "/bin")
    write(work + "/bin/consul", CONSUL, 0o755)
    etcd = Etcd()
    for n in range(3): etcd.start(n)
    report(wait_until(etcd.is_there, 120, 0.5), "etcd: three nodes")
    with open(top + "/etc/fleet/README.md") as f:
        commands = re.findall(r"^    (etcdctl (?:.*\\\n)*.*)$", f.read(), re.M)
    for line in commands: do("sh", "-c", line, env=etcd.env())
    report(len(commands) >= 6, "etcd: the page's commands, word for word")
    etcd.ctl("user", "add", "writer:writer")
    etcd.ctl("user", "grant-role", "writer", "acme-fleet")
    machines = [Machine(n) for n in range(1, 6)]
    # The account's key, which configuration management copies.
    a = machines[0]
    write(work + "/account.pem", b"")
    a.place()
    os.unlink(a.dir + "/account/account.pem")
    said = do(client, "-f", a.conf, "-F", "-t", "test").decode()
    thumbprint = re.search("^thumbprint (.*)$", said, re.M).group(1)
    shutil.copy(a.dir + "/account/account.pem", work + "/account.pem")
    relay = 23900
    begin(sys.executable, top + "/bench/relay.py", str(relay), ca_port,
        str(ROUND_TRIP))
    def servers(port):
        return "".join("\tserver %s %s:%d check inter 200ms fall 1 rise 1\n" %
            (m.name, m.address, port) for m in machines)
    write(work + "/haproxy.cfg", """defaults
	timeout client 30s
	timeout server 30s
	timeout connect 5s
	timeout check 10s
	option redispatch
	retries 3
listen web
	mode http
	bind 127.0.0.1:%s
%slisten secure
	mode tcp
	bind %s:443
%slisten ca
	mode tcp
	bind %s:%s
	server ca 127.0.0.1:%d
""" % (http_port, servers(80), HUB, servers(443), HUB, ca_port, relay))
    begin("haproxy", "-db", "-f", work + "/haproxy.cfg",
        log=work + "/haproxy.log")

PARTS = [one_order, killed_after_finalize, hostile, refusals, by_consul]
MORE = [new_names, killed_before_finalize, interrupted, nodes_killed, cut_off,
    rotate]     # Only with EACH=1.
try:
    set_up()
    only = os.environ.get("only", "").split()
    if not only and not os.environ.get("EACH"):
        only = [part.__name__ for part in PARTS]
        print("skip fleet-etcd: %s: only with EACH=1" %
            " ".join(part.__name__ for part in MORE))
    for part in PARTS + MORE:
        if only and part.__name__ not in only: continue
        began = time.monotonic()
        ANSWER = HASTY if part in (nodes_killed, cut_off) else PATIENT
        part()
        print("# %s: %.1f s" % (part.__name__, time.monotonic() - began))
    print("# %-55s %s" % ("what happens", "what comes of it"))
    for what, result in rows: print("# %-55s %s" % (what, result))
finally:
    for p in children:
        try: os.killpg(p.pid, signal.SIGKILL)
        except ProcessLookupError: pass
sys.exit(1 if failed else 0)
