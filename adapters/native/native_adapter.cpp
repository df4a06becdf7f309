#include "adapters/native/native_adapter.hpp"

#include <exception>
#include <unordered_map>

#include "adapters/native/chat_format.hpp"
#include "adapters/native/chat_parse.hpp"

namespace dspex {

namespace {

// How much of an unreadable reply is kept in the record.
constexpr size_t max_raw_bytes = 16'384;

result<chat_module> read_module(const any_signature& sig,
                                const json& configuration) {
  auto details = json::object({{"key", "modules"}});
  auto i = configuration.find("modules");
  if (i == configuration.end() || i->is_null() || *i == "Predict")
    return chat_module::predict;
  if (*i != "ChainOfThought")
    return fail(errc::invalid_option,
                "modules must be \"Predict\" or \"ChainOfThought\" for the "
                "native adapter, got "
                  + shorten(dump_json(*i), 80)
                  + "; python_port runs every other module",
                std::move(details));
  for (auto s : {side::inputs, side::outputs})
    for (auto& x : sig.fields(s))
      if (x.name == reasoning_field)
        return fail(errc::invalid_option,
                    "ChainOfThought adds an output called reasoning, which "
                    "the signature has already: use \"Predict\", or rename "
                    "the field",
                    std::move(details));
  return chat_module::chain_of_thought;
}

result<void> refuse_tools(const json& configuration) {
  auto i = configuration.find("tools");
  if (i == configuration.end() || i->is_null() || i->empty())
    return {};
  return fail(errc::invalid_option,
              "tools are not for the native adapter; python_port runs modules "
              "that use tools",
              json::object({{"key", "tools"}}));
}

// Returns the name of what this backend cannot say in a prompt, if the type has
// it in it.
const char* find_unknown(const field_type& type) {
  if (type.kind == type_kind::image)
    return "an image";
  if (type.kind == type_kind::history)
    return "a history";
  for (auto& x : type.arguments)
    if (auto* found = find_unknown(x))
      return found;
  return nullptr;
}

result<void> refuse_types(const any_signature& sig) {
  for (auto s : {side::inputs, side::outputs})
    for (auto& x : sig.fields(s))
      if (auto* found = find_unknown(x.type))
        return fail(errc::invalid_option,
                    "Field " + x.name + " is " + found
                      + ", which is not for the native adapter; python_port "
                        "runs it",
                    json::object({{"field", x.name}}));
  return {};
}

// All that does not change from run to run.
struct prepared_program {
  chat_module how = chat_module::predict;
  chat_task task;
  std::string system_message;
  std::shared_ptr<const lm_options> settings;
};

using prepared_ptr = std::shared_ptr<const prepared_program>;

result<prepared_ptr> prepare(const any_signature& sig,
                             const json& configuration,
                             const lm_options& defaults) {
  auto how = read_module(sig, configuration);
  if (!how)
    return fail(std::move(how.error()));
  if (auto ok = refuse_tools(configuration); !ok)
    return fail(std::move(ok.error()));
  if (auto ok = refuse_types(sig); !ok)
    return fail(std::move(ok.error()));
  auto settings = merge_lm_settings(defaults, configuration);
  if (!settings)
    return fail(std::move(settings.error()));
  auto out = std::make_shared<prepared_program>();
  out->how = *how;
  out->task = make_chat_task(sig, *how);
  out->system_message = render_system_message(out->task);
  out->settings = std::make_shared<const lm_options>(std::move(*settings));
  return out;
}

json to_messages(const std::string& system, const std::string& user) {
  auto message = [](const char* role, const std::string& content) {
    return json::object({{"role", role}, {"content", content}});
  };
  return json::array({message("system", system), message("user", user)});
}

backend_reply read_reply(const prepared_program& program, lm_reply reply) {
  auto metadata = json::object();
  metadata["lm"] = std::move(reply.usage);
  if (!reply.text)
    return {fail(std::move(reply.text.error())), std::move(metadata)};
  auto fields = parse_chat_reply(program.task, *reply.text);
  // A key that the reply spells with escapes is there only now.
  auto& key = program.settings->api_key;
  if (!fields) {
    fields.error().message = mask_secret(fields.error().message, key);
    mask_secret(fields.error().details, key);
    metadata["raw"] = shorten(*reply.text, max_raw_bytes);
    if (auto& lm = metadata["lm"];
        lm.contains("finish_reason") && lm["finish_reason"] == "length")
      fields.error().message += " (the model reached max_tokens)";
    return {fail(std::move(fields.error())), std::move(metadata)};
  }
  mask_secret(*fields, key);
  if (program.how == chat_module::chain_of_thought) {
    metadata["reasoning"] = std::move(fields->at(reasoning_field));
    fields->erase(reasoning_field);
  }
  return {std::move(*fields), std::move(metadata)};
}

class native_adapter : public adapter {
public:
  native_adapter(lm_options defaults, lm_client_options options)
    : defaults_(std::move(defaults)), client_(options) {
  }

  result<void> check(const any_signature& sig,
                     const json& configuration) const override {
    auto prepared = prepare(sig, configuration, defaults_);
    if (!prepared)
      return fail(std::move(prepared.error()));
    return {};
  }

  void create_program(std::shared_ptr<const backend_program> program,
                      create_callback done) override {
    auto id = backend_id(*program);
    programs_.erase(id);
    if (auto prepared = find_or_prepare(*program); !prepared)
      done(fail(std::move(prepared.error())));
    else
      done(std::move(id));
  }

  void execute(backend_run run, run_callback done) override {
    auto prepared = find_or_prepare(*run.program);
    if (!prepared) {
      done({fail(std::move(prepared.error())), json::object()});
      return;
    }
    auto& program = **prepared;
    auto user_message = render_user_message(program.task, run.inputs.value());
    client_.send(
      {.key = run.id.value,
       .settings = program.settings,
       .messages = to_messages(program.system_message, user_message),
       .response_format = {},
       .deadline = run.deadline},
      [prepared = *prepared, done = std::move(done)](lm_reply reply) noexcept {
        answer(*prepared, std::move(reply), done);
      });
  }

  void cancel(execution_id id) override {
    client_.cancel(id.value);
  }

  void delete_program(const std::string& backend_program_id) override {
    programs_.erase(backend_program_id);
  }

private:
  static std::string backend_id(const backend_program& program) {
    return "native-" + to_string(program.id) + "-"
           + std::to_string(program.generation);
  }

  static void answer(const prepared_program& program, lm_reply reply,
                     const run_callback& done) {
    auto result = [&]() -> backend_reply {
      try {
        return read_reply(program, std::move(reply));
      } catch (const std::exception& e) {
        return {fail(errc::internal, std::string{"cannot read the model's "
                                                 "reply: "}
                                       + e.what()),
                json::object()};
      }
    }();
    done(std::move(result));
  }

  result<prepared_ptr> find_or_prepare(const backend_program& program) {
    auto id = backend_id(program);
    if (auto i = programs_.find(id); i != programs_.end())
      return i->second;
    auto prepared = prepare(program.signature, program.configuration,
                            defaults_);
    if (prepared)
      programs_.emplace(std::move(id), *prepared);
    return prepared;
  }

  lm_options defaults_;
  std::unordered_map<std::string, prepared_ptr> programs_;
  // Last: its thread ends before the rest goes.
  lm_client client_;
};

} // namespace

adapter_factory native_adapter_factory(lm_options defaults,
                                       lm_client_options options) {
  return [defaults = std::move(defaults), options](adapter_host&) {
    return std::make_unique<native_adapter>(defaults, options);
  };
}

} // namespace dspex
