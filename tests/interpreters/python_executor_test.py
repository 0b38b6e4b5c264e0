#!/usr/bin/python3
"""The Python executors and their fork server, driven as the daemon drives them, with IPython and without."""

import base64
import os
import select
import signal
import struct
import time
import unittest
from pathlib import Path

from constants import TIME_LIMIT
from executor_world import ForkServer
from python_world import IS_ROOT, NAMESPACE_INIT, WithoutIPython, WithServer, texts

ERROR = "error"


class Cells(WithServer):
    def test_the_value_of_the_last_expression_is_the_result(self):
        python = self.executor()
        self.assertEqual(python.value("1+1"), {"text/plain": "2"})
        self.assertEqual([kind for kind, _ in python.run("None")], ["complete"])
        for code in ("1+1;", "(1 +\n 1) ; # no 'ä'", "'ä';", "x = 1", "", "# 1"):
            self.assertEqual([kind for kind, _ in python.run(code)], ["complete"], code)
        for code in ("2 # 1;", "'a;'", "x = 1; 2", "  2\n", "\n    x = 2\n    x"):
            self.assertEqual([kind for kind, _ in python.run(code)], ["result", "complete"], code)

    def test_the_last_value_has_a_name(self):
        python = self.executor()
        self.assertEqual(python.run("_")[-1][1]["ename"], "NameError")
        python.run("6 * 7")
        python.run("None")
        self.assertEqual(python.value("_ + 1"), {"text/plain": "43"})

    def test_variables_stay(self):
        python = self.executor()
        python.run("x = 5\ndef f(): return x")
        self.assertEqual(python.value("f()"), {"text/plain": "5"})

    def test_dictionaries_and_lists_are_json_too(self):
        python = self.executor()
        self.assertEqual(python.value("{'a': [1, None, float('inf')]}")["application/json"], {"a": [1, None, None]})
        self.assertEqual(python.value("[1]")["application/json"], [1])
        self.assertNotIn("application/json", python.value("[object]"))
        self.assertNotIn("application/json", python.value("(1, 2)"))
        self.assertNotIn("application/json", python.value("a = []; a.append(a); a"))

    def test_output_and_results_keep_their_order(self):
        told = self.executor().run(
            "import sys\nprint('a')\nprint('b', file=sys.stderr)\ndisplay(1)\nprint('c')\n2")
        self.assertEqual([kind for kind, _ in told],
                         ["stdout", "stderr", "result", "stdout", "result", "complete"])
        self.assertEqual((told[0][1], told[1][1], told[3][1]), ("a\n", "b\n", "c\n"))

    def test_what_subprocesses_and_descriptors_print_comes_too(self):
        told = self.executor().run("import os\nos.write(1, b'raw\\n')\nos.system('echo sub; echo err >&2')\n"
                                   "print('own')")
        self.assertEqual(texts(told, "stdout"), "raw\nsub\nown\n")
        self.assertEqual(texts(told, "stderr"), "err\n")

    def test_what_is_printed_is_there_while_the_cell_runs(self):
        python = self.executor()
        python.start("print('now', end='')\nimport time\ntime.sleep(1000)")
        limit = time.monotonic() + TIME_LIMIT
        while not python.told and time.monotonic() < limit:
            python._drain()
        self.assertEqual(python.told, [("stdout", b"now")])
        os.kill(python.pid, signal.SIGKILL)
        self.server.wait_for_end(python)

    def test_the_protocol_survives_whatever_is_printed(self):
        told = self.executor().run("import os, sys\nos.write(1, bytes(range(256)))\nos.close(1)\nprint('x')")
        self.assertEqual(told[-1][0], ERROR)
        self.assertEqual(told[-1][1]["ename"], "OSError")

    def test_execution_count_counts_errors_too(self):
        python = self.executor()
        counts = [python.run(code)[-1][1]["execution_count"] for code in ("1", "1/0", "1 +", "2")]
        self.assertEqual(counts, [1, 2, 3, 4])

    def test_await_stands_at_the_top(self):
        python = self.executor()
        self.assertEqual(python.value("import asyncio\nawait asyncio.sleep(0, 'x')"), {"text/plain": "'x'"})
        python.run("q = asyncio.Queue()\nasync def put(): await q.put(5)\ntask = asyncio.create_task(put())\nawait task")
        self.assertEqual(python.value("x = await q.get()\nx"), {"text/plain": "5"})
        python.run("async def g():\n yield 1")
        self.assertEqual(python.value("[i async for i in g()]"), {"text/plain": "[1]", "application/json": [1]})
        self.assertEqual(python.value("asyncio.run(asyncio.sleep(0, 'y'))"), {"text/plain": "'y'"})
        error = python.run("async def f():\n 1/0\nawait f()")[-1][1]
        self.assertEqual((error["ename"], error.get("lineNumber"), error["traceback"][1:2]),
                         ("ZeroDivisionError", 2, ["  Cell In[7], line 3, in <module>"]))

    def test_what_is_defined_can_be_found(self):
        python = self.executor()
        python.run("from __future__ import annotations\nimport dataclasses, inspect, pickle\n"
                   "@dataclasses.dataclass\nclass D:\n  n: int\ndef g():\n  return 2\n")
        self.assertEqual(python.value("pickle.loads(pickle.dumps(D(3)))"), {"text/plain": "D(n=3)"})
        self.assertEqual(python.value("inspect.getsource(g)"), {"text/plain": repr('def g():\n  return 2\n')})
        self.assertEqual(python.value("def f(x: nobody.knows): pass\nf.__annotations__['x']"),
                         {"text/plain": "'nobody.knows'"})

    def test_generators_are_shown_as_what_they_are(self):
        self.assertRegex(self.executor().value("(i for i in [1])")["text/plain"], "^<generator object")

    def test_nobody_answers_input(self):
        error = self.executor().run("input()")[-1][1]
        self.assertEqual(error["ename"], "EOFError")

    def test_a_fork_of_user_code_does_not_speak(self):
        told = self.executor().run("import multiprocessing as m\nwith m.Pool(2) as p: print(p.map(abs, [-1, -2]))\n"
                                   "import os\npid = os.fork()\nif pid == 0:\n display(1)\n os._exit(0)\n"
                                   "os.waitpid(pid, 0)[1]")
        self.assertEqual([kind for kind, _ in told], ["stdout", "result", "complete"])
        self.assertEqual(told[0][1], "[1, 2]\n")
        self.assertEqual(told[1][1]["data"], {"text/plain": "0"})

    def test_a_fork_of_user_code_ends_with_its_cell(self):
        told = self.executor().run("import os\npid = os.fork()\nif pid: print(os.waitpid(pid, 0)[1])")
        self.assertEqual(told[:-1], [("stdout", "0\n")])


