"""Broken files and stores end in one clear error."""

import sqlite3
import unittest

from workbench import PROGRAM, EndToEndTest

RUN = ("run", "p.toml", "--set", "question=a")


class BadInput(EndToEndTest):
    def setUp(self):
        super().setUp()
        self.write("p.toml", PROGRAM)

    def refused(self, *words):
        """Returns the error of a command that must exit with 1."""
        status, out, err = self.run_dspex(*words)
        self.assertEqual((status, out), (1, ""), err)
        return err

    def connect(self):
        connection = sqlite3.connect(self.folder / "dspex.db",
                                     isolation_level=None)
        self.addCleanup(connection.close)
        return connection

    def test_a_bad_signature_text_is_found_by_file_line_and_column(self):
        self.write("p.toml", 'module = "Test.Answer"\n\n'
                             'signature = "question: strr -> answer"\n')
        self.assertRegex(self.refused(*RUN),
                         r'\Adspex: invalid_signature: p\.toml:3:\d+: .*'
                         r'column 11: .*"strr".*\n\Z')
        self.assertFalse((self.folder / "dspex.db").exists())

    def test_broken_toml_is_found_by_file_line_and_column(self):
        self.write("p.toml", 'module = "Test.Answer"\nname = "x"\n'
                             'adapter == "mock"\n')
        self.assertRegex(self.refused(*RUN),
                         r"\Adspex: invalid_option: p\.toml:3:10: .+\n\Z")

    def test_broken_lines_cost_no_other_line(self):
        self.write("in.jsonl", '{"question": "a"}\n'
                               '{"question": "b"\n'
                               '[1]\n'
                               '{"question": "d", "more": 1}\n'
                               '\x00\x01\n'
                               '{"question": "f"}\n')
        status, _, err = self.run_dspex("run", "p.toml", "--input", "in.jsonl",
                                        "-o", "out.jsonl")
        self.assertEqual(status, 1)
        for line in (2, 3, 5):
            self.assertRegex(err,
                             rf"dspex: invalid_input: in\.jsonl:{line}:\d+: ")
        self.assertRegex(err, r"2 completed, 4 failed in [0-9.]+ s\n\Z")
        self.assertCountEqual(
            self.query("select json_extract(inputs, '$.question'), status, "
                       "error_code from all_executions"),
            [("a", "completed", None), ("d", "failed", "invalid_input"),
             ("f", "completed", None)])

    def test_unknown_modules_and_adapters_are_named(self):
        self.assertEqual(
            self.refused("program", "create", "--module", "Nope"),
            "dspex: unknown_module: Failed to create signature: "
            "Unknown signature module: Nope\n")
        self.assertEqual(self.refused(*RUN, "--adapter", "nope"),
                         "dspex: invalid_option: Unknown adapter: nope "
                         "(known: mock, native, python_port)\n")

    def test_a_file_that_is_no_database_is_left_as_it_is(self):
        text = "no database at all\n" * 300
        self.write("notes.txt", text)
        for words in (RUN, ("program", "list"), ("execution", "list"),
                      ("migrate", "up"), ("migrate", "status")):
            err = self.refused(*words, "--store", "sqlite:notes.txt")
            self.assertRegex(err, r"\Adspex: store_\w+: .*notes\.txt: "
                                  r"not a SQLite database\n\Z")
        self.assertEqual(self.read("notes.txt"), text)

    def test_a_store_that_is_locked_is_said_to_be_locked(self):
        self.succeed(*RUN)
        connection = self.connect()
        connection.execute("begin exclusive")
        err = self.refused(*RUN, "--config-set", "store.timeout_ms=300")
        self.assertRegex(err, r"\Adspex: store_unavailable: .*dspex\.db: "
                              r"locked by another process .*300 ms.*\n\Z")
        # Readers of a WAL file do not wait for its writer.
        self.assertIn("Test.Answer", self.succeed("program", "list", "-f",
                                                "jsonl"))
        connection.execute("rollback")
        self.succeed(*RUN)
        self.assertEqual(self.query("select count(*) from all_executions"),
                         [(2,)])

    def test_a_store_of_a_newer_version_is_refused(self):
        self.succeed(*RUN)
        connection = self.connect()
        connection.execute(
            "insert into schema_migrations select number + 9000, 'later', "
            "checksum, applied_at, applied_by, duration_us "
            "from schema_migrations limit 1")
        for words in (RUN, ("program", "list"), ("migrate", "up")):
            err = self.refused(*words)
            self.assertRegex(err, r"\Adspex: store_\w+: .*dspex\.db.*\n\Z")
            self.assertIn("newer", err)
        self.assertEqual(self.query("select count(*) from all_executions"),
                         [(1,)])

    def test_reading_makes_no_store(self):
        for words in (("program", "list"), ("execution", "list"),
                      ("program", "stats", "answers")):
            self.assertRegex(self.refused(*words),
                             r"\Adspex: not_found: .*dspex\.db: "
                             r"the file does not exist\n\Z")
        self.assertFalse((self.folder / "dspex.db").exists())


if __name__ == "__main__":
    unittest.main()
