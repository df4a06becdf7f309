"""What the benchmarks `native.*` measure themselves against.

usage: dspy_client.py BASE_URL WINDOW SECONDS [async]

Runs `question -> answer` of DSPy once, prints `{}`, then calls it for SECONDS,
in WINDOW threads or WINDOW tasks of asyncio, and prints `{"calls", "seconds",
"cpu_seconds", "resident_bytes"}`.
"""

import asyncio
import itertools
import json
import os
import resource
import sys
import threading
import time

# Prices of models from the network are no part of a first call.
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"

import dspy  # noqa: E402


def cpu_seconds():
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def most_resident_bytes():
    # The maximum of `getrusage` may be the one of the process that started this
    # one.
    with open("/proc/self/status") as file:
        for line in file:
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    raise RuntimeError("/proc/self/status has no VmHWM")


def question(number):
    return f"What is {number} plus 4?"


def in_threads(predict, window, end):
    numbers = itertools.count(1)
    calls = [0] * window

    def work(i):
        while time.monotonic() < end:
            predict(question=question(next(numbers)))
            calls[i] += 1

    threads = [threading.Thread(target=work, args=(i,)) for i in range(window)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(calls)


def in_tasks(predict, window, end):
    numbers = itertools.count(1)

    async def work():
        calls = 0
        while time.monotonic() < end:
            await predict.acall(question=question(next(numbers)))
            calls += 1
        return calls

    async def run():
        return sum(await asyncio.gather(*(work() for _ in range(window))))

    return asyncio.run(run())


def main(base_url, window, seconds, how="threads"):
    predict = dspy.Predict("question -> answer")
    predict.lm = dspy.LM(
        "openai/sim", api_base=base_url, api_key="none", cache=False
    )
    predict(question=question(0))
    print("{}", flush=True)
    begin, cpu = time.monotonic(), cpu_seconds()
    run = in_tasks if how == "async" else in_threads
    calls = run(predict, int(window), begin + float(seconds))
    print(
        json.dumps(
            {
                "calls": calls,
                "seconds": time.monotonic() - begin,
                "cpu_seconds": cpu_seconds() - cpu,
                "resident_bytes": most_resident_bytes(),
            }
        ),
        flush=True,
    )


main(*sys.argv[1:])