class Errors(WithServer):
    def error(self, code):
        told = self.executor().run(code)
        self.assertEqual(told[-1][0], ERROR, told)
        self.assertEqual(texts(told, "stdout") + texts(told, "stderr"), "")
        return told[-1][1]

    def test_frames_of_user_code_are_told_with_their_lines(self):
        error = self.error("def f(n):\n    return 1 / n\n\nf(0)")
        self.assertEqual((error["ename"], error["evalue"], error["lineNumber"]),
                         ("ZeroDivisionError", "division by zero", 2))
        self.assertEqual(error["traceback"], [
            "Traceback (most recent call last):", "  Cell In[1], line 4, in <module>", "    f(0)",
            "  Cell In[1], line 2, in f", "    return 1 / n", "ZeroDivisionError: division by zero"])

    def test_frames_of_libraries_are_not(self):
        error = self.error("import json\njson.loads('{')")
        self.assertEqual(error["ename"], "JSONDecodeError")
        self.assertEqual([line for line in error["traceback"] if "File" in line], [])
        self.assertEqual(error["lineNumber"], 2)

    def test_a_syntax_error_points_at_its_place(self):
        error = self.error("x = 1\nif x:\nprint(x)")
        self.assertEqual((error["ename"], error["lineNumber"]), ("IndentationError", 3))
        error = self.error("1 +")
        self.assertEqual((error["ename"], error["evalue"], error["lineNumber"]), ("SyntaxError", "invalid syntax", 1))
        self.assertIn("    1 +", error["traceback"])

    def test_causes_come_first(self):
        error = self.error("try:\n    {}['k']\nexcept KeyError as e:\n    raise ValueError('v') from e")
        text = "\n".join(error["traceback"])
        self.assertLess(text.index("KeyError: 'k'"), text.index("direct cause"))
        self.assertLess(text.index("direct cause"), text.index("ValueError: v"))

    def test_exceptions_that_end_programs_end_cells_only(self):
        self.assertEqual(self.error("exit()")["ename"], "SystemExit")
        for code in ("exit(3)", "quit(3)", "import sys; sys.exit(3)"):
            error = self.error(code)
            self.assertEqual((error["ename"], error["evalue"]), ("SystemExit", "3"))
        self.assertEqual(self.error("raise SystemExit(3)")["evalue"], "3")
        self.assertEqual(self.error("raise KeyboardInterrupt")["ename"], "KeyboardInterrupt")
        self.assertEqual(self.error("class E(BaseException): pass\nraise E('x')")["ename"], "E")

    def test_an_exception_without_a_text_is_told(self):
        error = self.error("class E(Exception):\n def __str__(self): raise ValueError\nraise E")
        self.assertEqual(error["ename"], "E")

    def test_an_exception_that_cannot_be_described_is_told_as_such(self):
        python = self.executor()
        for body in (" __cause__ = property(lambda self: 1 / 0)", " __context__ = property(lambda self: 1 / 0)",
                     " @property\n def __class__(self): raise SystemExit", " __cause__ = 5"):
            error = python.run(f"class E(Exception):\n{body}\nraise E('x')")[-1]
            self.assertEqual((error[0], error[1]["ename"], error[1]["evalue"], error[1]["traceback"]),
                             (ERROR, "Exception", "<the exception could not be described>", []), body)
        error = python.run("class M(type):\n __name__ = property(lambda self: 1 / 0)\n"
                           "class E(Exception, metaclass=M): pass\nraise E")[-1]
        self.assertEqual(error[0], ERROR)
        error = python.run("e = SyntaxError('m')\ne.filename, e.lineno = 'Cell In[1]', 10 ** 30\nraise e")[-1]
        self.assertEqual((error[0], error[1]["ename"], error[1].get("lineNumber")), (ERROR, "SyntaxError", None))
        self.assertEqual(python.value("'alive'"), {"text/plain": "'alive'"})


