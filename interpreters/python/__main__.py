"""Starts the fork server: `python3 DIRECTORY OPTIONS`, with its control socket as descriptor 3.

It starts in the workspace, whose files are user code, and imports none of them: a random.py or numpy.py there would run in
the fork server, for all contexts. Executors do import from there what is not imported already.
"""

import os
import sys


def _is_workspace(folder):
    return os.path.realpath(folder) == os.getcwd()


directory, *folders = sys.path
sys.path[:] = [directory, *(one for one in folders if not _is_workspace(one))]
from sandboxd_executor.fork_server import main  # noqa: E402

sys.path.remove(directory)
main(sys.argv[1], executor_path=["", *folders])
