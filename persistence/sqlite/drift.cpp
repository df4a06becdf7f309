#include "persistence/sqlite/drift.hpp"

#include <algorithm>

namespace dspex {

namespace {

bool is_blank(char c) {
  return std::string_view{" \t\r\n"}.find(c) != std::string_view::npos;
}

char lower(char c) {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

// Cuts a statement into words, signs and quoted texts. The quotes of a
// statement that SQLite has taken are balanced.
class tokenizer {
public:
  explicit tokenizer(std::string_view sql) : rest_(sql) {
  }

  // Returns the next token; an empty one after the last.
  std::string next() {
    skip_blanks();
    if (rest_.empty())
      return {};
    auto first = rest_.front();
    if (std::string_view{"'\"`["}.find(first) != std::string_view::npos)
      return quoted(first == '[' ? ']' : first);
    auto n = size_t{0};
    while (n < rest_.size() && is_word(rest_[n]))
      ++n;
    auto out = take(std::max(n, size_t{1}));
    for (auto& c : out)
      c = lower(c);
    return out;
  }

private:
  static bool is_word(char c) {
    return c == '_' || (c >= '0' && c <= '9')
           || (lower(c) >= 'a' && lower(c) <= 'z')
           || static_cast<unsigned char>(c) >= 0x80;
  }

  void skip_blanks() {
    for (;;) {
      while (!rest_.empty() && is_blank(rest_.front()))
        rest_.remove_prefix(1);
      auto end = std::string_view::npos;
      if (rest_.starts_with("--"))
        end = rest_.find('\n');
      else if (rest_.starts_with("/*"))
        end = rest_.find("*/") + 1;
      else
        return;
      rest_.remove_prefix(std::min(end, rest_.size() - 1) + 1);
    }
  }

  // A quoted name that needs no quotes loses them.
  std::string quoted(char end) {
    // A doubled quote stands for itself.
    auto n = size_t{1};
    while (n < rest_.size()
           && (rest_[n] != end || rest_.substr(n + 1).starts_with(end)))
      n += rest_[n] == end ? 2 : 1;
    auto out = take(std::min(n + 1, rest_.size()));
    auto inside = std::string_view{out}.substr(1, out.size() - 2);
    auto plain = !inside.empty();
    for (auto c : inside)
      plain = plain && is_word(c);
    return end != '\'' && plain ? std::string{inside} : out;
  }

  std::string take(size_t n) {
    auto out = std::string{rest_.substr(0, n)};
    rest_.remove_prefix(n);
    return out;
  }

  std::string_view rest_;
};

std::vector<std::string> tokens(std::string_view sql) {
  auto out = std::vector<std::string>{};
  auto from = tokenizer{sql};
  for (auto x = from.next(); !x.empty(); x = from.next())
    out.push_back(std::move(x));
  return out;
}

using token_iterator = std::vector<std::string>::const_iterator;

std::string join(token_iterator first, token_iterator last) {
  auto out = std::string{};
  for (; first != last; ++first) {
    if (!out.empty())
      out += ' ';
    out += *first;
  }
  return out;
}

// The definitions of the parts of a table, by `column x` or `constraint y`; the
// words behind the brackets are its `options`.
using table_parts = std::map<std::string, std::string>;

std::string part_name(token_iterator first, token_iterator last) {
  if (*first == "constraint" && last - first > 1)
    return "constraint " + first[1];
  for (auto word : {"primary", "foreign", "unique", "check"})
    if (*first == word)
      return "constraint " + join(first, last);
  return "column " + *first;
}

table_parts read_table(std::string_view sql) {
  auto out = table_parts{};
  auto all = tokens(sql);
  auto i = all.cbegin();
  while (i != all.cend() && *i != "(")
    ++i;
  auto depth = 0;
  auto first = i;
  for (; i != all.cend(); ++i) {
    if (*i == "(" && ++depth == 1)
      first = i + 1;
    else if (*i == ")")
      --depth;
    if ((depth == 1 && *i == ",") || (depth == 0 && *i == ")")) {
      if (first != i)
        out[part_name(first, i)] = join(first, i);
      first = i + 1;
    }
    if (depth == 0 && *i == ")")
      break;
  }
  out["options"] = join(first, all.cend());
  return out;
}

schema_drift missing(std::string object) {
  return {std::move(object), "is missing"};
}

schema_drift unexpected(std::string object) {
  return {std::move(object), "is not made by a migration"};
}

schema_drift different(std::string object, const std::string& live,
                       const std::string& made) {
  return {std::move(object), "is `" + live + "` and should be `" + made + "`"};
}

// Compares the entries that both maps have with `both`, and lists the others by
// `name(key)`.
template <class Map, class Name, class Both>
void compare(const Map& live, const Map& made, Name name, Both both,
             std::vector<schema_drift>& out) {
  for (auto& [key, value] : made) {
    auto i = live.find(key);
    if (i == live.end())
      out.push_back(missing(name(key)));
    else
      both(key, i->second, value);
  }
  for (auto& [key, value] : live)
    if (!made.contains(key))
      out.push_back(unexpected(name(key)));
}

} // namespace

schema_objects read_objects(sqlite_connection& connection) {
  auto out = schema_objects{};
  auto query = connection.query("select type, name, sql from sqlite_schema "
                                "where name not like 'sqlite\\_%' escape '\\'");
  while (query.next())
    out[{query.text(0), query.text(1)}] = query.text(2);
  return out;
}

std::vector<schema_drift> compare_schemas(const schema_objects& live,
                                          const schema_objects& made) {
  auto out = std::vector<schema_drift>{};
  auto object_name = [](const auto& key) {
    return key.first + " " + key.second;
  };
  auto compare_object = [&](const auto& key, const std::string& is,
                            const std::string& should) {
    if (key.first == "table") {
      auto part_of = [&](const std::string& part) {
        return object_name(key) + ": " + part;
      };
      auto compare_part = [&](const std::string& part, const std::string& x,
                              const std::string& y) {
        if (x != y)
          out.push_back(different(part_of(part), x, y));
      };
      compare(read_table(is), read_table(should), part_of, compare_part, out);
      return;
    }
    auto x = tokens(is);
    auto y = tokens(should);
    if (x != y)
      out.push_back(different(object_name(key), join(x.cbegin(), x.cend()),
                              join(y.cbegin(), y.cend())));
  };
  compare(live, made, object_name, compare_object, out);
  return out;
}

} // namespace dspex
