"""What the scripts in this directory have in common: they take accounts, keys
and certificates over from another ACME client.

The other client's directories are foreign ground: somebody else may be able to
write there.  So nothing is read but regular files below them, links are
followed one at a time and never lead out, private keys and certificates are
parsed and written anew, and no text gets into the configuration that could be
more than one word.  Nothing there is changed.  Nothing here is overwritten.
"""
import argparse, base64, errno, grp, ipaddress, json, os, re, shlex, shutil
import stat, subprocess, sys

CONF = "/etc/acme-client.conf"
CONF_D = "/etc/acme-client.d"
HOME = "/etc/acme-client"
HOOKS = "/usr/local/libexec/acme-client/hooks"
CHALLENGES = "/var/www/acme"
USER = "_acme-client"
FILE_MAX = 1 << 20
NAMES_MAX = 100
LINKS_MAX = 20
VALUES_MAX = 1 << 22
CHAIN_MAX = 16

class Refused(Exception):
    """Something cannot be taken over; the text says why."""

def visible(text):
    """As messages show foreign text: on one line, without control codes."""
    text = str(text)
    if len(text) > 300: text = text[:300] + "..."
    return "".join(c if c.isprintable() and c != "\\" else
        c.encode("unicode_escape").decode() for c in text)

def comment(text):
    """A comment of the configuration, which ends with its line: a backslash at
    the end would join the next one to it."""
    return "# " + "".join(c if c.isprintable() and c != "\\" else "?"
        for c in text[:500])

def word(text):
    """A quoted word of the configuration, which stays one word."""
    if not text or any(c in '"\\' or not (c.isalnum() or
        c.isascii() and c.isprintable()) for c in text):
        raise Refused("cannot be a word of the configuration: %s" %
            visible(text))
    return '"%s"' % text

def safe_name(text):
    """What is left of a name as part of a file's name and as a handle."""
    text = text.replace("*.", "wildcard.", 1) if text[:2] == "*." else text
    text = re.sub(r"[^A-Za-z0-9._-]", "_", text).lstrip(".-")[:100]
    return text or "unnamed"


# Reading.

def read_fd(fd, what):
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise Refused("%s: not a regular file" % visible(what))
    with os.fdopen(fd, "rb") as f: data = f.read(FILE_MAX + 1)
    if len(data) > FILE_MAX:
        raise Refused("%s: larger than 1 MiB" % visible(what))
    return data

READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC

