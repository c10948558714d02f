# zoneproc against name servers that lie, cut, are silent, slow, or go round in
# circles: all cases at once, in one process of it. In namespaces of its own
# (zone.sh): a resolver at 127.0.0.1, name servers at 127.0.N.M, all on port 53.
# Arguments: the program, a fresh directory, the tree.
import re, socket, struct, threading, time
from dns_wire import *
from hostile_lib import (DNS01, Role, conf, end, in_section, num, report,
    refuses, s, strings, write)
in_section("zone")

# For so long zoneproc asks for a record, in seconds; and what is there is seen
# sooner, however busy the machine is.
WAIT, SOON = 60, 40
V = "LPsIwTo7o8BoG0-vjCyGQGBWSVIPxI-i_X336eUOQZo"
W = "x" * 43
begun = time.time()

def in_thread(function, *args):
    threading.Thread(target=function, args=args, daemon=True).start()
def serve(address, handle):
    """handle(Query) gives bytes, a list of them, or None for silence."""
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    u, t = socket.socket(family, socket.SOCK_DGRAM), socket.socket(family)
    t.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    u.bind((address, 53))
    t.bind((address, 53))
    t.listen(50)
    def datagram(q, peer):
        a = handle(q)
        for b in a if isinstance(a, list) else [a]:
            if b is not None: u.sendto(b, peer)
    def by_udp():
        while True:
            q, peer = u.recvfrom(4096)
            in_thread(datagram, Query(q, "udp"), peer)
    def connection(c):
        head = c.recv(2)
        a = handle(Query(c.recv(struct.unpack(">H", head)[0]), "tcp"))
        if a is None: time.sleep(60)
        elif a != "close": c.sendall(struct.pack(">H", len(a)) + a)
        c.close()
    def by_tcp():
        while True: in_thread(connection, t.accept()[0])
    in_thread(by_udp)
    in_thread(by_tcp)

# What the resolver knows.
zones, hosts, aliases, resolver_fails = {}, {}, {}, set()
# {zone: seconds}: for so long it fails at the beginning.
fails_for = {}
# {zone: name server} of what is no zone by its SOA records, only by this NS.
delegated = {}
# What of these zones it says is behind something about another zone.
misleading = set()
def resolver(q):
    if not q.recurse: return q.reply(rcode=REFUSED)
    if q.kind == NS and q.name in delegated:
        return q.reply([ns(q.name, delegated[q.name])], aa=0)
    answer, name = [], q.name
    for _ in range(20):
        if name not in aliases: break
        answer.append(cname(name, aliases[name]))
        name = aliases[name]
    failing = resolver_fails | {f for f, seconds in fails_for.items()
        if time.time() - begun < seconds}
    if any(name.endswith(f) for f in failing):
        return q.reply(rcode=SERVFAIL)
    above = [z for z in zones if name == z or name.endswith("." + z)]
    zone = max(above, key=len, default="")
    if q.kind == SOA and name == zone:
        return q.reply(answer + [soa(zone)], aa=0)
    if q.kind == NS and name in empty:
        return q.reply([rr(name, NS, b"")], aa=0)
    if q.kind == NS and name == zone:
        strange = [ns("strange.test", "ns.strange.test")]
        answer += strange if zone in misleading else []
        return q.reply(answer + [ns(zone, n) for n in zones[zone]], aa=0)
    if q.kind in (A, AAAA):
        answer += [address(name, h) for h in hosts.get(name, [])
            if (":" in h) == (q.kind == AAAA)]
    rcode = NOERROR if answer or name in hosts else NXDOMAIN
    strange = [soa("strange.test")] if zone in misleading else []
    return q.reply(answer, strange + [soa(zone)], rcode, aa=0)
empty = []

cases = []
def case(title, expected, servers, least, most, name, value, more):
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
# A zone with these servers, an address for each: functions of a query and of
# the name of the record that is asked for.
# least, most: seconds until zoneproc replies; value: what it asks for;
# more: functions of the zone, the record's name and the case's number, which
# change what the resolver knows, or serve elsewhere.
def seen(title, *servers, most=SOON, least=0, name=None, value=V, more=()):
    case(title, None, servers, least, most, name, value, more)
