#pragma once

#include <map>
#include <string>
#include <string_view>

#include "adapters/native/chat/field_stream.hpp"
#include "adapters/native/chat/json_text_stream.hpp"
#include "adapters/native/chat/prompt.hpp"
#include "dspex/field_chunk.hpp"

namespace dspex {

/// Tells a caller the outputs of one reply while it comes in.
///
/// A reply in JSON has only its texts told before its end, and once more from
/// the start if they turn out to be read as something else. Not thread safe.
class output_stream {
public:
  /// @param asked outlives the object.
  /// @param secret is masked wherever the model repeats it.
  /// @param starts_over there were pieces of another reply.
  output_stream(const prompt& asked, std::string secret,
                chunk_callback on_chunk, bool starts_over);

  output_stream(const output_stream&) = delete;
  output_stream& operator=(const output_stream&) = delete;

  /// Takes the next piece of the reply, in which no secret is spelt out.
  void read(std::string_view piece);

  /// Tells what was not told yet.
  /// @param reply all of it.
  /// @param fields what it was read as.
  void finish(std::string_view reply, const json& fields);

  [[nodiscard]] bool has_told() const noexcept {
    return has_told_;
  }

private:
  struct text {
    std::string told;
    /// This piece is held back, since it may be the start of the secret.
    std::string held;
  };

  void tell(const std::string& field, std::string piece);
  void take(const std::string& name, std::string_view piece);

  const prompt& asked_;
  std::string secret_;
  chunk_callback on_chunk_;
  bool starts_over_;
  bool has_told_ = false;
  field_stream chat_;
  json_text_stream json_;
  /// The texts of a reply in JSON, by field.
  std::map<std::string, text> texts_;
};

} // namespace dspex