class WithIPython(WithServer):
    def test_each_kind_of_ipython_is_shown_under_its_type(self):
        told = self.executor().run(
            "from IPython.display import *\ndisplay(HTML('<b>'), Markdown('*m*'), Latex('$x$'), JSON({'a': 1}),"
            "Javascript('j'), SVG('<svg xmlns=\"http://www.w3.org/2000/svg\"/>'))")
        shown = [event["data"] for kind, event in told if kind == "result"]
        for bundle, kind, value in zip(shown, ("text/html", "text/markdown", "text/latex", "application/json",
                                               "application/javascript", "image/svg+xml"),
                                       ("<b>", "*m*", "$x$", {"a": 1}, "j", '<svg xmlns="http://www.w3.org/2000/svg"/>')):
            self.assertEqual(bundle[kind], value)
        self.assertEqual(len(shown), 6)

    def test_exit_ends_a_cell_without_being_called(self):
        self.assertEqual(self.executor().run("exit")[-1][1]["ename"], "SystemExit")

    def test_commands_and_magics_run(self):
        told = self.executor().run("print('own')\n!echo bang\n%env NO_SUCH=1\nprint('end')")
        self.assertEqual(texts(told, "stdout"), "own\nbang\nenv: NO_SUCH=1\nend\n")

    def test_plain_values_show_as_user_code_wants(self):
        python = self.executor()
        formatter = "get_ipython().display_formatter.{}.for_type({}, {})"
        for name, kind, how, code, expected in (
                ("formatters['text/html']", "int", "lambda n: f'<b>{n}</b>'", "5",
                 {"text/plain": "5", "text/html": "<b>5</b>"}),
                ("formatters['text/plain']", "str", "lambda s, p, cycle: p.text(s * 2)", "'a'", {"text/plain": "aa"}),
                ("mimebundle_formatter", "bytes", "lambda b, **_: {'x/y': len(b)}", "b'abc'", {"text/plain": "b'abc'", "x/y": "3"})):
            python.run(formatter.format(name, kind, how) + "; None")
            self.assertEqual(python.value(code), expected)
        python.run("get_ipython().display_formatter.formatters['text/html'].for_type_by_name("
                      "'builtins', 'float', lambda x: f'<i>{x}</i>')")
        self.assertEqual(python.value("0.5"), {"text/plain": "0.5", "text/html": "<i>0.5</i>"})

    def test_printers_of_base_classes_are_those_of_plain_values(self):
        python = self.executor()
        html = "get_ipython().display_formatter.formatters['text/html'].for_type({}, lambda one: 'seen'); None"
        self.assertEqual(python.value("True"), {"text/plain": "True"})
        python.run(html.format("int"))
        self.assertEqual(python.value("True"), {"text/plain": "True", "text/html": "seen"})
        self.assertEqual(python.value("0.5"), {"text/plain": "0.5"})
        python.run(html.format("object"))
        self.assertEqual(python.value("0.5"), {"text/plain": "0.5", "text/html": "seen"})

    def test_a_value_that_cannot_be_shown_is_none(self):
        told = self.executor().run("class Bad:\n def __repr__(self): raise ValueError('bad')\n[Bad()]")
        self.assertEqual([kind for kind, _ in told], ["stderr", "complete"])
        self.assertIn("ValueError: bad", told[0][1])

    def test_values_that_are_not_the_last_are_told_at_once(self):
        python = self.executor()
        told = python.run("import os, sys\nsys.displayhook(5)\nos._exit(3)")
        self.assertEqual([kind for kind, _ in told], ["result", "closed"])

    def test_earlier_values_have_names(self):
        python = self.executor()
        python.run("'one'")
        self.assertEqual(python.value("(_1, Out[1])"), {"text/plain": "('one', 'one')"})

    def test_what_completes_typed_text_is_loaded_by_those_who_want_it_only(self):
        python = self.executor()
        python.run("import sys")
        self.assertEqual(python.value("'jedi' in sys.modules")["text/plain"], "False")
        self.assertEqual(python.value("'import' in get_ipython().complete('impor')[1]")["text/plain"], "True")
        self.assertEqual(python.value("__import__('jedi').__name__")["text/plain"], "'jedi'")

    def test_it_is_what_the_fork_server_found(self):
        self.assertNotIn("IPython", self.server.ready[1])
        self.assertEqual(self.executor().value("type(get_ipython()).__module__"), {"text/plain": "'sandboxd_executor.shell'"})


