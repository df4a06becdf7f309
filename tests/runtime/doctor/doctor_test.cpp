// What the doctor finds that no command line can bring about; the rest is in
// tests/end_to_end/doctor_test.py.

#include "runtime/doctor/doctor.hpp"

#include <fstream>

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "dspex/dspex.hpp"
#include "persistence/store.hpp"
#include "tests/support/temp_folder.hpp"

namespace dspex::test {

using namespace std::chrono_literals;
using testing::HasSubstr;

namespace {

class DoctorTest : public testing::Test {
protected:
  DoctorTest() {
    options.python_timeout = 50ms;
  }

  /// Makes the store that the configuration names.
  void make_store() {
    ASSERT_TRUE(migrate_up({.url = url, .node = node_id::make()}));
  }

  std::vector<finding> look(std::vector<std::string> settings = {}) {
    settings.push_back("lm.base_url=sim:");
    settings.push_back("python_port.python=/no/such/python");
    return examine(load_configuration({.settings = settings, .store_url = url}),
                   options);
  }

  static finding part(const std::vector<finding>& all, const char* name) {
    for (auto& x : all)
      if (x.part == name)
        return x;
    ADD_FAILURE() << "nothing about " << name;
    return {};
  }

  temp_folder folder;
  std::string url = "sqlite:" + (folder / "store.db").string();
  doctor_options options;
};

} // namespace

TEST_F(DoctorTest, SeesAFullDisk) {
  make_store();
  EXPECT_EQ(part(look(), "disk").status, health::ok);
  options.min_free_bytes = UINT64_MAX;
  auto all = look();
  EXPECT_EQ(part(all, "disk").status, health::problem);
  EXPECT_THAT(part(all, "disk").advice, HasSubstr("Make room"));
  EXPECT_FALSE(is_healthy(all));
}

TEST_F(DoctorTest, SeesWhoElseHasTheStoreOpen) {
  make_store();
  EXPECT_EQ(part(look(), "nodes").message, "no other node has it open");
  {
    auto node = runtime::start({.store_url = url}).value();
    auto all = look();
    EXPECT_EQ(part(all, "nodes").message,
              "1 other node has it open: " + to_string(node.node()));
    EXPECT_TRUE(is_healthy(all));
  }
  // A process that was killed leaves such a lock file.
  auto dead = "store.db.node-" + to_string(node_id::make()) + ".lock";
  std::ofstream{folder / dead};
  EXPECT_THAT(part(look(), "nodes").message,
              HasSubstr("1 node ended without closing it"));
  EXPECT_TRUE(std::filesystem::exists(folder / dead));
}

TEST_F(DoctorTest, LeavesNothingBesideTheStore) {
  make_store();
  look();
  auto others = std::vector<std::string>{};
  for (auto& x : std::filesystem::directory_iterator{folder / ""})
    if (auto name = x.path().filename().string();
        name.find(".lock") != std::string::npos)
      others.push_back(name);
  EXPECT_THAT(others, testing::IsEmpty());
}

TEST_F(DoctorTest, NamesTheAdaptersWhenTheDefaultIsNone) {
  auto x = part(look({"adapters.default=pythn_port"}), "adapters");
  EXPECT_EQ(x.status, health::problem);
  EXPECT_EQ(x.message,
            "adapters.default is pythn_port, but there is only mock, native, "
            "python_port");
}

TEST_F(DoctorTest, MindsAMissingPythonIfProgramsNeedIt) {
  make_store();
  auto x = part(look(), "python");
  EXPECT_EQ(x.status, health::info);
  EXPECT_THAT(x.message, HasSubstr("cannot start /no/such/python: No such "
                                   "file or directory"));
  x = part(look({"adapters.default=python_port"}), "python");
  EXPECT_EQ(x.status, health::problem);
  EXPECT_THAT(x.advice, HasSubstr("python_port.python"));
}

TEST_F(DoctorTest, KnowsThatAStoreInMemoryForgets) {
  url = "memory:";
  auto all = look();
  EXPECT_EQ(part(all, "store").status, health::info);
  EXPECT_TRUE(is_healthy(all));
}

TEST_F(DoctorTest, ReportsEveryProblemOfAConfiguration) {
  auto all = look({"lm.modle=x", "store.pool_size=0"});
  ASSERT_EQ(all.size(), 2u);
  EXPECT_EQ(all[0].message,
            "command line: lm.modle: unknown key; did you mean lm.model?");
  EXPECT_THAT(all[1].message, HasSubstr("command line: store.pool_size: "));
  EXPECT_FALSE(is_healthy(all));
}

} // namespace dspex::test
