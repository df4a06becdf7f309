#include "adapters/native/http/client.hpp"

#include <thread>

#include "adapters/native/http/loop.hpp"

namespace dspex {

// This loop owns the thread in which everything but `submit` happens.
class http_client::loop : public http_loop {
public:
  explicit loop(http_options options)
    : http_loop(std::move(options)), thread_([this] { run(); }) {
  }

  ~loop() {
    stop();
    thread_.join();
  }

private:
  std::thread thread_;
};

http_client::http_client(http_options options)
  : loop_(std::make_unique<loop>(std::move(options))) {
}

http_client::~http_client() = default;

void http_client::send(http_key key, http_request request, callback done) {
  loop_->submit(
    {key, std::make_unique<http_call>(std::move(request), std::move(done))});
}

void http_client::cancel(http_key key) {
  loop_->submit({key, nullptr});
}

} // namespace dspex
