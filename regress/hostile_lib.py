# For hostile.py, hostile_later.py, zone.py and responder.py: a role alone with
# its one socket.
# Arguments: the program, a fresh directory, the tree.
import array, base64, hashlib, json, os, re, select, socket, struct
import subprocess, sys, time
from c_enum import enum

client, work, top = sys.argv[1:]
# The roles' programs lie beside the client, and expect its build's identity.
build = os.path.dirname(client)

def read(path):
    with open(path, "rb") as f: return f.read()
def write(path, data):
    with open(path, "wb") as f: f.write(data)
def remove(path):
    if os.path.exists(path): os.unlink(path)

header = read(build + "/generated/identity.h").decode()
identity = re.search('"(.*)"', header).group(1)

TYPE = enum(top + "/acme-client.h", "msgtype")
NAME = {v: k for k, v in TYPE.items()}
MODE = enum(top + "/acme-client.h", "mode")
RENEW, LIST, REVOKE, RESTORE, INSTALL, HOOK = (MODE["MODE_" + name]
    for name in "RENEW LIST REVOKE RESTORE INSTALL HOOK".split())
ROLLOVER, CONTACT, DEACTIVATE, ADOPT = (MODE["MODE_" + name]
    for name in "ROLLOVER CONTACT DEACTIVATE ADOPT".split())
SHOW, NAMES_MODE = MODE["MODE_SHOW"], MODE["MODE_NAMES"]
MONITOR = MODE["MODE_MONITOR"]
PART = enum(top + "/part.h", "part")
CHALLENGE = enum(top + "/challenge.h", "challenge_type")
WAY = enum(top + "/challenge.h", "way")
failed = False
section = "hostile"

def in_section(name):
    """The tests' names begin with this, in place of hostile."""
    global section
    section = name
def report(ok, name, why=""):
    global failed
    failed |= not ok
    if ok: print("ok %s: %s" % (section, name))
    else: print("FAIL %s: %s: %s" % (section, name, why))
def same(name, expected, got):
    report(got == expected, name, str(got))

# The fields of a message's body.
def num(n): return struct.pack("=Q", n)
def s(text):
    if text is None: return struct.pack("=I", 0xffffffff)
    b = text if isinstance(text, bytes) else text.encode()
    return struct.pack("=I", len(b) + 1) + b + b"\0"
def buf(b): return struct.pack("=I", len(b)) + b
def strings(v): return num(len(v)) + b"".join(s(x) for x in v)
def commands(v): return num(len(v)) + b"".join(strings(argv) for argv in v)
def head(t, job, length, worker=0):
    return struct.pack("=IIII", t, job, worker, length)

# What certproc tells the parent about a job.
OUTCOME = enum(top + "/acme-client.h", "outcome")
INSTALLED, UNCHANGED, JOB_FAILED = (
    ("PARENT_OUTCOME", num(OUTCOME["OUTCOME_" + name]))
    for name in "INSTALLED UNCHANGED FAILED".split())

class Role:
    def __init__(self, name):
        a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        for side in a, b:
            side.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
        self.sock, (self.err, err) = a, os.pipe()
        self.troubles = []
        self.text = ""
        fd = b.fileno()
        def child():
            os.dup2(fd, 3)
        self.p = subprocess.Popen([name, identity],
            executable=build + "/" + name, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=err, preexec_fn=child,
            close_fds=False, env={})
        b.close()
        os.close(err)
        os.set_blocking(self.err, False)

    def send(self, t, body=b"", job=0, worker=0):
        self.raw(head(TYPE[t], job, len(body), worker) + body)
    def raw(self, data):
        try: self.sock.send(data)
        except OSError: pass
    def reply_to(self, t, body=b"", job=0):
        """Sends one message, and returns the one that comes next."""
        self.send(t, body, job)
        return self.recv()

    def recv(self, seconds=60):
        """(type name, body), or None at the end of file. The causes of errors
        that the role tells certproc are set aside."""
        while True:
            m = self.next(seconds)
            if m is None or m[0] != "CERT_ERROR": return m
            self.troubles.append(m[1][4:-1].decode())
    def next(self, seconds):
        if not select.select([self.sock], [], [], seconds)[0]:
            return ("timeout", b"")
        # A role that ended with messages unread resets the socket once; what it
        # had sent can still be read.
        for _ in range(2):
            try: d = self.sock.recv(200000)
            except ConnectionResetError: d = b""
            except OSError: return None
            if d: break
        if len(d) < 16: return None
        t, _, _, _ = struct.unpack("=IIII", d[:16])
        return (NAME[t], d[16:])
    def drain(self, t=None):
        """How many messages come, of this type only, before anything else."""
        count = 0
        while True:
            m = self.recv()
            if m is None or m[0] == "timeout" or t and m[0] != t: return count
            count += 1

    def ended(self, seconds=60):
        """The status that the role ends with, or None if it does not end."""
        try: return self.p.wait(seconds)
        except subprocess.TimeoutExpired: return None
    def said(self):
        """All that the role has written to its standard error."""
        try: self.text += os.read(self.err, 100000).decode(errors="replace")
        except OSError: pass
        return self.text
    def close(self):
        self.sock.close()
        try: self.p.wait(60)
        except subprocess.TimeoutExpired:
            self.p.kill()
            self.p.wait()
        os.close(self.err)
    def stop(self):
        self.send("ROLE_STOP")
        self.ended()
        self.close()

