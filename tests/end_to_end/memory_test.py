"""The memory of `dspex run` does not depend on how many records it runs."""

import mmap
import os
import subprocess
import sys
import time
import unittest

from workbench import BINARY, LONG, PROGRAM, EndToEndTest


def is_sanitized():
    with open(BINARY, "rb") as file, \
            mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as text:
        return text.find(b"__asan_init") >= 0


class Memory(EndToEndTest):
    def peak(self, records):
        """Returns the largest resident size of one run, in kB."""
        store = f"{records}.db"
        name = f"{records}.jsonl"
        self.write_records(name, "question",
                           (f"What is question {i}?" for i in range(records)))
        environment = dict(os.environ)
        # Freed memory that AddressSanitizer holds back would hide the rest.
        environment["ASAN_OPTIONS"] = "quarantine_size_mb=1"
        began = time.monotonic()
        with open(self.folder / "err", "wb") as err:
            run = self.start("run", "p.toml", "--input", name, "-o",
                             "out.jsonl", "--store", f"sqlite:{store}",
                             stdout=subprocess.DEVNULL, stderr=err,
                             env=environment)
            _, status, usage = os.wait4(run.process.pid, 0)
        run.process.returncode = os.waitstatus_to_exitcode(status)
        self.assertEqual(run.status, 0, self.read("err"))
        self.assertEqual(self.query("select count(*) from executions",
                                    store=store), [(records,)])
        rate = records / (time.monotonic() - began)
        print(f"{records} records: {usage.ru_maxrss} kB, {rate:.0f}/s",
              file=sys.stderr)
        return usage.ru_maxrss

    def test_its_peak_is_flat(self):
        few, many = 20_000, 100_000
        if is_sanitized() and not LONG:
            few, many = 3_000, 15_000
        self.write("p.toml", PROGRAM)
        self.assertLessEqual(self.peak(many), 1.3 * self.peak(few))


if __name__ == "__main__":
    unittest.main()
