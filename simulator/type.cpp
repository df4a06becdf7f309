#include "simulator/type.hpp"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "simulator/text.hpp"

namespace dspex {

namespace {

using kind = sim_type::kind;

constexpr size_t max_depth = 16;
constexpr size_t max_nodes = 500;

sim_type type_of(kind k, std::vector<sim_type> arguments = {}) {
  sim_type result;
  result.is = k;
  result.arguments = std::move(arguments);
  return result;
}

bool is_name(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z')
         || (c >= '0' && c <= '9') || c == '_' || c == '.';
}

/// Reads a rendered type by descent; gives up on the first surprise.
class type_reader {
public:
  explicit type_reader(std::string_view text) : text_(text) {
  }

  sim_type run() {
    auto result = type(0);
    skip_space();
    return failed_ || !text_.empty() ? type_of(kind::unknown) : result;
  }

private:
  void skip_space() {
    while (!text_.empty() && text_.front() == ' ')
      text_.remove_prefix(1);
  }

  bool take(char c) {
    skip_space();
    if (text_.empty() || text_.front() != c)
      return false;
    text_.remove_prefix(1);
    return true;
  }

  sim_type give_up() {
    failed_ = true;
    return type_of(kind::unknown);
  }

  std::string_view name() {
    skip_space();
    size_t size = 0;
    while (size < text_.size() && is_name(text_[size]))
      ++size;
    auto result = text_.substr(0, size);
    text_.remove_prefix(size);
    return result;
  }

  std::vector<sim_type> arguments(size_t depth) {
    std::vector<sim_type> result;
    if (!take('['))
      return result;
    do
      result.push_back(type(depth + 1));
    while (!failed_ && take(','));
    if (!take(']'))
      give_up();
    return result;
  }

  sim_type type(size_t depth) {
    if (depth > max_depth || ++nodes_ > max_nodes)
      return give_up();
    auto n = name();
    if (n == "Literal")
      return literal();
    if (n.empty())
      return give_up();
    auto inner = arguments(depth);
    if (failed_)
      return give_up();
    return named(n, std::move(inner));
  }

  static sim_type named(std::string_view n, std::vector<sim_type> inner) {
    if (n == "str" || n == "Reasoning" || n == "Code")
      return type_of(kind::str);
    if (n == "int")
      return type_of(kind::integer);
    if (n == "float" || n == "complex")
      return type_of(kind::floating);
    if (n == "bool")
      return type_of(kind::boolean);
    if (n == "NoneType" || n == "None")
      return type_of(kind::none);
    if (n == "Any" || n == "object")
      return type_of(kind::any);
    if (n == "datetime")
      return type_of(kind::datetime);
    if (n == "Union" || n == "UnionType")
      return type_of(kind::one_of, std::move(inner));
    if (n == "Optional") {
      inner.push_back(type_of(kind::none));
      return type_of(kind::one_of, std::move(inner));
    }
    if (n == "list" || n == "List" || n == "set" || n == "frozenset") {
      if (inner.empty())
        inner.push_back(type_of(kind::str));
      auto result = type_of(kind::list, {std::move(inner.front())});
      result.unique = n != "list" && n != "List";
      return result;
    }
    if ((n == "tuple" || n == "Tuple") && !inner.empty())
      return type_of(kind::tuple, std::move(inner));
    if (n == "dict" || n == "Dict") {
      auto typed = inner.size() == 2;
      auto result = type_of(kind::dict,
                            {typed ? std::move(inner[1]) : type_of(kind::any)});
      result.integer_keys = typed && inner[0].is == kind::integer;
      return result;
    }
    return type_of(kind::unknown);
  }

  sim_type literal() {
    auto result = type_of(kind::literal);
    if (!take('['))
      return give_up();
    do {
      skip_space();
      if (text_.empty())
        return give_up();
      if (text_.front() == '\'' || text_.front() == '"')
        result.choices.emplace_back(quoted());
      else
        result.choices.push_back(bare());
    } while (!failed_ && take(','));
    if (!take(']'))
      return give_up();
    return result;
  }

  std::string quoted() {
    std::string result;
    auto quote = text_.front();
    text_.remove_prefix(1);
    while (!text_.empty() && text_.front() != quote) {
      // Only a quote is escaped: a backslash before anything else is meant.
      if (text_.front() == '\\' && text_.size() > 1 && text_[1] == quote)
        text_.remove_prefix(1);
      result += text_.front();
      text_.remove_prefix(1);
    }
    if (text_.empty())
      give_up();
    else
      text_.remove_prefix(1);
    return result;
  }

  json bare() {
    auto word = std::string{text_.substr(0, text_.find_first_of(",]"))};
    text_.remove_prefix(word.size());
    word = sim_trim(word);
    if (word == "True" || word == "False")
      return word == "True";
    if (word == "None")
      return nullptr;
    char* end = nullptr;
    auto number = std::strtoll(word.c_str(), &end, 10);
    if (!word.empty() && *end == '\0')
      return number;
    return word;
  }

