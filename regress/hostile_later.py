# What comes after the first certificate, asked for by peers that lie: each run
# signs, removes and changes only what it was started for.
import hmac
from hostile_lib import *

REQUESTS = {
    REVOKE: "KEY_SIGN_REVOKE",
    ROLLOVER: "KEY_SIGN_ROLLOVER",
    CONTACT: "KEY_SIGN_CONTACT",
    DEACTIVATE: "KEY_SIGN_DEACTIVATE",
}
ISSUING = ["KEY_SIGN_NEW_ORDER", "KEY_SIGN_REPLACEMENT", "KEY_SIGN_FETCH",
    "KEY_SIGN_CHALLENGE", "KEY_SIGN_FINALIZE", "KEY_SIGN_NEW_ACCOUNT"]
MODES = {
    RENEW: "a renewal",
    REVOKE: "-r",
    ROLLOVER: "-K",
    CONTACT: "-U",
    DEACTIVATE: "-D",
}
account_key = work + "/keys/account.pem"
new_key = account_key + ".new"
other_key = work + "/other.key"
REFUSED = ("NET_SIGNED", s(None))

def only_account_key():
    for suffix in (".new", ".old", ".refused"): remove(account_key + suffix)

def fresh_key_role(**fn):
    remove(new_key)
    return key_role(**fn)[0]

key_role()[0].close()
make_ca()

# key and csr compare bytes: any will do, where a name is among them. In DER, a
# name's tag and length come before it.
def san(tag, name):
    length = bytes([len(name)])
    return tag + (length if len(name) < 0x80 else b"\x81" + length) + name

DNS, ADDRESS = b"\x82", b"\x87"
leaf = b"not parsed by key: " + san(DNS, NAMES[0].encode())
BEGIN = b"-----BEGIN CERTIFICATE-----"
END = b"-----END CERTIFICATE-----"

def pem_of(der):
    return BEGIN + b"\n" + base64.encodebytes(der) + END + b"\n"

def to_revoke(r, der=leaf, ours=1, text=None):
    r.send("KEY_REVOCABLE", buf(pem_of(der) if text is None else text))
    r.send("KEY_REVOKE", num(ours) + buf(der))

# key: each run signs what it was started for, and nothing else
for mode, why in MODES.items():
    wrong = [t for m, t in REQUESTS.items() if m != mode]
    if mode != RENEW: wrong += ISSUING
    for t in wrong:
        r = fresh_key_role(mode=mode)
        if mode == REVOKE: to_revoke(r)
        r.send(t, to_sign(ACCOUNT))
        refuses("key: %s in a run for %s" % (t, why), r,
            "not in this kind of run")

for t in REQUESTS.values():
    r = fresh_key_role(mode=RENEW, account=False)
    r.send(t, to_sign(ACCOUNT))
    refuses("key: %s without an account" % t, r, "not in this kind of run")

for mode in (REVOKE, ROLLOVER, CONTACT, DEACTIVATE):
    r = fresh_key_role(mode=mode, account=False)
    r.send("KEY_SIGN_NEW_ACCOUNT", to_sign())
    refuses("key: a new account in a run for " + MODES[mode], r,
        "not in this kind of run")
    r = fresh_key_role(mode=mode)
    if mode == REVOKE: to_revoke(r)
    r.send(REQUESTS[mode], to_sign("https://evil.example/x"))
    refuses("key: %s for another origin" % REQUESTS[mode], r,
        "not a URL of the authority|not the account's URL")

# key: revocation
r = fresh_key_role(mode=REVOKE)
r.send("KEY_SIGN_REVOKE", to_sign())
refuses("key: revocation of what certproc has not named", r, "out of order")

r = fresh_key_role(mode=REVOKE, reason=2)
to_revoke(r)
r.send("KEY_SIGN_REVOKE", to_sign())
h, p = jws(r.recv())
revoked = len(p) == 2 and unb64(p["certificate"]) == leaf and p["reason"] == 1
report(revoked and h["kid"] == ACCOUNT,
    "key revokes what certproc has named, for the reason of the command line",
    str((h, p)))
r.send("KEY_REVOKE", num(1) + buf(b"another one"))
refuses("key: a second certificate to revoke", r, "out of order")

# certproc does not choose alone which certificate is revoked: it must be the
# first one in a file that was there when the run began.
NOT_THERE = [
    ("nothing in it", b""),
    ("another certificate", pem_of(b"another")),
    ("that one behind another", pem_of(b"another") + pem_of(leaf)),
    ("its beginning", pem_of(leaf[:-3])),
    ("more behind it", pem_of(leaf + b"xyz")),
    ("no end", pem_of(leaf)[:-27]),
    ("it as it is", leaf),
    ("NUL bytes", b"\0" * 60000),
    ("marks alone", BEGIN + END),
]

