"""The shell of an executor where IPython is not installed: Python itself, with the displays of IPython.

It runs the statements of a cell and evaluates its last expression; `await` may stand at the top. No magics, no history.
Builtins of cells:

    display(*objects, display_id=None, raw=False)   shows them; with an id, or True for a new one, returns a handle with
                                                    `display(value)` and `update(value)`; raw: they are MIME bundles
    update_display(value, display_id=..., raw=False)   shows it in the place of what was shown under the id
    _                                               the value of the last expression, as in Python's own shell
"""

import __future__

import ast
import builtins
import inspect
import io
import linecache
import re
import sys
import types
import uuid
import warnings

from . import charts, results, tables, tracebacks
from .event_loop import EventLoop
from .outlet import Outlet, predefined
from .plain_formats import Formatter

_FUTURES = sum(getattr(__future__, name).compiler_flag for name in __future__.all_feature_names
               if name != "nested_scopes")  # its flag tells something else of a code


class _Outcome:
    """Of a cell: at most one of the two."""

    error_before_exec = None
    error_in_exec = None


class DisplayHandle:
    """What can be shown anew."""

    def __init__(self, shell, display_id):
        self._shell = shell
        self.display_id = display_id

    def display(self, value, **options):
        self._shell.display(value, display_id=self.display_id, **options)

    def update(self, value, **options):
        self._shell.update_display(value, display_id=self.display_id, **options)


def _lines(code):
    """As the parser counts them, and without the indentation of the first, which all may have."""
    lines = io.StringIO(code, newline=None).readlines()
    first = next((line for line in lines if line.strip()), "")
    indentation = first[:len(first) - len(first.lstrip())]
    return [line.removeprefix(indentation) for line in lines]


def _is_silenced(lines, expression):
    """Whether a semicolon follows the last expression."""
    rest = lines[expression.end_lineno - 1].encode()[expression.end_col_offset:]
    return rest.lstrip().startswith(b";")


class PlainShell(Outlet):
    """One of it is made in the fork server; every executor has a copy."""

    def __init__(self):
        self.execution_count = 1
        self._flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        self._event_loop = EventLoop()
        self._formatter = Formatter()
        self.for_type = self._formatter.for_type
        # Pickles and dataclasses look there for what a cell has defined.
        self._module = sys.modules["__main__"] = types.ModuleType("__main__")
        self.user_ns = self._module.__dict__
        self._at_first = {**self.user_ns, **predefined(), "__builtins__": builtins}
        self.user_ns.update(self._at_first)

    def start_anew(self):
        """As if nothing had been run: for the forks, each of which makes an event loop of its own."""
        self.user_ns.clear()
        self.user_ns.update(self._at_first)
        builtins.__dict__.pop("_", None)
        self.execution_count = 1
        self._event_loop.close()

    @staticmethod
    def exiter(code=None):
        """`exit()` and `quit()`: as Python's own, they end the cell by an exception. A context is ended by its client."""
        raise SystemExit(code)

    def run_cell(self, code, store_history=False):
        outcome = _Outcome()
        try:
            try:
                parts, silenced = self._compile(_lines(code))
            except BaseException as error:
                outcome.error_before_exec = error
                return outcome
            try:
                value = self._run(parts)
                if value is not None and not silenced:
                    self._show_value(value)
            except BaseException as error:
                outcome.error_in_exec = error
            return outcome
        finally:
            if store_history:
                self.execution_count += 1

    def _compile(self, lines):
        """The codes to run one after the other, and whether the value of the last is not to be shown."""
        name = tracebacks.cell_name(self.execution_count)
        text = "".join(lines)
        linecache.cache[name] = (len(text), None, lines, name)
        try:
            tree = self._compile_part(text, name, "exec", ast.PyCF_ONLY_AST)
        except SyntaxError as error:
            if re.match(r"\s*[%!]", error.text or ""):
                error.msg += " (magics and shell commands need IPython, which is not installed)"
            raise
        if not tree.body or not isinstance(tree.body[-1], ast.Expr):
            return [self._compile_part(tree, name, "exec")], True
        last = tree.body.pop()
        parts = [self._compile_part(tree, name, "exec"), self._compile_part(ast.Expression(last.value), name, "eval")]
        return parts, _is_silenced(lines, last)

    def _compile_part(self, part, name, mode, flags=0):
        code = compile(part, name, mode, flags=self._flags | flags, dont_inherit=True)
        if not flags:  # what a cell takes from the future holds for those that follow
            self._flags |= code.co_flags & _FUTURES
        return code

    def _run(self, parts):
        """The value of the last."""
        if any(part.co_flags & inspect.CO_COROUTINE for part in parts):
            return self._event_loop.run(self._run_awaiting(parts))
        for part in parts:
            value = eval(part, self.user_ns)
        return value

    async def _run_awaiting(self, parts):
        for part in parts:
            value = eval(part, self.user_ns)
            if part.co_flags & inspect.CO_COROUTINE:
                value = await value
        return value

    def _show_value(self, value):
        builtins._ = value  # not in the cells' namespace: a `_` of theirs is theirs
        formats, metadata = self._formatter.format(value)
        results.add_json(value, formats)
        self.hand_on("value", formats, metadata)

    def _publish(self, kind, value, raw, display_id=None):
        formats, metadata = (value, {}) if raw else self._formatter.format(value)
        self.hand_on(kind, formats, metadata, display_id)

    def display(self, *objects, display_id=None, raw=False):
        if display_id:
            display_id = uuid.uuid4().hex if display_id is True else str(display_id)
        for value in objects:
            self._publish("display", value, raw, display_id or None)
        return DisplayHandle(self, display_id) if display_id else None

    def update_display(self, value, *, display_id, raw=False):
        self._publish("update", value, raw, str(display_id))


def make_shell():
    shell = PlainShell()
    warnings.filterwarnings("ignore", message=".*_run_awaiting' was never awaited")  # an interrupt came first
    builtins.display, builtins.update_display = shell.display, shell.update_display
    charts.register(shell)
    tables.register(shell)
    return shell
