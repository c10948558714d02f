# respproc alone, by its own messages, and clients that are strict, hostile, many: what Boulder checks of a
# certificate for tls-alpn-01; floods, garbage, slow bytes, other names, renegotiation, smuggling, while a
# validation goes on.  Arguments: the client, a fresh directory, the tree.
import ipaddress, resource, ssl, threading
import hostile_lib
from hostile_lib import *
in_section("responder")

MIB = 1024
MOST_KIB = 16 * MIB
CONNECTIONS = 1000
TOKENS = ["evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-o" + c for c in "ABCD"]
LONGEST = ".".join(["a" * 63, "b" * 63, "c" * 63, "d" * 61])
IDENTIFIERS = ["a.example", "127.0.0.1", "2001:db8::1", LONGEST, "xn--bcher-kva.example"]
resource.setrlimit(resource.RLIMIT_NOFILE, (resource.getrlimit(resource.RLIMIT_NOFILE)[1],) * 2)

def digest(token): return hashlib.sha256((token + "." + "N" * 43).encode()).digest()
def b64(b): return base64.urlsafe_b64encode(b).decode().rstrip("=")

class Responder(Role):
    """http-01 for job 0, tls-alpn-01 for job 1, each on a port of its own."""
    def __init__(self):
        super().__init__("respproc")
        self.http, self.tls = free_port(), free_port()
        self.send("ROLE_CONF", conf)
        self.send("ROLE_DOMAIN", resp_slice(0, self.http, names=["a.example"]))
        self.send("ROLE_DOMAIN", resp_slice(1, self.tls, names=IDENTIFIERS), job=1)
        self.send("ROLE_START")
        self.send("RESP_PUT", num(0) + s(TOKENS[0] + "." + "N" * 43))
        assert self.recv() == ("CHNG_PUBLISHED", num(0) + s(None))
        for i in range(len(IDENTIFIERS)):
            self.send("RESP_PUT", num(i) + s(b64(digest(TOKENS[i % 4]))), job=1)
            assert self.recv() == ("CHNG_PUBLISHED", num(i) + s(None))
    def kib(self, word="VmHWM"):
        with open("/proc/%d/status" % self.p.pid) as f: return int(re.search(word + r":\s+(\d+)", f.read()).group(1))
    def pss(self):
        """What it costs this machine, without what it shares; -1 where that cannot be seen."""
        try:
            with open("/proc/%d/smaps_rollup" % self.p.pid) as f: return int(re.search(r"\nPss:\s+(\d+)", f.read()).group(1))
        except OSError: return -1
    def fds(self):
        try: return len(os.listdir("/proc/%d/fd" % self.p.pid))
        except OSError: return -1

# DER, read strictly: (tag, content, whole) of one element, and the rest.
def element(b):
    tag, n, at = b[0], b[1], 2
    if n & 0x80:
        k = n & 0x7f
        n, at = int.from_bytes(b[2:2 + k], "big"), 2 + k
        assert k in (1, 2) and n > 127 and (k == 1 or n > 255), "length not canonical"
    assert len(b) >= at + n, "cut"
    return (tag, b[at:at + n], b[:at + n]), b[at + n:]
def elements(b):
    out = []
    while b:
        e, b = element(b)
        out.append(e)
    return out
def oid(text):
    parts = [int(x) for x in text.split(".")]
    out = bytes([40 * parts[0] + parts[1]])
    for p in parts[2:]:
        piece = [p & 0x7f]
        while p > 0x7f:
            p >>= 7
            piece.insert(0, p & 0x7f | 0x80)
        out += bytes(piece)
    return out
def der(tag, content):
    n = len(content)
    return bytes([tag]) + (bytes([n]) if n < 128 else bytes([0x81, n]) if n < 256 else bytes([0x82, n >> 8, n & 255])) + content

def server_name(identifier):
    try: return ipaddress.ip_address(identifier).reverse_pointer
    except ValueError: return identifier
def alternative_name(identifier):
    try: return der(0x30, der(0x87, ipaddress.ip_address(identifier).packed))
    except ValueError: return der(0x30, der(0x82, identifier.encode()))

