// Tests of what only PostgreSQL has: connections that break, and what errors
// say.

#include <csignal>
#include <future>
#include <optional>

#include <gmock/gmock.h>

#include "persistence/postgres/values.hpp"
#include "tests/conformance/store_conformance.hpp"
#include "tests/support/postgres_scratch.hpp"

namespace dspex::test {

namespace {

class PostgresStore : public testing::Test {
protected:
  void SetUp() override {
    DSPEX_NEEDS_POSTGRES();
    database_ = must(open_database(options()));
    store_ = must(database_->connect(access::read_write));
    auto sig = must(store_->insert_signature(make_signature("Broken")));
    program_ = must(store_->insert_program(make_program(sig.id)));
  }

  database_options options() {
    auto out = database_options{};
    out.url = place_.url() + "&application_name=" + name_;
    out.node = node_id::make();
    out.timeout = std::chrono::milliseconds{400};
    return out;
  }

  // The processes of the server that serve this test.
  std::vector<pid_t> backends() {
    auto out = std::vector<pid_t>{};
    for (auto& x : place_.run("select pid from pg_stat_activity where "
                              "application_name = '"
                              + name_ + "'"))
      out.push_back(std::stoi(x));
    return out;
  }

  std::string shortened(std::string text) {
    auto label = place_.label();
    if (auto pos = text.find(label); pos != std::string::npos)
      text.replace(pos, label.size(), "URL");
    return text;
  }

  scratch_schema place_;
  std::string name_ = "dspex-" + to_string(node_id::make());
  std::unique_ptr<database> database_;
  std::unique_ptr<store> store_;
  program_record program_;
};

// Another connection that locks the programs until the object goes.
class programs_lock {
public:
  explicit programs_lock(const scratch_schema& place) : place_(place) {
    holder_ = std::async(std::launch::async, [&place] {
      EXPECT_ANY_THROW(
        place.run("begin; select 1 from programs for update; "
                  "select pg_advisory_lock(4711); select pg_sleep(30)"));
    });
    while (place_.run(std::string{"select 1 "} + from_locks + " and granted")
             .empty()) {
    }
  }

  ~programs_lock() {
    place_.run(std::string{"select pg_terminate_backend(pid) "} + from_locks);
  }

  programs_lock(const programs_lock&) = delete;
  programs_lock& operator=(const programs_lock&) = delete;

private:
  static constexpr auto from_locks
    = "from pg_locks where locktype = 'advisory' and objid = 4711 "
      "and database = (select oid from pg_database "
      "where datname = current_database())";

  const scratch_schema& place_;
  std::future<void> holder_;
};

} // namespace

TEST_F(PostgresStore, CallAfterALostConnectionMakesANewOne) {
  for (auto pid : backends())
    place_.run("select pg_terminate_backend(" + std::to_string(pid)
               + ", 5000)");
  auto lost = store_->get_program(program_.id);
  ASSERT_FALSE(lost);
  EXPECT_EQ(lost.error().code, errc::store_unavailable);
  EXPECT_EQ(must(store_->get_program(program_.id)), program_);
}

TEST_F(PostgresStore, BatchOfALostConnectionCanBeSentAgain) {
  auto batch = execution_batch{.finished = {make_completed(program_.id)}};
  must(store_->write(batch));
  for (auto pid : backends())
    place_.run("select pg_terminate_backend(" + std::to_string(pid)
               + ", 5000)");
  EXPECT_FALSE(store_->write(batch));
  EXPECT_EQ(must(store_->write(batch)).duplicates.size(), 1u);
  EXPECT_EQ(must(store_->get_program(program_.id)).completed_count, 1u);
  EXPECT_EQ(must(store_->get_statistics(program_.id)).total_executions, 1u);
}

TEST_F(PostgresStore, ServerThatDoesNotAnswerIsGivenUpAtTheDeadline) {
  // Its kernel acknowledges all the same, like behind a proxy that has hung.
  auto stopped = backends();
  for (auto pid : stopped)
    kill(pid, SIGSTOP);
  auto got = store_->get_program(program_.id);
  auto again = store_->get_program(program_.id);
  for (auto pid : stopped)
    kill(pid, SIGCONT);
  EXPECT_EQ(shortened(refusal(got)),
            "store_unavailable: URL: no answer within 400 ms");
  EXPECT_EQ(refusal(again), "ok");
}

TEST_F(PostgresStore, LockOfSomebodyElseIsWaitedForUntilTheDeadline) {
  auto lock = std::make_optional<programs_lock>(place_);
  auto got = store_->update_program(program_.id, {.name = "x"});
  lock.reset();
  EXPECT_EQ(shortened(refusal(got)),
            "store_unavailable: URL: locked by somebody else (waited 400 ms)");
  EXPECT_EQ(must(store_->update_program(program_.id, {.name = "x"})).name, "x");
}

TEST_F(PostgresStore, ServerThatTakesNoWritesIsUnavailable) {
  auto reading = database_options{};
  reading = options();
  reading.url = place_.url() + "%20-cdefault_transaction_read_only%3Don";
  auto got = open_database(reading);
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, errc::store_unavailable);
  EXPECT_NE(got.error().message.find("read-only"), std::string::npos)
    << got.error().message;
}

