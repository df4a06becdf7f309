#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace dspex::cli {

/// Returns how many columns a terminal needs for a text in UTF-8: a wide
/// character takes two, a combining one none.
[[nodiscard]] size_t display_width(std::string_view text);

/// Cuts a text to a number of columns; what was cut ends in `…`.
[[nodiscard]] std::string cut(std::string_view text, size_t columns);

/// Makes a text one line that cannot steer a terminal: runs of white space and
/// control characters become one blank.
[[nodiscard]] std::string one_line(std::string_view text);

/// Aligned columns with a head, cut to a width.
class text_table {
public:
  struct column {
    std::string title;
    bool right_aligned = false;
    /// Whether it is never cut: its cells are useless unless whole.
    bool whole = false;
  };

  text_table(std::vector<column> columns, size_t width)
    : columns_(std::move(columns)), width_(width) {
  }

  /// @pre as many cells as there are columns.
  void add(std::vector<std::string> cells);

  [[nodiscard]] bool empty() const noexcept {
    return rows_.empty();
  }

  /// Renders the rows added since the last call. The first call also renders
  /// the head and settles the widths for the calls to come.
  [[nodiscard]] std::string take();

private:
  void settle_widths();
  // Returns the widest of the columns that may be cut.
  [[nodiscard]] std::optional<size_t> widest_column() const;
  [[nodiscard]] std::string line(const std::vector<std::string>& cells) const;

  std::vector<column> columns_;
  size_t width_;
  std::vector<std::vector<std::string>> rows_;
  std::vector<size_t> widths_;
};

} // namespace dspex::cli