def strict(cert, identifier, expected):
    """What is wrong with it by RFC 8737, RFC 5280 and Boulder: a list."""
    wrong = []
    def must(ok, what):
        if not ok: wrong.append(what)
    (_, body, whole), rest = element(cert)
    must(rest == b"" and whole == cert, "bytes behind the certificate")
    tbs, algorithm, signature = elements(body)
    fields = elements(tbs[1])
    must(fields[0][0] == 0xa0 and elements(fields[0][1])[0][1] == b"\x02", "not X.509 v3")
    serial, inner, issuer, validity, subject, spki = fields[1:7]
    must(serial[1][0] < 0x80 and 0 < len(serial[1]) <= 20 and any(serial[1]), "serial number")
    must(inner[2] == algorithm[2], "two signature algorithms")
    must(algorithm[2] == der(0x30, der(6, oid("1.2.840.10045.4.3.2"))), "not ecdsa-with-SHA256")
    must(issuer[2] == subject[2] and len(subject[1]) > 0, "issuer and subject differ")
    must(elements(spki[1])[0][2] == der(0x30, der(6, oid("1.2.840.10045.2.1")) + der(6, oid("1.2.840.10045.3.1.7"))), "not a P-256 key")
    begin, end = [time.strptime(t[1].decode(), "%y%m%d%H%M%SZ") for t in elements(validity[1])]
    must(begin < time.gmtime(time.time() - 3600) and end > time.gmtime(time.time() + 3600), "validity")
    extensions = {}
    must(len(fields) == 8 and fields[7][0] == 0xa3, "fields behind the extensions")
    for e in elements(elements(fields[7][1])[0][1]):
        parts = elements(e[1])
        must(parts[0][1] not in extensions, "an extension twice")
        must(len(parts) == 2 or parts[1][2] == b"\x01\x01\xff", "a criticality that is not canonical")
        extensions[parts[0][1]] = (len(parts) == 3, parts[-1][1])
    san, acme = oid("2.5.29.17"), oid("1.3.6.1.5.5.7.1.31")
    must(set(extensions) == {san, acme}, "extensions: %s" % sorted(x.hex() for x in extensions))
    must(extensions.get(san, (0, b""))[1] == alternative_name(identifier), "subjectAltName")
    must(extensions.get(acme) == (True, b"\x04\x20" + expected), "acmeIdentifier, or its criticality")
    with open(work + "/cert.der", "wb") as f: f.write(cert)
    with open(work + "/tbs", "wb") as f: f.write(tbs[2])
    with open(work + "/signature", "wb") as f: f.write(signature[1][1:])
    openssl("x509", "-inform", "DER", "-in", work + "/cert.der", "-pubkey", "-noout", "-out", work + "/pub.pem")
    checked = subprocess.run(["openssl", "dgst", "-sha256", "-verify", work + "/pub.pem", "-signature", work + "/signature", work + "/tbs"], capture_output=True)
    must(checked.returncode == 0, "its own signature")
    return wrong

def handshake(port, name, alpn=("acme-tls/1",), version=None, seconds=5):
    """The certificate, the protocol chosen, and whether the server then closed; or the error."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    if version: context.minimum_version = context.maximum_version = version
    if alpn: context.set_alpn_protocols(list(alpn))
    try:
        with socket.create_connection(("127.0.0.1", port), seconds) as c:
            with context.wrap_socket(c, server_hostname=name) as t:
                cert, chosen = t.getpeercert(True), t.selected_alpn_protocol()
                t.settimeout(seconds)
                return cert, chosen, t.recv(1) == b""
    except OSError as e: return None, type(e).__name__, False

GET = b"GET /.well-known/acme-challenge/%s HTTP/1.1\r\nHost: a.example\r\n\r\n" % TOKENS[0].encode()
def ask(port, data, seconds=5, shut=False):
    """All that comes back until the connection's end; None: it did not end."""
    with socket.create_connection(("127.0.0.1", port), seconds) as c:
        c.settimeout(seconds)
        got = b""
        try:
            c.sendall(data)
            if shut: c.shutdown(socket.SHUT_WR)
            while True:
                d = c.recv(4096)
                if not d: return got
                got += d
        except TimeoutError: return None
        except OSError: return got
