#include <algorithm>
#include <charconv>
#include <cstdint>
#include <optional>
#include <vector>

#include "signatures/limits.hpp"
#include "signatures/plain_type.hpp"
#include "signatures/schema/run.hpp"
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
      return out.add_type("a list", value);
    auto ok = length_.check(value.size(), out);
    for (size_t i = 0; i < value.size() && (ok || !out.quiet()); ++i) {
      report::step here{out, i};
      ok = element_->check(value[i], out) && ok;
    }
    if (unique_ && (ok || !out.quiet()))
      ok = out.check_unique(value) && ok;
    return ok;
  }

private:
  length_limits length_;
  bool unique_;
  validator_ptr element_;
};

class dict_validator : public validator {
public:
  dict_validator(const field_type& type, const pattern_pool& patterns)
    : size_(type.constraints, "member", "size"),
      integer_keys_(type.arguments[0].kind == type_kind::integer),
      values_(make_validator(type.arguments[1], patterns)) {
  }

  bool check(json& value, report& out) const override {
    if (!value.is_object())
      return out.add_type("an object", value);
    auto ok = size_.check(value.size(), out);
    for (auto i = value.begin(); i != value.end() && (ok || !out.quiet());
         ++i) {
      report::step here{out, i.key()};
      if (integer_keys_ && !is_integer(i.key()))
        ok = out.add("type", [&] {
          return "must have an integer as its key, has " + brief(json(i.key()));
        });
      ok = values_->check(i.value(), out) && ok;
    }
    return ok;
  }

private:
  /// Whether the key is an integer of 64 bits in its only decimal form. Other
  /// forms are refused, so that no two keys mean the same.
  static bool is_integer(const std::string& key) {
    int64_t number = 0;
    auto* end = key.data() + key.size();
    auto parsed = std::from_chars(key.data(), end, number);
    return parsed.ec == std::errc{} && parsed.ptr == end
           && std::to_string(number) == key;
  }

  length_limits size_;
  bool integer_keys_;
  validator_ptr values_;
};

class tuple_validator : public validator {
public:
  tuple_validator(const field_type& type, const pattern_pool& patterns) {
    for (const auto& item : type.arguments)
      items_.push_back(make_validator(item, patterns));
  }

  bool check(json& value, report& out) const override {
    if (!value.is_array())
      return out.add_type("a list", value);
    auto size = items_.size();
    auto ok = value.size() == size || out.add("length", [&] {
      return "must have " + std::to_string(size)
             + (size == 1 ? " item" : " items") + ", has "
             + std::to_string(value.size());
    });
    for (size_t i = 0; i < std::min(size, value.size()); ++i) {
      if (!ok && out.quiet())
        break;
      report::step here{out, i};
      ok = items_[i]->check(value[i], out) && ok;
    }
    return ok;
  }

private:
  std::vector<validator_ptr> items_;
};

/// Judges an embedding, which is a list of numbers.
class embedding_validator : public validator {
public:
  embedding_validator(const field_type& type, const pattern_pool& patterns)
    : dimensions_(read_limit<uint64_t>(type.constraints, "dimensions")),
      number_(make_float({}, patterns)) {
  }

  bool check(json& value, report& out) const override {
    if (!value.is_array())
      return out.add_type("a list of numbers", value);
    auto fits = !dimensions_ || value.size() == *dimensions_;
    auto ok = fits || out.add("length", [&] {
      return "must have " + std::to_string(*dimensions_)
             + (*dimensions_ == 1 ? " dimension" : " dimensions") + ", has "
             + std::to_string(value.size());
    });
    for (size_t i = 0; i < value.size() && (ok || !out.quiet()); ++i) {
      report::step here{out, i};
      ok = number_->check(value[i], out) && ok;
    }
    return ok;
  }

private:
  std::optional<uint64_t> dimensions_;
  validator_ptr number_;
};

/// Judges a value by the JSON Schema of an `object`.
class object_validator : public validator {
public:
  object_validator(const json& schema, const pattern_pool& patterns)
    : schema_(schema), patterns_(patterns) {
  }

  bool check(json& value, report& out) const override {
    return schema_run{schema_, patterns_, out}.judge(value);
  }

private:
  json schema_;
  const pattern_pool& patterns_;
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
  /// The index of the only alternative beside `none`, if `optional_`.
  size_t main_ = 0;
  bool optional_ = false;
  std::string text_;
};

} // namespace

validator_ptr make_list(const field_type& type, const pattern_pool& patterns) {
  return std::make_unique<list_validator>(type, patterns);
}

validator_ptr make_dict(const field_type& type, const pattern_pool& patterns) {
  return std::make_unique<dict_validator>(type, patterns);
}

validator_ptr make_tuple(const field_type& type, const pattern_pool& patterns) {
  return std::make_unique<tuple_validator>(type, patterns);
}

validator_ptr make_embedding(const field_type& type,
                             const pattern_pool& patterns) {
  return std::make_unique<embedding_validator>(type, patterns);
}

validator_ptr make_plain(const field_type& type, const pattern_pool& patterns) {
  return make_validator(plain_type(type), patterns);
}

validator_ptr make_object(const field_type& type,
                          const pattern_pool& patterns) {
  return std::make_unique<object_validator>(type.schema, patterns);
}

validator_ptr make_union(const field_type& type, const pattern_pool& patterns) {
  return std::make_unique<union_validator>(type, patterns);
}

} // namespace dspex::detail
