#!/usr/bin/env python3
"""Prints what the tables of docs/security.md say is stopped, and what this run of the tests has shown of it.

Usage: mechanisms.py REPORT TESTS [ROOT]
  REPORT  the summary of CTest in JUnit's format (--output-junit), with the output of tests that have passed
  TESTS   all tests that CTest knows (--show-only=json-v1), also those that did not run

A cell names tests as `suite.test`, or `suite.test/case` for one case of many; `*` stands for any characters, `..` at the
beginning for the suite of the name before, at the end for the rest of the name. Those in Python are found by their class. Tests that run once more at
`isolation.level = strict` are counted with them. Exits with 1 when a name fits no test, or a row has no name or no level.
"""

import fnmatch
import json
import re
import sys
import textwrap
import xml.etree.ElementTree as tree
from pathlib import Path
from typing import NamedTuple

import check_attacks

PAGE = "docs/security.md"
SECTIONS = ("What must not be reached", "Classes of known faults")
NAME = re.compile(r"`([^`]+)`")
FORM = re.compile(r"(?:\w+\.|\.\.)[\w*]+(?:/[\w*]+)?(?:\.\.)?")
AT_STRICT = "strict:"  # how CTest calls tests that run at that level besides
PASSED, FAILED, SKIPPED, NOT_RUN = "passed", "failed", "skipped", "not run"
WIDTHS = (36, 10, 40, 60)


class Outcome(NamedTuple):
    kind: str
    reason: str = ""
    is_at_strict: bool = False


class Row(NamedTuple):
    section: str
    cells: dict  # by the heading of their column


def rows_of(text):
    """Those of the tables of our sections."""
    rows, section, headings = [], "", None
    for line in text.splitlines():
        if line.startswith("#"):
            section, headings = line.lstrip("# "), None
        elif section in SECTIONS and line.startswith("|"):
            cells = [cell.strip() for cell in line.strip("|").split("|")]
            if headings is None:
                headings = cells
            elif not set(line) <= set("|-"):
                rows.append(Row(section, dict(zip(headings, cells))))
    return rows


def patterns_in(cell):
    """What the names in a cell stand for, by the name; raises ValueError for what is none."""
    patterns, suite = {}, ""
    for name in NAME.findall(cell):
        if not FORM.fullmatch(name):
            raise ValueError(f"`{name}` is no name of a test")
        whole = suite + "." + name[2:] if name.startswith("..") else name
        suite = whole.split(".")[0]
        patterns[name] = re.sub(r"\.\.$", "*", whole)
    if not patterns:
        raise ValueError("names no test")
    return patterns


def plain_name(name):
    """`suite.test` or `suite.test/case` of a test of CTest's: without the instance that GoogleTest adds."""
    suite, dot, test = name.removeprefix(AT_STRICT).split("  #")[0].partition(".")
    return [word for word in suite.split("/") if not word.isdigit()][-1] + dot + test


def reason_in(output):
    """Why a test was skipped: of GoogleTest, or of Python's unittest."""
    found = re.search(r": Skipped\n((?:(?!\[).+\n)*)", output) or re.search(r"skipped (?:'(.*)'|\"(.*)\")", output)
    text = next((group for group in found.groups() if group), "") if found else ""
    return " ".join(text.split()) or "no reason told"


def outcome_of(case):
    if case.find("failure") is not None or case.get("status") == "fail":
        return Outcome(FAILED)
    if case.find("skipped") is not None:
        return Outcome(SKIPPED, reason_in(case.findtext("system-out") or ""))
    return Outcome(PASSED) if case.get("status") == "run" else Outcome(NOT_RUN)


def outcomes_in_python(output, whole):
    """By class and test, of a program of Python's unittest that was verbose. `whole` is what became of all."""
    heads = list(re.finditer(r"^test_\w+ \([\w.]*?(\w+)\.(test_\w+)\)", output, re.MULTILINE))
    found = {}
    for head, end in zip(heads, [*(one.start() for one in heads[1:]), len(output)]):
        said = output[head.end():end].split("\n=====")[0].split("\n-----")[0]
        if re.search(r"(?:^|\.\.\. )skipped ['\"]", said, re.MULTILINE):
            result = Outcome(SKIPPED, reason_in(said))
        elif re.search(r"(?:^|\.\.\. )(?:FAIL|ERROR)$", said, re.MULTILINE):
            result = Outcome(FAILED)
        else:
            result = Outcome(PASSED)
        found[head[1] + "." + head[2]] = result
    return found


