"""python3 features.py CLIENT WORK CA HTTP TLS RECORDS DNS: see features.sh.

What counts is the certificate: it is there, with all names, and whatever else
the feature is has happened.  HTTP and TLS are the ports that the CA validates
at; the DNS server takes records at RECORDS and answers at DNS.  Where port HTTP is needed by a
client itself, the web server of the files is stopped.
"""
import http.server, json, os, re, shutil, subprocess, sys, threading

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
    """The web server of the files, at the port that the CA asks."""
    def __enter__(self):
        http.server.ThreadingHTTPServer.allow_reuse_address = True
        self.s = http.server.ThreadingHTTPServer(("127.0.0.1", http_port), Files)
        threading.Thread(target=self.s.serve_forever, daemon=True).start()
    def __exit__(self, *a):
        self.s.shutdown()
        self.s.server_close()

def curl(what, **members):
    return "curl -sS -d '%s' http://127.0.0.1:%d/%s" % (json.dumps(members), dns, what)
SET = curl("set-txt", host="@R.", value="@V").replace("@R", "'\"$R\"'").replace("@V", "'\"$V\"'")
CLEAR = curl("clear-txt", host="@R.").replace("@R", "'\"$R\"'")

def run(argv, env=None):
    """Its status, and what it says in the end."""
    try:
        p = subprocess.run(argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=SECONDS,
            env=dict(os.environ, **(env or {})))
    except subprocess.TimeoutExpired:
        return -1, "not done within %d seconds" % SECONDS
    return p.returncode, p.stdout.decode(errors="replace")[-300:]

def names_of(path):
    if not os.path.exists(path): return set()
    text = subprocess.run(["openssl", "x509", "-in", path, "-noout", "-ext", "subjectAltName"], capture_output=True, text=True).stdout
    return set(re.findall(r"(?:DNS|IP Address):([^,\s]+)", text))

class Client:
    """For each feature: do(dir, names, feature) runs it, cert(dir, names) is where the certificate is."""
    wildcard_by = "dns-01"
    def version(self): return ""

class Ours(Client):
    name = "acme-client"
    def conf(self, d, names, feature):
        more = {"webroot": "challengedir %s" % FILES, "listen": "listen on 127.0.0.1 port %d" % http_port,
            "tls": "challenge tls-alpn-01\n\tlisten on 127.0.0.1 port %d" % tls_port,
            "dns": "challenge dns-01\n\tchallenge hook %s" % self.hook(d)}.get(feature, "challengedir %s" % FILES)
        if feature in ("command", "again"): more += "\n\ton change %s-after" % d
        for x in ("keys", "state"): os.makedirs(d + "/" + x, 0o700, exist_ok=True)
        os.makedirs(d + "/certs", exist_ok=True)
        return write(d + "/conf", """user nobody
state directory %s/state
%sauthority a {
	api url %s
	account key %s/keys/account.pem
	ca file %s/tls.pem
	root any
}
domain x {
	domain name %s
	alternative names { %s }
	domain key %s/keys/x.key
	domain full chain certificate %s/certs/x.pem
	%s
}
""" % (d, "dns wait 0\n" if feature == "dns" else "", URL, d, work, names[0], " ".join(names[1:]), d, d, more))
    def hook(self, d): return write(d + "/hook", "#!/bin/sh\nR=$4 V=$5\ncase $1 in begin) %s;; end) %s;; esac\n" % (SET, CLEAR), 0o755)
    def do(self, d, names, feature): return run([client, "-f", self.conf(d, names, feature), "x"])
    def cert(self, d, names): return d + "/certs/x.pem"

class Uacme(Client):
    name = "uacme"
    def do(self, d, names, feature):
        if feature in ("listen", "tls", "command", "again"): return None
        file = "" if feature == "dns" else "[ \"$2\" = http-01 ] || exit 1; case $1 in begin) printf %%s \"$5\" >%s/$4;; esac; exit 0\n" % FILES
        hook = write(d + "/hook", "#!/bin/sh\n%sR=_acme-challenge.$3 V=$5; [ \"$2\" = dns-01 ] || exit 1\ncase $1 in begin) %s;; *) %s;; esac\n" % (file, SET, CLEAR), 0o755)
        base = ["uacme", "-c", d + "/u", "-a", URL, "-h", hook, "-t", "EC"]
        run(base + ["-y", "new"])
        return run(base + ["issue"] + names)
    def cert(self, d, names): return d + "/u/" + names[0].replace("*.", "") + "/cert.pem"

