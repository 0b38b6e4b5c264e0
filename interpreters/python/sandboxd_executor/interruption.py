"""Lets SIGINT reach user code, and nothing but user code."""

import _thread
import contextlib
import signal
import sys
import threading
import time

_allowed = False
_came = False  # while it was not allowed, or put off
_heard = 0  # how many signals
_put_off = 0  # how deep; a signal handler of user code may put off while that is done


def note():
    """In a signal handler: this one has been heard."""
    global _heard
    _heard += 1


def interrupt():
    """In a signal handler: raises KeyboardInterrupt, now or as soon as that does no harm."""
    global _came
    note()
    if _allowed and not _put_off:
        raise KeyboardInterrupt
    _came = True


def _on_signal(_number, _frame):
    interrupt()


def _raise_what_came():
    global _came
    if _came:
        _came = False
        raise KeyboardInterrupt


def _on_unraisable(unraisable):
    """Python ignores what is raised in destructors, and in callbacks of its own: then the interrupt comes again."""
    if _allowed and unraisable.exc_type is KeyboardInterrupt:
        _thread.start_new_thread(_interrupt_again, (_heard,))  # in this thread it would be ignored, too
    else:
        sys.__unraisablehook__(unraisable)


def _interrupt_again(heard):
    """More than once: a signal that comes just before a system call that waits does not end it."""
    while _allowed and _heard == heard:
        signal.pthread_kill(threading.main_thread().ident, signal.SIGINT)
        time.sleep(0.01)


def lose_none():
    """For a process that is an executor."""
    sys.unraisablehook = _on_unraisable


@contextlib.contextmanager
def allowed(tell):
    """For one run. `tell()` tells the daemon that from now on an interrupt is heard: it sends none before."""
    global _allowed, _came, _put_off
    _put_off = 0  # a signal handler of user code may have raised just before it was counted down
    signal.signal(signal.SIGINT, _on_signal)  # user code may have put a handler of its own in the place of ours
    _came = False
    tell()
    try:
        _allowed = True
        _raise_what_came()
        yield
    finally:
        _allowed = False


class _PutOff:
    """What must be done wholly or not at all. Signals concern the main thread only."""

    def __enter__(self):
        global _put_off
        if threading.current_thread() is threading.main_thread():
            _put_off += 1

    def __exit__(self, *_):
        global _put_off
        if threading.current_thread() is threading.main_thread():
            _put_off -= 1
            if _allowed and not _put_off:
                _raise_what_came()


put_off = _PutOff()
