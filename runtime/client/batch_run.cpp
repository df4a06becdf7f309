#include "runtime/client/batch_run.hpp"

#include <deque>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "core/log.hpp"

namespace dspex {

namespace {

constexpr auto most_concurrent = size_t{100'000};

// When nothing of ours is running whose end could make room, an overloaded
// program is asked again after this time.
constexpr auto retry_interval = std::chrono::milliseconds{50};

bool was_refused(const result<execution_result>& outcome) {
  if (outcome || outcome.error().code != errc::overloaded)
    return false;
  auto& details = outcome.error().details;
  return !details.is_object() || !details.contains("execution_id");
}

// One batch under way; the callbacks of its runs keep it alive.
class batch_run : public std::enable_shared_from_this<batch_run> {
public:
  batch_run(batch_plan plan, std::function<void(batch_results)> done)
    : plan_(std::move(plan)), done_(std::move(done)) {
    results_.resize(plan_.inputs.size(), fail(errc::internal, "Never run"));
    progress_.total = plan_.inputs.size();
  }

  void start() {
    plan_.later({}, [self = shared_from_this()] { self->pump(); });
  }

private:
  // Starts what there is room for, and tells how far it is. Only one thread at
  // a time is in here: an outcome that comes meanwhile, maybe from within
  // `run`, is left to it.
  void pump() {
    auto guard = std::unique_lock{mutex_};
    if (std::exchange(pumping_, true))
      return;
    while (true) {
      if (std::exchange(news_, false)) {
        auto now = progress_;
        guard.unlock();
        tell(now);
        guard.lock();
      } else if (auto next = take_next()) {
        ++in_flight_;
        auto item = plan_.inputs[*next];
        guard.unlock();
        plan_.run(std::move(item),
                  [self = shared_from_this(), index = *next](auto outcome) {
                    self->on_outcome(index, std::move(outcome));
                    self->pump();
                  });
        guard.lock();
      } else {
        break;
      }
    }
    pumping_ = false;
    if (ended() == progress_.total && done_ != nullptr) {
      auto done = std::exchange(done_, nullptr);
      auto results = std::move(results_);
      guard.unlock();
      done(std::move(results));
    } else if (in_flight_ == 0 && !refused_.empty()
               && !std::exchange(waiting_, true)) {
      guard.unlock();
      plan_.later(retry_interval, [self = shared_from_this()] {
        self->on_retry();
        self->pump();
      });
    }
  }

  // The index of the item to start next. A refused one starts when another run
  // has ended, and keeps its place until then.
  std::optional<size_t> take_next() {
    if (permits_ > 0 && !refused_.empty()) {
      --permits_;
      auto index = refused_.front();
      refused_.pop_front();
      return index;
    }
    if (next_ < progress_.total
        && in_flight_ + refused_.size() < plan_.concurrency)
      return next_++;
    return std::nullopt;
  }

  void on_outcome(size_t index, result<execution_result> outcome) {
    auto guard = std::unique_lock{mutex_};
    --in_flight_;
    if (was_refused(outcome)) {
      refused_.push_back(index);
      return;
    }
    ++(outcome ? progress_.completed : progress_.failed);
    results_[index] = std::move(outcome);
    plan_.inputs[index] = document{};
    permits_ = refused_.empty() ? 0 : permits_ + 1;
    news_ = true;
  }

  void on_retry() {
    auto guard = std::unique_lock{mutex_};
    waiting_ = false;
    permits_ = 1;
  }

  void tell(const batch_progress& now) const {
    if (plan_.progress == nullptr)
      return;
    try {
      plan_.progress(now);
    } catch (const std::exception& ex) {
      log_event(log_level::error, "client",
                std::string{"the progress callback of a batch threw: "}
                  + ex.what());
    }
  }

  [[nodiscard]] size_t ended() const {
    return progress_.completed + progress_.failed;
  }

  batch_plan plan_;
  std::function<void(batch_results)> done_;
  std::mutex mutex_;
  batch_results results_;
  batch_progress progress_;
  // Whether `progress_` has changed since it was told.
  bool news_ = false;
  bool pumping_ = false;
  size_t next_ = 0;
  size_t in_flight_ = 0;
  // Refused as `overloaded`, and how many of them may try again.
  std::deque<size_t> refused_;
  size_t permits_ = 0;
  // Whether the refused ones are to be tried again by time.
  bool waiting_ = false;
};

} // namespace

result<void> check_batch_options(const batch_options& options) {
  if (options.concurrency < 1 || options.concurrency > most_concurrent)
    return fail(errc::invalid_option,
                "concurrency: must be between 1 and 100000, got "
                  + std::to_string(options.concurrency));
  for (auto key : {"execution_id", "idempotency_key"})
    if (options.options.is_object() && options.options.contains(key))
      return fail(errc::invalid_option,
                  std::string{key} + ": belongs to one run, not to a batch");
  return {};
}

void start_batch(batch_plan plan, std::function<void(batch_results)> done) {
  auto batch = std::make_shared<batch_run>(std::move(plan), std::move(done));
  batch->start();
}

} // namespace dspex
