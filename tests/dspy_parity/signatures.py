"""Signatures at random: for DSPy as classes, for dspex as text or as fields."""

import enum
import json
from typing import Any

import dspy
import pydantic
from dspy.adapters.utils import get_annotation_name
from dspy.utils.exceptions import DSPyError

from types_and_values import TYPES, text

del DSPyError

NAMES = ("question context answer score label summary items plan note value reason query "
         "n_items URLAddress x a1 topK").split()

# An output that is optional has one of these defaults.
NO_DEFAULT = object()


class Field:
    def __init__(self, rng, name, kind, role):
        self.name = name
        self.kind = kind
        self.role = role
        self.rules = {f"type {kind.rule}"}
        self.desc = None
        self.default = NO_DEFAULT
        draw = rng.random()
        if draw < 0.3:
            self.desc = text(rng).strip() or "d"
            self.rules.add("field with a description")
        elif draw < 0.36:
            self.desc = "${" + name + "}"
            self.rules.add("description that stands for none")
        elif draw < 0.42:
            self.desc = "${something else}"
            self.rules.add("description with a placeholder")
        else:
            self.rules.add("field without description")
        if kind.constraints:
            self.rules.add("constraints")

    def dspy_field(self):
        make = dspy.InputField if self.role == "input" else dspy.OutputField
        more = dict(self.kind.constraints)
        if self.desc is not None:
            more["desc"] = self.desc
        if self.default is not NO_DEFAULT:
            more["default"] = self.default
        return (self.kind.annotation, make(**more))

    def language_text(self):
        if self.kind.text is None or self.default is not NO_DEFAULT:
            return None
        result = f"{self.name}: {self.kind.text}"
        if self.desc is not None:
            if any(ord(c) < 32 or c in "\x85\u2028\u2029" for c in self.desc):
                return None
            result += ' "' + self.desc.replace("\\", "\\\\").replace('"', '\\"') + '"'
        return result


def manifest_field(name, role, info):
    """A field of a signature of DSPy, as the exporter writes it."""
    extra = info.json_schema_extra
    result = {"name": name, "role": role, "type": get_annotation_name(info.annotation),
              "desc": extra.get("desc")}
    if extra.get("constraints"):
        result["constraints"] = extra["constraints"]
    if isinstance(info.annotation, type) and issubclass(info.annotation, enum.Enum):
        result["enum"] = [[x.name, x.value] for x in info.annotation]
    if not info.is_required():
        result["default"] = info.get_default(call_default_factory=True)
    if info.annotation is not str:
        result["json_schema_declared_order"] = pydantic.TypeAdapter(info.annotation).json_schema()
    return result


def instructions(rng):
    draw = rng.random()
    if draw < 0.25:
        return None, "default instructions"
    if draw < 0.45:
        return text(rng, False).strip() or "Do it.", "instructions of one line"
    lines = [text(rng, False) for _ in range(rng.randint(2, 5))]
    if draw < 0.6:
        return "\n".join(lines), "instructions of several lines"
    if draw < 0.7:
        return "\n" + "\n".join("    " + x for x in lines) + "\n    ", "indented instructions"
    if draw < 0.8:
        return "\n".join(rng.choice(["", "  ", "\t", "      "]) + x for x in lines), "ragged instructions"
    if draw < 0.9:
        return "\n".join(lines).replace("\n", rng.choice(["\n\n", "\n  \n", "\n\t\n"])), "blank lines in instructions"
    return rng.choice(["\r\n", "\x0b", "\x0c", "\x1c", "\x85", "\u2028", "\u2029"]).join(lines), "odd line ends"


class Signature:
    """One signature, and how it is told to either side."""

    def __init__(self, rng, types=None, max_inputs=3, max_outputs=3, history=0.1, defaults=0.0, odd_text=True):
        self.rules = set()
        names = rng.sample(NAMES, max_inputs + max_outputs)
        pick = lambda side: rng.choice([x for x in types or TYPES if x.side in ("both", side)])
        self.fields = [Field(rng, names.pop(), pick("inputs"), "input")
                       for _ in range(rng.randint(1, max_inputs))]
        self.fields += [Field(rng, names.pop(), pick("outputs"), "output")
                        for _ in range(rng.randint(1, max_outputs))]
        for x in self.fields:
            if x.role == "output" and rng.random() < defaults:
                x.default = x.kind.value(rng)
                x.rules.add("output with a default")
        self.instructions, rule = instructions(rng)
        self.rules.add(rule)
        self.history = None
        members = {x.name: x.dspy_field() for x in self.fields}
        if rng.random() < history:
            self.history = "history"
            self.rules.add("history field")
            members = {"history": (dspy.History, dspy.InputField()), **members}
        self.dspy = dspy.Signature(members, self.instructions) if self.instructions else dspy.Signature(members)
        for x in self.fields:
            self.rules |= x.rules
        # DSPy reads a text that has the default's place as none.
        self.told = self.as_text(rng) or self.as_fields()

    def as_text(self, rng):
        texts = [(x.role, x.language_text()) for x in self.fields]
        if rng.random() < 0.4 or any(x is None for _, x in texts):
            return None
        self.rules.add("signature as text")
        inputs = [x for role, x in texts if role == "input"]
        if self.history:
            inputs.insert(0, "history: history")
        result = {"signature": ", ".join(inputs) + " -> " + ", ".join(x for role, x in texts if role == "output")}
        if self.instructions:
            result["instructions"] = self.instructions
        return result

    def as_fields(self):
        self.rules.add("signature as fields")
        fields = [manifest_field(k, "input", v) for k, v in self.dspy.input_fields.items()]
        fields += [manifest_field(k, "output", v) for k, v in self.dspy.output_fields.items()]
        for x in fields:
            json.dumps(x)
        return {"signature": {"instructions": self.dspy.instructions, "fields": fields}}

    def inputs(self):
        return [x for x in self.fields if x.role == "input"]

    def outputs(self):
        return [x for x in self.fields if x.role == "output"]

    def value(self, rng, x: Field) -> Any:
        """A value; text fields also get lists and what is no text at all."""
        draw = rng.random()
        if x.kind.annotation is not str:
            if draw < 0.35 and x.kind.side == "both":
                self.rules.add("null value")
                return None
        elif draw < 0.3:
            size = rng.choice([0, 0, 1, 2, 3])
            self.rules.add(f"list of {min(size, 2)} for a text field")
            items = [text(rng) for _ in range(size)]
            if any("\n" in i or "«" in i or "»" in i for i in items):
                self.rules.add("list item in block quotes")
            return items
        elif draw < 0.42:
            self.rules.add("list that holds no texts")
            return [1, 2]
        elif draw < 0.47:
            self.rules.add("null value")
            return None
        elif draw < 0.57:
            from types_and_values import anything
            self.rules.add("other value for a text field")
            return anything(rng)
        return x.kind.value(rng)
