#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "config/program_configuration.hpp"
#include "dspex/error.hpp"
#include "dspex/id.hpp"
#include "dspex/json.hpp"

namespace dspex {

/// The `options` of one run, checked. The program decides what is unset.
struct execute_options {
  /// The deadline of the whole run, waiting included.
  std::optional<std::chrono::milliseconds> timeout;
  std::optional<dspex::durability> durability;
  /// The caller's own keys in the record: an object, or null if there are none.
  json metadata = nullptr;
  /// An id that the caller made, so that it knows the id whatever happens.
  std::optional<execution_id> id;
  /// A key under which a program runs a request once, however often the request
  /// is sent: 1 to 255 bytes.
  std::optional<std::string> idempotency_key;

  friend bool operator==(const execute_options&, const execute_options&)
    = default;
};

/// Reads `timeout_ms`, `durability`, `metadata`, `execution_id` and
/// `idempotency_key`; null means none of them.
/// @returns `invalid_option` with every problem, naming the key, and for an
///          unknown key the known ones.
[[nodiscard]] result<execute_options> parse_execute_options(const json& value);

} // namespace dspex
