"""What bench/levels measures: the sides of each row, one for each level and what they are compared with."""

import contextlib
import functools
import http.client
import itertools
import json
import os
import shutil
import statistics
import subprocess
import time
import urllib.parse
from pathlib import Path
from typing import NamedTuple

import processes
import servers
from turns import Side

CLIENT_ROWS = ["create", "builtin", "true", "process-start"]  # which the compiled client measures
CONTEXT = "context-"
BUBBLEWRAP = "bubblewrap"
ROWS = [*CLIENT_ROWS, CONTEXT + "python", CONTEXT + "javascript", BUBBLEWRAP]

COMMAND = ["bash", "-c", ":"]
BWRAP = ["bwrap", "--unshare-pid", "--unshare-ipc", "--unshare-uts", "--ro-bind", "/", "/", "--proc", "/proc",
         "--dev", "/dev", "--die-with-parent", *COMMAND]

session_numbers = itertools.count()


class Level(NamedTuple):
    """A sandboxd that keeps workloads apart by that much."""

    name: str
    server: servers.Server
    workspace: Path


class Refused(Exception):
    """Why a row cannot be measured here."""


class Connection:
    """Asks one server over one connection."""

    def __init__(self, url, patience=40):
        self._connection = http.client.HTTPConnection(urllib.parse.urlsplit(url).netloc, timeout=patience)

    def ask(self, method, path, body=None):
        """The answer, and the milliseconds it took; raises Refused when it is not 200."""
        began = time.perf_counter()
        self._connection.request(method, path, None if body is None else json.dumps(body))
        response = self._connection.getresponse()
        text = response.read()
        took = (time.perf_counter() - began) * 1000
        if response.status != 200:
            raise Refused(f"{method} {path} was answered {response.status} {text.decode(errors='replace')}")
        return json.loads(text), took

    def close(self):
        self._connection.close()


def sides_of(row, given, levels):
    """The sides of a row; raises Refused."""
    if row == BUBBLEWRAP:
        return _sides_of_bubblewrap(given, levels)
    if row in CLIENT_ROWS:
        measures = [functools.partial(by_client, given, row, level) for level in levels]
    else:
        language = row.removeprefix(CONTEXT)
        measures = [functools.partial(_by_connection, given, level, functools.partial(_make_context, language))
                    for level in levels]
    return [Side(level.name, measure, None if index == 0 else 0)
            for index, (level, measure) in enumerate(zip(levels, measures))]


def _sides_of_bubblewrap(given, levels):
    if not shutil.which(BWRAP[0]):
        raise Refused("bwrap is not installed; it is in Debian's package bubblewrap")
    probe = subprocess.run(BWRAP, capture_output=True, text=True, check=False)
    if probe.returncode != 0:
        raise Refused(f"bwrap does not work here: {probe.stderr.strip()}")
    plain = Side("bash", functools.partial(_p50, given, functools.partial(_run, COMMAND)), None)
    wrapped = Side("bwrap", functools.partial(_p50, given, functools.partial(_run, BWRAP)), 0)
    return [plain, wrapped,
            *(Side(f"session, {level.name}",
                   functools.partial(_by_connection, given, level, functools.partial(_make_session, level)), 1)
              for level in levels)]


def _p50(given, action):
    """Of what `action` says it took, again and again for the time of a slice."""
    end = time.monotonic() + given.seconds
    times = [action()]
    while time.monotonic() < end:
        times.append(action())
    return statistics.median(times)


def by_client(given, row, level):
    done = subprocess.run([given.client, "measure", f"--row={row}", f"--directory={level.workspace}", "--slices=1",
                           f"--seconds={given.seconds}", f"--sandboxd={level.server.url}",
                           f"--process={level.server.pid}"],
                          capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Refused(done.stderr.strip())
    figures = json.loads(done.stdout)["sandboxd"]
    if figures["failures"]:
        raise Refused(figures["first_failure"])
    return figures["latency"]["p50_ms"]


def _by_connection(given, level, action):
    """Whatever the server still ends is over before each time is taken."""
    server = level.server.pid

    def rested():
        if not processes.wait_for_rest(server, at_rest):
            raise Refused(f"{level.name}: what was to be ended still runs")
        return action(connection)

    with contextlib.closing(Connection(level.server.url)) as connection:
        action(connection)  # starts what stays for the next ones, too
        at_rest = processes.count_at_rest(server)
        return _p50(given, rested)


def _make_context(language, connection):
    made, took = connection.ask("POST", "/api/contexts", {"language": language})
    connection.ask("DELETE", f"/api/contexts/{made['id']}")
    return took


def _make_session(level, connection):
    """A session and its first command, which is what `bwrap` starts anew each time."""
    session = f"levels-{next(session_numbers)}"
    _, creation = connection.ask("POST", "/api/session/create",
                                 {"id": session, "cwd": str(level.workspace), "isolation": True})
    told, command = connection.ask("POST", "/api/execute", {"id": session, "command": ":"})
    if told["exitCode"] != 0:
        raise Refused(f"the first command of a session failed: {told}")
    connection.ask("POST", "/api/session/delete", {"sessionId": session})
    return creation + command


def _run(command):
    began = time.perf_counter()
    _, status = os.waitpid(os.posix_spawnp(command[0], command, os.environ), 0)
    took = (time.perf_counter() - began) * 1000
    if status != 0:
        raise Refused(f"failed: {' '.join(command)}")
    return took
