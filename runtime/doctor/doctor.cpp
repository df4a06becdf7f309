#include "runtime/doctor/doctor.hpp"

#include <algorithm>
#include <set>
#include <utility>

#include "runtime/backends.hpp"
#include "runtime/doctor/parts.hpp"

namespace dspex {

namespace {

void add_problems(findings& out, const error& err) {
  for (auto& x : err.details["problems"]) {
    auto where = x["file"].get<std::string>();
    if (x["line"].is_number())
      where += ":" + dump_json(x["line"]) + ":" + dump_json(x["column"]);
    auto key = x["key"].is_string() ? x["key"].get<std::string>() + ": " : "";
    out.push_back({"configuration", health::problem,
                   where + ": " + key + x["message"].get<std::string>(),
                   "Correct it there; config/dspex.toml explains every key."});
  }
}

// Cuts `a.toml:3` and `environment X` down to `a.toml` and `environment`.
std::string source_of(const std::string& origin) {
  if (origin.starts_with("environment "))
    return "environment";
  auto colon = origin.rfind(':');
  return colon == std::string::npos ? origin : origin.substr(0, colon);
}

finding sum_up(const loaded_configuration& loaded) {
  auto set = size_t{0};
  auto sources = std::set<std::string>{};
  for (auto& x : loaded.origins)
    if (x.origin != "default") {
      ++set;
      sources.insert(source_of(x.origin));
    }
  if (set == 0)
    return {"configuration", health::ok, "every setting is at its default", ""};
  auto message = std::to_string(set) + " of "
                 + std::to_string(loaded.origins.size()) + " settings are set";
  auto separator = ": ";
  for (auto& x : sources)
    message += std::exchange(separator, ", ") + x;
  return {"configuration", health::ok, std::move(message), ""};
}

void examine_adapters(findings& out, const backends& made,
                      const std::string& default_adapter) {
  auto known = std::string{};
  for (auto& [type, _] : made.factories)
    known += (known.empty() ? "" : ", ") + type;
  if (made.factories.count(default_adapter) > 0)
    out.push_back({"adapters", health::ok,
                   known + "; programs that name none get " + default_adapter,
                   ""});
  else
    out.push_back({"adapters", health::problem,
                   "adapters.default is " + default_adapter
                     + ", but there is only " + known,
                   "Set adapters.default to one of these."});
}

} // namespace

std::string_view to_string(health x) noexcept {
  switch (x) {
    case health::ok:
      return "ok";
    case health::info:
      return "info";
    case health::warning:
      return "warning";
    case health::problem:
      break;
  }
  return "problem";
}

json to_json(const finding& x) {
  return {{"part", x.part},
          {"status", to_string(x.status)},
          {"message", x.message},
          {"advice", x.advice.empty() ? json{} : json(x.advice)}};
}

std::vector<finding> examine(const result<loaded_configuration>& loaded,
                             const doctor_options& options) {
  auto out = findings{};
  if (!loaded) {
    add_problems(out, loaded.error());
    return out;
  }
  auto& config = loaded->values;
  out.push_back(sum_up(*loaded));
  examine_store(out, config.store, options);
  auto made = make_backends(config, {});
  if (made) {
    examine_adapters(out, *made, config.adapters.default_adapter);
    // A node whose programs all run without a model can do without its server.
    auto severity = config.adapters.default_adapter == "mock" ? health::warning
                                                              : health::problem;
    examine_model(out, config.lm, made->lm_base_url, severity, options);
  } else {
    out.push_back({"adapters", health::problem, made.error().message,
                   "Set lm.base_url to a model server, or free a port of "
                   "loopback."});
  }
  auto python_matters = config.adapters.default_adapter == "python_port";
  examine_python(
    out, python_options(config, default_model(config.lm, "http://localhost")),
    python_matters ? health::problem : health::info, options);
  return out;
}

bool is_healthy(const std::vector<finding>& all) {
  return std::none_of(all.begin(), all.end(),
                      [](auto& x) { return x.status == health::problem; });
}

} // namespace dspex
