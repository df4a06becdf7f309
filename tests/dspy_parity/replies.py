"""Replies at random: well written ones, and ones broken as models break them."""

import json
import re

import dspy
import pydantic
from dspy.adapters.utils import serialize_for_json

from signatures import NO_DEFAULT, Signature
from types_and_values import TYPES, text, to_python

# What a type is also read from, beside the values that it has: pydantic's lax mode.
LAX = {
    "int": ["42.0", "+7", "0x10", "1e3", "1_000", "true", "-0", "1,234", "42 apples", "", '"7"', "'7'", "007", "4.5",
            "1e30", "٣", "[1]", "(1)", "1 2", "1.", ".0", "None"],
    "float": ["1", ".5", "5.", "1e-7", "-1_0.5", "one", '"2.5"', "0x1", "True", "1.2.3", "5%", "+1.5", "1e400"],
    "bool": ["yes", "No", "ON", "off", "t", "F", "1", "0", "1.0", "2", "TRUE", '"true"', " true.", "y", "nope", "'no'"],
    "datetime": ["2026-01-31 10:00", "2026-01-31", "1767225600", "1767225600.5", "31.1.2026", '"2026-01-31T10:00:00Z"',
                 "2026-13-01T00:00:00", "2026-01-31t10:00:00z"],
    "date": ["2026-01-31T00:00:00", "2026-01-31T10:00:00", "1767225600", "2026-02-30"],
    "list[int]": ["1, 2", "{1, 2}", "[1, 2", "[1 2]", '["1", "2"]', "(1, 2)", "1", "[1.0, true]", "[1.5]", "- 1\n- 2",
                  "[1, 2,]", "```json\n[1, 2]\n```"],
    "list[str]": ["a, b", "[a, b]", "['a', 'b']", "[1, 2]", '["a" "b"]', "('a', 'b')", "['it's', 'b']", "[]", "x",
                  '["a", "b"', "[“a”, “b”]", "['a', \"b\"]"],
    "dict[str, any]": ["{'a': None}", "{a: 1, b: [x]}", '{"a": 1,}', "{}", "[]", '```json\n{"a": 1}\n```',
                       'Here it is: {"a": {"b": 2}} as asked', "{'a': True, 'b': 'it''s'}", '{"a": 1 "b": 2}',
                       '{"a": "x\ny"}', '// c\n{"a": 1 /* b */}', '{"a": 1} {"a": 2}', '{"a": 1}, {"b": 2}'],
    "optional[int]": ["None", "null", "7", "", "nil", '"3"'],
    "optional[str]": ["None", "null", "", "x", '"x"'],
    "int | str": ["1", "1.5", '"a"', "a", "[1]", "true", "'1'"],
    "float | bool | none": ["1", "true", "yes", "None", "x", "0", "1.5"],
    "literal of texts": ["'bug'", '"billing"', "Literal[bug]", "str['bug']", "Bug", " bug ", "bug.", "other  thing"],
    "literal of numbers": ["1", "2", "3", '"1"', "1.0"],
    "mixed literal": ["a", "1", "True", "None"],
    "enum": ["red", "RED", "Red", '"red"', " red", "DARK_BLUE"],
    "enum with numbers": ["LOW", "1", "2", "low"],
    "any": ["True", "1", "x y", "{'a': 1}", "1, 2", "'q'", "None", "a: b", "(1)", "(see)", "0b11", "'a' 'b'", "-(1)"],
    "tuple[int, str]": ["(1, 'a')", "[1, 'a']", "[1]", "1, 'a'", "[1, \"a\", 2]"],
    "dict[int, str]": ['{"1": "a"}', "{1: 'a'}", '{"x": "a"}'],
    "model": ['{"name": "A", "age": "7"}', "{name: A, age: 7}", '{"name": "A", "age": 151}', '{"name": "A"}',
              '{"name": "A", "age": 7, "more": 1}', "Person(name='A', age=7)", '{"name": "A", "age": 7, "kind": "c"}'],
    "closed model": ['{"score": 1, "more": 1}', '{"score": "1.5"}', '{"score": 1, "tags": ["a", "b", "c"]}'],
    "model or list": ['{"zip_code": "1"}', "[1]", '{"zip_code": 1}', "1"],
    "list of models": ['{"name": "A", "age": 7}', '[{"name": "A", "age": 7}, {"name": "B", "age": 8}]'],
    "recursive model": ['{"value": 1, "next": {"value": "2"}}', '{"value": 1, "next": {"next": null}}'],
    "str": ["", "None", '{"a": 1}', "1", "«x»"],
}


