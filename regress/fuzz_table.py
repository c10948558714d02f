#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The acme-client authors
"""fuzz_table.py TARGET OUTPUT CORPUS COVERAGE SOURCES: one line of the table
that fuzz-long.sh prints: how often the target ran, how many inputs it keeps,
and which share of lines and branches they reach in the files of the tree that
the target is about; then a line for each of these files.  "memory" is the share
of those branches that are not taken only when memory or a library fails.
FUZZ_MISSING=1: prints each branch that is not reached, too."""
import json
import os
import re
import sys

# The files that a parser's target is about; a role's are those of its module.
ABOUT = {
    "caa": "zone-caa",
    "chain": "cert-chain cert-verdict x509 x509-path x509-roots "
             "csr-file cert-describe",
    "conf": "conf-lex conf-visible conf-statement conf-authority conf-domain "
            "conf-parse conf-check conf-challenge conf-paths conf-names",
    "der": "der",
    "dns": "zone-ask zone-check zone-find zone-watch",
    "http": "http-parse http-fields",
    "json": "acme-json acme-problem acme-renewal",
    "msg": "msg msg-routes",
    "responder": "resp-http resp-hello",
    "state": "cert-state hook-journal",
    "status": "cert-revoked cert-revoked-crl cert-revoked-ocsp "
              "cert-revoked-parts x509-signature",
    "text": "address base64url clock log persist valid zone-resolvers",
}

# What fails only without memory, or by a fault of the library itself.
NEVER = re.compile(
    r"alloc\(|allocarray|strn?dup|asprintf|open_memstream|fclose|_new\(|_new_|"
    r"sk_\w+_push|BIO_\w+\(|OCSP_request_add0|i2d_\w+\(|_digest\(|EVP_Digest|"
    r"X509_STORE_\w+\(|X509_REQ_(set|sign|add)|PEM_write|OBJ_txt2obj|"
    r"== NULL \|\||\bctx != NULL|\breq != NULL|clock_gettime|"
    r"ldns_pkt2wire|ldns_rdf_clone|EVP_PKEY_CTX_set|vsnprintf|"
    r"\b(copy|text|out|at|oid|store|delivered|bio|id|request|san|found|name|g|"
    r"s|ctx|r|pkt) == NULL$|\blen <= 0$|\bn <= 0$|\bn < 0$")


def belongs(target, name):
    if target in ABOUT:
        return name in ABOUT[target].split()
    module = target[:-4]
    return name == target or name.startswith(module + "-")


def share(covered, count):
    return "-" if count == 0 else "%.0f %%" % (100.0 * covered / count)


def text_of(source, branch):
    line, column, last, end = branch[:4]
    if line == last:
        return source[line - 1][column - 1:end - 1]
    return " ".join(t.strip() for t in
        [source[line - 1][column - 1:]] + source[line:last - 1] +
        [source[last - 1][:end - 1]])


def branches(name, entry, source):
    """How many there are, how many are reached, how many of the others are
    only for failures."""
    count = covered = never = 0
    for branch in entry["branches"]:
        text = text_of(source, branch)
        for way, taken in ("true", branch[4]), ("false", branch[5]):
            count += 1
            if taken:
                covered += 1
            elif NEVER.search(text):
                never += 1
            elif os.environ.get("FUZZ_MISSING"):
                print("    %s.c:%d: never %s: %s" % (name, branch[0], way,
                      text))
    return count, covered, never


def main(target, output, corpus, coverage, sources):
    with open(output, errors="replace") as f:
        text = f.read()
    runs = re.findall(r"number_of_executed_units: (\d+)", text)
    runs = runs or re.findall(r"^#(\d+)", text, re.M) or ["0"]
    with open(coverage) as f:
        files = json.load(f)["data"][0]["files"]
    rows, total = [], [0] * 5
    for entry in files:
        name, suffix = os.path.splitext(os.path.basename(entry["filename"]))
        if suffix != ".c" or not belongs(target, name):
            continue
        with open(os.path.join(sources, name + ".c")) as f:
            source = f.read().split("\n")
        lines = entry["summary"]["lines"]
        row = (lines["covered"], lines["count"]) + branches(name, entry, source)
        rows.append((name, row))
        total = [a + b for a, b in zip(total, row)]
    for name, row in [("", total)] + sorted(rows):
        shares = share(row[0], row[1]), share(row[3], row[2]), \
            share(row[3], row[2] - row[4])
        if name:
            print("  %-27s %7s %9s %7s" % ((name,) + shares))
        else:
            print("%-10s %10s %7d %7s %9s %7s" % ((target, runs[-1],
                  len(os.listdir(corpus))) + shares))
    return 0 if rows else 1


sys.exit(main(*sys.argv[1:6]))