def validates_http(r): return ask(r.http, GET).endswith(b"\r\n\r\n" + (TOKENS[0] + "." + "N" * 43).encode())
def validates_tls(r, i=0):
    cert, chosen, closed = handshake(r.tls, server_name(IDENTIFIERS[i]))
    return cert is not None and chosen == "acme-tls/1" and digest(TOKENS[i % 4]) in cert

r = Responder()
certs = []
for i, identifier in enumerate(IDENTIFIERS):
    for version in ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3:
        cert, chosen, closed = handshake(r.tls, server_name(identifier), version=version)
        report(cert is not None and chosen == "acme-tls/1" and closed, "%s by %s: acme-tls/1, and the connection ends" % (identifier[:40], version.name), str(chosen))
    wrong = strict(cert, identifier, digest(TOKENS[i % 4])) if cert else ["no certificate"]
    report(wrong == [], "the certificate of %s passes Boulder's checks" % identifier[:40], str(wrong))
    certs.append(cert)
# The checks can fail.
report("subjectAltName" in strict(certs[0], "b.example", digest(TOKENS[0])), "the strict checks see another name")
report("acmeIdentifier, or its criticality" in strict(certs[0], "a.example", digest(TOKENS[1])), "the strict checks see another digest")
report("its own signature" in strict(certs[0][:-1] + bytes([certs[0][-1] ^ 1]), "a.example", digest(TOKENS[0])), "the strict checks see another signature")
def spoilt(name, change, words):
    """As openssl(1) makes one with these extensions."""
    with open(work + "/ext.cnf", "w") as f: f.write("[req]\ndistinguished_name=d\n[d]\n[e]\n" + change)
    openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj", "/CN=x", "-config", work + "/ext.cnf", "-extensions", "e",
        "-keyout", work + "/spoilt.key", "-outform", "DER", "-out", work + "/spoilt.der")
    with open(work + "/spoilt.der", "rb") as f: wrong = strict(f.read(), "a.example", digest(TOKENS[0]))
    report(any(words in w for w in wrong), "the strict checks see " + name, str(wrong))
acme_value = "1.3.6.1.5.5.7.1.31=critical,DER:0420%s\n" % digest(TOKENS[0]).hex()
spoilt("two names", "subjectAltName=DNS:a.example,DNS:b.example\n" + acme_value, "subjectAltName")
spoilt("an extension that is not critical", "subjectAltName=DNS:a.example\n" + acme_value.replace("critical,", ""), "criticality")
spoilt("a digest without its inner string", "subjectAltName=DNS:a.example\n1.3.6.1.5.5.7.1.31=critical,DER:%s\n" % digest(TOKENS[0]).hex(), "acmeIdentifier")
spoilt("the draft's number", "subjectAltName=DNS:a.example\n" + acme_value.replace("7.1.31", "7.1.30.1"), "extensions")

# Who is not a CA meets no certificate.
for what, name, alpn in (("another name", "b.example", ["acme-tls/1"]), ("no name", None, ["acme-tls/1"]), ("no ALPN", "a.example", []), ("http/1.1", "a.example", ["http/1.1"]),
        ("acme-tls/1 and h2", "a.example", ["acme-tls/1", "h2"]), ("h2 and acme-tls/1", "a.example", ["h2", "acme-tls/1"]), ("an address as it is", "127.0.0.1", ["acme-tls/1"]),
        ("a reverse name with a dot", "1.0.0.127.in-addr.arpa.", ["acme-tls/1"]), ("a longer name", "x.a.example", ["acme-tls/1"])):
    cert, chosen, _ = handshake(r.tls, name, alpn)
    report(cert is None and validates_tls(r), "TLS with %s: no certificate" % what, str(chosen))
