#include "simulator/fault.hpp"

#include <charconv>

#include "simulator/text.hpp"

namespace dspex {

namespace {

constexpr std::string_view marker_start = "[[sim:";

std::optional<uint64_t> number(std::string_view text, uint64_t low,
                               uint64_t high) {
  uint64_t value = 0;
  auto end = text.data() + text.size();
  auto [stop, failure] = std::from_chars(text.data(), end, value);
  if (failure != std::errc{} || stop != end || value < low || value > high)
    return std::nullopt;
  return value;
}

/// Reads one item; false if it is unknown or out of range.
bool read_item(std::string_view key, std::string_view value, sim_fault& into) {
  auto limited = [value](auto& target, uint64_t low, uint64_t high) {
    using target_type = typename std::decay_t<decltype(target)>::value_type;
    auto n = number(value, low, high);
    if (n)
      target = target_type(*n);
    return n.has_value();
  };
  if (key == "status")
    return limited(into.status, 400, 599);
  if (key == "retry_after")
    return limited(into.retry_after, 0, 86'400);
  if (key == "huge")
    return limited(into.huge, 0, 10'000'000'000);
  if (key == "latency_ms")
    return limited(into.latency, 0, 3'600'000);
  if (key == "fail_first")
    return limited(into.fail_first, 0, 1'000'000);
  if (!value.empty())
    return false;
  if (key == "garbage")
    return into.garbage = true;
  if (key == "hang")
    return into.hang = true;
  if (key == "close_halfway")
    return into.close_halfway = true;
  return false;
}

} // namespace

bool sim_fault::any() const noexcept {
  return status || retry_after || garbage || hang || close_halfway || huge
         || latency || fail_first || text;
}

result<sim_fault> read_sim_fault(std::string_view items) {
  constexpr std::string_view text_key = "text=";
  sim_fault fault;
  while (!items.empty()) {
    if (items.substr(0, text_key.size()) == text_key) {
      fault.text = items.substr(text_key.size());
      break;
    }
    auto end = items.find(';');
    auto item = sim_trim(items.substr(0, end));
    items.remove_prefix(end == std::string_view::npos ? items.size() : end + 1);
    auto equals = item.find('=');
    auto key = item.substr(0, equals);
    auto value = equals == std::string_view::npos ? std::string_view{}
                                                  : item.substr(equals + 1);
    if (!item.empty() && !read_item(key, value, fault))
      return fail(errc::invalid_option,
                  "Unknown simulator fault or value out of range: "
                    + std::string{sim_clip(item, 100)});
  }
  return fault;
}

result<sim_fault> find_sim_fault(std::string_view message) {
  auto begin = message.find(marker_start);
  if (begin == std::string_view::npos)
    return sim_fault{};
  message.remove_prefix(begin + marker_start.size());
  size_t open = 1;
  for (size_t i = 0; i + 1 < message.size(); ++i) {
    auto pair = message.substr(i, 2);
    if (pair != "[[" && pair != "]]")
      continue;
    open += pair == "[[" ? 1 : 0;
    open -= pair == "]]" ? 1 : 0;
    if (open == 0)
      return read_sim_fault(message.substr(0, i));
    ++i;
  }
  return fail(errc::invalid_option, "A simulator marker has no end: [[sim:"
                                      + std::string{sim_clip(message, 60)});
}

} // namespace dspex
