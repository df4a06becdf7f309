"""Programs in a worker, with the installed DSPy and its DummyLM."""

import json
import logging
import os
import threading
import time

import pytest

# Prices of models from the network are no part of this.
os.environ["LITELLM_LOCAL_MODEL_COST_MAP"] = "True"
dspy = pytest.importorskip("dspy")

from worker_process import Worker, field, make_definition  # noqa: E402


@pytest.fixture(scope="module")
def worker():
    with Worker(backend="dummy_backend", allow=["programs"]) as x:
        x.ask("configure_lm", {"model": "openai/dummy"})
        yield x


def names(**members):
    return [field(name, **kind) for name, kind in members.items()]


ALL_TYPES = names(
    text=dict(kind="str"), whole=dict(kind="int", constraints={"min": 0}),
    share=dict(kind="float"), sure=dict(kind="bool"),
    tags=dict(kind="list", arguments=[{"kind": "str"}]),
    kind=dict(kind="literal", choices=["red", "green"]),
    maybe=dict(kind="union", arguments=[{"kind": "int"}, {"kind": "none"}]),
    when=dict(kind="datetime"),
    pair=dict(kind="tuple", arguments=[{"kind": "str"}, {"kind": "int"}]),
    table=dict(kind="dict", arguments=[{"kind": "str"}, {"kind": "any"}]),
    thing=dict(kind="object", schema={
        "title": "Thing", "type": "object",
        "properties": {"part": {"$ref": "#/$defs/Part"}},
        "$defs": {"Part": {"type": "string"}}}))


def test_says_hello_with_the_version_of_dspy(worker):
    assert worker.hello["dspy"] == dspy.__version__


def test_answers_in_the_types_of_the_signature(worker):
    values = {"text": "a", "whole": 3, "share": 0.5, "sure": True,
              "tags": ["x", "y"], "kind": "red", "maybe": None,
              "when": "2026-01-31T12:34:56Z", "pair": ["a", 1],
              "table": {"k": [1]}, "thing": {"part": "p"}}
    result = worker.run({"question": json.dumps(values)}, "types",
                        outputs=ALL_TYPES)
    assert result["outputs"] == values
    assert result["metadata"]["lm"]["model"] == "dummy"


def test_a_chain_of_thought_tells_its_reasoning_beside_the_outputs(worker):
    question = json.dumps({"reasoning": "because", "answer": "yes"})
    result = worker.run({"question": question}, "cot", modules="ChainOfThought")
    assert result["outputs"] == {"answer": "yes"}
    assert result["metadata"]["reasoning"] == "because"


def test_react_calls_tools_that_are_allowed(worker):
    result = worker.run(
        {"question": json.dumps([
            {"next_thought": "add", "next_tool_name": "add",
             "next_tool_args": {"x": 2, "y": 3}},
            {"next_thought": "done", "next_tool_name": "finish",
             "next_tool_args": {}},
            {"reasoning": "added", "answer": "5"}])},
        "react", modules={"name": "ReAct", "max_iters": 4},
        tools=["programs.add"])
    assert result["outputs"] == {"answer": "5"}
    assert result["metadata"]["fields"]["trajectory"]["observation_0"] == 5


def test_runs_modules_of_ones_own_by_import_path(worker):
    question = json.dumps({"answer": "a"})
    for name in ("Twice", "Outer.Inner", "make_twice", "twice"):
        result = worker.run({"question": question}, name,
                            modules=f"programs.{name}")
        assert result["outputs"] == {"answer": "a a"}, name


