"""Plays the daemon for the executors of interpreters/: starts them, speaks their frames, reads their output."""

import contextlib
import fcntl
import json
import os
import select
import signal
import socket
import struct
import subprocess
import termios
import threading
import time
from pathlib import Path

from constants import PYTHON, TIME_LIMIT

INTERPRETERS = Path(__file__).resolve().parents[2] / "interpreters"

# Makes Python say that there is no IPython.
WITHOUT_IPYTHON = {"PYTHONPATH": str(Path(__file__).resolve().parent / "without_ipython")}

ENVIRONMENT = {
    "PATH": os.environ["PATH"],
    "HOME": "/tmp",
    "LANG": "C.UTF-8",
}


def confinement():
    """As the daemon tells it: the capabilities that executors keep, and a file with the filter of their system calls."""
    told = subprocess.run([os.environ["SANDBOXD_CONFINEMENT"]], stdout=subprocess.PIPE, check=True).stdout.decode()
    capabilities, instructions = told.split()
    file = os.memfd_create("filter")
    os.pwrite(file, bytes.fromhex(instructions), 0)
    return int(capabilities), file


def start_program(command, *descriptors, output=None, errors=None, environment=None, directory=None):
    """Starts a program whose descriptors from 3 on are the given ones, and which has no others."""

    def place():
        away = [fcntl.fcntl(one, fcntl.F_DUPFD, 3 + len(descriptors)) for one in descriptors]
        for number, one in enumerate(away, 3):
            os.dup2(one, number)
        os.closerange(3 + len(descriptors), 256)

    return subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=errors,
                            env={**ENVIRONMENT, **(environment or {})}, preexec_fn=place, close_fds=False,
                            cwd=directory)


def _available(pipe):
    return struct.unpack("i", fcntl.ioctl(pipe, termios.FIONREAD, bytes(4)))[0]


class ForkServer:
    def __init__(self, namespace_program, isolate, preload=("numpy", "pandas", "matplotlib.pyplot"), memory_limit=0,
                 environment=None, directory=None, before=(), flags=(), writing=None, private_tmp=0):
        """In a directory, which is user code's; `before` is a command that becomes the server, `flags` are Python's."""
        self.control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self.control.settimeout(TIME_LIMIT)
        capabilities, system_call_filter = confinement()
        options = {"preload": preload, "isolate": isolate, "closes_proc": isolate, "capabilities": capabilities,
                   "namespace_program": namespace_program, "memory_limit": memory_limit,
                   "writing": writing, "private_tmp": private_tmp,
                   "groups": [], "environment": {}}
        self.process = start_program([*before, PYTHON, *flags, str(INTERPRETERS / "python"), json.dumps(options)],
                                     theirs.fileno(), system_call_filter, environment=environment, directory=directory)
        theirs.close()
        os.close(system_call_filter)
        self.ended = {}
        self.ready = self.next_answer()

    def next_answer(self):
        """The next datagram that does not tell of an end."""
        while True:
            words = self.control.recv(65536).decode().split(maxsplit=1)
            if words[0] != "ended":
                return words
            self._note_end(words[1])

    def _note_end(self, text):
        pid, status, _ = map(int, text.split())
        self.ended[pid] = status

    def wait_for_end(self, executor):
        """The wait status of an executor."""
        while executor.pid not in self.ended:
            word, rest = self.control.recv(65536).decode().split(maxsplit=1)
            assert word == "ended", word
            self._note_end(rest)
        return self.ended[executor.pid]

    def fork(self, **options):
        return ForkedExecutor(self, **options)

    def close(self):
        self.control.close()
        self.process.wait(TIME_LIMIT)


