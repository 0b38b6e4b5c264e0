#!/usr/bin/python3
"""The sizes of the pools of executors, by the whole daemon, whose processes are counted."""

import re
import subprocess
import tempfile
import threading
import time
import unittest
from pathlib import Path

from code_world import BINARY, ENVIRONMENT, WithDaemon, eventually, minimum, running
from constants import TIME_LIMIT

BAD_CONFIGURATION = 78  # EX_CONFIG of sysexits.h


class Tuning(WithDaemon):
    """The number of executors follows the configuration."""

    FOLLOWS_WITHIN = 2  # seconds
    first = minimum(python=1, javascript=1)
    keys = first

    def executors(self):
        now = self.daemon.processes()
        return len(now.python), len(now.node)

    def follows(self, python, node):
        began = time.monotonic()
        eventually(lambda: self.executors() == (python, node), TIME_LIMIT)
        self.assertLessEqual(time.monotonic() - began, self.FOLLOWS_WITHIN)

    def setUp(self):
        for context in self.client.ask("GET", "/api/contexts").body["contexts"]:
            self.client.delete(context["id"])
        self.daemon.reload(self.first | {"python-pool-max-size": 1, "javascript-pool-max-size": 1})
        eventually(lambda: self.executors() == (1, 1))

    def test_minimum_up_and_down(self):
        short = {"idle-timeout": "1s"}
        self.daemon.reload(minimum(python=4, javascript=1) | short)
        self.follows(4, 1)
        self.daemon.reload(minimum(python=1, javascript=3) | short)
        self.follows(1, 3)
        self.daemon.reload(minimum() | short)
        self.follows(0, 0)

    def test_the_maximum_ends_what_idles_beyond_it_at_once(self):
        self.daemon.reload(minimum(python=4, javascript=3))
        self.follows(4, 3)
        self.daemon.reload(minimum(python=2, javascript=1) | {"python-pool-max-size": 2, "javascript-pool-max-size": 1})
        self.follows(2, 1)

    def test_contexts_are_untouched(self):
        gate = self.daemon.path("untouched")
        python, javascript = self.daemon.context("python"), self.daemon.context("javascript")
        self.run_code(python, "n = 41")
        self.run_code(javascript, "let n = 41")
        runs = {}
        begun = threading.Event()

        def work():
            code = (f"import os, time\nprint('begun')\nwhile not os.path.exists({str(gate)!r}): time.sleep(0.005)\n"
                    "n += 1\nn")
            runs["python"] = self.client.run(python, code, on_event=lambda _: begun.set())

        thread = threading.Thread(target=work)
        thread.start()
        try:
            self.assertTrue(begun.wait(TIME_LIMIT))
            self.daemon.reload(minimum(python=3, javascript=2) | {"idle-timeout": "1s"})
            self.follows(4, 3)
            # Fewer than there are in use: those stay, and there is none beside them.
            self.daemon.reload(minimum(python=1, javascript=1)
                               | {"python-pool-max-size": 1, "javascript-pool-max-size": 1, "idle-timeout": "1s"})
            self.follows(1, 1)
        finally:
            gate.touch()
            thread.join()
        self.assertEqual((runs["python"].value, runs["python"].state_lost), ("42", False), runs)
        self.assertEqual(self.value(python, "n"), "42")
        self.assertEqual(self.value(javascript, "n"), "41")
        answer = self.client.create("python")
        self.assertEqual((answer.status, answer.body["message"]), (
            500, "Failed to create code context: Maximum python executor limit reached (1). "
                 "Cannot create new executor."))
        self.daemon.reload(self.first | {"python-pool-max-size": 2})
        self.follows(2, 2)
        self.assertEqual(self.value(self.daemon.context("python"), "1+1"), "2")

    def test_bad_values_are_refused_and_the_old_ones_stay(self):
        self.daemon.reload(minimum(python=2, javascript=2))
        self.follows(2, 2)
        self.daemon.reload({"python-pool-min-size": 1, "javascript-pool-min-size": 1001, "python-pool-max-size": -1,
                            "idle-timeout": '"soon"'})
        where = re.escape(str(self.daemon.file))
        for line, key, value, allowed in (
                (3, "javascript-pool-min-size", "1001", r"0 to 1000 \(0 = none\)"),
                (4, "python-pool-max-size", "-1", "1 to 10000, or 0 = no limit"),
                (5, "idle-timeout", "soon", "1s to 24h")):
            with self.subTest(key):
                pattern = f"\"level\":\"error\".*{where}:{line}: interpreter.{key} = {value}: .*allowed: {allowed}"
                eventually(lambda: self.daemon.logged(pattern))
        self.daemon.reload({"python-pool-min-size": 4, "python-pool-max-size": 3})
        eventually(lambda: self.daemon.logged(f"{where}:2: interpreter.python-pool-min-size = 4: "
                                              f"exceeds interpreter.python-pool-max-size = 3 .*{where}:3"))
        # A context beyond those that idle shows that the pool has looked at its bounds since.
        self.daemon.context("python")
        self.follows(3, 2)
        eventually(lambda: self.client.health()["languages"]["javascript"]["idle"] == 2)