@pytest.mark.parametrize("configuration, message", [
    (dict(modules="os.system"), "os.system is not among the modules"),
    (dict(modules="programsx.Twice"), "is not among the modules"),
    (dict(modules="NoSuch"), "NoSuch is unknown; known are Predict"),
    (dict(modules="programs.NoSuch"), "programs has no NoSuch"),
    (dict(modules="programs.nowhere.NoSuch"), "programs has no nowhere.NoSuch"),
    (dict(modules="programs.add"), "cannot be made"),
    (dict(modules="programs.NUMBER"), "is no dspy.Module and makes none"),
    (dict(modules={"name": "Predict", "no": 1}), "modules.no is unknown"),
    (dict(modules={"adapter": "yaml"}), "must be one of chat, json, xml"),
    (dict(modules=["Predict"]), "must be a name or an object"),
    (dict(tools=["programs.add"]), "Predict takes no tools"),
    (dict(modules="ReAct", tools=["os.system"]), "os.system is not among"),
    (dict(modules="ReAct", tools=["programs.NUMBER"]), "cannot be called"),
    (dict(modules={"state": "x.pkl"}), "x.pkl is a pickle"),
    (dict(modules={"state": "x.txt"}), "must end in .json"),
    (dict(modules={"state": "/no/such/x.json"}), "There is no file"),
    (dict(inputs=names(lm=dict(kind="str"))), "must not be called lm"),
])
def test_refuses_what_it_cannot_run(worker, configuration, message):
    error = worker.refusal("create_program", {
        "program_id": "refused",
        "definition": make_definition(**configuration)})
    assert error["code"] == "invalid_option"
    assert message in error["message"]


def test_loads_the_state_that_dspy_saved(worker, tmp_path):
    program = dspy.Predict(dspy.Signature("question -> answer", "Be brief."))
    program.demos = [dspy.Example(question="1?", answer="one")]
    program.save(tmp_path / "x.json")
    result = worker.run({"question": "show the prompt"}, "state",
                        modules={"state": str(tmp_path / "x.json")})
    prompt = result["outputs"]["answer"]
    assert "Be brief." in prompt
    assert "<< ## answer ## ]]\none" in prompt


def test_refuses_a_pickle_unread(worker, tmp_path):
    (tmp_path / "program.pkl").write_bytes(b"cos\nsystem\n(S'false'\ntR.")
    for path in (tmp_path, tmp_path / "program.pkl"):
        error = worker.refusal("create_program", {
            "program_id": "pickle", "definition": make_definition(
                modules={"state": str(path)})})
        assert "is a pickle, which may run code" in error["message"]


def test_refuses_a_state_of_another_module(worker, tmp_path):
    dspy.Predict("question -> answer").save(tmp_path / "x.json")
    error = worker.refusal("create_program", {
        "program_id": "other", "definition": make_definition(
            modules={"name": "ChainOfThought",
                     "state": str(tmp_path / "x.json")})})
    assert "is not the state of this module" in error["message"]


def test_names_an_output_that_is_no_json(worker):
    error = worker.refusal("execute_program", {
        "program_id": "odd", "inputs": {"question": "lock"},
        "definition": make_definition(modules="programs.Odd")})
    assert error["message"] == (
        "Output answer: a value of type lock cannot be written as JSON")
    error = worker.refusal("execute_program", {
        "program_id": "odd", "inputs": {"question": "nan"}})
    assert "Output answer.deep[1]: nan is no number of JSON" in error["message"]
    result = worker.run({"question": "models"}, "odd")
    assert result["outputs"]["answer"] == {
        "when": "2026-01-31", "colour": "red", "set": [1],
        "image": "https://example.org/x.png",
        "history": [{"question": "q"}], "bytes": "ab"}
    assert result["metadata"]["fields"]["not_serialisable"] == [
        "more: a value of type lock"]


def test_a_reply_that_cannot_be_read_is_an_invalid_output(worker):
    error = worker.refusal("execute_program", {
        "program_id": "unreadable", "inputs": {"question": "no fields"},
        "definition": make_definition(outputs=names(n=dict(kind="int")))})
    assert error["code"] == "invalid_output"
    assert "No more responses" in error["details"]["raw"]