def unseen(title, reason, *servers, least=0, most=WAIT + 30, name=None,
        value=V, more=()):
    case(title, reason, servers, least, most, name, value, more)

# Servers.
def has(*values):
    def server(q, r):
        if q.name == r and q.kind == TXT:
            return q.reply([txt(r, v) for v in values])
        return q.reply(rcode=NXDOMAIN, authority=[soa("test")])
    return server
def lacks(rcode=NXDOMAIN): return lambda q, r: q.reply(rcode=rcode)
def later(seconds, before, after):
    def server(q, r):
        now = after if time.time() - begun > seconds else before
        return now(q, r)
    return server
def slow(seconds, f):
    def server(q, r):
        time.sleep(seconds)
        return f(q, r)
    return server
def cut(by_tcp):
    """By UDP, it says that its response is longer."""
    return lambda q, r: q.reply(tc=1) if q.transport == "udp" else by_tcp(q, r)
def silent(q, r): return None
def zone_of(record): return record[len("_acme-challenge."):]
def delegates(q, zone, to): return q.reply(authority=[ns(zone, to)], aa=0)
def chain(q, *names):
    """Each name is an alias of the next one."""
    return q.reply([cname(a, b) for a, b in zip(names, names[1:])])

# What else there is.
def alias(to): return lambda zone, record, n: aliases.update({record: to})
def host(number, *addresses):
    """Name server NUMBER of the zone has these addresses, too."""
    def change(zone, record, n):
        name = "ns%d.%s" % (number, zone)
        if name not in zones[zone]: zones[zone].append(name)
        hosts.setdefault(name, []).extend(addresses)
    return change
def elsewhere(zone, address):
    def change(*_):
        zones[zone] = ["ns." + zone]
        hosts["ns." + zone] = [address]
    return change
def at(address, f, name=None):
    """A server at this address, for the record of this name."""
    return lambda zone, record, n: serve(address,
        lambda q: f(q, name or record))

seen("a server that has it", has(V))
seen("two that have it", has(V), has(W, V))
seen("the other value at the same name", has(V, W), value=W)
seen("a server that gets it later", has(V), later(3, lacks(), has(V)), least=2)
unseen("a server that never gets it",
    r"ns2\.t\d+\.test \(127.*\) answers NXDOMAIN, that there is no such name$",
    has(V), lacks(), least=WAIT - 1)
unseen("no such records",
    r"after %d seconds: ns1.* answers that there is none$" % WAIT,
    lacks(NOERROR), least=WAIT - 1)
unseen("another value", r"answers with x{43} and others$", has(W, "other"))
unseen("control characters in a value", r"answers with [ -~]*$",
    has("\x1b[2J\n%s"))
# Three different ones are named, in the order in which their addresses were
# found.
unseen("five servers that lack it",
    r": (ns[1-5]\.)[^;]*; (?!\1)(ns[1-5]\.)[^;]*; "
    r"(?!\1|\2)ns[1-5]\.[^;]*; and 2 more$", *[lacks()] * 5)

# The form of a response.
seen("a value in two strings",
    lambda q, r: q.reply([txt(r, V[:20], V[20:])]))
seen("a name in capitals", lambda q, r: q.reply([txt(r.upper(), V)]))
unseen("a value of another name", "answers that there is none",
    lambda q, r: q.reply([txt("x." + r, V)]))
unseen("a value that begins so", "answers with", has(V + "x"))
seen("cut by UDP", cut(has(V)))
seen("cut by TCP, too",
    cut(lambda q, r: q.reply([txt(r, V)], tc=1)))
seen("200 values, by TCP", cut(has(*["%043d" % i for i in range(200)], V)))
unseen("TCP is closed", r"closed the connection \(TCP\)",
    cut(lambda q, r: "close"))
unseen("TCP is silent", "does not answer by TCP|was not asked|does not answer",
    cut(silent))
unseen("TCP answers something else", "something else by TCP",
    cut(lambda q, r: q.reply(number=1)))
