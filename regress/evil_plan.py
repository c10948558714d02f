# For evil.py: what a hostile role is to try, as lines for evil.c.  Messages
# are made from the routing table's own text, so that a new one is covered
# without a change here.
import json, random, re, struct

from evil_world import TRY_KEY, openssl, pem, read

NO_JOB = 0xffffffff
# Up to the numbers of parts (part.h), and at the ends of types.
EDGES = [*range(14), 255, 65536, 2**31 - 1, 2**31, 2**32 - 1, 2**32, 2**63 - 1,
    2**63, 2**64 - 1]

def fits(shape, b):
    """Is this body of this shape, as msg-routes.c has it?"""
    def pass_over(b, letter):
        if letter == "n":
            return b[8:] if len(b) >= 8 else None
        if letter == "v":
            n, b = int.from_bytes(b[:8], "little"), b[8:]
            while n > 0 and b is not None:
                n, b = n - 1, pass_over(b, "s")
            return b
        n, rest = int.from_bytes(b[:4], "little"), b[4:]
        if letter == "z" and n == 0xffffffff:
            return rest
        return rest[n:] if len(b) >= 4 and len(rest) >= n else None
    head, _, again = shape.rstrip(")").partition("(")
    for letter in head if shape != "*" else "":
        b = pass_over(b, letter)
        if b is None:
            return False
    while again and b:
        for letter in again:
            b = pass_over(b, letter)
            if b is None:
                return False
    return b == b"" or shape == "*"

def num(n):
    return struct.pack("=Q", n)
def string(t):
    if t is None:
        return struct.pack("=I", 0xffffffff)
    b = t if isinstance(t, bytes) else t.encode()
    return struct.pack("=I", len(b) + 1) + b + b"\0"
def buf(b):
    return struct.pack("=I", len(b)) + b
def strings(v):
    return num(len(v)) + b"".join(map(string, v))

def address(port, last):
    """A struct sockaddr_in of 127.0.0.LAST."""
    family = struct.pack("=H", 2)
    return family + struct.pack(">HI", port, 0x7f000000 + last) + bytes(8)

PATHS = """/directory /nonce /new-account /new-order /revoke /key-change
    /acct/1 /order/1 /authz/example.com /challenge/example.com /finalize
    /cert""".split()
TOKEN = "evaGxfADs6pSRb2LAv9IZf17Dt3juxGJ-PCt92wr-oA"
ESCAPE = "\x1b[2J"
NONE = string(None)
HUGE = 2**64 - 1
SET = ("PART_FULLCHAIN", "PART_CHAIN", "PART_CERT")

# What fileproc answers by CERT_STORED.
STORING = """FILE_COMMIT FILE_READ_KEPT FILE_WRITE FILE_REMOVE FILE_REMOVE_SET
    FILE_LOCK FILE_PROBE FILE_OPEN FILE_READ""".split()
# In their own directories.
OWN_FILES = {
    "FILE": [
        "example.com.fullchain.pem",
        "example.com.pem",
        "example.com.chain.pem",
        ".example.com.pem.acme-old",
        "unrelated.pem",
        ".example.com.pem.acme-new",
        "domain-example.com.json",
        "domain-example.com.lock",
        "authority-test.json",
        "below",
        "below/x",
        "domain-example.com.changed",
        "domain-other.example.changed",
        "domain-example.com.full.pem",
        "domain-example.com.pem",
    ],
    "CHNG": ["index.html", TOKEN, "below/x"],
}

def net_job(task, handle=None, url=None, server=0, again=0):
    """The body of a NET_JOB."""
    return (num(task) + string(handle) + string(url) + NONE + num(0) +
        NONE + NONE + num(server) + num(again))

