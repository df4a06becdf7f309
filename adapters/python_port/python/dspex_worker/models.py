"""Language models as dspex's settings describe them."""

from __future__ import annotations

import contextvars
import functools
import inspect
import json
import math
import os
import threading
from typing import Any, Callable, Mapping, Optional

import dspy

from . import callers
from .pool import Job
from .protocol import CommandError

# dspex's names for what `dspy.LM` calls otherwise; every other setting goes to
# it under its own name.
_NAMES = {"base_url": "api_base", "max_retries": "num_retries"}

_OPENAI = "https://api.openai.com/v1"

# What many OpenAI-compatible servers that want no key are given.
_NO_KEY = "EMPTY"

current_job: "contextvars.ContextVar[Optional[Job]]" = contextvars.ContextVar(
    "dspex_job", default=None)


def round_up(seconds: float) -> float:
    """A timeout of at least that, by a quarter at most: LiteLLM keeps a client,
    with connections of its own, for each timeout that it sees."""
    if seconds <= 0.25:
        return 0.25
    step = 2.0 ** (math.floor(math.log2(seconds)) - 2)
    return math.ceil(seconds / step) * step


class NodeLM(dspy.LM):  # type: ignore[misc]
    """`dspy.LM`, but a request to the model's server ends soon after the
    deadline of the run it is for, and the run does not wait for it when it is
    cancelled or too late. The cache of DSPy does not see the difference."""

    def forward(self, *args: Any, **kwargs: Any) -> Any:
        return self._with_cost(super().forward(*args, **kwargs))

    async def aforward(self, *args: Any, **kwargs: Any) -> Any:
        return self._with_cost(await super().aforward(*args, **kwargs))

    def _with_cost(self, response: Any) -> Any:
        # Where DSPy looks for it.
        hidden = getattr(response, "_hidden_params", None)
        if self.model in _unpriced and isinstance(hidden, dict):
            hidden["response_cost"] = None
        return response

    def _get_cached_completion_fn(self, completion_fn: Any, cache: Any) -> Any:
        if inspect.iscoroutinefunction(completion_fn):
            # Waits in an event loop, which can be interrupted.
            return super()._get_cached_completion_fn(completion_fn, cache)

        @functools.wraps(completion_fn)
        def for_run(request: dict[str, Any], **kwargs: Any) -> Any:
            job = current_job.get()
            if job is None:
                return completion_fn(request=request, **kwargs)
            left = job.seconds_left()
            if left is not None and "timeout" not in request:
                request = {**request, "timeout": round_up(left)}
            return callers.call(
                job, lambda: completion_fn(request=request, **kwargs))

        return super()._get_cached_completion_fn(for_run, cache)


def merge_settings(defaults: Mapping[str, Any],
                   own: Optional[Mapping[str, Any]]) -> dict[str, Any]:
    """What a program's own settings make of the node's. A program that names
    another server is not given the key of the node's."""
    merged = {**defaults, **(own or {})}
    if own and "base_url" in own and (
            own["base_url"] != defaults.get("base_url")):
        merged.pop("api_key", None)
    # The node's server is one of OpenAI's API: a model of another provider is
    # not there, unless the program says so.
    if not (own and "base_url" in own) and not _is_openai(merged["model"]):
        merged.pop("base_url", None)
        merged.pop("api_key", None)
    return merged


def _is_openai(model: str) -> bool:
    return "/" not in model or model.startswith("openai/")


# Models that LiteLLM takes for free, as `_find_price` told it.
_unpriced: set[str] = set()

_prices = threading.Lock()


def _find_price(model: str) -> None:
    """Tells LiteLLM that a model costs nothing if it is not in its list.

    It works out the cost of every reply. For a model that is not there it tries
    all its rules several times over, which takes a fifteenth of the whole call,
    and finds no price in the end."""
    import litellm

    with _prices:
        if model in _unpriced:
            return
        try:
            litellm.get_model_info(model)
        except Exception:
            free = ("input_cost_per_token", "output_cost_per_token",
                    "cache_creation_input_token_cost",
                    "cache_read_input_token_cost")
            litellm.register_model(
                {model: {"litellm_provider": "openai", "mode": "chat",
                         **dict.fromkeys(free, 0)}},
                add_to_provider_model_sets=False)
            _unpriced.add(model)


def make_lm(settings: Mapping[str, Any]) -> dspy.BaseLM:
    """The model for such settings. Raises `CommandError` if DSPy refuses
    them."""
    arguments = {_NAMES.get(name, name): value
                 for name, value in settings.items() if value is not None}
    model = arguments.pop("model", "")
    if not model:
        raise CommandError("invalid_option",
                           "lm.model is not set: say which model to ask")
    if "/" not in model:
        model = "openai/" + model
    # What was answered is not answered again unless asked for.
    arguments.setdefault("cache", False)
    own_server = (model.startswith("openai/")
                  and arguments.get("api_base", _OPENAI) != _OPENAI)
    if own_server and "api_key" not in arguments:
        arguments["api_key"] = os.environ.get("OPENAI_API_KEY") or _NO_KEY
    try:
        lm = NodeLM(model, **arguments)
    except Exception as e:
        raise CommandError("invalid_option",
                           f"DSPy refuses the model's settings: {e}") from e
    if own_server:
        _find_price(model)
    return lm


class LMTable:
    """One model per settings, however many programs share them."""

    MAX_MODELS = 1000

    def __init__(self) -> None:
        self._defaults: dict[str, Any] = {}
        self._lock = threading.Lock()
        self._lms: dict[str, dspy.BaseLM] = {}

    @property
    def defaults(self) -> dict[str, Any]:
        return self._defaults

    def configure(self, settings: Mapping[str, Any]) -> None:
        self._defaults = dict(settings)

    def get(self, own: Optional[Mapping[str, Any]]) -> dspy.BaseLM:
        settings = merge_settings(self._defaults, own)
        key = json.dumps(settings, sort_keys=True)
        lm = self._lms.get(key)
        if lm is None:
            lm = self.make(settings)
            with self._lock:
                if len(self._lms) >= self.MAX_MODELS:
                    self._lms.clear()
                lm = self._lms.setdefault(key, lm)
        return lm

    def make(self, settings: Mapping[str, Any]) -> dspy.BaseLM:
        return make_lm(settings)

    def adopt(self, lm: Any) -> None:
        """Gives a model out of a saved program, which never holds a key or the
        address of a server, the node's, as far as it is for OpenAI's API."""
        if isinstance(lm, dspy.LM) and _is_openai(lm.model):
            if "api_base" not in lm.kwargs and "base_url" in self._defaults:
                lm.kwargs["api_base"] = self._defaults["base_url"]
                lm.kwargs["api_key"] = (self._defaults.get("api_key")
                                        or os.environ.get("OPENAI_API_KEY")
                                        or _NO_KEY)
