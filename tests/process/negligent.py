#!/usr/bin/env python3
"""What has ended and is never waited for: children of a process that is gone, left to this one, which is no better.

Usage: negligent.py COUNT

Prints how many there are, at most COUNT, and then waits for signals only.
"""

import ctypes
import os
import signal
import sys

PR_SET_CHILD_SUBREAPER = 36


def have_children(count):
    """Returns how many there could be."""
    for had in range(count):
        try:
            if os.fork() == 0:
                os._exit(0)
        except OSError:
            return had
    return count


ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)
if os.fork() == 0:
    print(have_children(int(sys.argv[1])), flush=True)
    os._exit(0)
while True:
    signal.pause()
