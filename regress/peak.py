# COMMAND ...: runs it; "NAME KIB" to stdout for each of its children of another
# name: the largest resident set.
import re, subprocess, sys, time

def read(path):
    with open(path) as f: return f.read()

p = subprocess.Popen(sys.argv[1:])
peak = {}
while p.poll() is None:
    try: children = read("/proc/%d/task/%d/children" % (p.pid, p.pid)).split()
    except OSError: children = []
    for c in children:
        try:
            name = read("/proc/%s/cmdline" % c).split("\0")[0]
            m = re.search(r"VmHWM:\s+(\d+)", read("/proc/%s/status" % c))
        except OSError: continue
        if m: peak[name] = max(peak.get(name, 0), int(m[1]))
    time.sleep(0.005)
for name in sorted(peak): print(name, peak[name])
sys.exit(p.returncode)
