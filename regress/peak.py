# COMMAND ...: runs it; "NAME KIB" to stdout for each of its children of another name: the largest resident set.
import subprocess, sys, time
p = subprocess.Popen(sys.argv[1:])
peak = {}
while p.poll() is None:
    try: children = open("/proc/%d/task/%d/children" % (p.pid, p.pid)).read().split()
    except OSError: children = []
    for c in children:
        try:
            name = open("/proc/%s/cmdline" % c).read().split("\0")[0]
            hwm = [l for l in open("/proc/%s/status" % c) if l.startswith("VmHWM")]
            if hwm: peak[name] = max(peak.get(name, 0), int(hwm[0].split()[1]))
        except OSError: pass
    time.sleep(0.005)
for name in sorted(peak): print(name, peak[name])
sys.exit(p.returncode)
