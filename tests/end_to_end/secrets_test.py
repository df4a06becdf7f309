"""A marked key goes in wherever one can, and comes out nowhere.

Every text that the binary prints and every file that it writes is searched for
the mark, which is in no other text.
"""

import http.server
import json
import os
import re
import sqlite3
import threading
import unittest

from workbench import EndToEndTest, needs_dspy

MARK = "canary-3b9f0c5d71"
KEY = f"sk-{MARK}-e2a4"
PROGRAM = """module = "Test.Triage"
name = "triage"
adapter = "native"
signature = "ticket: str -> tags: list[str], note: str"
"""
# The key in the reply of a model, as text and as JSON inside the text.
ESCAPED = "".join(f"\\u{ord(c):04x}" for c in KEY)
REPLY = ("[[ ## tags ## ]]\n[\"" + ESCAPED + "\", \"" + KEY + "\"]\n\n"
         "[[ ## note ## ]]\nThe key is " + KEY + ".\n\n"
         "[[ ## completed ## ]]\n")


def completion(content, **more):
    choice = {"index": 0, "message": {"role": "assistant", "content": content},
              "finish_reason": more.get("finish_reason", "stop")}
    return {"model": more.get("model", "m"), "choices": [choice],
            "usage": {"total_tokens": 3}}


def padded(size):
    """The key across the place where an error is cut."""
    return "." * size + KEY


# Status and body for a ticket that holds the name.
FAULTS = {
    "refused": (401, {"error": {"message": f"Incorrect API key: {KEY}",
                                "code": KEY}}),
    "cut": (400, {"error": {"message": padded(290)}}),
    "plain": (403, f"no entry for Bearer {KEY}"),
    "latin": (400, b"cl\xe9 refus\xe9e: " + KEY.encode()),
    "escaped": (400, '{"error": "' + ESCAPED + '"}'),
    "broken": (500, {KEY: KEY}),
    "busy": (429, {"detail": KEY}),
    "twice": (200, '{"choices": [], "%s": 1, "%s": 2}' % (KEY, KEY)),
    "reply": (200, completion(REPLY)),
    "model": (200, completion(REPLY, model=padded(290), finish_reason=KEY)),
    "useless": (200, completion(f"I only say {KEY}.")),
    "refusal": (200, {"choices": [{"message": {"refusal": padded(280)}}]}),
    "redirect": (302, f"see {KEY}"),
}