unseen("TCP: garbage", "something else by TCP", cut(lambda q, r: b"\xff" * 40))
unseen("a silent server", r"ns2.* does not answer$", has(V), silent,
    least=WAIT - 1)
seen("a slow server", slow(2, has(V)), least=1.5)
unseen("REFUSED", "answers REFUSED$", lacks(REFUSED))
seen("SERVFAIL, then not", later(2, lacks(SERVFAIL), has(V)))
unseen("another number", "does not answer",
    lambda q, r: q.reply([txt(q.name, V)], number=1))
unseen("another question", "does not answer",
    lambda q, r: q.reply([txt(q.name, V)],
        question=wire("x.test") + q.text[-4:]))
unseen("another type in the question", "does not answer",
    lambda q, r: q.reply([txt(q.name, V)],
        question=wire(q.name) + struct.pack(">HH", A, 1)))
unseen("another class in the question", "does not answer",
    lambda q, r: q.reply([txt(q.name, V)],
        question=wire(q.name) + struct.pack(">HH", TXT, 3)))
def questions(q, count, answer=(), rcode=NOERROR):
    """A reply with the question so many times."""
    b, end = q.reply(answer, rcode=rcode), 12 + len(q.text)
    return (b[:4] + struct.pack(">H", count) + b[6:12] + q.text * count +
        b[end:])
unseen("the question twice", "does not answer",
    lambda q, r: questions(q, 2, [txt(q.name, V)]))
unseen("no question", "does not answer",
    lambda q, r: questions(q, 0, [txt(q.name, V)]))
unseen("no question, and REFUSED", "answers REFUSED$",
    lambda q, r: questions(q, 0, rcode=REFUSED))
def to_notify(b): return b[:2] + bytes([b[2] | 4 << 3]) + b[3:]
unseen("an answer to NOTIFY", "does not answer",
    lambda q, r: to_notify(q.reply([txt(q.name, V)])))
unseen("a question instead of an answer", "does not answer",
    lambda q, r: q.bytes)
unseen("garbage", "does not answer", lambda q, r: b"\x00\xff" * 30)
seen("false answers before the right one",
    lambda q, r: [b"x", q.reply(number=1), q.bytes, q.reply([txt(r, V)])])
unseen("an answer cut in the middle of a record", "does not answer",
    lambda q, r: has(V)(q, r)[:-5])
unseen("pointers that go round", "does not answer",
    lambda q, r: q.reply([b"one record"])[:12] + b"\xc0\x0c" + q.text[-4:])
seen("no EDNS",
    lambda q, r: q.reply(rcode=FORMERR) if q.edns else has(V)(q, r))
unseen("FORMERR always", "answers FORMERR", lacks(FORMERR))

# Addresses.
unseen("nobody listens", "Connection refused", None)
seen("an address of a family without a route", has(V),
    more=[host(1, "2001:db8::1")])
unseen("no address with a route",
    "cannot be reached from here: Network is unreachable$",
    most=SOON, more=[host(1, "2001:db8::1")])
seen("IPv6", more=[host(1, "::1"), at("::1", has(V))])
silent_address = "127.0.%d.99" % (len(cases) + 1)
seen("silent at one of its addresses", has(V), least=10, most=WAIT - 1,
    more=[host(1, silent_address), at(silent_address, silent)])

def hundred(zone, record, n):
    hosts["ns1." + zone] += ["127.0.%d.1" % n] * 47 + ["127.1.0.7"] * 52
seen("of 100 addresses 48 count", has(V),
    more=[hundred, at("127.1.0.7", lacks())])
seen("of 20 servers 16 count", *[has(V)] * 16, *[lacks()] * 4)

# Aliases.
seen("a CNAME", lacks(), more=[
    alias("x.elsewhere1.test"),
    elsewhere("elsewhere1.test", "127.1.0.1"),
    at("127.1.0.1", has(V), "x.elsewhere1.test")])
seen("a CNAME that the server alone tells of",
    lambda q, r: chain(q, r, "x.elsewhere2.test"), more=[
    elsewhere("elsewhere2.test", "127.1.0.2"),
    at("127.1.0.2", has(V), "x.elsewhere2.test")])
