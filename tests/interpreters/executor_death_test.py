#!/usr/bin/python3
"""Executors that end and misbehave, by the whole daemon."""

import json
import os
import signal
import time
import unittest

from code_world import WithDaemon, eventually, minimum
import executor_processes


class Deaths(WithDaemon):
    """However an executor ends, its run tells why, once; and the next one works and is told what was lost."""

    keys = minimum(python=2, javascript=1) | {
        "failures-to-open": 1000, "interrupt-grace": "300ms", "python-memory-bytes": '"1GiB"',
        "node-heap-bytes": '"32MiB"'}

    SOON = 500  # ms from a kill to the end of the run, on a machine that others use too

    def dies(self, language, code, ename, evalue, loses_state=True, **more):
        """Runs code after a line that leaves a mark in a file. Returns the run."""
        context = self.daemon.context(language)
        marks = self.daemon.path(f"marks-{context}")
        marked = {"python": f"with open({str(marks)!r}, 'a') as file: file.write('x')\n",
                  "javascript": f"require('fs').appendFileSync({json.dumps(str(marks))}, 'x');\n"}[language]
        self.run_code(context, "n = 5" if language == "python" else "var n = 5")
        run = self.run_code(context, marked + code, **more)
        self.assertEqual(run.ename, ename, run)
        self.assertRegex(run.error["evalue"], evalue)
        after = self.run_code(context, "1+1")
        self.assertEqual((after.value, after.state_lost), ("2", loses_state), after)
        state = self.run_code(context, "n")
        self.assertFalse(state.state_lost, "told twice")
        if loses_state:
            self.assertRegex(state.ename, "NameError|ReferenceError")
        else:
            self.assertEqual(state.value, "5")
        self.assertEqual(marks.read_text(), "x", "run again")
        self.client.delete(context)
        return run

    def test_it_exits(self):
        for code in (0, 3):
            self.dies("python", f"import os; os._exit({code})", "ExecutorTerminated", f"exit code {code}")
            self.dies("javascript", f"process.exit({code})", "ExecutorTerminated", f"exit code {code}")

    def test_exit_in_python_is_an_exception(self):
        self.dies("python", "exit(3)", "SystemExit", "3", loses_state=False)
        self.dies("python", "import sys; sys.exit(3)", "SystemExit", "3", loses_state=False)

    def test_it_kills_itself(self):
        self.dies("python", "import os; os.kill(os.getpid(), 9)", "ExecutorTerminated", "signal 9")
        self.dies("javascript", "process.kill(process.pid, 'SIGKILL'); await new Promise(() => {})",
                  "ExecutorTerminated", "signal 9")

    def test_it_crashes(self):
        self.dies("python", "import ctypes; ctypes.string_at(0)", "ExecutorTerminated", "signal 11")
        self.dies("javascript", "process.abort()", "ExecutorTerminated", "signal 6")

    def test_somebody_kills_it(self):
        for language, code in (("python", "print('begun')\nimport time; time.sleep(1000)"),
                               ("javascript", "console.log('begun'); await new Promise((f) => setTimeout(f, 1e6))")):
            with self.subTest(language):
                place = self.daemon.path(f"kill-{language}")
                place.mkdir()
                context = self.daemon.context(language, cwd=str(place))
                killed = []

                def kill(event):
                    if event["type"] == "stdout":
                        victim = next(pid for pid in self.daemon.processes().executors
                                      if executor_processes.works_in(pid, place))
                        killed.append(time.monotonic())
                        os.kill(victim, signal.SIGKILL)

                run = self.run_code(context, code, on_event=kill)
                self.assertEqual(run.ename, "ExecutorTerminated", run)
                self.assertRegex(run.error["evalue"], "signal 9")
                self.assertLess((run.ended - killed[0]) * 1000, self.SOON)

    def test_one_that_dies_while_it_idles_costs_the_state(self):
        place = self.daemon.path("idle")
        place.mkdir()
        context = self.daemon.context("python", cwd=str(place))
        self.run_code(context, "n = 1")
        mine = lambda: [pid for pid in self.daemon.processes().python
                        if executor_processes.works_in(pid, place)]
        first = mine()
        os.kill(first[0], signal.SIGKILL)
        eventually(lambda: (now := mine()) and now != first)
        run = self.run_code(context, "'n' in globals()")
        self.assertEqual((run.value, run.state_lost), ("False", True))

    def test_it_wants_too_much_memory(self):
        self.dies("python", "x = b'x' * (2 << 30)", "MemoryError", "^", loses_state=False)
        self.dies("javascript", "const all = []; for (;;) all.push(new Array(100000).fill({}))", "ExecutorTerminated",
                  "signal (5|6)|exit code 134")

    def test_it_closes_its_connection(self):
        self.dies("python", "import os, time; os.closerange(3, 1000); time.sleep(1000)", "ExecutorTerminated",
                  "closed its connection")
        self.dies("javascript", "const fs = require('fs'); fs.closeSync(3); fs.closeSync(4); for (;;);",
                  "ExecutorTerminated", "closed its connection")

    def test_it_sends_what_is_no_message(self):
        for garbage in (b"\xff" * 64, b"\x00\x00\x00\x02no", b"\x00\x00\x00\x02{}"):
            self.dies("python", "import os, stat, time\nfor one in os.listdir('/proc/self/fd'):\n"
                      "  try:\n    if stat.S_ISSOCK(os.fstat(int(one)).st_mode): os.write(int(one), "
                      f"{garbage!r})\n  except OSError: pass\ntime.sleep(1000)", "ExecutorTerminated", "no message|a message of more than")
            self.dies("javascript", f"require('fs').writeSync(4, Buffer.from('{garbage.hex()}', 'hex')); for (;;);",
                      "ExecutorTerminated", "no message|a message of more than")

    def test_it_takes_too_long(self):
        for language, code in (("python", "while True: pass"), ("python", "import time; time.sleep(1000)"),
                               ("javascript", "for (;;);"), ("javascript", "await new Promise(() => {})")):
            with self.subTest(code):
                self.dies(language, code, "TimeoutError", "longer than 150 ms", loses_state=False, timeout_ms=150)

    def test_it_takes_too_long_and_does_not_listen(self):
        for language, code in (
                ("python", "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)\nwhile True: pass"),
                ("python", "import time\nwhile True:\n  try: time.sleep(1000)\n  except KeyboardInterrupt: pass"),
                ("javascript", "await null; for (;;);"),
                ("javascript", "require('child_process').spawnSync('sh', ['-c', 'trap \"\" INT; sleep 1000'])")):
            with self.subTest(code):
                run = self.dies(language, code, "TimeoutError", "longer than 150 ms", timeout_ms=150)
                self.assertLess(run.ended - run.began, 5)

    def test_what_it_has_forked_ends_with_it(self):
        sleepers = lambda: [pid for pid in self.daemon.processes().states
                            if executor_processes.command_line(pid)[:2] == ["sleep", "4711"]]
        self.dies("python", "import os, subprocess\nsubprocess.Popen(['sleep', '4711'], start_new_session=True)\n"
                  "os.fork() or os.execvp('sleep', ['sleep', '4711'])\nos._exit(3)",
                  "ExecutorTerminated", "exit code 3")
        eventually(lambda: not sleepers())
        self.dies("javascript", "const { spawn } = require('child_process');\n"
                  "spawn('sleep', ['4711'], { detached: true, stdio: 'inherit' });\nprocess.exit(3)",
                  "ExecutorTerminated", "exit code 3")
        eventually(lambda: not sleepers())

    def test_a_fork_of_it_does_not_hold_up_the_run(self):
        context = self.daemon.context("python")
        run = self.run_code(context, "import os, time\nif os.fork() == 0:\n  time.sleep(1000)\nprint('parent')\n1+1")
        self.assertEqual((run.value, run.stdout), ("2", "parent\n"))
        run = self.run_code(context, "import os, time\nif os.fork() == 0:\n  time.sleep(1000)\nos._exit(4)")
        self.assertEqual(run.ename, "ExecutorTerminated")
        self.assertRegex(run.error["evalue"], "exit code 4")
        self.client.delete(context)

    def test_what_is_printed_between_runs_is_in_none(self):
        context = self.daemon.context("python")
        gate, printed = self.daemon.path("gate"), self.daemon.path("printed")
        run = self.run_code(context, "import os, threading, time\ndef late():\n"
                            f"  while not os.path.exists({str(gate)!r}): time.sleep(0.005)\n"
                            f"  print('late', flush=True)\n  open({str(printed)!r}, 'w').close()\n"
                            "thread = threading.Thread(target=late)\nthread.start()\nprint('early')")
        self.assertEqual((run.stdout, run.error), ("early\n", None))
        gate.touch()
        eventually(printed.exists)
        run = self.run_code(context, "thread.join()\n1+1")
        self.assertEqual((run.value, run.stdout, run.stderr, run.state_lost), ("2", "", "", False), run)


if __name__ == "__main__":
    unittest.main()
