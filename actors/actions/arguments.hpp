#pragma once

#include "dspex/records.hpp"

namespace dspex {

/// @{
/// Reads the arguments of a `list` action, whose names and types the gateway
/// has checked. `invalid_option` names a word that is no status, code, id or
/// time.
[[nodiscard]] result<page_request> page_request_from(const json& arguments);
[[nodiscard]] result<signature_filter>
signature_filter_from(const json& arguments);
[[nodiscard]] result<program_filter> program_filter_from(const json& arguments);
[[nodiscard]] result<execution_filter>
execution_filter_from(const json& arguments);
/// @}

/// Reads the argument `execution`; `not_found` if it is no id.
[[nodiscard]] result<execution_id> execution_id_from(const json& arguments);

/// Returns an optional text argument, or `otherwise` if it is absent.
[[nodiscard]] std::string text_or(const json& arguments, const char* name,
                                  std::string otherwise = {});

/// Renders `{"items": [...], "next": ...}`; `next` is null on the last page.
template <class T>
json to_json(const page<T>& x) {
  auto items = json::array();
  for (auto& item : x.items)
    items.push_back(to_json(item));
  auto result = json::object();
  result["items"] = std::move(items);
  result["next"] = x.next.empty() ? json(nullptr) : json(x.next);
  return result;
}

} // namespace dspex
