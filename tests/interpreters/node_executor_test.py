#!/usr/bin/python3
"""The JavaScript executors and the TypeScript transpiler, driven as the daemon drives them."""

import os
import signal
import time
import unittest
from pathlib import Path

from constants import TIME_LIMIT
from executor_world import NodeExecutor, Transpiler


def texts(told, kind):
    return "".join(what for one, what in told if one == kind)


class WithExecutor(unittest.TestCase):
    def setUp(self):
        self.node = self.executor()

    def executor(self, **options):
        made = NodeExecutor(**options)
        self.addCleanup(made.close)
        return made

    def text(self, code):
        return self.node.value(code)["text/plain"]


class Cells(WithExecutor):
    def test_the_value_of_the_last_expression_is_the_result(self):
        self.assertEqual(self.node.value("1+1"), {"text/plain": "2"})
        self.assertEqual(self.node.value("'hello'"), {"text/plain": "'hello'"})
        self.assertEqual(self.node.value("null"), {"text/plain": "null"})
        self.assertEqual(self.node.value("({a: [1, {b: 2}]})"), {"application/json": {"a": [1, {"b": 2}]}})
        self.assertEqual(self.node.value("new Map([[1, 2]])"), {"text/plain": "Map(1) { 1 => 2 }"})
        self.assertEqual(self.node.value("({n: 10n})"), {"text/plain": "{ n: 10n }"})
        self.assertEqual(self.node.value("if (true) { 5 }"), {"text/plain": "5"})
        for code in ("undefined", "let x = 5", "", "// nothing"):
            self.assertEqual([kind for kind, _ in self.node.run(code)], ["complete"], code)

    def test_declarations_stay_and_may_be_made_again(self):
        for round in (1, 2):
            self.node.run(f"const c = {round}; let l = {round}; class K {{ v() {{ return {round} }} }}; "
                          f"function f() {{ return {round} }}; const {{a, b: [d]}} = {{a: {round}, b: [{round}]}}")
            self.assertEqual(self.node.value("[c, l, new K().v(), f(), a, d]"), {"application/json": [round] * 6})
        self.assertEqual([kind for kind, _ in self.node.run("let l; l")], ["complete"])

    def test_await_stands_at_the_top(self):
        self.assertEqual(self.text("await 5"), "5")
        self.assertEqual(self.text("await 0; (6) ; // the last"), "6")
        self.assertEqual(self.node.value("({a: await 7})"), {"application/json": {"a": 7}})
        self.node.run("const z = await Promise.resolve(6), {y} = {y: 7}\nclass W {}\nfunction g() { return h() }\n"
                      "function h() { return z }\nfor (var i = 0, j = 9; i < 2; i++) { await 1; var {u} = {u: i} }")
        self.assertEqual(self.node.value("[z, y, typeof W, g(), i, j, u]"),
                         {"application/json": [6, 7, "function", 6, 2, 9, 1]})
        self.assertEqual(self.text("for await (const q of [1, 2]) { var w = q }\nw // the last"), "2")

    def test_a_promise_as_last_expression_is_awaited(self):
        self.assertEqual(self.text("new Promise(done => setTimeout(done, 5, 'late'))"), "'late'")

    def test_modules_are_found_from_where_the_context_is(self):
        self.assertEqual(self.text("require('path').sep"), "'/'")
        self.node.run("import fs, {existsSync as there} from 'fs'\nimport * as path from 'node:path'")
        self.assertEqual(self.node.value("[there('/'), fs.existsSync('/nowhere'), path.sep]"),
                         {"application/json": [True, False, "/"]})
        self.assertEqual(self.text("(await import('node:path')).sep"), "'/'")
        self.node.run("require('fs').writeFileSync('/tmp/own-module.mjs', 'export default 42')")
        self.addCleanup(os.remove, "/tmp/own-module.mjs")
        self.assertEqual(self.text("import own from './own-module.mjs'\nown"), "42")

    def test_exports_are_declarations(self):
        self.assertEqual(self.text("export const k = 9\nk"), "9")

    def test_output_and_results_keep_their_order(self):
        told = self.node.run("console.log('a'); console.error('b'); display(1); process.stdout.write('c\\n'); 2")
        self.assertEqual([kind for kind, _ in told], ["stdout", "stderr", "result", "stdout", "result", "complete"])
        self.assertEqual((told[0][1], told[1][1], told[3][1]), ("a\n", "b\n", "c\n"))

    def test_what_subprocesses_print_comes_too(self):
        told = self.node.run("require('child_process').execSync('echo sub', {stdio: 'inherit'}); console.log('own')")
        self.assertEqual(texts(told, "stdout"), "sub\nown\n")

    def test_what_is_printed_is_there_while_the_cell_runs(self):
        self.node.start("process.stdout.write('now'); while (true);")
        limit = time.monotonic() + TIME_LIMIT
        while not self.node.told and time.monotonic() < limit:
            self.node._drain()
        self.assertEqual(self.node.told, [("stdout", b"now")])
        os.kill(self.node.process.pid, signal.SIGINT)
        self.node.finish()

    def test_execution_count_counts_errors_too(self):
        counts = [self.node.run(code)[-1][1]["execution_count"] for code in ("1", "throw 1", "1 +", "2")]
        self.assertEqual(counts, [1, 2, 3, 4])

    def test_much_output_comes_whole(self):
        told = self.node.run("console.log('x'.repeat(1000000))")
        self.assertEqual(len(texts(told, "stdout")), 1000001)


