#include "runtime/client/batch_run.hpp"

#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>

#include "core/log.hpp"
#include "runtime/client/retry_window.hpp"

namespace dspex {

namespace {

constexpr auto most_concurrent = size_t{100'000};

// One batch under way; the callbacks of its runs keep it alive.
class batch_run : public std::enable_shared_from_this<batch_run> {
public:
  batch_run(batch_plan plan, std::function<void(batch_results)> done)
    : plan_(std::move(plan)),
      done_(std::move(done)),
      window_(plan_.concurrency) {
    results_.resize(plan_.inputs.size(), fail(errc::internal, "Never run"));
    progress_.total = plan_.inputs.size();
  }

  void start() {
    plan_.later({}, [self = shared_from_this()] { self->pump(); });
  }

private:
  // Starts the items that there is room for, and tells the progress. An outcome
  // may come while a thread is in here, even from within `run`. So only one
  // thread pumps at a time, and it also handles what came meanwhile.
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
      } else if (auto next = window_.take_next([&] { return take_new(); })) {
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
    } else if (window_.needs_pause() && !std::exchange(pausing_, true)) {
      guard.unlock();
      plan_.later(retry_window_pause, [self = shared_from_this()] {
        self->on_pause();
        self->pump();
      });
    }
  }

  std::optional<size_t> take_new() {
    return next_ < progress_.total ? std::optional{next_++} : std::nullopt;
  }

  void on_outcome(size_t index, result<execution_result> outcome) {
    auto guard = std::unique_lock{mutex_};
    if (had_no_room(outcome)) {
      window_.on_refusal(index);
      return;
    }
    window_.on_end();
    ++(outcome ? progress_.completed : progress_.failed);
    results_[index] = std::move(outcome);
    plan_.inputs[index] = document{};
    news_ = true;
  }

  void on_pause() {
    auto guard = std::unique_lock{mutex_};
    pausing_ = false;
    window_.on_pause();
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
  // The first item that was never started.
  size_t next_ = 0;
  // Holds the indices of items.
  retry_window<size_t> window_;
  // Whether a timer runs for the window.
  bool pausing_ = false;
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
