# For faults_more.py, faults_power.py and faults_space.py: kinds of runs, and
# what must hold after a fault in one of them.
import collections, os, re, shutil

from faults_lib import *

# What is kept until a change is reported.
PENDING = (".new.pem", ".revoking.pem")
combined = ssl + "/private/example.com.both.pem"
account = private + "/account.pem"
commands = work + "/commands"
twice, unreported = [], []
violations = collections.Counter()

def expect(ok, name, why):
    """Prints only what fails; the caller prints a line for what does not."""
    if not ok:
        violations[name.split(",")[0]] += 1
        report(False, name, why)
def wrong(has_combined):
    if inconsistent(): return inconsistent()
    pair = (read(keyfile) or b"") + contents()[2]
    if has_combined and read(combined) != pair:
        return "key and chain in one file are not the pair"
    return ""
def whole_files(old, removes):
    """Each file is to its end what was there or something new; or it is gone,
    in a run that removes."""
    now = contents() + [read(combined)]
    bad = [i for i, (a, b) in enumerate(zip(old, now)) if b != a and
        not (removes and b is None) and not whole_certificates([b])]
    keys = [p + s for p in (keyfile, account) for s in ("", ".new", ".old")]
    return not bad and all(whole_key(read(k)) for k in keys)
def modes():
    return [os.stat(ssl + "/" + f).st_mode & 0o777 for f in FILES]
def ran():
    """How often the command of on change has run."""
    return (read(commands) or b"").count(b"\n")

def forgotten(all_killed, status, changed):
    """All were killed between the last act of the run, by which it forgets that
    it has to report a change, and its exit status.  No order of the two would
    do: the other one reports twice."""
    return all_killed and status != 0 and changed and not any(
        f.endswith(PENDING) for f in os.listdir(state))
def expect_report(name, statuses, changed, lost):
    reports = statuses.count(0)
    if reports == 2: twice.append(name)
    if changed and reports == 0 and lost: unreported.append(name)
    else:
        expect((reports > 0) == changed, name + ": a change is reported",
            "%s, changed: %s" % (statuses, changed))

class Renewal:
    """A renewal: -F, or what is given; has_combined, on_change: what the
    configuration has."""
    def __init__(self, name, args=("-F",), has_combined=False, on_change=False,
            key_more="", first=False):
        self.name, self.args, self.first = name, args, first
        self.has_combined, self.on_change = has_combined, on_change
        self.key_more = key_more
    def configure(self):
        key = 'domain key "%s"%s' % (keyfile, self.key_more)
        if self.has_combined: key += '\n\tdomain combined "%s"' % combined
        if self.on_change:
            key += '\n\ton change "/bin/sh" "-c" "echo x >>%s"' % commands
        with open(conf, "w") as f: f.write(text.replace(key_line, key))
    def prepare(self):
        for d in (ssl, state, work + "/etc"): shutil.rmtree(d)
        for d in (ssl + "/private", state, private): os.makedirs(d, 0o700)
        os.chmod(ssl, 0o755)
        self.configure()
        if not self.first:
            status, said = run()
            report(status == 0, self.name + ": first issuance", said[-300:])
            os.chmod(ssl + "/example.com.chain.pem", 0o640)
        save(work + "/saved")
    def begin(self):
        restore(work + "/saved")
        for f in os.listdir(work + "/www"): os.unlink(work + "/www/" + f)
        if os.path.exists(commands): os.unlink(commands)
    removes = False
    def check(self, name, old, status, lost):
        if status == 0:
            expect(wrong(self.has_combined) == "",
                name + ": status 0 only if installed", wrong(self.has_combined))
        before = ran()
        s2, said2 = run()
        bad = wrong(self.has_combined)
        expect(s2 in (0, 2) and bad == "", name + ": the next run succeeds",
            "status %s then %s %s %s" % (status, s2, bad, said2[-400:]))
        changed = contents() != old[:3]
        expect_report(name, [status, s2], changed, lost)
        # A command that was killed, or whose end was not noted, runs again.
        if self.on_change:
            expect(ran() in (1, 2) if changed else ran() == before == 0,
                name + ": the command of on change ran", "%d times, %d before, "
                "changed: %s" % (ran(), before, changed))
        s3, said3 = run()
        expect(s3 == 2, name + ": and not for ever", "%d %s" % (s3,
            said3[-300:]))
        mode = modes()
        expect(self.first or mode == [0o644, 0o640, 0o644],
            name + ": modes are kept", str(mode))

