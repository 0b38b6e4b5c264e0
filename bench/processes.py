"""What /proc tells about a process and everything below it. Memory is in KiB."""

import os
import stat
import time


def _fields(pid):
    """Parent pid, state letter and session of a process, None when it has gone."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            text = file.read()
    except OSError:
        return None
    state, parent, _, session = text[text.rindex(")") + 2 :].split()[:4]
    return int(parent), state, int(session)


def parent_and_session(pid):
    """The numbers of both, 0 for a process that has gone."""
    fields = _fields(pid)
    return (fields[0], fields[2]) if fields else (0, 0)


def tree(root):
    """Pids of `root` and all its descendants, root first, each with its state letter."""
    children, states = {}, {}
    for name in os.listdir("/proc"):
        if name.isdigit() and (fields := _fields(name)):
            parent, states[int(name)], _ = fields
            children.setdefault(parent, []).append(int(name))
    found = [root] if root in states else []
    for pid in found:
        found.extend(children.get(pid, []))
    return {pid: states[pid] for pid in found}


def count_at_rest(root, quiet=0.05, longest=10):
    """How many processes a tree has as soon as the number has stayed the same for `quiet` seconds."""
    deadline = time.monotonic() + longest
    since, count = time.monotonic(), len(tree(root))
    while time.monotonic() < min(since + quiet, deadline):
        time.sleep(0.001)
        if (now := len(tree(root))) != count:
            since, count = time.monotonic(), now
    return count


def wait_for_rest(root, count, longest=10):
    """Waits until a tree has no more processes than that; returns whether it came to it."""
    deadline = time.monotonic() + longest
    while len(tree(root)) > count:
        if time.monotonic() > deadline:
            return False
        time.sleep(0.001)
    return True


def memory(pid):
    """Resident set and proportional share of a process; zero for a zombie or one that has gone."""
    sizes = {"Rss": 0, "Pss": 0}
    try:
        with open(f"/proc/{pid}/smaps_rollup", encoding="utf-8") as file:
            for line in file:
                key, _, value = line.partition(":")
                if key in sizes:
                    sizes[key] = int(value.split()[0])
    except OSError:
        pass
    return {"rss": sizes["Rss"], "pss": sizes["Pss"]}


def tree_pss(root):
    """Proportional share of a whole tree: pages shared within it count once."""
    return sum(memory(pid)["pss"] for pid in tree(root))


def settled_tree_pss(root, quiet=2, longest=30):
    """The same as soon as it has stayed the same within a percent for `quiet` seconds, at last after `longest`."""
    deadline = time.monotonic() + longest
    since, size = time.monotonic(), tree_pss(root)
    while time.monotonic() < min(since + quiet, deadline):
        time.sleep(0.2)
        now = tree_pss(root)
        if abs(now - size) > size / 100:
            since, size = time.monotonic(), now
    return tree_pss(root)


def descriptors(pid):
    """Number of open descriptors, 0 for a process that has gone."""
    try:
        return len(os.listdir(f"/proc/{pid}/fd"))
    except OSError:
        return 0


def spawner_of(daemon):
    """Pid of the descendant that calls itself spawner, None when there is none."""
    for pid in tree(daemon):
        if pid == daemon:
            continue
        for name in ("comm", "cmdline"):
            try:
                with open(f"/proc/{pid}/{name}", "rb") as file:
                    if b"spawner" in file.read():
                        return pid
            except OSError:
                pass
    return None


def fifos_below(directory):
    """Number of named pipes below a directory."""
    count = 0
    for folder, _, names in os.walk(directory):
        for name in names:
            try:
                count += stat.S_ISFIFO(os.lstat(os.path.join(folder, name)).st_mode)
            except OSError:  # removed meanwhile
                pass
    return count