class Results(WithServer):
    def test_objects_say_what_they_look_like(self):
        python = self.executor()
        python.run("class Kinds:\n def __repr__(self): return 'r'")
        expected = {"text/plain": "r"}
        for name, kind in (("html", "text/html"), ("markdown", "text/markdown"), ("latex", "text/latex"),
                           ("svg", "image/svg+xml"), ("javascript", "application/javascript")):
            python.run(f"Kinds._repr_{name}_ = lambda self: '{name}'")
            expected[kind] = name
        for name, kind in (("png", "image/png"), ("jpeg", "image/jpeg"), ("pdf", "application/pdf")):
            python.run(f"Kinds._repr_{name}_ = lambda self: b'{name}'")
            expected[kind] = base64.b64encode(name.encode()).decode()
        python.run("Kinds._repr_json_ = lambda self: {'a': [1]}")
        expected["application/json"] = {"a": [1]}
        self.assertEqual(python.value("Kinds()"), expected)
        self.assertNotIn("text/html", python.value("Kinds"))

    def test_a_bundle_comes_before_the_single_kinds(self):
        python = self.executor()
        python.run("class Bundled:\n def _repr_mimebundle_(self, include=None, exclude=None):\n"
                   "  return {'text/plain': 't', 'text/html': 'bundle', 'x/y': 1}, {'x/y': {'m': 2}}\n"
                   " def _repr_html_(self): return 'single'\n def _repr_latex_(self): return 'l', {'n': 3}\n")
        event = python.run("Bundled()")[0][1]
        self.assertEqual(event["data"], {"text/plain": "t", "text/html": "bundle", "x/y": "1", "text/latex": "l"})
        self.assertEqual(event["metadata"], {"x/y": {"m": 2}, "text/latex": {"n": 3}})

    def test_kinds_that_are_not_to_be_had_are_left_out(self):
        python = self.executor()
        self.assertEqual(python.value("class N:\n def __repr__(self): return 'n'\n def _repr_html_(self): return None\n"
                                      " def _repr_png_(self): raise NotImplementedError\n _repr_svg_ = None\nN()"),
                         {"text/plain": "n"})
        self.assertEqual(list(python.value("from unittest.mock import MagicMock; MagicMock()")), ["text/plain"])

    def test_bundles_are_displayed_raw(self):
        told = self.executor().run("display({'text/html': '<i>'}, raw=True)")
        self.assertEqual(told[0][1]["data"], {"text/html": "<i>"})

    def test_display_ids_are_told(self):
        told = self.executor().run("h = display(1, display_id='one')\nh.update(2)")
        self.assertEqual([(event["kind"], event["display_id"]) for kind, event in told if kind == "result"],
                         [("display", "one"), ("update", "one")])
        told = self.executor().run("h = display(1, display_id=True)\nh.display(2)\nprint(h.display_id, end='')")
        self.assertEqual([event["kind"] for kind, event in told if kind == "result"], ["display", "display"])
        self.assertEqual({event["display_id"] for kind, event in told if kind == "result"}, {texts(told, "stdout")})

    def test_images_are_base64(self):
        data = self.executor().value("from PIL import Image\nImage.new('RGB', (3, 2), (255, 0, 0))")
        png = base64.b64decode(data["image/png"])
        self.assertEqual(png[:8], b"\x89PNG\r\n\x1a\n")
        self.assertEqual(struct.unpack(">II", png[16:24]), (3, 2))
        lines = "iVBORw==\\n/9g=\\n"
        bundle = f"{{'image/png': '{lines}', 'application/pdf': '{lines}', 'text/latex': '{lines}'}}"
        data = self.executor().value(f"display({bundle}, raw=True)")
        self.assertEqual(data, {"image/png": "iVBORw==/9g=", "application/pdf": "iVBORw==/9g=",
                                "text/latex": "iVBORw==\n/9g=\n"})

    def test_frames_are_tables(self):
        data = self.executor().value("import pandas as pd\npd.DataFrame({'n': ['A', None], 's': [1, 2.5]}, index=['x', 'y'])")
        table = data["application/vnd.dataresource+json"]
        self.assertEqual(table["schema"]["fields"], [{"name": "index", "type": "string"}, {"name": "n", "type": "string"},
                                                     {"name": "s", "type": "number"}])
        self.assertEqual(table["data"], [{"index": "x", "n": "A", "s": 1.0}, {"index": "y", "n": None, "s": 2.5}])
        self.assertEqual(table["rows"], 2)
        self.assertIn("<td>2.5</td>", data["text/html"])

    def test_too_much_is_left_out_with_a_mark(self):
        python = self.executor(result_limit=100)
        told = python.run("'x' * 200")
        event = told[0][1]
        self.assertEqual(event["data"]["text/plain"], "'" + "x" * 99 + "\n... [102 of 202 characters left out]")
        self.assertEqual(event["metadata"]["left_out"], {"text/plain": 202})
        event = python.run("from PIL import Image\nImage.effect_noise((64, 64), 50)")[0][1]
        self.assertNotIn("image/png", event["data"])
        self.assertIn("image/png", event["metadata"]["left_out"])


    def test_all_of_a_result_is_bounded(self):
        """By what the daemon takes: 1 MiB and eight of the largest values."""
        python = self.executor(result_limit=1000)
        event = python.run("display({f'x/{n}': 'v' * 1000 for n in range(9)}, raw=True)")[0][1]
        kept = {f"x/{n}": "v" * 1000 for n in range(6)}  # with their names and quotes a little more than 1000 bytes each
        self.assertEqual(event["data"], kept)
        self.assertEqual(event["metadata"], {"left_out": {"x/6": 1000, "x/7": 1000, "x/8": 1000}})
        event = python.run("display({'x/y': '\\0' * 1000, 'x/z': chr(0x1f600) * 1000}, raw=True)")[0][1]
        self.assertEqual(event["metadata"], {"left_out": {"x/z": 1000}})  # six bytes each and four bytes each
        event = python.run("display({'text/plain': 'a'}, raw=True, display_id='i' * 256)")[0][1]
        self.assertNotIn("display_id", event)
        self.assertEqual(event["metadata"], {"left_out": {"display_id": 256}})
        self.assertEqual(python.run("display(1, display_id='i' * 255)")[0][1]["display_id"], "i" * 255)

    def test_metadata_is_bounded(self):
        python = self.executor(result_limit=1000)
        python.run("class Told:\n def __init__(self, size): self.size = size\n def __repr__(self): return 'r'\n"
                   " def _repr_html_(self): return 'h', {'a': 'm' * self.size}")
        # {"text/html": {"a": "..."}} takes 24 bytes around the text.
        self.assertEqual(python.run("Told(976)")[0][1]["metadata"], {"text/html": {"a": "m" * 976}})
        self.assertEqual(python.run("Told(977)")[0][1]["metadata"], {"left_out": {"metadata": 1001}})

    def test_what_names_the_left_out_is_bounded(self):
        python = self.executor(result_limit=1000)
        event = python.run("display({f'{n:03}' + 'x' * 700: 'v' * 2000 for n in range(70)}, raw=True)")[0][1]
        names = [f"{n:03}" + "x" * 252 + "..." for n in range(64)]
        self.assertEqual(event["metadata"]["left_out"], {**dict.fromkeys(names, 2000), "...": 12_000})
        self.assertEqual(event["data"]["text/plain"][:60], f"[000{'x' * 56}")


