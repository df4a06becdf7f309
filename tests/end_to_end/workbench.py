"""What the end-to-end tests share: a folder, the binary, and its store."""

import json
import os
import signal
import sqlite3
import subprocess
import tempfile
import threading
import unittest
from pathlib import Path

BINARY = os.environ["DSPEX_BINARY"]
LONG = bool(os.environ.get("DSPEX_LONG"))
# Seconds after which a process that should have ended is killed.
DEADLINE = 100

PROGRAM = """module = "Test.Answer"
name = "answers"
adapter = "mock"
signature = "question: str -> answer: str"
"""


def needs_dspy(test):
    """The interpreter of the virtual environment; skips the test without one,
    or fails it when it must run."""
    python = (Path(os.environ["DSPEX_SOURCE_DIR"]) / "build/python/bin/python")
    if not python.exists():
        why = "build/python is not there: scripts/setup makes it, with PyPI"
        if os.environ.get("DSPEX_REQUIRE_DSPY"):
            test.fail(why)
        test.skipTest(why)
    return python


def json_lines(text):
    return [json.loads(line) for line in text.splitlines()]


class Started:
    """A process that is killed at its deadline or at the end of the test."""

    def __init__(self, test, command, deadline=DEADLINE, **options):
        options = {"stdin": subprocess.DEVNULL, "stdout": subprocess.PIPE,
                   "stderr": subprocess.PIPE, "cwd": test.folder} | options
        self.process = subprocess.Popen([str(x) for x in command], **options)
        self._timer = threading.Timer(deadline, self.process.kill)
        self._timer.daemon = True
        self._timer.start()
        test.addCleanup(self._end)

    def read_line(self):
        return self.process.stdout.readline()

    def kill(self):
        self.process.kill()
        return self.wait()

    def wait(self):
        """Returns what it printed and was not yet read, as text."""
        out, err = self.process.communicate()
        self._timer.cancel()
        return (out or b"").decode(), (err or b"").decode()

    def ends_within(self, seconds):
        try:
            self.process.wait(seconds)
        except subprocess.TimeoutExpired:
            return False
        return True

    def stop(self):
        self.process.send_signal(signal.SIGTERM)
        return self.wait()

    @property
    def status(self):
        return self.process.returncode

    def _end(self):
        self._timer.cancel()
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        for pipe in (self.process.stdout, self.process.stderr):
            if pipe:
                pipe.close()


class EndToEndTest(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory(prefix="dspex-test-")
        self.addCleanup(folder.cleanup)
        self.folder = Path(folder.name)

    def write(self, name, text):
        path = self.folder / name
        path.write_text(text, encoding="utf-8")
        return path

    def read(self, name):
        return (self.folder / name).read_text(encoding="utf-8")

    def write_records(self, name, field, values):
        with open(self.folder / name, "w", encoding="utf-8") as out:
            for value in values:
                out.write(json.dumps({field: value}) + "\n")

    def start(self, *words, **options):
        return Started(self, [BINARY, *words], **options)

    def run_dspex(self, *words, **options):
        """Runs to the end; returns exit status, stdout and stderr."""
        started = self.start(*words, **options)
        out, err = started.wait()
        return started.status, out, err

    def succeed(self, *words, **options):
        """Returns the stdout of a command that must exit with 0."""
        status, out, err = self.run_dspex(*words, **options)
        self.assertEqual(status, 0, err)
        return out

    def query(self, sql, *values, store="dspex.db"):
        """Reads the store without leaving a trace in it."""
        connection = sqlite3.connect(f"file:{self.folder / store}?mode=ro",
                                     uri=True, timeout=30)
        try:
            return connection.execute(sql, values).fetchall()
        finally:
            connection.close()

    def wait_for_live_rows(self, started, count=1):
        """Waits until executions of a running process are in the store."""
        for _ in range(20 * DEADLINE):
            if started.ends_within(0.05):
                break
            if not (self.folder / "dspex.db").exists():
                continue
            try:
                rows = self.query("select count(*) from live_executions")
            except sqlite3.OperationalError:
                continue
            if rows[0][0] >= count:
                return
        self.fail("no execution was seen running")