cert, _, _ = handshake(r.tls, "A.EXAMPLE")
report(cert is not None, "a name in capitals is the same one")
report(handshake(r.http, "b.example")[0] is None and ask(r.tls, b"GET / HTTP/1.1\r\n\r\n").startswith(b"HTTP/1.1 404"), "nothing else on either port")
for protocol in "-tls1", "-tls1_1":
    out = subprocess.run(["openssl", "s_client", protocol, "-cipher", "ALL:@SECLEVEL=0", "-connect", "127.0.0.1:%d" % r.tls, "-servername", "a.example", "-alpn", "acme-tls/1"], input=b"", capture_output=True, timeout=20)
    report(b"BEGIN CERTIFICATE" not in out.stdout and validates_tls(r), "%s is refused" % protocol)
out = subprocess.run(["openssl", "s_client", "-tls1_2", "-connect", "127.0.0.1:%d" % r.tls, "-servername", "a.example", "-alpn", "acme-tls/1"], input=b"R\n" * 50, capture_output=True, timeout=20)
report(out.stdout.count(b"BEGIN CERTIFICATE") == 1 and validates_tls(r), "renegotiation: the connection has ended by then", str(out.stdout[-300:]))

# One response for each connection, whatever is in it.
END = b"Host: a.example\r\n\r\n"
PATH = GET.split()[1]
for what, data, status in (("two requests at once", GET + GET, b"400"), ("a length", b"GET " + PATH + b" HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % len(GET) + GET, b"400"),
        ("chunks", b"GET " + PATH + b" HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + GET, b"400"),
        ("a length and chunks", b"POST / HTTP/1.1\r\nContent-Length: 6\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + GET, b"400"),
        ("a folded length", b"GET " + PATH + b" HTTP/1.1\r\nX: y\r\n Content-Length: 5\r\n\r\n" + GET, b"400"), ("a bare line feed", b"GET " + PATH + b" HTTP/1.1\r\nX: y\nZ: z\r\n\r\n", b"400"),
        ("NUL", b"GET " + PATH + b" HTTP/1.1\r\nX: \0\r\n\r\n", b"400"), ("another path", b"GET / HTTP/1.1\r\n" + END, b"404"), ("another token", GET.replace(TOKENS[0].encode(), TOKENS[1].encode()), b"404"),
        ("POST", b"POST " + PATH + b" HTTP/1.1\r\n" + END, b"404"), ("HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"400")):
    got = ask(r.http, data)
    report(got is not None and got.count(b"HTTP/1.1 ") == 1 and got.startswith(b"HTTP/1.1 " + status) and b"NNNN" not in got and b"Connection: close" in got, "HTTP: %s: one response, %s" % (what, status.decode()), str(got))
got = ask(r.http, GET.replace(b"GET", b"HEAD"))
report(got.startswith(b"HTTP/1.1 200") and got.endswith(b"\r\n\r\n") and b"Content-Length: 87\r\n" in got, "HTTP: HEAD has no body", str(got))
report(ask(r.http, b"\0" * 5000) == b"" and ask(r.http, b"GET " + b"a" * 9000) == b"", "HTTP: garbage, and too long a request: the connection ends")
report(validates_http(r), "HTTP: and it goes on")

def hello_for(name):
    """What ssl sends first."""
    incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    context.set_alpn_protocols(["acme-tls/1"])
    t = context.wrap_bio(incoming, outgoing, server_hostname=name)
    try: t.do_handshake()
    except ssl.SSLWantReadError: pass
    return outgoing.read()
hello = hello_for("a.example")
# Finished, in the clear, as if it were; a hello that begins anew.
for what, more in (("a second ClientHello", hello), ("bytes that are no message", b"\x16\x03\x03\x00\x04\xff\xff\xff\xff"), ("an alert", b"\x15\x03\x03\x00\x02\x02\x28"), ("garbage", os.urandom(2000))):
    got = ask(r.tls, hello + more)
    report(got is not None and validates_tls(r), "TLS: %s behind the first: the connection ends" % what)

def open_many(n, port, data):
    held = []
    for _ in range(n):
        c = socket.create_connection(("127.0.0.1", port), 20)
        if data:
            try: c.send(data)
            except OSError: pass
        held.append(c)
    return held
for what, port, data in (("that say nothing", r.http, b""), ("that say nothing, TLS's port", r.tls, b""), ("with half a request", r.http, GET[:-2]), ("with 8,000 bytes of a request", r.http, b"GET /" + b"a" * 8000),
        ("with half a ClientHello", r.tls, hello[:100]), ("with a ClientHello, and no more", r.tls, hello), ("with a ClientHello for another name", r.tls, hello_for("b.example")),
        ("with garbage", r.tls, os.urandom(3000)), ("with a whole request, unread", r.http, GET)):
    held, tried = [], []
    t = threading.Thread(target=lambda: held.extend(open_many(CONNECTIONS, port, data)))
    t.start()
    while t.is_alive() or not tried: tried.append(validates_http(r) and validates_tls(r, len(tried) % 3))
    t.join()
    # A handshake can be among those that are ended to make room, the oldest of 32, as long as others come.
    lost = tried.count(False)
    tried += [validates_http(r) and validates_tls(r) for _ in range(20)]
    report(all(tried[-20:]) and lost * 2 <= len(tried) - 20, "%d connections %s: validation succeeds meanwhile (%d times, %d not), and then" % (CONNECTIONS, what, len(tried) - 1 - lost, lost))
    fds = r.fds()
    report(fds == -1 or fds < 300, "%d connections %s: %d descriptors" % (CONNECTIONS, what, fds))
    for c in held: c.close()

# Slow bytes: each client's time is bounded, whatever it sends.
slow = open_many(20, r.http, b"") + open_many(20, r.tls, b"")
t0, ended = time.time(), 0
while time.time() - t0 < 14:
    for i, c in enumerate(slow):
        if c is None: continue
        try:
            c.setblocking(False)
            c.send((GET + b"X: " if i < 20 else hello)[int((time.time() - t0) * 4):][:1] or b"x")
        except OSError: slow[i] = None; ended += 1
    time.sleep(0.25)
report(ended == 40 and validates_http(r) and validates_tls(r), "slow bytes: the connections end within 14 seconds", "%d of 40 ended" % ended)
kib, pss = r.kib(), r.pss()
with open(build + "/respproc", "rb") as f: sanitized = b"__asan_init" in f.read()
if sanitized: print("skip responder: memory: a build with the address sanitizer takes more: %d KiB" % kib)
else: report(kib < MOST_KIB, "never more than 16 MiB: %d KiB at most, %s KiB without what is shared" % (kib, pss if pss != -1 else "unknown"))
time.sleep(2.5)
fds = r.fds()
report(fds == -1 or fds < 12, "all descriptors are given back: %d" % fds)
def cpu(): return sum(int(x) for x in open("/proc/%d/stat" % r.p.pid).read().rsplit(")", 1)[1].split()[11:13])
c0 = cpu(); time.sleep(1)
report(cpu() - c0 <= 1, "does nothing when nobody asks", str(cpu() - c0))
r.send("RESP_DROP", num(0), job=1); r.send("RESP_DROP", num(0)); time.sleep(0.2)
report(handshake(r.tls, "a.example")[0] is None and ask(r.http, GET).startswith(b"HTTP/1.1 404"), "nothing is served when it is dropped")
r.send("ROLE_STOP")
report(r.ended() == 0 and r.said() == "", "an attacker's bytes are not printed", r.said()[:300])
r.close()

# Two handles with one name, at the same moment: the second one is told.
r = Role("respproc")
r.send("ROLE_CONF", conf)
for job in 0, 1: r.send("ROLE_DOMAIN", resp_slice(1, 0, names=["a.example"]), job=job)
r.send("ROLE_START")
answers = []
for job in 0, 1, 0:
    r.send("RESP_PUT", num(0) + s(b64(digest(TOKENS[job]))), job=job)
    answers.append(r.recv()[1])
report(answers[0] == answers[2] == num(0) + s(None) and b"for another handle" in answers[1], "one name of two handles at once: the second is told", str(answers))
r.send("RESP_DROP", num(0)); r.send("RESP_PUT", num(0) + s(b64(digest(TOKENS[1]))), job=1)
report(r.recv()[1] == num(0) + s(None), "and comes next")
r.close()
sys.exit(1 if hostile_lib.failed else 0)
