# Hostile stand-ins for all roles but key and csr, in every mode of a run.
# Arguments: DIRECTORY (fresh) PROGRAMS (with evil.c) CLIENT (honest) TREE
# [OPTION ...]
#   seed=N     the sample; printed, so that a failure can be repeated
#   all        several samples of everything, not one
#   only=ROLE/MODE/KIND[/N]   that alone; its plan is printed
#   as=root, as=user          by that user alone
import base64, collections, json, os, random, shutil, signal, sys, threading
import time, traceback

where, programs, honest, top = sys.argv[1:5]
options = dict(o.partition("=")[::2] for o in sys.argv[5:])
here = top + "/regress"
sys.path.insert(0, here)
import evil_check, evil_plan, evil_world
from c_enum import enum
from routes import ALL_MODES, table

SECONDS = 20        # after which no second samples are begun,
LAST = 600          # and no first ones either: what is left is said
ONE, OTHER = ["example.com"], ["other.example"]
BOTH = ONE + OTHER
# What a run is for, about which handles, what was there before, and how it is
# started.
RUNS = {
    "first": ("RENEW", ONE, "fresh", ONE),
    "-F": ("RENEW", ONE, "issued", ["-F", *ONE]),
    "-F rotate": ("RENEW", ONE, "rotate", ["-F", *ONE]),
    "-F -a": ("RENEW", BOTH, "issued", ["-F", "-j", "1", "-a"]),
    "-F listens": ("RENEW", OTHER, "issued", ["-F", *OTHER]),
    "-F dns": ("RENEW", OTHER, "dns", ["-F", *OTHER]),
    "nothing due": ("RENEW", ONE, "issued", ONE),
    "-r": ("REVOKE", ONE, "issued", ["-r", *ONE]),
    "-B": ("RESTORE", ONE, "rotate", ["-B", *ONE]),
    "-i": ("INSTALL", ONE, "issued", ["-i", evil_world.OFFER, *ONE]),
    "-K": ("ROLLOVER", [], "issued", ["-K", "test"]),
    "-U": ("CONTACT", [], "issued", ["-U", "test"]),
    "-D": ("DEACTIVATE", [], "issued", ["-F", "-D", "test"]),
    "-t": ("SHOW", [], "issued", ["-t", "test"]),
    "-l": ("LIST", [], "issued", ["-l"]),
    # A renewal from the CA's staging, with files of its own.
    "-T": ("RENEW", ONE, "try", ["-T", *ONE]),
    # What follows a renewal, a rollover and a rehearsal is a run of its own.
    "metrics": ("MONITOR", ONE, "issued", ONE),
    # Of two handles that have changed one is named.
    "on change": ("HOOK", ONE, "changed", ONE),
    "verify": ("VERIFY", ONE, "changed", ONE),
    "-K, its end": ("ADOPT", [], "issued", ["-K", "test"]),
    "-T, its end": ("LIST", ONE, "try", ["-T", *ONE]),
}
# The modes of those that they follow.
FOLLOWS = {
    "metrics": "RENEW",
    "-K, its end": "ROLLOVER",
    "-T, its end": "RENEW",
}
KINDS = ["messages", "forbidden", "flood", "files", "cunning", "stall", "watch"]
# These take long, or hardly depend on the mode.
SELDOM = ("flood", "stall", "watch", "forbidden")

