#include "config/option_reader.hpp"

#include <algorithm>
#include <utility>

namespace dspex {

option_reader::option_reader(const json& options, std::string path,
                             std::vector<option_problem>& problems)
  : options_(options), path_(std::move(path)), problems_(problems) {
  if (!options_.is_object())
    problems_.push_back(
      {"", 0, 0, path_, "must be an object, got " + excerpt(options_)});
}

void option_reader::read(std::string_view key, int64_t min, int64_t max,
                         size_t& target) {
  if (auto x = integer(key, min, max))
    target = static_cast<size_t>(*x);
}

void option_reader::read(std::string_view key, int64_t min, int64_t max,
                         std::chrono::milliseconds& target) {
  if (auto x = integer(key, min, max))
    target = std::chrono::milliseconds{*x};
}

const json* option_reader::member(std::string_view key) {
  known_.push_back(key);
  if (!options_.is_object())
    return nullptr;
  auto i = options_.find(std::string{key});
  return i == options_.end() ? nullptr : &*i;
}

void option_reader::complain(std::string_view key, std::string message) {
  auto full = path_.empty() ? std::string{key} : path_ + "." + std::string{key};
  problems_.push_back({"", 0, 0, std::move(full), std::move(message)});
}

void option_reader::finish() {
  if (!options_.is_object())
    return;
  for (auto& [key, value] : options_.items())
    if (std::find(known_.begin(), known_.end(), key) == known_.end())
      complain(key, "unknown key (known: " + comma_separated(known_) + ")");
}

std::optional<int64_t> option_reader::integer(std::string_view key, int64_t min,
                                              int64_t max) {
  auto* x = member(key);
  if (x == nullptr)
    return std::nullopt;
  if (x->is_number_integer() && *x >= json(min) && *x <= json(max))
    return x->get<int64_t>();
  complain(key, "must be an integer from " + std::to_string(min) + " to "
                  + std::to_string(max) + ", got " + excerpt(*x));
  return std::nullopt;
}

} // namespace dspex