class Tree:
    """A directory of the other client.  Paths are below it, or absolute."""
    def __init__(self, path):
        try:
            self.path = os.path.abspath(path)
            self.real = os.path.realpath(path)
            self.fd = os.open(path, os.O_RDONLY | os.O_DIRECTORY)
        except (OSError, ValueError) as e:
            raise Refused("%s: %s" % (visible(path), reason(e)))

    def _steps(self, path):
        """The components of a path, as seen from the directory."""
        if path.startswith("/"):
            for top in self.path, self.real:
                if path == top or path.startswith(top.rstrip("/") + "/"):
                    path = path[len(top):]
                    break
            else:
                raise Refused("%s: leads out of %s" %
                    (visible(path), visible(self.path)))
        return [s for s in path.split("/") if s not in ("", ".")]

    def open(self, path, directory=False):
        """A descriptor of what is there; links are followed one at a time, and
        never out of the directory."""
        fds, links = [], 0
        try:
            todo = self._steps(path)
            fds.append(os.dup(self.fd))
            while todo:
                step = todo.pop(0)
                if step == "..":
                    if len(fds) == 1:
                        raise Refused("%s: leads out of %s" %
                            (visible(path), visible(self.path)))
                    os.close(fds.pop())
                    continue
                try: target = os.readlink(step, dir_fd=fds[-1])
                except OSError as e:
                    if e.errno != errno.EINVAL: raise
                    target = None
                if target is None:
                    more = os.O_DIRECTORY if todo or directory else 0
                    fds.append(os.open(step, READ | more, dir_fd=fds[-1]))
                    continue
                links += 1
                if links > LINKS_MAX:
                    raise Refused("%s: too many links" % visible(path))
                if target.startswith("/"):
                    while len(fds) > 1: os.close(fds.pop())
                todo = self._steps(target) + todo
            return fds.pop()
        except (OSError, ValueError) as e:
            raise Refused("%s: %s" %
                (visible(os.path.join(self.path, path)), reason(e)))
        finally:
            for fd in fds: os.close(fd)

    def read(self, path):
        return read_fd(self.open(path), os.path.join(self.path, path))
    def text(self, path):
        try: return self.read(path).decode()
        except UnicodeDecodeError:
            raise Refused("%s: not UTF-8 text" %
                visible(os.path.join(self.path, path)))
    def json(self, path):
        """An object; an empty one for any other value."""
        try: value = json.loads(self.text(path))
        except (ValueError, RecursionError):
            raise Refused("%s: not JSON" %
                visible(os.path.join(self.path, path)))
        return value if isinstance(value, dict) else {}
    def readers(self, path):
        """The group that may read a file, if it is not root's; or None."""
        fd = self.open(path)
        try: st = os.fstat(fd)
        finally: os.close(fd)
        if st.st_gid == 0 or not st.st_mode & stat.S_IRGRP: return None
        try: return grp.getgrgid(st.st_gid).gr_name
        except KeyError: return str(st.st_gid)
    def has(self, path):
        try: os.close(self.open(path))
        except Refused: return False
        return True
    def names(self, path=""):
        """What is in a directory, sorted; nothing if there is none."""
        try: fd = self.open(path, directory=True)
        except Refused: return []
        try: return sorted(os.listdir(fd))
        finally: os.close(fd)

def reason(e):
    """Of a call about a path; of what is in it, a NUL alone is an error."""
    return e.strerror if isinstance(e, OSError) else "has a NUL in its name"

def member(value, *path):
    """A text inside of JSON values, or ""."""
    for step in path:
        try: value = value[step]
        except (KeyError, IndexError, TypeError): return ""
    return value if isinstance(value, str) else ""

def assignments(text, values=None):
    """The variables that a shell script assigns at the beginnings of lines, as
    texts, or lists for arrays; nothing is executed.  None: a command gives
    the value.  values are those that are known before."""
    values = dict(values or {})
    total = sum(map(size_of, values.values()))
    pattern = r"^[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_]*)=(\(?)"
    at = re.compile(pattern, re.M)
    m = at.search(text)
    while m:
        if m.group(2):
            value, pos = _array(text, m.end(), values)
        else:
            value, pos = _word(text, m.end(), values)
        total += size_of(value)
        if total > VALUES_MAX: raise Refused("its values are above 4 MiB")
        values[m.group(1)] = value
        m = at.search(text, pos)
    return values

def size_of(value):
    return sum(len(v or "") for v in
        (value if isinstance(value, list) else [value]))

def _array(text, pos, values):
    words, size = [], 0
    while pos < len(text) and text[pos] != ")":
        if text[pos].isspace(): pos += 1
        elif text[pos] == "#": pos = _line_end(text, pos)
        else:
            value, next_pos = _word(text, pos, values, ")")
            words.append(value)
            size += size_of(value)
            if size > FILE_MAX:
                raise Refused("one of its values is above 1 MiB")
            pos = max(next_pos, pos + 1)
    return (None if None in words else words), pos
def _line_end(text, pos):
    end = text.find("\n", pos)
    return len(text) if end == -1 else end

