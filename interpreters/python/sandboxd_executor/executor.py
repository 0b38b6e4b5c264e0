"""What one executor does: takes requests in order, runs cells, and tells what comes of them.

Requests                                               answers
    configure  cwd, environment, variables, ...        none
    run        code, environment                       `running`, any number of `result`, then `complete` or `error`
"""

import builtins
import contextlib
import os
import sys

from . import interruption, tracebacks
from .channel import Closed

SOON = 0.02  # seconds: an executor that somebody waits for is asked sooner, one that is started ahead is not


@contextlib.contextmanager
def _environment(changes):
    """The variables of one run; None takes a variable away."""
    old = {name: os.environ.get(name) for name in changes}
    _apply(changes)
    try:
        yield
    finally:
        _apply(old)


def _apply(changes):
    for name, value in changes.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


class Executor:
    def __init__(self, channel, shell, order):
        self._channel = channel
        self._shell = shell
        self._order = order
        self._shell.receiver = self._hand_on

    def serve(self):
        """Returns when the daemon wants no more."""
        handlers = {"configure": self._configure, "run": self._run}
        while True:
            try:
                request = self._channel.receive()
            except Closed:
                return
            handlers[request["type"]](request)

    def _configure(self, request):
        self._enter(request["cwd"], request["fallback_cwd"])
        _apply(request["environment"])
        self._shell.user_ns.update(request["variables"])
        self._shell.result_limit = request["result_limit"]

    def _hand_on(self, result):
        """As a rule nothing comes after the value of a cell: nobody waits."""
        if result["kind"] == "value":
            self._channel.send(result)
            self._order.follow()
        else:
            self._channel.send_in_order(result)

    def _enter(self, *directories):
        """The first that is there; PWD follows, as after `cd`."""
        for directory in (*directories, "/"):
            with contextlib.suppress(OSError):
                os.chdir(directory)
                os.environ["PWD"] = directory
                return

    def _run(self, request):
        count = self._shell.execution_count
        self._order.begin()
        with _environment(request["environment"]):
            error = self._run_cell(request["code"])
        if error is None:
            outcome = {"type": "complete"}
        else:
            outcome = {"type": "error", **tracebacks.describe(error)}
        self._channel.send({**outcome, "execution_count": count})

    def _run_cell(self, code):
        """The exception that ended the cell, if one did."""
        try:
            with interruption.allowed(tell=lambda: self._channel.send({"type": "running"})):
                result = self._shell.run_cell(code, store_history=True)
                figures = sys.modules.get("sandboxd_executor.figures")
                if figures is not None:
                    figures.display_open_figures()
                self._flush()
            return result.error_before_exec or result.error_in_exec
        except KeyboardInterrupt as interrupt:
            return interrupt.with_traceback(None)
        except BaseException as error:  # of what user code has put into the shell, or of its figures
            return error

    def _flush(self):
        """Also of what user code has put in the place of our streams."""
        for stream in (sys.stdout, sys.stderr):
            with contextlib.suppress(Exception):
                stream.flush()


def _rehearse(shell):
    """A fork shares its memory until it writes to it: what the first cell would copy is copied while nobody waits."""
    with contextlib.suppress(Exception):  # it was for speed alone
        os.chdir("/")  # where the daemon's workspace may be gone, and user code could be imported
        shell.run_cell("1 + 1", store_history=False)
        shell.start_anew()


def start(channel, shell, order):
    """Serves until the daemon lets go, in a process that is an executor and nothing else. `order` is of its streams."""
    interruption.lose_none()
    order.synchronize = lambda: channel.send_in_order({"type": "synchronize"})
    builtins.exit = builtins.quit = shell.exiter
    channel.send({"type": "ready"})
    if not channel.is_asked_within(SOON):
        _rehearse(shell)
    Executor(channel, shell, order).serve()
