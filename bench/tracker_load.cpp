#include "bench/tracker_load.hpp"

#include <utility>

namespace dspex::bench {

namespace {

runtime start_on(const std::string& url) {
  auto options = runtime_options{};
  options.store_url = url;
  options.config.log.level = "warn";
  return value_of(runtime::start(std::move(options)));
}

} // namespace

tracked_node::tracked_node(const std::string& url, size_t callers)
  : node_(start_on(url)) {
  auto c = node_.client();
  if (auto ok = c.define_module("Bench.Tracked",
                                "text: str -> answer: str(min_length=386, "
                                "max_length=386)");
      !ok)
    throw std::runtime_error(to_string(ok.error()));
  for (auto i = 0; i < 8; ++i) {
    auto options = program_options{};
    options.name = "tracked" + std::to_string(i);
    options.adapter = "mock";
    options.configuration = {{"max_concurrency", callers}};
    auto draft = value_of(c.create_program("Bench.Tracked", options));
    programs_.push_back(value_of(c.initialize_program(draft.id)).id);
  }
}

execution_record tracked_node::one_execution() const {
  auto inputs = json::object();
  inputs["text"] = fresh_text(0);
  auto done
    = value_of(node_.client().execute_program(programs_[0], std::move(inputs)));
  return value_of(node_.client().get_execution(done.id));
}

double tracked_node::rate(size_t callers, std::chrono::milliseconds warm_up,
                          std::chrono::milliseconds turn) const {
  auto load = run_load{
    node_.client(),
    [this](uint64_t n) { return programs_[n % programs_.size()]; }, callers};
  return rate_of(load.answered(), warm_up, turn);
}

} // namespace dspex::bench