class Contexts(WithServer):
    def test_directory_environment_and_variables_are_the_contexts(self):
        python = self.executor(cwd="/usr", environment={"A": "1", "HOME": None}, variables={"v": {"k": [1]}})
        told = python.run("import os\nprint(os.getcwd(), os.environ['A'], 'HOME' in os.environ, v, os.environ['PWD'])")
        self.assertEqual(told[0][1], "/usr 1 False {'k': [1]} /usr\n")
        self.assertEqual(self.executor(cwd="/nowhere").value("import os; os.getcwd()"), {"text/plain": "'/tmp'"})

    def test_the_environment_of_a_run_is_its_own(self):
        python = self.executor(environment={"A": "1"})
        code = "import os; print(os.environ.get('A'), os.environ.get('B'))"
        self.assertEqual(python.run(code, environment={"A": None, "B": "2"})[0][1], "None 2\n")
        self.assertEqual(python.run(code)[0][1], "1 None\n")

    def test_what_keeps_the_libraries_from_threads_is_not_for_user_code(self):
        code = "import os; [os.environ.get(name) for name in ('OPENBLAS_NUM_THREADS', 'OMP_NUM_THREADS', 'MKL_NUM_THREADS')]"
        self.assertEqual(self.executor().value(code)["application/json"], [None, None, None])
        server = ForkServer(NAMESPACE_INIT, self.isolate, environment={**self.environment, "OMP_NUM_THREADS": "3"})
        self.addCleanup(server.close)
        python = server.fork()
        self.addCleanup(python.kill)
        self.assertEqual(python.value(code)["application/json"], [None, "3", None])

    def test_one_that_was_started_ahead_is_as_new(self):
        told = [self.executor(ahead=ahead).run("sorted(globals())") for ahead in (True, False)]
        self.assertEqual(told[0], told[1])
        self.assertEqual(told[0][-1][1]["execution_count"], 1)

    def test_contexts_do_not_see_each_other(self):
        one, other = self.executor(), self.executor()
        one.run("x = 1\nimport math\nmath.pi = 3")
        self.assertEqual(other.run("x")[-1][1]["ename"], "NameError")
        self.assertEqual(other.value("import math; math.pi > 3.1"), {"text/plain": "True"})

    def test_well_known_names_are_there_and_give_way(self):
        python = self.executor(variables={"np": 1})
        self.assertEqual(python.value("(json.dumps([1]), np, pd.NA, plt.__name__, time.__name__)"),
                         {"text/plain": "('[1]', 1, <NA>, 'matplotlib.pyplot', 'time')"})
        self.assertEqual(python.value("json = 2; json"), {"text/plain": "2"})
        self.assertEqual(self.executor().value("np.add(1, 2)"), {"text/plain": "3"})

    def test_random_numbers_differ(self):
        code = "import random, numpy\n(random.random(), numpy.random.rand())"
        self.assertNotEqual(self.executor().value(code), self.executor().value(code))

    def test_all_that_an_executor_consists_of_is_shared(self):
        python = self.executor()
        # What was there before the fork is frozen, and so not among the objects that the collector knows.
        python.run("import gc, sys\nown = [name for name in sys.modules if name.startswith('sandboxd_executor.')]\n"
                   "known = set(map(id, gc.get_objects()))")
        self.assertEqual(python.value("'sandboxd_executor.executor' in own"), {"text/plain": "True"})
        self.assertEqual(python.value("','.join(name for name in own if id(vars(sys.modules[name])) in known)"),
                         {"text/plain": "''"})

    def test_what_an_executor_makes_lies_together(self):
        """25,600 bytes: two pools of Python's allocator, and a third that had been begun."""
        made = "made = [bytes(128 - sys.getsizeof(b'')) for _ in range(200)]; len({id(one) >> 14 for one in made})"
        self.assertLessEqual(int(self.executor().value(f"import sys; {made}")["text/plain"]), 3)

    def test_threads_start(self):
        told = self.executor().run("import threading\nt = threading.Thread(target=lambda: print('in'))\nt.start()\nt.join()\n"
                                   "import numpy\nnumpy.linalg.inv(numpy.eye(300)).sum()")
        self.assertEqual(texts(told, "stdout"), "in\n")
        self.assertEqual(told[1][1]["data"], {"text/plain": "300.0"})

    def test_no_descriptor_is_there_but_its_own(self):
        told = self.executor().run("import os\nof_mine = '/proc/self/fd/'\nnames = [os.readlink(of_mine + number) for number "
                                   "in os.listdir(of_mine) if os.path.exists(of_mine + number)]\n"
                                   "print(sorted(name.split(':')[0].rpartition('/')[2] for name in names))")
        self.assertIn(told[0][1], [str(["null"] * count + ["pipe", "pipe", "socket", "socket"]) + "\n"
                                   for count in (1, 2)])  # IPython has one of its own

    def test_what_it_starts_has_the_standard_streams_only(self):
        told = self.executor().run("import os; os.system('ls /proc/self/fd');")
        self.assertEqual(told[0][1].split(), ["0", "1", "2", "3"])  # the last is the directory that ls reads


