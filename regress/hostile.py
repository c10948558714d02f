# Drives each role over its one socket, as a peer that lies.  Prints one line a test.
from hostile_lib import *

MODES_OF = {RENEW: "a renewal", REVOKE: "-r", RESTORE: "-B"}

# key: what it signs is its own
r, _ = key_role()
r.send("KEY_SIGN_NEW_ORDER", s(NONCE) + s(URL))
h, p = jws(r.recv())
report(h == {"alg": "ES256", "nonce": NONCE, "url": URL, "kid": "https://ca.example:14000/acct/1"} and
    sorted(i["value"] for i in p["identifiers"]) == NAMES, "hostile: key orders the configured names", str((h, p)))
r.send("KEY_SIGN_FETCH", s(NONCE) + s(URL))
report(jws(r.recv())[1] == "", "hostile: key fetches with the empty payload")
r.send("KEY_SIGN_CHALLENGE", s(NONCE) + s(URL))
report(jws(r.recv())[1] == {}, "hostile: key triggers with {}")
r.send("KEY_SIGN_FINALIZE", s(NONCE) + s(URL))
refuses("key: finalize without a CSR", r, "no CSR")

for what, url in [("another host", "https://evil.example:14000/x"), ("another port", "https://ca.example/x"),
        ("http", "http://ca.example:14000/x"), ("user@", "https://ca.example:14000@evil.example/x"),
        ("a longer host", "https://ca.example.evil.example:14000/x"), ("no URL", "x"), ("control characters", "https://ca.example:14000/\r\nx")]:
    r, _ = key_role()
    r.send("KEY_SIGN_NEW_ORDER", s(NONCE) + s(url))
    refuses("key: URL with " + what, r, "not a URL of the authority")
for what, nonce in [("a quote", 'a"b'), ("CRLF", "a\r\nb"), ("nothing in it", ""), ("10 KB", "a" * 10240)]:
    r, _ = key_role()
    r.send("KEY_SIGN_NEW_ORDER", s(nonce) + s(URL))
    refuses("key: nonce with " + what, r, "not a nonce|longer than")
for what, t, fn in [("order before registration", "KEY_SIGN_NEW_ORDER", dict(account=False)),
        ("order of a job that certproc has not begun", "KEY_SIGN_NEW_ORDER", dict(begin=False)),
        ("fetch before the order", "KEY_SIGN_FETCH", {}), ("challenge before the order", "KEY_SIGN_CHALLENGE", {}),
        ("registration once there is an account", "KEY_SIGN_NEW_ACCOUNT", {})]:
    r, _ = key_role(**fn)
    r.send(t, s(NONCE) + s(URL))
    refuses("key: " + what, r, "out of order")
r, _ = key_role()
r.send("KEY_SET_ACCOUNT", s("https://ca.example:14000/acct/2"))
refuses("key: another account URL", r, "KEY_SET_ACCOUNT")
r, _ = key_role(account=False)
r.send("KEY_SET_ACCOUNT", s("https://evil.example/acct/1"))
refuses("key: account URL of another origin", r, "not a URL of the authority")
r, _ = key_role()
for _ in range(50):
    r.send("KEY_SIGN_NEW_ORDER", s(NONCE) + s(URL))
got = 0
while True:
    m = r.recv()
    if m is None or m[0] != "NET_SIGNED": break
    got += 1
report(got == 40 and r.ended() == 1 and "too often" in r.said(), "hostile: key: 50 orders: 40 signed, then the end", "%d %s" % (got, r.said()))
r.close()
r, _ = key_role()
r.send("KEY_SIGN_NEW_ORDER", s(NONCE) + s(URL), job=1)
refuses("key: a job that there is not", r, "no job 1")

# An earlier run's order: certproc names it, and net gets nothing else.
EARLIER = "https://ca.example:14000/order/7"
r, _ = key_role(order=EARLIER)
r.send("KEY_SIGN_FETCH", s(NONCE) + s(EARLIER))
report(jws(r.recv())[1] == "", "hostile: key fetches an earlier run's order")
r.send("KEY_SIGN_FETCH", s(NONCE) + s(URL))
report(jws(r.recv())[1] == "", "hostile: key fetches what belongs to it")
r.close()
r, _ = key_role(order=EARLIER)
r.send("KEY_SIGN_FETCH", s(NONCE) + s(URL))
refuses("key: fetch of something else than the earlier run's order", r, "not the order of the earlier run")
for t in ["KEY_SIGN_CHALLENGE", "KEY_SIGN_FINALIZE", "KEY_SIGN_GIVE_UP"]:
    r, _ = key_role(order=EARLIER)
    r.send(t, s(NONCE) + s(EARLIER))
    refuses("key: %s before the earlier run's order" % t, r, "out of order")
    r, _ = key_role()
    r.send(t, s(NONCE) + s(URL))
    refuses("key: %s before an order" % t, r, "out of order")
r, _ = key_role(order="https://evil.example/order/7")
r.send("KEY_SIGN_FETCH", s(NONCE) + s("https://evil.example/order/7"))
refuses("key: an earlier order elsewhere", r, "out of order")
# An authorization is given up by what would deactivate the account at the account's own URL.
r, _ = key_role()
r.send("KEY_SIGN_NEW_ORDER", s(NONCE) + s(URL)); r.recv()
r.send("KEY_SIGN_GIVE_UP", s(NONCE) + s("https://ca.example:14000/authz/1"))
report(jws(r.recv())[1] == {"status": "deactivated"}, "hostile: key gives up an authorization")
for url in ["", "/", "//", "?x", "?", "/x", "/.", "/../1", "/%31", ";x"]:
    r.send("KEY_SIGN_GIVE_UP", s(NONCE) + s(ACCOUNT + url))
    report(r.recv() == ("NET_SIGNED", s(None)), "hostile: key: the account's own URL with '%s' is not given up" % url)
for url in ["/ACCT/1", "/acct/%31", "/acct", "/", "", "/a/../acct/1", "/./acct/1", "//acct/1", "/acct//1", "/Acct/1/", "/authz?/acct/1"]:
    r.send("KEY_SIGN_GIVE_UP", s(NONCE) + s("https://ca.example:14000" + url))
    report(r.recv() == ("NET_SIGNED", s(None)), "hostile: key: '%s', which may be the account's, is not given up" % url)
r.close()

openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", work + "/other.key")
good = csr(work + "/other.key", NAMES)
for what, der in [("other names", csr(work + "/other.key", ["a.example", "evil.example"])), ("fewer names", csr(work + "/other.key", NAMES[:1])),
        ("the account's key", csr(work + "/keys/account.pem", NAMES)), ("one byte missing", good[:-1]), ("one byte more", good + b"x"), ("nothing in it", b"")]:
    r, _ = key_role()
    r.send("KEY_CSR", buf(der))
    r.send("KEY_SIGN_NEW_ORDER", s(NONCE) + s(URL))
    m = r.recv()
    report(m == ("NET_SIGNED", s(None)) and "CSR" in r.said(), "hostile: key: CSR with " + what + ": no order is signed", str(m))
    r.send("KEY_SIGN_FINALIZE", s(NONCE) + s(URL))
    refuses("key: CSR with " + what + ": nor finalize", r, "out of order|no CSR")
r, _ = key_role()
r.send("KEY_CSR", buf(good))
r.send("KEY_SIGN_NEW_ORDER", s(NONCE) + s(URL)); r.recv()
r.send("KEY_SIGN_FINALIZE", s(NONCE) + s(URL))
report(unb64(jws(r.recv())[1]["csr"]) == good, "hostile: key finalizes with the CSR that csr sent")
r.close()

