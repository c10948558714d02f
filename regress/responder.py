# respproc alone: what Boulder checks of a certificate for tls-alpn-01; then
# clients that send floods, garbage, slow bytes, other names, renegotiations and
# smuggled requests, while a CA validates.
# Arguments: the client, a fresh directory, the tree.
import ipaddress, resource, ssl, threading
from hostile_lib import *
in_section("responder")

MIB = 1024
MOST_KIB = 16 * MIB
# Of each kind of flood; under ASan, and as an ordinary user, run.sh and asan.sh
# ask for fewer.
CONNECTIONS = int(os.environ.get("CONNECTIONS", "1000"))
TOKENS = ["evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-o" + c for c in "ABCD"]
LONGEST = ".".join(["a" * 63, "b" * 63, "c" * 63, "d" * 61])
IDENTIFIERS = ["a.example", "127.0.0.1", "2001:db8::1", LONGEST,
    "xn--bcher-kva.example"]
_, most_files = resource.getrlimit(resource.RLIMIT_NOFILE)
resource.setrlimit(resource.RLIMIT_NOFILE, (most_files, most_files))

def key_authorization(token): return token + "." + "N" * 43
def digest(token):
    return hashlib.sha256(key_authorization(token).encode()).digest()

PUBLISHED = ("CHNG_PUBLISHED", num(0) + s(None))

def b64(b): return base64.urlsafe_b64encode(b).decode().rstrip("=")

class Responder(Role):
    """http-01 for job 0, tls-alpn-01 for job 1, each on a port of its own."""
    def __init__(self):
        super().__init__("respproc")
        self.http, self.tls = free_port(), free_port()
        self.send("ROLE_CONF", conf)
        self.send("ROLE_DOMAIN", resp_slice(0, self.http, names=["a.example"]))
        self.send("ROLE_DOMAIN", resp_slice(1, self.tls, names=IDENTIFIERS),
            job=1)
        self.send("ROLE_START")
        m = self.reply_to("RESP_PUT", num(0) + s(key_authorization(TOKENS[0])))
        assert m == PUBLISHED
        for i in range(len(IDENTIFIERS)):
            body = num(i) + s(b64(digest(TOKENS[i % 4])))
            m = self.reply_to("RESP_PUT", body, job=1)
            assert m == ("CHNG_PUBLISHED", num(i) + s(None))
    def proc(self, name):
        return read("/proc/%d/%s" % (self.p.pid, name)).decode()
    def kib(self):
        """The most memory that it has had."""
        return int(re.search(r"VmHWM:\s+(\d+)", self.proc("status")).group(1))
    def pss(self):
        """Its memory, and its part of what it shares; -1 where that cannot be
        seen."""
        try: rollup = self.proc("smaps_rollup")
        except OSError: return -1
        return int(re.search(r"\nPss:\s+(\d+)", rollup).group(1))
    def until_asleep(self):
        """It has nothing to do: it sleeps whenever it is looked at for 0.2
        seconds; after a minute, whatever it does."""
        end, asleep = time.time() + 60, 0
        while asleep < 10 and time.time() < end:
            state = self.proc("stat").rpartition(")")[2].split()[0]
            asleep = asleep + 1 if state == "S" else 0
            time.sleep(0.02)
    def cpu(self):
        """The ticks that it has run."""
        fields = self.proc("stat").rsplit(")", 1)[1].split()
        return int(fields[11]) + int(fields[12])
    def fds(self):
        try: return len(os.listdir("/proc/%d/fd" % self.p.pid))
        except OSError: return -1

# DER, read strictly: (tag, content, whole) of one element, and the rest.
def element(b):
    tag, n, at = b[0], b[1], 2
    if n & 0x80:
        k = n & 0x7f
        n, at = int.from_bytes(b[2:2 + k], "big"), 2 + k
        shortest = k == 1 and n > 127 or k == 2 and n > 255
        assert shortest, "length not canonical"
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
    if n < 128: length = [n]
    elif n < 256: length = [0x81, n]
    else: length = [0x82, n >> 8, n & 255]
    return bytes([tag, *length]) + content

