"""Several processes work on one SQLite file."""

import json
import unittest

from workbench import PROGRAM, EndToEndTest, json_lines

PROCESSES = 16


class Processes(EndToEndTest):
    def race(self, commands):
        """Starts all at once; returns status, stdout and stderr of each."""
        started = [self.start(*words) for words in commands]
        ends = [x.wait() for x in started]
        return [(x.status, *end) for x, end in zip(started, ends)]

    def test_of_many_that_activate_a_signature_one_wins(self):
        made = json.loads(self.succeed(
            "signature", "create", "--module", "Test.Answer", "--signature",
            "a -> b", "-f", "json"))
        ends = self.race([("signature", "activate", made["id"])] * PROCESSES)
        self.assertEqual(sorted(x[0] for x in ends),
                         [0] + [1] * (PROCESSES - 1))
        for status, _, err in ends:
            if status == 1:
                self.assertEqual(err, "dspex: invalid_transition: Only draft "
                                      "signatures can be activated\n")
        self.assertEqual(self.query("select status from signatures"),
                         [("active",)])

    def test_all_that_open_a_new_store_at_once_succeed(self):
        ends = self.race(
            ("signature", "create", "--module", f"Test.M{i}", "--signature",
             "a -> b") for i in range(PROCESSES))
        self.assertEqual([x[0] for x in ends], [0] * PROCESSES,
                         [x[2] for x in ends])
        ends = self.race(
            ("program", "create", "--module", f"Test.M{i}", "--adapter",
             "mock") for i in range(PROCESSES))
        self.assertEqual([x[0] for x in ends], [0] * PROCESSES,
                         [x[2] for x in ends])
        names = {f"Test.M{i}" for i in range(PROCESSES)}
        self.assertEqual({x[0] for x in self.query(
            "select module from signatures")}, names)
        self.assertEqual({x[0] for x in self.query(
            "select name from programs")}, names)

    def test_runs_of_one_file_on_a_new_store_at_once_share_a_program(self):
        self.write("p.toml", PROGRAM)
        ends = self.race([("run", "p.toml", "--set", f"question={i}")
                          for i in range(PROCESSES)])
        self.assertEqual([x[0] for x in ends], [0] * PROCESSES,
                         [x[2] for x in ends])
        rows = self.query("select json_extract(inputs, '$.question'), status "
                          "from all_executions")
        self.assertCountEqual(rows, [(str(i), "completed")
                                     for i in range(PROCESSES)])
        self.assertEqual(self.query("select name, completed_count from "
                                    "programs"), [("answers", PROCESSES)])

    def test_others_close_nothing_of_a_run(self):
        self.write("p.toml", PROGRAM)
        self.write("other.toml", PROGRAM.replace("Answer", "Other")
                   .replace("answers", "others"))
        self.write_records("in.jsonl", "question", map(str, range(8)))
        run = self.start("run", "p.toml", "--input", "in.jsonl",
                         "--concurrency", 4, "--config-set",
                         "mock.latency_ms=4000")
        self.wait_for_live_rows(run, 4)
        ends = self.race([
            ("program", "list"),
            ("execution", "list"),
            ("run", "other.toml", "--set", "question=a"),
            ("signature", "create", "--module", "Test.Third", "--signature",
             "a -> b"),
        ])
        self.assertEqual([x[0] for x in ends], [0] * 4, [x[2] for x in ends])
        self.assertIn("running", ends[1][1])
        self.assertFalse(run.ends_within(0), "it ended before the others did")
        out, err = run.wait()
        self.assertEqual(run.status, 0, err)
        self.assertEqual([x["status"] for x in json_lines(out)],
                         ["completed"] * 8)
        self.assertEqual(self.query("select status, count(*) "
                                    "from all_executions group by status"),
                         [("completed", 9)])


if __name__ == "__main__":
    unittest.main()
