"""python3 import.py tree DIRECTORY...: what is there, each with its bytes, mode
and time of change, to be compared.
python3 import.py CLIENT DIRECTORY URL ACCOUNT KEY CHAIN [NAME=VALUE...]: a
directory as this client has it, with one certificate.  The formats follow the
clients' documents, as far as the clients are not here: acme.sh 3.1, getssl
2.49, lego 5.  A value of NAME takes the place of what a client would have:
webroot, hook, name (the certificate's), account (where the key is)."""
import base64, hashlib, json, os, re, stat, subprocess, sys

def tree(places):
    for place in places:
        for top, directories, files in os.walk(place):
            directories.sort()
            for name in sorted(files) + directories:
                path = os.path.join(top, name)
                st = os.lstat(path)
                what = ""
                if stat.S_ISLNK(st.st_mode): what = os.readlink(path)
                elif stat.S_ISREG(st.st_mode):
                    with open(path, "rb") as f:
                        what = hashlib.sha256(f.read()).hexdigest()
                print(ascii(path), oct(st.st_mode), st.st_mtime_ns,
                    st.st_uid, st.st_gid, ascii(what))

def read(path):
    with open(path) as f: return f.read()
def write(path, text, mode=0o600):
    os.makedirs(os.path.dirname(path), 0o700, exist_ok=True)
    with open(path, "w") as f: f.write(text)
    os.chmod(path, mode)

def openssl(*argv, **more):
    return subprocess.run(("openssl",) + argv, check=True,
        capture_output=True, **more).stdout

def jwk(path):
    """The private JWK of an RSA or P-256 key, by what openssl prints."""
    text = openssl("pkey", "-in", path, "-noout", "-text").decode()
    parts = {name: bytes.fromhex(re.sub(r"[\s:]", "", value)) for name, value in
        re.findall(r"^(\w+):\s*\n((?: +[0-9a-f:]+\n)+)", text, re.M)}
    def number(data):
        return base64.urlsafe_b64encode(data).decode().rstrip("=")
    if "modulus" not in parts:
        point = parts["pub"]
        return {"kty": "EC", "crv": "P-256", "x": number(point[1:33]),
            "y": number(point[33:]),
            "d": number(parts["priv"].lstrip(b"\0").rjust(32, b"\0"))}
    names = {"n": "modulus", "d": "privateExponent", "p": "prime1",
        "q": "prime2", "dp": "exponent1", "dq": "exponent2",
        "qi": "coefficient"}
    found = {k: number(parts[v].lstrip(b"\0")) for k, v in names.items()}
    return dict(found, kty="RSA", e="AQAB")