def _word(text, pos, values, end=""):
    """A word of the shell, without its quotes; and where it ends."""
    out, quote, computed, size = [], "", False, 0
    while pos < len(text):
        c = text[pos]
        if quote and c == quote: quote = ""
        elif not quote and c in "'\"": quote = c
        elif not quote and (c.isspace() or c in ";&|<>" + end): break
        elif c == "\\" and quote != "'" and pos + 1 < len(text):
            pos += 1
            if text[pos] != "\n": out.append(text[pos])
        elif c == "`" and quote != "'": computed = True
        elif c == "$" and quote != "'":
            m = re.compile(r"\$(\w+)|\$\{(\w+)\}").match(text, pos)
            known = m and values.get(m.group(1) or m.group(2))
            if isinstance(known, str):
                out.append(known)
                size += len(known)
                # A value may be twice the one before it, and so on.
                if size > FILE_MAX:
                    raise Refused("one of its values is above 1 MiB")
                pos = m.end() - 1
            else: computed = True
        else: out.append(c)
        pos += 1
    return (None if computed else "".join(out)), pos


# DER (X.690), as far as certificates and keys need it.

def der_next(data):
    """The first element's tag and contents, and what comes after it."""
    if len(data) < 2: raise ValueError("cut off")
    n, at = data[1], 2
    if n >= 0x80:
        count = n & 0x7f
        if not 1 <= count <= 3 or len(data) < 2 + count:
            raise ValueError("wrong length")
        at = 2 + count
        n = int.from_bytes(data[2:at], "big")
    if len(data) < at + n: raise ValueError("cut off")
    return data[0], data[at:at + n], data[at + n:]
def der_expect(data, tag):
    found, contents, rest = der_next(data)
    if found != tag: raise ValueError("tag %d" % found)
    return contents, rest
