# For evil.py: the five outcomes of a run with a hostile role, looked at from
# outside: what the CA was asked and what was signed, what is on the disk,
# which programs were run and for what, what was said, which processes are
# left.
import base64, hashlib, json, os, re, stat, subprocess

from evil_world import FOR_ALL, HANDLES, OWN, TOKEN
from evil_world import pem, point_of_certificate, point_of_csr, unb64

SET = (".pem", ".chain.pem", ".fullchain.pem")

class Before:
    """What there is when the run begins."""
    def __init__(self, w):
        self.files = w.files()
        self.account = w.account()
        self.thumbprint = w.thumbprint()

def told(text):
    """What evil.c has said, put together again: [(what, bytes)]"""
    found = {}
    for what, serial, hexes in re.findall(r"EVIL (\w+) (\d+) ([0-9a-f]*)", text):
        found.setdefault((int(serial), what), []).append(hexes)
    return [(what, bytes.fromhex("".join(h)[:2 * (len("".join(h)) // 2)])) for (_, what), h in sorted(found.items())]

def private(b):
    """The private keys in such a file: DER, and how each looks in text."""
    out = []
    for d in pem(b.decode(errors="replace"), "PRIVATE KEY"):
        # PKCS 8 of an EC key: 32 bytes behind the headers.
        at = d.find(b"\x02\x01\x01\x04\x20")
        secret = d[at + 5:at + 37] if at != -1 else d[40:72]
        lines = base64.b64encode(d).decode()
        out.append((secret, [secret, secret[:16], secret[16:], secret.hex()[:32].encode(), lines[:64].encode(), lines[64:128].encode()]))
    return out

def key_files(files, below=("keys/", "account/")):
    return {n: f[4] for n, f in files.items() if n.startswith(below) and isinstance(f[4], bytes)}

def holds(files, public, below):
    """The files that have the private key of this public one."""
    return [n for n, b in key_files(files, below).items()
        if any(public in d for d in pem(b.decode(errors="replace"), "PRIVATE KEY"))]

def chain_of(files, handle, old=False):
    """The leaf of a set that is whole, or None: its three files belong together."""
    parts = []
    for suffix in SET:
        f = files.get("certs/" + (".%s%s.acme-old" if old else "%s%s") % (handle, suffix))
        if f is None or not isinstance(f[4], bytes): return None
        parts.append(f[4])
    if parts[0] + parts[1] != parts[2]: return None
    certs = pem(parts[2].decode(errors="replace"))
    return certs[0] if certs else None

def leads_to_root(w, files, handle, old):
    path = w.dir + "/verify.pem"
    with open(path, "wb") as f: f.write(files["certs/" + (".%s.fullchain.pem.acme-old" if old else "%s.fullchain.pem") % handle][4])
    return subprocess.run(["openssl", "verify", "-CAfile", w.tls + "/root.pem", "-untrusted", path, path],
        capture_output=True).returncode == 0

def good_sets(w, files, handle):
    """Where a good certificate is for a key that is there: [(installed or kept, live or kept key)]"""
    found = []
    for old in (False, True):
        leaf = chain_of(files, handle, old)
        if leaf is None or not leads_to_root(w, files, handle, old): continue
        for n in holds(files, point_of_certificate(leaf), ("keys/",)): found.append((old, n))
    return found

# What is signed, by what is in it; and in which kinds of runs that may be.
def kind_of(payload):
    if payload in (None, ""): return "fetch"
    k = set(payload)
    if k == {"onlyReturnExisting"}: return "find"
    if "identifiers" in k and k <= {"identifiers", "profile", "replaces"}: return "order"
    if k == {"csr"}: return "finalize"
    if k == set(): return "challenge"
    if "termsOfServiceAgreed" in k and k <= {"termsOfServiceAgreed", "contact", "externalAccountBinding"}: return "register"
    if "certificate" in k and k <= {"certificate", "reason"}: return "revoke"
    if k == {"contact"}: return "contact"
    if payload == {"status": "deactivated"}: return "deactivate"
    if k == {"protected", "payload", "signature"}: return "rollover"
    return "strange"

MAY = {"RENEW": {"find", "register", "order", "fetch", "challenge", "finalize"}, "REVOKE": {"find", "revoke"}, "RESTORE": set(),
    "ROLLOVER": {"find", "rollover"}, "CONTACT": {"find", "contact"}, "DEACTIVATE": {"find", "deactivate"}, "LIST": set(), "SHOW": set(),
    "HOOK": set(), "VERIFY": set()}
NO_CA = ("LIST", "RESTORE", "SHOW", "HOOK", "VERIFY")
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

class Check:
    def __init__(self, w, case, before, status, took, text):
        self.w, self.case, self.before = w, case, before
        self.status, self.took, self.text = status, took, text
        self.after, self.told, self.wrong = w.files(), told(text), []
    def bad(self, what): self.wrong.append(what)
    def all(self):
        self.asked()
        self.keys()
        self.secrets()
        self.others()
        self.installed()
        self.programs()
        self.pending()
        self.process()
        return self.wrong
    def signed(self):
        """(header, payload) of all that the CA got, and of all that the hostile role got signed."""
        out = [(h, p) for _, h, p in self.w.payloads()]
        for what, b in self.told:
            if what != "NET_SIGNED" or len(b) < 6: continue
            try: o = json.loads(b[4:-1])
            except ValueError: continue
            out.append((json.loads(unb64(o["protected"])), json.loads(unb64(o["payload"])) if o["payload"] else None))
        return out
    # Outcomes 1 and 2.
    def asked(self):
        may = MAY[self.case.mode]
        names = [sorted(HANDLES[h]) for h in self.case.handles]
        if self.case.mode in NO_CA and self.w.requests(): self.bad("the CA was asked: %s" % self.w.requests()[:3])
        for header, payload in self.signed():
            kind = kind_of(payload)
            if kind not in may: self.bad("signed in such a run: %s for %s" % (kind, header["url"]))
            if not header["url"].startswith("https://localhost:%d/" % self.w.port): self.bad("signed for " + header["url"])
            if kind == "order" and sorted(i["value"] for i in payload["identifiers"]) not in names: self.bad("ordered: %s" % payload)
            if kind == "finalize": self.csr(unb64(payload["csr"]))
            if kind == "revoke": self.revoked(unb64(payload["certificate"]))
            if kind == "rollover": self.rolled(payload)
    def csr(self, d):
        files = dict(self.before.files)
        files.update(self.after)
        if not holds(files, point_of_csr(d), ("keys/",)): self.bad("a CSR for a foreign key was signed")
    def revoked(self, d):
        if d in [chain_of(self.before.files, h) for h in self.case.handles]: return
        # fileproc may say of any certificate with a name of the handle's that it is installed; of no other.
        named = any(bytes([0x82, len(n)]) + n.encode() in d for h in self.case.handles for n in HANDLES[h])
        if self.case.role != "FILE" or not named: self.bad("the revocation of another certificate was signed")
    def rolled(self, payload):
        jwk = json.loads(unb64(payload["protected"]))["jwk"]
        public = b"\4" + unb64(jwk["x"]) + unb64(jwk["y"])
        if not holds(self.after, public, ("account/",)): self.bad("the account was to get a foreign key")
    # Outcome 3.
    def keys(self):
        for n, b in key_files(self.before.files).items():
            if self.after.get(n) == self.before.files[n] or n.endswith((".both.pem", ".new", ".acme-new")): continue
            kept = any(p[1][0] in b2 or p[1][4] in b2.replace(b"\n", b"") for p in private(b) for b2 in key_files(self.after).values())
            new = n[5:-4] if n.startswith("keys/") else None
            # A key that has signed a revocation may be blocked by the CA, and goes.
            if self.case.mode == "REVOKE" and new in self.case.handles and any(kind_of(p) == "revoke" and "jwk" in h for h, p in self.signed()): continue
            if new in HANDLES and not kept and not self.live_is_certified(new): self.bad(n + " was replaced or removed, and there is no certificate for what is there now")
            elif new not in HANDLES and not kept and self.case.mode != "ROLLOVER": self.bad(n + " was changed")
        known = r"(account/account\.pem|keys/(%s)\.(key|both\.pem)|keys/unrelated\.key)(\.new|\.old)?$" % "|".join(map(re.escape, HANDLES))
        for n, f in self.after.items():
            if not n.startswith(("keys/", "account/")): continue
            # A next key that the CA does not know, as net says, is set aside.
            if self.case.mode == "ROLLOVER" and n == "account/account.pem.refused": continue
            if not re.match(known, n) and not re.match(r"(keys|account)/\.[\w.]*\.acme-(new|old)$", n): self.bad(n + " has appeared")
            if not stat.S_ISREG(f[0]) or f[0] & 0o7077 or f[3] != 1: self.bad("%s: mode %o, %d links" % (n, f[0], f[3]))
            old = self.before.files.get(n)
            if old and old[1:3] != f[1:3]: self.bad(n + ": another owner")
        if self.w.account() and not holds(self.after, self.w.account(), ("account/",)): self.bad("the key of the account is lost")
    def live_is_certified(self, handle):
        return (False, "keys/%s.key" % handle) in good_sets(self.w, self.after, handle)
    def secrets(self):
        marks = [m for files in (self.before.files, self.after) for n, b in key_files(files).items() for p in private(b) for m in p[1] if len(m) >= 16]
        places = {"its messages and log": self.text.encode(errors="replace"), "what the CA got": json.dumps(self.w.payloads()).encode()}
        for what, b in self.told: places["%s, which the hostile role got" % what] = places.get("%s, which the hostile role got" % what, b"") + b
        for n, f in self.after.items():
            if not n.startswith(("keys/", "account/")) and isinstance(f[4], bytes): places[n] = f[4]
        for i, (_, where, got) in enumerate(self.w.reached): places["what %s got (%d)" % (where, i)] = got
        for where, b in places.items():
            flat = b.replace(b"\n", b"")
            if any(m in b or m in flat for m in marks): self.bad("a private key is in " + where)
        if self.case.role != "NET": return
        for what, b in self.told:
            if self.before.thumbprint and self.before.thumbprint in b: self.bad("net got the thumbprint, in " + what)
            if what not in ("NET_SIGNED",) and b"CERTIFICATE REQUEST" in b: self.bad("net got a CSR, in " + what)
        if self.w.reached and self.case.role != "DNS": self.bad("reached: %s" % self.w.reached[:2])
    # Outcome 4.
    def others(self):
        role = self.case.role
        handles = "|".join(map(re.escape, HANDLES))
        honest = [r"certs/\.?(%s)(\.chain|\.fullchain)?\.pem(\.acme-(old|new))?$" % handles, r"state/\.?(domain|authority|metrics)-.*", r"metrics/\.?all\.prom", "keys/", "account/"]
        if role == "FILE": honest += ["certs/", "state/", "metrics/"]
        # These have the state directory alone, and read only.
        if self.case.mode == "HOOK": honest = ["state/" if role == "FILE" else honest[1], honest[2]]
        if self.case.mode == "VERIFY": honest = honest[1:3]
        # What is only to be read cannot be written.
        if self.case.mode == "LIST": honest = []
        elif self.case.run == "metrics": honest = [h for h in honest if not h.startswith(("certs/", "keys/", "account/"))]
        if role == "CHNG": honest += ["www/"]
        def of_others(files): return {n: f for n, f in files.items() if not any(re.match(h, n) for h in honest)}
        old, new = of_others(self.before.files), of_others(self.after)
        for n in sorted(set(old) | set(new)):
            if old.get(n) != new.get(n): self.bad("%s: %s" % (n, "is gone" if n not in new else "has appeared" if n not in old else "has changed"))
        for n, f in self.after.items():
            if f[0] & 0o7000: self.bad("%s: mode %o" % (n, f[0]))
            if stat.S_ISLNK(f[0]): self.bad(n + " is a link")
            if stat.S_ISDIR(f[0]) and n not in self.before.files: self.bad(n + " is a new directory")
            was = [g[1] for m, g in self.before.files.items() if m == n or m == os.path.dirname(n)]
            if f[1] not in was: self.bad("%s belongs to %d" % (n, f[1]))
        for d in ("/tmp/", "/etc/", "/dev/shm/"):
            if os.path.lexists(d + self.w.evil_name): self.bad(d + self.w.evil_name + " was made")
        if os.path.lexists(self.w.ca + "/evil"): self.bad("a file was made elsewhere")
        for what, b in self.told:
            if what in ("root", "executable", "memfd", "child"): self.bad("it got: " + what)
            if what == "read" and role not in ("FILE", "CHNG", "DNS"): self.bad("it could read: %r" % b[:60])
            if what == "read" and (b"decoy above" in b or b"decoy decoys" in b or b"root:x:" in b): self.bad("it could read: %r" % b[:60])
        # dns can lie about the authority's address; net says no more there than the beginning of TLS.
        for kind, where, got in self.w.reached:
            if role != "DNS" or where != str(("127.0.0.2", self.w.port)) or got[:1] not in (b"", b"\x16"): self.bad("reached: %s: %s %r" % (kind, where, got[:60]))
    # Outcome 5.
    def installed(self):
        for h in HANDLES:
            had = good_sets(self.w, self.before.files, h)
            if not had or self.case.mode == "REVOKE" and h in self.case.handles: continue
            if self.case.spoils and self.case.mode not in ("HOOK", "VERIFY"): continue
            if not good_sets(self.w, self.after, h): self.bad(h + ": no good certificate is installed or kept")
            elif h not in self.case.handles and any(self.before.files.get("certs/" + h + s) != self.after.get("certs/" + h + s) for s in SET):
                self.bad(h + ", which is not in this run, has changed")
            elif self.case.role not in ("CERT", "FILE") and (False, "keys/%s.key" % h) not in good_sets(self.w, self.after, h):
                self.bad(h + ": what is installed is not whole, or not for the live key")
    # What is run is part of the fourth: by whoever started acme-client.
    def programs(self):
        for argv, env in self.w.ran():
            said = "%s was run" % argv
            if argv[0] != self.w.program: self.bad(said)
            elif self.case.base == "changed" and self.case.mode in ("HOOK", "VERIFY"):
                self.command(said, argv[1:], env)
            elif self.case.base == "dns": self.publication(said, argv[1:], env)
            else: self.bad(said)
    def same(self, said, env, wanted):
        wanted = dict(wanted, PATH=PATH)
        odd = [n for n in sorted(set(env) | set(wanted)) if env.get(n) != wanted.get(n)]
        if odd: self.bad("%s with %s" % (said, [n + "=" + env.get(n, "(none)") for n in odd]))
    def command(self, said, words, env):
        """Of 'on change': the configuration's words, and what it says of the handle."""
        handle, = self.case.handles
        if words not in (["changed", OWN[handle]], ["changed", FOR_ALL]): self.bad(said)
        key, cert = "%s/keys/%s.key" % (self.w.top, handle), "%s/certs/%s." % (self.w.top, handle)
        self.same(said, env, {"ACME_COUNT": "1", "ACME_NAMED": "1", "ACME_CHANGED": handle,
            "ACME_HANDLE_1": handle, "ACME_KEY_1": key, "ACME_CERT_1": cert + "pem",
            "ACME_CHAIN_1": cert + "chain.pem", "ACME_FULLCHAIN_1": cert + "fullchain.pem"})
    def publication(self, said, words, env):
        """Of 'challenge hook': who owns net or chng chooses the value, by its form."""
        handle, = self.case.handles
        record = "_acme-challenge." + handle
        if len(words) != 5 or words[0] not in ("begin", "end") or \
            words[1:4] != ["dns-01", handle, record] or not re.fullmatch(r"[\w-]{43}", words[4], re.A):
            self.bad(said)
        elif self.case.role not in ("NET", "CHNG") and words[4] != self.value(): self.bad(said)
        names = ("ACTION", "CHALLENGE", "NAME", "RECORD", "VALUE")
        self.same(said, env, dict({"ACME_" + n: w for n, w in zip(names, words)}, ACME_HANDLE=handle))
    def value(self):
        """RFC 8555 8.4"""
        digest = hashlib.sha256(TOKEN + b"." + self.w.thumbprint()).digest()
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")
    def pending(self):
        """What is yet to be done is remembered: commands to run, records to end."""
        ran = [argv[1:] for argv, _ in self.w.ran()]
        for h in HANDLES:
            mark = "state/domain-%s.changed" % h
            if mark not in self.before.files or mark in self.after or self.case.spoils: continue
            if h not in self.case.handles or ["changed", OWN[h]] not in ran or ["changed", FOR_ALL] not in ran:
                self.bad(h + ": its commands have not run, and that is not remembered")
        journals = b"".join(f[4] for n, f in self.after.items()
            if n.endswith(".records") and isinstance(f[4], bytes))
        for record in self.w.published():
            if record.encode() not in journals: self.bad("left and not remembered: the record " + record)
    def process(self):
        if self.status is None: self.bad("not done within %d seconds" % self.took)
        elif self.status not in (0, 1, 2): self.bad("status %d" % self.status)
        if self.w.left: self.bad("%d processes left" % len(self.w.left))
        if re.search(r"[\x00-\x08\x0b-\x1f\x7f]", self.text): self.bad("control characters in its messages")
        # Nothing that servers present changes what has been done.
        if self.case.mode == "VERIFY" and self.status not in (0, None): self.bad("status %d of a run that only looks" % self.status)
        if self.status == 0 and self.case.role in ("NET", "DNS", "CHNG", "RESP", "ZONE") and self.case.mode == "RENEW":
            for h in self.case.handles:
                if chain_of(self.after, h) is None or chain_of(self.after, h) == chain_of(self.before.files, h):
                    self.bad("%s: status 0, and nothing new is installed" % h)

def heal(w, case):
    """An honest run afterwards ends well, and all is whole then; what is wrong."""
    handles = case.handles or list(HANDLES)
    if case.role == "CHNG":
        # Another CA would take another token; what is in its way there is refused.
        for n in os.listdir(w.top + "/www"):
            if os.path.isfile(w.top + "/www/" + n): os.unlink(w.top + "/www/" + n)
    # Nothing is due after what concerned the account alone: it is to be used.
    status, took, text = w.run(w.honest, ["-j", "1"] + ["-F"] * (not case.handles) + handles)
    if status == 1 and "not tried again before" in text: status, took, text = w.run(w.honest, ["-F", "-j", "1", *handles])
    wrong, files = [], w.files()
    if status not in (0, 2): wrong.append("the honest run afterwards: status %s: %s" % (status, text[-300:]))
    for h in handles:
        if (False, "keys/%s.key" % h) not in good_sets(w, files, h): wrong.append("%s: not whole after an honest run (status %s)" % (h, status))
        both = files.get("keys/%s.both.pem" % h)
        if both and files["certs/%s.fullchain.pem" % h][4] not in both[4]: wrong.append(h + ": its combined file is old")
    if case.base == "changed" and set(handles) & set(w.marks()): wrong.append("an honest run leaves marks: %s" % w.marks())
    if w.published(): wrong.append("left after an honest run: the record %s" % w.published())
    left = [n for n in files if n.startswith("www/") and n not in ("www/index.html", "www/below", "www/below/x")]
    if left and case.role != "CHNG": wrong.append("left: %s" % left)
    return wrong
