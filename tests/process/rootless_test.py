#!/usr/bin/python3
"""A sandboxd of an ordinary user isolates its workloads by a user namespace. Each attack first succeeds where nothing is
isolated."""

import contextlib
import os
import shutil
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

sys.dont_write_bytecode = True
sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "bench"))
import code_client
import servers

NOBODY = 65534  # of Debian, as user and as group
PATIENCE = 60  # seconds for one request


def copy_of_programs(binary, directory):
    """Where that user may run them: the build may be in a directory that is closed to others."""
    for part in ("launcher/sandboxd-spawner", "git/sandboxd-git-worker", "interpreters/sandboxd-namespace-init"):
        (directory / part).parent.mkdir(exist_ok=True)
        shutil.copy2(binary.parent / part, directory / part)
    for part in ("interpreters/python", "interpreters/node"):
        shutil.copytree(binary.parent / part, directory / part, symlinks=False)
    return shutil.copy2(binary, directory)


class Sandbox:
    """A daemon of that user, and clients' ways to run something in it."""

    def __init__(self, binary, directory, level):
        self.home = directory
        workspace = directory / "workspace"
        workspace.mkdir(parents=True)
        for made in (directory, workspace):
            os.chown(made, NOBODY, NOBODY)
        started = servers.Sandboxd(binary, workspace, [
            "--http.dialect=b", "--log.level=warn", "--interpreter.python-program=/usr/bin/python3",
            "--http.admit-workloads=true",  # nobody is told apart without control groups
            f"--isolation.level={level}"])
        started.command = ["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "env", f"HOME={directory}",
                           *started.command]
        self.server = started.start(directory / "log")
        self.client = code_client.Client(self.server.url)
        for session in ("s", "neighbour"):
            self.ask("POST", "/api/session/create", {"id": session})

    def ask(self, method, path, body=None):
        answer = self.client.ask(method, path, body, PATIENCE)
        if answer.status != 200:
            raise AssertionError(answer)
        return answer.body

    def execute(self, command, session="s"):
        return self.ask("POST", "/api/execute", {"sessionId": session, "command": command})

    def output(self, command, session="s"):
        told = self.execute(command, session)
        if told["exitCode"] != 0:
            raise AssertionError(told)
        return told["stdout"].strip()

    def run(self, language, code):
        context = self.client.create(language, PATIENCE).body["contextId"]
        told = self.client.run(context, code, PATIENCE)
        self.client.delete(context, PATIENCE)
        return told


def refusal_of_user_namespaces():
    """Why that user may have none here; empty: it may."""
    tried = subprocess.run(["setpriv", f"--reuid={NOBODY}", f"--regid={NOBODY}", "--clear-groups", "unshare", "--user",
                            "--map-current-user", "--pid", "--fork", "--mount-proc", "true"],
                           stderr=subprocess.PIPE, text=True, check=False)
    return "" if tried.returncode == 0 else tried.stderr.strip() or "unshare failed"


class of_an_ordinary_user:  # noqa: N801
    """Two daemons of that user, one of which isolates nothing."""

    @classmethod
    def setUpClass(cls):
        if os.geteuid() != 0:
            raise unittest.SkipTest("needs root to become another user")
        if os.environ.get("SANDBOXD_SANITIZE") == "thread":
            raise unittest.SkipTest("the sanitizer's thread is in the spawner, and a process with threads gets no user namespace")
        if refusal := refusal_of_user_namespaces():
            raise unittest.SkipTest(f"not available here: {refusal}")
        cls.directory = Path(cls.enterClassContext(tempfile.TemporaryDirectory(prefix="sandboxd-rootless-")))
        cls.directory.chmod(0o755)
        (cls.directory / "programs").mkdir(mode=0o755)
        cls.binary = copy_of_programs(Path(os.environ["SANDBOXD_BINARY"]), cls.directory / "programs")
        cls.open = cls.enterClassContext(cls.running("none"))
        cls.isolated = cls.enterClassContext(cls.running("namespaces"))

    @classmethod
    @contextlib.contextmanager
    def running(cls, level):
        sandbox = Sandbox(cls.binary, cls.directory / level, level)
        try:
            yield sandbox
        finally:
            status = sandbox.server.stop()
            left = subprocess.run(["pgrep", "-u", str(NOBODY), "-f", str(cls.directory / level)], capture_output=True,
                                  text=True, check=False).stdout
            if status != 0 or left:
                raise AssertionError(f"sandboxd ended with {status} and left {left!r}: {sandbox.server.log.read_text()}")


