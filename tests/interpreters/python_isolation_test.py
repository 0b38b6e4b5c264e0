#!/usr/bin/python3
"""What keeps the Python executors from each other, and what they run from their fork server."""

import errno
import os
import resource
import subprocess
import tempfile
import unittest
from pathlib import Path

from constants import PYTHON, TIME_LIMIT
from executor_world import INTERPRETERS, ForkServer
from python_world import IS_ROOT, NAMESPACE_INIT, WithServer, texts

RLIMIT_LOCKS = 10  # asm-generic/resource.h; the module does not name it

# Programs of attackers.
UNMOUNT_PROC = """
import ctypes, os
unmounted, seen = 0, set()
while ctypes.CDLL(None).umount2(b'/proc', 2) == 0:  # MNT_DETACH
    unmounted += 1
    seen.update(name for name in os.listdir('/proc') if name.isdigit())
print(unmounted, *seen)
"""
TRACE_PROCESS_1 = """
import ctypes, errno
libc = ctypes.CDLL(None, use_errno=True)
traced = libc.ptrace(0x4206, 1, None, None) == 0  # PTRACE_SEIZE
print('traced' if traced else errno.errorcode[ctypes.get_errno()])
"""


@unittest.skipUnless(IS_ROOT, "namespaces need root")
class Namespaces(WithServer):
    def children(self):
        pid = self.server.process.pid
        return set(map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split()))

    def test_an_executor_sees_its_own_processes_only(self):
        told = self.executor().run("import os\nprint(sorted(p for p in os.listdir('/proc') if p.isdigit()), os.getpid())")
        self.assertEqual(told[0][1], "['1', '2'] 2\n")

    def test_all_of_a_namespace_has_the_mark_of_the_executor(self):
        before = self.children()
        self.executor(lineage=99)
        inside = self.children() - before
        self.assertEqual(len(inside), 2)
        self.assertEqual([resource.prlimit(pid, RLIMIT_LOCKS)[0] for pid in inside], [99, 99])
        self.assertNotEqual(resource.prlimit(self.server.process.pid, RLIMIT_LOCKS)[0], 99)

    def test_orphans_are_collected(self):
        told = self.executor().run(
            "import os, subprocess, time\nsubprocess.run(['sh', '-c', 'true & exec true'])\nlimit = time.time() + 30\n"
            "def is_zombie(pid):\n try: return open(f'/proc/{pid}/stat').read().split()[2] == 'Z'\n"
            " except OSError: return False\n"
            "while any(is_zombie(p) for p in os.listdir('/proc') if p.isdigit()): assert time.time() < limit\n"
            "print('none')")
        self.assertEqual(texts(told, "stdout"), "none\n")

    def test_a_process_of_ones_own_can_be_traced(self):
        told = self.executor().run("import subprocess\nchild = subprocess.Popen(['sleep', '1000'])\n" +
                                   TRACE_PROCESS_1.replace("4206, 1", "4206, child.pid") + "child.kill()")
        self.assertEqual(texts(told, "stdout"), "traced\n")


def python(code, *before):
    """The standard output of a program that can import the package."""
    found = subprocess.run([*before, PYTHON, "-c", code], env={**os.environ, "PYTHONPATH": str(INTERPRETERS / "python")},
                           stdout=subprocess.PIPE, timeout=TIME_LIMIT, check=True)
    return found.stdout.decode()


@unittest.skipUnless(IS_ROOT, "namespaces need root")
class NamespacesThatAreNotMade(unittest.TestCase):
    """Nothing of them is left: neither a descriptor nor a process 1."""

    PRELUDE = f"""
import os
from sandboxd_executor import isolation
def fork():
    os.fork() or os._exit(0)
    return os.wait()[1]
def descriptors(): return len(os.listdir('/proc/self/fd'))
before = descriptors()
namespace = isolation.ProcessNamespace({NAMESPACE_INIT!r})
"""

    def test_the_fork_fails(self):
        self.assertEqual(python(self.PRELUDE + """
try:
    with namespace: raise BlockingIOError
except BlockingIOError: pass
print(descriptors() - before, os.wait()[1], fork())
"""), "0 0 0\n")

    def test_the_namespace_is_refused(self):
        self.assertEqual(python(self.PRELUDE + """
isolation.CLONE_NEWPID = 2  # no namespace
try: namespace.__enter__()
except OSError as error: print(descriptors() - before, error.errno)
"""), f"0 {errno.EINVAL}\n")

    def test_process_1_cannot_be_started(self):
        self.assertEqual(python(self.PRELUDE + """
try: isolation.ProcessNamespace('/nowhere').__enter__()
except OSError as error: print(descriptors() - before, error.errno, fork())
"""), f"0 {errno.ENOENT} 0\n")