class Errors(WithExecutor):
    def error(self, code):
        told = self.node.run(code)
        self.assertEqual(told[-1][0], "error", told)
        return told[-1][1], texts(told, "stderr")

    def test_frames_of_user_code_are_told(self):
        error, printed = self.error("function f() {\n  throw new TypeError('bad')\n}\nf()")
        self.assertEqual((error["ename"], error["evalue"], error["lineNumber"]), ("TypeError", "bad", 2))
        self.assertEqual(error["traceback"], ["TypeError: bad", "    at f (Cell In[1]:2:9)", "    at Cell In[1]:4:1"])
        self.assertEqual(printed, "\n".join(error["traceback"]) + "\n")

    def test_places_in_cells_that_await_are_the_users(self):
        error, _ = self.error("await 1; null.x; 2")
        self.assertEqual(error["lineNumber"], 1)
        self.assertIn("    at Cell In[1]:1:15", error["traceback"])

    def test_no_edit_moves_a_place(self):
        for code, place in (("await 1\nnull.x", "2:6"),  # of the property, as V8 has it
                            ("await 1; (\n  null.x)", "2:8"),
                            ("import {\n  sep\n} from 'path'; null.x", "3:21"),
                            ("let l; null.x", "1:13"),
                            ("const a = 1, b = await 2; let c; var d; class K {} const n = null.x", "1:67"),
                            ("export default null.x", "1:21"),
                            ("class C { m() { null.x } } new C().m()", "1:22")):
            node = self.executor()
            told = node.run(code)[-1][1]
            self.assertIn(f"Cell In[1]:{place}", told["traceback"][1], code)
            self.assertEqual(told["lineNumber"], int(place.split(":")[0]), code)

    def test_stacks_have_the_frames_of_user_code_wherever_they_are_shown(self):
        self.assertEqual(self.text("new Error('v')"), "Error: v\n    at Cell In[1]:1:1")
        told = self.node.run("const f = () => { throw new TypeError('t') }\ntry { f() } catch (e) { console.error(e) }")
        self.assertEqual(texts(told, "stderr"), "TypeError: t\n    at f (Cell In[2]:1:25)\n    at Cell In[2]:2:7\n")
        told = self.node.run("await null\ntry { f() } catch (e) { console.log(e.stack) }")
        self.assertEqual(texts(told, "stdout"), "TypeError: t\n    at f (Cell In[2]:1:25)\n    at Cell In[3]:2:7\n")
        told = self.node.run("setTimeout(() => { throw new Error('late') }, 1); await new Promise(r => setTimeout(r, 50))")
        self.assertEqual(texts(told, "stderr"), "Uncaught Error: late\n    at Timeout._onTimeout (Cell In[4]:1:26)\n")
        told = self.node.run("Promise.reject(new Error('lost')); undefined")
        self.assertEqual(texts(told, "stderr"), "Uncaught (in promise) Error: lost\n    at Cell In[5]:1:16\n")

    def test_stacks_of_nodes_modules_begin_as_ever(self):
        told = self.node.run("try { require('fs').readFileSync({}) } catch (e) { console.log(e.stack) }")
        self.assertRegex(texts(told, "stdout"), r"^TypeError \[ERR_INVALID_ARG_TYPE\]: The \"path\" argument [^\n]*\n"
                                                r"    at Cell In\[1\]:1:\d+\n$")

    def test_who_prepares_stacks_himself_gets_all_frames(self):
        self.assertEqual(self.text("Error.prepareStackTrace = (error, frames) => frames.length > 1; new Error('x').stack"), "true")

    def test_a_syntax_error_points_at_its_place(self):
        error, _ = self.error("let a = 1\nlet b = = 2")
        self.assertEqual((error["ename"], error["evalue"], error["lineNumber"]),
                         ("SyntaxError", "Unexpected token '='", 2))

    def test_whatever_is_thrown_is_told(self):
        self.assertEqual(self.error("throw 'text'")[0]["evalue"], "text")
        self.assertEqual(self.error("throw {a: 1}")[0]["evalue"], "{ a: 1 }")
        self.assertEqual(self.error("throw undefined")[0]["evalue"], "undefined")
        self.assertEqual(self.error("class E extends Error { name = 'Own' }; throw new E('m')")[0]["ename"], "Own")
        self.assertEqual(self.error("await Promise.reject(new RangeError('r'))")[0]["ename"], "RangeError")

    def test_an_error_that_cannot_be_described_is_told_as_such(self):
        for code in ("throw Object.defineProperty(new Error('m'), 'message', {get() { throw 1 }})",
                     "throw Object.assign(new Error('m'), {name: {toString() { throw 1 }}})",
                     "throw Object.assign(new Error('m'), {message: Symbol('s'), name: {__proto__: null}})",
                     "throw Object.assign(new Error('m'), {cause: new Proxy({}, {get() { throw 1 }})})",
                     "throw new Proxy(new Error('m'), new Proxy({}, {get() { throw 1 }}))",
                     "throw {[util.inspect.custom]() { throw 1 }}"):
            with self.subTest(code):
                error, printed = self.error(code)
                self.assertEqual((error["ename"], error["evalue"], error["traceback"], printed),
                                 ("Error", "<the error could not be described>", [], ""))
                self.assertEqual(self.text("'alive'"), "'alive'")
                printed = texts(self.node.run(code.replace("throw", "Promise.reject(", 1) + "); undefined"), "stderr")
                self.assertEqual(printed, "Uncaught (in promise) <the error could not be described>\n")

    def test_a_line_is_taken_from_an_error_only_if_it_is_one(self):
        for line, told in (("7", 7), ("10n", 1), ("'7'", 1), ("NaN", 1), ("1e300", 1), ("{}", 1)):
            error, _ = self.error(f"throw Object.assign(new Error('m'), {{loc: {{line: {line}}}}})")
            self.assertEqual((error["ename"], error["evalue"], error["lineNumber"]), ("Error", "m", told), line)

    def test_a_run_ends_whatever_has_become_of_the_streams_and_the_environment(self):
        node = self.executor()
        error = node.run("process.stderr.write = () => { throw new Error('broken') }; throw new Error('told')")[-1][1]
        self.assertEqual(error["evalue"], "told")
        self.assertEqual(node.run("", problem={"message": "no"})[-1][1]["ename"], "TranspileError")
        self.assertEqual(node.run("Promise.reject(1); undefined")[-1][0], "complete")
        self.assertEqual(node.run("process.env = null", environment={"A": "1"})[-1][1]["ename"], "TypeError")
        self.assertEqual(node.run("1", environment={"A": "1"})[-1][1]["ename"], "TypeError")
        self.assertEqual(node.value("'alive'"), {"text/plain": "'alive'"})

    def test_rejections_nobody_handles_are_reported(self):
        told = self.node.run("Promise.reject(new Error('lost')); 1")
        self.assertEqual([kind for kind, _ in told], ["result", "stderr", "complete"])
        self.assertIn("Uncaught (in promise) Error: lost", told[1][1])

    def test_exceptions_in_callbacks_are_reported_and_end_nothing(self):
        told = self.node.run("setTimeout(() => { throw new Error('late') }, 1); await new Promise(r => setTimeout(r, 50))")
        self.assertIn("Uncaught Error: late", texts(told, "stderr"))
        self.assertEqual(told[-1][0], "complete")


