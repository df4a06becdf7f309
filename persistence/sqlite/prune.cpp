#include <limits>
#include <map>

#include "persistence/sqlite/store.hpp"

namespace dspex {

namespace {

uint64_t drop_finished(sqlite_connection& connection, const prune_request& x,
                       size_t limit) {
  struct counts {
    int64_t completed = 0;
    int64_t failed = 0;
  };
  constexpr auto drop_any
    = "delete from executions where rowid in (select rowid from executions "
      "where executed_at < ? order by executed_at limit ?) "
      "returning program_id, status";
  constexpr auto drop_of_program
    = "delete from executions where rowid in (select rowid from executions "
      "where program_id = ? and executed_at < ? order by executed_at limit ?) "
      "returning program_id, status";
  constexpr auto all = std::numeric_limits<int64_t>::max();
  auto most = limit < uint64_t{all} ? static_cast<int64_t>(limit) : all;
  auto dropped = std::map<program_id, counts>{};
  uint64_t total = 0;
  {
    auto drop = connection.query(x.program ? drop_of_program : drop_any);
    if (x.program)
      drop.bind(*x.program);
    drop.bind(x.older_than).bind(most);
    while (drop.next()) {
      auto& program = dropped[program_id{drop.id(0)}];
      ++(drop.text(1) == "completed" ? program.completed : program.failed);
      ++total;
    }
  }
  for (auto& [id, n] : dropped)
    connection
      .query("update programs set pruned_completed = pruned_completed + ?, "
             "pruned_failed = pruned_failed + ? where id = ?")
      .bind(n.completed)
      .bind(n.failed)
      .bind(id)
      .run();
  return total;
}

} // namespace

result<uint64_t> sqlite_store::prune(const prune_request& x, size_t limit) {
  return in_transaction(
    [&]() -> result<uint64_t> { return drop_finished(connection_, x, limit); });
}

} // namespace dspex
