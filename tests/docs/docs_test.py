"""The documents say what the files they speak of say."""

import re
import shutil
import subprocess
import tempfile
import unittest
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def read(path):
    return (ROOT / path).read_text(encoding="utf-8")


def code_blocks(text, language):
    return re.findall(rf"^```{language}\n(.*?)^```$", text, re.M | re.S)


def tracked(*patterns):
    git = ["git", "-c", f"safe.directory={ROOT}", "-C", str(ROOT)]
    out = subprocess.run(git + ["ls-files", *patterns], check=True,
                         capture_output=True, text=True).stdout
    return [name for name in out.splitlines() if (ROOT / name).exists()]


def documents():
    return tracked("*.md")


class Readme(unittest.TestCase):
    def test_the_example_is_the_file_that_is_compiled(self):
        blocks = code_blocks(read("README.md"), "cpp")
        self.assertEqual(len(blocks), 1)
        self.assertEqual(blocks[0], read("examples/embed/main.cpp"))

    def test_the_example_has_at_most_thirty_lines(self):
        lines = read("examples/embed/main.cpp").splitlines()
        self.assertLessEqual(len(lines), 30)

    def test_the_tree_names_every_folder(self):
        text = read("README.md")
        for entry in ROOT.iterdir():
            if (entry / "CMakeLists.txt").exists():
                self.assertIn(f"{entry.name}/", text)


class Errors(unittest.TestCase):
    def test_the_table_has_every_code_with_its_value(self):
        body = re.search(r"enum class errc[^{]*\{(.*?)\n\};",
                         read("include/dspex/error.hpp"), re.S).group(1)
        declared = set(re.findall(r"^  (\w+) = (\d+),$", body, re.M))
        declared.remove(("none", "0"))
        listed = set(re.findall(r"^\| `(\w+)` \| (\d+) \|",
                                read("docs/errors.md"), re.M))
        self.assertGreater(len(declared), 15)
        self.assertEqual(listed, declared)


class Reference(unittest.TestCase):
    def run_docs_with(self, declaration):
        """Runs scripts/docs on a copy of the headers with one more."""
        with tempfile.TemporaryDirectory() as folder:
            copy = Path(folder)
            for name in ["include", "docs", "scripts"]:
                shutil.copytree(ROOT / name, copy / name)
            header = copy / "include/dspex/extra.hpp"
            header.write_text("#pragma once\nnamespace dspex {\n"
                              f"{declaration}\n}}\n")
            out = subprocess.run([copy / "scripts/docs"], capture_output=True,
                                 text=True, check=False)
            return out.returncode, out.stderr

    def test_a_function_without_a_comment_is_refused(self):
        status, text = self.run_docs_with("int answer();")
        self.assertEqual(status, 1)
        self.assertRegex(text, r"extra\.hpp:3: .*answer\(\)")

    def test_a_comment_about_a_parameter_that_is_not_there_is_refused(self):
        status, text = self.run_docs_with(
            "/// Answers.\n/// @param why\n///        is not there.\n"
            "int answer(int question);")
        self.assertEqual(status, 1)
        self.assertIn("'why'", text)

    def test_a_data_member_may_speak_for_itself(self):
        status, text = self.run_docs_with(
            "/// Somebody.\nstruct person {\n  int age = 0;\n};")
        self.assertEqual((status, text), (0, ""))


class Links(unittest.TestCase):
    def test_each_link_to_a_file_leads_somewhere(self):
        checked = 0
        for name in documents():
            for target in re.findall(r"\]\(([^)#\s]+)\)", read(name)):
                if "://" in target:
                    continue
                checked += 1
                path = (ROOT / name).parent / target
                self.assertTrue(path.exists(), f"{name}: {target}")
        self.assertGreater(checked, 5)


class Paths(unittest.TestCase):
    """A quoted name that starts with a folder of ours, or ends like a source
    file or a document, is the name of a file."""

    # The example of CONTRIBUTING.md, and names that stand for any other.
    MADE_UP = {"actors/admission.hpp", "actors/admission.cpp",
               "tests/actors/admission_test.cpp", "actors/x.hpp",
               "cli/x_command.cpp", "dspex/x.hpp"}

    QUOTED = re.compile(r"[`'\"]([\w.-]+(?:/[\w.-]*)*)[`'\"]")
    DOCUMENT = re.compile(r"(?<![\w/.-])(\w[\w-]*(?:/[\w-]+)*\.md)\b")

    def names_in(self, text, folders):
        for name in self.QUOTED.findall(text):
            if name.endswith((".hpp", ".cpp")) or (
                    "/" in name and name.split("/")[0] in folders):
                yield name
        yield from self.DOCUMENT.findall(text)

    def is_there(self, name, document):
        return name in self.MADE_UP or any(
            (ROOT / folder / name).exists()
            for folder in [".", "include", Path(document).parent])

    def test_each_path_in_a_document_or_a_comment_is_there(self):
        folders = {name.split("/")[0] for name in tracked() if "/" in name}
        folders.add("dspex")
        checked = 0
        for file in tracked("*.md", "*.hpp", "*.cpp"):
            text = read(file)
            if not file.endswith(".md"):
                text = "\n".join(re.findall(r"(?<!:)//.*", text))
            for name in self.names_in(text, folders):
                checked += 1
                self.assertTrue(self.is_there(name, file), f"{file}: {name}")
        self.assertGreater(checked, 50)


if __name__ == "__main__":
    unittest.main()
