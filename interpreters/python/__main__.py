"""Starts the fork server: `python3 DIRECTORY OPTIONS`, with its control socket as descriptor 3.

It starts in the workspace, whose files are user code, and imports none of them: a random.py or numpy.py there would run in
the fork server, for all contexts. Executors do import from there what is not imported already. With Python's options -E
and -s the same holds for the folders of PYTHONPATH and for what users have installed in HOME.
"""

import os
import sys


def _is_workspace(folder):
    return os.path.realpath(folder) == os.getcwd()


def _folders_of_users():
    """Those that Python leaves out of its path when it is to trust nobody."""
    if not sys.flags.ignore_environment:
        return []
    return [one for one in os.environ.get("PYTHONPATH", "").split(os.pathsep) if one]


directory, *folders = sys.path
sys.path[:] = [directory, *(one for one in folders if not _is_workspace(one))]
from sandboxd_executor.fork_server import main  # noqa: E402

sys.path.remove(directory)
main(sys.argv[1], executor_path=["", *_folders_of_users(), *folders])
