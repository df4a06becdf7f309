#include "adapters/native/program/import.hpp"

#include <algorithm>
#include <array>
#include <optional>

#include "adapters/native/program/dspex_type.hpp"
#include "adapters/native/program/plan.hpp"
#include "adapters/native/program/saved_signature.hpp"
#include "adapters/native/python/json_member.hpp"
#include "adapters/native/python/text.hpp"
#include "core/text.hpp"

namespace dspex {

namespace {

// An import keeps these settings of the model that a program was saved with:
// no key, no address.
constexpr auto lm_keys = std::array<const char*, 6>{
  "model", "temperature", "max_tokens", "top_p", "stop", "seed"};

constexpr auto known_modules = std::array<std::string_view, 4>{
  "Predict", "ChainOfThought", "MultiChainComparison", "ReAct"};

error broken(const std::string& pointer, const std::string& what) {
  return {errc::invalid_option,
          "The saved program is wrong at " + pointer + ": " + what,
          json::object({{"pointer", pointer}})};
}

bool is_predictor(const json& value) {
  return find_member(value, "signature") != nullptr && value.contains("demos");
}

// The predictors by the names that plans know: `self` for a bare Predict. The
// module in a BestOfN counts as the module.
json collect_predictors(const json& saved) {
  auto result = json::object();
  if (is_predictor(saved)) {
    result["self"] = saved;
    return result;
  }
  for (auto& [path, value] : saved.items()) {
    constexpr auto prefix = std::string_view{"module."};
    if (!is_predictor(value))
      continue;
    if (path == "module")
      result["self"] = value;
    else
      result[path.starts_with(prefix) ? path.substr(prefix.size()) : path]
        = value;
  }
  return result;
}

class importer {
public:
  importer(const json& saved, const import_options& options)
    : saved_(saved), options_(options) {
  }

  result<imported_program> run() {
    for (auto step : {&importer::check, &importer::bind_signature,
                      &importer::choose_module, &importer::bind_predictors,
                      &importer::take_lm, &importer::compare_probes})
      if (auto ok = (this->*step)(); !ok)
        return fail(std::move(ok.error()));
    return std::move(out_);
  }

private:
  using step_result = result<void>;

  step_result check() {
    if (!saved_.is_object())
      return fail(broken("/", "expected an object"));
    auto* metadata = find_member(saved_, "metadata");
    auto* versions = metadata != nullptr
                       ? find_member(*metadata, "dependency_versions")
                       : nullptr;
    if (versions == nullptr)
      return fail(broken("/metadata", "expected the versions that "
                                      "`program.save(\"x.json\")` writes"));
    if (auto* x = find_member(*versions, "dspy");
        x != nullptr && x->is_string()) {
      saved_by_ = "dspy " + shorten(x->get_ref<const std::string&>(), 40);
      if (saved_by_ != prompt_profile)
        out_.notes.push_back("saved by " + saved_by_ + ", run with the prompts "
                             + "of " + prompt_profile);
    }
    if (!options_.manifest.is_null() && !options_.manifest.is_object())
      return fail(errc::invalid_option, "The manifest is no object");
    predictors_ = collect_predictors(saved_);
    if (predictors_.empty())
      return fail(broken("/", "there is no predictor"));
    return {};
  }

  const json* manifest(const char* name) const {
    return find_member(options_.manifest, name);
  }

  step_result bind_signature() {
    if (auto* sig = manifest("signature")) {
      auto bound = signature_of_manifest(*sig);
      if (!bound)
        return fail(std::move(bound.error()));
      out_.signature = std::move(*bound);
      return {};
    }
    if (options_.signature.empty())
      return fail(errc::invalid_option,
                  "A saved program does not say what its fields are: give its "
                  "manifest or its signature");
    auto parsed = any_signature::parse(options_.signature);
    if (!parsed)
      return fail(std::move(parsed.error()));
    out_.signature = std::move(*parsed);
    return {};
  }

