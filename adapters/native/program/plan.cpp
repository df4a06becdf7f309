#include "adapters/native/program/plan.hpp"

#include <algorithm>
#include <array>
#include <string_view>

#include "adapters/native/chat/module_signature.hpp"
#include "adapters/native/python/json_member.hpp"
#include "adapters/native/python/text.hpp"
#include "adapters/native/python/values.hpp"
#include "core/text.hpp"

namespace dspex {

namespace {

constexpr size_t max_rounds = 1000;

constexpr auto module_names
  = std::array<std::pair<std::string_view, module_kind>, 4>{{
    {"Predict", module_kind::predict},
    {"ChainOfThought", module_kind::chain_of_thought},
    {"MultiChainComparison", module_kind::multi_chain_comparison},
    {"ReAct", module_kind::react},
  }};

constexpr auto module_keys = std::array<std::string_view, 6>{
  "name", "adapter", "json_fallback", "max_iters", "arguments", "state"};

error bad_key(const std::string& key, const std::string& what) {
  return {errc::invalid_option, key + ' ' + what, json::object({{"key", key}})};
}

// Reads the members of `modules`, each of which has a type and bounds.
class plan_reader {
public:
  plan_reader(const any_signature& sig, const json& configuration,
              const std::vector<tool>& tools)
    : sig_(sig), tools_(tools) {
    if (auto* x = find_member(configuration, "modules"))
      modules_ = *x;
    if (modules_.is_null())
      modules_ = "Predict";
    if (modules_.is_string())
      modules_ = json::object({{"name", modules_}});
    if (auto* x = find_member(configuration, "tools"))
      named_tools_ = *x;
  }

  result<program_plan> read() {
    if (!modules_.is_object())
      return fail(bad_key("modules", "must be a name or an object, got "
                                       + shorten(dump_json(modules_), 80)));
    for (auto& [key, ignored] : modules_.items())
      if (std::find(module_keys.begin(), module_keys.end(), key)
          == module_keys.end())
        return fail(bad_key("modules." + key,
                            "is unknown to the native adapter; known are name, "
                            "adapter, json_fallback, max_iters, arguments and "
                            "state"));
    auto plan = program_plan{};
    for (auto step :
         {&plan_reader::read_module, &plan_reader::read_adapter,
          &plan_reader::read_counts, &plan_reader::choose_tools,
          &plan_reader::check_fields, &plan_reader::make_predictors})
      if (auto ok = (this->*step)(plan); !ok)
        return fail(std::move(ok.error()));
    return plan;
  }

private:
  using step_result = result<void>;

  const json* find_argument(const char* name) {
    auto* arguments = find_member(modules_, "arguments");
    return arguments != nullptr ? find_member(*arguments, name) : nullptr;
  }

  static step_result read_count(const json* value, const std::string& key,
                                size_t& out) {
    if (value == nullptr)
      return {};
    if (!value->is_number_integer() || *value < 1 || *value > max_rounds)
      return fail(bad_key(key, "must be a whole number from 1 to "
                                 + std::to_string(max_rounds)));
    out = value->get<size_t>();
    return {};
  }

  step_result read_module(program_plan& plan) {
    auto* name = find_member(modules_, "name");
    auto word = name != nullptr ? *name : json("Predict");
    if (word == "BestOfN") {
      auto& best = plan.best.emplace();
      if (auto ok = read_count(find_argument("N"), "modules.arguments.N",
                               best.attempts);
          !ok)
        return ok;
      auto* reward = find_argument("reward");
      if (reward == nullptr || !reward->is_string())
        return fail(bad_key("modules.arguments.reward",
                            "must name a reward that is registered"));
      best.reward = reward->get<std::string>();
      auto* threshold = find_argument("threshold");
      if (threshold == nullptr || !threshold->is_number())
        return fail(bad_key("modules.arguments.threshold", "must be a number"));
      best.threshold = threshold->get<double>();
      best.allowed_failures = best.attempts;
      if (auto ok = read_count(find_argument("fail_count"),
                               "modules.arguments.fail_count",
                               best.allowed_failures);
          !ok)
        return ok;
      auto* inner = find_argument("module");
      word = inner != nullptr ? *inner : json("Predict");
    }
    auto i = std::find_if(module_names.begin(), module_names.end(),
                          [&](auto& x) { return word == x.first; });
    if (i == module_names.end())
      return fail(bad_key(
        "modules",
        "must be Predict, ChainOfThought, MultiChainComparison, ReAct or "
        "BestOfN for the native adapter, got "
          + shorten(dump_json(word), 80)
          + "; python_port runs every other module"));
    plan.kind = i->second;
    return {};
  }

