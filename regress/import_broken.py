"""python3 import_broken.py SCRIPTS WORK URL ACCOUNT KEY CHAIN: each script of
etc/import on its client's directory, with each file broken in each way of a
table.  A script may take over what is left, or nothing; it says so in lines
that a terminal can show, without a traceback, in bounded time and memory."""
import os, re, resource, runpy, shutil, signal, stat, subprocess, sys

scripts, work, *fixture = sys.argv[1:]
here = os.path.dirname(os.path.abspath(__file__))
SECONDS, MEMORY, LINE = 10, 512 << 20, 2000
READ = 1 << 20  # what a script reads of a file, at most

def repeated(text, size=READ - 100):
    return (text * (size // len(text) + 1))[:size]
def doubled(first, line, times=60):
    """Each value is twice the one before it."""
    return first + b"".join(line(b"%d" % i, b"%d" % (i + 1))
        for i in range(times))
def middle(data, new):
    return data[:len(data) // 2] + new + data[len(data) // 2:]
def in_values(data, new):
    """After each = and each quote: where a value begins."""
    return re.sub(rb"[=\"']", lambda m: m.group() + new, data)

WAYS = {
    "empty": lambda d: b"",
    "cut off": lambda d: d[:len(d) // 2],
    "with a NUL": lambda d: middle(d, b"\0"),
    "with NULs in its values": lambda d: in_values(d, b"\0"),
    "with control codes in its values": lambda d: in_values(d, b"\33[2J\x07"),
    "with characters that are no words": lambda d:
        in_values(d, "\u2603\u202e".encode()),
    "not UTF-8": lambda d: middle(d, b"\377\376"),
    "one byte": lambda d: b"x",
    "too large": lambda d: repeated(b"a=b\n", READ + 1),
    "one line": lambda d: repeated(b"x"),
    "blanks": lambda d: repeated(b" \t"),
    "braces": lambda d: d + repeated(b"{", 5000),
    "closing braces": lambda d: d + repeated(b"}\n", 5000),
    "a block that is not closed": lambda d: d + b"\ndomain x {\n",
    "brackets": lambda d: repeated(b"[", 200000),
    "JSON of other types": lambda d: b'{"server": 1, "contact": [[]], "body":'
        b' [], "kty": {}, "email": null, "certUrl": []}',
    "a quote that is not closed": lambda d: d + b'\nA="x',
    "an array that is not closed": lambda d: d + b"\nA=(x",
    "quotes": lambda d: repeated(b'A="\n', 300000),
    "values that double": lambda d: d + doubled(b"\nA0=xxxxxxxx\n",
        lambda a, b: b"A%s=$A%s$A%s\n" % (b, a, a)),
    "an array of long values": lambda d: d + b"\nA=" + repeated(b"x", 60000) +
        b"\nB=(" + repeated(b"$A ", 100000) + b")\n",
    "long values again": lambda d: d + b"\nA=" + repeated(b"x", 60000) + b"\n" +
        b"".join(b"B%d=$A\n" % i for i in range(20000)),
    "macros that double": lambda d: doubled(b"m0 = xxxxxxxx\n",
        lambda a, b: b"m%s = $m%s $m%s\n" % (b, a, a)) + d,
    "macros": lambda d: b"m = x\n" + repeated(b"$m ", 400000) + b"\n" + d,
    "includes of itself": lambda d: repeated(b"include \"/proc/self/fd/0\"\n",
        300) + d,
    "tokens": lambda d: repeated(b"{a}\n", 900000),
    "certificates that begin": lambda d:
        repeated(b"-----BEGIN CERTIFICATE-----\n"),
    "keys that begin": lambda d: repeated(b"-----BEGIN PRIVATE KEY-----\n"),
    "certificates of a few bytes": lambda d: d + repeated(
        b"-----BEGIN CERTIFICATE-----\nMAA=\n-----END CERTIFICATE-----\n",
        900000),
    "the same many times": lambda d: repeated(d or b"x", 900000),
    "names": lambda d: repeated(b"a.example.com > b\nx\n", 20000),
}
KEY_WAYS = ["empty", "cut off", "with a NUL", "not UTF-8", "one byte",
    "too large", "keys that begin", "certificates that begin",
    "certificates of a few bytes", "the same many times"]
# What is there in place of the file.
PLACES = {
    "a directory": os.mkdir,
    "a FIFO": os.mkfifo,
    "a link to itself": lambda p: os.symlink(os.path.basename(p), p),
    "a link out": lambda p: os.symlink("/etc/passwd", p),
    "missing": lambda p: None,
}

def limit():
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    # Of the processor; a busy machine takes longer.
    resource.setrlimit(resource.RLIMIT_CPU, (SECONDS, SECONDS))
    signal.alarm(12 * SECONDS)

def run_script(script, arguments, out):
    """Its status, or None if a signal ended it."""
    child = os.fork()
    if child == 0:
        os.dup2(out, 1)
        os.dup2(out, 2)
        os.close(0)
        os.open("/dev/null", os.O_RDONLY)
        limit()
        sys.argv = [script, "-f", work + "/to/x.conf", "-o", work +
            "/to"] + arguments
        sys.path[0] = scripts
        status = 99
        try: runpy.run_path("%s/%s" % (scripts, script), run_name="__main__")
        except SystemExit as e:
            status = e.code
            if isinstance(status, str):
                print(status, file=sys.stderr)
                status = 1
        except BaseException:
            import traceback
            traceback.print_exc()
        sys.stdout.flush()
        os._exit(status or 0)
    status = os.waitpid(child, 0)[1]
    return os.waitstatus_to_exitcode(status)

def judge(script, arguments):
    """What is wrong with what the script does, or "" """
    shutil.rmtree(work + "/to", ignore_errors=True)
    out = os.open(work + "/said", os.O_RDWR | os.O_CREAT | os.O_TRUNC, 0o600)
    status = run_script(script, arguments, out)
    with os.fdopen(out, "rb") as f:
        f.seek(0)
        said = f.read(1 << 20).decode()
    lines = said.splitlines()
    if status not in (0, 1): return "status %d: %s" % (status, lines[-1:])
    if "Traceback" in said: return "a traceback: " + lines[-1]
    if not lines: return "it says nothing"
    if status == 1 and not any("not taken over: " in line or
        line.startswith((script + ": ", "nothing is taken over from"))
        for line in lines):
        return "it does not say why: " + lines[-1]
    for line in said.split("\n"):
        if len(line) > LINE: return "a line of %d characters" % len(line)
        if not (line.isprintable()): return "a line with " + ascii(line)
    if status == 1 and os.path.exists(work + "/to/x.conf"):
        return "a configuration, with status 1"
    return ""

def files_of(top):
    for place, directories, names in os.walk(top):
        directories.sort()
        for name in sorted(names):
            path = os.path.join(place, name)
            if stat.S_ISREG(os.lstat(path).st_mode): yield path

def broken(maker):
    """Each way, of each file: (what, wrong)."""
    top = work + "/broken"
    shutil.rmtree(top, ignore_errors=True)
    subprocess.run([sys.executable, here + "/import.py", maker, top] + fixture,
        check=True)
    script = maker.rstrip("5")
    arguments = {"openbsd": [top + "/acme-client.conf"],
        "uacme": ["-a", fixture[0], top]}.get(maker, [top])
    for path in list(files_of(top)):
        with open(path, "rb") as f: data = f.read()
        name = os.path.relpath(path, top)
        key = "key" in name or name.endswith((".pem", ".crt", ".cer"))
        # All read keys and certificates by the same functions.
        ways = WAYS if not key else KEY_WAYS if maker == "uacme" else KEY_WAYS[
            :3]
        for what in ways:
            with open(path, "wb") as f: f.write(WAYS[what](data))
            yield "%s: %s" % (name, what), judge(script, arguments)
        for what, make in PLACES.items():
            if key and maker != "uacme": break
            os.unlink(path)
            make(path)
            yield "%s: %s" % (name, what), judge(script, arguments)
            if os.path.isdir(path) and not os.path.islink(path): os.rmdir(path)
            elif os.path.lexists(path): os.unlink(path)
            with open(path, "wb") as f: f.write(b"")
        with open(path, "wb") as f: f.write(data)
    wrong = judge(script, arguments)
    yield "nothing", wrong

failed = False
for maker in "certbot", "acme.sh", "getssl", "lego5", "uacme", "dehydrated", \
    "openbsd":
    results = list(broken(maker))
    wrong = ["%s: %s" % r for r in results if r[1]]
    failed |= bool(wrong)
    for text in wrong[:10]: print("FAIL import: %s: broken: %s" % (maker, text))
    if not wrong:
        print("ok import: %s: each of its files broken: no traceback (%d)" %
            (maker, len(results)), flush=True)
sys.exit(failed)