seen("a CNAME, and the value with it",
    lambda q, r: q.reply([cname(r, "x." + r), txt("x." + r, V)]))
unseen("a CNAME without the value",
    r"_acme-challenge\.t\d+\.test, an alias of x\.elsewhere3\.test: "
    r".*zone elsewhere3\.test have.*NXDOMAIN",
    lacks(), more=[
    alias("x.elsewhere3.test"),
    elsewhere("elsewhere3.test", "127.1.0.3"),
    at("127.1.0.3", lacks())])
ROUND = "more than 8 CNAME records"
def row_of_aliases(count):
    """The record's name is an alias of c1's, that of c2's and so on."""
    def change(zone, record, n):
        names = [record]
        names += ["c%d.%s" % (i, zone) for i in range(1, count + 1)]
        aliases.update(zip(names, names[1:]))
    return change
unseen("a CNAME to itself", ROUND, lacks(),
    more=[lambda z, r, n: aliases.update({r: r})])
unseen("CNAMEs that go round", ROUND, lacks(),
    more=[lambda z, r, n: aliases.update({r: "x." + r, "x." + r: r})])
unseen("nine CNAMEs", ROUND, lacks(), more=[row_of_aliases(9)])
seen("eight CNAMEs", lambda q, r: has(V)(q, "c8." + zone_of(r)),
    more=[row_of_aliases(8)])
unseen("CNAMEs of the server's that go round",
    "CNAME records one behind the other",
    lambda q, r: chain(q, r, "x." + r, r))
unseen("ever longer CNAMEs of the server's", ROUND + "|is too long",
    lambda q, r: chain(q, q.name, "x." + q.name))

# Delegations.
NONE = "answers that there is none"
seen("a delegation", lacks(), more=[
    lambda z, r, n: elsewhere(r, "127.1.0.4")(),
    at("127.1.0.4", has(V))])
unseen("a delegation upwards", NONE,
    lambda q, r: delegates(q, "test", "ns.test"))
unseen("a delegation to the zone itself", NONE,
    lambda q, r: delegates(q, zone_of(r), "ns1." + zone_of(r)))
unseen("a delegation to another name", NONE,
    lambda q, r: delegates(q, "x." + r, "ns1." + zone_of(r)))

# What the resolver says.
unseen("no such zone", "only the root is above it", name="nowhere.invalid",
    more=[lambda z, r, n: zones.pop(z)])
unseen("the resolver fails",
    r"its zone cannot be found: the name server 127\.0\.0\.1 of resolv\.conf "
    r"answers SERVFAIL",
    lacks(), more=[lambda z, r, n: resolver_fails.add(z)])
unseen("a zone without servers", "has no name servers")
def without_data(kind):
    return lambda q, r: q.reply([rr(q.name, kind, b"")])
unseen("an NS record without data", "has no name servers",
    more=[lambda z, r, n: empty.append(z)])
unseen("an alias without data", "answers that there is none",
    without_data(CNAME))
unseen("a value without data", "does not answer|answers that there is none",
    without_data(TXT))
unseen("servers without addresses", "none of its name servers has an address",
    more=[lambda z, r, n: zones[z].append("ns9." + z)])
def fails_first(zone, record, n): fails_for[zone] = 2
seen("the resolver fails first", has(V), least=1, more=[fails_first])
LONG = ["a" * 60] * 3
seen("a name as long as may be", has(V),
    name=".".join(LONG + ["b" * 40, "test"]))
unseen("a name that is too long with what goes before it",
    "is too long a name", name=".".join(LONG + ["b" * 61, "test"]))

# The resolver knows the servers of the zone below, but says that the name is in
# the zone above.
def delegated_below(zone, record, n):
    delegated[record] = "ns.below.test"
    hosts["ns.below.test"] = ["127.1.0.5"]
seen("a delegation that the server alone tells of",
    lambda q, r: delegates(q, r, "ns.below.test"),
    more=[delegated_below, at("127.1.0.5", has(V))])
