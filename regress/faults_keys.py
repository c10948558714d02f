# A kill or an I/O fault at system calls by which a rotation of the domain's
# key, and a rollover of the account's, change the disk: at each fifth of a
# rotation's and at each of a rollover's; at all if FAULTS=all.
from faults_lib import *

combined = ssl + "/private/example.com.both.pem"
account = private + "/account.pem"
BOTH = 'domain key "%s" rotate\n\tdomain combined "%s"' % (keyfile, combined)

def wrong():
    """What is wrong with the set, or with key and chain in one file."""
    if inconsistent(): return inconsistent()
    one_file, (_, _, full_chain) = read(combined), contents()
    if one_file is None: return "there is no file of key and chain"
    if one_file == read(keyfile) + full_chain: return ""
    return "key and chain in one file are not the pair"
def whole_keys(path):
    """The key in use, and a new one beside it, if they are there."""
    return whole_key(read(path)) and whole_key(read(path + ".new"))
# The calls at which an error is worth a run; a kill is at every call.
ERRORS_AT = ("write", "fsync", "openat", "renameat", "linkat", "unlinkat")
def worth_a_run(what, call):
    return what == "signal=SIGKILL" or call in ERRORS_AT
def calls_of_two(role, *args):
    return sorted(set(calls_of(role, *args) + calls_of("fileproc", *args)))

with open(conf) as f: text = f.read()
with open(conf, "w") as f:
    f.write(re.sub(r"domain key \S+", lambda m: BOTH, text))
status, said = run()
report(status == 0 and wrong() == "",
    "first issuance with rotate and domain combined", said[-300:])
save(work + "/saved")
first_key = read(keyfile)
points = calls_of_two("csrproc", "-F")
report(read(keyfile) != first_key, "a rotation is a new key")
report(len(points) > 40,
    "a rotation is %d system calls on the disk" % len(points))
for kind, what in enumerate(("signal=SIGKILL", "error=EIO", "error=ENOSPC")):
    hits = 0
    places = [p for p in points if worth_a_run(what, p[0])]
    tries = some(places, kind)
    for call, nth in tries:
        restore(work + "/saved")
        status, said, hit = inject(call, nth, what, "-F")
        if not hit: continue
        hits += 1
        name = "rotation, %s at %s %d" % (what, call, nth)
        whole = whole_certificates(contents() + [read(combined)])
        report(whole and whole_keys(keyfile), name + ": each file is whole")
        if status == 0:
            report(wrong() == "", name + ": status 0 only if installed",
                wrong())
        s2, said = run()
        report(s2 in (0, 2) and wrong() == "",
            name + ": the pair matches after the next start",
            "status %d %s %s" % (s2, wrong(), said[-400:]))
        report(leftovers() == [], name + ": nothing is left over",
            str(leftovers()))
    report(hits > len(tries) // 2,
        "rotation, %s: %d places" % (what, hits))

# -i, with a key that waits beside the live one: both go live together.
restore(work + "/saved")
run("-F")
with open(work + "/offer.pem", "wb") as f: f.write(contents()[2])
new_key = read(keyfile)
restore(work + "/saved")
with open(keyfile + ".new", "wb") as f: f.write(new_key)
os.chmod(keyfile + ".new", 0o600)
save(work + "/offered")
OFFER = ("-i", work + "/offer.pem")
points = calls_of("csrproc", *OFFER)
restore(work + "/offered")
points = sorted(set(points + calls_of("fileproc", *OFFER)))
report(len(points) > 40,
    "-i with a new key is %d system calls on the disk" % len(points))
hits = 0
tries = some(points, 1)
for call, nth in tries:
    restore(work + "/offered")
    status, said, hit = inject(call, nth, "signal=SIGKILL", *OFFER)
    if not hit: continue
    hits += 1
    name = "-i with a new key, killed at %s %d" % (call, nth)
    whole = whole_certificates(contents() + [read(combined)])
    report(whole and whole_keys(keyfile), name + ": each file is whole")
    if hits % 2:
        s2, said = run()
        report(s2 in (0, 2) and wrong() == "",
            name + ": the pair matches after the next start",
            "status %d %s %s" % (s2, wrong(), said[-400:]))
    s2, said = run(*OFFER)
    report(s2 in (0, 2) and wrong() == "" and read(keyfile) == new_key and
        leftovers() == [] and read(keyfile + ".new") is None,
        name + ": the next -i completes it", "status %d %s %s %s" %
        (s2, wrong(), leftovers(), said[-400:]))
report(hits > len(tries) // 2,
    "-i with a new key, killed: %d places" % hits)
restore(work + "/saved")

# The CA's side cannot be restored: each rollover begins where the one before
# has ended.
points = calls_of_two("keyproc", "-K", "test")
report(len(points) > 20,
    "a rollover is %d system calls on the disk" % len(points))
for what in ("signal=SIGKILL", "error=EIO"):
    hits = 0
    for call, nth in points:
        if not worth_a_run(what, call): continue
        status, said, hit = inject(call, nth, what, "-K", "test")
        if not hit: continue
        hits += 1
        name = "rollover, %s at %s %d" % (what, call, nth)
        report(read(account) is not None and whole_keys(account),
            name + ": each key is whole")
        s2, said = run("-F")
        report(s2 == 0, name + ": the account still works",
            "status %d %s" % (s2, said[-400:]))
        # A new key that the CA never saw waits for the next rollover.
        s2, said = 0, ""
        if read(account + ".new") is not None: s2, said = run("-K", "test")
        s3, more = run("-F")
        left = [f for f in os.listdir(private) if "acme-new" in f]
        report(s2 == s3 == 0 and read(account + ".new") is None and not left,
            name + ": and then by one key alone", "status %d %d %s %s" %
            (s2, s3, os.listdir(private), (said + more)[-400:]))
    report(hits > 8, "rollover, %s: %d places" % (what, hits))
end()
