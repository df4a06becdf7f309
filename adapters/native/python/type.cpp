#include "adapters/native/python/type.hpp"

#include <algorithm>
#include <array>

#include "adapters/native/python/literal.hpp"
#include "adapters/native/python/schema_type.hpp"
#include "adapters/native/python/text.hpp"
#include "signatures/plain_type.hpp"

namespace dspex {

namespace {

constexpr size_t max_type_depth = 64;

python_type of_kind(python_kind kind) {
  auto result = python_type{};
  result.kind = kind;
  return result;
}

python_type convert(const field_type& type, python_classes& classes) {
  auto with_arguments = [&](python_kind kind) {
    auto result = of_kind(kind);
    for (auto& x : type.arguments)
      result.arguments.push_back(convert(x, classes));
    return result;
  };
  switch (type.kind) {
    case type_kind::str:
      return of_kind(python_kind::str);
    case type_kind::integer:
      return of_kind(python_kind::integer);
    case type_kind::floating:
      return of_kind(python_kind::floating);
    case type_kind::boolean:
      return of_kind(python_kind::boolean);
    case type_kind::none:
      return of_kind(python_kind::none);
    case type_kind::any:
      return of_kind(python_kind::any);
    case type_kind::datetime:
      return of_kind(python_kind::datetime);
    case type_kind::image:
      return of_kind(python_kind::image);
    case type_kind::history:
      return of_kind(python_kind::history);
    case type_kind::list:
      return with_arguments(python_kind::list);
    case type_kind::tuple:
      return with_arguments(python_kind::tuple);
    case type_kind::dict:
      return with_arguments(python_kind::dict);
    case type_kind::union_:
      return with_arguments(python_kind::union_);
    case type_kind::literal: {
      auto result = of_kind(python_kind::literal);
      result.choices = type.choices;
      return result;
    }
    case type_kind::object:
      return type_of_schema(type.schema, classes, python_type::extras::kept);
    case type_kind::embedding:
    case type_kind::probability:
    case type_kind::confidence_score:
    case type_kind::reasoning_chain:
      break;
  }
  return convert(detail::plain_type(type), classes);
}

struct simple_name {
  std::string_view name;
  python_kind kind;
};

constexpr auto simple_names = std::array<simple_name, 12>{{
  {"str", python_kind::str},
  {"int", python_kind::integer},
  {"float", python_kind::floating},
  {"bool", python_kind::boolean},
  {"NoneType", python_kind::none},
  {"None", python_kind::none},
  {"Any", python_kind::any},
  {"datetime", python_kind::datetime},
  {"date", python_kind::date},
  {"Image", python_kind::image},
  {"History", python_kind::history},
  {"bytes", python_kind::str},
}};

constexpr auto generic_names = std::array<simple_name, 13>{{
  {"list", python_kind::list},
  {"List", python_kind::list},
  {"Sequence", python_kind::list},
  {"set", python_kind::set},
  {"Set", python_kind::set},
  {"frozenset", python_kind::set},
  {"tuple", python_kind::tuple},
  {"Tuple", python_kind::tuple},
  {"dict", python_kind::dict},
  {"Dict", python_kind::dict},
  {"Union", python_kind::union_},
  {"UnionType", python_kind::union_},
  {"Optional", python_kind::union_},
}};

template <class Table>
const simple_name* find_name(const Table& table, std::string_view name) {
  auto i = std::find_if(table.begin(), table.end(),
                        [&](auto& x) { return x.name == name; });
  return i != table.end() ? &*i : nullptr;
}

// Reads `list[Union[int, NoneType]]`.
class annotation_reader {
public:
  annotation_reader(std::string_view text, const json& schema,
                    python_classes& classes)
    : rest_(text), schema_(schema), classes_(classes) {
  }

  bool whole(python_type& out) {
    return type(out, 0) && rest_.empty();
  }

private:
  bool take(std::string_view x) {
    if (!rest_.starts_with(x))
      return false;
    rest_.remove_prefix(x.size());
    return true;
  }

