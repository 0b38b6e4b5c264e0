"""What bench/floors lets loose in a sandbox, each for as long as a `with` block lasts."""

import contextlib
import itertools
import os
import shlex
import signal
import subprocess
import sys
import urllib.parse
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Callable, NamedTuple

import level_rows

CLIENTS = Path(__file__).with_name("floor_clients.py")
SLEEPING_SESSIONS = 1000
SLOW_CONNECTIONS = 1000
HANDS = 4  # at a time, to create and delete sessions

FORKS = """import os
while True:
    try:
        os.fork()
    except OSError:
        pass"""
MEMORY = """held = []
while True:
    held.append(bytearray(1 << 22))"""
DESCRIPTORS = """import os, resource, socket, time
hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
held = []
while True:
    for opened in (lambda: os.open("/dev/null", os.O_RDONLY), os.pipe, socket.socketpair, lambda: os.eventfd(0)):
        try:
            held.append(opened())
        except OSError:
            time.sleep(0.01)"""
BASH_BOMB = "bash -c ':(){ :|:& };:'"
FULL_DISK = """while :; do
  yes >>filler-yes
  dd if=/dev/zero of=filler-$RANDOM bs=1M
  sleep 0.2
done 2>/dev/null"""

numbers = itertools.count()


def again_and_again(program):
    """As Python, started anew whenever the kernel has ended it."""
    return f"while :; do python3 -c {shlex.quote(program)}; done 2>/dev/null"


class Sandbox:
    """What is attacked, and where: `disk` is a directory of a file system as small as a sandbox's should be."""

    def __init__(self, server, disk):
        self.server, self.disk = server, disk

    def connection(self):
        return contextlib.closing(level_rows.Connection(self.server.url))

    def create(self, asked):
        session = f"attack-{next(numbers)}"
        asked.ask("POST", "/api/session/create", {"id": session, "cwd": str(self.disk), "isolation": True})
        return session

    def delete(self, asked, session):
        asked.ask("POST", "/api/session/delete", {"sessionId": session})

    @contextlib.contextmanager
    def session(self):
        with self.connection() as asked:
            session = self.create(asked)
        try:
            yield session
        finally:
            with self.connection() as asked:
                self.delete(asked, session)

    def run(self, session, command):
        with self.connection() as asked:
            asked.ask("POST", "/api/execute", {"id": session, "command": command})

    @contextlib.contextmanager
    def background(self, session, command):
        process = f"attack-{next(numbers)}"
        with self.connection() as asked:
            asked.ask("POST", "/api/process/start",
                      {"command": command, "sessionId": session, "options": {"processId": process}})
        try:
            yield process
        finally:
            with self.connection() as asked, contextlib.suppress(level_rows.Refused):  # gone, and out of the list
                asked.ask("DELETE", f"/api/process/{process}")

    @contextlib.contextmanager
    def clients(self, kind, *words, niceness=0):
        """Of floor_clients.py, which are somewhere else in truth."""
        command = ["nice", f"--adjustment={niceness}", sys.executable, CLIENTS, kind, self.server.url, *map(str, words)]
        with subprocess.Popen(list(map(str, command)), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL) as client:
            try:
                yield client.pid
            finally:
                client.send_signal(signal.SIGKILL)


# What the whole machine has: one look at a file, where thousands of processes would take seconds to look at.


def threads():
    return int(Path("/proc/loadavg").read_text().split()[3].split("/")[1])


def open_files():
    return int(Path("/proc/sys/fs/file-nr").read_text().split()[0])


def killed_for_memory():
    counts = dict(line.split() for line in Path("/proc/vmstat").read_text().splitlines())
    return int(counts["oom_kill"])


@contextlib.contextmanager
def fork_bombs(sandbox):
    before = threads()
    with contextlib.ExitStack() as cleanup:
        shell, python = (cleanup.enter_context(sandbox.session()) for _ in range(2))
        sandbox.run(shell, BASH_BOMB)
        cleanup.enter_context(sandbox.background(python, f"exec python3 -c {shlex.quote(FORKS)}"))
        yield lambda: threads() - before


