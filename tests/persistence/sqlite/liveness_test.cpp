#include <filesystem>
#include <map>
#include <thread>

#include "tests/conformance/store_conformance.hpp"
#include "tests/persistence/child_process.hpp"

namespace dspex::test {

namespace {

class SqliteLiveness : public testing::Test {
protected:
  SqliteLiveness() {
    database_ = open(node_);
    store_ = must(database_->connect(access::read_write));
    auto sig = must(store_->insert_signature(make_signature("Live")));
    signature_ = sig.id;
    program_ = must(store_->insert_program(make_program(sig.id))).id;
    draft_ = must(store_->insert_program(make_program(sig.id))).id;
  }

  std::unique_ptr<database> open(node_id node,
                                 access mode = access::read_write) {
    auto options = database_options{};
    options.url = url_;
    options.access = mode;
    options.node = node;
    return must(open_database(options));
  }

  std::vector<std::string> lock_files() {
    auto out = std::vector<std::string>{};
    for (auto& x : std::filesystem::directory_iterator{directory_.path()})
      if (x.path().extension() == ".lock")
        out.push_back(x.path().filename().string());
    return out;
  }

  std::string lock_name(node_id node) {
    return "test.db.node-" + to_string(node) + ".lock";
  }

  temp_folder directory_;
  std::string url_ = "sqlite:" + (directory_.path() / "test.db").string();
  node_id node_ = node_id::make();
  std::unique_ptr<database> database_;
  std::unique_ptr<store> store_;
  signature_id signature_;
  program_id program_;
  program_id draft_;
};

} // namespace

TEST_F(SqliteLiveness, LockFileStandsWhileTheNodeLivesAndGoesWithIt) {
  EXPECT_EQ(lock_files(), std::vector{lock_name(node_)});
  database_.reset();
  EXPECT_EQ(lock_files(), std::vector{lock_name(node_)});
  store_.reset();
  EXPECT_TRUE(lock_files().empty());
}

TEST_F(SqliteLiveness, ReaderTakesNoSignOfLife) {
  auto reader = open(node_id::make(), access::read_only);
  auto connection = must(reader->connect(access::read_only));
  EXPECT_EQ(must(connection->get_program(program_)).id, program_);
  EXPECT_EQ(lock_files(), std::vector{lock_name(node_)});
  EXPECT_EQ(refusal(reader->connect(access::read_write)),
            "store_unavailable: The store was opened for reading only; "
            "nothing was written");
}

TEST_F(SqliteLiveness, SameNodeCannotOpenTheStoreTwice) {
  auto options = database_options{};
  options.url = url_;
  options.node = node_;
  options.timeout = std::chrono::milliseconds{20};
  auto got = open_database(options);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, errc::conflict);
}

TEST_F(SqliteLiveness, SweepLeavesTheWorkOfLivingNodesAlone) {
  auto child
    = child_process{{url_, "hold", to_string(program_), to_string(draft_)}};
  ASSERT_EQ(child.read_line(), "ready");
  auto own = make_running(program_);
  own.node = node_;
  must(store_->write({.live = {own}}));
  auto got = must(store_->sweep());
  EXPECT_EQ(got.executions, 0u);
  EXPECT_EQ(got.programs, 0u);
  EXPECT_EQ(must(store_->get_statistics(program_)).in_progress, 2u);
  EXPECT_EQ(must(store_->get_program(draft_)).status,
            program_status::initializing);
  EXPECT_EQ(lock_files().size(), 2u);
}

TEST_F(SqliteLiveness, SweepClosesWhatAKilledNodeLeft) {
  auto child
    = child_process{{url_, "hold", to_string(program_), to_string(draft_)}};
  ASSERT_EQ(child.read_line(), "ready");
  child.kill();
  EXPECT_EQ(lock_files().size(), 2u);
  auto got = must(store_->sweep());
  EXPECT_EQ(got.executions, 1u);
  EXPECT_EQ(got.programs, 1u);
  EXPECT_EQ(lock_files(), std::vector{lock_name(node_)});
  auto rows = must(store_->list_executions({}, {})).items;
  ASSERT_EQ(rows.size(), 1u);
  auto& x = rows.front();
  EXPECT_EQ(x.status, execution_status::failed);
  EXPECT_EQ(x.error_code, errc::interrupted);
  EXPECT_NE(x.error_message, "");
  EXPECT_EQ(x.duration_us.value(),
            (x.finished_at.value() - x.executed_at).count());
  auto program = must(store_->get_program(program_));
  EXPECT_EQ(program.failed_count, 1u);
  EXPECT_EQ(must(store_->get_statistics(program_)).in_progress, 0u);
  auto draft = must(store_->get_program(draft_));
  EXPECT_EQ(draft.status, program_status::error);
  EXPECT_EQ(draft.error_code, errc::interrupted);
  EXPECT_EQ(draft.owner_node, std::nullopt);
  auto again = must(store_->sweep());
  EXPECT_EQ(again.executions + again.programs, 0u);
}

TEST_F(SqliteLiveness, SweepClosesTheWorkOfANodeWithoutALockFile) {
  auto x = make_running(program_);
  must(store_->write({.live = {x}}));
  EXPECT_EQ(must(store_->sweep()).executions, 1u);
  EXPECT_EQ(must(store_->get_execution(x.id)).error_code, errc::interrupted);
  EXPECT_EQ(lock_files(), std::vector{lock_name(node_)});
}

