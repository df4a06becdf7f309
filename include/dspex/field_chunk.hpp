#pragma once

#include <functional>
#include <string>

namespace dspex {

/// A piece of an output, which a caller receives while the model still writes
/// that output.
struct field_chunk {
  /// The name of an output of the signature, or of a field that the module
  /// adds, such as `reasoning`.
  std::string field;
  /// The text that follows the earlier pieces of the field. All pieces of a
  /// `str` field together are its value; for another type they are the text
  /// that the value is read from.
  std::string text;
  /// All earlier pieces of the run are void: the model was asked again, or its
  /// reply turned out to say something else.
  bool starts_over = false;
};

/// Takes the pieces of a run, one after another.
using chunk_callback = std::function<void(const field_chunk&)>;

} // namespace dspex
