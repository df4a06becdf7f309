#include "dspex/json.hpp"

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <unordered_set>
#include <utility>
#include <vector>

#include "core/utf8.hpp"

namespace dspex {

namespace {

json_error error_at(std::string_view text, size_t offset, std::string message) {
  offset = std::min(offset, text.size());
  auto before = text.substr(0, offset);
  auto newline = before.rfind('\n');
  return {
    .message = std::move(message),
    .line = static_cast<size_t>(std::count(before.begin(), before.end(), '\n'))
            + 1,
    .column = newline == std::string_view::npos ? offset + 1 : offset - newline,
    .offset = offset};
}

// Builds the value from the reader's events, so that nothing recurses.
class builder : public nlohmann::json_sax<json> {
public:
  builder(const json_limits& limits, const char* const* cursor,
          const char* begin)
    : limits_(limits), cursor_(cursor), begin_(begin) {
  }

  bool null() override {
    return add(nullptr);
  }

  bool boolean(bool x) override {
    return add(x);
  }

  bool number_integer(number_integer_t x) override {
    return add(x);
  }

  bool number_unsigned(number_unsigned_t x) override {
    return add(x);
  }

  bool number_float(number_float_t x, const string_t& text) override {
    // The reader turns an integer that does not fit into a float.
    if (text.find_first_of(".eE") == string_t::npos)
      return refuse("integer beyond 64 bits");
    return add(x);
  }

  bool string(string_t& x) override {
    return clean(x) && add(std::move(x));
  }

  bool binary(binary_t&) override {
    return refuse("binary value");
  }

  bool start_object(size_t) override {
    return open(json::object());
  }

  bool key(string_t& x) override {
    if (!clean(x))
      return false;
    if (!names_.back().insert(x).second)
      return refuse("duplicate member name \"" + x + "\"");
    keys_.back() = std::move(x);
    return true;
  }

  bool end_object() override {
    return close();
  }

  bool start_array(size_t) override {
    return open(json::array());
  }

  bool end_array() override {
    return close();
  }

  bool parse_error(size_t position, const std::string& last_token,
                   const json::exception& ex) override {
    failed_ = true;
    offset_ = position > 0 ? position - 1 : 0;
    if (ex.id == 406) {
      message_ = "number out of range";
    } else if (last_token == "<U+0000>" || last_token.empty()) {
      message_ = "unexpected end of text";
    } else {
      message_ = "unexpected \"" + last_token.substr(0, 40) + "\"";
    }
    return false;
  }

  [[nodiscard]] bool failed() const {
    return failed_;
  }

  [[nodiscard]] size_t offset() const {
    return offset_;
  }

  [[nodiscard]] const std::string& message() const {
    return message_;
  }

  [[nodiscard]] json take() {
    return std::move(root_);
  }

private:
  bool refuse(std::string why) {
    failed_ = true;
    message_ = std::move(why);
    offset_ = static_cast<size_t>(*cursor_ - begin_);
    return false;
  }

  // Handles U+0000, which neither stores nor C strings can carry.
  bool clean(string_t& x) {
    if (x.find('\0') == string_t::npos)
      return true;
    if (!limits_.replace_bad_text)
      return refuse("character U+0000 in a string");
    auto copy = string_t{};
    for (auto c : x) {
      if (c == '\0')
        copy += replacement_character;
      else
        copy += c;
    }
    x = std::move(copy);
    return true;
  }

  json* place(json&& value) {
    if (open_.empty()) {
      root_ = std::move(value);
      return &root_;
    }
    auto& parent = *open_.back();
    if (parent.is_array()) {
      parent.push_back(std::move(value));
      return &parent.back();
    }
    // Names are known to be distinct, so there is no search for an equal one.
    auto& members = parent.get_ref<json::object_t&>();
    members.Container::emplace_back(std::move(keys_.back()), std::move(value));
    return &members.back().second;
  }

  bool add(json value) {
    place(std::move(value));
    return true;
  }

  bool open(json value) {
    if (open_.size() >= limits_.max_depth)
      return refuse("nested deeper than " + std::to_string(limits_.max_depth)
                    + " levels");
    open_.push_back(place(std::move(value)));
    names_.emplace_back();
    keys_.emplace_back();
    return true;
  }

  bool close() {
    open_.pop_back();
    names_.pop_back();
    keys_.pop_back();
    return true;
  }

  const json_limits& limits_;
  const char* const* cursor_;
  const char* begin_;
  json root_;
  std::vector<json*> open_;
  std::vector<std::unordered_set<std::string>> names_;
  std::vector<std::string> keys_;
  bool failed_ = false;
  size_t offset_ = 0;
  std::string message_;
};

// Iterates over the input and tells where the reader is.
class tracking_iterator {
public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  tracking_iterator(const char* pos, const char** cursor)
    : pos_(pos), cursor_(cursor) {
  }

  reference operator*() const {
    return *pos_;
  }

  tracking_iterator& operator++() {
    ++pos_;
    if (cursor_ != nullptr)
      *cursor_ = pos_;
    return *this;
  }

  tracking_iterator operator++(int) {
    auto copy = *this;
    ++*this;
    return copy;
  }