class Results(WithExecutor):
    def test_conventions_of_other_kernels(self):
        self.assertEqual(self.node.value("html`<b>${1}</b>`"), {"text/html": "<b>1</b>"})
        self.assertEqual(self.node.value("md`*${'m'}*`"), {"text/markdown": "*m*"})
        self.assertEqual(self.node.value("({[Symbol.for('Jupyter.display')]: async () => ({'image/png': 'AA=='})})"),
                         {"image/png": "AA=="})
        self.assertEqual(self.node.value("({_toSvg: () => '<svg/>', _toHtml: () => '<p>'})"),
                         {"text/html": "<p>", "image/svg+xml": "<svg/>"})

    def test_display_shows_values_and_bundles(self):
        told = self.node.run("display({'text/latex': '$x$', 'image/jpeg': Buffer.from('j')}, {raw: true});\n"
                             "display(1, {display_id: 'd'}); display(2, {display_id: 'd', update: true});")
        shown = [event for kind, event in told if kind == "result"]
        self.assertEqual(shown[0]["data"], {"text/latex": "$x$", "image/jpeg": "ag=="})
        self.assertEqual([(event["kind"], event["display_id"]) for event in shown[1:]], [("display", "d"), ("update", "d")])

    def test_too_much_is_left_out_with_a_mark(self):
        node = self.executor(result_limit=100)
        event = node.run("'x'.repeat(200)")[0][1]
        self.assertEqual(event["data"]["text/plain"], "'" + "x" * 99 + "\n... [102 of 202 characters left out]")
        self.assertEqual(event["metadata"]["left_out"], {"text/plain": 202})

    def test_all_of_a_result_is_bounded(self):
        """By what the daemon takes: 1 MiB and eight of the largest values."""
        node = self.executor(result_limit=1000)
        event = node.run("const nine = {}; for (let n = 0; n < 9; n++) nine[`x/${n}`] = 'v'.repeat(1000);\n"
                         "display(nine, {raw: true, display_id: 'i'.repeat(256)}); undefined")[0][1]
        # With their names and quotes a little more than 1000 bytes each.
        self.assertEqual(event["data"], {f"x/{n}": "v" * 1000 for n in range(6)})
        self.assertNotIn("display_id", event)
        self.assertEqual(event["metadata"], {"left_out": {"x/6": 1000, "x/7": 1000, "x/8": 1000, "display_id": 256}})
        event = node.run("display({'x/y': '\\0'.repeat(1000), 'x/z': '\u20ac'.repeat(1000)}, "
                         "{raw: true, display_id: 'i'.repeat(255)}); undefined")[0][1]
        self.assertEqual(event["metadata"], {"left_out": {"x/z": 1000}})  # six bytes each and three bytes each
        self.assertEqual(event["display_id"], "i" * 255)

    def test_what_names_the_left_out_is_bounded(self):
        node = self.executor(result_limit=1000)
        event = node.run("const all = {}; for (let n = 0; n < 70; n++) all[String(n).padStart(3, '0') + 'x'.repeat(700)] = "
                         "'v'.repeat(2000);\ndisplay(all, {raw: true}); undefined")[0][1]
        names = [f"{n:03}" + "x" * 252 + "..." for n in range(64)]
        self.assertEqual(event["metadata"]["left_out"], {**dict.fromkeys(names, 2000), "...": 12_000})
        self.assertEqual(event["data"]["text/plain"][:60], f"[000{'x' * 56}")


