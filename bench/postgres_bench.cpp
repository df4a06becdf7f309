#include "bench/postgres_bench.hpp"

#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <sys/resource.h>
#include <unistd.h>
#include <utility>

#include "bench/run_load.hpp"
#include "dspex/json.hpp"
#include "persistence/store.hpp"

namespace dspex::bench {

namespace {

std::string variable(const char* name) {
  auto* value = std::getenv(name);
  if (value == nullptr)
    throw std::runtime_error("PostgreSQL is measured under "
                             "scripts/with-postgres");
  return value;
}

template <class T>
void append_number(std::string& out, T x) {
  for (auto shift = static_cast<int>(8 * sizeof(T)) - 8; shift >= 0; shift -= 8)
    out += static_cast<char>((static_cast<uint64_t>(x) >> shift) & 0xff);
}

void append_field(std::string& out, std::string_view bytes) {
  append_number(out, static_cast<int32_t>(bytes.size()));
  out += bytes;
}

void append_id(std::string& out, const uuid& id) {
  append_field(
    out, {reinterpret_cast<const char*>(id.bytes.data()), id.bytes.size()});
}

void append_int64(std::string& out, int64_t x) {
  append_number(out, int32_t{8});
  append_number(out, x);
}

void append_time(std::string& out, timestamp t) {
  // Microseconds since 2000-01-01.
  append_int64(out, t.time_since_epoch().count() - 946'684'800'000'000);
}

// Sizes in the binary format of COPY.
constexpr size_t header_size = 19;
constexpr size_t id_in_row = 2 + 4;
constexpr size_t time_in_row = 2 + 3 * (4 + 16);

// User and system time of a process, and of its children that have ended.
double cpu_of(const std::filesystem::path& process, bool with_ended) {
  auto in = std::ifstream{process / "stat"};
  auto line = std::string{};
  std::getline(in, line);
  auto fields = std::istringstream{line.substr(line.rfind(')') + 1)};
  auto word = std::string{};
  for (auto i = 3; i < 14; ++i)
    fields >> word;
  double own = 0;
  double ended = 0;
  for (auto* sum : {&own, &own, &ended, &ended}) {
    double ticks = 0;
    fields >> ticks;
    *sum += ticks;
  }
  return (own + (with_ended ? ended : 0))
         / static_cast<double>(::sysconf(_SC_CLK_TCK));
}

std::string parent_of(const std::filesystem::path& process) {
  auto in = std::ifstream{process / "stat"};
  auto line = std::string{};
  std::getline(in, line);
  auto fields = std::istringstream{line.substr(line.rfind(')') + 1)};
  auto state = std::string{};
  auto parent = std::string{};
  fields >> state >> parent;
  return parent;
}

} // namespace

// -- connections and databases ------------------------------------------------

bare_connection::bare_connection(const std::string& url)
  : connection_(PQconnectdb(url.c_str())) {
  if (PQstatus(get()) != CONNECTION_OK)
    throw std::runtime_error(PQerrorMessage(get()));
}

bare_connection::result_ptr bare_connection::checked(PGresult* x) {
  auto out = result_ptr{x};
  auto status = PQresultStatus(x);
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK
      && status != PGRES_COPY_IN)
    throw std::runtime_error(PQerrorMessage(get()));
  return out;
}

bare_connection::result_ptr bare_connection::run(const std::string& sql) {
  return checked(PQexec(get(), sql.c_str()));
}

std::string bare_connection::value(const std::string& sql) {
  return PQgetvalue(run(sql).get(), 0, 0);
}

bench_database::bench_database() : server_(variable("DSPEX_TEST_POSTGRES")) {
  static auto number = 0;
  name_ = "bench_" + std::to_string(++number);
  bare_connection{server_}.run("create database " + name_);
  url_ = server_.substr(0, server_.rfind('/') + 1) + name_;
  value_of(migrate_up({.url = url_, .node = node_id::make()}));
}

bench_database::~bench_database() {
  try {
    bare_connection{server_}.run("drop database " + name_ + " with (force)");
  } catch (const std::exception&) {
    // The database goes with its server.
  }
}

// -- COPY ---------------------------------------------------------------------

