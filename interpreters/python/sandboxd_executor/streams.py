"""sys.stdout and sys.stderr of an executor.

Both write to the descriptors 1 and 2, as C libraries and subprocesses do, so nothing is told apart by who printed it.
These are two pipes, whose reader cannot know which of two texts came first. Therefore whoever writes to one after
the other was written to has the daemon take what is in the pipes before.
"""

import io
import os
import sys
import threading


class _Order:
    """Which of the two streams was written to last in this run; shared by both.

    `synchronize()` has the daemon take what is in the pipes; before there is one that does, nothing does.
    """

    def __init__(self):
        self.synchronize = lambda: None
        self.last = None
        # A signal handler may print while its own thread prints.
        self.lock = threading.RLock()
        os.register_at_fork(after_in_child=self._renew_lock)

    def _renew_lock(self):
        self.lock = threading.RLock()

    def begin(self):
        """A run begins: what was printed before is not told from it."""
        self.last = None

    def follow(self):
        """Something was told for which nobody waited: what is printed next must not overtake it."""
        self.last = self


class _Descriptor(io.RawIOBase):
    """Writes all it is given to a descriptor, in order with the other stream."""

    def __init__(self, descriptor, order):
        super().__init__()
        self._descriptor = descriptor
        self._order = order

    def writable(self):
        return True

    def fileno(self):
        return self._descriptor

    def isatty(self):
        return False

    def write(self, data):
        view = memoryview(data).cast("B")
        order = self._order
        with order.lock:
            if order.last is not self:
                if order.last is not None:
                    order.synchronize()
                order.last = self
            written = 0
            while written < len(view):
                written += os.write(self._descriptor, view[written:])
        return written


def install():
    """Replaces sys.stdout and sys.stderr. What is printed is written at once. Returns their order."""
    order = _Order()

    def stream(descriptor):
        raw = _Descriptor(descriptor, order)
        return io.TextIOWrapper(raw, encoding="utf-8", errors="backslashreplace", write_through=True)

    sys.stdout = sys.__stdout__ = stream(1)
    sys.stderr = sys.__stderr__ = stream(2)
    return order
