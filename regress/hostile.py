# Drives each role over its one socket, as a peer that lies.  Prints one line a
# test.
import fcntl, termios
from hostile_lib import *

MODES_OF = {RENEW: "a renewal", REVOKE: "-r", RESTORE: "-B", INSTALL: "-i"}
REFUSED = ("NET_SIGNED", s(None))
DONE, FAILED = ("NET_CHNG_DONE", num(1)), ("NET_CHNG_DONE", num(0))
THUMBPRINT = "N" * 43
AUTHORIZATION = TOKEN + "." + THUMBPRINT
hashed = hashlib.sha256(AUTHORIZATION.encode()).digest()
DIGEST = base64.urlsafe_b64encode(hashed).decode().rstrip("=")
other_key, www = work + "/other.key", work + "/www"

# key: what it signs is its own
r, _ = key_role()
r.send("KEY_SIGN_NEW_ORDER", to_sign())
h, p = jws(r.recv())
ordered = sorted(i["value"] for i in p["identifiers"])
header = {"alg": "ES256", "nonce": NONCE, "url": URL, "kid": ACCOUNT}
report(h == header and ordered == NAMES, "key orders the configured names",
    str((h, p)))
r.send("KEY_SIGN_FETCH", to_sign())
report(jws(r.recv())[1] == "", "key fetches with the empty payload")
r.send("KEY_SIGN_CHALLENGE", to_sign())
report(jws(r.recv())[1] == {}, "key triggers with {}")
r.send("KEY_SIGN_FINALIZE", to_sign())
refuses("key: finalize without a CSR", r, "no CSR")

for what, url in [
    ("another host", "https://evil.example:14000/x"),
    ("another port", "https://ca.example/x"),
    ("http", "http://ca.example:14000/x"),
    ("user@", "https://ca.example:14000@evil.example/x"),
    ("a longer host", "https://ca.example.evil.example:14000/x"),
    ("no URL", "x"),
    ("control characters", CA + "/\r\nx"),
]:
    r, _ = key_role()
    r.send("KEY_SIGN_NEW_ORDER", to_sign(url))
    refuses("key: URL with " + what, r, "not a URL of the authority")

for what, nonce in [
    ("a quote", 'a"b'),
    ("CRLF", "a\r\nb"),
    ("nothing in it", ""),
    ("10 KB", "a" * 10240),
]:
    r, _ = key_role()
    r.send("KEY_SIGN_NEW_ORDER", to_sign(URL, nonce))
    refuses("key: nonce with " + what, r, "not a nonce|longer than")

for what, t, fn in [
    ("order before registration", "KEY_SIGN_NEW_ORDER", dict(account=False)),
    ("order of a job that certproc has not begun", "KEY_SIGN_NEW_ORDER",
        dict(begin=False)),
    ("fetch before the order", "KEY_SIGN_FETCH", {}),
    ("challenge before the order", "KEY_SIGN_CHALLENGE", {}),
    ("registration once there is an account", "KEY_SIGN_NEW_ACCOUNT", {}),
]:
    r, _ = key_role(**fn)
    r.send(t, to_sign())
    refuses("key: " + what, r, "out of order")

for t, body in [
    ("KEY_ASK_ACCOUNT", b""),
    ("KEY_LEAVE_ACCOUNT", num(1)),
    ("KEY_RECHECK_ACCOUNT", s(ACCOUNT)),
    ("KEY_WORKER_GONE", b""),
]:
    r, _ = key_role()
    r.send(t, body, worker=1)
    refuses("key: %s of a worker that there is not" % t, r, "from no worker")

r, _ = key_role()
r.send("KEY_SET_ACCOUNT", s(CA + "/acct/2"))
refuses("key: another account URL", r, "KEY_SET_ACCOUNT")

r, _ = key_role(account=False)
r.send("KEY_SET_ACCOUNT", s("https://evil.example/acct/1"))
refuses("key: account URL of another origin", r, "not a URL of the authority")

r, _ = key_role()
for _ in range(50):
    r.send("KEY_SIGN_NEW_ORDER", to_sign())
got = r.drain("NET_SIGNED")
report(got == 40 and r.ended() == 1 and "too often" in r.said(),
    "key: 50 orders: 40 signed, then the end", "%d %s" % (got, r.said()))
r.close()

r, _ = key_role()
r.send("KEY_SIGN_NEW_ORDER", to_sign(), job=1)
refuses("key: a job that there is not", r, "no job 1")

# An earlier run's order: certproc names it, and net gets nothing else.
EARLIER = CA + "/order/7"

r, _ = key_role(order=EARLIER)
r.send("KEY_SIGN_FETCH", to_sign(EARLIER))
report(jws(r.recv())[1] == "", "key fetches an earlier run's order")
r.send("KEY_SIGN_FETCH", to_sign())
report(jws(r.recv())[1] == "", "key fetches what belongs to it")
r.close()

r, _ = key_role(order=EARLIER)
r.send("KEY_SIGN_FETCH", to_sign())
refuses("key: fetch of something else than the earlier run's order", r,
    "not the order of the earlier run")

for t in ["KEY_SIGN_CHALLENGE", "KEY_SIGN_FINALIZE", "KEY_SIGN_GIVE_UP"]:
    r, _ = key_role(order=EARLIER)
    r.send(t, to_sign(EARLIER))
    refuses("key: %s before the earlier run's order" % t, r, "out of order")
    r, _ = key_role()
    r.send(t, to_sign())
    refuses("key: %s before an order" % t, r, "out of order")

r, _ = key_role(order="https://evil.example/order/7")
r.send("KEY_SIGN_FETCH", to_sign("https://evil.example/order/7"))
refuses("key: an earlier order elsewhere", r, "out of order")

# The request that gives up an authorization would deactivate the account, if it
# were sent to the account's own URL.
r, _ = key_role()
r.reply_to("KEY_SIGN_NEW_ORDER", to_sign())
r.send("KEY_SIGN_GIVE_UP", to_sign(CA + "/authz/1"))
report(jws(r.recv())[1] == {"status": "deactivated"},
    "key gives up an authorization")

for url in ["", "/", "//", "?x", "?", "/x", "/.", "/../1", "/%31", ";x"]:
    r.send("KEY_SIGN_GIVE_UP", to_sign(ACCOUNT + url))
    report(r.recv() == REFUSED,
        "key: the account's own URL with '%s' is not given up" % url)

for url in ["/ACCT/1", "/acct/%31", "/acct", "/", "", "/a/../acct/1",
        "/./acct/1", "//acct/1", "/acct//1", "/Acct/1/", "/authz?/acct/1"]:
    r.send("KEY_SIGN_GIVE_UP", to_sign(CA + url))
    report(r.recv() == REFUSED,
        "key: '%s', which may be the account's, is not given up" % url)
r.close()

make_key(other_key)
good = csr(other_key, NAMES)

for what, der in [
    ("other names", csr(other_key, ["a.example", "evil.example"])),
    ("fewer names", csr(other_key, NAMES[:1])),
    ("the account's key", csr(work + "/keys/account.pem", NAMES)),
    ("one byte missing", good[:-1]),
    ("one byte more", good + b"x"),
    ("nothing in it", b""),
]:
    r, _ = key_role()
    r.send("KEY_CSR", buf(der))
    m = r.reply_to("KEY_SIGN_NEW_ORDER", to_sign())
    report(m == REFUSED and "CSR" in r.said(),
        "key: CSR with " + what + ": no order is signed", str(m))
    r.send("KEY_SIGN_FINALIZE", to_sign())
    refuses("key: CSR with " + what + ": nor finalize", r,
        "out of order|no CSR")

r, _ = key_role()
r.send("KEY_CSR", buf(good))
r.reply_to("KEY_SIGN_NEW_ORDER", to_sign())
r.send("KEY_SIGN_FINALIZE", to_sign())
report(unb64(jws(r.recv())[1]["csr"]) == good,
    "key finalizes with the CSR that csr sent")
r.close()

# every role: framing
def files_of(role):
    """How many it has, or None where they cannot be seen."""
    try: return len(os.listdir("/proc/%d/fd" % role.p.pid))
    except PermissionError: return None
def send_descriptors(role, data):
    fds = array.array("i", [0] * 200)
    role.sock.sendmsg([data], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, fds)])

# One message that each role takes.
TAKES = {
    "netproc": "NET_ACCOUNT",
    "dnsproc": "DNS_RESOLVE",
    "keyproc": "KEY_SIGN_FETCH",
    "csrproc": "CSR_MAKE",
    "chngproc": "CHNG_PUT",
    "certproc": "CERT_CHAIN",
    "fileproc": "FILE_WRITE",
    "zoneproc": "ZONE_AWAIT",
    "respproc": "RESP_PUT",
    "hookproc": "HOOK_PUT",
}

