#!/usr/bin/python3
"""A night on call: three real faults in a real daemon, found and mended by sandboxctl alone. SANDBOXCTL and SANDBOXD name
the two programs.

Prints every command with what it said, and fails when one does not say what it must. With --captures DIRECTORY it also
writes what a terminal of tmux(1) shows of `tree`, `top` and `doctor` while something is wrong.
"""

import argparse
import contextlib
import http.client
import json
import os
import pathlib
import re
import shlex
import socket
import subprocess
import sys

from running_sandboxctl import Daemon, eventually, run

MEMORY = "300MiB"  # of one workload
SKIPPED = 77  # as CTest is told


class Night:
    def __init__(self, captures=None):
        self.captures = captures and pathlib.Path(captures)
        self.daemon = Daemon(f"--isolation.memory={MEMORY}", "--interpreter.python-program=/usr/bin/python3",
                             "--interpreter.javascript-pool-min-size=0", "--interpreter.typescript-pool-min-size=0")

    def tell(self, text):
        print(f"\n{text}", flush=True)

    def ask(self, *arguments, must_say, exit_code=0):
        """Runs the client, and shows it. What it must say are regular expressions."""
        print(f"\n    $ sandboxctl {shlex.join(arguments)}")
        said = run(self.daemon.url, *arguments)
        print("".join(f"    {line}\n" for line in (said.stdout + said.stderr).splitlines()), end="", flush=True)
        if said.returncode != exit_code:
            sys.exit(f"it ended with {said.returncode} instead of {exit_code}")
        for pattern in must_say:
            if not re.search(pattern, said.stdout):
                sys.exit(f"it did not say {pattern!r}")
        return said.stdout

    def wait_until_doctor(self, pattern):
        eventually(lambda: re.search(pattern, run(self.daemon.url, "doctor").stdout))

    def capture(self, name, *arguments, wait_for, width=116):
        """What a terminal shows once that regular expression is found in it."""
        if not self.captures:
            return
        server = ["tmux", "-L", "night", "-f", "/dev/null"]
        command = [os.environ["SANDBOXCTL"], "--color=never", "--url", self.daemon.url, *arguments]
        subprocess.run([*server, "new-session", "-d", "-x", str(width), "-y", "32", "-s", "night",
                        " ".join(command) + "; sleep 60"], check=True)
        before = None

        def shown():
            nonlocal before
            pane = subprocess.run([*server, "capture-pane", "-p", "-t", "night"], stdout=subprocess.PIPE,
                                  encoding="utf-8", check=True).stdout
            is_whole, before = pane == before, pane  # else it may be in the middle of a picture
            return pane if is_whole and re.search(wait_for, pane) else None

        text = eventually(shown)
        subprocess.run([*server, "kill-server"], check=True)
        self.captures.mkdir(parents=True, exist_ok=True)
        (self.captures / f"{name}.txt").write_text("\n".join(line.rstrip() for line in text.splitlines()).rstrip() + "\n")

    def post(self, path, body, request_id):
        connection = http.client.HTTPConnection("127.0.0.1", self.daemon.port, timeout=60)
        with contextlib.closing(connection):
            connection.request("POST", path, json.dumps(body),
                               {"Content-Type": "application/json", "X-Request-Id": request_id})
            answer = connection.getresponse()
            return answer.status, answer.read().decode()

    def new_context(self, request_id):
        status, body = self.post("/api/contexts", {"language": "python"}, request_id)
        return json.loads(body)["contextId"] if status == 200 else None

    # The faults.

    def memory_loop(self):
        """A client runs code that needs more memory than there is, in one context after the other."""
        for number in range(1, 20):
            context = self.new_context(f"create-{number}")
            if context is None:
                return
            for attempt in "ab":
                self.post("/api/execute/code", {"context_id": context, "code": "x = b'x' * (1 << 30)"},
                          f"train-{number}{attempt}")
        sys.exit("the circuit did not open")

    def executors_without_memory(self):
        self.tell("1. \"All our notebooks answer 503.\"")
        self.memory_loop()
        self.ask("doctor", exit_code=1, must_say=["circuit of python is open"])
        self.capture("doctor", "doctor", wait_for="circuit of python", width=160)
        self.tell("Executors of Python die one after the other. Of what?")
        self.ask("events", "--search", "memory", must_say=["there was no memory for it"])
        self.tell("Who runs what needs so much?")
        self.ask("requests", "--search", "train", must_say=["train-1a"])
        self.ask("trace", "train-1a", must_say=["run_code", "run +/root/interpreters/python/executors/", "its executor ended"])
        self.tell(f"One client, whose code needs more than isolation.memory ({MEMORY}) allows; it has been told so in each "
                  "answer. Its contexts are stopped, the circuit is closed by hand.")
        tree = self.ask("tree", "/root/interpreters/contexts", must_say=["code-context"])
        for number in re.findall(r"[├└]─ (\d+) ", tree):
            self.ask("stop", f"/root/interpreters/contexts/{number}", "--yes", must_say=[])
        self.ask("breaker", "python", "reset", "--yes", must_say=[])
        eventually(lambda: self.new_context("after"))
        self.ask("pools", must_say=["python.*closed"])
        self.ask("doctor", must_say=[])

    def stuck_session(self):
        self.tell("2. \"The build of session alpha answers no more.\"")
        self.daemon.execute("mkfifo stuck", "alpha")
        self.daemon.begin("cat stuck", "alpha")
        eventually(lambda: "running: cat stuck" in run(self.daemon.url, "tree").stdout)
        for _ in range(2):
            self.daemon.begin("echo next", "alpha")
        eventually(lambda: "2 waiting" in run(self.daemon.url, "tree").stdout)
        tree = self.ask("tree", "/root/sandbox/workload/sessions", must_say=["running: cat stuck, 2 waiting"])
        self.capture("tree", "tree", "/root/sandbox/workload", wait_for="cat stuck")
        number = re.search(r"[├└]─ (\d+) +session-supervisor", tree).group(1)
        shell = f"/root/sandbox/workload/sessions/{number}/shell"
        self.tell("One command holds up all that wait behind it. What does it wait for?")
        self.ask("show", shell, must_say=["cat stuck"])
        self.tell("`cat` reads a FIFO that nobody writes to. It is interrupted; the session keeps its shell.")
        self.ask("signal", shell, "SIGINT", "--yes", must_say=[])
        eventually(lambda: "idle" in run(self.daemon.url, "tree", f"/root/sandbox/workload/sessions/{number}").stdout)
        self.ask("tree", f"/root/sandbox/workload/sessions/{number}", must_say=["alpha +idle"])

    def slow_follower(self):
        self.tell("3. \"The log of session beta stands still.\"")
        body = json.dumps({"command": "yes 'a line of a log'", "sessionId": "beta"})
        follower = socket.create_connection(("127.0.0.1", self.daemon.port))
        follower.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        follower.sendall(f"POST /api/execute/stream HTTP/1.1\r\nHost: x\r\nX-Request-Id: follow-beta\r\n"
                         f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n{body}".encode())
        self.wait_until_doctor("slow-client")
        self.capture("top", "top", wait_for=r"messages/s +\d")
        self.ask("doctor", must_say=["slow-client", "follow-beta", "has taken nothing"])
        self.ask("requests", must_say=["follow-beta"])
        self.tell("Its client is connected and reads nothing, so the command waits for it. Who is it, and what hangs on it?")
        self.ask("trace", "follow-beta", must_say=["command +/root/sandbox/workload/sessions/\\d+/shell", "under way"])
        self.tell("Nobody needs that connection any more.")
        self.ask("cut", "follow-beta", "--yes", must_say=[])
        eventually(lambda: "slow-client" not in run(self.daemon.url, "doctor").stdout)
        self.ask("requests", "--search", "follow", must_say=["cut"])
        follower.close()
        self.tell("What was done this night stands in the journal.")
        self.ask("events", "--search", "by the inspector", must_say=["stop", "reset", "SIGINT", "cut request"])


def main():
    if os.geteuid() != 0:
        print("skipped: only root can give workloads a limit of memory")
        sys.exit(SKIPPED)
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--captures", metavar="DIRECTORY")
    night = Night(parser.parse_args().captures)
    try:
        night.executors_without_memory()
        night.stuck_session()
        night.slow_follower()
    finally:
        night.daemon.end()
    print("\nThe night is over.")


if __name__ == "__main__":
    main()