unseen("a delegation in an authoritative response", NONE,
    lambda q, r: q.reply(authority=[ns(r, "ns.below.test")]),
    more=[lambda z, r, n: delegated.update({r: "ns.below.test"})])

# It puts an SOA record and a name server of another zone first.
hosts["ns.strange.test"] = ["127.1.0.6"]
seen("records of another zone from the resolver", has(V), more=[
    lambda z, r, n: misleading.add(z), at("127.1.0.6", lacks())])

serve("127.0.0.1", resolver)
# Servers that do not count come first, and a blank behind the one that does.
RESOLV_CONF = [
    "# nameserver 127.0.0.8",
    "search x.test",
    "nameserver 127.0.0.9",
    "nameserver\tnonsense",
    "nameserver 127.0.0.1 ",
    "options edns0",
]
write("/etc/resolv.conf", "\n".join(RESOLV_CONF + [""]).encode())

names = [zone for _, _, zone, _, _, _ in cases]
def zone_role(wait=WAIT, servers=(), names=names, checks=0, issuer=None,
    challenge=0, account=None):
    r = Role("zoneproc")
    r.send("ROLE_CONF", conf + num(wait) + strings(servers) + num(0) +
        num(checks) + s(account) + s(issuer))
    r.send("ROLE_DOMAIN", s("h") + num(challenge) + num(0) + strings(names))
    r.send("ROLE_START")
    return r
def awaited(number, value, label=None):
    """The body of ZONE_AWAIT."""
    return num(number) + s(label) + s(value)
def replies(r, n, start=None):
    """{number: (seconds, reason or None)}"""
    got, start = {}, start or time.time()
    while len(got) < n:
        m = r.recv(WAIT + 60)
        if m is None or m[0] != "CHNG_SEEN": break
        number, = struct.unpack("=Q", m[1][:8])
        reason = m[1][8:]
        reason = None if reason == s(None) else reason[4:-1].decode()
        got[number] = (time.time() - start, reason)
    return got
def as_expected(expected, reason):
    """None: no reason; otherwise a pattern of it."""
    if expected is None or reason is None: return expected is reason
    return re.search(expected, reason) is not None

begun = time.time()
r = zone_role()
for number, (_, _, _, value, _, _) in enumerate(cases):
    r.send("ZONE_AWAIT", awaited(number, value))
got = replies(r, len(cases), begun)
for number, (title, expected, _, _, least, most) in enumerate(cases):
    took, reason = got.get(number, (0, "no answer: " + r.said()[-200:]))
    outcome = "seen" if expected is None else "not seen, and why"
    report(as_expected(expected, reason) and least <= took <= most,
        title + ": " + outcome, "after %.1f s: %s" % (took, reason))
r.send("ROLE_STOP")
report(r.ended(60) == 0, "ends well, and has nothing to say", r.said()[-200:])
r.close()
print("# %d cases at once: %.1f s" % (len(cases), time.time() - begun))

# A wildcard and its apex, a label of the account; the configuration's server in
# place of those of the zone; the end of the job.
asked = set()
def note(q):
    asked.add((q.name, q.recurse))
    if "missing" in q.name: return q.reply(rcode=NXDOMAIN)
    return q.reply([txt(q.name, V), txt(q.name, W)])
serve("127.3.0.1", note)
r = zone_role(300, ["127.3.0.1", "53"], ["a.test", "*.a.test", "missing.test"])
label = "_abcdefghijklmnop"
r.send("ZONE_AWAIT", awaited(0, V))
r.send("ZONE_AWAIT", awaited(1, W))
r.send("ZONE_AWAIT", awaited(1, W, label))
got = replies(r, 2)
got.update(replies(r, 1))
report(len(got) == 2 and all(reason is None for _, reason in got.values()),
    "a wildcard and its apex, the configuration's server", str(got))
expected = {
    ("_acme-challenge.a.test", 1),
    (label + "._acme-challenge.a.test", 1),
}
report(asked == expected,
    "asked for the names, the account's label before", str(asked))
