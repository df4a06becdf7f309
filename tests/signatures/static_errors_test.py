"""Bad signatures in C++ do not compile, and the compiler says what is wrong.

usage: static_errors_test.py COMPILER FLAG...

Each case has a good twin. All good ones are one source file, which must
compile; all bad ones another, in which each line must have one error: its own.
"""

import re
import subprocess
import sys
import tempfile
import unittest
from pathlib import Path

COMPILER = sys.argv[1:]

PRELUDE = '''\
#include "dspex/signature.hpp"
using dspex::signature;
using triage = signature<
  "Support.Triage",
  "ticket: str, limit: optional[int] -> category: str, confidence: float">;
template <class T> T make();
'''


def text(good, bad, message):
    """A case of the text of a signature."""
    def line(signature):
        return f'using T = signature<"Test.T", R"({signature})">;'
    return line(good), line(bad), "Invalid signature at column " + message


def type_of(good, bad, message):
    """A case of a type, which begins at column 4."""
    return text(f"a: {good} -> b", f"a: {bad} -> b", message)


ANY_TYPE = ("a type (str, int, float, bool, list, dict, literal, union, "
            "optional, any, embedding, probability, confidence_score, "
            "reasoning_chain, object, tuple, datetime, image, history, none)")
OF_STR = "a constraint of str (max_length, min_length, one_of, pattern)"

CASES = [
    # Sides
    text("a -> b", "", "1: expected a field name, found the end"),
    text("a -> b", "-> b", "1: expected a field name, found `->`"),
    text("a -> b", "a ->", "5: expected a field name, found the end"),
    text("a, b -> c", "a, b",
         "5: expected `,` and another field, or `->`, found the end"),
    text("a -> b, c", "a -> b -> c", "8: expected only one `->`, found `->`"),
    text("a, b -> c", "a b -> c",
         "3: expected `,` and another field, or `->`, found `b`"),
    text("a -> b", "a -> b,", "8: expected a field name, found the end"),
    text("a, b -> c", "a; b -> c", "2: expected a name, a type or "
         "punctuation of the language, found `;`"),
    # Names
    text("a, b -> c", "a, b -> a",
         "9: expected a name that no other field has, found `a` again"),
    text("a -> done", "a -> completed",
         "6: expected another field name (`completed` is reserved), "
         "found `completed`"),
    text("a_ -> b", "_a -> b", "1: expected a field name (a letter, then "
         "letters, digits and _), found `_a`"),
    text('a "x" -> b', "a 'x' -> b",
         "3: expected a description in double quotes, found the string 'x'"),
    text('a "x" -> b', 'a "x -> b', "10: expected a closing double quote for "
         'the string that begins with `"x -> b`'),
    # Types
    type_of("str", "strr", f"4: expected {ANY_TYPE}, found unknown type `strr`"),
    type_of("list[str]", "list[str", "13: expected `]`, found `->`"),
    type_of("list(str)", "list(str", "13: expected `)`, found `->`"),
    type_of("optional[int]", "optional",
            "13: expected `[` and a type, found `->`"),
    type_of("int | str", "int |", "10: expected a type, found `->`"),
    type_of("dict[int, str]", "dict[float, str]",
            "9: expected str or int as the type of the keys, found `float`"),
    type_of("tuple[int, str]", "tuple[int str]",
            "14: expected `,` or `]`, found `str`"),
    type_of("object('{}')", "object({})", "11: expected a name, a type or "
            "punctuation of the language, found `{`"),
    type_of("object('{}')", "object(true)",
            "11: expected a JSON Schema in quotes, found `true`"),
    type_of("literal['x', 'y']", "literal['x', 'x']", "17: expected a value "
            "that is not in the literal yet, found the string 'x' again"),
    type_of("literal[1]", "literal[1.5]",
            "12: expected an integer of 64 bits, found `1.5`"),
    type_of("literal['x']", "literal['x", "19: expected a closing single "
            "quote for the string that begins with `'x -> b`"),
    # Constraints
    type_of("int(min=1)", "str(min=1)", f"8: expected {OF_STR}, found `min`"),
    type_of("bool", "bool(min=1)",
            "9: expected no constraints on bool, found `min`"),
    type_of("int(min=1, max=2)", "int(min=1, min=2)",
            "15: expected each constraint once, found `min` again"),
    type_of("int(min=1)", "int(min=1", "14: expected `,` or `)`, found `->`"),
    type_of("int(min=1)", "int(min)", "11: expected `=`, found `)`"),
    type_of("int(min=1e2)", "int(min=1.5)",
            "12: expected an integer of 64 bits for `min`, found `1.5`"),
    type_of("int(min=1)", "int(min=9223372036854775808)",
            "12: expected an integer of 64 bits for `min`, "
            "found `9223372036854775808`"),
    type_of("float(max=1e99)", "float(max=1e999)",
            "14: expected a number that fits 64 bits, found `1e999`"),
    type_of("int(min=10)", "int(min=01)",
            "12: expected a number without leading zeros, found `01) -> b`"),
    type_of("int(min=-3, max=-1)", "int(min=-1, max=-3)",
            "20: expected `max` to be at least `min` (-1), found `-3`"),
    type_of("probability(max=0.5)", "probability(max=1.5)",
            "20: expected a number between 0 and 1 for `max`, found `1.5`"),
    type_of("str(min_length=0)", "str(min_length=-1)",
            "19: expected an integer of 0 or more for `min_length`, "
            "found `-1`"),
    type_of("embedding(dimensions=3)", "embedding(dimensions=0)",
            "25: expected an integer above 0 for `dimensions`, found `0`"),
    type_of("list(unique=true)", "list(unique=1)",
            "16: expected true or false for `unique`, found `1`"),
    type_of("str(one_of=['x', 'y'])", "str(one_of=['x', 'x'])",
            "15: expected a list of different strings for `one_of`, found `[`"),
    type_of("str(pattern='x')", "str(pattern=1)",
            "16: expected a quoted pattern for `pattern`, found `1`"),
    # Modules and versions
    ('using T = signature<"Elixir.Test.T", "a -> b">;',
     'using T = signature<"test.T", "a -> b">;',
     "Module must be a valid module name, got `test.T`"),
    ('using T = signature<"Test.T", "a -> b", "1.0.12">;',
     'using T = signature<"Test.T", "a -> b", "1.0">;',
     "Version must be three numbers with dots between, got `1.0`"),
    # Fields
    ('inline double x = make<triage::result>().get<"confidence">();',
     'inline auto x = make<triage::result>().get<"confidance">();',
     "No output is called `confidance`; there are category, confidence"),
    ('inline std::string x = make<triage::outputs>().get<"category">();',
     'inline auto x = make<triage::outputs>().get<"ticket">();',
     "No output is called `ticket`; there are category, confidence"),
    ('inline auto x = triage::inputs{}.set<"limit">(3);',
     'inline auto x = triage::inputs{}.set<"limits">("x");',
     "No input is called `limits`; there are ticket, limit"),
]