def python_literal(value):
    return repr(value)


def printed(rng, value):
    """A value as a model prints it in a section of the chat format."""
    if isinstance(value, str):
        return value
    if value is None or isinstance(value, (bool, int, float)):
        return str(value)
    return rng.choice([json.dumps(value, ensure_ascii=False), json.dumps(value, indent=2), repr(value)])


# -- what models do to JSON ------------------------------------------------------

def fence(rng, reply):
    return rng.choice(["```json\n{}\n```", "```\n{}\n```", "Sure!\n```json\n{}\n```\nDone."]).replace("{}", reply, 1)


def prose(rng, reply):
    return rng.choice(["Here is the answer: {}", "{}\n\nLet me know!", "Answer (final):\n{}\nI hope this helps."]
                      ).replace("{}", reply, 1)


def trailing_comma(rng, reply):
    at = [m.start() for m in re.finditer(r"[}\]]", reply)]
    i = rng.choice(at) if at else 0
    return reply[:i] + "," + reply[i:]


def single_quotes(rng, reply):
    return reply.replace('"', "'")


def python_names(rng, reply):
    return re.sub(r"\bnull\b", "None", re.sub(r"\btrue\b", "True", re.sub(r"\bfalse\b", "False", reply)))


def bare_names(rng, reply):
    return re.sub(r'"(\w+)":', r"\1:", reply)


