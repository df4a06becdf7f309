#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "adapters/native/chat/output_stream.hpp"
#include "adapters/native/lm/language_model.hpp"
#include "adapters/native/program/plan.hpp"
#include "adapters/native/run/tool_pool.hpp"
#include "dspex/adapter.hpp"

namespace dspex {

/// The runs of a program have this in common; it never changes.
struct prepared_program {
  program_plan plan;
  std::shared_ptr<const lm_options> settings;
  /// In the order of the plan.
  std::vector<tool> tools;
  reward_function reward;
};

/// The runs of a backend share these services, which outlive the runs.
struct run_services {
  language_model& model;
  tool_pool& pool;
  adapter_host& host;
};

/// Takes the fields of a reply, or the outputs of a module.
using fields_callback = std::function<void(result<json>)>;

/// Talks with the model for one run, and answers the run once.
///
/// A conversation reads replies, asks again for JSON where the program wants
/// that, adds up what the requests cost, and tells the caller of the outputs
/// while they come in. It lives in the callbacks of the questions it has asked:
/// the steps of a run follow one another on the threads of the client and of
/// the tool pool. Only `cancel` and `is_over` are thread safe.
class conversation : public std::enable_shared_from_this<conversation> {
public:
  /// Whether the caller gets to read a reply while it comes in. Only replies
  /// that hold the outputs of the run are for the caller.
  enum class audience { run, caller };

  conversation(run_services services,
               std::shared_ptr<const prepared_program> program, backend_run run,
               adapter::run_callback done);

  // -- properties -------------------------------------------------------------

  [[nodiscard]] const run_services& services() const noexcept {
    return services_;
  }

  [[nodiscard]] const prepared_program& program() const noexcept {
    return *program_;
  }

  [[nodiscard]] const json& inputs() const {
    return run_.inputs.value();
  }

  /// The metadata of the answer; `finish` adds what the requests cost.
  [[nodiscard]] json& metadata() noexcept {
    return metadata_;
  }

  /// Whether the run has been answered or cancelled: no further step is begun
  /// then.
  [[nodiscard]] bool is_over() const;

  // -- steps ------------------------------------------------------------------

  /// Asks a predictor, which outlives the conversation.
  void ask(const predictor& from, json inputs, audience who,
           fields_callback then);

  /// Forgets the metadata of the attempt before, and asks the model from now on
  /// in such a way that neither the model nor the cache gives the same answer.
  void begin_attempt(size_t number);

  /// Answers the run, unless that has been done or the run was cancelled.
  void finish(result<json> outputs);

  /// Begins no further step, and answers nothing.
  void cancel();

private:
  void begin_stream(const prompt& asked, audience who, lm_request& request);
  void send(const prompt& asked, const json& inputs, audience who,
            std::function<void(result<std::string>)> then);
  [[nodiscard]] result<json> read(const prompt& asked,
                                  const result<std::string>& text);
  void add_usage(const json& usage);

  // -- member variables -------------------------------------------------------

  run_services services_;
  std::shared_ptr<const prepared_program> program_;
  /// The settings of the program, or of the present attempt.
  std::shared_ptr<const lm_options> settings_;
  backend_run run_;
  adapter::run_callback done_;
  std::atomic<bool> is_over_ = false;
  json metadata_ = json::object();
  json usage_ = json::object();
  /// Tells the caller of the reply that is coming in; null if it is not for the
  /// caller.
  std::shared_ptr<output_stream> stream_;
  /// Whether the caller has got pieces of an earlier reply.
  bool has_told_ = false;
};

} // namespace dspex
