# A scripted CA (RFC 8555) that misbehaves on request.
# Arguments: PORT CERTIFICATE KEY DIRECTORY [PLAIN-PORT].
# It reads the scenario from DIRECTORY/scenario at each request, and writes
# requests to DIRECTORY/log, and what was signed to DIRECTORY/payloads.  It
# checks no signatures: the tests with a real CA do that.  It serves lists and
# the like from DIRECTORY/plain at http://localhost:PLAIN-PORT/.
import base64, email.utils, hashlib, http.server, json, os, re, socket, ssl
import struct, subprocess, sys, threading, time
import mutations

port, cert, key, top = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
plain_port = int(sys.argv[5]) if len(sys.argv) > 5 else 0
base = "https://%s:%d" % (os.environ.get("CA_HOST", "localhost"), port)
ERROR = "urn:ietf:params:acme:error:"

def read(name):
    with open(top + "/" + name, "rb") as f: return f.read()
def write(name, data):
    with open(top + "/" + name, "wb") as f: f.write(data)
def append(name, line):
    with open(top + "/" + name, "a") as f: f.write(line + "\n")
def done(): return os.path.exists(top + "/done")

def scenario():
    try: return read("scenario").decode().strip()
    except OSError: return ""

class State:
    # The key by which the CA knows the account is in DIRECTORY/account.
    @property
    def jwk(self):
        try: return json.loads(read("account"))
        except OSError: return None
    @jwk.setter
    def jwk(self, key):
        if key: write("account", json.dumps(key).encode())
        elif os.path.exists(top + "/account"): os.unlink(top + "/account")
    def __init__(self):
        self.new_order(["example.com"])
        # How many orders, nonces; the nonces that may be used; the times at
        # which some were asked for; names whose authorization was given up;
        # what a scenario does only once, and has done.
        self.orders = self.nonce = 0
        self.nonces, self.asked = set(), []
        self.given_up, self.answered = set(), set()
        # Whether something that was sent ahead was dropped in this run.
        self.dropped = False
        # The account's path; the scenario that has lost or moved it; how many
        # requests by its new key are still to be refused.
        self.account, self.upset, self.cached = "/acct/1", "", 0
        # The certificates that it has issued and revoked, the keys that it
        # blocks, the first key of a scenario "key refused".
        self.issued, self.revoked, self.blocked = [], set(), set()
        self.refused = None
    def new_order(self, names):
        self.names = names
        # This run has asked for it.
        self.fresh = True
        # Its CSR; whether it was finalized, or is invalid for its key.
        self.csr, self.finalized, self.bad = None, 0, False
        # Challenges, polls of the order, authorizations fetched after a
        # challenge; whether a response was cut.
        self.triggered, self.polls, self.fetched = set(), 0, 0
        self.cut = False
st = State()

def unb64(t): return base64.urlsafe_b64decode(t + "=" * (-len(t) % 4))

def openssl(*args, data=None):
    command = ["openssl", *args]
    run = subprocess.run(command, check=True, capture_output=True, input=data)
    return run.stdout

def public_key(kind, der):
    pem = openssl(kind, "-inform", "DER", "-noout", "-pubkey", data=der)
    return base64.b64decode(b"".join(pem.splitlines()[1:-1]))
def same_key(jwk, spki):
    if jwk["kty"] == "RSA": return unb64(jwk["n"]) in spki
    return unb64(jwk["x"]) + unb64(jwk["y"]) in spki
def expired(der):
    command = ["openssl", "x509", "-inform", "DER", "-noout", "-checkend", "0"]
    return subprocess.run(command, input=der, capture_output=True).returncode

FROM_CNF = """\
[ca]
default_ca=c
[c]
policy=p
rand_serial=yes
database=%s/from.db
[p]
commonName=optional
"""
def issue_from(begin, days):
    """Of the CSR and the extensions that lie there; x509(1) cannot say when it
    is to begin."""
    write("from.cnf", (FROM_CNF % top).encode())
    write("from.db", b"")
    write("from.csr", openssl("req", "-inform", "DER", "-in", top + "/csr.der"))
    def date(t): return time.strftime("%Y%m%d%H%M%SZ", time.gmtime(t))
    openssl("ca", "-batch", "-config", top + "/from.cnf",
        "-in", top + "/from.csr", "-out", top + "/from.pem", "-notext",
        "-md", "sha256", "-cert", top + "/inter.pem",
        "-keyfile", top + "/inter.key", "-extfile", top + "/ext",
        "-startdate", date(begin), "-enddate", date(begin + 86400 * days),
        "-subj", "/CN=x", "-outdir", top)
    return read("from.pem")

