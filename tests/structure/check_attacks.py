#!/usr/bin/env python3
"""Checks that every test the table of docs/attacks.md names exists, and that it names every attack test.

Usage: check_attacks.py [ROOT]

A test is named as `suite.test` (file). Those of a suite whose name ends with `_attack` must all be named. Prints one line
per violation and exits with 1 if there is any.
"""

import re
import sys
from pathlib import Path

TABLE = "docs/attacks.md"
NAMED = re.compile(r"`(\w+)\.(\w+)` \((tests/[\w/]+\.cpp)\)")
DEFINED = re.compile(r"^TEST(?:_F|_P)?\(\s*(\w+),\s*(\w+)\)", re.MULTILINE)


def check(root):
    rows = [line for line in (root / TABLE).read_text().splitlines() if line.startswith("|")][2:]
    problems = [] if rows else [f"{TABLE}: no table"]
    named = set()
    for row in rows:
        tests = NAMED.findall(row)
        if not tests:
            problems.append(f"{TABLE}: names no test: {row}")
        named.update((path, suite, test) for suite, test, path in tests)
    defined = {(str(path.relative_to(root)), suite, test)
               for path in (root / "tests").rglob("*.cpp") for suite, test in DEFINED.findall(path.read_text())}
    problems += [f"{TABLE}: there is no {suite}.{test} in {path}" for path, suite, test in sorted(named - defined)]
    problems += [f"{path}: {suite}.{test} is missing in {TABLE}"
                 for path, suite, test in sorted(defined - named) if suite.endswith("_attack")]
    return problems


def main():
    root = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).resolve().parents[2]
    problems = check(root)
    print(*problems, sep="\n", end="\n" if problems else "")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
