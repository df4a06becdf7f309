"""Frames: a length of four bytes, big-endian, and so many bytes of JSON.

A request is `{"id", "command", "args", "deadline_ms"}`. A reply is `{"id",
"success": true, "result"}` or `{"id", "success": false, "error"}`, and begins
with its id, so that a reader can find it without reading the rest. Replies come
in any order.
"""

from __future__ import annotations

import collections
import json
import socket
import struct
import threading
from typing import Any, Deque, Optional

LENGTH = struct.Struct(">I")

# What is written at once when many replies wait.
MAX_BATCH_BYTES = 262_144


class ProtocolError(Exception):
    """The other side does not keep to the protocol; there is no way on."""


class CommandError(Exception):
    """Why a command failed, in the words of dspex's error codes."""

    def __init__(self, code: str, message: str, *,
                 details: Optional[dict[str, Any]] = None,
                 traceback: str = "") -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.details = details
        self.traceback = traceback

    @property
    def retryable(self) -> bool:
        return self.code in ("overloaded", "backend_unavailable", "timeout")

    def to_json(self) -> dict[str, Any]:
        out: dict[str, Any] = {
            "code": self.code,
            "message": self.message,
            "traceback": self.traceback,
            "retryable": self.retryable,
        }
        if self.details:
            out["details"] = self.details
        return out


class FrameReader:
    """Reads frames from a socket; belongs to one thread."""

    def __init__(self, sock: socket.socket, max_frame_bytes: int) -> None:
        self._stream = sock.makefile("rb", buffering=65_536)
        self._max_frame_bytes = max_frame_bytes

    def read(self) -> Optional[Any]:
        """The next message, or None at the end of the stream."""
        head = self._stream.read(LENGTH.size)
        if len(head) < LENGTH.size:
            return None
        (size,) = LENGTH.unpack(head)
        if not 0 < size <= self._max_frame_bytes:
            raise ProtocolError(f"a frame of {size} bytes")
        body = self._stream.read(size)
        if len(body) < size:
            return None
        return json.loads(body)


class FrameWriter:
    """Writes frames to a socket, for any thread.

    Whoever finds the socket free writes for all: what others have added in the
    meantime leaves with the next call of the system, and nobody waits for a
    turn to write one small frame.
    """

    def __init__(self, sock: socket.socket, max_frame_bytes: int) -> None:
        self._socket = sock
        self._max_frame_bytes = max_frame_bytes
        self._waiting: Deque[bytes] = collections.deque()
        self._turn = threading.Lock()

    def succeed(self, request_id: int, result: Any) -> None:
        try:
            body = json.dumps(result, ensure_ascii=False, allow_nan=False,
                              separators=(",", ":")).encode()
        except (TypeError, ValueError, RecursionError) as e:
            self.fail(request_id, CommandError(
                "backend_failed", f"The result cannot be written as JSON: {e}"))
            return
        frame = b'{"id":%d,"success":true,"result":%b}' % (request_id, body)
        if len(frame) > self._max_frame_bytes:
            self.fail(request_id, CommandError(
                "backend_failed",
                f"The result of {len(body)} bytes is too large: "
                f"{self._max_frame_bytes} are allowed"))
            return
        self._send(frame)

    def fail(self, request_id: int, error: CommandError) -> None:
        # Lone surrogates, which no UTF-8 can hold, are escaped.
        body = json.dumps(error.to_json()).encode()
        self._send(b'{"id":%d,"success":false,"error":%b}'
                   % (request_id, body))

    def _send(self, frame: bytes) -> None:
        self._waiting.append(LENGTH.pack(len(frame)) + frame)
        # Looks again after it gave the turn back: who came too late for this
        # batch found the turn taken.
        while self._waiting and self._turn.acquire(blocking=False):
            try:
                self._socket.sendall(self._next_batch())
            finally:
                self._turn.release()

    def _next_batch(self) -> bytes:
        batch = []
        size = 0
        while self._waiting and size < MAX_BATCH_BYTES:
            batch.append(self._waiting.popleft())
            size += len(batch[-1])
        return b"".join(batch)
