"""Programs on real DSPy, from the command line: what the model is asked is what
DSPy asks when it is called directly, and no process outlives its node."""

import http.server
import json
import os
import select
import subprocess
import threading
import unittest
import urllib.request
from pathlib import Path

from workbench import EndToEndTest, json_lines, needs_dspy

EXAMPLE = Path(os.environ["DSPEX_SOURCE_DIR"]) / "examples/support_triage"

# The example as somebody writes it in Python.
DIRECTLY = '''
import json, sys
import tomllib
from typing import Literal
import dspy

tickets, program, url = sys.argv[1:]
instructions = tomllib.load(open(program, "rb"))["instructions"].strip()

class Triage(dspy.Signature):
    ticket: str = dspy.InputField(desc="what the customer wrote")
    category: Literal["bug", "billing", "account", "shipping",
                      "feature_request"] = dspy.OutputField()
    priority: Literal["low", "normal", "high", "urgent"] = dspy.OutputField()
    summary: str = dspy.OutputField(desc="one short sentence", max_length=200)
    confidence: float = dspy.OutputField(ge=0, le=1)

Triage = Triage.with_instructions(instructions)
lm = dspy.LM("openai/gpt-4o-mini", api_base=url, api_key="none",
             temperature=0.0, cache=False)
dspy.configure(lm=lm)
for line in open(tickets):
    dspy.Predict(Triage)(**json.loads(line))
'''


class Recorder(http.server.BaseHTTPRequestHandler):
    """Passes requests on to a model server and keeps them."""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.requests.append(json.loads(body))
        request = urllib.request.Request(
            self.server.model + self.path.removeprefix("/v1"), body,
            {"Content-Type": "application/json"})
        with urllib.request.urlopen(request) as reply:
            answer = reply.read()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_):
        pass


class PythonPort(EndToEndTest):
    def setUp(self):
        super().setUp()
        self.python = needs_dspy(self)
        self.environment = {
            k: v for k, v in os.environ.items()
            if not k.startswith(("DSPEX_", "OPENAI_"))} | {
                "DSPEX_PYTHON_PORT__PYTHON": str(self.python),
                "HOME": str(self.folder), "LITELLM_LOCAL_MODEL_COST_MAP": "True"}

    def record(self):
        """A recorder in front of a simulated model."""
        model = self.start("lm-sim", "--port", 0, "-f", "jsonl")
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Recorder)
        server.model = json.loads(model.read_line())["base_url"]
        server.requests = []
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        self.addCleanup(server.server_close)
        self.addCleanup(thread.join)
        self.addCleanup(server.shutdown)
        return server, f"http://127.0.0.1:{server.server_port}/v1"

    def test_the_example_asks_what_dspy_asks(self):
        server, url = self.record()
        tickets = (EXAMPLE / "tickets.jsonl").read_text("utf-8").splitlines()
        few = self.write("few.jsonl", "\n".join(tickets[:6]) + "\n")
        self.succeed("run", EXAMPLE / "program.toml", "--adapter",
                     "python_port", "--input", few, "-o", "out.jsonl",
                     env=self.environment | {"OPENAI_BASE_URL": url})
        lines = json_lines(self.read("out.jsonl"))
        self.assertEqual([x["status"] for x in lines], ["completed"] * 6)
        ours, server.requests = server.requests, []
        script = self.write("directly.py", DIRECTLY)
        subprocess.run([self.python, script, few, EXAMPLE / "program.toml",
                        url], check=True, env=self.environment, timeout=100)

        def messages(requests):
            return sorted(json.dumps(x["messages"]) for x in requests)

        self.assertEqual(messages(ours), messages(server.requests))
        self.assertEqual({x["temperature"] for x in ours}, {0.0})
        record = json.loads(self.succeed(
            "execution", "show", lines[0]["execution_id"], "-f", "json"))
        self.assertGreater(record["metadata"]["lm"]["prompt_tokens"], 0)

    def test_no_worker_outlives_a_killed_node(self):
        model = self.start("lm-sim", "--port", 0, "-f", "jsonl",
                           "--latency-ms", 3600000)
        url = json.loads(model.read_line())["base_url"]
        ticket = self.write("one.jsonl", '{"ticket": "Help!"}\n')
        node = self.start(
            "run", EXAMPLE / "program.toml", "--adapter", "python_port",
            "--input", ticket, "-o", "out.jsonl", env=self.environment | {
                "OPENAI_BASE_URL": url, "DSPEX_PYTHON_PORT__WORKERS": "1"})
        self.wait_for_live_rows(node)
        children = Path(f"/proc/{node.process.pid}/task").glob("*/children")
        workers = [int(pid) for x in children for pid in x.read_text().split()]
        self.assertEqual(len(workers), 1)
        worker = os.pidfd_open(workers[0])
        self.addCleanup(os.close, worker)
        node.kill()
        ready, _, _ = select.select([worker], [], [], 60)
        self.assertTrue(ready, "a worker is left")

    def test_says_what_is_missing(self):
        status, _, err = self.run_dspex(
            "run", EXAMPLE / "program.toml", "--adapter", "python_port",
            "--input", EXAMPLE / "tickets.jsonl", "--config-set",
            "lm.base_url=sim:", "-o", "out.jsonl", env=self.environment | {
                "DSPEX_PYTHON_PORT__PYTHON": "/usr/bin/python3"})
        self.assertEqual(status, 1)
        self.assertIn("No Python worker can be started: exit code 1: "
                      "ModuleNotFoundError: No module named 'dspy'", err)
        self.assertIn("`dspex doctor` says what is missing", err)


if __name__ == "__main__":
    unittest.main()
