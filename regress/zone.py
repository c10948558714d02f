# zoneproc against name servers that lie, cut, are silent, slow, or go round in circles: all cases at once, in one process of it.
# In namespaces of its own (zone.sh): a resolver at 127.0.0.1, name servers at 127.0.N.M, all on port 53.
# Arguments: the program, a fresh directory, the tree.
import re, socket, struct, sys, threading, time
from hostile_lib import (Role, conf, in_section, num, report, refuses, s,
    strings)
in_section("zone")

A, NS, CNAME, SOA, TXT, AAAA = 1, 2, 5, 6, 16, 28
NOERROR, FORMERR, SERVFAIL, NXDOMAIN, REFUSED = 0, 1, 2, 3, 5
WAIT = 25
V = "LPsIwTo7o8BoG0-vjCyGQGBWSVIPxI-i_X336eUOQZo"
W = "x" * 43
begun = time.time()

def wire(name): return b"".join(bytes([len(l)]) + l.encode() for l in name.split(".") if l) + b"\0"
def rr(name, kind, data): return wire(name) + struct.pack(">HHIH", kind, 1, 60, len(data)) + data
def txt(name, *texts): return rr(name, TXT, b"".join(bytes([len(t)]) + t.encode() for t in texts))
def cname(name, to): return rr(name, CNAME, wire(to))
def soa(zone): return rr(zone, SOA, wire("ns." + zone) + wire("x." + zone) + struct.pack(">5I", 1, 60, 60, 60, 60))
def ns(zone, name): return rr(zone, NS, wire(name))

class Query:
    def __init__(self, q, transport):
        self.bytes, self.transport = q, transport
        i, labels = 12, []
        while q[i]:
            labels.append(q[i + 1:i + 1 + q[i]].decode())
            i += q[i] + 1
        self.name, self.kind, self.text = ".".join(labels).lower(), struct.unpack(">H", q[i + 1:i + 3])[0], q[12:i + 5]
        self.edns, self.recurse = struct.unpack(">H", q[10:12])[0] > 0, q[2] & 1
    def reply(self, answer=(), authority=(), rcode=NOERROR, aa=1, tc=0, number=0, question=None):
        head = struct.pack(">HHHHHH", struct.unpack(">H", self.bytes[:2])[0] ^ number, 0x8000 | aa << 10 | tc << 9 | self.recurse << 8 | rcode,
            1, len(answer), len(authority), 0)
        return head + (question or self.text) + b"".join(answer) + b"".join(authority)

