"""Saves a program of DSPy together with what its saved state does not say.

    python -m dspex_worker.export package.module:program x.json

writes `x.json`, which is `program.save("x.json")`, and `x.manifest.json`: the
fields with their roles, types and schemas, the module, its tools, and one
conversation of each predictor. `dspex program import x.json --manifest
x.manifest.json` renders the same conversations and refuses to go on if a byte
differs. `export(program, path)` does the same from Python.
"""

from __future__ import annotations

import argparse
import enum
import importlib
import json
import sys
from pathlib import Path
from typing import Any, Optional

import dspy
import pydantic
from dspy.adapters.types.base_type import Type
from dspy.adapters.utils import get_annotation_name

FORMAT = 1

_ADAPTERS = {"chat": dspy.ChatAdapter, "json": dspy.JSONAdapter}


class ExportError(Exception):
    """A program that a manifest cannot describe."""


def export(program: dspy.Module, path: str | Path, adapter: str = "chat") -> Path:
    """Saves `program` as `path` and describes it beside that file.

    Returns the path of the manifest."""
    path = Path(path)
    if path.suffix != ".json":
        raise ExportError(f"{path} must end in .json")
    program.save(str(path))
    saved = json.loads(path.read_text(encoding="utf-8"))
    target = path.with_suffix(".manifest.json")
    text = json.dumps(manifest(program, saved, adapter), ensure_ascii=False,
                      indent=2, default=_plain)
    target.write_text(text + "\n", encoding="utf-8")
    return target


def manifest(program: dspy.Module, saved: dict[str, Any], adapter: str = "chat"
             ) -> dict[str, Any]:
    """What is to be known about `program`, whose saved state is `saved`."""
    name, signature, arguments, tools = _describe_module(program)
    predictors = {"self" if path == "self" else path: predictor
                  for path, predictor in program.named_predictors()}
    return {
        "format": FORMAT,
        "dspy": dspy.__version__,
        "python": ".".join(map(str, sys.version_info[:2])),
        "module": name,
        "adapter": adapter,
        "arguments": arguments,
        "signature": describe(signature),
        "tools": [{"name": x.name, "description": x.desc, "arguments": x.args}
                  for x in tools],
        "predictors": {k: describe(v.signature) for k, v in predictors.items()},
        "probes": [_probe(k, v, saved, adapter) for k, v in predictors.items()],
    }


def describe(signature: Any) -> dict[str, Any]:
    """The fields of a signature in DSPy's order: inputs, then outputs."""
    fields = [_field(k, "input", v) for k, v in signature.input_fields.items()]
    fields += [_field(k, "output", v)
               for k, v in signature.output_fields.items()]
    return {"instructions": signature.instructions, "fields": fields}


def _field(name: str, role: str, info: Any) -> dict[str, Any]:
    annotation = info.annotation
    extra = info.json_schema_extra or {}
    result = {"name": name, "role": role,
              "type": get_annotation_name(annotation),
              "desc": extra.get("desc")}
    described = [x for x in Type.extract_custom_type_from_annotation(annotation)
                 if x.description()]
    if described:
        raise ExportError(
            f"field {name} is of type {get_annotation_name(described[0])}, which "
            "is for Python only")
    if extra.get("constraints"):
        result["constraints"] = extra["constraints"]
    if isinstance(annotation, type) and issubclass(annotation, enum.Enum):
        result["enum"] = [[x.name, x.value] for x in annotation]
    if not info.is_required():
        result["default"] = info.get_default(call_default_factory=True)
    if annotation is not str:
        result["json_schema_declared_order"] = (
            pydantic.TypeAdapter(annotation).json_schema())
    return result


def _describe_module(program: dspy.Module
                     ) -> tuple[str, Any, dict[str, Any], list[dspy.Tool]]:
    """Name, the signature it was made with, arguments and tools."""
    if type(program) is dspy.Predict:
        return "Predict", program.signature, {}, []
    if type(program) is dspy.ChainOfThought:
        return ("ChainOfThought", program.predict.signature.delete("reasoning"),
                {}, [])
    if type(program) is dspy.MultiChainComparison:
        # What it compares is an input of the native module.
        signature = program.predict.signature.delete("rationale")
        for i in range(program.M):
            signature = signature.delete(f"reasoning_attempt_{i + 1}")
        signature = signature.append("completions", dspy.InputField(),
                                     type_=list[dict[str, Any]])
        return "MultiChainComparison", signature, {"M": program.M}, []
    if type(program) is dspy.ReAct:
        tools = [x for x in program.tools.values() if x.name != "finish"]
        return ("ReAct", program.signature, {"max_iters": program.max_iters},
                tools)
    raise ExportError(
        f"{type(program).__name__} is for python_port: its control flow is "
        "Python. Predict, ChainOfThought, MultiChainComparison and ReAct can be "
        "exported")


def _probe(path: str, predictor: dspy.Predict, saved: dict[str, Any],
           adapter: str) -> dict[str, Any]:
    """One conversation: the saved demos and a text for each text input."""
    state = saved if path == "self" else saved[path]
    inputs = {name: f"probe of {name}"
              for name, info in predictor.signature.input_fields.items()
              if info.annotation is str}
    messages = _ADAPTERS[adapter]().format(predictor.signature, state["demos"],
                                           inputs)
    return {"predictor": path, "inputs": inputs, "messages": messages}


def _plain(value: Any) -> Any:
    if isinstance(value, enum.Enum):
        return value.value
    return pydantic.TypeAdapter(type(value)).dump_python(value, mode="json")


def _load(where: str) -> dspy.Module:
    module, _, attribute = where.partition(":")
    sys.path.insert(0, "")
    found: Any = importlib.import_module(module)
    for part in (attribute or "program").split("."):
        found = getattr(found, part)
    if not isinstance(found, dspy.Module) and callable(found):
        found = found()
    if not isinstance(found, dspy.Module):
        raise ExportError(f"{where} is no dspy.Module")
    return found


def main(arguments: Optional[list[str]] = None) -> int:
    parser = argparse.ArgumentParser(
        prog="python -m dspex_worker.export",
        description="Saves a DSPy program for `dspex program import`.")
    parser.add_argument("program", help="package.module:attribute")
    parser.add_argument("file", help="where to save it, x.json")
    parser.add_argument("--adapter", choices=sorted(_ADAPTERS), default="chat")
    options = parser.parse_args(arguments)
    try:
        target = export(_load(options.program), options.file, options.adapter)
    except (ExportError, ImportError, AttributeError) as e:
        print(f"export: {e}", file=sys.stderr)
        return 1
    print(target)
    return 0


if __name__ == "__main__":
    sys.exit(main())
