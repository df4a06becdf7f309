"""Modules and tools that programs of the tests name."""

import datetime
import enum
import threading

import dspy
import pydantic

NUMBER = 1


def add(x: int, y: int) -> int:
    """Adds two numbers."""
    return x + y


class Twice(dspy.Module):
    def __init__(self, signature="question -> answer"):
        super().__init__()
        self.ask = dspy.Predict(signature)

    def forward(self, question):
        answer = self.ask(question=question).answer
        return dspy.Prediction(answer=f"{answer} {answer}")


class Outer:
    class Inner(Twice):
        pass


def make_twice():
    return Twice()


twice = Twice()


class Types(dspy.Module):
    def forward(self, **inputs):
        kinds = " ".join(type(x).__name__ for x in inputs.values())
        return {"answer": kinds}


class Colour(enum.Enum):
    RED = "red"


class Model(pydantic.BaseModel):
    when: datetime.date
    colour: Colour


class Odd(dspy.Module):
    def forward(self, question):
        lock = threading.Lock()
        if question == "lock":
            return dspy.Prediction(answer=lock)
        if question == "nan":
            return dspy.Prediction(answer={"deep": [1, float("nan")]})
        model = Model(when=datetime.date(2026, 1, 31), colour=Colour.RED)
        return dspy.Prediction(more=lock, answer={
            **dict(model), "set": {1}, "bytes": b"ab",
            "image": dspy.Image("https://example.org/x.png"),
            "history": dspy.History(messages=[{"question": "q"}])})
