# Each role's program is short of memory when it begins, before it has a
# configuration: it ends, and is not killed.
# Arguments: DIRECTORY (of programs with mishap.c), the file MISHAPS, roles.
import os, re, socket, subprocess, sys

programs, mishaps, *roles = sys.argv[1:]
MOST = 150
with open(programs + "/generated/identity.h") as f:
    identity = re.search('"(.*)"', f.read()).group(1)

def begins(role, kind, n):
    """The status with which it ends, as its socket does; and what it said."""
    with open(mishaps, "w") as f: f.write("%s %s %d\n" % (kind, role, n))
    ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    def child(): os.dup2(its.fileno(), 3)
    p = subprocess.Popen([role, identity], executable=programs + "/" + role,
        preexec_fn=child, close_fds=False, env={}, stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
    its.close()
    ours.close()
    try: _, said = p.communicate(timeout=60)
    except subprocess.TimeoutExpired:
        p.kill()
        _, said = p.communicate()
    return p.returncode, said

for role in roles:
    wrong, n = [], 0
    for n in range(1, MOST + 1):
        status, said = begins(role, ("malloc", "after")[n % 2], n)
        if "mishap" not in said: break
        # Its socket ends at once, so that the status is 1 in any case.
        if status != 1:
            last = said.strip().split("\n")[-1]
            wrong.append("%d: status %d, %s" % (n, status, last))
    name = "threats: no memory: %s begins: at each of %d allocations" % (
        role, n)
    if wrong or n < 4: print("FAIL %s: %s" % (name, "; ".join(wrong[:3])))
    else: print("ok " + name)
with open(mishaps, "w") as f: f.write("none - 0\n")
