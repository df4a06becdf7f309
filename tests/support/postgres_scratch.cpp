#include "tests/support/postgres_scratch.hpp"

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

std::vector<std::string> rows_of(const std::string& url,
                                 const std::string& sql) {
  auto connection = pqxx::connection{url};
  auto tx = pqxx::nontransaction{connection};
  auto out = std::vector<std::string>{};
  tx.exec("set client_min_messages = error");
  auto rows = tx.exec(sql);
  for (auto row : rows) {
    auto line = std::string{};
    for (auto cell : row)
      line += (line.empty() ? "" : "|") + std::string{cell.c_str()};
    out.push_back(std::move(line));
  }
  return out;
}

} // namespace

bool has_postgres() {
  if (!server_url().empty())
    return true;
  if (std::getenv("DSPEX_REQUIRE_POSTGRES") != nullptr)
    throw std::runtime_error("DSPEX_TEST_POSTGRES is not set");
  return false;
}

scratch_schema::scratch_schema(scope where) : where_(where) {
  if (!has_postgres())
    return;
  static auto counter = 0;
  name_ = "test_" + std::to_string(getpid()) + "_" + std::to_string(++counter);
  rows_of(server_url(),
          (where == scope::schema ? "create schema " : "create database ")
            + name_);
}

scratch_schema::~scratch_schema() {
  if (name_.empty())
    return;
  try {
    rows_of(server_url(), where_ == scope::schema
                            ? "drop schema " + name_ + " cascade"
                            : "drop database " + name_ + " with (force)");
  } catch (const std::exception&) {
    // The schema goes with the server.
  }
}

std::string scratch_schema::url() const {
  auto url = server_url();
  if (where_ == scope::schema)
    return url + "?options=-csearch_path%3D" + name_;
  return url.substr(0, url.rfind('/') + 1) + name_;
}

std::string scratch_schema::label() const {
  auto out = url().substr(0, url().find('?'));
  auto user = out.find("//") + 2;
  return out.erase(user, out.find('@') + 1 - user);
}

std::vector<std::string> scratch_schema::run(const std::string& sql) const {
  return rows_of(url(), sql);
}

} // namespace dspex::test
