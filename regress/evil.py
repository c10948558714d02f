# Hostile stand-ins for all roles but key and csr, in every mode of a run.
# Arguments: DIRECTORY (fresh) PROGRAMS (with evil.c) CLIENT (honest) TREE [OPTION ...]
#   seed=N     the sample; printed, so that a failure can be repeated
#   all        several samples of everything, not one
#   only=ROLE/MODE/KIND[/N]   that alone; its plan is printed
#   as=root, as=user          by that user alone
import base64, json, os, random, shutil, signal, sys, threading, time

where, programs, honest, top = sys.argv[1:5]
options = dict(o.partition("=")[::2] for o in sys.argv[5:])
here = top + "/regress"
sys.path.insert(0, here)
import evil_check, evil_plan, evil_world
from c_enum import enum
from routes import ALL_MODES, table

SECONDS = 40        # after which no second samples are begun,
LAST = 600          # and no first ones either: what is left is said
# How a run is started, what for, about which handles, and what was there before.
RUNS = {
    "first": ("RENEW", ["example.com"], "fresh", ["example.com"]),
    "-F": ("RENEW", ["example.com"], "issued", ["-F", "example.com"]),
    "-F rotate": ("RENEW", ["example.com"], "rotate", ["-F", "example.com"]),
    "-F -a": ("RENEW", ["example.com", "other.example"], "issued", ["-F", "-j", "1", "-a"]),
    "-F listens": ("RENEW", ["other.example"], "issued", ["-F", "other.example"]),
    "-F dns": ("RENEW", ["other.example"], "dns", ["-F", "other.example"]),
    "nothing due": ("RENEW", ["example.com"], "issued", ["example.com"]),
    "-r": ("REVOKE", ["example.com"], "issued", ["-r", "example.com"]),
    "-B": ("RESTORE", ["example.com"], "rotate", ["-B", "example.com"]),
    "-K": ("ROLLOVER", [], "issued", ["-K", "test"]),
    "-U": ("CONTACT", [], "issued", ["-U", "test"]),
    "-D": ("DEACTIVATE", [], "issued", ["-F", "-D", "test"]),
    "-t": ("SHOW", [], "issued", ["-t", "test"]),
    "-l": ("LIST", [], "issued", ["-l"]),
    # What follows a renewal and a rollover is a run of its own.
    "metrics": ("METRICS", ["example.com"], "issued", ["example.com"]),
    # Of two handles that have changed one is named.
    "on change": ("HOOK", ["example.com"], "changed", ["example.com"]),
    "verify": ("VERIFY", ["example.com"], "changed", ["example.com"]),
    "-K, its end": ("ADOPT", [], "issued", ["-K", "test"]),
}
FOLLOWS = {"METRICS": "RENEW", "ADOPT": "ROLLOVER"}
KINDS = ["messages", "forbidden", "flood", "files", "cunning", "stall", "watch"]

ROLES = {"NET": "netproc", "DNS": "dnsproc", "CHNG": "chngproc", "CERT": "certproc", "FILE": "fileproc", "RESP": "respproc", "ZONE": "zoneproc"}
# Those in which some roles are not, or some are for the first time.
ONLY = {"-F dns": ("NET", "CHNG", "ZONE"), "on change": ("FILE",), "verify": ("NET", "DNS", "CERT", "FILE")}

class Case: pass

def present(role, run):
    """Is there such a process in such a run?"""
    if role == "ZONE" or run in ONLY: return role in ONLY.get(run, ())
    if role == "RESP" or run == "-F listens": return role == "RESP" and run in ("-F listens", "-F -a")
    if role in ("CERT", "FILE"): return True
    if run in ("-B", "-l", "-t", "nothing due", "metrics", "-K, its end"): return False
    return role != "CHNG" or RUNS[run][0] == "RENEW"

def cases():
    """One of each role, mode and kind; then more of those that have more to them."""
    first = [(r, m, k, 0) for r in ROLES for m in RUNS if present(r, m) for k in KINDS]
    more = [(r, m, k, n) for n in range(1, 40 if "all" in options else 8) for r, m, k, _ in first
        if k in ("cunning", "messages", "forbidden") or "all" in options and n < 4]
    chance = random.Random(seed)
    chance.shuffle(first)
    if "all" not in options and "only" not in options:
        # These take long, or hardly depend on the mode: three modes for each role.
        some = [[c for c in first if c[0] == r and c[2] == k][:3] for r in ROLES for k in ("flood", "stall", "watch")]
        first = [c for c in first if c[2] not in ("flood", "stall", "watch")] + sum(some, [])
    chance.shuffle(more)
    found = [("CERT", m, "found", n) for m, ns in (("-F", [0, 1]), ("-F -a", [0, 1]), ("-r", [2]), ("nothing due", [3])) for n in ns]
    found.append(("FILE", "-r", "found", 4))
    first += found      # taken from the end
    if "only" in options:
        want = options["only"].split("/")
        return [c for c in first + more if list(map(str, c))[:len(want)] == want], []
    return first, more