r.send("ZONE_AWAIT", awaited(2, V))
time.sleep(0.5)
r.send("ZONE_END")
took, reason = replies(r, 1).get(2, (99, None))
report(took < 60 and reason is not None,
    "at the job's end what is left is answered at once", str((took, reason)))
r.stop()

# Records that stand: what they must say, and what is said of those that do not.
account = "https://ca.test/acct/1"
good = "ca.test; accounturi=" + account
more = "b.ca.test;  accounturi = %s ; policy=wildcard;x=y" % account
soon = time.time() + 1000
PUBLISH = (r"_validation-persist\.a\.test\. IN TXT "
    r'"ca\.test; accounturi=' + account)
def persist(number, issuers):
    """The body of ZONE_PERSIST."""
    return num(number) + s(account) + strings(issuers)
for number, (title, text, name, expected) in enumerate([
    ("that fits", good, "a.test", None),
    ("of another of its names, more in it", more, "a.test", None),
    ("for a wildcard", good + "; policy=wildcard", "*.a.test", None),
    ("until later", good + "; persistUntil=%d" % soon, "a.test", None),
    ("of nobody", None, "a.test",
        r"\(there is none\); publish this one, once: " + PUBLISH + r'" \('),
    ("of another CA", "evil.test; accounturi=" + account, "a.test",
        r"\(there is none\)"),
    ("of another account", "ca.test; accounturi=https://ca.test/acct/2",
        "a.test", r"\(there is one for another account\)"
        r".*answers with ca\.test; accounturi=https://ca\.test/acct/2"),
    ("not for wildcards", good, "*.a.test",
        r"\(there is one that is not for wildcards\).*" + PUBLISH +
        '; policy=wildcard"'),
    ("that is past", good + "; persistUntil=1700000000", "a.test",
        r"persistUntil is past"),
    ("with a parameter twice", good + "; accounturi=" + account, "a.test",
        r"\(there is none\)"),
    ("with a ; at its end", good + ";", "a.test", r"\(there is none\)"),
], 1):
    def server(q, text=text):
        if text is None or q.name != "_validation-persist.a.test":
            return q.reply(rcode=NXDOMAIN)
        pieces = [text[i:i + 255] for i in range(0, len(text), 255)]
        return q.reply([txt(q.name, *pieces)])
    at_address = "127.4.0.%d" % number
    serve(at_address, server)
    r = zone_role(0, [at_address, "53"], [name])
    r.send("ZONE_PERSIST", persist(0, ["ca.test", "b.ca.test"]))
    took, reason = replies(r, 1).get(0, (99, r.said()))
    report(took < SOON and as_expected(expected, reason),
        "a persist record " + title, str((took, reason)))
    r.close()

# For a rehearsal: what is said of addresses and CAA records.
CAA = 257
HTTP01 = 0
def caa(name, tag, value, flags=0):
    return rr(name, CAA, bytes([flags, len(tag)]) + tag.encode() +
        value.encode())
here_a = [address("w.c.test", "192.0.2.1")]
big = [caa("w.c.test", "issue", "n%d.%s.example" % (n, "x" * 200))
    for n in range(250)]