  std::string_view text_;
  size_t nodes_ = 0;
  bool failed_ = false;
};

/// Reads a schema within a budget: references may multiply without end.
class schema_reader {
public:
  explicit schema_reader(const json& root) : root_(root) {
  }

  sim_type read(const json& schema, size_t depth) {
    if (!schema.is_object() || depth > max_depth || ++nodes_ > max_nodes)
      return type_of(kind::any);
    if (auto ref = schema.find("$ref"); ref != schema.end())
      return read(target(*ref), depth + 1);
    for (auto key : {"anyOf", "oneOf"})
      if (auto alternatives = array(schema, key))
        return type_of(kind::one_of, all(*alternatives, depth));
    if (auto all_of = array(schema, "allOf"); all_of && all_of->size() == 1)
      return read(all_of->front(), depth + 1);
    if (auto value = schema.find("const"); value != schema.end())
      return literal(std::vector<json>(1, *value));
    if (auto values = array(schema, "enum"); values && !values->empty())
      return literal(std::vector<json>(values->begin(), values->end()));
    auto type = schema.find("type");
    if (type == schema.end())
      return type_of(schema.contains("properties") ? kind::object : kind::any);
    if (auto types = array(schema, "type")) {
      std::vector<sim_type> alternatives;
      for (auto& name : *types)
        if (name.is_string())
          alternatives.push_back(
            simple(schema, name.get_ref<const std::string&>(), depth));
      return type_of(kind::one_of, std::move(alternatives));
    }
    if (!type->is_string())
      return type_of(kind::any);
    return simple(schema, type->get_ref<const std::string&>(), depth);
  }

private:
  static const json* array(const json& schema, const char* key) {
    auto pos = schema.find(key);
    return pos != schema.end() && pos->is_array() ? &*pos : nullptr;
  }

  static sim_type literal(std::vector<json> values) {
    auto result = type_of(kind::literal);
    result.choices = std::move(values);
    return result;
  }

  const json& target(const json& ref) const {
    static const json nothing;
    if (!ref.is_string())
      return nothing;
    std::string_view path = ref.get_ref<const std::string&>();
    for (auto group : {"$defs", "definitions"}) {
      auto start = std::string{"#/"} + group + "/";
      auto defs = root_.find(group);
      if (path.substr(0, start.size()) != start || defs == root_.end()
          || !defs->is_object())
        continue;
      auto pos = defs->find(std::string{path.substr(start.size())});
      return pos == defs->end() ? nothing : *pos;
    }
    return nothing;
  }

  std::vector<sim_type> all(const json& schemas, size_t depth) {
    std::vector<sim_type> result;
    for (auto& schema : schemas)
      result.push_back(read(schema, depth + 1));
    return result;
  }

  static std::optional<double> number(const json& schema, const char* key) {
    auto pos = schema.find(key);
    if (pos == schema.end() || !pos->is_number())
      return std::nullopt;
    return pos->get<double>();
  }

  static std::optional<size_t> size(const json& schema, const char* key) {
    auto value = number(schema, key);
    if (!value || *value < 0 || *value > 1e9)
      return std::nullopt;
    return static_cast<size_t>(*value);
  }

  static void read_bounds(const json& schema, sim_type& result) {
    result.min = number(schema, "minimum");
    result.max = number(schema, "maximum");
    if (auto open = number(schema, "exclusiveMinimum")) {
      result.min = open;
      result.min_open = true;
    }
    if (auto open = number(schema, "exclusiveMaximum")) {
      result.max = open;
      result.max_open = true;
    }
    result.multiple_of = number(schema, "multipleOf");
  }

  sim_type simple(const json& schema, std::string_view type, size_t depth) {
    sim_type result;
    if (type == "integer" || type == "number") {
      result.is = type == "integer" ? kind::integer : kind::floating;
      read_bounds(schema, result);
    } else if (type == "boolean") {
      result.is = kind::boolean;
    } else if (type == "null") {
      result.is = kind::none;
    } else if (type == "string") {
      auto format = schema.find("format");
      result.is = format != schema.end() && *format == "date-time"
                    ? kind::datetime
                    : kind::str;
      result.min_length = size(schema, "minLength");
      result.max_length = size(schema, "maxLength");
    } else if (type == "array") {
      read_array(schema, result, depth);
    } else if (type == "object") {
      read_object(schema, result, depth);
    } else {
      result.is = kind::any;
    }
    return result;
  }