class Ends(WithServer):
    def end(self, code):
        python = self.executor()
        python.start(code)
        self.assertIsNone(python.next_event())
        return self.server.wait_for_end(python)

    def test_exact_statuses(self):
        self.assertEqual(os.waitstatus_to_exitcode(self.end("import os; os._exit(3)")), 3)
        self.assertEqual(os.waitstatus_to_exitcode(self.end("import os; os.kill(os.getpid(), 9)")), -signal.SIGKILL)
        self.assertEqual(os.waitstatus_to_exitcode(self.end("import os; os.abort()")), -signal.SIGABRT)
        self.assertEqual(os.waitstatus_to_exitcode(self.end("import ctypes; ctypes.string_at(0)")), -signal.SIGSEGV)

    def test_closed_sockets_are_seen_at_once(self):
        python = self.executor()
        python.start("import os, time\nos.closerange(3, 100)\ntime.sleep(1000)")
        self.assertIsNone(python.next_event())
        os.kill(python.pid, signal.SIGKILL)
        self.server.wait_for_end(python)

    def test_an_executor_that_is_let_go_ends(self):
        python = self.server.fork()
        python.close()
        self.assertEqual(self.server.wait_for_end(python), 0)

    @unittest.skipUnless(IS_ROOT, "namespaces need root")
    def test_what_it_started_ends_with_it(self):
        python = self.executor()
        told = python.run("import subprocess, os\nchild = subprocess.Popen(['sleep', '4711'], start_new_session=True)\n"
                          "print(os.readlink('/proc/self/ns/pid'))")
        namespace = told[0][1].strip()
        self.assertTrue(processes_of(namespace))
        python.start("os._exit(0)")
        self.server.wait_for_end(python)
        limit = time.monotonic() + TIME_LIMIT
        while processes_of(namespace) and time.monotonic() < limit:
            pass
        self.assertEqual(processes_of(namespace), [])


