#!/usr/bin/env python3
"""Shows that mechanisms.py tells what has become of the tests that a table names."""

import contextlib
import io
import json
import tempfile
import unittest
from pathlib import Path
from unittest import mock

import mechanisms

HEAD = "## What must not be reached\n\n| what | by whom | mechanism | level | test |\n|---|---|---|---|---|\n"
FAULTS = "\n## Classes of known faults\n\n| class | level | tests |\n|---|---|---|\n| zombies | all | `jobs.are_reaped` |\n"
SUITES = """class Rooms(Base):
    def test_are_closed(self):
    def test_are_locked(self):
    def test_are_dark(self):
"""
PYTHON = """test_are_closed (__main__.Rooms.test_are_closed) ... ok
test_are_dark (__main__.Rooms.test_are_dark)
By night. ... ok
test_are_locked (__main__.Rooms.test_are_locked) ... x.py:1: ResourceWarning: unclosed
skipped 'there is no key'

----------------------------------------------------------------------
Ran 3 tests in 0.1s

OK (skipped=1)
"""
SKIPPED = "x\n/a_test.cpp:7: Skipped\nneeds root,\nto look\n[  SKIPPED ] doors.are_shut (0 ms)\n"


def case(name, status="run", inside=""):
    return f'<testcase name="{name}" status="{status}">{inside}</testcase>'


def skipped(name, output=SKIPPED):
    return case(name, "notrun", f"<skipped/><system-out>{output}</system-out>")


class Mechanisms(unittest.TestCase):
    def told(self, cell, cases, others=(), level="all"):
        """The exit status, what is printed of the row, and the problems."""
        text = HEAD + f"| rooms | all | walls | {level} | {cell} |\n" + FAULTS
        report = "<testsuite>" + "".join(cases) + case("jobs.are_reaped") + "</testsuite>"
        with tempfile.TemporaryDirectory() as directory:
            root = Path(directory)
            (root / "docs").mkdir()
            (root / "tests").mkdir()
            (root / "docs/security.md").write_text(text)
            (root / "tests/rooms_test.py").write_text(SUITES)
            (root / "report.xml").write_text(report)
            (root / "tests.json").write_text(json.dumps({"tests": [{"name": name} for name in others]}))
            words = ["mechanisms.py", str(root / "report.xml"), str(root / "tests.json"), str(root)]
            output = io.StringIO()
            with mock.patch("sys.argv", words), contextlib.redirect_stdout(output):
                status = mechanisms.main()
        lines = output.getvalue().splitlines()
        row = lines.index(next(line for line in lines if line.startswith("walls")))
        end = lines.index("", row)
        start = sum(mechanisms.WIDTHS[:3]) + 6
        shown = " ".join(line[start:].strip() for line in lines[row:end]).strip()
        return status, shown, [line for line in lines if line.startswith("docs/security.md")]

    def test_counts_every_case_of_a_test(self):
        cases = [case("as/doors.are_shut/one  # GetParam() = 1"), case("as/doors.are_shut/two"), case("doors.open")]
        self.assertEqual(self.told("`doors.are_shut`", cases), (0, "proven by 2 tests", []))
        self.assertEqual(self.told("`doors.are_shut/t..`, `..open`", cases), (0, "proven by 2 tests", []))
        self.assertEqual(self.told("`doors.are_shut/one`", cases), (0, "proven by 1 test", []))

    def test_knows_wildcards_and_the_suite_of_the_name_before(self):
        cases = [case("doors.are_shut"), case("doors.are_high"), case("doors_of_others.are_shut"), case("doors.open")]
        self.assertEqual(self.told("`doors.*` and more", cases)[1], "proven by 3 tests")
        self.assertEqual(self.told("`doors.open`: `..are_..`", cases)[1], "proven by 3 tests")

    def test_tells_how_many_have_run_at_strict_too(self):
        cases = [case("doors.open"), case("strict:doors.open"), case("strict:as/doors.are_shut/one")]
        self.assertEqual(self.told("`doors.*`", cases)[1], "proven by 3 tests, 2 of them at strict")

    def test_tells_why_something_is_not_available(self):
        self.assertEqual(self.told("`doors.are_shut`", [skipped("doors.are_shut")]),
                         (0, "not available here: needs root, to look", []))
        self.assertEqual(self.told("`doors.*`", [case("doors.open"), skipped("doors.are_shut")])[1],
                         "proven by 1 test; not available here (1 test): needs root, to look")

    def test_tells_failures_first(self):
        cases = [case("doors.open"), case("doors.are_shut", "fail", "<failure/>")]
        self.assertEqual(self.told("`doors.*`", cases)[1], "FAILED: 1 test; proven by 1 test")

    def test_tells_what_did_not_run(self):
        self.assertEqual(self.told("`doors.open`", [], ["doors.open"]), (0, "not run", []))
        self.assertEqual(self.told("`doors.*`", [case("doors.shut")], ["doors.open", "doors.shut"])[1],
                         "proven by 1 test; not run: 1 test")

    def test_knows_tests_in_python(self):
        whole = case("rooms_test", inside=f"<system-out>{PYTHON}</system-out>")
        self.assertEqual(self.told("`Rooms.*`", [whole]),
                         (0, "proven by 2 tests; not available here (1 test): there is no key", []))
        self.assertEqual(self.told("`Rooms.test_are_locked`", [whole])[1], "not available here: there is no key")
        self.assertEqual(self.told("`Rooms.test_are_dark`", [], ["rooms_test"])[1], "not run")
        self.assertEqual(self.told("`Rooms.*`", [case("rooms_test", "fail", "<failure/>")])[1], "FAILED: 3 tests")

    def test_finds_what_is_wrong_with_a_table(self):
        cases = [case("doors.open")]
        self.assertEqual(self.told("`doors.are_shut`", cases),
                         (1, "", ["docs/security.md: rooms: there is no test `doors.are_shut`"]))
        self.assertEqual(self.told("none", cases)[2], ["docs/security.md: rooms: names no test"])
        self.assertEqual(self.told("`doors`", cases)[2], ["docs/security.md: rooms: `doors` is no name of a test"])
        self.assertEqual(self.told("`doors.open`", cases, level="")[2], ["docs/security.md: rooms: has no level"])


if __name__ == "__main__":
    unittest.main()
