# Kills and I/O faults at each system call by which fileproc (and csrproc) change
# the disk, by strace's injection.  Arguments: program, configuration, work directory.
import os, re, shutil, subprocess, sys

client, conf, work = sys.argv[1:]
ssl, state, keyfile = work + "/ssl", work + "/state", work + "/ssl/private/example.com.key"
CALLS = "openat,write,fsync,close,renameat,renameat2,unlinkat,fchmod,fchown,linkat,fallocate,pwrite64,newfstatat"
failed = False

def report(ok, name, why=""):
    global failed
    failed |= not ok
    print("ok" if ok else "FAIL", "faults: " + name + ("" if ok else ": " + why), flush=True)

def run(*args, trace=None):
    """Exit status and messages; trace: arguments of strace."""
    pre = ["strace", "-f", "-qq", "-o", work + "/trace"] + trace if trace else []
    p = subprocess.run(pre + [client, "-v", "-f", conf, *args, "example.com"], capture_output=True, text=True, timeout=120)
    return p.returncode, p.stderr

def sha(path):
    try: return open(path, "rb").read()
    except OSError: return None
FILES = ["example.com.pem", "example.com.chain.pem", "example.com.fullchain.pem"]
def contents(): return [sha(ssl + "/" + f) for f in FILES]
def leaf(pem): return pem[:pem.index(b"-----END CERT")] if pem and b"-----END CERT" in pem else None
def consistent():
    a, b, c = contents()
    if None in (a, b, c): return "file missing"
    if c != a + b: return "full chain is not certificate and chain"
    k = subprocess.run(["openssl", "pkey", "-in", keyfile, "-pubout"], capture_output=True).stdout
    x = subprocess.run(["openssl", "x509", "-in", ssl + "/example.com.pem", "-noout", "-pubkey"], capture_output=True).stdout
    return "" if k == x and k else "leaf does not match key"
def leftovers():
    out = []
    for d in (ssl, ssl + "/private", state):
        out += [f for f in os.listdir(d) if f.endswith(".acme-new")]
    return out
def save(to):
    shutil.rmtree(to, ignore_errors=True)
    os.mkdir(to)
    for d in ("ssl", "state", "etc"): shutil.copytree(work + "/" + d, to + "/" + d, copy_function=copy_owner)
def copy_owner(a, b):
    shutil.copy2(a, b)
    st = os.stat(a)
    os.chown(b, st.st_uid, st.st_gid)
def restore(frm):
    for d in ("ssl", "state", "etc"):
        shutil.rmtree(work + "/" + d)
        shutil.copytree(frm + "/" + d, work + "/" + d, copy_function=copy_owner)
    os.chmod(ssl + "/private", 0o700); os.chmod(state, 0o700)

def calls_of(role):
    """What a run with -F does on the disk, in this role, after the sandbox: [(call, nth, line)]."""
    run("-F", trace=["-e", "trace=execve," + CALLS])
    pid, count, out = None, {}, []
    roles = {}
    for line in open(work + "/trace", errors="replace"):
        p, _, rest = line.partition(" ")
        rest = rest.strip()
        m = re.match(r'execve\("[^"]*", \["(\w+)", "acme-client-role"', rest)
        if m: roles[p] = m.group(1); count = count if m.group(1) != role else {}
        if roles.get(p) != role: continue
        m = re.match(r"(\w+)\(", rest)
        if m:
            count[m.group(1)] = count.get(m.group(1), 0) + 1
            out.append((m.group(1), count[m.group(1)], rest[:90]))
    # from the first that makes a file on
    first = next(i for i, c in enumerate(out) if "O_CREAT" in c[2] and "acme-new" in c[2])
    return [c for c in out[first:] if c[0] != "newfstatat"]

def inject(role, call, nth, what):
    """Runs -F with the fault in this role only: strace counts by process, so a wrapper traces that one."""
    os.environ["FAULT"] = ""
    return run("-F", trace=["-e", "trace=" + call, "-e", "inject=%s:%s:when=%d" % (call, what, nth)])

def invariant(name, old, status, before_ok=True):
    now = contents()
    # each file is the old one, whole, or a new one, whole
    whole = all(n is not None and n.endswith(b"-----END CERTIFICATE-----\n") for n in now)
    report(whole, name + ": each file is whole", str([n[-40:] if n else n for n in now]))
    if status == 0:
        report(now != old and consistent() == "", name + ": status 0 only if installed", consistent())
    s2, said = run()
    report(s2 in (0, 2) and consistent() == "", name + ": the next run succeeds, the set belongs together", "status %d %s %s" % (s2, consistent(), said[-300:]))
    report(leftovers() == [], name + ": nothing is left over", str(leftovers()))
    mode = [oct(os.stat(ssl + "/" + f).st_mode & 0o777) for f in FILES]
    report(mode == ["0o644", "0o640", "0o644"], name + ": modes are kept", str(mode))

status, said = run()
report(status == 0, "first issuance", said[-300:])
os.chmod(ssl + "/example.com.chain.pem", 0o640)
save(work + "/saved")
points = calls_of("fileproc")
report(len(points) > 30, "fileproc makes %d system calls on the disk in a renewal" % len(points))
restore(work + "/saved")
seen = set()
for call, nth, line in points:
    # kill just that process: strace delivers the signal to whoever makes the nth call, each process has its own count
    if (call, nth) in seen: continue
    seen.add((call, nth))
    old = contents()
    status, said = inject("fileproc", call, nth, "signal=SIGKILL")
    killed = "killed by SIGKILL" in open(work + "/trace").read()
    if not killed: continue
    invariant("kill at %s %d" % (call, nth), old, status)
    restore(work + "/saved")
for error in ("ENOSPC", "EIO"):
    for call, nth, line in points:
        if call not in ("write", "fsync", "openat", "renameat", "close", "fallocate", "fchmod"): continue
        if call == "close" and error == "ENOSPC": continue
        old = contents()
        status, said = inject("fileproc", call, nth, "error=" + error)
        hit = "(INJECTED)" in open(work + "/trace").read()
        if not hit: continue
        invariant("%s at %s %d" % (error, call, nth), old, status)
        restore(work + "/saved")

# The key: none is left cut, and none is sent before it is on the disk.
os.unlink(keyfile)
save(work + "/nokey")
points = calls_of("csrproc")
restore(work + "/nokey")
for what in ("error=ENOSPC", "error=EIO", "signal=SIGKILL"):
    for call, nth, line in points:
        if call not in ("write", "fsync", "openat", "linkat", "unlinkat", "fchmod"): continue
        status, said = inject("csrproc", call, nth, what)
        trace = open(work + "/trace").read()
        if "(INJECTED)" not in trace and "killed by SIGKILL" not in trace: 
            restore(work + "/nokey")
            continue
        pem = sha(keyfile)
        name = "%s at %s %d of the key" % (what, call, nth)
        report(pem is None or pem.endswith(b"-----END PRIVATE KEY-----\n"), name + ": no part of a key", str(pem)[:50])
        s2, said = run("-F")
        report(s2 == 0 and consistent() == "" and leftovers() == [], name + ": the next run succeeds", "%d %s %s %s" % (s2, consistent(), leftovers(), said[-300:]))
        restore(work + "/nokey")
sys.exit(1 if failed else 0)
