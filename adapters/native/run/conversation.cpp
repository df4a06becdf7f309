#include "adapters/native/run/conversation.hpp"

#include <exception>
#include <utility>

#include "adapters/native/chat/reply_parse.hpp"
#include "core/secrets.hpp"
#include "core/text.hpp"

namespace dspex {

namespace {

// How much of an unreadable reply is kept in the record.
constexpr size_t max_raw_bytes = 16'384;

} // namespace

conversation::conversation(run_services services,
                           std::shared_ptr<const prepared_program> program,
                           backend_run run, adapter::run_callback done)
  : services_(services),
    program_(std::move(program)),
    settings_(program_->settings),
    run_(std::move(run)),
    done_(std::move(done)) {
}

// -- properties ---------------------------------------------------------------

bool conversation::is_over() const {
  return is_over_;
}

// -- steps --------------------------------------------------------------------

void conversation::ask(const predictor& from, json inputs, audience who,
                       fields_callback then) {
  auto again = [self = shared_from_this(), &from, inputs, who,
                then](result<std::string> text) {
    auto fields = self->read(from.first, text);
    // A model that could not be asked will not answer a second question.
    if (fields || !text || !from.second)
      return then(std::move(fields));
    self->metadata_["json_fallback"] = true;
    self->send(*from.second, inputs, who,
               [self, &from, then](result<std::string> second) {
                 then(self->read(*from.second, second));
               });
  };
  send(from.first, inputs, who, std::move(again));
}

void conversation::begin_attempt(size_t number) {
  metadata_ = json::object();
  auto settings = *program_->settings;
  settings.temperature = 1.0;
  settings.rollout_id = settings.rollout_id.value_or(0)
                        + static_cast<int64_t>(number);
  settings_ = std::make_shared<const lm_options>(std::move(settings));
}

void conversation::finish(result<json> outputs) {
  if (is_over_.exchange(true))
    return;
  metadata_["lm"] = std::move(usage_);
  done_({std::move(outputs), std::move(metadata_)});
}

void conversation::cancel() {
  is_over_ = true;
}

// -- one question -------------------------------------------------------------

// Lets the caller read the reply while it comes in, if the caller wants that.
void conversation::begin_stream(const prompt& asked, audience who,
                                lm_request& request) {
  has_told_ = has_told_ || (stream_ && stream_->has_told());
  stream_ = nullptr;
  if (!run_.on_chunk || who != audience::caller)
    return;
  stream_ = std::make_shared<output_stream>(asked, request.settings->api_key,
                                            run_.on_chunk,
                                            has_told_ || run_.attempt > 1);
  request.on_text = [self = shared_from_this(),
                     stream = stream_](std::string_view text) {
    if (!self->is_over())
      stream->read(text);
  };
}

void conversation::send(const prompt& asked, const json& inputs, audience who,
                        std::function<void(result<std::string>)> then) {
  auto messages = asked.messages(inputs);
  if (!messages)
    return then(fail(std::move(messages.error())));
  auto request = lm_request{};
  request.key = run_.id.value;
  request.settings = settings_;
  request.messages = std::move(*messages);
  if (asked.adapter() == prompt_adapter::json_object)
    request.response_format = json::object({{"type", "json_object"}});
  request.deadline = run_.deadline;
  begin_stream(asked, who, request);
  services_.model.send(
    request, [self = shared_from_this(),
              then = std::move(then)](lm_reply reply) noexcept {
      if (self->is_over())
        return;
      try {
        self->add_usage(reply.usage);
        then(std::move(reply.text));
      } catch (const std::exception& e) {
        self->finish(
          fail(errc::internal, std::string{"cannot go on after the model's "
                                           "reply: "}
                                 + e.what()));
      }
    });
}

result<json> conversation::read(const prompt& asked,
                                const result<std::string>& text) {
  if (!text)
    return fail(text.error());
  auto is_empty = text->empty();
  auto fields
    = is_empty
        ? result<json>{fail(errc::invalid_output, "The model's reply is empty")}
        : parse_reply(asked.signature(), asked.adapter(), *text);
  // A key that the reply spells with escapes shows only after parsing.
  auto& key = program_->settings->api_key;
  if (fields) {
    mask_secret(*fields, key);
    metadata_.erase("raw");
    if (stream_)
      stream_->finish(*text, *fields);
    return fields;
  }
  fields.error().message = mask_secret(fields.error().message, key);
  mask_secret(fields.error().details, key);
  metadata_["raw"] = shorten(*text, max_raw_bytes);
  if (usage_.contains("finish_reason") && usage_["finish_reason"] == "length")
    fields.error().message += " (the model reached max_tokens)";
  return fields;
}

// Adds up what the requests of the run cost.
void conversation::add_usage(const json& usage) {
  auto requests = usage_.contains("requests") ? usage_["requests"].get<int>()
                  : usage_.empty()            ? 0
                                              : 1;
  usage_.erase("finish_reason");
  for (auto& [name, value] : usage.items()) {
    auto i = usage_.find(name);
    // This member is a moment, not an amount: the first request's stands.
    if (i != usage_.end() && name == "first_token_ms")
      continue;
    if (i != usage_.end() && value.is_number_integer()
        && i->is_number_integer())
      *i = i->get<int64_t>() + value.get<int64_t>();
    else
      usage_[name] = value;
  }
  if (requests > 0)
    usage_["requests"] = requests + 1;
}

} // namespace dspex