def test_constraints_are_told_as_dspy_tells_them(worker):
    result = worker.run(
        {"question": "show the prompt"}, "constraints", outputs=names(
            answer=dict(kind="str", description="brief",
                        constraints={"max_length": 9, "pattern": "^a"}),
            share=dict(kind="list", arguments=[
                {"kind": "float", "constraints": {"min": 0, "max": 1}}],
                constraints={"unique": True})))
    prompt = result["outputs"]["answer"]
    assert ("1. `answer` (str): brief\nConstraints: maximum length: 9, "
            "matching the pattern: ^a\n2. `share` (list[float]): \n"
            "Constraints: all elements distinct") in prompt
    assert ('must adhere to the JSON schema: {"type": "array", "items": '
            '{"type": "number", "maximum": 1, "minimum": 0}}') in prompt


def test_dates_and_images_come_as_dspys_own_types(worker):
    result = worker.ask("execute_program", {"program_id": "dates", "inputs":
        {"when": "2026-01-31T12:34:56Z", "picture": "https://example.org/x.png",
         "before": [{"when": "2026-01-30T00:00:00Z", "answer": "no"}]},
        "definition": make_definition(
            names(when=dict(kind="datetime"), picture=dict(kind="image"),
                  before=dict(kind="history")), modules="programs.Types")})
    assert result["outputs"]["answer"] == "datetime Image History"


def test_settings_of_a_run_win_over_those_of_the_program(worker):
    definition = make_definition(lm={"model": "openai/one"})
    ask = {"program_id": "lm", "inputs": {"question": "show the model"},
           "definition": definition}
    first = worker.ask("execute_program", ask)
    second = worker.ask("execute_program",
                        {**ask, "lm": {"model": "openai/two"}})
    third = worker.ask("execute_program", ask)
    assert [x["outputs"]["answer"] for x in (first, second, third)] == [
        "openai/one", "openai/two", "openai/one"]


def call_model(completion, job):
    """What a program does in the end, with this in place of LiteLLM."""
    from dspex_worker import models

    lm = models.NodeLM("openai/any", api_key="none", cache=False)
    call, _ = lm._get_cached_completion_fn(completion, False)
    token = models.current_job.set(job)
    try:
        return job.interruptible(
            lambda: call(request={"model": "any"}, num_retries=0, cache={}))
    finally:
        models.current_job.reset(token)


def test_a_run_that_waits_for_its_model_can_be_stopped():
    from dspex_worker.pool import Job
    from dspex_worker.protocol import CommandError

    job = Job(lambda job: None, None)
    answer = threading.Event()
    waits = threading.Event()

    def completion(request, num_retries, cache):
        waits.set()
        answer.wait(60)

    def stop():
        waits.wait(60)
        job.stop("cancelled")

    threading.Thread(target=stop).start()
    with pytest.raises(CommandError, match="was cancelled"):
        call_model(completion, job)
    answer.set()


def test_calls_of_models_leave_no_threads_and_files_behind():
    from dspex_worker import models
    from dspex_worker.pool import Job
    from dspex_worker.protocol import CommandError

    def threads():
        return {x for x in threading.enumerate() if x.name == "model"}

    answer = threading.Event()

    def stops_and_waits(request, num_retries, cache):
        models.current_job.get().stop("cancelled")
        answer.wait(60)

    def tells_thread(request, num_retries, cache):
        return threading.current_thread()

    def call_some():
        for _ in range(3):
            with pytest.raises(CommandError, match="was cancelled"):
                call_model(stops_and_waits, Job(lambda job: None, None))
        used.update(call_model(tells_thread, Job(lambda job: None, None))
                    for _ in range(3))

    def files():
        return len(os.listdir("/proc/self/fd"))

    before, files_before = threads(), files()
    used = set()
    owner = threading.Thread(target=call_some)
    owner.start()
    owner.join(60)
    assert len(used) == 1
    waiting = threads() - before
    assert len(waiting - used) == 3
    answer.set()
    # No caller waits for those, and the owner of the other has ended.
    for x in waiting | used:
        x.join(60)
        assert not x.is_alive()
    assert files() <= files_before


