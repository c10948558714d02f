# What comes after the first certificate, asked for by peers that lie: each run signs,
# removes and changes only what it was started for.
from hostile_lib import *

REQUESTS = {REVOKE: "KEY_SIGN_REVOKE", ROLLOVER: "KEY_SIGN_ROLLOVER", CONTACT: "KEY_SIGN_CONTACT", DEACTIVATE: "KEY_SIGN_DEACTIVATE"}
ISSUING = ["KEY_SIGN_NEW_ORDER", "KEY_SIGN_REPLACEMENT", "KEY_SIGN_FETCH", "KEY_SIGN_CHALLENGE", "KEY_SIGN_FINALIZE", "KEY_SIGN_NEW_ACCOUNT"]
MODES = {RENEW: "a renewal", REVOKE: "-r", ROLLOVER: "-K", CONTACT: "-U", DEACTIVATE: "-D"}
new_key = work + "/keys/account.pem.new"

def fresh_key_role(**fn):
    if os.path.exists(new_key): os.unlink(new_key)
    return key_role(**fn)[0]

key_role()[0].close()
make_ca()
# key and csr compare bytes: any will do, where a name is among them.
leaf = b"not parsed by key: " + bytes([0x82, len(NAMES[0])]) + NAMES[0].encode()
def pem_of(der): return b"-----BEGIN CERTIFICATE-----\n" + base64.encodebytes(der) + b"-----END CERTIFICATE-----\n"
def to_revoke(r, der=leaf, ours=1, text=None):
    r.send("KEY_REVOCABLE", buf(pem_of(der) if text is None else text))
    r.send("KEY_REVOKE", num(ours) + buf(der))

# key: each run signs what it was started for, and nothing else
for mode, why in MODES.items():
    wrong = [t for m, t in REQUESTS.items() if m != mode] + (ISSUING if mode != RENEW else [])
    for t in wrong:
        r = fresh_key_role(mode=mode)
        if mode == REVOKE: to_revoke(r)
        r.send(t, s(NONCE) + s(ACCOUNT))
        refuses("key: %s in a run for %s" % (t, why), r, "not in this kind of run")
for t in REQUESTS.values():
    r = fresh_key_role(mode=RENEW, account=False)
    r.send(t, s(NONCE) + s(ACCOUNT))
    refuses("key: %s without an account" % t, r, "not in this kind of run")
for mode in (REVOKE, ROLLOVER, CONTACT, DEACTIVATE):
    r = fresh_key_role(mode=mode, account=False)
    r.send("KEY_SIGN_NEW_ACCOUNT", s(NONCE) + s(URL))
    refuses("key: a new account in a run for " + MODES[mode], r, "not in this kind of run")
    r = fresh_key_role(mode=mode)
    if mode == REVOKE: to_revoke(r)
    r.send(REQUESTS[mode], s(NONCE) + s("https://evil.example/x"))
    refuses("key: %s for another origin" % REQUESTS[mode], r, "not a URL of the authority|not the account's URL")

# key: revocation
r = fresh_key_role(mode=REVOKE)
r.send("KEY_SIGN_REVOKE", s(NONCE) + s(URL))
refuses("key: revocation of what certproc has not named", r, "out of order")
r = fresh_key_role(mode=REVOKE, reason=2)
to_revoke(r)
r.send("KEY_SIGN_REVOKE", s(NONCE) + s(URL))
h, p = jws(r.recv())
report(unb64(p["certificate"]) == leaf and p["reason"] == 1 and len(p) == 2 and h["kid"] == ACCOUNT, "hostile: key revokes what certproc has named, for the reason of the command line", str((h, p)))
r.send("KEY_REVOKE", num(1) + buf(b"another one"))
refuses("key: a second certificate to revoke", r, "out of order")
# Which one is meant, certproc may not choose alone: it must be the first one in a file that was there.
NOT_THERE = [("nothing in it", b""), ("another certificate", pem_of(b"another")), ("that one behind another", pem_of(b"another") + pem_of(leaf)),
    ("its beginning", pem_of(leaf[:-3])), ("more behind it", pem_of(leaf + b"xyz")), ("no end", pem_of(leaf)[:-27]), ("it as it is", leaf),
    ("NUL bytes", b"\0" * 60000), ("marks alone", b"-----BEGIN CERTIFICATE----------END CERTIFICATE-----")]
