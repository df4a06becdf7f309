"""Threads that wait for model servers in place of those that run programs, so
that a run can be stopped: nothing interrupts a thread that waits for a socket.
"""

from __future__ import annotations

import asyncio
import contextlib
import contextvars
import queue
import threading
from typing import Any, Callable, Optional

from dspy.utils.exceptions import LMRateLimitError

from .pool import Job

# How soon a run that waits for its model notices that it was stopped.
_LOOK_SECONDS = 0.05

# At most: one for each that runs programs, and those that runs left behind.
_MAX_CALLERS = 1000

_callers = threading.BoundedSemaphore(_MAX_CALLERS)

# Of them, those that have an event loop, which is three descriptors.
_loops = threading.BoundedSemaphore(100)

_Answer = tuple[Any, Optional[BaseException]]


class _Caller:
    """A thread that waits in place of its owner. It ends when nobody holds this
    any more, after the call it is in."""

    def __init__(self) -> None:
        self._calls: "queue.SimpleQueue[Any]" = queue.SimpleQueue()
        self._answers: "queue.SimpleQueue[_Answer]" = queue.SimpleQueue()
        if not _callers.acquire(blocking=False):
            raise LMRateLimitError(
                f"{_MAX_CALLERS} requests wait for models already")
        try:
            threading.Thread(target=_serve, args=(self._calls, self._answers),
                             name="model", daemon=True).start()
        except RuntimeError:
            _callers.release()
            raise

    def __del__(self) -> None:
        self._calls.put(None)

    def call(self, function: Callable[[], Any]) -> _Answer:
        """What it returned or raised."""
        self._calls.put((contextvars.copy_context(), function))
        while True:
            try:
                return self._answers.get(timeout=_LOOK_SECONDS)
            except queue.Empty:
                pass


def _serve(calls: "queue.SimpleQueue[Any]",
           answers: "queue.SimpleQueue[_Answer]") -> None:
    with contextlib.ExitStack() as at_end:
        at_end.callback(_callers.release)
        _set_event_loop(at_end)
        while (call := calls.get()) is not None:
            context, function = call
            answer: _Answer
            try:
                answer = context.run(function), None
            except BaseException as e:
                answer = None, e
            answers.put(answer)
            # What a call holds is not kept until the next one.
            del call, context, function, answer


def _set_event_loop(at_end: contextlib.ExitStack) -> None:
    """LiteLLM runs a coroutine at the end of each request: in the event loop of
    the thread, or else in one that it makes for that, which takes long."""
    if not _loops.acquire(blocking=False):
        return
    at_end.callback(_loops.release)
    with contextlib.suppress(OSError):
        loop = asyncio.new_event_loop()
        at_end.callback(loop.close)
        asyncio.set_event_loop(loop)


_own = threading.local()


def call(job: Job, function: Callable[[], Any]) -> Any:
    """Calls it in the thread that waits for this one. A run that is stopped
    leaves that thread behind: nobody wants its answer."""
    caller = _own.__dict__.pop("caller", None)
    if caller is None:
        # A stop in the middle of it would take its place for ever.
        caller = job.shielded(_Caller)
    result, error = caller.call(function)
    _own.caller = caller
    if error is None:
        return result
    try:
        raise error
    finally:
        # It refers to this frame.
        del error
