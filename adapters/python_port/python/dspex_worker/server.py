"""Answers the commands of a node."""

from __future__ import annotations

import os
import platform
import socket
import threading
import time
import traceback
from typing import Any, Callable, Mapping, Optional

from . import PROTOCOL_VERSION, process
from .backend import Backend, Program
from .pool import Job, ThreadPool
from .protocol import CommandError, FrameReader, FrameWriter

# Of a traceback, what is told: its end.
MAX_TRACEBACK_CHARACTERS = 8_000

Args = Mapping[str, Any]


class ProgramTable:
    """The programs of a worker by id. A program is made once, however many
    requests ask for it at the same time."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend
        self._lock = threading.Lock()
        self._programs: dict[str, Program] = {}
        self._making: dict[str, threading.Lock] = {}

    def find(self, program_id: str) -> Program:
        try:
            return self._programs[program_id]
        except KeyError:
            raise CommandError("not_found",
                               f"No program {program_id} here") from None

    def get(self, program_id: str, definition: Args) -> Program:
        program = self._programs.get(program_id)
        if program is not None:
            return program
        with self._lock:
            turn = self._making.setdefault(program_id, threading.Lock())
        try:
            with turn:
                program = self._programs.get(program_id)
                if program is None:
                    program = self._backend.create(definition)
                    self._programs[program_id] = program
                return program
        finally:
            with self._lock:
                self._making.pop(program_id, None)

    def delete(self, program_id: str) -> bool:
        return self._programs.pop(program_id, None) is not None

    def ids(self) -> list[str]:
        return sorted(self._programs)


def describe_exception(backend: Backend, error: BaseException) -> CommandError:
    if isinstance(error, CommandError):
        return error
    described: CommandError = backend.describe(error)
    if not described.traceback:
        text = "".join(traceback.format_exception(
            type(error), error, error.__traceback__))
        described.traceback = text[-MAX_TRACEBACK_CHARACTERS:]
    return described


class Server:
    """Reads requests in the thread that calls `serve` and answers what takes no
    time there; the rest goes to the pool."""

    def __init__(self, sock: socket.socket, backend: Backend, threads: int,
                 max_frame_bytes: int) -> None:
        self._backend = backend
        self._reader = FrameReader(sock, max_frame_bytes)
        self._writer = FrameWriter(sock, max_frame_bytes)
        self._pool = ThreadPool(threads)
        self._threads = threads
        self._programs = ProgramTable(backend)
        self._jobs: dict[int, Job] = {}
        self._started = time.monotonic()
        self._done = 0
        self._at_once: dict[str, Callable[[Args], Any]] = {
            "hello": self._hello,
            "ping": lambda args: {},
            "configure_lm": self._configure_lm,
            "delete_program": self._delete_program,
            "list_programs": lambda args: {"programs": self._programs.ids()},
            "get_program_info": self._get_program_info,
            "get_stats": self._get_stats,
            "cancel": self._cancel,
            "shutdown": lambda args: {},
        }
        # What makes the work for the pool, at once: a program that is there now
        # may be deleted before its turn.
        self._pooled: dict[str, Callable[[Args], Callable[[Job], Any]]] = {
            "create_program": self._create_program,
            "execute_program": self._execute_program,
        }

    def serve(self) -> None:
        """Returns after `shutdown` or at the end of the stream."""
        while True:
            request = self._reader.read()
            if request is None:
                return
            if self._handle(request):
                return

    def _handle(self, request: Any) -> bool:
        """Whether that was the last request."""
        request_id = request["id"]
        command = request["command"]
        args = request.get("args") or {}
        try:
            pooled = self._pooled.get(command)
            if pooled is not None:
                self._start(request_id, pooled(args),
                            request.get("deadline_ms"))
                return False
            at_once = self._at_once.get(command)
            if at_once is None:
                raise CommandError("invalid_option",
                                   f"Unknown command: {command}")
            result = at_once(args)
        except Exception as e:
            self._writer.fail(request_id, describe_exception(self._backend, e))
        else:
            self._writer.succeed(request_id, result)
        return bool(command == "shutdown")

    def _start(self, request_id: int, work: Callable[[Job], Any],
               milliseconds: Optional[int]) -> None:
        deadline = None if milliseconds is None else (
            time.monotonic() + milliseconds / 1000)
        job = Job(lambda job: self._run(job, request_id, work), deadline)
        self._jobs[request_id] = job
        self._pool.submit(job)

    def _run(self, job: Job, request_id: int, work: Callable[[Job], Any]
             ) -> None:
        # What a program raises, whatever that is, is its own failure and not
        # the worker's.
        try:
            result = job.interruptible(lambda: work(job))
        except BaseException as e:
            self._forget(request_id)
            self._writer.fail(request_id, job.stop_error()
                              or describe_exception(self._backend, e))
        else:
            self._forget(request_id)
            self._writer.succeed(request_id, result)

    def _forget(self, request_id: int) -> None:
        self._jobs.pop(request_id, None)
        self._done += 1

    # -- commands -------------------------------------------------------------

    def _hello(self, args: Args) -> Any:
        return {
            "protocol": PROTOCOL_VERSION,
            "pid": os.getpid(),
            "python": platform.python_version(),
            "threads": self._threads,
            **self._backend.versions(),
        }

    def _configure_lm(self, args: Args) -> Any:
        self._backend.configure_lm(args)
        return {}

    def _create_program(self, args: Args) -> Callable[[Job], Any]:
        program_id, definition = args["program_id"], args["definition"]

        def create(job: Job) -> Any:
            self._programs.get(program_id, definition)
            return {"program_id": program_id}

        return create

    def _execute_program(self, args: Args) -> Callable[[Job], Any]:
        program_id, inputs = args["program_id"], args["inputs"]
        definition, lm = args.get("definition"), args.get("lm")
        if definition is None:
            program = self._programs.find(program_id)
            return lambda job: program.execute(inputs, lm, job)
        return lambda job: self._programs.get(program_id, definition).execute(
            inputs, lm, job)

    def _delete_program(self, args: Args) -> Any:
        return {"deleted": self._programs.delete(args["program_id"])}

    def _get_program_info(self, args: Args) -> Any:
        return self._programs.find(args["program_id"]).info()

    def _get_stats(self, args: Args) -> Any:
        return {
            "memory_bytes": process.resident_bytes(),
            "threads": process.thread_count(),
            "programs": len(self._programs.ids()),
            "running": len(self._jobs),
            "requests": self._done,
            "uptime_ms": int((time.monotonic() - self._started) * 1000),
        }

    def _cancel(self, args: Args) -> Any:
        job = self._jobs.get(args["request_id"])
        if job is not None:
            job.stop("cancelled")
        return {"found": job is not None}
