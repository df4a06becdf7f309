#include "postgres_scratch.hpp"

#include <cstdlib>
#include <stdexcept>
#include <unistd.h>

#include <pqxx/pqxx>

namespace dspex::test {

namespace {

std::string server_url() {
  auto url = std::getenv("DSPEX_TEST_POSTGRES");
  return url == nullptr ? "" : url;
}

std::string url_of(const std::string& schema) {
  return server_url() + "?options=-csearch_path%3D" + schema;
}

} // namespace

bool has_postgres() {
  if (!server_url().empty())
    return true;
  if (std::getenv("DSPEX_REQUIRE_POSTGRES") != nullptr)
    throw std::runtime_error("DSPEX_TEST_POSTGRES is not set");
  return false;
}

scratch_schema::scratch_schema() {
  if (!has_postgres())
    return;
  static auto counter = 0;
  name_ = "test_" + std::to_string(getpid()) + "_" + std::to_string(++counter);
  run("create schema " + name_);
}

scratch_schema::~scratch_schema() {
  if (name_.empty())
    return;
  try {
    run("drop schema " + name_ + " cascade");
  } catch (const std::exception&) {
    // The server goes, too.
  }
}

std::string scratch_schema::url() const {
  return url_of(name_);
}

std::vector<std::string> scratch_schema::run(const std::string& sql) const {
  auto connection = pqxx::connection{url_of(name_)};
  auto tx = pqxx::nontransaction{connection};
  auto out = std::vector<std::string>{};
  auto rows = tx.exec("set client_min_messages = error; " + sql);
  for (auto row : rows) {
    auto line = std::string{};
    for (auto cell : row)
      line += (line.empty() ? "" : "|") + std::string{cell.c_str()};
    out.push_back(std::move(line));
  }
  return out;
}

} // namespace dspex::test
