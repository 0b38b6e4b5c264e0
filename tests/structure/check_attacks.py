#!/usr/bin/env python3
"""Checks that every test the table of docs/attacks.md names exists, and that it names every attack test.

Usage: check_attacks.py [ROOT]

A test is named as `suite.test` (file); in Python the suite is the class. Those of a suite whose name ends with `_attack` must all be named. Prints one line
per violation and exits with 1 if there is any.
"""

import re
import sys
from pathlib import Path

TABLE = "docs/attacks.md"
NAMED = re.compile(r"`(\w+)\.(\w+)` \((tests/[\w/]+\.(?:cpp|py))\)")
DEFINED = re.compile(r"^TEST(?:_F|_P)?\(\s*(\w+),\s*(\w+)\)", re.MULTILINE)
DEFINED_IN_PYTHON = re.compile(r"^class (\w+)|^    def (test_\w+)", re.MULTILINE)


def tests_in(path):
    """The pairs of suite and test."""
    if path.suffix == ".cpp":
        return DEFINED.findall(path.read_text())
    found, suite = [], ""
    for name, test in DEFINED_IN_PYTHON.findall(path.read_text()):
        suite = name or suite
        found += [(suite, test)] if test else []
    return found


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
               for path in (root / "tests").rglob("*") if path.suffix in (".cpp", ".py")
               for suite, test in tests_in(path)}
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
