# For ca-mutations.sh: a renewal for each mutation of mutations.py, by workers
# side by side, each with a scripted CA (ca.py) of its own.
# Arguments: the program, a configuration whose directories are below WORK,
# WORK, the ports of the CAs, N: each Nth mutation; further ones: only those
# with these words.
import os, re, shutil, subprocess, sys, threading, time
import mutations
from mutations import EITHER, RIGHT

client, conf, work, ports = sys.argv[1:5]
each, only = int(sys.argv[5]), " ".join(sys.argv[6:])
here = os.path.dirname(os.path.abspath(__file__))
NAME = "example.com"
SECONDS = 100   # a run takes at most, on a busy machine, too
KIB = 32768     # each process has at most
SAID = 16384    # a run says at most, in bytes

lock = threading.Lock()
failed = False
totals = {}
slowest, largest = 0.0, 0

def report(ok, name, why=""):
    global failed
    with lock:
        failed |= not ok
        if ok: print("ok ca-mutations: " + name, flush=True)
        else: print("FAIL ca-mutations: %s: %s" % (name, why), flush=True)

def read(path):
    with open(path, "rb") as f: return f.read()
def write(path, data):
    with open(path, "wb") as f: f.write(data)
def files_below(*tops):
    """Each file: its bytes and mode."""
    found = {}
    for top in tops:
        for where, _, names in os.walk(top):
            for name in names:
                path = os.path.join(where, name)
                found[path] = read(path), os.stat(path).st_mode & 0o7777
    return found
def differing(before, after):
    return sorted(os.path.basename(p) for p in set(before) | set(after)
        if before.get(p) != after.get(p))

class Worker:
    def __init__(self, number, port):
        self.top = "%s/worker%d" % (work, number)
        os.mkdir(self.top, 0o755)
        for name in ("etc", "ssl", "state", "www"):
            shutil.copytree("%s/%s" % (work, name), self.top + "/" + name)
        shutil.copytree(work + "/ca", self.top + "/ca")
        text = read(conf).decode()
        text = re.sub(re.escape(work) + "/(etc|ssl|state|www)",
            self.top + "/\\1", text)
        text = re.sub("localhost:\\d+/", "localhost:%s/" % port, text)
        self.conf = self.top + "/c.conf"
        write(self.conf, text.encode())
        self.log = open(self.top + "/ca.log", "wb")
        self.ca = subprocess.Popen([sys.executable, here + "/ca.py", port,
            work + "/tls-server.pem", work + "/tls-server.key",
            self.top + "/ca"], stderr=self.log)
        self.scenario("plain")
        for _ in range(100):
            if self.run("-F")[0] == 0: break
            time.sleep(0.1)
        else: raise SystemExit("ca-mutations: %s" % self.said)
        self.kept = [self.top + "/" + n for n in ("etc", "ssl", "state")]
        self.before = files_below(*self.kept)
        self.installed = [self.top + "/etc", self.top + "/ssl"]
    def scenario(self, text):
        write(self.top + "/ca/scenario", text.encode())
    def run(self, *options):
        """The status, seconds, KiB of the largest process."""
        with open(self.top + "/said", "wb") as said:
            start = time.monotonic()
            pid = os.posix_spawn(client,
                [client, "-f", self.conf, *options, NAME], {},
                file_actions=[
                    (os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
                    (os.POSIX_SPAWN_OPEN, 1, "/dev/null", os.O_WRONLY, 0),
                    (os.POSIX_SPAWN_DUP2, said.fileno(), 2)])
            timer = threading.Timer(3 * SECONDS, os.kill, (pid, 9))
            timer.start()
            _, status, usage = os.wait4(pid, 0)
            timer.cancel()
        self.said = read(self.top + "/said").decode(errors="replace")
        return (os.waitstatus_to_exitcode(status), time.monotonic() - start,
            usage.ru_maxrss)
    def as_before(self):
        now = files_below(*self.kept)
        for path in set(now) - set(self.before): os.unlink(path)
        for path, (data, mode) in self.before.items():
            if now.get(path) != (data, mode):
                write(path, data)
                os.chmod(path, mode)
        for name in os.listdir(self.top + "/www"):
            os.unlink(self.top + "/www/" + name)
    def judge(self, m):
        """What is wrong with the outcome of this mutation; or nothing."""
        global slowest, largest
        self.as_before()
        # Without it, the run asks for the account.
        if m.step == "new-account":
            os.unlink(self.top + "/state/authority-test.json")
        before = files_below(*self.installed)
        self.scenario(m.scenario)
        status, seconds, kib = self.run("-F")
        self.status = status
        with lock:
            slowest, largest = max(slowest, seconds), max(largest, kib)
        after = files_below(*self.installed)
        changed = differing(before, after)
        left = os.listdir(self.top + "/www")
        if seconds > SECONDS: return "took %.1f seconds" % seconds
        if kib > KIB: return "a process had %d KiB" % kib
        if len(self.said) > SAID: return "%d bytes said" % len(self.said)
        if re.search("[\0-\x08\x0b-\x1f\x7f]", self.said):
            return "control characters come through: %r" % self.said
        if left: return "left in the challenge directory: %s" % left
        said = " ".join(self.said.split("\n")[-3:])
        if m.outcome == RIGHT or m.outcome == EITHER and status == 0:
            if status != 0: return "status %d: %s" % (status, said)
            if NAME + ".pem" not in changed: return "nothing is installed"
            return self.not_a_set()
        if status != 1: return "status %d: %s" % (status, said)
        if changed: return "changed: %s" % changed
        if not re.search("^acme-client: .*%s: ." % NAME, self.said, re.M):
            return "no reason for %s in: %s" % (NAME, said)
        return None
    def not_a_set(self):
        ssl = self.top + "/ssl/"
        def key_of(*args):
            return subprocess.run(["openssl", *args], check=True,
                capture_output=True).stdout
        of_cert = key_of("x509", "-in", ssl + NAME + ".pem", "-noout",
            "-pubkey")
        of_key = key_of("pkey", "-in", ssl + "private/" + NAME + ".key",
            "-pubout")
        if of_cert != of_key: return "certificate and key do not match"
        leaf, rest = read(ssl + NAME + ".pem"), read(ssl + NAME + ".chain.pem")
        if leaf + rest != read(ssl + NAME + ".fullchain.pem"):
            return "the full chain is not the certificate and its chain"
        return None
    def end(self):
        self.ca.kill()
        self.ca.wait()
        self.log.close()

left = [m for m in mutations.table() if only in m.name][::each]
def work_off(number, port):
    worker = Worker(number, port)
    try:
        while True:
            with lock:
                if not left: return
                m = left.pop(0)
                n = totals.setdefault((m.step, m.kind), [0, 0, 0])
            why = worker.judge(m)
            with lock: n[2 if why else worker.status == 0] += 1
            report(not why, "%s: %s" % (m.name, m.outcome), why)
    finally: worker.end()

threads = [threading.Thread(target=work_off, args=(n, port))
    for n, port in enumerate(ports.split())]
for t in threads: t.start()
for t in threads: t.join()
report(not left, "all mutations were tried", "%d left" % len(left))
print("# %-12s %-8s %8s %12s %6s" %
    ("step", "of", "refused", "certificates", "wrong"))
for (step, kind), n in sorted(totals.items()):
    print("# %-12s %-8s %8d %12d %6d" % (step, kind, *n))
n = [sum(x) for x in zip(*totals.values())]
print("# %-12s %-8s %8d %12d %6d" % ("all", "", *n))
print("# the longest run: %.1f s; the largest process: %.1f MiB" %
    (slowest, largest / 1024))
sys.exit(failed)
