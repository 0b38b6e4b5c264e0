"""Notices that packages were installed, upgraded or removed."""

import os
import sys
import time

LOOK_INTERVAL = 1.0  # seconds


def _state():
    """When entries of the folders that modules come from were last added or removed."""
    found = {}
    for folder in sys.path:
        try:
            found[folder] = os.stat(folder).st_mtime_ns
        except OSError:
            found[folder] = None  # pip makes it with the first package
    return found


class Watch:
    """Compares with what was there when it was made. A change counts once nothing has changed for a while: an
    installation takes its time."""

    def __init__(self):
        self._first = self._last = _state()
        self._next_look = time.monotonic() + LOOK_INTERVAL
        self._told = False

    def look_again_in(self):
        """Seconds until `have_changed` has something new to say; None: it never will."""
        return None if self._told else max(0.0, self._next_look - time.monotonic())

    def have_changed(self):
        """True once."""
        if self._told or time.monotonic() < self._next_look:
            return False
        before, self._last = self._last, _state()
        self._next_look = time.monotonic() + LOOK_INTERVAL
        self._told = self._last != self._first and self._last == before
        return self._told