def server_name(identifier):
    try: return ipaddress.ip_address(identifier).reverse_pointer
    except ValueError: return identifier

def alternative_name(identifier):
    try: return der(0x30, der(0x87, ipaddress.ip_address(identifier).packed))
    except ValueError: return der(0x30, der(0x82, identifier.encode()))

ECDSA_WITH_SHA256 = der(0x30, der(6, oid("1.2.840.10045.4.3.2")))
P256_KEY = der(0x30, der(6, oid("1.2.840.10045.2.1")) +
    der(6, oid("1.2.840.10045.3.1.7")))

def strict(cert, identifier, expected):
    """What is wrong with it by RFC 8737, RFC 5280 and Boulder: a list."""
    wrong = []
    def must(ok, what):
        if not ok: wrong.append(what)
    (_, body, whole), rest = element(cert)
    must(rest == b"" and whole == cert, "bytes behind the certificate")
    tbs, algorithm, signature = elements(body)
    fields = elements(tbs[1])
    must(fields[0][0] == 0xa0 and elements(fields[0][1])[0][1] == b"\x02",
        "not X.509 v3")
    serial, inner, issuer, validity, subject, spki = fields[1:7]
    must(serial[1][0] < 0x80 and 0 < len(serial[1]) <= 20 and any(serial[1]),
        "serial number")
    must(inner[2] == algorithm[2], "two signature algorithms")
    must(algorithm[2] == ECDSA_WITH_SHA256, "not ecdsa-with-SHA256")
    must(issuer[2] == subject[2] and len(subject[1]) > 0,
        "issuer and subject differ")
    must(elements(spki[1])[0][2] == P256_KEY, "not a P-256 key")
    begins, ends = [time.strptime(t[1].decode(), "%y%m%d%H%M%SZ")
        for t in elements(validity[1])]
    an_hour_ago = time.gmtime(time.time() - 3600)
    in_an_hour = time.gmtime(time.time() + 3600)
    must(begins < an_hour_ago and ends > in_an_hour, "validity")
    extensions = {}
    must(len(fields) == 8 and fields[7][0] == 0xa3,
        "fields behind the extensions")
    for e in elements(elements(fields[7][1])[0][1]):
        parts = elements(e[1])
        must(parts[0][1] not in extensions, "an extension twice")
        must(len(parts) == 2 or parts[1][2] == b"\x01\x01\xff",
            "a criticality that is not canonical")
        extensions[parts[0][1]] = (len(parts) == 3, parts[-1][1])
    san, acme = oid("2.5.29.17"), oid("1.3.6.1.5.5.7.1.31")
    must(set(extensions) == {san, acme},
        "extensions: %s" % sorted(x.hex() for x in extensions))
    must(extensions.get(san, (0, b""))[1] == alternative_name(identifier),
        "subjectAltName")
    must(extensions.get(acme) == (True, b"\x04\x20" + expected),
        "acmeIdentifier, or its criticality")
    write(work + "/cert.der", cert)
    write(work + "/tbs", tbs[2])
    write(work + "/signature", signature[1][1:])
    openssl("x509", "-inform", "DER", "-in", work + "/cert.der", "-pubkey",
        "-noout", "-out", work + "/pub.pem")
    command = ["openssl", "dgst", "-sha256", "-verify", work + "/pub.pem",
        "-signature", work + "/signature", work + "/tbs"]
    checked = subprocess.run(command, capture_output=True)
    must(checked.returncode == 0, "its own signature")
    return wrong

def handshake(port, name, alpn=("acme-tls/1",), version=None, seconds=60):
    """The certificate, the protocol chosen, and whether the server then closed;
    or the error."""
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

HOST = b"Host: a.example\r\n\r\n"
PATH = b"/.well-known/acme-challenge/" + TOKENS[0].encode()
GET = b"GET " + PATH + b" HTTP/1.1\r\n" + HOST

