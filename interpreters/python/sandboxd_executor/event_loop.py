"""The event loop of an executor: runs what cells await, until it is interrupted."""

import asyncio
import contextlib
import signal

from . import interruption

_MODULES_OF_LOOPS = ("asyncio.base_events", "asyncio.events")


class EventLoop:
    """Made when it is first wanted, and again when user code has closed it."""

    def __init__(self):
        self._loop = None
        self._planned = None  # an interrupt

    def run(self, coroutine):
        """Its value. An interrupt raises KeyboardInterrupt, and what was awaited is cancelled."""
        with contextlib.ExitStack() as undo:
            with interruption.put_off:  # or it might leave a loop that is half made, or a coroutine in no task
                self._forget_planned()
                if self._loop is None or self._loop.is_closed():
                    self._loop = asyncio.new_event_loop()
                undo.callback(signal.signal, signal.SIGINT, signal.signal(signal.SIGINT, self._on_signal))
                undo.callback(self._forget_planned)
                task = self._loop.create_task(coroutine)
                undo.callback(self._end, task)
            return self._loop.run_until_complete(task)

    def _end(self, task):
        if task.done():
            task.cancelled() or task.exception()  # now asyncio knows that somebody has heard of it
            return
        self._forget_planned()
        task.cancel()  # or what was interrupted would go on in the next cell that awaits
        with contextlib.suppress(BaseException):
            self._loop.run_until_complete(task)

    def _on_signal(self, _number, frame):
        """Raises at once where user code runs, but not amid what the loop does: that would lose the step of a task which
        the loop is about to take or to plan, and so the task. Then the loop raises it, or, if it is busy with user code
        (which may be a function without a frame), the signal that comes again."""
        if self._planned is None and self._is_at_work(frame):
            self._planned = self._loop.call_soon_threadsafe(self._raise_planned)
            interruption.come_again()
        else:
            self._forget_planned()
            interruption.raise_interrupt()

    def _is_at_work(self, frame):
        module = frame.f_globals.get("__name__", "")
        if module in _MODULES_OF_LOOPS:
            return True
        return asyncio.current_task(self._loop) is None and (module.startswith("asyncio.") or module == "selectors")

    def _raise_planned(self):
        self._planned = None
        interruption.raise_interrupt()

    def _forget_planned(self):
        if self._planned is not None:
            self._planned.cancel()
            self._planned = None

    def close(self):
        if self._loop is not None:
            self._loop.close()