for what, text in NOT_THERE:
    r = fresh_key_role(mode=REVOKE)
    to_revoke(r, text=text)
    refuses("key: to be revoked, and in the file: " + what, r, "neither installed")
r = fresh_key_role(mode=REVOKE)
r.send("KEY_REVOKE", num(1) + buf(leaf))
refuses("key: to be revoked, where no file was there", r, "neither installed")
r = fresh_key_role(mode=REVOKE)
for _ in range(5): r.send("KEY_REVOCABLE", buf(pem_of(leaf)))
refuses("key: a fifth file", r, "too often")
r = fresh_key_role(mode=REVOKE)
to_revoke(r, text=b"text before\n" + pem_of(leaf).replace(b"\n", b" \r\n\t") + pem_of(b"another"))
r.send("KEY_SIGN_REVOKE", s(NONCE) + s(URL))
report(unb64(jws(r.recv())[1]["certificate"]) == leaf, "hostile: key: other white space in the file")
r.close()
# It has a name of the handle's, or csr says that it has a key of its own.
long_name = ".".join(["a" * 60] * 3) + ".example"
for what, names, der, ours, signed in [("a name, no key", NAMES, leaf, 0, True), ("a name in other letter case", NAMES, leaf.replace(b"example", b"EXAMPLE"), 0, True),
        ("a key, no name", NAMES, b"no name", 1, True), ("neither", NAMES, b"no name", 0, False), ("a name that is longer", NAMES, b"\x82\x0da.example.net", 0, False),
        ("an address", ["192.0.2.7"], b"x\x87\x04\xc0\x00\x02\x07", 0, True), ("another address", ["192.0.2.7"], b"x\x87\x04\xc0\x00\x02\x08", 0, False),
        ("a long name", [long_name], b"\x82\x81" + bytes([len(long_name)]) + long_name.encode(), 0, True), ("half a name", NAMES, leaf[:-3], 0, False)]:
    r = fresh_key_role(mode=REVOKE, names=names)
    to_revoke(r, der, ours)
    r.send("KEY_SIGN_REVOKE", s(NONCE) + s(URL))
    m = r.recv()
    report(m[0] == "NET_SIGNED" and (m[1] != s(None)) == signed and ("neither a key nor a name" in r.said()) != signed,
        "hostile: key: to be revoked: %s: %ssigned" % (what, "" if signed else "not "), str(m))
    r.close()

# key: -t
def show_role(force=0, path="/keys/account.pem"):
    r = Role("keyproc")
    r.send("ROLE_CONF", conf_of(SHOW) + key_slice(path, force=force))
    r.send("ROLE_START")
    r.send("KEY_ACCOUNT", s(None) + s(None) + s(None))
    return r, r.recv()
for f in (".new", ".old", ".refused"):
    if os.path.exists(work + "/keys/account.pem" + f): os.unlink(work + "/keys/account.pem" + f)
own = key_role()[1]
r, m = show_role()
report(m == ("CERT_SHOW_ACCOUNT", s(own) + s(None)), "hostile: key: -t: the thumbprint", str(m))
r.send("KEY_SIGN_FIND_ACCOUNT", s(NONCE) + s(URL))
refuses("key: a request to sign in a run of -t", r, "not in this kind of run")
r, m = show_role(path="/keys/absent.pem")
report(m == ("CERT_SHOW_ACCOUNT", s(None) + s(None)) and not os.path.exists(work + "/keys/absent.pem"), "hostile: key: -t without a key makes none", str(m))
r.close()
r, m = show_role(1, "/keys/absent.pem")
report(m is not None and len(m[1]) == 4 + 44 + 4 and os.path.exists(work + "/keys/absent.pem"), "hostile: key: -F -t makes one", str(m))
r.close()
os.unlink(work + "/keys/absent.pem")

# certproc: -t
def shown_role(stored=True):
    r = Pair()
    r.file.send("ROLE_CONF", conf_of(SHOW) + s(work + "/state") + s(None) + s("a"))
    r.file.send("ROLE_START")
    r.send("ROLE_CONF", conf_of(SHOW) + num(0) + num(0) + num(1000) + num(0) + s("a") + s(ORIGIN) + s(None) + num(0) + strings([]) + num(0))
    r.send("ROLE_START")
    while True:
        m = r.recv()
        if m is None or m[0] in ("KEY_ACCOUNT", "timeout"): return r, m
