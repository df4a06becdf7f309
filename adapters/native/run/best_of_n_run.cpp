#include "adapters/native/run/best_of_n_run.hpp"

#include <exception>
#include <optional>
#include <utility>

#include "adapters/native/run/module_run.hpp"

namespace dspex {

namespace {

// One BestOfN over all its attempts. It lives in the callbacks of the attempts
// and of the tool pool, where rewards are computed.
class best_of_n_run : public std::enable_shared_from_this<best_of_n_run> {
public:
  best_of_n_run(std::shared_ptr<conversation> with, fields_callback done)
    : with_(std::move(with)), done_(std::move(done)) {
  }

  void start_attempt() {
    with_->begin_attempt(++attempts_);
    start_module_run(with_, conversation::audience::run,
                     [self = shared_from_this()](result<json> outputs) {
                       if (!outputs)
                         return self->judge(std::move(outputs));
                       self->with_->services().pool.run(
                         [self, outputs = std::move(*outputs)] {
                           if (!self->with_->is_over())
                             self->judge(outputs);
                         });
                     });
  }

private:
  [[nodiscard]] const best_of_n& best() const {
    return *with_->program().plan.best;
  }

  // Begins another attempt, or calls back with the best one.
  void judge(result<json> outputs) {
    auto is_good = false;
    if (outputs) {
      try {
        is_good = compare(*outputs) >= best().threshold;
      } catch (const std::exception& e) {
        outputs = fail(errc::backend_failed,
                       "The reward " + best().reward + " failed: " + e.what());
      }
    }
    if (!outputs && ++failures_ > best().allowed_failures)
      return done_(std::move(outputs));
    if (!is_good && attempts_ < best().attempts)
      return start_attempt();
    if (!best_reward_)
      return done_(std::move(outputs));
    auto& metadata = with_->metadata();
    metadata = std::move(best_metadata_);
    metadata["attempts"] = attempts_;
    metadata["reward"] = *best_reward_;
    done_(std::move(best_outputs_));
  }

  // Keeps an attempt that is better than those before it.
  // @returns its reward.
  double compare(json& outputs) {
    auto reward = with_->program().reward(with_->inputs(), outputs);
    if (!best_reward_ || reward > *best_reward_) {
      best_reward_ = reward;
      best_outputs_ = std::move(outputs);
      best_metadata_ = with_->metadata();
    }
    return reward;
  }

  std::shared_ptr<conversation> with_;
  fields_callback done_;
  size_t attempts_ = 0;
  size_t failures_ = 0;
  std::optional<double> best_reward_;
  json best_outputs_;
  json best_metadata_;
};

} // namespace

void start_best_of_n_run(std::shared_ptr<conversation> with,
                         fields_callback then) {
  std::make_shared<best_of_n_run>(std::move(with), std::move(then))
    ->start_attempt();
}

} // namespace dspex