class Tests:
    """All tests there are, and what has become of them."""

    def __init__(self, report, known, root):
        cases = {case.get("name"): case for case in report.iter("testcase")}
        self._outcomes = {}  # lists, by plain names
        programs = {path.stem: path for path in sorted((root / "tests").rglob("*.py"))}
        for name in {*known, *cases}:
            case = cases.get(name)
            outcome = Outcome(NOT_RUN) if case is None else outcome_of(case)
            if name in programs:
                self._add_python(programs[name], case, outcome)
            else:
                outcome = outcome._replace(is_at_strict=name.startswith(AT_STRICT))
                self._outcomes.setdefault(plain_name(name), []).append(outcome)

    def _add_python(self, program, case, whole):
        """A program that was not verbose or did not come to its end tells of no single test."""
        single = outcomes_in_python((case.findtext("system-out") or "") if case is not None else "", whole)
        for suite, test in check_attacks.tests_in(program):
            name = f"{suite}.{test}"
            self._outcomes.setdefault(name, []).append(single.get(name, whole))

    def matching(self, pattern):
        """Of all cases of a test, unless the pattern names some."""
        return [outcome for name, outcomes in sorted(self._outcomes.items())
                if fnmatch.fnmatchcase(name if "/" in pattern else name.split("/")[0], pattern) for outcome in outcomes]


def summary(outcomes):
    """In words, what the tests of a row have shown."""
    def count(kind):
        return sum(outcome.kind == kind for outcome in outcomes)

    def tests(number):
        return f"{number} test{'' if number == 1 else 's'}"

    words = [f"FAILED: {tests(count(FAILED))}"] if count(FAILED) else []
    at_strict = sum(outcome.kind == PASSED and outcome.is_at_strict for outcome in outcomes)
    words += [f"proven by {tests(count(PASSED))}" + (f", {at_strict} of them at strict" if at_strict else "")] \
        if count(PASSED) else []
    reasons = {}
    for outcome in outcomes:
        if outcome.kind == SKIPPED:
            reasons[outcome.reason] = reasons.get(outcome.reason, 0) + 1
    words += [f"not available here{f' ({tests(number)})' if count(PASSED) else ''}: {reason}"
              for reason, number in reasons.items()]
    if count(NOT_RUN):
        words.append(f"not run: {tests(count(NOT_RUN))}" if len(words) else "not run")
    return "; ".join(words)


def judge(row, tests):
    """What is shown of a row, and what is wrong with it."""
    problems, outcomes = [], []
    named = row.cells.get("test") or row.cells.get("tests") or ""
    if not row.cells.get("level"):
        problems.append("has no level")
    try:
        for name, pattern in patterns_in(named).items():
            found = tests.matching(pattern)
            problems += [] if found else [f"there is no test `{name}`"]
            outcomes += found
    except ValueError as problem:
        problems.append(str(problem))
    return summary(outcomes), problems


def show(cells):
    wrapped = [textwrap.wrap(cell.replace("`", ""), width) or [""] for cell, width in zip(cells, WIDTHS)]
    for index in range(max(map(len, wrapped))):
        parts = [lines[index] if index < len(lines) else "" for lines in wrapped]
        print("  ".join(part.ljust(width) for part, width in zip(parts, WIDTHS)).rstrip())


def main():
    report, known = tree.parse(sys.argv[1]).getroot(), json.loads(Path(sys.argv[2]).read_text())
    root = Path(sys.argv[3]) if len(sys.argv) > 3 else Path(__file__).resolve().parents[2]
    tests = Tests(report, [test["name"] for test in known["tests"]], root)
    rows, problems, section = rows_of((root / PAGE).read_text()), [], None
    problems += [f"{PAGE}: no table \"{name}\"" for name in SECTIONS if name not in {row.section for row in rows}]
    for row in rows:
        if row.section != section:
            section = row.section
            print(f"\n{section}")
            show(["mechanism" if "mechanism" in row.cells else "class", "level",
                  "what" if "what" in row.cells else "", "shown by this run"])
        result, wrong = judge(row, tests)
        what = row.cells.get("what") or row.cells.get("class") or ""
        show([row.cells.get("mechanism") or what, row.cells.get("level", ""), row.cells.get("what", ""), result])
        problems += [f"{PAGE}: {what}: {problem}" for problem in wrong]
    print("", *problems, sep="\n")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
