#!/usr/bin/python3
"""Interrupts of user code in the Python executors, with IPython and without."""

import os
import select
import signal
import time
import unittest

from constants import TIME_LIMIT
from python_world import WithoutIPython, WithServer, texts

ERROR = "error"


def wait_for_lines(python, count):
    limit = time.monotonic() + TIME_LIMIT
    while sum(what.count(b"\n") for _, what in python.told) < count:
        assert select.select([python._output], [], [], max(0, limit - time.monotonic()))[0], python.told
        python._drain()


def interrupt_after_a_line(python):
    wait_for_lines(python, 1)
    return python.interrupt()


class Interruption(WithServer):
    def interrupt(self, code, before="pass"):
        python = self.executor()
        python.run(before)
        python.start("print('on', flush=True)\n" + code)
        return python, interrupt_after_a_line(python)

    def test_user_code_gets_a_keyboard_interrupt(self):
        for code in ("while True: pass", "import time; time.sleep(1000)", "import asyncio; await asyncio.sleep(1000)",
                     "import subprocess; subprocess.run(['sleep', '1000'])",
                     "import asyncio, time\nasyncio.get_running_loop().call_soon(time.sleep, 1000)\nawait asyncio.sleep(1000)",
                     "input() if 0 else __import__('signal').pause()"):
            with self.subTest(code):
                python, told = self.interrupt(code)
                self.assertEqual((told[-1][0], told[-1][1]["ename"]), (ERROR, "KeyboardInterrupt"))
                self.assertEqual(python.value("'alive'"), {"text/plain": "'alive'"})

    def test_what_was_interrupted_does_not_go_on(self):
        for _ in range(20):  # wherever the interrupt comes
            python, told = self.interrupt("while True:\n n += 1\n await asyncio.sleep(0)", before="import asyncio\nn = 0")
            self.assertEqual((told[-1][0], told[-1][1].get("ename")), (ERROR, "KeyboardInterrupt"))
            told = python.run("before = n\nfor _ in range(10): await asyncio.sleep(0)\nn - before")
            self.assertEqual([kind for kind, _ in told], ["result", "complete"], told)
            self.assertEqual(told[0][1]["data"], {"text/plain": "0"})

    def test_what_was_interrupted_is_cancelled(self):
        python = self.executor()
        python.start("import asyncio\nasyncio.get_running_loop().call_later(0.01, print, 'on')\n"
                     "try: await asyncio.sleep(1000)\nfinally: print('tidy')")
        told = interrupt_after_a_line(python)
        self.assertEqual(texts(told, "stdout"), "on\ntidy\n")
        self.assertEqual(told[-1][1]["ename"], "KeyboardInterrupt")

    def test_what_was_interrupted_may_tidy_up(self):
        """However often the signal comes again meanwhile; another interrupt ends it."""
        python = self.executor()
        tidy = "for _ in range(9): await asyncio.sleep(0.01); sum(range(100_000))\n print('tidy', flush=True)\n"
        for last in ("pass", "await asyncio.sleep(1000)", "time.sleep(1000)"):
            with self.subTest(last):
                python.start(f"import asyncio, time\ntry:\n print('on', flush=True)\n await asyncio.sleep(1000)\n"
                             f"finally:\n {tidy} {last}\n print('not interrupted')")
                wait_for_lines(python, 1)
                python._send_interrupt()
                wait_for_lines(python, 2)
                told = python.finish() if last == "pass" else python.interrupt()
                self.assertEqual((told[-1][0], told[-1][1].get("ename")), (ERROR, "KeyboardInterrupt"), told)
                self.assertEqual("not interrupted" in texts(told, "stdout"), last == "pass")
                self.assertEqual(python.value("await asyncio.sleep(0.01, 'alive')"), {"text/plain": "'alive'"})

    def test_what_is_not_yet_tidy_says_nothing_in_a_later_cell(self):
        python = self.executor()
        say = "asyncio.get_running_loop().call_later(0.01, print,"  # while the task waits
        python.start(f"import asyncio\n{say} 'on')\ntry: await asyncio.sleep(1000)\n"
                     f"finally:\n try:\n  {say} 'tidy')\n  await asyncio.sleep(1000)\n"
                     " finally:\n  await asyncio.sleep(0.05)\n  print('late')")
        wait_for_lines(python, 1)
        python._send_interrupt()
        wait_for_lines(python, 2)
        self.assertEqual(python.interrupt()[-1][1]["ename"], "KeyboardInterrupt")
        told = python.run("await asyncio.sleep(0.5, 'mine')")
        self.assertEqual([kind for kind, _ in told], ["stdout", "result", "complete"], told)
        self.assertEqual((told[0][1], told[1][1]["data"]), ("late\n", {"text/plain": "'mine'"}))

    def test_other_tasks_do_not_hold_up_an_interrupt(self):
        python = self.executor()
        python.start("import asyncio, time\nasync def w(): print('on', flush=True); time.sleep(1000)\n"
                     "await asyncio.wait([asyncio.create_task(w()) for _ in range(3)])")
        told = interrupt_after_a_line(python)
        self.assertEqual(told[-1][1]["ename"], "KeyboardInterrupt")

    def test_an_interrupt_needs_no_thread(self):
        python = self.executor()
        python.run("import asyncio, _thread\ndef refuse(*_): raise RuntimeError\n_thread.start_new_thread = refuse")
        python.start("asyncio.get_running_loop().call_later(0.01, print, 'on')\nawait asyncio.sleep(1000)")
        told = interrupt_after_a_line(python)
        self.assertEqual(told[-1][1]["ename"], "KeyboardInterrupt")

    def test_what_the_loop_has_yet_to_call_does_not_hold_up_an_interrupt(self):
        """A function in C has no frame in which an interrupt could come; these hear of it before that is called."""
        begin = "import asyncio, signal, time\nloop = asyncio.get_running_loop()\nawait asyncio.sleep(0)\n"
        later = "for _ in range(3): loop.call_soon(time.sleep, 1000)\n"
        now = "signal.raise_signal(signal.SIGINT)\n"
        for code, outcome in (
                (f"for _ in range(2): loop.call_soon(signal.raise_signal, signal.SIGINT)\n{later}await asyncio.sleep(1000)",
                 "KeyboardInterrupt"),
                (later + now + "await asyncio.sleep(1000)", "KeyboardInterrupt"),
                (later + f"try: {now}except KeyboardInterrupt: raise ValueError('mine')", "ValueError"),
                (later + f"try: {now}except KeyboardInterrupt: pass", None)):
            with self.subTest(code):
                told = self.executor().run(begin + code)
                self.assertEqual(told[-1][1].get("ename"), outcome)
                self.assertNotIn("_Left", str(told))

    def test_an_interrupt_that_python_ignores_comes_again(self):
        code = "class Last:\n def __del__(self):\n  print('on', flush=True)\n  while True: pass\nLast()\nwhile True: pass"
        python, told = self.interrupt(code)
        self.assertEqual((told[-1][0], told[-1][1]["ename"], texts(told, "stderr")), (ERROR, "KeyboardInterrupt", ""))

    def test_an_interrupt_amid_what_python_ignores_comes_again(self):
        """Python drops exceptions of what tells of those that it drops."""
        code = ("import signal, sys\nclass Errors:\n def write(self, text): signal.raise_signal(signal.SIGINT)\n"
                " def flush(self): pass\nclass Last:\n def __del__(self): 1 / 0\n"
                "sys.stderr, before = Errors(), sys.stderr\nLast()\nsys.stderr = before\nwhile True: pass")
        self.assertEqual(self.executor().run(code)[-1][1].get("ename"), "KeyboardInterrupt")

    def test_a_cell_is_interrupted_that_has_only_just_begun(self):
        python = self.executor()
        for code in ("while True: pass", "import asyncio; await asyncio.sleep(1000)",
                     "import asyncio; await asyncio.sleep(0)\nwhile True: pass") * 10:
            python.start(code)
            python.wait_until_it_runs()
            self.assertEqual(python.interrupt()[-1][1]["ename"], "KeyboardInterrupt", code)
        self.assertEqual(python.value("'alive'"), {"text/plain": "'alive'"})

    def test_an_interrupt_just_before_a_call_that_waits_is_noticed(self):
        """It comes during the sum, of whose end and the beginning of the sleep Python knows nothing."""
        for earlier in ("pass", "import signal; signal.signal(signal.SIGURG, signal.SIG_IGN)"):
            python, told = self.interrupt(
                "list(map(operator.call, (partial(sum, range(10_000_000)), partial(time.sleep, 1000))))",
                before="import operator, time\nfrom functools import partial\n" + earlier)
            self.assertEqual((told[-1][0], told[-1][1]["ename"]), (ERROR, "KeyboardInterrupt"), earlier)

    def test_an_interrupt_amid_displays_cuts_no_event(self):
        """Large ones, so that some are under way when it comes."""
        python = self.executor()
        for count in range(20):
            python.start("while True: display('x' * 300_000)")
            python.wait_until_it_runs()
            for _ in range(count % 4):
                self.assertEqual(python.next_event()["type"], "result")
                python._events.send(b"x")
            self.assertEqual(python.interrupt()[-1][1]["ename"], "KeyboardInterrupt")
            told = python.run("print('out')\ndisplay(1)\nimport sys; print('err', file=sys.stderr)\n2")
            self.assertEqual([kind for kind, _ in told], ["stdout", "result", "stderr", "result", "complete"])

    def test_nothing_happens_between_two_cells(self):
        python = self.executor()
        python.run("x = 1; import signal; signal.signal(signal.SIGINT, signal.default_int_handler)")
        for _ in range(20):
            os.kill(python.pid, signal.SIGINT)
        self.assertEqual(python.value("x"), {"text/plain": "1"})


