"""Imports the libraries once and forks executors, which have them at once and share their memory.

Takes datagrams with descriptors on its control socket:

    fork LINEAGE        with the descriptors: requests, events, standard output, standard error

and answers

    ready VERSION       once; a line for each module that could not be imported follows, "NAME: PROBLEM"
    stale               once: packages were installed, upgraded or removed since
    forked PID          for each fork, in order; or
    failed PROBLEM      the same, or, before it was ready, of the fork server itself
    ended PID STATUS KILLS  the wait status of an executor, sooner or later, and how many of its processes the kernel has
                            killed since there was no memory for them

It must have exactly one thread: a fork copies only the one that calls it, and the locks of the others with it.
"""

import contextlib
import gc
import importlib
import json
import os
import random
import resource
import selectors
import signal
import site
import socket
import sys

from . import chosen_backend, dense_heap, groups, isolation, packages, streams
from .channel import Channel

CONTROL = 3
SYSTEM_CALL_FILTER = 4  # of its forks; not there when they are not confined
LARGEST_DATAGRAM = 4096
DESCRIPTORS = 4

# A fork copies only one thread: the libraries must not start more when they are loaded.
THREAD_VARIABLES = ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS")

RLIMIT_LOCKS = 10  # asm-generic/resource.h; the module does not name it


def _mark(lineage):
    """What is started from here on is known by this number, wherever it goes. Returns the number before."""
    before, most = resource.getrlimit(RLIMIT_LOCKS)
    resource.setrlimit(RLIMIT_LOCKS, (lineage, most))
    return before


def _limit_data(most):
    """Bytes; whoever started the daemon may allow less."""
    _, hard = resource.getrlimit(resource.RLIMIT_DATA)
    if hard != resource.RLIM_INFINITY:
        most = min(most, hard)
    resource.setrlimit(resource.RLIMIT_DATA, (most, most))


def _given_confinement(capabilities, writing):
    """None where they are not confined (`capabilities` is None)."""
    if capabilities is None:
        return None
    with open(SYSTEM_CALL_FILTER, "rb") as file:
        return isolation.Confinement(capabilities, file.read(), writing)


def _add_folders_of_user():
    """Where Python has them: before what is installed for all."""
    before = sys.path[:]
    site.USER_BASE = site.USER_SITE = None  # those of the fork server's HOME
    site.addsitedir(site.getusersitepackages())
    added = sys.path[len(before):]
    of_all = site.getsitepackages()
    place = next((index for index, folder in enumerate(before) if folder in of_all), len(before))
    sys.path[:] = [*before[:place], *added, *before[place:]]


@contextlib.contextmanager
def _without_threads():
    """Then the environment is as it was: what user code starts may have as many threads as it likes."""
    before = {name: os.environ.get(name) for name in THREAD_VARIABLES}
    os.environ.update(dict.fromkeys(THREAD_VARIABLES, "1"))
    try:
        yield
    finally:
        for name, value in before.items():
            del os.environ[name]
            if value is not None:
                os.environ[name] = value


def _preload(modules):
    missing = {}
    for module in modules:
        try:
            importlib.import_module(module)
        except Exception as error:  # whatever a library does when it is imported
            missing[module] = str(error)
    return missing


@contextlib.contextmanager
def _hidden(module):
    """It cannot be imported meanwhile, unless it has been already."""
    if module in sys.modules:
        yield
        return
    sys.modules[module] = None
    try:
        yield
    finally:
        del sys.modules[module]


def _make_shell(with_ipython):
    """After the libraries: the shell finds out which there are."""
    if with_ipython:
        from .shell import make_shell
    else:
        from .plain_shell import make_shell
    return make_shell()


