"""Values of Python programs as JSON, and back."""

from __future__ import annotations

import math
from typing import Any

from pydantic_core import to_jsonable_python

from .protocol import CommandError

MAX_DEPTH = 128


class NotSerialisable(Exception):
    """Says what it is that cannot be JSON, and where it stands."""


def to_json(value: Any, where: str) -> Any:
    """The value as `json.dumps` takes it: pydantic models, dates, enums, sets
    and DSPy's own types included. Raises `NotSerialisable`."""
    return _to_json(value, where, 0)


def _to_json(value: Any, where: str, depth: int) -> Any:
    if value is None or isinstance(value, (bool, str)) and type(value) in (
            bool, str):
        return value
    if type(value) is int:
        if not -(1 << 63) <= value < 1 << 64:
            raise NotSerialisable(f"{where}: an integer beyond 64 bits")
        return value
    if isinstance(value, float):
        if not math.isfinite(value):
            raise NotSerialisable(f"{where}: {value!r} is no number of JSON")
        return float(value)
    if depth > MAX_DEPTH:
        raise NotSerialisable(f"{where}: more than {MAX_DEPTH} levels deep")
    if isinstance(value, dict):
        return {_key(k, where): _to_json(v, f"{where}.{k}", depth + 1)
                for k, v in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_to_json(x, f"{where}[{i}]", depth + 1)
                for i, x in enumerate(value)]
    plain = _plain(value, where)
    return _to_json(plain, where, depth + 1)


def _key(key: Any, where: str) -> str:
    if isinstance(key, str):
        return key
    if isinstance(key, (int, float)):
        return str(key)
    plain = _plain(key, where)
    if isinstance(plain, str):
        return plain
    raise NotSerialisable(f"{where}: a key of type {type(key).__name__}")


def _plain(value: Any, where: str) -> Any:
    """One step towards JSON."""
    import dspy

    if isinstance(value, dspy.Image):
        return value.url
    if isinstance(value, dspy.History):
        return list(value.messages)
    if isinstance(value, dspy.Prediction) or isinstance(value, dspy.Example):
        return value.toDict()
    if isinstance(value, dspy.BaseLM) or isinstance(value, dspy.Module):
        raise NotSerialisable(f"{where}: a value of type "
                              f"{type(value).__name__}")
    try:
        # Lists and the like inside it may hold what is no JSON (nan), which
        # the next step finds.
        return to_jsonable_python(value, inf_nan_mode="constants")
    except Exception as e:
        raise NotSerialisable(f"{where}: a value of type "
                              f"{type(value).__name__}") from e


def split_prediction(prediction: Any, output_names: list[str]
                     ) -> tuple[dict[str, Any], dict[str, Any]]:
    """The outputs, and what else the module has to tell (`reasoning`,
    `trajectory`, ...), of what a module returned.

    Raises `CommandError` naming an output that cannot be JSON; of the rest such
    a value is only named, under `not_serialisable`."""
    import dspy

    if isinstance(prediction, (dspy.Prediction, dspy.Example)):
        fields = dict(prediction.items())
    elif isinstance(prediction, dict):
        fields = prediction
    else:
        raise CommandError(
            "backend_failed",
            "The module must return a dspy.Prediction or a dict, and returned "
            f"a value of type {type(prediction).__name__}")
    outputs: dict[str, Any] = {}
    rest: dict[str, Any] = {}
    unknown: list[str] = []
    for name, value in fields.items():
        try:
            if name in output_names:
                outputs[name] = to_json(value, name)
            else:
                rest[str(name)] = to_json(value, str(name))
        except NotSerialisable as e:
            if name in output_names:
                raise CommandError(
                    "backend_failed",
                    f"Output {e} cannot be written as JSON",
                    details={"field": str(name)}) from e
            unknown.append(str(e))
    if unknown:
        rest["not_serialisable"] = unknown
    return outputs, rest