  void read_array(const json& schema, sim_type& result, size_t depth) {
    if (auto items = array(schema, "prefixItems"); items && !items->empty()) {
      result.is = kind::tuple;
      result.arguments = all(*items, depth);
      return;
    }
    result.is = kind::list;
    auto items = schema.find("items");
    result.arguments.push_back(items == schema.end() ? type_of(kind::any)
                                                     : read(*items, depth + 1));
    result.min_length = size(schema, "minItems");
    result.max_length = size(schema, "maxItems");
    auto unique = schema.find("uniqueItems");
    result.unique = unique != schema.end() && *unique == true;
  }

  void read_object(const json& schema, sim_type& result, size_t depth) {
    auto properties = schema.find("properties");
    if (properties != schema.end() && properties->is_object()
        && !properties->empty()) {
      result.is = kind::object;
      for (auto& item : properties->items()) {
        result.names.push_back(item.key());
        result.arguments.push_back(read(item.value(), depth + 1));
      }
      return;
    }
    result.is = kind::dict;
    auto values = schema.find("additionalProperties");
    result.arguments.push_back(values != schema.end() && values->is_object()
                                 ? read(*values, depth + 1)
                                 : type_of(kind::any));
    result.min_length = size(schema, "minProperties");
    result.max_length = size(schema, "maxProperties");
  }

  const json& root_;
  size_t nodes_ = 0;
};

/// A schema does not tell that the keys of a dict are integers, but the name of
/// the type does.
void adopt_keys(const sim_type& named, sim_type& told) {
  if (named.is != told.is)
    return;
  told.integer_keys = named.integer_keys;
  auto both = std::min(named.arguments.size(), told.arguments.size());
  for (size_t i = 0; i < both; ++i)
    adopt_keys(named.arguments[i], told.arguments[i]);
}

std::string_view text_after(std::string_view text, std::string_view start) {
  auto pos = text.find(start);
  return pos == std::string_view::npos ? std::string_view{}
                                       : text.substr(pos + start.size());
}

std::optional<double> number_after(std::string_view text,
                                   std::string_view start) {
  std::string rest{sim_clip(text_after(text, start), 40)};
  char* end = nullptr;
  auto value = std::strtod(rest.c_str(), &end);
  if (end == rest.c_str() || !std::isfinite(value))
    return std::nullopt;
  return value;
}

/// The choices of `one of: a; b`, as the type has them.
std::vector<json> read_choices(std::string_view text, kind is) {
  std::vector<json> result;
  while (!text.empty()) {
    auto end = text.find("; ");
    std::string choice{text.substr(0, end)};
    char* rest = nullptr;
    auto number = std::strtoll(choice.c_str(), &rest, 10);
    if (is == kind::integer && !choice.empty() && *rest == '\0')
      result.emplace_back(number);
    else
      result.emplace_back(std::move(choice));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 2);
  }
  return result;
}

void read_constraints(std::string_view text, sim_type& result) {
  for (auto& alternative : result.arguments)
    if (result.is == kind::one_of)
      read_constraints(text, alternative);
  if (auto value = number_after(text, "greater than or equal to: "))
    result.min = value;
  if (auto value = number_after(text, "less than or equal to: "))
    result.max = value;
  if (auto value = number_after(text, "greater than: ")) {
    result.min = value;
    result.min_open = true;
  }
  if (auto value = number_after(text, "less than: ")) {
    result.max = value;
    result.max_open = true;
  }
  if (auto value = number_after(text, "a multiple of the given number: "))
    result.multiple_of = value;
  auto length = [text](std::string_view start) -> std::optional<size_t> {
    auto value = number_after(text, start);
    if (!value || *value < 0 || *value > 1e9)
      return std::nullopt;
    return static_cast<size_t>(*value);
  };
  if (auto value = length("minimum length: "))
    result.min_length = value;
  if (auto value = length("maximum length: "))
    result.max_length = value;
  if (result.is == kind::list && text.ends_with("all elements distinct"))
    result.unique = true;
  auto choices = text_after(text, "one of: ");
  if (!choices.empty()
      && (result.is == kind::str || result.is == kind::integer)) {
    result.choices = read_choices(choices, result.is);
    result.is = kind::literal;
  }
}

} // namespace

sim_type read_python_type(std::string_view text) {
  return type_reader{text}.run();
}

sim_type read_schema_type(const json& schema) {
  return schema_reader{schema}.read(schema, 0);
}

sim_type read_field_type(const sim_field& field) {
  auto result = read_python_type(field.type);
  if (auto schema = text_after(field.note, "adhere to the JSON schema: ");
      !schema.empty()) {
    if (auto parsed = parse_json(schema)) {
      auto told = read_schema_type(*parsed);
      adopt_keys(result, told);
      if (told.is != kind::any || result.is == kind::unknown)
        result = std::move(told);
    }
  } else if (auto choices = text_after(field.note, " one of: ");
             result.is == kind::unknown && !choices.empty()) {
    result = type_of(kind::literal);
    result.choices = read_choices(choices, kind::str);
  }
  read_constraints(field.constraints, result);
  return result;
}

} // namespace dspex
