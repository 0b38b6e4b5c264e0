"""The event loop of an executor: runs what cells await, until it is interrupted."""

import asyncio
import contextlib
import selectors
import signal

from . import interruption

_MODULES_OF_LOOPS = ("asyncio.base_events", "asyncio.events", __name__, interruption.__name__)
_CALL = asyncio.Handle._run.__code__  # of whatever a loop calls: the step of a task, or a callback
_WAIT = selectors.DefaultSelector.select.__code__

# Signals until the loop raises the interrupt itself. Not at once: it would leave what it has yet to call, which may block.
_PATIENCE = 3


class _Left(KeyboardInterrupt):
    """Ends a loop at once, with what the coroutine has returned or raised. asyncio lets nothing but interrupts and
    SystemExit do that."""

    def __init__(self, value=None, error=None):
        super().__init__()
        self._value = value
        self._error = error

    def outcome(self):
        if self._error is not None:
            raise self._error
        return self._value


def _call_around(frame):
    """The frame of the loop's call in which a frame is, if it is in one."""
    while frame is not None and frame.f_code is not _CALL:
        frame = frame.f_back
    return frame


class EventLoop:
    """Made when it is first wanted, and again when user code has closed it."""

    def __init__(self):
        self._loop = None
        self._awaited = None  # the task of the cell that runs
        self._is_ending = False  # that task is cancelled, and may tidy up
        self._planned = None  # an interrupt that the loop is to raise
        self._seen = None  # the frame that was seen at work, or the call that was under way, when a signal came last
        self._times = 0  # that signals have come, and seen that

    def run(self, coroutine):
        """Its value. An interrupt raises KeyboardInterrupt, and what was awaited is cancelled."""
        if self._loop is not None and self._loop.is_running():
            coroutine.close()
            raise RuntimeError("a cell that awaits cannot run in another that does")
        with contextlib.ExitStack() as undo:
            with interruption.put_off:  # or it might leave a loop that is half made, or a coroutine in no task
                self._forget_signals()
                self._is_ending = False
                if self._loop is None or self._loop.is_closed():
                    self._loop = asyncio.new_event_loop()
                for number, handler in ((signal.SIGINT, self._on_signal), (interruption.REPEATED, self._on_repeated)):
                    undo.callback(signal.signal, number, signal.signal(number, handler))
                undo.callback(self._forget_signals)
                self._awaited = self._loop.create_task(self._until_interrupted(coroutine))
                undo.callback(self._end)
            left = None
            try:
                with interruption.user_code():
                    return self._loop.run_until_complete(self._awaited)
            except _Left as one:
                left = one
            return left.outcome()  # not amid the other exception, or users would see that, too

    async def _until_interrupted(self, coroutine):
        """Its value, or what it raises. Where it has heard of an interrupt, the loop does nothing more for this cell: what
        it is to call next may block, and nothing would end it."""
        heard = interruption.heard()
        try:
            value = await coroutine
        except (Exception, asyncio.CancelledError) as error:
            if self._may_go_on(heard):
                raise
            raise _Left(error=error) from None
        if self._may_go_on(heard):
            return value
        raise _Left(value)

    def _may_go_on(self, heard):
        """Also in a later cell, when the task has outlived its own."""
        return interruption.heard() == heard or asyncio.current_task() is not self._awaited

    def _end(self):
        """Cancels the task, or what was interrupted would go on in the next cell that awaits."""
        task, self._awaited = self._awaited, None
        if task.done():
            task.cancelled() or task.exception()  # now asyncio knows that somebody has heard of it
            return
        self._is_ending = True
        self._forget_signals()
        task.cancel()
        with contextlib.suppress(BaseException), interruption.user_code(), interruption.repeating():
            while self._is_ending and not task.done():
                with contextlib.suppress(KeyboardInterrupt):
                    self._loop.run_until_complete(task)
        self._is_ending = False
        task.cancel()  # what is still not tidy

    def _on_signal(self, _number, frame):
        """Raises at once where user code runs, but not amid what the loop does: that would lose the step of a task which
        the loop is about to take or to plan, and so the task. Then the signal is repeated, until user code runs, or the
        loop is seen to wait, or to be busy with a call that has no frame, such as a function in C."""
        self._is_ending = False  # whoever interrupts again does not want to wait until all is tidy
        if not self._is_at_work(frame) or (frame is self._seen and frame.f_code in (_CALL, _WAIT)):
            self._forget_signals()
            interruption.raise_interrupt()
            return
        self._times += 1
        if self._planned is None and (not interruption.repeat_until_heard() or self._times > _PATIENCE):
            self._planned = self._loop.call_soon_threadsafe(self._raise_planned)
        self._seen = frame  # at the end: amid this, the frame has not had the time to go on

    def _on_repeated(self, number, frame):
        """What was awaited may tidy up when it is cancelled; no other call may keep the loop from that for long."""
        if not interruption.is_unheard():
            return
        if not self._is_ending:
            self._on_signal(number, frame)
        elif self._is_held_up(frame) and interruption.may_raise():
            self._forget_signals()
            interruption.raise_unheard()

    def _is_held_up(self, frame):
        call = _call_around(frame)
        self._times = self._times + 1 if call is self._seen else 0
        self._seen = call
        task = asyncio.current_task(self._loop)
        return call is not None and self._times >= interruption.LONG and not (task is not None and task.cancelling())

    def _is_at_work(self, frame):
        module = str(frame.f_globals.get("__name__"))
        if module in _MODULES_OF_LOOPS or interruption.would_be_dropped(frame):
            return True
        return asyncio.current_task(self._loop) is None and (module.startswith("asyncio.") or module == "selectors")

    def _raise_planned(self):
        self._forget_signals()
        interruption.raise_interrupt()

    def _forget_signals(self):
        self._seen = None
        self._times = 0
        if self._planned is not None:
            self._planned.cancel()
            self._planned = None

    def close(self):
        if self._loop is not None:
            self._loop.close()
