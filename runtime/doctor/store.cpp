#include "persistence/store.hpp"

#include <algorithm>
#include <string_view>
#include <utility>

#include "persistence/sqlite/files.hpp"
#include "runtime/doctor/parts.hpp"

namespace dspex {

namespace {

constexpr auto other_store
  = "set store.url (or DATABASE_URL, or --store) to the store that you mean";

bool is_server(std::string_view url) {
  return url.starts_with("postgres");
}

std::string advice_for(const error& err, std::string_view url) {
  if (auto& x = err.details; x.is_object() && x.contains("hint"))
    if (auto hint = x["hint"].get<std::string>(); hint != "dspex doctor")
      return "Run `" + hint + "`.";
  if (is_server(url) && err.message.find("cannot connect") != std::string::npos)
    return "See that the server runs and takes connections from here, that the "
           "database exists and that the user of the URL has rights on its "
           "schema, or "
           + std::string{other_store} + '.';
  if (err.code == errc::not_found)
    return "Run `dspex migrate up`, which makes a store in a directory that "
           "exists, or "
           + std::string{other_store} + '.';
  if (err.code == errc::invalid_option)
    return "Set store.url to memory:, sqlite:FILE or "
           "postgresql://USER@HOST:PORT/DATABASE.";
  return "Use a dspex that knows this store, repair it or its rights, or "
         + std::string{other_store} + '.';
}

std::string in_megabytes(uint64_t bytes) {
  return std::to_string(bytes / 1'000'000) + " MB";
}

std::string count(size_t n, const char* what) {
  return std::to_string(n) + ' ' + what + (n == 1 ? "" : "s");
}

/// Whether every migration of this build is applied.
bool examine_schema(findings& out, const migration_report& report) {
  auto applied = std::count_if(
    report.rows.begin(), report.rows.end(),
    [](const migration_row& x) { return x.applied_at.has_value(); });
  auto all = report.rows.size();
  auto version = std::to_string(applied) + " of " + std::to_string(all)
                 + " migrations applied";
  if (static_cast<size_t>(applied) == all) {
    out.push_back({"schema", health::ok, std::move(version), ""});
    return true;
  }
  out.push_back(
    {"schema", health::problem, std::move(version), "Run `dspex migrate up`."});
  return false;
}

// Tries a transaction: an empty batch is one like any other.
result<void> try_to_write(database_options options) {
  options.access = access::read_write;
  return open_database(options)
    .and_then([](std::unique_ptr<database>&& db) {
      return db->connect(access::read_write);
    })
    .and_then([](std::unique_ptr<store>&& s) { return s->write({}); })
    .map([](const batch_result&) {});
}

void examine_files(findings& out, const store_files& files,
                   uint64_t min_free_bytes) {
  auto nodes = files.live_nodes.empty()
                 ? std::string{"no other node has it open"}
                 : count(files.live_nodes.size(), "other node")
                     + (files.live_nodes.size() == 1 ? " has" : " have")
                     + " it open";
  for (auto& x : files.live_nodes)
    nodes += (&x == &files.live_nodes.front() ? ": " : ", ") + to_string(x);
  if (files.dead_nodes > 0)
    nodes += "; " + count(files.dead_nodes, "node")
             + " ended without closing it, which the next start puts in order";
  out.push_back({"nodes", health::info, std::move(nodes), ""});
  auto left = in_megabytes(files.free_bytes) + " are free";
  if (files.free_bytes >= min_free_bytes)
    out.push_back({"disk", health::ok, std::move(left), ""});
  else
    out.push_back({"disk", health::problem,
                   left + ", fewer than " + in_megabytes(min_free_bytes),
                   "Make room on the file system of the store, or move it."});
}

} // namespace

void examine_store(findings& out, const store_settings& settings,
                   const doctor_options& options) {
  auto url = mask_url(settings.url);
  if (settings.url == "memory:") {
    out.push_back({"store", health::info,
                   "memory:, so that no record outlives its process", ""});
    return;
  }
  auto database = database_options{.url = settings.url,
                                   .access = access::read_only,
                                   .node = node_id::make(),
                                   .timeout = settings.timeout,
                                   .create = false};
  auto files = inspect_store_files(settings.url);
  auto report = migration_status(database);
  if (!report) {
    auto& err = report.error();
    out.push_back(
      {"store", health::problem, err.message, advice_for(err, settings.url)});
  } else if (examine_schema(out, *report)) {
    if (auto ok = try_to_write(database); ok)
      out.push_back(
        {"store", health::ok, url + " can be read and written", ""});
    else
      out.push_back({"store", health::problem,
                     url + " cannot be written: " + ok.error().message,
                     is_server(url)
                       ? "Look for a server that takes no writes, like a "
                         "standby, and for missing rights."
                       : "Look for a process that holds it locked "
                         "(store.timeout_ms says how long to wait), and for "
                         "missing rights."});
  }
  if (files)
    examine_files(out, *files, options.min_free_bytes);
}

} // namespace dspex