for name, mine in TAKES.items():
    theirs = "CHNG_PUT" if name != "chngproc" else "CSR_MAKE"
    for what, data in [
        ("header of length 2^32-1 alone", head(TYPE[mine], 0, 0xffffffff)),
        ("half a header", head(TYPE[mine], 0, 0)[:6]),
        ("shorter body than the header says", head(TYPE[mine], 0, 8) + b"1234"),
        ("longer body than the header says", head(TYPE[mine], 0, 2) + b"1234"),
        ("type 0", head(0, 0, 0)),
        ("type 2^32-1", head(0xffffffff, 0, 0)),
        ("another role's message", head(TYPE[theirs], 0, 0)),
        ("ROLE_CONF again", head(TYPE["ROLE_CONF"], 0, 0)),
        ("a body full of 0xff", head(TYPE[mine], 0, 8) + b"\xff" * 8),
    ]:
        r = started(name)
        r.raw(data)
        # What the role has sent at its start is not looked at.
        status, said = r.ended(), r.said()
        report(status == 1 and said != "",
            "%s: %s" % (name, what), "status %s said %r" % (status, said))
        r.close()
    r = started(name)
    time.sleep(0.1)
    memory = read("/proc/%d/status" % r.p.pid).decode()
    rss = int(re.search(r"VmHWM:\s+(\d+)", memory).group(1))
    r.sock.shutdown(socket.SHUT_WR)
    report(r.ended() == 1 and rss < 40000,
        "%s: end of file is no clean stop; %d KiB" % (name, rss),
        str(r.p.returncode))
    r.close()
    r = started(name)
    if name == "netproc":
        r.send("NET_ACCOUNT", num(1) + s(ACCOUNT))
        r.recv(2)
    try: send_descriptors(r, head(TYPE["ROLE_STOP"], 0, 4) + b"1234")
    except OSError: pass
    status = r.ended()
    report(status == 1,
        "%s: 200 descriptors sent along with too long a message" % name,
        "status %s" % status)
    r.close()

# Descriptors come with the first messages that a role takes, before it is in
# its sandbox: it has as many as one to which none were sent.
def configured(name, send):
    r = Role(name)
    common, _ = SLICES[name]
    body = conf + common
    send(r, head(TYPE["ROLE_CONF"], 0, len(body)) + body)
    unread = array.array("i", [1])
    deadline = time.time() + 60
    while unread[0] and time.time() < deadline:
        time.sleep(0.02)
        fcntl.ioctl(r.sock, termios.TIOCOUTQ, unread)
    return r, unread[0]

for name in TAKES:
    plain, _ = configured(name, lambda r, data: r.raw(data))
    r, unread = configured(name, send_descriptors)
    title = "%s: 200 descriptors sent along are not there" % name
    counts = files_of(plain), files_of(r)
    if None in counts:
        print("skip hostile: %s: only root can count its files" % title)
    else:
        report(unread == 0 and r.p.poll() is None and
            abs(counts[0] - counts[1]) < 20, title,
            "unread %d, files %s" % (unread, counts))
    plain.close()
    r.close()

NOT_OF_WHAT, OF_ANOTHER_RUN = "without what to ask about", "this kind of run"
for task, what, why in [
    (2, "is to ask about the time of a renewal, and not of what", NOT_OF_WHAT),
    (3, "is to ask about revocation, and not of what", NOT_OF_WHAT),
    (4, "is to revoke, in a renewal", OF_ANOTHER_RUN),
    (5, "is to change the account, in a renewal", OF_ANOTHER_RUN),
    (6, "is to ask a server of 'verify', in a renewal", OF_ANOTHER_RUN),
]:
    r = started("netproc")
    r.recv()
    r.send("NET_JOB", num(task) + s(None) * 3 + num(0) + s(None) * 2 +
        num(0) * 2)
    refuses("net: " + what, r, why)

r = started("chngproc")
r.reply_to("CHNG_CHECK")
count = files_of(r)
send_descriptors(r, head(TYPE["CHNG_CHECK"], 0, 0))
m = r.recv()
report(m[0] == "NET_CHNG_DONE" and files_of(r) == count,
    "chng: 200 descriptors sent along do not arrive")
r.close()

# dns: what a host is to be looked up for
AUTHORITY, REVOCATION, WEBROOT, SERVER = range(4)
OTHER_HOST = "not a host of the authority"

def resolve(host, port, what): return s(host) + s(port) + num(what)
def resolved(m):
    """Some addresses have come, and no text that says why not."""
    return m[0] == "NET_ADDRESSES" and m[1][:4] == b"\xff" * 4

def dns_role(host, port="443", proxy=0, prefer=0, webroot=None):
    """The only host that may be resolved for the authority is this one."""
    r = Role("dnsproc")
    r.send("ROLE_CONF", conf + num(1) + num(proxy) + num(prefer) +
        strings([host, port]))
    if webroot: r.send("ROLE_DOMAIN", strings(webroot) + strings([]))
    r.send("ROLE_START")
    return r

r = started("dnsproc")
r.send("DNS_RESOLVE", resolve("evil.example", "443", AUTHORITY))
refuses("dns: another host than the authority's", r, OTHER_HOST)

r = started("dnsproc")
m = r.reply_to("DNS_RESOLVE", resolve("localhost", "443", AUTHORITY))
report(m[0] == "NET_ADDRESSES" and struct.unpack("=Q", m[1][4:12])[0] >= 1,
    "dns: the authority's host is resolved")
r.close()

# dns: with a proxy, no other name is looked up
r = dns_role("127.0.0.1", "3128", proxy=1)
r.send("DNS_STATUS_URLS", strings(["http://192.0.2.1:80/"]))
m = r.reply_to("DNS_RESOLVE", resolve("127.0.0.1", "3128", AUTHORITY))
report(resolved(m), "dns: the proxy is resolved, wherever it is", str(m))
r.send("DNS_RESOLVE", resolve("192.0.2.1", "80", REVOCATION))
refuses("dns: a host that a certificate names, where there is a proxy", r,
    OTHER_HOST)

# dns: which family comes first
addresses = socket.getaddrinfo("localhost", 443, type=socket.SOCK_STREAM)
families = {0: [address[0] for address in addresses]}

for prefer, family in ((1, socket.AF_INET), (2, socket.AF_INET6)):
    families[prefer] = sorted(families[0], key=lambda f: f != family)
if len(set(families[0])) == 2:
    for prefer, expected in families.items():
        r = dns_role("localhost", prefer=prefer)
        m = r.reply_to("DNS_RESOLVE", resolve("localhost", "443", AUTHORITY))
        body, got = m[1][12:], []
        while body:
            length, family = struct.unpack("=IH", body[:6])
            got.append(family)
            body = body[4 + length:]
        report(got == expected,
            "dns: the order of addresses, prefer %d" % prefer, str(got))
        r.close()
else:
    print("skip hostile: dns: which family comes first: "
        "localhost has addresses of one only")

# dns: the names whose web servers net looks at, wherever these are, on the two
# ports
def dns_webroot():
    return dns_role("192.0.2.9", proxy=1, webroot=["127.0.0.1", "10.0.0.1"])

for port, name in (("80", "127.0.0.1"), ("443", "10.0.0.1")):
    r = dns_webroot()
    m = r.reply_to("DNS_RESOLVE", resolve(name, port, WEBROOT))
    report(resolved(m), "dns: a name of 'check webroot', port %s" % port,
        str(m))
    r.close()

for why, name, port, what in [
    ("another port", "127.0.0.1", "22", WEBROOT),
    ("another name", "127.0.0.2", "80", WEBROOT),
    ("as the authority", "127.0.0.1", "443", AUTHORITY),
    ("for revocation", "127.0.0.1", "80", REVOCATION),
    ("the authority", "192.0.2.9", "443", WEBROOT),
    ("as a server of 'verify'", "127.0.0.1", "80", SERVER),
]:
    r = dns_webroot()
    r.send("DNS_RESOLVE", resolve(name, port, what))
    refuses("dns: a name of 'check webroot': " + why, r, OTHER_HOST)

r = dns_webroot()
r.send("DNS_RESOLVE", resolve("127.0.0.1", "80", 4))
refuses("dns: a host for no known purpose", r, "malformed")

# dns: what a certificate may have asked about revocation
def dns_status(authority, host, asked):
    """Whether the role, with this authority, tells addresses of a host that a
    certificate names."""
    r = dns_role(authority)
    in_url = "[%s]" % host if ":" in host else host
    r.send("DNS_STATUS_URLS", strings(["http://%s:80/" % in_url]))
    m = r.reply_to("DNS_RESOLVE", resolve(host, "80", REVOCATION))
    # No text and one address or more; or a text and no address.
    empty = m[1].endswith(num(0))
    report(m[0] == "NET_ADDRESSES" and resolved(m) == asked and
        (asked or empty), "dns: %s for revocation, the authority at %s: %s" %
        (host, authority, "told" if asked else "not told"), str(m))
    r.close()

