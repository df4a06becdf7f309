#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/native/chat/prompt_signature.hpp"

namespace dspex {

/// Tells the texts of the output fields while a reply in the chat format comes
/// in. Safe on any bytes; not thread safe.
///
/// The pieces of a field together are the text that `parse_reply` reads its
/// value from. White space waits until something follows it, and a line that
/// may be a header until it has ended.
class field_stream {
public:
  using callback
    = std::function<void(const std::string& field, std::string_view text)>;

  /// @param sig outlives the object.
  field_stream(const prompt_signature& sig, callback tell);

  /// Takes the next piece of the reply, which ends between two characters.
  void read(std::string_view piece);

  /// Takes the reply for ended.
  /// @param reply all of it, told now if there were no pieces.
  void finish(std::string_view reply);

private:
  void end_line();
  void begin_section(std::string_view name);
  void add(std::string_view text);

  const prompt_signature& sig_;
  callback tell_;
  bool has_read_ = false;
  /// The start of a line that may be a header, or the rest of a line.
  std::string line_;
  /// The line has text already.
  bool is_text_ = false;
  /// The last character was one that a line feed may belong to.
  bool after_return_ = false;
  /// The field that is read; null between fields.
  const std::string* field_ = nullptr;
  std::vector<std::string> seen_;
  bool has_begun_ = false;
  std::string space_;
};

} // namespace dspex
