#include <limits>
#include <map>

#include "persistence/postgres/store.hpp"

namespace dspex {

result<uint64_t> postgres_store::prune(const prune_request& x, size_t limit) {
  struct counts {
    int64_t completed = 0;
    int64_t failed = 0;
  };
  constexpr auto drop_any
    = "delete from executions where id = any (array("
      "select id from executions where executed_at < $1 "
      "order by executed_at limit $2)) returning program_id, status";
  // These are the words of the index, as in `postgres_list::within`.
  constexpr auto drop_of_program
    = "delete from executions where id = any (array("
      "select id from executions where program_id >= $3 "
      "and (program_id, executed_at) < ($3, $1) "
      "order by program_id, executed_at limit $2)) "
      "returning program_id, status";
  constexpr auto all = std::numeric_limits<int64_t>::max();
  auto most = limit < uint64_t{all} ? static_cast<int64_t>(limit) : all;
  return in_transaction(
    [&](postgres_connection& connection) -> result<uint64_t> {
      // Transactions that prune want the same oldest rows, so they run one
      // after the other.
      connection.run("select pg_advisory_xact_lock(hashtext('dspex prune'), "
                     "hashtext(current_schema()))");
      auto rows = x.program ? connection.run(drop_of_program, x.older_than,
                                             most, *x.program)
                            : connection.run(drop_any, x.older_than, most);
      auto dropped = std::map<program_id, counts>{};
      for (size_t i = 0; i < rows.size(); ++i) {
        auto& program = dropped[program_id{rows[i].id(0)}];
        ++(rows[i].view(1) == "completed" ? program.completed : program.failed);
      }
      // The order of the ids is that of the writers, so no two wait in a
      // circle.
      for (auto& [id, n] : dropped)
        connection.run("update programs set "
                       "pruned_completed = pruned_completed + $2, "
                       "pruned_failed = pruned_failed + $3 where id = $1",
                       id, n.completed, n.failed);
      return rows.size();
    });
}

} // namespace dspex
