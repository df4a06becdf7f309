#include "signatures/report.hpp"

#include "signatures/text.hpp"

namespace dspex::detail {

namespace {

constexpr size_t max_problems_of_a_field = 100;

constexpr size_t max_name_length = 60;

/// Escapes a member name for a JSON pointer.
std::string escape_pointer(const std::string& name) {
  std::string result;
  for (auto c : name) {
    if (c == '~')
      result += "~0";
    else if (c == '/')
      result += "~1";
    else
      result += c;
  }
  return result;
}

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
    auto index = std::to_string(i->index_);
    pointer.insert(0, '/' + index);
    label.insert(0, '[' + index + ']');
  }
  problems_->push_back({'/' + *field_ + pointer, std::string{code},
                        "Field " + *field_ + label + ": " + text});
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
