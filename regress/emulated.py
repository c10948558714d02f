# Reads qemu-user's traces of a whole run, a file for each process (ROLE.NUMBER): each system call
# behind the place of the filter is compared with the filter's text, which says what would have
# become of it.  System calls that depend on their arguments count as allowed.
# Arguments: the text, the directory of the traces.
import collections, os, re, sys

text, traces = sys.argv[1:]
ROLES = ["parent", "netproc", "dnsproc", "keyproc", "csrproc", "chngproc", "certproc", "fileproc", "zoneproc", "respproc"]
# glibc asks which memcpy() is best when a library's first use binds it, by the vDSO on a real
# machine; ENOSYS means the plain one.
WITHOUT = {"riscv_hwprobe"}
answers, numbers = {}, {}
for line in open(text):
    m = re.match(r"(\d+)\t((?:[-+?!.0] )+)(\w+)$", line)
    if m:
        answers[m[3]] = dict(zip(ROLES, m[2].split()))
        numbers[m[1]] = m[3]
seen, failed = collections.defaultdict(collections.Counter), False
for name in sorted(os.listdir(traces)):
    role, _, own = name.partition(".")
    filtered = None	# the process; what the parent starts is not it, until it is a program of its own
    for line in open(os.path.join(traces, name), errors="replace"):
        m = re.match(r"(\d+) (?:Unknown syscall (\d+)|(\w+)\()", line)
        if not m: continue
        call = numbers.get(m[2], m[2]) if m[2] else m[3]
        if call == "seccomp" and not filtered: filtered = m[1]
        elif m[1] == filtered: seen[role][call] += 1
for role in ROLES:
    wrong = sorted(c for c in seen[role] if c not in WITHOUT and answers.get(c, {}).get(role, ".") in "-.!")
    good = seen[role] and not wrong
    failed |= not good
    print("%s emulated: %s makes %d system calls of %d kinds, which its filter allows%s" % (
        "ok" if good else "FAIL", role, sum(seen[role].values()), len(seen[role]), ": not %s" % wrong if wrong else ""))
sys.exit(failed)