for what, text in NOT_THERE:
    r = fresh_key_role(mode=REVOKE)
    to_revoke(r, text=text)
    refuses("key: to be revoked, and in the file: " + what, r,
        "neither installed")

r = fresh_key_role(mode=REVOKE)
r.send("KEY_REVOKE", num(1) + buf(leaf))
refuses("key: to be revoked, where no file was there", r, "neither installed")

r = fresh_key_role(mode=REVOKE)
for _ in range(5): r.send("KEY_REVOCABLE", buf(pem_of(leaf)))
refuses("key: a fifth file", r, "too often")

r = fresh_key_role(mode=REVOKE)
to_revoke(r, text=b"text before\n" + pem_of(leaf).replace(b"\n", b" \r\n\t") +
    pem_of(b"another"))
r.send("KEY_SIGN_REVOKE", to_sign())
report(unb64(jws(r.recv())[1]["certificate"]) == leaf,
    "key: other white space in the file")
r.close()

# What is to be revoked has one of the handle's names, or csr says that it has
# one of the handle's keys.
long_name = ".".join(["a" * 60] * 3) + ".example"
in_capitals = leaf.replace(b"example", b"EXAMPLE")
longer = san(DNS, b"a.example.net")
address, other = san(ADDRESS, b"\xc0\0\2\7"), san(ADDRESS, b"\xc0\0\2\x08")

for what, names, der, ours, signed in [
    ("a name, no key", NAMES, leaf, 0, True),
    ("a name in other letter case", NAMES, in_capitals, 0, True),
    ("a key, no name", NAMES, b"no name", 1, True),
    ("neither", NAMES, b"no name", 0, False),
    ("a name that is longer", NAMES, longer, 0, False),
    ("an address", ["192.0.2.7"], b"x" + address, 0, True),
    ("another address", ["192.0.2.7"], b"x" + other, 0, False),
    ("a long name", [long_name], san(DNS, long_name.encode()), 0, True),
    ("half a name", NAMES, leaf[:-3], 0, False),
]:
    r = fresh_key_role(mode=REVOKE, names=names)
    to_revoke(r, der, ours)
    m = r.reply_to("KEY_SIGN_REVOKE", to_sign())
    got = m[0] == "NET_SIGNED" and (m[1] != s(None)) == signed
    said = "neither a key nor a name" in r.said()
    report(got and said != signed, "key: to be revoked: %s: %ssigned" %
        (what, "" if signed else "not "), str(m))
    r.close()

# key: -t
def show_role(force=0, path="/keys/account.pem"):
    r = Role("keyproc")
    r.send("ROLE_CONF", conf_of(SHOW) + key_slice(path, force=force))
    r.send("ROLE_START")
    r.send("KEY_ACCOUNT", s(None) + s(None) + s(None))
    return r, r.recv()

only_account_key()
own = key_role()[1]

r, m = show_role()
same("key: -t: the thumbprint", ("CERT_SHOW_ACCOUNT", s(own) + s(None)), m)
r.send("KEY_SIGN_FIND_ACCOUNT", to_sign())
refuses("key: a request to sign in a run of -t", r, "not in this kind of run")
absent = work + "/keys/absent.pem"

r, m = show_role(path="/keys/absent.pem")
nothing = ("CERT_SHOW_ACCOUNT", s(None) + s(None))
report(m == nothing and not os.path.exists(absent),
    "key: -t without a key makes none", str(m))
r.close()

r, m = show_role(1, "/keys/absent.pem")
report(m is not None and len(m[1]) == 4 + 44 + 4 and os.path.exists(absent),
    "key: -F -t makes one", str(m))
r.close()
os.unlink(absent)

# certproc: -t
def shown_role():
    r = Pair()
    r.file.send("ROLE_CONF", conf_of(SHOW) + file_conf())
    r.file.send("ROLE_START")
    r.send("ROLE_CONF", conf_of(SHOW) + cert_conf())
    r.send("ROLE_START")
    while True:
        m = r.recv()
        if m is None or m[0] in ("KEY_ACCOUNT", "timeout"): return r, m

for what, body in [
    ("escapes for a thumbprint", s("\x1b[2J" * 10) + s(None)),
    ("one that is too short", s("a" * 42) + s(None)),
    ("a second one that is none", s("a" * 43) + s("x")),
]:
    r, m = shown_role()
    r.send("CERT_SHOW_ACCOUNT", body)
    refuses("certproc: -t: " + what, r, "not a thumbprint")

r, m = shown_role()
m = r.reply_to("CERT_SHOW_ACCOUNT", s("a" * 43) + s(None))
same("certproc: -t: it is printed", INSTALLED, m)
r.send("CERT_SHOW_ACCOUNT", s("a" * 43) + s(None))
refuses("certproc: -t: twice", r, "out of order|too often")

