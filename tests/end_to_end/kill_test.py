"""`dspex run` is killed at random moments, on one and the same store."""

import json
import os
import random
import sqlite3
import subprocess
import unittest

from workbench import LONG, PROGRAM, EndToEndTest

ROUNDS = 200 if LONG else 20
RECORDS = 3000
SEED = int(os.environ.get("DSPEX_SEED", "1"))


class Kill(EndToEndTest):
    def begin(self, number, latency_ms, *words, **options):
        name = f"in-{number}.jsonl"
        self.write_records(name, "question",
                           (f"{number}-{i}" for i in range(RECORDS)))
        return self.start("run", "p.toml", "--input", name, "--concurrency",
                          64, "--config-set", f"mock.latency_ms={latency_ms}",
                          *words, stderr=subprocess.DEVNULL, **options)

    def kill_after_some_lines(self, number):
        run = self.begin(number, self.random.choice((0, 1, 5)))
        wanted = self.random.randrange(1, RECORDS // 2)
        text = b"".join(run.read_line() for _ in range(wanted)).decode()
        self.assertEqual(text.count("\n"), wanted)
        return text + run.kill()[0]

    def kill_at_some_moment(self, number):
        name = f"out-{number}.jsonl"
        run = self.begin(number, self.random.choice((1, 20)), "-o", name)
        run.ends_within(self.random.uniform(0, 0.8))
        run.kill()
        path = self.folder / name
        return self.read(name) if path.exists() else ""

    def kill_with_rows_in_flight(self, number):
        run = self.begin(number, 600_000)
        self.wait_for_live_rows(run)
        return run.kill()[0]

    def check_lines(self, text):
        for line in text[:text.rfind("\n") + 1].splitlines():
            written = json.loads(line)
            key = bytes.fromhex(written["execution_id"].replace("-", ""))
            rows = self.query_open(
                "select status, json_extract(inputs, '$.question') "
                "from all_executions where id = ?", key)
            self.assertEqual(
                rows, [(written["status"], written["inputs"]["question"])])
            self.lines += 1

    def check_store(self):
        query = self.query_open
        self.assertEqual(query("select count(*) from live_executions"), [(0,)])
        self.assertEqual(query("select count(*) from all_executions "
                               "where status in ('pending', 'running')"),
                         [(0,)])
        self.assertEqual(
            query("select name from programs where status = 'initializing'"),
            [])
        self.assertEqual(query("select inputs from executions group by inputs "
                               "having count(*) > 1"), [])
        self.assertEqual(query("select distinct status, error_code "
                               "from executions where status = 'failed' "
                               "and error_code is not 'interrupted'"), [])
        self.assertEqual(
            query("select p.name from programs p where "
                  "(p.completed_count, p.failed_count, p.duration_us_sum) is "
                  "not (select count(*) filter (where status = 'completed'), "
                  "count(*) filter (where status = 'failed'), "
                  "coalesce(sum(duration_us), 0) from executions e "
                  "where e.program_id = p.id)"), [])

    def query_open(self, sql, *values):
        return self.connection.execute(sql, values).fetchall()

    def test_loses_nothing_that_was_written_and_leaves_nothing_open(self):
        self.random = random.Random(SEED)
        self.lines = 0
        self.write("p.toml", PROGRAM)
        ways = (self.kill_after_some_lines, self.kill_at_some_moment,
                self.kill_after_some_lines, self.kill_at_some_moment,
                self.kill_with_rows_in_flight)
        for number in range(ROUNDS):
            with self.subTest(round=number, seed=SEED):
                text = ways[number % len(ways)](number)
                # Any start that may write sweeps what a dead process left.
                self.succeed("signature", "create", "--module", "Test.Touch",
                             "--signature", "a -> b")
                self.connection = sqlite3.connect(
                    f"file:{self.folder / 'dspex.db'}?mode=ro", uri=True)
                try:
                    self.check_lines(text)
                    self.check_store()
                finally:
                    self.connection.close()
        self.assertGreater(self.lines, ROUNDS)
        self.assertGreaterEqual(
            self.query("select count(*) from executions "
                       "where error_code = 'interrupted'")[0][0],
            ROUNDS // len(ways))
        self.assertEqual(self.query("pragma integrity_check"), [("ok",)])


if __name__ == "__main__":
    unittest.main()