  step_result read_adapter(program_plan&) {
    if (auto* x = find_member(modules_, "adapter")) {
      if (*x != "chat" && *x != "json")
        return fail(bad_key("modules.adapter",
                            "must be chat or json for the native adapter, got "
                              + shorten(dump_json(*x), 80)
                              + "; python_port has others"));
      adapter_ = *x == "chat" ? prompt_adapter::chat
                              : prompt_adapter::json_object;
    }
    if (auto* x = find_member(modules_, "json_fallback")) {
      if (!x->is_boolean())
        return fail(bad_key("modules.json_fallback", "must be true or false"));
      fallback_ = x->get<bool>();
    }
    fallback_ = fallback_ && adapter_ == prompt_adapter::chat;
    return {};
  }

  step_result read_counts(program_plan& plan) {
    if (auto ok = read_count(find_member(modules_, "max_iters"),
                             "modules.max_iters", plan.max_iterations);
        !ok)
      return ok;
    if (auto ok = read_count(find_argument("max_iters"),
                             "modules.arguments.max_iters",
                             plan.max_iterations);
        !ok)
      return ok;
    if (plan.kind != module_kind::multi_chain_comparison)
      return {};
    plan.temperature = 0.7;
    if (auto* x = find_argument("temperature"); x != nullptr && x->is_number())
      plan.temperature = x->get<double>();
    return read_count(find_argument("M"), "modules.arguments.M", plan.chains);
  }

  step_result choose_tools(program_plan& plan) {
    auto is_empty = named_tools_.is_null() || named_tools_.empty();
    if (plan.kind != module_kind::react)
      return is_empty ? step_result{}
                      : fail(bad_key("tools", "are for the module ReAct only"));
    if (is_empty)
      return {};
    for (auto& name : named_tools_) {
      auto i = std::find_if(tools_.begin(), tools_.end(),
                            [&](auto& x) { return name == x.name; });
      if (i == tools_.end())
        return fail(bad_key("tools", "has " + shorten(dump_json(name), 80)
                                       + ", which is not registered with the "
                                         "native adapter; python_port calls "
                                         "Python functions"));
      chosen_.push_back(*i);
      plan.tools.push_back(i->name);
    }
    return {};
  }

  // Refuses outputs that no reply in text can hold, and fields whose names the
  // module takes.
  step_result check_fields(program_plan& plan) {
    for (auto& x : sig_.outputs())
      if (auto* found = unknown_output(x.type))
        return fail(errc::invalid_option,
                    "Field " + x.name + " is " + found
                      + ", which the native adapter cannot read from a reply; "
                        "python_port runs it",
                    json::object({{"field", x.name}}));
    auto taken = std::vector<std::string>{};
    if (plan.kind == module_kind::chain_of_thought)
      taken = {"reasoning"};
    if (plan.kind == module_kind::multi_chain_comparison)
      taken = {"rationale"};
    if (plan.kind == module_kind::react)
      taken = {"reasoning", "trajectory", "next_thought", "next_tool_name",
               "next_tool_args"};
    for (auto s : {side::inputs, side::outputs})
      for (auto& x : sig_.fields(s))
        if (std::find(taken.begin(), taken.end(), x.name) != taken.end())
          return fail(
            bad_key("modules", "adds a field called " + x.name
                                 + ", which the signature has already: use "
                                   "Predict, or rename the field"));
    return {};
  }

  static const char* unknown_output(const field_type& type) {
    if (type.kind == type_kind::image)
      return "an image";
    if (type.kind == type_kind::history)
      return "a history";
    for (auto& x : type.arguments)
      if (auto* found = unknown_output(x))
        return found;
    return nullptr;
  }

