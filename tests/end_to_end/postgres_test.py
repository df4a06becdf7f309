"""The program on a PostgreSQL database; see scripts/with-postgres."""

import json
import os
import unittest
import uuid
from pathlib import Path

from workbench import EndToEndTest, Started, json_lines

EXAMPLE = Path(os.environ["DSPEX_SOURCE_DIR"]) / "examples/support_triage"
SERVER = os.environ.get("DSPEX_TEST_POSTGRES")
if not SERVER and os.environ.get("DSPEX_REQUIRE_POSTGRES"):
    raise SystemExit("DSPEX_TEST_POSTGRES is not set")


@unittest.skipUnless(SERVER, "run it under scripts/with-postgres")
class Postgres(EndToEndTest):
    def setUp(self):
        super().setUp()
        self.name = "test_" + uuid.uuid4().hex
        self.psql(SERVER, f"create database {self.name}")
        self.addCleanup(self.psql, SERVER,
                        f"drop database {self.name} with (force)")
        self.url = SERVER.rsplit("/", 1)[0] + "/" + self.name

    def psql(self, url, sql):
        process = Started(self, ["psql", "-Atqc", sql, url])
        out, err = process.wait()
        self.assertEqual(process.status, 0, err)
        return out.strip()

    def test_example_runs_and_its_records_are_in_the_database(self):
        self.succeed("migrate", "up", "--store", self.url)
        tickets = json_lines((EXAMPLE / "tickets.jsonl").read_text("utf-8"))
        report = json.loads(self.succeed(
            "run", EXAMPLE / "program.toml", "--input",
            EXAMPLE / "tickets.jsonl", "-o", "out.jsonl", "-f", "json",
            "--config-set", "lm.base_url=sim:", "--store", self.url))
        self.assertEqual((report["succeeded"], report["failed"]),
                         (len(tickets), 0))
        self.assertEqual(
            self.psql(self.url, "select count(*), count(distinct id) "
                                "from executions where status = 'completed'"),
            f"{len(tickets)}|{len(tickets)}")
        self.assertEqual(
            self.psql(self.url, "select completed_count from programs"),
            str(len(tickets)))
        self.assertEqual(self.psql(self.url, "select count(*) from leases"),
                         "0")
        stats = json.loads(self.succeed(
            "program", "stats", "support-triage", "-f", "json", "--store",
            self.url))
        self.assertEqual(stats["total_executions"], len(tickets))
        listed = json_lines(self.succeed("execution", "list", "--all", "-f",
                                         "jsonl", "--store", self.url))
        self.assertEqual(len(listed), len(tickets))

    def test_schema_goes_up_and_down_and_is_verified(self):
        at = ("--store", self.url)
        up = self.succeed("migrate", "up", *at)
        self.assertIn("2 applied", up)
        self.assertIn("is what its migrations make",
                      self.succeed("migrate", "verify", *at))
        self.psql(self.url, "drop index executions_by_program")
        status, out, _ = self.run_dspex("migrate", "verify", *at)
        self.assertEqual(status, 1)
        self.assertIn("index executions_by_program", out)
        self.assertIn("2 would be taken back", self.succeed(
            "migrate", "down", "--to", "0", "--dry-run", *at))
        self.psql(self.url, "create index executions_by_program "
                            "on executions (program_id, id)")
        self.succeed("migrate", "down", "--to", "0", *at)
        self.assertEqual(self.psql(
            self.url, "select count(*) from pg_tables "
                      "where schemaname = 'public'"), "0")

    def test_doctor_says_what_is_wrong(self):
        def found(url):
            _, out, _ = self.run_dspex("doctor", "-f", "json", "--store", url)
            return out

        self.assertIn("dspex migrate up", found(self.url))
        self.succeed("migrate", "up", "--store", self.url)
        self.assertIn("can be read and written", found(self.url))
        away = found("postgresql://me:s3cret@127.0.0.1:1/none")
        self.assertIn("cannot connect", away)
        self.assertIn("See that the server runs", away)
        self.assertNotIn("s3cret", away)


if __name__ == "__main__":
    unittest.main()
