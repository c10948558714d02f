# Arguments: filter-rules.h TRACE...  Reads strace -f of whole runs: which
# system calls each role makes once its filter is in place, whether any was
# refused, and which allowed ones are not used, and why they are allowed.
import collections, re, sys

source, traces = sys.argv[1], sys.argv[2:]
used, refused = collections.defaultdict(collections.Counter), []

def read_trace(trace):
    role_of, filtered, loading = {}, set(), {}
    for line in open(trace, errors="replace"):
        pid, _, rest = line.partition(" ")
        rest = rest.strip()
        m = re.match(r'execve\("[^"]*/\w+proc", \["(\w+proc)", "[0-9a-f]{16}',
            rest)
        if m:
            role_of[pid] = m.group(1)
            filtered.discard(pid)
        role = role_of.setdefault(pid, "parent")
        if rest.startswith("seccomp("):
            loading[pid] = ("SECCOMP_SET_MODE_FILTER" in rest and
                "filter=0x" in rest)
        done = re.match(r"(seccomp\(|<\.\.\. seccomp resumed>).*= 0$", rest)
        if done and loading.get(pid):
            filtered.add(pid)
            continue
        m = re.match(r"(\w+)\((.*)", rest)
        if not m or pid not in filtered:
            continue
        used[role][m.group(1)] += 1
        if re.search(r"= -1 (EACCES|ENOSYS|EPERM)", rest) or "SIGSYS" in rest:
            refused.append((trace.rpartition("/")[2], role, m.group(1),
                rest[:100]))

for trace in traces:
    read_trace(trace)

# One row each; the names of the filter's roles, and those of the processes.
ROLES = {
    "PARENT": "parent",
    "NET": "netproc",
    "DNS": "dnsproc",
    "KEY": "keyproc",
    "CSR": "csrproc",
    "CHNG": "chngproc",
    "CERT": "certproc",
    "FILE": "fileproc",
    "RESP": "respproc",
    "ZONE": "zoneproc",
}
DISK = {"csrproc", "chngproc", "fileproc"}

def roles_of(expression):
    """The processes in a row's second member, such as "ALL & ~R(DNS)"."""
    roles = {ROLES[r] for r in re.findall(r"(?<!~)R\((\w+)\)", expression)}
    if "ALL" in expression:
        roles |= set(ROLES.values())
    elif "DISK" in expression:
        roles |= DISK
    return roles - {ROLES[r] for r in re.findall(r"~R\((\w+)\)", expression)}

# A row goes on over several lines, and so does its string.
ROW = r'\{ ((?:"[^"]*"\s*)+),\s*([^,]+),\s*(?:ANY|\{)'
text = open(source).read()
table = text[text.index("rule table["):text.index("fatal_names")]
rows = re.findall(ROW, table)
if len(rows) != table.count('{ "'):
    sys.exit("FAIL syscalls: %d of %d rows of %s read" %
        (len(rows), table.count('{ "'), source))
allowed = collections.defaultdict(set)
for strings, expression in rows:
    for role in roles_of(expression):
        allowed[role].update("".join(re.findall(r'"([^"]*)"', strings)).split())

# Why calls are allowed that these runs do not use, with the roles of which that
# is so, or all.
REASONS = [
    ("the same on another architecture, or by another libc", None,
        "clock_gettime64 clock_nanosleep clock_nanosleep_time64 exit fcntl64 "
        "fchown32 fstat fstat64 fstatat64 futex_time64 getegid32 geteuid32 "
        "getgid32 getuid32 _llseek lseek mmap2 nanosleep newfstatat open poll "
        "ppoll ppoll_time64 pread64 pwrite64 readv recv renameat2 send "
        "sendto sigreturn statx waitpid write writev"),
    ("memory that grows, or is given back", None,
        "brk madvise mmap mprotect mremap munmap"),
    ("locks of libc and libcrypto", None, "futex rseq"),
    ("the time, where the vDSO does not have it", None,
        "clock_gettime gettimeofday time"),
    ("libc and libcrypto ask for them, before they use the environment", None,
        "getegid geteuid getgid getpid getppid gettid getuid"),
    ("another seed for random numbers", None, "getrandom"),
    ("after a signal, or a stop by a debugger or the terminal", None,
        "restart_syscall rt_sigreturn"),
    ("the end of a connection, or of a role's socket", None, "close"),
    ("an error or a message", None, "write"),
    ("a child that does not end by itself", "parent", "pidfd_send_signal"),
    ("a role that has ended before it took a message", "parent", "shutdown"),
    ("look-ups of a host by name servers, and TCP where UDP is cut", "dnsproc",
        "bind connect fcntl getpeername getsockname ioctl recvmsg sendmmsg "
        "sendmsg setsockopt socket sysinfo uname"),
    ("sockets of libtls, in other ways of connecting", "netproc", "fcntl"),
    ("how much is read of a response", "zoneproc", "getsockopt"),
    ("groups, ACLs and labels of a file that is replaced", "csrproc fileproc",
        "fchown fgetxattr flistxattr fremovexattr fsetxattr"),
    ("a key that is rotated, and one in a combined file", "csrproc",
        "read renameat"),
    ("a state that is new", "fileproc", "linkat"),
    ("which flags a descriptor has, before it is written to",
        "chngproc fileproc", "fcntl"),
    ("a pause before a request is tried again", "netproc",
        "clock_nanosleep nanosleep"),
    ("which responses of an earlier run are left", "chngproc", "pread64 read"),
    ("reading in chunks", "netproc certproc", "read"),
]
# What libc asks for, and does without, in roles that do not have it.
WITHOUT = [
    ("qsort(3) of older ones: how much memory is there?", "netproc certproc",
        "sysinfo"),
    ("stdio: what is standard output?", "certproc", "newfstatat fstat statx"),
]
def reason_of(role, call, reasons=REASONS):
    for reason, roles, calls in reasons:
        if call in calls.split() and (roles is None or role in roles.split()):
            return reason
    return None

def tell(name, wrong):
    print("%s syscalls: %s" % ("FAIL" if wrong else "ok", name + wrong))

for role in ROLES.values():
    if not used[role]:
        tell("nothing seen of ", role)
        continue
    outside = sorted(set(used[role]) - allowed[role])
    for call in [c for c in outside if reason_of(role, c, WITHOUT)]:
        print("# %s asked for %s, and did without (%s)" %
            (role, call, reason_of(role, call, WITHOUT)))
        outside.remove(call)
    tell("%s uses %d system calls, all in its filter" % (role, len(used[role])),
        ": not %s" % outside if outside else "")
    counts = ["%s*%d" % c for c in sorted(used[role].items())]
    print("# %s uses: %s" % (role, " ".join(counts)))
    unused = sorted(allowed[role] - set(used[role]))
    for reason, _, _ in REASONS:
        calls = [c for c in unused if reason_of(role, c) == reason]
        if calls: print("# %s did not use (%s): %s" %
            (role, reason, " ".join(calls)))
    unexplained = [c for c in unused if not reason_of(role, c)]
    tell("%s: a reason for each call that it did not use" % role,
        ": not %s" % unexplained if unexplained else "")
refused = [r for r in refused if not reason_of(r[1], r[2], WITHOUT)]
tell("none refused in ordinary runs",
    ": %s" % refused[:3] if refused else "")
sys.exit(1 if refused else 0)
