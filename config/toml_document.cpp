#include "config/toml_document.hpp"

#include <algorithm>
#include <cerrno>
#include <cmath>
#include <fstream>
#include <system_error>
#include <tuple>
#include <utility>

#include <toml++/toml.h>

#include "config/toml_nesting.hpp"

namespace dspex {

namespace {

/// Turns what the TOML library found into our own entries.
class converter {
public:
  converter(const std::string& source, std::vector<option_problem>& problems)
    : source_(source), problems_(problems) {
  }

  std::vector<toml_entry> members(const toml::table& table,
                                  const std::string& path) {
    std::vector<toml_entry> result;
    result.reserve(table.size());
    for (auto&& [key, node] : table) {
      auto where = key.source().begin;
      toml_entry entry;
      entry.name = std::string{key.str()};
      entry.line = where.line;
      entry.column = where.column;
      auto full = path.empty() ? entry.name : path + "." + entry.name;
      if (entry.name.find('\0') != std::string::npos)
        complain(key.source(), path, "a key must not contain U+0000");
      if (auto* inner = node.as_table()) {
        entry.is_table = true;
        entry.members = members(*inner, full);
      } else {
        entry.value = value(node, full);
      }
      result.push_back(std::move(entry));
    }
    // The library keeps keys in alphabetical order.
    std::sort(result.begin(), result.end(), [](auto& lhs, auto& rhs) {
      return std::tie(lhs.line, lhs.column) < std::tie(rhs.line, rhs.column);
    });
    return result;
  }

private:
  json value(const toml::node& node, const std::string& path) {
    switch (node.type()) {
      case toml::node_type::string: {
        auto& text = node.as_string()->get();
        if (text.find('\0') != std::string::npos)
          complain(node.source(), path, "text must not contain U+0000");
        return text;
      }
      case toml::node_type::integer:
        return node.as_integer()->get();
      case toml::node_type::boolean:
        return node.as_boolean()->get();
      case toml::node_type::floating_point: {
        auto x = node.as_floating_point()->get();
        if (!std::isfinite(x))
          complain(node.source(), path, "must be a finite number");
        return x;
      }
      case toml::node_type::array: {
        auto result = json::array();
        for (auto& element : *node.as_array())
          result.push_back(
            value(element, path + "[" + std::to_string(result.size()) + "]"));
        return result;
      }
      case toml::node_type::table: {
        toml_entry entry;
        entry.is_table = true;
        entry.members = members(*node.as_table(), path);
        return to_json(entry);
      }
      default:
        complain(node.source(), path,
                 "dates and times are not supported; put it in quotes");
        return nullptr;
    }
  }

  void complain(const toml::source_region& where, const std::string& path,
                std::string message) {
    problems_.push_back({source_, where.begin.line, where.begin.column, path,
                         std::move(message)});
  }

  const std::string& source_;
  std::vector<option_problem>& problems_;
};

/// The library's messages may quote the text they stumbled over, and that text
/// may be the value of a secret.
std::string syntax_message(std::string_view text, size_t line,
                           std::string_view description) {
  for (size_t n = 1; n < line; ++n)
    text.remove_prefix(std::min(text.find('\n'), text.size() - 1) + 1);
  if (text.substr(0, text.find('\n')).find("api_key") != std::string_view::npos)
    return "syntax error in the value of a secret";
  constexpr std::string_view opening = "Error while ";
  if (description.substr(0, opening.size()) == opening)
    description.remove_prefix(opening.size());
  return "syntax error: " + std::string{description};
}

} // namespace

const toml_entry* toml_entry::find(std::string_view member) const noexcept {
  for (auto& x : members)
    if (x.name == member)
      return &x;
  return nullptr;
}

json to_json(const toml_entry& entry) {
  if (!entry.is_table)
    return entry.value;
  auto result = json::object();
  for (auto& x : entry.members)
    result[x.name] = to_json(x);
  return result;
}

tl::expected<toml_entry, std::vector<option_problem>>
parse_toml(std::string_view text, const std::string& source) {
  auto refuse = [&](size_t line, size_t column, std::string message) {
    return tl::unexpected(std::vector<option_problem>{
      {source, line, column, "", std::move(message)}});
  };
  if (auto where = find_deep_nesting(text))
    return refuse(where->line, where->column,
                  "nested deeper than " + std::to_string(max_toml_nesting)
                    + " levels");
  try {
    auto table = toml::parse(text);
    std::vector<option_problem> problems;
    toml_entry root;
    root.line = 1;
    root.column = 1;
    root.is_table = true;
    root.members = converter{source, problems}.members(table, "");
    if (!problems.empty())
      return tl::unexpected(std::move(problems));
    return root;
  } catch (const toml::parse_error& err) {
    auto where = err.source().begin;
    return refuse(where.line, where.column,
                  syntax_message(text, where.line, err.description()));
  }
}

result<std::string> read_text_file(const std::filesystem::path& file) {
  auto cannot = [&](errc code, const std::string& why) {
    return fail(code, file.string() + ": cannot be read: " + why,
                {{"file", file.string()}});
  };
  std::error_code ignored;
  if (std::filesystem::is_directory(file, ignored))
    return cannot(errc::invalid_option, "it is a directory");
  errno = 0;
  std::ifstream in{file, std::ios::binary};
  if (!in) {
    auto why = std::error_code{errno, std::generic_category()};
    return cannot(why == std::errc::no_such_file_or_directory
                    ? errc::not_found
                    : errc::invalid_option,
                  why.message());
  }
  std::string text(max_toml_bytes + 1, '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  if (in.bad())
    return cannot(errc::invalid_option, "input/output error");
  text.resize(static_cast<size_t>(in.gcount()));
  if (text.size() > max_toml_bytes)
    return cannot(errc::invalid_option, "it is larger than "
                                          + std::to_string(max_toml_bytes)
                                          + " bytes");
  return text;
}

} // namespace dspex
