# A name server for resolver.sh: dns.py MODE ADDRESS...   Knows ca.test (127.0.0.1) only, on port 53, by UDP and TCP.
# MODE: plain; truncated: UDP answers are cut, so that TCP must be asked; refused: answers REFUSED; silent: by UDP not at all;
# large: 60 addresses before the right one, which no UDP answer of 512 bytes holds.
import socket, struct, sys, threading

mode, addresses = sys.argv[1], sys.argv[2:]


def question(q):
    i, labels = 12, []
    while q[i]:
        labels.append(q[i + 1:i + 1 + q[i]].decode())
        i += q[i] + 1
    return ".".join(labels).lower(), struct.unpack(">H", q[i + 1:i + 3])[0], q[12:i + 5]


def answer(q, transport):
    name, kind, text = question(q)
    found = name == "ca.test"
    print(transport, name, kind, "with edns" if struct.unpack(">H", q[10:12])[0] else "plain", flush=True)
    flags = 0x8185 if mode == "refused" else 0x8180 if found else 0x8183
    records = []
    if found and kind == 1 and mode != "refused":
        records = [(127, 0, 0, 1)]
        if mode == "large":
            records = [(127, 0, 0, 1)] + [(127, 9, 9, n) for n in range(60)]
    if transport == "udp" and (mode == "truncated" or mode == "large"):
        flags, records = flags | 0x0200, []
    body = b"".join(b"\xc0\x0c" + struct.pack(">HHIH4B", 1, 1, 60, 4, *r) for r in records)
    return q[:2] + struct.pack(">HHHHH", flags, 1, len(records), 0, 0) + text + body


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
        threading.Thread(target=connection, args=(s.accept()[0],), daemon=True).start()


threads = []
for address in addresses:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    u, t = socket.socket(family, socket.SOCK_DGRAM), socket.socket(family)
    t.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    u.bind((address, 53))
    t.bind((address, 53))
    t.listen(20)
    threads += [threading.Thread(target=by_udp, args=(u,)), threading.Thread(target=by_tcp, args=(t,))]
for t in threads:
    t.start()
