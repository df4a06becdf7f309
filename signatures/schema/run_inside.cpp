// The rules of `schema_run` that look into lists and objects.

#include <algorithm>

#include <re2/re2.h>

#include "signatures/schema/run.hpp"
#include "signatures/values/repeats.hpp"
#include "signatures/values/text.hpp"

namespace dspex::detail {

// -- lists --------------------------------------------------------------------

bool schema_run::check_prefix(const json& wanted, const json&,
                              const json& value) {
  if (!value.is_array())
    return true;
  auto ok = true;
  for (size_t i = 0; i < std::min(wanted.size(), value.size()); ++i) {
    report::step here{out_, i};
    ok = fits(wanted[i], value[i]) && ok;
  }
  return ok;
}

bool schema_run::check_items(const json& wanted, const json& schema,
                             const json& value) {
  if (!value.is_array())
    return true;
  auto prefix = schema.find("prefixItems");
  auto ok = true;
  for (auto i = prefix != schema.end() ? prefix->size() : 0;
       i < value.size() && !gave_up_ && (ok || !out_.quiet()); ++i) {
    report::step here{out_, i};
    ok = fits(wanted, value[i]) && ok;
  }
  return ok;
}

bool schema_run::check_contains(const json& wanted, const json& schema,
                                const json& value) {
  if (!value.is_array())
    return true;
  size_t count = 0;
  for (const auto& item : value)
    count += would_fit(wanted, item) ? 1 : 0;
  auto min = schema.find("minContains");
  auto least = min != schema.end() ? *min : json(1);
  auto ok = expect(compare_json(count, least) >= 0, "length", [&] {
    return "must have " + count_text("at least", least, "item")
           + " of the kind its schema asks for, has " + std::to_string(count);
  });
  auto max = schema.find("maxContains");
  if (max == schema.end())
    return ok;
  return expect(compare_json(count, *max) <= 0, "length",
                [&] {
                  return "must have " + count_text("at most", *max, "item")
                         + " of the kind its schema asks for, has "
                         + std::to_string(count);
                })
         && ok;
}

bool schema_run::check_min_items(const json& wanted, const json&,
                                 const json& value) {
  return expect(!value.is_array() || compare_json(value.size(), wanted) >= 0,
                "length", [&] {
                  return "must have " + count_text("at least", wanted, "item")
                         + ", has " + std::to_string(value.size());
                });
}

bool schema_run::check_max_items(const json& wanted, const json&,
                                 const json& value) {
  return expect(!value.is_array() || compare_json(value.size(), wanted) <= 0,
                "length", [&] {
                  return "must have " + count_text("at most", wanted, "item")
                         + ", has " + std::to_string(value.size());
                });
}

bool schema_run::check_unique(const json& wanted, const json&,
                              const json& value) {
  return !wanted.get<bool>() || !value.is_array() || out_.check_unique(value);
}

// -- objects ------------------------------------------------------------------

bool schema_run::check_properties(const json& wanted, const json&,
                                  const json& value) {
  if (!value.is_object())
    return true;
  auto ok = true;
  for (auto i = wanted.begin(); i != wanted.end(); ++i) {
    auto member = value.find(i.key());
    if (member == value.end())
      continue;
    report::step here{out_, i.key()};
    ok = fits(i.value(), *member) && ok;
  }
  return ok;
}

bool schema_run::check_patterns(const json& wanted, const json&,
                                const json& value) {
  if (!value.is_object())
    return true;
  auto ok = true;
  for (auto i = wanted.begin(); i != wanted.end(); ++i) {
    const auto& pattern = patterns_.get(i.key());
    for (auto j = value.begin(); j != value.end(); ++j) {
      if (!re2::RE2::PartialMatch(j.key(), pattern))
        continue;
      report::step here{out_, j.key()};
      ok = fits(i.value(), j.value()) && ok;
    }
  }
  return ok;
}

bool schema_run::check_others(const json& wanted, const json& schema,
                              const json& value) {
  if (!value.is_object())
    return true;
  auto properties = schema.find("properties");
  auto patterns = schema.find("patternProperties");
  auto is_known = [&](const std::string& name) {
    if (properties != schema.end() && properties->contains(name))
      return true;
    if (patterns == schema.end())
      return false;
    for (auto i = patterns->begin(); i != patterns->end(); ++i)
      if (re2::RE2::PartialMatch(name, patterns_.get(i.key())))
        return true;
    return false;
  };
  auto ok = true;
  for (auto i = value.begin();
       i != value.end() && !gave_up_ && (ok || !out_.quiet()); ++i) {
    if (is_known(i.key()))
      continue;
    report::step here{out_, i.key()};
    ok = fits(wanted, i.value()) && ok;
  }
  return ok;
}

bool schema_run::check_names(const json& wanted, const json&,
                             const json& value) {
  if (!value.is_object())
    return true;
  auto ok = true;
  for (auto i = value.begin();
       i != value.end() && !gave_up_ && (ok || !out_.quiet()); ++i) {
    if (would_fit(wanted, json(i.key())))
      continue;
    report::step here{out_, i.key()};
    ok = out_.add("unknown", [] { return "must not have this name"; });
  }
  return ok;
}

bool schema_run::check_required(const json& wanted, const json&,
                                const json& value) {
  if (!value.is_object())
    return true;
  auto ok = true;
  for (const auto& item : wanted) {
    const auto& name = item.get_ref<const std::string&>();
    if (value.contains(name))
      continue;
    report::step here{out_, name};
    ok = out_.add("missing", [] { return "is missing"; });
  }
  return ok;
}

bool schema_run::check_min_size(const json& wanted, const json&,
                                const json& value) {
  return expect(!value.is_object() || compare_json(value.size(), wanted) >= 0,
                "length", [&] {
                  return "must have " + count_text("at least", wanted, "member")
                         + ", has " + std::to_string(value.size());
                });
}

bool schema_run::check_max_size(const json& wanted, const json&,
                                const json& value) {
  return expect(!value.is_object() || compare_json(value.size(), wanted) <= 0,
                "length", [&] {
                  return "must have " + count_text("at most", wanted, "member")
                         + ", has " + std::to_string(value.size());
                });
}

bool schema_run::check_dependent(const json& wanted, const json& schema,
                                 const json& value) {
  if (!value.is_object())
    return true;
  auto ok = true;
  for (auto i = wanted.begin(); i != wanted.end(); ++i)
    if (value.contains(i.key()))
      ok = check_required(i.value(), schema, value) && ok;
  return ok;
}

bool schema_run::check_dependent_schemas(const json& wanted, const json&,
                                         const json& value) {
  if (!value.is_object())
    return true;
  auto ok = true;
  for (auto i = wanted.begin(); i != wanted.end(); ++i)
    if (value.contains(i.key()))
      ok = fits(i.value(), value) && ok;
  return ok;
}

} // namespace dspex::detail