for what, body, why in [("escapes for a thumbprint", s("\x1b[2J" * 10) + s(None), "not a thumbprint"), ("one that is too short", s("a" * 42) + s(None), "not a thumbprint"),
        ("a second one that is none", s("a" * 43) + s("x"), "not a thumbprint")]:
    r, m = shown_role()
    r.send("CERT_SHOW_ACCOUNT", body)
    refuses("certproc: -t: " + what, r, why)
r, m = shown_role()
r.send("CERT_SHOW_ACCOUNT", s("a" * 43) + s(None))
m = r.recv()
report(m == ("PARENT_OUTCOME", num(1)), "hostile: certproc: -t: it is printed", str(m))
r.send("CERT_SHOW_ACCOUNT", s("a" * 43) + s(None))
refuses("certproc: -t: twice", r, "out of order|too often")

# key: rollover
r = fresh_key_role(mode=ROLLOVER)
r.send("KEY_SIGN_ROLLOVER", s(NONCE) + s(URL))
h, p = jws(r.recv())
inner = json.loads(unb64(p["protected"])), json.loads(unb64(p["payload"]))
report(h["kid"] == ACCOUNT and sorted(inner[0]) == ["alg", "jwk", "url"] and inner[0]["url"] == URL and
    sorted(inner[1]) == ["account", "oldKey"] and inner[1]["account"] == ACCOUNT and inner[1]["oldKey"] != inner[0]["jwk"] and
    "d" not in inner[0]["jwk"] and "d" not in inner[1]["oldKey"], "hostile: key rolls over to its own new key", str((h, inner)))
r.send("KEY_SET_ACCOUNT", s(ACCOUNT + "7"))
refuses("key: another account after a rollover", r, "the account is")
report(os.path.exists(new_key), "hostile: key: the new key was durable before anything was signed")
r = fresh_key_role(mode=ROLLOVER)
for _ in range(30): r.send("KEY_SIGN_ROLLOVER", s(NONCE) + s(URL))
got = 0
while True:
    m = r.recv()
    if m is None or m[0] != "NET_SIGNED": break
    got += 1
report(got == 20 and r.ended() == 1 and "too often" in r.said(), "hostile: key: 30 rollovers: 20 signed, then the end", "%d %s" % (got, r.said()))
r.close()
for mode, why in MODES.items():
    if mode == REVOKE: continue
    r = fresh_key_role(mode=mode)
    r.send("KEY_NO_ACCOUNT")
    refuses("key: 'no such account' when nobody asked, in a run for " + why, r, "out of order")

# key: a stored account is a hint, the CA's word holds for the run
def stored_role(mode=RENEW):
    """With an account stored that the CA has not confirmed in this run."""
    r = Role("keyproc")
    r.send("ROLE_CONF", conf_of(mode) + key_slice())
    if mode in (RENEW, REVOKE): r.send("ROLE_DOMAIN", s(None) + num(0) + strings(NAMES))
    r.send("ROLE_START")
    r.send("KEY_ACCOUNT", s(own_thumbprint) + s(ACCOUNT) + s(None))
    if mode == RENEW: r.recv()
    r.send("KEY_ASK_ACCOUNT")
    report(r.recv() == ("NET_ACCOUNT", num(1) + s(ACCOUNT)), "hostile: key: the stored account, mode %d" % mode)
    return r
for f in (".new", ".old", ".refused"):
    if os.path.exists(work + "/keys/account.pem" + f): os.unlink(work + "/keys/account.pem" + f)
own_thumbprint = key_role()[1]
r = stored_role()
r.send("KEY_SET_ACCOUNT", s(ACCOUNT + "7"))
refuses("key: another account where the CA was not to be asked", r, "the account is")
r = stored_role()
r.send("KEY_SIGN_NEW_ACCOUNT", s(NONCE) + s(URL))
refuses("key: a new account without asking for the old one", r, "out of order")
r = stored_role()
r.send("KEY_RECHECK_ACCOUNT", s(ACCOUNT)); r.recv()
r.send("KEY_SIGN_NEW_ACCOUNT", s(NONCE) + s(URL))
refuses("key: a new account before the CA was asked by the key", r, "out of order")
for mode in (REVOKE, ROLLOVER, CONTACT, DEACTIVATE):
    if os.path.exists(new_key): os.unlink(new_key)
    r = stored_role(mode)
    r.send("KEY_RECHECK_ACCOUNT", s(ACCOUNT)); r.recv()
    r.send("KEY_NO_ACCOUNT"); r.recv()
    r.send("KEY_SIGN_NEW_ACCOUNT", s(NONCE) + s(URL))
    refuses("key: a new account for a lost one in a run for " + MODES[mode], r, "not in this kind of run")
