#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace dspex {

/// Tells the texts among the members of a JSON object while it comes in. Safe
/// on any bytes; not thread safe.
///
/// A text that stands before the object is skipped. Of what is no JSON it may
/// tell something else than `parse_reply` reads, or nothing.
class json_text_stream {
public:
  using callback
    = std::function<void(const std::string& name, std::string_view text)>;

  explicit json_text_stream(callback tell);

  /// Takes the next piece, which ends between two characters.
  void read(std::string_view piece);

private:
  enum class place { before, members, name, colon, value, text, other, after };

  void step(char c);
  void skip(char c);
  /// Takes a character of a string.
  /// @returns whether it ends there.
  bool take(char c, std::string& out);
  void end_escape(std::string& out);
  void tell_text();

  callback tell_;
  place at_ = place::before;
  std::string name_;
  std::string text_;
  /// An escape sequence as far as it has come.
  std::string escape_;
  /// How deep the reader is inside a value that is skipped.
  size_t depth_ = 0;
  bool in_string_ = false;
};

} // namespace dspex
