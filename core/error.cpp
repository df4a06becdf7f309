#include "dspex/error.hpp"

#include <array>

namespace dspex {

namespace {

struct row {
  errc code;
  std::string_view name;
};

constexpr auto rows = std::array{
  row{errc::none, "none"},
  row{errc::invalid_signature, "invalid_signature"},
  row{errc::unknown_module, "unknown_module"},
  row{errc::not_found, "not_found"},
  row{errc::invalid_input, "invalid_input"},
  row{errc::invalid_transition, "invalid_transition"},
  row{errc::invalid_option, "invalid_option"},
  row{errc::conflict, "conflict"},
  row{errc::unauthorized, "unauthorized"},
  row{errc::forbidden, "forbidden"},
  row{errc::overloaded, "overloaded"},
  row{errc::backend_unavailable, "backend_unavailable"},
  row{errc::store_unavailable, "store_unavailable"},
  row{errc::timeout, "timeout"},
  row{errc::backend_failed, "backend_failed"},
  row{errc::invalid_output, "invalid_output"},
  row{errc::store_rejected, "store_rejected"},
  row{errc::cancelled, "cancelled"},
  row{errc::interrupted, "interrupted"},
  row{errc::shutting_down, "shutting_down"},
  row{errc::internal, "internal"},
};

} // namespace

std::string_view to_string(errc code) noexcept {
  for (auto& x : rows)
    if (x.code == code)
      return x.name;
  return "internal";
}

errc errc_from_string(std::string_view name) noexcept {
  for (auto& x : rows)
    if (x.name == name)
      return x.code;
  return errc::none;
}

std::string to_string(const error& err) {
  auto result = std::string{to_string(err.code)};
  result += ": ";
  result += err.message;
  return result;
}

json to_json(const error& err) {
  auto result = json::object();
  result["code"] = to_string(err.code);
  result["message"] = err.message;
  if (!err.details.is_null())
    result["details"] = err.details;
  return result;
}

} // namespace dspex
