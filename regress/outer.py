# COMMAND under a filter of system calls from outside, as a container or a
# service has it: outer.py [-SYSCALL ...] docker PROFILE COMMAND...
# PROFILE is a JSON file, as Docker and Podman read it: its defaults, without
# further capabilities than a container has.  outer.py [-SYSCALL ...] systemd
# UNIT COMMAND...: the SystemCallFilter= of this unit, whose sets
# systemd-analyze(1) lists.  -SYSCALL: this call is not allowed, either.
import ctypes, errno, json, os, platform, re, subprocess, sys

ALLOW, ERRNO = 0x7fff0000, 0x00050000
COMPARISONS = dict(SCMP_CMP_NE=1, SCMP_CMP_LT=2, SCMP_CMP_LE=3, SCMP_CMP_EQ=4,
    SCMP_CMP_GE=5, SCMP_CMP_GT=6, SCMP_CMP_MASKED_EQ=7)
ARCHES = {"x86_64": "amd64", "aarch64": "arm64"}
# Those of a container by default, as far as a profile names them.
CAPABILITIES = {"CAP_SYS_CHROOT", "CAP_AUDIT_WRITE"}

class Comparison(ctypes.Structure):
    _fields_ = [("arg", ctypes.c_uint), ("op", ctypes.c_int),
        ("a", ctypes.c_uint64), ("b", ctypes.c_uint64)]

library = ctypes.CDLL("libseccomp.so.2")
library.seccomp_init.restype = ctypes.c_void_p
library.seccomp_init.argtypes = [ctypes.c_uint32]
library.seccomp_rule_add_array.argtypes = [ctypes.c_void_p, ctypes.c_uint32,
    ctypes.c_int, ctypes.c_uint, ctypes.POINTER(Comparison)]
library.seccomp_load.argtypes = [ctypes.c_void_p]

class Filter:
    def __init__(self, refused, number):
        self.refused, self.default = refused, ERRNO | number
        self.context = library.seccomp_init(self.default)
    def allow(self, name, args=()):
        number = library.seccomp_syscall_resolve_name(name.encode())
        # Calls of other machines have no number, or a negative one.
        if name in self.refused or number < 0: return
        conditions = (Comparison * len(args))(*(Comparison(a["index"],
            COMPARISONS[a["op"]], a["value"], a["valueTwo"]) for a in args))
        rc = library.seccomp_rule_add_array(self.context, ALLOW, number,
            len(args), conditions)
        if rc != 0: sys.exit("outer.py: %s: %s" % (name, os.strerror(-rc)))
    def load(self):
        rc = library.seccomp_load(self.context)
        if rc != 0: sys.exit("outer.py: " + os.strerror(-rc))

def holds(condition):
    """Whether all that it names is here."""
    arch = ARCHES.get(platform.machine(), platform.machine())
    return ("arches" not in condition or arch in condition["arches"]) and \
        set(condition.get("caps", [])) <= CAPABILITIES
def docker(refused, path):
    with open(path) as f: profile = json.load(f)
    made = Filter(refused, profile.get("defaultErrnoRet", errno.EPERM))
    for rule in profile["syscalls"]:
        excluded = rule.get("excludes")
        if rule["action"] != "SCMP_ACT_ALLOW": continue
        if not holds(rule.get("includes") or {}): continue
        if excluded and holds(excluded): continue
        for name in rule["names"]: made.allow(name, rule.get("args") or ())
    return made
def members(group):
    out = subprocess.run(["systemd-analyze", "syscall-filter", group],
        check=True, capture_output=True, text=True).stdout
    for line in out.splitlines()[1:]:
        word = line.strip()
        if word.startswith("@"): yield from members(word)
        elif word and not word.startswith("#"): yield word
def systemd(refused, path):
    made, names = Filter(refused, errno.EPERM), set()
    with open(path) as f: words = re.findall("(?m)^SystemCallFilter=(.*)$",
        f.read())
    for word in " ".join(words).split():
        names.update(members(word) if word.startswith("@") else {word})
    for name in names: made.allow(name)
    return made

args = sys.argv[1:]
refused = set()
while args[0].startswith("-"): refused.add(args.pop(0)[1:])
{"docker": docker, "systemd": systemd}[args[0]](refused, args[1]).load()
os.execvp(args[2], args[2:])