# key: rollover
r = fresh_key_role(mode=ROLLOVER)
r.send("KEY_SIGN_ROLLOVER", to_sign())
h, p = jws(r.recv())
inner = json.loads(unb64(p["protected"]))
change = json.loads(unb64(p["payload"]))
was, now = change["oldKey"], inner["jwk"]
report(h["kid"] == ACCOUNT and change == {"account": ACCOUNT, "oldKey": was} and
    sorted(inner) == ["alg", "jwk", "url"] and inner["url"] == URL and
    was != now and "d" not in now and "d" not in was,
    "key rolls over to its own new key", str((h, inner, change)))
r.send("KEY_SET_ACCOUNT", s(ACCOUNT + "7"))
refuses("key: another account after a rollover", r, "the account is")
report(os.path.exists(new_key),
    "key: the new key was durable before anything was signed")

r = fresh_key_role(mode=ROLLOVER)
for _ in range(30): r.send("KEY_SIGN_ROLLOVER", to_sign())
got = r.drain("NET_SIGNED")
report(got == 20 and r.ended() == 1 and "too often" in r.said(),
    "key: 30 rollovers: 20 signed, then the end", "%d %s" % (got, r.said()))
r.close()

for mode, why in MODES.items():
    if mode == REVOKE: continue
    r = fresh_key_role(mode=mode)
    r.send("KEY_NO_ACCOUNT")
    refuses("key: 'no such account' when nobody asked, in a run for " + why, r,
        "out of order")

# key: a stored account is a hint, the CA's word holds for the run
def stored_role(mode=RENEW):
    """With an account stored that the CA has not confirmed in this run."""
    r = Role("keyproc")
    r.send("ROLE_CONF", conf_of(mode) + key_slice())
    if mode in (RENEW, REVOKE): r.send("ROLE_DOMAIN", key_domain())
    r.send("ROLE_START")
    r.send("KEY_ACCOUNT", s(own_thumbprint) + s(ACCOUNT) + s(None))
    if mode == RENEW: r.recv()
    r.send("KEY_ASK_ACCOUNT")
    report(r.recv() == ("NET_ACCOUNT", num(1) + s(ACCOUNT)),
        "key: the stored account, mode %d" % mode)
    return r

only_account_key()
own_thumbprint = key_role()[1]

for what, *stored in [
    ("of another origin", own_thumbprint, "https://evil.example/acct/1"),
    ("of another key", "N" * 43, ACCOUNT),
]:
    r = Role("keyproc")
    r.send("ROLE_CONF", conf + key_slice())
    r.send("ROLE_DOMAIN", key_domain())
    r.send("ROLE_START")
    r.send("KEY_ACCOUNT", s(stored[0]) + s(stored[1]) + s(None))
    r.recv()
    m = r.reply_to("KEY_ASK_ACCOUNT")
    report(m == ("NET_ACCOUNT", num(2) + s(None)),
        "key: a stored account %s does not count" % what, str(m))
    r.close()

r = stored_role()
r.send("KEY_SET_ACCOUNT", s(ACCOUNT + "7"))
refuses("key: another account where the CA was not to be asked", r,
    "the account is")

r = stored_role()
r.send("KEY_SIGN_NEW_ACCOUNT", to_sign())
refuses("key: a new account without asking for the old one", r, "out of order")

r = stored_role()
r.reply_to("KEY_RECHECK_ACCOUNT", s(ACCOUNT))
r.send("KEY_SIGN_NEW_ACCOUNT", to_sign())
refuses("key: a new account before the CA was asked by the key", r,
    "out of order")

for mode in (REVOKE, ROLLOVER, CONTACT, DEACTIVATE):
    remove(new_key)
    r = stored_role(mode)
    r.reply_to("KEY_RECHECK_ACCOUNT", s(ACCOUNT))
    r.reply_to("KEY_NO_ACCOUNT")
    r.send("KEY_SIGN_NEW_ACCOUNT", to_sign())
    refuses("key: a new account for a lost one in a run for " + MODES[mode], r,
        "not in this kind of run")
remove(new_key)

r = stored_role()
m = r.reply_to("KEY_RECHECK_ACCOUNT", s(ACCOUNT))
r.send("KEY_SET_ACCOUNT", s(ACCOUNT + "7"))
n = r.recv(), r.recv()
expected = (
    ("CERT_ACCOUNT", s(own_thumbprint) + s(ACCOUNT + "7") + s(None)),
    ("NET_ACCOUNT", num(1) + s(ACCOUNT + "7")))
report(m == ("NET_ACCOUNT", num(2) + s(ACCOUNT)) and n == expected,
    "key: the CA names another account, once", str((m, n)))
r.send("KEY_RECHECK_ACCOUNT", s(ACCOUNT + "7"))
report(r.recv() == ("NET_ACCOUNT", num(1) + s(ACCOUNT + "7")),
    "key: what the CA has named is not asked for again")
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
    r.send(REQUESTS[mode], to_sign(ACCOUNT + "/orders"))
    refuses("key: %s for another URL" % REQUESTS[mode], r,
        "not the account's URL")

