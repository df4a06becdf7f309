#pragma once

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "adapters/native/http/sse.hpp"
#include "dspex/error.hpp"
#include "dspex/json.hpp"

namespace dspex {

/// Puts a streamed chat completion together again. Safe on any bytes.
class completion_stream {
public:
  /// Takes the next piece of the body.
  void read(std::string_view bytes);

  /// Whether a piece of an answer has come.
  [[nodiscard]] bool has_begun() const noexcept {
    return has_begun_;
  }

  /// Whether there was any event: a server that does not stream sends none.
  [[nodiscard]] bool has_events() const noexcept {
    return events_ > 0;
  }

  /// The text of the first choice so far.
  [[nodiscard]] std::string_view text() const;

  /// The completion as it would have come without streaming.
  /// @returns `backend_failed` for an event that is no part of a completion, an
  ///          error that the server sent, and a stream that breaks off.
  [[nodiscard]] result<json> finish() const;

private:
  struct tool_call {
    std::string id;
    std::string name;
    std::string arguments;
  };

  struct choice {
    std::optional<std::string> content;
    std::optional<std::string> refusal;
    std::map<int64_t, tool_call> tool_calls;
    json finish_reason;
  };

  void read_event(std::string_view data);
  void read_choice(const json& source);
  void refuse(const std::string& why);
  [[nodiscard]] static json print(int64_t index, const choice& from);

  sse_reader reader_;
  size_t events_ = 0;
  bool has_begun_ = false;
  bool is_done_ = false;
  std::map<int64_t, choice> choices_;
  json model_;
  json usage_;
  /// The first thing that went wrong.
  std::optional<error> failure_;
};

} // namespace dspex
