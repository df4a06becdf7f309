#pragma once

#include <cstddef>
#include <mutex>
#include <unordered_set>

#include <restinio/all.hpp>

namespace dspex {

/// The open connections. RESTinio asks it before each and tells it of their
/// end, of some twice; it outlives them, as RESTinio's own limiter does not
/// when the io_context goes first.
class connection_gate {
public:
  explicit connection_gate(size_t limit) : limit_(limit) {
  }

  restinio::ip_blocker::inspection_result_t
  inspect(const restinio::ip_blocker::incoming_info_t&) noexcept {
    std::lock_guard guard{mutex_};
    return open_.size() < limit_ ? restinio::ip_blocker::allow()
                                 : restinio::ip_blocker::deny();
  }

  void
  state_changed(const restinio::connection_state::notice_t& notice) noexcept {
    using namespace restinio::connection_state;
    std::lock_guard guard{mutex_};
    if (restinio::holds_alternative<accepted_t>(notice.cause()))
      open_.insert(notice.connection_id());
    else if (restinio::holds_alternative<closed_t>(notice.cause()))
      open_.erase(notice.connection_id());
  }

private:
  const size_t limit_;
  std::mutex mutex_;
  std::unordered_set<restinio::connection_id_t> open_;
};

} // namespace dspex