@unittest.skipUnless(IS_ROOT, "namespaces need root")
class MountNamespaces(unittest.TestCase):
    """Whatever the mounts are like where the fork server is."""

    def mounts_of(self, pid):
        with open(f"/proc/{pid}/mountinfo") as mounts:
            return mounts.read()

    def see_own_processes_only(self, *before):
        server = ForkServer(NAMESPACE_INIT, True, preload=(), before=before)
        self.addCleanup(server.close)
        mounts = self.mounts_of(server.process.pid)
        executor = server.fork()
        self.addCleanup(executor.kill)
        self.assertEqual(executor.value("import os; ' '.join(sorted(p for p in os.listdir('/proc') if p.isdigit()))"),
                         {"text/plain": "'1 2'"})
        self.assertEqual(self.mounts_of(server.process.pid), mounts)
        return executor

    def test_shared_ones_stay(self):
        self.see_own_processes_only("unshare", "--mount", "--propagation", "shared")

    def test_several_on_each_other_and_some_below_stay(self):
        executor = self.see_own_processes_only(
            "unshare", "--mount", "--propagation", "shared", "sh", "-c",
            'mount -t proc proc /proc; mount -t tmpfs none /proc/tty; mount -t proc proc /proc; exec "$@"', "sh")
        self.assertEqual(executor.value("sum(line.split()[4] in ('/proc', '/proc/tty') for line in open('/proc/self/mountinfo'))"),
                         {"text/plain": "1"})

    def test_proc_need_not_be_one(self):
        self.assertEqual(python("""
import os
from sandboxd_executor import isolation
isolation.enter_mount_namespace()
print(os.readlink('/proc/self') == str(os.getpid()))
""", "unshare", "--mount", "sh", "-c", 'umount --lazy /proc; exec "$@"', "sh"), "True\n")


@unittest.skipUnless(IS_ROOT, "namespaces need root")
class executor_attack(WithServer):  # named as the others in docs/attacks.md
    def undefended(self, program, *how):
        """Of a program in namespaces that unshare(1) makes."""
        return subprocess.run(["unshare", "--pid", "--fork", *how, PYTHON, "-c", program], stdout=subprocess.PIPE,
                              timeout=TIME_LIMIT, check=True).stdout.decode().split()

    def test_by_unmounting_proc_shows_no_process_of_others(self):
        foreign = str(self.server.process.pid)
        self.assertIn(foreign, self.undefended(UNMOUNT_PROC, "--mount-proc")[1:])
        self.assertEqual(texts(self.executor().run(UNMOUNT_PROC), "stdout"), "0\n")

    def test_by_tracing_process_1_is_refused(self):
        self.assertEqual(self.undefended(TRACE_PROCESS_1, "sh", "-c", '"$@"; exit', "sh"), ["traced"])
        executor = self.executor()
        self.assertEqual(texts(executor.run(TRACE_PROCESS_1), "stdout"), "EPERM\n")
        code = f"import subprocess, sys; subprocess.run([{PYTHON!r}, '-c', {TRACE_PROCESS_1!r}]); None"
        self.assertEqual(texts(executor.run(code), "stdout"), "EPERM\n")


class Users(unittest.TestCase):
    """With Python's options -E and -s their packages are for executors alone."""

    def setUp(self):
        self.directory = Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.environment = {"HOME": str(self.directory), "PYTHONPATH": str(self.directory / "path")}
        site = Path(python("import site; print(site.getusersitepackages())", "env", f"HOME={self.directory}").strip())
        for folder, name in ((site, "installed"), (self.directory / "path", "shared")):
            folder.mkdir(parents=True)
            (folder / f"{name}.py").write_text("mark = 1")
        self.runs = self.directory / "runs"
        note = f"open({str(self.runs)!r}, 'a').write(open('/proc/self/status').read())"
        (site / "note.pth").write_text(f"import os; {note}")
        (self.directory / "path" / "sitecustomize.py").write_text(note)

    def privileges_of_runs(self):
        """Of the processes in which their files ran."""
        return {line for line in self.runs.read_text().splitlines() if line.startswith("NoNewPrivs:")}

    def executor(self, **options):
        server = ForkServer(NAMESPACE_INIT, IS_ROOT, preload=(), environment=self.environment, **options)
        self.addCleanup(server.close)
        made = server.fork()
        self.addCleanup(made.kill)
        return made

    def test_their_packages_are_for_executors_only(self):
        self.executor()
        self.assertIn("NoNewPrivs:\t0", self.privileges_of_runs(), "they are run by the fork server without these options")
        self.runs.unlink()
        executor = self.executor(flags=("-E", "-s"))
        self.assertEqual(executor.value("import installed, shared; installed.mark + shared.mark"), {"text/plain": "2"})
        self.assertEqual(self.privileges_of_runs(), {"NoNewPrivs:\t1"})