if os.path.exists(new_key): os.unlink(new_key)
r = stored_role()
r.send("KEY_RECHECK_ACCOUNT", s(ACCOUNT))
m = r.recv()
r.send("KEY_SET_ACCOUNT", s(ACCOUNT + "7"))
n = r.recv(), r.recv()
report(m == ("NET_ACCOUNT", num(2) + s(ACCOUNT)) and n == (("CERT_ACCOUNT", s(own_thumbprint) + s(ACCOUNT + "7") + s(None)), ("NET_ACCOUNT", num(1) + s(ACCOUNT + "7"))),
    "hostile: key: the CA names another account, once", str((m, n)))
r.send("KEY_RECHECK_ACCOUNT", s(ACCOUNT + "7"))
report(r.recv() == ("NET_ACCOUNT", num(1) + s(ACCOUNT + "7")), "hostile: key: what the CA has named is not asked for again")
r.send("KEY_SET_ACCOUNT", s(ACCOUNT + "8"))
refuses("key: a third account in one run", r, "the account is")
r = stored_role()
for _ in range(9): r.send("KEY_NO_ACCOUNT")
refuses("key: 'no such account' where it was not asked for", r, "out of order")
r = stored_role()
r.send("KEY_LEAVE_ACCOUNT", num(7))
refuses("key: leaves the account in no known way", r, "malformed")

# key: the account's own URL only
for mode in (CONTACT, DEACTIVATE):
    r = fresh_key_role(mode=mode)
    r.send(REQUESTS[mode], s(NONCE) + s(ACCOUNT + "/orders"))
    refuses("key: %s for another URL" % REQUESTS[mode], r, "not the account's URL")
r = fresh_key_role(mode=DEACTIVATE)
r.send("KEY_SIGN_DEACTIVATE", s(NONCE) + s(ACCOUNT))
report(jws(r.recv())[1] == {"status": "deactivated"}, "hostile: key deactivates with -D")
r.close()

# key: external account binding
mac = work + "/keys/mac"
with open(os.open(mac, os.O_WRONLY | os.O_CREAT, 0o600), "w") as f: f.write("zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W\n")
if os.getuid() == 0: os.chown(mac, 0, 0)
r = fresh_key_role(account=False, eab=("kid-1", mac, "HS256"))
r.send("KEY_NO_ACCOUNT"); r.recv()
r.send("KEY_SIGN_NEW_ACCOUNT", s(NONCE) + s(URL))
h, p = jws(r.recv())
b = p["externalAccountBinding"]
protected = json.loads(unb64(b["protected"]))
import hmac
key = unb64(open(mac).read().strip())
good_mac = hmac.new(key, (b["protected"] + "." + b["payload"]).encode(), hashlib.sha256).digest() == unb64(b["signature"])
report(good_mac and protected == {"alg": "HS256", "kid": "kid-1", "url": URL} and json.loads(unb64(b["payload"])) == h["jwk"], "hostile: key binds a new account", str((protected, good_mac)))
r.send("KEY_SET_ACCOUNT", s(ACCOUNT))
r.recv(), r.recv()
r.send("KEY_SIGN_NEW_ACCOUNT", s(NONCE) + s(URL))
refuses("key: external account binding once more", r, "out of order")
os.unlink(mac)

# key: what an order replaces is file's word
r = fresh_key_role()
r.send("KEY_SIGN_REPLACEMENT", s(NONCE) + s(URL))
refuses("key: a replacement where there is nothing to replace", r, "nothing to replace")
r = fresh_key_role(replaces="aki.serial")
r.send("KEY_SIGN_REPLACEMENT", s(NONCE) + s(URL))
report(jws(r.recv())[1]["replaces"] == "aki.serial", "hostile: key names what certproc has named as replaced")
r.close()

# csr
def csr_role(mode):
    r = Role("csrproc")
    r.send("ROLE_CONF", conf_of(mode) + num(2) + strings([ORIGIN]))
    r.send("ROLE_DOMAIN", csr_slice())
    r.send("ROLE_START")
    r.send("CSR_LOOK", num(0))
    r.recv()
    return r
