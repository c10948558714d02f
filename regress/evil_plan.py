# For evil.py: what a hostile role is to try, as lines for evil.c.  Messages
# are made from the routing table's own text, so that a new one is covered
# without a change here.
import json, random, re, struct

from evil_world import openssl, pem, read

NO_JOB = 0xffffffff
EDGES = [0, 1, 2, 3, 4, 5, 6, 7, 8, 255, 65536, 2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**63 - 1, 2**63, 2**64 - 1]

def fits(shape, b):
    """Is this body of this shape, as msg-routes.c has it?"""
    def pass_over(b, letter):
        if letter == "n": return b[8:] if len(b) >= 8 else None
        if letter == "v":
            n, b = int.from_bytes(b[:8], "little"), b[8:]
            while n > 0 and b is not None: n, b = n - 1, pass_over(b, "s")
            return b
        n, rest = int.from_bytes(b[:4], "little"), b[4:]
        if letter == "z" and n == 0xffffffff: return rest
        return rest[n:] if len(b) >= 4 and len(rest) >= n else None
    head, _, again = shape.rstrip(")").partition("(")
    for letter in head if shape != "*" else "":
        b = pass_over(b, letter)
        if b is None: return False
    while again and b:
        for letter in again:
            b = pass_over(b, letter)
            if b is None: return False
    return b == b"" or shape == "*"

def num(n): return struct.pack("=Q", n)
def string(t):
    if t is None: return struct.pack("=I", 0xffffffff)
    b = t if isinstance(t, bytes) else t.encode()
    return struct.pack("=I", len(b) + 1) + b + b"\0"
def buf(b): return struct.pack("=I", len(b)) + b
def strings(v): return num(len(v)) + b"".join(map(string, v))

def address(port, last):
    """A struct sockaddr_in of 127.0.0.LAST."""
    return struct.pack("=H", 2) + struct.pack(">HI", port, 0x7f000000 + last) + bytes(8)

