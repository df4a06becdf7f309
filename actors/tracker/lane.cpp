#include "actors/tracker/lane.hpp"

#include <algorithm>
#include <iterator>
#include <optional>

#include "actors/executions/outcome.hpp"
#include "core/backoff.hpp"

namespace dspex {

namespace {

// A batch also ends at this many bytes of inputs and outputs: beyond it, one
// transaction gains nothing and delays everybody behind it.
constexpr size_t max_batch_bytes = 1'000'000;

constexpr auto rest = backoff{.initial = std::chrono::milliseconds{100},
                              .max = std::chrono::seconds{1}};

// Two records under one id are of the same run unless the other one began at
// another time, or elsewhere.
bool same_run(const execution_record& x, const execution_record& y) {
  return x.program_id == y.program_id && x.node == y.node
         && x.executed_at == y.executed_at;
}

std::optional<error> refusal_of(const execution_record& sent,
                                const result<execution_record>& held) {
  if (held && same_run(*held, sent)) {
    if (held->finished_at == sent.finished_at && held->status == sent.status)
      return std::nullopt;
    if (held->error_code == errc::interrupted)
      return error{errc::interrupted, held->error_message};
  }
  return id_is_taken(sent.id);
}

template <class T>
void move_halves(std::vector<T>& from, std::vector<T>& left,
                 std::vector<T>& right) {
  auto middle = from.begin() + static_cast<std::ptrdiff_t>(from.size() / 2);
  left.assign(std::make_move_iterator(from.begin()),
              std::make_move_iterator(middle));
  right.assign(std::make_move_iterator(middle),
               std::make_move_iterator(from.end()));
}

} // namespace

// -- batches ------------------------------------------------------------------

result<std::vector<refused_execution>> write_batch::write(store& s) {
  auto done = s.write(*this);
  if (!done)
    return fail(done.error());
  auto duplicates = std::move(done->duplicates);
  std::sort(duplicates.begin(), duplicates.end());
  auto refused = std::vector<refused_execution>{};
  for (size_t i = 0; i < finished.size(); ++i) {
    auto& sent = finished[i];
    if (std::binary_search(duplicates.begin(), duplicates.end(), sent.id)) {
      auto held = s.get_execution(sent.id);
      // A batch can be sent again.
      if (!held && is_retryable(held.error().code))
        return fail(held.error());
      if (auto why = refusal_of(sent, held)) {
        refused.push_back({sent.id, std::move(*why)});
        continue;
      }
    }
    runs[i]->leave();
    if (unconfirmed[i] != nullptr)
      unconfirmed[i]->committed();
  }
  return refused;
}

// -- what comes in ------------------------------------------------------------

write_lane::place
write_lane::add(execution_record&& x, std::shared_ptr<open_run> run,
                std::shared_ptr<unconfirmed_answer> unconfirmed) {
  if (filling_.empty() || filling_.back()->finished.size() >= max_rows_
      || bytes_ >= max_batch_bytes) {
    auto& next = filling_.emplace_back(make_batch());
    next->finished.reserve(last_rows_);
    next->runs.reserve(last_rows_);
    next->unconfirmed.reserve(last_rows_);
    bytes_ = 0;
  }
  bytes_ += text_size(*x.inputs) + text_size(*x.outputs);
  auto& batch = filling_.back();
  batch->finished.push_back(std::move(x));
  batch->runs.push_back(std::move(run));
  batch->unconfirmed.push_back(std::move(unconfirmed));
  return {batch, batch->finished.size() - 1};
}

void write_lane::add_live(execution_record x) {
  live_.push_back(std::move(x));
}

// -- what goes out ------------------------------------------------------------

write_lane::batch_ptr
write_lane::next(const std::function<bool(execution_id)>& has_ended) {
  auto take_first = [](std::deque<batch_ptr>& from) {
    auto x = std::move(from.front());
    from.pop_front();
    return x;
  };
  if (!kept_.empty()) {
    writing_ = true;
    return take_first(kept_);
  }
  auto x = filling_.empty() ? make_batch() : take_first(filling_);
  last_rows_ = x->finished.size();
  for (auto& row : std::exchange(live_, {}))
    if (!has_ended(row.id))
      x->live.push_back(std::move(row));
  if (x->size() == 0)
    return nullptr;
  writing_ = true;
  return x;
}

write_lane::batch_ptr write_lane::make_batch() const {
  auto x = std::make_shared<write_batch>();
  x->lane = number_;
  return x;
}

void write_lane::settled() {
  writing_ = false;
  failures_ = 0;
}

std::chrono::nanoseconds write_lane::keep(batch_ptr x) {
  writing_ = false;
  resting_ = true;
  kept_.push_front(std::move(x));
  return rest.delay(++failures_);
}

void write_lane::resume() {
  resting_ = false;
}

std::array<write_lane::batch_ptr, 2> write_lane::cut(const batch_ptr& x) {
  settled();
  auto left = make_batch();
  auto right = make_batch();
  if (x->finished.empty() || x->live.empty()) {
    move_halves(x->finished, left->finished, right->finished);
    move_halves(x->runs, left->runs, right->runs);
    move_halves(x->unconfirmed, left->unconfirmed, right->unconfirmed);
    move_halves(x->live, left->live, right->live);
  } else {
    // Both kinds: part them first.
    left->finished = std::move(x->finished);
    left->runs = std::move(x->runs);
    left->unconfirmed = std::move(x->unconfirmed);
    right->live = std::move(x->live);
  }
  kept_.push_front(right);
  kept_.push_front(left);
  return {left, right};
}

} // namespace dspex
