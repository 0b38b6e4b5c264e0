#!/usr/bin/python3
"""The programs behind the executors end or hang, by the whole daemon: fork server, transpiler."""

import contextlib
import os
import signal
import tempfile
import threading
import time
import unittest
from pathlib import Path

from code_world import WithDaemon, eventually, minimum, running
from constants import PYTHON, TIME_LIMIT
import executor_processes


class Ends(WithDaemon):
    """No executor idles: each test has its own, and knows who has forked it."""

    SOON = 500  # ms from a kill to the end of the run, on a machine that others use too
    keys = minimum() | {"failures-to-open": 1000}

    def check_refused_for_a_while(self, answer):
        self.assertEqual(answer.status, 503, answer)
        self.assertIsNotNone(answer.retry_after)

    def test_the_fork_server_dies(self):
        """Its executors live on; there are no new ones for a moment."""
        context = self.daemon.context("python")
        self.run_code(context, "n = 1")
        ended = []
        begun = threading.Event()
        gate = self.daemon.path("after the fork server")

        def work():
            ended.append(self.client.run(
                context, "import os, time\nprint('begun')\n"
                         f"while not os.path.exists({str(gate)!r}): time.sleep(0.005)\nn += 1\nn",
                on_event=lambda _: begun.set()))

        thread = threading.Thread(target=work)
        thread.start()
        self.assertTrue(begun.wait(TIME_LIMIT))
        before = self.daemon.processes()
        os.kill(before.fork_servers[0], signal.SIGKILL)
        eventually(lambda: set(self.daemon.processes().fork_servers) - set(before.fork_servers))
        answers = []

        def made():
            answers.append(self.client.create("python"))
            return answers[-1].status == 200

        eventually(made)
        gate.touch()
        thread.join()
        with self.subTest("who comes meanwhile is asked to wait"):
            for answer in answers[:-1]:
                self.check_refused_for_a_while(answer)
        with self.subTest("the run under way"):
            self.assertEqual(ended[0].value, "2", ended[0])
        with self.subTest("the context goes on"):
            self.assertEqual(self.value(context, "n"), "2")
        eventually(lambda: self.client.health()["status"] == "healthy")

    def test_one_whose_fork_server_is_gone_is_missed_as_soon(self):
        place = self.daemon.path("orphan")
        place.mkdir()
        context = self.daemon.context("python", cwd=str(place))
        os.kill(self.daemon.processes().fork_servers[0], signal.SIGKILL)
        killed = []

        def kill(_):
            victim = next(pid for pid in self.daemon.processes().python
                          if executor_processes.works_in(pid, place))
            killed.append(time.monotonic())
            os.kill(victim, signal.SIGKILL)

        run = self.run_code(context, "print('begun')\nimport time; time.sleep(1000)",
                            on_event=lambda event: kill(event) if event["type"] == "stdout" else None)
        eventually(lambda: self.client.create("python").status == 200)
        self.assertEqual(run.ename, "ExecutorTerminated", run)
        self.assertLess((run.ended - killed[0]) * 1000, self.SOON)

    def test_a_run_that_begins_while_its_executor_ends_ends_too(self):
        for limit in ({"timeout_ms": 200}, {}):
            context = self.daemon.context("python")
            self.run_code(context, "n = 1")
            os.kill(init_of_fork_server(self.daemon), signal.SIGKILL)  # and so all that is below it
            eventually(lambda: not self.daemon.processes().python)
            run = self.client.run(context, "import time; time.sleep(0.5)", patience=6, **limit)
            self.assertIsNone(run.broken, run)
            eventually(lambda: self.client.create("python").status == 200)
            self.client.delete(context)

    def test_the_transpiler_dies(self):
        context = self.daemon.context("typescript")
        self.run_code(context, "let n: number = 7")
        os.kill(self.daemon.processes().transpilers[0], signal.SIGKILL)
        runs = []

        def done():
            runs.append(self.client.run(context, "n"))
            return not runs[-1].refusal

        eventually(done)
        for run in runs[:-1]:
            self.check_refused_for_a_while(run.refusal)
        self.assertEqual((runs[-1].value, runs[-1].state_lost), ("7", False), runs[-1])
        self.client.delete(context)


