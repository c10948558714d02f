# The power fails during a run: CLIENT CONF WORK.  strace(1) shows what one run
# writes; a model says which states of the disk the order of its calls permits,
# if only fsync(2) of a file keeps its content, and only fsync(2) of a directory
# keeps its entries.  Each state is made, or SOME of them unless FAULTS=all, and
# what must hold is looked at at once, and after the next run.
import hashlib, itertools, os, random, re

from faults_runs import *

SOME = 18    # States of a kind of run.
CALLS = ("openat,write,pwrite64,fsync,fdatasync,close,renameat,renameat2,"
    "linkat,link,unlinkat,unlink,mkdir,mkdirat,rmdir,rename,fchmod,fchown,"
    "ftruncate,execve")
TOPS = [work + "/" + d for d in ("ssl", "state", "etc", "www")]

class File:
    """What a file has, and what of it is on the disk (None: nothing yet)."""
    def __init__(self, data, mode, owner):
        self.data, self.mode, self.owner = data, mode, owner
        self.synced = None
    def contents(self):
        """What it may have after the power was off."""
        if self.synced == self.data: return [self.data]
        before = self.synced or b""
        return [self.data, before, self.data[:len(self.data) // 2]]

class Disk:
    def __init__(self):
        """The directories below the work directory, as they are now."""
        self.kept = {}        # path: File, as on the disk
        self.names = {}       # path: File, as the processes see it
        self.pending = []     # [({path: File or None}, directory)]
        self.commanded = False    # The command of on change has run.
        for top in TOPS:
            for d, _, files in os.walk(top):
                for f in files:
                    path, st = d + "/" + f, os.stat(d + "/" + f)
                    file = File(read(path), st.st_mode & 0o777,
                        (st.st_uid, st.st_gid))
                    file.synced = file.data
                    self.kept[path] = file
        self.names = dict(self.kept)
    def change(self, entries):
        directory = os.path.dirname(next(iter(entries)))
        for path, file in entries.items():
            if file is None: self.names.pop(path, None)
            else: self.names[path] = file
        self.pending.append((entries, directory))
    def sync_directory(self, directory):
        rest = []
        for entries, of in self.pending:
            if of == directory: self.apply(self.kept, entries)
            else: rest.append((entries, of))
        self.pending = rest
    @staticmethod
    def apply(names, entries):
        for path, file in entries.items():
            if file is None: names.pop(path, None)
            else: names[path] = file
    def states(self):
        """All {path: (content, mode, owner)} that the disk may have now."""
        n = len(self.pending)
        if n <= 6: chosen = itertools.product((0, 1), repeat=n)
        else:
            # Those up to one of them; all but one; one alone.
            chosen = [[i < k for i in range(n)] for k in range(n + 1)]
            chosen += [[i != k for i in range(n)] for k in range(n)]
            chosen += [[i == k for i in range(n)] for k in range(n)]
        for choice in chosen:
            names = dict(self.kept)
            for (entries, _), is_there in zip(self.pending, choice):
                if is_there: self.apply(names, entries)
            for which in range(3):
                state = {}
                for path, file in names.items():
                    can = file.contents()
                    state[path] = (can[min(which, len(can) - 1)], file.mode,
                        file.owner)
                yield state

def plain(text):
    """strace's text with the bytes that it shows as numbers."""
    return re.sub(r"\\x([0-9a-f]{2})", lambda m: chr(int(m[1], 16)), text)
def calls(path):
    """[(process, call, arguments, result)] by the order in which they end."""
    begun = {}
    with open(path) as f:
        for line in f:
            pid, _, rest = line.rstrip("\n").partition(" ")
            rest = rest.strip()
            if rest.endswith("<unfinished ...>"):
                begun[pid] = rest[:-len("<unfinished ...>")].rstrip()
                continue
            m = re.match(r"<\.\.\. \w+ resumed>(.*)", rest)
            if m: rest = begun.pop(pid) + m[1]
            m = re.match(r"(\w+)\((.*)\)\s+= (-?\d+)(<[^>]*>)?", rest)
            if m: yield pid, m[1], m[2], int(m[3])
def path_of(directory, name):
    """Of a directory's descriptor as strace shows it, and a name."""
    name = plain(name.strip().strip('"'))
    if name.startswith("/"): return name
    # A working directory may not be shown; nothing here is relative to it.
    m = re.search(r"<(.*)>", directory)
    return plain(m[1]) + "/" + name if m else name

def replay(disk, trace):
    """Goes through the run; yields after each call that changes the disk."""
    open_files = {}
    for pid, call, arguments, result in trace:
        if result < 0: continue
        args = arguments.split(", ")
        fd = (pid, args[0].partition("<")[0])
        disk.commanded |= call == "execve" and plain(args[0]) == '"/bin/sh"'
        if call == "openat":
            path = path_of(args[0], args[1])
            if not path.startswith(tuple(TOPS)): continue
            if "O_CREAT" in args[2] and path not in disk.names:
                mode = int(args[3], 8) & ~0o022
                disk.change({path: File(b"", mode, (os.geteuid(),
                    os.getegid()))})
            elif path not in disk.names: continue
            file = disk.names[path]
            if "O_TRUNC" in args[2]: file.data = b""
            open_files[pid, str(result)] = [file, 0]
        elif call in ("write", "pwrite64") and fd in open_files:
            file, at = open_files[fd]
            text = re.search(r'"((?:\\x[0-9a-f]{2})*)"', arguments)[1]
            data = bytes.fromhex(text.replace("\\x", ""))[:result]
            if call == "pwrite64": at = int(args[-1])
            file.data = file.data[:at] + data + file.data[at + len(data):]
            open_files[fd][1] = at + len(data)
        elif call in ("fsync", "fdatasync") and fd in open_files:
            open_files[fd][0].synced = open_files[fd][0].data
        elif call == "fsync":
            disk.sync_directory(plain(re.search(r"<(.*)>", args[0])[1]))
        elif call == "close":
            open_files.pop(fd, None)
            continue
        elif call == "fchmod" and fd in open_files:
            open_files[fd][0].mode = int(args[1], 8)
        elif call == "fchown" and fd in open_files:
            open_files[fd][0].owner = int(args[1]), int(args[2])
        elif call in ("renameat", "renameat2", "linkat"):
            a, b = path_of(args[0], args[1]), path_of(args[2], args[3])
            if a not in disk.names: continue
            entries = {b: disk.names[a]}
            if call != "linkat": entries[a] = None
            disk.change(entries)
        elif call in ("unlinkat", "unlink"):
            path = path_of("", args[0]) if call == "unlink" else \
                path_of(args[0], args[1])
            if path in disk.names: disk.change({path: None})
        elif call == "ftruncate" and fd in open_files:
            open_files[fd][0].data = open_files[fd][0].data[:int(args[1])]
        else: continue
        yield call

def make(state):
    """Writes this state."""
    for top in TOPS:
        for d, _, files in os.walk(top):
            for f in files:
                if d + "/" + f not in state: os.unlink(d + "/" + f)
    for path, (data, mode, owner) in state.items():
        if os.path.exists(path): os.unlink(path)
        with open(path, "wb") as f: f.write(data)
        os.chown(path, *owner)
        os.chmod(path, mode)
def signature(state):
    h = hashlib.sha256()
    for path, (data, mode, owner) in sorted(state.items()):
        h.update(b"%s %d %o %r\n" % (path.encode(), len(data), mode,
            b"%d:%d" % owner))
        h.update(data)
    return h.digest()

every = os.environ.get("FAULTS") == "all"
only = os.environ.get("SCENARIO", ".*")
chance = random.Random(os.environ.get("SEED", "1"))
total = tried = stays = 0
for sc in SCENARIOS:
    # -T makes directories; what -K has done at the CA cannot be undone.
    if sc.name in ("-T", "-K") or not re.fullmatch(only, sc.name): continue
    sc.prepare()
    sc.begin()
    old = contents() + [read(combined)]
    disk = Disk()
    status, said = run(*sc.args, trace=[FEW_STOPS, "-y", "-xx", "-s", "1000000",
        "-e", "trace=" + CALLS])
    new = contents() + [read(combined)]
    report(status == 0, sc.name + ": a run", said[-300:])
    found, steps = {}, 0
    for step in replay(disk, calls(work + "/trace")):
        steps += 1
        for state in disk.states():
            found.setdefault(signature(state), (steps, step, disk.commanded,
                state))
    # The model has come to what the run has left.
    off = [p for t in TOPS for d, _, fs in os.walk(t) for p in
        (d + "/" + f for f in fs) if p not in disk.names or
        disk.names[p].data != read(p)]
    off += [p for p in disk.names if not os.path.exists(p)]
    report(off == [] and steps > 20, "%s: the model is right: %d calls, %d "
        "states" % (sc.name, steps, len(found)), str(off))
    # Whatever is lost after the last call, the new files are there.
    kept_new = [{os.path.basename(p): c[0] for p, c in s.items()}
        for s in disk.states()]
    report(all(s.get(f) == b for s in kept_new for f, b in zip(FILES, new)),
        sc.name + ": status 0: what it has done cannot be lost", "")
    states = list(found.values())
    total += len(states)
    if not every: states = chance.sample(states, min(SOME, len(states)))
    for n, (nth, step, commanded, state) in enumerate(states):
        sc.begin()
        make(state)
        if commanded:
            with open(commands, "w") as f: f.write("x\n")
        tried += 1
        name = "%s, power lost after call %d (%s), state %d" % (sc.name, nth,
            step, n)
        now = contents() + [read(combined)]
        expect(all(b in (a, c) for a, b, c in zip(old, now, new)) and
            whole_files(old, sc.removes),
            name + ": each file is the old one or the new one", "")
        sc.check(name, old, None, forgotten(True, None, now != old))
        # The list of responses is not synced: one may stay, and harms nobody.
        stays += os.listdir(work + "/www") != []
        left = [f for f in leftovers() if f.endswith((".acme-new", ".pem"))]
        expect(left == [], name + ": nothing is left over", str(left))
    report(not violations[sc.name], "%s: %d states, each survived" % (sc.name,
        len(states)), "violations: %d" % violations[sc.name])
print("%d states after a power loss, %d tried, %d violations; changes not "
    "reported: %d; a response stays: %d" % (total, tried,
    sum(violations.values()), len(unreported), stays))
end()
