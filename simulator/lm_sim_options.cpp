#include "simulator/lm_sim_options.hpp"

#include <arpa/inet.h>
#include <array>
#include <netinet/in.h>
#include <utility>

namespace dspex {

namespace {

using namespace std::chrono_literals;

bool is_address(const std::string& host) {
  std::array<unsigned char, sizeof(in6_addr)> binary{};
  return inet_pton(AF_INET, host.c_str(), binary.data()) == 1
         || inet_pton(AF_INET6, host.c_str(), binary.data()) == 1;
}

} // namespace

result<lm_sim_options> check_lm_sim_options(lm_sim_options options) {
  auto require = [](bool good, const char* what) -> result<void> {
    if (!good)
      return fail(errc::invalid_option, what);
    return {};
  };
  if (options.host == "localhost")
    options.host = "127.0.0.1";
  if (!is_address(options.host))
    return fail(errc::invalid_option,
                "host must be an IP address or localhost: " + options.host);
  for (auto& check :
       {require(options.error_rate >= 0 && options.error_rate <= 1,
                "error_rate must be between 0 and 1"),
        require(options.tokens_per_second >= 0
                  && options.tokens_per_second <= 1e9,
                "tokens_per_second must be between 0 and 1000000000"),
        require(options.latency >= 0ms && options.latency <= 1h,
                "latency must be between 0 and one hour"),
        require(options.latency_jitter >= 0ms && options.latency_jitter <= 1h,
                "latency_jitter must be between 0 and one hour"),
        require(options.threads >= 1 && options.threads <= 64,
                "threads must be between 1 and 64"),
        require(options.max_connections >= 1,
                "max_connections must be at least 1")})
    if (!check)
      return fail(check.error());
  return options;
}

} // namespace dspex
