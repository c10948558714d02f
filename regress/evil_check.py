# For evil.py: the five outcomes of a run with a hostile role, looked at from
# outside: what the CA was asked and what was signed, what is on the disk,
# which programs were run and for what, what was said, which processes are
# left.
import base64, hashlib, json, os, re, stat, subprocess

from evil_world import FOR_ALL, HANDLES, OWN, TOKEN, TRY_ACCOUNT, TRY_KEY
from evil_world import pem, point_of_certificate, point_of_csr, unb64

SET = (".pem", ".chain.pem", ".fullchain.pem")
KEYS = ("keys/", "account/")
TRY_KEYS = ("state/try/keys/", "state/try/account/")
# In the DER of each CSR with names: the type of its attribute with extensions
# (extensionRequest, RFC 2985 5.4.2).
CSR_MARK = bytes.fromhex("06092a864886f70d01090e")
# What a rehearsal has installed.
TRY_FULL = "state/try/certs/domain-%s.full.pem"

class Before:
    """What there is when the run begins."""
    def __init__(self, w, base):
        ca, _ = w.ca_of(base)
        self.files = w.files()
        self.account = w.account(ca)
        self.thumbprint = w.thumbprint(ca)

def told(text):
    """What evil.c has said, put together again: [(what, bytes)]"""
    found = {}
    parts = re.findall(r"EVIL (\w+) (\d+) ([0-9a-f]*)", text)
    for what, serial, digits in parts:
        key = int(serial), what
        found[key] = found.get(key, "") + digits
    return [(what, bytes.fromhex(digits[:len(digits) // 2 * 2]))
        for (_, what), digits in sorted(found.items())]

def private(b):
    """The private keys in such a file: DER, and how each looks in text."""
    out = []
    for d in pem(b.decode(errors="replace"), "PRIVATE KEY"):
        # PKCS 8 of an EC key: 32 bytes behind the headers.
        at = d.find(b"\x02\x01\x01\x04\x20")
        secret = d[at + 5:at + 37] if at != -1 else d[40:72]
        lines = base64.b64encode(d).decode()
        out.append((secret, [
            secret,
            secret[:16],
            secret[16:],
            secret.hex()[:32].encode(),
            lines[:64].encode(),
            lines[64:128].encode(),
        ]))
    return out

def key_files(files, below=KEYS + TRY_KEYS):
    return {n: f[4] for n, f in files.items()
        if n.startswith(below) and isinstance(f[4], bytes)}

def holds(files, public, below):
    """The files that have the private key of this public one."""
    def has(b):
        keys = pem(b.decode(errors="replace"), "PRIVATE KEY")
        return any(public in d for d in keys)
    return [n for n, b in key_files(files, below).items() if has(b)]

def path_of(handle, suffix, old=False):
    """A part of its set, as it is installed, or as it is kept."""
    kept = "certs/.%s%s.acme-old" if old else "certs/%s%s"
    return kept % (handle, suffix)

def live_key(handle):
    return "keys/%s.key" % handle

def chain_of(files, handle, old=False):
    """The leaf of a set whose three files belong together, or None."""
    parts = []
    for suffix in SET:
        f = files.get(path_of(handle, suffix, old))
        if f is None or not isinstance(f[4], bytes):
            return None
        parts.append(f[4])
    if parts[0] + parts[1] != parts[2]:
        return None
    certs = pem(parts[2].decode(errors="replace"))
    return certs[0] if certs else None

def leads_to_root(w, files, handle, old):
    """What openssl(1) says of these bytes; no need to ask it twice."""
    chain = files[path_of(handle, ".fullchain.pem", old)][4]
    if chain not in w.verified:
        path = w.dir + "/verify.pem"
        with open(path, "wb") as f:
            f.write(chain)
        result = subprocess.run(["openssl", "verify", "-CAfile",
            w.tls + "/root.pem", "-untrusted", path, path],
            capture_output=True)
        w.verified[chain] = result.returncode == 0
    return w.verified[chain]

def good_sets(w, files, handle):
    """Where a good certificate is for a key that is there.

    [(is it a kept one?, the file of its key)]
    """
    found = []
    for old in (False, True):
        leaf = chain_of(files, handle, old)
        if leaf is None or not leads_to_root(w, files, handle, old):
            continue
        for n in holds(files, point_of_certificate(leaf), ("keys/",)):
            found.append((old, n))
    return found

# What is signed, by what is in it; and in which kinds of runs that may be.
def kind_of(payload):
    if payload in (None, ""):
        return "fetch"
    if payload == {"status": "deactivated"}:
        return "deactivate"
    members = set(payload)
    for kind, needed, possible in PAYLOADS:
        if needed <= members <= needed | possible:
            return kind
    return "strange"

# Kind, members that are there, and those that may be.
PAYLOADS = [
    ("find", {"onlyReturnExisting"}, set()),
    ("order", {"identifiers"}, {"profile", "replaces"}),
    ("finalize", {"csr"}, set()),
    ("challenge", set(), set()),
    ("register", {"termsOfServiceAgreed"},
        {"contact", "externalAccountBinding"}),
    ("revoke", {"certificate"}, {"reason"}),
    ("contact", {"contact"}, set()),
    ("rollover", {"protected", "payload", "signature"}, set()),
]
MAY = {
    "RENEW": {"find", "register", "order", "fetch", "challenge", "finalize"},
    "REVOKE": {"find", "revoke"},
    "RESTORE": set(),
    "INSTALL": set(),
    "ROLLOVER": {"find", "rollover"},
    "CONTACT": {"find", "contact"},
    "DEACTIVATE": {"find", "deactivate"},
    "LIST": set(),
    "SHOW": set(),
    "HOOK": set(),
    "VERIFY": set(),
}
NO_CA = ("LIST", "RESTORE", "INSTALL", "SHOW", "HOOK", "VERIFY")
PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
TO_COME = (".both.pem", ".new", ".acme-new")
KNOWN_KEYS = re.compile(r"(account/account\.pem|keys/(%s)\.(key|both\.pem)|"
    r"keys/unrelated\.key|%s|%s)(\.new|\.old)?$" %
    ("|".join(map(re.escape, HANDLES)), re.escape(TRY_KEY),
        re.escape(TRY_ACCOUNT)))
TEMPORARY_KEYS = re.compile(r"(state/try/)?(keys|account)/"
    r"\.[\w.-]*\.acme-(new|old)$")
FAULT = re.compile(r"(\w+proc)(?: \(worker \d+\))? was killed by signal "
    r"(4|6|7|8|11),")
# Decoys, and a file that no role may read.
OF_OTHERS = (b"decoy above", b"decoy decoys", b"root:x:")

class Check:
    def __init__(self, w, case, before, status, took, text):
        self.w, self.case, self.before = w, case, before
        self.status, self.took, self.text = status, took, text
        self.after, self.told, self.wrong = w.files(), told(text), []
        self.tries = case.base == "try"
    def bad(self, what):
        self.wrong.append(what)
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
        """(header, payload) of what the CA or the hostile role got signed."""
        out = [(h, p) for _, h, p in self.w.payloads()]
        for what, b in self.told:
            if what != "NET_SIGNED" or len(b) < 6:
                continue
            try:
                o = json.loads(b[4:-1])
            except ValueError:
                continue
            header, payload = json.loads(unb64(o["protected"])), None
            if o["payload"]:
                payload = json.loads(unb64(o["payload"]))
            out.append((header, payload))
        return out
    # Outcomes 1 and 2.
    def asked(self):
        may = MAY[self.case.mode]
        names = [sorted(HANDLES[h]) for h in self.case.handles]
        if (self.case.mode in NO_CA or self.tries) and self.w.requests():
            self.bad("the CA was asked: %s" % self.w.requests()[:3])
        for header, payload in self.signed():
            kind, url = kind_of(payload), header["url"]
            if kind not in may:
                self.bad("signed in such a run: %s for %s" % (kind, url))
            _, port = self.w.ca_of(self.case.base)
            if not url.startswith("https://localhost:%d/" % port):
                self.bad("signed for " + url)
            if kind == "order":
                ordered = sorted(i["value"] for i in payload["identifiers"])
                if ordered not in names:
                    self.bad("ordered: %s" % payload)
            if kind == "finalize":
                self.csr(unb64(payload["csr"]))
            if kind == "revoke":
                self.revoked(unb64(payload["certificate"]))
            if kind == "rollover":
                self.rolled(payload)
    def csr(self, d):
        files = dict(self.before.files)
        files.update(self.after)
        below = TRY_KEYS if self.tries else ("keys/",)
        if not holds(files, point_of_csr(d), below):
            self.bad("a CSR for a foreign key was signed")
    def revoked(self, d):
        if d in [chain_of(self.before.files, h) for h in self.case.handles]:
            return
        # fileproc may say of any certificate with a name of the handle's that
        # it is installed; of no other.
        names = [n for h in self.case.handles for n in HANDLES[h]]
        named = any(bytes([0x82, len(n)]) + n.encode() in d for n in names)
        if self.case.role != "FILE" or not named:
            self.bad("the revocation of another certificate was signed")
    def rolled(self, payload):
        jwk = json.loads(unb64(payload["protected"]))["jwk"]
        public = b"\4" + unb64(jwk["x"]) + unb64(jwk["y"])
        if not holds(self.after, public, ("account/",)):
            self.bad("the account was to get a foreign key")
    # Outcome 3.
    def keys(self):
        for n, b in key_files(self.before.files).items():
            same = self.after.get(n) == self.before.files[n]
            # The next rehearsal can make other keys.
            if not same and not n.endswith(TO_COME) and n not in (TRY_KEY,
                    TRY_ACCOUNT):
                self.changed_key(n, b)
        for n, f in self.after.items():
            if n.startswith(KEYS + TRY_KEYS):
                self.key_now(n, f)
        known = self.w.account()
        if known and not holds(self.after, known, ("account/",)):
            self.bad("the key of the account is lost")
    def is_kept(self, b):
        """Is a key of this file still in one of the files?"""
        marks = [marks for _, marks in private(b)]
        return any(m[0] in now or m[4] in now.replace(b"\n", b"")
            for m in marks for now in key_files(self.after).values())
    def changed_key(self, n, b):
        kept = self.is_kept(b)
        handle = n[5:-4] if n.startswith("keys/") else None
        # A key that has signed a revocation may be blocked by the CA, and goes.
        if self.case.mode == "REVOKE" and handle in self.case.handles:
            if any(kind_of(p) == "revoke" and "jwk" in h
                    for h, p in self.signed()):
                return
        if kept:
            return
        if handle in HANDLES:
            if not self.live_is_certified(handle):
                self.bad(n + " was replaced or removed, and there is no "
                    "certificate for what is there now")
        elif self.case.mode != "ROLLOVER":
            self.bad(n + " was changed")
    def key_now(self, n, f):
        # A next key that the CA does not know, as net says, is set aside.
        if self.case.mode == "ROLLOVER" and n == "account/account.pem.refused":
            return
        if not KNOWN_KEYS.match(n) and not TEMPORARY_KEYS.match(n):
            self.bad(n + " has appeared")
        if not stat.S_ISREG(f[0]) or f[0] & 0o7077 or f[3] != 1:
            self.bad("%s: mode %o, %d links" % (n, f[0], f[3]))
        old = self.before.files.get(n)
        if old and old[1:3] != f[1:3]:
            self.bad(n + ": another owner")
    def live_is_certified(self, handle):
        good = good_sets(self.w, self.after, handle)
        return (False, live_key(handle)) in good
    def secrets(self):
        both = self.before.files, self.after
        files = [b for each in both for b in key_files(each).values()]
        looks = [m for b in files for _, marks in private(b) for m in marks]
        marks = [m for m in looks if len(m) >= 16]
        places = {
            "its messages and log": self.text.encode(errors="replace"),
            "what the CA got": json.dumps(self.w.payloads()).encode(),
        }
        for what, b in self.told:
            name = "%s, which the hostile role got" % what
            places[name] = places.get(name, b"") + b
        for n, f in self.after.items():
            if (not n.startswith(KEYS + TRY_KEYS) and
                    isinstance(f[4], bytes)):
                places[n] = f[4]
        for i, (_, where, got) in enumerate(self.w.reached):
            places["what %s got (%d)" % (where, i)] = got
        for where, b in places.items():
            flat = b.replace(b"\n", b"")
            if any(m in b or m in flat for m in marks):
                self.bad("a private key is in " + where)
        if self.case.role != "NET":
            return
        for what, b in self.told:
            if self.before.thumbprint and self.before.thumbprint in b:
                self.bad("net got the thumbprint, in " + what)
            if CSR_MARK in b:
                self.bad("net got a CSR, in " + what)
        if self.w.reached and self.case.role != "DNS":
            self.bad("reached: %s" % self.w.reached[:2])
    # Outcome 4.
    def others(self):
        self.files_of_others()
        self.kinds_of_files()
        self.reports()
    def honest(self):
        """Patterns of the paths that may change in such a run."""
        role, mode = self.case.role, self.case.mode
        if self.tries:
            found = ["state/try/state/", "state/try/certs/", *TRY_KEYS]
            return found + ["www/"] if role == "CHNG" else found
        handles = "|".join(map(re.escape, HANDLES))
        certs = r"certs/\.?(%s)(\.chain|\.fullchain)?\.pem(\.acme-(old|new))?$"
        state = r"state/\.?(domain|authority|metrics|status)-.*"
        metrics = r"metrics/\.?all\.(prom|json)"
        found = [certs % handles, state, metrics, *KEYS]
        if role == "FILE":
            found += ["certs/", "state/", "metrics/"]
        # These have the state directory alone, and read only.
        if mode == "HOOK":
            found = ["state/" if role == "FILE" else state, metrics]
        if mode == "VERIFY":
            found = [state, metrics]
        # What is only to be read cannot be written.
        if mode == "LIST":
            found = []
        elif self.case.run == "metrics":
            found = [p for p in found if not p.startswith(("certs/", *KEYS))]
        if role == "CHNG":
            found.append("www/")
        return found
    def files_of_others(self):
        honest = self.honest()
        def of_others(files):
            return {n: f for n, f in files.items()
                if not any(re.match(p, n) for p in honest)}
        old, new = of_others(self.before.files), of_others(self.after)
        for n in sorted(set(old) | set(new)):
            if n not in new:
                self.bad(n + ": is gone")
            elif n not in old:
                self.bad(n + ": has appeared")
            elif old[n] != new[n]:
                self.bad(n + ": has changed")
    def kinds_of_files(self):
        before = self.before.files
        for n, f in self.after.items():
            if f[0] & 0o7000:
                self.bad("%s: mode %o" % (n, f[0]))
            if stat.S_ISLNK(f[0]):
                self.bad(n + " is a link")
            if stat.S_ISDIR(f[0]) and n not in before:
                self.bad(n + " is a new directory")
            places = n, os.path.dirname(n)
            was = [before[m][1] for m in places if m in before]
            if f[1] not in was:
                self.bad("%s belongs to %d" % (n, f[1]))
        for d in ("/tmp/", "/etc/", "/dev/shm/"):
            if os.path.lexists(d + self.w.evil_name):
                self.bad(d + self.w.evil_name + " was made")
        if os.path.lexists(self.w.ca + "/evil"):
            self.bad("a file was made elsewhere")
    def reports(self):
        """What the role says that it got, and what servers got from it."""
        role = self.case.role
        for what, b in self.told:
            if what in ("root", "executable", "memfd", "child"):
                self.bad("it got: " + what)
            foreign = any(text in b for text in OF_OTHERS)
            if what == "read" and (foreign or
                    role not in ("FILE", "CHNG", "DNS")):
                self.bad("it could read: %r" % b[:60])
        # dns can lie about the authority's address; net says no more there
        # than the beginning of TLS.
        misled = str(("127.0.0.2", self.w.port))
        for kind, where, got in self.w.reached:
            if (role != "DNS" or where != misled or
                    got[:1] not in (b"", b"\x16")):
                self.bad("reached: %s: %s %r" % (kind, where, got[:60]))
    # Outcome 5.
    def installed(self):
        before, spoils = self.before.files, self.case.spoils
        for h in HANDLES:
            if not good_sets(self.w, before, h):
                continue
            if self.case.mode == "REVOKE" and h in self.case.handles:
                continue
            if spoils and self.case.mode not in ("HOOK", "VERIFY"):
                continue
            if not good_sets(self.w, self.after, h):
                self.bad(h + ": no good certificate is installed or kept")
            elif h not in self.case.handles and any(
                    before.get(path_of(h, s)) != self.after.get(path_of(h, s))
                    for s in SET):
                self.bad(h + ", which is not in this run, has changed")
            elif (self.case.role not in ("CERT", "FILE") and
                    not self.live_is_certified(h)):
                self.bad(h + ": what is installed is not whole, "
                    "or not for the live key")
    # What is run is part of the fourth: by whoever started acme-client.
    def programs(self):
        for argv, env in self.w.ran():
            said = "%s was run" % argv
            if argv[0] != self.w.program:
                self.bad(said)
            elif (self.case.base == "changed" and
                    self.case.mode in ("HOOK", "VERIFY")):
                self.command(said, argv[1:], env)
            elif self.case.base == "dns":
                self.publication(said, argv[1:], env)
            else:
                self.bad(said)
    def same(self, said, env, wanted):
        wanted = dict(wanted, PATH=PATH)
        odd = [n + "=" + env.get(n, "(none)")
            for n in sorted(set(env) | set(wanted))
            if env.get(n) != wanted.get(n)]
        if odd:
            self.bad("%s with %s" % (said, odd))
    def command(self, said, words, env):
        """Of 'on change': the configuration's words, and the handle's files."""
        handle, = self.case.handles
        if words not in (["changed", OWN[handle]], ["changed", FOR_ALL]):
            self.bad(said)
        cert = "%s/certs/%s" % (self.w.top, handle)
        self.same(said, env, {
            "ACME_COUNT": "1",
            "ACME_NAMED": "1",
            "ACME_CHANGED": handle,
            "ACME_HANDLE_1": handle,
            "ACME_KEY_1": "%s/%s" % (self.w.top, live_key(handle)),
            "ACME_CERT_1": cert + ".pem",
            "ACME_CHAIN_1": cert + ".chain.pem",
            "ACME_FULLCHAIN_1": cert + ".fullchain.pem",
        })
    def publication(self, said, words, env):
        """Of 'challenge hook': a hostile net or chng chooses the value.

        It chooses no other form than a digest's.
        """
        handle, = self.case.handles
        record = "_acme-challenge." + handle
        fixed = ["dns-01", handle, record]
        if (len(words) != 5 or words[0] not in ("begin", "end") or
                words[1:4] != fixed or
                not re.fullmatch(r"[\w-]{43}", words[4], re.A)):
            self.bad(said)
        elif self.case.role not in ("NET", "CHNG") and words[4] != self.value():
            self.bad(said)
        names = ("ACTION", "CHALLENGE", "NAME", "RECORD", "VALUE")
        wanted = {"ACME_" + n: w for n, w in zip(names, words)}
        self.same(said, env, dict(wanted, ACME_HANDLE=handle))
    def value(self):
        """RFC 8555 8.4"""
        digest = hashlib.sha256(TOKEN + b"." + self.w.thumbprint()).digest()
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")
    def pending(self):
        """Commands that are yet to run, and records to end, are remembered."""
        ran = [argv[1:] for argv, _ in self.w.ran()]
        for h in HANDLES:
            mark = "state/domain-%s.changed" % h
            if mark not in self.before.files or mark in self.after:
                continue
            if self.case.spoils:
                continue
            commands = ["changed", OWN[h]], ["changed", FOR_ALL]
            if h not in self.case.handles or any(
                    c not in ran for c in commands):
                self.bad(h + ": its commands have not run, "
                    "and that is not remembered")
        journals = b"".join(f[4] for n, f in self.after.items()
            if n.endswith(".records") and isinstance(f[4], bytes))
        for record in self.w.published():
            if record.encode() not in journals:
                self.bad("left and not remembered: the record " + record)
    def process(self):
        if self.status is None:
            self.bad("not done within %d seconds" % self.took)
        elif self.status not in (0, 1, 2):
            self.bad("status %d" % self.status)
        if self.w.left:
            self.bad("%d processes left" % len(self.w.left))
        # What another role refuses ends it with an error, not with a fault.
        for role, n in re.findall(FAULT, self.text):
            if role != self.case.role.lower() + "proc":
                self.bad("%s was killed by signal %s" % (role, n))
        if re.search(r"[\x00-\x08\x0b-\x1f\x7f]", self.text):
            self.bad("control characters in its messages")
        # Nothing that servers present changes what has been done.
        if self.case.mode == "VERIFY" and self.status not in (0, None):
            self.bad("status %d of a run that only looks" % self.status)
        if (self.status == 0 and self.case.mode == "RENEW" and
                self.case.role in ("NET", "DNS", "CHNG", "RESP", "ZONE")):
            for h in self.case.handles:
                new = self.leaf(self.after, h)
                if new is None or new == self.leaf(self.before.files, h):
                    self.bad("%s: status 0, and nothing new is installed" % h)
    def leaf(self, files, handle):
        """What such a run has installed, or None."""
        if not self.tries:
            return chain_of(files, handle)
        f = files.get(TRY_FULL % handle)
        certs = pem(f[4].decode(errors="replace")) if f else []
        return certs[0] if certs else None

def heal(w, case):
    """What is wrong after an honest run, by which all is to be whole again."""
    handles = case.handles or list(HANDLES)
    if case.role == "CHNG":
        # Another CA would take another token; what is in its way there is
        # refused.
        for n in os.listdir(w.top + "/www"):
            if os.path.isfile(w.top + "/www/" + n):
                os.unlink(w.top + "/www/" + n)
    # Nothing is due after what concerned the account alone: it is to be used.
    forced = [] if case.handles else ["-F"]
    status, _, text = w.run(w.honest, ["-j", "1", *forced, *handles])
    if status == 1 and "not tried again before" in text:
        status, _, text = w.run(w.honest, ["-F", "-j", "1", *handles])
    wrong, files = [], w.files()
    if status not in (0, 2):
        wrong.append("the honest run afterwards: status %s: %s" %
            (status, text[-300:]))
    for h in handles:
        if (False, live_key(h)) not in good_sets(w, files, h):
            wrong.append("%s: not whole after an honest run (status %s)" %
                (h, status))
        both = files.get("keys/%s.both.pem" % h)
        if both and files[path_of(h, ".fullchain.pem")][4] not in both[4]:
            wrong.append(h + ": its combined file is old")
    if case.base == "try":
        status, _, text = w.run(w.honest, ["-T", "-F", *handles])
        if status != 0:
            wrong.append("the next rehearsal: status %s: %s" %
                (status, text[-300:]))
    if case.base == "changed" and set(handles) & set(w.marks()):
        wrong.append("an honest run leaves marks: %s" % w.marks())
    if w.published():
        wrong.append("left after an honest run: the record %s" % w.published())
    there = ("www/index.html", "www/below", "www/below/x")
    left = [n for n in files if n.startswith("www/") and n not in there]
    if left and case.role != "CHNG":
        wrong.append("left: %s" % left)
    return wrong