TEST_F(PostgresStore, MissingTableIsUnavailableAndSaysWhereToLook) {
  place_.run("drop table idempotency_keys");
  auto got = store_->sweep();
  ASSERT_FALSE(got);
  EXPECT_EQ(shortened(refusal(got)),
            "store_unavailable: URL: relation \"idempotency_keys\" does not "
            "exist; `dspex doctor` says more");
  EXPECT_EQ(got.error().details["hint"], "dspex doctor");
}

TEST_F(PostgresStore, RowThatTheServerRefusesIsRejectedByName) {
  auto x = make_completed(program_.id);
  place_.run("alter table executions add constraint no_late_tries "
             "check (attempt < 5)");
  x.attempt = 7;
  EXPECT_EQ(shortened(refusal(store_->write({.finished = {x}}))),
            "store_rejected: URL: new row for relation \"executions\" violates "
            "check constraint \"no_late_tries\"");
  EXPECT_EQ(must(store_->get_program(program_.id)).completed_count, 0u);
}

TEST_F(PostgresStore, NodesWithTwoWritersAddUpWhatBothWrite) {
  EXPECT_EQ(database_->max_writers(), 2u);
  auto programs = std::vector{
    program_.id,
    must(store_->insert_program(make_program(program_.signature.id))).id};
  auto write = [&](bool forth) {
    auto s = must(database_->connect(access::read_write));
    for (auto i = 0; i < 20; ++i) {
      auto batch = execution_batch{};
      for (auto k = 0; k < 20; ++k)
        batch.finished.push_back(
          make_completed(programs[(k % 2 == 0) == forth ? 0 : 1]));
      // Writers that meet wait for each other.
      while (!s->write(batch)) {
      }
    }
  };
  auto other = std::async(std::launch::async, write, false);
  write(true);
  other.get();
  for (auto id : programs)
    EXPECT_EQ(must(store_->get_program(id)).completed_count, 400u);
}

TEST_F(PostgresStore, BatchIsNotOvertakenOnAnotherConnection) {
  // Its program is locked, so that the first batch stands in the middle of its
  // statement.
  auto lock = std::make_optional<programs_lock>(place_);
  auto patient = options();
  patient.timeout = std::chrono::seconds{30};
  auto node = must(open_database(patient));
  auto wait_until_stuck = [&](int batches) {
    while (place_
             .run("select 1 from pg_stat_activity where application_name = '"
                  + name_
                  + "' and wait_event_type = 'Lock' "
                    "having count(*) = "
                  + std::to_string(batches))
             .empty()) {
    }
  };
  auto done = make_completed(program_.id);
  auto running = make_running(program_.id);
  running.id = done.id;
  auto write = [&](execution_batch batch) {
    batch.lane = 1;
    return std::async(std::launch::async, [&node, batch] {
      must(must(node->connect(access::read_write))->write(batch));
    });
  };
  auto first = write({.live = {running}});
  wait_until_stuck(1);
  auto second = write({.finished = {done}});
  wait_until_stuck(2);
  lock.reset();
  first.get();
  second.get();
  EXPECT_EQ(place_.run("select status from all_executions where id = '"
                       + to_string(done.id) + "'"),
            std::vector<std::string>{"completed"});
}

TEST(PostgresUrl, PasswordIsInNoError) {
  auto options = database_options{};
  options.node = node_id::make();
  options.access = access::read_only;
  for (auto url :
       {"postgresql://me:s3cret@127.0.0.1:1/x", "postgresql://me:s3cret@[x/y",
        "postgresql:me:s3cret", "postgres://me:s3cret@127.0.0.1:bad/x",
        "postgresql://127.0.0.1:1/x?password=s3cret",
        "postgresql://127.0.0.1:1/x?nonsense=s3cret"}) {
    options.url = url;
    auto got = open_database(options);
    ASSERT_FALSE(got) << url;
    EXPECT_EQ(got.error().message.find("s3cret"), std::string::npos)
      << got.error().message;
  }
  options.url = "postgresql://me:s3cret@127.0.0.1:1/x";
  EXPECT_THAT(
    refusal(open_database(options)),
    testing::StartsWith(
      "store_unavailable: postgresql://127.0.0.1:1/x: cannot connect: "));
}

TEST(PostgresValues, TimesAreReadAsTheServerPrintsThem) {
  auto read = [](std::string_view x) {
    auto t = read_postgres_time(x);
    return t ? to_string(*t) : "none";
  };
  EXPECT_EQ(read("2026-01-31 12:00:00+00"), "2026-01-31T12:00:00.000000Z");
  EXPECT_EQ(read("2026-01-31 12:00:00.5+00"), "2026-01-31T12:00:00.500000Z");
  EXPECT_EQ(read("1969-12-31 23:59:59.999999+00"),
            "1969-12-31T23:59:59.999999Z");
  EXPECT_EQ(read("2026-01-31 12:00:00+01"), "none");
  EXPECT_EQ(read("infinity"), "none");
  EXPECT_EQ(read(""), "none");
}

} // namespace dspex::test