  step_result choose_module() {
    modules_ = json::object();
    auto name = std::string{};
    if (auto* x = manifest("module"); x != nullptr && x->is_string())
      name = x->get<std::string>();
    else if (predictors_.contains("self"))
      name = "Predict";
    else if (predictors_.contains("react"))
      name = "ReAct";
    else if (predictors_.contains("predict"))
      name = "ChainOfThought";
    if (std::find(known_modules.begin(), known_modules.end(), name)
        == known_modules.end())
      return fail(errc::invalid_option,
                  "The native adapter does not run "
                    + (name.empty() ? "a program with the predictors "
                                        + shorten(names_of(predictors_), 200)
                                    : shorten(name, 80))
                    + "; python_port runs it",
                  json::object({{"key", "modules"}}));
    if (name == "ReAct" && manifest("tools") == nullptr)
      return fail(errc::invalid_option,
                  "A saved ReAct does not name its tools: give its manifest");
    modules_["name"] = name;
    if (auto* x = manifest("adapter"))
      modules_["adapter"] = *x;
    if (auto* x = manifest("arguments"))
      modules_["arguments"] = *x;
    auto& state = modules_["state"] = json::object();
    state["prompt_profile"] = prompt_profile;
    if (!saved_by_.empty())
      state["saved_by"] = saved_by_;
    if (auto* tools = manifest("tools"); tools != nullptr && !tools->empty())
      state["tools"] = *tools;
    out_.configuration["modules"] = modules_;
    auto tools = described_tools(out_.configuration);
    if (!tools.empty()) {
      auto& names = out_.configuration["tools"] = json::array();
      for (auto& x : tools)
        names.push_back(x.name);
    }
    return {};
  }

  // What the module makes of the signature, with what was saved put into it.
  step_result bind_predictors() {
    auto bare = out_.configuration;
    bare["modules"].erase("state");
    auto plan = plan_program(out_.signature, bare,
                             described_tools(out_.configuration));
    if (!plan)
      return fail(std::move(plan.error()));
    auto is_self = plan->kind == module_kind::predict;
    auto is_react = plan->kind == module_kind::react;
    auto path = is_self ? "self" : is_react ? "react" : "predict";
    if (auto ok = bind(path, plan->main.first.signature()); !ok)
      return ok;
    if (is_react)
      if (auto ok = bind("extract.predict", plan->extract->first.signature());
          !ok)
        return ok;
    modules_["state"]["predictors"] = std::move(bound_);
    out_.configuration["modules"] = std::move(modules_);
    return {};
  }

  step_result bind(const std::string& path, const prompt_signature& derived) {
    auto* mine = find_member(predictors_, path.c_str());
    auto pointer = path == "self" ? std::string{} : '/' + path;
    if (mine == nullptr)
      return fail(broken(pointer, "there is no such predictor"));
    auto* described = manifest("predictors");
    auto* fields = described != nullptr ? find_member(*described, path.c_str())
                                        : nullptr;
    auto sig = fields != nullptr ? result<json>{*fields}
                                 : describe_signature(derived);
    if (!sig)
      return fail(std::move(sig.error()));
    if (auto ok = put_saved_signature(*sig, mine->at("signature"),
                                      pointer + "/signature");
        !ok)
      return ok;
    auto& demos = mine->at("demos");
    auto is_object = [](const json& x) { return x.is_object(); };
    if (!demos.is_array()
        || !std::all_of(demos.begin(), demos.end(), is_object))
      return fail(broken(pointer + "/demos", "expected a list of objects"));
    (*sig)["demos"] = demos;
    bound_[path] = std::move(*sig);
    return {};
  }

  step_result take_lm() {
    for (auto& [path, value] : predictors_.items()) {
      auto* lm = find_member(value, "lm");
      if (lm == nullptr || !lm->is_object())
        continue;
      auto kept = json::object();
      for (auto name : lm_keys)
        if (auto* x = find_member(*lm, name))
          kept[name] = *x;
      if (kept.contains("stop") && kept["stop"].is_string())
        kept["stop"] = json::array({kept["stop"]});
      out_.configuration["lm"] = std::move(kept);
      return {};
    }
    return {};
  }

