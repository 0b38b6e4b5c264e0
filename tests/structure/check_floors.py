#!/usr/bin/env python3
"""Checks that the includes of the project give its floors, without a loop, and that no file has grown too long.

Usage: check_floors.py [--draw] [ROOT]

Looks at the files that git tracks below ROOT (default: the project). Prints one line per violation and exits with 1
if there is any. With --draw it prints the drawing instead: each floor, with what its folders include.
"""

import re
import subprocess
import sys
from pathlib import Path

# Folder -> the folders it may include besides itself. A folder that is not listed may not include anything of ours.
MAY_INCLUDE = {
    "config": set(),
    "supervision": {"config"},
    "launcher": {"config"},
    "files": {"launcher", "config"},
    "git": {"config"},
    "ports": set(),
    "interpreters": {"config"},
    "actors": {"supervision", "interpreters", "files", "git", "launcher", "ports", "config"},
    "http": {"actors", "git", "ports", "supervision", "config"},
    "daemon": {"inspector", "http", "actors", "interpreters", "launcher", "supervision", "config"},
    "inspector": {"http", "actors", "interpreters", "launcher", "supervision", "config"},
    "inspector/sandboxctl": set(),  # speaks HTTP only
    "bench": set(),
}
FLOORS = [["main.cpp", "daemon"], ["inspector"], ["http"], ["actors"], ["files", "git"], ["interpreters", "launcher", "ports"], ["supervision"],
          ["config"]]
UNBOUND = {"main.cpp", "tests"}  # compose or test everything

LONGEST_FILE = 700  # lines
MEASURED = {".cpp", ".hpp", ".cc", ".h", ".py", ".js", ".mjs", ".ts", ".sh", ".cmake"}
UMBRELLAS = {"caf/all.hpp", "restinio/all.hpp", "nlohmann/json.hpp"}
INCLUDE = re.compile(r'^\s*#\s*include\s*(["<])([^">]+)[">]', re.MULTILINE)


SANDBOXCTL = "inspector/sandboxctl"


def folder_of(path):
    """The floor a file stands on: its first folder, or its name when it is at the top. A program stands apart."""
    return SANDBOXCTL if path.startswith(SANDBOXCTL + "/") else path.split("/", 1)[0]


def tracked_files(root):
    listed = subprocess.run(
        ["git", "-C", str(root), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        check=True, capture_output=True, text=True)
    return sorted(path for path in set(listed.stdout.split("\0")) if path and (root / path).is_file())


def read_includes(root, files):
    """File -> [(quote, included path)] for every C++ file."""
    return {path: INCLUDE.findall((root / path).read_text(errors="replace"))
            for path in files if Path(path).suffix in {".cpp", ".hpp", ".cc", ".h"}}


def find_loop(graph):
    """One loop of the graph as a list of nodes whose last is its first, or None. Depth first, without recursion."""
    done = set()
    for start in sorted(graph):
        path, on_path = [], set()
        stack = [(start, False)]
        while stack:
            node, is_left = stack.pop()
            if is_left:
                path.pop()
                on_path.discard(node)
                done.add(node)
                continue
            if node in on_path:
                return path[path.index(node):] + [node]
            if node in done:
                continue
            path.append(node)
            on_path.add(node)
            stack.append((node, True))
            stack.extend((following, False) for following in sorted(graph.get(node, ())))
    return None


def check(root):
    """All violations, one line of text each."""
    files = tracked_files(root)
    includes = read_includes(root, files)
    known = set(files)
    problems = []
    graph = {}
    for path, found in includes.items():
        here = folder_of(path)
        for quote, included in found:
            # Those of the tests may: all tests precompile them.
            if included in UMBRELLAS and path.endswith((".hpp", ".h")) and here not in UNBOUND:
                problems.append(f"{path}: a header includes the umbrella {included}")
            if quote == '"' and included not in known:
                if folder_of(included) in MAY_INCLUDE or "/" not in included:
                    problems.append(f"{path}: includes {included}, which is no path from the source root")
                continue
            if included not in known:
                continue
            graph.setdefault(path, set()).add(included)
            there = folder_of(included)
            if here not in UNBOUND and there != here and there not in MAY_INCLUDE.get(here, set()):
                problems.append(f"{path}: {here} may not include {there} ({included})")
    loop = find_loop(graph)
    if loop:
        problems.append("includes form a loop: " + " -> ".join(loop))
    for path in files:
        if Path(path).suffix in MEASURED:
            lines = (root / path).read_bytes().count(b"\n")
            if lines > LONGEST_FILE:
                problems.append(f"{path}: {lines} lines, longer than {LONGEST_FILE}")
    return problems


def draw(root):
    """The floors from the top down, each folder with the folders that its includes name."""
    seen = {}
    for path, found in read_includes(root, tracked_files(root)).items():
        targets = {folder_of(included) for quote, included in found if quote == '"' and (root / included).is_file()}
        seen.setdefault(folder_of(path), set()).update(targets - {folder_of(path)})
    lines = []
    for number, floor in zip(range(len(FLOORS) - 1, -1, -1), FLOORS):
        for folder in floor:
            if folder in seen:
                lines.append(f"{number}  {folder:<13} -> {', '.join(sorted(seen[folder])) or 'nothing'}")
    return "\n".join(lines)


def main(arguments):
    wants_drawing = "--draw" in arguments
    paths = [argument for argument in arguments if argument != "--draw"]
    root = Path(paths[0]) if paths else Path(__file__).resolve().parents[2]
    if wants_drawing:
        print(draw(root))
        return 0
    problems = check(root)
    for problem in problems:
        print(problem)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