@contextlib.contextmanager
def memory_hogs(sandbox):
    before = killed_for_memory()
    with contextlib.ExitStack() as cleanup:
        for _ in range(2):
            session = cleanup.enter_context(sandbox.session())
            cleanup.enter_context(sandbox.background(session, again_and_again(MEMORY)))
        yield lambda: killed_for_memory() - before


@contextlib.contextmanager
def disk_fillers(sandbox):
    def used():
        size = os.statvfs(sandbox.disk)
        return 100 - 100 * size.f_bavail // size.f_blocks

    try:
        with sandbox.session() as session, sandbox.background(session, FULL_DISK):
            yield used
    finally:
        for filler in sandbox.disk.glob("filler-*"):
            filler.unlink()


@contextlib.contextmanager
def descriptor_hogs(sandbox):
    before = open_files()
    with sandbox.session() as session, contextlib.ExitStack() as cleanup:
        for _ in range(4):
            cleanup.enter_context(sandbox.background(session, again_and_again(DESCRIPTORS)))
        yield lambda: open_files() - before


@contextlib.contextmanager
def sleeping_sessions(sandbox):
    sessions, before = [], threads()

    def create_share(_):
        with sandbox.connection() as asked:
            for _ in range(SLEEPING_SESSIONS // HANDS):
                sessions.append(sandbox.create(asked))
                asked.ask("POST", "/api/execute", {"id": sessions[-1], "command": "sleep 1000 >/dev/null 2>&1 &"})

    def delete_share(share):
        with sandbox.connection() as asked:
            for session in sessions[share::HANDS]:
                sandbox.delete(asked, session)

    with ThreadPoolExecutor(HANDS) as hands:
        try:
            list(hands.map(create_share, range(HANDS)))
            yield lambda: threads() - before
        finally:
            list(hands.map(delete_share, range(HANDS)))


def forget_logs(sandbox):
    """The log of a process that is over is kept on disk until others are started (process.max-finished)."""
    with sandbox.session() as session:
        for _ in range(2):
            with sandbox.background(session, "true"):
                pass


@contextlib.contextmanager
def log_floods(sandbox):
    """Each with a follower that reads all it can get, and one with another that never reads."""
    with contextlib.ExitStack() as cleanup:
        cleanup.callback(forget_logs, sandbox)
        names = []
        for _ in range(4):
            session = cleanup.enter_context(sandbox.session())
            names.append(cleanup.enter_context(sandbox.background(session, "exec yes")))
        client = cleanup.enter_context(sandbox.clients("follow", *names, names[0], niceness=19))

        def read():
            with contextlib.suppress(OSError):
                return int(Path(f"/proc/{client}/io").read_text().split()[1]) / 2**20  # rchar
            return 0

        yield read


@contextlib.contextmanager
def slow_connections(sandbox):
    # A line of /proc/net/tcp: number, own address, the other one, state.
    own = f":{urllib.parse.urlsplit(sandbox.server.url).port:04X}"

    def open_now():
        lines = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()]
        return sum(line[1].endswith(own) and line[3] == "01" for line in lines)

    with sandbox.clients("slow", SLOW_CONNECTIONS):
        yield open_now


class Attack(NamedTuple):
    name: str
    let_loose: Callable  # given the sandbox; its context gives what shows that it is at work, as a number
    unit: str
    least: float  # of that number, at some time


ATTACKS = [
    Attack("sleeping sessions", sleeping_sessions, "processes", 2 * SLEEPING_SESSIONS),
    Attack("fork bombs", fork_bombs, "processes", 400),
    Attack("memory hogs", memory_hogs, "kills for lack of memory", 1),
    Attack("disk fillers", disk_fillers, "% of the disk", 99),
    Attack("descriptor hogs", descriptor_hogs, "descriptors", 4000),
    Attack("log floods", log_floods, "MiB read", 10),
    Attack("slow connections", slow_connections, "connections", 0.9 * SLOW_CONNECTIONS),
]
