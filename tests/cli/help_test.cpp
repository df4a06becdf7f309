// The help agrees with `domain()`, with what verbs take, and with itself.

#include <map>
#include <set>
#include <sstream>

#include <gmock/gmock.h>

#include "dspex/domain.hpp"
#include "tests/cli/verbs_fixture.hpp"

namespace dspex::test {

using testing::HasSubstr;

namespace {

// The verb that asks for an action; none for what only programs ask for.
const std::map<std::string, std::string> verb_of{
  {"signature.define", "create"},
  {"signature.create", "create"},
  {"signature.get", "show"},
  {"signature.list", "list"},
  {"signature.activate", "activate"},
  {"signature.deprecate", "deprecate"},
  {"signature.update", "update"},
  {"signature.destroy", "destroy"},
  {"signature.explain", "validate"},
  {"program.create", "create"},
  {"program.get", "show"},
  {"program.list", "list"},
  {"program.initialize", "initialize"},
  {"program.reinitialize", "reinitialize"},
  {"program.archive", "archive"},
  {"program.update", "update"},
  {"program.destroy", "destroy"},
  {"program.stats", "stats"},
  {"program.execute", "execute"},
  {"program.quick_execute", ""},
  {"execution.get", "show"},
  {"execution.list", "list"},
  {"execution.cancel", "cancel"},
  {"execution.create", ""},
  {"execution.mark_running", ""},
  {"execution.mark_completed", ""},
  {"execution.mark_failed", ""},
  {"execution.prune", "prune"},
};

// Verbs made of several actions.
const std::set<std::string> composed{"execution tail", "program import",
                                     "signature schema"};

// The names below `Subcommands:` in a help.
std::set<std::string> subcommands(const std::string& help) {
  auto out = std::set<std::string>{};
  auto in = std::istringstream{help.substr(help.find("Subcommands:"))};
  auto line = std::string{};
  std::getline(in, line);
  while (std::getline(in, line) && line.starts_with("  "))
    if (line[2] != ' ')
      out.insert(line.substr(2, line.find(' ', 2) - 2));
  return out;
}

struct Help : Verbs {
  std::string help(std::vector<std::string> words) {
    words.push_back("--help");
    auto done = bench.run(words);
    EXPECT_EQ(done.status, 0) << words[0] << done.err;
    EXPECT_EQ(done.err, "");
    return done.out;
  }
};

} // namespace

TEST_F(Help, HasAVerbForEachActionAndNoOther) {
  for (auto& resource : domain()) {
    auto verbs = std::set<std::string>{};
    for (auto& action : resource.actions) {
      auto found = verb_of.find(std::string{action.name});
      ASSERT_NE(found, verb_of.end()) << action.name;
      if (!found->second.empty())
        verbs.insert(found->second);
    }
    auto listed = subcommands(help({resource.name}));
    std::erase_if(listed, [&](auto& x) {
      return composed.contains(resource.name + ' ' + x);
    });
    EXPECT_EQ(listed, verbs) << resource.name;
  }
}

TEST_F(Help, HasExamplesForEachVerb) {
  for (auto& verb : subcommands(help({}))) {
    auto text = help({verb});
    if (text.find("Subcommands:") == std::string::npos)
      continue;
    EXPECT_THAT(text, HasSubstr("Example")) << verb;
    for (auto& inner : subcommands(text)) {
      auto page = help({verb, inner});
      EXPECT_THAT(page, HasSubstr("Example")) << verb << ' ' << inner;
      EXPECT_THAT(page, HasSubstr("dspex " + verb)) << verb << ' ' << inner;
    }
  }
}

TEST_F(Help, IsTrueOfTheAttributesThatAreShown) {
  auto run = new_execution();
  auto shown = std::map<std::string, json>{
    {"signature", answer({"signature", "show", "Test.Answer"})},
    {"program", answer({"program", "show", "answers"})},
    {"execution", answer({"execution", "show", run})},
  };
  for (auto& resource : domain()) {
    auto names = std::vector<std::string>{};
    for (auto& [name, _] : shown.at(resource.name).items())
      names.push_back(name);
    EXPECT_EQ(names, resource.attributes) << resource.name;
  }
}

TEST_F(Help, IsTrueOfOptionsBeforeAndAfterAVerb) {
  answer({"signature", "create", "--store", "sqlite:b.db", "--module", "Test.B",
          "--signature", "a -> b"});
  for (auto& words : std::vector<std::vector<std::string>>{
         {"-f", "json", "--store", "sqlite:b.db", "signature", "list"},
         {"signature", "--store", "sqlite:b.db", "list", "-f", "json"},
         {"signature", "list", "--format", "json", "--store=sqlite:b.db"}}) {
    auto done = bench.run(words);
    ASSERT_EQ(done.status, 0) << done.err;
    EXPECT_EQ(json_of(done.out)["items"][0]["module"], "Test.B");
  }
}

} // namespace dspex::test
