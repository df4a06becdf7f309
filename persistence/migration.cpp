#include "persistence/migration.hpp"

namespace dspex {

error unusable_store(const std::string& where, const std::string& why) {
  return {errc::store_unavailable, where + ": " + why};
}

error store_in_use(const std::string& where) {
  return unusable_store(where, "another process has the store open; end it "
                               "before the schema goes back");
}

error outdated_schema(schema_state found, const std::string& where) {
  auto out = unusable_store(where, found == schema_state::older
                                     ? "the schema is older than this dspex; "
                                       "run `dspex migrate up`"
                                     : "there is no schema yet; run "
                                       "`dspex migrate up`");
  out.details = json::object();
  out.details["hint"] = "dspex migrate up";
  return out;
}

result<void> check_applied(const applied_migrations& applied,
                           std::span<const migration> known,
                           const std::string& where) {
  auto newest = applied.empty() ? int64_t{0} : applied.rbegin()->first;
  if (newest > int64_t{known.back().number} || applied.size() > known.size())
    return fail(unusable_store(
      where, "schema " + std::to_string(newest)
               + " is newer than this dspex, which knows "
               + std::to_string(known.size()) + "; use a newer dspex"));
  for (auto& x : known.first(applied.size())) {
    auto i = applied.find(x.number);
    if (i == applied.end() || i->second.checksum != x.checksum)
      return fail(unusable_store(
        where, "migration " + std::to_string(x.number)
                 + " is not the one that this dspex has under that number"));
  }
  return {};
}

std::vector<migration_row> migration_rows(std::span<const migration> known,
                                          const applied_migrations& applied) {
  auto out = std::vector<migration_row>{};
  for (auto& x : known) {
    auto row = migration_row{x.number, std::string{x.name}, std::nullopt};
    if (auto i = applied.find(x.number); i != applied.end())
      row.applied_at = i->second.applied_at;
    out.push_back(std::move(row));
  }
  return out;
}

result<uint32_t> last_wanted(std::span<const migration> known,
                             const migrate_options& how) {
  auto newest = known.back().number;
  auto to = how.to.value_or(newest);
  if (to > newest)
    return fail(errc::invalid_option,
                "there is no migration " + std::to_string(to)
                  + "; the newest is " + std::to_string(newest));
  return to;
}

} // namespace dspex
