#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "adapters/native/repair/text.hpp"
#include "dspex/json.hpp"

namespace dspex::detail {

/// Reads one text that is not valid JSON: what `repair_json` does after the
/// strict reader has refused. Strings are read by `read_string`.
///
/// Every guess mirrors one of json_repair 0.61.7, in its order: the order of
/// guesses decides what a broken text means.
class repair_reader {
public:
  /// What the reader is inside of.
  enum class place : uint8_t { key, value, element };

  explicit repair_reader(std::u32string text);

  /// Reads the whole text.
  /// @returns nothing where json_repair returns the empty string.
  [[nodiscard]] std::optional<json> read();

  // -- for strings ------------------------------------------------------------

  [[nodiscard]] repair_text& text() {
    return in_;
  }

  /// Whether the innermost container is read at such a place.
  [[nodiscard]] bool is_in(place x) const;

  /// Whether any container is.
  [[nodiscard]] bool is_anywhere_in(place x) const;

  [[nodiscard]] json value();
  [[nodiscard]] json comment();

private:
  // -- values -----------------------------------------------------------------

  [[nodiscard]] json top_level();
  [[nodiscard]] json value_here();
  [[nodiscard]] std::optional<json> strict_value();
  [[nodiscard]] json array(char32_t close);
  [[nodiscard]] json parenthesized();
  [[nodiscard]] json number();
  void skip_comment();

  // -- objects ----------------------------------------------------------------

  [[nodiscard]] json object();
  [[nodiscard]] std::string key(json& members, ptrdiff_t& start);
  [[nodiscard]] bool more_rows(json& members);
  [[nodiscard]] bool starts_next_object(ptrdiff_t key_start);
  [[nodiscard]] json member_value();
  [[nodiscard]] std::optional<json> not_an_object(ptrdiff_t start);

  // -- member variables -------------------------------------------------------

  repair_text in_;
  size_t depth_ = 0;
  bool tried_strict_ = false;
  std::vector<place> places_;
  /// Places that the next value is to be read in: an object that turned out to
  /// be none leaves them.
  std::vector<place> deferred_;
};

} // namespace dspex::detail
