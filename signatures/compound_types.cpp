#include <vector>

#include "signatures/limits.hpp"
#include "signatures/repeats.hpp"
#include "signatures/types.hpp"

namespace dspex::detail {

namespace {

class list_validator : public validator {
public:
  list_validator(const field_type& type, const pattern_pool& patterns)
    : length_(type.constraints, "item"),
      unique_(read_limit<bool>(type.constraints, "unique").value_or(false)),
      element_(make_validator(type.arguments.front(), patterns)) {
  }

  bool check(json& value, report& out) const override {
    if (!value.is_array())
      return out.add("type",
                     [&] { return "must be a list, got " + brief(value); });
    auto ok = length_.check(value.size(), out);
    for (size_t i = 0; i < value.size() && (ok || !out.quiet()); ++i) {
      report::step here{out, i};
      ok = element_->check(value[i], out) && ok;
    }
    if (unique_ && (ok || !out.quiet()))
      ok = check_unique(value, out) && ok;
    return ok;
  }

private:
  static bool check_unique(const json& value, report& out) {
    auto repeats = find_repeats(value);
    for (const auto& found : repeats) {
      report::step here{out, found.index};
      out.add("unique", [&] {
        return "must be unique, item " + std::to_string(found.first) + " is "
               + brief(value[found.index]) + " too";
      });
    }
    return repeats.empty();
  }

  length_limits length_;
  bool unique_;
  validator_ptr element_;
};

class union_validator : public validator {
public:
  union_validator(const field_type& type, const pattern_pool& patterns)
    : text_(shorten(to_string(type), 200)) {
    size_t others = 0;
    for (const auto& alternative : type.arguments) {
      if (alternative.kind != type_kind::none) {
        main_ = alternatives_.size();
        ++others;
      }
      alternatives_.push_back(make_validator(alternative, patterns));
    }
    optional_ = others == 1;
  }

  bool check(json& value, report& out) const override {
    for (const auto& alternative : alternatives_) {
      report::trial as_is{out, true};
      if (alternative->check(value, out))
        return true;
    }
    if (optional_) {
      report::trial as_is{out, out.quiet()};
      return alternatives_[main_]->check(value, out);
    }
    return out.add(
      "type", [&] { return "must be " + text_ + ", got " + brief(value); });
  }

private:
  std::vector<validator_ptr> alternatives_;
  /// The only alternative beside `none`, if `optional_`.
  size_t main_ = 0;
  bool optional_ = false;
  std::string text_;
};

} // namespace

validator_ptr make_list(const field_type& type, const pattern_pool& patterns) {
  return std::make_unique<list_validator>(type, patterns);
}

validator_ptr make_union(const field_type& type, const pattern_pool& patterns) {
  return std::make_unique<union_validator>(type, patterns);
}

} // namespace dspex::detail
