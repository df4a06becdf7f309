"""What a worker runs programs with."""

from __future__ import annotations

from typing import Any, Mapping, Optional, Protocol

from .pool import Job


class Program(Protocol):
    """A program that is ready to run; used by several threads at once."""

    def info(self) -> dict[str, Any]:
        """What `get_program_info` tells."""

    def execute(self, inputs: dict[str, Any], lm: Optional[Mapping[str, Any]],
                job: Job) -> dict[str, Any]:
        """Runs once: `{"outputs": {...}, "metadata": {...}}`. Raises
        `CommandError`, or whatever the program raises."""


class Backend(Protocol):
    """Made once, in the main thread, before the worker says hello; may take its
    time, and fail."""

    def versions(self) -> dict[str, str]:
        """By name of the package."""

    def configure_lm(self, settings: Mapping[str, Any]) -> None:
        """The model of programs that do not choose their own."""

    def create(self, definition: Mapping[str, Any]) -> Program:
        """Makes a program."""

    def describe(self, error: BaseException) -> Any:
        """The `CommandError` for what a program raised."""
