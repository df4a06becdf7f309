#include "adapters/native/chat/prompt.hpp"

#include <algorithm>

#include "adapters/native/chat/content_blocks.hpp"
#include "adapters/native/chat/prompt_text.hpp"

namespace dspex {

namespace {

constexpr auto incomplete_demo = std::string_view{
  "This is an example of the task, though some input or "
  "output fields are not supplied."};
constexpr auto not_supplied
  = std::string_view{"Not supplied for this particular example. "};

json message(const char* role, std::string content) {
  auto result = json::object();
  result["role"] = role;
  result["content"] = std::move(content);
  return result;
}

// Texts of users may carry blocks, those of models stay text.
json user_message(std::string content) {
  auto result = message("user", std::move(content));
  if (auto blocks
      = split_blocks(result["content"].get_ref<const std::string&>()))
    result["content"] = std::move(*blocks);
  return result;
}

struct demo_groups {
  std::vector<const json*> incomplete;
  std::vector<const json*> complete;
};

demo_groups sort_demos(const prompt_signature& sig, const json& demos) {
  auto result = demo_groups{};
  for (auto& demo : demos) {
    auto is_set = [&](const prompt_field& x) {
      auto i = demo.find(x.name);
      return i != demo.end() && !i->is_null();
    };
    auto is_there = [&](const prompt_field& x) {
      return demo.contains(x.name);
    };
    auto all = [](auto& xs, auto what) {
      return std::all_of(xs.begin(), xs.end(), what);
    };
    auto any = [](auto& xs, auto what) {
      return std::any_of(xs.begin(), xs.end(), what);
    };
    if (all(sig.inputs, is_set) && all(sig.outputs, is_set))
      result.complete.push_back(&demo);
    else if (any(sig.inputs, is_there) && any(sig.outputs, is_there))
      result.incomplete.push_back(&demo);
  }
  return result;
}

const json* messages_of_history(const json& value) {
  if (value.is_array())
    return &value;
  auto i = value.is_object() ? value.find("messages") : value.end();
  return value.is_object() && i != value.end() && i->is_array() ? &*i : nullptr;
}

} // namespace

result<prompt> prompt::make(prompt_signature sig, prompt_adapter adapter,
                            const json& demos) {
  auto out = prompt{};
  out.adapter_ = adapter;
  out.start_ = json::array();
  out.start_.push_back(message("system", format_system(sig, adapter)));
  auto is_object = [](const json& x) { return x.is_object(); };
  if (!demos.is_array() || !std::all_of(demos.begin(), demos.end(), is_object))
    return fail(errc::invalid_input, "demos must be a list of objects");
  auto groups = sort_demos(sig, demos);
  auto add = [&](const json& demo, std::string_view prefix,
                 const json& missing) -> result<void> {
    auto inputs = format_inputs(sig.inputs, demo);
    if (!inputs)
      return fail(std::move(inputs.error()));
    auto outputs = format_outputs(sig.outputs, demo, missing, adapter);
    if (!outputs)
      return fail(std::move(outputs.error()));
    out.start_.push_back(
      user_message(join_parts({std::string{prefix}, std::move(*inputs)})));
    out.start_.push_back(message("assistant", std::move(*outputs)));
    return {};
  };
  for (auto* demo : groups.incomplete)
    if (auto ok = add(*demo, incomplete_demo, json(not_supplied)); !ok)
      return fail(std::move(ok.error()));
  for (auto* demo : groups.complete)
    if (auto ok = add(*demo, "", json(nullptr)); !ok)
      return fail(std::move(ok.error()));
  out.requirements_ = format_requirements(sig.outputs, adapter);
  for (auto& x : sig.inputs)
    if (out.history_.empty() && x.annotation.kind() == python_kind::history)
      out.history_ = x.name;
    else
      out.asked_.push_back(x);
  out.signature_ = std::move(sig);
  return out;
}

result<json> prompt::messages(const json& inputs) const {
  auto result = start_;
  auto before = history_.empty() ? inputs.end() : inputs.find(history_);
  if (before != inputs.end())
    if (auto* turns = messages_of_history(*before))
      for (auto& turn : *turns) {
        if (!turn.is_object())
          return fail(errc::invalid_input,
                      "Field " + history_ + " must hold messages");
        auto asked = format_inputs(asked_, turn);
        if (!asked)
          return fail(std::move(asked.error()));
        auto answered = format_outputs(signature_.outputs, turn, json(nullptr),
                                       adapter_);
        if (!answered)
          return fail(std::move(answered.error()));
        if (auto text = join_parts({std::move(*asked)}); !text.empty())
          result.push_back(user_message(std::move(text)));
        result.push_back(message("assistant", std::move(*answered)));
      }
  auto asked = format_inputs(asked_, inputs);
  if (!asked)
    return fail(std::move(asked.error()));
  result.push_back(
    user_message(join_parts({std::move(*asked), requirements_})));
  return result;
}

} // namespace dspex
