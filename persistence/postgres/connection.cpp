#include "persistence/postgres/connection.hpp"

#include <charconv>
#include <limits>

#include <pqxx/pqxx>
#include <pqxx/version>

#include "core/secrets.hpp"

namespace dspex {

// -- what differs between libpqxx 6.4 and 7 -----------------------------------

namespace {

#if PQXX_VERSION_MAJOR >= 7

using binary_value = std::basic_string_view<std::byte>;

binary_value to_binary(const std::string& x) {
  return {reinterpret_cast<const std::byte*>(x.data()), x.size()};
}

void forbid_reconnecting(pqxx::connection&) {
  // libpqxx 7 never reconnects by itself.
}

template <class T>
pqxx::result call_prepared(pqxx::nontransaction& tx, const std::string& name,
                           const std::vector<T>& values) {
  auto packed = pqxx::params{};
  packed.append_multi(values);
#if PQXX_VERSION_MAJOR > 7 || PQXX_VERSION_MINOR >= 10
  return tx.exec(pqxx::prepped{name}, packed);
#else
  return tx.exec_prepared(name, packed);
#endif
}

#else

using binary_value = pqxx::binarystring;

binary_value to_binary(const std::string& x) {
  return binary_value{x};
}

// libpqxx 6 would make a new connection by itself, and the locks of the old one
// would be gone unnoticed.
void forbid_reconnecting(pqxx::connection& x) {
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wdeprecated-declarations"
  x.inhibit_reactivation(true);
#pragma GCC diagnostic pop
}

template <class T>
pqxx::result call_prepared(pqxx::nontransaction& tx, const std::string& name,
                           const std::vector<T>& values) {
  return tx.exec_prepared(name, pqxx::prepare::make_dynamic_params(values));
}

#endif

// -- errors -------------------------------------------------------------------

// Returns the first line of a message without its prefix; the other lines quote
// statements and rows.
std::string first_sentence(std::string_view message) {
  auto line = message.substr(0, message.find('\n'));
  if (auto pos = line.find(":  "); pos != std::string_view::npos)
    line.remove_prefix(pos + 3);
  return std::string{line};
}

// Joins the lines of a message of libpq, which has one line for each host that
// it tried. Lines that begin with a tab ask whether the server is running.
std::string connection_sentences(std::string_view message) {
  auto out = std::string{};
  while (!message.empty()) {
    auto line = message.substr(0, message.find('\n'));
    message.remove_prefix(std::min(message.size(), line.size() + 1));
    if (line.empty() || line.front() == '\t')
      continue;
    if (!out.empty())
      out += "; ";
    out += line;
  }
  return out;
}

bool has_class(std::string_view sqlstate, std::string_view list) {
  // Classes have two characters, separated by blanks.
  for (size_t i = 0; i + 1 < list.size(); i += 3)
    if (sqlstate.starts_with(list.substr(i, 2)))
      return true;
  return false;
}

errc code_of(std::string_view sqlstate) {
  if (sqlstate == "DX001")
    return errc::interrupted;
  if (has_class(sqlstate, "22 23 54"))
    return errc::store_rejected;
  if (has_class(sqlstate, "08 0A 25 28 3D 3F 40 42 53 55 57 58 XX F0"))
    return errc::store_unavailable;
  return errc::internal;
}

// Returns whether a connection is of no more use after an error: it has ended,
// its server takes no writes any more (so another server may), or its prepared
// statements are for an older schema.
bool breaks_connection(std::string_view sqlstate) {
  return has_class(sqlstate, "08 25 XX") || sqlstate.starts_with("57P")
         || sqlstate == "0A000";
}

postgres_failure make_failure(const postgres_target& target,
                              const std::string& sqlstate,
                              const char* message) {
  auto code = code_of(sqlstate);
  auto waited = " (waited " + std::to_string(target.timeout.count()) + " ms)";
  auto what = first_sentence(message);
  auto details = json{};
  if (sqlstate == "55P03") {
    what = "locked by somebody else" + waited;
  } else if (sqlstate == "57014") {
    what += waited;
  } else if (sqlstate.starts_with("42")) {
    what += "; `dspex doctor` says more";
    details = json::object();
    details["hint"] = "dspex doctor";
  }
  return {error{code,
                mask_password(target.label + ": " + what, target.password),
                std::move(details)},
          sqlstate, breaks_connection(sqlstate)};
}

postgres_failure lost_connection(const postgres_target& target,
                                 const std::string& why) {
  return {error{errc::store_unavailable,
                mask_password(target.label + ": " + why, target.password)},
          "", true};
}

} // namespace

// -- rows ---------------------------------------------------------------------

bool postgres_row::is_null(int column) const {
  return rows_[static_cast<int>(index_)][column].is_null();
}

std::string_view postgres_row::view(int column) const {
  auto cell = rows_[static_cast<int>(index_)][column];
  return {cell.c_str(), cell.size()};
}

std::string postgres_row::text(int column) const {
  return std::string{view(column)};
}

bool postgres_row::boolean(int column) const {
  return view(column) == "t";
}

int64_t postgres_row::integer(int column) const {
  auto x = view(column);
  int64_t out = 0;
  auto [end, ec] = std::from_chars(x.data(), x.data() + x.size(), out);
  if (ec != std::errc{} || end != x.data() + x.size())
    refuse(column, "is no number of 64 bits");
  return out;
}

uint64_t postgres_row::count(int column) const {
  auto x = integer(column);
  if (x < 0)
    refuse(column, "is negative");
  return static_cast<uint64_t>(x);
}

uuid postgres_row::id(int column) const {
  auto x = uuid::parse(view(column));
  if (!x)
    refuse(column, "is not an id");
  return *x;
}

timestamp postgres_row::time(int column) const {
  auto x = read_postgres_time(view(column));
  if (!x)
    refuse(column, "is not a time");
  return *x;
}

std::optional<timestamp> postgres_row::optional_time(int column) const {
  if (is_null(column))
    return std::nullopt;
  return time(column);
}

document postgres_row::json_document(int column) const {
  constexpr auto limits
    = json_limits{.max_bytes = std::numeric_limits<size_t>::max()};
  auto value = parse_json(view(column), limits);
  if (!value)
    refuse(column, "is not JSON that dspex reads");
  return document{std::move(*value)};
}

errc postgres_row::code(int column) const {
  if (is_null(column))
    return errc::none;
  auto code = errc_from_string(view(column));
  if (code == errc::none)
    refuse(column, "holds an unknown error code");
  return code;
}

void postgres_row::refuse(int column, const char* why) const {
  throw postgres_failure{error{errc::store_unavailable,
                               std::string{"the database is damaged: column "}
                                 + rows_.column_name(column) + " " + why},
                         "", false};
}

size_t postgres_rows::size() const {
  return static_cast<size_t>(rows_.size());
}

size_t postgres_rows::changes() const {
  return static_cast<size_t>(rows_.affected_rows());
}

// -- postgres_connection ------------------------------------------------------

namespace {

// The time by which the limit of a statement is longer than that of a lock, and
// the limit of the whole call longer than that of a statement.
constexpr auto grace = std::chrono::milliseconds{100};

} // namespace

struct postgres_connection::library {
  explicit library(const std::string& text) : connection(text) {
  }

