#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The acme-client authors
"""fuzz_split.py RECORDED OUT: of what record.c has written below RECORDED as
KIND.ROLE.PID makes, for fuzz-role.c, OUT/ROLE/conf/KIND.PID (the messages until
ROLE_START) and OUT/ROLE/seeds/KIND.PID (the number of that file, and the
messages behind)."""
import os
import struct
import sys

ROLE_START = int(sys.argv[3])


def start_of_input(data):
    """Where the message behind ROLE_START begins; None: it never came."""
    at = 0
    while at < len(data):
        kind, _, _, length = struct.unpack_from("=4I", data, at)
        at += 16 + length
        if kind == ROLE_START:
            return at
    return None


def main(recorded, out):
    roles = {}
    for name in sorted(os.listdir(recorded)):
        kind, role, pid = name.split(".")
        with open(os.path.join(recorded, name), "rb") as f:
            data = f.read()
        at = start_of_input(data)
        if at is not None:
            roles.setdefault(role, []).append((f"{kind}.{pid}", data, at))
    for role, runs in roles.items():
        for part in "conf", "seeds":
            os.makedirs(os.path.join(out, role, part))
        for number, (name, data, at) in enumerate(runs):
            with open(os.path.join(out, role, "conf", name), "wb") as f:
                f.write(data[:at])
            with open(os.path.join(out, role, "seeds", name), "wb") as f:
                f.write(bytes([number]) + data[at:])


main(sys.argv[1], sys.argv[2])