LARGE_CNF = """\
[req]
distinguished_name=d
x509_extensions=e
[d]
[e]
nsComment=%s
"""
def long_lines(pem):
    """And a large certificate behind it, all in lines of 250 characters: a bit
    less than 65536 bytes, more in lines of 64."""
    def wrap(match):
        base64 = match[2].replace(b"\n", b"")
        return match[1] + re.sub(rb"(.{1,250})", rb"\1\n", base64)
    comment = "x" * (48350 - len(pem) * 3 // 4)
    write("large.cnf", (LARGE_CNF % comment).encode())
    large = openssl("req", "-x509", "-config", top + "/large.cnf",
        "-key", top + "/inter.key", "-subj", "/CN=large")
    short = pem + large
    out = re.sub(rb"(-----BEGIN CERTIFICATE-----\n)([^-]*)", wrap, short)
    assert len(out) <= 65536 < len(short), (len(out), len(short))
    return out

def extensions(sc):
    """Of a certificate, as openssl(1) reads them."""
    names = list(st.names)
    if sc.startswith("adds "): names.insert(0, sc[5:])
    if sc == "extra name": names.insert(0, "evil.example")
    lines = [
        "subjectAltName=" + ",".join("DNS:" + name for name in names),
        "extendedKeyUsage=serverAuth",
        "basicConstraints=CA:FALSE",
        "authorityKeyIdentifier=keyid",
    ]
    if sc.startswith("CRL"):
        host = os.environ.get("LIST_HOST", "localhost")
        if sc.startswith("CRL at "): host = sc[7:]
        url = "http://%s:%d/list.crl" % (host, plain_port)
        if sc == "CRL long": url += "?" + "a" * 1500
        lines.append("crlDistributionPoints=URI:" + url)
    return "".join(line + "\n" for line in lines)

def issue(sc, other):
    write("ext", extensions(sc).encode())
    write("csr.der", st.csr)
    foreign = sc == "other key"
    if sc == "other key once" and sc not in st.answered:
        st.answered.add(sc)
        foreign = True
    if foreign:
        openssl("req", "-new", "-newkey", "ec",
            "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
            "-keyout", "/dev/null", "-subj", "/",
            "-outform", "DER", "-out", top + "/csr.der")
    # "again N": the Nth that it has issued; "again N, once": but not for an
    # order of this run.
    m = re.match(r"again (-?\d+)(, once)?$", sc)
    if m and not (m[2] and st.fresh):
        leaf = openssl("x509", "-inform", "DER", data=st.issued[int(m[1])])
        return leaf + read("inter.pem")
    m = re.match(r"begins (\d+) hours ago, for (\d+)$", sc)
    if m:
        leaf = issue_from(time.time() - 3600 * int(m[1]), int(m[2]))
    else:
        days = "1" if sc == "one day" else "90"
        leaf = openssl("x509", "-req", "-inform", "DER",
            "-in", top + "/csr.der", "-days", days, "-CA", top + "/inter.pem",
            "-CAkey", top + "/inter.key", "-CAcreateserial",
            "-extfile", top + "/ext")
    st.issued.append(ssl.PEM_cert_to_DER_cert(leaf.decode()))
    inter = read("other-inter.pem" if other else "inter.pem")
    # "issuer ends first", "issuer ends first, root": the same CA's certificate
    # of fewer days, and behind it the root.
    if sc.startswith("issuer ends first"):
        inter = read("short-inter.pem")
        if sc.endswith("root"): inter += read("../root.pem")
    if sc == "no intermediate": return leaf
    if sc == "unordered": return inter + leaf
    if sc == "100 certificates": return leaf + inter * 99
    if sc == "private key in the chain": return leaf + read("inter.key")
    if sc == "larger once written": return long_lines(leaf + inter)
    if sc == "text before": return b"subject=x\n" + leaf + inter
    return leaf + inter

def with_member(body, names, value):
    """A copy of the object; value: JSON of the member of this path, or "" if
    that is not to be there."""
    body = inner = json.loads(json.dumps(body))
    for name in names[:-1]:
        if isinstance(inner, list): inner = inner[int(name)]
        else: inner = inner.get(name, {})
    last = int(names[-1]) if isinstance(inner, list) else names[-1]
    if value: inner[last] = json.loads(value)
    elif isinstance(inner, list) or last in inner: del inner[last]
    return body

def http_date(seconds):
    return email.utils.formatdate(time.time() + seconds, usegmt=True)
def rfc3339(seconds):
    there = time.gmtime(time.time() + seconds)
    return time.strftime("%Y-%m-%dT%H:%M:%SZ", there)
def location(url): return [("Location", url)]
def retry_after(value): return [("Retry-After", value)]
def dns(name): return {"type": "dns", "value": name}
def error(kind, detail): return {"type": ERROR + kind, "detail": detail}

# Scenarios in which a step fails with this problem: its status, type, detail.
PROBLEMS = {
    "renewal": {
        "ARI 404": (404, "malformed", "not yours"),
        "ARI 500": (500, "serverInternal", "down"),
    },
    "new-account, existing": {
        "deactivated": (403, "unauthorized", "An account with the provided "
            "public key exists but is deactivated"),
        "find unknown": (400, "malformed", "unknown member"),
    },
    "revoke": {
        "bad reason": (400, "badRevocationReason", "unsupported reason code"),
        "already revoked": (400, "alreadyRevoked"),
    },
    "new-order": {
        "account gone": (400, "accountDoesNotExist", "who are you"),
        "deactivated by status": (403, "unauthorized", "no"),
        "deactivated": (401, "unauthorized", "account deactivated"),
        "paused at length": (429, "rateLimited",
            "Your account is paused for: " + "name.example, " * 200 +
            "please visit: https://ca.example/unpause?jwt=" + "e" * 460 +
            "END"),
        "paused": (429, "rateLimited", "Your account is temporarily prevented "
            "from requesting certificates for example.com and is paused. "
            "Please visit: https://ca.example/unpause?jwt=eyJ"),
        "no such profile": (400, "invalidProfile",
            "we have none of that name"),
        "badNonce always": (400, "badNonce"),
    },
    "new-order, replaces": {
        "ARI already replaced": (409, "alreadyReplaced", "it has a successor"),
        "ARI replaces malformed": (400, "malformed", "cannot replace this"),
        "ARI replaces rejected": (400, "rejectedIdentifier", "not this name"),
    },
    "finalize": {
        "CSR refused": (400, "badCSR",
            "CSR contains an email address; key usage"),
    },
}
# Limits, as Boulder words them: those of an account, and those of one name.
LIMITS = {
    "limit account":
        "too many new orders (300) from this account in the last 3h0m0s",
    "limit name": "too many certificates (50) already issued for "
        '"b.example.com" in the last 168h0m0s',
    "limit domain": "too many certificates (50) already issued for "
        '"example.com" in the last 168h0m0s',
    "limit set": "too many certificates (5) already issued for this exact set "
        "of identifiers in the last 168h0m0s",
}
# Scenarios whose authorizations become invalid.
INVALID = ("invalid challenge", "invalid without error", "invalid response",
    "invalid response, order too")
INVALID_PENDING = "invalid authorization of a pending order"
# Scenarios whose orders stay pending.
NEVER = ("pending for ever", "pending for ever, retry now", "valid but pending")
TOKENS = {
    "token ../x": "../x",
    "token /x": "/x",
    "token empty": "",
    "token dot": ".",
    "token NUL": "aaaaaaaaaaaaaaaaaaaaaaaa\0",
    "token long": "a" * 300,
    "token shell": "$(id)aaaaaaaaaaaaaaaaaaaaaaaaaaa",
    "token 0xff": "\xff" * 24,
}
GOOD_TOKEN = "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA"
OK = b"HTTP/1.1 200 OK\r\n"
# A response to no request.
UNASKED = b"HTTP/1.1 500 x\r\nContent-Length: 0\r\n\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
def ok_of(length): return OK + b"Content-Length: %d\r\n\r\n" % length

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    answers = 0
    def setup(self):
        self.request.do_handshake()
        super().setup()
    def log_message(self, *a): pass
    @property
    def step(self): return self.path.split("/")[1]

    def nonce(self, sc):
        if sc == "nonce with quote": return 'a"b'
        if sc == "nonce of 10 KB": return "a" * 10240
        st.nonce += 1
        st.nonces.add("nonce%d" % st.nonce)
        return "nonce%d" % st.nonce
    def has_nonce(self, sc):
        if sc == "no nonce at all": return False
        if sc == "no nonce in answers": return self.command != "POST"
        if sc.startswith("newNonce dries up") and st.orders:
            return self.path == "/new-order"
        return True
    def ended_by(self, sc):
        """How the connection ends in place of a length of the body, if it
        does."""
        m = re.search("ended by (close|notify|rst)", sc)
        return m and {"close": "fin"}.get(m[1], m[1])
    def shortened(self, sc, body):
        m = re.search(r"cut (once )?at ([\w-]+)", sc)
        if not m or m[2] != self.step or m[1] and st.cut: return body
        st.cut = True
        return body[:len(body) * 2 // 3]

    def answer(self, status, body=b"", headers=(), ctype="application/json"):
        sc = scenario()
        # "member STEP NAME JSON": that member of the responses of this step;
        # "member STEP NAME" without it.
        m = re.match(r"member ([\w-]+) ([\w.]+) ?(.*)", sc)
        if m and m[1] == self.step and isinstance(body, dict):
            body = with_member(body, m[2].split("."), m[3])
        if not isinstance(body, bytes): body = json.dumps(body).encode()
        mutation = self.mutation(sc)
        if mutation and mutation[0] != "HTTP": body = mutation[1](body)
        ended_by = self.ended_by(sc)
        if ended_by: body = self.shortened(sc, body)
        if sc == "odd content type": ctype = "text/plain; x=y"
        fields = list(headers)
        if not ended_by: fields.append(("Content-Length", str(len(body))))
        fields.append(("Content-Type", ctype))
        if self.has_nonce(sc): fields.append(("Replay-Nonce", self.nonce(sc)))
        # "date SECONDS": a clock that is so far ahead.
        m = re.match(r"date (-?\d+)", sc)
        if m: fields.append(("Date", email.utils.formatdate(time.time() +
            int(m[1]), usegmt=True)))
        if sc == "close after each answer":
            fields.append(("Connection", "close"))
        if sc == "lower case": fields = [(k.lower(), v) for k, v in fields]
        version = 0 if "HTTP/1.0" in sc else 1
        lines = ["HTTP/1.%d %d x" % (version, status)]
        lines += ["%s: %s" % field for field in fields]
        data = "".join(line + "\r\n" for line in lines + [""]).encode()
        if self.command != "HEAD": data += body
        if sc == "two responses" and self.step.startswith("dir"):
            data += UNASKED
        if sc == "slow answers": time.sleep(0.3)
        if sc == "drop what is sent ahead": self.drop_what_is_sent_ahead()
        if ended_by: return self.cut(data, ended_by)
        if mutation and mutation[0] == "HTTP":
            return self.cut(mutation[1](data))
        self.wfile.write(data)
        self.wfile.flush()
        if "HTTP/1.0" in sc: return self.cut(b"")
        self.answers += 1
        seventh = self.answers % 7 == 0
        if sc == "close after each answer": self.close_connection = True
        if sc == "close at every 7th answer" and seventh:
            self.close_connection = True
        if sc == "reset at every 7th answer" and seventh: self.cut(b"", "rst")
    def mutation(self, sc):
        """Of "mutate STEP TABLE NAME", at that step: the table, and what it
        has by that name."""
        m = re.match(r"mutate ([\w-]+) (HTTP|JSON|PEM) (.*)", sc)
        if not m or m[1] != self.step: return None
        return m[2], getattr(mutations, m[2])[m[3]][1]
    def drop_what_is_sent_ahead(self):
        """A server that reads one request at a time, and forgets what came with
        it: of several authorizations, something comes."""
        self.connection.setblocking(False)
        for _ in range(1 if st.dropped or self.step != "authz" else 40):
            time.sleep(0.05)
            try:
                while self.rfile.peek(1):
                    st.dropped = True
                    self.rfile.read1(65536)
            except (OSError, ValueError): pass
            if st.dropped: break
        self.connection.setblocking(True)
    def cut(self, data=b"", how="fin"):
        """Sends these bytes, and ends the connection."""
        self.wfile.write(data)
        self.wfile.flush()
        self.close_connection = True
        if how == "rst":
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                struct.pack("ii", 1, 0))
        elif how == "notify":
            try: self.connection.unwrap()
            except OSError: pass
        self.connection.close()
    def redirect(self, status, to): self.answer(status, b"", location(to))
    def html(self, status, body, headers=()):
        self.answer(status, body, headers, "text/html")
    def problem(self, status, kind, detail="because", headers=(), **more):
        body = dict(error(kind, detail), **more)
        self.answer(status, body, headers, "application/problem+json")
    def too_many(self, detail="too many", seconds="3000", status=429, **more):
        self.problem(status, "rateLimited", detail, retry_after(seconds),
            **more)
    def fails(self, step, sc):
        if sc not in PROBLEMS[step]: return False
        self.problem(*PROBLEMS[step][sc])
        return True
    def once(self, what):
        """Whether a scenario has not done this yet."""
        if what in st.answered: return False
        st.answered.add(what)
        return True

    def lacks_a_field(self):
        """Whether it lacks what CAs want in each request; if so, it is
        refused."""
        ctype = self.headers["Content-Type"]
        agent = self.headers["User-Agent"] or ""
        right = (re.match(r"acme-client/[0-9.]+( |$)", agent) and
            self.headers["Accept-Language"] == "en" and
            (self.command != "POST" or ctype == "application/jose+json"))
        if not right:
            self.problem(415, "malformed", str(self.headers))
        return not right

    def do_GET(self):
        sc = scenario()
        append("log", "%s %s" % (self.command, self.path))
        if self.lacks_a_field(): return
        m = re.match(r"429 later at (\w+)$", sc)
        if m and m[1] == self.step: return self.too_many()
        if self.path == ("/nonce2" if sc == "newNonce moved" else "/nonce"):
            return self.new_nonce(sc)
        if self.path.startswith("/renewal/"): return self.renewal(sc)
        # A run begins.
        st.asked, st.fresh, st.dropped = [], False, False
        if sc == "directory redirect":
            return self.redirect(302, "http://evil.example/dir")
        if sc == "directory redirect to itself":
            return self.redirect(301, base + "/dir")
        if sc == "redirect without Location": return self.answer(302)
        if sc == "directory 404": return self.html(404, b"<html>")
        if sc == "HTML directory": return self.html(200, b"<html>\x1b[2J")
        if sc == "directory 503":
            return self.html(503, b"<html>down</html>", retry_after("120"))
        self.answer(200, self.directory(sc))
    do_HEAD = do_GET
    def new_nonce(self, sc):
        # Let's Encrypt limits them by address, this CA by run.
        now = time.monotonic()
        st.asked = [t for t in st.asked if now - t < 1] + [now]
        if len(st.asked) > 20:
            append("log", "too many newNonce")
            return self.html(503, b"<html>busy</html>", retry_after("1"))
        dry = sc in ("newNonce dries up", "newNonce dries up, 503")
        if dry and st.orders:
            time.sleep(0.2)
            if "503" in sc: return self.answer(503)
        self.answer(200)
    def directory(self, sc):
        d = {
            "newNonce": base + "/nonce",
            "newAccount": base + "/new-account",
            "newOrder": base + "/new-order",
            "revokeCert": base + "/revoke",
            "keyChange": base + "/key-change",
            "rAnD0m": "https://community.example/t/1",
            "meta": {"termsOfService": "https://ca.example/tos"},
        }
        if sc.startswith("ARI"): d["renewalInfo"] = base + "/renewal"
        if sc == "ARI slash": d["renewalInfo"] = base + "/renewal/"
        if sc == "other host":
            for k in ("newAccount", "newOrder"):
                d[k] = d[k].replace("localhost", "127.0.0.1")
        if sc == "profile long":
            d["meta"]["profiles"] = {"r" * 60: "a long name"}
        if sc == "profiles":
            d["meta"]["profiles"] = {
                "short": "six days",
                "classic": "https://ca.example/classic",
            }
        if sc == "newNonce moved": d["newNonce"] += "2"
        if sc == "no newOrder": del d["newOrder"]
        if sc == "newOrder no string": d["newOrder"] = 7
        if sc == "newOrder http": d["newOrder"] = "http://localhost/x"
        if sc == "newOrder elsewhere":
            d["newOrder"] = "https://localhost:1/new-order"
        if sc == "no meta":
            del d["meta"], d["revokeCert"], d["keyChange"]
        if sc == "EAB": d["meta"]["externalAccountRequired"] = True
        return d

    def renewal(self, sc):
        if self.fails("renewal", sc): return
        if sc == "ARI redirect":
            return self.redirect(302, "https://evil.example/")
        windows = {
            "ARI past": (rfc3339(-200), rfc3339(-100)),
            "ARI year 9999": ("9999-01-01T00:00:00Z", "9999-12-31T23:59:59Z"),
            "ARI end before start": (rfc3339(200), rfc3339(100)),
            "ARI empty": (rfc3339(200), rfc3339(200)),
            "ARI year 1": ("0001-01-01T00:00:00Z", "0001-01-02T00:00:00Z"),
            "ARI offsets": ("2035-01-01T00:00:00.123456789+02:00",
                "2035-01-02T00:00:00-02:00"),
            "ARI garbage": ("soon", "later"),
            "ARI 8000 years": ("1999-01-01T00:00:00Z", "9999-12-31T23:59:59Z"),
        }
        start, until = windows.get(sc, (rfc3339(1000), rfc3339(2000)))
        retries = {
            "ARI Retry-After 1": "1",
            "ARI Retry-After a year": "31536000",
            "ARI Retry-After garbage": "never",
            "ARI Retry-After absent": None,
            "ARI Retry-After date": http_date(7200),
        }
        retry = retries.get(sc, "7200")
        headers = retry_after(retry) if retry else []
        if sc == "ARI HTML": return self.html(200, b"<html>", headers)
        if sc == "ARI 1 MB": return self.answer(200, b" " * 1000000, headers)
        if sc == "ARI no window": return self.answer(200, {}, headers)
        self.answer(200, {
            "suggestedWindow": {"start": start, "end": until},
            "explanationURL": "https://ca.example/why\x1b[2J",
        }, headers)

    def do_POST(self):
        sc = scenario()
        body = self.rfile.read(int(self.headers["Content-Length"]))
        append("log", "POST " + self.path)
        if self.lacks_a_field(): return
        jws = json.loads(body)
        payload = json.loads(unb64(jws["payload"])) if jws["payload"] else None
        protected = json.loads(unb64(jws["protected"]))
        self.jwk = protected.get("jwk")
        append("payloads",
            json.dumps([self.path, protected, payload], sort_keys=True))
        if protected["url"] != "https://" + self.headers["Host"] + self.path:
            return self.problem(400, "malformed",
                "JWS url is " + protected["url"])
        if protected["nonce"] not in st.nonces:
            return self.problem(400, "malformed",
                "a nonce that was never handed out, or used before")
        st.nonces.discard(protected["nonce"])
        if self.step_fails(sc): return
        if self.account_refused(sc, protected.get("kid")): return
        method = "post_" + self.step.replace("-", "_")
        getattr(self, method, self.nothing)(sc, payload)
    def step_fails(self, sc):
        """Scenarios for any step."""
        m = re.match(r"(429|503|403|500|HTML|empty|429 later) at ([\w-]+)"
            r"(?:, HTTP/1.0 ended by close)?$", sc)
        kind = m[1] if m and m[2] == self.step else None
        if kind == "429":
            self.problem(429, "rateLimited", "too many",
                [("Link", '<https://ca.example/limits>;rel="help"')])
        elif kind == "429 later": self.too_many()
        elif kind == "503":
            self.html(503, b"<html>busy</html>", retry_after(http_date(7200)))
        elif kind == "403":
            self.problem(403, "userActionRequired", "new terms",
                instance="https://ca.example/agree")
        elif kind == "500": self.problem(500, "serverInternal")
        elif kind == "HTML": self.html(502, b"<html>\x1b]0;owned\x07")
        elif kind == "empty": self.answer(500, b"")
        if kind: return True
        m = re.match(r"limited (\d+) at ([\w-]+)$", sc)
        if m and m[2] == self.step:
            self.too_many(status=int(m[1]))
            return True
        slowly = sc == "badNonce slowly"
        if self.step == "authz" and (slowly or sc == "badNonce at authz"):
            if slowly: time.sleep(0.5)
            self.problem(400, "badNonce")
            return True
        return False
    def account_refused(self, sc, kid):
        # "lost STATUS TYPE": the account is gone; "moved ...": it has another
        # URL; "strict ...": its own is the only one. STATUS and TYPE are those
        # of the response to requests of other accounts.
        m = re.match(r"(lost|moved|strict) (\d+) (\w+)", sc)
        if not m: st.upset = ""
        if m and m[1] != "strict" and st.upset != sc:
            number = int(st.account.split("/")[2]) + 1
            st.upset, st.account = sc, "/acct/%d" % number
            if m[1] == "lost": st.jwk = None
        if m and kid and kid != base + st.account:
            self.problem_of(m[2], m[3], "no such account as yours")
            return True
        # Boulder caches accounts, and their keys with them.
        if kid and sc == "cached" and st.cached > 0:
            st.cached -= 1
            self.problem(400, "malformed", "JWS verification error")
            return True
        return False
    def problem_of(self, status, kind, detail):
        """Both from a scenario; nothing: there is no problem document."""
        if kind == "nothing": self.answer(int(status), b"")
        else: self.problem(int(status), kind, detail)
    def nothing(self, sc, payload):
        self.problem(404, "malformed", "no such resource")

    def post_new_account(self, sc, payload):
        if payload.get("onlyReturnExisting"): return self.find_account(sc)
        if sc == "EAB" and "externalAccountBinding" not in payload:
            return self.problem(403, "externalAccountRequired", "bind it")
        # "..., nor makes any": registrations are refused, too; a name is not
        # this account's.
        if sc.endswith(", nor makes any"):
            return self.problem(403, "malformed", "the binding was used before")
        st.jwk = self.jwk
        headers = location(base + st.account)
        if sc == "account elsewhere":
            headers = location("https://localhost:1/acct/1")
        if sc == "account relative": headers = location("/acct/1")
        if sc == "account without Location": headers = []
        self.answer(201, {"status": "valid"}, headers)
    def find_account(self, sc):
        if self.fails("new-account, existing", sc): return
        # "finds none STATUS TYPE": with or without an account of that key.
        m = re.match(r"finds none (\d+) (\w+)", sc)
        if m: return self.problem(int(m[1]), m[2], "only with a binding")
        if sc == "rollover refused" and self.jwk != st.jwk:
            return self.answer(200, {"status": "valid"},
                location(base + "/acct/7"))
        if sc == "deactivated by status":
            return self.answer(200, {"status": "deactivated"},
                location(base + st.account))
        if self.jwk != st.jwk:
            m = re.match(r"lost .* as (\d+) (\w+)", sc)
            if not m: return self.problem(400, "accountDoesNotExist")
            return self.problem_of(m[1], m[2], "no account of this key")
        path = st.account
        if sc == "account moved" and "moved" in st.answered: path = "/acct/9"
        self.answer(200, {"status": "valid"}, location(base + path))
    def post_acct(self, sc, payload): self.answer(200, {"status": "valid"})
    def post_key_change(self, sc, payload):
        m = re.match(r"rollover refused (\d+) (\w+)", sc)
        if m: return self.problem(int(m[1]), m[2], "not with us")
        if sc == "rollover refused":
            return self.problem(409, "conflict", "the key is another account's",
                location(base + "/acct/7"))
        if sc == "rollover cut before" and self.once("rollover"):
            return self.cut(b"HTTP/1.1 2")
        inner = json.loads(unb64(payload["payload"]))
        if inner != {"account": base + st.account, "oldKey": st.jwk}:
            return self.problem(400, "malformed", "inner payload")
        st.jwk = json.loads(unb64(payload["protected"]))["jwk"]
        st.cached = 3
        if sc == "account moved": st.answered.add("moved")
        if sc == "rollover cut after": return self.cut(b"HTTP/1.1 2")
        self.answer(200)
    def post_revoke(self, sc, payload):
        if self.fails("revoke", sc): return
        if sc == "revoke neither":
            kind = "accountDoesNotExist" if self.jwk else "unauthorized"
            return self.problem(403, kind, "not by this key")
        if sc == "revoke unauthorized" and not self.jwk:
            return self.problem(403, "unauthorized", "not your certificate")
        if sc == "revoke cut":
            if self.once("revoke"): return self.cut(b"HTTP/1.1 2")
            return self.problem(400, "alreadyRevoked")
        # As Boulder does: when the certificate's key asks, that key is blocked,
        # and every certificate with it is revoked.
        der = unb64(payload["certificate"])
        spki = public_key("x509", der)
        if expired(der):
            return self.problem(403, "unauthorized", "Certificate is expired")
        if self.jwk and sc == "no account by that key":
            return self.problem(403, "accountDoesNotExist",
                "no account with this key")
        if self.jwk and not same_key(self.jwk, spki):
            return self.problem(403, "unauthorized",
                "JWK embedded in revocation request must be the same public "
                "key as the cert to be revoked")
        if der in st.revoked and (not self.jwk or spki in st.blocked):
            return self.problem(400, "alreadyRevoked")
        st.revoked.add(der)
        if self.jwk:
            st.blocked.add(spki)
            st.revoked.update(d for d in st.issued if spki in d)
        hashes = [hashlib.sha256(d).hexdigest() + "\n" for d in st.revoked]
        write("revoked", "".join(hashes).encode())
        self.answer(200)

    def post_new_order(self, sc, payload):
        names = [i["value"] for i in payload["identifiers"]]
        # As Boulder does: the account's order for the same names is returned
        # until it is finalized.
        if sc != "same order" or st.names != names or st.finalized:
            st.new_order(names)
        st.orders += 1
        if sc == "cut the order for c" and st.names == ["c.example.com"]:
            if self.once("c"): return self.cut(b"HTTP/1.1 2")
        if self.fails("new-order", sc): return
        if sc == "cut in new-order": return self.cut(b"HTTP/1.1 2")
        if sc.endswith(", nor makes any") and st.names == ["a.example.com"]:
            return self.problem(403, "unauthorized", "not your name")
        for_b = st.names == ["b.example.com"]
        if sc in LIMITS and (sc == "limit account" or for_b):
            return self.too_many(LIMITS[sc])
        if sc == "limit subproblem" and for_b:
            subproblem = dict(error("rateLimited", "enough"),
                identifier=dns("b.example.com"))
            return self.problem(429, "rateLimited", "see below",
                subproblems=[subproblem])
        if sc == "12 names forbidden":
            subproblems = [{
                "type": ERROR + "rejectedIdentifier",
                "title": "forbidden by policy",
                "identifier": dns("n%d.example" % i),
            } for i in range(12)]
            return self.problem(400, "rejectedIdentifier",
                "see the subproblems", subproblems=subproblems)
        if sc == "subproblems":
            subproblem = dict(error("caa", "CAA forbids"),
                identifier=dns("example.com"))
            return self.problem(400, "rejectedIdentifier", "several",
                subproblems=[subproblem])
        if "replaces" in payload:
            if self.fails("new-order, replaces", sc): return
            if sc == "ARI replaces rate limit":
                return self.too_many(seconds="60")
        if sc == "badNonce without nonce" and st.orders < 3:
            return self.answer(400, {"type": ERROR + "badNonce"})
        status = "pending"
        if sc == "ready at once": status = "ready"
        if sc == "unknown status": status = "strange"
        if sc == "invalid order": status = "invalid"
        headers = location(base + "/order/1")
        if sc == "order elsewhere":
            headers = location("https://localhost:1/order")
        if sc == "order relative": headers = location("order/1")
        if sc == "order without Location": headers = []
        self.answer(201, self.order(sc, status), headers)
    def order(self, sc, status):
        host = base
        if sc == "other host": host = base.replace("localhost", "127.0.0.1")
        if st.bad and status != "processing": status = "invalid"
        identifiers = [dns(name) for name in st.names]
        if sc == "capitals":
            identifiers = [dns(name.upper()) for name in st.names]
        if sc == "foreign identifier": identifiers[0] = dns("evil.example")
        if sc == "extra identifier": identifiers.append(dns("evil.example"))
        authorizations = [host + "/authz/" + name for name in st.names]
        if sc == "authorizations []": authorizations = []
        if sc == "authorizations null": authorizations.append(None)
        if sc == "10000 authorizations": authorizations *= 10000
        if sc == "two authorizations for one name": authorizations *= 2
        if sc == "authorization elsewhere":
            authorizations = ["https://localhost:1/authz"]
        o = {
            "status": status,
            "identifiers": identifiers,
            "authorizations": authorizations,
            "finalize": host + "/finalize",
            "expires": "2036-01-01T00:00:00Z",
        }
        if status == "valid" and sc != "valid without certificate":
            o["certificate"] = base + "/cert"
        if sc == "finalize elsewhere":
            o["finalize"] = "https://localhost:1/finalize"
        if sc == "no finalize": del o["finalize"]
        if status == "invalid":
            o["error"] = error("unauthorized", "nasty \x1b[31m red")
            if "order too" in sc:
                o["error"] = error("unauthorized", "404 from the web server")
        if st.bad:
            kind = sc.split()[3].rstrip(",")
            o["error"] = error(kind, "public key is forbidden")
        return o
    def send_order(self, sc, status, headers=()):
        self.answer(200, self.order(sc, status), headers)

    def post_authz(self, sc, payload):
        name = self.path.split("/")[2]
        c = {
            "type": "http-01",
            "url": base + "/challenge/" + name,
            "status": "pending",
            "token": TOKENS.get(sc, GOOD_TOKEN),
        }
        if sc == "cut after challenge" and "/challenge/" + name in st.triggered:
            c["status"] = "processing"
        if "/challenge/" + name in st.triggered:
            if sc.startswith("under way"): c["status"] = "processing"
            if sc.startswith("valid meanwhile"): c["status"] = "valid"
        if sc == "no status in challenge": del c["status"]
        if sc == "challenge elsewhere": c["url"] = "https://localhost:1/c"
        never = {"type": "never-01", "url": base + "/n", "token": 7}
        # Further types of challenges that it offers.
        also = os.environ.get("CA_ALSO", "").split()
        a = {
            "status": "pending",
            "identifier": dns(name),
            "challenges": [never, c, *(dict(c, type=t) for t in also)],
        }
        if c.get("status") == "valid": a["status"] = "valid"
        if sc == "no http-01":
            other = {"type": "dns-01", "url": base + "/d", "token": c["token"]}
            a["challenges"] = [other]
        if sc == "authorization for another name":
            a["identifier"] = dns("evil.example")
        if sc == "wildcard authorization": a["wildcard"] = True
        no_such_name = error("dns", "no \x1b[2J such name")
        if sc in INVALID + (INVALID_PENDING,) and st.triggered:
            a["status"] = c["status"] = "invalid"
            if sc.startswith("invalid response"):
                c["error"] = error("unauthorized", "404 from the web server")
            elif sc != "invalid without error": c["error"] = no_such_name
        if sc == "expired authorization": a["status"] = "expired"
        if sc in ("broken order", "order broken for ever"):
            if payload == {"status": "deactivated"}: st.given_up.add(name)
            if (name == "example.com" and
                    (name not in st.given_up or "ever" in sc)):
                a["status"] = c["status"] = "invalid"
                c["error"] = no_such_name
        if sc == "order of an expired authorization" and not st.fresh:
            a["status"] = "expired"
        if st.triggered: st.fetched += 1
        if sc == "valid but pending": a["status"] = "valid"
        self.answer(200, a)
    def post_challenge(self, sc, payload):
        # "valid meanwhile STATUS": it refuses this one, since the authorization
        # is valid already; "under way ...": the challenge is being looked at;
        # "refused ...": neither.
        m = re.match(r"(valid meanwhile|under way|refused) (\d+)$", sc)
        if m and self.path.endswith("/example.com"):
            if m[1] != "refused": st.triggered.add(self.path)
            return self.problem(int(m[2]), "malformed",
                "cannot be updated in this state")
        st.triggered.add(self.path)
        if sc == "cut after challenge" and not st.cut:
            st.cut = True
            return self.cut()
        self.answer(200, {
            "type": "http-01",
            "status": "processing",
            "url": base + self.path,
            "token": "x",
        }, [("Link", '<%s/authz/x>;rel="up"' % base)])
    def post_order(self, sc, payload):
        st.polls += 1
        append("polls", "%.3f" % time.monotonic())
        if not st.fresh and self.order_later(sc): return
        retries = {
            "Retry-After 0": "0",
            "Retry-After 10^9": "1000000000",
            "Retry-After negative": "-5",
            "Retry-After past date": "Sun, 06 Nov 1994 08:49:37 GMT",
            "Retry-After garbage": "soon",
            "Retry-After date": http_date(1),
        }
        headers = retry_after(retries[sc]) if sc in retries else []
        if sc == "Retry-After a day, once" and st.polls < 2:
            return self.send_order(sc, "pending", retry_after("86400"))
        if sc in ("follows its authorizations", "pending until done"):
            status = "valid" if st.finalized else "ready"
            if self.not_done(sc): status = "pending"
            return self.send_order(sc, status)
        if sc == INVALID_PENDING: return self.send_order(sc, "pending")
        if st.csr and st.finalized:
            if sc == "processing until done" and not done():
                return self.send_order(sc, "processing", retry_after("1"))
            if sc == "processing for ever":
                return self.send_order(sc, "processing")
            return self.send_order(sc, "valid", headers)
        if sc == "unasked response" and st.polls < 2:
            self.send_order(sc, "pending", retry_after("1"))
            time.sleep(0.3)
            self.wfile.write(UNASKED)
            return self.wfile.flush()
        if sc in NEVER:
            now = retry_after("0") if "now" in sc else ()
            return self.send_order(sc, "pending", now)
        if sc in INVALID: return self.send_order(sc, "invalid")
        if sc == "deep JSON": return self.answer(200, b"[" * 100000)
        if sc == "member twice":
            return self.answer(200, b'{"status":"ready","status":"ready"}')
        if sc == "slow" and st.polls < 6: return self.send_order(sc, "pending")
        if headers and st.polls < 2:
            return self.send_order(sc, "pending", headers)
        self.send_order(sc, "ready")
    def order_later(self, sc):
        """Scenarios for an order that an earlier run has made."""
        m = re.match("order gone (\\d+)", sc)
        if m:
            kind = "unauthorized" if m[1] == "403" else "malformed"
            self.problem(int(m[1]), kind, "no such order")
        elif sc == "order invalid later": self.send_order(sc, "invalid")
        elif sc == "order HTML later": self.answer(200, b"<html>")
        elif sc == "order for other names later":
            order = self.order(sc, "ready")
            self.answer(200, dict(order, identifiers=[dns("evil.example")]))
        elif sc == "order of an expired authorization":
            self.send_order(sc, "pending")
        else: return False
        return True
    def not_done(self, sc):
        return not done() if "done" in sc else not st.fetched
    def not_ready(self, sc):
        """Whether an authorization of the order is not valid yet."""
        if sc in ("pending until done", "follows its authorizations"):
            return self.not_done(sc)
        if sc in ("Retry-After a day, once", "Retry-After 10^9",
                "unasked response"):
            return st.polls < 2
        if sc == "slow": return st.polls < 6
        return sc in INVALID + NEVER + (INVALID_PENDING, "deep JSON",
            "member twice")
    def post_finalize(self, sc, payload):
        if self.not_ready(sc):
            return self.problem(403, "orderNotReady",
                "its authorizations are not valid yet")
        if self.fails("finalize", sc): return
        if sc == "same order":
            time.sleep(0.5)
            if st.finalized:
                return self.problem(403, "orderNotReady", "it is valid")
        if sc == "badNonce at finalize" and "b.example.com" in st.names:
            return self.problem(400, "badNonce")
        if sc == "not ready once" and st.finalized == 0:
            st.finalized = -1
            return self.problem(403, "orderNotReady")
        csr = unb64(payload["csr"])
        if not sc.startswith("key refused"): st.refused = None
        if (st.blocked or sc.startswith("key ")) and self.key_refused(sc, csr):
            return
        st.csr, st.finalized = csr, 1
        if sc == "cut after finalize" and not st.cut:
            st.cut = True
            return self.cut()
        if sc == "cut before finalize" and not st.cut:
            st.cut, st.finalized = True, 0
            return self.cut()
        status = "processing" if st.polls % 2 else "valid"
        if sc in ("synchronous", "valid without certificate"): status = "valid"
        if sc in ("processing for ever", "processing until done"):
            status = "processing"
        self.send_order(sc, status)
    def key_refused(self, sc, csr):
        # "key refused STATUS TYPE": the key of the scenario's first CSR; "key
        # always refused": any key.
        spki = public_key("req", csr)
        if sc.startswith("key refused") and st.refused is None:
            st.refused = spki
        m = re.match(r"key refused (\d+) (\w+)(, order invalid|, later)?", sc)
        if m and st.refused == spki:
            st.bad = m[3] is not None
            if m[3] == ", later": self.send_order(sc, "processing")
            else:
                self.problem(int(m[1]), m[2], "Error finalizing order :: CSR "
                    "generated using a public key that is forbidden")
            return True
        if spki in st.blocked or sc == "key always refused":
            self.problem(400, "badCSR",
                "Error finalizing order :: public key is forbidden")
            return True
        return False

    def post_cert(self, sc, payload):
        # The client saves the chain in a new file of this name at first.
        if sc == "cannot be saved":
            os.makedirs(top + "/../state/.domain-example.com.new.pem.acme-new",
                exist_ok=True)
        pem = issue(sc, self.path.endswith("/alt"))
        m = re.match(r"chain cut by (\w+)", sc)
        if m:
            leaf = pem[:pem.index(b"-----END") + 26]
            return self.cut(ok_of(len(pem)) + leaf, m[1])
        if sc == "short chunk":
            return self.cut(CHUNKED + b"%x\r\n" % len(pem) + pem[:500])
        if sc == "chunked":
            pieces = [pem[i:i + 100] for i in range(0, len(pem), 100)]
            chunks = [b"%x\r\n%s\r\n" % (len(p), p) for p in pieces]
            self.wfile.write(CHUNKED + b"".join(chunks) + b"0\r\n\r\n")
            return self.wfile.flush()
        if sc == "1 GiB": return self.cut(ok_of(1 << 30) + b"x" * 1000000)
        if sc == "1 GiB in chunks":
            return self.flood(CHUNKED, b"fffff\r\n%s\r\n" % (b"x" * 0xfffff))
        if sc == "gzip":
            return self.answer(200, pem, [("Content-Encoding", "gzip")])
        if sc == "million headers":
            return self.flood(OK + b"X: y\r\n" * 1000000)
        if sc == "endless header": return self.flood(OK + b"X: ", b"y" * 65536)
        if sc == "1xx flood":
            return self.flood(b"HTTP/1.1 103 Hints\r\n\r\n" * 100000)
        if sc == "drip": return drip(self.wfile, ok_of(5000) + pem, 0.5)
        if sc == "drip in the header": return drip(self.wfile, OK, 0.5)
        silences = {
            "silence": b"",
            "silence in the header": OK,
            "silence in the body": ok_of(5000) + pem[:100],
        }
        if sc in silences:
            self.wfile.write(silences[sc])
            self.wfile.flush()
            time.sleep(20)
            return self.cut()
        links = '<cert/alt>;rel=alternate, <https://x.example/>; rel="up"'
        if sc == "30 alternate chains":
            links = ", ".join("<cert/%d/alt>;rel=alternate" % n
                for n in range(30))
        headers = [("Link", links)]
        if sc in ("no Link", "cannot be saved"): headers = []
        self.answer(200, pem, headers, "application/pem-certificate-chain")
    def flood(self, data, more=b""):
        """Sends these bytes, and some of these 1024 times."""
        try:
            self.wfile.write(data)
            for _ in range(1024 if more else 0): self.wfile.write(more)
        except OSError: pass
        self.cut()

def drip(file, data, seconds):
    """A byte at a time, as long as the client takes them."""
    try:
        for byte in data:
            file.write(bytes([byte]))
            file.flush()
            time.sleep(seconds)
    except OSError: pass

class Plain(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def __init__(self, *args): super().__init__(*args, directory=top + "/plain")
    def log_message(self, *a): pass
    def do_GET(self):
        append("plain.log", "GET " + self.path)
        sc = scenario()
        if sc == "CRL silent": return time.sleep(20)
        if sc == "CRL drip":
            try: self.wfile.write(ok_of(5000000))
            except OSError: return
            return drip(self.wfile, b"0" * 300, 0.1)
        super().do_GET()

class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    def handle_error(self, *a): pass
if plain_port:
    address = ("127.0.0.1", plain_port)
    plain = http.server.ThreadingHTTPServer(address, Plain)
    threading.Thread(target=plain.serve_forever, daemon=True).start()
ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
ctx.load_cert_chain(cert, key)
server = Server(("127.0.0.1", port), Handler)
server.socket = ctx.wrap_socket(server.socket, server_side=True,
    do_handshake_on_connect=False)
server.serve_forever()