r = fresh_key_role(mode=DEACTIVATE)
r.send("KEY_SIGN_DEACTIVATE", to_sign(ACCOUNT))
report(jws(r.recv())[1] == {"status": "deactivated"}, "key deactivates with -D")
r.close()

# key: external account binding
mac = work + "/keys/mac"
MAC_KEY = "zWNDZM6eQGHWpSRTPal5eIUYFTu7EajVIoguysqZ9wG44nMEtx3MUAsUDkMTQ12W"

with open(os.open(mac, os.O_WRONLY | os.O_CREAT, 0o600), "w") as f:
    f.write(MAC_KEY + "\n")
if os.getuid() == 0: os.chown(mac, 0, 0)

r = fresh_key_role(account=False, eab=("kid-1", mac, "HS256"))
r.reply_to("KEY_NO_ACCOUNT")
r.send("KEY_SIGN_NEW_ACCOUNT", to_sign())
h, p = jws(r.recv())
b = p["externalAccountBinding"]
protected = json.loads(unb64(b["protected"]))
bound = json.loads(unb64(b["payload"]))
text = b["protected"] + "." + b["payload"]
digest = hmac.new(unb64(MAC_KEY), text.encode(), hashlib.sha256).digest()
good_mac = digest == unb64(b["signature"])
expected = {"alg": "HS256", "kid": "kid-1", "url": URL}
report(good_mac and protected == expected and bound == h["jwk"],
    "key binds a new account", str((protected, good_mac)))
r.send("KEY_SET_ACCOUNT", s(ACCOUNT))
r.recv(), r.recv()
r.send("KEY_SIGN_NEW_ACCOUNT", to_sign())
refuses("key: external account binding once more", r, "out of order")

def refuses_mac(what, why):
    r = fresh_key_role(account=False, eab=("kid-1", mac, "HS256"))
    r.reply_to("KEY_NO_ACCOUNT")
    m, said = r.reply_to("KEY_SIGN_NEW_ACCOUNT", to_sign()), r.said()
    report(m == REFUSED and re.search(why, said) is not None,
        "key: a MAC key " + what, str((m, said)))
    r.close()

# What holds for this file holds for all keys: one function reads them.
for mode in (0o604, 0o602, 0o601, 0o620, 0o610):
    os.chmod(mac, mode)
    refuses_mac("of mode %04o" % mode, "mode %04o lets others at it" % mode)
os.chmod(mac, 0o600)
if os.getuid() == 0:
    os.chown(mac, 54321, 0)
    refuses_mac("of another user", "belongs to user 54321")
    os.chown(mac, 0, 0)
else: print("skip hostile: key: a MAC key of another user: needs root")
write(mac, b"MTIzNDU2Nzg5MDEyMzQ1\n")
refuses_mac("of 15 bytes", "is not a MAC key in base64url of at least 16 bytes")
os.unlink(mac)

# key: what an order replaces is file's word
r = fresh_key_role()
r.send("KEY_SIGN_REPLACEMENT", to_sign())
refuses("key: a replacement where there is nothing to replace", r,
    "nothing to replace")

r = fresh_key_role(replaces="aki.serial")
r.send("KEY_SIGN_REPLACEMENT", to_sign())
report(jws(r.recv())[1]["replaces"] == "aki.serial",
    "key names what certproc has named as replaced")
r.close()

# csr
def csr_role(mode, combined=None, reason=2):
    r = Role("csrproc")
    r.send("ROLE_CONF", conf_of(mode) + num(reason) + strings([ORIGIN]))
    r.send("ROLE_DOMAIN", csr_slice(combined=combined))
    r.send("ROLE_START")
    r.reply_to("CSR_LOOK", num(0))
    return r

def revoking_csr(der=leaf):
    """csrproc, which has been told to revoke this, and its replies."""
    r = csr_role(REVOKE)
    r.send("CSR_REVOCABLE", buf(pem_of(der)))
    r.send("CSR_REVOKE", buf(der))
    return r, [r.recv(), r.recv()]

def der_for(path):
    return openssl("req", "-new", "-x509", "-key", path, "-subj", "/CN=x",
        "-days", "9", "-outform", "DER")

r = csr_role(RENEW)
r.send("CSR_MAKE")
r.recv(), r.recv(), r.recv()
r.close()
report(os.path.exists(key_path), "csr: a key for what follows")

for t, body in [
    ("CSR_SIGN_REVOKE", to_sign()),
    ("CSR_REVOCABLE", buf(leaf)),
    ("CSR_REVOKE", buf(leaf)),
    ("CSR_DISCARD", num(1) + buf(b"h" * 32)),
]:
    r = csr_role(RENEW)
    r.send(t, body)
    refuses("csr: %s in a run for a renewal" % t, r, "not in this kind of run")

