// Everything that happens to a PostgreSQL in the life of a node, for real: the
// node lives, its callers hear of it in time, and nothing that was acknowledged
// is lost.

#include <atomic>
#include <cerrno>
#include <filesystem>
#include <fstream>
#include <sys/mount.h>
#include <unistd.h>

#include "tests/outages/outage_fixture.hpp"
#include "tests/outages/tcp_proxy.hpp"
#include "tests/support/temp_folder.hpp"

namespace dspex::test {

using PostgresOutage = outage_test;

TEST_F(PostgresOutage, IsRiddenOutWhenEveryConnectionBreaks) {
  auto proxy = tcp_proxy{server().port()};
  start_node(server().create_database(), {proxy.port()});
  expect_recovery_after([&] { proxy.drop(); });
}

TEST_F(PostgresOutage, IsRiddenOutWhenBackendsAreTerminated) {
  start_node(server().create_database(), {server().port()});
  expect_recovery_after([this] {
    server().query("postgres", "select pg_terminate_backend(pid) "
                               "from pg_stat_activity "
                               "where datname like 'outage%'");
  });
}

TEST_F(PostgresOutage, IsRiddenOutWhenTheServerRestarts) {
  start_node(server().create_database(), {server().port()});
  expect_recovery_after([this] { server().restart(); });
}

TEST_F(PostgresOutage, IsRiddenOutWhenTheServerIsGone) {
  start_node(server().create_database(), {server().port()});
  expect_to_ride_out([this] { server().stop(); }, [this] { server().start(); });
}

TEST_F(PostgresOutage, IsRiddenOutWhenTheServerIsSilent) {
  auto proxy = tcp_proxy{server().port()};
  start_node(server().create_database(), {proxy.port()});
  expect_to_ride_out([&] { proxy.freeze(); }, [&] { proxy.thaw(); });
}

TEST_F(PostgresOutage, WritesNothingTwiceWhenCommitsAreInDoubt) {
  auto proxy = tcp_proxy{server().port()};
  start_node(server().create_database(), {proxy.port()});
  expect_to_ride_out([&] { proxy.swallow_answers(); }, [&] { proxy.thaw(); });
}

TEST_F(PostgresOutage, IsRiddenOutWhenTheServerIsReadOnly) {
  start_node(server().create_database(), {server().port()});
  auto set = [this](const std::string& value) {
    server().query("postgres", "alter system set default_transaction_read_only "
                               "= "
                                 + value);
    server().query("postgres", "select pg_reload_conf()");
  };
  expect_to_ride_out([&] { set("on"); }, [&] { set("off"); });
}

TEST_F(PostgresOutage, IsRiddenOutWhenOneOfTwoHostsIsGone) {
  auto second = postgres_server::free_port();
  start_node(server().create_database(), {server().port(), second});
  expect_to_ride_out([this] { server().stop(); },
                     [&] { server().start(second); });
}

namespace {

/// A file system of a few megabytes that belongs to the server.
class small_disk {
public:
  small_disk() {
    // The server must be able to go there.
    std::filesystem::permissions(folder_ / "", std::filesystem::perms{0755});
    std::filesystem::create_directory(path());
    auto options = "size=40m,mode=0700,uid="
                   + std::to_string(postgres_server::user());
    mounted_ = ::mount("none", path().c_str(), "tmpfs", 0, options.c_str())
               == 0;
  }

  small_disk(const small_disk&) = delete;
  small_disk& operator=(const small_disk&) = delete;

  ~small_disk() {
    if (mounted_)
      ::umount2(path().c_str(), MNT_DETACH);
  }

  [[nodiscard]] bool is_there() const {
    return mounted_;
  }

  [[nodiscard]] std::string path() const {
    return folder_ / "disk";
  }

  void fill() const {
    auto out = std::ofstream{path() + "/filler", std::ios::binary};
    auto chunk = std::string(4096, 'x');
    while (out.write(chunk.data(), static_cast<std::streamsize>(chunk.size()))
           && out.flush())
      ;
  }

  void empty() const {
    std::filesystem::remove(path() + "/filler");
  }

private:
  temp_folder folder_;
  bool mounted_ = false;
};

} // namespace

TEST_F(PostgresOutage, IsRiddenOutWhenTheDiskIsFull) {
  auto disk = small_disk{};
  if (!disk.is_there())
    GTEST_SKIP() << "nobody may mount here: errno " << errno;
  auto database = server().create_database(disk.path());
  start_node(database, {server().port()});
  expect_to_ride_out([&] { disk.fill(); }, [&] { disk.empty(); });
  server().query("postgres", "drop database " + database);
  server().query("postgres", "drop tablespace space_of_" + database);
}

} // namespace dspex::test
