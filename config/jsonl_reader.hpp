#pragma once

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "dspex/error.hpp"
#include "dspex/json.hpp"

namespace dspex {

/// One line of a JSONL file.
struct jsonl_line {
  /// The number of the line, 1-based.
  size_t number = 0;
  /// The object on the line, or `invalid_input` as
  /// `FILE:LINE:COLUMN: MESSAGE` with details `{"file", "line", "column"}`.
  result<json> object;
};

struct jsonl_options {
  /// The longest line, without its end; `limits.max_document_bytes`.
  size_t max_line_bytes = 10'000'000;
  /// A descriptor that becomes readable when reading has to end, also while
  /// waiting for input from a terminal or pipe; -1 if there is none. The caller
  /// closes it.
  int stop_fd = -1;
};

/// Reads JSON objects from a file, one per line, in memory bounded by the
/// longest line allowed.
///
/// The reader skips blank lines and a byte order mark. Lines end in LF or CRLF,
/// the last one may end with the file. A bad line is an item like any other,
/// and the next is read all the same. Not thread safe.
class jsonl_reader {
public:
  // -- constructors, destructors, and assignment operators --------------------

  /// Opens a file; `-` is standard input.
  /// @returns `not_found` or `invalid_option`, naming the file.
  [[nodiscard]] static result<jsonl_reader> open(const std::string& path,
                                                 jsonl_options options = {});

  jsonl_reader(jsonl_reader&&) noexcept;
  jsonl_reader& operator=(jsonl_reader&&) noexcept;
  ~jsonl_reader();

  // -- reading ----------------------------------------------------------------

  /// Waits for the next line that is not blank.
  /// @returns nothing at the end of the file, and after `stop_fd` became
  ///          readable. An error of the file itself is a last item.
  [[nodiscard]] std::optional<jsonl_line> next();

private:
  struct impl;
  explicit jsonl_reader(std::unique_ptr<impl> ptr);
  std::unique_ptr<impl> impl_;
};

} // namespace dspex
