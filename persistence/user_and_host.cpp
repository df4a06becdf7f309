#include "persistence/user_and_host.hpp"

#include <array>
#include <pwd.h>
#include <unistd.h>

namespace dspex {

std::string user_and_host() {
  auto host = std::array<char, 256>{};
  if (gethostname(host.data(), host.size() - 1) != 0)
    host[0] = '\0';
  auto buffer = std::array<char, 4096>{};
  auto entry = passwd{};
  passwd* found = nullptr;
  getpwuid_r(geteuid(), &entry, buffer.data(), buffer.size(), &found);
  auto out = found != nullptr ? std::string{found->pw_name}
                              : std::to_string(geteuid());
  return out + "@" + host.data();
}

} // namespace dspex