LOCAL = ["localhost", "127.0.0.1", "127.1.2.3", "0.0.0.0", "::1",
    "::ffff:127.0.0.1", "169.254.169.254", "fe80::1", "224.0.0.1"]

for host in LOCAL:
    dns_status("127.0.0.1", host, False)
    dns_status("192.0.2.1", host, False)

for host in "10.0.0.1", "192.168.1.1", "fd00::1":
    dns_status("192.0.2.1", host, False)
    dns_status("10.9.9.9", host, True)
    dns_status("127.0.0.1", host, True)
dns_status("192.0.2.1", "192.0.2.2", True)

r = started("dnsproc")
r.send("DNS_RESOLVE", resolve("localhost", "443", REVOCATION))
refuses("dns: the authority's host without TLS, which no certificate names", r,
    OTHER_HOST)

# chng: files below the web server's root
def chng_role():
    r = started("chngproc")
    r.send("CHNG_THUMBPRINT", s(THUMBPRINT))
    return r

def put(number, token=TOKEN): return num(number) + s(token)
def published(number, why=None): return num(number) + s(why)
def visible(): return [f for f in os.listdir(www) if f[0] != "."]

# chng: a job whose responses the web server makes has none to be put
for t, body in [
    ("CHNG_CHECK", b""),
    ("CHNG_PROBE", b""),
    ("CHNG_PUT", put(0)),
    ("CHNG_DROP", num(0)),
]:
    r = Role("chngproc")
    r.send("ROLE_CONF", conf + num(0))
    r.send("ROLE_DOMAIN", chng_domain(way=1))
    r.send("ROLE_START")
    r.send("CHNG_THUMBPRINT", s("A" * 43))
    r.send(t, body)
    refuses("chng: %s for a stateless job" % t, r, "out of order")

for what, token in [
    ("../x", "../x"),
    ("/x", "/x"),
    ("nothing", ""),
    (".", "."),
    ("300 bytes", "a" * 300),
    ("0xff", b"\xff" * 24),
    ("$(id)", "$(id)" + "a" * 20),
    ("a slash", "a" * 20 + "/bbb"),
    ("NUL", b"a" * 24 + b"\0bb"),
]:
    before = sorted(os.listdir(www))
    r = chng_role()
    r.send("CHNG_PUT", put(0, token))
    refuses("chng: token " + what, r, "not a token|another shape")
    report(sorted(os.listdir(www)) == before,
        "chng: token %s: directory unchanged" % what)

r = chng_role()
m = r.reply_to("CHNG_PUT", put(0))
path = www + "/" + TOKEN
report(m == DONE and read(path) == AUTHORIZATION.encode(),
    "chng: puts token.thumbprint")
r.reply_to("CHNG_PUT", put(0, TOKEN[::-1]))
m = r.reply_to("CHNG_PUT", put(0, TOKEN[5:] + "xxxxx"))
report(m == FAILED and len(visible()) == 2,
    "chng: no more responses than names")
r.send("ROLE_STOP")
r.ended()
report(os.listdir(www) == [], "chng: removes them at the end")
r.close()

r = chng_role()
r.send("CHNG_PUT", put(2))
refuses("chng: a response for a name that there is not", r, "no identifier 2")

r = chng_role()
r.reply_to("CHNG_PUT", put(1))
m = r.reply_to("CHNG_AWAIT")
report(m == DONE, "chng: a file can be seen at once")
r.stop()

r = chng_role()
m = r.reply_to("CHNG_PROBE")
length = struct.unpack("=I", m[1][:4])[0]
token = m[1][4:4 + length - 1].decode()
text = read(www + "/" + token).decode()
shaped = text.startswith(token + ".") and len(text) == len(token) + 1 + 43
told = s(text) in m[1] and m[1].endswith(s(www))
report(m[0] == "NET_PROBE" and shaped and THUMBPRINT not in text and told,
    "chng: a probe has nothing of the thumbprint", str(m))
again = r.reply_to("CHNG_PROBE")
report(again[1] != m[1], "chng: no two probes are alike")
m = r.reply_to("CHNG_DROP", num(0))
report(m == DONE and not visible(), "chng: probes go")
r.send("CHNG_PROBE")
refuses("chng: a third probe", r, "too often")

r = chng_role()
for _ in range(2): r.send("CHNG_THUMBPRINT", s("M" * 43))
refuses("chng: a third thumbprint", r, "too often")

r = started("chngproc")
r.send("CHNG_PUT", put(0))
refuses("chng: put before the thumbprint", r, "out of order")

# chng: records, by other processes
def record_role(challenge="DNS01", way="HOOK", waits=1, thumbprint=True):
    r = Role("chngproc")
    r.send("ROLE_CONF", conf + num(waits))
    r.send("ROLE_DOMAIN",
        chng_domain(CHALLENGE["CHALLENGE_" + challenge], WAY["WAY_" + way]))
    r.send("ROLE_START")
    if thumbprint: r.send("CHNG_THUMBPRINT", s(THUMBPRINT))
    return r

r = record_role()
r.send("CHNG_CHECK")
report(r.recv() == DONE, "chng: records: nothing to be checked")
r.send("CHNG_PUT", put(1))
report([r.recv(), r.recv()] ==
    [("HOOK_PUT", num(1) + s(None) + s(DIGEST)), DONE],
    "chng: records: the digest goes to hook, and net hears nothing of it")
r.send("CHNG_AWAIT")
r.send("CHNG_PUBLISHED", published(1))
report(r.recv() == ("ZONE_AWAIT", num(1) + s(None) + s(DIGEST)),
    "chng: records: then to zone")
r.send("CHNG_SEEN", published(1))
report(r.recv() == DONE, "chng: records: net hears when it is seen")
r.send("CHNG_DROP", num(1))
report([r.recv()[0] for _ in range(3)] ==
    ["HOOK_DROP", "ZONE_END", "NET_CHNG_DONE"], "chng: records: and they go")
r.send("CHNG_SEEN", published(1))
refuses("chng: records: seen once more", r, "out of order")

for title, said in [
    ("hook", ["CHNG_PUBLISHED"]),
    ("zone", ["CHNG_PUBLISHED", "CHNG_SEEN"]),
]:
    r = record_role()
    for n in 0, 1:
        r.reply_to("CHNG_PUT", put(n))
        r.recv()
    r.reply_to("CHNG_PUBLISHED", published(0))
    r.send("CHNG_SEEN", published(0))
    r.send("CHNG_AWAIT")
    for t in said:
        r.send(t, published(1, "no way" if t == said[-1] else None))
        if t != said[-1]: r.recv()
    report(r.recv() == FAILED and r.troubles == ["no way"],
        "chng: records: what %s says goes to certproc, "
        "and net hears that it failed" % title, str(r.troubles))
    r.close()

r = record_role()
r.reply_to("CHNG_PUT", put(0))
r.recv()
r.reply_to("CHNG_DROP", num(0))
r.recv()
r.send("CHNG_PUBLISHED", published(0, "not any more"))
report(r.recv() == DONE and r.troubles == [],
    "chng: records: dropped when what is under way has ended, "
    "of which nobody hears")
r.reply_to("CHNG_PUT", put(0))
r.recv()
r.send("CHNG_AWAIT")
r.reply_to("CHNG_PUBLISHED", published(0))
r.send("CHNG_SEEN", published(0))
report(r.recv() == DONE, "chng: records: the next order begins anew")
r.close()

r = record_role(waits=0)
r.reply_to("CHNG_PUT", put(0))
r.recv()
r.send("CHNG_AWAIT")
r.send("CHNG_PUBLISHED", published(0))
report(r.recv() == DONE, "chng: records: without waiting")
r.close()

r = record_role("DNSACCOUNT01")
r.send("CHNG_ACCOUNT", s("https://example.com/acme/acct/ExampleAccount"))
r.send("CHNG_PUT", put(0))
report(r.recv() == ("HOOK_PUT", num(0) + s("_ujmmovf2vn55tgye") + s(DIGEST)),
    "chng: records: with the account's label")
r.close()

r = record_role("DNSPERSIST01", "PERSIST", thumbprint=False)
r.send("CHNG_ACCOUNT", s(ACCOUNT))
r.send("CHNG_PERSIST", num(1) + strings(["ca.example"]))
report([r.recv(), r.recv()] ==
    [("ZONE_PERSIST", num(1) + s(ACCOUNT) + strings(["ca.example"])), DONE],
    "chng: a record that stands is asked for")
r.send("CHNG_AWAIT")
r.send("CHNG_SEEN", published(1, "there is none"))
report(r.recv() == FAILED and r.troubles == ["there is none"],
    "chng: a record that stands: why it does not")
r.close()
HOOKED = ("DNS01", "HOOK")
LABELLED = ("DNSACCOUNT01", "HOOK")
PERSIST = ("DNSPERSIST01", "PERSIST")

