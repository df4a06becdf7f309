#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <string_view>
#include <utility>

#include "adapters/python_port/python_port_adapter.hpp"
#include "runtime/doctor/parts.hpp"

namespace dspex {

namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr auto dspy_version = std::string_view{"3.3.1"};

/// Receives what a worker logs, and waits until it has made the program.
class examiner : public adapter_host {
public:
  void after(std::chrono::nanoseconds, std::function<void()>) override {
    // Timers are for what outlasts the examination.
  }

  void log(severity, std::string_view, const json& fields) override {
    auto guard = std::lock_guard{mutex_};
    for (auto name : {"python", "dspy"})
      if (auto i = fields.find(name); i != fields.end() && i->is_string())
        versions_[name] = i->get<std::string>();
  }

  void answer(result<std::string> x) {
    auto guard = std::lock_guard{mutex_};
    outcome_ = std::move(x);
    changed_.notify_all();
  }

  result<std::string> wait(milliseconds timeout) {
    auto guard = std::unique_lock{mutex_};
    if (!changed_.wait_for(guard, timeout,
                           [&] { return outcome_.has_value(); }))
      return fail(errc::timeout, "Python takes longer than "
                                   + std::to_string(timeout.count())
                                   + " ms to import DSPy");
    return *outcome_;
  }

  std::string version(const std::string& name) {
    auto guard = std::lock_guard{mutex_};
    return versions_[name];
  }

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<std::string, std::string> versions_;
  std::optional<result<std::string>> outcome_;
};

} // namespace

void examine_python(findings& out, python_port_options port, health severity,
                    const doctor_options& options) {
  if (port.python_path.empty()) {
    out.push_back({"python", severity,
                   "the Python package dspex_worker is not there: programs on "
                   "python_port cannot run",
                   "Install dspex whole: share/dspex/python belongs to it."});
    return;
  }
  port.workers = 1;
  auto program = std::make_shared<backend_program>();
  program->id = program_id::make();
  program->signature = any_signature::parse("question -> answer").value();
  auto begin = steady_clock::now();
  auto host = examiner{};
  auto adapter = python_port_adapter_factory(port)(host);
  adapter->create_program(
    program, [&](result<std::string> x) { host.answer(std::move(x)); });
  auto outcome = host.wait(options.python_timeout);
  adapter.reset();
  auto took
    = std::chrono::duration_cast<milliseconds>(steady_clock::now() - begin);
  auto other = host.version("dspy") != dspy_version;
  if (outcome)
    out.push_back({"python", other ? health::warning : health::ok,
                   "Python " + host.version("python") + " with DSPy "
                     + host.version("dspy") + " makes a program in "
                     + std::to_string(took.count()) + " ms",
                   other ? "dspex is made for DSPy " + std::string{dspy_version}
                             + "; another one may ask models otherwise."
                         : ""});
  else
    out.push_back(
      {"python", severity,
       "programs on python_port cannot run: " + outcome.error().message,
       severity == health::problem
         ? "`pip install dspy==3.3.1` into a Python of 3.10 or "
           "later, and say which in python_port.python; in a "
           "checkout scripts/setup does the first."
         : ""});
}

} // namespace dspex