class Fixture:
    def __init__(self, directory, url, account, key, chain, *more):
        self.d, self.url = directory, url
        self.account, self.key, self.chain = map(read, (account, key, chain))
        self.account_file = account
        blocks = re.findall(r"-----BEGIN.*?-----END CERTIFICATE-----\n",
            self.chain, re.S)
        self.leaf, self.rest = blocks[0], "".join(blocks[1:])
        self.host = url.split("/")[2]
        self.webroot, self.hook, self.name = "/var/www/html", "", \
            "a.example.com"
        for pair in more:
            name, _, value = pair.partition("=")
            setattr(self, name, value)

    def certbot(self):
        path = self.url.split("//")[1]
        name, d, account = self.name, self.d, "0123456789abcdef"
        write("%s/accounts/%s/%s/private_key.json" % (d, path, account),
            json.dumps(jwk(self.account_file)), 0o400)
        write("%s/accounts/%s/%s/regr.json" % (d, path, account),
            '{"body": {}, "uri": "https://x"}', 0o644)
        os.makedirs("%s/live/%s" % (d, name))
        for file, text in (("privkey", self.key), ("fullchain", self.chain),
            ("cert", self.leaf), ("chain", self.rest)):
            write("%s/archive/%s/%s1.pem" % (d, name, file), text)
            os.symlink("../../archive/%s/%s1.pem" % (name, file),
                "%s/live/%s/%s.pem" % (d, name, file))
        hook = "renew_hook = %s\n" % self.hook if self.hook else ""
        write("%s/renewal/%s.conf" % (d, name), "version = 2.1.0\n"
            "archive_dir = %s/archive/%s\nfullchain = %s/live/%s/fullchain.pem"
            "\nprivkey = %s/live/%s/privkey.pem\n\n[renewalparams]\n"
            "account = %s\nserver = %s\nauthenticator = webroot\n%s"
            "webroot_path = %s,\n[[webroot_map]]\nx = %s\n" % (d, name, d, name,
            d, name, account, self.url, hook, self.webroot, self.webroot),
            0o644)

    def acmesh(self):
        d, name = self.d, self.name
        host, path = self.host.split(":")[0], "/".join(self.url.split("/")[3:])
        place = "%s/ca/%s/%s" % (d, host, path)
        write(place + "/account.key", self.account)
        write(place + "/ca.conf", "CA_KEY_HASH='x'\nACCOUNT_URL='https://x'\n"
            "CA_EMAIL='a@example.com'\n")
        write(d + "/account.conf", "LOG_FILE=\"/x\"\nSAVED_CF_Token='secret'\n"
            "USER_PATH='/usr/bin:/bin'\n")
        place = "%s/%s_ecc" % (d, name)
        hook = base64.b64encode(self.hook.encode()).decode()
        write("%s/%s.conf" % (place, name), "Le_Domain='%s'\n"
            "Le_Alt='b.example.com'\nLe_Webroot='%s'\nLe_PreHook=''\n"
            "Le_API='%s'\nLe_Keylength='ec-256'\nLe_ReloadCmd="
            "'__ACME_BASE64__START_%s__ACME_BASE64__END_'\n"
            "Le_NextRenewTime='1'\n" % (name, self.webroot, self.url, hook))
        write("%s/%s.key" % (place, name), self.key)
        write("%s/%s.cer" % (place, name), self.leaf)
        write(place + "/ca.cer", self.rest)
        write(place + "/fullchain.cer", self.chain)

    def getssl(self):
        d, name = self.d, self.name
        write(d + "/getssl.cfg", '# comment\nCA="%s"\nACCOUNT_EMAIL="a@example'
            '.com"\nACCOUNT_KEY="%s/account.key"\nPRIVATE_KEY_ALG="rsa"\n' %
            (self.url, d))
        write(d + "/account.key", self.account)
        place = "%s/%s" % (d, name)
        write(place + "/getssl.cfg", "# ACL=('/none')\nSANS=\"b.example.com\"\n"
            "ACL=('%s/.well-known/acme-challenge')\nUSE_SINGLE_ACL=\"true\"\n"
            "RELOAD_CMD=\"%s\"\n" % (self.webroot, self.hook))
        write("%s/%s.key" % (place, name), self.key)
        write("%s/%s.crt" % (place, name), self.leaf)
        write(place + "/chain.crt", self.rest)
        write(place + "/fullchain.crt", self.chain)

    def lego5(self):
        d, name = self.d, self.name
        place = "%s/accounts/%s/a@example.com" % (d, self.host.replace(":",
            "_"))
        write(place + "/account.json", json.dumps({"id": "a@example.com",
            "email": "a@example.com", "keyType": "EC256", "server": self.url,
            "registration": {"status": "valid", "location": "https://x"}}))
        write(place + "/a@example.com.key", self.account)
        base = "%s/certificates/%s" % (d, name)
        write(base + ".json", json.dumps({"id": name, "domains": [name,
            "b.example.com"], "keyType": "EC256",
            "certUrl": "https://%s/x" % self.host}))
        write(base + ".crt", self.chain)
        write(base + ".issuer.crt", self.rest)
        write(base + ".key", self.key)

    def uacme(self):
        write(self.d + "/private/key.pem", self.account)
        write("%s/private/%s/key.pem" % (self.d, self.name), self.key)
        write("%s/%s/cert.pem" % (self.d, self.name), self.chain)

    def dehydrated(self):
        d, name = self.d, self.name
        account = base64.urlsafe_b64encode(self.url.encode() + b"\n").decode()
        write(d + "/config", "BASEDIR=%s\nCA=\"%s\"\nWELLKNOWN='%s'\nHOOK='%s'"
            "\n" % (d, self.url, self.webroot, self.hook))
        write(d + "/domains.txt", "%s b.example.com\n" % name)
        write("%s/accounts/%s/account_key.pem" % (d, account.rstrip("=")),
            self.account)
        for file, text in (("privkey", self.key), ("fullchain", self.chain)):
            write("%s/certs/%s/%s-1.pem" % (d, name, file), text)
            os.symlink(file + "-1.pem", "%s/certs/%s/%s.pem" % (d, name, file))

    def openbsd(self):
        d, name = self.d, self.name
        write(d + "/acme-client.conf", 'key = "%s/private"\n'
            'authority pebble {\n\tapi url "%s"\n\taccount key "%s/a.pem"\n}\n'
            "domain %s {\n\talternative names { b.example.com }\n"
            "\tdomain key $key/x.key\n\tdomain certificate %s/x.crt\n"
            "\tdomain full chain certificate x.full.pem # the same directory\n"
            '\tchallengedir "%s"\n}\n' % (d, self.url, d, name, d,
            self.webroot), 0o644)
        write(d + "/a.pem", self.account)
        write(d + "/private/x.key", self.key)
        write(d + "/x.crt", self.leaf)
        write(d + "/x.full.pem", self.chain)

os.umask(0o022)
if sys.argv[1] == "tree": tree(sys.argv[2:])
else: getattr(Fixture(*sys.argv[2:]), sys.argv[1].replace(".", ""))()
