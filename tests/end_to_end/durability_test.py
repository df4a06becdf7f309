"""Under durability `sync` a line is written after its record is on disk."""

import json
import os
import re
import subprocess
import unittest

from workbench import BINARY, PROGRAM, EndToEndTest, Started

RECORDS = 30
CALLS = "fdatasync,fsync,write,pwrite64"
# One line of strace -f -y: a call, its start, or its end.
WHOLE = re.compile(r"^(\d+) +(\w+)\((\d+)<([^>]*)>(.*)\) += (-?\d+)")
BEGUN = re.compile(r"^(\d+) +(\w+)\((\d+)<([^>]*)>(.*) <unfinished \.\.\.>$")
ENDED = re.compile(r"^(\d+) +<\.\.\. (\w+) resumed>.*\) += (-?\d+)")


def read_trace(lines):
    """Yields (`begin` or `end`, call, path, arguments) in order of time."""
    open_calls = {}
    for line in lines:
        if found := WHOLE.match(line):
            call = found.group(2, 4, 5)
            yield "begin", *call
            if int(found[6]) >= 0:
                yield "end", *call
        elif found := BEGUN.match(line):
            open_calls[found[1]] = found.group(2, 4, 5)
            yield "begin", *open_calls[found[1]]
        elif found := ENDED.match(line):
            call = open_calls.pop(found[1], None)
            if call and int(found[3]) >= 0:
                yield "end", *call


class Durability(EndToEndTest):
    def trace(self):
        environment = dict(os.environ)
        # The leak check cannot work in a traced process.
        environment["ASAN_OPTIONS"] = "detect_leaks=0"
        command = ["strace", "-f", "-y", "-s", 10_000, "-o", "trace", "-e",
                   f"trace={CALLS}", BINARY, "run", "p.toml", "--input",
                   "in.jsonl", "-o", "out.jsonl", "--concurrency", 1]
        try:
            run = Started(self, command, env=environment)
        except FileNotFoundError:
            self.fail("strace is not installed; scripts/setup does it")
        err = run.wait()[1]
        if run.status != 0 and "ptrace" in err and "not permitted" in err:
            self.skipTest(f"ptrace is forbidden here: {err.strip()}")
        self.assertEqual(run.status, 0, err)
        return read_trace(self.read("trace").splitlines())

    def test_a_line_is_written_after_the_sync_of_its_record(self):
        self.write("p.toml", PROGRAM)
        keys = [f"key-{i:04}-end" for i in range(RECORDS)]
        self.write_records("in.jsonl", "question", keys)
        logged, synced, told = set(), set(), []
        for moment, call, path, arguments in self.trace():
            if path.endswith("dspex.db-wal"):
                if call == "pwrite64" and moment == "end":
                    logged.update(re.findall(r"key-\d{4}-end", arguments))
                elif call in ("fdatasync", "fsync"):
                    # Counts what was in the log when the sync began.
                    if moment == "begin":
                        pending = set(logged)
                    else:
                        synced |= pending
            elif path.endswith("out.jsonl") and moment == "begin":
                self.assertEqual(call, "write")
                key = re.search(r"key-\d{4}-end", arguments)[0]
                self.assertIn(key, synced, "told before it was on disk")
                told.append(key)
        self.assertEqual(told, keys)

    def test_each_line_of_a_sequence_has_a_sync_of_its_own(self):
        self.write("p.toml", PROGRAM)
        self.write_records("in.jsonl", "question", map(str, range(RECORDS)))
        syncs = 0
        lines = 0
        for moment, call, path, _ in self.trace():
            if path.endswith("dspex.db-wal") and moment == "end":
                syncs += call in ("fdatasync", "fsync")
            elif path.endswith("out.jsonl") and moment == "begin":
                self.assertGreater(syncs, 0)
                syncs = 0
                lines += 1
        self.assertEqual(lines, RECORDS)


if __name__ == "__main__":
    unittest.main()
