#include <functional>
#include <random>

#include <gtest/gtest.h>

#include "dspex/signature.hpp"

namespace {

using dspex::json;
using dspex::side;
using dspex::signature;

/// A type as text in canonical form, and a maker of values that fit it.
struct made_type {
  std::string text;
  std::function<json()> make_value;
};

/// Makes random signatures together with valid values, from a seed.
class maker {
public:
  explicit maker(uint32_t seed) : random_(seed) {
  }

  made_type make_type(int depth) {
    switch (below(depth < 3 ? 9 : 7)) {
      case 0:
        return make_str();
      case 1:
        return make_int();
      case 2:
        return {"float(max=1, min=-0.5)",
                [this] { return static_cast<double>(below(3)) / 2 - 0.5; }};
      case 3:
        return {"bool", [this] { return below(2) == 0; }};
      case 4:
        return make_literal();
      case 5:
        return {"any", [this] { return make_anything(); }};
      case 6:
        return {"float", [this] { return json(below(1000)); }};
      case 7:
        return make_list(depth);
      default:
        return make_union(depth);
    }
  }

  json make_text() {
    static const std::vector<std::string> parts{
      "a",    "Z",  "9", " ",          "\"", "'", "\\", "\n", "\t",
      "\x01", "->", "ä", "\U0001F600", ",",  ":", "]",  "\\d"};
    std::string result;
    for (auto n = below(6); n > 0; --n)
      result += parts[below(parts.size())];
    return result;
  }

  /// Quotes a text in the way of the canonical form.
  static std::string quote(const std::string& text, char quote) {
    std::string result(1, quote);
    for (auto c : text) {
      if (c == '\n')
        result += "\\n";
      else if (c == '\t')
        result += "\\t";
      else if (c == '\x01')
        result += "\\u0001";
      else if (c == '\\' || c == quote)
        result += std::string{"\\"} + c;
      else
        result += c;
    }
    return result + quote;
  }

  size_t below(size_t n) {
    return std::uniform_int_distribution<size_t>{0, n - 1}(random_);
  }

private:
  made_type make_str() {
    switch (below(3)) {
      case 0:
        return {"str", [this] { return make_text(); }};
      case 1: {
        auto choice = make_text().get<std::string>();
        return {"str(one_of=[" + quote(choice, '\'') + ", 'other one'])",
                [this, choice] {
                  return below(2) == 0 ? json(choice) : json("other one");
                }};
      }
      default: {
        auto low = below(4);
        return {"str(max_length=" + std::to_string(low + 2) + ", min_length="
                  + std::to_string(low) + ", pattern='^(ä|b)*$')",
                [this, low] {
                  std::string result;
                  for (auto n = low + below(3); n > 0; --n)
                    result += below(2) == 0 ? "ä" : "b";
                  return json(result);
                }};
      }
    }
  }

  made_type make_int() {
    auto low = static_cast<int64_t>(below(1000)) - 500;
    auto step = static_cast<int64_t>(below(5)) + 1;
    return {"int(max=" + std::to_string(low + 10)
              + ", min=" + std::to_string(low)
              + ", multiple_of=" + std::to_string(step) + ')',
            [low, step] {
              auto value = low;
              while (value % step != 0)
                ++value;
              return json(value);
            }};
  }

  made_type make_literal() {
    auto text = make_text().get<std::string>();
    auto number = static_cast<int64_t>(below(100)) - 50;
    return {"literal[" + quote(text, '\'') + ", " + std::to_string(number)
              + ", true]",
            [this, text, number] {
              return std::vector<json>{text, number, true}[below(3)];
            }};
  }

  made_type make_list(int depth) {
    auto element = make_type(depth + 1);
    return {"list[" + element.text + "](max_length=3)", [this, element] {
              auto result = json::array();
              for (auto n = below(4); n > 0; --n)
                result.push_back(element.make_value());
              return result;
            }};
  }

  made_type make_union(int depth) {
    auto list = make_list(depth + 1);
    return {list.text + " | none", [this, list] {
              return below(2) == 0 ? json() : list.make_value();
            }};
  }

  json make_anything() {
    return std::vector<json>{nullptr,          false,           0, 1.5, "x",
                             json::array({1}), {{"k", nullptr}}}[below(7)];
  }

  std::mt19937 random_;
};

TEST(SignatureProperty, PrintsWhatItReadsAndAcceptsWhatFits) {
  for (uint32_t seed = 1; seed <= 500; ++seed) {
    SCOPED_TRACE("seed " + std::to_string(seed));
    maker make{seed};
    std::string text;
    auto values = json::object();
    auto add_side = [&](const std::string& prefix) {
      auto count = 1 + make.below(4);
      for (size_t i = 0; i < count; ++i) {
        auto name = prefix + std::to_string(i);
        auto type = make.make_type(0);
        text += (i > 0 ? ", " : "") + name + ": " + type.text;
        if (auto description = make.make_text().get<std::string>();
            !description.empty())
          text += ' ' + maker::quote(description, '"');
        if (prefix == "in")
          values[name] = type.make_value();
      }
    };
    add_side("in");
    text += " -> ";
    add_side("out");

    auto sig = signature::parse(text);
    ASSERT_TRUE(sig) << sig.error().message;
    EXPECT_EQ(sig->to_text(), text);
    auto again = signature::from_json(sig->to_json(side::inputs),
                                      sig->to_json(side::outputs));
    ASSERT_TRUE(again) << again.error().message;
    EXPECT_EQ(again->to_text(), text);
    EXPECT_EQ(*again, *sig);
    EXPECT_EQ(again->inputs(), sig->inputs());

    auto before = values;
    auto problems = sig->validate(side::inputs, values);
    for (auto& p : problems)
      ADD_FAILURE() << p.message << "\n  " << text;
    EXPECT_EQ(values, before);

    values["stranger"] = 1;
    EXPECT_EQ(sig->validate(side::inputs, values).size(), 1u);
  }
}

TEST(SignatureProperty, NeverAcceptsATextWithAByteMissingAsTheSame) {
  std::string text = "a: int(max=9, min=0) \"x\", b: literal['x', 1] -> "
                     "c: list[str | none](unique=true)";
  auto whole = signature::parse(text);
  ASSERT_TRUE(whole);
  for (size_t i = 0; i < text.size(); ++i) {
    auto damaged = text;
    damaged.erase(i, 1);
    if (text[i] == ' ')
      continue;
    auto result = signature::parse(damaged);
    if (result)
      EXPECT_NE(*result, *whole) << damaged;
    else
      EXPECT_FALSE(result.error().message.empty());
  }
}

} // namespace