def der(tag, *parts):
    contents = b"".join(parts)
    n = len(contents)
    if n < 0x80: return bytes([tag, n]) + contents
    length = n.to_bytes((n.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + contents
def der_integer(n):
    return der(2, n.to_bytes(n.bit_length() // 8 + 1, "big"))

SEQUENCE, OID, BITS, OCTETS = 0x30, 6, 3, 4
RSA = bytes.fromhex("2a864886f70d010101")
EC = bytes.fromhex("2a8648ce3d0201")
P256 = bytes.fromhex("2a8648ce3d030107")
P384 = bytes.fromhex("2b81040022")
SAN = bytes.fromhex("551d11")

def pem(label, data):
    text = base64.b64encode(data).decode()
    lines = [text[i:i + 64] for i in range(0, len(text), 64)]
    return ("-----BEGIN %s-----\n%s\n-----END %s-----\n" %
        (label, "\n".join(lines), label)).encode()

class Certificate:
    def __init__(self, data):
        self.der = data
        try: self._parse(data)
        except (ValueError, IndexError):
            raise Refused("a certificate that cannot be parsed")
    def _parse(self, data):
        body, _ = der_expect(data, SEQUENCE)
        rest, _ = der_expect(body, SEQUENCE)
        if rest[:1] == b"\xa0": rest = der_next(rest)[2]
        for _ in "serial", "signature":
            rest = der_next(rest)[2]
        self.issuer, rest = der_expect(rest, SEQUENCE)
        rest = der_next(rest)[2]
        self.subject, rest = der_expect(rest, SEQUENCE)
        key, after = der_expect(rest, SEQUENCE)
        self.spki = rest[:len(rest) - len(after)]
        self._names = []
        while after:
            tag, contents, after = der_next(after)
            if tag == 0xa3: self._extensions(der_expect(contents, SEQUENCE)[0])
    def _extensions(self, rest):
        while rest:
            extension, rest = der_expect(rest, SEQUENCE)
            oid, value = der_expect(extension, OID)
            if oid != SAN: continue
            if value[:1] == b"\x01": value = der_next(value)[2]
            names, _ = der_expect(der_expect(value, OCTETS)[0], SEQUENCE)
            while names:
                tag, text, names = der_next(names)
                self._names.append((tag, text))
    def names(self):
        """Each once, as the configuration has them."""
        return list(dict.fromkeys(san(*name) for name in self._names))

def san(tag, contents):
    if tag == 0x87:
        try: return str(ipaddress.ip_address(contents))
        except ValueError: raise Refused("an address of a wrong length")
    text = contents.decode("ascii", "replace").lower()
    label = r"[a-z0-9_]([a-z0-9_-]*[a-z0-9_])?"
    if tag != 0x82 or not re.fullmatch(r"(\*\.)?%s(\.%s)*" % (label, label),
        text):
        raise Refused("a name that is no host name or address: %s" %
            visible(text))
    return text

def chain(data, what):
    """The certificates of a PEM file, the leaf first."""
    blocks = re.findall(rb"-----BEGIN CERTIFICATE-----([A-Za-z0-9+/=\s]*)"
        rb"-----END CERTIFICATE-----", data)
    if not blocks: raise Refused("%s: no certificate in it" % visible(what))
    if len(blocks) > CHAIN_MAX:
        raise Refused("%s: more than %d certificates in it" %
            (visible(what), CHAIN_MAX))
    try: ders = [base64.b64decode(b"".join(b.split()), validate=True)
        for b in blocks]
    except ValueError:
        raise Refused("%s: no certificate in it" % visible(what))
    return in_order([Certificate(d) for d in ders])

def in_order(certificates):
    """The leaf, and those that lead from it to the root, without the root."""
    out = certificates[:1]
    for _ in certificates:
        out += [c for c in certificates[1:] if c.subject == out[-1].issuer and
            c.subject != c.issuer and c not in out][:1]
    return out

def openssl(data, *argv):
    env = {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C"}
    p = subprocess.run(("openssl",) + argv, input=data, env=env,
        stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
    return p.stdout if p.returncode == 0 else None

class Key:
    """A private key, as openssl(1) writes it anew."""
    group = None
    def __init__(self, data, what):
        m = re.search(rb"-----BEGIN ([A-Z0-9 ]{0,20}PRIVATE KEY)-----", data)
        last = m and b"-----END %s-----" % m.group(1)
        end = data.find(last, m.end()) if m else -1
        if end == -1: raise Refused("%s: no private key in it" % visible(what))
        data = data[m.start():end + len(last)] + b"\n"
        if b"ENCRYPTED" in data:
            raise Refused("%s: the key is encrypted" % visible(what))
        self.pem = openssl(data, "pkey")
        self.spki = self.pem and openssl(self.pem, "pkey", "-pubout",
            "-outform", "DER")
        if not self.spki:
            raise Refused("%s: openssl cannot read the key" % visible(what))
        self.kind = key_kind(self.spki)
        if self.kind is None:
            raise Refused("%s: of a type that acme-client does not have; it "
                "has P-256, P-384 and RSA of 2048 to 4096 bits" % visible(what))

def domain_key(tree, path):
    """The key of a certificate, with the group that may read it."""
    key = Key(tree.read(path), "its key")
    key.group = tree.readers(path)
    return key

def key_kind(spki):
    """As the configuration names it, or None."""
    try:
        rest, _ = der_expect(spki, SEQUENCE)
        algorithm, rest = der_expect(rest, SEQUENCE)
        oid, parameters = der_expect(algorithm, OID)
        if oid == EC:
            curve, _ = der_expect(parameters, OID)
            return {P256: "ecdsa p256", P384: "ecdsa p384"}.get(curve)
        if oid != RSA: return None
        numbers, _ = der_expect(der_expect(rest, BITS)[0][1:], SEQUENCE)
        n = int.from_bytes(der_expect(numbers, 2)[0], "big").bit_length()
    except ValueError: return None
    if not 2048 <= n <= 4096: return None
    return "rsa %d" % n if n in (2048, 3072, 4096) else "rsa"

def jwk_key(jwk, what):
    """The key of an account that is stored as a private JWK (RFC 7518 6)."""
    def number(name):
        text = member(jwk, name)
        if not re.fullmatch(r"[A-Za-z0-9_-]+", text):
            raise Refused("%s: not a private JWK" % visible(what))
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if member(jwk, "kty") == "RSA":
        numbers = [der_integer(0)] + [der_integer(int.from_bytes(number(name),
            "big")) for name in ("n", "e", "d", "p", "q", "dp", "dq", "qi")]
        return Key(pem("RSA PRIVATE KEY", der(SEQUENCE, *numbers)), what)
    curves = {"P-256": (P256, 32), "P-384": (P384, 48)}
    if member(jwk, "kty") == "EC" and member(jwk, "crv") in curves:
        oid, width = curves[member(jwk, "crv")]
        point = b"\0\4" + number("x").rjust(width, b"\0") + \
            number("y").rjust(width, b"\0")
        data = der(SEQUENCE, der_integer(1),
            der(OCTETS, number("d").rjust(width, b"\0")),
            der(0xa0, der(OID, oid)), der(0xa1, der(BITS, point)))
        return Key(pem("EC PRIVATE KEY", data), what)
    raise Refused("%s: a key of a type that acme-client does not have" %
        visible(what))


# Authorities.

CAS = {
    "letsencrypt": "https://acme-v02.api.letsencrypt.org/directory",
    "zerossl": "https://acme.zerossl.com/v2/DV90",
    "buypass": "https://api.buypass.com/acme/directory",
    "google": "https://dv.acme-v02.api.pki.goog/directory",
    "sslcom": "https://acme.ssl.com/sslcom-dv-rsa",
    "sslcom-ecc": "https://acme.ssl.com/sslcom-dv-ecc",
    "actalis": "https://acme-api.actalis.com/acme/directory",
}
# Nobody trusts what these sign.
STAGING = ("acme-staging", ".test-api.pki.goog", "api.test4.buypass.no")

def check_url(url):
    if not re.fullmatch(r"https://[A-Za-z0-9.\[\]:-]+(/[!#-\[\]-~]*)?", url):
        raise Refused("not an https URL: %s" % visible(url))
    if any(part in url for part in STAGING):
        raise Refused("%s is for tests; nobody trusts its certificates" % url)
    return url
def host_of(url):
    m = re.match(r"https?://([^/]+)", url)
    return m.group(1).lower() if m else ""
def by_host(host):
    """The directory of a CA that is known by its host, or None."""
    for url in CAS.values():
        if host_of(url) == host.lower(): return url
    return None

class Account:
    def __init__(self, url, key, contact=""):
        self.url, self.key = check_url(url), key
        m = re.fullmatch(r"(?:mailto:)?([!-~]+@[A-Za-z0-9.-]+)", contact or "")
        # As acme-client.conf(5) has it.
        fits = m and not set(m.group(1)) & set("\"\\,<>?")
        self.contact = "mailto:" + m.group(1) if fits else ""
        self.lost = "" if fits else contact or ""
        self.name = None

class Domain:
    """A certificate: where it comes from, and the statements that say how it
    is renewed."""
    def __init__(self, handle, account, key, certificates, where=""):
        self.handle, self.account = safe_name(handle), account
        self.key, self.chain, self.where = key, certificates, where
        self.statements, self.notes = [], []
        self.rotate = False
        self.names = certificates[0].names()
        if b"STAGING" in certificates[0].issuer:
            raise Refused("its certificate is for tests; nobody trusts it")
        if not 1 <= len(self.names) <= NAMES_MAX:
            raise Refused("its certificate has %d names; expected 1 to %d" %
                (len(self.names), NAMES_MAX))
        if certificates[0].spki != key.spki:
            raise Refused("its certificate is for another key than its own")
        if key.group:
            self.say("the group %s may read its key; servers in this group "
                "need" % visible(key.group),
                "domain key ... group %s" % key.group)

    def say(self, text, hint=None):
        """Something is not taken over; with what to write instead."""
        self.notes.append((text, hint))

    # How names are validated.
    def webroot(self, directory, what=""):
        """The directory that has .well-known."""
        self.challengedir(os.path.join(directory, ".well-known",
            "acme-challenge"))
    def challengedir(self, directory):
        if not directory.startswith("/") or "\0" in directory:
            raise Refused("not an absolute path: %s" % visible(directory))
        path = os.path.realpath(directory)
        self.statements.append("challengedir %s" % word(path))
        if not os.path.isdir(path):
            self.say("%s is not there" % visible(path),
                "install -d -o %s %s" % (USER, shlex.quote(path)))
    def listen(self, port, address="", alpn=False):
        if not re.fullmatch(r"[0-9]{1,5}", port) or not 0 < int(port) < 65536:
            raise Refused("not a port: %s" % visible(port))
        try: address = str(ipaddress.ip_address(address)) if address else "*"
        except ValueError:
            raise Refused("not an address: %s" % visible(address))
        if alpn: self.statements.append("challenge tls-alpn-01")
        self.statements.append("listen on %s port %d" % (address, int(port)))
    def dns(self, hook, text, lines):
        """By one of our hooks; lines are what its .conf has to have."""
        self.statements += ["challenge dns-01",
            "challenge hook %s" % word("%s/%s" % (HOOKS, hook))]
        self.say("%s; %s/hooks/%s.conf must have" % (text, HOME, hook),
            "; ".join(lines))
    def unknown(self, text):
        """How is not known: by the default directory, or in the DNS."""
        if any(n.startswith("*.") for n in self.names):
            self.dns("lexicon", text + "; wildcards need records in the DNS",
                ["provider=...", "what 'lexicon PROVIDER --help' names"])
        else:
            self.statements.append("challengedir %s" %
                word(options.webroot or CHALLENGES))
            if not options.webroot:
                self.say("%s; the web server must serve %s as "
                    "/.well-known/acme-challenge/ of these names" %
                    (text, CHALLENGES))

    def command(self, what, text):
        """A command after a renewal, which a shell has run."""
        text = (text or "").strip()
        if not text: return
        hint = None
        if re.fullmatch(r"[A-Za-z0-9_./:@%+=, -]+", text):
            argv = text.split()
            argv[0] = shutil.which(argv[0]) or argv[0]
            if argv[0].startswith("/"):
                hint = 'on change "%s"' % " ".join(argv)
        self.say("%s: %s" % (what, visible(text)), hint)

    def text(self):
        out = ["domain %s {" % word(self.handle)]
        for text, hint in self.notes:
            out.append("\t" + comment(text))
            if hint: out.append("\t" + comment("    " + hint))
        out.append("\tdomain name %s" % word(self.names[0]))
        if self.names[1:]:
            out.append("\talternative names {")
            out += ["\t\t%s" % word(name) for name in self.names[1:]]
            out.append("\t}")
        out.append("\tdomain key %s %s%s" % (word(key_path(self.handle)),
            self.key.kind, " rotate" if self.rotate else ""))
        out.append("\tdomain full chain certificate %s" %
            word(chain_path(self.handle)))
        out += ["\t" + s for s in self.statements]
        out += ["\tsign with %s" % word(self.account.name), "}", ""]
        return "\n".join(out)


# Writing.

def key_path(handle): return "%s/keys/%s.key" % (options.home, handle)
def chain_path(handle):
    return "%s/certs/%s.fullchain.pem" % (options.home, handle)
def account_path(name):
    return "%s/account/%s-privkey.pem" % (options.home, name)

def make_directory(path, mode, of_user=False):
    """As make install makes it; what is there stays as it is."""
    if os.path.isdir(path): return
    if os.path.dirname(path) != path:
        make_directory(os.path.dirname(path), 0o755)
    os.mkdir(path, mode)
    os.chmod(path, mode)
    if of_user and os.geteuid() == 0:
        try: shutil.chown(path, USER, USER)
        except LookupError: pass

def write_new(path, data, mode):
    """Writes a file that is not there yet, whole or not at all, for the owner
    of its directory.  False: it is there already, and the same."""
    directory, name = os.path.split(path)
    if options.dry and not os.path.isdir(directory): return True
    fd = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        try: there = read_fd(os.open(name, READ, dir_fd=fd), path)
        except FileNotFoundError: there = None
        except OSError as e: raise Refused("%s: %s" % (path, reason(e)))
        if there is not None:
            if there == data: return False
            raise Refused("%s is there already, with other contents; it "
                "stays as it is" % path)
        if options.dry: return True
        new = ".%s.%d.new" % (name, os.getpid())
        out = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_EXCL |
            os.O_NOFOLLOW | os.O_CLOEXEC, mode & 0o600, dir_fd=fd)
        try:
            with os.fdopen(out, "wb") as f:
                f.write(data)
                st = os.fstat(fd)
                if os.geteuid() == 0:
                    os.fchown(f.fileno(), st.st_uid, st.st_gid)
                os.fchmod(f.fileno(), mode)
                f.flush()
                os.fsync(f.fileno())
            # Unlike a rename, this replaces nothing.
            os.link(new, name, src_dir_fd=fd, dst_dir_fd=fd,
                follow_symlinks=False)
        finally:
            os.unlink(new, dir_fd=fd)
        os.fsync(fd)
        return True
    finally:
        os.close(fd)

def could_write(path, data, mode):
    """Raises what would keep this file from being written."""
    dry, options.dry = options.dry, True
    try: write_new(path, data, mode)
    finally: options.dry = dry

options = None

class Plan:
    """What a script will write, and what it says."""
    def __init__(self, client):
        self.client, self.domains, self.refused = client, [], []
        self.written, self.there, self.notes = [], [], []
        self.handles = set()

    def refuse(self, what, why):
        self.refused.append("%s: %s" % (visible(what), why))
    def note(self, text):
        self.notes.append(text)
    def domain(self, what, make):
        """Adds the domain that make() gives."""
        try: d = make()
        except (Refused, OSError, ValueError) as e:
            return self.refuse(what, e if isinstance(e, Refused) else
                visible(e))
        d.what = visible(what)
        handle, n = d.handle, 2
        while d.handle in self.handles:
            d.handle, n = "%s-%d" % (handle, n), n + 1
        self.handles.add(d.handle)
        self.domains.append(d)

    def name_accounts(self):
        """As the authority's names, which another client's do not take."""
        accounts = list(dict.fromkeys(d.account for d in self.domains))
        names = {}
        for a in accounts:
            known = [n for n, url in CAS.items() if url == a.url]
            base = "%s-%s" % (self.client, known[0] if known else
                re.sub(r"[^a-z0-9.-]", "-", host_of(a.url)))
            names[base] = names.get(base, 0) + 1
            a.name = base if names[base] == 1 else "%s-%d" % (base, names[base])
        return accounts

    def put(self, path, data, mode):
        wrote = write_new(path, data, mode)
        (self.written if wrote else self.there).append(path)

    def parts(self, d):
        """The files of a domain: its account, key and chain."""
        return [(account_path(d.account.name), d.account.key.pem, 0o600),
            (key_path(d.handle), d.key.pem, 0o600),
            (chain_path(d.handle), b"".join(pem("CERTIFICATE", c.der)
            for c in d.chain), 0o644)]

    def finish(self):
        """Writes all of it; the exit status.  What cannot be written is found
        before anything is written: all files of a domain, or none; and no key
        without the configuration."""
        accounts = self.name_accounts()
        taken, files, texts = [], {}, []
        for d in self.domains:
            try:
                text = d.text()
                for path, data, mode in self.parts(d):
                    could_write(path, data, mode)
            except (Refused, OSError) as e:
                self.refuse(d.what, e)
                continue
            taken.append(d)
            texts.append(text)
            files.update((part[0], part[1:]) for part in self.parts(d))
        used = {d.account for d in taken}
        used = [a for a in accounts if a in used]
        for a in used:
            if a.lost: self.note("the contact of %s: %s" %
                (a.name, visible(a.lost)))
        done = taken and self.write(files, self.conf(used, texts))
        self.report(taken if done else [])
        return self.status(done)

    def write(self, files, conf):
        """Writes the files, the configuration last; false if it stopped."""
        files[options.conf] = conf.encode(), 0o644
        try:
            could_write(options.conf, *files[options.conf])
            self.directories()
            for path, (data, mode) in files.items(): self.put(path, data, mode)
        except (Refused, OSError) as e:
            self.refuse("the configuration is not written", e)
            return False
        return True

    def directories(self):
        if options.dry: return
        make_directory(options.home, 0o755)
        make_directory(options.home + "/account", 0o700)
        make_directory(options.home + "/keys", 0o700)
        make_directory(options.home + "/certs", 0o755, True)
        make_directory(os.path.dirname(options.conf), 0o755)

    def conf(self, accounts, domains):
        out = [comment("From %s, by %s." % (options.source, self.client))]
        out += [comment("Not taken over: " + text) for text in self.refused]
        for a in accounts:
            out += ["authority %s {" % word(a.name),
                "\tapi url %s" % word(a.url),
                "\taccount key %s %s" % (word(account_path(a.name)),
                    a.key.kind)]
            if a.contact: out.append("\tcontact %s" % word(a.contact))
            out += ["}", ""]
        return "\n".join(out + domains)

    def report(self, taken):
        written = "would write" if options.dry else "written"
        for path in self.written: print("%s: %s" % (written, path))
        for path in self.there: print("there already: %s" % path)
        for d in taken:
            if d.where:
                print("%s: in place of %s, servers now read %s and %s" %
                    (d.handle, visible(d.where), chain_path(d.handle),
                    key_path(d.handle)))
            for text, hint in d.notes:
                print("%s: not taken over: %s%s" % (d.handle, text,
                    ": %s" % visible(hint) if hint else ""))
        for text in self.notes + self.refused:
            print("not taken over: %s" % text)
        if not self.written and not self.there:
            print("nothing is taken over from %s" % visible(options.source))

    def status(self, done):
        return 1 if not done else 0 if self.written else 2

def run(client, places, take, make_plan=Plan):
    """The whole of a script: its name, where its client usually is, and the
    function that fills the plan."""
    global options
    p = argparse.ArgumentParser(prog=client, description="Takes the accounts, "
        "keys and certificates of %s over: copies them, and writes a "
        "configuration. The files of %s stay as they are." %
        (client, client))
    p.add_argument("-n", dest="dry", action="store_true",
        help="write nothing, and say what would be written")
    p.add_argument("-f", dest="conf", metavar="FILE",
        default="%s/%s.conf" % (CONF_D, client),
        help="the configuration to be written (%(default)s)")
    p.add_argument("-o", dest="home", metavar="DIRECTORY", default=HOME,
        help="where account, keys and certs are (%(default)s)")
    p.add_argument("-a", dest="url", metavar="URL", help="the directory of "
        "the authority, where %s does not say it" % client)
    p.add_argument("-w", dest="webroot", metavar="DIRECTORY", help="what web "
        "servers serve as /.well-known/acme-challenge/, where %s does not say "
        "it (%s)" % (client, CHALLENGES))
    p.add_argument("source", metavar="PATH", nargs="?",
        help="where it is (%s)" % " or ".join(places))
    options = p.parse_args()
    places = [os.path.expanduser(place) for place in places]
    if options.source is None:
        options.source = next((x for x in places if os.path.exists(x)),
            places[0])
    options.home = os.path.abspath(options.home)
    options.conf = os.path.abspath(options.conf)
    if options.webroot: options.webroot = os.path.abspath(options.webroot)
    os.umask(0o077)
    for out in sys.stdout, sys.stderr:
        # None: the descriptor is closed.
        if out: out.reconfigure(errors="backslashreplace")
    plan = make_plan(client)
    try:
        if options.url: check_url(options.url)
        for path in options.home, options.conf: word(path)
        take(plan, options.source)
        sys.exit(plan.finish())
    except (Refused, OSError) as e:
        sys.exit("%s: %s" % (client, e))