# every role: framing
for name in ["netproc", "dnsproc", "keyproc", "csrproc", "chngproc", "certproc", "fileproc", "zoneproc", "respproc", "hookproc"]:
    mine = {"netproc": "NET_ACCOUNT", "dnsproc": "DNS_RESOLVE", "keyproc": "KEY_SIGN_FETCH", "csrproc": "CSR_MAKE", "chngproc": "CHNG_PUT", "certproc": "CERT_CHAIN", "fileproc": "FILE_WRITE", "zoneproc": "ZONE_AWAIT", "respproc": "RESP_PUT", "hookproc": "HOOK_PUT"}[name]
    theirs = "CHNG_PUT" if name != "chngproc" else "CSR_MAKE"
    for what, data in [("header of length 2^32-1 alone", head(TYPE[mine], 0, 0xffffffff)), ("half a header", head(TYPE[mine], 0, 0)[:6]),
            ("shorter body than the header says", head(TYPE[mine], 0, 8) + b"1234"), ("longer body than the header says", head(TYPE[mine], 0, 2) + b"1234"),
            ("type 0", head(0, 0, 0)), ("type 2^32-1", head(0xffffffff, 0, 0)), ("another role's message", head(TYPE[theirs], 0, 0)),
            ("ROLE_CONF again", head(TYPE["ROLE_CONF"], 0, 0)), ("a body full of 0xff", head(TYPE[mine], 0, 8) + b"\xff" * 8)]:
        t0 = time.time()
        r = started(name)
        r.raw(data)
        # a role may have sent what it sends at its start
        status, said = r.ended(5), r.said()
        report(status == 1 and said != "" and time.time() - t0 < 5, "hostile: %s: %s" % (name, what), "status %s said %r" % (status, said))
        r.close()
    r = started(name)
    time.sleep(0.1)
    rss = int(re.search(r"VmHWM:\s+(\d+)", open("/proc/%d/status" % r.p.pid).read()).group(1))
    r.sock.shutdown(socket.SHUT_WR)
    report(r.ended(5) == 1 and rss < 40000, "hostile: %s: end of file is no clean stop; %d KiB" % (name, rss), str(r.p.returncode))
    r.close()
    r = started(name)
    if name == "netproc": r.send("NET_ACCOUNT", num(1) + s(ACCOUNT)); r.recv(2)
    fds = array.array("i", [0] * 200)
    count = len(os.listdir("/proc/%d/fd" % r.p.pid))
    try: r.sock.sendmsg([head(TYPE["ROLE_STOP"], 0, 4) + b"1234"], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, fds)])
    except OSError: pass
    status = r.ended(5)
    report(status == 1, "hostile: %s: 200 descriptors sent along with too long a message" % name, "status %s" % status)
    r.close()
for t, body in [("CHNG_CHECK", b""), ("CHNG_PROBE", b""), ("CHNG_PUT", num(0) + s(TOKEN)), ("CHNG_DROP", num(0))]:
    r = Role("chngproc")
    r.send("ROLE_CONF", conf + num(0))
    r.send("ROLE_DOMAIN", s("a") + num(0) + num(1) + s(None) + num(2))
    r.send("ROLE_START")
    r.send("CHNG_THUMBPRINT", s("A" * 43))
    r.send(t, body)
    refuses("chng: %s for a stateless job" % t, r, "out of order")
r = started("chngproc")
r.send("CHNG_CHECK")
r.recv()
count = len(os.listdir("/proc/%d/fd" % r.p.pid))
r.sock.sendmsg([head(TYPE["CHNG_CHECK"], 0, 0)], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, array.array("i", [0] * 200))])
answer = r.recv()
report(answer[0] == "NET_CHNG_DONE" and len(os.listdir("/proc/%d/fd" % r.p.pid)) == count, "hostile: chng: 200 descriptors sent along do not arrive")
r.close()

# dns
r = started("dnsproc")
r.send("DNS_RESOLVE", s("evil.example") + s("443") + num(0))
refuses("dns: another host than the authority's", r, "not a host of the authority")
r = started("dnsproc")
r.send("DNS_RESOLVE", s("localhost") + s("443") + num(0))
m = r.recv()
report(m[0] == "NET_ADDRESSES" and struct.unpack("=Q", m[1][4:12])[0] >= 1, "hostile: dns: the authority's host is resolved")
r.close()

# dns: with a proxy, no other name is looked up
r = Role("dnsproc")
r.send("ROLE_CONF", conf + num(1) + num(1) + num(0) + strings(["127.0.0.1", "3128"]))
r.send("ROLE_START")
r.send("DNS_STATUS_URLS", strings(["http://192.0.2.1:80/"]))
r.send("DNS_RESOLVE", s("127.0.0.1") + s("3128") + num(0))
m = r.recv()
report(m[0] == "NET_ADDRESSES" and m[1][:4] == b"\xff" * 4, "hostile: dns: the proxy is resolved, wherever it is", str(m))
r.send("DNS_RESOLVE", s("192.0.2.1") + s("80") + num(1))
refuses("dns: a host that a certificate names, where there is a proxy", r, "not a host of the authority")

# dns: which family comes first
families = {0: [i[0] for i in socket.getaddrinfo("localhost", 443, type=socket.SOCK_STREAM)]}
for prefer, family in ((1, socket.AF_INET), (2, socket.AF_INET6)): families[prefer] = sorted(families[0], key=lambda f: f != family)
if len(set(families[0])) == 2:
    for prefer, expected in families.items():
        r = Role("dnsproc")
        r.send("ROLE_CONF", conf + num(1) + num(0) + num(prefer) + strings(["localhost", "443"]))
        r.send("ROLE_START")
        r.send("DNS_RESOLVE", s("localhost") + s("443") + num(0))
        body, got = r.recv()[1][12:], []
        while body:
            n = struct.unpack("=I", body[:4])[0]
            got.append(struct.unpack("=H", body[4:6])[0])
            body = body[4 + n:]
        report(got == expected, "hostile: dns: the order of addresses, prefer %d" % prefer, str(got))
        r.close()
else: print("skip hostile: dns: which family comes first: localhost has addresses of one only")

# dns: the names whose web servers are looked at, wherever these are, on the two ports
def dns_webroot():
    r = Role("dnsproc")
    r.send("ROLE_CONF", conf + num(1) + num(1) + num(0) + strings(["192.0.2.9", "443"]))
    r.send("ROLE_DOMAIN", strings(["127.0.0.1", "10.0.0.1"]) + strings([]))
    r.send("ROLE_START")
    return r
for port, name, what in (("80", "127.0.0.1", 2), ("443", "10.0.0.1", 2)):
    r = dns_webroot()
    r.send("DNS_RESOLVE", s(name) + s(port) + num(what))
    m = r.recv()
    report(m[0] == "NET_ADDRESSES" and m[1][:4] == b"\xff" * 4, "hostile: dns: a name of 'check webroot', port %s" % port, str(m))
    r.close()
for why, name, port, what in (("another port", "127.0.0.1", "22", 2), ("another name", "127.0.0.2", "80", 2), ("as the authority", "127.0.0.1", "443", 0),
        ("for revocation", "127.0.0.1", "80", 1), ("the authority", "192.0.2.9", "443", 2),
        ("as a server of 'verify'", "127.0.0.1", "80", 3)):
    r = dns_webroot()
    r.send("DNS_RESOLVE", s(name) + s(port) + num(what))
    refuses("dns: a name of 'check webroot': " + why, r, "not a host of the authority")
r = dns_webroot()
r.send("DNS_RESOLVE", s("127.0.0.1") + s("80") + num(4))
refuses("dns: a host for no known purpose", r, "malformed")

# dns: what a certificate may have asked about revocation
def dns_status(authority, host, asked):
    """Whether the role, with this authority, tells addresses of a host that a certificate names."""
    r = Role("dnsproc")
    r.send("ROLE_CONF", conf + num(1) + num(0) + num(0) + strings([authority, "443"]))
    r.send("ROLE_START")
    r.send("DNS_STATUS_URLS", strings(["http://%s:80/" % ("[%s]" % host if ":" in host else host)]))
    r.send("DNS_RESOLVE", s(host) + s("80") + num(1))
    m = r.recv()
    # No text and one address or more; or a text and no address.
    found = m[0] == "NET_ADDRESSES" and m[1][:4] == b"\xff" * 4
    report(m[0] == "NET_ADDRESSES" and found == asked and (asked or m[1].endswith(num(0))),
        "hostile: dns: %s for revocation, the authority at %s: %s" % (host, authority, "told" if asked else "not told"), str(m))
    r.close()
for host in "localhost", "127.0.0.1", "127.1.2.3", "0.0.0.0", "::1", "::ffff:127.0.0.1", "169.254.169.254", "fe80::1", "224.0.0.1":
    dns_status("127.0.0.1", host, False)
    dns_status("192.0.2.1", host, False)
