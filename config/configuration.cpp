#include <ostream>
#include <unistd.h>

#include "config/settings.hpp"
#include "dspex/config.hpp"

namespace dspex {

namespace {

void append_comment(std::string& out, std::string_view lines) {
  while (!lines.empty()) {
    auto end = lines.find('\n');
    out.append("# ").append(lines.substr(0, end + 1));
    lines.remove_prefix(end + 1);
  }
}

} // namespace

std::ostream& operator<<(std::ostream& out, const secret& x) {
  return out << (x.empty() ? "(not set)" : "(hidden)");
}

environment_variables read_environment() {
  environment_variables result;
  for (auto entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    std::string_view text{*entry};
    auto equals = text.find('=');
    if (equals != std::string_view::npos)
      result.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  return result;
}

std::string sample_configuration() {
  configuration defaults;
  std::string result
    = "# Settings of dspex. Every key stands here at its default, commented "
      "out.\n"
      "#\n"
      "# The environment wins over this file (DSPEX_STORE__POOL_SIZE=20 sets\n"
      "# store.pool_size), and the command line wins over both (--config-set\n"
      "# store.pool_size=20). An unknown key or a bad value stops dspex "
      "before\n"
      "# it does anything. `dspex config show` prints what is set, and by "
      "whom.\n";
  std::string_view section;
  for (auto& x : all_settings()) {
    if (section != section_of(x)) {
      section = section_of(x);
      result.append("\n[").append(section).append("]\n");
    }
    result += '\n';
    append_comment(result, x.doc);
    auto value = shown_value(x, defaults);
    result += "# Takes " + expectation(x) + ".\n#";
    result.append(x.key.substr(section.size() + 1)).append(" =");
    result += value.is_null() ? "" : " " + dump_json(value);
    result += '\n';
  }
  return result;
}

} // namespace dspex
