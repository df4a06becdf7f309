#include "adapters/python_port/worker_command.hpp"

#include <array>
#include <cstdlib>
#include <string_view>
#include <unistd.h>
#include <utility>

namespace dspex {

namespace {

// What a Python process needs to find programs, files, certificates and
// proxies.
constexpr auto inherited
  = std::array<std::string_view, 22>{"PATH",
                                     "HOME",
                                     "USER",
                                     "LANG",
                                     "LC_ALL",
                                     "LC_CTYPE",
                                     "TZ",
                                     "TMPDIR",
                                     "LD_LIBRARY_PATH",
                                     "SSL_CERT_FILE",
                                     "SSL_CERT_DIR",
                                     "REQUESTS_CA_BUNDLE",
                                     "CURL_CA_BUNDLE",
                                     "HTTP_PROXY",
                                     "HTTPS_PROXY",
                                     "ALL_PROXY",
                                     "NO_PROXY",
                                     "http_proxy",
                                     "https_proxy",
                                     "all_proxy",
                                     "no_proxy",
                                     "VIRTUAL_ENV"};

// One request, one thread: what libraries start of their own accord only
// contends. The rest keeps output prompt and imports where we say.
constexpr auto fixed_variables = std::array<std::string_view, 10>{
  "OMP_NUM_THREADS=1",   "OPENBLAS_NUM_THREADS=1",
  "MKL_NUM_THREADS=1",   "NUMEXPR_NUM_THREADS=1",
  "RAYON_NUM_THREADS=1", "TOKENIZERS_PARALLELISM=false",
  "PYTHONUNBUFFERED=1",  "PYTHONUTF8=1",
  "PYTHONSAFEPATH=1",    "LITELLM_LOCAL_MODEL_COST_MAP=True"};

} // namespace

child_command worker_command(const python_port_options& options) {
  auto result = child_command{};
  result.program = options.python;
  result.arguments = {"-m",
                      "dspex_worker",
                      "--fd",
                      std::to_string(child_process::socket_in_child),
                      "--parent",
                      std::to_string(getpid()),
                      "--threads",
                      std::to_string(options.threads),
                      "--max-frame-bytes",
                      std::to_string(options.max_frame_bytes),
                      "--memory-limit-bytes",
                      std::to_string(options.memory_limit_bytes)};
  for (auto& x : options.allowed_modules)
    result.arguments.insert(result.arguments.end(), {"--allow", x});
  if (!options.backend.empty())
    result.arguments.insert(result.arguments.end(),
                            {"--backend", options.backend});
  auto pass = [&](const std::string& name) {
    if (auto value = std::getenv(name.c_str()); value != nullptr)
      result.environment.push_back(name + '=' + value);
  };
  for (auto name : inherited)
    pass(std::string{name});
  for (auto& name : options.environment)
    pass(name);
  for (auto x : fixed_variables)
    result.environment.emplace_back(x);
  auto path = std::string{"PYTHONPATH="};
  for (auto& x : options.python_path)
    path += (path.back() == '=' ? "" : ":") + x;
  result.environment.push_back(std::move(path));
  return result;
}

} // namespace dspex
