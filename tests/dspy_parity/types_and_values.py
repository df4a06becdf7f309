"""The types of fields, each with values, and how the signature language writes it.

A `Type` has the rule it stands for, so that the coverage table can count it.
"""

import datetime
import enum
import typing
from dataclasses import dataclass, field
from typing import Any, Callable, Literal, Optional, Union

import dspy
import pydantic

WORDS = (
    "alpha beta gamma delta Straße café naïve 東京 привет مرحبا 🙂 x "
    "don't \"quoted\" back\\slash a/b 1,5 [x] {y} <z> # note: null None"
).split(" ")


def text(rng, lines=True):
    """A text as users write them, often with something that needs care."""
    words = [rng.choice(WORDS) for _ in range(rng.randint(1, 6))]
    result = " ".join(words)
    if lines and rng.random() < 0.25:
        result = result.replace(" ", rng.choice(["\n", "\n\n", "\n    ", "\t"]), 1)
    if rng.random() < 0.1:
        result = rng.choice([" ", "\n", "\u3000"]) + result + rng.choice(["  ", "\n", "\t"])
    if rng.random() < 0.05:
        result = rng.choice(["", "\u2028", "a\u0085b", "\x01", "«q»", "«\n»", "[[ ## a ## ]]"])
    return result


def integer(rng):
    return rng.choice([0, 1, -1, 7, 42, 1000000, 2**53 + 1, -(2**63), 2**63 - 1, rng.randint(-99, 99)])


def floating(rng):
    return rng.choice(
        [0.1, 1.0, 100.0, 1e16, 1e15, 1.2345678901234568e17, 1e-4, 1e-5, 1e-7, -0.0, 1 / 3, 2.5e-310,
         1e22, 123456.789, 5e-324, 1.7976931348623157e308, round(rng.uniform(-9, 9), 3)])


def boolean(rng):
    return rng.random() < 0.5


def anything(rng, depth=0):
    kind = rng.randint(0, 6 if depth < 2 else 4)
    if kind == 5:
        return [anything(rng, depth + 1) for _ in range(rng.randint(0, 3))]
    if kind == 6:
        return {text(rng, False): anything(rng, depth + 1) for _ in range(rng.randint(0, 3))}
    return [text, integer, floating, boolean, lambda r: None][kind](rng)


def list_of(value, low=0):
    return lambda rng: [value(rng) for _ in range(rng.randint(low, 3))]


def dict_of(value):
    return lambda rng: {f"k{i}" if rng.random() < 0.8 else text(rng, False): value(rng)
                        for i in range(rng.randint(0, 3))}


def one_of(*values):
    return lambda rng: rng.choice(values)(rng)


def none(rng):
    return None


def moment(rng):
    return rng.choice(["2026-01-31T10:00:00", "2026-01-31T10:00:00Z", "1999-12-31T23:59:59.123456+02:00"])


def day(rng):
    return rng.choice(["2026-01-31", "1999-12-31"])


class Color(enum.Enum):
    RED = "red"
    DARK_BLUE = "dark blue"


class Level(enum.Enum):
    LOW = enum.auto()
    HIGH = enum.auto()


class Address(pydantic.BaseModel):
    zip_code: str
    city: str = "X"


class Person(pydantic.BaseModel):
    """A person."""

    name: str = pydantic.Field(description="Full name")
    age: int = pydantic.Field(ge=0, le=150)
    nick: Optional[str] = None
    kind: Literal["a", "b"] = "a"
    homes: list[Address] = []


class Node(pydantic.BaseModel):
    value: int
    next: Optional["Node"] = None


class Closed(pydantic.BaseModel):
    model_config = pydantic.ConfigDict(extra="forbid")
    score: float
    tags: list[str] = pydantic.Field(default=[], max_length=2)


def address(rng):
    result = {"zip_code": text(rng, False)}
    if boolean(rng):
        result["city"] = text(rng, False)
    return result


def person(rng):
    result = {"name": text(rng, False), "age": rng.randint(0, 150)}
    if boolean(rng):
        result["nick"] = rng.choice([None, text(rng, False)])
    if boolean(rng):
        result["homes"] = [address(rng) for _ in range(rng.randint(0, 2))]
    return result


def node(rng):
    return {"value": integer(rng), "next": rng.choice([None, {"value": 1, "next": None}])}


def closed(rng):
    return {"score": floating(rng), "tags": ["t"] * rng.randint(0, 2)}


def image(rng):
    url = rng.choice(["https://example.com/a.png", "data:image/png;base64,iVBORw0KGgo=",
                      'https://example.com/q?a="b"&c=é'])
    return {"$type": "dspy.Image", "url": url}


@dataclass
class Type:
    rule: str
    annotation: Any
    value: Callable
    # The type in the signature language of dspex; None if the language lacks it.
    text: str | None = None
    # Arguments of the field in DSPy.
    constraints: dict = field(default_factory=dict)
    side: str = "both"


def same(name, annotation, value, **more):
    return Type(name, annotation, value, name, **more)


def object_text(model):
    import json
    schema = json.dumps(model.model_json_schema(), ensure_ascii=False)
    return "object('" + schema.replace("\\", "\\\\").replace("'", "\\'") + "')"


