"""Signatures of dspex as signatures of DSPy.

A type comes as `{"kind", "arguments", "choices", "schema", "constraints"}`, the
members that do not apply left out.
"""

from __future__ import annotations

import copy
import datetime
from typing import Annotated, Any, Callable, Literal, Mapping, Optional, Union

import dspy
import pydantic
from dspy.adapters.utils import get_annotation_name

_PLAIN: dict[str, Any] = {
    "str": str,
    "int": int,
    "float": float,
    "bool": bool,
    "none": type(None),
    "any": Any,
    "datetime": datetime.datetime,
    "image": dspy.Image,
    "history": dspy.History,
}

# dspex's constraints as pydantic, and with it DSPy, knows them; in the order in
# which they are told.
_FIELD_ARGUMENTS = {
    "min": "ge",
    "max": "le",
    "min_length": "min_length",
    "max_length": "max_length",
    "min_size": "min_length",
    "max_size": "max_length",
    "multiple_of": "multiple_of",
}


def make_signature(inputs: list[Mapping[str, Any]],
                   outputs: list[Mapping[str, Any]],
                   instructions: str) -> type[dspy.Signature]:
    """The DSPy signature of two lists of fields; without instructions DSPy
    writes its own."""
    fields: dict[str, tuple[Any, Any]] = {}
    for field in inputs:
        fields[field["name"]] = _make_field(field, dspy.InputField)
    for field in outputs:
        fields[field["name"]] = _make_field(field, dspy.OutputField)
    made: type[dspy.Signature] = dspy.Signature(fields, instructions or None)
    return made


def _make_field(field: Mapping[str, Any], make: Any) -> tuple[Any, Any]:
    constraints = field["type"].get("constraints") or {}
    arguments: dict[str, Any] = _field_arguments(constraints)
    if field["description"]:
        arguments["desc"] = field["description"]
    info = make(**arguments)
    # DSPy has no words for these.
    more = [x for x in [
        info.json_schema_extra.get("constraints"),
        *_other_constraints(constraints),
    ] if x]
    if more:
        info.json_schema_extra["constraints"] = ", ".join(more)
    return _bare_type(field["type"]), info


def _field_arguments(constraints: Mapping[str, Any]) -> dict[str, Any]:
    return {argument: constraints[name]
            for name, argument in _FIELD_ARGUMENTS.items()
            if name in constraints}


def _other_constraints(constraints: Mapping[str, Any]) -> list[str]:
    out = []
    if "pattern" in constraints:
        out.append(f"matching the pattern: {constraints['pattern']}")
    if "one_of" in constraints:
        choices = "; ".join(str(x) for x in constraints["one_of"])
        out.append(f"one of: {choices}")
    if constraints.get("unique"):
        out.append("all elements distinct")
    return out


def _bare_type(x: Mapping[str, Any]) -> Any:
    """The type without its own constraints."""
    kind = x["kind"]
    if kind in _PLAIN:
        return _PLAIN[kind]
    if kind == "literal":
        return Literal[tuple(x["choices"])]
    if kind == "object":
        return _schema_type(x["schema"])
    arguments = tuple(_inner_type(a) for a in x["arguments"])
    if kind == "list":
        return list[arguments[0]]  # type: ignore[valid-type]
    if kind == "dict":
        return dict[arguments]  # type: ignore[misc, valid-type]
    if kind == "tuple":
        return tuple[arguments]  # type: ignore[valid-type]
    if kind == "union":
        return Union[arguments]
    raise ValueError(f"unknown kind of type: {kind}")


def _inner_type(x: Mapping[str, Any]) -> Any:
    """The type with its constraints, under the name of the bare one: `list[str]`
    in a prompt, whatever its strings have to be."""
    bare = _bare_type(x)
    constraints = x.get("constraints") or {}
    if not constraints:
        return bare
    arguments: dict[str, Any] = _field_arguments(constraints)
    if "pattern" in constraints:
        arguments["pattern"] = constraints["pattern"]
    extra = {keyword: constraints[name] for name, keyword in
             (("one_of", "enum"), ("unique", "uniqueItems"))
             if name in constraints}
    if extra:
        arguments["json_schema_extra"] = extra
    info = pydantic.Field(**arguments)
    constrained = Annotated[bare, info]  # type: ignore[valid-type]

    def core_schema(cls: Any, source: Any, handler: Any) -> Any:
        return handler.generate_schema(constrained)

    return type(get_annotation_name(bare), (), {
        "__get_pydantic_core_schema__": classmethod(core_schema)})


