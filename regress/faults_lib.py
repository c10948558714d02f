# For faults.py and faults_keys.py: faults at one system call by which a role
# changes the disk, by strace's injection.  Arguments: program, configuration,
# work directory.
import functools, os, re, shutil, subprocess, sys

client, conf, work = sys.argv[1:]
ssl, state, private = work + "/ssl", work + "/state", work + "/etc/private"
keyfile = ssl + "/private/example.com.key"
# The system calls by which a role changes the disk.
CALLS = ("openat,write,fsync,close,renameat,renameat2,unlinkat,fchmod,fchown,"
    "linkat,newfstatat")
# With it strace stops a process at the calls that it traces only. strace 6.1
# then injects errors, but no signals.
FEW_STOPS = "--seccomp-bpf"
failed = False

def report(ok, name, why=""):
    global failed
    failed |= not ok
    if ok: print("ok faults: " + name, flush=True)
    else: print("FAIL faults: " + name + ": " + why, flush=True)

def run(*args, trace=None):
    """Exit status and messages of a run that renews, or does what the options
    say; trace: arguments of strace."""
    command = [client, "-v", "-f", conf, *args]
    if "-K" not in args: command.append("example.com")
    if trace:
        strace = ["strace", "-f", "-qq", "-o", work + "/trace"]
        command = [*strace, *trace, *command]
    p = subprocess.run(command, capture_output=True, text=True, timeout=120)
    return p.returncode, p.stderr

def read(path):
    """None: there is no such file."""
    try:
        with open(path, "rb") as f: return f.read()
    except OSError: return None
FILES = ["example.com.pem", "example.com.chain.pem",
    "example.com.fullchain.pem"]
def contents(): return [read(ssl + "/" + f) for f in FILES]
def whole_certificates(files):
    """Each of them is there, to its end."""
    end = b"-----END CERTIFICATE-----\n"
    return all(pem is not None and pem.endswith(end) for pem in files)
def whole_key(pem):
    return pem is None or pem.endswith(b"-----END PRIVATE KEY-----\n")
@functools.lru_cache
def public_key(*command, pem):
    """What openssl(1) makes of this PEM; no need to ask it twice."""
    command = ["openssl", *command]
    return subprocess.run(command, input=pem, capture_output=True).stdout
def inconsistent():
    """What is wrong with the set, or an empty string."""
    certificate, chain, full_chain = files = contents()
    if None in files: return "file missing"
    if full_chain != certificate + chain:
        return "full chain is not certificate and chain"
    own = public_key("pkey", "-pubout", pem=read(keyfile) or b"")
    certified = public_key("x509", "-noout", "-pubkey", pem=certificate)
    return "" if own and own == certified else "leaf does not match key"
def leftovers():
    out = os.listdir(work + "/www")
    for d in (ssl, ssl + "/private", state):
        for f in os.listdir(d):
            if f.endswith((".acme-new", ".new.pem")): out.append(f)
    return out
def save(to):
    shutil.rmtree(to, ignore_errors=True)
    os.mkdir(to)
    for d in ("ssl", "state", "etc"):
        shutil.copytree(work + "/" + d, to + "/" + d, copy_function=copy_owner)
def copy_owner(a, b):
    shutil.copy2(a, b)
    st = os.stat(a)
    os.chown(b, st.st_uid, st.st_gid)
def restore(frm):
    for d in ("ssl", "state", "etc"):
        shutil.rmtree(work + "/" + d)
        shutil.copytree(frm + "/" + d, work + "/" + d, copy_function=copy_owner)
    os.chmod(ssl + "/private", 0o700)
    os.chmod(state, 0o700)

def calls_of(role, *args):
    """What such a run does on the disk, in this role, from the first file on
    that it makes, and all that a second process of the role does:
    [(call, nth)]."""
    run(*args, trace=[FEW_STOPS, "-e", "trace=execve," + CALLS])
    count, out = {}, []
    roles = {}
    for line in open(work + "/trace", errors="replace"):
        p, _, rest = line.partition(" ")
        rest = rest.strip()
        m = re.match(r'execve\("[^"]*", \["(\w+proc)", "[0-9a-f]{16}', rest)
        if m:
            roles[p] = m.group(1)
            count = count if m.group(1) != role else {}
        if roles.get(p) != role: continue
        m = re.match(r"(\w+)\(", rest)
        if m:
            count[m.group(1)] = count.get(m.group(1), 0) + 1
            out.append((m.group(1), count[m.group(1)], rest[:90]))
    first = next(i for i, (_, _, line) in enumerate(out)
        if "O_CREAT" in line and "acme-new" in line)
    changes = {(call, nth) for call, nth, _ in out[first:]}
    return sorted(c for c in changes if c[0] != "newfstatat")

def some(points, kind):
    """Each fifth of these places, and of another kind of fault (0, 1, 2)
    others; all of them if FAULTS=all (make faults)."""
    return points if os.environ.get("FAULTS") == "all" else points[kind::5]

def inject(call, nth, what, *args):
    """Such a run, with the fault at this call in every process that comes so
    far; was there one?"""
    fault = "inject=%s:%s:when=%d" % (call, what, nth)
    options = ["-e", "trace=" + call, "-e", fault]
    if not what.startswith("signal="): options.insert(0, FEW_STOPS)
    status, said = run(*args, trace=options)
    with open(work + "/trace") as f: trace = f.read()
    return status, said, "(INJECTED)" in trace or "killed by SIGKILL" in trace

def end():
    sys.exit(1 if failed else 0)