ROLES = {
    "NET": "netproc",
    "DNS": "dnsproc",
    "CHNG": "chngproc",
    "CERT": "certproc",
    "FILE": "fileproc",
    "RESP": "respproc",
    "ZONE": "zoneproc",
}
# Runs of certproc and fileproc, and of roles that are not attackers here.
NOT_FOR_MOST = ("-B", "-i", "-l", "-t", "nothing due", "metrics", "-K, its end")
# Runs without some of the roles, and those in which one is for the first time.
ONLY = {
    "-F dns": ("NET", "CHNG", "ZONE"),
    "-T": ("NET", "DNS", "CHNG", "CERT", "FILE", "ZONE"),
    "-T, its end": ("CERT", "FILE"),
    "on change": ("FILE",),
    "verify": ("NET", "DNS", "CERT", "FILE"),
}
# By their numbers in evil_plan.py.
FOUND = [
    ("CERT", "-F", "found", 0),
    ("CERT", "-F", "found", 1),
    ("CERT", "-F", "found", 5),
    ("CERT", "-F -a", "found", 0),
    ("CERT", "-F -a", "found", 1),
    ("CERT", "-r", "found", 2),
    ("CERT", "nothing due", "found", 3),
    ("FILE", "-r", "found", 4),
]

class Case:
    pass

def present(role, run):
    """Is there such a process in such a run?"""
    if role == "ZONE" or run in ONLY:
        return role in ONLY.get(run, ())
    if role == "RESP" or run == "-F listens":
        return role == "RESP" and run in ("-F listens", "-F -a")
    if role in ("CERT", "FILE"):
        return True
    if run in NOT_FOR_MOST:
        return False
    return role != "CHNG" or RUNS[run][0] == "RENEW"

def cases():
    """One of each role, mode and kind; then those that come after them."""
    everything = "all" in options
    first = [(role, run, kind, 0) for role in ROLES for run in RUNS
        if present(role, run) for kind in KINDS]
    def again(kind, n):
        if kind in ("cunning", "messages", "forbidden"):
            return True
        return everything and n < 4
    more = [(role, run, kind, n)
        for n in range(1, 40 if everything else 8)
        for role, run, kind, _ in first if again(kind, n)]
    chance = random.Random(seed)
    chance.shuffle(first)
    if not everything and "only" not in options:
        # Three modes for each role.
        some = []
        for role in ROLES:
            for kind in SELDOM:
                some += [c for c in first if (c[0], c[2]) == (role, kind)][:3]
        # Two of the other kinds in each mode: those that the role has had least
        # often, so that each of them comes, in many modes.
        had = collections.Counter()
        for role, run in dict.fromkeys(c[:2] for c in first):
            kinds = [c for c in first if c[:2] == (role, run) and
                c[2] not in SELDOM]
            kinds.sort(key=lambda c: had[c[0], c[2]])
            some += kinds[:2]
            had.update((c[0], c[2]) for c in kinds[:2])
        first = some
    chance.shuffle(more)
    first += FOUND      # taken from the end
    if "only" in options:
        want = options["only"].split("/")
        def wanted(c):
            return [str(part) for part in c[:len(want)]] == want
        return [c for c in first + more if wanted(c)], []
    return first, more

def is_moment(line):
    return line.startswith(("on ", "when "))

def plan_of(w, c, tries):
    role, run, kind, n = c
    mode, _, base, _ = RUNS[run]
    name = "%s/%s/%d" % (seed, "/".join(map(str, c)), tries)
    maker = evil_plan.Maker(routes, part, w, base, name)
    if kind == "found":
        lines = maker.shaped(maker.found(role, mode, n))
    else:
        lines = getattr(maker, kind)(role, mode)
    if tries and (kind != "cunning" or tries > 6):
        lines = [l for l in lines if not is_moment(l)] + ["when 0"]
    if not any(map(is_moment, lines)):
        lines.append("on 9999")
    return lines

def own_targets(lines):
    """Are there targets below the role's own directories?"""
    return any(l.startswith("target ") and l[7] not in "./" for l in lines)

