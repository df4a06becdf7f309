#include "cli/messages.hpp"

#include <string>

#include "cli/text_sink.hpp"

namespace dspex::cli {

void print_stderr(std::string_view text) {
  static_cast<void>(text_sink::standard_error().write(text));
}

void print_error(const error& err) {
  auto text = std::string{};
  std::string_view rest{err.message};
  while (true) {
    auto end = rest.find('\n');
    text += "dspex: ";
    text += to_string(err.code);
    text += ": ";
    text += rest.substr(0, end);
    text += '\n';
    if (end == std::string_view::npos)
      break;
    rest.remove_prefix(end + 1);
  }
  print_stderr(text);
}

void print_notice(std::string_view text) {
  print_stderr("dspex: " + std::string{text} + '\n');
}

} // namespace dspex::cli
