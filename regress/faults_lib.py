# For faults.py and faults_keys.py: faults at one system call by which a role changes the
# disk, by strace's injection.  Arguments: program, configuration, work directory.
import functools, os, re, shutil, subprocess, sys

client, conf, work = sys.argv[1:]
ssl, state, keyfile = work + "/ssl", work + "/state", work + "/ssl/private/example.com.key"
CALLS = "openat,write,fsync,close,renameat,renameat2,unlinkat,fchmod,fchown,linkat,newfstatat"
failed = False

def report(ok, name, why=""):
    global failed
    failed |= not ok
    print("ok" if ok else "FAIL", "faults: " + name + ("" if ok else ": " + why), flush=True)

def run(*args, trace=None):
    """Exit status and messages; trace: arguments of strace; args: for what, else to renew."""
    pre = ["strace", "-f", "--seccomp-bpf", "-qq", "-o", work + "/trace"] + trace if trace else []
    p = subprocess.run(pre + [client, "-v", "-f", conf, *args] + ([] if "-K" in args else ["example.com"]), capture_output=True, text=True, timeout=120)
    return p.returncode, p.stderr

def sha(path):
    try: return open(path, "rb").read()
    except OSError: return None
FILES = ["example.com.pem", "example.com.chain.pem", "example.com.fullchain.pem"]
def contents(): return [sha(ssl + "/" + f) for f in FILES]
def leaf(pem): return pem[:pem.index(b"-----END CERT")] if pem and b"-----END CERT" in pem else None
@functools.lru_cache
def public_key(*command, pem):
    """What openssl makes of this, which it need not be asked twice."""
    return subprocess.run(["openssl", *command], input=pem, capture_output=True).stdout
def consistent():
    a, b, c = contents()
    if None in (a, b, c): return "file missing"
    if c != a + b: return "full chain is not certificate and chain"
    k = public_key("pkey", "-pubout", pem=sha(keyfile) or b"")
    x = public_key("x509", "-noout", "-pubkey", pem=a)
    return "" if k == x and k else "leaf does not match key"
def leftovers():
    out = []
    for d in (ssl, ssl + "/private", state):
        out += [f for f in os.listdir(d) if f.endswith(".acme-new") or f.endswith(".new.pem")]
    out += os.listdir(work + "/www")
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

def calls_of(role, *args):
    """What such a run does on the disk, in this role, from the first file on that it makes: [(call, nth)]."""
    run(*args, trace=["-e", "trace=execve," + CALLS])
    count, out = {}, []
    roles = {}
    for line in open(work + "/trace", errors="replace"):
        p, _, rest = line.partition(" ")
        rest = rest.strip()
        m = re.match(r'execve\("[^"]*", \["(\w+proc)", "[0-9a-f]{16}', rest)
        if m: roles[p] = m.group(1); count = count if m.group(1) != role else {}
        if roles.get(p) != role: continue
        m = re.match(r"(\w+)\(", rest)
        if m:
            count[m.group(1)] = count.get(m.group(1), 0) + 1
            out.append((m.group(1), count[m.group(1)], rest[:90]))
    first = next(i for i, c in enumerate(out) if "O_CREAT" in c[2] and "acme-new" in c[2])
    return sorted(set((c[0], c[1]) for c in out[first:] if c[0] != "newfstatat"))

def inject(call, nth, what, *args):
    """Such a run, with the fault at this call in every process that comes so far; was there one?"""
    status, said = run(*args, trace=["-e", "trace=" + call, "-e", "inject=%s:%s:when=%d" % (call, what, nth)])
    trace = open(work + "/trace").read()
    return status, said, "(INJECTED)" in trace or "killed by SIGKILL" in trace

def end():
    sys.exit(1 if failed else 0)