  bool type(python_type& out, size_t depth) {
    auto name = std::string{rest_.substr(0, rest_.find_first_of("[], "))};
    if (name.empty() || depth > max_type_depth)
      return false;
    rest_.remove_prefix(name.size());
    if (name == "Literal")
      return literal(out);
    if (auto* generic = find_name(generic_names, name)) {
      out.kind = generic->kind;
      if (take("[") && !arguments(out, depth))
        return false;
      finish(out, name);
      return true;
    }
    if (auto* simple = find_name(simple_names, name)) {
      out.kind = simple->kind;
      return true;
    }
    // The parameters of a generic class are part of its name.
    if (rest_.starts_with("[")) {
      auto end = rest_.rfind(']');
      if (end == std::string_view::npos)
        return false;
      name += rest_.substr(0, end + 1);
      rest_.remove_prefix(end + 1);
    }
    out = class_in_schema(schema_, name, classes_);
    return true;
  }

  bool arguments(python_type& out, size_t depth) {
    do {
      if (take("Ellipsis")) {
        out.kind = python_kind::list;
        continue;
      }
      if (!type(out.arguments.emplace_back(), depth + 1))
        return false;
    } while (take(", "));
    return take("]");
  }

  static void finish(python_type& out, std::string_view name) {
    auto any = of_kind(python_kind::any);
    if (name == "Optional")
      out.arguments.push_back(of_kind(python_kind::none));
    else if (out.kind == python_kind::dict)
      out.arguments.resize(2, any);
    else if (out.kind == python_kind::set || out.kind == python_kind::list)
      out.arguments.resize(1, any);
    else if (out.kind == python_kind::tuple && out.arguments.empty()
             && name != "tuple[]") {
      out.kind = python_kind::list;
      out.arguments.push_back(any);
    }
  }

  bool literal(python_type& out) {
    out.kind = python_kind::literal;
    if (!take("["))
      return false;
    do {
      if (rest_.empty())
        return false;
      auto quote = rest_.front();
      if (quote != '\'' && quote != '"') {
        auto word = rest_.substr(0, rest_.find_first_of(",]"));
        auto value = read_python_literal(word == "NoneType" ? "None" : word);
        if (!value)
          return false;
        out.choices.push_back(std::move(*value));
        rest_.remove_prefix(word.size());
        continue;
      }
      rest_.remove_prefix(1);
      auto text = std::string{};
      for (;; rest_.remove_prefix(1)) {
        if (rest_.empty())
          return false;
        if (rest_.starts_with("\\'"))
          rest_.remove_prefix(1);
        else if (rest_.front() == quote)
          break;
        text += rest_.front();
      }
      rest_.remove_prefix(1);
      out.choices.emplace_back(std::move(text));
    } while (take(", "));
    return take("]");
  }

  std::string_view rest_;
  const json& schema_;
  python_classes& classes_;
};

python_annotation share(python_type type, python_classes classes) {
  return {std::make_shared<const python_type>(std::move(type)),
          std::make_shared<const python_classes>(std::move(classes))};
}

} // namespace

python_annotation annotate(const field_type& type) {
  auto classes = python_classes{};
  auto result = convert(type, classes);
  return share(std::move(result), std::move(classes));
}

result<python_annotation> read_annotation(std::string_view text,
                                          const json& schema) {
  auto classes = python_classes{};
  auto type = python_type{};
  if (!annotation_reader{text, schema, classes}.whole(type))
    return fail(errc::invalid_option,
                "'" + std::string{text} + "' is not the name of a type");
  return share(std::move(type), std::move(classes));
}

bool allows_none(const python_type& type) {
  return type.kind == python_kind::none
         || (type.kind == python_kind::union_
             && std::any_of(type.arguments.begin(), type.arguments.end(),
                            allows_none));
}

} // namespace dspex
