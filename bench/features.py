"""python3 features.py CLIENT WORK CA HTTP TLS RECORDS DNS: see features.sh.

A client has a feature if the certificate is there, with all names, and if what
else belongs to the feature has happened.  HTTP and TLS are the ports at which
the CA validates; the DNS server takes records at RECORDS, and answers queries
at DNS.  Where a client itself needs the port HTTP, the web server of the files
is stopped.
"""
import http.server, json, os, re, shutil, subprocess, sys, threading
from configurations import ACMETOOL_RESPONSES, ACMETOOL_TARGET
from configurations import LACME_CERTS, LACME_CONF

client, work = sys.argv[1:3]
ca, http_port, tls_port, dns, dns_port = map(int, sys.argv[3:])
URL = "https://localhost:%d/dir" % ca
SECONDS = 200

def write(path, text, mode=0o644):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as f: f.write(text)
    os.chmod(path, mode)
    return path

top = work + "/features"
WEBROOT = top + "/web"
FILES = WEBROOT + "/.well-known/acme-challenge"
os.makedirs(FILES)
os.chmod(top, 0o755)

class Files(http.server.SimpleHTTPRequestHandler):
    def __init__(self, *a): super().__init__(*a, directory=WEBROOT)
    def log_message(self, *a): pass

class Web:
    """The web server of the files, at the port where the CA asks."""
    def __enter__(self):
        server = http.server.ThreadingHTTPServer
        server.allow_reuse_address = True
        self.s = server(("127.0.0.1", http_port), Files)
        threading.Thread(target=self.s.serve_forever, daemon=True).start()
    def __exit__(self, *a):
        self.s.shutdown()
        self.s.server_close()

def curl(what, **members):
    """A line of a hook: @R and @V become the shell's $R and $V."""
    body = json.dumps(members)
    for name in "R", "V": body = body.replace("@" + name, "'\"$%s\"'" % name)
    return "curl -sS -d '%s' http://127.0.0.1:%d/%s" % (body, dns, what)
SET = curl("set-txt", host="@R.", value="@V")
CLEAR = curl("clear-txt", host="@R.")

