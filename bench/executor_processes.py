"""Finds the processes behind the code interpreter of a running sandboxd."""

import os

import processes


class Processes:
    """The processes behind the interpreter at one moment: lists of pids.

    python, node     executors that are up
    fork_servers     what python's are forked from
    transpilers      programs that make TypeScript JavaScript
    namespace_inits  process 1 of each Python executor's own namespace
    inits            process 1 of the namespace of each Node executor, fork server and transpiler
    """

    def __init__(self, daemon):
        self.python, self.node, self.fork_servers, self.transpilers = [], [], [], []
        self.namespace_inits, self.inits = [], []
        self.states = processes.tree(daemon)
        spawner = processes.spawner_of(daemon)
        for pid in self.states:
            if (found := self._list_of(pid, spawner)) is not None:
                found.append(pid)

    def _list_of(self, pid, spawner):
        words = command_line(pid)
        parent, session = processes.parent_and_session(pid)
        program = words[0].rpartition("/")[2]
        scripts = " ".join(words[1:3])
        if program == "sandboxd-namespace-init":
            return self.namespace_inits
        if "interpreters/python" in scripts:
            # An executor leads a session of its own; what it forks does not.
            if session == pid:
                return self.python
            return self.fork_servers if "sandboxd-spawner" in " ".join(command_line(parent)) else None
        if "node/executor.js" in scripts:
            return self.node if "sandboxd-spawner" in " ".join(command_line(parent)) else None
        if "node/transpiler.js" in scripts:
            return self.transpilers
        return self.inits if parent == spawner else None

    @property
    def executors(self):
        return self.python + self.node

    @property
    def zombies(self):
        return [pid for pid, state in self.states.items() if state == "Z"]

    def counts(self):
        return {name: len(getattr(self, name)) for name in
                ("python", "node", "fork_servers", "transpilers", "namespace_inits", "inits")}


def command_line(pid):
    """The words of a process, one empty word for a process that has gone."""
    try:
        with open(f"/proc/{pid}/cmdline", "rb") as file:
            return file.read().decode(errors="replace").split("\0")
    except OSError:
        return [""]


def directory_of(pid):
    """Where a process works: an executor where its context does. None when it has gone."""
    try:
        return os.readlink(f"/proc/{pid}/cwd")
    except OSError:
        return None


def works_in(pid, directory):
    """Whether a process does; by the directory itself, for whoever lives below a root of its own reads other paths."""
    try:
        return os.path.samefile(f"/proc/{pid}/cwd", directory)
    except OSError:
        return False


def namespace_of(pid):
    """Identifies the PID namespace of a process. None when it has gone."""
    try:
        return os.readlink(f"/proc/{pid}/ns/pid")
    except OSError:
        return None
