#include "adapters/native/run/module_run.hpp"

#include <algorithm>
#include <exception>
#include <utility>

#include "adapters/native/chat/module_signature.hpp"
#include "adapters/native/chat/reply_parse.hpp"
#include "adapters/native/python/text.hpp"
#include "adapters/native/python/values.hpp"
#include "core/secrets.hpp"
#include "core/text.hpp"

namespace dspex {

namespace {

// The settings of an attempt that is to differ from the others: neither the
// model nor the cache may give each the same answer.
std::shared_ptr<const lm_options> of_attempt(const lm_options& settings,
                                             size_t attempt) {
  auto result = settings;
  result.temperature = 1.0;
  result.rollout_id = settings.rollout_id.value_or(0)
                      + static_cast<int64_t>(attempt);
  return std::make_shared<const lm_options>(std::move(result));
}

// How much of an unreadable reply is kept in the record.
constexpr size_t max_raw_bytes = 16'384;

// How often a trajectory that is too long for the model is shortened.
constexpr size_t max_shortenings = 3;

// Thought, tool, arguments, observation.
constexpr size_t keys_per_step = 4;

bool is_too_long(const error& err) {
  auto has = [&](std::string_view text) {
    return err.message.find(text) != std::string::npos;
  };
  return err.code == errc::backend_failed
         && (has("context_length_exceeded") || has("context length")
             || has("context window"));
}

// What the model sees of the steps so far.
std::string trajectory_text(const json& trajectory) {
  auto fields = std::vector<prompt_field>{};
  for (auto& [name, value] : trajectory.items())
    fields.push_back(text_field(name));
  auto text = format_inputs(fields, trajectory);
  return text ? std::string{python_strip(*text)} : std::string{};
}

// A list for a text field may hold texts only; any other is printed as JSON.
json as_observation(json value) {
  auto fields = std::vector<prompt_field>{text_field("x")};
  auto values = json::object({{"x", value}});
  if (value.is_array() && !format_inputs(fields, values))
    return python_json(value);
  return value;
}

} // namespace

module_run::module_run(module_services services,
                       std::shared_ptr<const prepared_program> program,
                       backend_run run, adapter::run_callback done)
  : services_(services),
    program_(std::move(program)),
    run_(std::move(run)),
    done_(std::move(done)) {
}

void module_run::start() {
  if (program_->plan.best)
    return next_attempt();
  attempt([self = shared_from_this()](result<json> outputs) {
    self->finish(std::move(outputs));
  });
}

void module_run::cancel() {
  cancelled_ = true;
}

bool module_run::is_over() const {
  return cancelled_;
}

void module_run::finish(result<json> outputs) {
  if (cancelled_.exchange(true))
    return;
  metadata_["lm"] = std::move(usage_);
  done_({std::move(outputs), std::move(metadata_)});
}

// -- asking -------------------------------------------------------------------

void module_run::begin_stream(const prompt& asked, lm_request& request) {
  has_told_ = has_told_ || (stream_ && stream_->has_told());
  stream_ = nullptr;
  if (!tells_)
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

void module_run::send(const prompt& asked, const json& inputs,
                      std::function<void(result<std::string>)> then) {
  auto messages = asked.messages(inputs);
  if (!messages)
    return then(fail(std::move(messages.error())));
  auto request = lm_request{};
  request.key = run_.id.value;
  request.settings = program_->plan.best
                       ? of_attempt(*program_->settings, attempts_)
                       : program_->settings;
  request.messages = std::move(*messages);
  if (asked.adapter() == prompt_adapter::json_object)
    request.response_format = json::object({{"type", "json_object"}});
  request.deadline = run_.deadline;
  begin_stream(asked, request);
  services_.model.send(
    request, [self = shared_from_this(),
              then = std::move(then)](lm_reply reply) noexcept {
      if (self->is_over())
        return;
      try {
        self->count(reply.usage);
        then(std::move(reply.text));
      } catch (const std::exception& e) {
        self->finish(
          fail(errc::internal, std::string{"cannot go on after the model's "
                                           "reply: "}
                                 + e.what()));
      }
    });
}

void module_run::ask(const predictor& from, json inputs, fields_callback then) {
  auto& plan = program_->plan;
  tells_ = run_.on_chunk && !plan.best
           && (plan.kind != module_kind::react || &from == &*plan.extract);
  auto again = [self = shared_from_this(), &from, inputs,
                then](result<std::string> text) {
    auto fields = self->read(from.first, text);
    // A model that could not be asked will not answer a second question.
    if (fields || !text || !from.second)
      return then(std::move(fields));
    self->metadata_["json_fallback"] = true;
    self->send(*from.second, inputs,
               [self, &from, then](result<std::string> second) {
                 then(self->read(*from.second, second));
               });
  };
  send(from.first, inputs, std::move(again));
}

result<json> module_run::read(const prompt& asked,
                              const result<std::string>& text) {
  if (!text)
    return fail(text.error());
  auto is_empty = text->empty();
  auto fields
    = is_empty
        ? result<json>{fail(errc::invalid_output, "The model's reply is empty")}
        : parse_reply(asked.signature(), asked.adapter(), *text);
  // A key that the reply spells with escapes is there only now.
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

// Adds up what the requests of a run cost.
void module_run::count(const json& usage) {
  auto requests = usage_.contains("requests") ? usage_["requests"].get<int>()
                  : usage_.empty()            ? 0
                                              : 1;
  usage_.erase("finish_reason");
  for (auto& [name, value] : usage.items()) {
    auto i = usage_.find(name);
    // A moment, no amount: the first request's stands.
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

// -- modules ------------------------------------------------------------------

// Runs the module once: the outputs of the signature, or why there are none.
void module_run::attempt(fields_callback then) {
  auto& plan = program_->plan;
  if (plan.kind == module_kind::react) {
    trajectory_ = json::object();
    iteration_ = 0;
    return step(std::move(then));
  }
  auto inputs = predictor_inputs(plan, run_.inputs.value());
  if (!inputs)
    return then(fail(std::move(inputs.error())));
  ask(plan.main, std::move(*inputs),
      [self = shared_from_this(), then](result<json> fields) {
        auto kind = self->program_->plan.kind;
        auto* added = kind == module_kind::chain_of_thought ? reasoning_field
                      : kind == module_kind::multi_chain_comparison
                        ? "rationale"
                        : nullptr;
        if (fields && added != nullptr) {
          self->metadata_[added] = std::move(fields->at(added));
          fields->erase(added);
        }
        then(std::move(fields));
      });
}

void module_run::next_attempt() {
  metadata_ = json::object();
  ++attempts_;
  attempt([self = shared_from_this()](result<json> outputs) {
    if (!outputs)
      return self->judge(std::move(outputs));
    self->services_.pool.run([self, outputs = std::move(*outputs)] {
      if (!self->is_over())
        self->judge(outputs);
    });
  });
}

void module_run::judge(result<json> outputs) {
  auto& best = *program_->plan.best;
  auto is_good = false;
  if (outputs) {
    try {
      auto reward = program_->reward(run_.inputs.value(), *outputs);
      if (!best_reward_ || reward > *best_reward_) {
        best_reward_ = reward;
        best_outputs_ = std::move(*outputs);
        best_metadata_ = metadata_;
      }
      is_good = reward >= best.threshold;
    } catch (const std::exception& e) {
      outputs = fail(errc::backend_failed,
                     "The reward " + best.reward + " failed: " + e.what());
    }
  }
  if (!outputs && ++failures_ > best.allowed_failures)
    return finish(std::move(outputs));
  if (!is_good && attempts_ < best.attempts)
    return next_attempt();
  if (!best_reward_)
    return finish(std::move(outputs));
  metadata_ = std::move(best_metadata_);
  metadata_["attempts"] = attempts_;
  metadata_["reward"] = *best_reward_;
  finish(std::move(best_outputs_));
}

// -- ReAct --------------------------------------------------------------------

void module_run::ask_with_trajectory(const predictor& from, size_t tries,
                                     fields_callback then) {
  auto inputs = run_.inputs.value();
  inputs["trajectory"] = trajectory_text(trajectory_);
  ask(from, std::move(inputs),
      [self = shared_from_this(), &from, tries, then](result<json> fields) {
        auto is_long = !fields && is_too_long(fields.error());
        if (!is_long || tries + 1 >= max_shortenings
            || self->trajectory_.size() <= keys_per_step)
          return then(std::move(fields));
        for (size_t i = 0; i < keys_per_step; ++i)
          self->trajectory_.erase(self->trajectory_.begin());
        self->ask_with_trajectory(from, tries + 1, then);
      });
}

void module_run::step(fields_callback then) {
  if (iteration_ >= program_->plan.max_iterations)
    return extract(std::move(then));
  ask_with_trajectory(program_->plan.main, 0,
                      [self = shared_from_this(), then](result<json> fields) {
                        if (fields)
                          return self->observe(std::move(*fields), then);
                        // DSPy goes on to the answer if the model chose no tool
                        // that exists, or the conversation is too long; an
                        // unreadable reply ends the run.
                        auto& err = fields.error();
                        auto& main = self->program_->plan.main;
                        auto was_json = main.second
                                        || main.first.adapter()
                                             == prompt_adapter::json_object;
                        auto chose_wrongly = was_json
                                             && err.code == errc::invalid_output
                                             && err.details.is_object()
                                             && err.details.contains("field");
                        if (chose_wrongly || is_too_long(err))
                          return self->extract(then);
                        then(std::move(fields));
                      });
}

void module_run::observe(json fields, fields_callback then) {
  auto number = std::to_string(iteration_++);
  auto name = fields["next_tool_name"].get<std::string>();
  auto arguments = fields["next_tool_args"];
  trajectory_["thought_" + number] = std::move(fields["next_thought"]);
  trajectory_["tool_name_" + number] = name;
  trajectory_["tool_args_" + number] = arguments;
  call(name, arguments,
       [self = shared_from_this(), then, number, name](json observation) {
         self->trajectory_["observation_" + number]
           = as_observation(std::move(observation));
         if (name == "finish")
           self->extract(then);
         else
           self->step(then);
       });
}

void module_run::call(const std::string& name, const json& arguments,
                      std::function<void(json)> then) {
  auto failure = [name](const std::string& why) {
    return json("Execution error in " + name + ": " + why);
  };
  if (name == "finish")
    return then(arguments.empty() ? json("Completed.")
                                  : failure("it takes no arguments"));
  auto i = std::find_if(program_->tools.begin(), program_->tools.end(),
                        [&](auto& x) { return x.name == name; });
  if (i == program_->tools.end())
    return then(failure("there is no such tool"));
  auto prepared = prepare_arguments(*i, arguments);
  if (!prepared)
    return then(failure(prepared.error().message));
  // Whoever is first goes on: the tool or its timeout.
  auto answered = std::make_shared<std::atomic<bool>>(false);
  auto go_on = [self = shared_from_this(), answered,
                then = std::move(then)](json observation) {
    if (!answered->exchange(true) && !self->is_over())
      then(std::move(observation));
  };
  services_.host.after(i->timeout, [go_on, failure, limit = i->timeout] {
    go_on(failure("no answer within " + std::to_string(limit.count()) + " ms"));
  });
  services_.pool.run([self = shared_from_this(), i, failure, go_on,
                      arguments = std::move(*prepared)] {
    if (self->is_over())
      return;
    auto value = call_tool(*i, arguments);
    go_on(value ? std::move(*value) : failure(value.error().message));
  });
}

void module_run::extract(fields_callback then) {
  ask_with_trajectory(*program_->plan.extract, 0,
                      [self = shared_from_this(), then](result<json> fields) {
                        self->metadata_["trajectory"] = self->trajectory_;
                        if (fields) {
                          self->metadata_["reasoning"]
                            = std::move(fields->at(reasoning_field));
                          fields->erase(reasoning_field);
                        }
                        then(std::move(fields));
                      });
}

} // namespace dspex
