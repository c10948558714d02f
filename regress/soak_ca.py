# For soak.py: a CA (RFC 8555, RFC 9773, profiles) by its clock, which fails at
# random, keeps limits as Let's Encrypt publishes them, and counts.  It issues
# real certificates; of requests it checks nonce, URL and account, but no
# signature.  For a challenge it looks at the response in the directory that a
# web server would serve.
import base64, collections, hashlib, json, random, socket, ssl, subprocess
import threading, time

DAY, HOUR = 86400, 3600
LIVES = {"six": 6 * DAY, "month": 47 * DAY, "long": 90 * DAY}
ERROR = "urn:ietf:params:acme:error:"
STALL = 30    # The most seconds that a stalled response keeps its thread.

def b64(data): return base64.urlsafe_b64encode(data).rstrip(b"=").decode()
def unb64(text): return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
def iso(t): return time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(t))

# DER: what a certificate and a revocation list need of it.
def tlv(tag, *parts):
    body = b"".join(parts)
    n = len(body)
    if n < 128: return bytes([tag, n]) + body
    size = n.to_bytes((n.bit_length() + 7) // 8, "big")
    return bytes([tag, 128 | len(size)]) + size + body
def number(n): return tlv(2, n.to_bytes(n.bit_length() // 8 + 1, "big"))
def seq(*parts): return tlv(0x30, *parts)
def when(t): return tlv(0x18, time.strftime("%Y%m%d%H%M%SZ",
    time.gmtime(t)).encode())
def oid(text):
    first, second, *rest = map(int, text.split("."))
    out = [40 * first + second]
    for n in rest:
        part = [n & 127]
        while n > 127:
            n >>= 7
            part.insert(0, 128 | n & 127)
        out += part
    return tlv(6, bytes(out))
def extension(of, value, critical=False):
    return seq(oid(of), b"\1\1\xff" if critical else b"", tlv(4, value))
def elements(der):
    """Those of a constructed value: (tag, content, whole)."""
    def head(at):
        n, at = der[at + 1], at + 2
        if n > 127: n, at = int.from_bytes(der[at:at + n - 128], "big"), \
            at + n - 128
        return at, at + n
    at, end = head(0)
    out = []
    while at < end:
        begin, behind = head(at)
        out.append((der[at], der[begin:behind], der[at:behind]))
        at = behind
    return out
def der_of(pem): return ssl.PEM_cert_to_DER_cert(pem.decode())
def pem_of(der): return ssl.DER_cert_to_PEM_cert(der).encode()
SHA256_RSA = seq(oid("1.2.840.113549.1.1.11"), b"\5\0")
DIGEST_INFO = seq(seq(oid("2.16.840.1.101.3.4.2.1"), b"\5\0"),
    tlv(4, bytes(32)))[:-32]

class Issuer:
    """An intermediate CA below a root, both with RSA keys, whose signatures
    take a pow()."""
    def __init__(self, top, begins):
        def openssl(*args): subprocess.run(["openssl", *args], check=True,
            capture_output=True, cwd=top)
        def date(t): return time.strftime("%Y%m%d%H%M%SZ", time.gmtime(t))
        with open(top + "/ca.cnf", "w") as f: f.write("""\
[ca]
default_ca=c
[c]
policy=p
rand_serial=yes
database=ca.db
x509_extensions=e
default_md=sha256
[p]
commonName=supplied
[e]
basicConstraints=critical,CA:TRUE
keyUsage=critical,keyCertSign,cRLSign
subjectKeyIdentifier=hash
""")
        open(top + "/ca.db", "w").close()
        for name in ("root", "inter"):
            openssl("req", "-new", "-newkey", "rsa:2048", "-nodes", "-keyout",
                name + ".key", "-subj", "/CN=soak " + name, "-out",
                name + ".csr")
            how = ["-selfsign", "-keyfile", "root.key"] if name == "root" \
                else ["-cert", "root.pem", "-keyfile", "root.key"]
            openssl("ca", "-batch", "-config", "ca.cnf", "-notext", "-in",
                name + ".csr", "-out", name + ".pem", "-outdir", ".",
                "-startdate", date(begins - DAY), "-enddate",
                date(begins + 1000 * DAY), *how)
        openssl("rsa", "-in", "inter.key", "-traditional", "-outform", "DER",
            "-out", "inter.der")
        with open(top + "/inter.pem", "rb") as f: self.pem = f.read()
        with open(top + "/inter.der", "rb") as f: key = elements(f.read())
        _, self.n, _, _, self.p, self.q, self.dp, self.dq, self.qinv = (
            int.from_bytes(k[1], "big") for k in key)
        tbs = [e for e in elements(elements(der_of(self.pem))[0][2])]
        # Version, serial number, algorithm, issuer, validity, subject, key.
        self.name, spki = tbs[5][2], tbs[6][2]
        self.keyid = hashlib.sha1(elements(spki)[1][1][1:]).digest()
        self.aki = extension("2.5.29.35", seq(tlv(0x80, self.keyid)))
    def sign(self, tbs):
        size = (self.n.bit_length() + 7) // 8
        digest = DIGEST_INFO + hashlib.sha256(tbs).digest()
        m = int.from_bytes(b"\0\1" + b"\xff" * (size - 3 - len(digest)) +
            b"\0" + digest, "big")
        a, b = pow(m, self.dp, self.p), pow(m, self.dq, self.q)
        s = b + (a - b) * self.qinv % self.p * self.q
        return seq(tbs, SHA256_RSA, tlv(3, b"\0" + s.to_bytes(size, "big")))
    def certificate(self, serial, spki, names, begins, ends, crl):
        host = lambda name: tlv(0x82, name.encode())
        url = tlv(0xa0, tlv(0xa0, tlv(0x86, crl.encode())))
        return self.sign(seq(tlv(0xa0, number(2)), number(serial), SHA256_RSA,
            self.name, seq(when(begins), when(ends)), seq(), spki,
            tlv(0xa3, seq(
                extension("2.5.29.15", b"\3\2\7\x80", True),
                extension("2.5.29.37", seq(oid("1.3.6.1.5.5.7.3.1"))),
                extension("2.5.29.19", seq(), True),
                self.aki,
                extension("2.5.29.17", seq(*map(host, names)), True),
                extension("2.5.29.31", seq(seq(url)))))))
    def crl(self, revoked, n, now):
        rows = [seq(number(s), when(t)) for s, t in revoked]
        return self.sign(seq(number(1), SHA256_RSA, self.name, when(now - HOUR),
            when(now + 7 * DAY), *([seq(*rows)] if rows else []),
            tlv(0xa0, seq(self.aki, extension("2.5.29.20", number(n))))))

class Bucket:
    """So many in so many seconds, each of which comes back after its part of
    them."""
    def __init__(self, most, seconds):
        self.most, self.rate, self.have = most, most / seconds, most
        self.at = 0
    def wait(self, now):
        """The seconds until there is one; 0: now."""
        self.have = min(self.most, self.have + (now - self.at) * self.rate)
        self.at = now
        return 0 if self.have >= 1 else int((1 - self.have) / self.rate) + 1
    def take(self, now):
        self.wait(now)
        self.have -= 1

class Order:
    def __init__(self, names, profile, replaces, made):
        self.names, self.profile, self.replaces = names, profile, replaces
        self.made, self.status, self.valid = made, "pending", set()
        self.cert = None
class Certificate:
    __slots__ = ("names", "begins", "ends", "pem", "spki", "certid", "replaced",
        "revoked")
    def __init__(self, names, begins, ends, pem, spki):
        self.names, self.begins, self.ends = names, begins, ends
        self.pem, self.spki = pem, spki
        self.certid, self.replaced, self.revoked = None, False, 0

class Gone(Exception): pass

class CA:
    def __init__(self, top, www, port, plain_port, orders, began):
        self.top, self.www, self.port = top, www, port
        self.base = "https://localhost:%d" % port
        self.crl_url = "http://localhost:%d/list.crl" % plain_port
        self.offset = 0    # Simulated minus real time.
        self.rate, self.down = 0.0, False
        self.chance = random.Random(1)
        self.lock = threading.RLock()
        self.issuer = Issuer(top, began)
        self.nonces, self.key, self.thumbprint = set(), None, None
        self.orders, self.by_serial, self.by_certid = [], {}, {}
        self.new_orders = Bucket(orders, 3 * HOUR)
        self.sets, self.failures = {}, {}
        self.count = collections.Counter()
        self.refused = []    # (run, which limit, until when)
        self.run = self.of_run = 0
        self.failed = set()    # First names of orders that this run saw fail.
        self.list = None
        self.look = lambda: None    # Called at some requests.
        self.serve(port, True)
        self.serve(plain_port, False)
    def now(self): return time.time() + self.offset

    # The server: a thread for each connection.
    def serve(self, port, tls):
        s = socket.create_server(("127.0.0.1", port), backlog=64)
        context = None
        if tls:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(self.top + "/server.pem",
                self.top + "/server.key")
        def accept():
            while True:
                c, _ = s.accept()
                if self.down: c.close()
                else: threading.Thread(target=self.connection, daemon=True,
                    args=(c, context)).start()
        threading.Thread(target=accept, daemon=True).start()
    def connection(self, c, context):
        c.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            if context: c = context.wrap_socket(c, server_side=True)
            buf = b""
            while True:
                while b"\r\n\r\n" not in buf:
                    more = c.recv(65536)
                    if not more: return
                    buf += more
                head, buf = buf.split(b"\r\n\r\n", 1)
                first, *fields = head.decode().split("\r\n")
                fields = dict(f.lower().split(": ", 1) for f in fields)
                length = int(fields.get("content-length", 0))
                while len(buf) < length:
                    more = c.recv(65536)
                    if not more: return
                    buf += more
                body, buf = buf[:length], buf[length:]
                method, path, _ = first.split(" ")
                c.sendall(self.respond(c, method, path, body))
        except (OSError, Gone): pass
        finally: c.close()
    def respond(self, c, method, path, body):
        """The bytes of the response, or one of the ways to fail."""
        with self.lock:
            step = path.split("/")[1]
            self.count["requests"] += 1
            self.count[step] += 1
            self.of_run += 1
            if self.of_run % 64 == 8: self.look()
            fault = None
            if self.chance.random() < self.rate:
                fault = self.chance.choices(("500", "closed", "lost",
                    "badNonce", "stalled"), (30, 20, 20, 29, 1))[0]
                if fault == "badNonce" and method != "POST": fault = "500"
                self.count["faults"] += 1
                self.fail_order(path, step, body)
                self.count["fault: " + fault] += 1
            if self.down or fault == "closed": raise Gone
            if fault == "500":
                out = self.problem(500, "serverInternal", "it is not your day")
            elif fault == "badNonce":
                out = self.problem(400, "badNonce", "not one of ours")
            elif fault != "stalled" or self.chance.random() < 0.5:
                out = self.answer(method, path, step, body)
            if fault == "lost": raise Gone
        if fault == "stalled":
            c.settimeout(STALL)
            c.recv(1)
            raise Gone
        status, data, headers = out
        if not isinstance(data, bytes): data = json.dumps(data).encode()
        lines = ["HTTP/1.1 %d x" % status, "Content-Length: %d" % len(data),
            "Content-Type: " + headers.pop("Content-Type",
                "application/json" if status < 400
                else "application/problem+json")]
        if step in ("nonce", "post") or method == "POST":
            nonce = b64(self.chance.randbytes(16))
            self.nonces.add(nonce)
            lines.append("Replay-Nonce: " + nonce)
        lines += ["%s: %s" % h for h in headers.items()]
        return ("\r\n".join(lines) + "\r\n\r\n").encode() + (
            data if method != "HEAD" else b"")

    def fail_order(self, path, step, body):
        """Notes whose order a fault is about, if it is about one."""
        if path == "/order":
            payload = json.loads(unb64(json.loads(body)["payload"]))
            self.failed.add(payload["identifiers"][0]["value"])
        elif step in ("order", "authz", "challenge", "finalize", "cert"):
            self.failed.add(self.orders[int(path.split("/")[2])].names[0])

    # What it answers: status, body, header fields.
    def problem(self, status, kind, detail, **headers):
        return status, {"type": ERROR + kind, "detail": detail}, headers
    def answer(self, method, path, step, body):
        if step == "list.crl": return self.crl()
        if step == "dir": return 200, self.directory(), {}
        if step == "nonce": return 200, b"", {}
        if step == "ari": return self.renewal(path[5:])
        jws = json.loads(body)
        protected = json.loads(unb64(jws["protected"]))
        payload = json.loads(unb64(jws["payload"])) if jws["payload"] else None
        if protected["url"] != self.base + path:
            return self.problem(400, "malformed", "another url")
        if protected["nonce"] not in self.nonces:
            self.count["bad nonces"] += 1
            return self.problem(400, "badNonce", "unknown or used")
        self.nonces.discard(protected["nonce"])
        if step == "account": return self.account(protected["jwk"], payload)
        if protected["kid"] != self.base + "/acct/1":
            return self.problem(400, "accountDoesNotExist", "who are you")
        if step == "order" and payload is not None: return self.order(payload)
        n = int(path.split("/")[2])
        if n >= len(self.orders):
            return self.problem(404, "malformed", "no such order")
        rest = path.split("/")[3:]
        return getattr(self, "post_" + step)(self.orders[n], n, rest, payload)
    def directory(self):
        return {"newNonce": self.base + "/nonce",
            "newAccount": self.base + "/account",
            "newOrder": self.base + "/order",
            "revokeCert": self.base + "/revoke",
            "keyChange": self.base + "/key-change",
            "renewalInfo": self.base + "/ari",
            "meta": {"profiles": {p: "for the soak" for p in LIVES}}}
    def account(self, jwk, payload):
        if payload.get("onlyReturnExisting") and jwk != self.key:
            return self.problem(400, "accountDoesNotExist", "none of that key")
        status = 200 if self.key else 201
        self.key = jwk
        text = json.dumps(jwk, sort_keys=True, separators=(",", ":"))
        self.thumbprint = b64(hashlib.sha256(text.encode()).digest())
        return status, {"status": "valid"}, {
            "Location": self.base + "/acct/1"}

    # Limits.
    def over(self, which, bucket, text, now):
        """The response if the limit is reached, or None."""
        wait = bucket.wait(now)
        if wait == 0: return None
        self.count["429: " + which] += 1
        self.refused.append((self.run, which, now + wait))
        return self.problem(429, "rateLimited", "%s, retry after %s: see "
            "https://letsencrypt.org/docs/rate-limits/" % (text, iso(now +
                wait)), **{"Retry-After": str(wait)})
    def failures_of(self, name):
        return self.failures.setdefault(name, Bucket(5, HOUR))
    def set_of(self, names):
        return self.sets.setdefault(tuple(sorted(names)), Bucket(5, 7 * DAY))
    def limited(self, names, exempt, now):
        for name in names:
            out = self.over("failed validations", self.failures_of(name),
                'too many failed authorizations (5) for "%s" in the last 1h0m0s'
                % name, now)
            if out: return out
        if exempt: return None
        out = self.over("same set of names", self.set_of(names), "too many "
            "certificates (5) already issued for this exact set of identifiers "
            "in the last 168h0m0s", now)
        if not out:
            out = self.over("new orders", self.new_orders, "too many new orders"
                " (%d) from this account in the last 3h0m0s" %
                self.new_orders.most, now)
        if not out: self.new_orders.take(now)
        return out

    def order(self, payload):
        names = [i["value"] for i in payload["identifiers"]]
        now, old, replaces = self.now(), None, payload.get("replaces")
        # Other workers have begun meanwhile: only a later run knows.
        if not replaces and any(which == "new orders" and n < self.run and
                now < until for n, which, until in self.refused[-8:]):
            self.count["too early"] += 1
        if replaces:
            old = self.by_certid.get(replaces)
            if old is None or not set(old.names) & set(names):
                return self.problem(400, "malformed", "replaces: unknown")
            if old.replaced:
                return self.problem(409, "alreadyReplaced", "it has been")
        # Renewals that say what they replace are in no limit but that of
        # failures.
        out = self.limited(names, old is not None, now)
        if out: return out
        self.count["renewals" if old else "orders"] += 1
        self.orders.append(Order(names, payload["profile"], old, now))
        n = len(self.orders) - 1
        return (201,) + self.show(self.orders[n], n)[1:]
    def show(self, o, n):
        url = self.base + "/%s/" + str(n)
        body = {"status": o.status, "expires": iso(o.made + 7 * DAY),
            "identifiers": [{"type": "dns", "value": name} for name in o.names],
            "authorizations": [url % "authz" + "/%d" % i
                for i in range(len(o.names))],
            "finalize": url % "finalize", "profile": o.profile}
        if o.cert: body["certificate"] = url % "cert"
        if o.status == "invalid":
            body["error"] = {"type": ERROR + "unauthorized", "detail":
                "a secondary validation failed"}
        return 200, body, {"Location": url % "order"}
    def post_order(self, o, n, rest, payload): return self.show(o, n)
    def authorization(self, o, n, i):
        status = "invalid" if o.status == "invalid" else \
            "valid" if i in o.valid else "pending"
        c = {"type": "http-01", "url": self.base + "/challenge/%d/%d" % (n, i),
            "status": status, "token": b64(hashlib.sha256(
                b"%d %d" % (n, i)).digest())}
        if status == "invalid":
            c["error"] = {"type": ERROR + "unauthorized", "detail":
                "a secondary validation failed"}
        return c, {"status": status, "challenges": [c],
            "expires": iso(o.made + 7 * DAY),
            "identifier": {"type": "dns", "value": o.names[i]}}
    def post_authz(self, o, n, rest, payload):
        return 200, self.authorization(o, n, int(rest[0]))[1], {}
    def post_challenge(self, o, n, rest, payload):
        i, now = int(rest[0]), self.now()
        c = self.authorization(o, n, i)[0]
        if o.status == "pending" and i not in o.valid:
            with open(self.www + "/" + c["token"]) as f: found = f.read()
            if found.strip() != c["token"] + "." + self.thumbprint:
                self.count["wrong responses"] += 1
                o.status = "invalid"
            elif self.chance.random() < self.rate:
                self.count["failed validations"] += 1
                self.failures_of(o.names[i]).take(now)
                self.failed.add(o.names[0])
                o.status = "invalid"
            else:
                o.valid.add(i)
                if len(o.valid) == len(o.names): o.status = "ready"
        return 200, self.authorization(o, n, i)[0], {}
    def post_finalize(self, o, n, rest, payload):
        if o.status != "ready":
            return self.problem(403, "orderNotReady", "it is " + o.status)
        now = self.now()
        spki = elements(elements(unb64(payload["csr"]))[0][2])[2][2]
        serial = self.chance.getrandbits(120) | 1 << 120
        # A CA backdates by an hour.
        ends = int(now) + LIVES[o.profile] - 1
        der = self.issuer.certificate(serial, spki, o.names, int(now) - HOUR,
            ends, self.crl_url)
        o.cert = Certificate(o.names, now, ends, pem_of(der), spki)
        o.status = "valid"
        if o.replaces: o.replaces.replaced = True
        else: self.set_of(o.names).take(now)
        self.by_serial[serial] = o.cert
        o.cert.certid = b64(self.issuer.keyid) + "." + b64(
            serial.to_bytes(serial.bit_length() // 8 + 1, "big"))
        self.by_certid[o.cert.certid] = o.cert
        self.count["issued"] += 1
        return self.show(o, n)
    def post_cert(self, o, n, rest, payload):
        return 200, o.cert.pem + self.issuer.pem, {"Content-Type":
            "application/pem-certificate-chain"}

    def renewal(self, certid):
        cert = self.by_certid.get(certid)
        if cert is None: return self.problem(404, "malformed", "not ours")
        start, end = self.window(cert)
        return 200, {"suggestedWindow": {"start": iso(start),
            "end": iso(end)}}, {"Retry-After": str(DAY)}
    def window(self, cert):
        if cert.revoked: return cert.revoked - HOUR, cert.revoked - HOUR / 2
        life = cert.ends + 1 - cert.begins
        ideal = cert.ends - life / (2 if life < 10 * DAY else 3)
        return ideal - life / 100, ideal + life / 100
    def revoke_of_a_day(self):
        """Those issued in the last 24 hours."""
        with self.lock:
            now = self.now()
            for c in self.by_serial.values():
                if c.begins > now - DAY: c.revoked = c.revoked or now
            self.list = None
    def crl(self):
        now = self.now()
        if self.list is None or now > self.list[0] + DAY:
            rows = [(s, c.revoked) for s, c in self.by_serial.items()
                if c.revoked and c.ends > now]
            self.list = now, self.issuer.crl(rows, int(now), now)
        return 200, self.list[1], {"Content-Type": "application/pkix-crl"}