TEST_F(SqliteLiveness, SweepClosesMoreThanOneTransactionHolds) {
  auto batch = execution_batch{};
  auto dead = node_id::make();
  for (int i = 0; i < 2300; ++i) {
    batch.live.push_back(make_running(program_));
    batch.live.back().node = dead;
  }
  must(store_->write(batch));
  EXPECT_EQ(must(store_->sweep()).executions, 2300u);
  EXPECT_EQ(must(store_->get_program(program_)).failed_count, 2300u);
}

TEST_F(SqliteLiveness, ExecutionsWithoutANodeAreNeverSwept) {
  auto x = make_running(program_);
  x.node = node_id{};
  must(store_->write({.live = {x}}));
  EXPECT_EQ(must(store_->sweep()).executions, 0u);
  EXPECT_EQ(must(store_->get_execution(x.id)), x);
}

TEST_F(SqliteLiveness, ManySweepersCloseEachExecutionOnce) {
  auto batch = execution_batch{};
  for (int i = 0; i < 40; ++i)
    batch.live.push_back(make_running(program_));
  must(store_->write(batch));
  auto other = open(node_id::make());
  auto second = must(other->connect(access::read_write));
  auto first_count = sweep_result{};
  auto second_count = sweep_result{};
  {
    auto a = std::jthread{[&] { first_count = must(store_->sweep()); }};
    auto b = std::jthread{[&] { second_count = must(second->sweep()); }};
  }
  EXPECT_EQ(first_count.executions + second_count.executions, 40u);
  EXPECT_EQ(must(store_->get_program(program_)).failed_count, 40u);
  EXPECT_EQ(lock_files().size(), 2u);
}

TEST_F(SqliteLiveness, LateRowsOfASweptNodeChangeNothing) {
  auto x = make_running(program_);
  must(store_->write({.live = {x}}));
  must(store_->sweep());
  auto late = make_completed(program_);
  late.id = x.id;
  EXPECT_EQ(must(store_->write({.finished = {late}})).duplicates,
            std::vector{x.id});
  EXPECT_EQ(must(store_->get_execution(x.id)).error_code, errc::interrupted);
}

TEST_F(SqliteLiveness, KeyOfAKilledNodeIsFreeOnceItIsSwept) {
  auto child = child_process{{url_, "claim", to_string(program_), "key"}};
  auto first = child.read_line();
  ASSERT_TRUE(first.ends_with(" mine")) << first;
  first.resize(first.find(' '));
  auto owner = [&] {
    auto x = make_running(program_);
    x.node = node_;
    x.executed_at = now();
    auto got = must(store_->claim_idempotency_key({"key", "h", x})).execution;
    return got == x.id ? std::string{"mine"} : to_string(got);
  };
  must(store_->sweep());
  EXPECT_EQ(owner(), first);
  child.kill();
  EXPECT_EQ(owner(), first);
  EXPECT_EQ(must(store_->sweep()).executions, 1u);
  EXPECT_EQ(owner(), "mine");
}

// -- several processes --------------------------------------------------------

TEST_F(SqliteLiveness, OneOfSixteenProcessesActivatesASignature) {
  auto children = std::vector<std::unique_ptr<child_process>>{};
  for (int i = 0; i < 16; ++i)
    children.push_back(std::make_unique<child_process>(
      std::vector{url_, std::string{"activate"}, to_string(signature_)}));
  auto outcomes = std::map<std::string, int>{};
  for (auto& x : children)
    ++outcomes[x->read_last_line()];
  auto expected = std::map<std::string, int>{
    {"ok", 1},
    {"invalid_transition: Only draft signatures can be activated", 15}};
  EXPECT_EQ(outcomes, expected);
}

TEST_F(SqliteLiveness, OneOfSixteenProcessesOwnsAKey) {
  auto children = std::vector<std::unique_ptr<child_process>>{};
  for (int i = 0; i < 16; ++i)
    children.push_back(std::make_unique<child_process>(std::vector{
      url_, std::string{"claim"}, to_string(program_), std::string{"key"}}));
  auto outcomes = std::map<std::string, int>{};
  for (auto& x : children)
    ++outcomes[x->read_line()];
  ASSERT_EQ(outcomes.size(), 2u);
  auto& [owner, others] = *outcomes.begin();
  EXPECT_EQ(others, 15);
  EXPECT_EQ(outcomes.rbegin()->first, owner + " mine");
  EXPECT_EQ(must(store_->list_executions({}, {})).items.size(), 1u);
}

TEST_F(SqliteLiveness, SixteenProcessesOpenANewFileAtOnce) {
  auto url = "sqlite:" + (directory_.path() / "new.db").string();
  auto children = std::vector<std::unique_ptr<child_process>>{};
  for (int i = 0; i < 16; ++i)
    children.push_back(std::make_unique<child_process>(std::vector{
      url, std::string{"insert"}, "Opened.By" + std::to_string(i)}));
  for (auto& x : children)
    EXPECT_EQ(x->read_last_line(), "ok");
  auto options = database_options{};
  options.url = url;
  options.node = node_id::make();
  auto db = must(open_database(options));
  auto s = must(db->connect(access::read_only));
  EXPECT_EQ(must(s->list_signatures({}, {})).items.size(), 16u);
}

} // namespace dspex::test