  pqxx::connection connection;
};

postgres_connection::postgres_connection(
  const postgres_target& target, access mode,
  std::shared_ptr<postgres_watchdog> watchdog, bool patient)
  : target_(target), watchdog_(std::move(watchdog)), patient_(patient) {
  try {
    library_ = std::make_unique<library>(target.connection_text);
    forbid_reconnecting(library_->connection);
  } catch (const std::exception& ex) {
    throw lost_connection(target,
                          "cannot connect: " + connection_sentences(ex.what()));
  }
  begin_call();
  auto timeout = std::to_string(target.timeout.count());
  // The time limit of locks ends first, because its error says more. A client
  // that has stopped inside a transaction keeps its locks no longer than others
  // wait for them. Sorting is off so that the planner reads rows in the order
  // of an index, and never sorts a table that grows. Compiling plans costs more
  // than it gains here. A commit is acknowledged only when it is on the disk.
  run_script(
    "set timezone = 'UTC'; set datestyle = 'ISO'; "
    "set client_min_messages = warning; set jit = off; set enable_sort = off; "
    "set lock_timeout = "
    + timeout + "; set idle_in_transaction_session_timeout = " + timeout
    + "; set statement_timeout = "
    + (patient ? "0" : std::to_string((target.timeout + grace).count()))
    + (mode == access::read_only
         ? "; set default_transaction_read_only = on"
         : "; select set_config('synchronous_commit', 'on', false) "
           "where current_setting('synchronous_commit') = 'off'"));
}

postgres_connection::~postgres_connection() = default;

void postgres_connection::begin_call() {
  // The time limits of the server end first, because they leave the connection
  // usable.
  deadline_ = patient_
                ? postgres_watchdog::clock::now() + std::chrono::hours{24}
                : postgres_watchdog::clock::now() + target_.timeout + 3 * grace;
}

template <class F>
postgres_rows postgres_connection::guarded_run(F f) {
  auto& connection = library_->connection;
  if (is_broken())
    throw lost_connection(target_, "the connection is lost");
  auto watch = postgres_watchdog::watch{*watchdog_, connection.sock(),
                                        deadline_};
  auto failed = [&](postgres_failure x) {
    if (watch.has_fired())
      x = lost_connection(target_, "no answer within "
                                     + std::to_string(target_.timeout.count())
                                     + " ms");
    else if (!connection.is_open() && !x.is_broken())
      x = lost_connection(target_, "the connection is lost: "
                                     + first_sentence(x.what()));
    broken_ = broken_ || x.is_broken();
    return x;
  };
  try {
    auto tx = pqxx::nontransaction{connection};
    return postgres_rows{f(tx)};
  } catch (const pqxx::transaction_rollback& ex) {
    throw failed(make_failure(target_, "40001", ex.what()));
  } catch (const pqxx::sql_error& ex) {
    throw failed(make_failure(target_, ex.sqlstate(), ex.what()));
  } catch (const pqxx::broken_connection& ex) {
    throw failed(lost_connection(target_, "the connection is lost: "
                                            + first_sentence(ex.what())));
  } catch (const std::exception& ex) {
    throw failed(make_failure(target_, "", ex.what()));
  }
}

const std::string& postgres_connection::prepare(const std::string& sql) {
  auto i = names_.find(sql);
  if (i == names_.end()) {
    auto name = "dspex_" + std::to_string(names_.size());
    library_->connection.prepare(name, sql);
    i = names_.emplace(sql, std::move(name)).first;
  }
  return i->second;
}

postgres_rows
postgres_connection::run_with(const std::string& sql,
                              const std::vector<postgres_text>& parameters) {
  auto values = std::vector<const char*>{};
  for (auto& x : parameters) {
    if (x && x->find('\0') != std::string::npos)
      throw postgres_failure{
        error{errc::store_rejected, "a text contains the character U+0000"},
        "22021", false};
    values.push_back(x ? x->c_str() : nullptr);
  }
  return guarded_run([&](pqxx::nontransaction& tx) {
    return call_prepared(tx, prepare(sql), values);
  });
}

postgres_rows
postgres_connection::run_binary(const std::string& sql,
                                const std::vector<std::string>& parameters) {
  auto values = std::vector<binary_value>{};
  for (auto& x : parameters)
    values.push_back(to_binary(x));
  return guarded_run([&](pqxx::nontransaction& tx) {
    return call_prepared(tx, prepare(sql), values);
  });
}

postgres_rows postgres_connection::run_script(const std::string& sql) {
  return guarded_run([&](pqxx::nontransaction& tx) { return tx.exec(sql); });
}

bool postgres_connection::is_broken() const {
  return broken_ || !library_->connection.is_open();
}

// -- postgres_transaction -----------------------------------------------------

postgres_transaction::postgres_transaction(postgres_connection& connection)
  : connection_(connection) {
  connection_.run_script("begin");
}

postgres_transaction::~postgres_transaction() {
  if (!open_ || connection_.is_broken())
    return;
  try {
    connection_.run_script("rollback");
  } catch (const postgres_failure&) {
    // The caller reports the error that led here. A connection that cannot even
    // roll back is lost, and its next use says so.
  }
}

void postgres_transaction::commit() {
  open_ = false;
  connection_.run_script("commit");
}

} // namespace dspex