TYPES = [
    same("str", str, text),
    same("int", int, integer),
    same("float", float, floating),
    same("bool", bool, boolean),
    same("any", Any, anything),
    same("list[str]", list[str], list_of(text)),
    same("list[int]", list[int], list_of(integer)),
    same("list[float]", list[float], list_of(floating)),
    same("list[bool]", list[bool], list_of(boolean)),
    same("list[list[int]]", list[list[int]], list_of(list_of(integer))),
    same("list[dict[str, any]]", list[dict[str, Any]], list_of(dict_of(anything))),
    same("dict[str, any]", dict[str, Any], dict_of(anything)),
    same("dict[str, int]", dict[str, int], dict_of(integer)),
    same("dict[str, list[float]]", dict[str, list[float]], dict_of(list_of(floating))),
    same("tuple[int, str]", tuple[int, str], lambda r: [integer(r), text(r)]),
    same("datetime", datetime.datetime, moment),
    same("optional[str]", Optional[str], one_of(text, none)),
    same("optional[int]", Optional[int], one_of(integer, none)),
    same("optional[list[str]]", Optional[list[str]], one_of(list_of(text), none)),
    Type("int | str", Union[int, str], one_of(integer, text), "int | str"),
    Type("float | bool | none", Union[float, bool, None], one_of(floating, boolean, none),
         "float | bool | none"),
    Type("literal of texts", Literal["bug", "billing", "other thing"],
         one_of(*(lambda r, x=x: x for x in ("bug", "billing", "other thing"))),
         "literal['bug', 'billing', 'other thing']"),
    Type("literal with quotes", Literal["it's", 'a "b"', "c"],
         one_of(*(lambda r, x=x: x for x in ("it's", 'a "b"', "c"))),
         "literal[\"it's\", 'a \"b\"', 'c']"),
    Type("literal of both quotes", Literal["it's \"so\"", "no"], lambda r: "no"),
    Type("literal of numbers", Literal[1, 2], one_of(lambda r: 1, lambda r: 2), "literal[1, 2]"),
    Type("mixed literal", Literal["a", 1, True, None], one_of(lambda r: "a", lambda r: 1, none)),
    Type("optional literal", Optional[Literal["a", "b"]], one_of(lambda r: "a", none),
         "optional[literal['a', 'b']]"),
    Type("list of literals", list[Literal["x", "y"]], list_of(lambda r: r.choice("xy")),
         "list[literal['x', 'y']]"),
    Type("PEP 604 union", int | None, one_of(integer, none)),
    Type("bare list", list, list_of(anything)),
    Type("bare dict", dict, dict_of(anything)),
    Type("dict[int, str]", dict[int, str], lambda r: {str(r.randint(0, 99)): text(r)}, "dict[int, str]"),
    Type("tuple of any length", tuple[int, ...], list_of(integer)),
    Type("date", datetime.date, day),
    Type("enum", Color, one_of(lambda r: "red", lambda r: "dark blue")),
    Type("enum with numbers", Level, one_of(lambda r: 1, lambda r: 2)),
    Type("list of enums", list[Color], list_of(lambda r: "red")),
    Type("model", Person, person),
    Type("list of models", list[Person], list_of(person)),
    Type("optional model", Optional[Person], one_of(person, none)),
    Type("dict of models", dict[str, Address], dict_of(address)),
    Type("recursive model", Node, node),
    Type("closed model", Closed, closed),
    Type("model or list", Union[Address, list[int]], one_of(address, list_of(integer))),
    Type("object by schema", Address, address, object_text(Address)),
    Type("int in a range", int, lambda r: r.randint(0, 10), "int(min=0, max=10)", {"ge": 0, "le": 10}),
    Type("multiple of", int, lambda r: 3 * r.randint(0, 10), "int(multiple_of=3)", {"multiple_of": 3}),
    Type("float in a range", float, lambda r: 0.5, "float(min=0.5, max=1.5)", {"ge": 0.5, "le": 1.5}),
    Type("bounded text", str, lambda r: "abc", "str(min_length=1, max_length=9)",
         {"min_length": 1, "max_length": 9}),
    Type("open range", int, lambda r: r.randint(1, 9), None, {"gt": 0, "lt": 10}),
    Type("probability", float, lambda r: 0.25, "probability", {"ge": 0, "le": 1}),
    Type("reasoning_chain", list[str], list_of(text), "reasoning_chain"),
    Type("embedding", list[float], list_of(floating), "embedding"),
    Type("image", dspy.Image, image, side="inputs"),
    Type("list of images", list[dspy.Image], list_of(image, 1), side="inputs"),
]


def to_python(value):
    """What DSPy's caller would pass for the value of a case."""
    if isinstance(value, dict):
        if value.get("$type") == "dspy.Image":
            return dspy.Image(value["url"])
        if value.get("$type") == "dspy.History":
            return dspy.History(messages=to_python(value["messages"]))
        return {k: to_python(v) for k, v in value.items()}
    return [to_python(x) for x in value] if isinstance(value, list) else value


assert typing.get_type_hints(Node)