copy_writer::copy_writer(const std::string& url, execution_record like,
                         size_t rows)
  : connection_(url), like_(std::move(like)), rows_(rows) {
  auto n = std::to_string(rows);
  auto spent = std::to_string(like_.duration_us.value_or(0)
                              * static_cast<int64_t>(rows));
  // One message of several statements is one transaction.
  command_ = "copy executions (id, program_id, node, executed_at, started_at, "
             "finished_at, inserted_at, updated_at, duration_us, attempt, "
             "status, error_code, error_message, inputs, outputs, metadata) "
             "from stdin binary; "
             "update programs set completed_count = completed_count + "
             + n + ", duration_us_sum = duration_us_sum + " + spent
             + ", last_executed_at = now() where id = '"
             + to_string(like_.program_id) + "'";
  data_ = std::string{"PGCOPY\n\377\r\n\0", 11} + std::string(8, '\0');
  append_row();
  row_size_ = data_.size() - header_size;
  for (size_t i = 1; i < rows_; ++i)
    append_row();
  append_number(data_, int16_t{-1});
}

void copy_writer::append_row() {
  append_number(data_, int16_t{16});
  append_id(data_, like_.id.value);
  append_id(data_, like_.program_id.value);
  append_id(data_, like_.node.value);
  append_time(data_, like_.executed_at);
  append_time(data_, like_.started_at.value_or(like_.executed_at));
  append_time(data_, like_.finished_at.value_or(like_.executed_at));
  append_time(data_, like_.inserted_at);
  append_time(data_, like_.updated_at);
  append_int64(data_, like_.duration_us.value_or(0));
  append_number(data_, int32_t{4});
  append_number(data_, like_.attempt);
  append_field(data_, to_string(like_.status));
  append_number(data_, int32_t{-1});
  append_field(data_, like_.error_message);
  for (auto* x : {&like_.inputs, &like_.outputs, &like_.metadata})
    append_field(data_, dump_json(**x));
}

char* copy_writer::row(size_t n) {
  return data_.data() + header_size + n * row_size_;
}

void copy_writer::write() {
  for (size_t i = 0; i < rows_; ++i) {
    auto id = uuid::make();
    std::memcpy(row(i) + id_in_row, id.bytes.data(), id.bytes.size());
  }
  send();
}

void copy_writer::write_at(timestamp t) {
  auto id = uuid::make();
  // Its first six bytes are milliseconds.
  auto ms = t.time_since_epoch().count() / 1000;
  for (size_t k = 6; k-- > 0; ms >>= 8)
    id.bytes[k] = static_cast<uint8_t>(ms);
  auto time = std::string{};
  append_time(time, t);
  for (size_t i = 0; i < rows_; ++i) {
    std::memcpy(row(i) + id_in_row, id.bytes.data(), id.bytes.size());
    std::memcpy(row(i) + time_in_row, time.data(), time.size());
    for (auto k = id.bytes.size(); k-- > 8 && ++id.bytes[k] == 0;)
      ;
  }
  send();
}

void copy_writer::send() {
  connection_.run(command_);
  auto* raw = connection_.get();
  if (PQputCopyData(raw, data_.data(), static_cast<int>(data_.size())) != 1
      || PQputCopyEnd(raw, nullptr) != 1)
    throw std::runtime_error(PQerrorMessage(raw));
  while (auto* x = PQgetResult(raw))
    connection_.checked(x);
}

// -- CPU ----------------------------------------------------------------------

std::string server_folder() {
  return variable("DSPEX_TEST_POSTGRES_DATA");
}

double server_cpu() {
  auto in = std::ifstream{server_folder() + "/postmaster.pid"};
  auto postmaster = std::string{};
  if (!std::getline(in, postmaster))
    throw std::runtime_error("no server runs in " + server_folder());
  auto sum = cpu_of("/proc/" + postmaster, true);
  for (auto& x : std::filesystem::directory_iterator{"/proc"}) {
    auto name = x.path().filename().string();
    if (std::isdigit(static_cast<unsigned char>(name[0])) != 0
        && parent_of(x.path()) == postmaster)
      sum += cpu_of(x.path(), true);
  }
  return sum;
}

double client_cpu() {
  auto usage = rusage{};
  ::getrusage(RUSAGE_SELF, &usage);
  auto seconds = [](const timeval& t) {
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_usec) / 1e6;
  };
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

} // namespace dspex::bench
