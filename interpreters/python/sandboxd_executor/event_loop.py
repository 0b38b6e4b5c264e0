"""The event loop of an executor: runs what cells await, until it is interrupted."""

import asyncio
import contextlib
import signal

from . import interruption

_MODULES_OF_LOOPS = ("asyncio.base_events", "asyncio.events")
_PATIENCE = 3  # signals: what the loop has to do at once may plan what takes for ever, which is to be interrupted instead


def _module_of(frame):
    return frame.f_globals.get("__name__", "")


class _Left(KeyboardInterrupt):
    """Ends a loop at once, as an interrupt does, and yet with what the coroutine has returned or raised."""

    def __init__(self, value=None, error=None):
        super().__init__()
        self._value = value
        self._error = error

    def outcome(self):
        if self._error is not None:
            raise self._error
        return self._value


class _HeldUp(KeyboardInterrupt):
    """Ends user code that keeps a loop from cancelling what was awaited."""


async def _until_interrupted(coroutine):
    """Its value, or what it raises. When it has heard of an interrupt, what else the loop was to do remains undone: that
    may take for ever, and the interrupt has been used."""
    heard = interruption.heard()
    try:
        value = await coroutine
    except Exception as error:
        if interruption.heard() == heard:
            raise
        raise _Left(error=error)
    if interruption.heard() != heard:
        raise _Left(value)
    return value


class EventLoop:
    """Made when it is first wanted, and again when user code has closed it."""

    def __init__(self):
        self._loop = None
        self._planned = None  # an interrupt
        self._at_work_in = None  # the frame that was at work when the signal came last
        self._times_at_work = 0  # one after the other
        self._is_ending = False

    def run(self, coroutine):
        """Its value. An interrupt raises KeyboardInterrupt, and what was awaited is cancelled."""
        with contextlib.ExitStack() as undo:
            with interruption.put_off:  # or it might leave a loop that is half made, or a coroutine in no task
                self._forget_signals()
                if self._loop is None or self._loop.is_closed():
                    self._loop = asyncio.new_event_loop()
                for number, handler in ((signal.SIGINT, self._on_signal), (interruption.AGAIN, self._on_signal_again)):
                    undo.callback(signal.signal, number, signal.signal(number, handler))
                undo.callback(self._forget_signals)
                task = self._loop.create_task(_until_interrupted(coroutine))
                undo.callback(self._end, task)
            try:
                return self._loop.run_until_complete(task)
            except _Left as left:
                return left.outcome()

    def _end(self, task):
        if task.done():
            task.cancelled() or task.exception()  # now asyncio knows that somebody has heard of it
            return
        self._forget_signals()
        task.cancel()  # or what was interrupted would go on in the next cell that awaits
        self._is_ending = True
        try:
            with contextlib.suppress(BaseException), interruption.coming_again():
                while not task.done():
                    with contextlib.suppress(_HeldUp):
                        self._loop.run_until_complete(task)
        finally:
            self._is_ending = False

    def _on_signal(self, _number, frame):
        """Raises at once where user code runs, but not amid what the loop does: that would lose the step of a task which
        the loop is about to take or to plan, and so the task. Then the signal comes again, until user code runs, or the
        loop waits, or is seen to be busy with user code that has no frame, such as a function in C. A loop that is at
        work whenever the signal comes raises the interrupt itself."""
        self._is_ending = False  # whoever interrupts again does not want to wait until all is tidy
        if not self._is_at_work(frame) or self._is_still_in(frame, "asyncio.events", "selectors"):
            self._forget_signals()
            interruption.raise_interrupt()
            return
        self._times_at_work += 1
        if self._planned is None and self._times_at_work > _PATIENCE:
            self._planned = self._loop.call_soon_threadsafe(self._raise_planned)
        interruption.come_again()
        self._at_work_in = frame  # at the end: amid this, the frame has not had the time to go on

    def _on_signal_again(self, number, frame):
        """What was awaited may tidy up when it is cancelled; no other user code may keep the loop from that."""
        if not self._is_ending:
            self._on_signal(number, frame)
        elif self._is_held_up(frame) and interruption.may_raise():
            raise _HeldUp
        else:
            self._at_work_in = frame

    def _is_held_up(self, frame):
        if not self._loop.is_running() or asyncio.current_task(self._loop) is not None:
            return False
        return not self._is_at_work(frame) or self._is_still_in(frame, "asyncio.events")

    def _is_at_work(self, frame):
        module = _module_of(frame)
        if module in _MODULES_OF_LOOPS:
            return True
        return asyncio.current_task(self._loop) is None and (module.startswith("asyncio.") or module == "selectors")

    def _is_still_in(self, frame, *modules):
        """Whether it is where it was when the signal came before, and that in one of these modules."""
        return frame is self._at_work_in and _module_of(frame) in modules

    def _raise_planned(self):
        self._forget_signals()
        interruption.raise_interrupt()

    def _forget_signals(self):
        self._at_work_in = None
        self._times_at_work = 0
        if self._planned is not None:
            self._planned.cancel()
            self._planned = None

    def close(self):
        if self._loop is not None:
            self._loop.close()
