# The table of threats: what each row of threats.txt asks of the tests that have
# run, and what came of it.  Prints the table, then a line a row as any section.
# Arguments: TABLE sections          the sections that the table needs
#            TABLE DIRECTORY NAME... the table's results: DIRECTORY has what
#                                    these sections printed, as section.NAME
# ROWS="3 7": of these rows only.
import collections, itertools, os, re, sys, textwrap

here = os.path.dirname(os.path.abspath(__file__))
WIDTH = 80
# What is in the way of a test, where it needs more than an ordinary user has.
NEEDS = {"root": (lambda: os.getuid() == 0, "needs root")}

class Row:
    """A threat: its number, and the lines that threats.txt has for it."""
    def __init__(self, number, threat):
        self.number, self.threat = number, threat
        self.tried, self.wants = "", []

class Want:
    """What a section must have printed: at least so many different tests whose
    names are like the pattern.  skips: what excuses that they are missing;
    needs: a key of NEEDS."""
    def __init__(self, section, least, pattern, needs):
        self.section, self.least, self.needs = section, least, needs
        self.pattern, self.skips = pattern, []

def mistake(place, text):
    sys.exit("%s: %s" % (place, text))

def rows_of(path):
    """The rows of the table; exits where it is not what its head says."""
    rows, count = [], None
    for n, line in lines_of(path):
        word, _, rest = line.partition(" ")
        place = "%s:%d" % (path, n)
        if word == "rows": count = int(rest)
        elif word.isdigit(): rows.append(Row(int(word), rest))
        elif word == "tried":
            rows[-1].tried += (" " if rows[-1].tried else "") + rest
        elif word == "skip": rows[-1].wants[-1].skips.append(like(rest))
        else: rows[-1].wants += wants_of(place, word, rest)
    numbers = [row.number for row in rows]
    if numbers != list(range(1, count + 1)):
        mistake(path, "the rows are not 1 to %d in their order" % count)
    return rows

def lines_of(path):
    """[number, text] of each line; those that begin with a tab continue the one
    before, after a blank, unless that ends within {a|b}."""
    out = []
    with open(path) as f:
        for n, line in enumerate(f, 1):
            text = line.strip()
            if line.startswith("\t"):
                blank = "" if out[-1][1].endswith("|") else " "
                out[-1][1] += blank + text
            elif text and not text.startswith("#"): out.append([n, text])
    return out

def wants_of(place, word, rest):
    """The wants of one line: SECTION [if NEED] [xN] PATTERN.  {a|b} in the
    pattern stands for one want each."""
    m = re.fullmatch(r"(?:if (\w+) )?(?:x(\d+) )?(.+)", rest)
    if not word.endswith(":") or not m or m.group(1) not in (None, *NEEDS):
        mistake(place, "expected 'SECTION: [if NEED] [xN] TEST'")
    needs, least, pattern = m.groups()
    parts = [part[1:-1].split("|") if part.startswith("{") else [part]
        for part in re.split(r"(\{[^{}]*\|[^{}]*\})", pattern)]
    return [Want(word[:-1], int(least or 1), "".join(p), needs)
        for p in itertools.product(*parts)]

def like(pattern):
    """The pattern, in which * stands for any text, as a regular expression."""
    text = ".*".join(map(re.escape, pattern.split("*")))
    return re.compile(re.sub(r"\bWHO\b", "(?:root|user)", text))

def printed(directory, sections):
    """{section: {"ok": [name], "FAIL": [text], "skip": [text]}} of those that
    have run."""
    out = {}
    for name in sections:
        lines = collections.defaultdict(dict)
        try: f = open("%s/section.%s" % (directory, name), errors="replace")
        except OSError: continue
        with f:
            for line in f:
                kind, _, text = line.rstrip("\n").partition(" ")
                # In the order in which they came, each once.
                lines[kind][text] = True
        out[name] = lines
    return out

class Result:
    """Of a row: the tests that have passed, what has failed, what is missing,
    and why something was skipped."""
    def __init__(self, row, out):
        self.passed, self.failed = set(), {}
        self.missing, self.skipped = [], {}
        if not row.wants: self.missing.append("any test")
        for want in row.wants: self.add(want, out)

    def add(self, want, out):
        lines, pattern = out.get(want.section), like(want.pattern)
        if lines is None:
            why = "section %s: it has not run" % want.section
            if why not in self.missing: self.missing.append(why)
            return
        good = {t for t in lines["ok"] if pattern.fullmatch(t)}
        self.passed |= {(want.section, t) for t in good}
        bad = [t for t in lines["FAIL"] if pattern.match(t)]
        self.failed.update(dict.fromkeys(bad))
        if len(good) + len(bad) >= want.least: return
        why = self.excuse(want, lines)
        if why: self.skipped[why] = True
        else:
            self.missing.append("%s: %s%s" % (want.section, want.pattern,
                "" if want.least == 1 else
                " (%d of at least %d)" % (len(good), want.least)))

    def excuse(self, want, lines):
        """Why a test may be missing: it said so itself, all of its section was
        skipped, or it needs what is not here."""
        if want.needs and not NEEDS[want.needs][0]():
            return NEEDS[want.needs][1]
        for text in lines["skip"]:
            excused = [like(want.pattern), *want.skips]
            if not lines["ok"] and not lines["FAIL"] or \
                    any(p.match(text) for p in excused):
                return text

    def text(self):
        parts = []
        if self.passed: parts.append("%d passed" % len(self.passed))
        if self.failed: parts.append("%d FAILED" % len(self.failed))
        if self.missing: parts.append("NO TEST")
        if self.skipped: parts.append("skipped: " + "; ".join(self.skipped))
        return ", ".join(parts)

    def line(self, number):
        """The result as one line, as any section prints them."""
        name = "threats: row %d" % number
        wrong = ["no test: " + m for m in self.missing] + list(self.failed)
        if wrong: return "FAIL %s: %s" % (name, "; ".join(wrong))
        if not self.passed:
            return "skip %s: %s" % (name, "; ".join(self.skipped))
        return "ok " + name

def cell(text, width):
    return textwrap.wrap(text, width) or [""]

def print_table(rows, results):
    left, middle, right = 24, 31, 17
    form = "%%-3s %%-%ds  %%-%ds  %%s" % (left, middle)
    print(form % ("row", "threat", "what was tried", "result"))
    for row, result in zip(rows, results):
        cells = itertools.zip_longest([str(row.number)],
            cell(row.threat, left), cell(row.tried, middle),
            cell(result.text(), right), fillvalue="")
        for line in cells: print((form % line).rstrip())

def main():
    table, what, *names = sys.argv[1:]
    rows = rows_of(table)
    only = os.environ.get("ROWS", "").split()
    if only: rows = [row for row in rows if str(row.number) in only]
    if what == "sections":
        print(*sorted({w.section for row in rows for w in row.wants}))
        return
    out = printed(what, names)
    results = [Result(row, out) for row in rows]
    print_table(rows, results)
    for row, result in zip(rows, results): print(result.line(row.number))

main()