def ask(port, data, seconds=60, shut=False):
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

def validates_http(r):
    body = key_authorization(TOKENS[0]).encode()
    return ask(r.http, GET).endswith(b"\r\n\r\n" + body)

def validates_tls(r, i=0):
    cert, chosen, closed = handshake(r.tls, server_name(IDENTIFIERS[i]))
    if cert is None or chosen != "acme-tls/1": return False
    return digest(TOKENS[i % 4]) in cert

r = Responder()
certs = []

for i, identifier in enumerate(IDENTIFIERS):
    for version in ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3:
        cert, chosen, closed = handshake(r.tls, server_name(identifier),
            version=version)
        report(cert is not None and chosen == "acme-tls/1" and closed,
            "%s by %s: acme-tls/1, and the connection ends" %
            (identifier[:40], version.name), str(chosen))
    wrong = ["no certificate"]
    if cert: wrong = strict(cert, identifier, digest(TOKENS[i % 4]))
    report(wrong == [], "the certificate of %s passes Boulder's checks" %
        identifier[:40], str(wrong))
    certs.append(cert)

def serial_of(cert):
    (_, body, _), _ = element(cert)
    return elements(elements(body)[0][1])[1][1]

report(len({serial_of(cert) for cert in certs}) == len(certs),
    "each certificate has a serial number of its own")

# The checks can fail.
cert, expected = certs[0], digest(TOKENS[0])
wrong = strict(cert, "b.example", expected)
report("subjectAltName" in wrong, "the strict checks see another name")
wrong = strict(cert, "a.example", digest(TOKENS[1]))
report("acmeIdentifier, or its criticality" in wrong,
    "the strict checks see another digest")
wrong = strict(cert[:-1] + bytes([cert[-1] ^ 1]), "a.example", expected)
report("its own signature" in wrong, "the strict checks see another signature")

def spoilt(name, change, words):
    """As openssl(1) makes one with these extensions."""
    with open(work + "/ext.cnf", "w") as f:
        f.write("[req]\ndistinguished_name=d\n[d]\n[e]\n" + change)
    openssl("req", "-x509", "-newkey", *P256, "-nodes", "-days", "2",
        "-subj", "/CN=x", "-config", work + "/ext.cnf", "-extensions", "e",
        "-keyout", work + "/spoilt.key",
        "-outform", "DER", "-out", work + "/spoilt.der")
    wrong = strict(read(work + "/spoilt.der"), "a.example", expected)
    report(any(words in w for w in wrong), "the strict checks see " + name,
        str(wrong))

name = "subjectAltName=DNS:a.example\n"
names = "subjectAltName=DNS:a.example,DNS:b.example\n"
acme = "1.3.6.1.5.5.7.1.31=critical,DER:0420%s\n" % expected.hex()
spoilt("two names", names + acme, "subjectAltName")
spoilt("an extension that is not critical",
    name + acme.replace("critical,", ""), "criticality")
spoilt("a digest without its inner string",
    name + acme.replace("DER:0420", "DER:"), "acmeIdentifier")
spoilt("the draft's number",
    name + acme.replace("7.1.31", "7.1.30.1"), "extensions")

# A client that does not ask as a CA does gets no certificate.
for what, name, alpn in (
    ("another name", "b.example", ["acme-tls/1"]),
    ("no name", None, ["acme-tls/1"]),
    ("no ALPN", "a.example", []),
    ("http/1.1", "a.example", ["http/1.1"]),
    ("acme-tls/1 and h2", "a.example", ["acme-tls/1", "h2"]),
    ("h2 and acme-tls/1", "a.example", ["h2", "acme-tls/1"]),
    ("an address as it is", "127.0.0.1", ["acme-tls/1"]),
    ("a reverse name with a dot", "1.0.0.127.in-addr.arpa.", ["acme-tls/1"]),
    ("a longer name", "x.a.example", ["acme-tls/1"]),
):
    cert, chosen, _ = handshake(r.tls, name, alpn)
    report(cert is None and validates_tls(r),
        "TLS with %s: no certificate" % what, str(chosen))
