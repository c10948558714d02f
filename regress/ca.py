# A scripted CA (RFC 8555) that misbehaves on request: PORT CERTIFICATE KEY DIRECTORY [PLAIN-PORT].
# The scenario is read from DIRECTORY/scenario at each request; requests are logged to
# DIRECTORY/log, what was signed to DIRECTORY/payloads.  Signatures are not checked: the
# real CA's tests do that.  Lists and the like are served from DIRECTORY/plain, at http://localhost:PLAIN-PORT/.
import base64, email.utils, hashlib, http.server, json, os, re, ssl, subprocess, sys, threading, time

port, cert, key, top = int(sys.argv[1]), sys.argv[2], sys.argv[3], sys.argv[4]
plain_port = int(sys.argv[5]) if len(sys.argv) > 5 else 0
base = "https://%s:%d" % (os.environ.get("CA_HOST", "localhost"), port)
lock = threading.Lock()

def scenario():
    try: return open(top + "/scenario").read().strip()
    except OSError: return ""

class State:
    # The account's key, by which the CA knows it, is in DIRECTORY/account.
    @property
    def jwk(self):
        try: return json.load(open(top + "/account"))
        except OSError: return None
    @jwk.setter
    def jwk(self, key):
        if key: open(top + "/account", "w").write(json.dumps(key))
        else: os.path.exists(top + "/account") and os.unlink(top + "/account")
st = State()
def reset():
    st.names, st.csr, st.triggered, st.polls, st.finalized, st.orders, st.cut = ["example.com"], None, set(), 0, 0, 0, False
    st.fresh, st.fetched, st.given_up = True, 0, set()
    st.nonce, st.nonces, st.asked, st.answered = 0, set(), [], set()
reset()
# The account that the CA has: path and key (st.jwk); lost or moved by a scenario, once.  Keys of certificates that it blocks, certificates that it has issued and revoked.
st.account, st.upset, st.rolled, st.blocked, st.revoked = "/acct/1", "", 0, set(), set()
st.issued, st.refused, st.bad = [], None, False

def unb64(t): return base64.urlsafe_b64decode(t + "=" * (-len(t) % 4))

def openssl(*args, data=None):
    return subprocess.run(["openssl", *args], check=True, capture_output=True, input=data).stdout

def public_key(kind, der): return openssl("pkey", "-pubin", "-outform", "DER", data=openssl(kind, "-inform", "DER", "-noout", "-pubkey", data=der))
def same_key(jwk, spki): return (unb64(jwk["n"]) if jwk["kty"] == "RSA" else unb64(jwk["x"]) + unb64(jwk["y"])) in spki

def issue_from(begin, days):
    """Of the CSR and the extensions that lie there; x509(1) cannot say when it is to begin."""
    with open(top + "/from.cnf", "w") as f: f.write("[ca]\ndefault_ca=c\n[c]\npolicy=p\nrand_serial=yes\ndatabase=%s/from.db\n[p]\ncommonName=optional\n" % top)
    open(top + "/from.db", "w").close()
    csr = openssl("req", "-inform", "DER", "-in", top + "/csr.der")
    with open(top + "/from.csr", "wb") as f: f.write(csr)
    date = lambda t: time.strftime("%Y%m%d%H%M%SZ", time.gmtime(t))
    openssl("ca", "-batch", "-config", top + "/from.cnf", "-in", top + "/from.csr", "-out", top + "/from.pem", "-notext", "-md", "sha256", "-cert", top + "/inter.pem",
        "-keyfile", top + "/inter.key", "-extfile", top + "/ext", "-startdate", date(begin), "-enddate", date(begin + 86400 * days), "-subj", "/CN=x", "-outdir", top)
    return open(top + "/from.pem", "rb").read()

