# For hostile.py and hostile_later.py: a role alone with its one socket.  Arguments: the
# program, a fresh directory, the tree.
import array, base64, hashlib, json, os, re, select, socket, struct, subprocess, sys, time
from c_enum import enum

client, work, top = sys.argv[1:]
# The role's program beside it, and the identity of the build.
build = os.path.dirname(client)
identity = re.search('"(.*)"', open(build + "/generated/identity.h").read()).group(1)
TYPE = enum(top + "/acme-client.h", "msgtype")
NAME = {v: k for k, v in TYPE.items()}
MODE = enum(top + "/acme-client.h", "mode")
RENEW, LIST, REVOKE, RESTORE, HOOK, ROLLOVER, CONTACT, DEACTIVATE, ADOPT, SHOW, NAMES_MODE = (MODE["MODE_" + n]
    for n in "RENEW LIST REVOKE RESTORE HOOK ROLLOVER CONTACT DEACTIVATE ADOPT SHOW NAMES".split())
PART = enum(top + "/file-part.h", "part")
failed = False

def report(ok, name, why=""):
    global failed
    failed |= not ok
    print("ok" if ok else "FAIL", name + ("" if ok else ": " + why))

def num(n): return struct.pack("=Q", n)
def s(text):
    if text is None: return struct.pack("=I", 0xffffffff)
    b = text if isinstance(text, bytes) else text.encode()
    return struct.pack("=I", len(b) + 1) + b + b"\0"
def buf(b): return struct.pack("=I", len(b)) + b
def strings(v): return num(len(v)) + b"".join(s(x) for x in v)
def head(t, job, length, worker=0): return struct.pack("=IIII", t, job, worker, length)

class Role:
    def __init__(self, name):
        a, b = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        b.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
        a.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 1 << 20)
        self.sock, (self.err, err) = a, os.pipe()
        self.troubles = []
        fd = b.fileno()
        def child():
            os.dup2(fd, 3)
        self.p = subprocess.Popen([name, identity], executable=build + "/" + name, stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL, stderr=err, preexec_fn=child, close_fds=False, env={})
        b.close()
        os.close(err)
        os.set_blocking(self.err, False)
    def send(self, t, body=b"", job=0, worker=0):
        try: self.sock.send(head(TYPE[t], job, len(body), worker) + body)
        except OSError: pass
    def raw(self, data):
        try: self.sock.send(data)
        except OSError: pass
    def recv(self, seconds=10):
        """(type name, body), or None at the end; words for certproc to remember are set aside."""
        while True:
            m = self.next(seconds)
            if m is None or m[0] != "CERT_TROUBLE": return m
            self.troubles.append(m[1][4:-1].decode())
    def next(self, seconds):
        if not select.select([self.sock], [], [], seconds)[0]: return ("timeout", b"")
        # A role that ended with messages unread resets the socket once, what it sent is still there.
        for _ in range(2):
            try: d = self.sock.recv(200000)
            except ConnectionResetError: d = b""
            except OSError: return None
            if d: break
        if len(d) < 16: return None
        t, _, _, _ = struct.unpack("=IIII", d[:16])
        return (NAME[t], d[16:])
    def ended(self, seconds=10):
        try: return self.p.wait(seconds)
        except subprocess.TimeoutExpired: return None
    def said(self):
        try: self.text = getattr(self, "text", "") + os.read(self.err, 100000).decode(errors="replace")
        except OSError: pass
        return getattr(self, "text", "")
    def close(self):
        self.sock.close()
        try: self.p.wait(5)
        except subprocess.TimeoutExpired: self.p.kill(); self.p.wait()
        os.close(self.err)

class Pair:
    """certproc with its fileproc; their messages to each other are passed on, as the broker does."""
    FROM_FILE = ("CERT_STATES", "CERT_PART", "CERT_STORED")
    def __init__(self):
        self.cert, self.file = Role("certproc"), Role("fileproc")
        self.p, self.sock = self.cert.p, self.cert.sock
    def send(self, *args, **kw): self.cert.send(*args, **kw)
    def raw(self, data): self.cert.raw(data)
    def recv(self, seconds=10):
        deadline = time.time() + seconds
        while True:
            ready = select.select([self.cert.sock, self.file.sock], [], [], max(0, deadline - time.time()))[0]
            if not ready: return ("timeout", b"")
            for sock in ready:
                try: d = sock.recv(200000)
                except OSError: d = b""
                if len(d) < 16:
                    if sock is self.cert.sock: return None
                    time.sleep(0.01)
                    continue
                t, job, _, _ = struct.unpack("=IIII", d[:16])
                if NAME[t].startswith("FILE_"): self.file.raw(d)
                elif NAME[t] in self.FROM_FILE: self.cert.raw(d)
                else:
                    if NAME[t] == "PARENT_DUE": self.file.send("FILE_NARROW")
                    return (NAME[t], d[16:])
    def ended(self, seconds=10):
        """Passes on what is still to be said, such as the saved chain's removal."""
        deadline = time.time() + seconds
        while self.cert.p.poll() is None and time.time() < deadline: self.recv(0.05)
        return self.cert.ended(0.1)
    def said(self): return self.cert.said() + self.file.said()
    def close(self):
        self.cert.close()
        self.file.close()