class Pair:
    """certproc with its fileproc. Messages of one to the other are passed on,
    as the broker does."""
    FROM_FILE = ("CERT_STATES", "CERT_PART", "CERT_STORED")
    def __init__(self):
        self.cert, self.file = Role("certproc"), Role("fileproc")
        self.p, self.sock = self.cert.p, self.cert.sock
    def send(self, *args, **kw): self.cert.send(*args, **kw)
    def raw(self, data): self.cert.raw(data)
    reply_to, drain, stop = Role.reply_to, Role.drain, Role.stop

    def recv(self, seconds=60):
        deadline = time.time() + seconds
        while True:
            left = max(0, deadline - time.time())
            both = [self.cert.sock, self.file.sock]
            ready = select.select(both, [], [], left)[0]
            if not ready: return ("timeout", b"")
            for sock in ready:
                try: d = sock.recv(200000)
                except OSError: d = b""
                if len(d) < 16:
                    if sock is self.cert.sock: return None
                    time.sleep(0.01)
                    continue
                name = NAME[struct.unpack("=IIII", d[:16])[0]]
                if name.startswith("FILE_"): self.file.raw(d)
                elif name in self.FROM_FILE: self.cert.raw(d)
                else:
                    if name == "PARENT_DUE": self.file.send("FILE_NARROW")
                    return (name, d[16:])
    def ended(self, seconds=60):
        """As a role's, while messages are still passed on, such as the one that
        has the saved chain removed."""
        deadline = time.time() + seconds
        while self.cert.p.poll() is None and time.time() < deadline:
            self.recv(0.05)
        return self.cert.ended(0.1)
    def said(self): return self.cert.said() + self.file.said()
    def close(self):
        self.cert.close()
        self.file.close()

def refuses(name, role, why):
    """The role ends by itself, says why, and has sent no reply."""
    replies = []
    deadline = time.time() + 60
    while time.time() < deadline:
        m = role.recv(deadline - time.time())
        if m is None or m[0] == "timeout": break
        replies.append(m[0])
    status, said = role.ended(), role.said()
    report(status == 1 and not replies and re.search(why, said) is not None,
        name, "status %s, replies %s, said %r" % (status, replies, said[-200:]))
    role.close()

os.makedirs(work + "/keys", 0o700)
os.makedirs(work + "/www", 0o755)
os.makedirs(work + "/ssl/private", 0o700)
os.chmod(work + "/ssl", 0o755)
if os.getuid() == 0: uid = gid = 65534
else: uid, gid = os.getuid(), os.getgid()

key_path, cert_path = work + "/ssl/private/a.key", work + "/ssl/a.pem"
CA = "https://ca.example:14000"
ORIGIN = CA + "/dir"
ACCOUNT = CA + "/acct/1"
URL = CA + "/x"
NAMES = ["a.example", "www.a.example"]
NONCE, TOKEN = "abcDEF123", "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA"
def to_sign(url=URL, nonce=NONCE): return s(nonce) + s(url)

def openssl(*args):
    command = ["openssl", *args]
    return subprocess.run(command, check=True, capture_output=True).stdout
