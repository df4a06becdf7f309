#include "adapters/native/http/sse.hpp"

namespace dspex {

void sse_reader::read(std::string_view bytes, const callback& on_event) {
  // The line feed of a line that ended with the piece before.
  if (after_return_ && !bytes.empty() && bytes[0] == '\n')
    bytes.remove_prefix(1);
  else if (bytes.empty())
    return;
  after_return_ = false;
  while (!bytes.empty()) {
    auto end = bytes.find_first_of("\r\n");
    line_.append(bytes.substr(0, end));
    if (end == std::string_view::npos)
      return;
    auto is_return = bytes[end] == '\r';
    bytes.remove_prefix(end + 1);
    if (is_return && !bytes.empty() && bytes[0] == '\n')
      bytes.remove_prefix(1);
    else
      after_return_ = is_return && bytes.empty();
    end_line(on_event);
  }
}

void sse_reader::end_line(const callback& on_event) {
  auto line = std::string_view{line_};
  constexpr auto byte_order_mark = std::string_view{"\xEF\xBB\xBF"};
  if (is_first_line_ && line.starts_with(byte_order_mark))
    line.remove_prefix(byte_order_mark.size());
  is_first_line_ = false;
  if (line.empty()) {
    if (has_data_)
      on_event(data_);
    data_.clear();
    has_data_ = false;
  } else {
    auto colon = line.find(':');
    auto value = colon == std::string_view::npos ? std::string_view{}
                                                 : line.substr(colon + 1);
    if (value.starts_with(' '))
      value.remove_prefix(1);
    // Names of events, ids and times to reconnect are for browsers.
    if (line.substr(0, colon) == "data") {
      if (has_data_)
        data_ += '\n';
      data_ += value;
      has_data_ = true;
    }
  }
  line_.clear();
}

} // namespace dspex
