#include "persistence/sqlite/connection.hpp"

#include <algorithm>
#include <filesystem>
#include <limits>
#include <thread>
#include <utility>

#include <sqlite3.h>

namespace dspex {

namespace {

[[noreturn]] void corrupt(const SQLite::Statement& stmt, int column,
                          const std::string& why) {
  throw SQLite::Exception("column " + std::string{stmt.getColumnName(column)}
                            + " " + why,
                          SQLITE_CORRUPT);
}

} // namespace

// -- sqlite_query -------------------------------------------------------------

sqlite_query::~sqlite_query() {
  stmt_.tryReset();
  if (stmt_.getBindParameterCount() > 0)
    stmt_.clearBindings();
}

sqlite_query& sqlite_query::bind(int64_t x) {
  stmt_.bind(next_parameter_++, x);
  return *this;
}

sqlite_query& sqlite_query::bind(uint64_t x) {
  if (!std::in_range<int64_t>(x))
    throw SQLite::Exception("number beyond 63 bits", SQLITE_MISMATCH);
  return bind(static_cast<int64_t>(x));
}

sqlite_query& sqlite_query::bind(const std::string& x) {
  stmt_.bind(next_parameter_++, x);
  return *this;
}

sqlite_query& sqlite_query::bind(std::string_view x) {
  return bind(std::string{x});
}

sqlite_query& sqlite_query::bind(const uuid& x) {
  stmt_.bind(next_parameter_++, x.bytes.data(),
             static_cast<int>(x.bytes.size()));
  return *this;
}

sqlite_query& sqlite_query::bind(timestamp x) {
  return bind(int64_t{x.time_since_epoch().count()});
}

sqlite_query& sqlite_query::bind(const document& x) {
  auto text = dump_json(*x);
  if (text.size() > static_cast<size_t>(std::numeric_limits<int>::max()))
    throw SQLite::Exception("document too big", SQLITE_TOOBIG);
  stmt_.bind(next_parameter_++, text);
  return *this;
}

sqlite_query& sqlite_query::bind(errc x) {
  return x == errc::none ? bind_null() : bind(to_string(x));
}

sqlite_query& sqlite_query::bind(const sqlite_value& x) {
  return std::visit([this](auto& y) -> sqlite_query& { return bind(y); }, x);
}

sqlite_query& sqlite_query::bind_null() {
  stmt_.bind(next_parameter_++);
  return *this;
}

int sqlite_query::run() {
  auto changes = stmt_.exec();
  rewind();
  return changes;
}

bool sqlite_query::next() {
  return stmt_.executeStep();
}

void sqlite_query::rewind() {
  stmt_.reset();
  next_parameter_ = 1;
}

bool sqlite_query::is_null(int column) const {
  return stmt_.isColumnNull(column);
}

int64_t sqlite_query::integer(int column) const {
  return stmt_.getColumn(column).getInt64();
}

uint64_t sqlite_query::count(int column) const {
  auto x = integer(column);
  if (x < 0)
    corrupt(stmt_, column, "is negative");
  return static_cast<uint64_t>(x);
}

std::string sqlite_query::text(int column) const {
  return stmt_.getColumn(column).getString();
}

uuid sqlite_query::id(int column) const {
  auto cell = stmt_.getColumn(column);
  auto out = uuid{};
  auto bytes = static_cast<const uint8_t*>(cell.getBlob());
  if (bytes == nullptr
      || static_cast<size_t>(cell.getBytes()) != out.bytes.size())
    corrupt(stmt_, column, "is not an id of 16 bytes");
  std::copy_n(bytes, out.bytes.size(), out.bytes.begin());
  return out;
}

timestamp sqlite_query::time(int column) const {
  return timestamp{std::chrono::microseconds{integer(column)}};
}

std::optional<timestamp> sqlite_query::optional_time(int column) const {
  if (is_null(column))
    return std::nullopt;
  return time(column);
}

document sqlite_query::json_document(int column) const {
  constexpr auto limits
    = json_limits{.max_bytes = std::numeric_limits<size_t>::max()};
  auto cell = stmt_.getColumn(column);
  auto text = cell.getText();
  auto value = parse_json({text, static_cast<size_t>(cell.getBytes())}, limits);
  if (!value)
    corrupt(stmt_, column, "is not JSON: " + to_string(value.error()));
  return document{std::move(*value)};
}

errc sqlite_query::code(int column) const {
  if (is_null(column))
    return errc::none;
  auto code = errc_from_string(text(column));
  if (code == errc::none)
    corrupt(stmt_, column, "holds an unknown error code");
  return code;
}

// -- sqlite_connection --------------------------------------------------------

namespace {

int open_flags(access mode, bool create) {
  if (mode == access::read_only)
    return SQLITE_OPEN_READONLY | SQLITE_OPEN_NOMUTEX;
  return SQLITE_OPEN_READWRITE | SQLITE_OPEN_NOMUTEX
         | (create ? SQLITE_OPEN_CREATE : 0);
}

} // namespace

sqlite_connection::sqlite_connection(sqlite_file file, access mode, bool create)
  : sqlite_connection(std::move(file), open_flags(mode, create),
                      "pragma locking_mode = normal") {
}

sqlite_connection::sqlite_connection(sqlite_file file, int flags,
                                     const char* locking_mode)
  : file_(std::move(file)),
    db_(file_.path, flags, static_cast<int>(file_.timeout.count())) {
  // The locking mode must be set before the first read.
  db_.exec(locking_mode);
  db_.exec("pragma synchronous = full");
  db_.exec("pragma foreign_keys = on");
}

std::unique_ptr<sqlite_connection>
sqlite_connection::open_alone(const sqlite_file& file) {
  try {
    auto out = std::unique_ptr<sqlite_connection>{
      new sqlite_connection{file, open_flags(access::read_write, false),
                            "pragma locking_mode = exclusive"}};
    // In this locking mode, the lock stays when the transaction ends.
    out->run_script("begin exclusive");
    out->run_script("rollback");
    return out;
  } catch (const SQLite::Exception& ex) {
    if ((ex.getErrorCode() & 0xff) == SQLITE_BUSY)
      return nullptr;
    throw;
  }
}

sqlite_query sqlite_connection::query(std::string_view sql) {
  auto key = std::string{sql};
  auto i = statements_.find(key);
  if (i == statements_.end())
    i = statements_.emplace(key, SQLite::Statement{db_, key}).first;
  return sqlite_query{i->second};
}

void sqlite_connection::run_script(const char* sql) {
  db_.exec(sql);
}

void sqlite_connection::use_wal() {
  // If another process changes the mode at the same time, this statement fails
  // at once, without the wait that every other statement gets. So it is
  // repeated.
  auto deadline = std::chrono::steady_clock::now() + file_.timeout;
  for (;;) {
    auto change = SQLite::Statement{db_, "pragma journal_mode = wal"};
    auto code = change.tryExecuteStep();
    if (code == SQLITE_ROW) {
      auto mode = change.getColumn(0).getString();
      if (mode != "wal")
        throw SQLite::Exception("write-ahead logging is not possible here ("
                                  + mode + ")",
                                SQLITE_CANTOPEN);
      return;
    }
    if ((code & 0xff) != SQLITE_BUSY
        || std::chrono::steady_clock::now() >= deadline)
      throw SQLite::Exception(db_.getHandle(), code);
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
  }
}

bool sqlite_connection::in_transaction() const noexcept {
  return sqlite3_get_autocommit(db_.getHandle()) == 0;
}

// -- sqlite_transaction -------------------------------------------------------

sqlite_transaction::sqlite_transaction(sqlite_connection& connection, kind what)
  : connection_(connection) {
  connection_.query(what == kind::write ? "begin immediate" : "begin").run();
}

sqlite_transaction::~sqlite_transaction() {
  // SQLite itself has rolled back after some errors.
  if (!connection_.in_transaction())
    return;
  try {
    connection_.query("rollback").run();
  } catch (const SQLite::Exception&) {
    // The caller reports the error that led here. If the transaction is still
    // open, the next `begin` of this connection fails and says so.
  }
}

void sqlite_transaction::commit() {
  connection_.query("commit").run();
}

// -- errors -------------------------------------------------------------------

error sqlite_error(const SQLite::Exception& ex, const sqlite_file& file) {
  auto say = [&](errc code, const std::string& what) {
    return error{code, file.path + ": " + what};
  };
  switch (ex.getErrorCode() & 0xff) {
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
    case SQLITE_PROTOCOL:
      return say(errc::store_unavailable,
                 "locked by another process (waited "
                   + std::to_string(file.timeout.count()) + " ms)");
    case SQLITE_IOERR:
    case SQLITE_FULL:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
      return say(errc::store_unavailable, ex.what());
    case SQLITE_NOTADB:
      return say(errc::store_unavailable, "not a SQLite database");
    case SQLITE_CORRUPT:
      return say(errc::store_unavailable,
                 std::string{"the database is damaged: "} + ex.what());
    case SQLITE_CONSTRAINT:
    case SQLITE_TOOBIG:
    case SQLITE_MISMATCH:
      return say(errc::store_rejected, ex.what());
    default:
      return say(errc::internal, ex.what());
  }
}

} // namespace dspex