for host in "10.0.0.1", "192.168.1.1", "fd00::1":
    dns_status("192.0.2.1", host, False)
    dns_status("10.9.9.9", host, True)
    dns_status("127.0.0.1", host, True)
dns_status("192.0.2.1", "192.0.2.2", True)
r = started("dnsproc")
r.send("DNS_RESOLVE", s("localhost") + s("443") + num(1))
refuses("dns: the authority's host without TLS, which no certificate names", r, "not a host of the authority")

# chng
def chng_role():
    r = started("chngproc")
    r.send("CHNG_THUMBPRINT", s("N" * 43))
    return r
for what, token in [("../x", "../x"), ("/x", "/x"), ("nothing", ""), (".", "."), ("300 bytes", "a" * 300), ("0xff", b"\xff" * 24), ("$(id)", "$(id)" + "a" * 20), ("a slash", "a" * 20 + "/bbb"), ("NUL", b"a" * 24 + b"\0bb")]:
    before = sorted(os.listdir(work + "/www"))
    r = chng_role()
    r.send("CHNG_PUT", num(0) + s(token))
    refuses("chng: token " + what, r, "not a token|another shape")
    report(sorted(os.listdir(work + "/www")) == before, "hostile: chng: token %s: directory unchanged" % what)
r = chng_role()
r.send("CHNG_PUT", num(0) + s(TOKEN)); m = r.recv()
path = work + "/www/" + TOKEN
report(m == ("NET_CHNG_DONE", num(1)) and open(path).read() == TOKEN + "." + "N" * 43, "hostile: chng: puts token.thumbprint")
r.send("CHNG_PUT", num(0) + s(TOKEN[::-1])); r.recv()
r.send("CHNG_PUT", num(0) + s(TOKEN[5:] + "xxxxx")); m = r.recv()
report(m == ("NET_CHNG_DONE", num(0)) and len([f for f in os.listdir(work + "/www") if f[0] != "."]) == 2, "hostile: chng: no more responses than names")
r.send("ROLE_STOP"); r.ended()
report(os.listdir(work + "/www") == [], "hostile: chng: removes them at the end")
r.close()
r = chng_role()
r.send("CHNG_PUT", num(2) + s(TOKEN))
refuses("chng: a response for a name that there is not", r, "no identifier 2")
r = chng_role()
r.send("CHNG_PUT", num(1) + s(TOKEN)); r.recv()
r.send("CHNG_AWAIT"); m = r.recv()
report(m == ("NET_CHNG_DONE", num(1)), "hostile: chng: a file can be seen at once")
r.send("ROLE_STOP"); r.ended(); r.close()
r = chng_role()
r.send("CHNG_PROBE"); m = r.recv()
n = struct.unpack("=I", m[1][:4])[0]
token = m[1][4:4 + n - 1].decode()
text = open(work + "/www/" + token).read()
report(m[0] == "NET_PROBE" and len(text) == len(token) + 1 + 43 and text.startswith(token + ".") and "N" * 43 not in text and s(text) in m[1] and m[1].endswith(s(work + "/www")),
    "hostile: chng: a probe has nothing of the thumbprint", str(m))
r.send("CHNG_PROBE"); again = r.recv()
report(again[1] != m[1], "hostile: chng: no two probes are alike")
r.send("CHNG_DROP", num(0)); m = r.recv()
report(m == ("NET_CHNG_DONE", num(1)) and not [f for f in os.listdir(work + "/www") if f[0] != "."], "hostile: chng: probes go")
r.send("CHNG_PROBE")
refuses("chng: a third probe", r, "too often")
r = chng_role()
for _ in range(2): r.send("CHNG_THUMBPRINT", s("M" * 43))
refuses("chng: a third thumbprint", r, "too often")
r = started("chngproc")
r.send("CHNG_PUT", num(0) + s(TOKEN))
refuses("chng: put before the thumbprint", r, "out of order")

# chng: records, by other processes
CHALLENGE, WAY = (enum(top + "/challenge.h", e) for e in ("challenge_type", "way"))
DIGEST = base64.urlsafe_b64encode(hashlib.sha256((TOKEN + "." + "N" * 43).encode()).digest()).decode().rstrip("=")
def record_role(challenge="DNS01", way="HOOK", waits=1, thumbprint=True):
    r = Role("chngproc")
    r.send("ROLE_CONF", conf + num(waits))
    r.send("ROLE_DOMAIN", s("a") + num(CHALLENGE["CHALLENGE_" + challenge]) + num(WAY["WAY_" + way]) + s(None) + num(2))
    r.send("ROLE_START")
    if thumbprint: r.send("CHNG_THUMBPRINT", s("N" * 43))
    return r
DONE, FAILED = ("NET_CHNG_DONE", num(1)), ("NET_CHNG_DONE", num(0))
r = record_role()
r.send("CHNG_CHECK")
report(r.recv() == DONE, "hostile: chng: records: nothing to be checked")
r.send("CHNG_PUT", num(1) + s(TOKEN))
report([r.recv(), r.recv()] == [("HOOK_PUT", num(1) + s(None) + s(DIGEST)), DONE], "hostile: chng: records: the digest goes to hook, and net hears nothing of it")
r.send("CHNG_AWAIT")
r.send("CHNG_PUBLISHED", num(1) + s(None))
report(r.recv() == ("ZONE_AWAIT", num(1) + s(None) + s(DIGEST)), "hostile: chng: records: then to zone")
r.send("CHNG_SEEN", num(1) + s(None))
report(r.recv() == DONE, "hostile: chng: records: net hears when it is seen")
r.send("CHNG_DROP", num(1))
report([r.recv()[0] for _ in range(3)] == ["HOOK_DROP", "ZONE_END", "NET_CHNG_DONE"], "hostile: chng: records: and they go")
r.send("CHNG_SEEN", num(1) + s(None))
refuses("chng: records: seen once more", r, "out of order")
for title, said in [("hook", ["CHNG_PUBLISHED"]), ("zone", ["CHNG_PUBLISHED", "CHNG_SEEN"])]:
    r = record_role()
    for n in 0, 1: r.send("CHNG_PUT", num(n) + s(TOKEN)); r.recv(); r.recv()
    r.send("CHNG_PUBLISHED", num(0) + s(None)); r.recv(); r.send("CHNG_SEEN", num(0) + s(None))
    r.send("CHNG_AWAIT")
    for t in said:
        r.send(t, num(1) + s("no way" if t == said[-1] else None))
        if t != said[-1]: r.recv()
    report(r.recv() == FAILED and r.troubles == ["no way"], "hostile: chng: records: what %s says goes to certproc, and net hears that it failed" % title, str(r.troubles))
    r.close()
