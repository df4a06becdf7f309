#include "signatures/side_validator.hpp"

#include <algorithm>
#include <array>

#include "signatures/reader.hpp"
#include "signatures/values/text.hpp"

namespace dspex::detail {

side_validator::side_validator(const std::vector<field>& fields,
                               const pattern_pool& patterns)
  : fields_(&fields) {
  for (const auto& x : fields) {
    index_.emplace_back(x.name, validators_.size());
    validators_.push_back(make_validator(x.type, patterns));
  }
  std::sort(index_.begin(), index_.end());
}

void side_validator::check(std::string_view side_name, json& values,
                           std::vector<problem>& out) const {
  if (!values.is_object()) {
    out.push_back({"", "type",
                   "The " + std::string{side_name} + " must be an object, got "
                     + brief(values)});
    return;
  }
  report collected{out};
  check(values, collected);
}

bool side_validator::fits(const json& values) const {
  if (!values.is_object())
    return false;
  std::vector<problem> problems;
  report collected{problems};
  report::trial as_they_are{collected, false};
  // A strict report converts nothing.
  check(const_cast<json&>(values), collected);
  return problems.empty();
}

void side_validator::check(json& values, report& out) const {
  auto size = validators_.size();
  // The value of each field. Only the first `size` places are read, so only
  // they are filled.
  std::array<json*, max_fields> found;
  std::fill_n(found.begin(), size, nullptr);
  std::vector<const std::string*> unknown;
  size_t guess = 0;
  for (auto i = values.begin(); i != values.end(); ++i, ++guess) {
    if (auto position = find(i.key(), guess); position < size)
      found[position] = &i.value();
    else
      unknown.push_back(&i.key());
  }
  for (size_t i = 0; i < size; ++i) {
    const auto& x = (*fields_)[i];
    if (found[i] != nullptr) {
      out.begin_field(x.name);
      validators_[i]->check(*found[i], out);
      out.end_field();
    } else if (x.required) {
      out.add_missing(x.name);
    }
  }
  out.add_unknown(unknown);
}

size_t side_validator::find(const std::string& name, size_t guess) const {
  auto size = validators_.size();
  if (guess < size && (*fields_)[guess].name == name)
    return guess;
  auto i = std::lower_bound(
    index_.begin(), index_.end(), std::string_view{name},
    [](const auto& entry, std::string_view x) { return entry.first < x; });
  return i != index_.end() && i->first == name ? i->second : size;
}

} // namespace dspex::detail