class rootless_attack(of_an_ordinary_user, unittest.TestCase):  # noqa: N801
    def assert_attack(self, command):
        """It succeeds undefended, and fails in an isolated session. `DAEMON` is the number of the daemon, `PID` that of a
        process of the neighbour."""
        for sandbox, succeeds in ((self.open, True), (self.isolated, False)):
            pid = sandbox.output("sleep 4711 & echo $!", "neighbour")
            if not succeeds:  # the number by which the machine knows it
                pid = subprocess.run(["pgrep", "--newest", "--full", "sleep 4711"], capture_output=True, text=True,
                                     check=True).stdout.strip()
            line = command.replace("DAEMON", str(sandbox.server.pid)).replace("PID", pid)
            told = sandbox.execute(f"{{ {line}; }} 2>&1")
            sandbox.execute("kill %1; wait", "neighbour")
            with self.subTest(isolated=not succeeds):
                self.assertEqual(told["exitCode"] == 0, succeeds, told)

    def test_on_processes_of_a_neighbour_sees_none(self):
        self.assert_attack("[ -d /proc/PID ] && grep -q sleep /proc/PID/comm")

    def test_on_processes_of_a_neighbour_kills_none(self):
        self.assert_attack("kill PID")

    def test_by_proc_reads_no_environment_of_the_daemon(self):
        self.assert_attack("cat /proc/DAEMON/environ >/dev/null")

    def test_by_a_trace_stops_no_daemon(self):
        self.assert_attack("python3 -c 'import ctypes; assert ctypes.CDLL(None).ptrace(0x4206, DAEMON, None, None) == 0'")

    def test_by_a_namespace_of_its_own_gets_no_capabilities(self):
        self.assert_attack("unshare --user true")

    def test_by_keys_shares_no_memory_of_a_neighbour(self):
        for sandbox, shared in ((self.open, True), (self.isolated, False)):
            made = sandbox.output("ipcmk --shmem 64 | grep -o '[0-9]*$'", "neighbour")
            seen = sandbox.output(f"ipcs --shmems | grep -c ' {made} ' || true")
            sandbox.output(f"ipcrm --shmem-id {made}", "neighbour")
            with self.subTest(isolated=not shared):
                self.assertEqual(seen, "1" if shared else "0")


class rootless(of_an_ordinary_user, unittest.TestCase):  # noqa: N801
    def test_leaves_workloads_the_user_and_no_privilege(self):
        for name, shown in (("session", self.isolated.output("id -u; cat /proc/self/status")),
                            ("context", self.isolated.run("python", "import os\nprint(os.getuid())\n"
                                                          "print(open('/proc/self/status').read())").stdout)):
            with self.subTest(workload=name):
                self.assertEqual(shown.splitlines()[0], str(NOBODY))
                told = dict(line.split(":\t", 1) for line in shown.splitlines() if ":\t" in line)
                self.assertEqual(int(told["CapEff"], 16) | int(told["CapPrm"], 16) | int(told["CapAmb"], 16), 0)
                self.assertEqual((told["NoNewPrivs"], told["Seccomp"]), ("1", "2"))

    def test_gives_each_session_and_context_processes_of_its_own(self):
        self.assertEqual(self.isolated.output("cat /proc/1/comm"), "sandbox-init")
        self.assertEqual(self.isolated.run("python", "import os; os.getpid()").value, "2")
        self.assertNotEqual(self.isolated.output("readlink /proc/self/ns/user"), os.readlink("/proc/self/ns/user"))

    def test_writes_nothing_of_the_kernels(self):
        self.assertEqual(self.isolated.output("awk '$2 == \"/proc/sys\" || $2 == \"/sys\" { print $2, substr($4, 1, 2) }' "
                                              "/proc/mounts | sort -u"), "/proc/sys ro\n/sys ro")

    def test_runs_everything_that_clients_ask_for(self):
        ours = self.isolated
        self.assertEqual(ours.run("javascript", "1 + 1").value, "2")
        self.assertEqual(ours.run("typescript", "const a: number = 2; a + 1").value, "3")
        self.assertEqual(ours.run("python", "import numpy; int(numpy.arange(4).sum())").value, "6")
        ours.ask("POST", "/api/write", {"path": "a.txt", "content": "written", "sessionId": "s"})
        self.assertEqual(ours.output("cat a.txt; stat -c %u a.txt"), f"written{NOBODY}")
        ours.output("git init -q repository && cd repository && git -c user.name=a -c user.email=a@b commit -q "
                    "--allow-empty -m first")
        ours.ask("POST", "/api/git/checkout", {"repoUrl": f"file://{ours.home}/workspace/repository", "targetDir": "clone",
                                               "sessionId": "s"})
        self.assertEqual(ours.output("git -C clone log --format=%s"), "first")
        started = ours.ask("POST", "/api/process/start", {"command": "echo from it; exit 3", "sessionId": "s"})
        logs = ours.client.ask("GET", f"/api/process/{started['processId']}/logs", patience=PATIENCE)
        self.assertEqual(logs.status, 200)


if __name__ == "__main__":
    unittest.main()