for t, body in [
    ("CSR_MAKE", b""),
    ("CSR_NEW_KEY", num(0)),
    ("CSR_ADOPT", buf(b"x")),
    ("CSR_COMBINE", buf(b"x")),
]:
    r = csr_role(REVOKE)
    r.send(t, body)
    refuses("csr: %s in a run for -r" % t, r, "not in this kind of run")

# csr with -B and -i: nothing is made
for mode, name in ((RESTORE, "-B"), (INSTALL, "-i")):
    for t, body in [
        ("CSR_MAKE", b""),
        ("CSR_NEW_KEY", num(0)),
        ("CSR_REVOKE", buf(leaf)),
        ("CSR_DISCARD", num(1) + buf(b"h" * 32)),
        ("CSR_SIGN_REVOKE", to_sign()),
    ]:
        r = csr_role(mode)
        r.send(t, body)
        refuses("csr: %s in a run for %s" % (t, name), r,
            "not in this kind of run")

# With -B the key before the live one goes live by its certificate, with -i the
# one that waits.
for mode, name, suffix in ((RESTORE, "-B", ".old"), (INSTALL, "-i", ".new")):
    for what, of in (
        ("another", other_key),
        ("the live", key_path),
        ("the right", key_path + suffix),
    ):
        make_key(other_key)
        make_key(key_path + suffix)
        before = live, beside = read(key_path), read(key_path + suffix)
        r = csr_role(mode)
        m = r.reply_to("CSR_ADOPT", buf(der_for(of)))
        good = what == "the right"
        kept = ".old" if good else suffix
        after = read(key_path), read(key_path + kept)
        expected = (beside, live) if good else before
        report(m == ("CERT_CSR_DONE", num(good)) and after == expected and
            os.path.exists(key_path + ".new") == (kept == ".new"),
            "csr: with %s, by a certificate for %s key" % (name, what), str(m))
        r.close()
        for f in ".old", ".new": remove(key_path + f)

# csr while the configuration is read: any bytes for a CSR, and nothing but
# names from it
def naming_role():
    r = Role("csrproc")
    r.send("ROLE_CONF", conf_of(NAMES_MODE) + num(0) + strings([]))
    r.send("ROLE_START")
    return r

r = naming_role()
good = csr(key_path, NAMES)

for text in [
    b"",
    b"\0",
    b"x" * 65536,
    good[:-1],
    b"-----BEGIN CERTIFICATE REQUEST-----\n",
    b"\x30\x84\xff\xff\xff\xff",
    csr(key_path, ["a" * 300]),
    csr(key_path, ["n%d.example" % i for i in range(101)]),
]:
    m = r.reply_to("CSR_NAMES", buf(text))
    # A text that says why, and no names.
    refused = m[1][:4] != b"\xff" * 4 and m[1].endswith(num(0))
    report(m[0] == "PARENT_NAMES" and refused,
        "csr: no names in %r, of %d bytes" % (text[:8], len(text)), str(m))
m = r.reply_to("CSR_NAMES", buf(good))
same("csr: the names in a good one after these",
    ("PARENT_NAMES", s(None) + strings(NAMES)), m)
r.close()

for t, body in [
    ("CSR_LOOK", b""),
    ("CSR_MAKE", b""),
    ("CSR_SIGN_REVOKE", to_sign()),
    ("CSR_DISCARD", b""),
    ("CSR_ADOPT", b""),
]:
    r = naming_role()
    r.send(t, body)
    refuses("csr: %s while the configuration is read" % t, r,
        "not in this kind of run")

for mode in (RENEW, REVOKE):
    r = csr_role(mode)
    r.send("CSR_NAMES", buf(good))
    refuses("csr: CSR_NAMES in a run of mode %d" % mode, r,
        "not in this kind of run")

r = csr_role(REVOKE)
r.send("CSR_SIGN_REVOKE", to_sign())
refuses("csr: revocation of what certproc has not named", r,
    "nothing to revoke")

for what, nonce, url in [
    ("another origin", NONCE, "https://evil.example/x"),
    ("a nonce with a quote", 'a"b', URL),
]:
    r, _ = revoking_csr()
    r.send("CSR_SIGN_REVOKE", to_sign(url, nonce))
    refuses("csr: revocation with " + what, r, "not a nonce and a URL")
r, replies = revoking_csr()
own = der_for(key_path)
expected = [("KEY_REVOKE", num(0) + buf(leaf)), ("CERT_CSR_DONE", num(1))]
same("csr tells key of what is for none of its keys", expected, replies)
m = r.reply_to("CSR_SIGN_REVOKE", to_sign())
report(m == REFUSED and "is not the key of the certificate" in r.said(),
    "csr: signs no revocation of a certificate for another key", str(m))
r.close()

for suffix in ("", ".new", ".old"):
    path = key_path + suffix
    if suffix: make_key(path)
    r, replies = revoking_csr(der_for(path))
    t, body = replies[0]
    report(t == "KEY_REVOKE" and body[:8] == num(1),
        "csr tells key that it is for its key" + suffix, str(replies))
    r.close()
    if suffix: os.unlink(path)