def revoking_csr(der=leaf):
    """csr, which has been told to revoke this, and its answers."""
    r = csr_role(REVOKE)
    r.send("CSR_REVOCABLE", buf(pem_of(der)))
    r.send("CSR_REVOKE", buf(der))
    return r, [r.recv(), r.recv()]
def der_for(path): return openssl("req", "-new", "-x509", "-key", path, "-subj", "/CN=x", "-days", "9", "-outform", "DER")
r = csr_role(RENEW)
r.send("CSR_MAKE")
r.recv(), r.recv(), r.recv()
r.close()
report(os.path.exists(key_path), "hostile: csr: a key for what follows")
for t, body in [("CSR_SIGN_REVOKE", s(NONCE) + s(URL)), ("CSR_REVOCABLE", buf(leaf)), ("CSR_REVOKE", buf(leaf)), ("CSR_DISCARD", num(1) + buf(b"h" * 32))]:
    r = csr_role(RENEW)
    r.send(t, body)
    refuses("csr: %s in a run for a renewal" % t, r, "not in this kind of run")
for t, body in [("CSR_MAKE", b""), ("CSR_NEW_KEY", num(0)), ("CSR_ADOPT", buf(b"x")), ("CSR_COMBINE", buf(b"x"))]:
    r = csr_role(REVOKE)
    r.send(t, body)
    refuses("csr: %s in a run for -r" % t, r, "not in this kind of run")

# csr with -B: the key before the live one goes live by its certificate, and nothing is made
for t, body in [("CSR_MAKE", b""), ("CSR_NEW_KEY", num(0)), ("CSR_REVOKE", buf(leaf)), ("CSR_DISCARD", num(1) + buf(b"h" * 32)), ("CSR_SIGN_REVOKE", s(NONCE) + s(URL))]:
    r = csr_role(RESTORE)
    r.send(t, body)
    refuses("csr: %s in a run for -B" % t, r, "not in this kind of run")
for what, of in (("another", "/other.key"), ("the live", "/ssl/private/a.key"), ("the right", "/ssl/private/a.key.old")):
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", work + "/other.key")
    openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", key_path + ".old")
    was, before = open(key_path, "rb").read(), open(key_path + ".old", "rb").read()
    r = csr_role(RESTORE)
    r.send("CSR_ADOPT", buf(der_for(work + of)))
    m = r.recv()
    now = open(key_path, "rb").read(), open(key_path + ".old", "rb").read()
    good = what == "the right"
    report(m == ("CERT_CSR_DONE", num(good)) and now == ((before, was) if good else (was, before)) and not os.path.exists(key_path + ".new"),
        "hostile: csr: with -B, by a certificate for %s key" % what, str(m))
    r.close()
os.unlink(key_path + ".old")

# csr while the configuration is read: any bytes for a CSR, and nothing but names from it
def naming_role():
    r = Role("csrproc")
    r.send("ROLE_CONF", conf_of(NAMES_MODE) + num(0) + strings([]))
    r.send("ROLE_START")
    return r
r = naming_role()
good = csr(key_path, NAMES)
for text in [b"", b"\0", b"x" * 65536, good[:-1], b"-----BEGIN CERTIFICATE REQUEST-----\n", b"\x30\x84\xff\xff\xff\xff",
        csr(key_path, ["a" * 300]), csr(key_path, ["n%d.example" % i for i in range(101)])]:
    r.send("CSR_NAMES", buf(text))
    m = r.recv()
    report(m and m[0] == "PARENT_NAMES" and m[1][:4] != b"\xff" * 4 and m[1].endswith(num(0)), "hostile: csr: no names in %r, of %d bytes" % (text[:8], len(text)), str(m))
r.send("CSR_NAMES", buf(good))
m = r.recv()
report(m == ("PARENT_NAMES", s(None) + strings(NAMES)), "hostile: csr: the names in a good one after these", str(m))
r.close()
for t, body in [("CSR_LOOK", b""), ("CSR_MAKE", b""), ("CSR_SIGN_REVOKE", s(NONCE) + s(URL)), ("CSR_DISCARD", b""), ("CSR_ADOPT", b"")]:
    r = naming_role()
    r.send(t, body)
    refuses("csr: %s while the configuration is read" % t, r, "not in this kind of run")