class Lego(Client):
    name = "lego"
    def do(self, d, names, feature):
        how = {"listen": ["--http", "--http.port", "127.0.0.1:%d" % http_port], "tls": ["--tls", "--tls.port", "127.0.0.1:%d" % tls_port],
            "dns": ["--dns", "exec", "--dns.disable-cp", "--dns.resolvers", "127.0.0.1:%d" % dns_port]}.get(feature, ["--http", "--http.webroot", WEBROOT])
        hook = write(d + "/hook", "#!/bin/sh\nR=${2%%.} V=$3\ncase $1 in present) %s;; *) %s;; esac\n" % (SET, CLEAR), 0o755)
        argv = ["lego", "--server", URL, "--email", "a@example.com", "--accept-tos", "--path", d + "/l", "--key-type", "ec256"] + how
        for n in names: argv += ["--domains", n]
        again = feature == "again" and os.path.exists(d + "/l/certificates")
        argv += ["renew"] if again else ["run"]
        if feature in ("command", "again"): argv += ["--renew-hook" if again else "--run-hook", d + "-after"]
        return run(argv, {"EXEC_PATH": hook, "EXEC_PROPAGATION_TIMEOUT": "5", "EXEC_SEQUENCE_INTERVAL": "1", "EXEC_POLLING_INTERVAL": "1"})
    def cert(self, d, names): return d + "/l/certificates/" + names[0].replace("*", "_") + ".crt"

class Tiny(Client):
    name = "acme-tiny"
    def do(self, d, names, feature):
        if feature in ("listen", "tls", "dns", "command", "again"): return None
        os.makedirs(d, exist_ok=True)
        run(["openssl", "genrsa", "-out", d + "/account.key", "2048"])
        run(["openssl", "ecparam", "-genkey", "-name", "prime256v1", "-noout", "-out", d + "/key"])
        run(["openssl", "req", "-new", "-key", d + "/key", "-subj", "/", "-addext", "subjectAltName=" +
            ",".join(("IP:" if n[0].isdigit() else "DNS:") + n for n in names), "-out", d + "/csr"])
        return run(["sh", "-c", "exec acme-tiny --quiet --account-key %s/account.key --csr %s/csr --acme-dir %s --directory-url %s --disable-check >%s/crt" % (d, d, FILES, URL, d)])
    def cert(self, d, names): return d + "/crt"

class Dehydrated(Client):
    name = "dehydrated"
    def do(self, d, names, feature):
        if feature in ("listen", "tls"): return None
        hook = write(d + "/hook", "#!/bin/sh\nR=_acme-challenge.$2 V=$4\ncase $1 in deploy_challenge) [ %s = dns ] || exit 0; %s;; clean_challenge) [ %s = dns ] || exit 0; %s;;\n"
            "deploy_cert) [ ! -x %s-after ] || exec %s-after;; esac\nexit 0\n" % (feature, SET, feature, CLEAR, d, d), 0o755)
        conf = write(d + "/config", "CA=%s\nWELLKNOWN=%s\nBASEDIR=%s\nKEY_ALGO=prime256v1\nACCOUNT_KEY_ALGO=prime256v1\nCURL_OPTS='--cacert %s/tls.pem'\n"
            "DOMAINS_TXT=%s/none\nOCSP_FETCH=no\nCHALLENGETYPE=%s\nHOOK=%s\n" % (URL, FILES, d, work, d, "dns-01" if feature == "dns" else "http-01", hook))
        base = ["dehydrated", "-f", conf]
        run(base + ["--register", "--accept-terms"])
        return run(base + ["-c", "-d", " ".join(names), "--alias", "x"] if names[0][0] == "*" else base + ["-c", "-d", " ".join(names)])
    def cert(self, d, names): return d + "/certs/" + ("x" if names[0][0] == "*" else names[0]) + "/cert.pem"