for what, text in NOT_THERE:
    r = csr_role(REVOKE)
    r.send("CSR_REVOCABLE", buf(text))
    r.send("CSR_REVOKE", buf(leaf))
    refuses("csr: to be revoked, and in the file: " + what, r,
        "neither installed")

r, _ = revoking_csr(own)
r.send("CSR_SIGN_REVOKE", to_sign())
h, p = jws(r.recv())
revoked = unb64(p["certificate"]) == own and p["reason"] == 1
report(revoked and "kid" not in h and "d" not in h["jwk"],
    "csr revokes what certproc has named, by the certificate's key",
    str((h, p)))
r.close()

r = csr_role(RENEW)
m = r.reply_to("CSR_ADOPT", buf(b"no certificate"))
report(m == ("CERT_CSR_DONE", num(0)) and os.path.exists(key_path),
    "csr: adopting where there is no new key loses none", str(m))
r.close()
make_key(key_path + ".new")
live = read(key_path)

r = csr_role(RENEW)
m = r.reply_to("CSR_ADOPT", buf(der_for(key_path)))
report(m == ("CERT_CSR_DONE", num(0)) and read(key_path) == live and
    "another key" in r.said(),
    "csr: a new key goes live by its certificate only", str(m))
r.send("CSR_ADOPT", buf(der_for(key_path + ".new")))
refuses("csr: adopting twice", r, "too often")

r = csr_role(RENEW)
new = read(key_path + ".new")
m = r.reply_to("CSR_ADOPT", buf(der_for(key_path + ".new")))
report(m == ("CERT_CSR_DONE", num(1)) and read(key_path) == new and
    read(key_path + ".old") == live, "csr: the replaced key is kept", str(m))
r.close()
os.rename(key_path + ".old", key_path)
both = work + "/ssl/private/both.pem"
one = issue(key_path, 9)

for what, text, ok in [
    ("a chain", one + one, True),
    ("a key behind the chain", one + read(key_path), False),
    ("text", b"owned\n", False),
    ("a block without end", one[:-30], False),
    ("nothing", b"", False),
    ("a line of 65", one.replace(b"\n", b"", 3), False),
]:
    title = "csr: %s beside the key" % what
    r = csr_role(RENEW, both, reason=0)
    r.send("CSR_COMBINE", buf(text))
    if ok:
        m = r.recv()
        report(m == ("CERT_CSR_DONE", num(1)) and
            read(both).endswith(one + one), title)
        r.close()
    else: refuses(title, r, "not certificates")
os.unlink(both)

# A file with another key says nothing of the certificate in use.
for what, of, counts in (
    ("the", key_path, True),
    ("another", other_key, False),
):
    write(both, read(of) + one)
    os.chmod(both, 0o600)
    r = Role("csrproc")
    r.send("ROLE_CONF", conf + num(0) + strings([ORIGIN]))
    r.send("ROLE_DOMAIN", csr_slice(combined=both))
    r.send("ROLE_START")
    m = r.reply_to("CSR_LOOK", num(0))
    report(m[0] == "CERT_KEY" and m[1].endswith(buf(b"") * 2) != counts,
        "csr: a combined file with %s key" % what, str(m))
    r.close()
os.unlink(both)

# The key of another certificate than the revoked one stays.
live = read(key_path)
for what, of in (("another", other_key), ("the", key_path)):
    r = csr_role(REVOKE)
    m = r.reply_to("CSR_DISCARD", num(1) + buf(spki_hash(of)))
    report(m == ("CERT_CSR_DONE", num(1)) and
        os.path.exists(key_path) == (what == "another"),
        "csr: %s key is compromised" % what, str(m))
    r.close()
write(key_path, live)
os.chmod(key_path, 0o600)

# cert: revocation
cert = issue(key_path, 60)
write(cert_path, cert)
der = subprocess.run(["openssl", "x509", "-outform", "DER"], input=cert,
    capture_output=True, check=True).stdout

def revoking_cert():
    """certproc, which has csrproc's reply; and the messages that it sent."""
    r, m = cert_role(mode=REVOKE)
    said = [m]
    while said[-1][0] in ("KEY_REVOCABLE", "CSR_REVOCABLE"):
        said.append(r.recv())
    r.send("CERT_CSR_DONE", num(1))
    return r, said + [r.recv()]

r, m = revoking_cert()
expected = [
    ("KEY_REVOCABLE", buf(cert)),
    ("CSR_REVOCABLE", buf(cert)),
    ("CSR_REVOKE", buf(der)),
]
t, body = m[3]
report(m[:3] == expected and t == "NET_JOB" and body[:8] == num(4),
    "cert names the installed certificate to csr, "
    "file sends both what it has read", str([t for t, _ in m]))