def attack(w, c, tries):
    """Makes the run; (what is wrong, did the attack begin?, seconds, plan)"""
    role, run, kind, n = c
    case = Case()
    case.role, case.run = role, run
    mode, case.handles, base, args = RUNS[run]
    case.mode, case.base = FOLLOWS.get(mode, mode), base
    w.restore(base)
    if run in ("nothing due", "metrics"): w.run(w.honest, args)
    if run == "-B": w.run(w.honest, ["-F", *args[1:]])
    w.scenario("plain")
    before = evil_check.Before(w)
    maker = evil_plan.Maker(routes, part, w, base, "%s/%s/%d" % (seed, "/".join(map(str, c)), tries))
    lines = maker.shaped(maker.found(role, mode, n)) if kind == "found" else getattr(maker, kind)(role, mode)
    if tries and (kind != "cunning" or tries > 6): lines = [l for l in lines if not l.startswith(("on ", "when "))] + ["when 0"]
    if not any(l.startswith(("on ", "when ")) for l in lines): lines.append("on 9999")
    # Its own files; to look at servers it has them for reading only.
    case.spoils = role == "FILE" and mode != "VERIFY" and any(l.startswith("target ") and l[7] not in "./" for l in lines)
    w.plan(["role " + ROLES[role], "mode %d" % (1 + ALL_MODES.index(mode))] + lines)
    status, took, text = w.run(w.client, args)
    w.plan(["role none"])
    wrong = evil_check.Check(w, case, before, status, took, text).all()
    w.scenario("plain")
    wrong += evil_check.heal(w, case)
    if "only" in options:
        print("\n".join(l[:300] for l in lines), text[-3000:], "status %s, %.1f s" % (status, took), sep="\n")
    return wrong, "EVIL attack" in text, took, lines

def honest_run(w, plan, run="-F", role="CERT"):
    """Such a run with this plan, its case and what was there before."""
    case = Case()
    mode, case.handles, case.base, args = RUNS[run]
    case.role, case.run, case.mode, case.spoils = role, run, mode, False
    w.restore(case.base)
    before = evil_check.Before(w)
    w.plan(plan)
    result = w.run(w.client, args)
    w.plan(["role none"])
    return lambda: evil_check.Check(w, case, before, *result).all()

def checks_can_fail(w):
    """Nothing is found after an honest run, and all that is done to what it left."""
    look = honest_run(w, ["role none"])
    def line(name, words, wrong):
        ok = any(words in x for x in wrong) if words else wrong == []
        print("ok" if ok else "FAIL", "evil: the checks, as %s, see: " % ("root" if w.root else "user") + name + ("" if ok else ": %s" % wrong))
        return ok
    good = [line("nothing after an honest run", "", look())]
    def asked(name, words, payload, url="/x"):
        kept = evil_world.read(w.ca + "/payloads")
        with open(w.ca + "/payloads", "a") as f: f.write(json.dumps(["/x", {"url": "https://localhost:%d%s" % (w.port, url)}, payload]) + "\n")
        good.append(line(name, words, look()))
        with open(w.ca + "/payloads", "w") as f: f.write(kept)
    def b64(b): return base64.urlsafe_b64encode(b).decode()
    foreign = evil_world.openssl("req", "-in", w.tls + "/csr", "-outform", "DER")
    other = evil_check.chain_of(w.files(), "other.example")
    asked("a CSR for a foreign key", "a foreign key", {"csr": b64(foreign)})
    asked("a revocation", "signed in such a run: revoke", {"certificate": b64(other)})
    asked("another certificate's revocation", "of another certificate", {"certificate": b64(other)})
    asked("an order for another name", "ordered", {"identifiers": [{"type": "dns", "value": "evil.example"}]})
    asked("a deactivation", "signed in such a run", {"status": "deactivated"})
    asked("another origin", "signed for", {}, "@evil.example/")
    def changed(name, words, path, new=None, mode=None):
        path = w.top + "/" + path
        old, st = evil_world.read(path, True), os.stat(path)
        if new is None and mode is None: os.unlink(path)
        if new is not None:
            with open(path, "wb") as f: f.write(new)
        if mode is not None: os.chmod(path, mode)
        good.append(line(name, words, look()))
        with open(path, "wb") as f: f.write(old)
        os.chmod(path, st.st_mode & 0o7777)
        os.chown(path, st.st_uid, st.st_gid)
    key = evil_world.read(w.top + "/keys/example.com.key", True)
    changed("a lost domain key", "was replaced or removed", "keys/example.com.key")
    changed("a foreign domain key", "was replaced or removed", "keys/example.com.key", evil_world.read(w.tls + "/foreign.key", True))
    changed("a lost account key", "is lost", "account/account.pem")
    changed("a key that others can read", "mode", "keys/example.com.key", mode=0o644)
    changed("a key elsewhere", "a private key is in", "state/domain-example.com.json", key)
    changed("a changed decoy", "has changed", "decoys/public", b"x")
    changed("a lost decoy", "is gone", "certs/unrelated.pem")
    changed("a set-user-ID file", "mode", "certs/example.com.pem", mode=0o4755)
    changed("another handle's certificate", "no good certificate", "certs/other.example.pem", b"x")
    w.reached.append((0, "there", b""))
    good.append(line("a connection", "reached", look()))
    w.reached.clear()
    names = ["decoys/writable", "keys/example.com.key", "account/account.pem"]
    if not w.root:
        wrong = honest_run(w, ["role netproc", "mode 1", "escaped yes", "when 1"] + ["target %s/%s" % (w.top, n) for n in names] + ["files", "call parent kill"])()
        good += [line("a role without its sandbox: it " + n, words, wrong) for n, words in (("reads", "a private key is in"), ("writes", "decoys/writable: has changed"),
            ("loses keys", "was replaced or removed"))]
    return all(good)