def truncated(rng, reply):
    return reply[: rng.randint(max(1, len(reply) // 2), max(1, len(reply) - 1))]


def lost_end(rng, reply):
    return reply.rstrip()[:-1]


def lost_comma(rng, reply):
    at = [m.start() for m in re.finditer(r",\s", reply)]
    i = rng.choice(at) if at else len(reply)
    return reply[:i] + reply[i + 1:]


def comment(rng, reply):
    return reply.replace(",", rng.choice([", // note\n", ", /* x */", ", # y\n"]), 1)


def line_break(rng, reply):
    at = [m.start() for m in re.finditer(r"[a-z] [a-z]", reply)]
    i = rng.choice(at) + 1 if at else 0
    return reply[:i] + "\n" + reply[i + 1:]


def inner_quote(rng, reply):
    at = [m.start() for m in re.finditer(r"[a-z] [a-z]", reply)]
    i = rng.choice(at) if at else 0
    return reply[:i] + ' "so"' + reply[i + 1:] if at else reply


def smart_quotes(rng, reply):
    return re.sub(r'"([^"]*)"', "“\\1”", reply)


def twice(rng, reply):
    return reply + rng.choice(["\n", " ", "\n\nOr rather:\n"]) + reply


def in_list(rng, reply):
    return "[" + reply + "]"


def lost_quote(rng, reply):
    at = [m.start() for m in re.finditer('"', reply)]
    i = rng.choice(at) if at else 0
    return reply[:i] + reply[i + 1:]


WELL = [fence, prose]
BROKEN = [trailing_comma, single_quotes, python_names, bare_names, truncated, lost_end, lost_comma, comment,
          line_break, inner_quote, smart_quotes, twice, in_list, lost_quote]


# -- the chat format ------------------------------------------------------------

def inline(rng, reply):
    return re.sub(r"(\[\[ ## \w+ ## \]\])\n", r"\1 ", reply, count=1)


def indented(rng, reply):
    return re.sub(r"^(\[\[ ## )", r"  \1", reply, count=1)


def again(rng, reply):
    return reply + "\n" + re.sub(r"\n", "\nother ", reply, count=1)


def unknown_header(rng, reply):
    return "[[ ## thoughts ## ]]\nhm\n\n" + reply


def wrong_header(rng, reply):
    return reply.replace("[[ ## ", rng.choice(["[[##", "[[ # ", "** ", "[[ ## The "]), 1)


def other_case(rng, reply):
    return re.sub(r"## (\w+) ##", lambda m: f"## {m.group(1).upper()} ##", reply, count=1)


def in_line(rng, reply):
    return "So: " + reply


def preamble(rng, reply):
    return "Let me think.\n\n" + reply


def lost_field(rng, reply):
    return re.sub(r"\[\[ ## \w+ ## \]\]", "", reply, count=1)


def odd_line_ends(rng, reply):
    return reply.replace("\n", rng.choice(["\r\n", "\r", "\u2028", "\x0b", "\x85"]))


def cut(rng, reply):
    return reply[: rng.randint(0, len(reply))]


def emptied(rng, reply):
    return rng.choice(["", " ", "\n", "I cannot do that.", "[[ ## completed ## ]]"])


CHAT_WELL = [inline, preamble, unknown_header, again]
CHAT_BROKEN = [indented, wrong_header, other_case, in_line, lost_field, odd_line_ends, cut, emptied, fence]


def reply_value(rng, x, broken):
    if broken and x.kind.rule in LAX and rng.random() < 0.75:
        return rng.choice(LAX[x.kind.rule])
    return x.kind.value(rng)


def parse_case(rng, number, broken):
    sig = Signature(rng, types=[x for x in TYPES if x.side == "both"], history=0, defaults=0.15)
    rules = {x for x in sig.rules if not x.startswith(("type", "field", "instr", "desc"))}
    # In turn, so that each way to break a reply comes equally often.
    turn, adapter = number // 2, ["ChatAdapter", "JSONAdapter"][number % 2]
    case = {"id": f"parse {number}", "kind": "parse", "adapter": adapter, **sig.told}
    outputs = sig.outputs()
    if any(x.default is not NO_DEFAULT for x in outputs):
        rules.add("reply may lack a default")
    left_out = [x for x in outputs if x.default is not NO_DEFAULT and rng.random() < 0.5
                or x.kind.rule.startswith("optional") and rng.random() < 0.2]
    values = {x.name: reply_value(rng, x, broken) for x in outputs if x not in left_out}
    kind = "broken" if broken else "well-formed"
    for x in outputs:
        rules.add(f"reply with {x.kind.rule}")
    if adapter == "ChatAdapter":
        reply = "".join(f"[[ ## {k} ## ]]\n{printed(rng, v)}\n\n" for k, v in values.items())
        reply += rng.choice(["[[ ## completed ## ]]\n", "[[ ## completed ## ]]", ""])
        changes = CHAT_BROKEN if broken else CHAT_WELL
    else:
        extra = {"more": 1} if rng.random() < 0.2 else {}
        reply = json.dumps({**values, **extra}, ensure_ascii=rng.random() < 0.5, indent=rng.choice([None, 2]))
        changes = BROKEN if broken else WELL
    if broken or rng.random() < 0.5:
        change = changes[turn % len(changes)]
        reply = change(rng, reply)
        rules.add(f"{adapter}: {change.__name__}")
        if adapter == "JSONAdapter" and broken and rng.random() < 0.2:
            reply = rng.choice(BROKEN)(rng, reply)
    rules.add(f"{kind} reply of {adapter}")
    case["lm_text"] = reply
    return case, rules, sig.dspy


def as_json(value, annotation):
    """A value that was parsed as JSON, as the records of dspex have it."""
    try:
        return pydantic.TypeAdapter(annotation).dump_python(value, mode="json", warnings="none")
    except Exception:
        return serialize_for_json(value)


def expect_fields(case, sig):
    """What the installed DSPy makes of a reply: fields, or how its error came about."""
    adapter = getattr(dspy, case["adapter"])()
    try:
        fields = adapter.parse(sig, case["lm_text"])
    except dspy.utils.exceptions.AdapterParseError as e:
        return {"error": "field" if "Failed to parse field" in str(e) else "reply"}
    except Exception:
        return {"error": "field"}
    return {"fields": {k: as_json(v, sig.output_fields[k].annotation) for k, v in fields.items()}, "python": fields}


assert text and to_python and Signature
