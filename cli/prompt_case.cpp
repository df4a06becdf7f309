#include "cli/prompt_case.hpp"

#include <string>

#include "adapters/native/chat/module_signature.hpp"
#include "adapters/native/chat/parse_value.hpp"
#include "adapters/native/chat/reply_parse.hpp"
#include "adapters/native/python/json_member.hpp"

namespace dspex::cli {

namespace {

error wrong_case(const std::string& what) {
  return {errc::invalid_option, what};
}

std::string word(const json& value, const char* name, const char* otherwise) {
  auto* found = find_member(value, name);
  return found != nullptr && found->is_string() ? found->get<std::string>()
                                                : otherwise;
}

result<prompt_adapter> adapter_of(const json& the_case) {
  auto name = word(the_case, "adapter", "ChatAdapter");
  if (name == "ChatAdapter")
    return prompt_adapter::chat;
  if (name == "JSONAdapter")
    return prompt_adapter::json_object;
  return fail(
    wrong_case("adapter must be ChatAdapter or JSONAdapter, got " + name));
}

result<prompt_signature> base_signature(const json& the_case) {
  auto* sig = find_member(the_case, "signature");
  if (sig == nullptr)
    return fail(wrong_case("the case has no signature"));
  if (!sig->is_string())
    return read_prompt_signature(*sig);
  auto parsed = any_signature::parse(sig->get_ref<const std::string&>(),
                                     word(the_case, "instructions", ""));
  if (!parsed)
    return fail(std::move(parsed.error()));
  return make_prompt_signature(*parsed);
}

std::vector<tool> tools_of(const json& the_case) {
  auto result = std::vector<tool>{};
  auto* tools = find_member(the_case, "tools");
  if (tools == nullptr || !tools->is_array())
    return result;
  for (auto& x : *tools) {
    if (!x.is_object())
      continue;
    auto& made = result.emplace_back();
    made.name = word(x, "name", "");
    made.description = word(x, "description", "");
    if (auto* arguments = find_member(x, "arguments"))
      made.arguments = *arguments;
  }
  return result;
}

result<prompt_signature> signature_of(const json& the_case) {
  auto sig = base_signature(the_case);
  if (!sig)
    return sig;
  auto module = word(the_case, "module", "Predict");
  if (module == "Predict")
    return sig;
  if (module == "ChainOfThought")
    return chain_of_thought(std::move(*sig));
  if (module == "MultiChainComparison") {
    auto* attempts = find_member(the_case, "attempts");
    auto count = attempts != nullptr && attempts->is_number_unsigned()
                   ? attempts->get<size_t>()
                   : 3;
    return compare_chains(std::move(*sig), std::min(count, size_t{100}));
  }
  if (module == "ReAct")
    return word(the_case, "predictor", "react") == "react"
             ? react_step(std::move(*sig), tools_of(the_case))
             : react_extract(std::move(*sig));
  return fail(wrong_case("unknown module " + module));
}

json answer(const json& the_case) {
  auto result = json::object();
  auto* id = find_member(the_case, "id");
  result["id"] = id != nullptr ? *id : json();
  return result;
}

json refuse(const json& the_case, const error& err) {
  auto result = answer(the_case);
  result["error"]
    = json::object({{"code", to_string(err.code)}, {"message", err.message}});
  if (auto i = err.details.find("field");
      err.details.is_object() && i != err.details.end())
    result["error"]["field"] = *i;
  return result;
}

result<json> render(const json& the_case) {
  auto sig = signature_of(the_case);
  if (!sig)
    return fail(std::move(sig.error()));
  auto adapter = adapter_of(the_case);
  if (!adapter)
    return fail(std::move(adapter.error()));
  auto* demos = find_member(the_case, "demos");
  auto made = prompt::make(std::move(*sig), *adapter,
                           demos != nullptr ? *demos : json::array());
  if (!made)
    return fail(std::move(made.error()));
  auto* inputs = find_member(the_case, "inputs");
  if (inputs != nullptr && !inputs->is_object())
    return fail(wrong_case("inputs must be an object"));
  return made->messages(inputs != nullptr ? *inputs : json::object());
}

// Says what DSPy's `AdapterParseError` would say.
std::string parse_error_text(const json& the_case, const prompt_signature& sig,
                             const error& err) {
  auto names = [](const json& xs) {
    auto result = std::string{};
    for (auto& x : xs)
      result += (result.empty() ? "" : ", ") + x.get<std::string>();
    return result;
  };
  auto expected = json::array();
  for (auto& x : sig.outputs)
    expected.push_back(x.name);
  auto found = err.details.find("found");
  auto lacks_fields = found != err.details.end() && found->is_array();
  auto result = std::string{};
  if (found != err.details.end() && found->is_null())
    result = "LM response cannot be serialized to a JSON object.\n\n";
  else if (!lacks_fields)
    result = err.message + "\n\n";
  result += "Adapter " + word(the_case, "adapter", "ChatAdapter")
            + " failed to parse the LM response. \n\nLM Response: "
            + word(the_case, "lm_text", "")
            + " \n\nExpected to find output fields in the LM response: ["
            + names(expected) + "] \n\n";
  if (lacks_fields)
    result += "Actual output fields parsed from the LM response: ["
              + names(*found) + "] \n\n";
  return result;
}

json parse_rows(const json& the_case) {
  auto annotation = read_annotation(word(the_case, "annotation", ""), json());
  if (!annotation)
    return refuse(the_case, annotation.error());
  auto result = answer(the_case);
  result["rows"] = json::array();
  auto* rows = find_member(the_case, "rows");
  if (rows == nullptr || !rows->is_array())
    return result;
  for (auto& row : *rows) {
    auto value = row.is_object() ? row.find("value") : row.end();
    auto parsed = row.is_object() && value != row.end()
                    ? parse_json_value(*value, *annotation)
                    : std::nullopt;
    auto& printed = result["rows"].emplace_back(json::object());
    if (parsed)
      printed["value"] = std::move(*parsed);
    else
      printed["error"]
        = json::object({{"code", to_string(errc::invalid_output)},
                        {"message", "no " + word(the_case, "annotation", "")}});
  }
  return result;
}

} // namespace

json render_case(const json& the_case) {
  if (!the_case.is_object())
    return refuse(json::object(), wrong_case("a case must be an object"));
  auto messages = render(the_case);
  if (!messages)
    return refuse(the_case, messages.error());
  auto result = answer(the_case);
  result["messages"] = std::move(*messages);
  return result;
}

json parse_case(const json& the_case) {
  if (!the_case.is_object())
    return refuse(json::object(), wrong_case("a case must be an object"));
  if (word(the_case, "target", "") == "parse_value")
    return parse_rows(the_case);
  auto sig = signature_of(the_case);
  if (!sig)
    return refuse(the_case, sig.error());
  auto adapter = adapter_of(the_case);
  if (!adapter)
    return refuse(the_case, adapter.error());
  auto fields = parse_reply(*sig, *adapter, word(the_case, "lm_text", ""));
  if (!fields) {
    auto& err = fields.error();
    err.message = parse_error_text(the_case, *sig, err);
    return refuse(the_case, err);
  }
  auto result = answer(the_case);
  result["fields"] = std::move(*fields);
  return result;
}

} // namespace dspex::cli
