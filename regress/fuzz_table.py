#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The acme-client authors
"""fuzz_table.py TARGET OUTPUT CORPUS COVERAGE TREE: one line of the table that
fuzz-long.sh prints: how often the target ran, how many inputs it keeps, and
which share of lines and branches they reach in the files of the tree that the
target is about; then a line for each of these files."""
import json
import os
import re
import sys

# The files that a parser's target is about; a role's are those of its module.
ABOUT = {
    "caa": "zone-caa",
    "chain": "cert-chain cert-verdict x509 x509-path x509-roots "
             "x509-signature csr-file",
    "conf": "conf-lex conf-visible conf-statement conf-authority conf-domain "
            "conf-parse conf-check conf-challenge conf-paths conf-names",
    "der": "der",
    "http": "http-parse http-fields",
    "json": "acme-json acme-problem acme-renewal",
    "responder": "resp-http resp-hello",
    "status": "cert-revoked cert-revoked-crl cert-revoked-ocsp "
              "cert-revoked-parts",
    "zone": "persist",
}


def belongs(target, name):
    if target in ABOUT:
        return name in ABOUT[target].split()
    module = target[:-4]
    return name == target or name.startswith(module + "-")


def share(counts):
    if counts["count"] == 0:
        return "-"
    return "%.0f %%" % (100.0 * counts["covered"] / counts["count"])


def main(target, output, corpus, coverage):
    with open(output, errors="replace") as f:
        text = f.read()
    runs = re.findall(r"number_of_executed_units: (\d+)", text)
    runs = runs or re.findall(r"^#(\d+)", text, re.M) or ["0"]
    with open(coverage) as f:
        files = json.load(f)["data"][0]["files"]
    rows = []
    total = {"lines": {"count": 0, "covered": 0},
             "branches": {"count": 0, "covered": 0}}
    for entry in files:
        name = os.path.basename(entry["filename"])[:-2]
        if not belongs(target, name):
            continue
        rows.append((name, entry["summary"]))
        for kind, counts in total.items():
            counts["count"] += entry["summary"][kind]["count"]
            counts["covered"] += entry["summary"][kind]["covered"]
    print("%-10s %10s %7d %7s %9s" % (target, runs[-1],
          len(os.listdir(corpus)), share(total["lines"]),
          share(total["branches"])))
    for name, summary in sorted(rows):
        print("  %-27s %7s %9s" % (name, share(summary["lines"]),
              share(summary["branches"])))
    return 0 if rows else 1


sys.exit(main(*sys.argv[1:5]))
