"""Ends processes below the daemon at random, and says which contexts that concerns."""

import collections
import contextlib
import multiprocessing
import os
import random
import signal
import threading
import time

import executor_processes

# What is killed: relative weights.
VICTIMS = {"executor": 86, "namespace_init": 6, "transpiler": 5, "fork_server": 2, "fork_server_init": 1}

TIME_TO_END = 1  # seconds that a killed process may take, on two processors with dozens at work


class Kills:
    """What the killer says it has killed, and whom that concerns."""

    def __init__(self, source):
        self._lock = threading.Lock()
        self._source = source
        self._of = collections.defaultdict(list)  # times and kinds by place, None: all Python contexts
        self.unlent = 0  # that may have hit executors that were nobody's yet
        self.counts = collections.Counter()

    def read(self):
        """Takes what has been said so far: that of every kill whose consequences anybody has seen."""
        with self._lock:
            while self._source.poll():
                try:
                    self._note(*self._source.recv())
                except EOFError:
                    return

    def _note(self, kind, place, when, is_python):
        self.counts[kind] += 1
        self.unlent += place is None and kind != "transpiler"
        if kind in ("transpiler", "fork_server"):
            return  # executors outlive it
        nobodys = ("nobody's", is_python) if kind in ("executor", "namespace_init") else None
        self._of[place or nobodys].append((when, kind))

    def between(self, place, language, start, end, is_new):
        """The kills in that time that may have cost the context its executor, each its time and kind. `is_new`: no run has gone
        well in it."""
        self.read()
        with self._lock:
            kills = [kill for kill in self._of[place] if start <= kill[0] <= end]
            if language == "python":
                kills += [kill for kill in self._of[None] if start - is_new * TIME_TO_END <= kill[0] <= end]
        return sorted(kills)

    def hit_before_lent(self, language, start, lent):
        """Whether an executor of nobody's was killed then, which may have been lent at `lent` while it ended."""
        self.read()
        with self._lock:
            return any(start - TIME_TO_END <= when <= lent + TIME_TO_END
                       for when, _ in self._of["nobody's", language == "python"])


class Killer:
    """Ends processes at random until it is told to stop: a process of its own, so that it is not held up by the
    threads of this one."""

    def __init__(self, daemon, places, rate, seed):
        self._daemon, self._places, self._rate, self._source = daemon, places, rate, random.Random(seed)
        processes_like_this = multiprocessing.get_context("fork")
        self.told, self._tell = processes_like_this.Pipe(duplex=False)
        self._stop_asked = processes_like_this.Event()
        self._process = processes_like_this.Process(target=self._run, daemon=True)

    def start(self):
        self._process.start()
        self._tell.close()

    def _run(self):
        kinds, weights = zip(*VICTIMS.items())
        while not self._stop_asked.wait(self._source.expovariate(self._rate)):
            kind = self._source.choices(kinds, weights)[0]
            if (chosen := self._choose(kind, executor_processes.Processes(self._daemon))) is None:
                continue
            with contextlib.suppress(ProcessLookupError):
                self._kill(kind, *chosen)

    def _kill(self, kind, victim, executor, is_python):
        place = None
        if executor is not None:
            os.kill(executor, signal.SIGSTOP)  # or it may become a context's before it is killed
            place = executor_processes.directory_of(executor)
        # Said before it is done, so that whoever sees the end finds it.
        self._tell.send((kind, place if place in self._places else None, time.monotonic(), is_python))
        os.kill(victim, signal.SIGKILL)

    def _choose(self, kind, now):
        """Two pids: whom to kill, and the one executor that goes with it, or None; and whether that is Python's. None where
        there is nothing."""
        executors = {pid: pid for pid in now.executors}
        if kind == "namespace_init":
            inits = {executor_processes.namespace_of(pid): pid for pid in now.namespace_inits + now.inits}
            executors = {inits[namespace]: pid for pid in now.executors
                         if (namespace := executor_processes.namespace_of(pid)) in inits}
        elif kind != "executor":
            executors = {}
        victims = {"executor": list(executors), "namespace_init": list(executors), "transpiler": now.transpilers,
                   "fork_server": now.fork_servers, "fork_server_init": self._fork_server_inits(now)}[kind]
        if not victims:
            return None
        victim = self._source.choice(victims)
        executor = executors.get(victim)
        return victim, executor, executor in now.python

    @staticmethod
    def _fork_server_inits(now):
        namespaces = {executor_processes.namespace_of(pid) for pid in now.fork_servers}
        return [init for init in now.inits if executor_processes.namespace_of(init) in namespaces]

    def stop(self):
        self._stop_asked.set()
        self._process.join()