cert, _, _ = handshake(r.tls, "A.EXAMPLE")
report(cert is not None, "a name in capitals is the same one")
cert, _, _ = handshake(r.http, "b.example")
got = ask(r.tls, b"GET / HTTP/1.1\r\n\r\n")
report(cert is None and got.startswith(b"HTTP/1.1 404"),
    "nothing else on either port")

def s_client(*options, input=b""):
    """What openssl(1) prints."""
    command = ["openssl", "s_client", *options, "-alpn", "acme-tls/1",
        "-connect", "127.0.0.1:%d" % r.tls, "-servername", "a.example"]
    done = subprocess.run(command, input=input, capture_output=True,
        timeout=100)
    return done.stdout

for protocol in "-tls1", "-tls1_1":
    out = s_client(protocol, "-cipher", "ALL:@SECLEVEL=0")
    report(b"BEGIN CERTIFICATE" not in out and validates_tls(r),
        "%s is refused" % protocol)
out = s_client("-tls1_2", input=b"R\n" * 50)
report(out.count(b"BEGIN CERTIFICATE") == 1 and validates_tls(r),
    "renegotiation: the connection has ended by then", str(out[-300:]))

# One response for each connection, whatever is in it.
def get(fields, behind=b""):
    return b"GET " + PATH + b" HTTP/1.1\r\n" + fields + b"\r\n\r\n" + behind

CHUNKED = b"Transfer-Encoding: chunked"
LAST_CHUNK = b"0\r\n\r\n"
both = b"POST / HTTP/1.1\r\nContent-Length: 6\r\n" + CHUNKED + b"\r\n\r\n"
other = GET.replace(TOKENS[0].encode(), TOKENS[1].encode())