r.send("CERT_CHAIN", num(0) + buf(cert))
refuses("cert: a chain in a run for -r", r, "not in this kind of run")

r, m = cert_role(mode=REVOKE, start=False)
r.recv(), r.recv()
r.send("CERT_DONE")
refuses("cert: revoked, before it was to be", r, "out of order")

r, m = revoking_cert()
r.send("CERT_FAILED", num(1) + num(0) + num(0) + s("no"))
replies = r.recv(), r.recv()
report(JOB_FAILED in replies and read(cert_path) == cert,
    "cert: what is not revoked stays", str(replies))
r.close()

for t, body in [
    ("CERT_DONE", b""),
    ("CERT_WINDOW", num(1) * 3),
    ("CERT_STATUS", num(0) + buf(b"x")),
    ("CERT_CSR_DONE", num(1)),
]:
    r, m = cert_role(1)
    r.send(t, body)
    refuses("cert: %s while a certificate is being ordered" % t, r,
        "out of order|not in this kind of run")
    report(read(cert_path) == cert, "cert: %s: nothing is removed" % t)

# cert: -i, by a chain from anywhere
def offer_role(*offers, known=True):
    """certproc, which has these chains; known: and csrproc's report."""
    r = Pair()
    for role, common, domain in (
        (r.file, file_conf(), file_domain()),
        (r, cert_conf(0), cert_domain("looks", roots=work + "/ca.pem",
            rooting=0)),
    ):
        role.send("ROLE_CONF", conf_of(INSTALL) + common)
        role.send("ROLE_DOMAIN", domain)
        role.send("ROLE_START")
    assert r.recv()[0] == "PARENT_START_CSR" and r.recv()[0] == "CSR_LOOK"
    for pem in offers: r.send("CERT_OFFER", buf(pem))
    hashes = buf(spki_hash(key_path)) + buf(b"") * 3
    if known: r.send("CERT_KEY", num(1) + num(1) + hashes)
    return r

newer = issue(key_path, 61)
# What an -r has begun to revoke is good for nothing.
for name in "revoking", "revoked":
    remove(work + "/state/domain-a.%s.pem" % name)
for what, pem, why in [
    ("garbage", os.urandom(2000), "NUL|not only whole"),
    ("nothing", b"", "no certificate"),
    ("self-signed", issue(key_path, 61, issuer=False), "self-signed"),
    ("for another key", issue(other_key, 61), "another key"),
    ("for more names", issue(key_path, 61, sans=NAMES + ["evil.example"]),
        "other names"),
    ("one that ends earlier", issue(key_path, 59), "before the installed one"),
    ("a private key", newer + read(key_path), "not only whole"),
    ("all that a message has room for", b"A" * 65536, "not only whole"),
]:
    r = offer_role(pem)
    m = r.recv()
    report(m == JOB_FAILED and read(cert_path) == cert and
        re.search(why, r.said()) is not None,
        "cert: -i: offered: " + what, "%s %s" % (m, r.said()[-300:]))
    r.stop()

for what, offers, known, t, body, why in [
    ("a second chain", (newer, newer), False, None, None, "too often"),
    ("no chain", (), True, None, None, "before CERT_OFFER"),
    ("more than a chain has", (b"A" * 65537,), False, None, None,
        "longer than its type allows"),
    ("no bytes", (), False, "CERT_OFFER", num(1), "of another shape"),
    ("a worker of net", (), False, "CERT_NEXT", b"", "not in this kind of run"),
    ("net's chain", (newer,), False, "CERT_CHAIN", num(0) + buf(newer),
        "not in this kind of run"),
    ("the end of a revocation", (newer,), False, "CERT_DONE", b"",
        "not in this kind of run"),
]:
    r = offer_role(*offers, known=known)
    if t: r.send(t, body)
    refuses("cert: -i: " + what, r, why)

r, m = cert_role(1)
r.send("CERT_OFFER", buf(newer))
refuses("cert: a chain as with -i, in a renewal", r, "not in this kind of run")

r = offer_role(newer)
m = r.recv()
report(m == INSTALLED and read(cert_path) == newer,
    "cert: -i: a good chain is installed", str(m) + r.said())
r.send("CERT_OFFER", buf(newer))
refuses("cert: -i: another chain after it", r, "out of order|too often")
write(cert_path, cert)
forget()
remove(work + "/state/domain-a.new.pem")

# cert: what net says about the key
r, m = cert_role(1)
r.send("CERT_KEY_REFUSED")
replies = r.recv(), r.recv()
report(replies == (("CSR_NEW_KEY", num(2)), ("NET_JOB_DONE", num(3))),
    "cert: a key that the CA refuses: csr is to make another", str(replies))
