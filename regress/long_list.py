# A revocation list made longer: LIST KEY BYTES, to stdout.  Entries with other
# serial numbers come before the first one; it is signed anew with KEY, or not
# at all where that is "-".
import subprocess, sys, tempfile

def read(b, at=0):
    """The element at this place: tag, begin of its content, end."""
    n, p = b[at + 1], at + 2
    if n & 0x80:
        n, p = int.from_bytes(b[p:p + (n & 0x7f)], "big"), p + (n & 0x7f)
    return b[at], p, p + n

def element(tag, content):
    n = len(content)
    if n < 0x80: return bytes([tag, n]) + content
    size = n.to_bytes((n.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(size)]) + size + content

path, key, want = sys.argv[1:]
with open(path, "rb") as f: der = f.read()
_, tbs_at, _ = read(der)
_, p, tbs_end = read(der, tbs_at)
parts = []
while p < tbs_end:
    end = read(der, p)[2]
    parts.append(der[p:end])
    p = end
algorithm = der[tbs_end:read(der, tbs_end)[2]]
# version, signature, issuer, thisUpdate, nextUpdate, revokedCertificates
_, at, end = read(parts[5])
date = bytes.fromhex("170d") + b"260101000000Z"
entries = b"".join(
    element(0x30, element(2, (0x7000000000 + i).to_bytes(5, "big")) + date)
    for i in range(int(want) // 24))
parts[5] = element(0x30, entries + parts[5][at:end])
tbs = element(0x30, b"".join(parts))
signature = b"\x30\x06\x02\x01\x01\x02\x01\x01"
if key != "-":
    with tempfile.NamedTemporaryFile() as f:
        f.write(tbs)
        f.flush()
        command = ["openssl", "dgst", "-sha256", "-sign", key, f.name]
        signature = subprocess.run(command, check=True,
            capture_output=True).stdout
sys.stdout.buffer.write(
    element(0x30, tbs + algorithm + element(3, b"\0" + signature)))
