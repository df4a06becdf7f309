#pragma once

#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include <nlohmann/json.hpp>
#include <tl/expected.hpp>

namespace dspex {

/// The JSON value used everywhere: objects keep the order of their members.
///
/// Read it with `parse_json` and print it with `dump_json` only: the library's
/// own `parse` and `dump` recurse without limit and throw on bad UTF-8.
using json = nlohmann::ordered_json;

/// Bounds on a JSON text from outside.
struct json_limits {
  /// The longest text, in bytes. Documents of users are bounded by
  /// `limits.max_document_bytes`, 10 MB by default.
  size_t max_bytes = 10'000'000;
  /// The deepest nesting of arrays and objects.
  size_t max_depth = 128;
  /// Whether U+FFFD replaces invalid UTF-8 and U+0000, as in replies of models;
  /// otherwise the text is refused.
  bool replace_bad_text = false;
};

/// Tells why and where a text is not acceptable JSON.
struct json_error {
  /// The reason without position, e.g. `unexpected end of text`.
  std::string message;
  /// The line, 1-based.
  size_t line = 1;
  /// The column, 1-based, in bytes.
  size_t column = 1;
  /// The bytes before it, from the start of the text.
  size_t offset = 0;
};

/// Renders `line L, column C: message`.
[[nodiscard]] std::string to_string(const json_error& err);

/// Reads one JSON text (RFC 8259), with nothing but white space around it.
///
/// Refuses what goes beyond `limits`, integers beyond 64 bits, duplicate member
/// names, and bad text. Never throws; safe on any bytes.
[[nodiscard]] tl::expected<json, json_error>
parse_json(std::string_view text, const json_limits& limits = {});

/// Prints a value without white space; bad UTF-8 becomes U+FFFD.
[[nodiscard]] std::string dump_json(const json& value);

/// Appends to a text what `dump_json` would print.
void append_json(std::string& out, const json& value);

/// Prints a value with two spaces of indentation, for people.
[[nodiscard]] std::string pretty_json(const json& value);

/// Estimates the bytes that `dump_json` would print, without printing.
[[nodiscard]] size_t text_size(const json& value) noexcept;

/// An immutable JSON value that is shared, not copied, inside a process.
///
/// A document is cheap to copy and safe to share between threads. It is printed
/// only for the store and the wire. A default constructed one is JSON null.
class document {
public:
  document();
  /// Takes the value over; it cannot be changed from here on.
  explicit document(json value);

  /// Returns an empty object.
  [[nodiscard]] static document object();

  /// @{
  /// Gives access to the value, which lives as long as any copy of the
  /// document.
  [[nodiscard]] const json& value() const noexcept {
    return *value_;
  }

  [[nodiscard]] const json& operator*() const noexcept {
    return *value_;
  }

  [[nodiscard]] const json* operator->() const noexcept {
    return value_.get();
  }
  /// @}

  friend bool operator==(const document& lhs, const document& rhs) {
    return lhs.value_ == rhs.value_ || *lhs.value_ == *rhs.value_;
  }

private:
  std::shared_ptr<const json> value_;
};

} // namespace dspex