r = record_role()
r.send("CHNG_PUT", num(0) + s(TOKEN)); r.recv(); r.recv()
r.send("CHNG_DROP", num(0)); r.recv(); r.recv()
r.send("CHNG_PUBLISHED", num(0) + s("not any more"))
report(r.recv() == DONE and r.troubles == [], "hostile: chng: records: dropped when what is under way has ended, of which nobody hears")
r.send("CHNG_PUT", num(0) + s(TOKEN)); r.recv(); r.recv()
r.send("CHNG_AWAIT")
r.send("CHNG_PUBLISHED", num(0) + s(None)); r.recv(); r.send("CHNG_SEEN", num(0) + s(None))
report(r.recv() == DONE, "hostile: chng: records: the next order begins anew")
r.close()
r = record_role(waits=0)
r.send("CHNG_PUT", num(0) + s(TOKEN)); r.recv(); r.recv()
r.send("CHNG_AWAIT"); r.send("CHNG_PUBLISHED", num(0) + s(None))
report(r.recv() == DONE, "hostile: chng: records: without waiting")
r.close()
r = record_role("DNSACCOUNT01")
r.send("CHNG_ACCOUNT", s("https://example.com/acme/acct/ExampleAccount"))
r.send("CHNG_PUT", num(0) + s(TOKEN))
report(r.recv() == ("HOOK_PUT", num(0) + s("_ujmmovf2vn55tgye") + s(DIGEST)), "hostile: chng: records: with the account's label")
r.close()
r = record_role("DNSPERSIST01", "STANDING", thumbprint=False)
r.send("CHNG_ACCOUNT", s(ACCOUNT))
r.send("CHNG_STANDING", num(1) + strings(["ca.example"]))
report([r.recv(), r.recv()] == [("ZONE_STANDING", num(1) + s(ACCOUNT) + strings(["ca.example"])), DONE], "hostile: chng: a record that stands is asked for")
r.send("CHNG_AWAIT"); r.send("CHNG_SEEN", num(1) + s("there is none"))
report(r.recv() == FAILED and r.troubles == ["there is none"], "hostile: chng: a record that stands: why it does not")
r.close()
for title, role, messages, why in [("a record for a name that there is not", record_role(), [("CHNG_PUT", num(2) + s(TOKEN))], "no identifier 2"),
        ("a record of an account that is not known", record_role("DNSACCOUNT01"), [("CHNG_PUT", num(0) + s(TOKEN))], "no CHNG_ACCOUNT"),
        ("an account that is no URL", record_role(), [("CHNG_ACCOUNT", s('https://x/"'))], "not a URL"), ("a third account", record_role(), [("CHNG_ACCOUNT", s(ACCOUNT))] * 3, "too often"),
        ("published before it was put", record_role(), [("CHNG_PUBLISHED", num(0) + s(None))], "out of order"), ("a probe without a directory", record_role(), [("CHNG_PROBE", b"")], "no files are written"),
        ("a token where a record stands", record_role("DNSPERSIST01", "STANDING"), [("CHNG_PUT", num(0) + s(TOKEN))], "out of order"),
        ("a standing record of a hook's job", record_role(), [("CHNG_STANDING", num(0) + strings(["a.test"]))], "out of order"),
        ("eleven names of the CA", record_role("DNSPERSIST01", "STANDING"), [("CHNG_STANDING", num(0) + strings(["a.test"] * 11))], "malformed")]:
    for t, body in messages: role.send(t, body)
    refuses("chng: " + title, role, why)
os.symlink("/etc/passwd", path)
r = chng_role()
r.send("CHNG_PUT", num(0) + s(TOKEN)); m = r.recv()
r.send("ROLE_STOP"); r.ended(); r.close()
report(m == ("NET_CHNG_DONE", num(0)) and os.path.islink(path), "hostile: chng: a symbolic link of that name is left alone")
report(len(r.troubles) == 1 and path in r.troubles[0], "hostile: chng: certproc hears why, and net that it failed", str(r.troubles))
os.unlink(path)
open(path, "w").write("the administrator's")
r = chng_role()
r.send("CHNG_PUT", num(0) + s(TOKEN)); m = r.recv()
r.send("ROLE_STOP"); r.ended(); r.close()
report(m == ("NET_CHNG_DONE", num(0)) and open(path).read() == "the administrator's", "hostile: chng: another's file of that name is left alone")
os.unlink(path)
fd = os.open(path, os.O_WRONLY | os.O_CREAT, 0o644); os.write(fd, (TOKEN + "." + "N" * 43).encode()); os.close(fd)
r = chng_role()
r.send("CHNG_PUT", num(0) + s(TOKEN)); m = r.recv()
r.send("ROLE_STOP"); r.ended(); r.close()
report(m == ("NET_CHNG_DONE", num(1)) and not os.path.exists(path), "hostile: chng: what a killed run left is taken over")
r = chng_role()
for _ in range(400): r.send("CHNG_PUT", num(0) + s(TOKEN))
while True:
    m = r.recv()
    if m is None or m[0] == "timeout": break
report(r.ended() == 1 and "too often" in r.said() and os.listdir(work + "/www") == [], "hostile: chng: 400 responses", r.said())
r.close()

# chng, where respproc serves
def chng_listens(challenge=0):
    r = Role("chngproc")
    r.send("ROLE_CONF", conf + num(0))
    r.send("ROLE_DOMAIN", s("a") + num(challenge) + num(WAY["WAY_LISTEN"]) + s(None) + num(2))
    r.send("ROLE_START")
    r.send("CHNG_THUMBPRINT", s("N" * 43))
    return r
DIGEST = base64.urlsafe_b64encode(hashlib.sha256((TOKEN + "." + "N" * 43).encode()).digest()).decode().rstrip("=")
for challenge, text in (0, TOKEN + "." + "N" * 43), (1, DIGEST):
    r = chng_listens(challenge)
    r.send("CHNG_CHECK", worker=3)
    ok = r.recv() == ("RESP_CHECK", b"")
    r.send("CHNG_PUBLISHED", num(0) + s(None))
    ok = ok and r.recv() == ("NET_CHNG_DONE", num(1))
    r.send("CHNG_PUT", num(1) + s(TOKEN))
    ok = ok and [r.recv(), r.recv()] == [("RESP_PUT", num(1) + s(text)), ("NET_CHNG_DONE", num(1))]
    r.send("CHNG_AWAIT")
    ok = ok and r.recv(0.3)[0] == "timeout"
    r.send("CHNG_PUBLISHED", num(1) + s(None))
    ok = ok and r.recv() == ("NET_CHNG_DONE", num(1))
    r.send("CHNG_DROP", num(1))
    ok = ok and [r.recv(), r.recv()] == [("RESP_DROP", num(1)), ("NET_CHNG_DONE", num(1))]
    report(ok and not r.troubles, "hostile: chng: %s goes to resp, and net waits until it is served" % ("a key authorization" if challenge == 0 else "a digest"))
    r.close()
r = chng_listens()
r.send("CHNG_PUT", num(0) + s(TOKEN)); r.recv(); r.recv()
r.send("CHNG_DROP", num(0))
ok = r.recv()[0] == "RESP_DROP" and r.recv(0.3)[0] == "timeout"
r.send("CHNG_PUBLISHED", num(0) + s("of what was dropped"))
ok = ok and r.recv() == ("NET_CHNG_DONE", num(1))
r.send("CHNG_PUT", num(0) + s(TOKEN)); r.recv(); r.recv()
r.send("CHNG_PUBLISHED", num(0) + s(None))
r.send("CHNG_AWAIT")
report(ok and r.recv() == ("NET_CHNG_DONE", num(1)) and not r.troubles, "hostile: chng: what was dropped for one order cannot spoil the next")
r.close()
r = chng_listens()
r.send("CHNG_CHECK"); r.recv()
r.send("CHNG_PUBLISHED", num(0) + s("port 80: another has it"))
report(r.recv() == ("NET_CHNG_DONE", num(0)) and r.troubles == ["port 80: another has it"], "hostile: chng: what resp cannot serve, certproc hears of")
r.send("CHNG_CHECK"); r.recv()
r.send("CHNG_PUBLISHED", num(0) + s(None))
report(r.recv() == ("NET_CHNG_DONE", num(1)), "hostile: chng: and the next check stands for itself")
r.close()
r = chng_listens()
r.send("CHNG_PROBE")
refuses("chng: a probe where no files are written", r, "no files are written")
r = chng_listens()
r.send("CHNG_PUBLISHED", num(0) + s(None))
refuses("chng: a reply to nothing", r, "out of order")
r = chng_listens()
r.send("CHNG_CHECK"); r.recv()
r.send("CHNG_AWAIT")
refuses("chng: net asks while it is told to wait", r, "out of order")

# resp
def resp_role(challenge=0, **kw):
    r, r.port = Role("respproc"), free_port()
    r.send("ROLE_CONF", conf)
    r.send("ROLE_DOMAIN", resp_slice(challenge, r.port, **kw))
    r.send("ROLE_START")
    return r
for what, challenge, text in [("no key authorization", 0, "x"), ("a token alone", 0, TOKEN), ("two dots", 0, TOKEN + "." + "N" * 42 + "."), ("a digest for http-01", 0, DIGEST),
        ("a short thumbprint", 0, TOKEN + "." + "N" * 42), ("a token that is none", 0, "../../etc/passwd-xxxxxxx." + "N" * 43), ("a line end", 0, TOKEN + "\n." + "N" * 43), ("4 KiB", 0, "a" * 4096),
        ("a key authorization for tls-alpn-01", 1, TOKEN + "." + "N" * 43), ("a short digest", 1, DIGEST[:-1]), ("a digest that ends badly", 1, "_" * 43), ("nothing", 1, "")]:
    r = resp_role(challenge)
    r.send("RESP_PUT", num(0) + s(text))
    refuses("resp: " + what, r, "not a key authorization|not a digest|longer than its type")
