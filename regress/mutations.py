# What a CA may send that is not what it should send: the table of mutations,
# of which ca.py applies one (scenario "mutate STEP NAME"), and what must come
# of each.  A mutation of HTTP, JSON text or PEM is a function of the bytes of a
# response; one of a member is what stands there instead.
import base64, itertools, json

RIGHT, WRONG = "a certificate", "refused"
EITHER = "a certificate, or refused"

def split(data):
    head, body = data.split(b"\r\n\r\n", 1)
    return head + b"\r\n", body
def joined(head, body): return head + b"\r\n" + body
def framed(head, line, body):
    """The response with this body, and this line in place of its length."""
    fields = [f for f in head.split(b"\r\n")
        if not f.lower().startswith(b"content-length")]
    fields.insert(1, line)
    return joined(b"\r\n".join(fields), body)

# In the first line.
def first_line(line):
    def change(data):
        return line + data[data.index(b"\r\n"):]
    return change
# A field more.
def field(line, end=b"\r\n"):
    def change(data):
        head, body = split(data)
        return joined(head + line + end, body)
    return change
# The body's length, as it is told.
def length(text):
    def change(data):
        head, body = split(data)
        told = text % len(body) if b"%d" in text else text
        return framed(head, b"Content-Length: " + told, body)
    return change
def shifted(by):
    def change(data):
        head, body = split(data)
        return length(b"%d" % (len(body) + by))(data)
    return change
def chunked(make, coding=b"chunked"):
    def change(data):
        head, body = split(data)
        return framed(head, b"Transfer-Encoding: " + coding, make(body))
    return change
def body(make):
    """Another body of the right length."""
    def change(data):
        head, old = split(data)
        new = make(old)
        return framed(head, b"Content-Length: %d" % len(new), new)
    return change

# One chunk in this form: its size line, and what is behind it.
def one_chunk(size=b"%x", after=b"\r\n", last=b"0\r\n\r\n", eol=b"\r\n"):
    def make(body):
        told = size % len(body) if b"%" in size else size
        return told + eol + body + after + last
    return make