def long_lines(pem):
    """And a large certificate behind it, all in lines of 250 characters: a bit less than 65536 bytes, more in lines of 64."""
    wrap = lambda p: re.sub(rb"(-----BEGIN CERTIFICATE-----\n)([^-]*)", lambda m: m[1] + re.sub(rb"(.{1,250})", rb"\1\n", m[2].replace(b"\n", b"")), p)
    open(top + "/large.cnf", "w").write("[req]\ndistinguished_name=d\nx509_extensions=e\n[d]\n[e]\nnsComment=%s\n" % ("x" * (48350 - len(pem) * 3 // 4)))
    large = openssl("req", "-x509", "-config", top + "/large.cnf", "-key", top + "/inter.key", "-subj", "/CN=large")
    out = wrap(pem + large)
    assert len(out) <= 65536 < len(pem + large), (len(out), len(pem + large))
    return out

def issue(sc, other):
    ext = "subjectAltName=%s\nextendedKeyUsage=serverAuth\nbasicConstraints=CA:FALSE\nauthorityKeyIdentifier=keyid\n" % ",".join("DNS:" + n for n in st.names)
    if sc.startswith("adds "): ext = ext.replace("DNS:", "DNS:%s,DNS:" % sc[5:], 1)
    if sc == "extra name": ext = ext.replace("DNS:", "DNS:evil.example,DNS:", 1)
    if sc.startswith("CRL"): ext += "crlDistributionPoints=URI:http://%s:%d/list.crl%s\n" % (os.environ.get("LIST_HOST", "localhost"), plain_port, "?" + "a" * 1500 if sc == "CRL long" else "")
    open(top + "/ext", "w").write(ext)
    open(top + "/csr.der", "wb").write(st.csr)
    if sc == "other key":
        openssl("req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-keyout", "/dev/null", "-subj", "/", "-outform", "DER", "-out", top + "/csr.der")
    # "again N": the Nth that it has issued; "again N, once": but not for an order of this run.
    m = re.match(r"again (-?\d+)(, once)?$", sc)
    if m and not (m.group(2) and st.fresh):
        return openssl("x509", "-inform", "DER", data=st.issued[int(m.group(1))]) + open(top + "/inter.pem", "rb").read()
    m = re.match(r"begins (\d+) hours ago, for (\d+)$", sc)
    if m: leaf = issue_from(time.time() - 3600 * int(m.group(1)), int(m.group(2)))
    else: leaf = openssl("x509", "-req", "-inform", "DER", "-in", top + "/csr.der", "-days", "1" if sc == "one day" else "90", "-CA", top + "/inter.pem", "-CAkey", top + "/inter.key",
        "-CAcreateserial", "-extfile", top + "/ext")
    st.issued.append(openssl("x509", "-outform", "DER", data=leaf))
    inter = open(top + ("/other-inter.pem" if other else "/inter.pem"), "rb").read()
    if sc == "no intermediate": return leaf
    if sc == "unordered": return inter + leaf
    if sc == "100 certificates": return leaf + inter * 99
    if sc == "private key in the chain": return leaf + open(top + "/inter.key", "rb").read()
    if sc == "larger once written": return long_lines(leaf + inter)
    if sc == "text before": return b"subject=x\n" + leaf + inter
    return leaf + inter

def member(body, names, value):
    body = inner = json.loads(json.dumps(body))
    for name in names[:-1]: inner = inner[int(name) if isinstance(inner, list) else name] if isinstance(inner, list) or name in inner else {}
    if value: inner[names[-1]] = json.loads(value)
    else: inner.pop(names[-1], None)
    return body

class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def setup(self):
        self.request.do_handshake()
        super().setup()
    def log_message(self, *a): pass
    def nonce(self, sc):
        st.nonce += 1
        st.nonces.add("nonce%d" % st.nonce)
        return {"nonce with quote": 'a"b', "nonce of 10 KB": "a" * 10240}.get(sc, "nonce%d" % st.nonce)
    def answer(self, status, body=b"", headers=(), ctype="application/json"):
        sc = scenario()
        # "member STEP NAME JSON": that member of the answers of this step; "member STEP NAME" without it.
        m = re.match(r"member ([\w-]+) ([\w.]+) ?(.*)", sc)
        if m and m.group(1) == self.path.split("/")[1] and isinstance(body, dict): body = member(body, m.group(2).split("."), m.group(3))
        if not isinstance(body, bytes): body = json.dumps(body).encode()
        lower = sc == "lower case"
        by_close = re.search("ended by (close|notify|rst)", sc)
        cut = re.search(r"cut (once )?at ([\w-]+)", sc) if by_close else None
        if cut and cut.group(2) == self.path.split("/")[1] and not (cut.group(1) and st.cut):
            st.cut = True
            body = body[:len(body) * 2 // 3]
        out = ["HTTP/1.%d %d x" % (0 if "HTTP/1.0" in sc else 1, status)]
        fields = [] if by_close else [("Content-Length", str(len(body)))]
        fields += [("Content-Type", "text/plain; x=y" if sc == "odd content type" else ctype)]
        dry = sc.startswith("newNonce dries up") and st.orders and self.path != "/new-order"
        if not (sc == "no nonce in answers" and self.command == "POST") and sc != "no nonce at all" and not dry:
            fields.append(("Replay-Nonce", self.nonce(sc)))
        if sc == "close after each answer": fields.append(("Connection", "close"))
        for k, v in list(headers) + fields:
            out.append("%s: %s" % (k.lower() if lower else k, v))
        data = ("\r\n".join(out) + "\r\n\r\n").encode()
        if self.command != "HEAD": data += body
        if sc == "slow answers": time.sleep(0.3)
        # A server that reads one request at a time, and forgets what came with it.
        if sc == "drop what is sent ahead":
            time.sleep(0.05)
            self.connection.setblocking(False)
            try:
                while self.rfile.peek(1): self.rfile.read1(65536)
            except (OSError, ValueError): pass
            self.connection.setblocking(True)
        if by_close: return self.cut(data, {"close": "fin"}.get(by_close.group(1), by_close.group(1)))
        self.wfile.write(data)
        self.wfile.flush()
        if "HTTP/1.0" in sc: return self.cut(b"")
        self.answers = getattr(self, "answers", 0) + 1
        if sc == "close after each answer" or (sc == "close at every 7th answer" and self.answers % 7 == 0): self.close_connection = True
        if sc == "reset at every 7th answer" and self.answers % 7 == 0: self.cut(b"", "rst")
    def problem(self, status, kind, detail="because", headers=(), **more):
        self.answer(status, dict(type="urn:ietf:params:acme:error:" + kind, detail=detail, **more), headers, "application/problem+json")
    def do_GET(self):
        sc = scenario()
        open(top + "/log", "a").write("%s %s\n" % (self.command, self.path))
        m = re.match(r"429 later at (\w+)$", sc)
        if m and m.group(1) == self.path.split("/")[1]: return self.problem(429, "rateLimited", "too many", [("Retry-After", "3000")])
        if self.path == ("/nonce2" if sc == "newNonce moved" else "/nonce"):
            # As Let's Encrypt has it by address, here by run.
            now = time.monotonic()
            st.asked = [t for t in st.asked if now - t < 1] + [now]
            if len(st.asked) > 20:
                open(top + "/log", "a").write("too many newNonce\n")
                return self.answer(503, b"<html>busy</html>", [("Retry-After", "1")], "text/html")
            if sc in ("newNonce dries up", "newNonce dries up, 503") and st.orders:
                time.sleep(0.2)
                if "503" in sc: return self.answer(503)
            return self.answer(200)
        if self.path.startswith("/renewal/"): return self.renewal(sc)
        st.asked, st.fresh = [], False   # a run begins
        d = {"newNonce": base + "/nonce", "newAccount": base + "/new-account", "newOrder": base + "/new-order", "revokeCert": base + "/revoke",
            "keyChange": base + "/key-change", "rAnD0m": "https://community.example/t/1", "meta": {"termsOfService": "https://ca.example/tos"}}
        if sc.startswith("ARI"): d["renewalInfo"] = base + ("/renewal/" if sc == "ARI slash" else "/renewal")
        if sc == "other host":
            for k in ("newAccount", "newOrder"): d[k] = d[k].replace("localhost", "127.0.0.1")
        if sc == "profile long": d["meta"]["profiles"] = {"r" * 60: "a long name"}
        if sc == "profiles": d["meta"]["profiles"] = {"short": "six days", "classic": "https://ca.example/classic"}
        if sc == "newNonce moved": d["newNonce"] += "2"
        if sc == "no newOrder": del d["newOrder"]
        if sc == "newOrder no string": d["newOrder"] = 7
        if sc == "newOrder http": d["newOrder"] = "http://localhost/x"
        if sc == "newOrder elsewhere": d["newOrder"] = "https://localhost:1/new-order"
        if sc == "no meta": del d["meta"]; del d["revokeCert"]; del d["keyChange"]
        if sc == "EAB": d["meta"]["externalAccountRequired"] = True
        if sc == "directory redirect": return self.answer(302, b"", [("Location", "http://evil.example/dir")])
        if sc == "directory redirect to itself": return self.answer(301, b"", [("Location", base + "/dir")])
        if sc == "redirect without Location": return self.answer(302)
        if sc == "directory 404": return self.answer(404, b"<html>", ctype="text/html")
        if sc == "HTML directory": return self.answer(200, b"<html>\x1b[2J", ctype="text/html")
        if sc == "directory 503": return self.answer(503, b"<html>down</html>", [("Retry-After", "120")], "text/html")
        self.answer(200, d)
    do_HEAD = do_GET
    def renewal(self, sc):
        date = lambda s: time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(time.time() + s))
        window = {"ARI past": (date(-200), date(-100)), "ARI year 9999": ("9999-01-01T00:00:00Z", "9999-12-31T23:59:59Z"), "ARI end before start": (date(200), date(100)),
            "ARI empty": (date(200), date(200)), "ARI year 1": ("0001-01-01T00:00:00Z", "0001-01-02T00:00:00Z"), "ARI offsets": ("2035-01-01T00:00:00.123456789+02:00", "2035-01-02T00:00:00-02:00"),
            "ARI garbage": ("soon", "later"), "ARI 8000 years": ("1999-01-01T00:00:00Z", "9999-12-31T23:59:59Z")}.get(sc, (date(1000), date(2000)))
        retry = {"ARI Retry-After 1": "1", "ARI Retry-After a year": "31536000", "ARI Retry-After garbage": "never", "ARI Retry-After absent": None,
            "ARI Retry-After date": email.utils.formatdate(time.time() + 7200, usegmt=True)}.get(sc, "7200")
        h = [("Retry-After", retry)] if retry else []
        if sc == "ARI 404": return self.problem(404, "malformed", "not yours")
        if sc == "ARI 500": return self.problem(500, "serverInternal", "down")
        if sc == "ARI HTML": return self.answer(200, b"<html>", h, "text/html")
        if sc == "ARI redirect": return self.answer(302, b"", [("Location", "https://evil.example/")])
        if sc == "ARI 1 MB": return self.answer(200, b" " * 1000000, h)
        if sc == "ARI no window": return self.answer(200, {}, h)
        self.answer(200, {"suggestedWindow": {"start": window[0], "end": window[1]}, "explanationURL": "https://ca.example/why\x1b[2J"}, h)
    def order(self, sc, status):
        host = base.replace("localhost", "127.0.0.1") if sc == "other host" else base
        o = {"status": status, "identifiers": [{"type": "dns", "value": n.upper() if sc == "capitals" else n} for n in st.names], "authorizations": [host + "/authz/" + n for n in st.names],
            "finalize": host + "/finalize", "expires": "2036-01-01T00:00:00Z"}
        if st.bad and status != "processing": o["status"] = status = "invalid"
        if status == "valid": o["certificate"] = base + "/cert"
        if sc == "authorizations []": o["authorizations"] = []
        if sc == "authorizations null": o["authorizations"].append(None)
        if sc == "10000 authorizations": o["authorizations"] *= 10000
        if sc == "two authorizations for one name": o["authorizations"] *= 2
        if sc == "foreign identifier": o["identifiers"][0]["value"] = "evil.example"
        if sc == "extra identifier": o["identifiers"].append({"type": "dns", "value": "evil.example"})
        if sc == "finalize elsewhere": o["finalize"] = "https://localhost:1/finalize"
        if sc == "authorization elsewhere": o["authorizations"] = ["https://localhost:1/authz"]
        if sc == "no finalize": del o["finalize"]
        if sc == "valid without certificate" and status == "valid": del o["certificate"]
        if status == "invalid": o["error"] = {"type": "urn:ietf:params:acme:error:unauthorized", "detail": "404 from the web server" if "order too" in sc else "nasty \x1b[31m red"}
        if st.bad: o["error"] = {"type": "urn:ietf:params:acme:error:" + sc.split()[3].rstrip(","), "detail": "public key is forbidden"}
        return o
    def do_POST(self):
        sc = scenario()
        body = self.rfile.read(int(self.headers["Content-Length"]))
        open(top + "/log", "a").write("POST %s\n" % self.path)
        jws = json.loads(body)
        payload = json.loads(unb64(jws["payload"])) if jws["payload"] else None
        protected = json.loads(unb64(jws["protected"]))
        self.jwk = protected.get("jwk")
        open(top + "/payloads", "a").write(json.dumps([self.path, protected, payload], sort_keys=True) + "\n")
        if protected["url"] != "https://" + self.headers["Host"] + self.path: return self.problem(400, "malformed", "JWS url is " + protected["url"])
        if protected["nonce"] not in st.nonces: return self.problem(400, "malformed", "a nonce that was never handed out, or used before")
        st.nonces.discard(protected["nonce"])
        step = self.path.split("/")[1]
        m = re.match(r"(429|503|403|500|HTML|empty|429 later) at ([\w-]+)(?:, HTTP/1.0 ended by close)?$", sc)
        if m and m.group(2) == step:
            kind = m.group(1)
            if kind == "429": return self.problem(429, "rateLimited", "too many", [("Link", '<https://ca.example/limits>;rel="help"')])
            if kind == "429 later": return self.problem(429, "rateLimited", "too many", [("Retry-After", "3000")])
            if kind == "503": return self.answer(503, b"<html>busy</html>", [("Retry-After", email.utils.formatdate(time.time() + 7200, usegmt=True))], "text/html")
            if kind == "403": return self.problem(403, "userActionRequired", "new terms", instance="https://ca.example/agree")
            if kind == "500": return self.problem(500, "serverInternal")
            if kind == "HTML": return self.answer(502, b"<html>\x1b]0;owned\x07", ctype="text/html")
            return self.answer(500, b"")
        m = re.match(r"limited (\d+) at ([\w-]+)$", sc)
        if m and m.group(2) == step: return self.problem(int(m.group(1)), "rateLimited", "too many", [("Retry-After", "3000")])
        if sc == "badNonce at authz" and step == "authz": return self.problem(400, "badNonce")
        if sc == "badNonce slowly" and step == "authz":
            time.sleep(0.5)
            return self.problem(400, "badNonce")
        if self.account_refused(sc, protected.get("kid")): return
        getattr(self, "post_" + step.replace("-", "_"), self.nothing)(sc, payload)
    def account_refused(self, sc, kid):
        # "lost STATUS TYPE": the account is gone; "moved ...": it has another URL; "strict ...": its own is the only one.  That is how other ones are refused.
        m = re.match(r"(lost|moved|strict) (\d+) (\w+)", sc)
        if not m: st.upset = ""
        if m and m.group(1) != "strict" and st.upset != sc:
            st.upset, st.account = sc, "/acct/%d" % (int(st.account.split("/")[2]) + 1)
            if m.group(1) == "lost": st.jwk = None
        if m and kid and kid != base + st.account:
            if m.group(3) == "nothing": self.answer(int(m.group(2)), b"")
            else: self.problem(int(m.group(2)), m.group(3), "no such account as yours")
            return True
        # As Boulder has it, which caches accounts.
        if kid and sc == "cached" and time.time() - st.rolled < 3:
            self.problem(400, "malformed", "JWS verification error")
            return True
        return False
    def nothing(self, sc, payload): self.problem(404, "malformed", "no such resource")
    def post_new_account(self, sc, payload):
        if payload.get("onlyReturnExisting"):
            if sc == "deactivated": return self.problem(403, "unauthorized", "An account with the provided public key exists but is deactivated")
            if sc == "deactivated by status": return self.answer(200, {"status": "deactivated"}, [("Location", base + st.account)])
            if sc == "find unknown": return self.problem(400, "malformed", "unknown member")
            m = re.match(r"lost .* as (\d+) (\w+)", sc)
            if m and self.jwk != st.jwk: return self.answer(int(m.group(1)), b"") if m.group(2) == "nothing" else self.problem(int(m.group(1)), m.group(2), "no account of this key")
            if self.jwk != st.jwk: return self.problem(400, "accountDoesNotExist")
            return self.answer(200, {"status": "valid"}, [("Location", base + ("/acct/9" if sc == "account moved" and "moved" in st.answered else st.account))])
        if sc == "EAB" and "externalAccountBinding" not in payload: return self.problem(403, "externalAccountRequired", "bind it")
        st.jwk = self.jwk
        loc = {"account elsewhere": "https://localhost:1/acct/1", "account relative": "/acct/1"}.get(sc, base + st.account)
        self.answer(201, {"status": "valid"}, [] if sc == "account without Location" else [("Location", loc)])
    def post_key_change(self, sc, payload):
        new = json.loads(unb64(payload["protected"]))["jwk"]
        m = re.match(r"rollover refused (\d+) (\w+)", sc)
        if m: return self.problem(int(m.group(1)), m.group(2), "not with us")
        if sc == "rollover refused": return self.problem(409, "conflict", "the key is another account's", [("Location", base + "/acct/7")])
        if sc == "rollover cut before" and "rollover" not in st.answered:
            st.answered.add("rollover")
            return self.cut(b"HTTP/1.1 2")
        if json.loads(unb64(payload["payload"])) != {"account": base + st.account, "oldKey": st.jwk}: return self.problem(400, "malformed", "inner payload")
        st.jwk, st.rolled = new, time.time()
        if sc == "account moved": st.answered.add("moved")
        if sc == "rollover cut after": return self.cut(b"HTTP/1.1 2")
        self.answer(200)
    def post_revoke(self, sc, payload):
        if sc == "bad reason": return self.problem(400, "badRevocationReason", "unsupported reason code")
        if sc == "already revoked": return self.problem(400, "alreadyRevoked")
        if sc == "revoke neither": return self.problem(403, "accountDoesNotExist" if self.jwk else "unauthorized", "not by this key")
        if sc == "revoke unauthorized" and not self.jwk: return self.problem(403, "unauthorized", "not your certificate")
        if sc == "revoke cut" and "revoke" not in st.answered:
            st.answered.add("revoke")
            return self.cut(b"HTTP/1.1 2")
        if sc == "revoke cut": return self.problem(400, "alreadyRevoked")
        # As Boulder has it: by the certificate's key that key is blocked, and every certificate with it is revoked.
        der = unb64(payload["certificate"])
        spki = public_key("x509", der)
        if subprocess.run(["openssl", "x509", "-inform", "DER", "-noout", "-checkend", "0"], input=der, capture_output=True).returncode: return self.problem(403, "unauthorized", "Certificate is expired")
        if self.jwk and sc == "no account by that key": return self.problem(403, "accountDoesNotExist", "no account with this key")
        if self.jwk and not same_key(self.jwk, spki): return self.problem(403, "unauthorized", "JWK embedded in revocation request must be the same public key as the cert to be revoked")
        if der in st.revoked and (not self.jwk or spki in st.blocked): return self.problem(400, "alreadyRevoked")
        st.revoked.add(der)
        if self.jwk:
            st.blocked.add(spki)
            st.revoked.update(d for d in st.issued if spki in d)
        open(top + "/revoked", "w").write("".join("%s\n" % hashlib.sha256(d).hexdigest() for d in st.revoked))
        self.answer(200)
    def post_new_order(self, sc, payload):
        st.names = [i["value"] for i in payload["identifiers"]]
        st.orders += 1
        st.fresh, st.fetched, st.bad = True, 0, False
        st.csr, st.triggered, st.polls, st.finalized, st.cut = None, set(), 0, 0, False
        if sc == "cut the order for c" and st.names == ["c.example.com"] and "c" not in st.answered:
            st.answered.add("c")
            return self.cut(b"HTTP/1.1 2")
        if sc == "account gone": return self.problem(400, "accountDoesNotExist", "who are you")
        limit = {"limit account": "too many new orders (300) from this account in the last 3h0m0s", "limit name": 'too many certificates (50) already issued for "b.example.com" in the last 168h0m0s',
            "limit domain": 'too many certificates (50) already issued for "example.com" in the last 168h0m0s', "limit set": "too many certificates (5) already issued for this exact set of identifiers in the last 168h0m0s"}
        if sc in limit and (sc == "limit account" or st.names == ["b.example.com"]): return self.problem(429, "rateLimited", limit[sc], [("Retry-After", "3000")])
        if sc == "limit subproblem" and st.names == ["b.example.com"]:
            return self.problem(429, "rateLimited", "see below", subproblems=[{"type": "urn:ietf:params:acme:error:rateLimited", "detail": "enough", "identifier": {"type": "dns", "value": "b.example.com"}}])
        if sc == "deactivated by status": return self.problem(403, "unauthorized", "no")
        if sc == "deactivated": return self.problem(401, "unauthorized", "account deactivated")
        if sc == "paused at length": return self.problem(429, "rateLimited", "Your account is paused for: " + "name.example, " * 200 + "please visit: https://ca.example/unpause?jwt=" + "e" * 460 + "END")
        if sc == "12 names forbidden": return self.problem(400, "rejectedIdentifier", "see the subproblems", subproblems=[
            {"type": "urn:ietf:params:acme:error:rejectedIdentifier", "title": "forbidden by policy", "identifier": {"type": "dns", "value": "n%d.example" % i}} for i in range(12)])
        if sc == "paused": return self.problem(429, "rateLimited", "Your account is temporarily prevented from requesting certificates for example.com and is paused. Please visit: https://ca.example/unpause?jwt=eyJ")
        if "replaces" in payload and sc == "ARI already replaced": return self.problem(409, "alreadyReplaced", "it has a successor")
        if "replaces" in payload and sc == "ARI replaces malformed": return self.problem(400, "malformed", "cannot replace this")
        if "replaces" in payload and sc == "ARI replaces rate limit": return self.problem(429, "rateLimited", "too many", [("Retry-After", "60")])
        if sc == "no such profile": return self.problem(400, "invalidProfile", "we have none of that name")
        if sc == "badNonce always": return self.problem(400, "badNonce")
        if sc == "badNonce without nonce" and st.orders < 3: return self.answer(400, {"type": "urn:ietf:params:acme:error:badNonce"})
        if sc == "subproblems": return self.problem(400, "rejectedIdentifier", "several", subproblems=[{"type": "urn:ietf:params:acme:error:caa", "detail": "CAA forbids", "identifier": {"type": "dns", "value": "example.com"}}])
        first = {"ready at once": "ready", "unknown status": "strange", "invalid order": "invalid"}.get(sc, "pending")
        loc = {"order elsewhere": "https://localhost:1/order", "order relative": "order/1"}.get(sc, base + "/order/1")
        self.answer(201, self.order(sc, first), [] if sc == "order without Location" else [("Location", loc)])
    def post_authz(self, sc, payload):
        name = self.path.split("/")[2]
        tokens = {"token ../x": "../x", "token /x": "/x", "token empty": "", "token dot": ".", "token NUL": "aaaaaaaaaaaaaaaaaaaaaaaa\0", "token long": "a" * 300, "token shell": "$(id)aaaaaaaaaaaaaaaaaaaaaaaaaaa", "token 0xff": "\xff" * 24}
        c = {"type": "http-01", "url": base + "/challenge/" + name, "status": "pending", "token": tokens.get(sc, "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA")}
        if sc == "cut after challenge" and "/challenge/" + name in st.triggered: c["status"] = "processing"
        if sc == "no status in challenge": del c["status"]
        if sc == "challenge elsewhere": c["url"] = "https://localhost:1/c"
        a = {"status": "pending", "identifier": {"type": "dns", "value": name}, "challenges": [{"type": "never-01", "url": base + "/n", "token": 7}, c]}
        if sc == "no http-01": a["challenges"] = [{"type": "dns-01", "url": base + "/d", "token": c["token"]}]
        if sc == "authorization for another name": a["identifier"]["value"] = "evil.example"
        if sc == "wildcard authorization": a["wildcard"] = True
        if sc in ("invalid challenge", "invalid without error", "invalid authorization of a pending order", "invalid response", "invalid response, order too"):
            if st.triggered:
                a["status"] = c["status"] = "invalid"
                if sc.startswith("invalid response"): c["error"] = {"type": "urn:ietf:params:acme:error:unauthorized", "detail": "404 from the web server"}
                elif sc != "invalid without error": c["error"] = {"type": "urn:ietf:params:acme:error:dns", "detail": "no \x1b[2J such name"}
        if sc == "expired authorization": a["status"] = "expired"
        if sc in ("broken order", "order broken for ever"):
            if payload == {"status": "deactivated"}: st.given_up.add(name)
            if name not in st.given_up or "ever" in sc:
                a["status"] = c["status"] = "invalid"
                c["error"] = {"type": "urn:ietf:params:acme:error:dns", "detail": "no \x1b[2J such name"}
        if sc == "order of an expired authorization" and not st.fresh: a["status"] = "expired"
        if st.triggered: st.fetched += 1
        if sc == "valid but pending": a["status"] = "valid"
        self.answer(200, a)
    def post_challenge(self, sc, payload):
        st.triggered.add(self.path)
        if sc == "cut after challenge" and not st.cut:
            st.cut = True
            return self.cut(b"")
        self.answer(200, {"type": "http-01", "status": "processing", "url": base + self.path, "token": "x"}, [("Link", '<%s/authz/x>;rel="up"' % base)])
    def post_order(self, sc, payload):
        st.polls += 1
        retry = {"Retry-After 0": "0", "Retry-After 10^9": "1000000000", "Retry-After negative": "-5", "Retry-After past date": "Sun, 06 Nov 1994 08:49:37 GMT", "Retry-After garbage": "soon",
            "Retry-After date": email.utils.formatdate(time.time() + 1, usegmt=True)}.get(sc)
        h = [("Retry-After", retry)] if retry else []
        m = re.match("order gone (\\d+)", sc)
        if m and not st.fresh: return self.problem(int(m.group(1)), "malformed" if m.group(1) != "403" else "unauthorized", "no such order")
        if sc == "order invalid later" and not st.fresh: return self.answer(200, self.order(sc, "invalid"))
        if sc == "order HTML later" and not st.fresh: return self.answer(200, b"<html>")
        if sc == "order for other names later" and not st.fresh: return self.answer(200, dict(self.order(sc, "ready"), identifiers=[{"type": "dns", "value": "evil.example"}]))
        if sc == "Retry-After a day, once" and st.polls < 2: return self.answer(200, self.order(sc, "pending"), [("Retry-After", "86400")])
        if sc == "follows its authorizations": return self.answer(200, self.order(sc, ("valid" if st.finalized else "ready") if st.fetched else "pending"))
        if sc == "pending until done": return self.answer(200, self.order(sc, ("valid" if st.finalized else "ready") if os.path.exists(top + "/done") else "pending"))
        if sc == "order of an expired authorization" and not st.fresh: return self.answer(200, self.order(sc, "pending"))
        if sc == "invalid authorization of a pending order": return self.answer(200, self.order(sc, "pending"))
        if st.csr and st.finalized:
            if sc == "processing until done" and not os.path.exists(top + "/done"): return self.answer(200, self.order(sc, "processing"), [("Retry-After", "1")])
            if sc == "processing for ever": return self.answer(200, self.order(sc, "processing"))
            return self.answer(200, self.order(sc, "valid"), h)
        if sc in ("pending for ever", "valid but pending"): return self.answer(200, self.order(sc, "pending"))
        if sc in ("invalid challenge", "invalid without error", "invalid response", "invalid response, order too"): return self.answer(200, self.order(sc, "invalid"))
        if sc == "deep JSON": return self.answer(200, b"[" * 100000)
        if sc == "member twice": return self.answer(200, b'{"status":"ready","status":"ready"}')
        if sc == "slow" and st.polls < 6: return self.answer(200, self.order(sc, "pending"))
        if retry and st.polls < 2: return self.answer(200, self.order(sc, "pending"), h)
        self.answer(200, self.order(sc, "ready"))
    def post_finalize(self, sc, payload):
        if sc in ("pending until done", "follows its authorizations") and self.not_done(sc) or sc in ("pending for ever", "invalid authorization of a pending order", "Retry-After a day, once") and (sc != "Retry-After a day, once" or st.polls < 2) or sc == "Retry-After 10^9" and st.polls < 2:
            return self.problem(403, "orderNotReady", "its authorizations are not valid yet")
        if sc == "CSR refused": return self.problem(400, "badCSR", "CSR contains an email address; key usage")
        if sc == "badNonce at finalize" and "b.example.com" in st.names: return self.problem(400, "badNonce")
        if sc in ("pending for ever", "valid but pending", "invalid challenge", "invalid without error", "invalid response", "invalid response, order too", "deep JSON", "member twice") or sc == "slow" and st.polls < 6:
            return self.problem(403, "orderNotReady", "its authorizations are not valid yet")
        if sc == "not ready once" and st.finalized == 0:
            st.finalized = -1
            return self.problem(403, "orderNotReady")
        if not sc.startswith("key refused"): st.refused = None
        if (st.blocked or sc.startswith("key ")) and self.key_refused(sc, unb64(payload["csr"])): return
        st.csr, st.finalized = unb64(payload["csr"]), 1
        if sc == "cut after finalize" and not st.cut:
            st.cut = True
            return self.cut(b"")
        if sc == "cut before finalize" and not st.cut:
            st.cut, st.finalized = True, 0
            return self.cut(b"")
        sync = sc in ("synchronous", "valid without certificate") or sc not in ("processing for ever", "processing until done") and st.polls % 2 == 0
        self.answer(200, self.order(sc, "valid" if sync else "processing"))
    def key_refused(self, sc, csr):
        # "key refused STATUS TYPE": that of the first CSR in the scenario; "key always refused": any
        spki = public_key("req", csr)
        if sc.startswith("key refused") and st.refused is None: st.refused = spki
        m = re.match(r"key refused (\d+) (\w+)(, order invalid|, later)?", sc)
        if m and st.refused == spki:
            st.bad = m.group(3) is not None
            if m.group(3) == ", later": return self.answer(200, self.order(sc, "processing")) or True
            return self.problem(int(m.group(1)), m.group(2), "Error finalizing order :: CSR generated using a public key that is forbidden") or True
        if spki in st.blocked or sc == "key always refused": return self.problem(400, "badCSR", "Error finalizing order :: public key is forbidden") or True
    def not_done(self, sc): return not os.path.exists(top + "/done") if "done" in sc else not st.fetched
    def cut(self, data, how="fin"):
        self.wfile.write(data)
        self.wfile.flush()
        self.close_connection = True
        if how == "rst":
            import socket, struct
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        elif how == "notify":
            try: self.connection.unwrap()
            except OSError: pass
        self.connection.close()
    def post_cert(self, sc, payload):
        # What the client would write first when it saves the chain is in the way.
        if sc == "cannot be saved": os.makedirs(top + "/../state/.domain-example.com.new.pem.acme-new", exist_ok=True)
        pem = issue(sc, self.path.endswith("/alt"))
        m = re.match(r"chain cut by (\w+)", sc)
        if m:
            return self.cut(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(pem) + pem[:pem.index(b"-----END") + 26], m.group(1))
        if sc == "short chunk":
            return self.cut(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n" % len(pem) + pem[:500])
        if sc == "chunked":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + b"".join(b"%x\r\n%s\r\n" % (len(pem[i:i + 100]), pem[i:i + 100]) for i in range(0, len(pem), 100)) + b"0\r\n\r\n")
            return self.wfile.flush()
        if sc == "1 GiB":
            return self.cut(b"HTTP/1.1 200 OK\r\nContent-Length: 1073741824\r\n\r\n" + b"x" * 1000000)
        if sc == "gzip": return self.answer(200, pem, [("Content-Encoding", "gzip")])
        if sc == "million headers":
            try: self.wfile.write(b"HTTP/1.1 200 OK\r\n" + b"X: y\r\n" * 1000000)
            except OSError: pass
            return self.cut(b"")
        if sc == "1xx flood":
            try: self.wfile.write(b"HTTP/1.1 103 Hints\r\n\r\n" * 100000)
            except OSError: pass
            return self.cut(b"")
        if sc == "drip":
            try:
                for c in b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + pem:
                    self.wfile.write(bytes([c])); self.wfile.flush(); time.sleep(0.5)
            except OSError: pass
            return
        if sc == "silence": time.sleep(20); return self.cut(b"")
        self.answer(200, pem, [] if sc in ("no Link", "cannot be saved") else [("Link", '<cert/alt>;rel=alternate, <https://x.example/>; rel="up"')], "application/pem-certificate-chain")
    def post_acct(self, sc, payload): self.answer(200, {"status": "valid"})

class Plain(http.server.SimpleHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    def __init__(self, *args): super().__init__(*args, directory=top + "/plain")
    def log_message(self, *a): pass
    def do_GET(self):
        open(top + "/plain.log", "a").write("GET %s\n" % self.path)
        if scenario() == "CRL silent": return time.sleep(20)
        if scenario() == "CRL drip":
            try:
                self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 5000000\r\n\r\n")
                for _ in range(100): self.wfile.write(b"0"); self.wfile.flush(); time.sleep(0.1)
            except OSError: pass
            return
        super().do_GET()

class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    def handle_error(self, *a): pass
if plain_port: threading.Thread(target=http.server.ThreadingHTTPServer(("127.0.0.1", plain_port), Plain).serve_forever, daemon=True).start()
ctx = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
ctx.load_cert_chain(cert, key)
server = Server(("127.0.0.1", port), Handler)
server.socket = ctx.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
server.serve_forever()