def _schema_type(schema: Any) -> Any:
    """A type that is what a JSON Schema says. The value is not judged here but
    by the node, which has all of the schema's language."""
    title = schema.get("title") if isinstance(schema, dict) else None
    name = title if isinstance(title, str) and title.isascii() and (
        title.isidentifier()) else "object"

    def core_schema(cls: Any, source: Any, handler: Any) -> Any:
        return pydantic.TypeAdapter(Any).core_schema

    def json_schema(cls: Any, core: Any, handler: Any) -> Any:
        return copy.deepcopy(shown)

    shown = _inlined(schema, schema, ()) if isinstance(schema, dict) else {}
    return type(name, (), {
        "__get_pydantic_core_schema__": classmethod(core_schema),
        "__get_pydantic_json_schema__": classmethod(json_schema)})


def _inlined(x: Any, root: Any, inside: tuple[str, ...]) -> Any:
    """The schema without references, which pydantic only takes to definitions
    of its own; what refers to itself may be anything there."""
    if isinstance(x, list):
        return [_inlined(item, root, inside) for item in x]
    if not isinstance(x, dict):
        return x
    rest = {key: _inlined(value, root, inside) for key, value in x.items()
            if key not in ("$ref", "$defs", "definitions")}
    reference = x.get("$ref")
    if not isinstance(reference, str) or reference in inside:
        return rest
    found = _resolve(root, reference)
    if not isinstance(found, dict):
        return rest
    return {**_inlined(found, root, (*inside, reference)), **rest}


def _resolve(root: Any, reference: str) -> Any:
    found = root
    for part in reference.split("/")[1:]:
        part = part.replace("~1", "/").replace("~0", "~")
        if not isinstance(found, dict) or part not in found:
            return None
        found = found[part]
    return found


class InputReader:
    """Turns the JSON of inputs into what DSPy expects: most values are that
    already, a date or an image is text in JSON and an object in Python."""

    def __init__(self, inputs: list[Mapping[str, Any]]) -> None:
        self._converters = {
            x["name"]: converter for x in inputs
            if (converter := _make_converter(x["type"])) is not None}

    def read(self, inputs: Mapping[str, Any]) -> dict[str, Any]:
        out = dict(inputs)
        for name, convert in self._converters.items():
            if name in out:
                out[name] = convert(out[name])
        return out


Converter = Callable[[Any], Any]

_DATETIME = pydantic.TypeAdapter(datetime.datetime)

_CONVERTERS: dict[str, Converter] = {
    "datetime": _DATETIME.validate_python,
    "image": dspy.Image,
    "history": lambda messages: dspy.History(messages=messages),
}


def _make_converter(x: Mapping[str, Any]) -> Optional[Converter]:
    """What turns a value of that type into Python's; None if it is that."""
    kind = x["kind"]
    if kind in _CONVERTERS:
        return _CONVERTERS[kind]
    parts = [_make_converter(a) for a in x.get("arguments", ())]
    if not any(parts):
        return None
    if kind == "list":
        each = parts[0] or _same
        return lambda value: [each(item) for item in value]
    if kind == "dict":
        each = parts[1] or _same
        return lambda value: {k: each(v) for k, v in value.items()}
    if kind == "tuple":
        return lambda value: [(convert or _same)(item) for convert, item
                              in zip(parts, value)]
    others = [(a, part) for a, part in zip(x["arguments"], parts)
              if a["kind"] != "none"]
    if kind != "union" or len(others) != 1:
        # Which of several it is cannot be told from the value.
        return None
    only = others[0][1]
    assert only is not None
    return lambda value: None if value is None else only(value)


def _same(value: Any) -> Any:
    return value