def serve(address, handle):
    """handle(Query) gives bytes, a list of them, or None for silence."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    u, t = socket.socket(family, socket.SOCK_DGRAM), socket.socket(family)
    t.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    u.bind((address, 53)); t.bind((address, 53)); t.listen(50)
    def one(q, peer):
        a = handle(q)
        for b in a if isinstance(a, list) else [a]:
            if b is not None: u.sendto(b, peer)
    def by_udp():
        while True:
            q, peer = u.recvfrom(4096)
            threading.Thread(target=one, args=(Query(q, "udp"), peer), daemon=True).start()
    def connection(c):
        head = c.recv(2)
        a = handle(Query(c.recv(struct.unpack(">H", head)[0]), "tcp"))
        if a is None: time.sleep(60)
        elif a != "close": c.sendall(struct.pack(">H", len(a)) + a)
        c.close()
    def by_tcp():
        while True: threading.Thread(target=connection, args=(t.accept()[0],), daemon=True).start()
    for f in by_udp, by_tcp: threading.Thread(target=f, daemon=True).start()

# What the resolver knows.
zones, hosts, aliases, resolver_fails = {}, {}, {}, set()
def resolver(q):
    if not q.recurse: return q.reply(rcode=REFUSED)
    answer, name = [], q.name
    for _ in range(20):
        if name not in aliases: break
        answer.append(cname(name, aliases[name]))
        name = aliases[name]
    if any(name.endswith(f) for f in resolver_fails): return q.reply(rcode=SERVFAIL)
    zone = max((z for z in zones if name == z or name.endswith("." + z)), key=len, default="")
    if q.kind == SOA and name == zone: return q.reply(answer + [soa(zone)], aa=0)
    if q.kind == NS and name == zone: return q.reply(answer + [ns(zone, n) for n in zones[zone]], aa=0)
    if q.kind == A: answer += [rr(name, A, socket.inet_aton(h)) for h in hosts.get(name, []) if ":" not in h]
    if q.kind == AAAA: answer += [rr(name, AAAA, socket.inet_pton(socket.AF_INET6, h)) for h in hosts.get(name, []) if ":" in h]
    return q.reply(answer, [soa(zone)], NOERROR if answer or name in hosts else NXDOMAIN, aa=0)

cases = []
def case(title, expected, *servers, name=None, value=V, least=0, most=WAIT - 1, more=()):
    """A zone with these servers: functions of a query and its record's name, at an address each.  expected: None, it
    is seen; or what the reason says.  more: what else is in the resolver."""
    n = len(cases) + 1
    zone = name or "t%d.test" % n
    record = "_acme-challenge." + zone
    zones.setdefault(zone, [])
    for m, f in enumerate(servers, 1):
        host, address = "ns%d.%s" % (m, zone), "127.0.%d.%d" % (n, m)
        zones[zone].append(host)
        hosts[host] = [address]
        if f is not None: serve(address, lambda q, f=f: f(q, record))
    for f in more: f(zone, record, n)
    cases.append((title, expected, zone, value, least, most))

def has(*values): return lambda q, r: q.reply([txt(r, v) for v in values]) if q.name == r and q.kind == TXT else q.reply(rcode=NXDOMAIN, authority=[soa("test")])
def lacks(rcode=NXDOMAIN, answer=()): return lambda q, r: q.reply(answer, rcode=rcode)
def later(seconds, before, after): return lambda q, r: (after if time.time() - begun > seconds else before)(q, r)
def slow(seconds, f):
    def g(q, r):
        time.sleep(seconds)
        return f(q, r)
    return g
def cut(by_tcp): return lambda q, r: q.reply(tc=1) if q.transport == "udp" else by_tcp(q, r)
def silent(q, r): return None
def change(f): return lambda q, r: f(q, has(V)(q, r))
def alias(to): return lambda zone, record, n: aliases.__setitem__(record, to)
def elsewhere(zone, *addresses): return lambda *_: (zones.__setitem__(zone, ["ns." + zone]), hosts.__setitem__("ns." + zone, list(addresses)))
def at(address, f): return lambda zone, record, n: serve(address, lambda q: f(q, record))

case("a server that has it", None, has(V), most=3)
case("two that have it", None, has(V), has(W, V), most=3)
case("the other value at the same name", None, has(V, W), value=W, most=3)
case("a server that gets it later", None, has(V), later(3, lacks(), has(V)), least=2, most=9)
case("a server that never gets it", r"ns2\.t\d+\.test \(127.*\) answers NXDOMAIN, that there is no such name$", has(V), lacks(), least=WAIT - 1, most=WAIT + 3)
case("no such records", r"after 25 seconds: ns1.* answers that there is none$", lacks(NOERROR), least=WAIT - 1, most=WAIT + 3)
case("another value", r"answers with x{43} and others$", has(W, "other"), most=WAIT + 3)
case("control characters in a value", r"answers with [ -~]*$", has("\x1b[2J\n%s"), most=WAIT + 3)
case("five servers that lack it", r"ns1.*; ns2.*; ns3[^;]*; and 2 more$", *[lacks()] * 5, most=WAIT + 3)
case("a value in two strings", None, lambda q, r: q.reply([txt(r, V[:20], V[20:])]), most=3)
case("a name in capitals", None, lambda q, r: q.reply([txt(r.upper(), V)]), most=3)
case("a value of another name", "answers that there is none", lambda q, r: q.reply([txt("x." + r, V)]), most=WAIT + 3)
case("a value that begins so", "answers with", has(V + "x"), most=WAIT + 3)
case("cut by UDP", None, cut(has(V)), most=3)
case("cut by TCP, too", None, lambda q, r: q.reply([txt(r, V)], tc=1) if q.transport == "tcp" else q.reply(tc=1), most=3)
case("200 values, by TCP", None, cut(has(*["%043d" % i for i in range(200)], V)), most=3)
case("TCP is closed", r"closed the connection \(TCP\)", cut(lambda q, r: "close"), most=WAIT + 3)
case("TCP is silent", "does not answer by TCP|was not asked|does not answer", cut(silent), most=WAIT + 3)
case("TCP answers something else", "something else by TCP", cut(lambda q, r: q.reply(number=1)), most=WAIT + 3)
case("TCP: garbage", "something else by TCP", cut(lambda q, r: b"\xff" * 40), most=WAIT + 3)
case("a silent server", r"ns2.* does not answer$", has(V), silent, least=WAIT - 1, most=WAIT + 3)
case("a slow server", None, slow(2, has(V)), least=1.5, most=9)
case("REFUSED", "answers REFUSED$", lacks(REFUSED), most=WAIT + 3)
case("SERVFAIL, then not", None, later(2, lacks(SERVFAIL), has(V)), most=9)
case("another number", "does not answer", change(lambda q, a: q.reply([txt(q.name, V)], number=1)), most=WAIT + 3)
case("another question", "does not answer", change(lambda q, a: q.reply([txt(q.name, V)], question=wire("x.test") + q.text[-4:])), most=WAIT + 3)
case("another type in the question", "does not answer", change(lambda q, a: q.reply([txt(q.name, V)], question=wire(q.name) + struct.pack(">HH", A, 1))), most=WAIT + 3)
case("a question instead of an answer", "does not answer", change(lambda q, a: q.bytes), most=WAIT + 3)
case("garbage", "does not answer", lambda q, r: b"\x00\xff" * 30, most=WAIT + 3)
case("false answers before the right one", None, lambda q, r: [b"x", q.reply(number=1), q.bytes, q.reply([txt(r, V)])], most=3)
case("an answer cut in the middle of a record", "does not answer", change(lambda q, a: a[:-5]), most=WAIT + 3)
case("pointers that go round", "does not answer", lambda q, r: q.reply([b"\xc0\x0c"])[:12] + b"\xc0\x0c" + q.text[-4:], most=WAIT + 3)
case("no EDNS", None, lambda q, r: q.reply(rcode=FORMERR) if q.edns else has(V)(q, r), most=3)
case("FORMERR always", "answers FORMERR", lacks(FORMERR), most=WAIT + 3)
case("nobody listens", "Connection refused", None, most=WAIT + 3)
case("an address of a family without a route", None, has(V), most=3, more=[lambda z, r, n: hosts["ns1." + z].append("2001:db8::1")])
case("no address with a route", "cannot be reached from here: Network is unreachable$", most=3,
    more=[lambda z, r, n: (zones[z].append("ns1." + z), hosts.__setitem__("ns1." + z, ["2001:db8::1"]))])
case("IPv6", None, most=3, more=[lambda z, r, n: (zones[z].append("ns1." + z), hosts.__setitem__("ns1." + z, ["::1"])), at("::1", has(V))])
case("silent at one of its addresses", None, has(V), least=10, most=WAIT - 1, more=[lambda z, r, n: hosts["ns1." + z].append("127.0.%d.99" % n), lambda z, r, n: serve("127.0.%d.99" % n, lambda q: None)])
case("a CNAME", None, lacks(), most=3, more=[alias("x.elsewhere1.test"), elsewhere("elsewhere1.test", "127.1.0.1"), lambda *_: serve("127.1.0.1", lambda q: has(V)(q, "x.elsewhere1.test"))])
case("a CNAME that the server alone tells of", None, lambda q, r: q.reply([cname(r, "x.elsewhere2.test")]), most=5,
    more=[elsewhere("elsewhere2.test", "127.1.0.2"), lambda *_: serve("127.1.0.2", lambda q: has(V)(q, "x.elsewhere2.test"))])
case("a CNAME, and the value with it", None, lambda q, r: q.reply([cname(r, "x." + r), txt("x." + r, V)]), most=3)
case("a CNAME without the value", r"_acme-challenge\.t\d+\.test, an alias of x\.elsewhere3\.test: .*zone elsewhere3\.test have.*NXDOMAIN", lacks(), most=WAIT + 3,
    more=[alias("x.elsewhere3.test"), elsewhere("elsewhere3.test", "127.1.0.3"), lambda *_: serve("127.1.0.3", lambda q: q.reply(rcode=NXDOMAIN))])
case("a CNAME to itself", "more than 8 CNAME records", lacks(), most=WAIT + 3, more=[lambda z, r, n: aliases.__setitem__(r, r)])
case("CNAMEs that go round", "more than 8 CNAME records", lacks(), most=WAIT + 3, more=[lambda z, r, n: aliases.update({r: "x." + r, "x." + r: r})])
case("nine CNAMEs", "more than 8 CNAME records", lacks(), most=WAIT + 3, more=[lambda z, r, n: aliases.update({(r if i == 0 else "c%d.%s" % (i, z)): "c%d.%s" % (i + 1, z) for i in range(9)})])
case("eight CNAMEs", None, lambda q, r: has(V)(q, "c8." + r[16:]), most=3, more=[lambda z, r, n: aliases.update({(r if i == 0 else "c%d.%s" % (i, z)): "c%d.%s" % (i + 1, z) for i in range(8)})])
case("CNAMEs of the server's that go round", "CNAME records one behind the other", lambda q, r: q.reply([cname(r, "x." + r), cname("x." + r, r)]), most=WAIT + 3)
case("ever longer CNAMEs of the server's", "more than 8 CNAME records|is too long", lambda q, r: q.reply([cname(q.name, "x." + q.name)]), most=WAIT + 3)
case("a delegation", None, lacks(), most=3, more=[lambda z, r, n: elsewhere(r, "127.1.0.4")(), lambda z, r, n: serve("127.1.0.4", lambda q: has(V)(q, r))])
case("a delegation upwards", "answers that there is none", lambda q, r: q.reply(authority=[ns("test", "ns.test")], aa=0), most=WAIT + 3)
case("a delegation to the zone itself", "answers that there is none", lambda q, r: q.reply(authority=[ns(r[16:], "ns1." + r[16:])], aa=0), most=WAIT + 3)
case("a delegation to another name", "answers that there is none", lambda q, r: q.reply(authority=[ns("x." + r, "ns1." + r[16:])], aa=0), most=WAIT + 3)
case("no such zone", "only the root is above it", name="nowhere.invalid", most=WAIT + 3, more=[lambda z, r, n: zones.pop(z)])
case("the resolver fails", r"its zone cannot be found: the name server 127\.0\.0\.1 of resolv\.conf answers SERVFAIL", lacks(), most=WAIT + 3, more=[lambda z, r, n: resolver_fails.add(z)])
case("a zone without servers", "has no name servers", most=WAIT + 3)
case("servers without addresses", "none of its name servers has an address", most=WAIT + 3, more=[lambda z, r, n: zones[z].append("ns9." + z)])
case("the resolver fails first", None, has(V), least=1, most=9, more=[lambda z, r, n: (resolver_fails.add(z), threading.Timer(2, resolver_fails.discard, [z]).start())])
case("a name as long as may be", None, has(V), name=".".join(["a" * 60] * 3 + ["b" * 40, "test"]), most=3)
case("a name that is too long with what goes before it", "is too long a name", name=".".join(["a" * 60] * 3 + ["b" * 61, "test"]), most=WAIT + 3)

# A delegation that the server alone tells of: the resolver knows the servers, but says that the name is in the zone above.
n = len(cases) + 1
below = "_acme-challenge.t%d.test" % n
case("a delegation that the server alone tells of", None, lambda q, r: q.reply(authority=[ns(r, "ns.below.test")], aa=0), most=5,
    more=[lambda *_: (hosts.__setitem__("ns.below.test", ["127.1.0.5"]), serve("127.1.0.5", lambda q: has(V)(q, below)))])
plain = resolver
def resolver(q): return q.reply([ns(below, "ns.below.test")], aa=0) if q.name == below and q.kind == NS else plain(q)

asked_with = []
def first_resolver(q):
    asked_with.append(q.recurse)
    return resolver(q)
serve("127.0.0.1", first_resolver)
open("/etc/resolv.conf", "w").write("# nameserver 127.0.0.8\nsearch x.test\nnameserver 127.0.0.9\nnameserver\tnonsense\nnameserver 127.0.0.1 \noptions edns0\n")

names = [c[2] for c in cases]
def zone_role(wait=WAIT, servers=(), names=names):
    r = Role("zoneproc")
    r.send("ROLE_CONF", conf + num(wait) + strings(servers) + num(0))
    r.send("ROLE_DOMAIN", strings(names))
    r.send("ROLE_START")
    return r
def pending(r, n):
    """{number: (seconds, reason or None)}"""
    got, start = {}, time.time()
    while len(got) < n:
        m = r.recv(WAIT + 20)
        if m is None or m[0] != "CHNG_SEEN": break
        number, = struct.unpack("=Q", m[1][:8])
        got[number] = (time.time() - start, None if m[1][8:12] == b"\xff" * 4 else m[1][12:-1].decode())
    return got

begun = time.time()
r = zone_role()
for i, c in enumerate(cases): r.send("ZONE_AWAIT", num(i) + s(None) + s(c[3]))
got = pending(r, len(cases))
for i, (title, expected, zone, value, least, most) in enumerate(cases):
    took, reason = got.get(i, (0, "no answer: " + r.said()[-200:]))
    report((reason is None if expected is None else reason is not None and re.search(expected, reason) is not None) and least <= took <= most,
        "%s: %s" % (title, "seen" if expected is None else "not seen, and why"), "after %.1f s: %s" % (took, reason))
r.send("ROLE_STOP")
report(r.ended(5) == 0, "ends well, and has nothing to say", r.said()[-200:])
r.close()
print("# %d cases at once: %.1f s" % (len(cases), time.time() - begun))

# Wildcards and their apex, labels; the job's end; servers of the configuration instead of those of the zone.
asked = []
def note(q):
    asked.append((q.name, q.recurse))
    return q.reply([txt(q.name, V), txt(q.name, W)]) if "missing" not in q.name else q.reply(rcode=NXDOMAIN)
serve("127.3.0.1", note)
r = zone_role(60, ["127.3.0.1", "53"], ["a.test", "*.a.test", "missing.test"])
label = "_abcdefghijklmnop"
r.send("ZONE_AWAIT", num(0) + s(None) + s(V))
r.send("ZONE_AWAIT", num(1) + s(None) + s(W))
r.send("ZONE_AWAIT", num(1) + s(label) + s(W))
got = pending(r, 2); got.update(pending(r, 1))
report(all(x[1] is None for x in got.values()) and len(got) == 2, "a wildcard and its apex, the configuration's server", str(got))
report(set(asked) == {("_acme-challenge.a.test", 1), (label + "._acme-challenge.a.test", 1)}, "asked for the names, the account's label before", str(asked))
r.send("ZONE_AWAIT", num(2) + s(None) + s(V))
time.sleep(0.5)
r.send("ZONE_END")
got = pending(r, 1)
report(2 in got and got[2][0] < 2 and got[2][1] is not None, "at the job's end what is left is answered at once", str(got))
r.send("ROLE_STOP"); r.ended(5); r.close()

# Standing records.
account = "https://ca.test/acct/1"
good = "ca.test; accounturi=" + account
for title, text, name, words in [
        ("that fits", good, "a.test", None), ("of another of its names, more in it", "b.ca.test;  accounturi = %s ; policy=wildcard;x=y" % account, "a.test", None),
        ("for a wildcard", good + "; policy=wildcard", "*.a.test", None), ("until later", good + "; persistUntil=%d" % (time.time() + 1000), "a.test", None),
        ("of nobody", None, "a.test", r'\(there is none\); publish this one, once: _validation-persist\.a\.test\. IN TXT "ca\.test; accounturi=%s" \(' % account),
        ("of another CA", "evil.test; accounturi=" + account, "a.test", r"\(there is none\)"),
        ("of another account", "ca.test; accounturi=https://ca.test/acct/2", "a.test", r"\(there is one for another account\).*answers with ca\.test; accounturi=https://ca\.test/acct/2"),
        ("not for wildcards", good, "*.a.test", r'\(there is one that is not for wildcards\).*_validation-persist\.a\.test\. IN TXT "ca\.test; accounturi=%s; policy=wildcard"' % account),
        ("that is past", good + "; persistUntil=1700000000", "a.test", r"persistUntil is past"),
        ("with a parameter twice", good + "; accounturi=" + account, "a.test", r"\(there is none\)"), ("with a ; at its end", good + ";", "a.test", r"\(there is none\)")]:
    address = "127.4.0.%d" % (len(asked) + 1)
    asked.append(None)
    serve(address, lambda q, text=text: q.reply([txt(q.name, *[text[i:i + 255] for i in range(0, len(text), 255)])]) if text and q.name == "_validation-persist.a.test" else q.reply(rcode=NXDOMAIN))
    r = zone_role(0, [address, "53"], [name])
    r.send("ZONE_STANDING", num(0) + s(account) + strings(["ca.test", "b.ca.test"]))
    got = pending(r, 1)
    took, reason = got.get(0, (99, r.said()))
    report(took < 5 and (reason is None if words is None else reason is not None and re.search(words, reason) is not None), "a standing record %s" % title, str(got))
    r.close()

for title, t, body, why in [("a number beyond the names", "ZONE_AWAIT", num(3) + s(None) + s(V), "no identifier 3"), ("a digest of 42 characters", "ZONE_AWAIT", num(0) + s(None) + s(V[1:]), "not a digest"),
        ("a digest with a quote", "ZONE_AWAIT", num(0) + s(None) + s(V[1:] + '"'), "not a digest"), ("a label that is none", "ZONE_AWAIT", num(0) + s("x.y") + s(V), "not a label"),
        ("an empty label", "ZONE_AWAIT", num(0) + s("") + s(V), "not a label"), ("no issuer", "ZONE_STANDING", num(0) + s(account) + strings([]), "no issuer"),
        ("eleven issuers", "ZONE_STANDING", num(0) + s(account) + strings(["a.test"] * 11), "malformed"), ("an issuer that is no name", "ZONE_STANDING", num(0) + s(account) + strings(['a"b']), "not a name"),
        ("a standing record of a name that there is not", "ZONE_STANDING", num(99) + s(account) + strings(["a.test"]), "no identifier 99")]:
    r = zone_role(names=["a.test", "b.test", "c.test"])
    r.send(t, body)
    refuses("" + title, r, why)
from hostile_lib import end
end()