def programs_can_fail(w):
    """The same of what is run: after a change, for records, for who looks at servers."""
    good = []
    def line(name, words, wrong):
        ok = any(words in x for x in wrong) if words else wrong == []
        print("ok" if ok else "FAIL", "evil: the checks of programs, as %s, see: %s" %
            ("root" if w.root else "user", name + ("" if ok else ": %s" % wrong)))
        good.append(ok)
    def ran(look, name, words, argv, env):
        """As if that had been run, too."""
        d = w.hooks + "/ran/false"
        os.mkdir(d)
        for n, texts in ("argv", ["/bin/sh"] + argv), ("env", [n + "=" + v for n, v in env.items()]):
            with open(d + "/" + n, "w") as f: f.write("".join(t + "\0" for t in texts))
        line(name, words, look())
        shutil.rmtree(d)
    def gone(look, name, words, path):
        old = evil_world.read(path, True)
        os.unlink(path)
        line(name, words, look())
        with open(path, "wb") as f: f.write(old)
    def found(words): return next((a, e) for a, e in w.ran() if a[1:1 + len(words)] == words)

    look = honest_run(w, ["role none"], "verify")
    line("nothing after 'on change' and 'verify'", "", look())
    argv, env = found(["changed", "own"])
    ran(look, "a command that is not configured", "was run", ["/bin/true"], env)
    ran(look, "another argument", "was run", [*argv, "$(id)"], env)
    ran(look, "another handle's command", "was run", [w.program, "changed", "other's"], env)
    ran(look, "another path in the environment", "ACME_KEY_1=", argv, dict(env, ACME_KEY_1="/x"))
    ran(look, "more in the environment", "LD_PRELOAD=", argv, dict(env, LD_PRELOAD="/x"))
    gone(look, "a change that is lost", "that is not remembered", w.top + "/state/domain-other.example.changed")
    with open(w.ca + "/log", "a") as f: f.write("POST /x\n")
    line("a request to the CA", "the CA was asked", look())
    shutil.move(w.hooks + "/ran", w.hooks + "/away")
    os.mkdir(w.hooks + "/ran", 0o777)
    line("commands that were not run", "that is not remembered", look())
    os.rmdir(w.hooks + "/ran")
    shutil.move(w.hooks + "/away", w.hooks + "/ran")
    with open(w.hooks + "/fails", "w"): pass
    line("the status of a run that only looks", "that only looks", honest_run(w, ["role none"], "verify")())
    os.unlink(w.hooks + "/fails")

    look = honest_run(w, ["role none"], "-F dns", "ZONE")
    line("nothing after a renewal by records", "", look())
    argv, env = found(["begin", "dns-01"])
    for name, at, word, words in [("another value", 5, "d" * 43, "was run"), ("another record", 4, "_evil.other.example", "was run"),
            ("another name", 3, "example.com", "was run"), ("another challenge", 2, "dns-02", "was run"), ("another action", 1, "x", "was run")]:
        ran(look, name, words, argv[:at] + [word] + argv[at + 1:], env)
    ran(look, "another value in the environment", "ACME_VALUE=", argv, dict(env, ACME_VALUE="$(id)"))
    record = w.hooks + "/zone/_acme-challenge.other.example " + "d" * 43
    with open(record, "w"): pass
    line("a record that is left", "left and not remembered", look())
    os.unlink(record)
    look = honest_run(w, ["role none"], "-F dns", "NET")
    ran(look, "a value of another form", "was run", argv[:5] + ["$(id)" + "d" * 38], env)
    return all(good)