for title, job, t, body, times, why in [
    ("a record for a name that there is not",
        HOOKED, "CHNG_PUT", put(2), 1, "no identifier 2"),
    ("a record of an account that is not known",
        LABELLED, "CHNG_PUT", put(0), 1, "no CHNG_ACCOUNT"),
    ("an account that is no URL",
        HOOKED, "CHNG_ACCOUNT", s('https://x/"'), 1, "not a URL"),
    ("a third account",
        HOOKED, "CHNG_ACCOUNT", s(ACCOUNT), 3, "too often"),
    ("published before it was put",
        HOOKED, "CHNG_PUBLISHED", published(0), 1, "out of order"),
    ("a probe without a directory",
        HOOKED, "CHNG_PROBE", b"", 1, "no files are written"),
    ("a token where a record stands",
        PERSIST, "CHNG_PUT", put(0), 1, "out of order"),
    ("a persist record of a hook's job",
        HOOKED, "CHNG_PERSIST", num(0) + strings(["a.test"]), 1,
        "out of order"),
    ("a persist record for a name that there is not",
        PERSIST, "CHNG_PERSIST", num(2) + strings(["a.test"]), 1,
        "no identifier 2"),
    ("a thumbprint that is none",
        HOOKED, "CHNG_THUMBPRINT", s("N" * 42 + "."), 1, "not a thumbprint"),
    ("a thumbprint of 42",
        HOOKED, "CHNG_THUMBPRINT", s("N" * 42), 1, "not a thumbprint"),
    ("eleven names of the CA",
        PERSIST, "CHNG_PERSIST", num(0) + strings(["a.test"] * 11), 1,
        "malformed"),
]:
    r = record_role(*job)
    for _ in range(times): r.send(t, body)
    refuses("chng: " + title, r, why)

r = record_role()
r.reply_to("CHNG_PUT", put(0))
r.recv()
r.send("CHNG_PUBLISHED", published(2))
refuses("chng: published for a name that there is not", r, "no identifier 2")

# chng: what is there already
os.symlink("/etc/passwd", path)

r = chng_role()
m = r.reply_to("CHNG_PUT", put(0))
r.stop()
report(m == FAILED and os.path.islink(path),
    "chng: a symbolic link of that name is left alone")
report(len(r.troubles) == 1 and path in r.troubles[0],
    "chng: certproc hears why, and net that it failed", str(r.troubles))
os.unlink(path)
write(path, b"the administrator's")

r = chng_role()
m = r.reply_to("CHNG_PUT", put(0))
r.stop()
report(m == FAILED and read(path) == b"the administrator's",
    "chng: another's file of that name is left alone")
os.unlink(path)
fd = os.open(path, os.O_WRONLY | os.O_CREAT, 0o644)
os.write(fd, AUTHORIZATION.encode())
os.close(fd)

r = chng_role()
m = r.reply_to("CHNG_PUT", put(0))
r.stop()
report(m == DONE and not os.path.exists(path),
    "chng: what a killed run left is taken over")

# chng: files of other users, and those that have another name elsewhere, are
# neither taken over nor removed, and no list is written into one
linked, listed = work + "/linked", www + "/.acme-client.list"

def give_away(path):
    os.chmod(path, 0o666)
    os.chown(path, 54321, 54321)
def link_elsewhere(path): os.link(path, linked)

for what, change in [
    ("has another name elsewhere", link_elsewhere),
    ("belongs to another user", give_away),
]:
    if change == give_away and os.getuid() != 0:
        print("skip hostile: chng: what %s: needs root" % what)
        continue
    write(listed, AUTHORIZATION.encode() + b"\n")
    write(path, AUTHORIZATION.encode())
    change(path)
    r = chng_role()
    m = r.reply_to("CHNG_PUT", put(0))
    r.stop()
    report(m == FAILED and os.path.exists(path),
        "chng: a response that %s is left alone" % what, str(m))
    remove(path)
    remove(linked)
    write(listed, b"")
    change(listed)
    r = chng_role()
    m = r.reply_to("CHNG_PUT", put(0))
    r.stop()
    left = os.path.exists(listed) and read(listed) == b""
    report(m == FAILED and left and visible() == [],
        "chng: a list that %s is left alone" % what, str(m))
    remove(listed)
    remove(linked)

r = chng_role()
for _ in range(400): r.send("CHNG_PUT", put(0))
r.drain()
stopped = r.ended() == 1 and "too often" in r.said()
report(stopped and os.listdir(www) == [], "chng: 400 responses", r.said())
r.close()

# chng, where respproc serves
def chng_listens(challenge=0):
    r = Role("chngproc")
    r.send("ROLE_CONF", conf + num(0))
    r.send("ROLE_DOMAIN", chng_domain(challenge, WAY["WAY_LISTEN"]))
    r.send("ROLE_START")
    r.send("CHNG_THUMBPRINT", s(THUMBPRINT))
    return r

for challenge, text in (0, AUTHORIZATION), (1, DIGEST):
    r = chng_listens(challenge)
    r.send("CHNG_CHECK", worker=3)
    ok = r.recv() == ("RESP_CHECK", b"")
    r.send("CHNG_PUBLISHED", published(0))
    ok = ok and r.recv() == DONE
    r.send("CHNG_PUT", put(1))
    ok = ok and [r.recv(), r.recv()] == [("RESP_PUT", num(1) + s(text)), DONE]
    r.send("CHNG_AWAIT")
    ok = ok and r.recv(0.3)[0] == "timeout"
    r.send("CHNG_PUBLISHED", published(1))
    ok = ok and r.recv() == DONE
    r.send("CHNG_DROP", num(1))
    ok = ok and [r.recv(), r.recv()] == [("RESP_DROP", num(1)), DONE]
    report(ok and not r.troubles,
        "chng: %s goes to resp, and net waits until it is served" %
        ("a key authorization" if challenge == 0 else "a digest"))
    r.close()

r = chng_listens()
r.reply_to("CHNG_PUT", put(0))
r.recv()
r.send("CHNG_DROP", num(0))
ok = r.recv()[0] == "RESP_DROP" and r.recv(0.3)[0] == "timeout"
r.send("CHNG_PUBLISHED", published(0, "of what was dropped"))
ok = ok and r.recv() == DONE
r.reply_to("CHNG_PUT", put(0))
r.recv()
r.send("CHNG_PUBLISHED", published(0))
r.send("CHNG_AWAIT")
report(ok and r.recv() == DONE and not r.troubles,
    "chng: what was dropped for one order cannot spoil the next")
r.close()

r = chng_listens()
r.reply_to("CHNG_CHECK")
r.send("CHNG_PUBLISHED", published(0, "port 80: another has it"))
report(r.recv() == FAILED and r.troubles == ["port 80: another has it"],
    "chng: what resp cannot serve, certproc hears of")
r.reply_to("CHNG_CHECK")
r.send("CHNG_PUBLISHED", published(0))
report(r.recv() == DONE, "chng: and the next check stands for itself")
r.close()

r = chng_listens()
r.send("CHNG_PROBE")
refuses("chng: a probe where no files are written", r, "no files are written")

r = chng_listens()
r.send("CHNG_PUBLISHED", published(0))
refuses("chng: a reply to nothing", r, "out of order")

r = chng_listens()
r.reply_to("CHNG_CHECK")
r.send("CHNG_AWAIT")
refuses("chng: net asks while it is told to wait", r, "out of order")

# resp
def resp_role(challenge=0, **kw):
    r, r.port = Role("respproc"), free_port()
    r.send("ROLE_CONF", conf)
    r.send("ROLE_DOMAIN", resp_slice(challenge, r.port, **kw))
    r.send("ROLE_START")
    return r

for what, challenge, text in [
    ("no key authorization", 0, "x"),
    ("a token alone", 0, TOKEN),
    ("two dots", 0, TOKEN + "." + "N" * 42 + "."),
    ("a digest for http-01", 0, DIGEST),
    ("a short thumbprint", 0, TOKEN + "." + "N" * 42),
    ("a token that is none", 0, "../../etc/passwd-xxxxxxx." + "N" * 43),
    ("a line end", 0, TOKEN + "\n." + "N" * 43),
    ("4 KiB", 0, "a" * 4096),
    ("a key authorization for tls-alpn-01", 1, AUTHORIZATION),
    ("a short digest", 1, DIGEST[:-1]),
    ("a digest that ends badly", 1, "_" * 43),
    ("nothing", 1, ""),
]:
    r = resp_role(challenge)
    r.send("RESP_PUT", num(0) + s(text))
    refuses("resp: " + what, r,
        "not a key authorization|not a digest|longer than its type")

r = resp_role()
r.send("RESP_PUT", num(2) + s(AUTHORIZATION))
refuses("resp: a response for a name that there is not", r, "no identifier 2")

r = resp_role(way="WAY_WEBROOT")
r.send("RESP_CHECK")
refuses("resp: a job that is answered elsewhere", r, "without .listen on")

