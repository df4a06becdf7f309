"""`dspex doctor`: what it finds, what it advises, and how it ends."""

import http.server
import json
import os
import re
import socket
import sqlite3
import threading
import unittest

from workbench import PROGRAM, EndToEndTest, json_lines, needs_dspy

SIM = ("--config-set", "lm.base_url=sim:")


class Gatekeeper(http.server.BaseHTTPRequestHandler):
    """Lists its models to who has the key."""

    def do_GET(self):
        self.server.paths.append(self.path)
        if self.headers["Authorization"] == "Bearer right-key":
            self.answer(self.server.status,
                        {"data": [{"id": "small"}, {"id": "large"}]})
        else:
            self.answer(401, {"error": {"message": "Who are you?"}})

    def answer(self, status, body):
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, *_):
        pass


class Doctor(EndToEndTest):
    def examine(self, *words, **environment):
        """Returns the exit status and the findings by part."""
        clean = {k: v for k, v in os.environ.items()
                 if not re.match("DSPEX_|OPENAI_|DATABASE_URL", k)}
        # Has no DSPy, and so says quickly that it has none.
        clean["DSPEX_PYTHON_PORT__PYTHON"] = "/usr/bin/python3"
        status, out, err = self.run_dspex("doctor", "-f", "json", *words,
                                          env=clean | environment)
        self.assertEqual(err, "")
        report = json.loads(out)
        self.assertEqual(report["healthy"], status == 0)
        return status, {x["part"]: x for x in report["findings"]}

    def assert_problem(self, found, part, message, advice):
        self.assertEqual(found[part]["status"], "problem", found[part])
        self.assertIn(message, found[part]["message"])
        self.assertIn(advice, found[part]["advice"])

    def make_store(self):
        self.succeed("migrate", "up")

    def start_server(self, status=200):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Gatekeeper)
        server.paths = []
        server.status = status
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        self.addCleanup(server.server_close)
        self.addCleanup(thread.join)
        self.addCleanup(server.shutdown)
        return server, f"http://127.0.0.1:{server.server_port}/v1"

    def test_a_whole_installation_is_healthy(self):
        self.make_store()
        status, found = self.examine(*SIM)
        self.assertEqual(status, 0, found)
        self.assertEqual(
            {part: x["status"] for part, x in found.items()},
            {"configuration": "ok", "schema": "ok", "store": "ok",
             "nodes": "info", "disk": "ok", "adapters": "ok", "model": "info",
             "python": "info"})
        self.assertIsNone(found["store"]["advice"])
        self.assertIn("simulated", found["model"]["message"])

    def test_the_formats_say_the_same(self):
        self.make_store()
        lines = json_lines(self.succeed("doctor", "-f", "jsonl", *SIM))
        _, found = self.examine(*SIM)
        self.assertEqual([x["part"] for x in lines], list(found))
        table = self.succeed("doctor", *SIM).splitlines()
        self.assertEqual(len(table), 1 + len(lines))
        for line, x in zip(table[1:], lines):
            self.assertRegex(line, rf"^{x['part']} +{x['status']} +\S")

    def test_a_table_ends_with_what_to_do(self):
        status, out, _ = self.run_dspex("doctor", *SIM)
        self.assertEqual(status, 3)
        self.assertIn("\nWhat to do:\n  store: Run `dspex migrate up`", out)

    def test_a_missing_store_is_not_made(self):
        status, found = self.examine(*SIM)
        self.assertEqual(status, 3)
        self.assert_problem(found, "store", "dspex.db: the file does not exist",
                            "dspex migrate up")
        self.assertFalse((self.folder / "dspex.db").exists())
        status, found = self.examine("--store", "sqlite:no/where.db", *SIM)
        self.assertEqual(status, 3)
        self.assert_problem(found, "store", "does not exist", "store.url")

    def test_what_is_no_store_is_named(self):
        self.write("dspex.db", "Dear diary, " * 1000)
        status, found = self.examine(*SIM)
        self.assertEqual(status, 3)
        self.assert_problem(found, "store", "dspex.db: ", "store.url")
        self.write("empty.db", "")
        status, found = self.examine("--store", "sqlite:empty.db", *SIM)
        self.assertEqual(status, 3)
        self.assert_problem(found, "schema", "0 of ", "dspex migrate up")
        sqlite3.connect(self.folder / "other.db").executescript(
            "create table mine (x)")
        status, found = self.examine("--store", "sqlite:other.db", *SIM)
        self.assertEqual(status, 3)
        self.assert_problem(found, "store", "not of dspex", "store.url")
        status, found = self.examine("--store", "mysql://me:pw@host/db", *SIM)
        self.assertEqual(status, 3)
        self.assert_problem(found, "store", "is not supported", "sqlite:FILE")
        self.assertNotIn("pw", found["store"]["message"])

    def test_a_newer_schema_wants_a_newer_dspex(self):
        self.make_store()
        with sqlite3.connect(self.folder / "dspex.db") as store:
            store.execute("insert into schema_migrations select 999, 'later', "
                          "checksum, applied_at, applied_by, duration_us "
                          "from schema_migrations where number = 1")
        store.close()
        status, found = self.examine(*SIM)
        self.assertEqual(status, 3)
        self.assert_problem(found, "store", "schema 999 is newer",
                            "Use a dspex that knows this store")

    def test_a_locked_store_cannot_be_written(self):
        self.make_store()
        other = sqlite3.connect(self.folder / "dspex.db")
        self.addCleanup(other.close)
        other.execute("begin immediate")
        status, found = self.examine("--config-set", "store.timeout_ms=50",
                                     *SIM)
        self.assertEqual(status, 3)
        self.assert_problem(found, "store", "cannot be written", "locked")

    def test_a_running_node_is_seen_and_not_disturbed(self):
        self.write("p.toml", PROGRAM)
        busy = self.start("run", "p.toml", "--set", "question=a",
                          "--config-set", "mock.latency_ms=60000",
                          "--config-set", "tracker.live_after_ms=0")
        self.wait_for_live_rows(busy)
        status, found = self.examine(*SIM)
        self.assertEqual(status, 0, found)
        self.assertIn("1 other node has it open", found["nodes"]["message"])
        busy.kill()
        status, found = self.examine(*SIM)
        self.assertEqual(status, 0, found)
        self.assertIn("1 node ended without closing it",
                      found["nodes"]["message"])
        # The doctor swept nothing.
        self.assertEqual(self.query("select count(*) from live_executions"),
                         [(1,)])

    def test_a_server_that_is_not_there_is_a_problem(self):
        self.make_store()
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
            url = f"http://127.0.0.1:{port}/v1"
            status, found = self.examine("--config-set", f"lm.base_url={url}")
            self.assertEqual(status, 3)
            self.assert_problem(found, "model", f"{url} cannot be asked",
                                "OPENAI_BASE_URL")
            # For a node without models this is a notice, and no failure.
            status, found = self.examine("--config-set", f"lm.base_url={url}",
                                         "--config-set",
                                         "adapters.default=mock")
            self.assertEqual(status, 0, found)
            self.assertEqual(found["model"]["status"], "warning")

    def test_a_refused_key_is_a_problem(self):
        self.make_store()
        server, url = self.start_server()
        status, found = self.examine(OPENAI_BASE_URL=url)
        self.assertEqual(status, 3)
        self.assert_problem(found, "model", "401", "the server wants a key")
        status, found = self.examine(OPENAI_BASE_URL=url,
                                     OPENAI_API_KEY="wrong-key")
        self.assertEqual(status, 3)
        self.assert_problem(found, "model", "Who are you?",
                            "a key that the server accepts")
        self.assertNotIn("wrong-key", json.dumps(found))
        self.assertEqual(set(server.paths), {"/v1/models"})

    def test_a_key_that_is_accepted_is_fine(self):
        self.make_store()
        _, url = self.start_server()
        environment = {"OPENAI_BASE_URL": url, "OPENAI_API_KEY": "right-key"}
        status, found = self.examine("--config-set", "lm.model=openai/small",
                                     **environment)
        self.assertEqual((status, found["model"]["status"]), (0, "ok"))
        status, found = self.examine("--config-set", "lm.model=openai/smal",
                                     **environment)
        self.assertEqual((status, found["model"]["status"]), (0, "warning"))
        self.assertIn("does not list the model smal",
                      found["model"]["message"])

    def test_what_servers_answer_is_judged(self):
        self.make_store()
        for code, status, health in ((404, 0, "warning"), (429, 0, "warning"),
                                     (400, 3, "problem"), (302, 3, "problem"),
                                     (503, 3, "problem")):
            _, url = self.start_server(code)
            got, found = self.examine(OPENAI_BASE_URL=url,
                                      OPENAI_API_KEY="right-key")
            self.assertEqual((got, found["model"]["status"]), (status, health),
                             found["model"])
            self.assertTrue(found["model"]["advice"])

    def test_a_server_that_hangs_has_a_deadline(self):
        self.make_store()
        with socket.socket() as deaf:
            deaf.bind(("127.0.0.1", 0))
            deaf.listen()
            url = f"http://127.0.0.1:{deaf.getsockname()[1]}/v1"
            status, found = self.examine(OPENAI_BASE_URL=url)
        self.assertEqual(status, 3)
        self.assert_problem(found, "model", "no response before the deadline",
                            "network")

    def test_all_mistakes_of_a_configuration_are_found(self):
        self.write("c.toml", "[lm]\nmodle = 'x'\n[store]\npool_size = 0\n")
        status, out, _ = self.run_dspex("doctor", "-f", "jsonl", "--config",
                                        "c.toml")
        self.assertEqual(status, 3)
        self.assertEqual(
            [x["message"] for x in json_lines(out)],
            ["c.toml:2:1: lm.modle: unknown key; did you mean lm.model?",
             "c.toml:4:1: store.pool_size: must be an integer from 1 to "
             "1000, got 0"])

    def test_a_python_without_dspy_is_information_unless_it_is_needed(self):
        self.make_store()
        status, found = self.examine(*SIM)
        self.assertEqual(status, 0)
        self.assertIn("No module named 'dspy'", found["python"]["message"])
        status, found = self.examine(
            *SIM, "--config-set", "adapters.default=python_port")
        self.assertEqual(status, 3)
        self.assert_problem(found, "python", "No module named 'dspy'",
                            "pip install")

    def test_a_python_with_dspy_makes_a_program(self):
        python = needs_dspy(self)
        self.make_store()
        status, found = self.examine(
            *SIM, "--config-set", f"python_port.python={python}")
        self.assertEqual(status, 0)
        self.assertRegex(found["python"]["message"],
                         r"^Python 3\.\d+\.\d+ with DSPy 3\.3\.1 makes a "
                         r"program in \d+ ms$")


if __name__ == "__main__":
    unittest.main()
