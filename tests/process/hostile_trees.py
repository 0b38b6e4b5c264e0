#!/usr/bin/env python3
"""Repositories whose trees hold what git itself puts into none, written object by object.

Usage: hostile_trees.py make KIND REPOSITORY OUTSIDE
       hostile_trees.py checkout REPOSITORY DIRECTORY

`make`: OUTSIDE is the directory that what is written shall get to; a hook makes the file `mark` in it.
`checkout`: writes the tree as it stands, and runs the hook as git does.
"""

import hashlib
import os
import subprocess
import sys
import zlib

DIRECTORY, FILE, PROGRAM, LINK = b"40000", b"100644", b"100755", b"120000"
LEVELS = 10_000


class Repository:
    def __init__(self, path):
        self.path = path

    def write(self, kind, content):
        data = b"%s %d\0%s" % (kind, len(content), content)
        name = hashlib.sha1(data).hexdigest()
        path = f"{self.path}/objects/{name[:2]}/{name[2:]}"
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, "wb") as file:
            file.write(zlib.compress(data))
        return bytes.fromhex(name)

    def read(self, name):
        with open(f"{self.path}/objects/{name.hex()[:2]}/{name.hex()[2:]}", "rb") as file:
            return zlib.decompress(file.read()).split(b"\0", 1)[1]

    def blob(self, content=b"hostile\n"):
        return self.write(b"blob", content)

    def tree(self, *entries):
        return self.write(b"tree", b"".join(b"%s %s\0%s" % entry for entry in entries))

    def set_main(self, tree):
        who = b"A <a@example.com> 0 +0000"
        commit = self.write(b"commit", b"tree %s\nauthor %s\ncommitter %s\n\nc\n" % (tree.hex().encode(), who, who))
        for name, text in (("HEAD", "ref: refs/heads/main\n"), ("refs/heads/main", commit.hex() + "\n"),
                           ("config", "[core]\n\trepositoryformatversion = 0\n\tbare = true\n")):
            os.makedirs(os.path.dirname(f"{self.path}/{name}"), exist_ok=True)
            with open(f"{self.path}/{name}", "w") as file:
                file.write(text)

    def main(self):
        with open(f"{self.path}/refs/heads/main") as file:
            commit = self.read(bytes.fromhex(file.read().strip()))
        return bytes.fromhex(commit.split()[1].decode())


def with_hook(to, name, outside):
    hook = to.blob(b"#!/bin/sh\n: >%s/mark\n" % outside)
    hooks = to.tree((PROGRAM, b"post-checkout", hook))
    return to.tree((DIRECTORY, name, to.tree((DIRECTORY, b"hooks", hooks))))


def deep(to):
    tree = to.tree((FILE, b"escaped", to.blob()))
    for _ in range(LEVELS):
        tree = to.tree((DIRECTORY, b"d", tree))
    return tree


def with_escaped(to):
    return to.tree((FILE, b"escaped", to.blob()))


TREES = {
    "parent": lambda to, outside: to.tree((DIRECTORY, b"..", with_escaped(to))),
    "slash": lambda to, outside: to.tree((FILE, b"../escaped", to.blob())),
    "absolute": lambda to, outside: to.tree((FILE, outside + b"/escaped", to.blob())),
    "dot_git": lambda to, outside: with_hook(to, b".git", outside),
    "upper_case": lambda to, outside: with_hook(to, b".GIT", outside),
    "short_name": lambda to, outside: with_hook(to, b"git~1", outside),
    "link": lambda to, outside: to.tree((LINK, b"link", to.blob(outside)), (DIRECTORY, b"link", with_escaped(to))),
    "long": lambda to, outside: to.tree((FILE, b"n" * 5000, to.blob())),
    "deep": lambda to, outside: deep(to),
    "odd": lambda to, outside: to.tree(*((FILE, name, to.blob()) for name in sorted(
        (b"-rf", b"--upload-pack=x", b"new\nline", b"\x1b[2J\x1b]0;title\x07", b"\xff", b"%s%n")))),
}


def make(kind, path, outside):
    to = Repository(path)
    to.set_main(TREES[kind](to, outside.encode()))


def entries(tree):
    while tree:
        head, rest = tree.split(b"\0", 1)
        mode, name = head.split(b" ", 1)
        yield mode, name, rest[:20]
        tree = rest[20:]


def write_tree(repository, tree, where):
    os.makedirs(where, exist_ok=True)
    for mode, name, content in entries(repository.read(tree)):
        path = os.path.join(where, name)
        if mode == DIRECTORY:
            write_tree(repository, content, path)
        elif mode == LINK:
            os.symlink(repository.read(content), path)
        else:
            with open(path, "wb") as file:
                file.write(repository.read(content))
            os.chmod(path, int(mode[-3:], 8))


def checkout(path, directory):
    repository = Repository(path)
    write_tree(repository, repository.main(), directory.encode())
    hook = f"{directory}/.git/hooks/post-checkout"
    if os.path.exists(hook):
        subprocess.run([hook], check=True)


if __name__ == "__main__":
    {"make": make, "checkout": checkout}[sys.argv[1]](*sys.argv[2:])
