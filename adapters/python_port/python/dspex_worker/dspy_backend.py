"""Runs programs with DSPy."""

from __future__ import annotations

import os
from typing import Any, Mapping, Optional

# LiteLLM fetches a list of prices when it is imported, unless told not to; the
# disk cache of DSPy holds pickles, so there is none.
os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
os.environ["DSPY_CACHEDIR"] = "/dev/null/no-disk-cache"

import logging  # noqa: E402

logging.disable(logging.WARNING)
import dspy  # noqa: E402

logging.disable(logging.NOTSET)

import pydantic  # noqa: E402
from dspy.utils.exceptions import (  # noqa: E402
    AdapterParseError,
    LMError,
    LMRateLimitError,
    LMServerError,
    LMTimeoutError,
    LMTransportError,
)

from . import models, shallow_stack  # noqa: E402
from .models import LMTable  # noqa: E402
from .modules import ModuleMaker  # noqa: E402
from .pool import Job  # noqa: E402
from .protocol import CommandError  # noqa: E402
from .signatures import InputReader, make_signature  # noqa: E402
from .values import split_prediction  # noqa: E402

MAX_CACHED_ANSWERS = 10_000
MAX_RAW_CHARACTERS = 16_384

# Arguments that DSPy's `Predict` takes for itself.
PRIVILEGED = ("config", "demos", "lm", "prediction", "signature")


class DspyProgram:
    def __init__(self, definition: Mapping[str, Any], lms: LMTable,
                 maker: ModuleMaker) -> None:
        fields = definition["inputs"], definition["outputs"]
        for field in fields[0]:
            if field["name"] in PRIVILEGED:
                raise CommandError(
                    "invalid_option",
                    f"An input must not be called {field['name']}: DSPy takes "
                    "that for an option of its own",
                    details={"field": field["name"]})
        try:
            signature = make_signature(*fields, definition["instructions"])
            self._read_inputs = InputReader(fields[0])
        except Exception as e:
            raise CommandError(
                "invalid_option",
                f"DSPy refuses the signature: {type(e).__name__}: {e}") from e
        configuration = definition["configuration"]
        self._module, self._adapter = maker.make(
            signature, configuration.get("modules"),
            configuration.get("tools"))
        self._output_names = [x["name"] for x in fields[1]]
        self._lms = lms
        self._own_lm = configuration.get("lm") or {}
        self._lm = lms.get(self._own_lm)
        for _, predictor in self._module.named_predictors():
            lms.adopt(predictor.lm)

    def info(self) -> dict[str, Any]:
        return {
            "module": type(self._module).__name__,
            "predictors": [name for name, _ in
                           self._module.named_predictors()],
            "model": self._lm.model,
        }

    def execute(self, inputs: dict[str, Any], lm: Optional[Mapping[str, Any]],
                job: Job) -> dict[str, Any]:
        model = self._lms.get({**self._own_lm, **lm}) if lm else self._lm
        values = self._read_inputs.read(inputs)
        token = models.current_job.set(job)
        try:
            # No trace and no history: they would keep every prompt.
            with dspy.context(lm=model, adapter=self._adapter, trace=None,
                              track_usage=True, disable_history=True,
                              callbacks=[], warn_on_type_mismatch=False):
                prediction = self._module(**values)
        finally:
            models.current_job.reset(token)
        outputs, rest = split_prediction(prediction, self._output_names)
        metadata: dict[str, Any] = {"lm": read_usage(prediction, model)}
        if "reasoning" in rest:
            metadata["reasoning"] = rest.pop("reasoning")
        if rest:
            metadata["fields"] = rest
        return {"outputs": outputs, "metadata": metadata}


def read_usage(prediction: Any, model: Any) -> dict[str, Any]:
    """Tokens over all calls of a run, and by model if there were several."""
    usage = (prediction.get_lm_usage() or {}) if isinstance(
        prediction, dspy.Prediction) else {}
    out: dict[str, Any] = {"model": getattr(model, "model", None)}
    by_model = {}
    for name, counts in usage.items():
        by_model[name] = {key: value for key, value in counts.items()
                          if isinstance(value, int)}
        for key, value in by_model[name].items():
            out[key] = out.get(key, 0) + value
    if len(by_model) > 1:
        out["models"] = by_model
    return out


class DspyBackend:
    def __init__(self, allowed: list[str]) -> None:
        shallow_stack.install()
        dspy.configure_cache(enable_disk_cache=False, enable_memory_cache=True,
                             memory_max_entries=MAX_CACHED_ANSWERS)
        self._lms = self.make_lms()
        self._maker = ModuleMaker(allowed)

    def make_lms(self) -> LMTable:
        # The first request to a model would import it otherwise, for seconds.
        import litellm

        litellm.telemetry = False
        return LMTable()

    def versions(self) -> dict[str, str]:
        return {"dspy": dspy.__version__}

    def configure_lm(self, settings: Mapping[str, Any]) -> None:
        self._lms.configure(settings)

    def create(self, definition: Mapping[str, Any]) -> DspyProgram:
        return DspyProgram(definition, self._lms, self._maker)

    def describe(self, error: BaseException) -> CommandError:
        text = f"{type(error).__name__}: {error}"
        if isinstance(error, AdapterParseError):
            raw = str(getattr(error, "lm_response", "") or "")
            return CommandError(
                "invalid_output", f"The model's reply cannot be read: {text}",
                details={"raw": raw[:MAX_RAW_CHARACTERS]})
        if isinstance(error, pydantic.ValidationError):
            return CommandError("invalid_output", "The model's reply is not "
                                f"what was asked for: {text}")
        if isinstance(error, LMRateLimitError):
            return CommandError("overloaded", text)
        if isinstance(error, LMTimeoutError):
            return CommandError("timeout", text)
        if isinstance(error, (LMServerError, LMTransportError)):
            return CommandError("backend_unavailable", text)
        if isinstance(error, LMError):
            return CommandError("backend_failed", text)
        if isinstance(error, MemoryError):
            return CommandError("backend_unavailable",
                                "The worker is out of memory")
        return CommandError("backend_failed", f"Execution exception: {text}")


def make_backend(allowed: list[str]) -> DspyBackend:
    return DspyBackend(allowed)
