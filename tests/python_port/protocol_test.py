"""The worker's side of the protocol, with a backend that needs no DSPy."""

import os
import signal
import struct
import threading

import pytest

from worker_process import Worker, make_definition


@pytest.fixture
def worker():
    with Worker() as x:
        yield x


def execute(worker, inputs, deadline_ms=None):
    return worker.send("execute_program",
                       {"program_id": "p", "inputs": inputs,
                        "definition": make_definition()}, deadline_ms)


def test_says_hello_with_versions_and_its_process(worker):
    assert worker.hello["protocol"] == 1
    assert worker.hello["pid"] == worker.process.pid
    assert worker.hello["python"].startswith("3.")
    assert worker.hello["dspy"] == "scripted"


def test_runs_a_program_that_comes_with_the_request(worker):
    assert worker.run({"question": "Who?"})["outputs"] == {"question": "Who?"}
    again = worker.ask("execute_program", {"program_id": "p", "inputs": {}})
    assert again["outputs"] == {}


def test_a_program_is_created_listed_and_deleted(worker):
    worker.ask("create_program",
               {"program_id": "a", "definition": make_definition()})
    assert worker.ask("list_programs")["programs"] == ["a"]
    info = worker.ask("get_program_info", {"program_id": "a"})
    assert info["definition"] == make_definition()
    assert worker.ask("delete_program", {"program_id": "a"})["deleted"]
    assert not worker.ask("delete_program", {"program_id": "a"})["deleted"]
    error = worker.refusal("execute_program", {"program_id": "a", "inputs": {}})
    assert error["code"] == "not_found"


def test_a_program_that_is_refused_is_refused_again(worker):
    for _ in range(2):
        error = worker.refusal("create_program", {
            "program_id": "a", "definition": make_definition(
                modules="Refused")})
        assert error["code"] == "invalid_option"
        assert not error["retryable"]


def test_many_requests_are_in_flight_and_answered_in_any_order(worker):
    slow = execute(worker, {"do": "hang"})
    quick = [execute(worker, {"n": i}) for i in range(200)]
    for i, request in enumerate(quick):
        assert worker.reply(request)["result"]["outputs"] == {"n": i}
    worker.ask("cancel", {"request_id": slow})
    assert worker.reply(slow)["error"]["code"] == "cancelled"


def test_answers_at_once_while_all_threads_are_busy(worker):
    for _ in range(4):
        execute(worker, {"do": "hang"})
    assert worker.ask("ping") == {}
    assert worker.ask("get_stats")["running"] == 4


def test_a_cancelled_request_that_waits_never_runs(worker):
    running = [execute(worker, {"do": "hang"}) for _ in range(2)]
    waiting = execute(worker, {"do": "kill"})
    assert worker.ask("cancel", {"request_id": waiting})["found"]
    for request in running:
        worker.ask("cancel", {"request_id": request})
    assert worker.reply(waiting)["error"]["code"] == "cancelled"
    assert worker.ask("ping") == {}


def test_a_request_ends_at_its_deadline_also_in_the_queue(worker):
    requests = [execute(worker, {"do": "hang"}, 50) for _ in range(2)]
    requests.append(execute(worker, {"do": "kill"}, 0))
    for request in requests:
        error = worker.reply(request)["error"]
        assert error["code"] == "timeout"
        assert error["retryable"]
    assert worker.run({"x": 1})["outputs"] == {"x": 1}


def test_interrupting_many_requests_leaves_the_threads_whole(worker):
    for round in range(100):
        requests = [execute(worker, {"do": "hang"}) for _ in range(4)]
        for request in requests:
            worker.send("cancel", {"request_id": request})
        for request in requests:
            assert worker.reply(request)["error"]["code"] == "cancelled"
        assert worker.run({"n": round})["outputs"] == {"n": round}


