#pragma once

#include <functional>
#include <string>
#include <string_view>

namespace dspex {

/// Splits a stream of server-sent events, as the HTML standard has them, into
/// their data. Takes the bytes in pieces of any size; safe on any bytes.
class sse_reader {
public:
  /// Takes the data of an event, its lines joined by line feeds.
  using callback = std::function<void(std::string_view data)>;

  /// Calls back for each event that these bytes complete. An event without
  /// data, or one that the stream never ends with a blank line, is dropped.
  void read(std::string_view bytes, const callback& on_event);

private:
  void end_line(const callback& on_event);

  std::string line_;
  std::string data_;
  bool has_data_ = false;
  bool is_first_line_ = true;
  bool after_return_ = false;
};

} // namespace dspex
