"""A model server that misbehaves costs the run that met it, and no other."""

import http.server
import json
import os
import threading
import unittest

from workbench import EndToEndTest, json_lines

PROGRAM = """module = "Test.Triage"
name = "triage"
adapter = "native"
signature = "ticket: str -> category: literal['bug', 'billing']"

[configuration]
timeout_ms = 5000
"""
CANARY = "sk-canary-3b9f0c5d71"
# The fault that the server is asked for, and the code that it must become.
FAULTS = {
    "garbage": "backend_failed",
    "status=500": "backend_unavailable",
    "status=401": "backend_failed",
    "status=429": "overloaded",
    "hang": "timeout",
    "close_halfway": "backend_unavailable",
    "huge=100000000": "backend_failed",
    "text=no category": "invalid_output",
}


class TellTale(http.server.BaseHTTPRequestHandler):
    """Refuses every request and repeats the key that came with it."""

    seen = []

    def do_POST(self):
        key = self.headers["Authorization"]
        self.seen.append(key)
        body = json.dumps({"error": {
            "message": f"Incorrect API key provided: {key}",
            "type": "invalid_request_error", "code": key}}).encode()
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(401, f"Not {key}")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("X-Key", key)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class ModelFault(EndToEndTest):
    def setUp(self):
        super().setUp()
        self.write("p.toml", PROGRAM)
        self.environment = dict(os.environ, OPENAI_API_KEY=CANARY)

    def start_model(self):
        model = self.start("lm-sim", "--port", 0, "-f", "jsonl")
        return model, json.loads(model.read_line())["base_url"]

    def run_tickets(self, base_url, tickets):
        self.write_records("in.jsonl", "ticket", tickets)
        return self.run_dspex(
            "run", "p.toml", "--input", "in.jsonl", "-o", "out.jsonl", "-f",
            "json", "--config-set", f"lm.base_url={base_url}", "--config-set",
            "lm.max_retries=0", "--config-set", "log.level=debug",
            env=self.environment)

    def assert_no_canary(self, *texts):
        for text in texts:
            self.assertNotIn(CANARY, text)
        for path in self.folder.iterdir():
            if path.is_file():
                self.assertNotIn(CANARY.encode(), path.read_bytes(), path)

    def test_the_neighbours_of_bad_answers_complete(self):
        tickets = {}
        for number, (fault, code) in enumerate(FAULTS.items()):
            tickets[f"Charged twice on invoice {number}."] = None
            tickets[f"Invoice {number} is wrong. [[sim:{fault}]]"] = code
        model, base_url = self.start_model()
        status, out, err = self.run_tickets(base_url, tickets)
        self.assertEqual(status, 1, err)
        good = bad = len(FAULTS)
        report = json.loads(out)
        self.assertEqual((report["succeeded"], report["failed"]), (good, bad))
        lines = json_lines(self.read("out.jsonl"))
        self.assertEqual(
            {x["inputs"]["ticket"]: x["error"] and x["error"]["code"]
             for x in lines}, tickets)
        self.assertEqual(
            dict(self.query("select json_extract(inputs, '$.ticket'), "
                            "error_code from all_executions")), tickets)
        for line in lines:
            key = bytes.fromhex(line["execution_id"].replace("-", ""))
            self.assertEqual(
                self.query("select status, error_message from all_executions "
                           "where id = ?", key),
                [(line["status"], (line["error"] or {}).get("message", ""))])
        # A second run finds the server, the program and the store as usable.
        status, out, err = self.run_tickets(base_url, ["Charged twice."])
        self.assertEqual(status, 0, err)
        model.stop()
        self.assertEqual(model.status, 0)
        self.assert_no_canary(out, err)

    def test_a_server_that_is_gone_fails_the_runs(self):
        model, base_url = self.start_model()
        model.stop()
        status, out, err = self.run_tickets(base_url, ["a", "b"])
        self.assertEqual(status, 1)
        self.assertEqual(json.loads(out)["failed"], 2)
        self.assertEqual(
            self.query("select status, error_code from all_executions"),
            [("failed", "backend_unavailable")] * 2)

    def test_the_key_reaches_the_server_and_nothing_else(self):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), TellTale)
        self.addCleanup(server.server_close)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        self.addCleanup(thread.join)
        self.addCleanup(server.shutdown)
        host, port = server.server_address
        status, out, err = self.run_tickets(f"http://{host}:{port}/v1", ["a"])
        self.assertEqual(status, 1)
        self.assertEqual(TellTale.seen, [f"Bearer {CANARY}"])
        self.assertEqual(
            self.query("select error_code from all_executions"),
            [("backend_failed",)])
        texts = [self.succeed(*words, "-f", form, env=self.environment)
                 for words in (("config", "show"), ("execution", "list"),
                               ("program", "show", "triage"))
                 for form in ("table", "jsonl")]
        self.assertIn("lm.api_key", texts[0])
        self.assert_no_canary(out, err, *texts)


if __name__ == "__main__":
    unittest.main()