def refuses(name, role, why):
    """The role ends by itself, says why, and has answered nothing."""
    answers = []
    deadline = time.time() + 15
    while time.time() < deadline:
        m = role.recv(deadline - time.time())
        if m is None or m[0] == "timeout": break
        answers.append(m[0])
    status, said = role.ended(5), role.said()
    report(status == 1 and not answers and re.search(why, said) is not None, "hostile: " + name,
        "status %s, answers %s, said %r" % (status, answers, said[-200:]))
    role.close()

os.makedirs(work + "/keys", 0o700)
os.makedirs(work + "/www", 0o755)
os.makedirs(work + "/ssl/private", 0o700)
os.chmod(work + "/ssl", 0o755)
uid, gid = (65534, 65534) if os.getuid() == 0 else (os.getuid(), os.getgid())
def conf_of(mode): return num(0) + num(uid) + num(gid) + num(mode)
conf = conf_of(RENEW)
ORIGIN = "https://ca.example:14000/dir"
NAMES = ["a.example", "www.a.example"]
NONCE, TOKEN = "abcDEF123", "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA"
URL = "https://ca.example:14000/x"

def openssl(*args): return subprocess.run(["openssl", *args], check=True, capture_output=True).stdout

ACCOUNT = "https://ca.example:14000/acct/1"
def key_slice(path="/keys/account.pem", reason=0, eab=(None, None, None), force=0, publishes=1, names_account=0):
    return num(reason) + num(1) + num(0) + s(work + path) + num(0) + num(0) + s(None) + b"".join(s(x) for x in eab) + strings([ORIGIN]) + num(force) + num(publishes) + num(names_account)
def key_role(path="/keys/account.pem", account=True, begin=True, mode=RENEW, eab=(None, None, None), replaces=None, reason=0, order=None, names=NAMES):
    """A key process, and its thumbprint; account: the CA has named one; begin: certproc has begun the job."""
    r = Role("keyproc")
    r.send("ROLE_CONF", conf_of(mode) + key_slice(path, reason, eab))
    if mode in (RENEW, REVOKE): r.send("ROLE_DOMAIN", s(None) + num(0) + strings(names))
    r.send("ROLE_START")
    r.send("KEY_ACCOUNT", s(None) + s(None) + s(None))
    thumbprint = r.recv() if mode == RENEW else None
    r.send("KEY_ASK_ACCOUNT")
    r.recv()
    if account:
        r.send("KEY_SET_ACCOUNT", s(ACCOUNT))
        r.recv(), r.recv()
    if begin and mode == RENEW: r.send("KEY_BEGIN", s(replaces) + s(order))
    return r, thumbprint[1][4:-1].decode() if thumbprint else ""

def unb64(t): return base64.urlsafe_b64decode(t + "=" * (-len(t) % 4))
def jws(m):
    o = json.loads(m[1][4:-1])
    return json.loads(unb64(o["protected"])), json.loads(unb64(o["payload"])) if o["payload"] else ""

def csr(keyfile, sans):
    with open(work + "/csr.cnf", "w") as f:
        f.write("[req]\ndistinguished_name=d\nreq_extensions=e\nprompt=no\n[d]\n[e]\nsubjectAltName=%s\n" % ",".join("DNS:" + n for n in sans))
    return openssl("req", "-new", "-key", keyfile, "-config", work + "/csr.cnf", "-subj", "/", "-outform", "DER")

def csr_slice(rotate=0, combined=None):
    return s(work + "/ssl/private/a.key") + num(0) + num(0) + num(rotate) + s(None) + s(None) + s(combined) + strings(NAMES)
def commands(v): return num(len(v)) + b"".join(strings(argv) for argv in v)
CHALLENGES = enum(top + "/challenge.h", "challenge_type")
DNS01 = CHALLENGES["CHALLENGE_DNS01"]
DNSACCOUNT01 = CHALLENGES["CHALLENGE_DNSACCOUNT01"]
WAY_HOOK = enum(top + "/challenge.h", "way")["WAY_HOOK"]
def hook_domain(handle, v): return s(handle) + s(work + "/ssl/private/a.key") + s(work + "/ssl/a.pem") + s(None) * 3 + commands(v) + num(0) * 2 + s(None) + strings([])
def hook_publishes(program, names=NAMES, challenge=DNS01):
    return s("a") + s(None) * 5 + commands([]) + num(challenge) + \
        num(WAY_HOOK) + s(program) + strings(names)
# A free port, and the way that is not its number is read from the header.
WAY = enum(top + "/challenge.h", "way")
def free_port():
    with socket.socket() as x:
        x.bind(("127.0.0.1", 0))
        return x.getsockname()[1]
def resp_slice(challenge, port, way="WAY_LISTEN", names=NAMES):
    listen = ["127.0.0.1", str(port or free_port())]
    return s("a") + num(challenge) + num(WAY[way]) + strings(listen) + strings(names)
