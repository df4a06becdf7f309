#pragma once

#include <functional>
#include <string>

namespace dspex {

/// A piece of an output, told while the model still writes it.
struct field_chunk {
  /// An output of the signature, or a field that the module adds, such as
  /// `reasoning`.
  std::string field;
  /// Follows the pieces that were told of the field before. All pieces of a
  /// `str` field are its value, those of another type the text that its value
  /// is read from.
  std::string text;
  /// Forget all that was told before: the model was asked again, or its reply
  /// turned out to say something else.
  bool starts_over = false;
};

/// Takes the pieces of a run, one after another.
using chunk_callback = std::function<void(const field_chunk&)>;

} // namespace dspex
