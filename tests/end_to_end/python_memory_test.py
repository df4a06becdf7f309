"""Programs on DSPy under mixed load: the memory of the node and of its workers
does not grow. Half an hour with DSPEX_LONG, else some seconds."""

import json
import os
import statistics
import subprocess
import sys
import time
import unittest
from pathlib import Path

from workbench import LONG, EndToEndTest, needs_dspy

PROGRAM = """module = "Test.Mixed"
name = "mixed"
adapter = "python_port"
signature = "question: str -> answer: str, sure: bool, tags: list[str]"

[configuration]
modules = "ChainOfThought"
max_concurrency = 8
"""

SECONDS = 1800 if LONG else 8
# Inputs until the caches of Python and of the store are full, for the most part.
WARM_UP = 500


def resident_kb(pid):
    try:
        for line in Path(f"/proc/{pid}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1])
    except (FileNotFoundError, ProcessLookupError):
        pass
    return 0


def children(pid):
    lists = Path(f"/proc/{pid}/task").glob("*/children")
    return [int(x) for path in lists for x in path.read_text().split()]


def mixed_line(number):
    if number % 10 == 6:
        return '{"question": "[[sim:status=400]]"}'
    if number % 10 == 7:
        return '{"question": 5}'
    if number % 10 == 8:
        return '{"question": '
    text = f"number {number} \U0001f600"
    if number % 10 == 9:
        text += " long" * 4000
    return json.dumps({"question": text})


class PythonMemory(EndToEndTest):
    def test_it_is_flat(self):
        python = needs_dspy(self)
        self.write("p.toml", PROGRAM)
        environment = os.environ | {
            "DSPEX_PYTHON_PORT__PYTHON": str(python),
            "DSPEX_PYTHON_PORT__WORKERS": "2", "HOME": str(self.folder),
            # Freed memory that AddressSanitizer holds back would hide the rest.
            "ASAN_OPTIONS": "quarantine_size_mb=1"}
        inputs = self.folder / "in.jsonl"
        os.mkfifo(inputs)
        with open(self.folder / "log", "w", encoding="utf-8") as log:
            node = self.start("run", "p.toml", "--input", inputs, "-o",
                              "/dev/null", "--config-set", "lm.base_url=sim:",
                              stdout=subprocess.DEVNULL, stderr=log,
                              env=environment, deadline=SECONDS + 100)
        try:
            samples = self.feed(node, inputs)
        except BrokenPipeError:
            self.fail(f"the node ended: {self.read('log')[-2000:]}")
        node.wait()
        answered = self.query("select count(*) from executions where status "
                              "= 'completed'")[0][0]
        for name, values in samples.items():
            fifth = len(values) // 5
            start, middle, end = (
                statistics.median(values[i * fifth:(i + 1) * fifth])
                for i in (0, 2, 4))
            print(f"{name}: {start:.0f} kB, {middle:.0f} kB in the middle, "
                  f"{end:.0f} kB at the end, after {answered} runs",
                  file=sys.stderr)
            self.assertLess(end, 1.1 * middle + 10_000)
        self.assertGreater(answered, 100)

    def feed(self, node, inputs):
        """Keeps the node busy; returns what it and its workers used."""
        samples = {}
        number = 0
        began = next_sample = None
        with self.open_for(node, inputs) as out:
            # Some answers first: before them the workers have yet to start.
            while began is None or time.monotonic() < began + SECONDS:
                # A full pipe holds this up, as it should.
                out.write(mixed_line(number) + "\n")
                number += 1
                if number % 50 == 0:
                    out.flush()
                now = time.monotonic()
                if began is None and number >= WARM_UP:
                    began = next_sample = now
                if began is not None and now >= next_sample:
                    next_sample += SECONDS / 50
                    self.sample(node.process.pid, samples)
        return samples

    def open_for(self, node, inputs):
        """Opens the pipe when the node reads it; fails if it never does."""
        while not node.ends_within(0.05):
            try:
                descriptor = os.open(inputs, os.O_WRONLY | os.O_NONBLOCK)
            except OSError:
                continue
            os.set_blocking(descriptor, True)
            return open(descriptor, "w", encoding="utf-8")
        raise BrokenPipeError

    def sample(self, pid, samples):
        samples.setdefault("node", []).append(resident_kb(pid))
        for worker in children(pid):
            samples.setdefault(f"worker {worker}", []).append(
                resident_kb(worker))


if __name__ == "__main__":
    unittest.main()
