"""The support triage example, with the simulated model."""

import json
import os
import unittest
from pathlib import Path

from workbench import EndToEndTest, json_lines

EXAMPLE = Path(os.environ["DSPEX_SOURCE_DIR"]) / "examples/support_triage"


class Example(EndToEndTest):
    def test_results_statistics_and_store_agree(self):
        tickets = json_lines((EXAMPLE / "tickets.jsonl").read_text("utf-8"))
        self.assertGreaterEqual(len(tickets), 40)
        report = json.loads(self.succeed(
            "run", EXAMPLE / "program.toml", "--input",
            EXAMPLE / "tickets.jsonl", "-o", "out.jsonl", "-f", "json",
            "--config-set", "lm.base_url=sim:"))
        self.assertEqual((report["records"], report["succeeded"],
                          report["failed"]), (len(tickets), len(tickets), 0))
        lines = json_lines(self.read("out.jsonl"))
        self.assertCountEqual([x["inputs"] for x in lines], tickets)
        stored = {x["id"]: x for x in json_lines(
            self.succeed("execution", "list", "--all", "-f", "jsonl"))}
        self.assertEqual(len(stored), len(tickets))
        for line in lines:
            record = stored.pop(line["execution_id"])
            self.assertEqual(record["program_id"], report["program_id"])
            self.assertEqual(record["error_code"], None)
            for key in ("status", "inputs", "outputs", "duration_ms"):
                self.assertEqual(line[key], record[key])
        stats = json.loads(self.succeed("program", "stats", "support-triage",
                                        "-f", "json"))
        # `program stats` says what the program is as well.
        self.assertLessEqual(report["statistics"].items(), stats.items())
        self.assertEqual(stats["total_executions"], len(tickets))
        self.assertEqual(stats["successful_executions"], len(tickets))
        self.assertEqual(stats["failed_executions"], 0)
        self.assertEqual(stats["success_rate"], 1)
        self.assertEqual(stats["in_progress"], 0)
        mean = sum(x["duration_ms"] for x in lines) / len(lines)
        self.assertAlmostEqual(stats["average_duration_ms"], mean, places=3)


if __name__ == "__main__":
    unittest.main()
