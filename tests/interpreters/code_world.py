"""A whole sandboxd whose code interpreter is driven by HTTP, and whose processes are counted and killed."""

import contextlib
import os
import re
import shutil
import signal
import sys
import tempfile
import time
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bench"))
import code_client
import executor_processes
import processes
import servers
from code_client import LANGUAGES
from constants import PYTHON, TIME_LIMIT

BINARY = Path(os.environ["SANDBOXD_BINARY"]).resolve()  # its `interpreters` folder is beside it

# Of the daemon only what a test says.
ENVIRONMENT = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8"}


def eventually(condition, limit=TIME_LIMIT):
    """The first true value of the condition; fails when there is none in time."""
    end = time.monotonic() + limit
    while not (value := condition()):
        if time.monotonic() > end:
            raise AssertionError(f"not within {limit} s")
        time.sleep(0.01)
    return value


def minimum(**sizes):
    """Keys for the least sizes of the pools; 0 for those not named."""
    return {f"{language}-pool-min-size": sizes.get(language, 0) for language in LANGUAGES}


class Daemon:
    """A running sandboxd with a configuration file of its own: Debian's Python imports nothing ahead, unless the keys
    say otherwise."""

    def __init__(self, keys, environment=None, programs=None):
        self.flags = [f"--sandbox.program-directory={programs}"] if programs else []
        self.directory = Path(tempfile.mkdtemp(prefix="sandboxd-code-"))
        self.workspace = self.directory / "workspace"
        self.workspace.mkdir()
        self.log = self.directory / "log"
        self.file = self.directory / "sandboxd.conf"
        self.write(keys)
        self.server = servers.Server("sandboxd", self.command(), self.log,
                                     environment=ENVIRONMENT | (environment or {}))
        self.client = code_client.Client(self.server.url)
        self.pid = self.server.pid

    def command(self):
        return [BINARY, f"--config-file={self.file}", "--http.address=127.0.0.1", "--http.port=0",
                "--http.admit-workloads=true",  # these clients could not be told from them everywhere
                f"--sandbox.workspace={self.workspace}", f"--sandbox.runtime-directory={self.directory / 'run'}",
                *self.flags]

    def write(self, keys):
        """Makes these the keys of [interpreter], a line each, from line 2 on."""
        common = {"python-program": f'"{PYTHON}"', "python-preload": '""'}
        lines = [f"{key} = {value}" for key, value in (keys | common | keys).items()]  # their own order, and values
        self.file.write_text("[interpreter]\n" + "\n".join(lines) + "\n")

    def reload(self, keys):
        self.write(keys)
        os.kill(self.pid, signal.SIGHUP)

    def logged(self, pattern):
        return re.search(pattern, self.log.read_text())

    def processes(self):
        return executor_processes.Processes(self.pid)

    def circuit(self, language):
        return self.client.health()["languages"][language]["circuit"]

    def context(self, language, **more):
        """The id of a new one."""
        answer = self.client.create(language, **more)
        if answer.status != 200:
            raise AssertionError(answer)
        return answer.body["contextId"]

    def run_once(self, code, language):
        """The events of code that has a context to itself; raises when anything is refused or the stream is broken."""
        context = self.context(language)
        try:
            run = self.client.run(context, code, TIME_LIMIT)
        finally:
            deleted = self.client.delete(context)
        if run.refusal or run.broken or deleted.status != 200:
            raise AssertionError(f"{run}, deletion: {deleted}")
        return run.events

    def path(self, name):
        return self.workspace / name

    def stop(self):
        """What was wrong with its end, empty when nothing was."""
        zombies = []  # as of the last look: at any moment one may be there that is about to be collected

        def are_collected():
            zombies[:] = self.processes().zombies
            return not zombies

        with contextlib.suppress(AssertionError):
            eventually(are_collected)
        tree = processes.tree(self.pid)
        status = self.server.stop()
        end_of_log = self.log.read_text(errors="replace")[-4000:]
        left = [pid for pid in tree if Path(f"/proc/{pid}").exists()]
        shutil.rmtree(self.directory)
        return [f"{name}: {what}" for name, what in (("status", status), ("left", left), ("zombies", zombies),
                                                 ("log", status and end_of_log)) if what]


@contextlib.contextmanager
def running(keys, environment=None, **more):
    """A daemon for a while; fails when something is wrong with its end."""
    daemon = Daemon(keys, environment, **more)
    try:
        yield daemon
    finally:
        problems = daemon.stop()
    if problems:
        raise AssertionError(problems)


class WithDaemon(unittest.TestCase):
    """One daemon for all tests of a class."""

    keys = {}
    environment = {}

    @classmethod
    def setUpClass(cls):
        cls.daemon = cls.enterClassContext(running(cls.keys, cls.environment))
        cls.client = cls.daemon.client

    def run_code(self, context, code, **more):
        """A run that is not refused and whose stream is whole."""
        run = self.client.run(context, code, **more)
        self.assertIsNone(run.refusal)
        self.assertIsNone(run.broken)
        return run

    def value(self, context, code):
        """The value of code that goes well in an executor that has not been replaced."""
        run = self.run_code(context, code)
        self.assertIsNone(run.error)
        self.assertFalse(run.state_lost, run)
        return run.value
