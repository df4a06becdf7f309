#pragma once

#include <string>
#include <vector>

#include <gtest/gtest.h>

#include "tests/cli/process.hpp"

namespace dspex::test {

/// Verbs on a store of a test's own.
struct Verbs : testing::Test {
  /// Returns what a verb prints as JSON; the verb has to succeed.
  json answer(std::vector<std::string> words) {
    words.insert(words.end(), {"-f", "json"});
    auto done = bench.run(words);
    EXPECT_EQ(done.status, 0) << words[0] << ' ' << words[1] << done.err;
    return json_of(done.out);
  }

  /// Makes a draft program `answers` on the module `Test.Answer`.
  std::string new_program(std::vector<std::string> more = {}) {
    answer({"signature", "create", "--module", "Test.Answer", "--signature",
            "question: str -> answer: str"});
    more.insert(more.begin(), {"program", "create", "--module", "Test.Answer",
                               "--adapter", "mock", "--name", "answers"});
    return answer(more)["id"].get<std::string>();
  }

  /// Makes the program ready, and runs it once.
  std::string new_execution() {
    answer({"program", "initialize", new_program()});
    return execute();
  }

  std::string execute() {
    return answer({"program", "execute", "answers", "--inputs",
                   "{\"question\": \"a\"}"})["execution_id"]
      .get<std::string>();
  }

  /// Expects a verb to fail so, with nothing on standard output.
  void refuse(const std::vector<std::string>& words, int status,
              const std::string& message) {
    auto done = bench.run(words);
    EXPECT_EQ(done.status, status) << words[0] << ' ' << words[1];
    EXPECT_EQ(done.err, "dspex: " + message + '\n');
    EXPECT_EQ(done.out, "");
  }

  workbench bench;
};

} // namespace dspex::test
