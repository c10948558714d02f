# For evil.py: a world of its own for one of the workers (a scripted CA and its
# staging, directories in the recommended layout, decoys, listeners that nobody
# may reach, a program for 'on change' and 'challenge hook', the name server
# that it publishes by, a server for 'verify'), in which runs are made, and what
# is to be known of it afterwards.
import base64, hashlib, json, os, re, shutil, signal, socket, ssl, stat
import subprocess, threading, time

from dns_wire import NXDOMAIN, TXT, Query, txt

LIMIT = 150         # seconds that no run takes, however loaded the machine is
USER = 65534        # owns certificates, state and challenges where we are root
# The second one is answered by respproc, in the base "dns" by a record.
HANDLES = {"example.com": ["example.com"], "other.example": ["other.example"]}
# The challenge's, always.
TOKEN = b"evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA"
# In a command, for the path of the chain that "-i" offers.
OFFER = "OFFER"
# In the base "changed": what has its files changed says what to run.
OWN = {"example.com": "own", "other.example": "other's"}
FOR_ALL = "all"
# In the base "try": the keys of rehearsals.
TRY_KEY = "state/try/keys/domain-example.com.key"
TRY_ACCOUNT = "state/try/account/authority-test-staging.key"
PROGRAM = """#!/bin/sh
d=$(mktemp -d %(d)s/ran/.XXXXXXXX) || exit 1
cat /proc/$$/cmdline >"$d/argv"
cat /proc/$$/environ >"$d/env"
mv "$d" "%(d)s/ran/${d##*/.}"
case $1 in
begin) : >"%(d)s/zone/$4 $5" ;;
end) rm -f "%(d)s/zone/$4 $5" ;;
changed) [ ! -e %(d)s/fails ] ;;
esac
"""

AUTHORITY = """authority test {
	api url "https://localhost:%(port)d/directory"
	account key "%(top)s/account/account.pem"
	contact "mailto:someone@example.com"
	ca file "%(tls)s/tls.pem"
	root file "%(tls)s/root.pem"
	%(staging)s
}"""
DOMAIN = """domain "%(handle)s" {
	domain name "%(name)s"
	domain key "%(top)s/keys/%(handle)s.key" %(rotate)s
	domain certificate "%(top)s/certs/%(handle)s.pem"
	domain chain certificate "%(handle)s.chain.pem"
	domain full chain certificate "%(handle)s.fullchain.pem"
	%(combined)s
	%(way)s
	%(after)s
}"""
# What there is at the beginning, and its mode.
DIRECTORIES = {
    "": 0o755,
    "account": 0o700,
    "keys": 0o700,
    "certs": 0o755,
    "state": 0o700,
    "www": 0o755,
    "metrics": 0o755,
    "decoys": 0o755,
    "decoys/private": 0o700,
    "certs/below": 0o755,
    "state/below": 0o700,
    "www/below": 0o755,
}
DECOYS = {
    "above": 0o644,
    "decoys/public": 0o644,
    "decoys/private/secret": 0o600,
    "decoys/writable": 0o666,
    "certs/unrelated.pem": 0o644,
    "certs/below/x": 0o600,
    "state/unrelated.json": 0o600,
    "state/below/x": 0o600,
    "www/index.html": 0o644,
    "www/below/x": 0o644,
    "keys/unrelated.key": 0o600,
}

def openssl(*args, data=None):
    return subprocess.run(["openssl", *args], check=True, capture_output=True,
        input=data).stdout

def copy(a, b):
    subprocess.run(["cp", "-a", a, b], check=True)

def free_port():
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]

# DER, as far as it is needed to find a public key.
def der(b, at=0):
    """Tag, begin and end of the contents of what is at this place."""
    n, p = b[at + 1], at + 2
    if n & 0x80:
        p += n & 0x7f
        n = int.from_bytes(b[at + 2:p], "big")
    return b[at], p, p + n
def members(b, at=0):
    _, p, end = der(b, at)
    while p < end:
        yield p
        p = der(b, p)[2]
def inner(b, *path):
    at = 0
    for i in path:
        at = list(members(b, at))[i]
    return b[at:der(b, at)[2]]
