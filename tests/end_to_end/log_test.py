"""What goes to stderr as a log, in both formats."""

import http.server
import json
import re
import threading
import unittest

from workbench import PROGRAM, EndToEndTest, json_lines


class Babbler(http.server.BaseHTTPRequestHandler):
    """Refuses with words that are hard to print."""

    WORDS = b'"quoted" \\ back\nline \x1b[31m \xff\xc3( end'

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(400)
        self.send_header("Content-Length", str(len(self.WORDS)))
        self.end_headers()
        self.wfile.write(self.WORDS)

    def log_message(self, *_):
        pass


class Log(EndToEndTest):
    def run_logged(self, *words, level, form):
        status, out, err = self.run_dspex(
            *words, "--config-set", f"log.level={level}", "--config-set",
            f"log.format={form}")
        # The command speaks for itself, too: its notices are no log.
        lines = [x for x in err.splitlines() if not x.startswith("dspex: ")
                 and not re.match(r"\d+ completed", x)]
        return status, lines

    def test_json_is_one_object_a_line_with_its_fields(self):
        self.write("p.toml", PROGRAM)
        status, lines = self.run_logged("run", "p.toml", "--set", "question=a",
                                        level="debug", form="json")
        self.assertEqual(status, 0)
        events = json_lines("\n".join(lines))
        for x in events:
            self.assertRegex(x["time"],
                             r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$")
            self.assertIn(x["level"], ("debug", "info"))
            self.assertTrue(x["logger"].startswith("dspex"))
            self.assertTrue(x["message"])
        by_message = {x["message"]: x for x in events}
        started = by_message["started"]
        self.assertEqual(started["logger"], "dspex.runtime")
        self.assertEqual(started["store"], "sqlite:dspex.db")
        ended = by_message["execution ended"]
        self.assertEqual(ended["logger"], "dspex.program")
        self.assertEqual(ended["status"], "completed")
        self.assertGreaterEqual(ended["duration_ms"], 0)
        key = bytes.fromhex(ended["execution"].replace("-", ""))
        self.assertEqual(self.query("select status from executions "
                                    "where id = ?", key), [("completed",)])
        self.assertIn("stopped", by_message)

    def test_text_is_one_line_an_event(self):
        self.write("p.toml", PROGRAM)
        status, lines = self.run_logged("run", "p.toml", "--set", "question=a",
                                        level="debug", form="text")
        self.assertEqual(status, 0)
        for line in lines:
            self.assertRegex(line, r"^\[[0-9 :.-]+\] \[dspex\] \[\w+\] \w+")
        self.assertTrue(any("program: execution ended execution=" in x
                            for x in lines), lines)

    def test_hard_words_stay_on_their_line(self):
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Babbler)
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        self.addCleanup(server.server_close)
        self.addCleanup(thread.join)
        self.addCleanup(server.shutdown)
        self.write("p.toml", PROGRAM.replace("mock", "native"))
        words = ("run", "p.toml", "--set", "question=a", "--config-set",
                 "lm.base_url=http://127.0.0.1:%d/v1" % server.server_port)
        status, lines = self.run_logged(*words, level="trace", form="json")
        self.assertEqual(status, 1)
        messages = [x.get("error_message") for x in
                    json_lines("\n".join(lines))]
        said = [x for x in messages if x]
        self.assertEqual(len(said), 1)
        self.assertIn('"quoted" \\ back line ', said[0])
        self.assertIn("\ufffd\ufffd( end", said[0])
        # And the record has them.
        self.assertEqual(self.query("select error_message from executions"),
                         [(said[0],)])
        status, lines = self.run_logged(*words, level="trace", form="text")
        for line in lines:
            self.assertRegex(line, r"^\[[0-9 :.-]+\] \[dspex\] ")
            self.assertNotIn("\x1b", line)

    def test_a_command_that_works_logs_nothing(self):
        self.write("p.toml", PROGRAM)
        status, lines = self.run_logged("run", "p.toml", "--set", "question=a",
                                        level="warn", form="json")
        self.assertEqual((status, lines), (0, []))

    def test_an_unknown_format_is_refused(self):
        status, _, err = self.run_dspex("config", "show", "--config-set",
                                        "log.format=xml")
        self.assertEqual(status, 2)
        self.assertIn('log.format: must be one of text, json, got "xml"', err)


if __name__ == "__main__":
    unittest.main()