r = resp_role()
for _ in range(400): r.send("RESP_PUT", num(0) + s(AUTHORIZATION))
while (r.recv() or ("end",))[0] == "CHNG_PUBLISHED": pass
report(r.ended() == 1 and "too often" in r.said(), "resp: 400 responses",
    r.said())
r.close()

with socket.socket() as taken:
    taken.bind(("127.0.0.1", 0))
    taken.listen()
    r = Role("respproc")
    r.send("ROLE_CONF", conf)
    r.send("ROLE_DOMAIN", resp_slice(0, taken.getsockname()[1]))
    r.send("ROLE_START")
    m = r.reply_to("RESP_CHECK")
    holder = b"python3 (process %d)" % os.getpid()
    report(m[0] == "CHNG_PUBLISHED" and b"has this port" in m[1] and
        holder in m[1], "resp: a port that is taken, and by whom", str(m))
    r.send("ROLE_STOP")
    report(r.ended() == 0, "resp: goes on with it")
    r.close()

r = resp_role()
r.send("RESP_CHECK")
report(r.recv() == ("CHNG_PUBLISHED", published(0)),
    "resp: its port is bound")

def wait_for(what, seconds=60):
    deadline = time.time() + seconds
    while not what() and time.time() < deadline: time.sleep(0.05)

def http_get(port):
    """All bytes of its response to the request for the token."""
    path = "/.well-known/acme-challenge/" + TOKEN
    request = "GET %s HTTP/1.1\r\nHost: a.example\r\n\r\n" % path
    with socket.create_connection(("127.0.0.1", port), 60) as c:
        c.sendall(request.encode())
        got = b""
        while True:
            try: d = c.recv(4096)
            except OSError: d = b""
            if not d: return got
            got += d

report(http_get(r.port).startswith(b"HTTP/1.1 404 "),
    "resp: nothing is served before it is put")
r.reply_to("RESP_PUT", num(0) + s(AUTHORIZATION))
report(http_get(r.port).endswith(b"\r\n\r\n" + AUTHORIZATION.encode()),
    "resp: serves token.thumbprint")
r.send("RESP_DROP", num(0))
wait_for(lambda: http_get(r.port).startswith(b"HTTP/1.1 404 "))
report(http_get(r.port).startswith(b"HTTP/1.1 404 "),
    "resp: and nothing when it is dropped")
r.send("ROLE_STOP")
report(r.ended() == 0 and r.said() == "", "resp: has nothing to say", r.said())
try:
    socket.create_connection(("127.0.0.1", r.port), 1)
    up = True
except OSError: up = False
report(not up, "resp: nothing listens when it has ended")
r.close()

# csr: nothing of a key leaves it but its CSR and its hash
r = started("csrproc")
r.send("CSR_MAKE")
m = [r.recv(), r.recv(), r.recv()]
types = [t for t, _ in m]
report(types == ["CERT_KEY", "KEY_CSR", "NET_CSR_DONE"] and len(m[2][1]) == 8,
    "csr: what goes to whom", str(types))
report(m[0][1][20:52] == spki_hash(key_path),
    "csr: file gets the hash of the public key")
for _ in range(3): r.send("CSR_MAKE")
r.drain()
report(r.ended() == 1 and "too often" in r.said(), "csr: four CSRs")
r.close()

# cert: which chains it has installed
make_ca()

def installed(): return read(cert_path) if os.path.exists(cert_path) else None
def failed_for(kind, text, after=0):
    """The body of CERT_FAILED; kind: enum failure; after: seconds."""
    return num(kind) + num(after) + num(0) + s(text)

def offered(name, pem, why, force=1, chain=None):
    """This chain is not installed, and what is installed stays as it is."""
    before = installed()
    r, _ = cert_role(force, chain=chain)
    r.send("CERT_CHAIN", num(0) + buf(pem))
    m = [r.recv(), r.recv()]
    failed = JOB_FAILED in m and ("NET_JOB_DONE", num(0)) in m
    said = re.search(why, r.said()) is not None
    report(failed and installed() == before and said,
        "cert: " + name, "%s %r" % (m, r.said()[-300:]))
    r.stop()

good60 = issue(key_path, 60)
offered("self-signed over our key and names", issue(key_path, 60, issuer=False),
    "self-signed")

# Another key, our names: another run may have finalized the order.
r, _ = cert_role(1)
before, m = installed(), []
for _ in range(2):
    r.send("CERT_CHAIN", num(0) + buf(issue(other_key, 60)))
    m.append(r.recv())
m.append(r.recv())
report(m[0] == ("NET_JOB_DONE", num(3)) and JOB_FAILED in m[1:] and
    ("NET_JOB_DONE", num(0)) in m[1:] and installed() == before and
    "another key" in r.said(), "cert: another key", "%s %s" % (m, r.said()))
r.stop()
offered("another key, other names",
    issue(other_key, 60, sans=NAMES + ["evil.example"]), "another key")
offered("a name too many", issue(key_path, 60, sans=NAMES + ["evil.example"]),
    "other names")
offered("garbage", os.urandom(2000), "NUL|not only whole")
offered("empty", b"", "no certificate")
offered("a private key behind the certificate",
    good60 + read(other_key), "not only whole")
offered("96 KiB", b"A" * 90000, "more than")

# An earlier -r has removed the files of this certificate, not always its key.
# Anyone can give it to net again.
copies = [work + "/state/domain-a.%s.pem" % n for n in ("revoking", "revoked")]

for copy in copies:
    write(copy, good60)
    offered("what an earlier -r has revoked", good60,
        "an earlier -r has revoked")
    os.unlink(copy)

r, first = cert_role(1)
r.send("CERT_CHAIN", num(0) + buf(good60))
m = [r.recv(), r.recv()]
report(INSTALLED in m and read(cert_path) == good60,
    "cert: a good chain is installed", str(m) + r.said())
r.send("CERT_CHAIN", num(0) + buf(good60))
refuses("cert: a second chain for the same job", r, "out of order")

# What was installed is remembered until the run has come to its end, and the
# parent has reported it.
saved = work + "/state/domain-a.new.pem"

r, first = cert_role(0)
report(first == INSTALLED and read(saved) == good60,
    "cert: what was not reported is, by the next run", str(first))
r.recv()
r.file.send("FILE_REPORTED")
m, there = r.recv(), os.path.exists(saved)
r.close()
report(m == ("PARENT_FORGOTTEN", num(1)) and not there and
    read(saved) == good60,
    "cert: the parent is killed after it was forgotten: remembered again",
    str((m, there)))

r, first = cert_role(0)
r.recv()
r.file.send("FILE_REPORTED")
m = r.recv()
r.file.send("ROLE_STOP")
clean = r.file.ended() == 0
report(m == ("PARENT_FORGOTTEN", num(1)) and clean and
    not os.path.exists(saved), "cert: reported: forgotten", str(m))
r.close()

r, first = cert_role(1)
r.file.send("FILE_REPORTED")
report(r.recv() == ("PARENT_FORGOTTEN", num(0)),
    "cert: reported before anything was changed: nothing is forgotten")
r.file.send("FILE_REPORTED")
report(r.file.ended() == 1 and "too often" in r.file.said(),
    "cert: reported twice")
r.close()
newer, older = issue(key_path, 80), issue(key_path, 50)

# The job is due although its certificate is good, since the chain beside it is
# not its issuer's.
other_chain = work + "/ssl/a.chain.pem"
offered("the installed certificate again", good60, "is installed already",
    force=0, chain=other_chain)
forget()
offered("the installed certificate again, with -F", good60,
    "is installed already", force=1)
forget()
offered("one that ends before the installed one", older,
    "before the installed one; -F", force=0, chain=other_chain)
forget()
write(cert_path, good60)

r, first = cert_role(0)
report(first == UNCHANGED, "cert: nothing due", str(first))
r.recv()
r.send("CERT_CHAIN", num(0) + buf(newer))
refuses("cert: a chain for a job that is not due", r, "out of order")

r, _ = cert_role(0, start=False)
r.send("CERT_FAILED", failed_for(1, "x"))
r.drain()
report(r.ended() == 1 and "out of order" in r.said(),
    "cert: failure of a job that is not out")
r.close()

for what, body in [
    ("no URL", s("x")),
    ("http", s("http://ca.example/order/1")),
    ("two", s(EARLIER) + s(EARLIER)),
]:
    r, first = cert_role(1)
    r.send("CERT_ORDER", body)
    refuses("cert: an order with " + what, r,
        "CERT_ORDER: (not an https URL|of another shape)")

r, first = cert_role(1)
for _ in range(10): r.send("CERT_ORDER", s(EARLIER))
refuses("cert: ten orders", r, "CERT_ORDER: too often")

r, first = cert_role(1)
r.send("CERT_NEXT")
refuses("cert: another job before the first is done", r,
    "not done|out of order")