class Offer(Renewal):
    """-i of what another run has obtained."""
    def prepare(self):
        super().prepare()
        run("-F")
        self.offer, key = contents()[2], read(keyfile)
        with open(work + "/offer.pem", "wb") as f: f.write(self.offer)
        restore(work + "/saved")
        if key != read(keyfile):
            with open(keyfile + ".new", "wb") as f: f.write(key)
            os.chmod(keyfile + ".new", 0o600)
            save(work + "/saved")
    def check(self, name, old, status, lost):
        s2, said2 = run(*self.args)
        bad = wrong(self.has_combined)
        expect(s2 in (0, 2) and contents()[2] == self.offer and bad == "",
            name + ": the next -i completes it", "status %s then %s %s %s" %
            (status, s2, bad, said2[-400:]))
        expect_report(name, [status, s2], True, lost)
        expect(run(*self.args)[0] == 2, name + ": and not for ever", "")

class Revocation(Renewal):
    """-r: the CA has revoked it in the first of these runs, and says so."""
    removes = True
    def check(self, name, old, status, lost):
        if status == 0:
            expect(contents() == [None] * 3, name + ": status 0 only if the "
                "files are removed", "")
        s2, said2 = run(*self.args)
        expect(s2 in (0, 2), name + ": the next -r succeeds",
            "status %s then %s %s" % (status, s2, said2[-400:]))
        expect(contents() == [None] * 3, name + ": the files are removed", "")
        # A second -r has it confirmed, and says so.
        if status != 0: expect_report(name, [status, s2], True, lost)
        s3, said3 = run()
        expect(s3 == 0 and wrong(self.has_combined) == "", name + ": then "
            "there is a new certificate", "%d %s" % (s3, said3[-400:]))

class Rehearsal(Renewal):
    def prepare(self):
        super().prepare()
        self.before = self.files()
    def files(self):
        return {p: read(p) for d in (ssl, work + "/etc") for t, _, names in
            os.walk(d) for p in (t + "/" + f for f in names)}
    def check(self, name, old, status, lost):
        expect(self.files() == self.before, name + ": nothing is changed", "")
        s2, said2 = run(*self.args)
        expect(s2 == 0 and self.files() == self.before,
            name + ": the next rehearsal succeeds", "status %s then %s %s" %
            (status, s2, said2[-400:]))
        s3, said3 = run()
        expect(s3 == 2, name + ": a renewal has nothing to do", "%d %s" % (s3,
            said3[-400:]))

class Rollover(Renewal):
    """The CA's side cannot be restored: each begins where the one before has
    ended."""
    def begin(self): pass
    def check(self, name, old, status, lost):
        s2, said2 = run("-F")
        expect(s2 == 0, name + ": the account still works", "status %s then %s "
            "%s" % (status, s2, said2[-400:]))
        s3 = 0
        if read(account + ".new") is not None: s3, said2 = run("-K", "test")
        s4, said4 = run("-F")
        expect(s3 == s4 == 0 and read(account + ".new") is None, name +
            ": and then by one key alone", "%s %s %s %s" % (s3, s4,
            os.listdir(private), (said2 + said4)[-400:]))

BOTH = dict(has_combined=True, key_more=" rotate")
with open(conf) as f: text = f.read()
# The staging is the same CA at another address.
text = re.sub(r'(api url "https://)localhost(.*)', r"\1localhost\2\n\tstaging "
    r'"https://127.0.0.1\2', text)
key_line = re.search(r"domain key \S+", text)[0]
SCENARIOS = [
    Renewal("first issuance", (), first=True),
    Renewal("first issuance with rotate", (), first=True, on_change=True,
        **BOTH),
    Renewal("renewal", on_change=True),
    Renewal("rotation", on_change=True, **BOTH),
    Offer("-i", ("-i", work + "/offer.pem")),
    Offer("-i with a new key", ("-i", work + "/offer.pem"), **BOTH),
    Revocation("-r", ("-r",)),
    Revocation("-r of a compromised key", ("-r", "-R", "keyCompromise"),
        has_combined=True),
    Rehearsal("-T", ("-T",)),
    Rollover("-K", ("-K", "test")),
]
