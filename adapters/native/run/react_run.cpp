#include "adapters/native/run/react_run.hpp"

#include <algorithm>
#include <atomic>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "adapters/native/chat/module_signature.hpp"
#include "adapters/native/python/text.hpp"
#include "adapters/native/python/values.hpp"

namespace dspex {

namespace {

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

// Prints the steps so far as the model sees them.
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

json failed_call(const std::string& tool, const std::string& why) {
  return "Execution error in " + tool + ": " + why;
}

// Takes what a tool has answered, or why it has not.
using observation_callback = std::function<void(json)>;

// One ReAct from its first step to its outputs. It lives in the callbacks of
// the conversation and of the tools.
class react_run : public std::enable_shared_from_this<react_run> {
public:
  react_run(std::shared_ptr<conversation> with, conversation::audience who,
            fields_callback done)
    : with_(std::move(with)), who_(who), done_(std::move(done)) {
  }

  // Lets the model choose the next tool, or asks for the outputs if it has
  // chosen often enough.
  void step() {
    if (iteration_ >= plan().max_iterations)
      return extract();
    ask(plan().main, conversation::audience::run, 0,
        [self = shared_from_this()](result<json> fields) {
          if (fields)
            self->observe(std::move(*fields));
          else if (self->may_extract_after(fields.error()))
            self->extract();
          else
            self->done_(std::move(fields));
        });
  }

private:
  [[nodiscard]] const program_plan& plan() const {
    return with_->program().plan;
  }

  // Asks with the trajectory, and again with less of it while that is too long
  // for the model.
  void ask(const predictor& from, conversation::audience who, size_t tries,
           fields_callback then) {
    auto inputs = with_->inputs();
    inputs["trajectory"] = trajectory_text(trajectory_);
    with_->ask(from, std::move(inputs), who,
               [self = shared_from_this(), &from, who, tries,
                then = std::move(then)](result<json> fields) {
                 auto is_long = !fields && is_too_long(fields.error());
                 if (!is_long || tries + 1 >= max_shortenings
                     || self->trajectory_.size() <= keys_per_step)
                   return then(std::move(fields));
                 self->forget_first_step();
                 self->ask(from, who, tries + 1, then);
               });
  }

  void forget_first_step() {
    for (size_t i = 0; i < keys_per_step; ++i)
      trajectory_.erase(trajectory_.begin());
  }

  // DSPy goes on to the answer if the model chose no tool that exists, or the
  // conversation is too long; an unreadable reply ends the run.
  [[nodiscard]] bool may_extract_after(const error& err) const {
    auto& main = plan().main;
    auto was_json = main.second
                    || main.first.adapter() == prompt_adapter::json_object;
    auto chose_wrongly = was_json && err.code == errc::invalid_output
                         && err.details.is_object()
                         && err.details.contains("field");
    return chose_wrongly || is_too_long(err);
  }

  // Calls the tool that the model has chosen, and takes the next step.
  void observe(json fields) {
    auto number = std::to_string(iteration_++);
    auto name = fields["next_tool_name"].get<std::string>();
    auto arguments = fields["next_tool_args"];
    trajectory_["thought_" + number] = std::move(fields["next_thought"]);
    trajectory_["tool_name_" + number] = name;
    trajectory_["tool_args_" + number] = arguments;
    call(name, arguments,
         [self = shared_from_this(), number, name](json observation) {
           self->trajectory_["observation_" + number]
             = as_observation(std::move(observation));
           if (name == "finish")
             self->extract();
           else
             self->step();
         });
  }

  void call(const std::string& name, const json& arguments,
            observation_callback then) {
    if (name == "finish")
      return then(arguments.empty()
                    ? json("Completed.")
                    : failed_call(name, "it takes no arguments"));
    auto& tools = with_->program().tools;
    auto i = std::find_if(tools.begin(), tools.end(),
                          [&](auto& x) { return x.name == name; });
    if (i == tools.end())
      return then(failed_call(name, "there is no such tool"));
    auto prepared = prepare_arguments(*i, arguments);
    if (!prepared)
      return then(failed_call(name, prepared.error().message));
    call(*i, std::move(*prepared), std::move(then));
  }

  // The tool and its timeout race: the first of them goes on.
  void call(const tool& x, json arguments, observation_callback then) {
    auto answered = std::make_shared<std::atomic<bool>>(false);
    auto go_on = [with = with_, answered,
                  then = std::move(then)](json observation) {
      if (!answered->exchange(true) && !with->is_over())
        then(std::move(observation));
    };
    auto& services = with_->services();
    services.host.after(x.timeout, [&x, go_on] {
      go_on(failed_call(x.name, "no answer within "
                                  + std::to_string(x.timeout.count()) + " ms"));
    });
    services.pool.run(
      [with = with_, &x, go_on, arguments = std::move(arguments)] {
        if (with->is_over())
          return;
        auto value = call_tool(x, arguments);
        go_on(value ? std::move(*value)
                    : failed_call(x.name, value.error().message));
      });
  }

  // Asks for the outputs of the signature.
  void extract() {
    ask(*plan().extract, who_, 0,
        [self = shared_from_this()](result<json> fields) {
          auto& metadata = self->with_->metadata();
          metadata["trajectory"] = self->trajectory_;
          if (fields) {
            metadata["reasoning"] = std::move(fields->at(reasoning_field));
            fields->erase(reasoning_field);
          }
          self->done_(std::move(fields));
        });
  }

  std::shared_ptr<conversation> with_;
  conversation::audience who_;
  fields_callback done_;
  json trajectory_ = json::object();
  size_t iteration_ = 0;
};

} // namespace

void start_react_run(std::shared_ptr<conversation> with,
                     conversation::audience who, fields_callback then) {
  std::make_shared<react_run>(std::move(with), who, std::move(then))->step();
}

} // namespace dspex