def run(argv, env=None):
    """Its status, and the end of what it says."""
    try:
        p = subprocess.run(argv, env=dict(os.environ, **(env or {})),
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        return -1, "not done within %d seconds" % SECONDS
    return p.returncode, p.stdout.decode(errors="replace")[-300:]

def output_of(*argv):
    return subprocess.run(argv, capture_output=True, text=True).stdout
def names_of(path):
    if not os.path.exists(path): return set()
    text = output_of("openssl", "x509", "-in", path, "-noout",
        "-ext", "subjectAltName")
    return set(re.findall(r"(?:DNS|IP Address):([^,\s]+)", text))

class Client:
    """do(directory, names, feature) tries one, and gives run()'s reply, or None
    where there is nothing to be tried; cert(directory, names) is the path of
    the certificate."""

OURS_CONF = """\
user nobody
state directory {d}/state
dns wait 0
authority a {{
	api url {url}
	account key {d}/keys/account.pem
	ca file {work}/tls.pem
	root any
}}
domain x {{
	domain name {names[0]}
	alternative names {{ {more_names} }}
	domain key {d}/keys/x.key
	domain full chain certificate {d}/certs/x.pem
	{challenge}
}}
"""
OURS_HOOK = """\
#!/bin/sh
R=$4 V=$5
case $1 in begin) %s;; end) %s;; esac
"""
class Ours(Client):
    name = "acme-client"
    def conf(self, d, names, feature):
        ways = {
            "listen": "listen on 127.0.0.1 port %d" % http_port,
            "tls": "challenge tls-alpn-01\n"
                "\tlisten on 127.0.0.1 port %d" % tls_port,
            "dns": "challenge dns-01\n\tchallenge hook %s/hook" % d,
        }
        challenge = ways.get(feature, "challengedir %s" % FILES)
        if feature in ("command", "again"):
            challenge += "\n\ton change %s-after" % d
        text = OURS_CONF.format(d=d, url=URL, work=work, names=names,
            more_names=" ".join(names[1:]), challenge=challenge)
        if feature != "dns": text = text.replace("dns wait 0\n", "")
        return write(d + "/conf", text)
    def do(self, d, names, feature):
        for x in ("keys", "state"):
            os.makedirs(d + "/" + x, 0o700, exist_ok=True)
        os.makedirs(d + "/certs", exist_ok=True)
        if feature == "dns": write(d + "/hook", OURS_HOOK % (SET, CLEAR), 0o755)
        return run([client, "-f", self.conf(d, names, feature), "x"])
    def cert(self, d, names): return d + "/certs/x.pem"

UACME_HOOK = """\
#!/bin/sh
[ "$2" = %s ] || exit 1
R=_acme-challenge.$3 V=$5
case $1 in begin) %s;; *) %s;; esac
"""
class Uacme(Client):
    name = "uacme"
    def do(self, d, names, feature):
        if feature in ("listen", "tls", "command", "again"): return None
        if feature == "dns": commands = ("dns-01", SET, CLEAR)
        else: commands = ("http-01", 'printf %s "$5" >' + FILES + "/$4", ":")
        hook = write(d + "/hook", UACME_HOOK % commands, 0o755)
        base = ["uacme", "-c", d + "/u", "-a", URL, "-h", hook, "-t", "EC"]
        run(base + ["-y", "new"])
        return run(base + ["issue"] + names)
    def cert(self, d, names):
        return d + "/u/" + names[0].replace("*.", "") + "/cert.pem"

LEGO_HOOK = """\
#!/bin/sh
R=${2%%.} V=$3
case $1 in present) %s;; *) %s;; esac
"""
class Lego(Client):
    name = "lego"
    def do(self, d, names, feature):
        how = ["--http", "--http.webroot", WEBROOT]
        if feature == "listen":
            how = ["--http", "--http.port", "127.0.0.1:%d" % http_port]
        if feature == "tls":
            how = ["--tls", "--tls.port", "127.0.0.1:%d" % tls_port]
        if feature == "dns":
            how = ["--dns", "exec", "--dns.disable-cp",
                "--dns.resolvers", "127.0.0.1:%d" % dns_port]
        hook = write(d + "/hook", LEGO_HOOK % (SET, CLEAR), 0o755)
        argv = ["lego", "--server", URL, "--email", "a@example.com",
            "--accept-tos", "--path", d + "/l", "--key-type", "ec256"] + how
        for n in names: argv += ["--domains", n]
        again = feature == "again" and os.path.exists(d + "/l/certificates")
        argv.append("renew" if again else "run")
        if feature in ("command", "again"):
            argv += ["--renew-hook" if again else "--run-hook", d + "-after"]
        return run(argv, {
            "EXEC_PATH": hook,
            "EXEC_PROPAGATION_TIMEOUT": "5",
            "EXEC_SEQUENCE_INTERVAL": "1",
            "EXEC_POLLING_INTERVAL": "1",
        })
    def cert(self, d, names):
        return d + "/l/certificates/" + names[0].replace("*", "_") + ".crt"

class Tiny(Client):
    name = "acme-tiny"
    def do(self, d, names, feature):
        if feature in ("listen", "tls", "dns", "command", "again"): return None
        os.makedirs(d, exist_ok=True)
        run(["openssl", "genrsa", "-out", d + "/account.key", "2048"])
        run(["openssl", "ecparam", "-genkey", "-name", "prime256v1", "-noout",
            "-out", d + "/key"])
        kinds = ["IP:" if n[0].isdigit() else "DNS:" for n in names]
        sans = ",".join(kind + n for kind, n in zip(kinds, names))
        run(["openssl", "req", "-new", "-key", d + "/key", "-subj", "/",
            "-addext", "subjectAltName=" + sans, "-out", d + "/csr"])
        return run(["sh", "-c", "exec acme-tiny --quiet "
            "--account-key %s/account.key --csr %s/csr --acme-dir %s "
            "--directory-url %s --disable-check >%s/crt" %
            (d, d, FILES, URL, d)])
    def cert(self, d, names): return d + "/crt"

DEHYDRATED_HOOK = """\
#!/bin/sh
R=_acme-challenge.$2 V=$4
case $1 in
deploy_challenge) [ {feature} = dns ] || exit 0; {set};;
clean_challenge) [ {feature} = dns ] || exit 0; {clear};;
deploy_cert) [ ! -x {d}-after ] || exec {d}-after;;
esac
exit 0
"""
DEHYDRATED_CONFIG = """\
CA={url}
WELLKNOWN={files}
BASEDIR={d}
KEY_ALGO=prime256v1
ACCOUNT_KEY_ALGO=prime256v1
CURL_OPTS='--cacert {work}/tls.pem'
DOMAINS_TXT={d}/none
OCSP_FETCH=no
CHALLENGETYPE={challenge}
HOOK={d}/hook
"""
class Dehydrated(Client):
    name = "dehydrated"
    def do(self, d, names, feature):
        if feature in ("listen", "tls"): return None
        hook = DEHYDRATED_HOOK.format(feature=feature, set=SET, clear=CLEAR,
            d=d)
        write(d + "/hook", hook, 0o755)
        challenge = "dns-01" if feature == "dns" else "http-01"
        config = DEHYDRATED_CONFIG.format(url=URL, files=FILES, d=d, work=work,
            challenge=challenge)
        base = ["dehydrated", "-f", write(d + "/config", config)]
        run(base + ["--register", "--accept-terms"])
        argv = base + ["-c", "-d", " ".join(names)]
        if names[0][0] == "*": argv += ["--alias", "x"]
        return run(argv)
    def cert(self, d, names):
        name = "x" if names[0][0] == "*" else names[0]
        return d + "/certs/" + name + "/cert.pem"

CERTBOT_HOOK = """\
#!/bin/sh
R=_acme-challenge.$CERTBOT_DOMAIN V=$CERTBOT_VALIDATION
%s
"""
class Certbot(Client):
    name = "certbot"
    def do(self, d, names, feature):
        if feature == "tls": return None
        hook = write(d + "/hook", CERTBOT_HOOK % SET, 0o755)
        clean = write(d + "/clean", CERTBOT_HOOK % CLEAR, 0o755)
        how = ["--webroot", "-w", WEBROOT]
        if feature == "listen":
            how = ["--standalone", "--http-01-port", str(http_port)]
        if feature == "dns":
            how = ["--manual", "--preferred-challenges", "dns",
                "--manual-auth-hook", hook, "--manual-cleanup-hook", clean]
        argv = ["certbot", "certonly", "-n", "--agree-tos",
            "--register-unsafely-without-email", "--server", URL,
            "--keep-until-expiring",
            "--config-dir", d, "--work-dir", d, "--logs-dir", d,
            "--key-type", "ecdsa", "--cert-name", "x",
            "-d", ",".join(names)] + how
        if feature in ("command", "again"):
            argv += ["--deploy-hook", d + "-after"]
        return run(argv)
    def cert(self, d, names): return d + "/live/x/cert.pem"

ACMETOOL_HOOK = """\
#!/bin/sh
[ "$1" = live-updated ] || exit 42
exec %s-after
"""
class Acmetool(Client):
    name = "acmetool"
    def do(self, d, names, feature):
        if feature in ("tls", "dns"): return None
        how = ("webroot-paths", FILES)
        if feature == "listen": how = ("http-ports", "127.0.0.1:%d" % http_port)
        write(d + "/conf/target", ACMETOOL_TARGET % (URL, *how))
        write(d + "/conf/responses", ACMETOOL_RESPONSES)
        write(d + "/desired/names",
            "satisfy:\n  names:\n" + "".join("  - %s\n" % x for x in names))
        hooks = d + "-hooks"
        os.makedirs(hooks, exist_ok=True)
        if feature in ("command", "again"):
            write(hooks + "/after", ACMETOOL_HOOK % d, 0o755)
        return run(["acmetool", "--state", d, "--hooks", hooks, "--batch"])
    def cert(self, d, names): return d + "/live/" + names[0] + "/cert"

class Lacme(Client):
    name = "lacme"
    def do(self, d, names, feature):
        if feature in ("tls", "dns"): return None
        how = "challenge-directory = " + FILES
        if feature == "listen": how = "listen = 127.0.0.1:%d" % http_port
        kinds = ["IP:" if n[0].isdigit() else "DNS:" for n in names]
        sans = ",".join(kind + n for kind, n in zip(kinds, names))
        notify = ""
        if feature in ("command", "again"): notify = "notify = %s-after" % d
        conf = write(d + "/conf", LACME_CONF.format(d=d, url=URL, responds=how))
        write(d + "/certs.conf",
            LACME_CERTS.format(d=d, names=names, sans=sans, notify=notify))
        write(d + "/accountd.conf", "privkey = file:%s/account.key\n" % d)
        base = ["lacme", "--config=" + conf]
        if not os.path.exists(d + "/key"):
            for key in "account.key", "key":
                run(["openssl", "genrsa", "-out", "%s/%s" % (d, key), "2048"])
            run(base + ["account", "--register", "--tos-agreed"])
        return run(base + ["newOrder"])
    def cert(self, d, names): return d + "/crt"

NAMES = ["a.example.com", "b.example.com"]
FEATURES = [
    ("webroot", "http-01 by files", NAMES),
    ("listen", "http-01 by a port of its own", NAMES),
    ("tls", "tls-alpn-01 by a port of its own", NAMES),
    ("dns", "dns-01 by a program, a wildcard and its apex",
        ["*.w.example.com", "w.example.com"]),
    ("address", "an IP address", ["127.0.0.1"]),
    ("command", "a command after a change", NAMES),
    ("again", "... which failed is run again by the next run", NAMES),
]

def feature_of(c, key, names):
    """1 or 0; and why not, or None where the client has nothing for it to be
    tried."""
    d = "%s/%s-%s" % (top, c.name, key)
    # Some leave responses, and lacme wants an empty directory.
    for left in os.listdir(FILES): os.remove(FILES + "/" + left)
    marks = d + "-ran"
    if key in ("command", "again"):
        script = "#!/bin/sh\necho x >>%s\n" % marks
        # It fails the first time.
        if key == "again": script += "[ $(wc -l <%s) -gt 1 ]\n" % marks
        write(d + "-after", script, 0o755)
    tried = c.do(d, list(names), key)
    if tried is None: return 0, None
    if key == "again":
        if not os.path.exists(marks): return 0, tried[1]
        tried = c.do(d, list(names), key)
        with open(marks) as f: return int(len(f.readlines()) >= 2), tried[1]
    if names_of(c.cert(d, names)) != set(names):
        return 0, "status %d: %s" % tried
    return int(key != "command" or os.path.exists(marks)), tried[1]

OTHERS = (Uacme, Lego, Tiny, Dehydrated, Certbot, Acmetool, Lacme)
clients = [Ours()] + [c() for c in OTHERS if shutil.which(c.name)]
def package_version(c):
    if c.name == "acme-client": return ""
    v = output_of("dpkg-query", "-W", "-f", "${Version}", c.name)
    return " " + re.sub(r"^\d+:", "", re.split(r"[-+~]", v)[0])

print("| | " + " | ".join(c.name + package_version(c) for c in clients) + " |")
print("|---" * (len(clients) + 1) + "|")
for key, words, names in FEATURES:
    row = []
    for c in clients:
        if key in ("listen", "tls", "dns"):
            done, why = feature_of(c, key, names)
        else:
            with Web(): done, why = feature_of(c, key, names)
        if not done and why is not None:
            print("%s: %s: %s" % (c.name, words, " ".join(why.split())[-240:]),
                file=sys.stderr)
        row.append("yes" if done else "")
    print("| " + words + " | " + " | ".join(row) + " |", flush=True)
