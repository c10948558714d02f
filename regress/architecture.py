"""ARCHITECTURE.md against the sources.

python3 architecture.py TOP: prints what is wrong, one line each.

- The table of files names each .c and .h file at the top once, and no other,
  below its module, whose prefixes the file's name begins with.
- In the tables of paths ("| file | read there |") each function is defined in
  the file of its row, neighbouring rows are of different files, and the line
  "N changes of file among M files" above a table is right.
- The drawings of states are those in cert.h and file.h.
- The table of tests has the sections of regress/run.sh, and no other.
"""
import os, re, sys

FILES = ["| file | what it is for |", "|---|---|"]
PATH = ["| file | read there |", "|---|---|"]
SECTIONS = ["| section | what it tests |", "|---|---|"]
COUNT = re.compile(r"(\d+) changes of file among (\d+) files")

def read(path):
    with open(path) as f: return f.read()

def rows(lines, i):
    """The cells of the table whose rows begin at line i."""
    found = []
    while i < len(lines) and lines[i].startswith("| "):
        found.append([c.strip() for c in lines[i].strip("| ").split(" | ", 1)])
        i += 1
    return found

def tables(lines, head):
    """Where tables of this head begin."""
    return [i for i in range(len(lines)) if lines[i:i + 2] == head]

def check_files(lines, sources):
    starts = tables(lines, FILES)
    if len(starts) != 1:
        yield "%d tables of files" % len(starts)
        return
    named, prefixes = [], []
    for cells in rows(lines, starts[0] + 2):
        if cells[0].startswith("**"):
            prefixes = cells[0].strip("*").split(", ")
        else:
            named.append(cells[0])
            if not cells[0].startswith(tuple(prefixes)):
                yield "files: %s is not %s" % (cells[0], ", ".join(prefixes))
    for name in sorted(set(named) - sources):
        yield "files: %s does not exist" % name
    for name in sorted(sources - set(named)):
        yield "files: %s is missing" % name
    for name in sorted({n for n in named if named.count(n) > 1}):
        yield "files: %s is given twice" % name

def check_paths(top, lines):
    starts = tables(lines, PATH)
    if len(starts) < 4: yield "%d paths" % len(starts)
    for i in starts:
        path = rows(lines, i + 2)
        names = [cells[0] for cells in path]
        for a, b in zip(names, names[1:]):
            if a == b: yield "path: two rows of %s in a row" % a
        # The count stands in the paragraph above the table.
        above = i - 2
        while above > 0 and lines[above]: above -= 1
        said = COUNT.search(" ".join(lines[above:i]))
        told = said and (int(said.group(1)), int(said.group(2)))
        if told != (len(names) - 1, len(set(names))):
            yield "path from %s: %d changes of file among %d files" % (
                names[0], len(names) - 1, len(set(names)))
        for name, text in path:
            try: source = read(os.path.join(top, name))
            except OSError:
                yield "path: there is no %s" % name
                continue
            functions = re.findall(r"(\w+)\(\)", text)
            if not functions: yield "path: no function in %s" % name
            for f in functions:
                begin = r"^(?:[a-zA-Z].* \*? ?)?%s\(" % f
                if not re.search(begin, source, re.M):
                    yield "path: %s has no %s()" % (name, f)

def drawing(text, first, mark):
    """The lines from that with the word first on, without mark before each."""
    lines = text.split("\n")
    at = [i for i, l in enumerate(lines)
        if l.startswith(mark) and first + " -" in l]
    if len(at) != 1: return None
    end = at[0]
    while lines[end].strip(" */"): end += 1
    return [l[len(mark):].strip() for l in lines[at[0]:end]]

def check_drawings(top, page):
    for header, source, first in ("cert.h", "cert-course.c", "AWAITS_KEYS"), \
            ("file.h", "fileproc.c", "SET_UNLOCKED"):
        here = drawing(page, first, "    ")
        there = drawing(read(os.path.join(top, header)), first, " * ")
        if not here or here != there:
            yield "the drawing from %s on is not that in %s" % (first, header)
        table = read(os.path.join(top, source)).split("steps[] = {")[1]
        for state in re.findall(r'"(\w+)"', table.split("};")[0]):
            if state not in " ".join(here or []) and state != "FINISHED":
                yield "the drawing from %s on has no %s" % (first, state)

def check_sections(top, lines):
    starts = tables(lines, SECTIONS)
    told = {s for i in starts for cells in rows(lines, i + 2)
        for s in cells[0].split(", ")}
    text = read(os.path.join(top, "regress/run.sh"))
    are = set(re.search(r'^all="([^"]*)"', text, re.M).group(1).split())
    for s in sorted(told ^ are):
        yield "tests: %s %s" % (s,
            "does not exist" if s in told else "is missing")

def main(top):
    page = read(os.path.join(top, "ARCHITECTURE.md"))
    lines = page.split("\n")
    sources = {n for n in os.listdir(top) if n.endswith((".c", ".h"))}
    for check in check_files(lines, sources), check_paths(top, lines), \
            check_drawings(top, page), check_sections(top, lines):
        for wrong in check: print(wrong)

if __name__ == "__main__": main(*sys.argv[1:])