def compile_lines(lines):
    """Compiles each line in a namespace of its own; returns the exit code, and
    the messages of the errors by line, those of no line under None."""
    source = PRELUDE + "".join(
        f"namespace n{i} {{ {line} }}\n" for i, line in enumerate(lines))
    first = PRELUDE.count("\n") + 1
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "lines.cpp"
        path.write_text(source, encoding="utf-8")
        run = subprocess.run(COMPILER + ["-fsyntax-only", str(path)],
                             capture_output=True, encoding="utf-8")
    errors = {}
    where = None
    for line in run.stderr.splitlines():
        origin = re.search(r"lines\.cpp:(\d+):\d+: +required from here", line)
        if origin:
            where = int(origin.group(1)) - first
        found = re.search(r"\berror: (.*)", line)
        if found:
            said = re.search(r'\{"(.*)"\}', found.group(1))
            message = said.group(1) if said else found.group(1)
            errors.setdefault(where, []).append(
                re.sub(r'\\(["\'])', r"\1", message))
            where = None
    return run.returncode, errors


class StaticErrors(unittest.TestCase):
    maxDiff = None

    def test_1_the_good_twins_compile(self):
        code, errors = compile_lines([good for good, _, _ in CASES])
        self.assertEqual(errors, {})
        self.assertEqual(code, 0)

    def test_2_each_bad_one_is_an_error_that_names_the_fault(self):
        code, errors = compile_lines([bad for _, bad, _ in CASES])
        self.assertNotEqual(code, 0)
        expected = {i: [message] for i, (_, _, message) in enumerate(CASES)}
        self.assertEqual(errors, expected)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