class Contexts(WithExecutor):
    def test_directory_environment_and_variables_are_the_contexts(self):
        node = self.executor(cwd="/usr", environment={"A": "1", "HOME": None}, variables={"v": {"k": [1]}})
        self.assertEqual(node.value("[process.cwd(), process.env.A, 'HOME' in process.env, v, __dirname]"),
                         {"application/json": ["/usr", "1", False, {"k": [1]}, "/usr"]})

    def test_well_known_names_are_there_and_give_way(self):
        self.assertEqual(self.node.value("[fs.existsSync('/tmp'), path.join('a', 'b'), util.format('%s', 1), "
                                         "crypto.createHash('md5').update('').digest('hex'), typeof crypto.subtle]"),
                         {"application/json": [True, "a/b", "1", "d41d8cd98f00b204e9800998ecf8427e", "object"]})
        node = self.executor(variables={"path": 1})
        self.assertEqual(node.value("const fs = 2; util = 3; function crypto() { return 4; }\n"
                                    "await 0; [fs, path, util, crypto()]"), {"application/json": [2, 1, 3, 4]})
        node = self.executor()
        self.assertEqual(node.value("const fs = require('fs'); var path = 1; function util() {} class crypto {}\n"
                                    "[typeof fs.existsSync, path, typeof util, typeof crypto]"),
                         {"application/json": ["function", 1, "function", "function"]})

    def test_globals_of_node_are_there_once(self):
        self.assertEqual(self.text("fetch === fetch && Headers === globalThis.Headers && "
                                   "new Headers({a: '1'}).get('a')"), "'1'")
        self.assertEqual(self.text("globalThis.fetch = 1; fetch"), "1")

    def test_the_environment_of_a_run_is_its_own(self):
        node = self.executor(environment={"A": "1"})
        code = "[process.env.A ?? null, process.env.B ?? null]"
        self.assertEqual(node.value(code, environment={"A": None, "B": "2"})["application/json"], [None, "2"])
        self.assertEqual(node.value(code)["application/json"], ["1", None])

    def test_an_exit_is_an_exit(self):
        node = NodeExecutor()
        node.start("process.exit(3)")
        self.assertIsNone(node.next_event())
        self.assertEqual(node.process.wait(TIME_LIMIT), 3)