def processes_of(namespace):
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            if os.readlink(f"/proc/{pid}/ns/pid") == namespace:
                found.append(int(pid))
        except OSError:
            pass
    return found


class WithoutNamespaces(Cells):
    isolate = False

    def test_everything_is_marked(self):
        python = self.executor(lineage=99)
        told = python.run("import subprocess\nprint(subprocess.run(['sh', '-c', 'ulimit -x'], capture_output=True, "
                          "executable='/bin/bash').stdout.decode()) if 0 else print(subprocess.run(['bash', '-c', "
                          "'ulimit -x'], capture_output=True).stdout.decode(), end='')")
        self.assertEqual(told[0][1], "99\n")


class Limits(unittest.TestCase):
    def test_more_memory_than_allowed_is_a_memory_error(self):
        server = ForkServer(NAMESPACE_INIT, False, preload=(), memory_limit=512 << 20)
        self.addCleanup(server.close)
        python = server.fork()
        self.addCleanup(python.kill)
        error = python.run("x = bytearray(2 << 30)")[-1][1]
        self.assertEqual(error["ename"], "MemoryError")
        self.assertEqual(python.value("1"), {"text/plain": "1"})

    def test_no_more_memory_is_allowed_than_the_server_itself_has(self):
        server = ForkServer(NAMESPACE_INIT, False, preload=(), memory_limit=4 << 30,
                            before=["prlimit", f"--data={1 << 30}:{1 << 30}"])
        self.addCleanup(server.close)
        python = server.fork()
        self.addCleanup(python.kill)
        self.assertEqual(python.value("import resource; resource.getrlimit(resource.RLIMIT_DATA)"),
                         {"text/plain": f"({1 << 30}, {1 << 30})"})

    def test_modules_that_are_not_there_are_told(self):
        server = ForkServer(NAMESPACE_INIT, False, preload=("no_such_module", "json"))
        self.addCleanup(server.close)
        self.assertEqual(server.ready[0], "ready")
        self.assertIn("no_such_module: No module named 'no_such_module'", server.ready[1])
        python = server.fork()
        self.addCleanup(python.kill)
        self.assertEqual(python.value("1"), {"text/plain": "1"})
        self.assertEqual(python.run("np")[-1][1]["ename"], "NameError")