def test_a_run_is_refused_when_too_many_wait_for_models(monkeypatch):
    from dspex_worker import callers, dspy_backend
    from dspex_worker.pool import Job

    def call_twice():
        try:
            call_model(lambda **_: "yes", Job(lambda job: None, None))
        except Exception as e:
            told.append(e)
        places.release()
        told.append(call_model(lambda **_: "yes", Job(lambda job: None, None)))

    places = threading.BoundedSemaphore(1)
    places.acquire()
    monkeypatch.setattr(callers, "_callers", places)
    told = []
    owner = threading.Thread(target=call_twice)
    owner.start()
    owner.join(60)
    error = dspy_backend.DspyBackend.describe(None, told[0])
    assert (error.code, error.retryable) == ("overloaded", True)
    assert "wait for models already" in error.message
    assert told[1] == "yes"


def test_a_request_to_a_model_has_the_deadline_of_its_run():
    from dspex_worker.pool import Job

    job = Job(lambda job: None, time.monotonic() + 100)
    request = call_model(lambda request, num_retries, cache: request, job)
    assert request["model"] == "any"
    assert 99 <= request["timeout"] <= 125


def test_runs_share_the_connections_to_their_model():
    # LiteLLM keeps a client for each timeout, so there must be few.
    from dspex_worker.models import round_up

    lefts = [x / 100 for x in range(1, 6000)]
    assert all(x <= round_up(x) <= max(1.25 * x, 0.25) for x in lefts)
    assert len({round_up(x) for x in lefts if 28 < x <= 30}) == 1
    assert len({round_up(x) for x in lefts}) < 40
    assert round_up(-1) > 0


def test_a_model_that_has_no_price_answers_without_one():
    import litellm
    from dspex_worker import models

    def answers(model, url):
        lm = models.make_lm({"model": model, "base_url": url})
        abilities = (lm.supports_function_calling, lm.supports_reasoning,
                     lm.supports_response_schema, lm.supported_params)
        response = litellm.completion(model, mock_response="yes", messages=[
            {"role": "user", "content": "?"}])
        lm._get_cached_completion_fn = lambda *_: (lambda **_: response, {})
        with dspy.context(experimental=True):
            return abilities, lm("?").cost

    theirs = dspy.LM("openai/of-my-own")
    expected = (theirs.supports_function_calling, theirs.supports_reasoning,
                theirs.supports_response_schema, theirs.supported_params)
    for _ in range(2):
        assert answers("openai/of-my-own", "http://127.0.0.1:1") == (
            expected, None)
    assert litellm.completion_cost(
        model="openai/of-my-own", prompt="?", completion="yes") == 0
    assert answers("openai/gpt-4o-mini", "http://127.0.0.1:1")[1] > 0


def test_an_error_of_a_model_reaches_the_run():
    from dspex_worker.pool import Job

    def completion(request, num_retries, cache):
        raise TimeoutError("of the model")

    with pytest.raises(TimeoutError, match="of the model"):
        call_model(completion, Job(lambda job: None, None))


def test_a_module_learns_its_caller_and_no_more(caplog):
    from dspex_worker import shallow_stack

    class Module(dspy.Module):
        def forward(self):
            frames.append(shallow_stack.module.inspect.stack())
            return dspy.Prediction()

    frames = []
    shallow_stack.install()
    with caplog.at_level("WARNING", logger="dspy.primitives.module"):
        dspy_logger = logging.getLogger("dspy")
        propagates, dspy_logger.propagate = dspy_logger.propagate, True
        try:
            Module()()
            assert not caplog.records
            Module().forward()
            assert "directly is discouraged" in caplog.text
        finally:
            dspy_logger.propagate = propagates
    assert [x.function for x in frames[0]] == ["forward", "__call__"]
    assert len(frames[1]) == 2
