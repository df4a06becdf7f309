#pragma once

#include <memory>
#include <string>

#include <gtest/gtest.h>

#include "tests/adapters/python_port/workers.hpp"

namespace dspex::test {

/// Inputs from which `scripted_backend` learns what to do.
inline json deed(const std::string& what) {
  return json::object({{"do", what}});
}

/// The adapter with real processes, which run `scripted_backend`.
class PythonPort : public ::testing::Test {
protected:
  void SetUp() override {
    options_ = worker_options("scripted_backend");
    program_ = make_program();
  }

  static std::shared_ptr<backend_program> make_program() {
    auto result = std::make_shared<backend_program>();
    result->id = program_id::make();
    result->generation = 1;
    result->signature = any_signature::parse("question -> answer").value();
    return result;
  }

  /// Made with `options_` when it is used first.
  adapter& port() {
    if (!adapter_)
      adapter_ = python_port_adapter_factory(options_)(host_);
    return *adapter_;
  }

  execution_id start(json inputs, std::shared_ptr<inbox<backend_reply>> to,
                     std::chrono::milliseconds time = patience) {
    auto run = backend_run{};
    run.id = execution_id::make();
    run.program = program_;
    run.inputs = document{std::move(inputs)};
    run.deadline = std::chrono::steady_clock::now() + time;
    auto id = run.id;
    port().execute(std::move(run),
                   [to](backend_reply x) { to->put(std::move(x)); });
    return id;
  }

  backend_reply run(json inputs, std::chrono::milliseconds time = patience) {
    auto replies = std::make_shared<inbox<backend_reply>>();
    start(std::move(inputs), replies, time);
    if (!replies->wait_for(1))
      return {fail(errc::internal, "no answer")};
    return replies->items().front();
  }

  /// Runs something harmless and returns the process that did it.
  pid_t served_by() {
    auto reply = run(deed("echo"));
    if (!reply.outputs) {
      ADD_FAILURE() << to_string(reply.outputs.error());
      return 0;
    }
    return reply.metadata["pid"].get<pid_t>();
  }

  listening_host host_;
  python_port_options options_;
  std::shared_ptr<backend_program> program_;
  std::unique_ptr<adapter> adapter_;
};

} // namespace dspex::test
