"""A whole sandboxd whose workloads install packages, and a repository to install from."""

import contextlib
import functools
import hashlib
import http.server
import os
import pwd
import shlex
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import NamedTuple

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bench"))
import code_client
import servers

PYTHON = "/usr/bin/python3"  # Debian's, whatever comes first in PATH
PATIENCE = 100  # seconds for one script
OTHER_USER = pwd.getpwnam("daemon")

# What was begun outside of a confined workload would show nothing.
IS_CONFINED = "grep -q '^NoNewPrivs:.1$' /proc/self/status"

PACKAGE = "sandboxd-tests"


class Ended(NamedTuple):
    status: int
    output: str


class Sandbox:
    """A sandboxd at the level it has by default, with `more` flags. `ways` is how clients have it run a script."""

    def __init__(self, binary, directory, more=()):
        self.workspace = directory / "workspace"
        self.workspace.mkdir()
        self.server = servers.Sandboxd(binary, self.workspace, [
            "--http.dialect=b", "--log.level=warn", f"--interpreter.python-program={PYTHON}",
            "--http.admit-workloads=true",  # this client could not be told from them everywhere
            *more,
        ]).start(directory / "log")
        self.client = code_client.Client(self.server.url)
        self.ask("POST", "/api/session/create", {"id": "s"})
        self.ways = {"command": self.as_command, "background process": self.as_process, "code": self.as_code}

    def ask(self, method, path, body=None):
        answer = self.client.ask(method, path, body, PATIENCE)
        if answer.status != 200:
            raise AssertionError(answer)
        return answer.body

    @staticmethod
    def _line(script):
        return f"{IS_CONFINED} && bash -euc {shlex.quote(script)} 2>&1"

    def as_command(self, script):
        told = self.ask("POST", "/api/execute", {"sessionId": "s", "command": self._line(script)})
        return Ended(told["exitCode"], told["stdout"])

    def as_process(self, script):
        body = {"sessionId": "s", "command": self._line(script)}
        path = f"/api/process/{self.ask('POST', '/api/process/start', body)['processId']}"
        end = time.monotonic() + PATIENCE
        while (record := self.ask("GET", path)["process"])["status"] in ("starting", "running"):
            if time.monotonic() > end:
                raise AssertionError(record)
            time.sleep(0.05)
        return Ended(record["exitCode"], self.ask("GET", f"{path}/logs")["stdout"])

    def as_code(self, script):
        context = self.ask("POST", "/api/contexts", {"language": "python"})["contextId"]
        run = self.client.run(context, "import subprocess\n"
                                       f"subprocess.run(['bash', '-c', {self._line(script)!r}]).returncode", PATIENCE)
        self.ask("DELETE", f"/api/contexts/{context}")
        if run.value is None:
            raise AssertionError(run)
        return Ended(int(run.value), run.stdout)


def make_package(place, installed):
    """A package for apt-get that does what needs privileges: it has a set-user-ID file, one of another user, and
    scripts that become that user and give files away. Its files come below `installed`, and go when it is removed."""
    tree = place / "tree"
    files = tree / installed.relative_to("/")
    files.mkdir(parents=True)
    (files / "tool").write_text("#!/bin/sh\n")
    (files / "tool").chmod(0o4755)
    (files / "data").touch()
    os.chown(files / "data", OTHER_USER.pw_uid, OTHER_USER.pw_gid)
    told = installed / "configured-by"
    scripts = {
        "postinst": f"setpriv --reuid={OTHER_USER.pw_name} --regid={OTHER_USER.pw_gid} --clear-groups id -un >{told}\n"
                    f"chown {OTHER_USER.pw_name} {told}",
        "prerm": f"rm {told}",
    }
    (tree / "DEBIAN").mkdir()
    for name, lines in scripts.items():
        (tree / "DEBIAN" / name).write_text(f"#!/bin/sh\nset -e\n{lines}\n")
        (tree / "DEBIAN" / name).chmod(0o755)
    (tree / "DEBIAN/control").write_text(f"Package: {PACKAGE}\nVersion: 1\nArchitecture: all\nMaintainer: nobody\n"
                                         "Description: does what needs privileges\n")
    subprocess.run(["dpkg-deb", "--build", tree, place / f"{PACKAGE}.deb"], check=True, stdout=subprocess.DEVNULL)


def make_index(place):
    """The packages there, for `apt-get update`."""
    file = place / f"{PACKAGE}.deb"
    control = subprocess.run(["dpkg-deb", "--field", file], check=True, capture_output=True, text=True).stdout
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    (place / "Packages").write_text(
        f"{control}Filename: ./{file.name}\nSize: {file.stat().st_size}\nSHA256: {digest}\n")


class Listing(http.server.SimpleHTTPRequestHandler):
    def log_message(self, *_):
        pass


@contextlib.contextmanager
def served(place):
    """The address at which those files are served."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), functools.partial(Listing, directory=str(place))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}/"
        finally:
            server.shutdown()
            thread.join()


def configure_apt(place, source=None):
    """A line of a script after which apt-get and dpkg keep their books in `place`, so that those of the machine stay as
    they are. Without a source they take those of the machine, by its proxies."""
    for directory in ("dpkg/info", "dpkg/updates", "dpkg/triggers", "state/lists/partial", "cache/archives/partial",
                      "log"):
        (place / directory).mkdir(parents=True)
    for file in ("dpkg/status", "dpkg/available"):
        (place / file).touch()
    lines = ['Dir::Etc::main "/dev/null";', 'Dir::Etc::parts "/dev/null";', 'Acquire::http::Timeout "20";',
             f'Dir::State "{place}/state";', f'Dir::State::status "{place}/dpkg/status";',
             f'Dir::Cache "{place}/cache";', f'Dir::Log "{place}/log";',
             f'DPkg::Options {{ "--admindir={place}/dpkg"; "--log={place}/log/dpkg"; }};']
    lines += _from(place, source) if source else _ways_of_the_machine()
    (place / "apt.conf").write_text("\n".join(lines) + "\n")
    return f"export APT_CONFIG={place}/apt.conf DEBIAN_FRONTEND=noninteractive LC_ALL=C"


def _from(place, source):
    (place / "sources.list").write_text(f"deb [trusted=yes] {source} ./\n")
    return [f'Dir::Etc::sourcelist "{place}/sources.list";', 'Dir::Etc::sourceparts "/dev/null";',
            'Acquire::http::Proxy::127.0.0.1 "DIRECT";']


def _ways_of_the_machine():
    known = subprocess.run(["apt-config", "dump"], check=True, capture_output=True, text=True).stdout
    return [line for line in known.splitlines() if line.startswith("Acquire::")]
