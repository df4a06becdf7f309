"""The DSPy backend with DSPy's DummyLM, which has an answer to everything. The
model at http://hang.invalid never answers."""

import time

from dspy.utils.dummies import DummyLM

from dspex_worker.dspy_backend import DspyBackend
from dspex_worker.models import LMTable

ANSWERS = {"answer": "green", "text": "green", "whole": 1, "share": 0.5,
           "sure": True, "tags": ["a", "b"], "kind": "green", "maybe": None}


class HangingLM(DummyLM):
    def forward(self, prompt=None, messages=None, **kwargs):
        while True:
            time.sleep(0.01)


class Models(LMTable):
    def make(self, settings):
        hangs = settings.get("base_url") == "http://hang.invalid"
        return (HangingLM if hangs else DummyLM)({"": ANSWERS})


class AnsweringBackend(DspyBackend):
    def make_lms(self):
        return Models()


def make_backend(allowed):
    return AnsweringBackend(allowed)