class Maker:
    """Plans in one world, for one state of the files, with one seed."""
    def __init__(self, routes, part, world, base, seed):
        self.routes, self.part, self.w = routes, part, world
        self.rng, self.base = random.Random(seed), base
        port = world.ca_of(base)[1]
        ours = "https://localhost:%d" % port
        self.urls = [ours + path for path in PATHS]
        self.foreign_urls = [
            "https://127.0.0.2:%d/new-order" % port,
            "https://localhost:%d/x" % world.evil_port,
            "http://localhost:%d/new-order" % port,
            "https://user@localhost:%d/x" % world.port,
            "https://evil.example/acct/7",
            "https://localhost:%d@evil.example/" % world.port,
            "file:///etc/passwd",
        ]
        # In a rehearsal: the CA that issues what is used.
        if base == "try":
            self.foreign_urls += ["https://localhost:%d%s" % (world.port, path)
                for path in ("/new-order", "/acct/1", "/revoke")] * 2
        self.here = [read("%s/certs/%s.fullchain.pem" % (world.top, handle))
            for handle in ("example.com", "other.example")]
        self.alien = read(world.tls + "/foreign.pem")
        chains = self.here + [
            self.alien,
            self.alien + read(world.tls + "/inter.pem"),
            self.over_our_key(),
        ]
        self.chains = [t.encode() for t in chains if t]
        found = [pem(c.decode()) for c in self.chains]
        self.leaves = [certs[0] for certs in found if certs]
    def over_our_key(self):
        """A certificate for our name and key, signed by the attacker's.

        All that this takes is public.
        """
        key, d = self.w.top + "/" + self.key(), self.w.dir
        tls = self.w.tls
        own = read(key)
        if not own:
            return ""
        if own in self.w.over_key:
            return self.w.over_key[own]
        openssl("pkey", "-in", key, "-pubout", "-out", d + "/public.pem")
        openssl("x509", "-req", "-in", tls + "/csr",
            "-force_pubkey", d + "/public.pem",
            "-CA", tls + "/foreign.pem", "-CAkey", tls + "/foreign.key",
            "-set_serial", "7", "-days", "400", "-extfile", tls + "/ext",
            "-out", d + "/ours.pem")
        self.w.over_key[own] = read(d + "/ours.pem")
        return self.w.over_key[own]
    def key(self):
        """The file of the domain key that the run has."""
        return TRY_KEY if self.base == "try" else "keys/example.com.key"
    def thumbprint(self):
        ca, _ = self.w.ca_of(self.base)
        return (self.w.thumbprint(ca) or b"").decode()
    def text(self):
        return self.rng.choice([
            "",
            "A",
            TOKEN,
            "nonce1",
            "../x",
            "/etc/passwd",
            "localhost",
            ESCAPE,
            "a" * 2200,
            b"\xff\xfe" * 20,
            "%s%n",
            "x" * 43,
            *(self.urls + self.foreign_urls) * 2,
        ])
    def bytes(self):
        r = self.rng
        return r.choice([
            b"",
            b"garbage",
            b"\0" * 32,
            bytes(32),
            r.randbytes(32),
            b"A" * 65535,
            b"{" * 9000,
            b"{}",
            *self.chains,
            *self.leaves,
            address(self.w.evil_port, 1),
        ])
    def one(self, letter):
        r = self.rng
        if letter == "n":
            return num(r.choice(EDGES))
        if letter == "s":
            return string(self.text())
        if letter == "z":
            return string(r.choice([None, self.text()]))
        if letter == "b":
            return buf(self.bytes())
        count = r.choice([0, 1, 3, 100, 1000])
        return strings([self.text() for _ in range(count)])
    def body(self, shape):
        """One that fits the shape."""
        if shape == "*":
            return self.rng.randbytes(self.rng.choice([0, 8, 100]))
        m = re.match(r"(\w*)(?:\((\w+)\))?$", shape)
        b = b"".join(map(self.one, m.group(1)))
        for _ in range(self.rng.choice([0, 1, 2, 30]) if m.group(2) else 0):
            b += b"".join(map(self.one, m.group(2)))
        return b[:95 * 1024]
    def misshapen(self, shape):
        r, b = self.rng, self.body(shape)
        return r.choice([
            b + b"\0",
            b[:-1],
            b + num(7),
            b"\xff\xff\xff\xfe" + b,
            b[:len(b) // 2],
            b.replace(b"\0", b"\1"),
            b"A" * 95000,
        ])

    # Lines of a plan, as evil.c reads them.
    def on(self, name):
        return "on %d" % self.routes[name].type
    def send(self, name, *body, job=0, worker=0, times=1, length=-1):
        return "send %d %d %d %d %d %s" % (self.routes[name].type, job,
            worker, length, times, b"".join(body).hex())
    def upon(self, trigger, line):
        return "upon %d %s" % (self.routes[trigger].type, line[5:])
    def wait(self, name):
        return "await %d" % self.routes[name].type
    def lie(self, name, *body, first=0):
        return "lie %d %d %s" % (self.routes[name].type, first,
            b"".join(body).hex())
    def skip(self, name, answer, *body):
        return "skip %d %d %s" % (self.routes[name].type,
            self.routes[answer].type, b"".join(body).hex())
    def job(self):
        return self.rng.choice([0, 0, 0, 1, NO_JOB, 2, 2**31])
    def worker(self):
        return self.rng.choice([0, 0, 1, 15, 16, 2**32 - 1])
    def allowed(self, role, mode):
        return [t for t in self.routes.values()
            if role in t.sender and mode in t.modes]
    def moment(self, role, mode):
        """At once, behind so many messages, or when one of a type is there."""
        r = self.rng
        incoming = [t for t in self.routes.values()
            if t.to == role and mode in t.modes]
        if incoming and r.random() < 0.5:
            return "on %d" % r.choice(incoming).type
        return "when %d" % r.choice([0, 0, 1, 2, 3, 4, 6, 9])

    # The kinds of attacks; each returns lines.
    def messages(self, role, mode):
        r, out = self.rng, [self.moment(role, mode)]
        for t in r.choices(self.allowed(role, mode), k=r.choice([1, 1, 2, 4])):
            out.append(self.send(t.name, self.body(t.shape),
                job=self.job(), worker=self.worker()))
        return out
    def forbidden(self, role, mode):
        """One of another role, mode or shape, or none at all."""
        r = self.rng
        others = [t for t in self.routes.values()
            if role not in t.sender or mode not in t.modes]
        mine = self.allowed(role, mode)
        what, t, u = r.randrange(8), r.choice(others), r.choice(mine)
        out = [self.moment(role, mode)]
        if what < 4:
            return out + [self.send(t.name, self.body(t.shape),
                job=r.choice([0, self.job()]), worker=self.worker())]
        if what < 6:
            body = self.misshapen(u.shape)
            return out + [self.send(u.name, body, job=self.job())]
        if what == 6:
            body = self.body(u.shape)
            length = r.choice([0, 2**32 - 1, 98305, 5])
            return out + [self.send(u.name, body, length=length)]
        return out + [r.choice([
            "raw",
            "raw 0102",
            "send 0 0 0 -1 1 ",
            "send 9999 0 0 -1 1 ",
            "send 4294967295 0 0 -1 1 ",
            "send %d 0 0 -1 1 %s" % (u.type, "41" * 150000),
            "raw " + "ff" * 20,
        ])]
    def flood(self, role, mode):
        t = self.rng.choice(self.allowed(role, mode))
        moment = self.moment(role, mode)
        return [moment, self.send(t.name, self.body(t.shape), times=100000)]
    def files(self, role, mode):
        w, r = self.w, self.rng
        calls = [
            "tcp %d" % w.evil_port,
            "unix " + w.evil_name,
            "rights",
            "more",
            "child",
        ]
        # Name servers are asked by datagrams, which no rule by port holds back.
        if role not in ("DNS", "ZONE"):
            calls.append("udp %d" % w.evil_port)
        # Each of these ends the role.
        last = [
            "execute /tmp/" + w.evil_name,
            "parent ptrace",
            "parent readv",
            "parent kill",
            "parent pidfd",
            "unshare",
            "uring",
        ]
        moment = "when %d" % r.choice([0, 1, 2, 3])
        targets = ["target " + t for t in self.targets(role)]
        calls.append(r.choice(last))
        return [moment, *targets, "files"] + ["call " + c for c in calls]
    def targets(self, role):
        w = self.w
        names = [
            "account/account.pem",
            "keys/example.com.key",
            "keys/unrelated.key",
            "decoys/public",
            "decoys/writable",
            "decoys/private/secret",
            "above",
            "c.conf",
        ]
        # In a rehearsal they are not fileproc's own.
        if role != "FILE" or self.base == "try":
            names += [
                "certs/unrelated.pem",
                "certs/example.com.fullchain.pem",
                "state/unrelated.json",
                "certs/.example.com.pem.acme-old",
                "state/domain-example.com.json",
                "state/authority-test.json",
            ]
        if role != "CHNG":
            names += ["www/index.html", "www/evil"]
        return [w.top + "/" + n for n in names] + ["../" + n for n in names] + [
            "..",
            "../keys",
            "../decoys",
            "/etc/passwd",
            "/etc/shadow",
            "/etc/" + w.evil_name,
            "/tmp/" + w.evil_name,
            "/dev/shm/" + w.evil_name,
            "/proc/self/mem",
            w.tls + "/root.pem",
            w.ca + "/evil",
        ]
    def own(self, role, mode):
        """What it may spoil: its own directories."""
        moment = self.moment(role, mode)
        names = OWN_FILES[role]
        some = self.rng.sample(names, k=self.rng.choice([1, 2, len(names)]))
        return [moment] + ["target " + n for n in some] + ["files"]
    def stall(self, role, mode):
        t = self.rng.choice(self.allowed(role, mode))
        moment = self.moment(role, mode)
        deaf = self.send(t.name, self.body(t.shape), times=1000)[4:]
        how = ["silent", "exit", "abort", "loud", "deaf" + deaf]
        return [moment, "stall " + self.rng.choice(how)]
    def watch(self, role, mode):
        return ["when 0", "watch all"]
    def cunning(self, role, mode):
        plans = {
            "NET": self.net,
            "DNS": self.dns,
            "CHNG": self.chng,
            "CERT": self.cert,
            "FILE": self.file,
            "RESP": self.resp,
            "ZONE": self.zone,
        }[role](mode)
        fit = [p for p in plans if p]
        return self.shaped(self.rng.choice(fit))
    def shaped(self, lines):
        """These; the broker would refuse a body of another shape for that."""
        by_type = {r.type: r for r in self.routes.values()}
        for l in lines:
            words = l.split(" ")
            if words[0] not in ("send", "lie", "upon", "skip"):
                continue
            at = 2 if words[0] in ("upon", "skip") else 1
            r = by_type[int(words[at])]
            if not fits(r.shape, bytes.fromhex(words[-1])):
                raise SystemExit("evil: a body of %s is not of the shape %s" %
                    (r.name, r.shape))
        return lines

    # Pieces of the cunning plans.
    def stage(self, b, which=SET):
        return [self.send("FILE_STAGE", num(self.part[p]), buf(b))
            for p in which]
    def write(self, part, b, more=0):
        return self.send("FILE_WRITE", num(self.part[part]), num(more), buf(b))
    def lock(self, part):
        return self.send("FILE_LOCK", num(self.part[part]), num(2), num(1000))
    def adopt(self, leaf):
        return self.send("CSR_ADOPT", buf(leaf))
    def new_key(self):
        return self.send("CSR_NEW_KEY", num(0))
    def due(self, n):
        return self.send("PARENT_DUE", num(n))
    def outcomes(self, n):
        """Of its own job and of others, of which not all exist."""
        others = [1, 0] if n < 3 else [NO_JOB, 2**32, 2**64 - 1]
        return [self.send("PARENT_OUTCOME", num(n)),
            self.send("PARENT_OUTCOME", num(n), job=1),
            self.send("PARENT_OUTCOME", num(n), *map(num, others))]
    def order(self, *body):
        """An order begins, and this is its NET_JOB."""
        return [
            "when 1",
            self.send("PARENT_START_CSR"),
            self.due(1),
            self.send("KEY_ACCOUNT", NONE, string(self.urls[6]), NONE),
            self.send("KEY_BEGIN", NONE, NONE),
            self.send("NET_JOB", *body),
        ]
    def spoiled_renewal(self, leaf):
        """A new key goes live, and no certificate for it is installed."""
        spoiled = self.stage(b"garbage") + [self.send("FILE_COMMIT")]
        return [
            self.on("CERT_NEXT"),
            self.new_key(),
            self.upon("CERT_LEARNED", self.adopt(leaf)),
        ] + [self.upon("CERT_CHAIN", l) for l in spoiled]

    def found(self, role, mode, n):
        """What once did harm: each by its number, in every sample."""
        ours = self.stage(self.over_our_key().encode())
        other = pem(self.here[1])[0]
        return [
            self.spoiled_renewal(self.leaves[0]),
            # A certificate of the attacker's for our key, which ends later
            # than any of the CA's.
            [self.on("CERT_NEXT"), *ours, self.send("FILE_COMMIT")],
            # The certificate of a handle that nobody named is to be revoked.
            [self.lie("CSR_REVOKE", buf(other))],
            # Behind the last outcome, when all are told to stop, an order
            # begins.
            self.order(net_job(1)),
            # fileproc says that another handle's is installed, to all that
            # hear of it.
            self.says_it_is(self.here[1].encode()),
            # fileproc is to take a lock that there is not.
            [self.on("CERT_NEXT"), self.lock("PART_BACKOFF")],
        ][n]
    def says_it_is(self, chain):
        full = num(self.part["PART_FULLCHAIN"])
        return [
            self.lie("CERT_PART", full, num(1), string("x"), buf(chain)),
            self.lie("KEY_REVOCABLE", buf(chain)),
            self.lie("CSR_REVOCABLE", buf(chain)),
        ]

    def net(self, mode):
        """Has all signed that can be, for any URL; lies about the CA."""
        if mode == "VERIFY":
            return self.net_verify()
        job, account = self.on("NET_JOB"), self.on("NET_ACCOUNT")
        plans = [self.net_signs(mode) for _ in range(4)]
        if mode == "RENEW":
            plans += self.net_renews()
        for u in self.foreign_urls + self.urls[-3:]:
            plans.append([account, self.send("KEY_SET_ACCOUNT", string(u))])
        plans.append([account, self.send("KEY_NO_ACCOUNT")])
        text = string(ESCAPE + "a" * 5000)
        plans.append([self.lie("CERT_FAILED", num(1), num(2**63), num(1),
            text)])
        if mode in ("REVOKE", "ROLLOVER", "CONTACT", "DEACTIVATE"):
            plans.append([job, self.send("CERT_DONE")])
        return plans
    def net_signs(self, mode):
        r, out = self.rng, [self.on("NET_JOB")]
        asks = [t for t in self.allowed("NET", mode)
            if t.to in ("KEY", "CSR") and t.shape == "ss"]
        count = min(len(asks), r.choice([1, 2, len(asks)]))
        for t in r.sample(asks, k=count):
            url = r.choice(self.urls * 2 + self.foreign_urls)
            out.append(self.send(t.name, string("nonce1"), string(url)))
            out.append(self.wait("NET_SIGNED"))
        return out
    def net_renews(self):
        S, lie, plans = self.send, self.lie, []
        job, done = self.on("NET_JOB"), self.wait("NET_JOB_DONE")
        for c in self.chains:
            plans.append([job, S("CERT_CHAIN", num(0), buf(c)), done])
        for c in self.chains:
            plans.append([lie("CERT_CHAIN", num(0), buf(c))])
        plans.append([job] + [S("CSR_MAKE")] * 3)
        def learned(url, ari):
            plans.append([lie("CERT_LEARNED", string(url), num(1),
                string(ari), string(url))])
        for u in self.foreign_urls:
            learned(u, "")
        for ari in ("../x", "0" * 16 + " ", "0123456789abcdef " * 6):
            learned(self.urls[0], ari)
        for t in ("../keys/x", "index.html", "a" * 500, "x" * 43):
            for n in (0, 7, HUGE):
                plans.append([lie("CHNG_PUT", num(n), string(t))])
        return plans
    def net_verify(self):
        """Lies about a server's certificate, or about servers not asked for."""
        S, plans = self.send, []
        end = "-----END CERTIFICATE-----\n"
        leaf = (self.here[0].split("-----END")[0] + end).encode()
        def presented(n, reason, b):
            return num(n) + string(reason) + buf(b)
        def lie(n, reason, b):
            plans.append([self.lie("CERT_PRESENTED", presented(n, reason, b))])
        pems = [
            b"",
            b"garbage",
            b"-" * 32000,
            leaf,
            self.alien.encode(),
            *self.chains,
        ]
        for n in (0, 1, 7, 8, HUGE):
            lie(n, None, self.rng.choice(pems))
        for b in pems:
            lie(0, None, b)
        for reason in ("", ESCAPE + "a" * 2000, "\n certproc: installed"):
            lie(0, reason, leaf)
        job, following = self.on("NET_JOB"), S("CERT_NEXT")
        said = S("CERT_PRESENTED", presented(0, None, leaf))
        plans += [
            ["when 0", said],
            [job, said, said],
            [job, said, following, said],
            [job, following, following],
        ]
        looked_at = str(self.w.verify_port)
        for host, port, what in [
            ("evil.example", looked_at, 3),
            ("localhost", str(self.w.evil_port), 3),
            ("localhost", str(self.w.port), 0),
            ("localhost", looked_at, 2),
            ("localhost", looked_at, 99),
        ]:
            body = string(host) + string(port) + num(what)
            plans.append([job, S("DNS_RESOLVE", body)])
        return plans
    def dns(self, mode):
        w, plans = self.w, []
        lists = [
            [address(w.evil_port, 1)],
            [address(w.port, 2)],
            [b""] * 3,
            [b"\xff" * 128],
            [b"\2"] * 2,
            [address(0, 0)],
            [b"\1\0/tmp/x\0"],
            [address(w.port, 1)] * 80,
        ]
        for l in lists:
            for error in (None, ESCAPE):
                for n in (len(l), HUGE):
                    plans.append([self.lie("NET_ADDRESSES", string(error),
                        num(n), *map(buf, l))])
        return plans
    def chng(self, mode):
        """Says that it is done, or not; its own directory is its own."""
        plans = []
        for name, n in [
            ("CHNG_PUT", 0),
            ("CHNG_PUT", 1),
            ("CHNG_PUT", HUGE),
            ("CHNG_DROP", 1),
            ("CHNG_CHECK", 0),
            ("CHNG_AWAIT", 0),
            ("CHNG_AWAIT", 1),
        ]:
            plans.append([self.skip(name, "NET_CHNG_DONE", num(n))])
        if self.base == "dns":
            return plans + self.chng_records()
        return plans + [self.own("CHNG", mode)] * 3
    def chng_records(self):
        """Has something else published, or elsewhere; never ends it."""
        S, plans, label = self.send, [], "_ujmmovf2vn55tgye"
        good = "d" * 43
        def put(n, label, value):
            plans.append([self.lie("HOOK_PUT", num(n), string(label),
                string(value))])
        def wait(n, value):
            plans.append([self.lie("ZONE_AWAIT", num(n), NONE, string(value))])
        for v in [
            good,
            "d" * 42,
            "d" * 44,
            "$(id)" + "d" * 38,
            "d" * 42 + "\n",
            "-" * 43,
            ESCAPE + "d" * 39,
            "",
            "../" + "d" * 40,
            "d" * 42 + "=",
        ]:
            put(0, None, v)
        for n in (1, 99, 100, HUGE):
            put(n, None, good)
        for l in (label, "", "_evil", "-x", label.upper(), label + ".evil"):
            put(0, l, good)
        for job in (1, NO_JOB):
            others = S("HOOK_PUT", num(0), NONE, string(good), job=job)
            plans.append(["when 3", others])
        another = S("HOOK_PUT", num(0), NONE, string("e" * 43))
        drop = S("HOOK_DROP")
        moment = self.on("CHNG_PUT")
        plans.append([moment, another, another, drop, another])
        # What is begun when all else is done, and never ended.
        plans.append([self.on("CHNG_DROP"), another, another])
        plans.append([moment, drop, drop, drop])
        for v in ("d" * 42, good, ESCAPE):
            wait(0, v)
        wait(HUGE, good)
        return plans
    def zone(self, mode):
        """Says that a record can be seen, or not, whether it can or not.

        For its own job and for others, late, with more text.
        """
        S, plans = self.send, []
        reasons = (None, "", "no", ESCAPE + "a" * 2000,
            "x\ncertproc: installed")
        for n in (0, 0, 1, 99, 100, HUGE):
            for reason in reasons:
                plans.append([self.lie("CHNG_SEEN", num(n), string(reason))])
        for reason in reasons:
            plans.append([self.skip("ZONE_AWAIT", "CHNG_SEEN", num(0),
                string(reason))])
        def seen(moment, reason, **more):
            plans.append([moment,
                S("CHNG_SEEN", num(0), string(reason), **more)])
        moment = self.on("ZONE_AWAIT")
        for job in (0, 1, NO_JOB, 2**31):
            for times in (1, 3):
                seen(moment, None, job=job, times=times)
                seen("when 0", "no", job=job, times=times)
        for reason in (None, "no"):
            seen(self.on("ZONE_END"), reason)
        # Nobody is told anything.
        plans.append([moment, "stall silent"])
        return plans
    def resp(self, mode):
        """Says that responses can be seen, or not, or something else."""
        S, plans = self.send, []
        asked = ("RESP_CHECK", "RESP_PUT", "RESP_DROP")
        for n in (0, 1, 99, 100, HUGE):
            for reason in (None, "", ESCAPE + "a" * 2000):
                plans.append([self.lie("CHNG_PUBLISHED", num(n),
                    string(reason))])
        for name in asked:
            for reason in (None, "no"):
                plans.append([self.skip(name, "CHNG_PUBLISHED", num(0),
                    string(reason))])
        others = S("CHNG_PUBLISHED", num(0), NONE, job=1)
        for name in asked:
            plans.append([self.on(name)] +
                [S("CHNG_PUBLISHED", num(n), NONE) for n in (0, 1, 0)])
            plans.append([self.on(name)] + [others] * 3)
        return plans
    def file(self, mode):
        if mode == "HOOK":
            return self.file_hook() + [self.own("FILE", mode)] * 4
        P, plans = self.part, []
        failed = num(0) + string(ESCAPE + "no" * 900)
        for name in STORING:
            if mode in self.routes[name].modes:
                plans.append([self.skip(name, "CERT_STORED", num(1) + NONE)])
                plans.append([self.skip(name, "CERT_STORED", failed)])
        plans += self.file_parts()
        record = json.dumps({
            "directory": self.urls[0],
            "account": self.urls[3],
            "thumbprint": self.thumbprint(),
        }).encode()
        plans.append([self.lie("CERT_PART", num(P["PART_ACCOUNT"]), num(1),
            string("x"), buf(record))])
        if mode == "REVOKE":
            certs = [c for c in self.chains if b"-----END" in c]
            plans += [self.says_it_is(c) for c in certs] * 4
        if mode == "RENEW":
            for b in (b"", b"{}", b"[" * 9000, b"garbage"):
                state = num(1) + num(0) + buf(b)
                for n in (0, 1, 2, 9):
                    plans.append([self.lie("CERT_STATES", state * n)])
        return plans + [self.own("FILE", mode)] * 8
    def file_parts(self):
        """Something else in the place of a part, or of its end."""
        r, P, plans = self.rng, self.part, []
        other = read(self.w.top + "/state/domain-other.example.json").encode()
        for b in self.chains + [b"garbage", b"A" * 65536, b"{}", other]:
            p = r.choice([
                P["PART_FULLCHAIN"],
                P["PART_CERT"],
                P["PART_CHAIN"],
                P["PART_STATE"],
                P["PART_SAVED"],
                P["PART_ACCOUNT"],
                99,
            ])
            found = num(r.choice([1, 1, 2, 9]))
            first = r.choice([0, 1, 2, 3, 5])
            plans.append([self.lie("CERT_PART", num(p), found, string("x"),
                buf(b), first=first)])
        return plans
    def file_hook(self):
        """Says that files have changed or not; that it forgets, or does not."""
        S, plans = self.send, []
        for n in (0, 1, 2, HUGE):
            plans.append([self.lie("HOOK_CHANGED", num(n))])
        for job in (0, 1, 2, NO_JOB):
            plans.append(["when 0", S("HOOK_CHANGED", num(1), job=job)])
            plans.append(["when 0", S("HOOK_FORGOTTEN", num(1), job=job)])
        for n in (0, 1, 2, HUGE):
            plans.append([self.skip("FILE_FORGET_CHANGE", "HOOK_FORGOTTEN",
                num(n))])
        moment = self.on("FILE_FORGET_CHANGE")
        for name in ("HOOK_CHANGED", "HOOK_FORGOTTEN"):
            plans.append([moment, S(name, num(1), times=3)])
        plans.append(["when 0", S("HOOK_CHANGED", num(1), times=1000)])
        return plans
    def never_due(self):
        """The state as it is, but for a certificate that never ends."""
        try:
            s = json.loads(read(self.w.top + "/state/domain-example.com.json"))
        except ValueError:
            s = {}
        s["looked at"] = dict(s.get("looked at", {}),
            ends=2**40, begins=2**39, certificate="")
        s.update({"not before": 2**40, "attempts": 0})
        return json.dumps(s).encode()
    def cert_verify(self):
        """Has other servers looked at, those of other jobs, or other work."""
        S, plans = self.send, []
        verify, url = 6, "http://127.0.0.2:%d/" % self.w.port
        moment, look = self.on("CERT_NEXT"), net_job(verify)
        for server in (1, 7, 8, HUGE):
            plans.append([self.lie("NET_JOB", net_job(verify, server=server))])
        for again in (1, 2):
            plans.append([self.lie("NET_JOB", net_job(verify, again=again))])
        for task in range(9):
            plans.append([self.lie("NET_JOB", net_job(task, url=url))])
        for nr in (1, 2, NO_JOB):
            plans.append([moment, S("NET_JOB", look, job=nr)])
        plans.append([moment, S("NET_JOB", look, times=3)])
        for n in (0, 1, 2**63):
            plans.append(["when 0", self.due(n), self.due(n)])
        for nr in (0, 1, NO_JOB):
            look = S("FILE_LOOK", job=nr)
            plans.append(["when 0", look, self.wait("CERT_STORED")])
        for o in (1, 2, 3, 9):
            plans.append([moment, *self.outcomes(o)])
        return plans
    def cert(self, mode):
        if mode == "VERIFY":
            return self.cert_verify()
        leaf, stored = self.rng.choice(self.leaves), self.wait("CERT_STORED")
        plans, work = [], []
        if mode == "RENEW":
            work += self.work_of_renewal(leaf)
            plans += self.cert_renews(leaf)
        if mode in ("RESTORE", "INSTALL"):
            work += self.work_of_installing(leaf)
        if mode == "RESTORE":
            work.append([self.send("FILE_READ_KEPT"), stored])
        if mode in ("RENEW", "REVOKE"):
            work += self.work_of_writing()
            record = json.dumps({
                "not before": 2**62,
                "failures": 2**31,
                "last error": ESCAPE,
            }).encode()
            plans.append(["when 2", self.write("PART_BACKOFF", record), stored])
        if mode == "REVOKE":
            for other in self.leaves:
                plans += [[self.lie("CSR_REVOKE", buf(other))]] * 3
            work += self.work_of_revocation()
        if mode in self.routes["KEY_ACCOUNT"].modes:
            plans += self.cert_accounts()
        for o in (1, 2, 3, 9):
            moment = "when %d" % self.rng.choice([0, 1, 2])
            plans.append([moment, *self.outcomes(o)])
        if mode == "RENEW":
            last = self.due(self.rng.choice([0, 1, 2**63]))
        else:
            last = self.send("PARENT_OUTCOME", num(1), job=self.job())
        plans.append(["when 0", last])
        plans += self.under_lock(mode, work)
        if mode == "MONITOR":
            for b in (b"", b"A" * 65536, ESCAPE.encode()):
                part = self.rng.choice(["PART_METRICS", "PART_STATUS"])
                write = self.write(part, b)
                lock = self.lock(part)
                plans.append(["when 1", lock, stored, write, stored])
        if mode in ("LIST", "MONITOR"):
            looks = [self.send("FILE_LOOK", job=job) for job in (0, 1)]
            plans.append(["when 0", looks[0], stored, looks[1]])
        return plans
    def under_lock(self, mode, work):
        """Each of these when it is held, and when it is opened out of order."""
        plans = []
        opened = [self.send("FILE_OPEN", num(1000)), self.wait("CERT_STORED")]
        held = [h for h in ("CERT_NEXT", "CERT_KEY", "CERT_CHAIN",
            "CERT_LEARNED", "CERT_ACCOUNT") if mode in self.routes[h].modes]
        for lines in work:
            plans.append([self.on(self.rng.choice(held))] + lines)
            plans.append(["when 1"] + opened + lines)
        return plans
    def work_of_renewal(self, leaf):
        adopt, csr_done = self.adopt(leaf), self.wait("CERT_CSR_DONE")
        commit = [self.send("FILE_COMMIT"), self.wait("CERT_STORED")]
        def combine(b):
            return self.send("CSR_COMBINE", buf(b))
        work = []
        for c in [b"garbage", b""] + self.chains:
            whole = self.stage(c) + commit
            part = self.stage(c, ["PART_FULLCHAIN"]) + commit
            work += [whole, whole * 2, part]
        return work + [
            [adopt, csr_done],
            [self.new_key(), adopt, csr_done],
            [combine(b"garbage"), csr_done],
            [adopt, csr_done, *self.stage(b"garbage"), *commit],
            [combine(self.chains[0]), adopt, csr_done],
        ]
    def cert_renews(self, leaf):
        plans, url = [], "http://127.0.0.2:%d/" % self.w.port
        # A new key; when it is there it goes live, and what the CA sends is
        # thrown away.
        for trigger in ("CERT_KEY", "CERT_LEARNED", "CERT_CHAIN"):
            live = self.upon(trigger, self.adopt(leaf))
            plans.append([self.on("CERT_NEXT"), self.new_key(), live])
            plans.append(self.spoiled_renewal(leaf))
        # Something is due, whatever the state says; and what is to be done is
        # another mode's.
        for task in range(7):
            plans.append(self.order(net_job(task, url=url)))
            plans.append([self.lie("NET_JOB", net_job(task, "a.b", url))])
        plans.append([self.lie("KEY_BEGIN", string("x" * 2000), NONE)])
        plans.append([self.lie("CSR_COMBINE", buf(b"garbage" * 5000))])
        return plans
    def work_of_installing(self, leaf):
        stored, csr_done = self.wait("CERT_STORED"), self.wait("CERT_CSR_DONE")
        commit, work = [self.send("FILE_COMMIT"), stored], []
        for c in [b"garbage"] + self.chains:
            whole = self.stage(c) + commit
            work += [whole, [self.adopt(leaf), csr_done] + whole]
        for c in self.chains:
            work.append([self.send("CSR_COMBINE", buf(c)), csr_done])
        for c in self.chains:
            work.append([self.write("PART_SAVED", c), stored])
        return work
    def work_of_writing(self):
        P, write, stored = self.part, self.write, self.wait("CERT_STORED")
        too_long = write("PART_STATE", b"A" * 65536, 1)
        work = [
            [self.send("FILE_REMOVE", num(P["PART_SAVED"])), stored],
            [self.send("FILE_REMOVE", num(P["PART_STATE"])), stored],
            [write("PART_SAVED", b"garbage"), stored],
            [too_long, write("PART_STATE", b"A"), stored],
            [write("PART_STATE", b"[" * 16000), stored],
            [write("PART_STATE", self.never_due()), stored],
        ]
        return work + [[write("PART_SAVED", c), stored] for c in self.chains]
    def work_of_revocation(self):
        S, P, stored = self.send, self.part, self.wait("CERT_STORED")
        work = []
        for a in ("PART_FULLCHAIN", "PART_REVOKED"):
            for b in ("PART_REVOKING", "PART_COMPROMISED", "PART_REVOKED"):
                work.append([S("FILE_COPY", num(P[a]), num(P[b])), stored])
        for c in self.chains:
            work.append([self.write("PART_REVOKING", c), stored])
        discard = S("CSR_DISCARD", num(1), buf(bytes(32)))
        return work + [
            [S("FILE_REMOVE_SET"), stored],
            [discard, self.wait("CERT_CSR_DONE")],
        ]
    def cert_accounts(self):
        plans, stored = [], self.wait("CERT_STORED")
        for u in self.foreign_urls + self.urls[2:6]:
            plans.append([self.lie("KEY_ACCOUNT", string(self.thumbprint()),
                string(u), NONE)])
        record = json.dumps({
            "directory": self.urls[0],
            "account": "https://evil.example/",
            "thumbprint": "x" * 43,
        }).encode()
        write = self.write("PART_ACCOUNT", record)
        lock = self.lock("PART_ACCOUNT")
        return plans + [["when 1", lock, stored, write, stored]]