# HTTP, RFC 9112: at any step.
HTTP = {
    "first line empty": (WRONG, first_line(b"")),
    "first line cut": (WRONG, first_line(b"HTTP/1.1")),
    "no status": (WRONG, first_line(b"HTTP/1.1 OK")),
    "status of two digits": (WRONG, first_line(b"HTTP/1.1 20 x")),
    "status of four digits": (WRONG, first_line(b"HTTP/1.1 2000 x")),
    "status with a letter": (WRONG, first_line(b"HTTP/1.1 2x0 x")),
    "status negative": (WRONG, first_line(b"HTTP/1.1 -20 x")),
    "status 099": (WRONG, first_line(b"HTTP/1.1 099 x")),
    "status 199": (WRONG, first_line(b"HTTP/1.1 199 x")),
    "status 204": (WRONG, first_line(b"HTTP/1.1 204 x")),
    "status 301": (WRONG, first_line(b"HTTP/1.1 301 x")),
    "status 304": (WRONG, first_line(b"HTTP/1.1 304 x")),
    "status 400": (WRONG, first_line(b"HTTP/1.1 400 x")),
    "status 401": (WRONG, first_line(b"HTTP/1.1 401 x")),
    "status 407": (WRONG, first_line(b"HTTP/1.1 407 x")),
    "status 418": (WRONG, first_line(b"HTTP/1.1 418 x")),
    "status 451": (WRONG, first_line(b"HTTP/1.1 451 x")),
    "status 500": (WRONG, first_line(b"HTTP/1.1 500 x")),
    "status 599": (WRONG, first_line(b"HTTP/1.1 599 x")),
    "status 600": (WRONG, first_line(b"HTTP/1.1 600 x")),
    "status 999": (WRONG, first_line(b"HTTP/1.1 999 x")),
    "HTTP/0.9": (WRONG, lambda data: split(data)[1]),
    "HTTP/2": (WRONG, first_line(b"HTTP/2 200")),
    "HTTP/2.0": (WRONG, first_line(b"HTTP/2.0 200 OK")),
    "HTTP/11": (WRONG, first_line(b"HTTP/11 200 OK")),
    "ICY": (WRONG, first_line(b"ICY 200 OK")),
    "http in small letters": (WRONG, first_line(b"http/1.1 200 OK")),
    "SSH": (WRONG, lambda data: b"SSH-2.0-OpenSSH_9.2\r\n"),
    "SMTP": (WRONG, lambda data: b"220 ca.example ESMTP\r\n"),
    "nothing": (WRONG, lambda data: b""),
    "zeros": (WRONG, lambda data: bytes(4096)),
    "0xff": (WRONG, lambda data: b"\xff" * 4096),
    "no reason": (RIGHT, first_line(b"HTTP/1.1 200 ")),
    "no reason, no blank": (RIGHT, first_line(b"HTTP/1.1 200")),
    "reason of 200 bytes": (RIGHT, first_line(b"HTTP/1.1 200 " + b"x" * 200)),
    "reason with an escape": (RIGHT, first_line(b"HTTP/1.1 200 \x1b[2J")),
    "reason not UTF-8": (RIGHT, first_line(b"HTTP/1.1 200 \xff\xfe")),
    "field without a colon": (WRONG, field(b"strange")),
    "field without a name": (WRONG, field(b": x")),
    "field with NUL": (WRONG, field(b"X: a\0b")),
    "field with CR": (WRONG, field(b"X: a\rb")),
    "field with a blank before the colon": (WRONG, field(b"X : a")),
    "field of 100 kB": (WRONG, field(b"X: " + b"x" * 100000)),
    "10000 fields": (WRONG, field(b"X: y\r\n" * 10000)),
    "no end of the header": (WRONG, lambda data: split(data)[0]),
    "field that is empty": (RIGHT, field(b"X:")),
    "field of 2000 bytes": (RIGHT, field(b"X: " + b"x" * 2000)),
    "field with 0x80": (RIGHT, field(b"X: \x80\xff")),
    "80 fields": (RIGHT, field(b"X: y\r\n" * 79 + b"X: y")),
    "Content-Length twice, different": (WRONG, field(b"Content-Length: 3")),
    "Content-Length negative": (WRONG, length(b"-%d")),
    "Content-Length with a sign": (WRONG, length(b"+%d")),
    "Content-Length hexadecimal": (WRONG, length(b"0x10")),
    "Content-Length empty": (WRONG, length(b"")),
    "Content-Length of words": (WRONG, length(b"all of it")),
    "Content-Length with a fraction": (WRONG, length(b"%d.0")),
    "Content-Length 2^63": (WRONG, length(b"9223372036854775808")),
    "Content-Length 2^64": (WRONG, length(b"18446744073709551616")),
    "Content-Length 2^64 too large": (WRONG, length(b"18446744073709551%d")),
    "Content-Length 1 GB": (WRONG, length(b"1000000000")),
    "Content-Length one more": (WRONG, shifted(1)),
    "Content-Length 100 more": (WRONG, shifted(100)),
    "Content-Length one less": (WRONG, shifted(-1)),
    "Content-Length 20 less": (WRONG, shifted(-20)),
    "Content-Length 0": (WRONG, length(b"0")),
    "Content-Length with zeros": (RIGHT, length(b"000%d")),
    "chunked and Content-Length": (WRONG,
        field(b"Transfer-Encoding: chunked")),
    "gzip, chunked": (WRONG, chunked(one_chunk(), b"gzip, chunked")),
    "chunked, chunked": (WRONG, chunked(one_chunk(), b"chunked, chunked")),
    "chunked, gzip": (WRONG, chunked(one_chunk(), b"chunked, gzip")),
    "Transfer-Encoding identity": (WRONG, chunked(bytes, b"identity")),
    "Transfer-Encoding xchunked": (WRONG, chunked(one_chunk(), b"xchunked")),
    "chunk size of a letter": (WRONG, chunked(one_chunk(b"g"))),
    "chunk size empty": (WRONG, chunked(one_chunk(b""))),
    "chunk size negative": (WRONG, chunked(one_chunk(b"-%x"))),
    "chunk size with 0x": (WRONG, chunked(one_chunk(b"0x%x"))),
    "chunk size 2^64": (WRONG, chunked(one_chunk(b"10000000000000000"))),
    "chunk size 2^63": (WRONG, chunked(one_chunk(b"8000000000000000"))),
    "chunk size of 100 digits": (WRONG, chunked(one_chunk(b"1" * 100))),
    "chunk size one more": (WRONG, chunked(
        lambda body: one_chunk(b"%x" % (len(body) + 1))(body))),
    "chunk size one less": (WRONG, chunked(
        lambda body: one_chunk(b"%x" % (len(body) - 1))(body))),
    "chunk with junk behind it": (WRONG, chunked(one_chunk(after=b"xx\r\n"))),
    "chunk without its end": (WRONG, chunked(one_chunk(after=b""))),
    "chunks without the last": (WRONG, chunked(one_chunk(last=b""))),
    "chunks, the last cut": (WRONG, chunked(one_chunk(last=b"0\r\n"))),
    "chunks of nothing": (WRONG, chunked(lambda body: b"0\r\n\r\n")),
    "chunk extension of 100 kB": (WRONG,
        chunked(one_chunk(b"%x;x=" + b"y" * 100000))),
    "trailer of 100 kB": (WRONG,
        chunked(one_chunk(last=b"0\r\nX: " + b"y" * 100000 + b"\r\n\r\n"))),
    "chunked": (RIGHT, chunked(one_chunk())),
    "Chunked": (RIGHT, chunked(one_chunk(), b"Chunked")),
    "chunk size with zeros": (RIGHT, chunked(one_chunk(b"00%x"))),
    "chunk size in capitals": (RIGHT, chunked(one_chunk(b"%X"))),
    "chunk extension": (RIGHT, chunked(one_chunk(b"%x;name=\"value\""))),
    "chunks of one byte": (RIGHT, chunked(lambda body:
        b"".join(b"1\r\n%c\r\n" % c for c in body) + b"0\r\n\r\n")),
    "trailer": (RIGHT, chunked(one_chunk(last=b"0\r\nX: y\r\n\r\n"))),
    "gzip": (WRONG, field(b"Content-Encoding: gzip")),
    "br": (WRONG, field(b"Content-Encoding: br")),
    "identity": (RIGHT, field(b"Content-Encoding: identity")),
    "100 first": (RIGHT, lambda data: b"HTTP/1.1 100 Continue\r\n\r\n" + data),
    "103 first": (RIGHT, lambda data:
        b"HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n" + data),
    "101 first": (WRONG, lambda data:
        b"HTTP/1.1 101 Switching Protocols\r\n\r\n" + data),
}
# The text of a JSON document (RFC 8259), at any step that has one.
JSON = {
    "empty": (WRONG, lambda t: b""),
    "blanks": (WRONG, lambda t: b" \n\t " * 50),
    "null": (WRONG, lambda t: b"null"),
    "true": (WRONG, lambda t: b"true"),
    "a number": (WRONG, lambda t: b"17"),
    "a string": (WRONG, lambda t: b'"valid"'),
    "in an array": (WRONG, lambda t: b"[" + t + b"]"),
    "in a string": (WRONG, lambda t: json.dumps(t.decode()).encode()),
    "cut in the middle": (WRONG, lambda t: t[:len(t) // 2]),
    "without its end": (WRONG, lambda t: t[:-1]),
    "junk behind it": (WRONG, lambda t: t + b"x"),
    "twice": (WRONG, lambda t: t + t),
    "NUL behind it": (WRONG, lambda t: t + b"\0"),
    "BOM": (WRONG, lambda t: b"\xef\xbb\xbf" + t),
    "UTF-16": (WRONG, lambda t: t.decode().encode("utf-16")),
    "one quotation mark": (WRONG, lambda t: t.replace(b'"', b"'")),
    "a comment": (WRONG, lambda t: b"/* x */" + t),
    "a comma too many": (WRONG, lambda t: t[:-1] + b",}"),
    "NaN": (WRONG, lambda t: t[:-1] + b', "x": NaN}'),
    "1e999": (WRONG, lambda t: t[:-1] + b', "x": 1e999}'),
    "a member twice": (WRONG, lambda t: t[:-1] + b', "x": 1, "x": 2}'),
    "a control character": (WRONG, lambda t: t[:-1] + b', "x": "\n"}'),
    "not UTF-8": (WRONG, lambda t: t[:-1] + b', "x": "\xff"}'),
    "overlong UTF-8": (WRONG, lambda t: t[:-1] + b', "x": "\xc0\xaf"}'),
    "a lone surrogate": (WRONG, lambda t: t[:-1] + b', "x": "\\ud800"}'),
    "an unknown escape": (WRONG, lambda t: t[:-1] + b', "x": "\\q"}'),
    "NUL in a string": (WRONG, lambda t: t[:-1] + b', "x": "\\u0000"}'),
    "10000 arrays": (WRONG,
        lambda t: t[:-1] + b', "x": ' + b"[" * 10000 + b"]" * 10000 + b"}"),
    "1 MB of blanks": (WRONG, lambda t: t + b" " * 1000000),
    "HTML": (WRONG, lambda t: b"<html><body>Sign in</body></html>"),
    "blanks around it": (RIGHT, lambda t: b"\r\n\t " + t + b"\n"),
    "another member": (RIGHT,
        lambda t: t[:-1] + b', "x": [1, 2.5, {"y": null}], "": "\\u20ac"}'),
    "100 other members": (RIGHT, lambda t: t[:-1] +
        b"".join(b', "x%d": %d' % (i, i) for i in range(100)) + b"}"),
    "10 arrays": (RIGHT,
        lambda t: t[:-1] + b', "x": ' + b"[" * 10 + b"]" * 10 + b"}"),
    "names escaped": (RIGHT, lambda t:
        t.replace(b'"status"', b'"st\\u0061tus"').replace(
            b'"new', b'"\\u006eew')),
}

# The chain: PEM (RFC 7468), DER.
BEGIN, END = b"-----BEGIN CERTIFICATE-----", b"-----END CERTIFICATE-----"
def blocks(pem):
    """The DER of each certificate."""
    return [base64.b64decode(part[:part.index(END)])
        for part in pem.split(BEGIN)[1:]]
def pem_of(der, width=64, eol=b"\n"):
    text = base64.b64encode(der)
    lines = [text[i:i + width] for i in range(0, len(text), width)]
    return eol.join([BEGIN, *lines, END, b""])
def rewritten(**form):
    return lambda pem: b"".join(pem_of(der, **form) for der in blocks(pem))
def changed(number, change):
    """Another DER of this certificate of the chain."""
    def make(pem):
        ders = blocks(pem)
        ders[number] = change(ders[number])
        return b"".join(pem_of(der) for der in ders)
    return make
def flipped(part):
    """One bit, this part of 1000 from the beginning."""
    def change(der):
        at = len(der) * part // 1000
        return der[:at] + bytes([der[at] ^ 1 << part % 8]) + der[at + 1:]
    return change
PEM = {
    "empty": (WRONG, lambda p: b""),
    "HTML": (WRONG, lambda p: b"<html></html>"),
    "JSON": (WRONG, lambda p: b'{"status": "valid"}'),
    "DER": (WRONG, lambda p: blocks(p)[0]),
    "begin alone": (WRONG, lambda p: BEGIN + b"\n"),
    "end alone": (WRONG, lambda p: END + b"\n"),
    "nothing in it": (WRONG, lambda p: BEGIN + b"\n" + END + b"\n"),
    "the first without its end": (WRONG, lambda p: p.replace(END, b"", 1)),
    "the last without its end": (WRONG, lambda p: p[:p.rindex(END)]),
    "cut in the middle": (WRONG, lambda p: p[:len(p) // 2]),
    "cut in the last line": (WRONG, lambda p: p[:-10]),
    "TRUSTED": (WRONG,
        lambda p: p.replace(b"N CERTIFICATE", b"N TRUSTED CERTIFICATE")
            .replace(b"D CERTIFICATE", b"D TRUSTED CERTIFICATE")),
    "X509": (WRONG, lambda p: p.replace(b" CERTIFICATE", b" X509 CERTIFICATE")),
    "PKCS7": (WRONG, lambda p: p.replace(b" CERTIFICATE", b" PKCS7")),
    "in small letters": (WRONG, lambda p: p.replace(b"BEGIN", b"begin")),
    "four dashes": (WRONG, lambda p: p.replace(b"-----B", b"----B")),
    "a header": (WRONG, lambda p: p.replace(BEGIN + b"\n",
        BEGIN + b"\nProc-Type: 4,ENCRYPTED\n\n", 1)),
    "not base64": (WRONG, lambda p: p.replace(b"MII", b"M!I", 1)),
    "base64url": (WRONG, lambda p: p.replace(b"MII", b"M-_", 1)),
    "padding inside": (WRONG, lambda p: p.replace(b"MII", b"M=I", 1)),
    "NUL inside": (WRONG, lambda p: p.replace(b"MII", b"M\0I", 1)),
    "NUL behind it": (WRONG, lambda p: p + b"\0"),
    "BOM": (WRONG, lambda p: b"\xef\xbb\xbf" + p),
    "text behind it": (WRONG, lambda p: p + b"subject=x\n"),
    "text between": (WRONG, lambda p: p.replace(END + b"\n",
        END + b"\nsubject=x\n", 1)),
    "a key behind it": (WRONG, lambda p: p +
        p.replace(b"CERTIFICATE", b"PRIVATE KEY")),
    "100 kB of blanks": (WRONG, lambda p: p + b" " * 100000),
    "the leaf twice": (WRONG, lambda p: pem_of(blocks(p)[0]) + p),
    "the issuer twice": (WRONG, lambda p: p + pem_of(blocks(p)[1])),
    "the issuer first": (WRONG,
        lambda p: b"".join(pem_of(d) for d in reversed(blocks(p)))),
    "the leaf alone": (WRONG, lambda p: pem_of(blocks(p)[0])),
    "the issuer alone": (WRONG, lambda p: pem_of(blocks(p)[1])),
    "a byte behind the leaf": (WRONG, changed(0, lambda der: der + b"\0")),
    "a byte behind the issuer": (WRONG, changed(1, lambda der: der + b"\0")),
    "the leaf one byte short": (WRONG, changed(0, lambda der: der[:-1])),
    # The same certificate, and written as DER has it.
    "the leaf of indefinite length": (RIGHT, changed(0,
        lambda der: b"\x30\x80" + der[4:] + b"\0\0")),
    "the leaf's length in five bytes": (RIGHT, changed(0,
        lambda der: b"\x30\x83\x00" + der[2:])),
    "the leaf a null": (WRONG, changed(0, lambda der: b"\x05\x00")),
    "the issuer a null": (WRONG, changed(1, lambda der: b"\x05\x00")),
    "2000 nested sequences": (WRONG,
        changed(0, lambda der: b"\x30\x80" * 2000)),
    "CRLF": (RIGHT, rewritten(eol=b"\r\n")),
    "lines of 76": (RIGHT, rewritten(width=76)),
    "one line": (RIGHT, rewritten(width=100000)),
    "no last newline": (RIGHT, lambda p: p[:-1]),
    "a blank line between": (RIGHT, lambda p: p.replace(END + b"\n",
        END + b"\n\n")),
}
for which, name in enumerate(("leaf", "issuer")):
    for part in range(7, 1000, 31):
        PEM["a bit of the %s at %d of 1000" % (name, part)] = (
            WRONG, changed(which, flipped(part)))

# What stands in place of a member: JSON, or nothing where it is missing.
VALUES = {
    "missing": "",
    "null": "null",
    "an empty string": '""',
    "true": "true",
    "a number": "7",
    "a word": '"x"',
    "an array": "[]",
    "an object": "{}",
    "5000 letters": '"%s"' % ("a" * 5000),
    "a NUL": '"x\\u0000"',
    "an escape": '"\\u001b[2J"',
}
# Those with which there is a certificate all the same, by the kind of member.
# A NUL makes the whole document one that is no JSON.
REQUIRED = ()
OPTIONAL_URL = "missing", "null", "an empty string"
OPTIONAL_WORD = OPTIONAL_URL + ("a word", "5000 letters", "an escape")
OPTIONAL_OBJECT = "missing", "null", "an object"
OPTIONAL_ARRAY = "missing", "null", "an array"
OPTIONAL_FLAG = "missing", "null"
UNREAD = tuple(name for name in VALUES if name != "a NUL")
NOT_READ_AT_ALL = tuple(VALUES)
MEMBERS = {
    "directory": {
        "newNonce newAccount newOrder": REQUIRED,
        "revokeCert keyChange renewalInfo": OPTIONAL_URL,
        "meta meta.profiles": OPTIONAL_OBJECT,
        "meta.termsOfService": OPTIONAL_WORD,
        # There is an account already.
        "meta.externalAccountRequired": OPTIONAL_FLAG + ("true",),
        "meta.website": UNREAD,
    },
    "new-account": {
        "status contact orders termsOfServiceAgreed": NOT_READ_AT_ALL,
    },
    "new-order": {
        "status identifiers identifiers.0 identifiers.0.type "
            "identifiers.0.value authorizations authorizations.0": REQUIRED,
        "finalize certificate": OPTIONAL_URL,
        "expires error notBefore profile": UNREAD,
    },
    "authz": {
        "status identifier identifier.type identifier.value challenges "
            "challenges.1 challenges.1.type challenges.1.url "
            "challenges.1.token": REQUIRED,
        "wildcard": OPTIONAL_FLAG,
        "challenges.1.status": OPTIONAL_WORD,
        "challenges.0": ("missing",),
        "expires challenges.1.error challenges.1.validated": UNREAD,
    },
    "challenge": {"type url token status error": NOT_READ_AT_ALL},
    "order": {
        "status identifiers certificate": REQUIRED,
        "authorizations": OPTIONAL_ARRAY,
        "finalize": OPTIONAL_URL,
        "expires error": UNREAD,
    },
    "finalize": {
        "identifiers certificate": REQUIRED,
        "status": OPTIONAL_WORD,
        "authorizations": OPTIONAL_ARRAY,
        "finalize": OPTIONAL_URL,
        "expires error": UNREAD,
    },
}

# Where it comes otherwise than the table says.  What cannot be understood at
# finalize is as if it had been cut: the order is fetched.
ALSO_REFUSED_AT_FINALIZE = (
    "status 204", "status 301", "status 304", "status 400", "status 401",
    "status 407", "status 418", "status 451", "status 500", "status 599",
    "status 600", "status 999", "Content-Length one less",
    "Content-Length 20 less", "Content-Length 0", "chunks of nothing",
)
def outcome_at(step, kind, name):
    if (step, kind) == ("finalize", "HTTP"):
        return WRONG if name in ALSO_REFUSED_AT_FINALIZE else RIGHT
    # Nothing of these is read, unless it is too large.
    if (step, kind) == ("challenge", "JSON"): return RIGHT
    if (step, kind) == ("new-account", "JSON"):
        return WRONG if name == "1 MB of blanks" else RIGHT
    # Only the last newline is missing; its byte behind the end is refused,
    # unless another request is outstanding, which is sent again then.
    if (step, name) == ("cert", "Content-Length one less"): return EITHER
    return globals()[kind][name][0]

class Mutation:
    def __init__(self, step, kind, name, scenario, outcome):
        self.step, self.kind, self.scenario = step, kind, scenario
        self.name = "%s, %s" % (step, name)
        self.outcome = outcome

def table():
    """All mutations."""
    rows = []
    for step, kind in (("directory", "HTTP"), ("authz", "HTTP"),
            ("cert", "HTTP"), ("finalize", "HTTP"), ("directory", "JSON"),
            ("new-account", "JSON"), ("authz", "JSON"), ("challenge", "JSON"),
            ("order", "JSON"), ("cert", "PEM")):
        for name in globals()[kind]:
            rows.append(Mutation(step, kind, "%s: %s" % (kind, name),
                "mutate %s %s %s" % (step, kind, name),
                outcome_at(step, kind, name)))
    for step, kinds in MEMBERS.items():
        for members, good in kinds.items():
            for member, name in itertools.product(members.split(), VALUES):
                rows.append(Mutation(step, "member", "%s %s" % (member, name),
                    "member %s %s %s" % (step, member, VALUES[name]),
                    RIGHT if name in good else WRONG))
    return rows