for mode in (RENEW, REVOKE):
    r = csr_role(mode)
    r.send("CSR_NAMES", buf(good))
    refuses("csr: CSR_NAMES in a run of mode %d" % mode, r, "not in this kind of run")

r = csr_role(REVOKE)
r.send("CSR_SIGN_REVOKE", s(NONCE) + s(URL))
refuses("csr: revocation of what certproc has not named", r, "nothing to revoke")
for what, nonce, url in [("another origin", NONCE, "https://evil.example/x"), ("a nonce with a quote", 'a"b', URL)]:
    r, _ = revoking_csr()
    r.send("CSR_SIGN_REVOKE", s(nonce) + s(url))
    refuses("csr: revocation with " + what, r, "not a nonce and a URL")
r, answers = revoking_csr()
own = der_for(key_path)
report(answers == [("KEY_REVOKE", num(0) + buf(leaf)), ("CERT_CSR_DONE", num(1))], "hostile: csr tells key of what is for none of its keys", str(answers))
r.send("CSR_SIGN_REVOKE", s(NONCE) + s(URL))
m = r.recv()
report(m == ("NET_SIGNED", s(None)) and "is not the key of the certificate" in r.said(), "hostile: csr: signs no revocation of a certificate for another key", str(m))
r.close()
for suffix in ("", ".new", ".old"):
    path = key_path + suffix
    if suffix: openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", path)
    r, answers = revoking_csr(der_for(path))
    report(answers[0][0] == "KEY_REVOKE" and answers[0][1][:8] == num(1), "hostile: csr tells key that it is for its key" + suffix, str(answers))
    r.close()
    if suffix: os.unlink(path)
for what, text in NOT_THERE:
    r = csr_role(REVOKE)
    r.send("CSR_REVOCABLE", buf(text))
    r.send("CSR_REVOKE", buf(leaf))
    refuses("csr: to be revoked, and in the file: " + what, r, "neither installed")
r, _ = revoking_csr(own)
r.send("CSR_SIGN_REVOKE", s(NONCE) + s(URL))
h, p = jws(r.recv())
report(unb64(p["certificate"]) == own and p["reason"] == 1 and "kid" not in h and "d" not in h["jwk"], "hostile: csr revokes what certproc has named, by the certificate's key", str((h, p)))
r.close()
r = csr_role(RENEW)
r.send("CSR_ADOPT", buf(b"no certificate"))
m = r.recv()
report(m == ("CERT_CSR_DONE", num(0)) and os.path.exists(key_path), "hostile: csr: adopting where there is no new key loses none", str(m))
r.close()
openssl("genpkey", "-algorithm", "EC", "-pkeyopt", "ec_paramgen_curve:P-256", "-out", key_path + ".new")
live = open(key_path, "rb").read()
r = csr_role(RENEW)
r.send("CSR_ADOPT", buf(der_for(key_path)))
m = r.recv()
report(m == ("CERT_CSR_DONE", num(0)) and open(key_path, "rb").read() == live and "another key" in r.said(), "hostile: csr: a new key goes live by its certificate only", str(m))
r.send("CSR_ADOPT", buf(der_for(key_path + ".new")))
refuses("csr: adopting twice", r, "too often")
r = csr_role(RENEW)
new = open(key_path + ".new", "rb").read()
r.send("CSR_ADOPT", buf(der_for(key_path + ".new")))
m = r.recv()
report(m == ("CERT_CSR_DONE", num(1)) and open(key_path, "rb").read() == new and open(key_path + ".old", "rb").read() == live, "hostile: csr: the replaced key is kept", str(m))
r.close()
os.rename(key_path + ".old", key_path)
both = work + "/ssl/private/both.pem"
one = issue(key_path, 9)
for what, text, ok in [("a chain", one + one, True), ("a key behind the chain", one + open(key_path, "rb").read(), False), ("text", b"owned\n", False), ("a block without end", one[:-30], False), ("nothing", b"", False), ("a line of 65", one.replace(b"\n", b"", 3), False)]:
    r = Role("csrproc")
    r.send("ROLE_CONF", conf_of(RENEW) + num(0) + strings([ORIGIN]))
    r.send("ROLE_DOMAIN", csr_slice(combined=both))
    r.send("ROLE_START")
    r.send("CSR_LOOK", num(0))
    r.recv()
    r.send("CSR_COMBINE", buf(text))
    if ok: report(r.recv() == ("CERT_CSR_DONE", num(1)) and open(both, "rb").read().endswith(one + one), "hostile: csr: %s beside the key" % what); r.close()
    else: refuses("csr: %s beside the key" % what, r, "not certificates")
