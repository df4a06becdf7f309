#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

#include <tl/expected.hpp>

#include "dspex/json.hpp"

namespace dspex {

/// What went wrong, grouped by what the caller can do about it.
///
/// The values travel between processes and into stores: they never change and
/// are never reused.
enum class errc : uint8_t {
  /// No error; never part of an `error`.
  none = 0,

  // -- fix the request (1-19) -------------------------------------------------

  /// The text of a signature cannot be read, or breaks a rule of the language.
  invalid_signature = 1,
  /// No signature module of that name is known to this process.
  unknown_module = 2,
  /// No record with that id or name exists.
  not_found = 3,
  /// Inputs do not match the signature; details list every problem.
  invalid_input = 4,
  /// The lifecycle does not allow this action in the record's present state.
  invalid_transition = 5,
  /// An option, argument or configuration key is unknown or out of range.
  invalid_option = 6,
  /// The request contradicts what is already recorded.
  conflict = 7,
  /// The caller has no identity.
  unauthorized = 8,
  /// The caller's role does not allow this action.
  forbidden = 9,

  // -- try again (20-39) ------------------------------------------------------

  /// A limit on concurrent or queued work is reached; nothing was started.
  overloaded = 20,
  /// The backend is down, restarting, or died while it held the request.
  backend_unavailable = 21,
  /// The store cannot be reached, is locked, or did not confirm a commit.
  store_unavailable = 22,
  /// The deadline passed first.
  timeout = 23,

  // -- give up (40-59) --------------------------------------------------------

  /// The backend answered with an error of its own.
  backend_failed = 40,
  /// The backend's answer does not match the signature's outputs.
  invalid_output = 41,
  /// The store refuses this record, alone and repeatedly.
  store_rejected = 42,
  /// A caller cancelled the execution.
  cancelled = 43,
  /// The node that ran the execution died.
  interrupted = 44,
  /// The node is stopping and takes no new work.
  shutting_down = 45,
  /// A fault in dspex itself.
  internal = 46,
};

/// Returns the stable name of a code, e.g. `"invalid_input"`.
[[nodiscard]] std::string_view to_string(errc code) noexcept;

/// Returns the code with this name, or `errc::none`.
[[nodiscard]] errc errc_from_string(std::string_view name) noexcept;

/// Returns whether the same request may succeed later, unchanged.
[[nodiscard]] constexpr bool is_retryable(errc code) noexcept {
  return static_cast<uint8_t>(code) >= 20 && static_cast<uint8_t>(code) < 40;
}

/// An error has a code, one sentence for people, and details for programs.
///
/// It never holds a secret. `details` is an object or null, e.g.
/// `{"field": "signature_module"}` or `{"problems": [...]}`.
struct error {
  errc code = errc::internal;
  std::string message;
  json details;

  error() = default;
  /// @param info an object, or null.
  error(errc c, std::string text, json info = nullptr)
    : code(c), message(std::move(text)), details(std::move(info)) {
  }

  friend bool operator==(const error&, const error&) = default;
};

/// Renders `code: message`.
[[nodiscard]] std::string to_string(const error& err);

/// Renders `{"code", "message", "details"}`; `details` only when there are any.
[[nodiscard]] json to_json(const error& err);

/// Holds a value, or the reason why there is none.
template <class T>
using result = tl::expected<T, error>;

/// Makes the failed state of a `result`.
[[nodiscard]] inline tl::unexpected<error> fail(errc code, std::string message,
                                                json details = nullptr) {
  return tl::unexpected<error>(
    error{code, std::move(message), std::move(details)});
}

/// Makes the failed state of a `result` from an error.
[[nodiscard]] inline tl::unexpected<error> fail(error err) {
  return tl::unexpected<error>(std::move(err));
}

} // namespace dspex
