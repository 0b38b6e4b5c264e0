"""Control groups of executors: cgroups(7). What launcher/leaf_groups.cpp does for inits."""

import contextlib
import errno
import os
import time

PREFIX = "fork-"
OOM_KILL = "oom_kill "

RETRY = 1  # seconds
MAY_BE_ABOUT_TO_BE_ENTERED = 10  # seconds, since it was made


def _write(directory, name, text):
    descriptor = os.open(name, os.O_WRONLY | os.O_CLOEXEC, dir_fd=directory)
    try:
        os.write(descriptor, text.encode())
    finally:
        os.close(descriptor)


class Hierarchy:
    """The directory of a group in which others are made: `descriptor`; `files`: what limits those, [name, text, whether it
    may be missing] each; `memory_events`: the file that counts kills for lack of memory, or None."""

    def __init__(self, descriptor, files, memory_events):
        os.set_inheritable(descriptor, False)
        self.descriptor = descriptor
        self._files = files
        self.memory_events = memory_events

    def make(self, name):
        os.mkdir(name, dir_fd=self.descriptor)
        directory = self.open(name)
        try:
            for file, text, may_be_missing in self._files:
                try:
                    _write(directory, file, text)
                except FileNotFoundError:
                    if not may_be_missing:
                        raise
        finally:
            os.close(directory)

    def names(self):
        """Of those that forks of others have left, or live in."""
        old_enough = time.time() - MAY_BE_ABOUT_TO_BE_ENTERED
        return [name for name in os.listdir(self.descriptor) if name.startswith(PREFIX)
                and os.stat(name, dir_fd=self.descriptor).st_mtime < old_enough]

    def open(self, name):
        return os.open(name, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC, dir_fd=self.descriptor)

    def read(self, name, file):
        directory = self.open(name)
        try:
            with open(os.open(file, os.O_RDONLY | os.O_CLOEXEC, dir_fd=directory)) as events:
                return events.read()
        finally:
            os.close(directory)


class Groups:
    """One group for each executor, in every hierarchy of `hierarchies`; without any all of this does nothing."""

    def __init__(self, hierarchies):
        self._hierarchies = hierarchies
        self._names = {}  # of living executors, by their process numbers
        self._left = hierarchies[0].names() if hierarchies else []

    def make(self, lineage):
        """For the next fork; returns its name. Raises OSError."""
        name = f"{PREFIX}{lineage}"
        for hierarchy in self._hierarchies:
            try:
                hierarchy.make(name)
            except OSError:
                self.drop(name)
                raise
        return name

    def enter(self, name):
        """In the fork: from here on it and all that it starts are in the group. Lets go of the directories."""
        for hierarchy in self._hierarchies:
            directory = hierarchy.open(name)
            try:
                _write(directory, "cgroup.procs", "0")
            finally:
                os.close(directory)
                os.close(hierarchy.descriptor)

    def belongs(self, name, pid):
        self._names[pid] = name

    def ended(self, pid):
        """Tells how many processes of its group the kernel has killed since there was no memory for them, and removes it."""
        name = self._names.pop(pid, None)
        kills = self._kills_for_memory(name) if name else 0
        if name:
            self.drop(name)
        return kills

    def drop(self, name):
        """As soon as nobody is left in it."""
        self._left.append(name)
        self.sweep()

    def sweep(self):
        self._left = [name for name in self._left if not self._remove(name)]

    def sweep_again_in(self):
        """Seconds; None: there is nothing to."""
        return RETRY if self._left else None

    def _kills_for_memory(self, name):
        for hierarchy in self._hierarchies:
            if hierarchy.memory_events:
                with contextlib.suppress(OSError):
                    for line in hierarchy.read(name, hierarchy.memory_events).splitlines():
                        if line.startswith(OOM_KILL):
                            return int(line[len(OOM_KILL):])
        return 0

    def _remove(self, name):
        """Who is in one of the others is, and was before, in the first."""
        for hierarchy in self._hierarchies:
            try:
                os.rmdir(name, dir_fd=hierarchy.descriptor)
            except OSError as error:
                if error.errno != errno.ENOENT:
                    return False
        return True