# cert: what net has learned of the CA
def learned(url, slow=0, anchors="", terms=""):
    return s(url) + num(slow) + s(anchors) + s(terms)
ANCHOR = "0123456789abcdef "

for what, body in [
    ("nothing", b""),
    ("no URL", learned("nonce\n")),
    ("no string", learned(None)),
    ("no number", s(ORIGIN)),
    ("no anchors", s(ORIGIN) + num(0)),
    ("no terms", s(ORIGIN) + num(0) + s("")),
    ("no string of terms", learned(ORIGIN, terms=None)),
    ("long terms", learned(ORIGIN, terms="https://ca.example/" + "a" * 1000)),
    ("more", learned(ORIGIN) + num(0)),
    ("too long", learned("https://ca.example/" + "a" * 9000)),
    ("anchors that are a path", learned(ORIGIN, anchors="../x")),
    ("too many anchors", learned(ORIGIN, anchors=ANCHOR * 7)),
]:
    r, _ = cert_role(1)
    r.send("CERT_LEARNED", body)
    refuses("cert: what was learned of the CA: " + what, r, "CERT_LEARNED")

r, _ = cert_role(1)
for _ in range(4): r.send("CERT_LEARNED", learned(ORIGIN))
refuses("cert: what was learned of the CA, twice", r, "too often")

r, _ = cert_role(1)
r.send("CERT_LEARNED",
    learned("https://ca.example/" + "a" * 300, 1 << 40, ANCHOR))
r.send("CERT_FAILED", failed_for(1, "x"))
r.recv()
r.recv()
state = remembered()
report("newNonce" not in state and state["slow"] == 1,
    "cert: where nonces come from, if that is long, is not remembered")
r.stop()

r, _ = cert_role(1)
r.send("CERT_ERROR", s("bad\x1b[2J directory"))
r.send("CERT_FAILED", failed_for(2, "it cannot be used"))
r.recv()
r.recv()
state = remembered()
error = state["last error"]
report("bad" in error and "directory" in error and "\x1b" not in error,
    "cert: the cause that csr or chng has told is remembered, and made visible",
    str(state))
r.stop()

# certproc's verdict that a root is missing holds later orders back: no other
# process can do that by its words.
os.rename(cert_path, work + "/aside.pem")
verdict = "the chain does not lead to a trusted root: x"

for who, trouble, text in [
    ("net", None, verdict),
    ("the CA", None, "order: " + verdict),
    ("chng", verdict, "no"),
]:
    title = "cert: a verdict in the words of %s: the next run orders" % who
    os.unlink(work + "/state/domain-a.json")
    r, _ = cert_role(0, rooting=2)
    if trouble: r.send("CERT_ERROR", s(trouble))
    r.send("CERT_FAILED", failed_for(2, text))
    r.recv()
    r.recv()
    r.stop()
    try:
        r, first = cert_role(0, rooting=2)
        report(first[0] == "PARENT_DUE", title, str(first))
        r.stop()
    except AssertionError as e: report(False, title, str(e))
os.rename(work + "/aside.pem", cert_path)

r, first = cert_role(1)
r.send("CERT_FAILED", failed_for(1, "bad\x1b[2J thing", 1 << 62))
r.recv()
r.recv()
state = remembered()
report(0 < state["not before"] - time.time() <= 86400 * 1.25 + 5 and
    "\x1b" not in state["last error"],
    "cert: Retry-After of 2^62 is clamped, text made visible", str(state))
r.stop()

# file: stores what certproc sends under names that are fixed, in the order that
# keeps a set whole
def file_alone(mode=RENEW, opened=True, chain=None):
    r = Role("fileproc")
    r.send("ROLE_CONF", conf_of(mode) + file_conf())
    r.send("ROLE_DOMAIN", file_domain(chain, hook=1))
    r.send("ROLE_START")
    if mode == RENEW: assert r.recv()[0] == "CERT_STATES"
    if opened:
        r.send("FILE_OPEN", num(0))
        while r.recv()[0] == "CERT_PART": pass
    return r

CHAIN, CERT, STATE, SAVED, ACCOUNT_PART, METRICS, STATUS = (PART["PART_" + name]
    for name in "CHAIN CERT STATE SAVED ACCOUNT METRICS STATUS".split())
REVOKING, REVOKED, COMPROMISED, CHANGED = (PART["PART_" + name]
    for name in "REVOKING REVOKED COMPROMISED CHANGED".split())

def record(part, data=b"x", more=0):
    """The body of FILE_WRITE; more: other pieces follow."""
    return num(part) + num(more) + buf(data)

def stored(m):
    return m is not None and m[0] == "CERT_STORED" and m[1][:8] == num(1)

for what, t, body in [
    ("a part behind the last", "FILE_WRITE", record(PART["PART__MAX"])),
    ("part 2^64-1", "FILE_WRITE", record((1 << 64) - 1)),
    ("a file of the set as a record", "FILE_WRITE", record(CERT)),
    ("metrics that are not configured", "FILE_WRITE", record(METRICS)),
    ("a status that is not configured", "FILE_WRITE", record(STATUS)),
    ("a record as a file of the set", "FILE_STAGE", num(STATE) + buf(b"x")),
    ("a file that is not configured", "FILE_STAGE", num(CHAIN) + buf(b"x")),
    ("removes the set's file", "FILE_REMOVE", num(CERT)),
    ("removes the account", "FILE_REMOVE", num(ACCOUNT_PART)),
    ("removes the state in a renewal", "FILE_REMOVE", num(STATE)),
    ("removes what marks a compromised key", "FILE_REMOVE", num(COMPROMISED)),
    ("removes a copy of what was revoked", "FILE_REMOVE", num(REVOKED)),
    ("reads a job's part", "FILE_READ", num(STATE)),
    ("locks a job's part", "FILE_LOCK", num(SAVED) + num(1) + num(0)),
    ("a lock of kind 9", "FILE_LOCK", num(ACCOUNT_PART) + num(9) + num(0)),
]:
    r = file_alone()
    r.send(t, body)
    refuses("cert: " + what, r, "there is no part|not in this kind|malformed")

for what, t, body in [
    ("a state", "FILE_WRITE", record(STATE, b"{}")),
    ("a set", "FILE_STAGE", num(CERT) + buf(b"x")),
    ("a commit", "FILE_COMMIT", b""),
    ("a removal", "FILE_REMOVE", num(SAVED)),
]:
    r = file_alone(opened=False)
    r.send(t, body)
    refuses("cert: without the lock: " + what, r, "out of order")

for what, t, mode in [
    ("the set is removed", "FILE_REMOVE_SET", RENEW),
    ("key is told what may be revoked", "FILE_TELL_REVOCABLE", RENEW),
    ("a copy of what is to be revoked", "FILE_COPY", RENEW),
    ("what is kept is read", "FILE_READ_KEPT", RENEW),
    ("what is kept is read", "FILE_READ_KEPT", REVOKE),
    ("the set is removed", "FILE_REMOVE_SET", RESTORE),
    ("a record is removed", "FILE_REMOVE", RESTORE),
    ("a copy of what is to be revoked", "FILE_COPY", RESTORE),
    ("what is kept is read", "FILE_READ_KEPT", INSTALL),
    ("the set is removed", "FILE_REMOVE_SET", INSTALL),
    ("a record is removed", "FILE_REMOVE", INSTALL),
    ("a copy of what is to be revoked", "FILE_COPY", INSTALL),
    ("the account is read", "FILE_READ", INSTALL),
    ("a set is committed", "FILE_COMMIT", REVOKE),
    ("read without a lock", "FILE_LOOK", RENEW),
]:
    r = file_alone(mode=mode)
    r.send(t)
    refuses("cert: %s in a run for %s" % (what, MODES_OF[mode]), r,
        "not in this kind of run")
kept_path = work + "/ssl/.a.pem.acme-old"

for kept in (b"what was replaced", b"", None):
    if kept is None: remove(kept_path)
    else: write(kept_path, kept)
    if kept is not None and os.getuid() == 0:
        owner = os.stat(cert_path)
        os.chown(kept_path, owner.st_uid, owner.st_gid)
    r = file_alone(RESTORE)
    r.send("FILE_READ_KEPT")
    part, end_of_reply = r.recv(), r.recv()
    there, text = num(CERT) + num(kept is not None), buf(kept or b"")
    report(part[0] == "CERT_PART" and part[1].startswith(there) and
        part[1].endswith(text) and stored(end_of_reply),
        "cert: -B reads what is kept: %s" % kept, str((part, end_of_reply)))
    r.close()

r = file_alone(RESTORE, opened=False)
r.send("FILE_READ_KEPT")
refuses("cert: what is kept, without the lock", r, "out of order")