loop = [cname("w.c.test", "v.c.test"), cname("v.c.test", "w.c.test")]
w = ("w.c.test", A)
for number, (title, name, challenge, records, expected) in enumerate([
    ("all is well", "w.c.test", HTTP01,
        {w: here_a, ("c.test", CAA): [caa("c.test", "issue", "ca.test")]},
        None),
    ("no CAA at all", "w.c.test", HTTP01, {w: here_a}, None),
    ("an IPv6 address alone", "w.c.test", HTTP01,
        {("w.c.test", AAAA): [address("w.c.test", "2001:db8::1")]}, None),
    ("no address", "w.c.test", HTTP01, {},
        r"h: check: w\.c\.test: has no address in the DNS"),
    ("addresses that cannot be looked up", "w.c.test", HTTP01,
        {w: SERVFAIL}, r"its addresses cannot be looked up: the name server .* "
            r"of the configuration answers SERVFAIL"),
    ("no address, where records answer", "w.c.test", DNS01, {}, None),
    ("an address as a name", "192.0.2.1", HTTP01, {}, None),
    ("another CA above", "w.c.test", HTTP01,
        {w: here_a, ("test", CAA): [caa("test", "issue", "b.test")]},
        r"w\.c\.test: CAA records at test permit b\.test, but not ca\.test"),
    ("nearer records count", "w.c.test", HTTP01,
        {w: here_a, ("c.test", CAA): [caa("c.test", "issue", "ca.test")],
            ("test", CAA): [caa("test", "issue", "b.test")]}, None),
    ("no CA", "w.c.test", HTTP01,
        {w: here_a, ("w.c.test", CAA): [caa("w.c.test", "issue", ";")]},
        r"CAA records at w\.c\.test permit no CA"),
    ("issuewild of another CA", "*.w.c.test", DNS01,
        {("w.c.test", CAA): [caa("w.c.test", "issue", "ca.test"),
            caa("w.c.test", "issuewild", "b.test")]},
        r"\*\.w\.c\.test: CAA .* permit b\.test, but not ca\.test"),
    ("issuewild of another CA, no wildcard", "w.c.test", DNS01,
        {("w.c.test", CAA): [caa("w.c.test", "issue", "ca.test"),
            caa("w.c.test", "issuewild", "b.test")]}, None),
    ("another method", "w.c.test", HTTP01,
        {w: here_a, ("w.c.test", CAA): [caa("w.c.test", "issue",
            "ca.test; validationmethods=dns-01")]},
        r"permit the validation methods dns-01, but not http-01"),
    ("an account", "w.c.test", HTTP01,
        {w: here_a, ("w.c.test", CAA): [caa("w.c.test", "issue",
            "ca.test; accounturi=https://ca.test/1")]},
        r"permit only the account https://ca\.test/1, and the authority has "
            "none yet"),
    ("a critical property", "w.c.test", HTTP01,
        {w: here_a, ("w.c.test", CAA): [caa("w.c.test", "new", "x", 128)]},
        r"have the critical property new"),
    ("characters for a terminal", "w.c.test", HTTP01,
        {w: here_a, ("w.c.test", CAA): [caa("w.c.test", "issue",
            "\033[31mred")]}, r"permit .{0,8}\[31mred, but not ca\.test"),
    ("records behind an alias", "w.c.test", HTTP01,
        {w: here_a, ("w.c.test", CAA): [cname("w.c.test", "x.test"),
            caa("x.test", "issue", "b.test")]},
        r"at w\.c\.test permit b\.test, but not"),
    ("records of another name", "w.c.test", HTTP01,
        {w: here_a, ("w.c.test", CAA): [caa("x.test", "issue", "b.test")]},
        None),
    ("aliases in a circle", "w.c.test", HTTP01,
        {w: here_a, ("w.c.test", CAA): loop},
        r"more than 8 CNAME records one behind the other"),
    ("CAA records that cannot be looked up", "w.c.test", HTTP01,
        {w: here_a, ("w.c.test", CAA): SERVFAIL},
        r"CAA records at w\.c\.test cannot be looked up .*a CA refuses then"),
    ("250 long records, by TCP", "w.c.test", HTTP01,
        {w: here_a, ("w.c.test", CAA): big},
        r"permit n0\.x+.*\.\.\., but not ca\.test"),
    ("garbage in a record", "w.c.test", HTTP01,
        {w: here_a, ("w.c.test", CAA): [rr("w.c.test", CAA, b"\0\xff")]},
        r"CAA records at w\.c\.test cannot be looked up"),
    ("silence", "w.c.test", HTTP01, {w: here_a, ("w.c.test", CAA): None},
        r"no response from name servers|cannot be looked up"),
], 1):
    def server(q, records=records):
        found = records.get((q.name, q.kind), [])
        if found is None: return None
        if isinstance(found, int): return q.reply(rcode=found)
        if q.transport == "udp" and sum(map(len, found)) > 1000:
            return q.reply(tc=1)
        return q.reply(found)
    at_address = "127.5.0.%d" % number
    serve(at_address, server)
    begun = time.time()
    r = zone_role(0, [at_address, "53"], [name], 1, "ca.test", challenge)
    r.send("ROLE_STOP")
    status, said = r.ended(60), r.said()
    took = time.time() - begun
    report(status == 0 and took < SOON and
        (re.search(expected, said) is not None if expected else said == "") and
        all(" " <= c <= "~" or c == "\n" for c in said),
        "checks: " + title, "%s after %.1f s: %s" % (status, took, said[-300:]))
    r.close()

