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

# Both servers start three executors of each language ahead, unless these say otherwise.
POOL_SIZE = 3
NO_POOLS = {f"{language}_POOL_MIN_SIZE": "0" for language in ("PYTHON", "JAVASCRIPT", "TYPESCRIPT")}

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
        self.log = Path(log)
        with open(log, "wb") as output:
            self.process = subprocess.Popen(
                [str(part) for part in command],
                stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                cwd=directory, env=environment, start_new_session=True,
            )
        self.pid = self.process.pid
        try:
            self.url = self._listening_at()
        except BaseException:
            self.stop()
            raise

    def _listening_at(self):
        found = self.wait_for(lambda: re.search(rb"http://[\d.]+:(\d+)\r?\n", self.log.read_bytes()), "it listens")
        return f"http://127.0.0.1:{int(found[1])}"

    def wait_for(self, condition, what):
        """Waits until the condition holds and returns what it has given."""
        deadline = time.monotonic() + LONGEST_START
        while time.monotonic() < deadline and self.process.poll() is None:
            if found := condition():
                return found
            time.sleep(0.005)
        sys.exit(f"{self.name}: in vain waited until {what}:\n{self.log.read_text(errors='replace')[-2000:]}")

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
    """How to start sandboxd on its shipped configuration; `environment` is added to that of this program."""

    name = "sandboxd"
    grace = LONGEST_STOP  # it ends by itself

    def __init__(self, binary, workspace, extra=(), environment=NO_POOLS):
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
        self.environment = {**os.environ, **environment}

    def start(self, log):
        return Server(self.name, self.command, log, self.directory, self.environment)

    @staticmethod
    def wait_for_pools(server):
        def full():
            languages = server.request("GET", "/api/interpreter/health")["languages"]
            return all(pool["idle"] >= POOL_SIZE and not pool["starting"] for pool in languages.values())

        server.wait_for(full, "its pools are full")


class Reference:
    """How to start the reference server, fetched by npm on first use. It listens on a free port instead of 3000
    and has its executors where it is, not in /container-server; otherwise it is as shipped."""

    name = "reference"
    grace = 0.3  # it waits for five seconds whatever there is to do

    def __init__(self, cache, environment=NO_POOLS):
        self.directory = Path(cache) / "reference"
        if not (self.directory / "ready").exists():
            self._fetch()
        self.command = [self.directory / "bun/package/bin/bun", "index.ts"]
        self.directory /= "sandbox/package/container_src"
        self._prepare_executors()
        self.environment = {**os.environ, **environment, "REFERENCE_PORT": "0"}

    def start(self, log):
        return Server(self.name, self.command, log, self.directory, self.environment)

    @staticmethod
    def wait_for_pools(server):
        server.wait_for(lambda: b"Pre-warming complete for all executors" in server.log.read_bytes(),
                        "its pools are full")
        if server.log.read_bytes().count(b"Pre-warmed %d/%d " % (POOL_SIZE, POOL_SIZE)) != len(NO_POOLS):
            sys.exit(f"the reference server cannot start executors:\n{server.log.read_text(errors='replace')[-2000:]}")

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
        self._compile(source / "control-process.ts")
        self._replace(source / "index.ts", {"port: 3000,": "port: Number(process.env.REFERENCE_PORT),"})
        (self.directory / "ready").touch()

    def _prepare_executors(self):
        runtime = self.directory / "runtime"
        pool = runtime / "process-pool.ts"
        if '"/container-server/' not in pool.read_text():
            return
        self._compile(runtime / "executors/javascript/node_executor.ts")
        self._compile(runtime / "executors/typescript/ts_executor.ts")
        self._replace(pool, {'"/container-server/': 'process.cwd() + "/', 'cwd: "/workspace"': "cwd: process.cwd()"})

    @classmethod
    def _compile(cls, source):
        """As its Dockerfile does it."""
        cls._run(["npx", "tsc", source.name, "--module", "commonjs", "--target", "es2020", "--esModuleInterop",
                  "--skipLibCheck"], source.parent)

    @staticmethod
    def _replace(file, texts):
        whole = file.read_text()
        for old, new in texts.items():
            if old not in whole:
                sys.exit(f"the reference server is not the expected version: {file.name} lacks {old}")
            whole = whole.replace(old, new)
        file.write_text(whole)

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