  step_result make_predictors(program_plan& plan) {
    auto base = make_prompt_signature(sig_);
    switch (plan.kind) {
      case module_kind::predict:
        return make_predictor(plan.main, base, "self");
      case module_kind::chain_of_thought:
        return make_predictor(plan.main, chain_of_thought(base), "predict");
      case module_kind::multi_chain_comparison: {
        auto is_completions = [](const prompt_field& x) {
          return x.name == completions_field;
        };
        auto i = std::find_if(base.inputs.begin(), base.inputs.end(),
                              is_completions);
        if (i == base.inputs.end())
          return fail(bad_key("modules",
                              "compares the attempts in an input called "
                              "completions, which the signature has not"));
        base.inputs.erase(i);
        if (sig_.instructions().empty())
          base.instructions = default_instructions(base);
        return make_predictor(plan.main, compare_chains(base, plan.chains),
                              "predict");
      }
      case module_kind::react:
        break;
    }
    if (auto ok = make_predictor(plan.main, react_step(base, chosen_), "react");
        !ok)
      return ok;
    return make_predictor(plan.extract.emplace(), react_extract(base),
                          "extract.predict");
  }

  // Makes a predictor as it was saved, or as the module makes it.
  step_result make_predictor(predictor& out, prompt_signature sig,
                             const char* path) {
    auto demos = json::array();
    auto* state = find_member(modules_, "state");
    auto* saved = state != nullptr ? find_member(*state, "predictors")
                                   : nullptr;
    if (saved != nullptr) {
      auto* mine = find_member(*saved, path);
      if (mine == nullptr)
        return fail(bad_key("modules.state",
                            "has no predictor '" + std::string{path} + "'"));
      auto read = read_prompt_signature(*mine);
      if (!read)
        return fail(
          bad_key("modules.state", "is broken: " + read.error().message));
      sig = std::move(*read);
      if (auto* x = find_member(*mine, "demos"))
        demos = *x;
    }
    auto first = prompt::make(sig, adapter_, demos);
    if (!first)
      return fail(
        bad_key("modules.state", "is broken: " + first.error().message));
    out.first = std::move(*first);
    if (!fallback_)
      return {};
    auto second = prompt::make(std::move(sig), prompt_adapter::json_object,
                               demos);
    if (!second)
      return fail(
        bad_key("modules.state", "is broken: " + second.error().message));
    out.second = std::move(*second);
    return {};
  }

  const any_signature& sig_;
  const std::vector<tool>& tools_;
  json modules_;
  json named_tools_;
  std::vector<tool> chosen_;
  prompt_adapter adapter_ = prompt_adapter::chat;
  bool fallback_ = true;
};

std::string first_line(const json& value) {
  auto text = python_str(value);
  auto line = python_strip(text);
  return std::string{python_strip(line.substr(0, line.find('\n')))};
}

} // namespace

result<program_plan> plan_program(const any_signature& sig,
                                  const json& configuration,
                                  const std::vector<tool>& tools) {
  return plan_reader{sig, configuration, tools}.read();
}

result<json> predictor_inputs(const program_plan& plan, const json& inputs) {
  if (plan.kind == module_kind::react) {
    auto result = inputs;
    result["trajectory"] = "";
    return result;
  }
  if (plan.kind != module_kind::multi_chain_comparison)
    return inputs;
  auto& last = plan.main.first.signature().outputs.back().name;
  auto* attempts = find_member(inputs, completions_field);
  auto count = attempts != nullptr && attempts->is_array() ? attempts->size()
                                                           : size_t{0};
  if (count != plan.chains)
    return fail(errc::invalid_input,
                "completions must hold " + std::to_string(plan.chains)
                  + " attempts, got " + std::to_string(count));
  auto result = json::object();
  for (size_t i = 0; i < count; ++i) {
    auto& attempt = attempts->at(i);
    auto* rationale = find_member(attempt, "rationale");
    if (rationale == nullptr)
      rationale = find_member(attempt, "reasoning");
    auto* answer = find_member(attempt, last.c_str());
    if (rationale == nullptr || answer == nullptr)
      return fail(errc::invalid_input, "/completions/" + std::to_string(i)
                                         + " must have reasoning and " + last);
    result["reasoning_attempt_" + std::to_string(i + 1)]
      = "\u00ABI'm trying to " + first_line(*rationale)
        + " I'm not sure but my prediction is " + first_line(*answer)
        + "\u00BB";
  }
  for (auto& [name, value] : inputs.items())
    if (name != completions_field)
      result[name] = value;
  return result;
}

} // namespace dspex