class Leaving(unittest.TestCase):
    def test_a_server_goes_quietly_that_has_an_end_to_tell_to_nobody(self):
        """The daemon leaves without having heard all, as it does when it is killed."""
        server = ForkServer(NAMESPACE_INIT, False, preload=())
        executors = [server.fork() for _ in range(2)]
        executors[0].kill()
        self.assertTrue(select.select([server.control], [], [], TIME_LIMIT)[0])
        last = os.pidfd_open(executors[1].pid)
        self.addCleanup(os.close, last)
        os.kill(server.process.pid, signal.SIGSTOP)
        executors[1].kill()
        self.assertTrue(select.select([last], [], [], TIME_LIMIT)[0])
        server.control.close()
        os.kill(server.process.pid, signal.SIGCONT)
        self.assertEqual(server.process.wait(TIME_LIMIT), 0)


class CellsWithoutIPython(WithoutIPython, Cells):
    pass


class ErrorsWithoutIPython(WithoutIPython, Errors):
    pass


class ResultsWithoutIPython(WithoutIPython, Results):
    pass


class ContextsWithoutIPython(WithoutIPython, Contexts):
    pass


class PlainShell(WithoutIPython, WithServer):
    def test_it_is_told_that_ipython_is_missing(self):
        self.assertIn("IPython: No module named 'IPython'", self.server.ready[1].split("\n"))
        self.assertEqual(self.executor().run("get_ipython()")[-1][1]["ename"], "NameError")

    def test_magics_and_commands_are_refused(self):
        for code in ("x = 1\n!echo bang", "x = 1\n%env", "%%bash\necho"):
            error = self.executor().run(code)[-1][1]
            self.assertEqual((error["ename"], error["lineNumber"]), ("SyntaxError", code.split("\n").index(
                next(line for line in code.split("\n") if line[0] in "!%")) + 1))
            self.assertEqual(error["evalue"],
                             "invalid syntax (magics and shell commands need IPython, which is not installed)")

    def test_a_cell_that_cannot_be_compiled_does_nothing(self):
        told = self.executor().run("print('not')\nreturn 1")
        self.assertEqual([kind for kind, _ in told], [ERROR])
        self.assertEqual((told[0][1]["ename"], told[0][1]["lineNumber"]), ("SyntaxError", 2))

    def test_updates_are_a_builtin(self):
        told = self.executor().run("display(1, display_id=7)\nupdate_display(2, display_id=7)")
        self.assertEqual([(event["kind"], event["display_id"], event["data"]) for kind, event in told if kind == "result"],
                         [("display", "7", {"text/plain": "1"}), ("update", "7", {"text/plain": "2"})])

    def test_a_kind_that_fails_is_told_beside_the_others(self):
        told = self.executor().run("class F:\n def __repr__(self): return 'f'\n def _repr_html_(self): return 1 / 0\nF()")
        self.assertEqual([kind for kind, _ in told], ["stderr", "result", "complete"])
        self.assertEqual(told[0][1].splitlines(), ["Traceback (most recent call last):", "  Cell In[1], line 3, in _repr_html_",
                                                   "    def _repr_html_(self): return 1 / 0",
                                                   "ZeroDivisionError: division by zero"])
        self.assertEqual(told[1][1]["data"], {"text/plain": "f"})

    def test_an_underscore_of_the_cells_is_theirs(self):
        python = self.executor()
        python.run("_ = 'mine'\n1")
        self.assertEqual(python.value("_"), {"text/plain": "'mine'"})

    def test_lines_count_from_the_first_however_indented(self):
        error = self.executor().run("\n\n    x = 1\n    if x:\n        1 / 0\n")[-1][1]
        self.assertEqual((error["ename"], error["lineNumber"]), ("ZeroDivisionError", 5))


if __name__ == "__main__":
    unittest.main()
