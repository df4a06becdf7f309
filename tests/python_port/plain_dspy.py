"""DSPy in one plain process, as benchmarks compare with: `plain_dspy.py URL`
reads lines `THREADS SECONDS` and prints how many calls a second that made."""

import concurrent.futures
import itertools
import sys
import time

import dspy

lm = dspy.LM("openai/sim", api_base=sys.argv[1], api_key="none", cache=False)
dspy.configure(lm=lm, disable_history=True, trace=None)
program = dspy.Predict("question -> answer")
numbers = itertools.count()
program(question="warm up")


def work(end):
    calls = 0
    with dspy.context(lm=lm):
        while time.monotonic() < end:
            program(question=f"number {next(numbers)}")
            calls += 1
    return calls


print("ready", flush=True)
for line in sys.stdin:
    threads, seconds = line.split()
    begin = time.monotonic()
    with concurrent.futures.ThreadPoolExecutor(int(threads)) as pool:
        jobs = [pool.submit(work, begin + float(seconds))
                for _ in range(int(threads))]
        calls = sum(x.result() for x in jobs)
    print(calls / (time.monotonic() - begin), flush=True)