r = resp_role()
r.send("RESP_PUT", num(2) + s(TOKEN + "." + "N" * 43))
refuses("resp: a response for a name that there is not", r, "no identifier 2")
r = resp_role(way="WAY_WEBROOT")
r.send("RESP_CHECK")
refuses("resp: a job that is answered elsewhere", r, "not answered here")
r = resp_role()
for _ in range(400): r.send("RESP_PUT", num(0) + s(TOKEN + "." + "N" * 43))
while (r.recv() or ("end",))[0] == "CHNG_PUBLISHED": pass
report(r.ended() == 1 and "too often" in r.said(), "hostile: resp: 400 responses", r.said())
r.close()
with socket.socket() as taken:
    taken.bind(("127.0.0.1", 0)); taken.listen()
    r = Role("respproc")
    r.send("ROLE_CONF", conf)
    r.send("ROLE_DOMAIN", resp_slice(0, taken.getsockname()[1]))
    r.send("ROLE_START")
    r.send("RESP_CHECK")
    m = r.recv()
    report(m[0] == "CHNG_PUBLISHED" and ("has this port" in str(m[1])) and ("python3 (process %d)" % os.getpid()) in str(m[1]), "hostile: resp: a port that is taken, and by whom", str(m))
    r.send("ROLE_STOP")
    report(r.ended() == 0, "hostile: resp: goes on with it")
    r.close()
r = resp_role()
r.send("RESP_CHECK")
report(r.recv() == ("CHNG_PUBLISHED", num(0) + s(None)), "hostile: resp: its port is bound")
def ask(port, data):
    with socket.create_connection(("127.0.0.1", port), 5) as c:
        c.settimeout(5)
        c.sendall(data)
        got = b""
        while True:
            try: d = c.recv(4096)
            except OSError: d = b""
            if not d: return got
            got += d
GET = b"GET /.well-known/acme-challenge/%s HTTP/1.1\r\nHost: a.example\r\n\r\n" % TOKEN.encode()
report(ask(r.port, GET).startswith(b"HTTP/1.1 404 "), "hostile: resp: nothing is served before it is put")
r.send("RESP_PUT", num(0) + s(TOKEN + "." + "N" * 43)); r.recv()
report(ask(r.port, GET).endswith(b"\r\n\r\n" + (TOKEN + "." + "N" * 43).encode()), "hostile: resp: serves token.thumbprint")
r.send("RESP_DROP", num(0)); time.sleep(0.1)
report(ask(r.port, GET).startswith(b"HTTP/1.1 404 "), "hostile: resp: and nothing when it is dropped")
r.send("ROLE_STOP")
report(r.ended() == 0 and r.said() == "", "hostile: resp: has nothing to say", r.said())
try: socket.create_connection(("127.0.0.1", r.port), 1); up = True
except OSError: up = False
report(not up, "hostile: resp: nothing listens when it has ended")
r.close()

# csr: nothing of a key leaves it but its CSR and its hash
r = started("csrproc")
r.send("CSR_MAKE")
m = [r.recv(), r.recv(), r.recv()]
report([x[0] for x in m] == ["CERT_KEY", "KEY_CSR", "NET_CSR_DONE"] and len(m[2][1]) == 8, "hostile: csr: what goes to whom", str([x[0] for x in m]))
spki = openssl("pkey", "-in", work + "/ssl/private/a.key", "-pubout", "-outform", "DER")
report(m[0][1][20:52] == hashlib.sha256(spki).digest(), "hostile: csr: file gets the hash of the public key")
for _ in range(3): r.send("CSR_MAKE")
while True:
    x = r.recv()
    if x is None or x[0] == "timeout": break
report(r.ended() == 1 and "too often" in r.said(), "hostile: csr: four CSRs")
r.close()

# cert
make_ca()
def offered(name, pem, why, force=1, chain=None):
    """This chain is not installed, and what is installed stays as it is."""
    before = open(cert_path, "rb").read() if os.path.exists(cert_path) else None
    r, _ = cert_role(force, chain=chain)
    r.send("CERT_CHAIN", num(0) + buf(pem))
    m = [r.recv(), r.recv()]
    after = open(cert_path, "rb").read() if os.path.exists(cert_path) else None
    report(("PARENT_OUTCOME", num(3)) in m and ("NET_JOB_DONE", num(0)) in m and before == after and re.search(why, r.said()) is not None,
        "hostile: cert: " + name, "%s %r" % (m, r.said()[-300:]))
    r.send("ROLE_STOP"); r.ended(); r.close()
good60 = issue(key_path, 60)
ca_pem = open(work + "/ca.pem", "rb").read()
offered("self-signed over our key and names", issue(key_path, 60, issuer=False), "self-signed")
offered("another key", issue(work + "/other.key", 60), "another key")
offered("a name too many", issue(key_path, 60, sans=NAMES + ["evil.example"]), "other names")
offered("garbage", os.urandom(2000), "NUL|not only whole")
offered("empty", b"", "no certificate")
offered("a private key behind the certificate", good60 + open(work + "/other.key", "rb").read(), "not only whole")
offered("96 KiB", b"A" * 90000, "more than")
# Its files are gone, its key may be there: net has the certificate from anywhere.
for copy in "revoked", "revoking":
    copy = work + "/state/domain-a.%s.pem" % copy
    open(copy, "wb").write(good60)
    offered("what an earlier -r has revoked", good60, "an earlier -r has revoked")
    os.unlink(copy)
r, first = cert_role(1)
r.send("CERT_CHAIN", num(0) + buf(good60))
m = [r.recv(), r.recv()]
report(("PARENT_OUTCOME", num(1)) in m and open(cert_path, "rb").read() == good60, "hostile: cert: a good chain is installed", str(m) + r.said())
r.send("CERT_CHAIN", num(0) + buf(good60))
refuses("cert: a second chain for the same job", r, "out of order")
# What was installed is remembered until the run has come to its end, and the parent, too.
saved = work + "/state/domain-a.new.pem"
r, first = cert_role(0)
report(first == ("PARENT_OUTCOME", num(1)) and open(saved, "rb").read() == good60, "hostile: cert: what was not reported is, by the next run", str(first))
r.recv()
r.file.send("FILE_REPORTED")
m, there = r.recv(), os.path.exists(saved)
r.close()
report(m == ("PARENT_FORGOTTEN", num(1)) and not there and open(saved, "rb").read() == good60, "hostile: cert: the parent is killed after it was forgotten: remembered again", str((m, there)))
r, first = cert_role(0)
r.recv()
r.file.send("FILE_REPORTED")
m = r.recv()
r.file.send("ROLE_STOP")
report(m == ("PARENT_FORGOTTEN", num(1)) and r.file.ended() == 0 and not os.path.exists(saved), "hostile: cert: reported: forgotten", str(m))
r.close()
r, first = cert_role(1)
r.file.send("FILE_REPORTED")
report(r.recv() == ("PARENT_FORGOTTEN", num(0)), "hostile: cert: reported before anything was changed: nothing is forgotten")
r.file.send("FILE_REPORTED")
report(r.file.ended() == 1 and "too often" in r.file.said(), "hostile: cert: reported twice")
r.close()
newer, older = issue(key_path, 80), issue(key_path, 50)
# Due although its own certificate is good, since the chain beside it is not its issuer's.
offered("the installed certificate again", good60, "is installed already", force=0, chain=work + "/ssl/a.chain.pem")
for f in os.listdir(work + "/state"):
    if f.endswith(".json"): os.unlink(work + "/state/" + f)
offered("the installed certificate again, with -F", good60, "is installed already", force=1)
for f in os.listdir(work + "/state"):
    if f.endswith(".json"): os.unlink(work + "/state/" + f)
offered("one that ends before the installed one", older, "before the installed one; -F", force=0, chain=work + "/ssl/a.chain.pem")
for f in os.listdir(work + "/state"):
    if f.endswith(".json"): os.unlink(work + "/state/" + f)
