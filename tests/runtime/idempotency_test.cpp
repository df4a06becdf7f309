// One idempotency key, many callers, two processes, one store.

#include <cstdio>
#include <future>
#include <set>

#include <gtest/gtest.h>

#include "dspex/dspex.hpp"
#include "tests/runtime/keyed_calls.hpp"
#include "tests/support/postgres_scratch.hpp"
#include "tests/support/temp_folder.hpp"

namespace dspex::test {

namespace {

// Returns what a child process prints.
std::vector<std::string> lines_of(const std::string& command) {
  auto out = std::vector<std::string>{};
  auto* pipe = ::popen(command.c_str(), "r");
  if (pipe == nullptr)
    throw std::runtime_error("no child");
  auto line = std::string{};
  for (int c = 0; (c = std::fgetc(pipe)) != EOF;) {
    if (c != '\n') {
      line += static_cast<char>(c);
    } else {
      out.push_back(std::move(line));
      line.clear();
    }
  }
  EXPECT_EQ(::pclose(pipe), 0);
  return out;
}

// 32 callers in two processes get one model call and one answer.
void expect_one_run(const std::string& url) {
  auto options = runtime_options{.store_url = url};
  options.config.log.level = "off";
  auto node = runtime::start(std::move(options));
  ASSERT_TRUE(node) << to_string(node.error());
  auto client = node->client();
  ASSERT_TRUE(client.define_module("Test.Echo", "question -> answer"));
  auto made = client.create_program("Test.Echo", {.adapter = "mock"});
  ASSERT_TRUE(made) << to_string(made.error());
  ASSERT_TRUE(client.initialize_program(made->id));
  auto program = to_string(made->id);
  auto child = std::async(std::launch::async, [&] {
    return lines_of(std::string{DSPEX_KEYED_CALLER} + " '" + url + "' "
                    + program + " 16");
  });
  auto here = call_with_one_key(url, program, 16);
  auto there = child.get();
  ASSERT_EQ(here.answers.size(), 16u);
  ASSERT_EQ(there.size(), 17u) << there.front();
  auto calls = here.model_calls + std::stoul(there.back());
  there.pop_back();
  EXPECT_EQ(calls, 1u);
  auto answers = std::set<std::string>{here.answers.begin(),
                                       here.answers.end()};
  answers.insert(there.begin(), there.end());
  EXPECT_EQ(answers.size(), 1u) << *answers.begin();
  auto stored = client.executions_by_program(program);
  ASSERT_TRUE(stored);
  ASSERT_EQ(stored->items.size(), 1u);
  EXPECT_EQ(stored->items.front().status, execution_status::completed);
}

} // namespace

TEST(Idempotency, HoldsBetweenProcessesOnOneFile) {
  auto folder = temp_folder{};
  expect_one_run("sqlite:" + (folder / "store.db").string());
}

TEST(Idempotency, HoldsBetweenProcessesOnPostgres) {
  DSPEX_NEEDS_POSTGRES();
  auto schema = scratch_schema{};
  expect_one_run(schema.url());
}

} // namespace dspex::test
