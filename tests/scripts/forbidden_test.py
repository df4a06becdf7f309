"""scripts/forbidden finds what it forbids, and nothing else."""

import contextlib
import importlib.machinery
import importlib.util
import io
import unittest
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "forbidden"


def load():
    loader = importlib.machinery.SourceFileLoader("forbidden", str(SCRIPT))
    spec = importlib.util.spec_from_loader("forbidden", loader)
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


forbidden = load()


def found(path, text):
    return [number for number, _ in forbidden.findings(path, text)]


class Patterns(unittest.TestCase):
    def test_a_blocking_request_is_found_in_its_line(self):
        text = "int x;\nself->request(a, 1s, b).await([] {});\n"
        self.assertEqual(found("actors/x.cpp", text), [2])

    def test_an_infinite_timeout_is_found(self):
        for call in ("request(a, caf::infinite, b)", "request(a, infinite, b)",
                     "receive(infinite)"):
            self.assertEqual(found("actors/x.cpp", call), [1], call)

    def test_a_comment_about_a_forbidden_thing_is_allowed(self):
        text = "/// Unlike .await( this does not block, nor does actor_pool.\n"
        self.assertEqual(found("actors/x.cpp", text), [])

    def test_code_after_an_address_is_still_read(self):
        text = 'get("http://x", y.dump());\n'
        self.assertEqual(found("actors/x.cpp", text), [1])

    def test_sleeping_is_forbidden_in_tests_only(self):
        text = "std::this_thread::sleep_for(1s);\n"
        self.assertEqual(found("tests/actors/x_test.cpp", text), [1])
        self.assertEqual(found("adapters/native/x.cpp", text), [])

    def test_each_library_stays_in_its_folder(self):
        cases = [
            ("#include <sqlite3.h>\n", "persistence/sqlite/store.cpp",
             "persistence/store.cpp"),
            ("#include <SQLiteCpp/Database.h>\n",
             "persistence/sqlite/store.cpp", "actors/store_pool/x.cpp"),
            ("#include <curl/curl.h>\n", "adapters/native/http/client.cpp",
             "adapters/native/lm/client.cpp"),
            ("#include <restinio/all.hpp>\n", "simulator/lm_sim.cpp",
             "runtime/runtime.cpp"),
            ("auto x = nlohmann::json{};\n", "core/json.cpp",
             "adapters/mock.cpp"),
        ]
        for text, good, bad in cases:
            self.assertEqual(found(good, text), [], good)
            self.assertEqual(found(bad, text), [1], bad)

    def test_unfinished_work_is_found_even_in_a_comment(self):
        word = "TO" + "DO"
        self.assertEqual(found("core/x.cpp", f"// {word}: later\n"), [1])

    def test_a_long_file_is_found(self):
        self.assertEqual(found("core/x.cpp", "\n" * 500), [])
        self.assertEqual(found("core/x.cpp", "\n" * 501), [501])


class Layers(unittest.TestCase):
    def test_a_folder_may_include_itself_and_what_is_below(self):
        for path, header in [("actors/program/x.cpp", "actors/program/program.hpp"),
                             ("actors/program/x.cpp", "messages/actors.hpp"),
                             ("actors/program/x.cpp", "actors/node/context.hpp"),
                             ("persistence/open.cpp", "persistence/sqlite/x.hpp"),
                             ("persistence/sqlite/x.cpp", "persistence/store.hpp"),
                             ("adapters/native/lm/x.cpp", "core/text.hpp"),
                             ("messages/requests.hpp", "persistence/store.hpp"),
                             ("cli/main.cpp", "simulator/lm_sim.hpp"),
                             ("core/json.cpp", "dspex/json.hpp"),
                             ("include/dspex/error.hpp", "dspex/json.hpp"),
                             ("persistence/x.cpp", "migrations/sqlite.hpp"),
                             ("tests/actors/x_test.cpp", "actors/x.hpp"),
                             ("examples/embed/main.cpp", "dspex/dspex.hpp")]:
            text = f'#include "{header}"\n'
            self.assertEqual(found(path, text), [], f"{path} {header}")

    def test_a_folder_must_not_include_what_is_above_or_beside(self):
        for path, header in [("persistence/store.hpp", "actors/program.hpp"),
                             ("persistence/store.hpp", "adapters/mock.hpp"),
                             ("adapters/mock.hpp", "messages/requests.hpp"),
                             ("core/json.cpp", "signatures/reader.hpp"),
                             ("persistence/store.hpp", "persistence/sqlite/x.hpp"),
                             ("persistence/sqlite/x.cpp", "persistence/postgres/x.hpp"),
                             ("adapters/native/chat/x.cpp", "adapters/native/lm/x.hpp"),
                             ("adapters/python_port/x.cpp", "adapters/native/lm/x.hpp"),
                             ("actors/kit/x.cpp", "actors/program/x.hpp"),
                             ("persistence/x.cpp", "adapters/x.hpp"),
                             ("signatures/values/x.cpp", "signatures/reader.hpp"),
                             ("runtime/runtime.cpp", "cli/verbs.hpp"),
                             ("include/dspex/error.hpp", "core/json.hpp"),
                             ("examples/embed/main.cpp", "core/json.hpp")]:
            text = f'#include "{header}"\n'
            self.assertEqual(found(path, text), [1], f"{path} {header}")


class Rooms(unittest.TestCase):
    def test_a_crowded_folder_is_found(self):
        files = [f"persistence/sqlite/{n}.cpp" for n in range(31)]
        self.assertEqual(list(forbidden.crowded(files[1:])), [])
        self.assertEqual(list(forbidden.crowded(files)), [
            "persistence/sqlite: 31 files, more than 30: make rooms"])
        tests = [f"tests/core/{n}_test.cpp" for n in range(99)]
        self.assertEqual(list(forbidden.crowded(tests)), [])


class ThisRepository(unittest.TestCase):
    def test_the_command_line_exits_with_1_on_a_finding(self):
        # This file is no C++, so the script never looks at it by itself.
        here = "tests/scripts/forbidden_test.py"
        output = io.StringIO()
        with contextlib.redirect_stdout(output):
            self.assertEqual(forbidden.main([here]), 1)
        self.assertIn(here + ":", output.getvalue())


if __name__ == "__main__":
    unittest.main()
