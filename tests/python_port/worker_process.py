"""A worker as a test sees it: a process and a socket."""

from __future__ import annotations

import itertools
import json
import os
import select
import socket
import struct
import subprocess
import sys
import time
from pathlib import Path

HERE = Path(__file__).resolve().parent
PACKAGE = HERE.parent.parent / "adapters" / "python_port" / "python"
PATIENCE = 60


class Worker:
    """Starts it and says hello; a context manager that ends it."""

    def __init__(self, backend="scripted_backend", threads=2, allow=(),
                 extra=(), environment=None):
        self.socket, theirs = socket.socketpair()
        path = os.pathsep.join([str(PACKAGE), str(HERE)])
        command = [sys.executable, "-m", "dspex_worker",
                   "--fd", str(theirs.fileno()), "--parent", str(os.getpid()),
                   "--threads", str(threads), "--backend", backend, *extra]
        for name in allow:
            command += ["--allow", name]
        self.process = subprocess.Popen(
            command, pass_fds=[theirs.fileno()], stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            start_new_session=True,
            env={**os.environ, "PYTHONPATH": path, **(environment or {})})
        theirs.close()
        self._ids = itertools.count(1)
        self._replies = {}
        self._buffer = b""

    def __enter__(self):
        self.hello = self.ask("hello")
        return self

    def __exit__(self, *_):
        self.socket.close()
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def send(self, command, args=None, deadline_ms=None):
        request = {"id": next(self._ids), "command": command,
                   "args": args or {}}
        if deadline_ms is not None:
            request["deadline_ms"] = deadline_ms
        self.send_bytes(json.dumps(request).encode())
        return request["id"]

    def send_bytes(self, body):
        self.socket.sendall(struct.pack(">I", len(body)) + body)

    def reply(self, request_id):
        end = time.monotonic() + PATIENCE
        while request_id not in self._replies:
            if not self._read_one(end):
                raise EOFError("the worker closed its socket")
        return self._replies.pop(request_id)

    def ask(self, command, args=None, deadline_ms=None):
        reply = self.reply(self.send(command, args, deadline_ms))
        assert reply["success"], reply
        return reply["result"]

    def refusal(self, command, args=None, deadline_ms=None):
        reply = self.reply(self.send(command, args, deadline_ms))
        assert not reply["success"], reply
        return reply["error"]

    def run(self, inputs, program_id="p", **definition):
        """Runs a program that is made on the way if need be."""
        return self.ask("execute_program", {
            "program_id": program_id, "inputs": inputs,
            "definition": make_definition(**definition)})

    def wait(self):
        return self.process.wait(PATIENCE)

    def _read_one(self, end):
        while True:
            if len(self._buffer) >= 4:
                (size,) = struct.unpack(">I", self._buffer[:4])
                if len(self._buffer) >= 4 + size:
                    reply = json.loads(self._buffer[4:4 + size])
                    self._buffer = self._buffer[4 + size:]
                    self._replies[reply["id"]] = reply
                    return True
            left = end - time.monotonic()
            if left <= 0 or not select.select([self.socket], [], [], left)[0]:
                raise TimeoutError("no reply")
            data = self.socket.recv(1 << 20)
            if not data:
                return False
            self._buffer += data


def field(name, kind="str", description="", constraints=None, **type_members):
    return {"name": name, "description": description, "required": True,
            "type": {"kind": kind, "constraints": constraints or {},
                     **type_members}}


def make_definition(inputs=None, outputs=None, instructions="", **configuration):
    return {"inputs": inputs or [field("question")],
            "outputs": outputs or [field("answer")],
            "instructions": instructions, "configuration": configuration}
