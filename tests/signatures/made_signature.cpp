#include "tests/signatures/made_signature.hpp"

#include <cstdint>

namespace dspex::test {

namespace {

/// Makes a maker of wrong values that are wrong as a whole.
std::function<wrong_value()> always(json value) {
  return [value = std::move(value)] { return wrong_value{value, ""}; };
}

} // namespace

made_type maker::make_type(int depth) {
  switch (below(depth < 3 ? 17 : 13)) {
    case 0:
      return make_str();
    case 1:
      return make_int();
    case 2:
      return {"float(max=1, min=-0.5)",
              [this] { return static_cast<double>(below(3)) / 2 - 0.5; },
              always(1.25)};
    case 3:
      return {"bool", [this] { return below(2) == 0; }, always(0)};
    case 4:
      return make_literal();
    case 5:
      // Takes everything, so what is wrong is inside something else.
      return {"list[any]", [this] { return json::array({make_anything()}); },
              always(json::object())};
    case 6:
      return {"float", [this] { return json(below(1000)); }, always("1")};
    case 7:
      return make_share();
    case 8:
      return make_embedding();
    case 9:
      return make_chain();
    case 10:
      return make_form();
    case 11:
      return make_history();
    case 12:
      return make_object();
    case 13:
      return make_list(depth);
    case 14:
      return make_dict(depth);
    case 15:
      return make_tuple(depth);
    default:
      return make_union(depth);
  }
}

json maker::make_text() {
  static const std::vector<std::string> parts{
    "a",    "Z",  "9", " ",          "\"", "'", "\\", "\n", "\t",
    "\x01", "->", "ä", "\U0001F600", ",",  ":", "]",  "\\d"};
  std::string result;
  for (auto n = below(6); n > 0; --n)
    result += parts[below(parts.size())];
  return result;
}

std::string maker::quote(const std::string& text, char quote) {
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

made_type maker::make_str() {
  switch (below(3)) {
    case 0:
      return {"str", [this] { return make_text(); }, always(5)};
    case 1: {
      auto choice = make_text().get<std::string>();
      return {"str(one_of=[" + quote(choice, '\'') + ", 'other one'])",
              [this, choice] {
                return below(2) == 0 ? json(choice) : json("other one");
              },
              always("neither of them")};
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
              },
              always("bbbbbbbbbb")};
    }
  }
}

made_type maker::make_int() {
  auto low = static_cast<int64_t>(below(1000)) - 500;
  auto step = static_cast<int64_t>(below(5)) + 1;
  return {"int(max=" + std::to_string(low + 10) + ", min=" + std::to_string(low)
            + ", multiple_of=" + std::to_string(step) + ')',
          [low, step] {
            auto value = low;
            while (value % step != 0)
              ++value;
            return json(value);
          },
          always(low - step * 1000)};
}

made_type maker::make_literal() {
  auto text = make_text().get<std::string>();
  auto number = static_cast<int64_t>(below(100)) - 50;
  return {"literal[" + quote(text, '\'') + ", " + std::to_string(number)
            + ", true]",
          [this, text, number] {
            return std::vector<json>{text, number, true}[below(3)];
          },
          always(false)};
}

made_type maker::make_share() {
  auto name = std::string{below(2) == 0 ? "probability" : "confidence_score"};
  return {below(2) == 0 ? name : name + "(max=0.75, min=0.25)",
          [this] { return json(0.25 + static_cast<double>(below(3)) / 4); },
          always(1.5)};
}

made_type maker::make_embedding() {
  auto size = 1 + below(4);
  return {"embedding(dimensions=" + std::to_string(size) + ')',
          [size] { return json(std::vector<double>(size, 0.5)); },
          [size] {
            auto value = json(std::vector<double>(size, 0.5));
            value.back() = "x";
            return wrong_value{value, '/' + std::to_string(size - 1)};
          }};
}

made_type maker::make_chain() {
  return {"reasoning_chain(max_length=3)",
          [this] {
            auto result = json::array();
            for (auto n = below(4); n > 0; --n)
              result.push_back(make_text());
            return result;
          },
          [] {
            return wrong_value{json::array({"x", nullptr}), "/1"};
          }};
}

made_type maker::make_form() {
  if (below(2) == 0)
    return {"datetime",
            [this] {
              return json("2024-02-" + std::to_string(10 + below(20))
                          + "T12:34:56+01:00");
            },
            always("2023-02-29T12:34:56Z")};
  return {"image",
          [this] {
            return json(below(2) == 0 ? "https://example.com/x.png"
                                      : "data:image/png;base64,AAAA");
          },
          always("x.png")};
}

made_type maker::make_history() {
  return {"history",
          [this] {
            return json::array({json{{"question", make_text()}}});
          },
          [] {
            return wrong_value{json::array({json::object(), 1}), "/1"};
          }};
}

made_type maker::make_object() {
  auto name = make_text().get<std::string>();
  json schema{{"type", "object"},
              {"properties", {{name, {{"type", "integer"}}}}},
              {"required", json::array({name})}};
  std::string pointer = "/";
  for (auto c : name)
    pointer += c == '~' ? "~0" : c == '/' ? "~1" : std::string(1, c);
  return {"object(" + quote(dump_json(schema), '\'') + ')',
          [this, name] {
            return json{{name, below(9)}, {name + '2', make_anything()}};
          },
          [name, pointer] {
            return wrong_value{json{{name, "x"}}, pointer};
          }};
}

made_type maker::make_list(int depth) {
  auto element = make_type(depth + 1);
  return {"list[" + element.text + "](max_length=3)",
          [this, element] {
            auto result = json::array();
            for (auto n = below(4); n > 0; --n)
              result.push_back(element.make_value());
            return result;
          },
          [element] {
            auto wrong = element.make_wrong();
            return wrong_value{json::array({element.make_value(), wrong.value}),
                               "/1" + wrong.pointer};
          }};
}

made_type maker::make_dict(int depth) {
  auto element = make_type(depth + 1);
  auto keys = below(2) == 0 ? std::string{"int"} : std::string{"str"};
  return {
    "dict[" + keys + ", " + element.text + "](max_size=2)",
    [this, element] {
      auto result = json::object();
      for (auto n = below(3); n > 0; --n)
        result[std::to_string(n)] = element.make_value();
      return result;
    },
    [element] {
      auto wrong = element.make_wrong();
      return wrong_value{json{{"-7", wrong.value}}, "/-7" + wrong.pointer};
    }};
}

made_type maker::make_tuple(int depth) {
  auto first = make_type(depth + 1);
  auto second = make_type(depth + 1);
  return {"tuple[" + first.text + ", " + second.text + ']',
          [first, second] {
            return json::array({first.make_value(), second.make_value()});
          },
          [first, second] {
            auto wrong = second.make_wrong();
            return wrong_value{json::array({first.make_value(), wrong.value}),
                               "/1" + wrong.pointer};
          }};
}

made_type maker::make_union(int depth) {
  auto list = make_list(depth + 1);
  return {list.text + " | none",
          [this, list] { return below(2) == 0 ? json() : list.make_value(); },
          list.make_wrong};
}

json maker::make_anything() {
  return std::vector<json>{nullptr,          false,           0, 1.5, "x",
                           json::array({1}), {{"k", nullptr}}}[below(7)];
}

} // namespace dspex::test
