"""A backend without DSPy: inputs say what a run does. For tests of the protocol
and of the pool that keeps workers.

An input `do` of a program chooses, its further inputs are the argument:

    echo                  outputs = inputs (default); if `modules` is Predict,
                          the answer is the question
    hang                  waits in Python code, which `cancel` interrupts
    block                 waits in the system, which nothing interrupts
    exit, kill, segv      ends the worker
    raise                 raises ValueError
    exit_quietly          SystemExit from the program
    garbage, truncated, oversized, unknown_id, no_json
                          writes that to the socket
    flood                 floods stderr, then echoes
    threads               starts very many threads, then echoes
    memory                takes 50 MB and keeps them, then echoes
    child                 starts a process that outlives the run
    environment           outputs {"names": [...]}
    large, nan            outputs that are too large, or no JSON
"""

from __future__ import annotations

import ctypes
import os
import signal
import socket
import subprocess
import sys
import threading
import time

from dspex_worker.protocol import CommandError

kept = []


def write_raw(data):
    """Past the writer of the worker, to the same socket."""
    fd = int(sys.argv[sys.argv.index("--fd") + 1])
    with socket.socket(fileno=os.dup(fd)) as raw:
        raw.sendall(data)


def hang():
    while True:
        time.sleep(0.01)


def flood():
    for _ in range(2000):
        sys.stderr.write("x" * 1000 + "\n")
    sys.stderr.write("y" * 1_000_000 + "\n")
    sys.stderr.flush()


def many_threads():
    for _ in range(300):
        threading.Thread(target=time.sleep, args=(0.2,), daemon=True).start()


DEEDS = {
    "echo": lambda: None,
    "hang": hang,
    "block": lambda: threading.Lock().acquire() and ctypes.CDLL(None).pause(),
    "exit": lambda: os._exit(3),
    "kill": lambda: os.kill(os.getpid(), signal.SIGKILL),
    "segv": lambda: ctypes.string_at(0),
    "exit_quietly": lambda: sys.exit(0),
    "garbage": lambda: write_raw(b"\x00\x00\x00\x0bnot a JSON!"),
    "no_json": lambda: write_raw(b"GET / HTTP/1.1\r\n\r\n"),
    "truncated": lambda: (write_raw(b"\x00\x00\x01\x00{\"id\":"), os._exit(0)),
    "oversized": lambda: write_raw(b"\xff\xff\xff\xff{"),
    "unknown_id": lambda: write_raw(
        b'\x00\x00\x00\x2a{"id":99999999,"success":true,"result":{}}'),
    "flood": flood,
    "threads": many_threads,
    "memory": lambda: kept.append(b"x" * 50_000_000),
    "child": lambda: kept.append(subprocess.Popen(["sleep", "1000"])),
}


class ScriptedProgram:
    def __init__(self, definition):
        self._definition = definition

    def info(self):
        return {"definition": self._definition}

    def execute(self, inputs, lm, job):
        deed = inputs.get("do", "echo")
        if deed == "raise":
            raise ValueError("as told")
        if deed == "environment":
            return {"outputs": {"names": sorted(os.environ)}, "metadata": {}}
        if deed == "large":
            return {"outputs": {"text": "x" * 2000}, "metadata": {}}
        if deed == "nan":
            return {"outputs": float("nan"), "metadata": {}}
        DEEDS[deed]()
        if self._definition["configuration"].get("modules") == "Predict":
            inputs = {"answer": inputs["question"]}
        return {"outputs": inputs, "metadata": {"pid": os.getpid(), "lm": lm}}


class ScriptedBackend:
    def __init__(self):
        self.lm = {}

    def versions(self):
        return {"dspy": "scripted"}

    def configure_lm(self, settings):
        self.lm = dict(settings)

    def create(self, definition):
        if definition["configuration"].get("modules") == "Refused":
            raise CommandError("invalid_option", "modules is Refused")
        return ScriptedProgram(definition)

    def describe(self, error):
        return CommandError("backend_failed",
                            f"{type(error).__name__}: {error}")


def make_backend(allowed):
    if "import_error" in allowed:
        import there_is_no_such_package  # noqa: F401
    return ScriptedBackend()
