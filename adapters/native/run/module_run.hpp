#pragma once

#include <atomic>
#include <memory>

#include "adapters/native/chat/output_stream.hpp"
#include "adapters/native/lm/language_model.hpp"
#include "adapters/native/program/plan.hpp"
#include "adapters/native/run/tool_pool.hpp"
#include "dspex/adapter.hpp"

namespace dspex {

/// All that does not change from run to run.
struct prepared_program {
  program_plan plan;
  std::shared_ptr<const lm_options> settings;
  /// In the order of the plan.
  std::vector<tool> tools;
  reward_function reward;
};

/// What runs share; outlives them.
struct module_services {
  language_model& model;
  tool_pool& pool;
  adapter_host& host;
};

/// One run of a program: asks the model as often as the module does, calls
/// tools, and answers once. Its steps follow one another on the threads of the
/// client and of the tool pool.
class module_run : public std::enable_shared_from_this<module_run> {
public:
  module_run(module_services services,
             std::shared_ptr<const prepared_program> program, backend_run run,
             adapter::run_callback done);

  void start();

  /// No further step is begun, and nothing answered. Thread safe.
  void cancel();

private:
  /// Takes the fields of a reply.
  using fields_callback = std::function<void(result<json>)>;

  [[nodiscard]] bool is_over() const;
  void finish(result<json> outputs);

  // -- asking -----------------------------------------------------------------

  void ask(const predictor& from, json inputs, fields_callback then);
  /// Lets the caller hear of the reply before it has come, if it wants that.
  void begin_stream(const prompt& asked, lm_request& request);
  void send(const prompt& asked, const json& inputs,
            std::function<void(result<std::string>)> then);
  [[nodiscard]] result<json> read(const prompt& asked,
                                  const result<std::string>& text);
  void count(const json& usage);

  // -- modules ----------------------------------------------------------------

  void attempt(fields_callback then);
  void next_attempt();
  void judge(result<json> outputs);
  void step(fields_callback then);
  void ask_with_trajectory(const predictor& from, size_t tries,
                           fields_callback then);
  void call(const std::string& name, const json& arguments,
            std::function<void(json)> then);
  void observe(json fields, fields_callback then);
  void extract(fields_callback then);

  // -- member variables -------------------------------------------------------

  module_services services_;
  std::shared_ptr<const prepared_program> program_;
  backend_run run_;
  adapter::run_callback done_;
  std::atomic<bool> cancelled_ = false;
  json metadata_ = json::object();
  json usage_ = json::object();
  // Of a run whose caller wants its outputs piece by piece.
  bool tells_ = false;
  bool has_told_ = false;
  std::shared_ptr<output_stream> stream_;
  // Of a ReAct.
  json trajectory_ = json::object();
  size_t iteration_ = 0;
  // Of a BestOfN.
  size_t attempts_ = 0;
  size_t failures_ = 0;
  std::optional<double> best_reward_;
  json best_outputs_;
  json best_metadata_;
};

} // namespace dspex
