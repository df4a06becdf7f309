"""Finds and makes the modules and tools that a program names."""

from __future__ import annotations

import copy
import importlib
import inspect
from pathlib import Path
from typing import Any, Callable, Mapping, Optional

import dspy

from .protocol import CommandError

_BUILT_IN: dict[str, Callable[..., dspy.Module]] = {
    "Predict": dspy.Predict,
    "ChainOfThought": dspy.ChainOfThought,
    "ReAct": dspy.ReAct,
}

_ADAPTERS: dict[str, Callable[[], dspy.Adapter]] = {
    "chat": dspy.ChatAdapter,
    "json": dspy.JSONAdapter,
    "xml": dspy.XMLAdapter,
}

_MODULE_KEYS = ("name", "adapter", "arguments", "max_iters", "state")

_PICKLES = (".pkl", ".pickle")


def refuse(key: str, message: str) -> CommandError:
    return CommandError("invalid_option", message, details={"key": key})


class ModuleMaker:
    """Makes modules; imports only what the node's configuration allows."""

    def __init__(self, allowed: list[str]) -> None:
        self._allowed = allowed

    def make(self, signature: type[dspy.Signature], modules: Any, tools: Any
             ) -> tuple[dspy.Module, Optional[dspy.Adapter]]:
        """The module that `configuration.modules` describes, with its saved
        state, and the adapter for its prompts if it chooses one."""
        options = self._read_options(modules)
        functions = [self._find_tool(path) for path in tools or []]
        module = self._make_module(signature, options, functions)
        if "state" in options:
            load_state(module, options["state"])
        adapter = options.get("adapter")
        return module, None if adapter is None else _ADAPTERS[adapter]()

    @staticmethod
    def _read_options(modules: Any) -> Mapping[str, Any]:
        if modules is None:
            return {"name": "Predict"}
        if isinstance(modules, str):
            return {"name": modules}
        if not isinstance(modules, dict):
            raise refuse("modules", "modules must be a name or an object")
        for key in modules:
            if key not in _MODULE_KEYS:
                raise refuse(f"modules.{key}",
                             f"modules.{key} is unknown; known are "
                             + ", ".join(_MODULE_KEYS))
        adapter = modules.get("adapter")
        if adapter is not None and adapter not in _ADAPTERS:
            raise refuse("modules.adapter", "modules.adapter must be one of "
                         + ", ".join(_ADAPTERS))
        return {"name": "Predict", **modules}

    def _make_module(self, signature: type[dspy.Signature],
                     options: Mapping[str, Any], tools: list[Any]
                     ) -> dspy.Module:
        name = options["name"]
        arguments = dict(options.get("arguments") or {})
        if "max_iters" in options:
            arguments["max_iters"] = options["max_iters"]
        built_in = _BUILT_IN.get(name)
        found = built_in or self._import("modules", name)
        if isinstance(found, dspy.Module):
            if arguments or tools:
                raise refuse("modules", f"{name} is made already: it takes no "
                             "arguments and no tools")
            return copy.deepcopy(found)
        if not callable(found):
            raise refuse("modules", f"{name} is no dspy.Module and makes none")
        parameters = _parameters(found)
        if built_in is not None or "signature" in parameters:
            arguments["signature"] = signature
        if "tools" in parameters:
            arguments["tools"] = tools
        elif tools:
            raise refuse("tools", f"{name} takes no tools")
        try:
            made = found(**arguments)
        except Exception as e:
            raise refuse("modules", f"{name} cannot be made: "
                         f"{type(e).__name__}: {e}") from e
        if not isinstance(made, dspy.Module):
            raise refuse("modules", f"{name} made no dspy.Module but a value of "
                         f"type {type(made).__name__}")
        return made

    def _find_tool(self, path: Any) -> Any:
        if not isinstance(path, str):
            raise refuse("tools", "tools must be import paths, like "
                         "my_package.my_module.my_function")
        tool = self._import("tools", path)
        if not callable(tool):
            raise refuse("tools", f"Tool {path} cannot be called")
        return tool

    def _import(self, key: str, path: str) -> Any:
        if "." not in path:
            known = ", ".join(_BUILT_IN) + ", or " if key == "modules" else ""
            raise refuse(key, f"{key}: {path} is unknown; known are {known}"
                         "the import path of what "
                         "python_port.allowed_modules allows")
        if not any(path.startswith(x + ".") for x in self._allowed):
            raise refuse(key, f"{path} is not among the modules that "
                         "python_port.allowed_modules allows")
        module_name, _, rest = path.rpartition(".")
        names = [rest]
        while True:
            try:
                found: Any = importlib.import_module(module_name)
                break
            except ModuleNotFoundError as e:
                # A class inside a class: the module ends earlier.
                parent, _, last = module_name.rpartition(".")
                if e.name != module_name or not parent:
                    raise refuse(key, f"{path} cannot be imported: {e}") from e
                names.insert(0, last)
                module_name = parent
            except Exception as e:
                raise refuse(key, f"{path} cannot be imported: "
                             f"{type(e).__name__}: {e}") from e
        for name in names:
            found = getattr(found, name, None)
            if found is None:
                raise refuse(key, f"{path} is not there: {module_name} has no "
                             f"{'.'.join(names)}")
        return found


def _parameters(found: Any) -> Mapping[str, Any]:
    # The metaclass of DSPy's modules hides the parameters of `__init__`.
    call = found.__init__ if inspect.isclass(found) else found
    try:
        return inspect.signature(call).parameters
    except (TypeError, ValueError):
        return {}


def load_state(module: dspy.Module, path: Any) -> None:
    """Loads what `program.save("x.json")` wrote. A pickle is refused unread:
    reading it would run whatever is in it."""
    if not isinstance(path, str) or not path:
        raise refuse("modules.state", "modules.state must be the path of a "
                     "JSON file")
    if Path(path).suffix in _PICKLES or Path(path).is_dir():
        raise refuse("modules.state", f"{path} is a pickle, which may run code "
                     "when it is read: save the program as x.json")
    if Path(path).suffix != ".json":
        raise refuse("modules.state", f"modules.state must end in .json, got "
                     f"{path}")
    try:
        module.load(path)
    except FileNotFoundError as e:
        raise refuse("modules.state", f"There is no file {path}") from e
    except KeyError as e:
        raise refuse("modules.state", f"{path} is not the state of this "
                     f"module: it has no {e}") from e
    except Exception as e:
        raise refuse("modules.state", f"{path} cannot be loaded: "
                     f"{type(e).__name__}: {e}") from e