for what, data, status in (
    ("two requests at once", GET + GET, b"400"),
    ("a length", get(b"Content-Length: %d" % len(GET), GET), b"400"),
    ("chunks", get(CHUNKED, LAST_CHUNK + GET), b"400"),
    ("a length and chunks", both + LAST_CHUNK + GET, b"400"),
    ("a folded length", get(b"X: y\r\n Content-Length: 5", GET), b"400"),
    ("a bare line feed", get(b"X: y\nZ: z"), b"400"),
    ("NUL", get(b"X: \0"), b"400"),
    ("another path", b"GET / HTTP/1.1\r\n" + HOST, b"404"),
    ("another token", other, b"404"),
    ("POST", b"POST " + PATH + b" HTTP/1.1\r\n" + HOST, b"404"),
    ("HTTP/2", b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", b"400"),
):
    got = ask(r.http, data)
    one = got is not None and got.count(b"HTTP/1.1 ") == 1
    report(one and got.startswith(b"HTTP/1.1 " + status) and
        b"NNNN" not in got and b"Connection: close" in got,
        "HTTP: %s: one response, %s" % (what, status.decode()), str(got))
got = ask(r.http, GET.replace(b"GET", b"HEAD"))
report(got.startswith(b"HTTP/1.1 200") and got.endswith(b"\r\n\r\n") and
    b"Content-Length: 87\r\n" in got, "HTTP: HEAD has no body", str(got))
garbage, too_long = b"\0" * 5000, b"GET " + b"a" * 9000
report(ask(r.http, garbage) == b"" and ask(r.http, too_long) == b"",
    "HTTP: garbage, and too long a request: the connection ends")
report(validates_http(r), "HTTP: and it goes on")

class Begun:
    """A client of TLS, which goes on step by step; hello: what it sends
    first."""
    def __init__(self, name, version=None):
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        context.set_alpn_protocols(["acme-tls/1"])
        if version: context.maximum_version = version
        self.tls = context.wrap_bio(self.incoming, self.outgoing,
            server_hostname=name)
        self.step()
        self.hello = self.outgoing.read()
    def step(self):
        try: self.tls.do_handshake()
        except ssl.SSLWantReadError: return False
        return True
    def certificate(self, c):
        """What the server presents, once the hello is sent; b"" if nothing."""
        try:
            while not self.step():
                c.sendall(self.outgoing.read())
                data = c.recv(16384)
                if data == b"": return b""
                self.incoming.write(data)
            return self.tls.getpeercert(True)
        except OSError: return b""
def hello_for(name): return Begun(name).hello

hello = hello_for("a.example")

# Behind a ClientHello: what a client has no reason to send in the clear.
for what, more in (
    ("a second ClientHello", hello),
    ("bytes that are no message", b"\x16\x03\x03\x00\x04\xff\xff\xff\xff"),
    ("an alert", b"\x15\x03\x03\x00\x02\x02\x28"),
    ("garbage", os.urandom(2000)),
):
    got = ask(r.tls, hello + more)
    report(got is not None and validates_tls(r),
        "TLS: %s behind the first: the connection ends" % what)

def open_many(n, port, data, source="127.0.0.1"):
    held = []
    for _ in range(n):
        c = socket.create_connection(("127.0.0.1", port), 60, (source, 0))
        if data:
            try: c.send(data)
            except OSError: pass
        held.append(c)
    return held

for what, port, data in (
    ("that say nothing", r.http, b""),
    ("that say nothing, TLS's port", r.tls, b""),
    ("with half a request", r.http, GET[:-2]),
    ("with 8,000 bytes of a request", r.http, b"GET /" + b"a" * 8000),
    ("with half a ClientHello", r.tls, hello[:100]),
    ("with a ClientHello, and no more", r.tls, hello),
    ("with a ClientHello for another name", r.tls, hello_for("b.example")),
    ("with garbage", r.tls, os.urandom(3000)),
    ("with a whole request, unread", r.http, GET),
):
    held, tried, t = [], [], None
    # On a busy machine they are all there before many validations.
    while len(tried) < 10 or t.is_alive():
        if t is None or not t.is_alive():
            for c in held: c.close()
            held = []
            t = threading.Thread(
                target=lambda: held.extend(open_many(CONNECTIONS, port, data)))
            t.start()
        tried.append(validates_http(r) and validates_tls(r, len(tried) % 3))
    t.join()
    # While connections come, respproc ends the oldest of 32 to make room: the
    # CA's handshake can be that one, more often on a busy machine.
    lost = tried.count(False)
    # There some of them wait to be accepted or read until now; those that the
    # kernel had no room for come later, when it tries again.
    r.until_asleep()
    row = 0
    for _ in range(400):
        row = row + 1 if validates_http(r) and validates_tls(r) else 0
        if row == 20: break
    report(row == 20 and lost * 4 <= len(tried) * 3,
        "%d connections %s: validation succeeds meanwhile (%d times, %d not), "
        "and then" % (CONNECTIONS, what, len(tried) - lost, lost), "%d in a row"
        % row)
    fds = r.fds()
    report(fds == -1 or fds < 300,
        "%d connections %s: %d descriptors" % (CONNECTIONS, what, fds))
    for c in held: c.close()

# Whoever comes from elsewhere ends only their own connections, however many: a
# CA's, which is slower than they are, is served.
def slowly(port, begin):
    """What a CA reads, the rest of whose bytes come behind others' connections.
    begin(): its first bytes, and the rest, or a client of TLS that goes on."""
    for _ in range(5):
        first, rest = begin()
        began = time.time()
        with socket.create_connection(("127.0.0.1", port), 60) as ca:
            ca.sendall(first)
            r.until_asleep()
            others = open_many(300, port, data, "127.0.0.2")
            r.until_asleep()
            try:
                if isinstance(rest, Begun): got = rest.certificate(ca)
                else:
                    ca.sendall(rest)
                    got = ca.recv(4096)
            except OSError as e: got = str(e).encode()
        for c in others: c.close()
        # On a busy machine, it may have had its ten seconds: then once more.
        if time.time() - began < 8: break
    return got

def half_a_request(): return GET[:-2], GET[-2:]
def a_hello():
    # By TLS 1.3, it would have all with the first response.
    client = Begun("a.example", ssl.TLSVersion.TLSv1_2)
    return client.hello, client

for what, data in (
    ("that say nothing", b""),
    ("with half a request", GET[:-2]),
    ("with half a ClientHello", hello[:100]),
    ("with a ClientHello, and no more", hello),
):
    got = slowly(r.http, half_a_request)
    report(got.startswith(b"HTTP/1.1 200"), "300 connections from elsewhere "
        "%s: a request that has begun is served" % what, str(got))
    got = slowly(r.tls, a_hello)
    report(digest(TOKENS[0]) in got, "300 connections from elsewhere %s: a "
        "handshake that has begun is completed" % what, str(got[:40]))

# Slow bytes: each client's time is bounded, whatever it sends.
slow = open_many(20, r.http, b"") + open_many(20, r.tls, b"")
t0, ended = time.time(), 0
while ended < 40 and time.time() - t0 < 60:
    for i, c in enumerate(slow):
        if c is None: continue
        try:
            c.setblocking(False)
            sent = int((time.time() - t0) * 4)
            data = GET + b"X: " if i < 20 else hello
            c.send(data[sent:sent + 1] or b"x")
        except OSError:
            slow[i] = None
            ended += 1
    time.sleep(0.25)
report(ended == 40 and validates_http(r) and validates_tls(r),
    "slow bytes: the connections end",
    "%d of 40 ended" % ended)

# What it needs.
kib, pss = r.kib(), r.pss()
if b"__asan_init" in read(build + "/respproc"):
    print("skip responder: memory: a build with the address sanitizer takes "
        "more: %d KiB" % kib)
else:
    alone = pss if pss != -1 else "unknown"
    report(kib < MOST_KIB,
        "never more than 16 MiB: %d KiB at most, %s KiB without what is shared"
        % (kib, alone))
kept = open_many(20, r.http, GET)
for c in kept: c.recv(4096)
t0 = time.time()
while r.fds() >= 12 and time.time() - t0 < 60: time.sleep(0.1)
fds = r.fds()
report(fds == -1 or fds < 12, "all descriptors are given back, also those of "
    "clients that stay: %d" % fds)
for c in kept: c.close()
r.until_asleep()
before = r.cpu()
time.sleep(1)
spent = r.cpu() - before
report(spent <= 1, "does nothing when nobody asks", str(spent))
r.send("RESP_DROP", num(0), job=1)
r.send("RESP_DROP", num(0))
t0 = time.time()
while (not ask(r.http, GET).startswith(b"HTTP/1.1 404") and
        time.time() - t0 < 60): time.sleep(0.1)
cert, _, _ = handshake(r.tls, "a.example")
report(cert is None and ask(r.http, GET).startswith(b"HTTP/1.1 404"),
    "nothing is served when it is dropped")
r.send("ROLE_STOP")
report(r.ended() == 0 and r.said() == "", "an attacker's bytes are not printed",
    r.said()[:300])
r.close()

# Two handles with one name, at the same moment: the second one is told.
r = Role("respproc")
r.send("ROLE_CONF", conf)

for job in 0, 1:
    r.send("ROLE_DOMAIN", resp_slice(1, 0, names=["a.example"]), job=job)
r.send("ROLE_START")
replies = []

for job in 0, 1, 0:
    r.send("RESP_PUT", num(0) + s(b64(digest(TOKENS[job]))), job=job)
    replies.append(r.recv()[1])
first, second, again = replies
report(first == again == PUBLISHED[1] and b"for another handle" in second,
    "one name of two handles at once: the second is told", str(replies))
r.send("RESP_DROP", num(0))
r.send("RESP_PUT", num(0) + s(b64(digest(TOKENS[1]))), job=1)
report(r.recv() == PUBLISHED, "and comes next")
r.close()
end()