class Interruption(WithExecutor):
    def test_user_code_is_interrupted(self):
        for code in ("while (true);", "await new Promise(() => {})", "for (;;) await null"):
            self.node.start(f"console.log('on')\n{code}")
            limit = time.monotonic() + TIME_LIMIT
            while not self.node.told and time.monotonic() < limit:
                self.node._drain()
            if code.startswith("for"):
                continue
            told = self.node.interrupt()
            self.assertEqual((told[-1][0], told[-1][1]["ename"]), ("error", "KeyboardInterrupt"), code)
            self.assertEqual(self.text("'alive'"), "'alive'")
        self.node.process.kill()

    def test_an_interrupted_write_keeps_no_later_one_from_its_end(self):
        for write in ("process.stdout.write", "console.log", "process.stderr.write"):
            node = self.executor()
            node.start(f"const much = 'x'.repeat(1 << 20); while (true) {write}(much)")
            node.wait_for_full_pipe()
            self.assertEqual(node.interrupt()[-1][1]["ename"], "KeyboardInterrupt")
            told = node.run("console.log('out'); process.stderr.write('err\\n', () => console.log('done')); 1")
            self.assertEqual([texts(told, "stdout"), texts(told, "stderr")], ["out\ndone\n", "err\n"])

    def test_an_interrupt_at_the_end_of_the_synchronous_part_is_not_lost_nor_kept_for_the_next_cell(self):
        """The signal alone would be, in about every third of these rounds."""
        for _ in range(30):
            self.node.start("console.log('on'); await new Promise((done) => setTimeout(done, 1e6))")
            limit = time.monotonic() + TIME_LIMIT
            while not self.node.told and time.monotonic() < limit:
                self.node._drain()
            told = self.node.interrupt()
            self.assertEqual((told[-1][0], told[-1][1]["ename"]), ("error", "KeyboardInterrupt"), told)
            self.assertEqual(self.text("for (const end = Date.now() + 20; Date.now() < end;); 'alive'"), "'alive'")

    def test_a_cell_is_interrupted_that_has_only_just_been_sent(self):
        for code in ("while (true);", "await new Promise((done) => setTimeout(done, 1e6))"):
            self.node.start(code)
            self.assertEqual(self.node.interrupt()[-1][1]["ename"], "KeyboardInterrupt")
            self.assertEqual(self.text("'alive'"), "'alive'")

    def test_handlers_of_user_code_keep_no_interrupt_away(self):
        for code in ("process.on('SIGINT', handler)", "process.off('SIGINT', handler)"):
            self.node.run(f"var handler = () => 0; {code}" if "on(" in code else code)
            for cell in ("while (true);", "await new Promise((done) => setTimeout(done, 1e6))"):
                self.node.start(cell)
                self.assertEqual(self.node.interrupt()[-1][1]["ename"], "KeyboardInterrupt", (code, cell))
        self.test_nothing_happens_between_two_cells()

    def test_a_handler_that_comes_and_goes_within_a_cell_leaves_it_as_it_was(self):
        self.node.run("var handler = () => 0; process.on('SIGINT', handler); process.off('SIGINT', handler)")
        self.test_nothing_happens_between_two_cells()
        self.node.start("while (true);")
        self.assertEqual(self.node.interrupt()[-1][1]["ename"], "KeyboardInterrupt")

    def test_timers_of_user_code_are_not_ours(self):
        self.node.run("globalThis.setTimeout = globalThis.setImmediate = () => 0; performance.now = () => 0; "
                      "process.constructor.constructor('return globalThis')().setImmediate = () => 0")
        self.node.start("await new Promise(() => {})")
        self.assertEqual(self.node.interrupt()[-1][1]["ename"], "KeyboardInterrupt")
        self.assertEqual(self.text("'alive'"), "'alive'")

    def test_nothing_happens_between_two_cells(self):
        self.node.run("var x = 1")
        os.kill(self.node.process.pid, signal.SIGINT)
        self.assertEqual(self.text("x"), "1")


