"""The threads that run requests, and how a request is stopped early."""

from __future__ import annotations

import ctypes
import queue
import threading
import time
from typing import Callable, Optional, TypeVar

from .protocol import CommandError

T = TypeVar("T")


def _set_async_exception(thread: int, kind: Optional[type]) -> None:
    """Raises it in a thread; None takes back what has not struck yet."""
    ctypes.pythonapi.PyThreadState_SetAsyncExc(
        ctypes.c_ulong(thread), None if kind is None else ctypes.py_object(kind))


class Stopped(BaseException):
    """Raised inside a request that is cancelled or too late. No `Exception`, so
    that programs which catch everything do not swallow it."""


class Job:
    """One request on its way through the pool."""

    def __init__(self, work: Callable[["Job"], None],
                 deadline: Optional[float]) -> None:
        self.deadline = deadline
        self._work = work
        self._lock = threading.Lock()
        self._thread: Optional[int] = None
        self._reason: Optional[str] = None

    def seconds_left(self) -> Optional[float]:
        """Until the deadline; None if there is none."""
        return None if self.deadline is None else (
            self.deadline - time.monotonic())

    def stop_error(self) -> Optional[CommandError]:
        """Why the request was stopped, if it was."""
        if self._reason == "cancelled":
            return CommandError("cancelled", "The request was cancelled")
        if self._reason == "timeout":
            return CommandError("timeout", "The deadline of the request passed")
        return None

    def stop(self, reason: str) -> None:
        """Lets the request end as soon as its thread runs Python code again;
        one that waits never starts. Does nothing the second time."""
        with self._lock:
            if self._reason is not None:
                return
            self._reason = reason
            if self._thread is not None:
                _set_async_exception(self._thread, Stopped)

    def run(self) -> None:
        left = self.seconds_left()
        if left is not None and left <= 0:
            self.stop("timeout")
        self._work(self)

    def interruptible(self, call: Callable[[], object]) -> object:
        """Calls it; from here on, and only until it returns, `stop` interrupts.

        Raises the `CommandError` of the reason if it was stopped."""
        try:
            try:
                with self._lock:
                    if self._reason is None:
                        self._thread = threading.get_ident()
                if self._thread is not None:
                    return call()
            finally:
                self._leave()
        except Stopped:
            # May have struck while leaving.
            self._leave()
        error = self.stop_error()
        assert error is not None
        raise error

    def shielded(self, call: Callable[[], T]) -> T:
        """Calls it, which must not take long: whoever stops the job meanwhile
        waits, and interrupts it afterwards."""
        with self._lock:
            return call()

    def _leave(self) -> None:
        with self._lock:
            if self._thread is not None:
                self._thread = None
                # One that was sent and has not struck yet.
                _set_async_exception(threading.get_ident(), None)


class ThreadPool:
    """A fixed number of threads that take jobs in order, and one that ends jobs
    at their deadline."""

    def __init__(self, threads: int) -> None:
        self._queue: "queue.SimpleQueue[Job]" = queue.SimpleQueue()
        self._jobs: set[Job] = set()
        self._next_wake = float("inf")
        self._changed = threading.Condition()
        for i in range(threads):
            threading.Thread(target=self._work, name=f"request-{i}",
                             daemon=True).start()
        threading.Thread(target=self._watch, name="deadlines",
                         daemon=True).start()

    def submit(self, job: Job) -> None:
        if job.deadline is not None:
            with self._changed:
                self._jobs.add(job)
                if job.deadline < self._next_wake:
                    self._changed.notify()
        self._queue.put(job)

    def _work(self) -> None:
        while True:
            job = self._queue.get()
            job.run()
            self._jobs.discard(job)
            del job

    def _watch(self) -> None:
        while True:
            with self._changed:
                now = time.monotonic()
                late = []
                self._next_wake = float("inf")
                for job in list(self._jobs):
                    assert job.deadline is not None
                    if job.deadline <= now:
                        late.append(job)
                        self._jobs.discard(job)
                    else:
                        self._next_wake = min(self._next_wake, job.deadline)
                if not late:
                    left = self._next_wake - now
                    self._changed.wait(left if left < 3600 else 3600)
            for job in late:
                job.stop("timeout")
