"""Snippets and messages of acme-client-guide(7).

guide.py names PAGE          the snippets' names; an unmarked one is an error
guide.py snippet PAGE NAME   its text, as a reader types it
guide.py messages PAGE TOP   each message that is in no literal of the sources
guide.py met PAGE FILE       how many of the messages are in this file

A snippet is a literal display below a comment that names it:
    .\\" snippet NAME
with "not run" behind the name if no test can run it.  A message is the quoted
text of ".It Li"; "..." stands for one conversion of the literal or more.
"""
import glob, re, sys

MARK = '.\\" snippet '
STRING = r'"((?:[^"\\\n]|\\.)*)"'

def plain(line):
    """A line of a display without roff's escapes."""
    for roff, text in (("\\e", "\\"), ("\\(dq", '"'), ("\\&", "")):
        line = line.replace(roff, text)
    return line

def snippets(page):
    """Names and texts, in the page's order."""
    found, before, inside = [], "", None
    for number, line in enumerate(open(page), 1):
        line = line.rstrip("\n")
        if inside is not None:
            if line == ".Ed":
                found.append((inside[0], "".join(inside[1:])))
                inside = None
            else: inside.append(plain(line) + "\n")
        elif line.startswith((".Bd -literal", ".Dl")):
            if not before.startswith(MARK) or line.startswith(".Dl"):
                sys.exit("%s:%d: a display without '%s'" % (page, number, MARK))
            inside = [before[len(MARK):]]
        before = line
    names = [name for name, _ in found]
    if len(set(names)) != len(names): sys.exit("%s: a name twice" % page)
    return found

def messages(page):
    return re.findall(r'^\.It Li "(.*)"$', open(page).read(), re.M)

def literals(top):
    """All string literals of the sources, a NUL for each conversion."""
    for path in glob.glob(top + "/*.c"):
        text = re.sub(r"/\*.*?\*/", "", open(path).read(), flags=re.S)
        for m in re.finditer(STRING + r"(?:\s*" + STRING + ")*", text):
            whole = "".join(re.findall(STRING, m.group()))
            whole = whole.replace('\\"', '"').replace("\\n", "\n")
            yield re.sub(r"%[-0-9.*]*(?:ll|l|z)?[a-zA-Z]", "\0", whole)

def pattern(message, between):
    return re.compile(between.join(map(re.escape, message.split("..."))))

def unknown(page, top):
    known = list(literals(top))
    for message in messages(page):
        sought = pattern(message, ".*\0.*")
        if len(message.replace("...", "").split()) < 4:
            yield "too short: " + message
        elif not any(sought.search(text) for text in known):
            yield "in no source: " + message

def main(what, page, *more):
    if what == "names":
        for name, _ in snippets(page): print(name)
    elif what == "snippet":
        texts = [t for name, t in snippets(page) if name == more[0]]
        if not texts: sys.exit("%s: no snippet %s" % (page, more[0]))
        print(texts[0], end="")
    elif what == "messages":
        for line in unknown(page, more[0]): print(line)
    else:
        said = open(more[0], errors="replace").read()
        met = [m for m in messages(page) if pattern(m, ".*").search(said)]
        print(len(met))

main(*sys.argv[1:])
