#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "dspex/config.hpp"

namespace dspex {

/// Finds the member of a configuration that a setting stands for. The type of
/// the member decides what values look like.
using setting_member = std::variant<
  std::string& (*)(configuration&), secret& (*)(configuration&),
  size_t& (*)(configuration&), std::chrono::milliseconds& (*)(configuration&),
  double& (*)(configuration&), std::optional<size_t>& (*)(configuration&),
  std::optional<double>& (*)(configuration&)>;

/// One key of the configuration. The table of all of them drives the reader,
/// `config show` and the sample file.
struct setting {
  /// The key as `section.key`; keys of one section stand together.
  std::string_view key;
  setting_member member;
  /// Sentences for people; lines end in a newline, at most 76 bytes long.
  std::string_view doc;
  /// The least and the greatest number.
  int64_t min = 0;
  int64_t max = 0;
  /// The texts to choose from; empty if any will do.
  std::vector<std::string_view> choices = {};
  /// Whether an empty text will do.
  bool may_be_empty = false;
  /// Another environment variable that sets it, or empty.
  std::string_view environment_alias = {};
};

/// Returns every setting, in the order of `configuration`.
[[nodiscard]] const std::vector<setting>& all_settings();

[[nodiscard]] const setting* find_setting(std::string_view key);

[[nodiscard]] std::string_view section_of(const setting& x);

/// Returns `DSPEX_SECTION__KEY`.
[[nodiscard]] std::string environment_name(std::string_view key);

[[nodiscard]] bool is_secret(const setting& x);

/// Says what values the setting takes, e.g. `an integer from 1 to 1000`.
[[nodiscard]] std::string expectation(const setting& x);

/// Sets a member to a value as TOML has it.
/// @returns a complaint, which never quotes a secret; empty if the value is
/// set.
[[nodiscard]] std::string assign(const setting& x, configuration& target,
                                 const json& value);

/// Does the same as `assign` with a value that comes as text.
[[nodiscard]] std::string assign_text(const setting& x, configuration& target,
                                      std::string_view text);

/// Returns the present value for people: secrets and passwords in URLs are
/// hidden. It is null if unset.
[[nodiscard]] json shown_value(const setting& x, const configuration& values);

} // namespace dspex