def started(name):
    r = Role(name)
    body = {"netproc": num(1) + num(1) + num(0) + num(0) + num(0) + s("a") + s(None) + s(None) + s(None) + strings([ORIGIN]), "dnsproc": num(1) + num(0) + num(0) + strings(["localhost", "443"]),
        "keyproc": key_slice(), "csrproc": num(0) + strings([ORIGIN]), "chngproc": num(0),
        "certproc": num(0) + num(0) + num(1000) + num(0) + s("a") + s(ORIGIN) + s(None) + num(0) + strings([]) + num(0), "fileproc": s(work + "/state") + s(None) + s("a"),
        "zoneproc": num(1) + strings(["127.0.0.1", "53"]) + num(0), "respproc": b"", "hookproc": num(0) + s(None)}[name]
    domain = {"netproc": s("a") + s(None) + num(0) + num(0) + num(0) + strings(NAMES) + strings([]), "keyproc": s(None) + num(0) + strings(NAMES),
        "csrproc": csr_slice(), "chngproc": s("a") + num(0) + num(0) + s(work + "/www") + num(2),
        "fileproc": s("a") + s(work + "/ssl/a.pem") + s(None) + s(None) + num(0), "zoneproc": strings(NAMES), "respproc": resp_slice(0, 0), "hookproc": hook_publishes("/bin/true"),
        "certproc": s("a") + s(work + "/ssl/a.pem") + s(None) + s(None) + num(0) + s(None) + s(None) + num(0) + num(0) + s("looks") + s(None) + num(0) + num(0) + s(ORIGIN) + num(1) + s(None) + strings(NAMES) + strings([])}.get(name)
    r.send("ROLE_CONF", conf + body)
    if domain is not None: r.send("ROLE_DOMAIN", domain)
    r.send("ROLE_START")
    if name == "csrproc":
        r.send("CSR_LOOK", num(0))
        r.recv()
    if name == "certproc": r.send("CERT_STATES", num(0) + num(0) + buf(b""))
    return r
def make_ca():
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "30", "-subj", "/CN=r", "-keyout", work + "/ca.key", "-out", work + "/ca.pem")
def issue(keyfile, days, issuer=True, sans=NAMES, more=""):
    with open(work + "/ext", "w") as f:
        f.write("subjectAltName=%s\nextendedKeyUsage=serverAuth\nbasicConstraints=CA:FALSE\n%s" % (",".join("DNS:" + n for n in sans), more))
    openssl("req", "-new", "-key", keyfile, "-subj", "/CN=x", "-out", work + "/x.csr")
    signer = ["-CA", work + "/ca.pem", "-CAkey", work + "/ca.key", "-CAcreateserial"] if issuer else ["-signkey", keyfile]
    return openssl("x509", "-req", "-in", work + "/x.csr", "-days", str(days), "-extfile", work + "/ext", *signer)
key_path, cert_path = work + "/ssl/private/a.key", work + "/ssl/a.pem"
def spki_hash(path): return hashlib.sha256(openssl("pkey", "-in", path, "-pubout", "-outform", "DER")).digest()
def cert_role(force=0, start=True, chain=None, mode=RENEW, preferred=None, check=0, rooting=0):
    """The role, and what it says first of all (start: when it has been asked for a job)."""
    r = Pair()
    r.file.send("ROLE_CONF", conf_of(mode) + s(work + "/state") + s(None) + s("a"))
    r.file.send("ROLE_DOMAIN", s("a") + s(cert_path) + s(chain) + s(None) + num(0))
    r.file.send("ROLE_START")
    r.send("ROLE_CONF", conf_of(mode) + num(force) + num(0) + num(1000) + num(0) + s("a") + s(ORIGIN) + s(None) + num(0) + strings([]) + num(0))
    r.send("ROLE_DOMAIN", s("a") + s(cert_path) + s(chain) + s(None) + num(0) + s(None) + s(preferred) + num(check) + num(0) + s("looks %f" % time.time()) + s(None) + num(0) + num(0) + s(ORIGIN) + num(rooting) + s(work + "/ca.pem") + strings(NAMES) + strings([]))
    r.send("ROLE_START")
    assert r.recv()[0] == "PARENT_START_CSR" and r.recv()[0] == "CSR_LOOK"
    r.send("CERT_KEY", num(1) + num(1) + buf(spki_hash(key_path)) + buf(b"") * 3)
    if not start: return r, None
    first = r.recv()
    if first[0] != "PARENT_DUE": return r, first
    while r.recv()[0] != "KEY_ACCOUNT": pass
    r.send("CERT_NEXT")
    begin = r.recv()
    if mode == REVOKE: return r, begin
    if begin == ("NET_JOB", num(2) + begin[1][8:]) and not check:
        # Only the CA is to be asked when it is due; it does not say.
        r.send("CERT_WINDOW", num(0) + num(0) + num(3600))
        return r, r.recv()
    if begin[0] == "NET_JOB": return r, begin
    job = r.recv()
    assert begin[0] == "KEY_BEGIN" and job[0] == "NET_JOB" and job[1][:8] == num(1), (begin, job)
    return r, first

def end():
    sys.exit(1 if failed else 0)