  friend bool operator==(const tracking_iterator& x,
                         const tracking_iterator& y) {
    return x.pos_ == y.pos_;
  }

private:
  const char* pos_;
  const char** cursor_;
};

} // namespace

std::string to_string(const json_error& err) {
  return "line " + std::to_string(err.line) + ", column "
         + std::to_string(err.column) + ": " + err.message;
}

tl::expected<json, json_error> parse_json(std::string_view text,
                                          const json_limits& limits) {
  if (text.size() > limits.max_bytes)
    return tl::unexpected(
      error_at(text, limits.max_bytes,
               "longer than " + std::to_string(limits.max_bytes) + " bytes"));
  auto cleaned = std::string{};
  if (auto bad = find_bad_utf8(text); bad != std::string_view::npos) {
    if (!limits.replace_bad_text)
      return tl::unexpected(error_at(text, bad, "invalid UTF-8"));
    cleaned = replace_bad_utf8(text);
    text = cleaned;
  }
  auto cursor = text.data();
  auto target = builder{limits, &cursor, text.data()};
  auto ok = json::sax_parse(
    tracking_iterator{text.data(), &cursor},
    tracking_iterator{text.data() + text.size(), nullptr}, &target);
  if (!ok || target.failed())
    return tl::unexpected(error_at(text, target.offset(), target.message()));
  return target.take();
}

namespace {

// Whether a text prints as it stands: ASCII without quotes, backslashes and
// control characters.
bool is_plain(std::string_view text) noexcept {
  constexpr uint64_t ones = 0x0101'0101'0101'0101;
  constexpr uint64_t tops = 0x8080'8080'8080'8080;
  // Not zero if a byte of `x`, none of which is above 127, is below `bound`.
  auto below = [](uint64_t x, uint64_t bound) {
    return (x - ones * bound) & ~x & tops;
  };
  size_t pos = 0;
  for (auto word = uint64_t{}; pos + sizeof(word) <= text.size();
       pos += sizeof(word)) {
    std::memcpy(&word, text.data() + pos, sizeof(word));
    if (((word & tops) | below(word, 0x20) | below(word ^ (ones * '"'), 1)
         | below(word ^ (ones * '\\'), 1))
        != 0)
      return false;
  }
  return std::all_of(text.begin() + static_cast<ptrdiff_t>(pos), text.end(),
                     [](char c) { return c >= 0x20 && c != '"' && c != '\\'; });
}

void append_any(std::string& out, const json& value) {
  out += value.dump(-1, ' ', false, json::error_handler_t::replace);
}

void append_text(std::string& out, const std::string& text) {
  if (!is_plain(text))
    return append_any(out, json(text));
  out += '"';
  out += text;
  out += '"';
}

} // namespace

// Prints what the library would print, but four times as fast where texts are
// plain.
void append_json(std::string& out, const json& value) {
  switch (value.type()) {
    case json::value_t::string:
      return append_text(out, value.get_ref<const std::string&>());
    case json::value_t::array: {
      out += '[';
      auto first = true;
      for (auto& x : value) {
        if (!std::exchange(first, false))
          out += ',';
        append_json(out, x);
      }
      out += ']';
      return;
    }
    case json::value_t::object: {
      out += '{';
      auto first = true;
      for (auto& [key, x] : value.get_ref<const json::object_t&>()) {
        if (!std::exchange(first, false))
          out += ',';
        append_text(out, key);
        out += ':';
        append_json(out, x);
      }
      out += '}';
      return;
    }
    default:
      return append_any(out, value);
  }
}

std::string dump_json(const json& value) {
  auto out = std::string{};
  append_json(out, value);
  return out;
}

std::string pretty_json(const json& value) {
  return value.dump(2, ' ', false, json::error_handler_t::replace);
}

size_t text_size(const json& value) noexcept {
  size_t result = 0;
  switch (value.type()) {
    case json::value_t::string:
      return value.get_ref<const std::string&>().size() + 2;
    case json::value_t::array:
      for (auto& x : value)
        result += text_size(x) + 1;
      return result + 2;
    case json::value_t::object:
      for (auto& [key, x] : value.get_ref<const json::object_t&>())
        result += key.size() + 4 + text_size(x);
      return result + 2;
    default:
      return 8;
  }
}

// -- document -----------------------------------------------------------------

namespace {

// Every record and request begins with null and empty objects. These are never
// freed, so that their owners need not be counted.
std::shared_ptr<const json> immortal(const json& value) {
  return {std::shared_ptr<const json>{}, &value};
}

std::shared_ptr<const json> null_value() {
  static const auto& instance = *new json(nullptr);
  return immortal(instance);
}

std::shared_ptr<const json> empty_object() {
  static const auto& instance = *new json(json::object());
  return immortal(instance);
}

std::shared_ptr<const json> share(json&& value) {
  if (value.is_null())
    return null_value();
  if (value.is_object() && value.empty())
    return empty_object();
  return std::make_shared<const json>(std::move(value));
}

} // namespace

document::document() : value_(null_value()) {
}

document::document(json value) : value_(share(std::move(value))) {
}

document document::object() {
  auto out = document{};
  out.value_ = empty_object();
  return out;
}

} // namespace dspex