class Certbot(Client):
    name = "certbot"
    def do(self, d, names, feature):
        if feature == "tls": return None
        hook = write(d + "/hook", "#!/bin/sh\nR=_acme-challenge.$CERTBOT_DOMAIN V=$CERTBOT_VALIDATION\n%s\n" % SET, 0o755)
        clean = write(d + "/clean", "#!/bin/sh\nR=_acme-challenge.$CERTBOT_DOMAIN\n%s\n" % CLEAR, 0o755)
        how = {"listen": ["--standalone", "--http-01-port", str(http_port)], "dns": ["--manual", "--preferred-challenges", "dns",
            "--manual-auth-hook", hook, "--manual-cleanup-hook", clean]}.get(feature, ["--webroot", "-w", WEBROOT])
        argv = ["certbot", "certonly", "-n", "--agree-tos", "--register-unsafely-without-email", "--server", URL, "--keep-until-expiring",
            "--config-dir", d, "--work-dir", d, "--logs-dir", d, "--key-type", "ecdsa", "--cert-name", "x", "-d", ",".join(names)] + how
        if feature in ("command", "again"): argv += ["--deploy-hook", d + "-after"]
        return run(argv)
    def cert(self, d, names): return d + "/live/x/cert.pem"

class Acmetool(Client):
    name = "acmetool"
    def do(self, d, names, feature):
        if feature in ("tls", "dns"): return None
        how = "http-ports:\n    - 127.0.0.1:%d" % http_port if feature == "listen" else "webroot-paths:\n    - %s" % FILES
        write(d + "/conf/target", "request:\n  provider: %s\n  challenge:\n    http-self-test: false\n    %s\n  key:\n    type: ecdsa\n    ecdsa-curve: nistp256\n" % (URL, how))
        write(d + "/conf/responses", '"acme-enter-email": ""\n"acme-agreement:data:text/plain,Do%20what%20thou%20wilt": true\n')
        write(d + "/desired/names", "satisfy:\n  names:\n" + "".join("  - %s\n" % x for x in names))
        os.makedirs(d + "-hooks", exist_ok=True)
        if feature in ("command", "again"): write(d + "-hooks/after", "#!/bin/sh\n[ \"$1\" = live-updated ] || exit 42\nexec %s-after\n" % d, 0o755)
        return run(["acmetool", "--state", d, "--hooks", d + "-hooks", "--batch"])
    def cert(self, d, names): return d + "/live/" + names[0] + "/cert"

NAMES = ["a.example.com", "b.example.com"]
FEATURES = [("webroot", "http-01 by files", NAMES), ("listen", "http-01 by a port of its own", NAMES), ("tls", "tls-alpn-01 by a port of its own", NAMES),
    ("dns", "dns-01 by a program, a wildcard and its apex", ["*.w.example.com", "w.example.com"]), ("address", "an IP address", ["127.0.0.1"]),
    ("command", "a command after a change", NAMES), ("again", "... which failed is run again by the next run", NAMES)]

def feature_of(c, key, names):
    """1 or 0; and why not, or None where the client has nothing for it to be tried."""
    d = "%s/%s-%s" % (top, c.name, key)
    marks = d + "-ran"
    if key in ("command", "again"):
        write(d + "-after", "#!/bin/sh\necho x >>%s\n%s" % (marks, "[ $(wc -l <%s) -gt 1 ]\n" % marks if key == "again" else ""), 0o755)
    tried = c.do(d, list(names), key)
    if tried is None: return 0, None
    if key == "again":
        if not os.path.exists(marks): return 0, tried[1]
        tried = c.do(d, list(names), key)
        with open(marks) as f: return int(len(f.readlines()) >= 2), tried[1]
    if names_of(c.cert(d, names)) != set(names): return 0, "status %d: %s" % tried
    return int(key != "command" or os.path.exists(marks)), tried[1]

clients = [Ours()] + [c() for c in (Uacme, Lego, Tiny, Dehydrated, Certbot, Acmetool) if shutil.which(c.name)]
def package_version(c):
    if c.name == "acme-client": return ""
    v = subprocess.run(["dpkg-query", "-W", "-f", "${Version}", c.name], capture_output=True, text=True).stdout
    return " " + re.sub(r"^\d+:", "", re.split(r"[-+~]", v)[0])

print("| | " + " | ".join(c.name + package_version(c) for c in clients) + " |")
print("|---" * (len(clients) + 1) + "|")
for key, words, names in FEATURES:
    row = []
    for c in clients:
        if key in ("listen", "tls", "dns"): done, why = feature_of(c, key, names)
        else:
            with Web(): done, why = feature_of(c, key, names)
        if not done and why is not None: print("%s: %s: %s" % (c.name, words, " ".join(why.split())[-240:]), file=sys.stderr)
        row.append("yes" if done else "")
    print("| " + words + " | " + " | ".join(row) + " |", flush=True)