def attack(w, c, tries):
    """Makes the run; (what is wrong, did the attack begin?, seconds, plan)"""
    role, run, _, _ = c
    case = Case()
    case.role, case.run = role, run
    mode, case.handles, base, args = RUNS[run]
    case.mode, case.base = FOLLOWS.get(run, mode), base
    w.restore(base)
    if run in ("nothing due", "metrics"):
        w.run(w.honest, args)
    if run == "-i":
        w.offer()
    if run == "-B":
        w.run(w.honest, ["-F", *args[1:]])
    w.scenario("plain")
    before = evil_check.Before(w, base)
    lines = plan_of(w, c, tries)
    # Its own files; to look at servers it has them for reading only.
    case.spoils = (role == "FILE" and mode != "VERIFY" and base != "try" and
        own_targets(lines))
    number = 1 + ALL_MODES.index(mode)
    w.plan(["role " + ROLES[role], "mode %d" % number] + lines)
    status, took, text = w.run(w.client, args)
    w.plan(["role none"])
    wrong = evil_check.Check(w, case, before, status, took, text).all()
    w.scenario("plain")
    wrong += evil_check.heal(w, case)
    if "only" in options:
        print(*[l[:300] for l in lines], text[-3000:],
            "status %s, %.1f s" % (status, took), sep="\n")
    return wrong, "EVIL attack" in text, took, lines

def honest_run(w, plan, run="-F", role="CERT"):
    """Such a run with this plan, its case and what was there before."""
    case = Case()
    mode, case.handles, case.base, args = RUNS[run]
    case.role, case.run, case.mode, case.spoils = role, run, mode, False
    w.restore(case.base)
    before = evil_check.Before(w, case.base)
    w.plan(plan)
    status, took, text = w.run(w.client, args)
    w.plan(["role none"])
    return lambda more="": evil_check.Check(w, case, before, status, took,
        text + more).all()

def user_of(w):
    return "root" if w.root else "user"

def result(ok, text):
    print("ok" if ok else "FAIL", "evil: " + text)
    return ok

def is_seen(w, of, name, words, wrong):
    """Was something of these words found?  Without words: nothing at all."""
    ok = any(words in x for x in wrong) if words else wrong == []
    return result(ok, "the checks%s, as %s, see: %s%s" %
        (of, user_of(w), name, "" if ok else ": %s" % wrong))

def checks_can_fail(w):
    """After an honest run nothing is found, but all that is done to it is."""
    look = honest_run(w, ["role none"])
    good = []
    def line(name, words):
        good.append(is_seen(w, "", name, words, look()))
    line("nothing after an honest run", "")
    requests_can_be_seen(w, line)
    files_can_be_seen(w, line)
    w.reached.append((0, "there", b""))
    line("a connection", "reached")
    w.reached.clear()
    good.append(is_seen(w, "", "a fault of another role", "killed by signal 11",
        look("acme-client: fileproc was killed by signal 11, Segmentation")))
    if not w.root:
        good += unconfined_can_be_seen(w)
    return all(good)

def requests_can_be_seen(w, line):
    def asked(name, words, payload, url="/x"):
        kept = evil_world.read(w.ca + "/payloads")
        header = {"url": "https://localhost:%d%s" % (w.port, url)}
        with open(w.ca + "/payloads", "a") as f:
            f.write(json.dumps(["/x", header, payload]) + "\n")
        line(name, words)
        with open(w.ca + "/payloads", "w") as f:
            f.write(kept)
    def b64(b):
        return base64.urlsafe_b64encode(b).decode()
    foreign = evil_world.openssl("req", "-in", w.tls + "/csr",
        "-outform", "DER")
    other = b64(evil_check.chain_of(w.files(), "other.example"))
    name = {"type": "dns", "value": "evil.example"}
    for what, words, payload in [
        ("a CSR for a foreign key", "a foreign key", {"csr": b64(foreign)}),
        ("a revocation", "signed in such a run: revoke",
            {"certificate": other}),
        ("another certificate's revocation", "of another certificate",
            {"certificate": other}),
        ("an order for another name", "ordered", {"identifiers": [name]}),
        ("a deactivation", "signed in such a run",
            {"status": "deactivated"}),
    ]:
        asked(what, words, payload)
    asked("another origin", "signed for", {}, "@evil.example/")

