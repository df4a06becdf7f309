"""Cases of prompts: signature, module, adapter, demos, history, inputs."""

import dspy

from signatures import Signature
from types_and_values import floating, text, to_python


class ToolCase:
    def __init__(self, rng, index):
        self.name = ["search", "add", "lookup", "run_sql"][index]
        self.description = rng.choice([None, "", "Search for documents.", "Two\nlines of \"it\".", text(rng)]) or ""
        pool = {"query": {"type": "string"}, "k": {"type": "integer", "default": 3},
                "flag": {"anyOf": [{"type": "boolean"}, {"type": "null"}], "default": None},
                "rows": {"items": {"type": "number"}, "type": "array", "description": "it's a list\n"},
                "é": {"enum": ["a'b", 1.5, True]}}
        self.arguments = {k: pool[k] for k in rng.sample(list(pool), rng.randint(0, 3))}

    def dspy(self):
        def call(**kwargs):
            return ""
        call.__doc__ = None
        return dspy.Tool(call, name=self.name, desc=self.description, args=self.arguments)

    def told(self):
        return {"name": self.name, "description": self.description, "arguments": self.arguments}


def derive(rng, sig, case, rules):
    """Picks a module and returns the signature that DSPy sends for it."""
    module = rng.choice(["Predict", "Predict", "ChainOfThought", "MultiChainComparison", "ReAct", "ReAct"])
    if sig.history and module == "ReAct":
        module = "Predict"
    rules.add(f"module {module}")
    case["module"] = module
    if module == "Predict":
        return dspy.Predict(sig.dspy).signature
    if module == "ChainOfThought":
        return dspy.ChainOfThought(sig.dspy).predict.signature
    if module == "MultiChainComparison":
        case["attempts"] = rng.randint(1, 4)
        return dspy.MultiChainComparison(sig.dspy, M=case["attempts"]).predict.signature
    tools = [ToolCase(rng, i) for i in range(rng.randint(0, 3))]
    case["tools"] = [x.told() for x in tools]
    agent = dspy.ReAct(sig.dspy, tools=[x.dspy() for x in tools])
    case["predictor"] = rng.choice(["react", "extract.predict"])
    rules.add("ReAct tools" if case["predictor"] == "react" else "ReAct extract")
    return agent.react.signature if case["predictor"] == "react" else agent.extract.predict.signature


EXTRA = {"reasoning": text, "rationale": text, "trajectory": text, "next_thought": text,
         "next_tool_name": lambda r: "finish", "next_tool_args": lambda r: {"a": floating(r)}}


def values(rng, sig, fields, known):
    """Values for the fields of a module's signature."""
    result = {}
    for name in fields:
        if name in known:
            result[name] = sig.value(rng, known[name])
        elif name != "history":
            result[name] = EXTRA.get(name, text)(rng)
    return result


def demo(rng, sig, full, known, rules):
    row = values(rng, sig, full.fields, known)
    if sig.history:
        row["history"] = {"$type": "dspy.History", "messages": []}
    draw = rng.random()
    if draw < 0.35:
        for name in rng.sample(list(row), rng.randint(1, max(1, len(row) - 1))):
            del row[name]
    elif draw < 0.45:
        row[rng.choice(list(row))] = None
        rules.add("demo with a null")
    if rng.random() < 0.3:
        row["augmented"] = True
        row["dspy_uuid"] = "0-1"
        rules.add("demo with other keys")
    complete = all(row.get(k) is not None for k in full.fields)
    partly = any(k in row for k in full.input_fields) and any(k in row for k in full.output_fields)
    rules.add("complete demo" if complete else "incomplete demo" if partly else "dropped demo")
    return row


def format_case(rng, number):
    sig = Signature(rng)
    case = {"id": f"format {number}", "kind": "format", **sig.told}
    rules = sig.rules
    full = derive(rng, sig, case, rules)
    known = {x.name: x for x in sig.fields}
    case["adapter"] = rng.choice(["ChatAdapter", "ChatAdapter", "JSONAdapter"])
    rules.add(case["adapter"])
    case["demos"] = [demo(rng, sig, full, known, rules) for _ in range(rng.choice([0, 0, 1, 2, 4]))]
    inputs = values(rng, sig, full.input_fields, known)
    if len(inputs) > 1 and rng.random() < 0.15:
        del inputs[rng.choice(list(inputs))]
        rules.add("missing input")
    if rng.random() < 0.1:
        inputs["unknown"] = 1
        rules.add("unknown input")
    if sig.history and rng.random() < 0.85:
        turns = [values(rng, sig, [*full.input_fields, *full.output_fields], known)
                 for _ in range(rng.randint(0, 3))]
        for turn in turns:
            if rng.random() < 0.3:
                del turn[rng.choice(list(turn))]
                rules.add("history with gaps")
        inputs["history"] = {"$type": "dspy.History", "messages": turns}
        rules.add("history")
    case["inputs"] = inputs
    return case, rules, full


def expect_messages(case, full):
    """What the installed DSPy makes of a case: messages, or the class of its error."""
    adapter = getattr(dspy, case["adapter"])()
    try:
        return {"messages": adapter.format(full, [to_python(x) for x in case["demos"]], to_python(case["inputs"]))}
    except TypeError as e:
        return {"error": str(e)}
