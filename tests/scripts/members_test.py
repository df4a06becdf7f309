"""scripts/members counts what a class declares."""

import importlib.machinery
import importlib.util
import unittest
from pathlib import Path

SCRIPT = Path(__file__).resolve().parents[2] / "scripts" / "members"


def load():
    loader = importlib.machinery.SourceFileLoader("members", str(SCRIPT))
    spec = importlib.util.spec_from_loader("members", loader)
    module = importlib.util.module_from_spec(spec)
    loader.exec_module(module)
    return module


members = load()


def counted(text):
    return {x.name: (x.functions, x.data) for x in members.Reader(text).read()}


def count_in_class(declaration):
    return counted(f"class x {{\npublic:\n{declaration}\n}};\n")["x"]


class Functions(unittest.TestCase):
    def test_each_of_these_is_one(self):
        for text in ["x();",
                     "explicit x(int a = 1, int b = 2);",
                     "x() = default;",
                     "x(int a) : a_{a}, b_(a), c_{f(a), {}} { g(); }",
                     "virtual ~x() noexcept = 0;",
                     "x& operator=(const x&) = delete;",
                     "bool operator()(int a) const;",
                     "bool operator<(const x& other) const { return true; }",
                     "auto operator<=>(const x&) const = default;",
                     "explicit operator bool() const;",
                     "[[nodiscard]] static std::map<int, int> f(int a);",
                     "template <class T, class U> requires(good<T>) void f(T);",
                     "std::function<void(int)> f() const noexcept(true);",
                     "auto f(int a) -> std::pair<int, int> {\n"
                     "  if (a < 1) { return {a, a}; }\n  return {1, 2};\n}"]:
            self.assertEqual(count_in_class(text), (1, 0), text)

    def test_overloads_count_each(self):
        self.assertEqual(count_in_class("void f(); void f(int); x();"), (3, 0))


class Data(unittest.TestCase):
    def test_each_of_these_is_one(self):
        for text in ["int a;",
                     "int a = 1;",
                     "std::map<int, std::pair<int, int>> a{{1, {2, 3}}};",
                     "std::function<void(int)> a = [](int b) { f(b); };",
                     "void (*a)(int) = nullptr;",
                     "alignas(64) std::atomic<int> a{0};",
                     "static thread_local int a;",
                     "const char* a = \"}; int b; R(\";",
                     "struct y* a;",
                     "int a : 3;"]:
            self.assertEqual(count_in_class(text), (0, 1), text)

    def test_each_name_of_a_declaration_counts(self):
        self.assertEqual(count_in_class("size_t a = 0, b = 0, c;"), (0, 3))


class Neither(unittest.TestCase):
    def test_these_are_not_counted(self):
        for text in ["using y = int;",
                     "typedef int y;",
                     "enum class y { a, b, c = 3 };",
                     "struct y;",
                     "template <class T> struct y;",
                     "static constexpr int a = 1;",
                     "static constexpr int a[] = {1, 2};",
                     "static_assert(sizeof(int) > 1);",
                     "friend class y;",
                     "friend bool operator==(const x&, const x&) = default;",
                     "friend int f(const x& a) { return a.b; }",
                     "// int a;\n/* int b; */\n#define Y int c;"]:
            self.assertEqual(count_in_class(text), (0, 0), text)

    def test_what_is_no_class_is_not_counted(self):
        self.assertEqual(counted("int a;\nvoid f() { int b; }\n"
                                 "template <class T> T g(T x) { return x; }"
                                 "enum class color { red };"), {})


class Classes(unittest.TestCase):
    def test_a_nested_class_is_counted_by_itself(self):
        self.assertEqual(
            counted("struct a { struct b { int c; int d; }; b e; void f(); };"),
            {"a": (1, 1), "a::b": (0, 2)})

    def test_a_class_in_a_function_or_a_namespace_is_counted(self):
        self.assertEqual(
            counted("namespace n { void f() { struct a { int b; }; } "
                    "class c final : public d<1, 2> { int e; }; }"),
            {"a": (0, 1), "c": (0, 1)})

    def test_the_class_of_an_elsewhere_declared_name_is_counted(self):
        self.assertEqual(counted("struct a::impl { int b; };"),
                         {"a::impl": (0, 1)})


class Limits(unittest.TestCase):
    def findings(self, body, above=""):
        text = f"{above}class x {{\n{body}\n}};\n"
        return list(members.findings(text))

    def test_thirty_functions_are_allowed_and_no_more(self):
        self.assertEqual(self.findings("void f();\n" * 30), [])
        self.assertEqual(self.findings("void f();\n" * 31), [
            (1, "x has 31 member functions, more than 30: split it, or say"
             " above it `Large because ...`")])

    def test_fourteen_data_members_are_allowed_and_no_more(self):
        self.assertEqual(self.findings("int a;\n" * 14), [])
        self.assertEqual(self.findings("int a;\n" * 15), [
            (1, "x has 15 data members, more than 14: split it, or say above"
             " it `Large because ...`")])

    def test_a_reason_in_the_comment_above_the_class_excuses_it(self):
        body = "int a;\n" * 15
        reason = "/// All columns.\n///\n/// Large because rows are.\n"
        self.assertEqual(self.findings(body, reason), [])
        self.assertEqual(self.findings(body, reason + "template <class T>\n"),
                         [])
        self.assertEqual(len(self.findings(body, reason + "\n")), 1)
        self.assertEqual(len(self.findings(body, "// Large because\n")), 1)


if __name__ == "__main__":
    unittest.main()