class Writing(unittest.TestCase):
    def test_is_kept_to_its_rules(self):
        directory = Path(self.enterContext(tempfile.TemporaryDirectory()))
        (directory / "open").mkdir()
        make_file, write_file = 1 << 8, 1 << 1  # LANDLOCK_ACCESS_FS_MAKE_REG, LANDLOCK_ACCESS_FS_WRITE_FILE
        both = make_file | write_file
        rules = {"handled": both, "rules": [[str(directory / "open"), both], ["/nowhere", both], ["/dev", write_file]]}
        if python("import ctypes; print(ctypes.CDLL(None).syscall(444, None, 0, 1))") == "-1\n":
            self.skipTest("not available here: Landlock")
        for writing, expected in ((None, "'w w'"), (rules, "'w EACCES'")):
            server = ForkServer(NAMESPACE_INIT, IS_ROOT, preload=(), writing=writing)
            self.addCleanup(server.close)
            executor = server.fork()
            self.addCleanup(executor.kill)
            executor.run(f"import errno\ndef write(name):\n try: return open({str(directory)!r} + name, 'w').mode\n"
                         " except OSError as error: return errno.errorcode[error.errno]")
            self.assertEqual(executor.value("write('/open/new') + ' ' + write('/new')"), {"text/plain": expected})


@unittest.skipUnless(IS_ROOT, "namespaces need root")
class PrivateTmp(unittest.TestCase):
    def test_is_of_each_executor_alone(self):
        server = ForkServer(NAMESPACE_INIT, True, preload=(), private_tmp=1 << 20)
        self.addCleanup(server.close)
        for _ in range(2):
            executor = server.fork()
            self.addCleanup(executor.kill)
            self.assertEqual(executor.value("import os; os.listdir('/tmp'), open('/tmp/new', 'x').mode"),
                             {"text/plain": "([], 'x')"})
            self.assertEqual(executor.value("os.stat('/tmp').st_mode & 0o7777 == 0o1777, "
                                            "os.statvfs('/tmp').f_blocks * os.statvfs('/tmp').f_frsize"),
                             {"text/plain": "(True, 1048576)"})


class Workspace(unittest.TestCase):
    """The fork server runs nothing of it; executors import from it what is not imported already."""

    def setUp(self):
        self.directory = Path(self.enterContext(tempfile.TemporaryDirectory()))
        for name in ("random.py", "numpy.py", "matplotlib.py", "json.py", "IPython.py", "sandboxd_executor/__init__.py"):
            path = self.directory / name
            path.parent.mkdir(exist_ok=True)
            path.write_text("raise SystemExit('imported from the workspace')")
        for name in ("wave.py", "own.py"):
            (self.directory / name).write_text("mine = 1")

    def executor(self, **options):
        server = ForkServer(NAMESPACE_INIT, IS_ROOT, directory=self.directory, **options)
        self.addCleanup(server.close)
        self.assertEqual(server.ready[0], "ready", server.ready)
        made = server.fork(cwd=str(self.directory))
        self.addCleanup(made.kill)
        return made

    def test_its_modules_are_for_executors_only(self):
        for environment in ({}, {"PYTHONPATH": str(self.directory)}, {"PYTHONPATH": f":/nowhere:{self.directory}/."}):
            with self.subTest(environment):
                python = self.executor(environment=environment)
                self.assertEqual(python.value("import own; own.__file__"),
                                 {"text/plain": repr(str(self.directory / "own.py"))})
                self.assertEqual(python.value("import wave; wave.mine"), {"text/plain": "1"})
                # Of what the fork server has imported, that is what there is.
                self.assertEqual(python.value("import random, numpy; random.randint(3, 3) + int(numpy.add(1, 2))"),
                                 {"text/plain": "6"})

    def test_what_is_not_preloaded_is_the_users(self):
        python = self.executor(preload=())
        self.assertEqual(python.run("import numpy")[-1][1]["evalue"], "imported from the workspace")


if __name__ == "__main__":
    unittest.main()
