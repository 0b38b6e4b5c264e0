"""What /proc tells about a process and everything below it. Memory is in KiB."""

import os
import stat


def _fields(pid):
    """Parent pid and state letter of a process, None when it has gone."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            text = file.read()
    except OSError:
        return None
    state, parent = text[text.rindex(")") + 2 :].split()[:2]
    return int(parent), state


def tree(root):
    """Pids of `root` and all its descendants, root first, each with its state letter."""
    children, states = {}, {}
    for name in os.listdir("/proc"):
        if name.isdigit() and (fields := _fields(name)):
            parent, states[int(name)] = fields
            children.setdefault(parent, []).append(int(name))
    found = [root] if root in states else []
    for pid in found:
        found.extend(children.get(pid, []))
    return {pid: states[pid] for pid in found}


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