def _warm_up(shell):
    """What happens only the first time (tables, caches, lazy imports) happens here, not in every executor."""
    for code in ("1 + 1", "{'a': [1]}", "raise ValueError('warm')", "1 +", "await __import__('asyncio').sleep(0)"):
        shell.run_cell(code, store_history=False)
    if "pandas" in sys.modules:
        shell.run_cell("__import__('pandas').DataFrame({'a': [1, 2], 'b': ['x', 'y']})", store_history=False)
    if "matplotlib.pyplot" in sys.modules:
        shell.run_cell(
            "figure = __import__('matplotlib.pyplot').pyplot.figure()\n"
            "figure.add_subplot().plot([0, 1])\ndisplay(figure)\n__import__('matplotlib.pyplot').pyplot.close('all')",
            store_history=False)
        _forget_fonts()
    shell.start_anew()


def _forget_fonts():
    """Those that are loaded: matplotlib has every fork do so, which takes longer when there are some."""
    cached = getattr(sys.modules["matplotlib.font_manager"], "_get_font", None)
    if hasattr(cached, "cache_clear"):
        cached.cache_clear()


class ForkServer:
    def __init__(self, control, options, executor_path):
        self._control = control
        self._control.set_inheritable(False)
        self._isolate = options["isolate"]
        self._closes_proc = options["closes_proc"]
        self._private_tmp = options["private_tmp"]
        self._confinement = _given_confinement(options["capabilities"], options["writing"])
        if self._confinement:
            isolation.close_to_others()
        self._namespace_program = options["namespace_program"]
        self._memory_limit = options["memory_limit"]
        self._environment = options["environment"]  # of its forks, where it is not its own
        self._groups = groups.Groups([groups.Hierarchy(**one) for one in options["groups"]])
        self._executor_path = executor_path
        self._executors = set()

    def prepare(self, modules):
        self._packages = packages.Watch()
        chosen_backend.choose()
        with _without_threads():
            missing = _preload(modules)
            with _hidden("jedi"):  # 5 MiB that complete what somebody types
                missing |= _preload(["IPython"])
            from . import executor  # or every fork would load it, and pay in time and memory

            self._executor = executor
            self._order = streams.install()
            self._shell = _make_shell("IPython" not in missing)
            _warm_up(self._shell)
        threads = len(os.listdir("/proc/self/task"))
        if threads != 1:
            raise RuntimeError(f"the libraries have started {threads - 1} threads; a fork would lose them")
        gc.collect()
        dense_heap.fill_gaps()
        gc.freeze()  # or the first collection of every executor would write to all of its memory
        version = sys.version.split()[0]
        self.tell("\n".join([f"ready {version}", *(f"{name}: {problem}" for name, problem in missing.items())]))

    def serve(self):
        """Returns, in the fork server, when the daemon has let go of it; never returns in a fork."""
        with contextlib.ExitStack() as own:
            waker, alarm = map(own.enter_context, socket.socketpair())
            selector = own.enter_context(selectors.DefaultSelector())
            selector.register(self._control, selectors.EVENT_READ)
            selector.register(waker, selectors.EVENT_READ)
            for end in (waker, alarm):
                end.setblocking(False)
            signal.set_wakeup_fd(alarm.fileno(), warn_on_full_buffer=False)
            own.callback(signal.set_wakeup_fd, -1)
            self._descriptors = [one.fileno() for one in (selector, waker, alarm, self._control)]
            signal.signal(signal.SIGCHLD, lambda *_: None)
            while True:
                pauses = (self._packages.look_again_in(), self._groups.sweep_again_in())
                ready = {key.fileobj for key, _ in selector.select(min((one for one in pauses if one is not None),
                                                                       default=None))}
                if not ready:
                    self._groups.sweep()
                if self._packages.have_changed():
                    self.tell("stale")
                if waker in ready:
                    with contextlib.suppress(BlockingIOError):
                        waker.recv(4096)
                    self._reap()
                if self._control in ready and not self._take_request():
                    return

    def _take_request(self):
        """False when there will be none."""
        try:
            data, descriptors, _, _ = socket.recv_fds(self._control, LARGEST_DATAGRAM, DESCRIPTORS)
        except ConnectionResetError:  # it left without hearing all
            return False
        for descriptor in descriptors:
            os.set_inheritable(descriptor, False)  # nobody that is started may keep an executor's sockets open
        if data:
            self._on_request(data.decode(), descriptors)
        return bool(data)

    def tell(self, message):
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):  # the daemon has let go, as is read next
            self._control.send(message.encode(errors="backslashreplace")[:LARGEST_DATAGRAM])

    def _reap(self):
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            if pid in self._executors:
                self._executors.remove(pid)
                self.tell(f"ended {pid} {status} {self._groups.ended(pid)}")

    def _on_request(self, request, descriptors):
        try:
            word, lineage = request.split()
            if word != "fork" or len(descriptors) != DESCRIPTORS:
                raise ValueError(f"not a request: {request}")
            pid = self._fork_in_group(int(lineage), descriptors)
            self._executors.add(pid)
            answer = f"forked {pid}"
        except (OSError, ValueError) as error:
            answer = f"failed {error}"
        finally:
            for descriptor in descriptors:
                os.close(descriptor)
        self.tell(answer)

    def _fork_in_group(self, lineage, descriptors):
        group = self._groups.make(lineage)
        try:
            pid = self._fork(lineage, descriptors, group)
        except OSError:
            self._groups.drop(group)
            raise
        self._groups.belongs(group, pid)
        return pid

    def _fork(self, lineage, descriptors, group):
        if not self._isolate:
            return os.fork() or self._become_executor(lineage, descriptors, group)
        # Process 1, too, is the executor's: what has the mark of the fork server is ended when that dies.
        own = _mark(lineage)
        try:
            with isolation.ProcessNamespace(self._namespace_program) as namespace:
                pid = os.fork()
                if pid == 0:
                    namespace.leave()
                    self._become_executor(lineage, descriptors, group)
                namespace.begin()
        finally:
            _mark(own)
        return pid

    def _become_executor(self, lineage, descriptors, group):
        """In the fork: never returns."""
        code = 1
        try:
            self._leave_fork_server(lineage, group)
            requests, events, output, errors = descriptors
            os.dup2(output, 1)
            os.dup2(errors, 2)
            os.close(output)
            os.close(errors)
            self._executor.start(Channel.of_descriptors(requests, events), self._shell, self._order)
            code = 0
        except BaseException:
            sys.excepthook(*sys.exc_info())
        finally:
            os._exit(code)

    def _leave_fork_server(self, lineage, group):
        signal.set_wakeup_fd(-1)
        for descriptor in self._descriptors:  # without their objects: to take those apart copies fifty pages
            os.close(descriptor)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        self._groups.enter(group)
        os.setsid()
        _mark(lineage)
        if self._memory_limit:
            _limit_data(self._memory_limit)
        if self._isolate:
            isolation.enter_mount_namespace()
            if self._closes_proc:
                isolation.close_proc()
            if self._private_tmp:
                isolation.mount_private_tmp(self._private_tmp)
        if self._confinement:
            isolation.go_first_out_of_memory()
            self._confinement.begin()
            isolation.open_to_others()
        for name, value in self._environment.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value
        sys.path[:] = self._executor_path
        if sys.flags.no_user_site:
            _add_folders_of_user()
        numpy = sys.modules.get("numpy")  # `random` has seen to itself
        if numpy is not None:
            numpy.random.seed(random.getrandbits(32))  # without a number it writes to more memory


def main(options, executor_path):
    """`executor_path` is `sys.path` of the executors; that of the fork server has no folder of user code."""
    options = json.loads(options)
    server = ForkServer(socket.socket(fileno=CONTROL), options, executor_path)
    try:
        server.prepare(options["preload"])
    except Exception as error:
        server.tell(f"failed {error}")
        sys.exit(1)
    server.serve()