P256 = ["ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
def make_key(path): openssl("genpkey", "-algorithm", *P256, "-out", path)
def make_ca():
    openssl("req", "-x509", "-newkey", *P256, "-nodes", "-days", "30",
        "-subj", "/CN=r", "-keyout", work + "/ca.key", "-out", work + "/ca.pem")
def alternative_names(sans):
    return "subjectAltName=" + ",".join("DNS:" + name for name in sans) + "\n"

def csr(keyfile, sans):
    """A CSR in DER."""
    config = work + "/csr.cnf"
    with open(config, "w") as f:
        f.write("[req]\ndistinguished_name=d\nreq_extensions=e\nprompt=no\n"
            "[d]\n[e]\n" + alternative_names(sans))
    return openssl("req", "-new", "-key", keyfile, "-config", config,
        "-subj", "/", "-outform", "DER")
def issue(keyfile, days, issuer=True, sans=NAMES, more=""):
    """A certificate in PEM: of make_ca()'s authority, or else self-signed."""
    with open(work + "/ext", "w") as f:
        f.write(alternative_names(sans) +
            "extendedKeyUsage=serverAuth\nbasicConstraints=CA:FALSE\n" + more)
    request = work + "/x.csr"
    openssl("req", "-new", "-key", keyfile, "-subj", "/CN=x", "-out", request)
    signer = ["-signkey", keyfile]
    if issuer:
        signer = ["-CA", work + "/ca.pem", "-CAkey", work + "/ca.key",
            "-CAcreateserial"]
    return openssl("x509", "-req", "-in", request, "-days", str(days),
        "-extfile", work + "/ext", *signer)
def spki_hash(path):
    spki = openssl("pkey", "-in", path, "-pubout", "-outform", "DER")
    return hashlib.sha256(spki).digest()

def unb64(t): return base64.urlsafe_b64decode(t + "=" * (-len(t) % 4))
def jws(m):
    """The protected header and the payload of what keyproc has signed."""
    o = json.loads(m[1][4:-1])
    payload = json.loads(unb64(o["payload"])) if o["payload"] else ""
    return json.loads(unb64(o["protected"])), payload

# The slices of the configuration, as parent-slice.c sends them: first what is
# common to a run, then one for each job.
def conf_of(mode): return num(0) + num(uid) + num(gid) + num(mode)
conf = conf_of(RENEW)

def key_slice(path="/keys/account.pem", reason=0, eab=(None, None, None),
        force=0, publishes=1, names_account=0):
    return (num(reason) + num(1) + num(0) + s(work + path) + num(0) + num(0) +
        s(None) + b"".join(s(x) for x in eab) + strings([ORIGIN]) +
        num(force) + num(publishes) + num(names_account))
def key_domain(names=NAMES): return s(None) + num(0) + strings(names)

def csr_slice(rotate=0, combined=None):
    return (s(key_path) + num(0) + num(0) + num(rotate) + s(None) + s(None) +
        s(combined) + strings(NAMES))

def cert_conf(force=0):
    return (num(force) + num(0) + num(1000) + num(0) + s("a") + s(ORIGIN) +
        s(None) + num(0) + strings([]) + num(0))
def cert_domain(looks="looks", chain=None, preferred=None, check=0, rooting=1,
        roots=None):
    """looks: the fingerprint of what the job is configured to be."""
    return (s("a") + s(cert_path) + s(chain) + s(None) + num(0) + s(None) +
        s(preferred) + num(check) + num(0) + s(looks) + s(None) + num(0) +
        num(0) + s(None) + s(None) + s(None) + s(ORIGIN) + num(rooting) +
        s(roots) + strings(NAMES) + strings([]))

def file_conf():
    return s(work + "/state") + s(None) + s(None) + num(0o644) + s("a")
def file_domain(chain=None, hook=0):
    return s("a") + s(cert_path) + s(chain) + s(None) + num(hook)

def chng_domain(challenge=0, way=0, webroot=None):
    return s("a") + num(challenge) + num(way) + s(webroot) + num(len(NAMES))

DNS01 = CHALLENGE["CHALLENGE_DNS01"]
DNSACCOUNT01 = CHALLENGE["CHALLENGE_DNSACCOUNT01"]
def hook_domain(handle, v):
    """A job with these commands 'on change'."""
    return (s(handle) + s(key_path) + s(cert_path) + s(None) * 3 +
        commands(v) + num(0) * 2 + s(None) + strings([]))
def hook_publishes(program, names=NAMES, challenge=DNS01):
    """A job whose records this program publishes."""
    return (s("a") + s(None) * 5 + commands([]) + num(challenge) +
        num(WAY["WAY_HOOK"]) + s(program) + strings(names))

def free_port():
    with socket.socket() as x:
        x.bind(("127.0.0.1", 0))
        return x.getsockname()[1]
def resp_slice(challenge, port, way="WAY_LISTEN", names=NAMES):
    listen = ["127.0.0.1", str(port or free_port())]
    return (s("a") + num(challenge) + num(WAY[way]) + strings(listen) +
        strings(names))

SLICES = {
    "netproc": (
        num(1) + num(1) + num(0) * 4 + s("a") + s(None) * 3 + strings([ORIGIN]),
        s("a") + s(None) + num(0) * 3 + strings(NAMES) + strings([])),
    "dnsproc": (
        num(1) + num(0) * 2 + strings(["localhost", "443"]),
        None),
    "keyproc": (key_slice(), key_domain()),
    "csrproc": (num(0) + strings([ORIGIN]), csr_slice()),
    "chngproc": (num(0), chng_domain(webroot=work + "/www")),
    "certproc": (cert_conf(), cert_domain()),
    "fileproc": (file_conf(), file_domain()),
    "zoneproc": (
        num(1) + strings(["127.0.0.1", "53"]) + num(0) * 2 + s(None) * 2,
        s("a.example") + num(0) * 2 + strings(NAMES)),
    "respproc": (b"", None),
    "hookproc": (num(0) + s(None), hook_publishes("/bin/true")),
}

# The roles, each as far as a peer in a run finds it.
def started(name):
    r = Role(name)
    common, domain = SLICES[name]
    if name == "respproc": domain = resp_slice(0, 0)
    r.send("ROLE_CONF", conf + common)
    if domain is not None: r.send("ROLE_DOMAIN", domain)
    r.send("ROLE_START")
    if name == "csrproc": r.reply_to("CSR_LOOK", num(0))
    if name == "certproc":
        r.send("CERT_STATES", num(0) + num(0) + buf(b""))
    return r

def key_role(path="/keys/account.pem", account=True, begin=True, mode=RENEW,
        eab=(None, None, None), replaces=None, reason=0, order=None,
        names=NAMES):
    """A key process, and its thumbprint. account: the CA has named one;
    begin: certproc has begun the job."""
    r = Role("keyproc")
    r.send("ROLE_CONF", conf_of(mode) + key_slice(path, reason, eab))
    if mode in (RENEW, REVOKE): r.send("ROLE_DOMAIN", key_domain(names))
    r.send("ROLE_START")
    r.send("KEY_ACCOUNT", s(None) * 3)
    told = r.recv() if mode == RENEW else None
    thumbprint = told[1][4:-1].decode() if told else ""
    r.reply_to("KEY_ASK_ACCOUNT")
    if account:
        r.reply_to("KEY_SET_ACCOUNT", s(ACCOUNT))
        r.recv()
    if begin and mode == RENEW: r.send("KEY_BEGIN", s(replaces) + s(order))
    return r, thumbprint

def cert_role(force=0, start=True, chain=None, mode=RENEW, preferred=None,
        check=0, rooting=0):
    """certproc with fileproc, and what it says first of all; start: once it
    has been asked for a job."""
    r = Pair()
    r.file.send("ROLE_CONF", conf_of(mode) + file_conf())
    r.file.send("ROLE_DOMAIN", file_domain(chain))
    r.file.send("ROLE_START")
    r.send("ROLE_CONF", conf_of(mode) + cert_conf(force))
    r.send("ROLE_DOMAIN", cert_domain("looks %f" % time.time(), chain,
        preferred, check, rooting, work + "/ca.pem"))
    r.send("ROLE_START")
    assert r.recv()[0] == "PARENT_START_CSR" and r.recv()[0] == "CSR_LOOK"
    r.send("CERT_KEY",
        num(1) + num(1) + buf(spki_hash(key_path)) + buf(b"") * 3)
    if not start: return r, None
    first = r.recv()
    if first[0] != "PARENT_DUE": return r, first
    begin = next_job(r)
    if mode == REVOKE: return r, begin
    if begin == ("NET_JOB", num(2) + begin[1][8:]) and not check:
        # Only the CA is to be asked when it is due; it does not say.
        return r, r.reply_to("CERT_WINDOW", num(0) + num(0) + num(3600))
    if begin[0] == "NET_JOB": return r, begin
    job = r.recv()
    assert begin[0] == "KEY_BEGIN" and job[0] == "NET_JOB", (begin, job)
    assert job[1][:8] == num(1), (begin, job)
    return r, first
def next_job(r):
    """What certproc says when net asks for its first job."""
    while r.recv()[0] != "KEY_ACCOUNT": pass
    return r.reply_to("CERT_NEXT")

# What certproc remembers between runs.
def remembered():
    with open(work + "/state/domain-a.json") as f: return json.load(f)
def forget():
    for f in os.listdir(work + "/state"):
        if f.endswith(".json"): os.unlink(work + "/state/" + f)

def end():
    sys.exit(1 if failed else 0)
