# A name server for resolver.sh: dns.py MODE ADDRESS...
# It knows ca.test (127.0.0.1) only, on port 53, by UDP and TCP.  MODE:
#   plain
#   truncated  responses by UDP are cut, so that the client must ask by TCP
#   refused    the responses are REFUSED
#   silent     there are no responses by UDP
#   loop       ca.test is an alias of itself, by way of another name
#   hundred    100 addresses, of which none serves
#   first      100 addresses, of which the first serves
#   large      60 addresses come before the right one, more than a response of
#              512 bytes by UDP holds
import socket, struct, sys, threading

mode, addresses = sys.argv[1], sys.argv[2:]


def question(q):
    i, labels = 12, []
    while q[i]:
        labels.append(q[i + 1:i + 1 + q[i]].decode())
        i += q[i] + 1
    kind, = struct.unpack(">H", q[i + 1:i + 3])
    return ".".join(labels).lower(), kind, q[12:i + 5]


def answer(q, transport):
    name, kind, text = question(q)
    found = name == "ca.test"
    edns = struct.unpack(">H", q[10:12])[0] > 0
    print(transport, name, kind, "with edns" if edns else "plain", flush=True)
    flags = 0x8180 if found else 0x8183
    if mode == "refused":
        flags = 0x8185
    records = []
    if found and kind == 1 and mode != "refused":
        records = [(127, 0, 0, 1)]
        if mode == "large":
            records = [(127, 0, 0, 1)] + [(127, 9, 9, n) for n in range(60)]
        if mode == "hundred": records = [(127, 9, 9, n) for n in range(1, 101)]
        if mode == "first": records += [(127, 9, 9, n) for n in range(1, 100)]
    if mode == "loop": return q[:2] + loop(text)
    if transport == "udp" and (mode == "truncated" or mode == "large"):
        flags, records = flags | 0x0200, []
    body = b"".join(b"\xc0\x0c" + struct.pack(">HHIH4B", 1, 1, 60, 4, *r)
        for r in records)
    counts = struct.pack(">HHHH", 1, len(records), 0, 0)
    return q[:2] + struct.pack(">H", flags) + counts + text + body


def loop(text):
    """Two aliases of each other: the name that was asked for, and the one below
    it."""
    def alias(name, of):
        return name + struct.pack(">HHIH", 5, 1, 60, len(of)) + of
    other = b"\1x\xc0\x0c"
    return (struct.pack(">HHHHH", 0x8180, 1, 2, 0, 0) + text +
        alias(b"\xc0\x0c", other) + alias(other, b"\xc0\x0c"))


def by_udp(s):
    while True:
        q, peer = s.recvfrom(4096)
        if mode != "silent":
            s.sendto(answer(q, "udp"), peer)
        else:
            print("udp unanswered", flush=True)


def connection(c):
    f = c.makefile("rb")
    while len(head := f.read(2)) == 2:
        a = answer(f.read(struct.unpack(">H", head)[0]), "tcp")
        c.sendall(struct.pack(">H", len(a)) + a)


def by_tcp(s):
    while True:
        threading.Thread(target=connection, args=(s.accept()[0],),
            daemon=True).start()


threads = []
for address in addresses:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    u, t = socket.socket(family, socket.SOCK_DGRAM), socket.socket(family)
    t.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    u.bind((address, 53))
    t.bind((address, 53))
    t.listen(20)
    threads += [threading.Thread(target=by_udp, args=(u,)),
        threading.Thread(target=by_tcp, args=(t,))]
for t in threads:
    t.start()
