"""DNS messages as name servers of the tests read and write them: zone.py has
one that lies, evil_world.py one that knows what was published."""
import socket, struct

A, NS, CNAME, SOA, TXT, AAAA = 1, 2, 5, 6, 16, 28
NOERROR, FORMERR, SERVFAIL, NXDOMAIN, REFUSED = 0, 1, 2, 3, 5

# Names and records in the format of DNS messages.
def wire(name):
    labels = [label.encode() for label in name.split(".") if label]
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"
def rr(name, kind, data):
    return wire(name) + struct.pack(">HHIH", kind, 1, 60, len(data)) + data
def txt(name, *texts):
    return rr(name, TXT, b"".join(bytes([len(t)]) + t.encode() for t in texts))
def cname(name, to): return rr(name, CNAME, wire(to))
def soa(zone):
    times = struct.pack(">5I", 1, 60, 60, 60, 60)
    return rr(zone, SOA, wire("ns." + zone) + wire("x." + zone) + times)
def ns(zone, name): return rr(zone, NS, wire(name))
def address(name, text):
    if ":" in text:
        return rr(name, AAAA, socket.inet_pton(socket.AF_INET6, text))
    return rr(name, A, socket.inet_aton(text))

class Query:
    def __init__(self, q, transport):
        self.bytes, self.transport = q, transport
        i, labels = 12, []
        while q[i]:
            labels.append(q[i + 1:i + 1 + q[i]].decode())
            i += q[i] + 1
        self.name = ".".join(labels).lower()
        self.kind = struct.unpack(">H", q[i + 1:i + 3])[0]
        self.text = q[12:i + 5]
        self.edns = struct.unpack(">H", q[10:12])[0] > 0
        self.recurse = q[2] & 1
    def reply(self, answer=(), authority=(), rcode=NOERROR, aa=1, tc=0,
            number=0, question=None):
        """number: bits of the query's number that the reply has inverted."""
        flags = 0x8000 | aa << 10 | tc << 9 | self.recurse << 8 | rcode
        head = struct.pack(">HHHHHH",
            struct.unpack(">H", self.bytes[:2])[0] ^ number, flags,
            1, len(answer), len(authority), 0)
        return b"".join([head, question or self.text, *answer, *authority])
