#include "signatures/values/report.hpp"

#include "signatures/values/repeats.hpp"
#include "signatures/values/text.hpp"

namespace dspex::detail {

namespace {

constexpr size_t max_problems_of_a_field = 100;

constexpr size_t max_name_length = 60;

/// The most characters of a key that a pointer shows. A value with many bad
/// items under a long key must not grow into a report many times its size.
constexpr size_t max_key_length = 200;

/// About how many bytes of keys and indexes a message shows.
constexpr size_t max_label_size = 200;

} // namespace

void report::begin_field(const std::string& name) {
  field_ = &name;
  field_problems_ = 0;
}

void report::end_field() {
  if (field_problems_ > max_problems_of_a_field) {
    auto count = field_problems_ - max_problems_of_a_field;
    problems_->push_back(
      {'/' + *field_, problems_->back().code,
       "Field " + *field_ + ": " + std::to_string(count) + " more problems"});
  }
  field_ = nullptr;
}

bool report::has_room() {
  return ++field_problems_ <= max_problems_of_a_field;
}

void report::push(std::string_view code, const std::string& text) {
  std::string pointer;
  std::string label;
  for (auto* i = here_; i != nullptr; i = i->up_) {
    auto part = i->key_ != nullptr ? shorten(*i->key_, max_key_length)
                                   : std::to_string(i->index_);
    pointer.insert(0, '/' + escape_pointer(part));
    if (label.size() > max_label_size)
      continue;
    label.insert(0,
                 '[' + (i->key_ != nullptr ? brief(json(part)) : part) + ']');
    if (label.size() > max_label_size && i->up_ != nullptr)
      label.insert(0, "[...]");
  }
  problems_->push_back({'/' + *field_ + pointer, std::string{code},
                        "Field " + *field_ + label + ": " + text});
}

bool report::add_type(std::string_view wanted, const json& value) {
  return add("type", [&] {
    return "must be " + std::string{wanted} + ", got " + brief(value);
  });
}

bool report::check_unique(const json& items) {
  auto repeats = find_repeats(items);
  for (const auto& found : repeats) {
    step here{*this, found.index};
    add("unique", [&] {
      return "must be unique, item " + std::to_string(found.first) + " is "
             + brief(items[found.index]) + " too";
    });
  }
  return repeats.empty();
}

void report::add_missing(const std::string& name) {
  problems_->push_back({'/' + name, "missing", "Missing field: " + name});
}

void report::add_unknown(const std::vector<const std::string*>& names) {
  size_t count = 0;
  for (const auto* name : names) {
    if (++count > max_problems_of_a_field) {
      problems_->push_back(
        {"", "unknown",
         std::to_string(names.size() - max_problems_of_a_field)
           + " more unknown fields"});
      return;
    }
    problems_->push_back({'/' + escape_pointer(*name), "unknown",
                          "Unknown field: " + shorten(*name, max_name_length)});
  }
}

} // namespace dspex::detail