class Executor:
    """The daemon's side of one executor."""

    def _open(self):
        self._requests, requests = socket.socketpair()
        self._events, events = socket.socketpair()
        self._output, output = os.pipe()
        self._errors, errors = os.pipe()
        for pipe in (self._output, self._errors):
            os.set_blocking(pipe, False)
        self.told = []
        return requests, events, output, errors

    def _begin(self, cwd="/tmp", environment=None, variables=None, result_limit=8 << 20, ahead=False):
        """`ahead`: nobody wants it at first."""
        self.version = self._next_event("ready").get("version")
        if ahead:
            self._wait_until_it_has_rehearsed()
        self.send({"type": "configure", "cwd": cwd, "fallback_cwd": "/tmp", "environment": environment or {},
                   "variables": variables or {}, "result_limit": result_limit})

    def send(self, message):
        text = json.dumps(message).encode()
        self._requests.sendall(struct.pack(">I", len(text)) + text)

    def _next_event(self, kind):
        event = self.next_event()
        assert event["type"] == kind, event
        return event

    def next_event(self):
        """The next event but `running`; None at the end. What was printed before is in `told`."""
        while (event := self._read_event()) and event["type"] == "running":
            pass
        return event

    def wait_until_it_runs(self):
        """Then it hears of interrupts."""
        event = self._read_event()
        assert event["type"] == "running", event

    def _read_event(self):
        length = self._exactly(4)
        text = self._exactly(struct.unpack(">I", length)[0]) if length else None
        self._drain()
        return json.loads(text) if text else None

    def _exactly(self, count):
        data = b""
        limit = time.monotonic() + TIME_LIMIT
        while len(data) < count:
            ready, _, _ = select.select([self._events, self._output, self._errors], [], [], limit - time.monotonic())
            if not ready:
                raise TimeoutError
            if self._events not in ready:
                self._drain()
                continue
            piece = self._events.recv(count - len(data))
            if not piece:
                return None
            data += piece
        return data

    def _drain(self):
        for pipe, kind in ((self._output, "stdout"), (self._errors, "stderr")):
            while True:
                try:
                    piece = os.read(pipe, 65536)
                except BlockingIOError:
                    break
                if not piece:
                    break
                if self.told and self.told[-1][0] == kind:
                    piece = self.told.pop()[1] + piece
                self.told.append((kind, piece))

    def wait_for_full_pipe(self):
        """Until what is printed fills one of the pipes, so that the next write waits."""
        limit = time.monotonic() + TIME_LIMIT
        full = fcntl.fcntl(self._output, fcntl.F_GETPIPE_SZ)
        while all(_available(pipe) < full for pipe in (self._output, self._errors)):
            assert time.monotonic() < limit

    def start(self, code, environment=None, **more):
        self.told = []
        self.send({"type": "run", "code": code, "environment": environment or {}, **more})

    def finish(self):
        """Everything a run told, in order: ("stdout", text), ("result", event), ("complete", event), ..."""
        while True:
            event = self.next_event()
            if event is None:
                self.told.append(("closed", None))
                break
            if event["type"] != "synchronize":
                self.told.append((event["type"], event))
            if event["type"] in ("complete", "error"):
                break
            if event["type"] == "synchronize" or event.get("kind") in ("display", "update"):
                self._events.send(b"x")
        return [(kind, what.decode(errors="replace") if isinstance(what, bytes) else what) for kind, what in self.told]

    def interrupt(self):
        """As the daemon does it: with reminders until the run is over. What that told, as `finish` says it."""
        over = threading.Event()

        def remind():
            pause = 0.1
            while not over.wait(pause):
                self._remind_of_interrupt()
                pause *= 2

        self._send_interrupt()
        reminding = threading.Thread(target=remind)
        reminding.start()
        try:
            return self.finish()
        finally:
            over.set()
            reminding.join()

    def run(self, code, **options):
        self.start(code, **options)
        return self.finish()

    def value(self, code, **options):
        """The MIME bundle of the one result of a cell that goes well and prints nothing."""
        told = self.run(code, **options)
        assert [kind for kind, _ in told] == ["result", "complete"], told
        return told[0][1]["data"]

    def close(self):
        for one in (self._requests, self._events):
            one.close()
        for one in (self._output, self._errors):
            os.close(one)


class ForkedExecutor(Executor):
    def __init__(self, server, lineage=4711, **options):
        theirs = requests, events, output, errors = self._open()
        socket.send_fds(server.control, [f"fork {lineage}".encode()],
                        [requests.fileno(), events.fileno(), output, errors])
        for one in (requests, events):
            one.close()
        for one in theirs[2:]:
            os.close(one)
        word, rest = server.next_answer()
        assert word == "forked", rest
        self.pid = int(rest)
        self._process = os.pidfd_open(self.pid)
        self._begin(**options)

    def close(self):
        super().close()
        os.close(self._process)

    def _send_interrupt(self):
        signal.pidfd_send_signal(self._process, signal.SIGINT)

    def _remind_of_interrupt(self):
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._process, signal.SIGURG)

    def _wait_until_it_has_rehearsed(self):
        """Then it has written to memory that it shared, and waits."""
        def state_and_faults():
            words = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
            return words[0], int(words[7])

        _, before = state_and_faults()
        limit = time.monotonic() + TIME_LIMIT
        while (now := state_and_faults())[0] != "S" or now[1] < before + 20:
            assert time.monotonic() < limit, now
            time.sleep(0.01)

    def kill(self):
        """Also when its cell goes on: it would outlive the test."""
        with contextlib.suppress(ProcessLookupError):
            signal.pidfd_send_signal(self._process, signal.SIGKILL)
        self.close()


class NodeExecutor(Executor):
    def __init__(self, **options):
        requests, events, output, errors = self._open()
        self.process = start_program(["node", str(INTERPRETERS / "node" / "executor.js")], requests.fileno(),
                                     events.fileno(), output=output, errors=errors)
        requests.close()
        events.close()
        os.close(output)
        os.close(errors)
        self._begin(**options)

    def _send_interrupt(self):
        os.kill(self.process.pid, signal.SIGINT)
        self.send({"type": "interrupt"})

    _remind_of_interrupt = _send_interrupt

    def close(self):
        super().close()
        self.process.wait(TIME_LIMIT)


class Transpiler(Executor):
    def __init__(self):
        requests, events, output, errors = self._open()
        self.process = start_program(["node", str(INTERPRETERS / "node" / "transpiler.js")], requests.fileno(),
                                     events.fileno(), output=output, errors=errors)
        requests.close()
        events.close()
        os.close(output)
        os.close(errors)
        self._next_event("ready")

    def transpile(self, code):
        self.send({"type": "transpile", "id": 7, "code": code})
        return self.next_event()

    def close(self):
        super().close()
        self.process.wait(TIME_LIMIT)