os.unlink(both)

# cert: revocation
cert = issue(key_path, 60)
open(cert_path, "wb").write(cert)
der = subprocess.run(["openssl", "x509", "-outform", "DER"], input=cert, capture_output=True, check=True).stdout
def revoking_cert():
    """certproc, which has csr's answer; and what it has said."""
    r, m = cert_role(mode=REVOKE)
    said = [m]
    while said[-1][0] in ("KEY_REVOCABLE", "CSR_REVOCABLE"): said.append(r.recv())
    r.send("CERT_CSR_DONE", num(1))
    return r, said + [r.recv()]
r, m = revoking_cert()
report(m[:3] == [("KEY_REVOCABLE", buf(cert)), ("CSR_REVOCABLE", buf(cert)), ("CSR_REVOKE", buf(der))] and m[3][0] == "NET_JOB" and m[3][1][:8] == num(4),
    "hostile: cert names the installed certificate to csr, file sends both what it has read", str([n[0] for n in m]))
r.send("CERT_CHAIN", num(0) + buf(cert))
refuses("cert: a chain in a run for -r", r, "not in this kind of run")
r, m = cert_role(mode=REVOKE, start=False)
r.recv(), r.recv()
r.send("CERT_DONE")
refuses("cert: revoked, before it was to be", r, "out of order")
r, m = revoking_cert()
r.send("CERT_FAILED", num(1) + num(0) + num(0) + s("no"))
answers = r.recv(), r.recv()
report(("PARENT_OUTCOME", num(3)) in answers and open(cert_path, "rb").read() == cert, "hostile: cert: what is not revoked stays", str(answers))
r.close()
for t, body in [("CERT_DONE", b""), ("CERT_WINDOW", num(1) * 3), ("CERT_STATUS", num(0) + buf(b"x")), ("CERT_CSR_DONE", num(1))]:
    r, m = cert_role(1)
    r.send(t, body)
    refuses("cert: %s while a certificate is being ordered" % t, r, "out of order|not in this kind of run")
    report(open(cert_path, "rb").read() == cert, "hostile: cert: %s: nothing is removed" % t)

# cert: what net says about the key
r, m = cert_role(1)
r.send("CERT_KEY_REFUSED")
answers = r.recv(), r.recv()
report(answers == (("CSR_NEW_KEY", num(2)), ("NET_JOB_DONE", num(3))), "hostile: cert: a key that the CA refuses: csr is to make another", str(answers))
r.send("CERT_KEY_REFUSED")
r.recv(), r.recv()
r.send("CERT_KEY_REFUSED")
refuses("cert: a key that the CA refuses, three times", r, "too often")
remembered = json.load(open(work + "/state/domain-a.json"))["refused key"]
report(remembered == spki_hash(key_path).hex() and open(cert_path, "rb").read() == cert, "hostile: cert: a key that the CA refuses: which one is remembered", remembered)
r, m = revoking_cert()
r.send("CERT_KEY_REFUSED")
refuses("cert: a key that the CA refuses, in a run for -r", r, "not in this kind of run")
r = csr_role(RENEW)
r.send("CSR_NEW_KEY", num(3))
refuses("csr: a new key for a reason that there is not", r, "malformed")
os.unlink(work + "/state/domain-a.json")

# cert: what net says about the time of renewal
aki = "authorityKeyIdentifier=keyid\n"
def forget():
    for f in os.listdir(work + "/state"):
        if f.endswith(".json"): os.unlink(work + "/state/" + f)