class InterruptionOfIPython(WithServer):
    def test_it_is_for_user_code_alone(self):
        """Amid IPython's own it may be lost, or leave a lock behind."""
        python = self.executor()
        python.run("import signal\ncodes, came = 2, []\ndef interrupt(*_):\n global codes\n if not codes: return\n"
                   " codes -= 1\n try: signal.raise_signal(signal.SIGINT)\n except KeyboardInterrupt: came.append(1)\n"
                   "get_ipython().history_manager.save_flag.set = interrupt")
        for code in ("x = 1", "import asyncio; await asyncio.sleep(0); x = 1"):
            with self.subTest(code):
                self.assertEqual(python.run(code)[-1][1].get("ename"), "KeyboardInterrupt")
        self.assertEqual(python.value("codes, came, 'x' in globals()"), {"text/plain": "(0, [], False)"})


    def test_it_comes_all_the_same_where_ipython_calls_what_blocks(self):
        python = self.executor()
        python.run("import time\nget_ipython().input_transformers_post.append(lambda lines: time.sleep(1000))")
        python.start("x = 1")
        python.wait_until_it_runs()
        self.assertEqual(python.interrupt()[-1][1]["ename"], "KeyboardInterrupt")

    def test_a_cell_in_a_cell_changes_nothing_for_that(self):
        code = "inner = get_ipython().run_cell('await asyncio.sleep(0)')\nawait asyncio.sleep(0.01, repr(inner.error_in_exec))"
        python = self.executor()
        python.run("import asyncio")
        self.assertIn("RuntimeError", python.value(code)["text/plain"])
        python.start("get_ipython().run_cell('2')\nawait asyncio.sleep(1000)")
        python.wait_until_it_runs()
        self.assertEqual(python.interrupt()[-1][1]["ename"], "KeyboardInterrupt")


class InterruptionWithoutIPython(WithoutIPython, Interruption):
    pass


if __name__ == "__main__":
    unittest.main()
