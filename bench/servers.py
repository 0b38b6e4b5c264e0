"""Starts and stops the two servers that the benchmark and the soak drive.

As a program, `servers.py reference CACHE`, it runs the reference server alone: it prints the address, or
`unavailable: ` and why the server cannot be fetched, and stops the server when its standard input ends.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

PROJECT = Path(__file__).resolve().parent.parent
SANDBOXD = PROJECT / "build/release/sandboxd"
CLIENT = PROJECT / "build/release/bench/sandboxd_bench"

# The reference server, what it needs at run time, and the compiler its image uses. Fetched, never stored here.
REFERENCE_PACKAGE = "@cloudflare/sandbox@0.3.7"
BUN_PACKAGE = "@oven/bun-linux-x64@1.2.23"
REFERENCE_NEEDS = ["esbuild@0.21.5", "uuid@9.0.1", "typescript@5.9.2", "@types/node@20.19.16"]

LONGEST_START = 30  # seconds
LONGEST_STOP = 20  # seconds


def build_if_missing(*binaries):
    """Builds the project when one of its own binaries is not there."""
    if all(path.exists() for path in binaries):
        return
    build = [[PROJECT / "run", "--build-only"],
             ["cmake", "--build", PROJECT / "build/release", "--target", "sandboxd_bench"]]
    if any(subprocess.run(step, stdout=sys.stderr, check=False).returncode != 0 for step in build):
        sys.exit("the build failed")
    for path in binaries:
        if not path.exists():
            sys.exit(f"not built: {path}")


class Server:
    """A server process in a process group of its own, its output in a file."""

    def __init__(self, name, command, log, directory=None, environment=None):
        self.name = name
        with open(log, "wb") as output:
            self.process = subprocess.Popen(
                [str(part) for part in command],
                stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                cwd=directory, env=environment, start_new_session=True,
            )
        self.pid = self.process.pid
        try:
            self.url = self._listening_at(log)
        except BaseException:
            self.stop()
            raise

    def _listening_at(self, log):
        deadline = time.monotonic() + LONGEST_START
        while time.monotonic() < deadline and self.process.poll() is None:
            found = re.search(rb"http://[\d.]+:(\d+)\r?\n", Path(log).read_bytes())
            if found:
                return f"http://127.0.0.1:{int(found[1])}"
            time.sleep(0.005)
        sys.exit(f"{self.name} did not start:\n{Path(log).read_text(errors='replace')[-2000:]}")

    def request(self, method, path, body=None):
        """One request that is not measured; returns the decoded answer, raises for a status that is not 2xx."""
        data = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(self.url + path, data, {"Content-Type": "application/json"}, method=method)
        with urllib.request.urlopen(request, timeout=40) as answer:
            return json.load(answer)

    def stop(self, grace=LONGEST_STOP):
        """Ends the server: SIGTERM, after the grace SIGKILL to the whole group. Returns its exit status,
        negative the signal that ended it."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            status = self.process.wait(grace)
        except subprocess.TimeoutExpired:
            status = None
        try:
            os.killpg(self.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        return self.process.wait() if status is None else status


class Sandboxd:
    """How to start sandboxd on its shipped configuration."""

    name = "sandboxd"
    grace = LONGEST_STOP  # it ends by itself

    def __init__(self, binary, workspace, extra=()):
        self.runtime_directory = Path(workspace).parent / "run"  # /run/sandbox is not everybody's
        self.command = [
            binary,
            f"--config-file={PROJECT / 'config/sandboxd.conf'}",
            "--http.address=127.0.0.1",
            "--http.port=0",
            f"--sandbox.workspace={workspace}",
            f"--sandbox.runtime-directory={self.runtime_directory}",
            *extra,
        ]
        self.directory = None
        self.environment = None

    def start(self, log):
        return Server(self.name, self.command, log)


class Reference:
    """How to start the reference server, fetched by npm on first use. Its interpreter pools are empty, because
    the rows compare sessions, and it listens on a free port instead of 3000; otherwise it is as shipped."""

    name = "reference"
    grace = 0.3  # it waits for five seconds whatever there is to do

    def __init__(self, cache):
        self.directory = Path(cache) / "reference"
        if not (self.directory / "ready").exists():
            self._fetch()
        self.command = [self.directory / "bun/package/bin/bun", "index.ts"]
        self.directory /= "sandbox/package/container_src"
        pools = {f"{language}_POOL_MIN_SIZE": "0" for language in ("PYTHON", "JAVASCRIPT", "TYPESCRIPT")}
        self.environment = {**os.environ, **pools, "REFERENCE_PORT": "0"}

    def start(self, log):
        return Server(self.name, self.command, log, self.directory, self.environment)

    def _fetch(self):
        for program in ("npm", "node", "unshare", "file"):
            if not shutil.which(program):
                sys.exit(f"the reference server needs {program}")
        print("fetching the reference server", file=sys.stderr)
        shutil.rmtree(self.directory, ignore_errors=True)
        self._unpack(REFERENCE_PACKAGE, self.directory / "sandbox")
        self._unpack(BUN_PACKAGE, self.directory / "bun")
        source = self.directory / "sandbox/package/container_src"
        self._run(["npm", "install", "--no-save", "--no-audit", "--no-fund", *REFERENCE_NEEDS], source)
        # As its Dockerfile does it.
        self._run(["npx", "tsc", "control-process.ts", "--outDir", ".", "--module", "commonjs", "--target", "es2020",
                   "--esModuleInterop", "--skipLibCheck"], source)
        index = source / "index.ts"
        text = index.read_text()
        if text.count("port: 3000,") != 1:
            sys.exit("the reference server is not the expected version")
        index.write_text(text.replace("port: 3000,", "port: Number(process.env.REFERENCE_PORT),"))
        (self.directory / "ready").touch()

    def _unpack(self, package, directory):
        directory.mkdir(parents=True)
        self._run(["npm", "pack", "--silent", package], directory)
        archive = next(directory.glob("*.tgz"))
        self._run(["tar", "xzf", archive], directory)
        archive.unlink()

    @staticmethod
    def _run(command, directory):
        done = subprocess.run([str(part) for part in command], cwd=directory, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, check=False)
        if done.returncode != 0:
            sys.exit(f"{' '.join(map(str, command))} failed:\n{done.stdout.decode(errors='replace')[-2000:]}")


def main():
    if len(sys.argv) != 3 or sys.argv[1] != "reference":
        sys.exit("usage: servers.py reference CACHE")
    try:
        kind = Reference(Path(sys.argv[2]).resolve())
    except SystemExit as refusal:
        print(f"unavailable: {refusal}".replace("\n", " "), flush=True)
        return
    with tempfile.NamedTemporaryFile(prefix="reference-", suffix=".log") as log:
        server = kind.start(log.name)
        try:
            print(server.url, flush=True)
            sys.stdin.read()
        finally:
            server.stop(kind.grace)


if __name__ == "__main__":
    main()
