#!/usr/bin/env python3
"""Shows that check_attacks.py finds what it is for."""

import tempfile
import unittest
from pathlib import Path

import check_attacks

HEAD = "| attack | test | shown by |\n|---|---|---|\n"
ROW = "| links | `file_attack.by_links` (tests/a_test.cpp) | open |\n"


class CheckAttacks(unittest.TestCase):
    def problems(self, table, tests, python=""):
        with tempfile.TemporaryDirectory() as directory:
            root = Path(directory)
            for path, text in (("docs/attacks.md", table), ("tests/a_test.cpp", tests), ("tests/b_test.py", python)):
                (root / path).parent.mkdir(exist_ok=True)
                (root / path).write_text(text)
            return check_attacks.check(root)

    def test_accepts_a_table_that_is_whole(self):
        self.assertEqual(self.problems(HEAD + ROW, "TEST_P(file_attack, by_links) {\nTEST(other, one) {\n"), [])

    def test_finds_a_test_that_is_not_there(self):
        self.assertEqual(self.problems(HEAD + ROW, "TEST_P(file_attack_of_old, by_links) {\n"),
                         ["docs/attacks.md: there is no file_attack.by_links in tests/a_test.cpp"])

    def test_finds_an_attack_that_is_not_named(self):
        self.assertEqual(
            self.problems(HEAD + ROW, "TEST_P(file_attack, by_links) {\nTEST_F(file_attack, by_names) {\n"),
            ["tests/a_test.cpp: file_attack.by_names is missing in docs/attacks.md"])

    def test_knows_tests_in_python(self):
        row = "| ptrace | `code_attack.test_by_ptrace` (tests/b_test.py) | ptrace |\n"
        test = "class code_attack(Base):\n    def test_by_ptrace(self):\n"
        self.assertEqual(self.problems(HEAD + row, "", test + "class Other:\n    def test_one(self):\n"), [])
        self.assertEqual(self.problems(HEAD + row, "", "class Other:\n    def test_by_ptrace(self):\n"),
                         ["docs/attacks.md: there is no code_attack.test_by_ptrace in tests/b_test.py"])
        self.assertEqual(self.problems(HEAD + row, "", test + "    def test_by_names(self):\n"),
                         ["tests/b_test.py: code_attack.test_by_names is missing in docs/attacks.md"])

    def test_finds_a_row_without_a_test_and_a_missing_table(self):
        self.assertEqual(self.problems(HEAD + "| x | none | y |\n", ""),
                         ["docs/attacks.md: names no test: | x | none | y |"])
        self.assertEqual(self.problems("nothing", ""), ["docs/attacks.md: no table"])


if __name__ == "__main__":
    unittest.main()
