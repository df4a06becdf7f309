#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "dspex/error.hpp"

namespace dspex {

/// The faults of the simulated server, for tests of its clients.
///
/// Written as items separated by `;`, in a request's header `X-Dspex-Sim:
/// status=429;retry_after=1` or as a marker `[[sim:status=429;retry_after=1]]`
/// in its last user message.
struct sim_fault {
  /// `status=CODE`: this HTTP status, 400 to 599, with an error in OpenAI's
  /// shape.
  std::optional<uint16_t> status;
  /// `retry_after=SECONDS`: the `Retry-After` header of that error.
  std::optional<uint32_t> retry_after;
  /// `garbage`: status 200 and a body that is not JSON.
  bool garbage = false;
  /// `hang`: no answer until the server stops or the client leaves.
  bool hang = false;
  /// `close_halfway`: the connection ends in the middle of the body.
  bool close_halfway = false;
  /// `huge=BYTES`: a valid reply of that many bytes, in chunks.
  std::optional<uint64_t> huge;
  /// `latency_ms=N`: this delay instead of the server's own.
  std::optional<std::chrono::milliseconds> latency;
  /// `fail_first=K`: 503 to the first K requests with this same prompt.
  std::optional<uint32_t> fail_first;
  /// `text=...`: this content verbatim; takes the whole rest of the marker, in
  /// which brackets `[[ ]]` must pair up.
  std::optional<std::string> text;

  /// Whether any of it is set.
  [[nodiscard]] bool any() const noexcept;
};

/// Reads the items, without brackets; blank items are skipped.
/// @returns `invalid_option` naming the item that is unknown or out of range.
[[nodiscard]] result<sim_fault> read_sim_fault(std::string_view items);

/// Reads the first marker in a message; nothing is set if there is none.
/// @returns `invalid_option` also if the marker has no end.
[[nodiscard]] result<sim_fault> find_sim_fault(std::string_view message);

} // namespace dspex