class TypeScript(WithExecutor):
    def setUp(self):
        super().setUp()
        self.transpiler = Transpiler()
        self.addCleanup(self.transpiler.close)

    def run_typescript(self, code):
        made = self.transpiler.transpile(code)
        self.assertEqual((made["type"], made["id"]), ("transpiled", 7), made)
        return self.node.run(made["code"], map=made["map"])

    def value_of(self, code):
        told = self.run_typescript(code)
        self.assertEqual([kind for kind, _ in told], ["result", "complete"], told)
        return told[0][1]["data"]

    def test_types_are_taken_away_and_not_checked(self):
        self.assertEqual(self.value_of("const a: number = 5\na"), {"text/plain": "5"})
        self.assertEqual(self.value_of("const n: number = 'wrong'; n"), {"text/plain": "'wrong'"})
        self.assertEqual(self.value_of("interface I { v: string }\nconst i: I = {v: 's'}\ni.v"), {"text/plain": "'s'"})

    def test_what_only_typescript_has_runs(self):
        self.assertEqual(self.value_of("enum C { A, B }\nC.B"), {"text/plain": "1"})
        self.assertEqual(self.value_of("class P { constructor(private v: number) {} }\nnew P(4)"),
                         {"application/json": {"v": 4}})

    def test_javascript_is_left_as_it_is(self):
        for code in ("1+1", "let x = 1 // c\n", "await f(); for (const a of b) g(a, 1 < 2)", "with (a) b"):
            made = self.transpiler.transpile(code)
            self.assertEqual((made["code"], made["map"]), (code, None))

    def test_what_would_be_comparisons_in_javascript_is_not(self):
        self.run_typescript("function same<T>(x: T): T { return x }\nconst number = 1")
        self.assertEqual(self.value_of("same<number>(3)"), {"text/plain": "3"})
        self.assertEqual(self.value_of("same\n<number\n>\n(4)"), {"text/plain": "4"})

    def test_declarations_stay(self):
        self.run_typescript("const r: number = await Promise.resolve(3)\ntype T = 1 | 2")
        self.run_typescript("const r: string = 'again'")
        self.assertEqual(self.value_of("r"), {"text/plain": "'again'"})

    def test_an_import_is_there_for_later_cells(self):
        self.run_typescript("import fs from 'fs'")
        self.assertEqual(self.value_of("fs.existsSync('/')"), {"text/plain": "true"})

    def test_a_syntax_error_points_at_the_users_line(self):
        told = self.transpiler.transpile("let ok: number = 1\nlet q: = 5")
        self.assertEqual(told["problem"], {"message": 'Unexpected "="', "line": 2, "column": 7, "text": "let q: = 5"})
        self.node.run("1")
        told = self.node.run("", problem=told["problem"])
        self.assertEqual(told, [("stderr", 'TypeScript compilation error: Unexpected "="\n'), ("error", {
            "type": "error", "ename": "TranspileError", "evalue": 'Unexpected "="', "lineNumber": 2, "execution_count": 2,
            "traceback": ["Cell In[2]:2", "let q: = 5", "       ^", 'TranspileError: Unexpected "="']})])

    def test_what_is_nested_too_deeply_is_refused_and_ends_nothing(self):
        told = self.transpiler.transpile("(" * 300_000 + "1" + ")" * 300_000)
        self.assertEqual(told, {"type": "rejected", "id": 7,
                                "problem": {"message": "Brackets are nested more than 10000 deep"}})
        self.assertEqual(self.transpiler.transpile("1")["type"], "transpiled")

    def test_what_is_only_long_is_not(self):
        for code in ("[1];\n" * 20_000, f"'{'(' * 20_000}'", f'"{"[" * 20_000}"', f"`{'{' * 20_000}`",
                     f"// {'(' * 20_000}", f"/* {'(' * 20_000} */", "'a\\'(' + \"b\\\"(\";\n" * 20_000):
            self.assertEqual(self.transpiler.transpile(code)["type"], "transpiled", code[:20])

    def test_without_esbuild_it_ends_and_says_nothing_of_the_code(self):
        pid = self.transpiler.process.pid
        (esbuild,) = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        os.kill(int(esbuild), signal.SIGKILL)
        self.assertIsNone(self.transpiler.transpile("let n: number"))
        self.assertEqual(self.transpiler.process.wait(TIME_LIMIT), 1)

    def test_errors_point_at_the_users_lines(self):
        told = self.run_typescript("// c\n\ninterface A {}\n\nfunction f(): void {\n  throw new Error('e')\n}\nf()")
        error = told[-1][1]
        self.assertEqual(error["lineNumber"], 6)
        self.assertEqual(error["traceback"], ["Error: e", "    at f (Cell In[1]:6:9)", "    at Cell In[1]:8:1"])

    def test_stacks_that_are_shown_point_at_the_users_lines(self):
        self.run_typescript("interface A {}\n\nfunction f(): Error {\n  return new Error('e')\n}")
        self.assertEqual(self.value_of("type T = 1\n\n\n\nf()")["text/plain"],
                         "Error: e\n    at f (Cell In[1]:4:10)\n    at Cell In[2]:5:1")
        told = self.run_typescript("type U = 1\n\nawait null\nconsole.error(f())")
        self.assertEqual(texts(told, "stderr"), "Error: e\n    at f (Cell In[1]:4:10)\n    at Cell In[3]:4:15\n")


if __name__ == "__main__":
    unittest.main()