open(cert_path, "wb").write(good60)
r, first = cert_role(0)
report(first == ("PARENT_OUTCOME", num(2)), "hostile: cert: nothing due", str(first))
r.recv()
r.send("CERT_CHAIN", num(0) + buf(newer))
refuses("cert: a chain for a job that is not due", r, "out of order")
r, _ = cert_role(0, start=False)
r.send("CERT_FAILED", num(1) + num(0) + num(0) + s("x"))
answers = r.recv(), r.recv()
report(r.ended() == 1 and "out of order" in r.said(), "hostile: cert: failure of a job that is not out")
r.close()
for what, body in [("no URL", s("x")), ("http", s("http://ca.example/order/1")), ("two", s(EARLIER) + s(EARLIER))]:
    r, first = cert_role(1)
    r.send("CERT_ORDER", body)
    refuses("cert: an order with " + what, r, "CERT_ORDER: (not an https URL|of another shape)")
r, first = cert_role(1)
for _ in range(10): r.send("CERT_ORDER", s(EARLIER))
refuses("cert: ten orders", r, "CERT_ORDER: too often")
r, first = cert_role(1)
r.send("CERT_NEXT")
refuses("cert: another job before the first is done", r, "not done|out of order")
for what, body in [("nothing", b""), ("no URL", s("nonce\n") + num(0) + s("")), ("no string", s(None) + num(0) + s("")), ("no number", s(ORIGIN)), ("no anchors", s(ORIGIN) + num(0)),
    ("more", s(ORIGIN) + num(0) + s("") + num(0)), ("too long", s("https://ca.example/" + "a" * 4000) + num(0) + s("")),
    ("anchors that are a path", s(ORIGIN) + num(0) + s("../x")), ("too many anchors", s(ORIGIN) + num(0) + s("0123456789abcdef " * 7))]:
    r, _ = cert_role(1)
    r.send("CERT_LEARNED", body)
    refuses("cert: what was learned of the CA: " + what, r, "CERT_LEARNED")
r, _ = cert_role(1)
for _ in range(4): r.send("CERT_LEARNED", s(ORIGIN) + num(0) + s(""))
refuses("cert: what was learned of the CA, twice", r, "too often")
r, _ = cert_role(1)
r.send("CERT_LEARNED", s("https://ca.example/" + "a" * 300) + num(1 << 40) + s("0123456789abcdef "))
r.send("CERT_FAILED", num(1) + num(0) + num(0) + s("x"))
r.recv(); r.recv()
state = json.load(open(work + "/state/domain-a.json"))
report("newNonce" not in state and state["slow"] == 1, "hostile: cert: where nonces come from, if that is long, is not remembered")
r.send("ROLE_STOP"); r.ended(); r.close()
r, _ = cert_role(1)
r.send("CERT_TROUBLE", s("bad\x1b[2J directory"))
r.send("CERT_FAILED", num(2) + num(0) + num(0) + s("it cannot be used"))
r.recv(); r.recv()
state = json.load(open(work + "/state/domain-a.json"))
report("bad" in state["last error"] and "directory" in state["last error"] and "\x1b" not in state["last error"],
    "hostile: cert: the cause that csr or chng has told is remembered, and made visible", str(state))
r.send("ROLE_STOP"); r.ended(); r.close()
# The verdict that the roots are lacking holds later orders back: nobody else can make that up.
os.rename(cert_path, work + "/aside.pem")
verdict = "the chain does not lead to a trusted root: x"
for who, trouble, text in (("net", None, verdict), ("the CA", None, "order: " + verdict), ("chng", verdict, "no")):
    os.unlink(work + "/state/domain-a.json")
    r, _ = cert_role(0, rooting=2)
    if trouble: r.send("CERT_TROUBLE", s(trouble))
    r.send("CERT_FAILED", num(2) + num(0) + num(0) + s(text))
    r.recv(); r.recv()
    r.send("ROLE_STOP"); r.ended(); r.close()
    try:
        r, first = cert_role(0, rooting=2)
        report(first[0] == "PARENT_DUE", "hostile: cert: a verdict in the words of " + who + ": the next run orders", str(first))
        r.send("ROLE_STOP"); r.ended(); r.close()
    except AssertionError as e: report(False, "hostile: cert: a verdict in the words of " + who + ": the next run orders", str(e))
os.rename(work + "/aside.pem", cert_path)
r, first = cert_role(1)
r.send("CERT_FAILED", num(1) + num(1 << 62) + num(0) + s("bad\x1b[2J thing"))
r.recv(); r.recv()
state = json.load(open(work + "/state/domain-a.json"))
report(0 < state["not before"] - time.time() <= 86400 * 1.25 + 5 and "\x1b" not in state["last error"], "hostile: cert: Retry-After of 2^62 is clamped, text made visible", str(state))
r.send("ROLE_STOP"); r.ended(); r.close()

# file: stores what certproc sends under names that are fixed, in the order that keeps a set whole
def file_alone(mode=RENEW, opened=True):
    r = Role("fileproc")
    r.send("ROLE_CONF", conf_of(mode) + s(work + "/state") + s(None) + s("a"))
    r.send("ROLE_DOMAIN", s("a") + s(cert_path) + s(None) + s(None) + num(1))
    r.send("ROLE_START")
    if mode == RENEW: assert r.recv()[0] == "CERT_STATES"
    if opened:
        r.send("FILE_OPEN", num(0))
        while r.recv()[0] == "CERT_PART": pass
    return r
FULLCHAIN, CHAIN, CERT, STATE, SAVED, COMPROMISED, REVOKED, ACCOUNT, METRICS = (PART["PART_" + n]
    for n in "FULLCHAIN CHAIN CERT STATE SAVED COMPROMISED REVOKED ACCOUNT METRICS".split())
def stored(m): return m is not None and m[0] == "CERT_STORED" and m[1][:8] == num(1)
for what, t, body in [("a part behind the last", "FILE_WRITE", num(PART["PART__MAX"]) + num(0) + buf(b"x")), ("part 2^64-1", "FILE_WRITE", num((1 << 64) - 1) + num(0) + buf(b"x")),
        ("a file of the set as a record", "FILE_WRITE", num(CERT) + num(0) + buf(b"x")), ("metrics that are not configured", "FILE_WRITE", num(METRICS) + num(0) + buf(b"x")),
        ("a record as a file of the set", "FILE_STAGE", num(STATE) + buf(b"x")), ("a file that is not configured", "FILE_STAGE", num(CHAIN) + buf(b"x")),
        ("removes the set's file", "FILE_REMOVE", num(CERT)), ("removes the account", "FILE_REMOVE", num(ACCOUNT)), ("removes the state in a renewal", "FILE_REMOVE", num(STATE)),
        ("removes what marks a compromised key", "FILE_REMOVE", num(COMPROMISED)), ("removes a copy of what was revoked", "FILE_REMOVE", num(REVOKED)), ("reads a job's part", "FILE_READ", num(STATE)),
        ("locks a job's part", "FILE_LOCK", num(SAVED) + num(1) + num(0)), ("a lock of kind 9", "FILE_LOCK", num(ACCOUNT) + num(9) + num(0))]:
    r = file_alone()
    r.send(t, body)
    refuses("cert: " + what, r, "there is no part|not in this kind|malformed")
for what, t, body in [("a state", "FILE_WRITE", num(STATE) + num(0) + buf(b"{}")), ("a set", "FILE_STAGE", num(CERT) + buf(b"x")), ("a commit", "FILE_COMMIT", b""), ("a removal", "FILE_REMOVE", num(SAVED))]:
    r = file_alone(opened=False)
    r.send(t, body)
    refuses("cert: without the lock: " + what, r, "without the lock")
for what, t, mode in [("the set is removed", "FILE_REMOVE_SET", RENEW), ("key is told what may be revoked", "FILE_TELL_REVOCABLE", RENEW),
        ("a copy of what is to be revoked", "FILE_COPY", RENEW), ("what is kept is read", "FILE_READ_KEPT", RENEW), ("what is kept is read", "FILE_READ_KEPT", REVOKE),
        ("the set is removed", "FILE_REMOVE_SET", RESTORE), ("a record is removed", "FILE_REMOVE", RESTORE), ("a copy of what is to be revoked", "FILE_COPY", RESTORE), ("a set is committed", "FILE_COMMIT", REVOKE), ("read without a lock", "FILE_LOOK", RENEW)]:
    r = file_alone(mode=mode)
    r.send(t)
    refuses("cert: %s in a run for %s" % (what, MODES_OF[mode]), r, "not in this kind of run")
