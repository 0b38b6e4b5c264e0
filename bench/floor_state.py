"""What a sandboxd that bench/floors attacks holds: processes, control groups, descriptors and memory."""

import contextlib
import os
import re
import sys
import time
from pathlib import Path

import processes

SLACK = 2  # of each number
LONGEST_REST = 20  # seconds until all that has ended has gone


class Groups:
    """The control groups below which the workloads of one server are."""

    def __init__(self, sandbox):
        with sandbox.session():
            texts = [self._text_of(pid) for pid in processes.tree(sandbox.server.pid)]
        names = set(re.findall(r"/(sandboxd-workloads-\w+)/", "".join(texts)))
        if len(names) != 1:
            sys.exit("workloads have no control groups here, so that nothing limits them; the log of sandboxd says why")
        name = names.pop()
        self._places = [Path(place) / name for place, below, _ in os.walk("/sys/fs/cgroup") if name in below]

    @staticmethod
    def _text_of(pid):
        with contextlib.suppress(OSError):
            return Path(f"/proc/{pid}/cgroup").read_text()
        return ""

    def count(self):
        return sum(entry.is_dir() for place in self._places if place.exists() for entry in place.iterdir())

    def left(self):
        return [str(place) for place in self._places if place.exists()]

    def kill(self):
        """Whoever is still in them; only those of version 2 have that file."""
        for place in self._places:
            with contextlib.suppress(OSError):
                (place / "cgroup.kill").write_text("1")


def sample(server, groups):
    tree = processes.tree(server.pid)
    return {"processes": len(tree), "zombies": sum(state == "Z" for state in tree.values()),
            "descriptors": processes.descriptors(server.pid), "groups": groups.count(),
            "rss_mib": processes.memory(server.pid)["rss"] / 1024}


def what_is_left(first, now):
    left = [f"{name}: {now[name]}, before {first[name]}" for name in ("processes", "descriptors", "groups")
            if now[name] > first[name] + SLACK]
    return left + ([f"zombies: {now['zombies']}"] if now["zombies"] else [])


def rested(server, groups, first):
    """The first sample with nothing left, or the last taken in time."""
    deadline = time.monotonic() + LONGEST_REST
    while what_is_left(first, now := sample(server, groups)) and time.monotonic() < deadline:
        time.sleep(0.1)
    return now


def told(one):
    return ", ".join(f"{name} {value:.1f}" if isinstance(value, float) else f"{name} {value}"
                     for name, value in one.items())
