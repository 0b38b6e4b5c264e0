"""A daemon, and sandboxctl beside it. SANDBOXCTL and SANDBOXD name the two programs."""

import contextlib
import json
import os
import pty
import re
import select
import signal
import subprocess
import tempfile
import threading
import time
import urllib.request

TIME_LIMIT = 60  # seconds

# What a terminal would obey: C0 except line feed, DEL, and C1 as UTF-8.
CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f]")


def eventually(what):
    """What it gives as soon as that is something."""
    deadline = time.monotonic() + TIME_LIMIT
    while time.monotonic() < deadline:
        if got := what():
            return got
        time.sleep(0.05)
    raise AssertionError("did not happen in time")


class Daemon:
    def __init__(self, *flags, inspector_port=0):
        self.directory = tempfile.TemporaryDirectory()
        for name in ("workspace", "runtime"):
            os.mkdir(f"{self.directory.name}/{name}")
        self.log = open(f"{self.directory.name}/log", "wb+")
        self.process = subprocess.Popen(
            [os.environ["SANDBOXD"], "--http.port=0", f"--inspector.port={inspector_port}",
             # Tests cannot be told from workloads everywhere.
             "--http.admit-workloads=true", "--inspector.admit-workloads=true",
             f"--sandbox.workspace={self.directory.name}/workspace",
             f"--sandbox.runtime-directory={self.directory.name}/runtime", *flags],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.log)
        self.port = int(self.process.stdout.readline().rsplit(b":", 1)[1])
        self.inspector_port = eventually(self.told_port)

    def told_port(self):
        with open(self.log.name, "rb") as log:
            for line in log:
                entry = json.loads(line) if line.endswith(b"\n") else {}
                if (entry.get("subject"), entry.get("message")) == ("inspector", "listening"):
                    return entry["port"]
        return None

    @property
    def url(self):
        return f"http://127.0.0.1:{self.inspector_port}"

    def execute(self, command, session, **headers):
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/api/execute", json.dumps({"command": command, "sessionId": session}).encode(),
            {"Content-Type": "application/json", **headers})
        with contextlib.suppress(OSError), urllib.request.urlopen(request, timeout=60) as answer:
            answer.read()

    def begin(self, command, session, **headers):
        threading.Thread(target=self.execute, args=(command, session), kwargs=headers, daemon=True).start()

    def end(self):
        self.process.terminate()
        self.process.wait(TIME_LIMIT)
        self.process.stdout.close()
        self.log.close()
        self.directory.cleanup()


def surroundings(url, **more):
    kept = {name: value for name, value in os.environ.items()
            if not name.startswith("SANDBOXCTL_") and name != "NO_COLOR"}
    return {**kept, "LC_ALL": "C.UTF-8", "TERM": "xterm", "SANDBOXCTL_URL": url, **more}


def run(url, *arguments, **environment):
    return subprocess.run([os.environ["SANDBOXCTL"], *arguments], env=surroundings(url, **environment),
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=TIME_LIMIT, encoding="utf-8")


class Terminal:
    """The program at a terminal of its own."""

    def __init__(self, url, *arguments):
        self.output = b""
        self.pid, self.master = pty.fork()
        if self.pid == 0:
            os.execve(os.environ["SANDBOXCTL"], ["sandboxctl", *arguments], surroundings(url))

    def wait_for(self, text):
        deadline = time.monotonic() + TIME_LIMIT
        while text.encode() not in self.output:
            if not select.select([self.master], [], [], max(0, deadline - time.monotonic()))[0]:
                raise AssertionError(f"{text!r} is not in {self.output!r}")
            self.output += os.read(self.master, 65536)

    def type(self, text):
        os.write(self.master, text.encode())

    def end(self):
        """The exit code, negative for a signal."""
        with contextlib.suppress(OSError):  # of a terminal that nobody has open any more
            while more := os.read(self.master, 65536):
                self.output += more
        status = os.waitpid(self.pid, 0)[1]
        os.close(self.master)
        return os.waitstatus_to_exitcode(status)


class Follower:
    """The program whose output is read line by line."""

    def __init__(self, url, *arguments):
        self.process = subprocess.Popen([os.environ["SANDBOXCTL"], *arguments], env=surroundings(url),
                                        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                        encoding="utf-8")
        self.lines = []
        self.reader = threading.Thread(target=self.read, daemon=True)
        self.reader.start()

    def read(self):
        for line in self.process.stdout:
            self.lines.append(line.rstrip("\n"))

    def wait_for(self, pattern):
        return eventually(lambda: next((line for line in list(self.lines) if re.search(pattern, line)), None))

    def end(self):
        self.process.terminate()
        self.process.wait(TIME_LIMIT)
        self.reader.join(TIME_LIMIT)
        self.process.stdout.close()