  step_result compare_probes() {
    auto plan = plan_program(out_.signature, out_.configuration,
                             described_tools(out_.configuration));
    if (!plan)
      return fail(std::move(plan.error()));
    auto* probes = manifest("probes");
    if (probes == nullptr || !probes->is_array())
      return {};
    for (auto& probe : *probes) {
      auto* path = find_member(probe, "predictor");
      auto* inputs = find_member(probe, "inputs");
      auto* messages = find_member(probe, "messages");
      if (path == nullptr || inputs == nullptr || messages == nullptr
          || !inputs->is_object() || !messages->is_array())
        return fail(errc::invalid_option,
                    "A probe of the manifest has no predictor, inputs and "
                    "messages");
      auto& asked = *path == "extract.predict" && plan->extract
                      ? plan->extract->first
                      : plan->main.first;
      auto mine = asked.messages(*inputs);
      if (!mine)
        return fail(std::move(mine.error()));
      if (auto differs = compare(*path, *mine, *messages))
        return fail(std::move(*differs));
    }
    return {};
  }

  static std::optional<error> compare(const json& path, const json& mine,
                                      const json& theirs) {
    for (size_t i = 0; i < std::max(mine.size(), theirs.size()); ++i) {
      auto text = [i](const json& messages) {
        return i < messages.size() ? dump_json(messages[i]) : std::string{};
      };
      auto x = text(mine);
      auto y = text(theirs);
      if (x == y)
        continue;
      auto at = static_cast<size_t>(
        std::mismatch(x.begin(), x.end(), y.begin(), y.end()).first
        - x.begin());
      auto start = at < 20 ? 0 : at - 20;
      return error{
        errc::conflict,
        "The prompt of predictor " + shorten(dump_json(path), 80)
          + " differs from DSPy's in message " + std::to_string(i + 1) + ": "
          + shorten(std::string_view{x}.substr(start), 80) + " is there for "
          + shorten(std::string_view{y}.substr(start), 80),
        json::object({{"predictor", path}, {"message", i}, {"offset", at}})};
    }
    return std::nullopt;
  }

  static std::string names_of(const json& object) {
    auto result = std::string{};
    for (auto& [name, ignored] : object.items())
      result += (result.empty() ? "" : ", ") + name;
    return result;
  }

  const json& saved_;
  const import_options& options_;
  imported_program out_;
  json predictors_;
  json modules_;
  json bound_ = json::object();
  std::string saved_by_;
};

} // namespace

result<imported_program> import_program(const json& saved,
                                        const import_options& options) {
  return importer{saved, options}.run();
}

bool is_pickle(std::string_view path, std::string_view start) {
  return path.ends_with(".pkl") || path.ends_with(".pickle")
         || start.starts_with("\x80");
}

std::vector<tool> described_tools(const json& configuration) {
  auto result = std::vector<tool>{};
  auto* modules = find_member(configuration, "modules");
  auto* state = modules != nullptr ? find_member(*modules, "state") : nullptr;
  auto* tools = state != nullptr ? find_member(*state, "tools") : nullptr;
  if (tools == nullptr || !tools->is_array())
    return result;
  for (auto& x : *tools) {
    auto* name = find_member(x, "name");
    if (name == nullptr || !name->is_string() || *name == "finish")
      continue;
    auto& made = result.emplace_back();
    made.name = name->get<std::string>();
    if (auto* text = find_member(x, "description");
        text != nullptr && text->is_string())
      made.description = text->get<std::string>();
    if (auto* arguments = find_member(x, "arguments");
        arguments != nullptr && arguments->is_object())
      made.arguments = *arguments;
  }
  return result;
}

} // namespace dspex
