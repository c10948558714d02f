# A day of a hosting company on one machine: CLIENT WORK CA-PORT CUSTOMERS NEW.
# Each customer has a file with one domain section, which the configuration
# includes by a pattern.  Certificates of 90 days, made here by a CA of our own,
# are between 0 and 56 days old, so that none is due.  In each hour of the day,
# new customers come, some certificates become due (as many as a 60th of all in
# a day), and acme-client -a runs; Pebble issues what is ordered.
import ctypes, datetime, os, resource, statistics, sys, time

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

client, work, ca_port = sys.argv[1:4]
customers, new_a_day = int(sys.argv[4]), int(sys.argv[5])
HOURS, DAYS = 24, 90
conf = work + "/acme-client.conf"
day = datetime.timedelta(days=1)
now = datetime.datetime.utcnow()
PEM = serialization.Encoding.PEM
# Processes that acme-client leaves to its parent are counted, too.
ctypes.CDLL(None).prctl(36, 1, 0, 0, 0)

def name_of(text): return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME,
    text)])
def write(path, data, mode=0o644):
    with open(path, "wb") as f: f.write(data)
    os.chmod(path, mode)
def certificate(subject, issuer, key, signer, first, last, *extensions):
    b = (x509.CertificateBuilder().subject_name(name_of(subject))
        .issuer_name(name_of(issuer)).public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(first).not_valid_after(last))
    for e, critical in extensions: b = b.add_extension(e, critical)
    return b.sign(signer, hashes.SHA256())
ca_key = ec.generate_private_key(ec.SECP256R1())
root = certificate("hosting root", "hosting root", ca_key, ca_key,
    now - 400 * day, now + 400 * day,
    (x509.BasicConstraints(True, None), True))

def handle(n): return "c%05d" % n
def certify(n, key, age):
    """A certificate that is so many days old."""
    host = handle(n) + ".example.com"
    first = now - age * day
    made = certificate(host, "hosting root", key, ca_key, first,
        first + DAYS * day,
        (x509.SubjectAlternativeName([x509.DNSName(host)]), False),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False),
        (x509.BasicConstraints(False, None), True))
    write(work + "/certs/%s.pem" % handle(n), made.public_bytes(PEM))
def key_of(n):
    with open(work + "/keys/%s.key" % handle(n), "rb") as f:
        return serialization.load_pem_private_key(f.read(), None)
def add(n):
    """The file of a customer, as a control panel writes it."""
    write(work + "/customers/%s.conf" % handle(n), ("""domain %(h)s {
	domain name %(h)s.example.com
	domain key "%(w)s/keys/%(h)s.key" ecdsa
	domain full chain certificate "%(w)s/certs/%(h)s.pem"
	challengedir "%(w)s/www"
}
""" % dict(h=handle(n), w=work)).encode())
def make(n):
    add(n)
    key = ec.generate_private_key(ec.SECP256R1())
    write(work + "/keys/%s.key" % handle(n), key.private_bytes(PEM,
        serialization.PrivateFormat.PKCS8, serialization.NoEncryption()), 0o600)
    certify(n, key, n * 56 / customers)

def used():
    r = resource.getrusage(resource.RUSAGE_CHILDREN)
    return r.ru_utime + r.ru_stime
def run(*args, wanted):
    """CPU seconds, seconds, and MiB of the largest process so far."""
    cpu, began = used(), time.monotonic()
    pid = os.posix_spawn(client, [client, "-f", conf, *args], {},
        file_actions=[(os.POSIX_SPAWN_OPEN, 0, "/dev/null", os.O_RDONLY, 0),
            (os.POSIX_SPAWN_OPEN, 1, work + "/out", os.O_WRONLY | os.O_CREAT |
                os.O_TRUNC, 0o600),
            (os.POSIX_SPAWN_OPEN, 2, work + "/err", os.O_WRONLY | os.O_CREAT |
                os.O_TRUNC, 0o600)])
    while True:
        try: ended, status, _ = os.wait4(-1, 0)
        except ChildProcessError: break
        if ended == pid:
            code, took = os.waitstatus_to_exitcode(status), \
                time.monotonic() - began
    if code not in wanted:
        with open(work + "/err") as f:
            sys.exit("%s: status %d: %s" % (args, code, f.read()[-2000:]))
    return used() - cpu, took
def show(what, cpu, took, more=""):
    print("%-44s %8.2f %8.2f  %s" % (what, cpu, took, more), flush=True)
def orders():
    with open(work + "/pebble.log") as f: return f.read().count("order-plz ->")

for d, mode in (("keys", 0o700), ("certs", 0o755), ("customers", 0o755),
    ("account", 0o700), ("hosting", 0o700)):
    os.mkdir(work + "/" + d, mode)
with open(work + "/root.pem", "rb") as f: roots = f.read()
write(work + "/roots.pem", roots + root.public_bytes(PEM))
write(conf, ("""state directory "%(w)s/hosting"
authority test {
	api url "https://localhost:%(p)s/dir"
	account key "%(w)s/account/account.pem"
	ca file "%(w)s/tls.pem"
	root file "%(w)s/roots.pem"
}
include "%(w)s/customers/*.conf"
""" % dict(w=work, p=ca_port)).encode())
for n in range(customers): make(n)

print("%-44s %8s %8s" % ("%d customers" % customers, "CPU s", "wall s"))
show("the first run, which looks at all", *run("-a", wanted=(2,)))
rest = [run("-a", wanted=(2,)) for _ in range(5)]
show("nothing to do (median of 5)", *map(statistics.median, zip(*rest)))
show("one handle: nothing to do", *run(handle(7), wanted=(2,)))
show("-n", *run("-n", wanted=(0,)))
show("-l", *run("-l", wanted=(0,)))
show("-l -J", *run("-l", "-J", wanted=(0,)))

day_cpu = day_wall = 0
due_a_day = customers // 60
n, d, first, hours = customers, 0, orders(), []
for hour in range(1, HOURS + 1):
    while n < customers + new_a_day * hour // HOURS:
        add(n)
        n += 1
    while d < due_a_day * hour // HOURS:
        certify(d, key_of(d), 61)
        d += 1
    hours.append(run("-a", wanted=(0,)))
cpu, took = (sum(x) for x in zip(*hours))
show("a day: -a every hour, %d runs" % HOURS, cpu, took,
    "%d new, %d renewed, %d orders" % (n - customers, d, orders() - first))
show("the longest of these runs", max(h[0] for h in hours),
    max(h[1] for h in hours))
without = HOURS * statistics.median(r[0] for r in rest)
print("%-44s %8.3f" % ("for each certificate that was ordered",
    (cpu - without) / (n - customers + d)))
show("then nothing to do", *run("-a", wanted=(2,)))
peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
print("the largest process: %.0f MiB" % (peak / 1024))