# What may be revoked is what was there when the run began, and copies of it are
# fileproc's own.
for mode in (RENEW, REVOKE):
    for part in (REVOKING, COMPROMISED, REVOKED):
        r = file_alone(mode)
        r.send("FILE_WRITE", record(part, good60))
        where = "part %d as bytes in a run for %s" % (part, MODES_OF[mode])
        refuses("cert: " + where, r, "which is a copy")

for what, come, to, why in [
    ("from the state", STATE, REVOKING, "nothing was read"),
    ("from the chain saved", SAVED, REVOKING, "nothing was read"),
    ("from what is not there", REVOKED, REVOKING, "nothing was read"),
    ("to the installed set", CERT, CERT, "no part"),
    ("to the saved chain", CERT, SAVED, "no part"),
    ("to the state", CERT, STATE, "no part"),
    ("from the account", ACCOUNT_PART, REVOKING, "no part"),
]:
    r = file_alone(REVOKE)
    r.send("FILE_COPY", num(come) + num(to))
    refuses("cert: a copy %s" % what, r, why)

r = file_alone(REVOKE, opened=False)
r.send("FILE_COPY", num(CERT) + num(REVOKING))
refuses("cert: a copy without the lock", r, "out of order")
before = read(cert_path)

r = file_alone(REVOKE)
r.send("FILE_REMOVE_SET")
m = [r.recv()]
write(cert_path, b"another one")

for part in (REVOKING, REVOKED):
    r.send("FILE_COPY", num(CERT) + num(part))
    m.append(r.recv())
r.send("FILE_TELL_REVOCABLE")
told = [r.recv(), r.recv(), r.recv()]
report(all(map(stored, m)) and [read(c) for c in copies] == [before, before],
    "cert: copies have what was read first", str(m))
types, bodies = zip(*told)
report(types == ("KEY_REVOCABLE", "CSR_REVOCABLE", "CERT_STORED") and
    bodies[0] == bodies[1] == buf(before), "cert: so have key and csr",
    str(told))
r.close()
write(cert_path, before)

r = file_alone()
r.send("FILE_CLOSE", num(2**64 - 1))
m = r.reply_to("FILE_REPORTED")
report(m == ("PARENT_FORGOTTEN", num(0)) and all(map(os.path.exists, copies)),
    "cert: a renewal forgets nothing of a revocation", str(m))
r.close()

for c in copies: os.unlink(c)
before = read(cert_path)

r = file_alone()
r.send("FILE_COMMIT")
refuses("cert: a commit of nothing", r, "out of order")
report(read(cert_path) == before, "cert: and it replaces nothing")
for what, steps in [
    ("a second set after a commit", "STAGE COMMIT STAGE"),
    ("a second commit", "STAGE COMMIT COMMIT"),
    ("a set after the end", "CLOSE STAGE"),
    ("a record after the end", "CLOSE WRITE"),
    ("a second end", "CLOSE CLOSE"),
    ("a second opening", "OPEN"),
    ("an opening after the end", "CLOSE OPEN"),
]:
    write(cert_path, before)
    r = file_alone()
    bodies = {"STAGE": num(CERT) + buf(before), "CLOSE": num(0),
        "OPEN": num(0), "WRITE": record(STATE, b"{}"), "COMMIT": b""}
    *taken, last = steps.split()
    for step in taken: r.send("FILE_" + step, bodies[step])
    if "COMMIT" in taken: assert stored(r.recv())
    r.send("FILE_" + last, bodies[last])
    refuses("cert: " + what, r, "out of order")
write(cert_path, before)
remove(kept_path)

r = file_alone()
r.send("FILE_STAGE", num(CERT) + buf(b"owned"))
m = r.reply_to("FILE_COMMIT")
kept = read(kept_path)
report(stored(m) and read(cert_path) == b"owned" and kept == before,
    "cert: what garbage replaces is kept", str(m))
r.send("FILE_STAGE", num(CERT) + buf(b"owned twice"))
r.send("FILE_COMMIT")
refuses("cert: a second set for one job", r, "out of order")
report(read(kept_path) == before,
    "cert: and is still kept then")

r = file_alone()
write(cert_path, before)
r.send("FILE_STAGE", num(CERT) + buf(b"owned"))
m = r.reply_to("FILE_COMMIT")
report(not stored(m) and read(cert_path) == before,
    "cert: a file that someone else has changed meanwhile stays", str(m))
r.close()

r = file_alone()
for _ in range(40):
    r.send("FILE_WRITE", record(SAVED, b"x" * 60000, 1))
refuses("cert: a record without end", r, "more than")

# The metrics may be larger than a record; their pieces do not make it larger.
r = Role("fileproc")
r.send("ROLE_CONF", conf_of(MONITOR) + s(work + "/state") +
    s(work + "/state/metrics") + s(None) + num(0o644) + s("a"))
r.send("ROLE_START")
for _ in range(2): r.send("FILE_WRITE", record(METRICS, b"x" * 60000, 1))
r.send("FILE_WRITE", record(ACCOUNT_PART, b"x" * 60000, 1))
refuses("cert: a record behind pieces of the metrics", r, "more than")

# A set with a chain is both files, or none.
chain_path = work + "/ssl/a.chain.pem"
write(chain_path, good60)

r = file_alone(chain=chain_path)
r.send("FILE_STAGE", num(CERT) + buf(b"owned"))
m = r.reply_to("FILE_COMMIT")
report(m[0] == "CERT_STORED" and not stored(m) and b"was staged" in m[1] and
    read(cert_path) == before and read(chain_path) == good60,
    "cert: half of a set replaces nothing", str(m))
r.close()
os.unlink(chain_path)

r = file_alone()
for _ in range(3000): r.send("FILE_WRITE", record(SAVED))
replies = 0
while replies < 3000 and stored(r.recv()): replies += 1
left = [f for f in os.listdir(work + "/state") if "new.pem" in f]
report(replies == 3000 and left == ["domain-a.new.pem"],
    "cert: 3,000 records leave one", str(replies))
r.close()
os.unlink(saved)

# The mark of a change is fileproc's own.
mark = work + "/state/domain-a.changed"

r = file_alone()
r.send("FILE_WRITE", record(CHANGED))
refuses("cert: writes the mark of a change", r, "not for others to write")

r = file_alone()
r.send("FILE_REMOVE", num(CHANGED))
refuses("cert: removes the mark of a change", r, "there is no part")

r = file_alone(REVOKE)
r.send("FILE_COPY", num(CERT) + num(CHANGED))
refuses("cert: writes the mark of a change by a copy", r, "there is no part")

def file_hook():
    """fileproc after the others' runs, and whether it says that there is a
    mark."""
    r = Role("fileproc")
    r.send("ROLE_CONF", conf_of(HOOK) + file_conf())
    r.send("ROLE_DOMAIN", s("a") + s(None) * 3 + num(1))
    r.send("ROLE_START")
    return r, r.recv()

open(mark, "w").close()

r, m = file_hook()
os.rename(mark, work + "/aside")
open(mark, "w").close()
r.send("FILE_FORGET_CHANGE")
m = m, r.recv()
report(m == (("HOOK_CHANGED", num(1)), ("HOOK_FORGOTTEN", num(1))) and
    os.path.exists(mark), "file: another mark than the one that was told stays",
    str(m))
r.send("FILE_FORGET_CHANGE")
refuses("hook: forgets twice", r, "too often")

r, m = file_hook()
m = r.reply_to("FILE_FORGET_CHANGE")
report(m == ("HOOK_FORGOTTEN", num(1)) and not os.path.exists(mark),
    "file: the one that was told goes", str(m))
r.close()

# hook: an attacker in fileproc has configured commands run for configured
# handles, and nothing else
RECORDS_ITSELF = ["/bin/sh", "-c", "echo $ACME_CHANGED >>%s/ran" % work]

def hook_role(common=[], own=[[RECORDS_ITSELF]] * 2):
    remove(work + "/ran")
    r = Role("hookproc")
    r.send("ROLE_CONF", conf_of(HOOK) + commands(common) + s(None))
    for job, v in enumerate(own):
        r.send("ROLE_DOMAIN", hook_domain("ab"[job], v), job=job)
    r.send("ROLE_START")
    return r

def ran():
    try: return read(work + "/ran").decode()
    except OSError: return ""

r = hook_role()
r.send("HOOK_CHANGED", num(1), job=2)
refuses("file: a handle that there is not", r, "no job 2")

r = hook_role()
for _ in range(2): r.send("HOOK_CHANGED", num(1), job=1)
refuses("file: the same handle twice", r, "too often")
report(ran() == "", "file: nothing was run by then")

r = hook_role()
r.send("HOOK_CHANGED", s("/bin/sh"), job=0)
refuses("file: words in place of a number", r,
    "another shape|longer than its type")

r = hook_role()
r.send("HOOK_CHANGED", num(0), job=0)
r.send("HOOK_CHANGED", num(2**64 - 1), job=1)
m = r.recv(), r.recv()
report(m == (UNCHANGED, ("FILE_FORGET_CHANGE", b"")) and ran() == "b\n",
    "file: runs the command of a configured handle", str((m, ran())))
