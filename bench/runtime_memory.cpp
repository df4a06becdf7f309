#include <cmath>
#include <cstdint>
#include <filesystem>
#include <stdexcept>
#include <thread>
#include <utility>
#include <vector>

#include <caf/actor_system.hpp>
#include <caf/stateful_actor.hpp>
#include <caf/typed_actor.hpp>
#include <jemalloc/jemalloc.h>
#include <SQLiteCpp/SQLiteCpp.h>

#include "bench/benchmark.hpp"
#include "bench/run_load.hpp"
#include "dspex/runtime.hpp"
#include "runtime/node.hpp"
#include "tests/support/temp_folder.hpp"

namespace dspex::bench {

namespace {

constexpr size_t window = 64;
constexpr auto deadline = std::chrono::milliseconds{3000};

/// Bytes that this process has from malloc and did not give back.
double heap_in_use() {
  // Statistics are as of the last change of the epoch.
  uint64_t epoch = 1;
  mallctl("epoch", nullptr, nullptr, &epoch, sizeof(epoch));
  size_t result = 0;
  auto size = sizeof(result);
  if (mallctl("stats.allocated", &result, &size, nullptr, 0) != 0)
    throw std::runtime_error("jemalloc keeps no statistics");
  return static_cast<double>(result);
}

/// Two SQLite stores with a module and a program of it that is `ready`. The
/// second has many more such programs, copied row by row beneath the node,
/// which would commit each by itself.
class two_stores {
public:
  explicit two_stores(size_t programs) {
    for (auto& file : {small(), large()}) {
      auto node = start(file);
      make_program(node.client(), window, deadline);
    }
    auto db = SQLite::Database{large().string(), SQLite::OPEN_READWRITE};
    auto all = SQLite::Transaction{db};
    db.exec("create temp table copy as select * from programs");
    auto rename = SQLite::Statement{db, "update copy set id = ?"};
    auto insert = SQLite::Statement{db,
                                    "insert into programs select * from copy"};
    for (size_t i = 0; i < programs; ++i) {
      ids_.push_back(program_id::make());
      auto& bytes = ids_.back().value.bytes;
      rename.bind(1, bytes.data(), static_cast<int>(bytes.size()));
      rename.exec();
      rename.reset();
      insert.exec();
      insert.reset();
    }
    all.commit();
    bytes_ = db.execAndGet("select page_count * page_size "
                           "from pragma_page_count, pragma_page_size")
               .getDouble();
  }

  [[nodiscard]] std::filesystem::path small() const {
    return folder_ / "small.db";
  }

  [[nodiscard]] std::filesystem::path large() const {
    return folder_ / "large.db";
  }

  /// The size of the large store on disk.
  [[nodiscard]] double bytes() const {
    return bytes_;
  }

  /// The programs that only the large store has.
  [[nodiscard]] const std::vector<program_id>& ids() const {
    return ids_;
  }

  /// Starts a node that reads on one connection: the others would fill their
  /// page caches at times of their own.
  static runtime start(const std::filesystem::path& file) {
    auto options = runtime_options{};
    options.store_url = "sqlite:" + file.string();
    options.config.store.pool_size = 1;
    return value_of(runtime::start(std::move(options)));
  }

private:
  test::temp_folder folder_;
  std::vector<program_id> ids_;
  double bytes_ = 0;
};

double heap_of_node(const std::filesystem::path& file) {
  auto before = heap_in_use();
  auto node = two_stores::start(file);
  return heap_in_use() - before;
}

/// Runs each of some programs once.
void use(const client& c, const std::vector<program_id>& ids, size_t first,
         size_t count) {
  auto load = run_load{c,
                       [&](uint64_t n) -> std::optional<program_id> {
                         if (n < count)
                           return ids[first + static_cast<size_t>(n)];
                         return std::nullopt;
                       },
                       window};
  load.wait();
}

// -- a bare actor -------------------------------------------------------------

using idle_actor = caf::typed_actor<caf::reacts_to<int>>;

struct idle_state {
  static constexpr const char* name = "idle";
  int last = 0;
};

idle_actor::behavior_type idle(idle_actor::stateful_pointer<idle_state> self) {
  return {[self](int x) { self->state.last = x; }};
}

double heap_of_actors(size_t count) {
  auto config = node_config{scheduler_settings{}};
  auto sys = caf::actor_system{config};
  auto actors = std::vector<idle_actor>{};
  actors.reserve(count);
  auto before = heap_in_use();
  for (size_t i = 0; i < count; ++i)
    actors.push_back(sys.spawn(idle));
  return heap_in_use() - before;
}

} // namespace

/// Bytes of heap that a program costs which is in the store and was not used
/// since the node started: the difference between a node on a store with
/// 100 001 programs and one on the same store with one, by the program, in
/// whole bytes. The limit is what such a program takes on disk.
measurement runtime_sleeping_program() {
  constexpr size_t count = 100'000;
  auto stores = two_stores{count};
  auto [large, small] = in_turns(
    5, [&] { return heap_of_node(stores.large()); },
    [&] { return heap_of_node(stores.small()); });
  return {std::round((large - small) / count) + 0.0,
          stores.bytes() / count,
          "B",
          {target::subject::value, target::relation::at_most, 0}};
}

/// Bytes of heap that a program costs which was used and waits for more: the
/// growth of a node on SQLite over the first run of 10 000 programs, once they
/// all have ended and the timers of their deadlines have passed. A thousand
/// programs before them fill SQLite's caches. The limit is a bare actor with an
/// `int`.
measurement runtime_idle_program() {
  constexpr size_t warm_up = 1000;
  constexpr size_t count = 10'000;
  auto stores = two_stores{warm_up + count};
  auto node = two_stores::start(stores.large());
  use(node.client(), stores.ids(), 0, warm_up);
  auto before = heap_in_use();
  use(node.client(), stores.ids(), warm_up, count);
  std::this_thread::sleep_for(deadline + std::chrono::milliseconds{500});
  auto value = (heap_in_use() - before) / count;
  return {value,
          heap_of_actors(count) / count,
          "B",
          {target::subject::value, target::relation::at_most, 4096}};
}

} // namespace dspex::bench