def files_can_be_seen(w, line):
    def changed(name, words, path, new=None, mode=None):
        path = w.top + "/" + path
        old, st = evil_world.read(path, True), os.stat(path)
        if new is None and mode is None:
            os.unlink(path)
        if new is not None:
            with open(path, "wb") as f:
                f.write(new)
        if mode is not None:
            os.chmod(path, mode)
        line(name, words)
        with open(path, "wb") as f:
            f.write(old)
        os.chmod(path, st.st_mode & 0o7777)
        os.chown(path, st.st_uid, st.st_gid)
    domain_key, lost = "keys/example.com.key", "was replaced or removed"
    key = evil_world.read(w.top + "/" + domain_key, True)
    foreign = evil_world.read(w.tls + "/foreign.key", True)
    changed("a lost domain key", lost, domain_key)
    changed("a foreign domain key", lost, domain_key, foreign)
    changed("a lost account key", "is lost", "account/account.pem")
    changed("a key that others can read", "mode", domain_key, mode=0o644)
    changed("a key elsewhere", "a private key is in",
        "state/domain-example.com.json", key)
    changed("a changed decoy", "has changed", "decoys/public", b"x")
    changed("a lost decoy", "is gone", "certs/unrelated.pem")
    changed("a set-user-ID file", "mode", "certs/example.com.pem", mode=0o4755)
    changed("another handle's certificate", "no good certificate",
        "certs/other.example.pem", b"x")

def unconfined_can_be_seen(w):
    """What a role without its sandbox does is found."""
    names = ["decoys/writable", "keys/example.com.key", "account/account.pem"]
    wrong = honest_run(w, [
        "role netproc",
        "mode 1",
        "escaped yes",
        "when 1",
        *["target %s/%s" % (w.top, n) for n in names],
        "files",
        "call parent kill",
    ])()
    return [is_seen(w, "", "a role without its sandbox: it " + does, words,
        wrong) for does, words in [
            ("reads", "a private key is in"),
            ("writes", "decoys/writable: has changed"),
            ("loses keys", "was replaced or removed"),
        ]]

class Programs:
    """The checks of what is run, with what was run by honest runs."""
    def __init__(self, w, of=" of programs"):
        self.w, self.of, self.good = w, of, []
    def run(self, run, role):
        self.look = honest_run(self.w, ["role none"], run, role)
    def line(self, name, words):
        self.good.append(is_seen(self.w, self.of, name, words, self.look()))
    def ran(self, name, words, argv, env):
        """As if that had been run, too."""
        d = self.w.hooks + "/ran/false"
        settings = [n + "=" + v for n, v in env.items()]
        os.mkdir(d)
        for n, texts in ("argv", ["/bin/sh"] + argv), ("env", settings):
            with open(d + "/" + n, "w") as f:
                f.write("".join(t + "\0" for t in texts))
        self.line(name, words)
        shutil.rmtree(d)
    def gone(self, name, words, path):
        old = evil_world.read(path, True)
        os.unlink(path)
        self.line(name, words)
        with open(path, "wb") as f:
            f.write(old)
    def found(self, words):
        return next((argv, env) for argv, env in self.w.ran()
            if argv[1:1 + len(words)] == words)

def programs_can_fail(w):
    """The same of what is run: after a change, and for records."""
    p = Programs(w)
    commands_can_be_seen(w, p)
    records_can_be_seen(w, p)
    rehearsal = Programs(w, " of rehearsals")
    rehearsals_can_be_seen(w, rehearsal)
    return all(p.good + rehearsal.good)