def test_an_exception_is_answered_with_its_traceback(worker):
    error = worker.reply(execute(worker, {"do": "raise"}))["error"]
    assert error["message"] == "ValueError: as told"
    assert "scripted_backend.py" in error["traceback"]
    error = worker.reply(execute(worker, {"do": "exit_quietly"}))["error"]
    assert error["message"] == "SystemExit: 0"
    assert worker.ask("ping") == {}


def test_a_result_that_is_no_json_is_an_error_and_not_a_dead_worker(worker):
    error = worker.reply(execute(worker, {"do": "nan"}))["error"]
    assert "cannot be written as JSON" in error["message"]
    assert worker.ask("ping") == {}


def test_a_result_beyond_the_frame_limit_is_an_error():
    with Worker(extra=["--max-frame-bytes", "2000"]) as worker:
        text = "x" * 700
        assert worker.run({"a": text})["outputs"] == {"a": text}
        error = worker.reply(execute(worker, {"do": "large"}))["error"]
        assert "too large: 2000 are allowed" in error["message"]


def test_unknown_commands_and_missing_arguments_are_errors(worker):
    assert worker.refusal("dance")["code"] == "invalid_option"
    assert "program_id" in worker.refusal("get_program_info")["message"]
    assert worker.ask("ping") == {}


def test_text_beyond_the_basic_plane_comes_back_as_it_was(worker):
    text = "\U0001f600 \u00e9 \u2028 \\ \" \u0001"
    assert worker.run({"text": text})["outputs"] == {"text": text}


def test_ends_when_its_node_goes():
    with Worker() as worker:
        execute(worker, {"do": "hang"})
        execute(worker, {"do": "block"})
        worker.socket.close()
        assert worker.wait() != 0


def test_takes_what_its_programs_started_along():
    with Worker() as worker:
        worker.run({"do": "child"})
        worker.socket.close()
        # Comes to its end when the last process that could write has ended.
        worker.process.stdout.read()


@pytest.mark.parametrize("frame", [
    struct.pack(">I", 0), struct.pack(">I", 0xFFFFFFFF) + b"{",
    struct.pack(">I", 4) + b"nope", struct.pack(">I", 2) + b"[]",
    struct.pack(">I", 2) + b"{}"])
def test_ends_and_says_so_when_the_node_breaks_the_protocol(frame):
    with Worker() as worker:
        worker.socket.sendall(frame)
        worker.wait()
        assert b"does not keep to the protocol" in worker.process.stdout.read()


def test_ends_after_shutdown():
    with Worker() as worker:
        worker.ask("shutdown")
        worker.wait()


def test_a_memory_limit_is_an_error_of_the_run():
    with Worker(extra=["--memory-limit-bytes", "400000000"]) as worker:
        replies = [worker.reply(execute(worker, {"do": "memory"}))
                   for _ in range(12)]
        assert replies[0]["success"]
        assert "MemoryError" in replies[-1]["error"]["message"]
        assert worker.ask("ping") == {}


def test_ignores_the_interrupt_of_a_terminal(worker):
    os.kill(worker.process.pid, signal.SIGINT)
    assert worker.ask("ping") == {}


def test_tells_what_it_uses(worker):
    worker.run({})
    stats = worker.ask("get_stats")
    assert stats["memory_bytes"] > 1_000_000
    assert stats["threads"] >= 2
    assert stats["programs"] == 1
    assert stats["requests"] >= 1


def test_what_is_shielded_is_stopped_afterwards():
    from dspex_worker.pool import Job
    from dspex_worker.protocol import CommandError

    job = Job(lambda job: None, None)
    about_to_stop = threading.Event()
    steps = []

    def stop():
        about_to_stop.set()
        job.stop("cancelled")

    def work():
        threading.Thread(target=stop).start()
        about_to_stop.wait(60)
        for step in range(100_000):
            steps.append(step)

    def run():
        job.shielded(work)
        while True:
            steps.append(None)

    with pytest.raises(CommandError, match="was cancelled"):
        job.interruptible(run)
    assert steps[:100_000] == list(range(100_000))