kept_path = work + "/ssl/.a.pem.acme-old"
for kept in (b"what was replaced", b"", None):
    if kept is None: os.path.exists(kept_path) and os.unlink(kept_path)
    else: open(kept_path, "wb").write(kept)
    if kept is not None and os.getuid() == 0: os.chown(kept_path, os.stat(cert_path).st_uid, os.stat(cert_path).st_gid)
    r = file_alone(RESTORE)
    r.send("FILE_READ_KEPT")
    m = r.recv(), r.recv()
    report(m[0][0] == "CERT_PART" and m[0][1].startswith(num(CERT) + num(kept is not None)) and m[0][1].endswith(buf(kept or b"")) and stored(m[1]),
        "hostile: cert: -B reads what is kept: %s" % kept, str(m))
    r.close()
r = file_alone(RESTORE, opened=False)
r.send("FILE_READ_KEPT")
refuses("cert: what is kept, without the lock", r, "without the lock")
# What may be revoked is what was there when the run began, and copies of it are fileproc's own.
REVOKING = PART["PART_REVOKING"]
for mode in (RENEW, REVOKE):
    for part in (REVOKING, COMPROMISED, REVOKED):
        r = file_alone(mode)
        r.send("FILE_WRITE", num(part) + num(0) + buf(good60))
        refuses("cert: part %d as bytes in a run for %s" % (part, MODES_OF[mode]), r, "which is a copy")
for what, come, to, why in [("from the state", STATE, REVOKING, "nothing was read"), ("from the chain saved", SAVED, REVOKING, "nothing was read"), ("from what is not there", REVOKED, REVOKING, "nothing was read"),
        ("to the installed set", CERT, CERT, "no part"), ("to the saved chain", CERT, SAVED, "no part"), ("to the state", CERT, STATE, "no part"), ("from the account", ACCOUNT, REVOKING, "no part")]:
    r = file_alone(REVOKE)
    r.send("FILE_COPY", num(come) + num(to))
    refuses("cert: a copy %s" % what, r, why)
r = file_alone(REVOKE, opened=False)
r.send("FILE_COPY", num(CERT) + num(REVOKING))
refuses("cert: a copy without the lock", r, "without the lock")
before = open(cert_path, "rb").read()
r = file_alone(REVOKE)
r.send("FILE_REMOVE_SET")
m = [r.recv()]
open(cert_path, "wb").write(b"another one")
for part in (REVOKING, REVOKED):
    r.send("FILE_COPY", num(CERT) + num(part))
    m.append(r.recv())
r.send("FILE_TELL_REVOCABLE")
told = [r.recv(), r.recv(), r.recv()]
copies = [work + "/state/domain-a.%s.pem" % n for n in ("revoking", "revoked")]
report(all(map(stored, m)) and [open(c, "rb").read() for c in copies] == [before, before], "hostile: cert: copies have what was read first", str(m))
report([t for t, _ in told] == ["KEY_REVOCABLE", "CSR_REVOCABLE", "CERT_STORED"] and told[0][1] == told[1][1] == buf(before), "hostile: cert: so have key and csr", str(told))
r.close()
open(cert_path, "wb").write(before)
r = file_alone()
r.send("FILE_CLOSE", num(2**64 - 1))
r.send("FILE_REPORTED")
m = r.recv()
report(m == ("PARENT_FORGOTTEN", num(0)) and all(map(os.path.exists, copies)), "hostile: cert: a renewal forgets nothing of a revocation", str(m))
r.close()
for c in copies: os.unlink(c)
before = open(cert_path, "rb").read()
r = file_alone()
r.send("FILE_COMMIT")
m = r.recv()
report(not stored(m) and open(cert_path, "rb").read() == before, "hostile: cert: a commit of nothing", str(m))
r.close()
r = file_alone()
r.send("FILE_STAGE", num(CERT) + buf(b"owned"))
r.send("FILE_COMMIT")
m = r.recv()
kept = open(work + "/ssl/.a.pem.acme-old", "rb").read()
report(stored(m) and open(cert_path, "rb").read() == b"owned" and kept == before, "hostile: cert: what garbage replaces is kept", str(m))
r.send("FILE_STAGE", num(CERT) + buf(b"owned twice"))
r.send("FILE_COMMIT")
refuses("cert: a second set for one job", r, "too often")
report(open(work + "/ssl/.a.pem.acme-old", "rb").read() == before, "hostile: cert: and is still kept then")
r = file_alone()
open(cert_path, "wb").write(before)
r.send("FILE_STAGE", num(CERT) + buf(b"owned"))
r.send("FILE_COMMIT")
m = r.recv()
report(not stored(m) and open(cert_path, "rb").read() == before, "hostile: cert: a file that someone else has changed meanwhile stays", str(m))
r.close()
r = file_alone()
for _ in range(40): r.send("FILE_WRITE", num(SAVED) + num(1) + buf(b"x" * 60000))
refuses("cert: a record without end", r, "more than")
r = file_alone()
for _ in range(3000): r.send("FILE_WRITE", num(SAVED) + num(0) + buf(b"x"))
replies = 0
while replies < 3000 and stored(r.recv()): replies += 1
report(replies == 3000 and sorted(f for f in os.listdir(work + "/state") if "new.pem" in f) == ["domain-a.new.pem"], "hostile: cert: 3,000 records leave one", str(replies))
r.close()
os.unlink(saved)
# The mark of a change is fileproc's own.
CHANGED = PART["PART_CHANGED"]
mark = work + "/state/domain-a.changed"
r = file_alone()
r.send("FILE_WRITE", num(CHANGED) + num(0) + buf(b"x"))
refuses("cert: writes the mark of a change", r, "not for others to write")
r = file_alone()
r.send("FILE_REMOVE", num(CHANGED))
refuses("cert: removes the mark of a change", r, "there is no part")
r = file_alone(REVOKE)
r.send("FILE_COPY", num(CERT) + num(CHANGED))
refuses("cert: writes the mark of a change by a copy", r, "there is no part")
def file_hook():
    """fileproc after the others' runs, and whether it says that there is a mark."""
    r = Role("fileproc")
    r.send("ROLE_CONF", conf_of(HOOK) + s(work + "/state") + s(None) + s("a"))
    r.send("ROLE_DOMAIN", s("a") + s(None) * 3 + num(1))
    r.send("ROLE_START")
    return r, r.recv()
open(mark, "w").close()
r, m = file_hook()
os.rename(mark, work + "/aside"); open(mark, "w").close()
r.send("FILE_FORGET_CHANGE")
m = m, r.recv()
report(m == (("HOOK_CHANGED", num(1)), ("HOOK_FORGOTTEN", num(1))) and os.path.exists(mark), "hostile: file: another mark than the one that was told stays", str(m))
r.send("FILE_FORGET_CHANGE")
refuses("hook: forgets twice", r, "too often")
r, m = file_hook()
r.send("FILE_FORGET_CHANGE")
m = r.recv()
report(m == ("HOOK_FORGOTTEN", num(1)) and not os.path.exists(mark), "hostile: file: the one that was told goes", str(m))
r.close()

# hook: whoever owns fileproc has configured commands run for configured handles, and nothing else
def hook_role(common=[], own=[[["/bin/sh", "-c", "echo $ACME_CHANGED >>%s/ran" % work]]] * 2):
    if os.path.exists(work + "/ran"): os.unlink(work + "/ran")
    r = Role("hookproc")
    r.send("ROLE_CONF", conf_of(HOOK) + commands(common) + s(None))
    for job, v in enumerate(own): r.send("ROLE_DOMAIN", hook_domain("ab"[job], v), job=job)
    r.send("ROLE_START")
    return r
def ran():
    try: return open(work + "/ran").read()
    except OSError: return ""