def commands_can_be_seen(w, p):
    p.run("verify", "CERT")
    p.line("nothing after 'on change' and 'verify'", "")
    argv, env = p.found(["changed", "own"])
    others = [w.program, "changed", "other's"]
    p.ran("a command that is not configured", "was run", ["/bin/true"], env)
    p.ran("another argument", "was run", [*argv, "$(id)"], env)
    p.ran("another handle's command", "was run", others, env)
    p.ran("another path in the environment", "ACME_KEY_1=", argv,
        dict(env, ACME_KEY_1="/x"))
    p.ran("more in the environment", "LD_PRELOAD=", argv,
        dict(env, LD_PRELOAD="/x"))
    p.gone("a change that is lost", "that is not remembered",
        w.top + "/state/domain-other.example.changed")
    with open(w.ca + "/log", "a") as f:
        f.write("POST /x\n")
    p.line("a request to the CA", "the CA was asked")
    shutil.move(w.hooks + "/ran", w.hooks + "/away")
    os.mkdir(w.hooks + "/ran", 0o777)
    p.line("commands that were not run", "that is not remembered")
    os.rmdir(w.hooks + "/ran")
    shutil.move(w.hooks + "/away", w.hooks + "/ran")
    with open(w.hooks + "/fails", "w"):
        pass
    p.run("verify", "CERT")
    p.line("the status of a run that only looks", "that only looks")
    os.unlink(w.hooks + "/fails")

def records_can_be_seen(w, p):
    p.run("-F dns", "ZONE")
    p.line("nothing after a renewal by records", "")
    argv, env = p.found(["begin", "dns-01"])
    for name, at, word in [
        ("another value", 5, "d" * 43),
        ("another record", 4, "_evil.other.example"),
        ("another name", 3, "example.com"),
        ("another challenge", 2, "dns-02"),
        ("another action", 1, "x"),
    ]:
        p.ran(name, "was run", argv[:at] + [word] + argv[at + 1:], env)
    p.ran("another value in the environment", "ACME_VALUE=", argv,
        dict(env, ACME_VALUE="$(id)"))
    record = w.hooks + "/zone/_acme-challenge.other.example " + "d" * 43
    with open(record, "w"):
        pass
    p.line("a record that is left", "left and not remembered")
    os.unlink(record)
    p.run("-F dns", "NET")
    p.ran("a value of another form", "was run",
        argv[:5] + ["$(id)" + "d" * 38], env)

def rehearsals_can_be_seen(w, p):
    p.run("-T", "NET")
    p.line("nothing after a rehearsal", "")
    p.gone("what it must not touch", "is gone", w.top + "/certs/unrelated.pem")
    p.gone("what is installed", "no good certificate",
        w.top + "/certs/example.com.pem")
    p.gone("what it should have installed", "nothing new is installed",
        w.top + "/" + evil_check.TRY_FULL % ONE[0])
    with open(w.ca + "/log", "a") as f:
        f.write("POST /x\n")
    p.line("a request to the CA itself", "the CA was asked")

