"""Lets SIGINT reach user code, and nothing but user code."""

import _thread
import contextlib
import operator
import signal
import sys
import threading
import time

# What an interrupt is repeated as that was not heard: a signal for which no library has a use.
REPEATED = signal.SIGRTMAX
_PAUSE = 0.01  # seconds before each time
# Times, half a second of them, after which what an interrupt waits for has called user code, which may block.
LONG = 50

_allowed = False
_came = False  # while it was not allowed, or put off
_put_off = 0  # how deep; a signal handler of user code may put off while that is done
_times_put_off = 0  # since one came
_heard = 0  # how many interrupts
_repeated = -1  # how many had been heard when the last began to be repeated
_raised = None  # by us, in this run
_runs = 0  # of cells: a `user_code` that is left in a later one than it was entered in changes nothing


def _raise():
    global _raised
    _raised = KeyboardInterrupt()
    raise _raised


def _raise_heard():
    global _came, _heard, _times_put_off
    _came = False
    _times_put_off = 0
    _heard += 1
    _raise()


def raise_interrupt():
    """Where user code runs, or is to be run: raises KeyboardInterrupt, now or as soon as that does no harm."""
    global _came, _times_put_off
    if may_raise() or _times_put_off == LONG:
        _raise_heard()
    _came = True
    if _allowed:
        _times_put_off += 1
        repeat_until_heard()


def raise_unheard():
    """Raises KeyboardInterrupt where `may_raise`, but the signal is still repeated."""
    _raise()


def raise_what_came():
    """Where user code begins: raises the interrupt that was put off, if one was."""
    if _came and _is_main_thread():
        _raise_heard()


def heard():
    """A number that is another one when, in the same run, user code has heard of an interrupt since."""
    return _heard


def is_unheard():
    """Whether what is repeated has not been heard meanwhile: a signal may come late."""
    return _repeated == _heard


def may_raise():
    """Whether user code runs, and an exception does no harm."""
    return _allowed and not _put_off


def repeat_until_heard():
    """For an interrupt that user code has not heard. Returns whether it will be: there may be no room for a thread."""
    global _repeated
    if _repeated != _heard:
        try:
            _thread.start_new_thread(_repeat, (_heard,))
        except RuntimeError:
            return False
        _repeated = _heard
    return True


def _repeat(heard):
    """More than once: a signal that comes just before a system call that waits does not end it. And not at once: what
    it came amid has its time to go on."""
    time.sleep(_PAUSE)
    while _allowed and _heard == heard and signal.getsignal(REPEATED) is not signal.SIG_DFL:  # it would end the process
        signal.pthread_kill(threading.main_thread().ident, REPEATED)
        time.sleep(_PAUSE)


@contextlib.contextmanager
def repeating():
    """The signal is repeated as long as this is done, unless user code hears of an interrupt meanwhile."""
    global _heard
    repeat_until_heard()
    try:
        yield
    finally:
        _heard += 1


def _on_signal(_number, frame):
    if would_be_dropped(frame):
        repeat_until_heard()
    else:
        raise_interrupt()


def _on_repeated(number, frame):
    if is_unheard():
        _on_signal(number, frame)


def _on_unraisable(unraisable):
    """Python ignores what is raised in destructors, and in callbacks of its own."""
    if not _allowed or unraisable.exc_value is not _raised or not repeat_until_heard():
        sys.__unraisablehook__(unraisable)


def would_be_dropped(frame):
    """Whether Python would ignore what is raised there: in what it calls for exceptions that it ignores."""
    while frame is not None and frame.f_code is not _on_unraisable.__code__:
        frame = frame.f_back
    return frame is not None


def lose_none():
    """For a process that is an executor."""
    sys.unraisablehook = _on_unraisable
    _heed_reminders()


def _heed_reminders():
    """Python does not notice a signal that comes just before a system call that waits. The daemon sends SIGURG after it,
    which ends that call if it is not ignored. The handler is to do nothing, and no code of Python's, amid which an
    interrupt could come, or which user code could trace: a comparison takes the two arguments."""
    if signal.getsignal(signal.SIGURG) in (signal.SIG_DFL, signal.SIG_IGN):
        signal.signal(signal.SIGURG, operator.is_)


@contextlib.contextmanager
def allowed(tell):
    """For one run. `tell()` tells the daemon that from now on an interrupt is heard: it sends none before."""
    global _allowed, _came, _heard, _put_off, _raised, _runs, _times_put_off
    _runs += 1
    _put_off = 0  # a signal handler of user code may have raised just before it was counted down
    signal.signal(signal.SIGINT, _on_signal)
    signal.signal(REPEATED, _on_repeated)
    _heed_reminders()
    _came = False
    _times_put_off = 0
    _heard += 1  # what is repeated was for the run before
    tell()
    try:
        _allowed = True
        raise_what_came()
        yield
    finally:
        _allowed = False
        signal.signal(signal.SIGINT, _on_signal)  # user code may have put a handler of its own in the place of ours
        _raised = None  # and with it the frames of user code


def _is_main_thread():
    return threading.current_thread() is threading.main_thread()


class _PutOff:
    """What must be done wholly or not at all. Signals concern the main thread only."""

    def __enter__(self):
        global _put_off
        if _is_main_thread():
            _put_off += 1

    def __exit__(self, *_):
        global _put_off
        if _is_main_thread():
            _put_off = max(_put_off - 1, 0)  # it is 0 when another run has begun, of which this changes nothing
            if _allowed and not _put_off:
                raise_what_came()


put_off = _PutOff()


class user_code:
    """Where code of ours, during which interrupts are put off, calls user code. What came waits on, for
    `raise_what_came`. The coroutine of an interrupted run may end in a later run, of which it changes nothing."""

    def __enter__(self):
        global _put_off
        self._run = _runs if _is_main_thread() else None
        self._before = _put_off
        if self._run is not None:
            _put_off = 0  # at the end: from here on an exception may come

    def __exit__(self, *_):
        global _put_off
        if self._run == _runs and _is_main_thread():  # a coroutine may be taken apart elsewhere
            _put_off = self._before