# The account of renewals, and the CA's names as its directory has them.
records = [caa("w.c.test", "issue", "ca.test; accounturi=https://ca.test/1")]
serve("127.6.0.1", lambda q: q.reply({w: here_a,
    ("w.c.test", CAA): records}.get((q.name, q.kind), [])))
ANOTHER = (r"permit only the account https://ca\.test/1, but that of renewals "
    r"is https://ca\.test/2")
for title, issuer, identities, account, expected in [
    ("this account", "ca.test", None, "https://ca.test/1", None),
    ("another account", "ca.test", None, "https://ca.test/2", ANOTHER),
    ("the directory's name", None, ["x.test", "ca.test"], "https://ca.test/1",
        None),
    ("the directory's name, another account", None, ["ca.test"],
        "https://ca.test/2", ANOTHER),
    ("the directory has another name", None, ["x.test"], "https://ca.test/1",
        r"permit ca\.test, but not x\.test"),
    ("the directory has no names", None, [], "https://ca.test/1",
        r"permit only ca\.test; 'issuer NAME' in the authority says which"),
    ("netproc says nothing", None, None, "https://ca.test/1",
        r"permit only ca\.test; 'issuer NAME' in the authority says which"),
    ("a configured name counts more", "ca.test", ["x.test"],
        "https://ca.test/1", None),
]:
    r = zone_role(0, ["127.6.0.1", "53"], ["w.c.test"], 1, issuer, HTTP01,
        account)
    if identities is not None: r.send("ZONE_CA", strings(identities))
    r.send("ROLE_STOP")
    status, said = r.ended(60), r.said()
    report(status == 0 and said.count("\n") == (expected is not None) and
        re.search(expected or "^$", said) is not None,
        "checks: CAA: " + title, "%s: %s" % (status, said[-300:]))
    r.close()
for title, checks, bodies, why in [
    ("no name", 1, [strings(['a"b'])], "not a name"),
    ("eleven names", 1, [strings(["a.test"] * 11)], "malformed"),
    ("twice", 1, [strings(["a.test"])] * 2, "too often"),
    ("in no rehearsal", 0, [strings(["a.test"])], "not a rehearsal"),
]:
    r = zone_role(0, ["127.6.0.1", "53"], ["w.c.test"], checks)
    for body in bodies: r.send("ZONE_CA", body)
    refuses("the CA's names: " + title, r, "ZONE_CA: .*" + why)

# Messages that chngproc has no reason to send.
for title, t, body, why in [
    ("a number beyond the names", "ZONE_AWAIT", awaited(3, V),
        "no identifier 3"),
    ("a digest of 42 characters", "ZONE_AWAIT", awaited(0, V[1:]),
        "not a digest"),
    ("a digest with a quote", "ZONE_AWAIT", awaited(0, V[1:] + '"'),
        "not a digest"),
    ("a label that is none", "ZONE_AWAIT", awaited(0, V, "x.y"), "not a label"),
    ("an empty label", "ZONE_AWAIT", awaited(0, V, ""), "not a label"),
    ("no issuer", "ZONE_PERSIST", persist(0, []), "no issuer"),
    ("eleven issuers", "ZONE_PERSIST", persist(0, ["a.test"] * 11),
        "malformed"),
    ("an issuer that is no name", "ZONE_PERSIST", persist(0, ['a"b']),
        "not a name"),
    ("a persist record of a name that there is not", "ZONE_PERSIST",
        persist(99, ["a.test"]), "no identifier 99"),
]:
    r = zone_role(names=["a.test", "b.test", "c.test"])
    r.send(t, body)
    refuses(title, r, why)
end()