class Blame(WithDaemon):
    """One executor lost by what it has run would open the circuit."""

    keys = minimum() | {"failures-to-open": 1}

    def test_the_end_of_a_namespace_opens_no_circuit(self):
        contexts = [self.daemon.context("python") for _ in range(5)]
        os.kill(init_of_fork_server(self.daemon), signal.SIGKILL)
        for context in contexts:
            eventually(lambda context=context: self.client.run(context, "1 + 1").value == "2")
        self.assertEqual(self.daemon.circuit("python"), "closed")


def init_of_fork_server(daemon):
    now = daemon.processes()
    namespace = executor_processes.namespace_of(now.fork_servers[0])
    return next(pid for pid in now.inits if executor_processes.namespace_of(pid) == namespace)


class Hangs(WithDaemon):
    """What neither works nor ends is found out, within the time that an executor has to come up."""

    START_TIMEOUT = 2  # seconds
    keys = minimum(python=1, javascript=1) | {
        "start-timeout": f"{START_TIMEOUT}s", "interrupt-grace": "100ms", "failures-to-open": 1000}

    def stopped(self, pid):
        """Somebody's process that does nothing any more until the test is over."""
        os.kill(pid, signal.SIGSTOP)

        def go_on():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)

        self.addCleanup(go_on)

    def test_an_executor_that_hangs_ends_with_the_time_of_its_run(self):
        """Nobody can tell it from one that works; but it is killed in the end."""
        eventually(lambda: self.client.health()["languages"]["javascript"]["idle"] == 1)
        hung = self.daemon.processes().node[0]
        self.stopped(hung)
        context = self.daemon.context("javascript")
        run = self.client.run(context, "1+1", timeout_ms=100)
        self.assertEqual(run.ename, "TimeoutError", run)
        again = self.client.run(context, "1+1")
        self.assertEqual((again.value, again.state_lost), ("2", True), again)
        self.assertNotIn(hung, self.daemon.processes().node)

    def test_a_fork_server_that_hangs_is_replaced(self):
        eventually(lambda: self.client.health()["languages"]["python"]["idle"] == 1)
        hung = self.daemon.processes().fork_servers[0]
        self.stopped(hung)
        self.daemon.context("python")  # the one that idled
        eventually(lambda: self.client.create("python").status == 200, self.START_TIMEOUT * 2 + 3)
        self.assertNotIn(hung, self.daemon.processes().fork_servers)


class IsMissing(unittest.TestCase):
    """The program itself is not there, which another start does not mend."""

    def check_not_available(self, answer, program):
        self.assertEqual((answer.status, answer.body["code"]), (501, "PYTHON_NOT_AVAILABLE"), answer)
        self.assertIn(f"there is no program '{program}'", answer.body["message"])

    def test_python_that_is_not_there(self):
        with running(minimum() | {"python-program": '"/none/python3"'}) as daemon:
            self.check_not_available(daemon.client.create("python"), "/none/python3")

    def test_python_that_is_removed_and_comes_back(self):
        with tempfile.TemporaryDirectory(prefix="sandboxd-python-") as directory:
            program = Path(directory) / "python3"
            program.symlink_to(PYTHON)
            with running(minimum() | {"python-program": f'"{program}"'}) as daemon:
                context = daemon.context("python")
                program.unlink()
                os.kill(daemon.processes().fork_servers[0], signal.SIGKILL)
                answers = []

                def answer_is(status):
                    answers.append(daemon.client.create("python"))
                    return answers[-1].status == status

                eventually(lambda: answer_is(501))
                self.check_not_available(answers[-1], program)
                self.assertEqual(daemon.client.run(context, "1+1").value, "2")
                program.symlink_to(PYTHON)
                eventually(lambda: answer_is(200))


if __name__ == "__main__":
    unittest.main()
