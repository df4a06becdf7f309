#include "adapters/native/run/tool_pool.hpp"

#include <exception>
#include <string>

#include "adapters/event_loop.hpp"
#include "dspex/any_signature.hpp"

namespace dspex {

namespace {

constexpr size_t max_threads = 4;

bool is_tool_name(const std::string& name) {
  auto is_letter = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  };
  if (name.empty() || name == "finish" || !is_letter(name.front()))
    return false;
  for (auto c : name)
    if (!is_letter(c) && !(c >= '0' && c <= '9') && c != '_')
      return false;
  return true;
}

// One input called `arguments`, whose schema says what the tool takes.
result<any_signature> signature_of_tool(const tool& x) {
  auto required = json::array();
  for (auto& [name, schema] : x.arguments.items())
    if (!schema.is_object() || !schema.contains("default"))
      required.push_back(name);
  auto type = field_type{};
  type.kind = type_kind::object;
  type.schema = json::object({{"type", "object"},
                              {"properties", x.arguments},
                              {"required", std::move(required)},
                              {"additionalProperties", false}});
  auto describe = [](const char* name, const std::string& text) {
    return json::array({json::object({{"name", name},
                                      {"type", text},
                                      {"constraints", json::object()},
                                      {"description", ""},
                                      {"required", true}})});
  };
  return any_signature::from_json(describe("arguments", to_string(type)),
                                  describe("answer", "str"));
}

} // namespace

tool_pool::~tool_pool() {
  close();
}

void tool_pool::work() {
  block_signals();
  auto lock = std::unique_lock{mutex_};
  for (;;) {
    wake_.wait(lock, [this] { return closed_ || !tasks_.empty(); });
    if (closed_)
      return;
    auto task = std::move(tasks_.front());
    tasks_.pop_front();
    lock.unlock();
    task();
    // What the task holds is destroyed without the lock.
    task = nullptr;
    lock.lock();
  }
}

void tool_pool::run(std::function<void()> task) {
  {
    auto lock = std::lock_guard{mutex_};
    if (closed_)
      return;
    while (threads_.size() < max_threads)
      threads_.emplace_back([this] { work(); });
    tasks_.push_back(std::move(task));
  }
  wake_.notify_one();
}

void tool_pool::close() {
  auto dropped = std::deque<std::function<void()>>{};
  {
    auto lock = std::lock_guard{mutex_};
    closed_ = true;
    dropped.swap(tasks_);
  }
  wake_.notify_all();
  for (auto& x : threads_)
    if (x.joinable())
      x.join();
}

result<void> check_tool(const tool& x) {
  auto wrong = [&](const std::string& why) {
    return fail(errc::invalid_option, "Tool '" + x.name + "' " + why,
                json::object({{"tool", x.name}}));
  };
  if (!is_tool_name(x.name))
    return wrong("needs a name of letters, digits and _, other than finish");
  if (!x.call)
    return wrong("cannot be called");
  if (!x.arguments.is_object())
    return wrong("needs an object of schemas as arguments");
  if (x.timeout.count() <= 0)
    return wrong("needs a timeout");
  if (auto sig = signature_of_tool(x); !sig)
    return wrong("has a schema that cannot be used: " + sig.error().message);
  return {};
}

result<json> prepare_arguments(const tool& x, const json& arguments) {
  auto sig = signature_of_tool(x);
  if (!sig)
    return fail(std::move(sig.error()));
  auto values = json::object({{"arguments", arguments}});
  auto problems = sig->validate(side::inputs, values);
  if (!problems.empty()) {
    auto message = std::string{};
    for (auto& p : problems)
      message += (message.empty() ? "" : "; ") + p.message;
    return fail(errc::invalid_input, std::move(message));
  }
  auto result = std::move(values["arguments"]);
  for (auto& [name, schema] : x.arguments.items())
    if (!result.contains(name))
      result[name] = schema.at("default");
  return result;
}

result<json> call_tool(const tool& x, const json& arguments) {
  try {
    return x.call(arguments);
  } catch (const std::exception& e) {
    return fail(errc::backend_failed, e.what());
  } catch (...) {
    return fail(errc::backend_failed, "an unknown exception");
  }
}

} // namespace dspex
