# A file system that is full, or read-only: CLIENT CONF WORK, as root in a mount
# namespace of its own.  The directories of certificates and domain keys, of
# state, of accounts and of responses are such file systems in turn, with so
# many pages or inodes free; with all of these if FAULTS=all, else with SOME.
import random

from faults_runs import *

SOME = 4
every = os.environ.get("FAULTS") == "all"
chance = random.Random(os.environ.get("SEED", "1"))
FILLER = "/filler"
def mount(*args): subprocess.run(["mount", *args], check=True)
def copy_of(name, to):
    """Mounts a small file system there, which has what was saved."""
    mode = os.stat(to).st_mode & 0o7777
    mount("-t", "tmpfs", "-o", "size=2m,nr_inodes=300,mode=%o" % mode, "tmpfs",
        to)
    frm = work + "/saved/" + name
    if os.path.isdir(frm):
        shutil.copytree(frm, to, dirs_exist_ok=True, copy_function=copy_owner)
        for d, names, _ in os.walk(frm):
            for n in names: shutil.copystat(d + "/" + n,
                to + (d + "/" + n)[len(frm):])
        os.chmod(to, mode)
def fill(top, pages):
    """All but so many pages."""
    with open(top + FILLER, "wb", buffering=0) as f:
        try:
            while True: f.write(bytes(4096))
        except OSError: pass
        f.truncate(max(0, f.tell() - 4096 * pages))
def use_up(top, inodes):
    os.mkdir(top + FILLER)
    try:
        for n in range(300): open(top + FILLER + "/%d" % n, "w").close()
    except OSError: pass
    for n in range(inodes): os.unlink(top + FILLER + "/%d" % n)
def empty(top):
    if os.path.isdir(top + FILLER): shutil.rmtree(top + FILLER)
    elif os.path.exists(top + FILLER): os.unlink(top + FILLER)

TROUBLES = [("full, %d pages free" % n, lambda top, n=n: fill(top, n))
    for n in (0, 1, 2, 3, 5, 8, 15, 16, 17, 19, 24)]
TROUBLES += [("%d inodes free" % n, lambda top, n=n: use_up(top, n))
    for n in range(6)]
TROUBLES.append(("read-only", lambda top: mount("-o", "remount,ro", top)))
for sc in (s for s in SCENARIOS if s.name in ("renewal", "rotation", "-i",
    "first issuance")):
    sc.prepare()
    tried, stopped = 0, 0
    for name in ("ssl", "state", "etc", "www"):
        top = work + "/" + name
        if sc.name == "-i" and name in ("etc", "www"): continue
        for what, cause in TROUBLES if every else chance.sample(TROUBLES, SOME):
            sc.begin()
            copy_of(name, top)
            old = contents() + [read(combined)]
            cause(top)
            status, said = run(*sc.args)
            of = "%s, %s, %s" % (sc.name, name, what)
            expect(status in (0, 1), of + ": it ends", "%d" % status)
            expect(status == 0 or said != "", of + ": it says why", "")
            expect(whole_files(old, False), of + ": each file is whole", "")
            # Rights are reduced, and so is the room, for this run alone.
            if what == "read-only": mount("-o", "remount,rw", top)
            empty(top)
            tried += 1
            stopped += status == 1
            sc.check(of, old, status, False)
            left = [f for f in leftovers() if "filler" not in f]
            expect(left == [], of + ": nothing is left over", str(left))
            subprocess.run(["umount", top], check=True)
    report(stopped > 1 and not violations[sc.name], "%s: %d full or read-only "
        "file systems, %d stopped it, each survived" % (sc.name, tried,
        stopped), "violations: %d" % violations[sc.name])
end()
