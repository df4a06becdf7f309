#include "signatures/canonical.hpp"

#include <algorithm>
#include <array>
#include <string_view>
#include <tuple>

#include "signatures/issue.hpp"
#include "signatures/types.hpp"
#include "signatures/values/text.hpp"

namespace dspex::detail {

namespace {

constexpr std::array<std::string_view, 5> member_names{
  "name", "type", "constraints", "description", "required"};

/// Reads fields one after another, since a name must differ from those before
/// it. After a fault the reader goes on with the next member.
class canonical_reader {
public:
  explicit canonical_reader(pattern_pool& patterns) : patterns_(patterns) {
  }

  bool read_side(const json& array, const std::string& pointer,
                 std::vector<field>& out) {
    if (!array.is_array() || array.empty())
      return refuse(pointer, "a list of fields, not empty",
                    array.is_array() ? "no field" : brief(array));
    if (names_.size() + array.size() > max_fields)
      return refuse(pointer,
                    "at most " + std::to_string(max_fields)
                      + " fields on both sides together",
                    std::to_string(names_.size() + array.size()));
    out.reserve(array.size());
    auto ok = true;
    for (size_t i = 0; i < array.size() && faults_.size() < max_faults; ++i)
      ok = read_field(array[i], pointer + '/' + std::to_string(i),
                      out.emplace_back())
           && ok;
    return ok;
  }

  [[nodiscard]] std::vector<error>& faults() noexcept {
    return faults_;
  }

private:
  bool read_field(const json& value, const std::string& pointer, field& out) {
    if (!value.is_object())
      return refuse(pointer, "an object", brief(value));
    auto ok = true;
    for (const auto& [key, member] : value.items())
      if (key != "dspy"
          && std::find(member_names.begin(), member_names.end(), key)
               == member_names.end())
        ok = refuse(pointer,
                    "only name, type, constraints, description and required",
                    "the member " + brief(json(key)));
    for (auto key : member_names)
      if (!value.contains(std::string{key}))
        ok = refuse(pointer, "the member \"" + std::string{key} + '"', "none");
    if (!ok)
      return false;
    ok = read_name(value.at("name"), pointer + "/name", out);
    if (read_type(value.at("type"), pointer + "/type", out)) {
      ok = read_constraints(value.at("constraints"), pointer + "/constraints",
                            out)
           && ok;
      ok = read_required(value.at("required"), pointer + "/required", out)
           && ok;
    } else {
      ok = false;
    }
    return read_description(value.at("description"), pointer + "/description",
                            out)
           && ok;
  }

  bool read_name(const json& value, const std::string& pointer, field& out) {
    if (!value.is_string())
      return refuse(pointer, "a string", brief(value));
    out.name = value.get<std::string>();
    if (auto* fault = find_name_fault(out.name))
      return refuse(pointer, fault, brief(value));
    if (std::find(names_.begin(), names_.end(), out.name) != names_.end())
      return refuse(pointer, "a name that no other field has",
                    brief(value) + " again");
    names_.push_back(out.name);
    return true;
  }

  bool read_type(const json& value, const std::string& pointer, field& out) {
    if (!value.is_string())
      return refuse(pointer, "a string", brief(value));
    const auto& text = value.get_ref<const std::string&>();
    reader types{text, patterns_};
    if (types.read_bare_type(out.type))
      return true;
    faults_.push_back(to_error(types.why(), text, pointer));
    return false;
  }

  bool read_constraints(const json& value, const std::string& pointer,
                        field& out) {
    if (!value.is_object())
      return refuse(pointer, "an object", brief(value));
    const auto& row = row_of(out.type.kind);
    for (const auto& [key, member] : value.items()) {
      auto* constraint = row.find(key);
      if (constraint == nullptr)
        return refuse(pointer, row.expected_constraint(), brief(json(key)));
      if (auto bad = find_bad_string(member))
        return refuse(pointer + '/' + key, "UTF-8 without U+0000", *bad);
      if (auto expected = add_constraint(out.type.constraints, *constraint,
                                         member, patterns_))
        return refuse(pointer + '/' + key, std::move(*expected), brief(member));
    }
    return true;
  }

  bool read_description(const json& value, const std::string& pointer,
                        field& out) {
    if (!value.is_string())
      return refuse(pointer, "a string", brief(value));
    if (auto bad = find_bad_string(value))
      return refuse(pointer, "UTF-8 without U+0000", *bad);
    out.description = value.get<std::string>();
    return true;
  }

  bool read_required(const json& value, const std::string& pointer,
                     field& out) {
    out.required = !is_optional(out.type);
    if (value.is_boolean() && value.get<bool>() == out.required)
      return true;
    return refuse(pointer,
                  std::string{out.required ? "true" : "false"}
                    + " for the type " + shorten(to_string(out.type), 60),
                  brief(value));
  }

  /// Returns a description of the first text in a string, or in a list of
  /// strings, that the language cannot print.
  static std::optional<std::string> find_bad_string(const json& value) {
    if (value.is_string() && find_bad_text(value.get_ref<const std::string&>()))
      return "a string with other bytes";
    if (value.is_array())
      for (const auto& item : value)
        if (item.is_string() && find_bad_string(item))
          return "a string with other bytes";
    return std::nullopt;
  }

  bool refuse(const std::string& pointer, std::string expected,
              const std::string& found) {
    faults_.push_back(make_json_error(pointer, std::move(expected), found));
    return false;
  }

  pattern_pool& patterns_;
  /// The names of the fields of both sides.
  std::vector<std::string> names_;
  std::vector<error> faults_;
};

} // namespace

json print_fields(const std::vector<field>& fields) {
  auto result = json::array();
  for (const auto& x : fields)
    result.push_back({{"name", x.name},
                      {"type", to_string(x.type)},
                      {"constraints", x.type.constraints},
                      {"description", x.description},
                      {"required", x.required}});
  return result;
}

result<field_lists> read_fields(const json& inputs, const json& outputs,
                                pattern_pool& patterns) {
  canonical_reader fields{patterns};
  field_lists result;
  if (!fields.read_side(inputs, "/inputs", result.inputs)
      || !fields.read_side(outputs, "/outputs", result.outputs))
    return fail(std::move(fields.faults().front()));
  return result;
}

std::vector<error> find_faults(const json& inputs, const json& outputs,
                               pattern_pool& patterns) {
  canonical_reader fields{patterns};
  field_lists ignored;
  for (auto [array, pointer, out] :
       {std::tuple{&inputs, "/inputs", &ignored.inputs},
        std::tuple{&outputs, "/outputs", &ignored.outputs}})
    if (!fields.read_side(*array, pointer, *out)
        && fields.faults().size() >= max_faults)
      break;
  auto result = std::move(fields.faults());
  if (result.size() > max_faults)
    result.resize(max_faults);
  return result;
}

} // namespace dspex::detail
