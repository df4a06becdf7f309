#pragma once

#include <cstddef>
#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace dspex {

/// A source of decisions that depends on nothing but what was put into it.
///
/// Not cryptographic. The same chain of calls gives the same value on every
/// machine.
class sim_hash {
public:
  explicit sim_hash(uint64_t seed) noexcept : state_(seed) {
  }

  /// The hash of this one's input followed by `text`; `a.with("x").with("y")`
  /// differs from `a.with("xy")`.
  [[nodiscard]] sim_hash with(std::string_view text) const noexcept;

  [[nodiscard]] sim_hash with(uint64_t number) const noexcept;

  /// The value of all that was put in, in 64 well mixed bits.
  [[nodiscard]] uint64_t value() const noexcept;

  /// A number in `[0, bound)`; 0 if `bound` is 0.
  [[nodiscard]] uint64_t below(uint64_t bound) const noexcept;

  /// A number in `[0, 1)`.
  [[nodiscard]] double unit() const noexcept;

private:
  uint64_t state_;
};

using sim_stems = std::set<std::string, std::less<>>;

/// The words of a text in order, lower case (ASCII only); bytes of multi-byte
/// characters count as letters, so that any language has words.
[[nodiscard]] std::vector<std::string> sim_words(std::string_view text);

/// Cuts the usual English endings off a lower-case word: `charges`, `charged`
/// and `charge` have one stem.
[[nodiscard]] std::string sim_stem(std::string_view word);

/// The distinct stems of a text without words such as `the` and `is`.
[[nodiscard]] sim_stems sim_stems_of(std::string_view text);

/// How many of `wanted` occur in `given`.
[[nodiscard]] size_t sim_overlap(const sim_stems& wanted,
                                 const sim_stems& given);

/// The words a text is about, most frequent first, ties in order of
/// appearance; as written, at most `limit`.
[[nodiscard]] std::vector<std::string> sim_key_words(std::string_view text,
                                                     size_t limit);

/// The sentences of a text in order, each on one line without outer space.
[[nodiscard]] std::vector<std::string> sim_sentences(std::string_view text);

/// Puts a text on one line and cuts it after at most `limit` code points, at a
/// word if one ends there, with `...` if it fits.
[[nodiscard]] std::string sim_shorten(std::string_view text, size_t limit);

/// The number of code points of valid UTF-8.
[[nodiscard]] size_t sim_length(std::string_view text) noexcept;

/// The first `bytes` bytes of a text, less what would split a character.
[[nodiscard]] std::string_view sim_clip(std::string_view text,
                                        size_t bytes) noexcept;

/// The text without white space at both ends.
[[nodiscard]] std::string_view sim_trim(std::string_view text) noexcept;

/// The lines of a text, without their line feeds and carriage returns.
[[nodiscard]] std::vector<std::string_view> sim_lines(std::string_view text);

/// Stems of words that belong to the subject a stem names, e.g. `invoice` and
/// `refund` to `billing`; a small built-in table, empty for anything else.
[[nodiscard]] const sim_stems& sim_associated(std::string_view stem);

} // namespace dspex
