#!/usr/bin/env python3
"""Runs optimised programs in DSPy and in dspex, and compares what they ask.

usage: transcript.py DSPEX TRANSCRIPT_NODE

Three programs are optimised against a simulated model and saved by the
installed DSPy: a Predict (BootstrapFewShot), a ChainOfThought (COPRO), a ReAct
with two tools (BootstrapFewShot). Each is loaded again by DSPy and imported by
dspex, and both answer the same questions; the model hears the same requests in
the same order, whoever asks.
"""

import http.server
import json
import logging
import os
import re
import subprocess
import sys
import tempfile
import threading
import urllib.request
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "adapters/python_port/python"))

import dspy  # noqa: E402
from dspex_worker.export import export  # noqa: E402
from dspy.teleprompt import COPRO, BootstrapFewShot  # noqa: E402

QUESTIONS = ["How many legs do 3 cats have?", "Two of «them»?\n\nSecond line.", "Combien coûte 1e-7 € ?"]

# The members of a request that count: those that a model can notice.
HEARD = ("model", "messages", "temperature", "max_tokens", "max_completion_tokens", "top_p", "n", "stop", "seed",
         "tools", "response_format")


class Model(http.server.ThreadingHTTPServer):
    """Writes down every request and lets the simulated model answer.

    It chooses the tools of a ReAct itself, by how many were called already:
    arguments made up at random would only show how tools refuse them."""

    def __init__(self, base_url):
        super().__init__(("127.0.0.1", 0), Handler)
        self.base_url = base_url
        self.requests = []
        self.guard = threading.Lock()
        threading.Thread(target=self.serve_forever, daemon=True).start()

    def url(self):
        return f"http://127.0.0.1:{self.server_port}/v1"

    def take(self):
        with self.guard:
            taken, self.requests = self.requests, []
        return taken


STEPS = [("search", {"query": "cats", "k": 2}), ("add", {"a": 7, "b": 5}), ("search", {"query": "dogs"}),
         ("finish", {})]


def tool_choice(request):
    question = request["messages"][-1]["content"]
    if "`[[ ## next_tool_name ## ]]`" not in question:
        return None
    name, arguments = STEPS[min(len(re.findall(r"\[\[ ## observation_\d+ ## \]\]", question)), len(STEPS) - 1)]
    return (f"[[ ## next_thought ## ]]\nI need {name}.\n\n[[ ## next_tool_name ## ]]\n{name}\n\n"
            f"[[ ## next_tool_args ## ]]\n{json.dumps(arguments)}\n\n[[ ## completed ## ]]\n")


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        request = json.loads(body)
        with self.server.guard:
            self.server.requests.append({k: request[k] for k in HEARD if request.get(k) is not None})
        chosen = tool_choice(request)
        if chosen is not None:
            answer = json.dumps({
                "id": "x", "object": "chat.completion", "created": 0, "model": "sim",
                "choices": [{"index": 0, "message": {"role": "assistant", "content": chosen},
                             "finish_reason": "stop"}],
                "usage": {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}}).encode()
        else:
            forwarded = urllib.request.Request(self.server.base_url + "/chat/completions", data=body,
                                               headers={"Content-Type": "application/json"})
            with urllib.request.urlopen(forwarded) as response:
                answer = response.read()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


def search(query: str, k: int = 3) -> list[str]:
    """Searches for facts.

    Best first."""
    return [f"fact {i + 1} on {query}" for i in range(k)]


def add(a: int, b: int) -> int:
    return a + b


class Count(dspy.Signature):
    """Count what is asked for.

      Be exact: {"no": "guessing"}."""

    question: str = dspy.InputField()
    answer: int | None = dspy.OutputField(desc="a whole number")
    sure: float = dspy.OutputField(ge=0, le=1)


def examples():
    return [dspy.Example(question=f"How many are {i} and «{i}»?", answer=2 * i, sure=1e-7).with_inputs("question")
            for i in range(1, 5)]


def always(example, prediction, trace=None):
    return True


def programs():
    """Name, the optimised program, and how to make an empty one."""
    few_shot = BootstrapFewShot(metric=always, max_bootstrapped_demos=2, max_labeled_demos=4)
    yield "Predict", few_shot.compile(dspy.Predict(Count), trainset=examples()), lambda: dspy.Predict(Count)
    copro = COPRO(metric=lambda e, p, trace=None: float(len(p.reasoning)), breadth=2, depth=1)
    yield ("ChainOfThought",
           copro.compile(dspy.ChainOfThought(Count), trainset=examples()[:2],
                         eval_kwargs={"num_threads": 1, "display_progress": False}),
           lambda: dspy.ChainOfThought(Count))
    make = lambda: dspy.ReAct("question -> answer: str, n: int", tools=[search, add], max_iters=6)
    yield "ReAct", few_shot.compile(make(), trainset=examples()), make


def start_sim(dspex):
    sim = subprocess.Popen([dspex, "lm-sim", "--port", "0", "-f", "json"], stdout=subprocess.PIPE, text=True)
    return sim, json.loads(sim.stdout.readline())["base_url"]


def run_natively(node, url, saved, manifest):
    line = json.dumps({"saved": json.loads(saved.read_text()), "manifest": json.loads(manifest.read_text()),
                       "inputs": [{"question": x} for x in QUESTIONS]})
    done = subprocess.run([node, url], input=line + "\n", stdout=subprocess.PIPE, text=True, check=True)
    return [json.loads(x) for x in done.stdout.splitlines()]


def compare(name, python, native):
    """Prints the first difference; whether there is none."""
    if len(python) != len(native):
        print(f"{name}: DSPy asked {len(python)} times, dspex {len(native)}")
        return False
    for i, (x, y) in enumerate(zip(python, native)):
        if x == y:
            continue
        x, y = (json.dumps(v, ensure_ascii=False, sort_keys=True) for v in (x, y))
        at = max(0, len(os.path.commonprefix([x, y])) - 80)
        print(f"{name}: request {i + 1} differs:\n  DSPy:  {x[at:at + 300]}\n  dspex: {y[at:at + 300]}")
        return False
    print(f"{name}: {len(python)} requests, the same from both")
    return True


def judge(dspex, node, folder):
    logging.disable(logging.WARNING)
    sim, url = start_sim(dspex)
    try:
        model = Model(url)
        dspy.configure(lm=dspy.LM("openai/sim", api_base=model.url(), api_key="unused", cache=False, num_retries=0))
        agree = True
        for name, program, make in programs():
            saved = folder / f"{name}.json"
            manifest = export(program, saved)
            model.take()
            loaded = make()
            loaded.load(str(saved))
            answers = [loaded(question=x) for x in QUESTIONS]
            python = model.take()
            outputs = run_natively(node, model.url(), saved, manifest)
            agree = compare(name, python, model.take()) and agree
            for answer, mine in zip(answers, outputs):
                if mine.get("outputs", {}).get("answer") != answer.answer:
                    print(f"{name}: DSPy answered {answer.answer!r}, dspex {mine}")
                    agree = False
        return agree
    finally:
        sim.terminate()
        sim.wait()


def main():
    with tempfile.TemporaryDirectory() as folder:
        sys.exit(0 if judge(sys.argv[1], sys.argv[2], Path(folder)) else 1)


main()
