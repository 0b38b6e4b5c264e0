#!/usr/bin/python3
"""Clients of the code interpreter that leave, are slow or many, by the whole daemon."""

import contextlib
import threading
import time
import unittest

from code_world import WithDaemon, eventually, minimum
from constants import TIME_LIMIT
import code_client
import executor_processes


class Clients(WithDaemon):
    keys = minimum(python=1)

    def leave(self, context, code):
        """Begins to run code, and closes the connection after the first event."""
        connection, socket, response = self.client.open_stream(context, code, TIME_LIMIT)
        socket.settimeout(TIME_LIMIT)
        self.assertIn(b"begun", response.readline())
        request = response.headers["X-Request-Id"]
        response.close()
        connection.close()
        eventually(lambda: self.daemon.logged(f'"requestId":"{request}".*"ended":"(?!complete)'))

    def waiting(self, name):
        """Code that writes how it ended to a file of that name, in which it waits for another."""
        path = str(self.daemon.path(name))
        return (f"import os, time\nhow = 'interrupted'\ntry:\n  print('begun')\n"
                f"  while not os.path.exists({path + '-gate'!r}): time.sleep(0.005)\n  how = 'went on'\n"
                f"finally:\n  with open({path!r}, 'w') as file: file.write(how)")

    def test_a_client_that_leaves_interrupts_its_run(self):
        context = self.daemon.context("python")
        self.run_code(context, "n = 3")
        self.leave(context, self.waiting("left"))
        self.assertEqual(self.value(context, "n"), "3")
        self.assertEqual(self.daemon.path("left").read_text(), "interrupted")

        self.daemon.reload(self.keys | {"interrupt-when-left": "false"})
        eventually(lambda: self.daemon.logged("interpreter.interrupt-when-left: true -> false"))
        self.leave(context, self.waiting("kept"))
        self.daemon.path("kept-gate").touch()
        self.assertEqual(self.value(context, "n"), "3")
        self.assertEqual(self.daemon.path("kept").read_text(), "went on")
        self.daemon.reload(self.keys)
        eventually(lambda: self.daemon.logged("interpreter.interrupt-when-left: false -> true"))

    def test_a_client_that_leaves_interrupts_javascript_too(self):
        context = self.daemon.context("javascript")
        self.run_code(context, "var n = 3")
        self.leave(context, "const sleep = (ms) => new Promise((done) => setTimeout(done, ms));\n"
                   "await sleep(1); console.log('begun'); await sleep(1e6)")
        self.assertEqual(self.value(context, "n"), "3")

    def test_a_context_that_is_deleted_is_gone_with_its_process(self):
        for language in ("python", "javascript"):
            for number in range(5):
                place = self.daemon.path(f"deleted-{language}-{number}")
                place.mkdir()
                context = self.daemon.context(language, cwd=str(place))
                self.run_code(context, "1")
                mine = [pid for pid in self.daemon.processes().executors
                        if executor_processes.works_in(pid, place)]
                self.assertEqual(len(mine), 1)
                self.assertEqual(self.client.delete(context).status, 200)
                self.assertNotIn(mine[0], self.daemon.processes().states)
                self.assertEqual(self.client.run(context, "1").refusal.status, 404)

    def test_a_slow_client_holds_up_nobody_else(self):
        count, size = 4000, 1000
        slow = self.daemon.context("python")
        connection, socket, response = self.client.open_stream(
            slow, f"for i in range({count}): print('x' * {size})\nprint('over')", TIME_LIMIT)
        with contextlib.closing(connection), contextlib.closing(response):
            socket.settimeout(TIME_LIMIT)
            others = [self.daemon.context("python"), self.daemon.context("javascript")]
            for _ in range(10):
                for context in others:
                    began = time.monotonic()
                    self.assertEqual(self.value(context, "1+1"), "2")
                    self.assertLess(time.monotonic() - began, 2)
            events = list(code_client.events_of(response))
        text = "".join(event["text"] for event in events if event["type"] == "stdout")
        self.assertEqual(text, ("x" * size + "\n") * count + "over\n")
        self.assertEqual([event["type"] for event in events if event["type"] != "stdout"], ["execution_complete"])

    def test_runs_of_one_context_keep_their_order(self):
        context = self.daemon.context("python")
        self.run_code(context, "told = []")
        gate = self.daemon.path("order")
        begun = threading.Event()
        runs = {}

        def first():
            runs["first"] = self.client.run(
                context, "import os, time\nprint('begun')\n"
                         f"while not os.path.exists({str(gate)!r}): time.sleep(0.005)\n"
                         "told.append('first')\n' '.join(told)", on_event=lambda _: begun.set())

        def second():
            runs["second"] = self.client.run(context, "told.append('second')\n' '.join(told)")

        threads = [threading.Thread(target=first), threading.Thread(target=second)]
        threads[0].start()
        self.assertTrue(begun.wait(TIME_LIMIT))
        threads[1].start()
        waiting = lambda: self.client.ask("GET", "/api/contexts").status == 200 and threads[1].is_alive()
        eventually(waiting)
        gate.touch()
        for thread in threads:
            thread.join()
        self.assertEqual(runs["first"].value, "'first'")
        self.assertEqual(runs["second"].value, "'first second'")

    def test_parallel_runs_of_one_context_lose_nothing(self):
        for language, code in (("python", "n += 1; n"), ("javascript", "n += 1")):
            context = self.daemon.context(language)
            self.run_code(context, "n = 0" if language == "python" else "let n = 0")
            values = []
            threads = [threading.Thread(target=lambda: values.append(self.value(context, code))) for _ in range(10)]
            for thread in threads:
                thread.start()
            for thread in threads:
                thread.join()
            self.assertEqual(sorted(map(int, values)), list(range(1, 11)))


if __name__ == "__main__":
    unittest.main()
