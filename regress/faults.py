# Kills and I/O faults at system calls by which fileproc, and csrproc for a
# first key, change the disk: at each fifth of fileproc's, at all if FAULTS=all.
from faults_lib import *

def invariant(name, old, status):
    now = contents()
    # Each file is the old one or a new one.
    report(whole_certificates(now), name + ": each file is whole",
        str([pem and pem[-40:] for pem in now]))
    if status == 0:
        report(now != old and inconsistent() == "",
            name + ": status 0 only if installed", inconsistent())
    s2, said = run()
    report(s2 in (0, 2) and inconsistent() == "",
        name + ": the next run succeeds, the set belongs together",
        "status %d %s %s" % (s2, inconsistent(), said[-300:]))
    # At least once: the client reports it again if it failed to forget it.
    changed = contents() != old
    s3, _ = run()
    report(0 in (status, s2) if changed else 0 not in (status, s2),
        name + ": a change is reported",
        "status %d %d, changed: %s" % (status, s2, changed))
    report(s3 == 2, name + ": and not for ever", "status %d" % s3)
    report(leftovers() == [], name + ": nothing is left over", str(leftovers()))
    mode = [oct(os.stat(ssl + "/" + f).st_mode & 0o777) for f in FILES]
    report(mode == ["0o644", "0o640", "0o644"], name + ": modes are kept",
        str(mode))

status, said = run()
report(status == 0, "first issuance", said[-300:])
os.chmod(ssl + "/example.com.chain.pem", 0o640)
save(work + "/saved")
points = calls_of("fileproc", "-F")
report(len(points) > 30,
    "fileproc makes %d system calls on the disk in a renewal" % len(points))
restore(work + "/saved")
def faults(kind, what, calls):
    hits = 0
    places = [p for p in points if calls is None or p[0] in calls]
    tries = some(places, kind)
    for call, nth in tries:
        old = contents()
        status, said, hit = inject(call, nth, what, "-F")
        if not hit: continue
        hits += 1
        invariant("%s at %s %d" % (what, call, nth), old, status)
        restore(work + "/saved")
    report(hits > len(tries) // 2, "renewal, %s: %d places" % (what, hits))
faults(0, "signal=SIGKILL", None)
faults(1, "error=ENOSPC", ("write", "fsync", "openat", "renameat", "fchmod"))
faults(2, "error=EIO",
    ("write", "fsync", "openat", "renameat", "close", "fchmod"))

# -i, by a chain that another run has obtained
run("-F")
with open(work + "/offer.pem", "wb") as f:
    f.write(read(ssl + "/example.com.fullchain.pem"))
restore(work + "/saved")
OFFER = ("-i", work + "/offer.pem")
points = calls_of("fileproc", *OFFER)
report(len(points) > 30,
    "fileproc makes %d system calls on the disk with -i" % len(points))
hits = 0
tries = some(points, 1)
for call, nth in tries:
    restore(work + "/saved")
    old = contents()
    status, said, hit = inject(call, nth, "signal=SIGKILL", *OFFER)
    if not hit: continue
    hits += 1
    name = "-i, killed at %s %d" % (call, nth)
    if hits % 2: invariant(name, old, status)
    s, said = run(*OFFER)
    report(s in (0, 2) and contents()[2] == read(work + "/offer.pem") and
        inconsistent() == "" and leftovers() == [],
        name + ": the next -i completes it",
        "%d %s %s %s" % (s, inconsistent(), leftovers(), said[-300:]))
report(hits > len(tries) // 2, "-i, killed: %d places" % hits)
restore(work + "/saved")

# The key: none is left cut, and none is sent before it is on the disk.
os.unlink(keyfile)
save(work + "/nokey")
points = calls_of("csrproc", "-F")
restore(work + "/nokey")
CALLS_OF_A_KEY = ("write", "fsync", "openat", "linkat", "unlinkat", "fchmod")
for what in ("error=ENOSPC", "error=EIO", "signal=SIGKILL"):
    hits = 0
    for call, nth in points:
        if call not in CALLS_OF_A_KEY: continue
        status, said, hit = inject(call, nth, what, "-F")
        if not hit:
            restore(work + "/nokey")
            continue
        hits += 1
        pem = read(keyfile)
        name = "%s at %s %d of the key" % (what, call, nth)
        report(whole_key(pem), name + ": no part of a key", str(pem)[:50])
        s2, said = run("-F")
        report(s2 == 0 and inconsistent() == "" and leftovers() == [],
            name + ": the next run succeeds",
            "%d %s %s %s" % (s2, inconsistent(), leftovers(), said[-300:]))
        restore(work + "/nokey")
    report(hits > 5, "a first key, %s: %d places" % (what, hits))
end()