def point(spki):
    """The bytes of the public key, which its private key's file has, too."""
    bits = inner(spki, 1)
    return bits[der(bits)[1] + 1:der(bits)[2]]
def point_of_csr(b):
    return point(inner(b, 0, 2))
def point_of_certificate(b):
    tbs = inner(b, 0)
    return point(inner(tbs, 6 if tbs[der(tbs)[1]] == 0xa0 else 5))

def pem(text, what="CERTIFICATE"):
    marks = r"-----BEGIN %s-----\n(.*?)-----END" % what
    return [base64.b64decode(m) for m in re.findall(marks, text, re.S)]
def read(path, binary=False):
    try:
        with open(path, "rb") as f:
            b = f.read()
    except OSError:
        b = b""
    return b if binary else b.decode(errors="replace")
def unb64(t):
    return base64.urlsafe_b64decode(t + "=" * (-len(t) % 4))

class World:
    def __init__(self, where, here, tls, programs, honest, root):
        self.dir, self.here, self.tls, self.root = where, here, tls, root
        self.top, self.ca = where + "/top", where + "/ca"
        self.staging = where + "/staging"
        self.honest, self.log = honest, where + "/log"
        self.reached = []
        # What openssl(1) has said of chains, and made for a key.
        self.verified, self.over_key = {}, {}
        os.makedirs(where + "/bin")
        for name in os.listdir(programs):
            shutil.copy(programs + "/" + name, where + "/bin/" + name)
        self.client = where + "/bin/acme-client"
        self.servers = []
        self.port = self.start_ca(self.ca)
        self.staging_port = self.start_ca(self.staging)
        self.listen_port = free_port()
        self.listen()
        self.make_program()
        self.start_servers()
        self.bases = {}
    def make_program(self):
        self.hooks, self.program = self.dir + "/hooks", self.dir + "/program"
        for d in ("", "/ran", "/zone"):
            os.mkdir(self.hooks + d)
            os.chmod(self.hooks + d, 0o777)
        with open(self.program, "w") as f:
            f.write(PROGRAM % {"d": self.hooks})
        os.chmod(self.program, 0o755)
    def start_servers(self):
        """Of the published records, and of the installed certificate."""
        names = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        names.bind(("127.0.0.1", 0))
        server = socket.create_server(("127.0.0.1", 0))
        self.dns_port = names.getsockname()[1]
        self.verify_port = server.getsockname()[1]
        for f, s in (self.answer, names), (self.present, server):
            threading.Thread(target=f, args=(s,), daemon=True).start()
    def answer(self, s):
        while True:
            bytes, peer = s.recvfrom(4096)
            try:
                q = Query(bytes, "udp")
            except (IndexError, UnicodeDecodeError):
                continue
            values = [v for n, v in map(str.split, self.published())
                if n == q.name and q.kind == TXT]
            s.sendto(q.reply([txt(q.name, v) for v in values]) if values
                else q.reply(rcode=NXDOMAIN), peer)
    def present(self, s):
        while True:
            c, _ = s.accept()
            try:
                c.settimeout(60)
                x = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
                x.load_cert_chain(self.top + "/certs/example.com.fullchain.pem",
                    self.top + "/keys/example.com.key")
                x.wrap_socket(c, server_side=True).close()
            except OSError:
                pass
            c.close()
    def published(self):
        """Records as "NAME VALUE"."""
        return sorted(os.listdir(self.hooks + "/zone"))
    def ran(self):
        """[(arguments, environment)] of the programs that were run.

        Not of those that were ended at once.
        """
        def texts(path):
            return read(path, True).decode(errors="replace").split("\0")[:-1]
        found = []
        for d in os.listdir(self.hooks + "/ran"):
            if d.startswith("."):
                continue
            argv = texts("%s/ran/%s/argv" % (self.hooks, d))
            env = texts("%s/ran/%s/env" % (self.hooks, d))
            found.append((argv[1:], dict(e.partition("=")[::2] for e in env)))
        return found
    def start_ca(self, ca):
        """The port of a CA, whose files are in this directory."""
        port = free_port()
        os.makedirs(ca)
        for n in ("root.key", "inter.key", "inter.pem"):
            shutil.copy(self.tls + "/" + n, ca)
        null, server = subprocess.DEVNULL, self.tls + "/server"
        self.servers.append(subprocess.Popen(["python3",
            self.here + "/ca.py", str(port), server + ".pem",
            server + ".key", ca], stdin=null, stdout=null, stderr=null,
            env=dict(os.environ, CA_ALSO="dns-01")))
        for _ in range(1200):
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                return port
            except OSError:
                time.sleep(0.05)
        raise SystemExit("the scripted CA does not start")
    def ca_of(self, base):
        """(directory, port) of the CA that runs in this base may ask."""
        if base == "try":
            return self.staging, self.staging_port
        return self.ca, self.port
    def listen(self):
        """Where nobody has anything to look for.

        The CA's own port at another address is one of the places.
        """
        self.evil_port = free_port()
        self.evil_name = "evil-%d-%d" % (os.getpid(), self.port)
        stream, here = socket.SOCK_STREAM, ("127.0.0.1", self.evil_port)
        places = [
            (socket.AF_INET, stream, here),
            (socket.AF_INET, stream, ("127.0.0.2", self.port)),
            (socket.AF_INET, socket.SOCK_DGRAM, here),
            (socket.AF_UNIX, stream, "\0" + self.evil_name),
        ]
        for family, kind, place in places:
            s = socket.socket(family, kind)
            s.bind(place)
            if kind == socket.SOCK_STREAM:
                s.listen(50)
            threading.Thread(target=self.wait_at, args=(s, kind, place),
                daemon=True).start()
    def wait_at(self, s, kind, place):
        while True:
            if kind == socket.SOCK_DGRAM:
                got = s.recvfrom(65536)[0]
            else:
                c, _ = s.accept()
                c.settimeout(2)
                try:
                    got = c.recv(65536)
                except OSError:
                    got = b""
                c.close()
            self.reached.append((kind, str(place), got))
    def way(self, base, handle):
        """How it responds to challenges."""
        if handle == "example.com":
            return 'challengedir "%s/www"' % self.top
        if base != "dns":
            return "listen on 127.0.0.1 port %d" % self.listen_port
        return "challenge dns-01\n\tchallenge hook %s" % self.program
    def after(self, base, handle):
        """What follows a change."""
        if base != "changed":
            return ""
        return 'on change "%s changed %s"\n\t' % (self.program, OWN[handle]) + (
            "verify localhost port %d" % self.verify_port
            if handle == "example.com" else "")
    def combined(self, base, handle):
        if base != "rotate":
            return ""
        return 'domain combined "%s/keys/%s.both.pem"' % (self.top, handle)
    def conf(self, base):
        parts = ["state directory \"%s/state\"" % self.top]
        if base in ("dns", "try"):
            parts.append("dns wait 5\ndns server 127.0.0.1 port %d" %
                self.dns_port)
        if base == "changed":
            parts.append('on change "%s changed %s"' % (self.program, FOR_ALL))
        parts.append("metrics file \"%s/metrics/all.prom\"" % self.top)
        parts.append("status file \"%s/metrics/all.json\" 0640" % self.top)
        if self.root:
            parts.append("user nobody")
        parts.append(AUTHORITY % {
            "port": self.port,
            "top": self.top,
            "tls": self.tls,
            "staging": "staging https://localhost:%d/directory" %
                self.staging_port if base == "try" else "",
        })
        for handle, names in HANDLES.items():
            parts.append(DOMAIN % {
                "handle": handle,
                "name": names[0],
                "top": self.top,
                "rotate": "rotate" if base == "rotate" else "",
                "combined": self.combined(base, handle),
                "way": self.way(base, handle),
                "after": self.after(base, handle),
            })
        return "\n".join(parts) + "\n"
    def make(self, base):
        """Directories, and other people's files in, beside and above them."""
        shutil.rmtree(self.top, ignore_errors=True)
        for d, mode in DIRECTORIES.items():
            os.mkdir(self.top + "/" + d, mode)
            os.chmod(self.top + "/" + d, mode)
        for name, mode in DECOYS.items():
            with open(self.top + "/" + name, "w") as f:
                f.write("decoy %s\n" % name)
            os.chmod(self.top + "/" + name, mode)
        with open(self.top + "/c.conf", "w") as f:
            f.write(self.conf(base))
        own = ("certs", "state", "www", "metrics") if self.root else ("",)
        for d in own if os.getuid() == 0 else ():
            for at, ds, fs in os.walk(self.top + "/" + d):
                for n in [at] + [at + "/" + f for f in fs]:
                    os.chown(n, USER, USER)
    def base(self, name):
        """Saves what an honest beginning has left; later runs begin with it."""
        if name in self.bases:
            return
        self.make(name)
        self.set_accounts(["", ""])
        self.scenario("plain")
        # All commands fail: what has changed is remembered.
        fails = self.hooks + "/fails"
        if name == "changed":
            with open(fails, "w"):
                pass
        if name != "fresh":
            wanted, marks = (1, 2) if name == "changed" else (0, 0)
            status, took, text = self.run(self.honest, ["-a", "-j", "1"])
            if status != wanted or len(self.marks()) != marks:
                raise SystemExit("the honest beginning fails: %s %s" %
                    (status, text))
        if name == "changed":
            os.unlink(fails)
        if name == "try":
            status, took, text = self.run(self.honest, ["-T", "example.com"])
            if status != 0:
                raise SystemExit("an honest rehearsal fails: %s" % text)
        copy(self.top, self.dir + "/base-" + name)
        self.bases[name] = [read(ca + "/account")
            for ca in (self.ca, self.staging)]
    def set_accounts(self, accounts):
        """The account's key that each CA knows; "": none."""
        for ca, key in zip((self.ca, self.staging), accounts):
            with open(ca + "/account", "w") as f:
                f.write(key)
            if not key:
                os.unlink(ca + "/account")
    def restore(self, name):
        self.base(name)
        shutil.rmtree(self.top, ignore_errors=True)
        copy(self.dir + "/base-" + name, self.top)
        self.set_accounts(self.bases[name])
        self.scenario("plain")
        self.reached.clear()
        for d in ("ran", "zone"):
            shutil.rmtree(self.hooks + "/" + d)
            os.mkdir(self.hooks + "/" + d)
            os.chmod(self.hooks + "/" + d, 0o777)
    def offer(self):
        """The path of a newer chain than the first handle's in the base
        "issued", for the same key."""
        path = self.dir + "/offer.pem"
        if not os.path.exists(path):
            self.restore("issued")
            status, took, text = self.run(self.honest, ["-F", "example.com"])
            if status != 0:
                raise SystemExit("nothing to offer: %s" % text)
            shutil.copy(self.top + "/certs/example.com.fullchain.pem", path)
            self.restore("issued")
        return path
    def marks(self):
        """The handles whose change is remembered."""
        state = self.top + "/state"
        return [h for h in HANDLES
            if os.path.lexists("%s/domain-%s.changed" % (state, h))]
    def scenario(self, name):
        for ca in (self.ca, self.staging):
            with open(ca + "/scenario", "w") as f:
                f.write(name)
            for n in ("log", "payloads"):
                with open(ca + "/" + n, "w"):
                    pass
    def plan(self, lines):
        with open(self.dir + "/bin/plan", "w") as f:
            f.write("".join(l + "\n" for l in lines))
    def run(self, client, args):
        """Status (None: not in time), seconds, what it said."""
        more = {}
        if os.getuid() == 0 and not self.root:
            more = dict(user=USER, group=USER, extra_groups=[])
        args = [self.offer() if a == OFFER else a for a in args]
        command = [client, "-v", "-f", self.top + "/c.conf", *args]
        began = time.monotonic()
        with open(self.log, "wb") as log:
            p = subprocess.Popen(command, cwd="/", stdin=subprocess.DEVNULL,
                stdout=log, stderr=log, start_new_session=True, **more)
            try:
                status = p.wait(LIMIT)
            except subprocess.TimeoutExpired:
                status = None
        took = time.monotonic() - began
        self.left = self.session(p.pid)
        for pid in self.left:
            os.kill(pid, signal.SIGKILL)
        if status is None:
            p.wait()
        return status, took, read(self.log)
    def session(self, sid):
        """Processes of this run's session, which no role can leave.

        Those that are about to end are waited for.
        """
        for _ in range(1200):
            left = []
            for pid in filter(str.isdigit, os.listdir("/proc")):
                try:
                    text = open("/proc/%s/stat" % pid).read()
                except OSError:
                    continue
                f = text.rpartition(")")[2].split()
                if int(f[3]) == sid and f[0] != "Z":
                    left.append(int(pid))
            if not left:
                break
            time.sleep(0.05)
        return left
    def files(self):
        """{path below top: (type and mode, owner, group, links, contents)}"""
        found = {}
        for at, ds, fs in os.walk(self.top):
            for n in ds + fs:
                path = at + "/" + n
                st = os.lstat(path)
                links, what = 0, None
                if stat.S_ISLNK(st.st_mode):
                    what = os.readlink(path)
                elif stat.S_ISREG(st.st_mode):
                    links, what = st.st_nlink, read(path, True)
                found[path[len(self.top) + 1:]] = (st.st_mode, st.st_uid,
                    st.st_gid, links, what)
        return found
    def payloads(self):
        """Of both CAs: what is signed has the URL in it."""
        return [json.loads(l) for ca in (self.ca, self.staging)
            for l in read(ca + "/payloads").splitlines()]
    def requests(self):
        return read(self.ca + "/log").splitlines()
    def account(self, ca=None):
        """The key that the CA knows, as its private key's file has it."""
        try:
            k = json.loads(read((ca or self.ca) + "/account"))
        except ValueError:
            return None
        return b"\4" + unb64(k["x"]) + unb64(k["y"])
    def thumbprint(self, ca=None):
        k = json.loads(read((ca or self.ca) + "/account") or "null")
        if not k:
            return None
        text = '{"crv":"%s","kty":"EC","x":"%s","y":"%s"}' % (
            k["crv"], k["x"], k["y"])
        digest = hashlib.sha256(text.encode()).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=")
    def end(self):
        for server in self.servers:
            server.kill()
            server.wait()