class TellTale(http.server.BaseHTTPRequestHandler):
    """Knows the key and tells it in every way it can."""

    protocol_version = "HTTP/1.1"

    def do_GET(self):
        self.server.seen.add(self.headers["Authorization"])
        self.answer(401, {"error": {"message": f"Bad key {KEY}"}})

    def do_POST(self):
        self.server.seen.add(self.headers["Authorization"])
        size = int(self.headers["Content-Length"])
        prompt = self.rfile.read(size).decode()
        if "hangup" in prompt:
            self.wfile.write(f"HTTP/1.1 200 {KEY}\r\nContent-Length: 999\r\n"
                             f"\r\n{KEY}".encode())
            self.close_connection = True
            return
        for name, fault in FAULTS.items():
            if f"fault {name}." in prompt:
                return self.answer(*fault)
        self.answer(200, completion(REPLY))

    def answer(self, status, body):
        if isinstance(body, dict):
            body = json.dumps(body)
        if isinstance(body, str):
            body = body.encode()
        self.send_response(status, f"Not {KEY}")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Location", f"http://127.0.0.1:1/{KEY}")
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Secrets(EndToEndTest):
    def setUp(self):
        super().setUp()
        self.given = set()
        self.texts = []
        self.server = http.server.ThreadingHTTPServer(("127.0.0.1", 0),
                                                      TellTale)
        self.server.seen = set()
        thread = threading.Thread(target=self.server.serve_forever)
        thread.start()
        self.addCleanup(self.server.server_close)
        self.addCleanup(thread.join)
        self.addCleanup(self.server.shutdown)
        host, port = self.server.server_address
        self.base_url = f"http://{host}:{port}/v1"

    def give(self, name, text):
        """Writes a file that may hold the key."""
        self.given.add(name)
        return self.write(name, text)

    def dspex(self, *words, **environment):
        clean = {k: v for k, v in os.environ.items()
                 if not re.match("DSPEX_|OPENAI_|DATABASE_URL", k)}
        # One without DSPy, which `doctor` would load each time.
        clean["DSPEX_PYTHON_PORT__PYTHON"] = "/usr/bin/python3"
        status, out, err = self.run_dspex(*words, env=clean | environment)
        self.texts += [(words, out), (words, err)]
        return status, out, err

    def assert_nothing_told(self):
        for words, text in self.texts:
            self.assertNotIn(MARK, text, words)
            # Nor the first half of a key that was cut.
            self.assertNotIn(KEY[:12], text, words)
        for path in self.folder.rglob("*"):
            if path.is_file() and path.name not in self.given:
                self.assertNotIn(KEY[:12].encode(), path.read_bytes(), path)

    def keep_journal(self):
        """As long as somebody reads, the journal of the store stays."""
        reader = sqlite3.connect(self.folder / "dspex.db")
        self.addCleanup(reader.close)
        reader.execute("select count(*) from executions").fetchall()

    def run_tickets(self, log_format):
        names = [*FAULTS, "none"]
        self.write_records("in.jsonl", "ticket",
                           [f"fault {x}." for x in names] + ["hangup"])
        status, _, err = self.dspex(
            "run", "p.toml", "--input", "in.jsonl", "-o",
            f"out-{log_format}.jsonl", "-f", "json", "--config-set",
            "log.level=trace", "--config-set", f"log.format={log_format}",
            "--config-set", "lm.max_retries=0", "--config-set",
            f"lm.base_url={self.base_url}", OPENAI_API_KEY=KEY)
        self.assertEqual(status, 1, err)
        self.assertIn("execution", err)

    def test_failures_and_replies_of_a_model_are_recorded_without_it(self):
        self.write("p.toml", PROGRAM)
        self.assertEqual(self.dspex("migrate", "up")[0], 0)
        self.keep_journal()
        for log_format in ("text", "json"):
            self.run_tickets(log_format)
        self.assertEqual(self.server.seen, {f"Bearer {KEY}"})
        codes = dict(self.query(
            "select json_extract(inputs, '$.ticket'), error_code "
            "from executions"))
        self.assertEqual(codes["fault none."], None)
        self.assertEqual(codes["fault refused."], "backend_failed")
        self.assertEqual(codes["hangup"], "backend_unavailable")
        # Each of them has its record, also the one that is no UTF-8.
        self.assertEqual(
            self.query("select count(*) from executions"),
            [(2 * (len(FAULTS) + 2),)])
        outputs = self.query("select outputs from executions where "
                             "status = 'completed'")
        for row in outputs:
            self.assertEqual(json.loads(row[0]),
                             {"tags": ["***", "***"], "note": "The key is ***."})
        self.assertTrue((self.folder / "dspex.db-wal").stat().st_size > 0)
        execution = json.loads(self.read("out-text.jsonl").splitlines()[0])
        for form in ("table", "json", "jsonl"):
            for words in (("execution", "list", "--limit", "100"),
                          ("execution", "show", execution["execution_id"]),
                          ("program", "show", "triage"),
                          ("program", "stats", "triage")):
                self.assertEqual(self.dspex(*words, "-f", form)[0], 0, words)
        self.assert_nothing_told()

    def test_settings_and_doctor_show_that_it_is_set(self):
        self.give("c.toml", f'[lm]\napi_key = "{KEY}"\n'
                            f'base_url = "{self.base_url}"\n')
        self.dspex("migrate", "up")
        sources = ((("--config", "c.toml"), {}),
                   ((), {"OPENAI_API_KEY": KEY}),
                   ((), {"DSPEX_LM__API_KEY": KEY}),
                   (("--config-set", f"lm.api_key={KEY}"), {}))
        for words, environment in sources:
            for form in ("table", "json", "jsonl"):
                status, out, _ = self.dspex("config", "show", *words, "-f",
                                            form, **environment)
                self.assertEqual(status, 0)
                self.assertIn("set, hidden", out)
                status, out, _ = self.dspex(
                    "doctor", *words, "-f", form, "--config-set",
                    f"lm.base_url={self.base_url}", **environment)
                self.assertEqual(status, 3)
                self.assertIn("Bad key ***", out)
        self.assertEqual(self.server.seen, {f"Bearer {KEY}"})
        self.assert_nothing_told()

    def test_doctor_shows_it_no_more_when_it_has_loaded_dspy(self):
        python = str(needs_dspy(self))
        for environment in ({"OPENAI_API_KEY": KEY},
                            {"OPENAI_BASE_URL":
                                f"http://me:{KEY}@127.0.0.1:1/v1"},
                            {"DATABASE_URL":
                                f"postgresql://me:{KEY}@127.0.0.1:1/db"}):
            _, out, _ = self.dspex("doctor", "-f", "json",
                                   DSPEX_PYTHON_PORT__PYTHON=python,
                                   **environment)
            self.assertRegex(out, r"DSPy \d")
        self.assert_nothing_told()

    def test_addresses_are_shown_without_it(self):
        self.write("p.toml", PROGRAM)
        for url in (f"postgresql://me:{KEY}@127.0.0.1:1/db",
                    f"postgresql://127.0.0.1:1/db?password={KEY}"):
            for words in (("config", "show"), ("doctor",), ("migrate", "up"),
                          ("execution", "list"),
                          ("run", "p.toml", "--set", "ticket=a")):
                self.dspex(*words, "--store", url)
                self.dspex(*words, DATABASE_URL=url)
        for url in (f"http://me:{KEY}@127.0.0.1:1/v1",
                    f"http://{KEY}@127.0.0.1:1/v1",
                    f"http://127.0.0.1:1/v1?apiKey={KEY}"):
            for words in (("config", "show"), ("doctor",),
                          ("run", "p.toml", "--set", "ticket=a")):
                self.dspex(*words, OPENAI_BASE_URL=url)
                self.dspex(*words, "--config-set", f"lm.base_url={url}",
                           "--config-set", "log.level=trace")
        self.assert_nothing_told()

    def test_programs_are_refused_with_it(self):
        secrets = {
            "key": f'[lm]\napi_key = "{KEY}"\n',
            "url": f'[lm]\nbase_url = "https://me:{KEY}@host/v1"\n',
            "query": f'[lm]\nbase_url = "https://host/v1?key={KEY}"\n',
            "header": f'[lm.headers]\nAuthorization = "Bearer {KEY}"\n',
            "unquoted": f"[lm]\napi_key = {KEY}\n",
            "endless": f'[lm]\napi_key = """\n{KEY}\n',
        }
        for adapter in ("native", "mock"):
            for name, text in secrets.items():
                program = PROGRAM.replace("native", adapter)
                file = self.give(f"{adapter}-{name}.toml", program + text)
                status, _, err = self.dspex("run", file, "--set", "ticket=a",
                                            "--config-set", "log.level=trace")
                self.assertNotEqual(status, 0, name)
                self.assertIn(file.name, err)
        self.dspex("signature", "create", "--module", "Test.Triage",
                   "--signature", "ticket: str -> note: str")
        for setting in (f"lm.api_key={KEY}",
                        f"lm.base_url=https://me:{KEY}@host/v1",
                        f'tools=[{{"password": "{KEY}"}}]'):
            status, _, err = self.dspex(
                "program", "create", "--module", "Test.Triage", "--adapter",
                "mock", "--set", setting)
            self.assertEqual(status, 1)
            self.assertIn("invalid_option", err)
        self.assertEqual(self.query("select count(*) from programs"), [(0,)])
        self.assert_nothing_told()

    def test_mistakes_are_reported_without_it(self):
        files = {"unquoted": f"[lm]\napi_key = {KEY}\n",
                 "endless": f'[lm]\napi_key = """\n{KEY}\n',
                 "open": f'[lm]\napi_key = "{KEY}\n',
                 "list": f'[lm]\napi_key = ["{KEY}"]\n',
                 "typo": f'[lm]\napi_kye = "{KEY}"\n'}
        for name, text in files.items():
            self.give(f"{name}.toml", text)
            for words in (("config", "show"), ("doctor",)):
                status, _, _ = self.dspex(*words, "--config", f"{name}.toml")
                self.assertIn(status, (2, 3), name)
        for words in (("config", "show", f"lm.api_key={KEY}"),
                      ("config", "show", "--api-key", KEY),
                      ("config", "show", f"--api-key={KEY}"),
                      ("--config-sett", f"lm.api_key={KEY}", "config", "show"),
                      ("config", "show", "--config-set", f"lm.apikey={KEY}"),
                      ("config", "show", "--config-set", KEY),
                      ("execution", "list", "--limit", f"api_key={KEY}"),
                      ("doctor", f"postgresql://me:{KEY}@host/db")):
            status, _, err = self.dspex(*words)
            self.assertEqual(status, 2, err)
        self.assertEqual(self.dspex("config", "show",
                                    DSPEX_LM__APIKEY=KEY)[0], 2)
        self.assert_nothing_told()


if __name__ == "__main__":
    unittest.main()