class Start(unittest.TestCase):
    def test_the_environment_sets_the_sizes(self):
        with running(minimum(python=1, javascript=1, typescript=1), {
                "PYTHON_POOL_MIN_SIZE": "2", "PYTHON_POOL_MAX_SIZE": "2", "JAVASCRIPT_POOL_MIN_SIZE": "0",
                "TYPESCRIPT_POOL_MIN_SIZE": "1", "TYPESCRIPT_POOL_MAX_SIZE": "1"}) as daemon:
            eventually(lambda: (len(daemon.processes().python), len(daemon.processes().node)) == (2, 1))
            eventually(lambda: {language: pool["idle"] for language, pool in
                                daemon.client.health()["languages"].items()}
                       == {"python": 2, "javascript": 0, "typescript": 1})
            for language, most in (("python", 2), ("typescript", 1)):
                for _ in range(most):
                    daemon.context(language)
                answer = daemon.client.create(language)
                self.assertEqual(answer.status, 500)
                self.assertIn(f"Maximum {language} executor limit reached ({most}).", answer.body["message"])
            daemon.context("javascript")  # no limit

    def refused(self, lines, environment=None):
        """Starts it with a bad configuration; what it says."""
        with tempfile.TemporaryDirectory(prefix="sandboxd-pool-") as directory:
            file = Path(directory) / "bad.conf"
            file.write_text("\n".join(lines) + "\n")
            done = subprocess.run([BINARY, f"--config-file={file}", "--http.port=0"], capture_output=True, text=True,
                                  env=ENVIRONMENT | (environment or {}), timeout=TIME_LIMIT, check=False)
            self.assertEqual(done.returncode, BAD_CONFIGURATION, done)
            return done.stderr.replace(str(file), "FILE")

    def test_bad_values_are_refused_with_key_and_line(self):
        for line, complaint in (
                ("python-pool-min-size = 1001", "= 1001: out of range; allowed: 0 to 1000 (0 = none)"),
                ("javascript-pool-max-size = 10001", "= 10001: out of range; allowed: 1 to 10000, or 0 = no limit"),
                ("typescript-pool-min-size = -1", "= -1: out of range; allowed: 0 to 1000 (0 = none)"),
                ("typescript-pool-max-size = 2.5", "= 2.5: not a whole number; allowed: 1 to 10000, or 0 = no limit"),
                ('start-timeout = "5"', "= 5: "),
                ("idle-timeout = 0s", "= 0s: out of range; allowed: 1s to 24h"),
                ("python-pool-size = 3", "= 3: unknown key; did you mean interpreter.python-pool-")):
            with self.subTest(line):
                said = self.refused(["; a comment", "[interpreter]", "", line])
                self.assertIn(f"FILE:4: interpreter.{line.split(' ')[0]} {complaint}", said)
        said = self.refused(["[interpreter]", "python-pool-min-size = 4", "python-pool-max-size = 3"])
        self.assertIn("FILE:2: interpreter.python-pool-min-size = 4: exceeds interpreter.python-pool-max-size = 3 "
                      "(FILE:3)", said)

    def test_bad_variables_are_refused_by_name(self):
        said = self.refused([], {"PYTHON_POOL_MIN_SIZE": "-1", "TYPESCRIPT_POOL_MAX_SIZE": "many",
                                 "INTERPRETER_SPAWN_TIMEOUT_MS": "1"})
        self.assertIn("variable PYTHON_POOL_MIN_SIZE: interpreter.python-pool-min-size = -1: out of range; "
                      "allowed: 0 to 1000 (0 = none)", said)
        self.assertIn("variable TYPESCRIPT_POOL_MAX_SIZE: interpreter.typescript-pool-max-size = many: ", said)
        self.assertIn("variable INTERPRETER_SPAWN_TIMEOUT_MS: interpreter.start-timeout = 1: out of range", said)


if __name__ == "__main__":
    unittest.main()
