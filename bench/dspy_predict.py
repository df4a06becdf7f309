"""What the benchmark `native.predict` measures itself against.

usage: dspy_predict.py SECONDS

Prints a program with four demos, as DSPy saves it, its signature and what the
model says to it: `{"saved", "signature", "reply"}`. Then calls it for SECONDS,
with a model that says so at once, and prints `{"microseconds"}` of a call.
"""

import json
import os
import pathlib
import sys
import tempfile
import time

# Prices of models from the network are no part of this.
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"

import dspy  # noqa: E402

SIGNATURE = (
    "question, context: list[str] -> answer, confidence: float, sources: list[int]"
)

REPLY = """[[ ## answer ## ]]
The sum of both numbers is 46.

[[ ## confidence ## ]]
0.75

[[ ## sources ## ]]
[1, 2]

[[ ## completed ## ]]"""

CONTEXT = [
    "Addition is commutative: the order of the summands does not matter.",
    "The digits are added from right to left, with a carry beyond nine.",
]


class ScriptedLM(dspy.BaseLM):
    """Says the same to whatever it is asked, at once."""

    forward_contract = "typed_lm"

    def forward(self, request):
        return dspy.LMResponse.from_text(REPLY, model=request.model)


def demo(number):
    return dspy.Example(
        question=f"What is {number} plus {number + 1}?",
        context=CONTEXT,
        answer=f"The sum of both numbers is {2 * number + 1}.",
        confidence=0.5,
        sources=[1],
    ).with_inputs("question", "context")


def saved(program):
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "program.json"
        program.save(file)
        return json.loads(file.read_text())


def main(seconds):
    program = dspy.Predict(SIGNATURE)
    program.demos = [demo(number) for number in range(1, 5)]
    print(
        json.dumps(
            {"saved": saved(program), "signature": SIGNATURE, "reply": REPLY}
        ),
        flush=True,
    )
    program.lm = ScriptedLM("openai/scripted", cache=False)
    program(question="What is 0 plus 4?", context=CONTEXT)
    calls = 0
    begin = time.monotonic()
    while time.monotonic() < begin + float(seconds):
        calls += 1
        program(question=f"What is {calls} plus 4?", context=CONTEXT)
    spent = time.monotonic() - begin
    print(json.dumps({"microseconds": 1e6 * spent / calls}), flush=True)


main(*sys.argv[1:])