EXTENSIONS = {
    "server": """subjectAltName=DNS:localhost,IP:127.0.0.1
extendedKeyUsage=serverAuth
authorityKeyIdentifier=keyid
subjectKeyIdentifier=hash
""",
    "inter": """basicConstraints=critical,CA:TRUE
keyUsage=critical,keyCertSign,cRLSign
subjectKeyIdentifier=hash
""",
    "foreign": """subjectAltName=DNS:example.com
extendedKeyUsage=serverAuth
basicConstraints=CA:FALSE
""",
}

def make_ca(d):
    """Keys and certificates of the CA and its server, for all worlds."""
    new = ["req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
        "-nodes"]
    csr, ext = d + "/csr", d + "/ext"
    def key(name):
        return "%s/%s.key" % (d, name)
    def cert(name):
        return "%s/%s.pem" % (d, name)
    def anchor(name, subject):
        openssl(*new, "-x509", "-days", "30", "-subj", "/CN=" + subject,
            "-keyout", key(name), "-out", cert(name))
    def request(name, subject):
        """Its key, and the CSR and extensions that are signed next."""
        with open(ext, "w") as f:
            f.write(EXTENSIONS[name])
        openssl(*new, "-subj", "/CN=" + subject, "-keyout", key(name),
            "-out", csr)
    def sign(name, subject, by):
        request(name, subject)
        openssl("x509", "-req", "-in", csr, "-CA", cert(by), "-CAkey", key(by),
            "-CAcreateserial", "-days", "30", "-extfile", ext,
            "-out", cert(name))
    os.makedirs(d)
    anchor("tls", "anchor")
    anchor("root", "root")
    sign("server", "localhost", "tls")
    sign("inter", "intermediate", "root")
    # What an attacker brings along: a chain of his own for our name.
    request("foreign", "example.com")
    openssl("x509", "-req", "-in", csr, "-signkey", key("foreign"),
        "-days", "90", "-extfile", ext, "-out", cert("foreign"))
    for at, ds, fs in os.walk(d):
        for f in fs:
            os.chmod(at + "/" + f, 0o644)