dated = issue(key_path, 90, more=aki)
open(cert_path, "wb").write(dated)
now = int(time.time())
for what, start, until, retry in [("the year 9999", 253370764800, 253402300799, 3600), ("2^63", 1 << 63, (1 << 63) + 1, 3600), ("2^64-1", (1 << 64) - 1, (1 << 64) - 1, 3600),
        ("the end before the start", now + 2000, now + 1000, 3600), ("nothing", 0, 0, 3600), ("Retry-After 2^64-1", 0, 0, (1 << 64) - 1), ("Retry-After 0", now + 10**6, now + 2 * 10**6, 0)]:
    forget()
    r, _ = cert_role(start=False)
    while r.recv()[0] != "KEY_ACCOUNT": pass
    r.send("CERT_NEXT")
    job = r.recv()
    r.send("CERT_WINDOW", num(start) + num(until) + num(retry))
    m = r.recv()
    w = json.load(open(work + "/state/domain-a.json"))["renewal"]
    report(job[1][:8] == num(2) and m == ("PARENT_OUTCOME", num(2)) and 55 <= w["ask again"] - now <= 86400 + 10, "hostile: cert: a window of " + what, "%s %s %s" % (job, m, w))
    r.close()
forget()
r, _ = cert_role(start=False)
while r.recv()[0] != "KEY_ACCOUNT": pass
r.send("CERT_NEXT"); r.recv()
r.send("CERT_WINDOW", num(now - 200) + num(now - 100) + num(60))
time.sleep(0.2)
r.send("CERT_NEXT")
begin, job = r.recv(), r.recv()
report(begin[0] == "KEY_BEGIN" or begin[0] == "CSR_NEW_KEY", "hostile: cert: 'now' once", str((begin, job)))
r.close()
for f in os.listdir(work + "/state"):
    if f.endswith(".json"):
        state = json.load(open(work + "/state/" + f))
        state["renewal"]["ask again"] = state["attempts"] = 0
        state["renewed early"] = int(time.time()) - 60
        json.dump(state, open(work + "/state/" + f, "w"))
r, _ = cert_role(start=False)
while r.recv()[0] != "KEY_ACCOUNT": pass
r.send("CERT_NEXT"); r.recv()
r.send("CERT_WINDOW", num(now - 90) + num(now - 80) + num(60))
m = r.recv()
report(m == ("PARENT_OUTCOME", num(2)), "hostile: cert: 'now' not twice in a day", str(m))
r.close()

# cert: what net carries about revocation counts only if the issuer has signed it
forget()
open(cert_path, "wb").write(issue(key_path, 60, more="crlDistributionPoints=URI:http://x.example/l\n") + open(work + "/ca.pem", "rb").read())
def asked():
    """The role, once it has sent net to ask."""
    forget()
    r, m = cert_role(check=1)
    report(m[0] == "NET_JOB" and m[1][:8] in (num(2), num(3)), "hostile: cert has revocation asked about", str(m))
    if m[1][:8] == num(2):
        # Some openssl(1) name the issuer's key by themselves.
        r.send("CERT_WINDOW", num(0) + num(0) + num(3600))
        r.send("CERT_NEXT"); r.recv()
    return r
for what, answer in [("garbage", os.urandom(3000)), ("nothing", b""), ("a certificate", der)]:
    r = asked()
    r.send("CERT_STATUS", num(0) + buf(answer))
    m = r.recv()
    report(m == ("PARENT_OUTCOME", num(2)), "hostile: cert: %s for a revocation list" % what, str(m))
    r.close()
r = asked()
r.send("CERT_STATUS", num(1) + buf(b""))
refuses("cert: pieces of a list with nothing in them", r, "malformed")
r = asked()
for _ in range(300): r.send("CERT_STATUS", num(1) + buf(b"x" * 65536))
refuses("cert: a list of 20 MB", r, "too much")

# cert: chains to choose from
open(cert_path, "wb").write(cert)
r, m = cert_role(1)
r.send("CERT_LAST_CHAIN")
refuses("cert: a last chain where there is no choice", r, "nothing to choose from")
r, m = cert_role(1, preferred="x")
r.send("CERT_LAST_CHAIN")
answers = r.recv(), r.recv()
report(("PARENT_OUTCOME", num(3)) in answers and open(cert_path, "rb").read() == cert, "hostile: cert: no chain at all", str(answers))
r.close()
r, m = cert_role(1, preferred="x")
for _ in range(30): r.send("CERT_CHAIN", num(0) + buf(b"garbage"))
got = 0
while True:
    m = r.recv()
    if m is None or m[0] == "timeout": break
    got += 1
report(r.ended() == 1 and "too often" in r.said() and got <= 21 and open(cert_path, "rb").read() == cert, "hostile: cert: 30 chains to choose from", "%d %s" % (got, r.said()))
r.close()
end()
