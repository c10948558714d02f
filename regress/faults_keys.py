# A kill or an I/O fault at each system call by which a rotation of the domain's key, and a
# rollover of the account's, change the disk.
from faults_lib import *

combined, account = ssl + "/private/example.com.both.pem", work + "/etc/private/account.pem"
BOTH = 'domain key "%s" rotate\n\tdomain combined "%s"' % (keyfile, combined)

def matches(path):
    """What is wrong with the pair in the file of key and chain."""
    if sha(path) is None: return "there is no file of key and chain"
    return "" if sha(path) == sha(keyfile) + sha(ssl + "/example.com.fullchain.pem") else "key and chain in one file are not the pair"
def whole_key(path):
    pem = sha(path)
    return pem is None or pem.endswith(b"-----END PRIVATE KEY-----\n")

text = open(conf).read()
text = re.sub(r"domain key \S+", lambda m: BOTH, text)
open(conf, "w").write(text)
status, said = run()
report(status == 0 and consistent() + matches(combined) == "", "first issuance with rotate and domain combined", said[-300:])
save(work + "/saved")
first_key = sha(keyfile)
points = sorted(set(calls_of("csrproc", "-F") + calls_of("fileproc", "-F")))
report(sha(keyfile) != first_key, "a rotation is a new key")
report(len(points) > 40, "a rotation is %d system calls on the disk" % len(points))
for what in ("signal=SIGKILL", "error=EIO", "error=ENOSPC"):
    hits = 0
    for call, nth in points:
        if what != "signal=SIGKILL" and call not in ("write", "fsync", "openat", "renameat", "linkat", "unlinkat"): continue
        restore(work + "/saved")
        status, said, hit = inject(call, nth, what, "-F")
        if not hit: continue
        hits += 1
        name = "rotation, %s at %s %d" % (what, call, nth)
        whole = all(n is not None and n.endswith(b"-----END CERTIFICATE-----\n") for n in contents() + [sha(combined)])
        report(whole and whole_key(keyfile) and whole_key(keyfile + ".new"), name + ": each file is whole")
        if status == 0:
            report(consistent() + matches(combined) == "", name + ": status 0 only if installed", consistent() + matches(combined))
        s2, said = run()
        report(s2 in (0, 2) and consistent() + matches(combined) == "", name + ": the pair matches after the next start", "status %d %s %s" % (s2, consistent() + matches(combined), said[-400:]))
        report(leftovers() == [], name + ": nothing is left over", str(leftovers()))
    report(hits > 15, "rotation, %s: %d places" % (what, hits))

# The CA's side cannot be restored: each rollover begins where the one before has ended.
points = sorted(set(calls_of("keyproc", "-K", "test") + calls_of("fileproc", "-K", "test")))
report(len(points) > 20, "a rollover is %d system calls on the disk" % len(points))
for what in ("signal=SIGKILL", "error=EIO"):
    hits = 0
    for call, nth in points:
        if what != "signal=SIGKILL" and call not in ("write", "fsync", "openat", "renameat", "linkat", "unlinkat"): continue
        status, said, hit = inject(call, nth, what, "-K", "test")
        if not hit: continue
        hits += 1
        name = "rollover, %s at %s %d" % (what, call, nth)
        report(whole_key(account) and sha(account) is not None and whole_key(account + ".new"), name + ": each key is whole")
        s2, said = run("-F")
        report(s2 == 0, name + ": the account still works", "status %d %s" % (s2, said[-400:]))
        # A new key that the CA never saw waits for the next rollover.
        s2, said = run("-K", "test") if sha(account + ".new") is not None else (0, "")
        s3, more = run("-F")
        report(s2 == s3 == 0 and sha(account + ".new") is None and [f for f in os.listdir(work + "/etc/private") if "acme-new" in f] == [],
            name + ": and then by one key alone", "status %d %d %s %s" % (s2, s3, os.listdir(work + "/etc/private"), (said + more)[-400:]))
    report(hits > 8, "rollover, %s: %d places" % (what, hits))
end()
