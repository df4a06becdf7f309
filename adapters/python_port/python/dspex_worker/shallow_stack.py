"""Spares every call of a module a look at the whole stack.

`dspy.Module` asks `inspect.stack()` who called `forward`, so that it can warn
of calls that go around the module. It needs the two innermost frames; `inspect`
looks for the source of every one, which takes as long as a good part of the
call.
"""

from __future__ import annotations

import inspect
import sys
from typing import Any

from dspy.primitives import module

FRAMES = 2


class _ShallowInspect:
    """The module `inspect`, but for the depth of `stack`."""

    def __getattr__(self, name: str) -> Any:
        return getattr(inspect, name)

    @staticmethod
    def stack(context: int = 1) -> list[inspect.FrameInfo]:
        frame = sys._getframe(1)
        frames: list[inspect.FrameInfo] = []
        while frame is not None and len(frames) < FRAMES:
            code = frame.f_code
            frames.append(inspect.FrameInfo(
                frame, code.co_filename, frame.f_lineno, code.co_name, None,
                None))
            frame = frame.f_back  # type: ignore[assignment]
        return frames


def install() -> None:
    """Does nothing to a DSPy that has no such question to ask."""
    if getattr(module, "inspect", None) is inspect:
        module.inspect = _ShallowInspect()