class Maker:
    """Plans in one world, for one state of the files, with one seed."""
    def __init__(self, routes, part, world, base, seed):
        self.routes, self.part, self.w, self.rng = routes, part, world, random.Random(seed)
        self.base = base
        base = "https://localhost:%d" % world.port
        self.urls = [base + p for p in ("/directory", "/nonce", "/new-account", "/new-order", "/revoke", "/key-change", "/acct/1",
            "/order/1", "/authz/example.com", "/challenge/example.com", "/finalize", "/cert")]
        self.foreign_urls = ["https://127.0.0.2:%d/new-order" % world.port, "https://localhost:%d/x" % world.evil_port,
            "http://localhost:%d/new-order" % world.port, "https://user@localhost:%d/x" % world.port, "https://evil.example/acct/7",
            "https://localhost:%d@evil.example/" % world.port, "file:///etc/passwd"]
        self.here = [read("%s/certs/%s.fullchain.pem" % (world.top, h)) for h in ("example.com", "other.example")]
        self.alien = read(world.tls + "/foreign.pem")
        self.chains = [t.encode() for t in self.here + [self.alien, self.alien + read(world.tls + "/inter.pem"), self.over_our_key()] if t]
        self.leaves = [pem(c.decode())[0] for c in self.chains if pem(c.decode())]
    def over_our_key(self):
        """A certificate for our name and our key, and by the attacker's: all that this takes is public."""
        key, d = self.w.top + "/keys/example.com.key", self.w.dir
        if not read(key): return ""
        openssl("pkey", "-in", key, "-pubout", "-out", d + "/public.pem")
        openssl("x509", "-req", "-in", self.w.tls + "/csr", "-force_pubkey", d + "/public.pem", "-CA", self.w.tls + "/foreign.pem",
            "-CAkey", self.w.tls + "/foreign.key", "-set_serial", "7", "-days", "400", "-extfile", self.w.tls + "/ext", "-out", d + "/ours.pem")
        return read(d + "/ours.pem")
    def text(self):
        r = self.rng
        return r.choice(["", "A", "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA", "nonce1", "../x", "/etc/passwd", "localhost", "\x1b[2J",
            "a" * 2200, b"\xff\xfe" * 20, "%s%n", "x" * 43, *self.urls, *self.foreign_urls, *self.urls, *self.foreign_urls])
    def bytes(self):
        r = self.rng
        return r.choice([b"", b"garbage", b"\0" * 32, bytes(32), r.randbytes(32), b"A" * 65535, b"{" * 9000, b"{}", *self.chains, *self.leaves,
            address(self.w.evil_port, 1)])
    def one(self, letter):
        r = self.rng
        if letter == "n": return num(r.choice(EDGES))
        if letter == "s": return string(self.text())
        if letter == "z": return string(r.choice([None, self.text()]))
        if letter == "b": return buf(self.bytes())
        return strings([self.text() for _ in range(r.choice([0, 1, 3, 100, 1000]))])
    def body(self, shape):
        """One that fits the shape."""
        if shape == "*": return self.rng.randbytes(self.rng.choice([0, 8, 100]))
        m = re.match(r"(\w*)(?:\((\w+)\))?$", shape)
        b = b"".join(map(self.one, m.group(1)))
        for _ in range(self.rng.choice([0, 1, 2, 30]) if m.group(2) else 0): b += b"".join(map(self.one, m.group(2)))
        return b[:95 * 1024]
    def misshapen(self, shape):
        r, b = self.rng, self.body(shape)
        return r.choice([b + b"\0", b[:-1], b + num(7), b"\xff\xff\xff\xfe" + b, b[:len(b) // 2], b.replace(b"\0", b"\1"), b"A" * 95000])
    def send(self, name, *body, job=0, worker=0, times=1, length=-1):
        return "send %d %d %d %d %d %s" % (self.routes[name].type, job, worker, length, times, b"".join(body).hex())
    def upon(self, trigger, line): return "upon %d %s" % (self.routes[trigger].type, line[5:])
    def wait(self, name): return "await %d" % self.routes[name].type
    def lie(self, name, *body, first=0): return "lie %d %d %s" % (self.routes[name].type, first, b"".join(body).hex())
    def skip(self, name, answer, *body): return "skip %d %d %s" % (self.routes[name].type, self.routes[answer].type, b"".join(body).hex())
    def job(self): return self.rng.choice([0, 0, 0, 1, NO_JOB, 2, 2**31])
    def worker(self): return self.rng.choice([0, 0, 1, 15, 16, 2**32 - 1])
    def allowed(self, role, mode):
        return [r for r in self.routes.values() if role in r.sender and mode in r.modes]
    def moment(self, role, mode):
        """At once, behind so many messages, or when one of some type is there."""
        r = self.rng
        incoming = [t for t in self.routes.values() if t.to == role and mode in t.modes]
        if incoming and r.random() < 0.5: return "on %d" % r.choice(incoming).type
        return "when %d" % r.choice([0, 0, 1, 2, 3, 4, 6, 9])

    # The kinds of attacks; each returns lines.
    def messages(self, role, mode):
        r, out = self.rng, [self.moment(role, mode)]
        for t in r.choices(self.allowed(role, mode), k=r.choice([1, 1, 2, 4])):
            out.append(self.send(t.name, self.body(t.shape), job=self.job(), worker=self.worker()))
        return out
    def forbidden(self, role, mode):
        """Another's message, another mode's, of another shape, or none at all."""
        r = self.rng
        others = [t for t in self.routes.values() if role not in t.sender or mode not in t.modes]
        mine = self.allowed(role, mode)
        what, t, u = r.randrange(8), r.choice(others), r.choice(mine)
        out = [self.moment(role, mode)]
        if what < 4: return out + [self.send(t.name, self.body(t.shape), job=r.choice([0, self.job()]), worker=self.worker())]
        if what < 6: return out + [self.send(u.name, self.misshapen(u.shape), job=self.job())]
        if what == 6: return out + [self.send(u.name, self.body(u.shape), length=r.choice([0, 2**32 - 1, 98305, 5]))]
        return out + [r.choice(["raw", "raw 0102", "send 0 0 0 -1 1 ", "send 9999 0 0 -1 1 ", "send 4294967295 0 0 -1 1 ",
            "send %d 0 0 -1 1 %s" % (u.type, "41" * 150000), "raw " + "ff" * 20])]
    def flood(self, role, mode):
        t = self.rng.choice(self.allowed(role, mode))
        return [self.moment(role, mode), self.send(t.name, self.body(t.shape), times=100000)]
    def files(self, role, mode):
        w, r = self.w, self.rng
        calls = ["tcp %d" % w.evil_port, "unix " + w.evil_name, "rights", "more", "child"]
        # Name servers are asked by datagrams, which no rule by port holds back.
        if role not in ("DNS", "ZONE"): calls.append("udp %d" % w.evil_port)
        # Each of these ends the role.
        last = ["execute /tmp/" + w.evil_name, "parent ptrace", "parent readv", "parent kill", "parent pidfd", "unshare", "uring"]
        out = ["when %d" % r.choice([0, 1, 2, 3])] + ["target " + t for t in self.targets(role)] + ["files"]
        return out + ["call " + c for c in calls] + ["call " + r.choice(last)]
    def targets(self, role):
        w = self.w
        names = ["account/account.pem", "keys/example.com.key", "keys/unrelated.key", "decoys/public", "decoys/writable",
            "decoys/private/secret", "above", "c.conf"]
        if role != "FILE": names += ["certs/unrelated.pem", "certs/example.com.fullchain.pem", "state/unrelated.json",
            "certs/.example.com.pem.acme-old"]
        if role != "CHNG": names += ["www/index.html", "www/evil"]
        out = [w.top + "/" + n for n in names] + ["../" + n for n in names]
        return out + ["..", "../keys", "../decoys", "/etc/passwd", "/etc/shadow", "/etc/" + w.evil_name, "/tmp/" + w.evil_name,
            "/dev/shm/" + w.evil_name, "/proc/self/mem", w.tls + "/root.pem", w.ca + "/evil"]
    def own(self, role, mode):
        """What it may spoil: its own directories."""
        names = {"FILE": ["example.com.fullchain.pem", "example.com.pem", "example.com.chain.pem", ".example.com.pem.acme-old", "unrelated.pem",
            ".example.com.pem.acme-new", "domain-example.com.json", "domain-example.com.lock", "authority-test.json", "below", "below/x",
            "domain-example.com.changed", "domain-other.example.changed"],
            "CHNG": ["index.html", "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA", "below/x"]}[role]
        out = [self.moment(role, mode)]
        return out + ["target " + n for n in self.rng.sample(names, k=self.rng.choice([1, 2, len(names)]))] + ["files"]
    def stall(self, role, mode):
        t = self.rng.choice(self.allowed(role, mode))
        return [self.moment(role, mode), "stall " + self.rng.choice(["silent", "exit", "abort", "loud",
            "deaf" + self.send(t.name, self.body(t.shape))[4:].replace(" -1 1 ", " -1 1000 ")])]
    def watch(self, role, mode): return ["when 0", "watch all"]
    def cunning(self, role, mode):
        plans = {"NET": self.net, "DNS": self.dns, "CHNG": self.chng, "CERT": self.cert, "FILE": self.file, "RESP": self.resp, "ZONE": self.zone}[role](mode)
        fit = [p for p in plans if p]
        return self.shaped(self.rng.choice(fit))
    def shaped(self, lines):
        """These; one that the broker refuses for its shape would show nothing."""
        by_type = {r.type: r for r in self.routes.values()}
        for l in lines:
            words = l.split(" ")
            if words[0] not in ("send", "lie", "upon", "skip"): continue
            r = by_type[int(words[2 if words[0] in ("upon", "skip") else 1])]
            if not fits(r.shape, bytes.fromhex(words[-1])): raise SystemExit("evil: a body of %s is not of the shape %s" % (r.name, r.shape))
        return lines

    def found(self, role, mode, n):
        """What once did harm: each by its number, in every sample."""
        S, P, leaf = self.send, self.part, self.leaves[0]
        def set_of(b): return [S("FILE_STAGE", num(P[p]), buf(b)) for p in ("PART_FULLCHAIN", "PART_CHAIN", "PART_CERT")] + [S("FILE_COMMIT")]
        return [
            # A new key goes live, and no certificate for it is installed.
            ["on %d" % self.routes["CERT_NEXT"].type, S("CSR_NEW_KEY", num(0)), self.upon("CERT_LEARNED", S("CSR_ADOPT", buf(leaf)))] +
                [self.upon("CERT_CHAIN", l) for l in set_of(b"garbage")],
            # A certificate of the attacker's for our key, which ends later than any of the CA's.
            ["on %d" % self.routes["CERT_NEXT"].type] + set_of(self.over_our_key().encode()),
            # The certificate of a handle that nobody named is to be revoked.
            [self.lie("CSR_REVOKE", buf(pem(self.here[1])[0]))],
            # Behind the last outcome, when all are told to stop, an order begins.
            ["when 1", S("PARENT_START_CSR", num(1)), S("PARENT_DUE", num(1)), S("KEY_ACCOUNT", string(None), string(self.urls[6]), string(None)),
                S("KEY_BEGIN", string(None), string(None)), S("NET_JOB", num(1), string(None), string(None), string(None), num(0), string(None), string(None), num(0), num(0))],
            # fileproc says that another handle's is installed, to all that hear of it.
            self.says_it_is(self.here[1].encode()),
        ][n]
    def says_it_is(self, chain):
        return [self.lie("CERT_PART", num(self.part["PART_FULLCHAIN"]), num(1), string("x"), buf(chain)),
            self.lie("KEY_REVOCABLE", buf(chain)), self.lie("CSR_REVOCABLE", buf(chain))]

    def net(self, mode):
        """Has all signed that there is to be signed, for any URL; and lies about what the CA says."""
        if mode == "VERIFY": return self.net_verify()
        r, plans = self.rng, []
        asks = [t for t in self.allowed("NET", mode) if t.to in ("KEY", "CSR") and t.shape == "ss"]
        for _ in range(4):
            out = ["on %d" % self.routes["NET_JOB"].type]
            for t in r.sample(asks, k=min(len(asks), r.choice([1, 2, len(asks)]))):
                url = r.choice(self.urls * 2 + self.foreign_urls)
                out += [self.send(t.name, string("nonce1"), string(url)), self.wait("NET_SIGNED")]
            plans.append(out)
        if mode == "RENEW":
            for c in self.chains: plans.append(["on %d" % self.routes["NET_JOB"].type, self.send("CERT_CHAIN", num(0), buf(c)), self.wait("NET_JOB_DONE")])
            plans += [[self.lie("CERT_CHAIN", num(0), buf(c))] for c in self.chains]
            plans.append(["on %d" % self.routes["NET_JOB"].type, self.send("CSR_MAKE"), self.send("CSR_MAKE"), self.send("CSR_MAKE")])
            plans += [[self.lie("CERT_LEARNED", string(u), num(1), string(""))] for u in self.foreign_urls]
            plans += [[self.lie("CERT_LEARNED", string(self.urls[0]), num(1), string(a))] for a in ("../x", "0" * 16 + " ", "0123456789abcdef " * 6)]
            plans += [[self.lie("CHNG_PUT", num(n), string(t))] for t in ("../keys/x", "index.html", "a" * 500, "x" * 43) for n in (0, 7, 2**64 - 1)]
        for u in self.foreign_urls + self.urls[-3:]: plans.append(["on %d" % self.routes["NET_ACCOUNT"].type, self.send("KEY_SET_ACCOUNT", string(u))])
        plans.append(["on %d" % self.routes["NET_ACCOUNT"].type, self.send("KEY_NO_ACCOUNT")])
        plans.append([self.lie("CERT_FAILED", num(n), num(2**63), num(1), string("\x1b[2J" + "a" * 5000)) for n in (1,)])
        if mode in ("REVOKE", "ROLLOVER", "CONTACT", "DEACTIVATE"):
            plans.append(["on %d" % self.routes["NET_JOB"].type, self.send("CERT_DONE")])
        return plans
    def net_verify(self):
        """Lies about what a server presents, or about one that nobody asked for."""
        S, plans = self.send, []
        def presented(n, reason, b): return num(n) + string(reason) + buf(b)
        leaf = self.here[0].split("-----END")[0] + "-----END CERTIFICATE-----\n"
        pems = [b"", b"garbage", b"-" * 32000, leaf.encode(), self.alien.encode(), *self.chains]
        for n in (0, 1, 7, 8, 2**64 - 1):
            plans.append([self.lie("CERT_PRESENTED", presented(n, None, self.rng.choice(pems)))])
        for b in pems: plans.append([self.lie("CERT_PRESENTED", presented(0, None, b))])
        for reason in ("", "\x1b[2J" + "a" * 2000, "\n certproc: installed"):
            plans.append([self.lie("CERT_PRESENTED", presented(0, reason, leaf.encode()))])
        said = S("CERT_PRESENTED", presented(0, None, leaf.encode()))
        plans.append(["when 0", said])
        plans.append(["on %d" % self.routes["NET_JOB"].type, said, said])
        plans.append(["on %d" % self.routes["NET_JOB"].type, said, S("CERT_NEXT"), said])
        plans.append(["on %d" % self.routes["NET_JOB"].type, S("CERT_NEXT"), S("CERT_NEXT")])
        port = str(self.w.verify_port)
        for host, port, what in (("evil.example", port, 3), ("localhost", str(self.w.evil_port), 3),
                ("localhost", str(self.w.port), 0), ("localhost", port, 2), ("localhost", port, 99)):
            plans.append(["on %d" % self.routes["NET_JOB"].type,
                S("DNS_RESOLVE", string(host), string(port), num(what))])
        return plans
    def dns(self, mode):
        lists = [[address(self.w.evil_port, 1)], [address(self.w.port, 2)], [b""] * 3, [b"\xff" * 128], [b"\2"] * 2,
            [address(0, 0)], [b"\1\0/tmp/x\0"], [address(self.w.port, 1)] * 80]
        plans = [[self.lie("NET_ADDRESSES", string(e), num(n), *map(buf, l))] for l in lists for e in (None, "\x1b[2J") for n in (len(l), 2**64 - 1)]
        return plans
    def chng(self, mode):
        """Says that it is done, or not; its own directory is its own."""
        plans = [[self.skip("CHNG_PUT", "NET_CHNG_DONE", num(n))] for n in (0, 1, 2**64 - 1)]
        plans += [[self.skip("CHNG_DROP", "NET_CHNG_DONE", num(1))], [self.skip("CHNG_CHECK", "NET_CHNG_DONE", num(0))],
            [self.skip("CHNG_AWAIT", "NET_CHNG_DONE", num(0))], [self.skip("CHNG_AWAIT", "NET_CHNG_DONE", num(1))]]
        if self.base == "dns": return plans + self.chng_records()
        return plans + [self.own("CHNG", mode)] * 3
    def chng_records(self):
        """Has something else published, elsewhere, for others; never ends it."""
        S, plans, label = self.send, [], "_ujmmovf2vn55tgye"
        values = ["d" * 43, "d" * 42, "d" * 44, "$(id)" + "d" * 38, "d" * 42 + "\n", "-" * 43,
            "\x1b[2J" + "d" * 39, "", "../" + "d" * 40, "d" * 42 + "="]
        for v in values: plans.append([self.lie("HOOK_PUT", num(0), string(None), string(v))])
        for n in (1, 99, 100, 2**64 - 1):
            plans.append([self.lie("HOOK_PUT", num(n), string(None), string("d" * 43))])
        for l in (label, "", "_evil", "-x", label.upper(), label + ".evil"):
            plans.append([self.lie("HOOK_PUT", num(0), string(l), string("d" * 43))])
        put = S("HOOK_PUT", num(0), string(None), string("e" * 43))
        for job in (1, NO_JOB):
            plans.append(["when 3", S("HOOK_PUT", num(0), string(None), string("d" * 43), job=job)])
        moment = "on %d" % self.routes["CHNG_PUT"].type
        plans.append([moment, put, put, S("HOOK_DROP"), put])
        # What is begun when all else is done, and never ended.
        plans.append(["on %d" % self.routes["CHNG_DROP"].type, put, put])
        plans.append([moment, S("HOOK_DROP"), S("HOOK_DROP"), S("HOOK_DROP")])
        for v in ("d" * 42, "d" * 43, "\x1b[2J"):
            plans.append([self.lie("ZONE_AWAIT", num(0), string(None), string(v))])
        plans.append([self.lie("ZONE_AWAIT", num(2**64 - 1), string(None), string("d" * 43))])
        return plans
    def zone(self, mode):
        """Says that a record can be seen, or not: whether it can or not, for other jobs, late, with more text."""
        S, plans = self.send, []
        reasons = (None, "", "no", "\x1b[2J" + "a" * 2000, "x\ncertproc: installed")
        for n in (0, 0, 1, 99, 100, 2**64 - 1):
            for reason in reasons:
                plans.append([self.lie("CHNG_SEEN", num(n), string(reason))])
        for reason in reasons: plans.append([self.skip("ZONE_AWAIT", "CHNG_SEEN", num(0), string(reason))])
        moment = "on %d" % self.routes["ZONE_AWAIT"].type
        for job in (0, 1, NO_JOB, 2**31):
            for times in (1, 3):
                plans.append([moment, S("CHNG_SEEN", num(0), string(None), job=job, times=times)])
                plans.append(["when 0", S("CHNG_SEEN", num(0), string("no"), job=job, times=times)])
        late = "on %d" % self.routes["ZONE_END"].type
        for reason in (None, "no"): plans.append([late, S("CHNG_SEEN", num(0), string(reason))])
        # Nobody is told anything.
        plans.append([moment, "stall silent"])
        return plans
    def resp(self, mode):
        """Says that responses can be seen, or not, or something else."""
        replies = [(n, reason) for n in (0, 1, 99, 100, 2**64 - 1) for reason in (None, "", "\x1b[2J" + "a" * 2000)]
        plans = [[self.lie("CHNG_PUBLISHED", num(n), string(reason))] for n, reason in replies]
        plans += [[self.skip(asked, "CHNG_PUBLISHED", num(0), string(reason))] for asked in ("RESP_CHECK", "RESP_PUT", "RESP_DROP") for reason in (None, "no")]
        for t in ("RESP_CHECK", "RESP_PUT", "RESP_DROP"):
            plans.append(["on %d" % self.routes[t].type] + [self.send("CHNG_PUBLISHED", num(n), string(None)) for n in (0, 1, 0)])
            plans.append(["on %d" % self.routes[t].type] + [self.send("CHNG_PUBLISHED", num(0), string(None), job=1)] * 3)
        return plans
    def file(self, mode):
        if mode == "HOOK": return self.file_hook() + [self.own("FILE", mode)] * 4
        r, P, plans = self.rng, self.part, []
        done = num(1) + string(None)
        for name in ("FILE_COMMIT", "FILE_READ_KEPT", "FILE_WRITE", "FILE_REMOVE", "FILE_REMOVE_SET", "FILE_LOCK", "FILE_PROBE", "FILE_OPEN", "FILE_READ"):
            if mode in self.routes[name].modes:
                plans.append([self.skip(name, "CERT_STORED", done)])
                plans.append([self.skip(name, "CERT_STORED", num(0), string("\x1b[2J" + "no" * 900))])
        for c in self.chains + [b"garbage", b"A" * 65536, b"{}", read(self.w.top + "/state/domain-other.example.json").encode()]:
            p = r.choice([P["PART_FULLCHAIN"], P["PART_CERT"], P["PART_CHAIN"], P["PART_STATE"], P["PART_SAVED"], P["PART_ACCOUNT"], 99])
            plans.append([self.lie("CERT_PART", num(p), num(r.choice([1, 1, 2, 9])), string("x"), buf(c), first=r.choice([0, 1, 2, 3, 5]))])
        record = json.dumps({"directory": self.urls[0], "account": self.urls[3], "thumbprint": (self.w.thumbprint() or b"").decode()}).encode()
        plans += [[self.lie("CERT_PART", num(P["PART_ACCOUNT"]), num(1), string("x"), buf(record))]]
        if mode == "REVOKE": plans += [self.says_it_is(c) for c in self.chains if b"-----END" in c] * 4
        if mode == "RENEW":
            plans += [[self.lie("CERT_STATES", *[num(1) + num(0) + buf(b)] * n)] for b in (b"", b"{}", b"[" * 9000, b"garbage") for n in (0, 1, 2, 9)]
        return plans + [self.own("FILE", mode)] * 8
    def file_hook(self):
        """Says of handles that their files have changed, or not; forgets nothing, or says so."""
        S, plans = self.send, []
        for n in (0, 1, 2, 2**64 - 1): plans.append([self.lie("HOOK_CHANGED", num(n))])
        for job in (0, 1, 2, NO_JOB):
            plans.append(["when 0", S("HOOK_CHANGED", num(1), job=job)])
            plans.append(["when 0", S("HOOK_FORGOTTEN", num(1), job=job)])
        for n in (0, 1, 2, 2**64 - 1):
            plans.append([self.skip("FILE_FORGET_CHANGE", "HOOK_FORGOTTEN", num(n))])
        moment = "on %d" % self.routes["FILE_FORGET_CHANGE"].type
        for name in ("HOOK_CHANGED", "HOOK_FORGOTTEN"):
            plans.append([moment, S(name, num(1), times=3)])
        plans.append(["when 0", S("HOOK_CHANGED", num(1), times=1000)])
        return plans
    def never_due(self):
        """The state as it is, but for a certificate that never ends."""
        try: s = json.loads(read(self.w.top + "/state/domain-example.com.json"))
        except ValueError: s = {}
        s["looked at"] = dict(s.get("looked at", {}), ends=2**40, begins=2**39, certificate="")
        s.update({"not before": 2**40, "attempts": 0})
        return json.dumps(s).encode()
    def cert_verify(self):
        """Has other servers looked at, those of other jobs, or other work done."""
        S, plans = self.send, []
        def job(task, server, again=0, url=None): return num(task) + string(None) + \
            string(url) + string(None) + num(0) + string(None) * 2 + num(server) + num(again)
        verify, url = 6, "http://127.0.0.2:%d/" % self.w.port
        for server in (1, 7, 8, 2**64 - 1): plans.append([self.lie("NET_JOB", job(verify, server))])
        for again in (1, 2): plans.append([self.lie("NET_JOB", job(verify, 0, again))])
        for task in range(9): plans.append([self.lie("NET_JOB", job(task, 0, 0, url))])
        moment = "on %d" % self.routes["CERT_NEXT"].type
        for nr in (1, 2, NO_JOB): plans.append([moment, S("NET_JOB", job(verify, 0), job=nr)])
        plans.append([moment, S("NET_JOB", job(verify, 0), times=3)])
        for n in (0, 1, 2**63): plans.append(["when 0", S("PARENT_DUE", num(n)), S("PARENT_DUE", num(n))])
        for nr in (0, 1, NO_JOB): plans.append(["when 0", S("FILE_LOOK", job=nr), self.wait("CERT_STORED")])
        for o in (1, 2, 3, 9): plans.append([moment, S("PARENT_OUTCOME", num(o)), S("PARENT_OUTCOME", num(o), job=1)])
        return plans
    def cert(self, mode):
        if mode == "VERIFY": return self.cert_verify()
        P, S, plans = self.part, self.send, []
        leaf = self.rng.choice(self.leaves)
        stored, csr_done = self.wait("CERT_STORED"), self.wait("CERT_CSR_DONE")
        opened = [S("FILE_OPEN", num(1000)), stored]
        def stage(b, which=("PART_FULLCHAIN", "PART_CHAIN", "PART_CERT")): return [S("FILE_STAGE", num(P[p]), buf(b)) for p in which]
        def write(part, b, more=0): return S("FILE_WRITE", num(P[part]), num(more), buf(b))
        commit = [S("FILE_COMMIT"), stored]
        work = []      # under a lock
        if mode == "RENEW":
            for c in [b"garbage", b""] + self.chains:
                work += [stage(c) + commit, (stage(c) + commit) * 2, stage(c, ["PART_FULLCHAIN"]) + commit]
            work += [[S("CSR_ADOPT", buf(leaf)), csr_done], [S("CSR_NEW_KEY", num(0)), S("CSR_ADOPT", buf(leaf)), csr_done], [S("CSR_COMBINE", buf(b"garbage")), csr_done],
                [S("CSR_ADOPT", buf(leaf)), csr_done] + stage(b"garbage") + commit, [S("CSR_COMBINE", buf(self.chains[0])), S("CSR_ADOPT", buf(leaf)), csr_done]]
            # A new key; when it is there it goes live, and what the CA sends is thrown away.
            for trigger in ("CERT_KEY", "CERT_LEARNED", "CERT_CHAIN"):
                plans.append(["on %d" % self.routes["CERT_NEXT"].type, S("CSR_NEW_KEY", num(0)), self.upon(trigger, S("CSR_ADOPT", buf(leaf)))])
                plans.append(["on %d" % self.routes["CERT_NEXT"].type, S("CSR_NEW_KEY", num(0)), self.upon("CERT_LEARNED", S("CSR_ADOPT", buf(leaf)))] +
                    [self.upon("CERT_CHAIN", l) for l in stage(b"garbage") + [S("FILE_COMMIT")]])
            # Something is due, whatever the state says; and what is to be done is another mode's.
            begin = [S("KEY_ACCOUNT", string(None), string(self.urls[6]), string(None)), S("KEY_BEGIN", string(None), string(None))]
            for task in range(7):
                job = [S("NET_JOB", num(task), string(None), string("http://127.0.0.2:%d/" % self.w.port), string(None), num(0), string(None), string(None), num(0), num(0))]
                plans.append(["when 1", S("PARENT_START_CSR", num(1)), S("PARENT_DUE", num(1))] + begin + job)
                plans.append([self.lie("NET_JOB", num(task), string("a.b"), string("http://127.0.0.2:%d/" % self.w.port), string(None), num(0), string(None), string(None), num(0), num(0))])
            plans.append([self.lie("KEY_BEGIN", string("x" * 2000), string(None))])
            plans.append([self.lie("CSR_COMBINE", buf(b"garbage" * 5000))])
        if mode == "RESTORE":
            for c in [b"garbage"] + self.chains: work += [stage(c) + commit, [S("CSR_ADOPT", buf(leaf)), csr_done] + stage(c) + commit]
            work += [[S("CSR_COMBINE", buf(c)), csr_done] for c in self.chains] + [[write("PART_SAVED", c), stored] for c in self.chains]
            work += [[S("FILE_READ_KEPT"), stored]]
        if mode in ("RENEW", "REVOKE"):
            work += [[S("FILE_REMOVE", num(P["PART_SAVED"])), stored], [S("FILE_REMOVE", num(P["PART_STATE"])), stored],
                [write("PART_SAVED", b"garbage"), stored], [write("PART_STATE", b"A" * 65536, 1), write("PART_STATE", b"A"), stored],
                [write("PART_STATE", b"[" * 16000), stored], [write("PART_STATE", self.never_due()), stored]]
            work += [[write("PART_SAVED", c), stored] for c in self.chains]
            record = json.dumps({"not before": 2**62, "failures": 2**31, "last error": "\x1b[2J"}).encode()
            plans.append(["when 2", write("PART_BACKOFF", record), stored])
        if mode == "REVOKE":
            for leaf in self.leaves: plans += [[self.lie("CSR_REVOKE", buf(leaf))]] * 3
            work += [[S("FILE_COPY", num(P[a]), num(P[b])), stored] for a in ("PART_FULLCHAIN", "PART_REVOKED") for b in ("PART_REVOKING", "PART_COMPROMISED", "PART_REVOKED")]
            work += [[write("PART_REVOKING", c), stored] for c in self.chains]
            work += [[S("FILE_REMOVE_SET"), stored], [S("CSR_DISCARD", num(1), buf(bytes(32))), csr_done]]
        if mode in self.routes["KEY_ACCOUNT"].modes:
            for u in self.foreign_urls + self.urls[2:6]:
                plans.append([self.lie("KEY_ACCOUNT", string((self.w.thumbprint() or b"").decode()), string(u), string(None))])
            record = json.dumps({"directory": self.urls[0], "account": "https://evil.example/", "thumbprint": "x" * 43}).encode()
            plans.append(["when 1", S("FILE_LOCK", num(P["PART_ACCOUNT"]), num(2), num(1000)), stored, write("PART_ACCOUNT", record), stored])
        for o in (1, 2, 3, 9): plans.append(["when %d" % self.rng.choice([0, 1, 2]), S("PARENT_OUTCOME", num(o)), S("PARENT_OUTCOME", num(o), job=1)])
        plans.append(["when 0", S("PARENT_DUE", num(self.rng.choice([0, 1, 2**63])))] if "RENEW" == mode else
            ["when 0", S("PARENT_OUTCOME", num(1), job=self.job())])
        held = ["CERT_NEXT", "CERT_KEY", "CERT_CHAIN", "CERT_LEARNED", "CERT_ACCOUNT"]
        for lines in work:
            trigger = self.rng.choice([h for h in held if mode in self.routes[h].modes])
            plans += [["on %d" % self.routes[trigger].type] + lines, ["when 1"] + opened + lines]
        if mode == "METRICS":
            for b in (b"", b"A" * 65536, b"\x1b[2J"): plans.append(["when 1", S("FILE_LOCK", num(P["PART_METRICS"]), num(2), num(1000)), stored,
                write("PART_METRICS", b), stored])
        if mode in ("LIST", "METRICS"): plans.append(["when 0", S("FILE_LOOK"), stored, S("FILE_LOOK", job=1)])
        return plans
