# Reads qemu-user's traces of a whole run, a file ROLE.NUMBER for each process.
# Compares each system call that comes after the filter with the filter's text:
# would it be allowed?  A call whose arguments matter counts as allowed.
# Arguments: the text, the directory of the traces, the roles that have run.
import collections, os, re, sys

text, traces, *ran = sys.argv[1:]
ROLES = ["parent", "netproc", "dnsproc", "keyproc", "csrproc", "chngproc",
    "certproc", "fileproc", "zoneproc", "respproc"]
# glibc asks which memcpy() is best when a library's first use binds it, by the
# vDSO on a real machine; ENOSYS means the plain one.
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
    # The process that has a filter. Those that the parent starts are in its
    # file, too, until each becomes a program of its own.
    filtered = None
    for line in open(os.path.join(traces, name), errors="replace"):
        m = re.match(r"(\d+) (?:Unknown syscall (\d+)|(\w+)\()", line)
        if not m: continue
        call = numbers.get(m[2], m[2]) if m[2] else m[3]
        if call == "seccomp" and not filtered: filtered = m[1]
        elif m[1] == filtered: seen[role][call] += 1
for role in ran:
    wrong = sorted(call for call in seen[role] if call not in WITHOUT and
        answers.get(call, {}).get(role, ".") in "-.!")
    good = seen[role] and not wrong
    failed |= not good
    calls, kinds = sum(seen[role].values()), len(seen[role])
    print("%s emulated: %s makes %d system calls of %d kinds, "
        "which its filter allows%s" % ("ok" if good else "FAIL", role, calls,
        kinds, ": not %s" % wrong if wrong else ""))
sys.exit(failed)
