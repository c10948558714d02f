#!/usr/bin/env python3
# SPDX-License-Identifier: ISC
# SPDX-FileCopyrightText: 2026 The acme-client authors
"""fuzz_table.py TARGET OUTPUT CPU CORPUS COVERAGE SOURCES: one line of the
table that fuzz-long.sh prints: for how many CPU seconds and how often the
target ran, how many inputs it keeps, and which share of lines and branches they
reach in the files of the tree that the target is about; then a line for each of
these files.  The column "memory" is the share of branches again, but without
those that are taken only when memory or a library fails (NEVER).
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

# Functions of these files that no input of the target can steer, with the
# reason: they are not counted.
LEFT_OUT = {
    "chain": {
        "csr_make": "writes a CSR of configured names; reads nothing",
        "make_names": "writes the names of csr_make()",
    },
    "text": {
        "clock_sleep_ms": "sleeps",
        "log_begin": "looks at the standard error",
        "print": "prints words of ours, and what say_safe() has made harmless",
        "say": "as print()",
        "say_printed": "looks at the standard output",
        "say_vwarning": "as print()",
        "say_warning": "as print()",
    },
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


def left_out(target, data):
    """The lines of the functions that are not counted, by file."""
    lines, missing = {}, set(LEFT_OUT.get(target, {}))
    for function in data["functions"]:
        name = function["name"].split(":")[-1]
        if name in LEFT_OUT.get(target, {}):
            first, _, last = function["regions"][0][:3]
            lines.setdefault(function["filenames"][0], set()).update(
                range(first, last + 1))
            missing.discard(name)
    if missing:
        sys.exit("%s: no function %s" % (target, " ".join(missing)))
    return lines


def lines_of(entry, wanted):
    """How many of these lines have code, how many are reached, as llvm-cov
    counts them: a line's count is the largest of the regions that begin in it
    and of the one that goes on from the line before."""
    starts, at, count, covered = {}, None, 0, 0
    for segment in entry["segments"]:
        starts.setdefault(segment[0], []).append(segment)
    for line in range(1, max(starts, default=0) + 1):
        here = starts.get(line, [])
        begun = [s for s in here if s[3] and s[4] and not s[5]]
        skipped = here and not here[0][3] and here[0][4]
        if not skipped and (begun or (at and at[3])) and line in wanted:
            count += 1
            covered += max([s[2] for s in begun] +
                           ([at[2]] if at and at[3] else [])) > 0
        at = here[-1] if here else at
    return covered, count


def branches(name, entry, source, without):
    """How many there are, how many are reached, how many of the others are
    only for failures."""
    count = covered = never = 0
    for branch in entry["branches"]:
        if branch[0] in without:
            continue
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


def main(target, output, cpu, corpus, coverage, sources):
    with open(output, errors="replace") as f:
        text = f.read()
    runs = re.findall(r"number_of_executed_units: (\d+)", text)
    # A role is started again, and counts from there.
    runs = sum(map(int, runs)) or max(
        map(int, re.findall(r"^#(\d+)", text, re.M)), default=0)
    with open(coverage) as f:
        data = json.load(f)["data"][0]
    without = left_out(target, data)
    rows, total = [], [0] * 5
    for entry in data["files"]:
        name, suffix = os.path.splitext(os.path.basename(entry["filename"]))
        if suffix != ".c" or not belongs(target, name):
            continue
        with open(os.path.join(sources, name + ".c")) as f:
            source = f.read().split("\n")
        skipped = without.get(entry["filename"], set())
        lines, fewer = entry["summary"]["lines"], lines_of(entry, skipped)
        row = (lines["covered"] - fewer[0], lines["count"] - fewer[1]) + \
            branches(name, entry, source, skipped)
        rows.append((name, row))
        total = [a + b for a, b in zip(total, row)]
    for name, row in [("", total)] + sorted(rows):
        shares = share(row[0], row[1]), share(row[3], row[2]), \
            share(row[3], row[2] - row[4])
        if name:
            print("  %-34s %7s %9s %7s" % ((name,) + shares))
        else:
            print("%-10s %6s %10s %7d %7s %9s %7s" % ((target, cpu, runs,
                  len(os.listdir(corpus))) + shares))
    return 0 if rows else 1


sys.exit(main(*sys.argv[1:7]))