r = hook_role()
r.send("HOOK_CHANGED", num(1), job=2)
refuses("file: a handle that there is not", r, "no job 2")
r = hook_role()
for _ in range(2): r.send("HOOK_CHANGED", num(1), job=1)
refuses("file: the same handle twice", r, "too often")
report(ran() == "", "hostile: file: nothing was run by then")
r = hook_role()
r.send("HOOK_CHANGED", s("/bin/sh"), job=0)
refuses("file: words in place of a number", r, "another shape|longer than its type")
r = hook_role()
r.send("HOOK_CHANGED", num(0), job=0)
r.send("HOOK_CHANGED", num(2**64 - 1), job=1)
m = r.recv(), r.recv()
report(m == (("PARENT_OUTCOME", num(2)), ("FILE_FORGET_CHANGE", b"")) and ran() == "b\n", "hostile: file: runs the command of a configured handle", str((m, ran())))
r.send("HOOK_FORGOTTEN", num(0), job=1)
m = r.recv()
report(m == ("PARENT_OUTCOME", num(3)), "hostile: file: that the change is not forgotten is a failure", str(m))
r.close()
for what, v in [("no command at all", [[]]), ("a command without words", [[[]]]), ("too many", [[["/bin/true"]] * 9]), ("too many words", [[["/bin/true"] * 65]])]:
    r = hook_role(own=v)
    if what == "no command at all":
        r.send("HOOK_CHANGED", num(1))
        report(r.recv() == ("FILE_FORGET_CHANGE", b""), "hostile: hook: %s: nothing is run" % what)
        r.close()
    else: refuses("hook: its slice has " + what, r, "ROLE_DOMAIN: malformed")
r = hook_role(own=[[["/bin/sh", "-c", "echo $$ >%s/ran; exec sleep 60" % work]]])
r.send("HOOK_CHANGED", num(1))
t0 = time.time()
while ran() == "" and time.time() - t0 < 5: time.sleep(0.05)
pid = int(ran())
r.send("ROLE_STOP")
status = r.ended(5)
report(status == 0 and not os.path.exists("/proc/%d" % pid), "hostile: hook: at its end what runs is ended", str(status))
r.close()
# hook: whoever owns chng has digests published for configured names, and nothing else
DIGEST, LABEL = "d" * 43, "_ujmmovf2vn55tgye"
ZONE_NAMES = ["a.example", "*.a.example", "b.example"]
program = work + "/publish"
def publisher(lines, challenge=DNS01):
    with open(program, "w") as f:
        f.write("#!/bin/sh\n[ \"$*\" = \"$ACME_ACTION $ACME_CHALLENGE $ACME_NAME $ACME_RECORD $ACME_VALUE\" ] || echo bad >>%s/ran\necho \"$*\" >>%s/ran\n%s\necho done $1 $5 >>%s/ran\n" % (work, work, lines, work))
    os.chmod(program, 0o755)
    if os.path.exists(work + "/ran"): os.unlink(work + "/ran")
    r = Role("hookproc")
    r.send("ROLE_CONF", conf + commands([]) + s(None))
    r.send("ROLE_DOMAIN", hook_publishes(program, ZONE_NAMES,
        challenge))
    r.send("ROLE_START")
    return r
def put(number, digest=DIGEST, label=None): return num(number) + s(label) + s(digest)
for what, body, why in [("a digest of 42", put(0, "d" * 42), "not a digest"), ("of 44", put(0, "d" * 44), "not a digest"), ("$(id)", put(0, "$(id)" + "d" * 38), "not a digest"),
        ("a line's end", put(0, "d" * 42 + "\n"), "not a digest"), ("a NUL", put(0, b"d" * 20 + b"\0" + b"d" * 22), "another shape"), ("none", put(0, None), "another shape"),
        ("identifier 3 of 3", put(3), "no identifier"), ("identifier 2^64-1", put(2**64 - 1), "malformed"),
        ("dns-01, a label", put(0, DIGEST, LABEL), "a label, which only"),
        ("dns-account-01, no label", put(0), "HOOK_PUT: no label"),
        ("a label of 15", put(0, DIGEST, LABEL[:-1]), "not a label"),
        ("a label with a dot", put(0, DIGEST, "_ujmmovf2vn55tgy."),
            "not a label"),
        ("a label without its _", put(0, DIGEST, "a" + LABEL[1:]),
            "not a label")]:
    r = publisher("", DNSACCOUNT01 if "label" in why and
        "which only" not in why else DNS01)
    r.send("HOOK_PUT", body)
    refuses("chng: has published: " + what, r, why)
    report(ran() == "", "hostile: chng: has published: %s: nothing was run" % what, ran())
r = started("hookproc")
r.send("HOOK_PUT", put(0), job=1)
refuses("chng: has published for a handle that there is not", r, "no job 1")
r = hook_role()
r.send("HOOK_PUT", put(0))
refuses("chng: has published in another kind of run", r, "not of this kind of run|not expected|kind of run")

# hook: an apex and its wildcard one by one, others beside; what was begun is ended
r = publisher("sleep 0.3")
for number, digest in (0, "d"), (1, "e"), (2, "f"): r.send("HOOK_PUT", put(number, digest * 43))
got = sorted(r.recv() for _ in range(3))
report(got == [("CHNG_PUBLISHED", num(n) + s(None)) for n in (0, 1, 2)], "hostile: hook: three records are begun", str(got))
lines = ran().split("\n")
A, B = "a.example _acme-challenge.a.example ", "b.example _acme-challenge.b.example "
begin = lambda name, digest: "begin dns-01 " + name + digest * 43
report(lines.index(begin(A, "e")) > lines.index("done begin " + "d" * 43), "hostile: hook: two of one name, one after the other", ran())
report(lines.index(begin(B, "f")) < lines.index("done begin " + "d" * 43), "hostile: hook: others beside", ran())
r.send("HOOK_DROP")
t0 = time.time()
while ran().count("done end") < 3 and time.time() - t0 < 5: time.sleep(0.05)
lines = ran().split("\n")
report(sorted(l for l in lines if l.startswith("end")) == sorted("end dns-01 " + n + d * 43 for n, d in ((A, "d"), (A, "e"), (B, "f"))) and "bad" not in lines,
    "hostile: hook: all are ended, each with its own value", ran())
r.send("ROLE_STOP")
report(r.ended(5) == 0 and ran().count("done end") == 3, "hostile: hook: and once", ran())
r.close()
r = publisher("", DNSACCOUNT01)
r.send("HOOK_PUT", put(1, DIGEST, LABEL)); m = r.recv()
report(m == ("CHNG_PUBLISHED", num(1) + s(None)) and
    "begin dns-account-01 a.example %s._acme-challenge.a.example %s" %
    (LABEL, DIGEST) in ran(), "hostile: hook: a label of the account",
    str((m, ran())))
for what in "ROLE_STOP", "the end of file":
    if what == "ROLE_STOP": r.send(what)
    else:
        r = publisher("")
        r.send("HOOK_PUT", put(0)); r.recv()
        r.sock.shutdown(socket.SHUT_WR)
    status = r.ended(5)
    report(status == (0 if what == "ROLE_STOP" else 1) and ran().count("done end") == 1, "hostile: hook: at %s what was begun is ended" % what, str((status, ran())))
    r.close()
r = publisher("[ $1 = end ] || { echo no such zone >&2; exit 5; }")
r.send("HOOK_PUT", put(0)); m = r.recv()
report(m[0] == "CHNG_PUBLISHED" and b"begin _acme-challenge.a.example: ended with status 5" in m[1], "hostile: hook: why it could not be begun", str(m))
report("no such zone" in r.said(), "hostile: hook: and what the program has printed", r.said())
r.send("ROLE_STOP"); r.ended()
report(ran().count("done end") == 1, "hostile: hook: it is ended all the same", ran())
r.close()
r = publisher("[ $1 = end ] || exec sleep 60")
r.send("HOOK_PUT", put(0))
t0 = time.time()
while ran() == "" and time.time() - t0 < 5: time.sleep(0.05)
r.send("ROLE_STOP")
status = r.ended(8)
report(status == 0 and ran().count("done end") == 1 and time.time() - t0 < 8, "hostile: hook: one that hangs at the end of the run is ended, and its record removed", str((status, ran())))
r.close()
end()
