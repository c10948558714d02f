# python3 cases.py FILE ARGUMENT...: runs a file of tests that uses hostile_lib.
# Where it raises an exception, the test fails, and the next case goes on: the
# next round of a loop, or the next statement of the file.
import ast, sys, traceback

del sys.argv[0]
path = sys.argv[0]
from hostile_lib import report

def stumbled():
    _, e, trace = sys.exc_info()
    lines = [at.lineno for at in traceback.extract_tb(trace)
        if at.filename == path]
    name = path.rsplit("/", 1)[-1]
    report(False, "%s: line %s" % (name, ", from ".join(map(str, lines[::-1]))),
        "%s: %s" % (type(e).__name__, e))

def guarded(statements):
    """The statements, with stumbled() for an exception of any of them."""
    guard = ast.parse("try: pass\nexcept Exception: stumbled()").body[0]
    guard.body = statements
    return guard

with open(path) as f: tests = ast.parse(f.read(), path)
for statement in tests.body:
    if isinstance(statement, (ast.For, ast.While)):
        statement.body = [guarded(statement.body)]
tests.body = [guarded([statement]) for statement in tests.body]
exec(compile(ast.fix_missing_locations(tests), path, "exec"),
    {"__name__": "__main__", "stumbled": stumbled})
