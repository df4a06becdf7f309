"""The DSPy backend with DSPy's DummyLM for a model: a question that is JSON is
the answer of the model, or a list of its answers one after the other."""

import json
import re

import dspy
from dspy.utils.dummies import DummyLM

from dspex_worker.dspy_backend import DspyBackend
from dspex_worker.models import LMTable


class ScriptLM(DummyLM):
    def __init__(self, settings):
        super().__init__([])
        self.settings = settings
        self.turns = {}

    def copy(self, **kwargs):
        return self

    def forward(self, prompt=None, messages=None, **kwargs):
        text = messages[-1]["content"]
        question = re.search(r"\[\[ ## question ## \]\]\n(.*)\n", text)
        question = question[1] if question else ""
        if question == "show the prompt":
            self.answers = iter([{"answer": "".join(
                x["content"] for x in messages).replace("[[", "<<"),
                                  "share": []}])
        elif question == "show the model":
            self.answers = iter([{"answer": self.settings["model"]}])
        elif question.startswith("{"):
            self.answers = iter([json.loads(question)])
        elif question.startswith("["):
            # Which turn it is can be seen in the trajectory.
            turn = text.count("[[ ## observation_")
            if "next_tool_name" not in text.rpartition("Respond with")[2]:
                turn = -1
            self.answers = iter([json.loads(question)[turn]])
        return super().forward(prompt=prompt, messages=messages, **kwargs)


class Models(LMTable):
    def make(self, settings):
        return ScriptLM(settings)


class DummyBackend(DspyBackend):
    def make_lms(self):
        return Models()


def make_backend(allowed):
    assert dspy.__version__
    return DummyBackend(allowed)
