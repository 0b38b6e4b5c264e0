"""The IPython shell of an executor: runs cells, and hands on what they display instead of printing it."""

import builtins
import subprocess
import sys
import warnings

from IPython.core.autocall import ExitAutocall
from IPython.core.compilerop import CachingCompiler
from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from IPython.display import display
from traitlets import Type, default
from traitlets.config import Config

from . import charts, chosen_backend, interruption, results, tables, tracebacks
from .event_loop import EventLoop
from .outlet import Outlet, predefined


_TEXT_ALONE = frozenset({int, float, complex, bool, str, bytes, list, tuple, dict, set, frozenset})


def _is_shown_by(formatter, kind):
    return kind in formatter.type_printers or (kind.__module__, kind.__name__) in formatter.deferred_printers


class _Compiler(CachingCompiler):
    """Compiles cells under names that a reader understands."""

    def get_code_name(self, raw_code, transformed_code, number):
        return tracebacks.cell_name(number)


class _ResultHook(DisplayHook):
    """Takes the value of a cell's last expression."""

    def start_displayhook(self):
        pass

    def write_output_prompt(self):
        pass

    def write_format_data(self, format_dict, md_dict=None):
        self.shell.hand_on("value", format_dict, md_dict or {})

    def finish_displayhook(self):
        pass

    def compute_format_data(self, result):
        if self._shows_as_text(type(result)):  # IPython asks twelve formatters, a third of the time of a short cell
            text = self._formatters.formatters["text/plain"](result)  # None: it has failed, and said so
            formats, metadata = {} if text is None else {"text/plain": text}, {}
        else:
            formats, metadata = super().compute_format_data(result)
        results.add_json(result, formats)
        return formats, metadata

    @property
    def _formatters(self):
        return self.shell.display_formatter

    def _shows_as_text(self, kind):
        """Whether instances of a class have no other form, and nobody has given them one."""
        if kind not in _TEXT_ALONE:
            return False
        others = [one for mime, one in self._formatters.formatters.items() if mime != "text/plain"]
        others += self._formatters.ipython_display_formatter, self._formatters.mimebundle_formatter
        return not any(one.singleton_printers or _is_shown_by(one, base) for base in kind.__mro__ for one in others)


class _Publisher(DisplayPublisher):
    """Takes what is displayed: display(), plt.show(), and figures that are open at the end of a cell."""

    def publish(self, data, metadata=None, source=None, *, transient=None, update=False, **_):
        display_id = (transient or {}).get("display_id")
        self.shell.hand_on("update" if update else "display", data, metadata or {},
                           None if display_id is None else str(display_id))

    def clear_output(self, wait=False):
        pass  # the protocol has no word for it


class _Exit(ExitAutocall):
    """`exit` and `quit`: as Python's own, they end the cell by an exception. A context is ended by its client."""

    def __call__(self, code=None):
        raise SystemExit(code)


class Shell(Outlet, InteractiveShell):
    """One of it is made in the fork server; every executor has a copy."""

    compiler_class = Type(_Compiler)
    displayhook_class = Type(_ResultHook)
    display_pub_class = Type(_Publisher)
    event_loop = EventLoop()

    @default("exiter")
    def _exiter_default(self):
        return _Exit(self)

    def init_user_ns(self):
        super().init_user_ns()
        self.push(predefined(), interactive=False)  # what %who tells are the user's own

    # Interrupts are for user code. Amid IPython's own they would be lost where Python, or IPython, ignores exceptions, and
    # do harm: a lock of its history, once taken and not given back, would stop every cell that follows.
    def run_cell(self, *arguments, **options):
        with interruption.put_off:
            return super().run_cell(*arguments, **options)

    async def run_cell_async(self, *arguments, **options):
        with interruption.put_off:
            return await super().run_cell_async(*arguments, **options)

    async def run_code(self, *arguments, **options):
        with interruption.user_code():
            interruption.raise_what_came()
            return await super().run_code(*arguments, **options)

    def for_type(self, module, name, kind, function):
        """Has objects of a class, imported or not, shown under a MIME type as `function` says; None: not so."""
        formatters = self.display_formatter
        if kind in formatters.formatters:
            formatters.formatters[kind].for_type_by_name(module, name, function)
            return

        def bundle(value):  # the types that IPython does not know come from bundles only
            made = function(value)
            return {} if made is None else {kind: made}

        formatters.mimebundle_formatter.for_type_by_name(module, name, bundle)

    def start_anew(self):
        """As if nothing had been run: for the forks, each of which makes an event loop of its own."""
        self.reset(new_session=True)
        self.execution_count = 1
        self.event_loop.close()

    # Errors are told as events, once, by whoever runs the cell.
    def _showtraceback(self, etype, evalue, stb):
        pass

    def showtraceback(self, exc_tuple=None, filename=None, tb_offset=None, exception_only=False,
                      running_compiled_code=False):
        """IPython calls it for the error that ends a cell, too. Others, which nobody else tells, come with their
        traceback (of what shows a value: `_repr_html_` and so on) or with an offset (of a file that %run runs)."""
        if exc_tuple is not None or tb_offset is not None:
            error = sys.exc_info()[1] if exc_tuple is None else exc_tuple[1]
            print(*tracebacks.describe(error)["traceback"], sep="\n", file=sys.stderr)

    def showsyntaxerror(self, *arguments, **options):
        pass

    def enable_matplotlib(self, gui=None):
        """`%matplotlib` and `%pylab`, whatever backend they ask for: figures go where results go."""
        return gui, chosen_backend.BACKEND

    def system(self, cmd):
        """`!command`: its output goes where that of all subprocesses goes."""
        self.user_ns["_exit_code"] = subprocess.call(self.var_expand(cmd, depth=1), shell=True)


def make_shell():
    settings = Config()
    settings.HistoryManager.enabled = False
    settings.InteractiveShell.colors = "NoColor"
    settings.InteractiveShell.xmode = "Minimal"
    shell = Shell.instance(config=settings)
    shell.loop_runner = shell.event_loop.run
    warnings.filterwarnings("ignore", message="To exit: use")  # advice to somebody at a terminal
    warnings.filterwarnings("ignore", message=".*run_cell_async' was never awaited")  # an interrupt came first
    builtins.display = display  # also between cells
    charts.register(shell)
    tables.register(shell)
    return shell