m = r.reply_to("HOOK_FORGOTTEN", num(0), job=1)
same("file: that the change is not forgotten is a failure", JOB_FAILED, m)
r.close()

for what, v in [
    ("no command at all", [[]]),
    ("a command without words", [[[]]]),
    ("too many", [[["/bin/true"]] * 9]),
    ("too many words", [[["/bin/true"] * 65]]),
]:
    r = hook_role(own=v)
    if what == "no command at all":
        r.send("HOOK_CHANGED", num(1))
        report(r.recv() == ("FILE_FORGET_CHANGE", b""),
            "hook: %s: nothing is run" % what)
        r.close()
    else: refuses("hook: its slice has " + what, r, "ROLE_DOMAIN: malformed")
SLEEPS = ["/bin/sh", "-c", "echo $$ >%s/ran; exec sleep 300" % work]

r = hook_role(own=[[SLEEPS]])
r.send("HOOK_CHANGED", num(1))
wait_for(ran)
pid = int(ran())
r.send("ROLE_STOP")
status = r.ended()
report(status == 0 and not os.path.exists("/proc/%d" % pid),
    "hook: at its end what runs is ended", str(status))
r.close()

# hook: an attacker in chngproc has digests published for configured names, and
# nothing else
LABEL = "_ujmmovf2vn55tgye"
ZONE_NAMES = ["a.example", "*.a.example", "b.example"]
program = work + "/publish"

# It writes down its arguments, and "bad" if the environment has others.
PROGRAM = """#!/bin/sh
ran=%s/ran
environment="$ACME_ACTION $ACME_CHALLENGE $ACME_NAME $ACME_RECORD $ACME_VALUE"
[ "$*" = "$environment" ] || echo bad >>$ran
echo "$*" >>$ran
%s
echo done $1 $5 >>$ran
"""

def publisher(lines, challenge=DNS01, state_dir=None):
    with open(program, "w") as f: f.write(PROGRAM % (work, lines))
    os.chmod(program, 0o755)
    remove(work + "/ran")
    r = Role("hookproc")
    r.send("ROLE_CONF", conf + commands([]) + s(state_dir))
    r.send("ROLE_DOMAIN", hook_publishes(program, ZONE_NAMES, challenge))
    r.send("ROLE_START")
    return r

def publish(number, digest="d" * 43, label=None):
    return num(number) + s(label) + s(digest)

for what, challenge, body, why in [
    ("a digest of 42", DNS01, publish(0, "d" * 42), "not a digest"),
    ("of 44", DNS01, publish(0, "d" * 44), "not a digest"),
    ("$(id)", DNS01, publish(0, "$(id)" + "d" * 38), "not a digest"),
    ("a line's end", DNS01, publish(0, "d" * 42 + "\n"), "not a digest"),
    ("a NUL", DNS01, publish(0, b"d" * 20 + b"\0" + b"d" * 22),
        "another shape"),
    ("none", DNS01, publish(0, None), "another shape"),
    ("identifier 3 of 3", DNS01, publish(3), "no identifier"),
    ("identifier 2^64-1", DNS01, publish(2**64 - 1), "malformed"),
    ("dns-01, a label", DNS01, publish(0, label=LABEL), "a label, which only"),
    ("dns-account-01, no label", DNSACCOUNT01, publish(0),
        "HOOK_PUT: no label"),
    ("a label of 15", DNSACCOUNT01, publish(0, label=LABEL[:-1]),
        "not a label"),
    ("a label with a dot", DNSACCOUNT01, publish(0, label=LABEL[:-1] + "."),
        "not a label"),
    ("a label without its _", DNSACCOUNT01, publish(0, label="a" + LABEL[1:]),
        "not a label"),
]:
    r = publisher("", challenge)
    r.send("HOOK_PUT", body)
    refuses("chng: has published: " + what, r, why)
    report(ran() == "",
        "chng: has published: %s: nothing was run" % what, ran())

r = started("hookproc")
r.send("HOOK_PUT", publish(0), job=1)
refuses("chng: has published for a handle that there is not", r, "no job 1")

r = hook_role()
r.send("HOOK_PUT", publish(0))
refuses("chng: has published in another kind of run", r,
    "not of this kind of run|not expected|kind of run")

# hook: records of one name (an apex and its wildcard) are published one by one,
# others at the same time; what was begun is ended
# The first of them waits until another has begun.
r = publisher("""case $1-$5 in begin-ddd*)
	for _i in $(seq 600); do
		grep -q fff $ran && break
		sleep 0.1
	done
	sleep 0.3
esac""")

for number, digest in (0, "d"), (1, "e"), (2, "f"):
    r.send("HOOK_PUT", publish(number, digest * 43))
got = sorted(r.recv() for _ in range(3))
report(got == [("CHNG_PUBLISHED", published(n)) for n in (0, 1, 2)],
    "hook: three records are begun", str(got))
A = "dns-01 a.example _acme-challenge.a.example "
B = "dns-01 b.example _acme-challenge.b.example "
lines = ran().split("\n")
first_done = lines.index("done begin " + "d" * 43)
report(lines.index("begin " + A + "e" * 43) > first_done,
    "hook: two of one name, one after the other", ran())
report(lines.index("begin " + B + "f" * 43) < first_done,
    "hook: others beside", ran())
r.send("HOOK_DROP")
wait_for(lambda: ran().count("done end") >= 3)
lines = ran().split("\n")
ended = sorted(line for line in lines if line.startswith("end"))
expected = [A + "d" * 43, A + "e" * 43, B + "f" * 43]
report(ended == ["end " + record for record in expected] and
    "bad" not in lines, "hook: all are ended, each with its own value", ran())
r.send("ROLE_STOP")
report(r.ended() == 0 and ran().count("done end") == 3, "hook: and once",
    ran())
r.close()

r = publisher("", DNSACCOUNT01)
m = r.reply_to("HOOK_PUT", publish(1, label=LABEL))
begun = "begin dns-account-01 a.example %s._acme-challenge.a.example " % LABEL
report(m == ("CHNG_PUBLISHED", published(1)) and begun + "d" * 43 in ran(),
    "hook: a label of the account", str((m, ran())))

for what in "ROLE_STOP", "the end of file":
    if what == "ROLE_STOP": r.send(what)
    else:
        r = publisher("")
        r.reply_to("HOOK_PUT", publish(0))
        r.sock.shutdown(socket.SHUT_WR)
    status = r.ended()
    expected = 0 if what == "ROLE_STOP" else 1
    report(status == expected and ran().count("done end") == 1,
        "hook: at %s what was begun is ended" % what, str((status, ran())))
    r.close()

r = publisher("[ $1 = end ] || { echo no such zone >&2; exit 5; }")
m = r.reply_to("HOOK_PUT", publish(0))
report(m[0] == "CHNG_PUBLISHED" and
    b"begin _acme-challenge.a.example: ended with status 5" in m[1],
    "hook: why it could not be begun", str(m))
report("no such zone" in r.said(), "hook: and what the program has printed",
    r.said())
r.send("ROLE_STOP")
r.ended()
report(ran().count("done end") == 1, "hook: it is ended all the same", ran())
r.close()

# hook: what a journal may have ended is a digest at a configured name
journal = work + "/state/domain-a.records"

for what, record, ends in [
    ("a record", "_acme-challenge.a.example " + "d" * 43, True),
    ("another name", "_acme-challenge.c.example " + "d" * 43, False),
    ("a digest of 42", "_acme-challenge.a.example " + "d" * 42, False),
    ("$(id)", "_acme-challenge.a.example $(id)" + "d" * 38, False),
    ("no digest", "_acme-challenge.a.example", False),
]:
    write(journal, record.encode() + b"\n")
    r = publisher("", state_dir=work + "/state")
    r.send("ROLE_STOP")
    status = r.ended()
    report(status == 0 and ran().count("done end") == ends and
        ("done" in ran()) == ends, "hook: a journal with %s" % what,
        str((status, ran())))
    r.close()
    remove(journal)

# hook: no record is begun that is not noted
write(linked, b"")
os.link(linked, journal)

r = publisher("", state_dir=work + "/state")
m = r.reply_to("HOOK_PUT", publish(0))
report(m[0] == "CHNG_PUBLISHED" and b"domain-a.records" in m[1] and
    ran() == "" and read(linked) == b"",
    "hook: a journal that has another name elsewhere: nothing is begun", str(m))
r.close()
os.unlink(journal)
os.unlink(linked)

r = publisher("[ $1 = end ] || exec sleep 300")
r.send("HOOK_PUT", publish(0))
wait_for(ran)
r.send("ROLE_STOP")
status = r.ended(100)
report(status == 0 and ran().count("done end") == 1,
    "hook: one that hangs at the end of the run is ended, "
    "and its record removed", str((status, ran())))
r.close()
end()