def state_is_believed(w):
    """A state that says "not before 2192" holds for two days at most: then the files themselves count."""
    w.restore("issued")
    w.scenario("one day")
    w.run(w.honest, ["-F", "example.com"])
    path, good = w.top + "/state/domain-example.com.json", True
    for ago, believed in ((3600, True), (3 * 86400, False), (-3600, False), (None, False)):
        w.run(w.honest, ["example.com"])
        o = json.loads(evil_world.read(path))
        o["looked at"].update(begins=2**32, ends=2**33, certificate="", time=int(time.time()) - (ago or 0))
        if ago is None: del o["looked at"]["time"]
        with open(path, "w") as f: json.dump(o, f)
        text = w.run(w.honest, ["example.com"])[2]
        ok = ("before 2192" in text) == believed and "nothing to do before" in text
        good = good and ok
        print("ok" if ok else "FAIL", "evil: a state that says 2192, looked at %s: %sbelieved" % ("never" if ago is None else "%d hours ago" % (ago // 3600), "" if believed else "not "))
    return good

def tell(c, wrong, lines, w):
    role, run, kind, n = c
    name = "evil: %s, %s, %s" % (ROLES[role], run, kind)
    if not wrong: return
    print("FAIL %s: %s (seed=%s only=%s/%s/%s/%s as %s; %s)" % (name, "; ".join(dict.fromkeys(wrong)), seed, role, run, kind, n,
        "root" if w.root else "user", " | ".join(l[:60] for l in lines[:4])), flush=True)

def work(w):
    while True:
        with lock:
            if todo and (time.monotonic() - began < LAST or options.keys() & {"all", "only"}): c = todo.pop()
            elif not todo and more and time.monotonic() - began < SECONDS or not todo and more and "all" in options: c = more.pop()
            else: return
        try:
            # Some moments never come, and some requests are never made.
            for tries in range(12):
                wrong, begun, took, lines = attack(w, c, tries)
                if begun or wrong: break
        except Exception as e:
            wrong, begun, took, lines = ["%s: %s" % (type(e).__name__, e)], False, 0, []
            import traceback; traceback.print_exc()
        with lock:
            tell(c, wrong, lines, w)
            done.append((c, wrong, begun, took))

def summary():
    """A line for each role, mode and kind; and the table."""
    failed = False
    cells, rows = {}, {}
    for c, wrong, begun, took in done:
        for key, into in ((c[:3], cells), (c[:2], rows)):
            t = into.setdefault(key, [0, 0, 0, 0.0])
            t[0], t[1], t[2], t[3] = t[0] + 1, t[1] + begun, t[2] + bool(wrong), max(t[3], took)
    for (role, run, kind), t in sorted(cells.items()):
        name = "evil: %s, %s, %s" % (ROLES[role], run, kind)
        if t[2]: failed = True
        elif not t[1]:
            failed = True
            print("FAIL %s: the attack never began" % name)
        else: print("ok %s: %d runs" % (name, t[0]))
    for c in todo: print("skip evil: %s, %s, %s: no time left on this machine" % (ROLES[c[0]], *c[1:3]))
    print("# seed %s, %d runs with a hostile role, %.0f s" % (seed, len(done), time.monotonic() - began))
    print("# %-9s %-12s %5s %8s %7s %9s" % ("role", "mode", "runs", "attacked", "failed", "longest"))
    for (role, run), t in sorted(rows.items()):
        print("# %-9s %-12s %5d %8d %7d %7.1f s" % (ROLES[role], run, *t))
    return failed

seed = options.get("seed") or str(random.SystemRandom().randrange(10**6))
routes, part = table(top), enum(top + "/part.h", "part")
evil_world.make_ca(where + "/tls")
lock, done = threading.Lock(), []
todo, more = cases()
if not todo: sys.exit("nothing to do: " + str(options))
worlds = []
for i, root in enumerate([True, False] if os.getuid() == 0 else [False, False]):
    if "as" in options and root != (options["as"] == "root"): continue
    worlds.append(evil_world.World("%s/%d" % (where, i), here, where + "/tls", programs, honest, root))
began = time.monotonic()
def able_to_see():
    """What is looked for would be found; each world at the same time."""
    good = []
    def check(w):
        good.append(checks_can_fail(w) and programs_can_fail(w))
    threads = [threading.Thread(target=check, args=(w,)) for w in worlds]
    for t in threads: t.start()
    for t in threads: t.join()
    return good == [True] * len(worlds) and state_is_believed(worlds[0])
able = "only" in options or able_to_see()
def stop(*_):
    for w in worlds: w.end()
    os._exit(1)
signal.signal(signal.SIGTERM, stop)
threads = [threading.Thread(target=work, args=(w,), daemon=True) for w in worlds]
for t in threads: t.start()
for t in threads: t.join()
for w in worlds: w.end()
sys.exit(1 if summary() or not able else 0)