r.send("CERT_KEY_REFUSED")
r.recv(), r.recv()
r.send("CERT_KEY_REFUSED")
refuses("cert: a key that the CA refuses, three times", r, "too often")
refused = remembered()["refused key"]
report(refused == spki_hash(key_path).hex() and read(cert_path) == cert,
    "cert: a key that the CA refuses: which one is remembered", refused)

r, m = revoking_cert()
r.send("CERT_KEY_REFUSED")
refuses("cert: a key that the CA refuses, in a run for -r", r,
    "not in this kind of run")

r = csr_role(RENEW)
r.send("CSR_NEW_KEY", num(3))
refuses("csr: a new key for a reason that there is not", r, "malformed")
os.unlink(work + "/state/domain-a.json")

# cert: what net says about the time of renewal
write(cert_path,
    issue(key_path, 90, more="authorityKeyIdentifier=keyid\n"))
now = int(time.time())
DAY = 86400

def window(start, until, retry): return num(start) + num(until) + num(retry)

for what, start, until, retry in [
    ("the year 9999", 253370764800, 253402300799, 3600),
    ("2^63", 1 << 63, (1 << 63) + 1, 3600),
    ("2^64-1", (1 << 64) - 1, (1 << 64) - 1, 3600),
    ("the end before the start", now + 2000, now + 1000, 3600),
    ("nothing", 0, 0, 3600),
    ("Retry-After 2^64-1", 0, 0, (1 << 64) - 1),
    ("Retry-After 0", now + 10**6, now + 2 * 10**6, 0),
]:
    forget()
    r, _ = cert_role(start=False)
    job = next_job(r)
    m = r.reply_to("CERT_WINDOW", window(start, until, retry))
    w = remembered()["renewal"]
    soon = 55 <= w["ask again"] - now <= DAY + 600
    report(job[1][:8] == num(2) and m == UNCHANGED and soon,
        "cert: a window of " + what, "%s %s %s" % (job, m, w))
    r.close()
forget()

r, _ = cert_role(start=False)
next_job(r)
r.send("CERT_WINDOW", window(now - 200, now - 100, 60))
time.sleep(0.2)
r.send("CERT_NEXT")
begin, job = r.recv(), r.recv()
report(begin[0] == "KEY_BEGIN" or begin[0] == "CSR_NEW_KEY", "cert: 'now' once",
    str((begin, job)))
r.close()
state = remembered()
state["renewal"]["ask again"] = state["attempts"] = 0
state["renewed early"] = int(time.time()) - 60
write(work + "/state/domain-a.json", json.dumps(state).encode())

r, _ = cert_role(start=False)
next_job(r)
m = r.reply_to("CERT_WINDOW", window(now - 90, now - 80, 60))
same("cert: 'now' not twice in a day", UNCHANGED, m)
r.close()

# cert: what net carries about revocation counts only if the issuer has signed
# it
list_at = "crlDistributionPoints=URI:http://x.example/l\n"
listed = issue(key_path, 60, more=list_at)
write(cert_path, listed + read(work + "/ca.pem"))

def asked():
    """The role, once it has sent net to ask for the list."""
    forget()
    r, m = cert_role(check=1)
    report(m[0] == "NET_JOB" and m[1][:8] in (num(2), num(3)),
        "cert has revocation asked about", str(m))
    if m[1][:8] == num(2):
        # Some openssl(1) add the issuer's key identifier without being asked
        # to: net is to ask for the time of renewal first.
        r.send("CERT_WINDOW", window(0, 0, 3600))
        r.reply_to("CERT_NEXT")
    return r

for what, answer in [
    ("garbage", os.urandom(3000)),
    ("nothing", b""),
    ("a certificate", der),
]:
    r = asked()
    m = r.reply_to("CERT_STATUS", num(0) + buf(answer))
    same("cert: %s for a revocation list" % what, UNCHANGED, m)
    r.close()

r = asked()
r.send("CERT_STATUS", num(1) + buf(b""))
refuses("cert: pieces of a list with nothing in them", r, "malformed")

r = asked()
for _ in range(300): r.send("CERT_STATUS", num(1) + buf(b"x" * 65536))
refuses("cert: a list of 20 MB", r, "too much")

# cert: chains to choose from
write(cert_path, cert)

r, m = cert_role(1)
r.send("CERT_LAST_CHAIN")
refuses("cert: a last chain where there is no choice", r,
    "nothing to choose from")

r, m = cert_role(1, preferred="x")
r.send("CERT_LAST_CHAIN")
replies = r.recv(), r.recv()
report(JOB_FAILED in replies and read(cert_path) == cert,
    "cert: no chain at all", str(replies))
r.close()

r, m = cert_role(1, preferred="x")
for _ in range(30): r.send("CERT_CHAIN", num(0) + buf(b"garbage"))
got = r.drain()
stopped = r.ended() == 1 and "too often" in r.said()
report(stopped and got <= 21 and read(cert_path) == cert,
    "cert: 30 chains to choose from", "%d %s" % (got, r.said()))
r.close()
end()
