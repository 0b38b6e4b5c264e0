"""The clients of bench/floors, each a process of its own so that none holds another up. As a program it prints one JSON
document at its end:

  floor_clients.py ping URL SECONDS               every five milliseconds, over one connection
  floor_clients.py sessions URL SECONDS DIRECTORY twice a second a fresh session and its `echo`, by a new connection
  floor_clients.py follow URL PROCESS...          log streams, read until SIGTERM; the last one is opened and never read
  floor_clients.py slow URL COUNT                 connections, until SIGTERM: one half sends half a head and nothing
                                                  more, the other one a byte a second; what the server closes is
                                                  opened anew
The first two are what is measured: they run before all that is not real-time, where they may.
"""

import contextlib
import gc
import json
import math
import os
import resource
import selectors
import signal
import socket
import sys
import time
import urllib.parse

sys.dont_write_bytecode = True
import level_rows

PING = b"GET /api/ping HTTP/1.1\r\nHost: localhost\r\n\r\n"
PONG = b"HTTP/1.1 200 "
PING_INTERVAL = 0.005
SESSION_INTERVAL = 0.5
PATIENCE = 15  # seconds for one answer
HALF_A_HEAD = b"GET /api/ping HTTP/1.1\r\nHost: local"
DRIP_INTERVAL = 1.0


def take_priority():
    """Before all that waits for a processor by the ordinary rules. Returns how that was to be had."""
    with contextlib.suppress(OSError):
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(10))
        return "real-time"
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, 0, -20)
        return "nice -20"
    return "ordinary"


def address_of(url):
    parts = urllib.parse.urlsplit(url)
    return parts.hostname, parts.port


def quantile(times, share):
    return sorted(times)[max(0, math.ceil(share * len(times)) - 1)] if times else None


class Pinger:
    """Asks over one connection, which it opens anew when it is lost."""

    def __init__(self, url):
        self._address, self._socket = address_of(url), None

    def ask(self):
        """Raises OSError when there is no right answer."""
        try:
            if not self._socket:
                self._socket = socket.create_connection(self._address, PATIENCE)
                self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            self._socket.sendall(PING)
            self._take_answer()
        except OSError:
            if self._socket:
                self._socket.close()
            self._socket = None
            raise

    def _take_answer(self):
        text = b""
        while True:
            piece = self._socket.recv(1 << 16)
            if not piece:
                raise OSError("the connection was closed")
            text += piece
            head, end, body = text.partition(b"\r\n\r\n")
            if end and len(body) >= self._length(head):
                break
        if not text.startswith(PONG):
            raise OSError(f"answered {text[:80]!r}")

    @staticmethod
    def _length(head):
        for line in head.split(b"\r\n"):
            name, _, value = line.partition(b":")
            if name.lower() == b"content-length":
                return int(value)
        raise OSError(f"an answer without a length: {head[:80]!r}")


def ping(url, seconds):
    """The time of a ping counts from when it was due if it was the answer before that made it late, and else from when it
    was sent: what this process waits for a processor is told apart."""
    pinger, times, failures = Pinger(url), [], []
    due, answered, latest = time.perf_counter(), 0.0, 0.0
    end = due + float(seconds)
    while due < end:
        if (wait := due - time.perf_counter()) > 0:
            time.sleep(wait)
        began = time.perf_counter()
        if answered > due:
            began = due
        else:
            latest = max(latest, began - due)
        try:
            pinger.ask()
        except OSError as problem:
            failures.append(str(problem))
        answered = time.perf_counter()
        times.append((answered - began) * 1000)
        due += PING_INTERVAL
    return {"count": len(times), "failures": failures, "p50_ms": quantile(times, 0.5),
            "p99_ms": quantile(times, 0.99), "max_ms": max(times), "late_ms": latest * 1000}


def fresh_session(url, directory, number):
    """Its creation and first command in milliseconds; raises OSError or level_rows.Refused."""
    session, text = f"fresh-{os.getpid()}-{number}", f"hello {number}"
    with contextlib.closing(level_rows.Connection(url, PATIENCE)) as connection:
        _, creation = connection.ask("POST", "/api/session/create",
                                     {"id": session, "cwd": directory, "isolation": True})
        try:
            told, command = connection.ask("POST", "/api/execute", {"id": session, "command": f"echo {text}"})
        finally:
            connection.ask("POST", "/api/session/delete", {"sessionId": session})
    if told["exitCode"] != 0 or told["stdout"].strip() != text:
        raise level_rows.Refused(f"echo was answered {told}")
    return creation + command


def sessions(url, seconds, directory):
    times, failures = [], []
    end, number = time.monotonic() + float(seconds), 0
    while time.monotonic() < end:
        due = time.monotonic() + SESSION_INTERVAL
        number += 1
        try:
            times.append(fresh_session(url, directory, number))
        except (OSError, level_rows.Refused) as problem:
            failures.append(str(problem))
        time.sleep(max(0.0, due - time.monotonic()))
    return {"count": number, "failures": failures, "p50_ms": quantile(times, 0.5), "max_ms": max(times, default=None)}


def follow(url, *names):
    """By read(2), which the kernel counts (/proc/PID/io)."""
    streams = []
    for name in names:
        streams.append(socket.create_connection(address_of(url), PATIENCE))
        streams[-1].sendall(f"GET /api/process/{name}/stream HTTP/1.1\r\nHost: localhost\r\n"
                            "Accept: text/event-stream\r\n\r\n".encode())
    with selectors.DefaultSelector() as ready:
        for stream in streams[:-1]:
            ready.register(stream, selectors.EVENT_READ)
        while ready.get_map():
            for key, _ in ready.select():
                if not os.read(key.fd, 1 << 16):
                    ready.unregister(key.fileobj)
    return {}


class SlowConnection:
    """One that never comes to its request."""

    def __init__(self, address, drips, ready):
        self._address, self._drips, self._ready = address, drips, ready
        self._socket, self._rest = None, b""
        self.open()

    def open(self):
        """Anew when there is one."""
        if self._socket:
            self._ready.unregister(self._socket)
            self._socket.close()
        self._socket = socket.create_connection(self._address, PATIENCE)
        self._ready.register(self._socket, selectors.EVENT_READ, self)
        self._rest = HALF_A_HEAD
        self._send(1 if self._drips else len(HALF_A_HEAD))

    def hear(self):
        """Is to be called when the server has sent something, or closed it."""
        with contextlib.suppress(OSError):
            if self._socket.recv(1 << 12):
                return
        self.open()

    def drip(self):
        with contextlib.suppress(OSError):
            self._send(1)

    def _send(self, count):
        self._socket.sendall(self._rest[:count])
        self._rest = self._rest[count:]


def slow(url, count):
    address = address_of(url)
    with selectors.DefaultSelector() as ready:
        connections = [SlowConnection(address, bool(index % 2), ready) for index in range(int(count))]
        due = time.monotonic() + DRIP_INTERVAL
        while True:
            for key, _ in ready.select(max(0.0, due - time.monotonic())):
                key.data.hear()
            if time.monotonic() >= due:
                due += DRIP_INTERVAL
                for connection in connections:
                    connection.drip()


MEASURED = {"ping": ping, "sessions": sessions}
ATTACKING = {"follow": follow, "slow": slow}


def main():
    kind, *words = sys.argv[1:]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    hard = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    if kind in ATTACKING:
        ATTACKING[kind](*words)
        return
    priority = take_priority()
    gc.disable()
    print(json.dumps({**MEASURED[kind](*words), "priority": priority}))


if __name__ == "__main__":
    main()