def state_is_believed(w):
    """A state that says "not before 2192" holds for two days at most.

    Then the files themselves count.
    """
    w.restore("issued")
    w.scenario("one day")
    w.run(w.honest, ["-F", "example.com"])
    path, good = w.top + "/state/domain-example.com.json", True
    for ago, believed in [
        (3600, True),
        (3 * 86400, False),
        (-3600, False),
        (None, False),
    ]:
        w.run(w.honest, ["example.com"])
        state = json.loads(evil_world.read(path))
        looked = state["looked at"]
        looked.update(begins=2**32, ends=2**33, certificate="",
            time=int(time.time()) - (ago or 0))
        if ago is None:
            del looked["time"]
        with open(path, "w") as f:
            json.dump(state, f)
        text = w.run(w.honest, ["example.com"])[2]
        ok = (("before 2192" in text) == believed and
            "nothing to do before" in text)
        when = "never" if ago is None else "%d hours ago" % (ago // 3600)
        result(ok, "a state that says 2192, looked at %s: %sbelieved" %
            (when, "" if believed else "not "))
        good = good and ok
    return good

def name_of(role, run, kind):
    return "evil: %s, %s, %s" % (ROLES[role], run, kind)

def tell(c, wrong, lines, w):
    role, run, kind, n = c
    if not wrong:
        return
    print("FAIL %s: %s (seed=%s only=%s/%s/%s/%s as %s; %s)" % (
        name_of(role, run, kind), "; ".join(dict.fromkeys(wrong)),
        seed, role, run, kind, n, user_of(w),
        " | ".join(l[:60] for l in lines[:4])), flush=True)

def next_case():
    """None: no more, or no time for more."""
    took, everything = time.monotonic() - began, "all" in options
    with lock:
        if todo:
            if took < LAST or everything or "only" in options:
                return todo.pop()
        elif more and (took < SECONDS or everything):
            return more.pop()
    return None

def work(w):
    while True:
        c = next_case()
        if c is None:
            return
        try:
            # Some moments never come, and some requests are never made.
            for tries in range(12):
                wrong, begun, took, lines = attack(w, c, tries)
                if begun or wrong:
                    break
        except Exception as e:
            wrong = ["%s: %s" % (type(e).__name__, e)]
            begun, took, lines = False, 0, []
            traceback.print_exc()
        with lock:
            tell(c, wrong, lines, w)
            done.append((c, wrong, begun, took))

class Tally:
    """How many runs, how many were attacked and failed; the longest."""
    def __init__(self):
        self.runs = self.attacked = self.failed = 0
        self.longest = 0.0
    def add(self, wrong, begun, took):
        self.runs += 1
        self.attacked += begun
        self.failed += bool(wrong)
        self.longest = max(self.longest, took)

def summary():
    """A line for each role, mode and kind; and the table."""
    failed = False
    cells = collections.defaultdict(Tally)
    rows = collections.defaultdict(Tally)
    for c, wrong, begun, took in done:
        cells[c[:3]].add(wrong, begun, took)
        rows[c[:2]].add(wrong, begun, took)
    for cell, t in sorted(cells.items()):
        if t.failed:
            failed = True
        elif not t.attacked:
            failed = True
            print("FAIL %s: the attack never began" % name_of(*cell))
        else:
            print("ok %s: %d runs" % (name_of(*cell), t.runs))
    for c in todo:
        print("skip %s: no time left on this machine" % name_of(*c[:3]))
    print("# seed %s, %d runs with a hostile role, %.0f s" %
        (seed, len(done), time.monotonic() - began))
    print("# %-9s %-12s %5s %8s %7s %9s" %
        ("role", "mode", "runs", "attacked", "failed", "longest"))
    for (role, run), t in sorted(rows.items()):
        print("# %-9s %-12s %5d %8d %7d %7.1f s" % (ROLES[role], run,
            t.runs, t.attacked, t.failed, t.longest))
    return failed

seed = options.get("seed") or str(random.SystemRandom().randrange(10**6))
routes, part = table(top), enum(top + "/part.h", "part")
evil_world.make_ca(where + "/tls")
lock, done = threading.Lock(), []
todo, more = cases()
if not todo:
    sys.exit("nothing to do: " + str(options))
worlds = []
for i, root in enumerate([True, False] if os.getuid() == 0 else [False, False]):
    if "as" in options and root != (options["as"] == "root"):
        continue
    worlds.append(evil_world.World("%s/%d" % (where, i), here, where + "/tls",
        programs, honest, root))
began = time.monotonic()
def able_to_see():
    """What is looked for would be found; each world at the same time."""
    good = []
    def check(w):
        good.append(checks_can_fail(w) and programs_can_fail(w))
    threads = [threading.Thread(target=check, args=(w,)) for w in worlds]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    return good == [True] * len(worlds) and state_is_believed(worlds[0])
able = "only" in options or able_to_see()
def stop(*_):
    for w in worlds:
        w.end()
    os._exit(1)
signal.signal(signal.SIGTERM, stop)
threads = [threading.Thread(target=work, args=(w,), daemon=True)
    for w in worlds]
for t in threads:
    t.start()
for t in threads:
    t.join()
for w in worlds:
    w.end()
sys.exit(1 if summary() or not able else 0)
