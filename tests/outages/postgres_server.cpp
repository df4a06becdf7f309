#include "tests/outages/postgres_server.hpp"

#include <arpa/inet.h>
#include <cstdlib>
#include <netinet/in.h>
#include <stdexcept>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <pqxx/pqxx>

namespace dspex::test {

namespace {

std::string variable(const char* name) {
  auto* value = std::getenv(name);
  if (value == nullptr)
    throw std::runtime_error(std::string{name} + " is not set");
  return value;
}

} // namespace

bool postgres_server::is_there() {
  return std::getenv("DSPEX_TEST_POSTGRES_CTL") != nullptr;
}

uint16_t postgres_server::port_ = 0;

postgres_server::postgres_server() {
  if (port_ == 0)
    port_
      = static_cast<uint16_t>(std::stoul(variable("DSPEX_TEST_POSTGRES_PORT")));
}

uid_t postgres_server::user() {
  struct stat found = {};
  if (::stat(variable("DSPEX_TEST_POSTGRES_DATA").c_str(), &found) != 0)
    throw std::runtime_error("the server has no data directory");
  return found.st_uid;
}

uint16_t postgres_server::free_port() {
  auto fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  auto address = sockaddr_in{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  auto size = socklen_t{sizeof(address)};
  auto* generic = reinterpret_cast<sockaddr*>(&address);
  auto ok = fd >= 0 && ::bind(fd, generic, size) == 0
            && ::getsockname(fd, generic, &size) == 0;
  ::close(fd);
  if (!ok)
    throw std::runtime_error("no free port");
  return ntohs(address.sin_port);
}

std::string postgres_server::create_database(const std::string& tablespace) {
  static auto number = 0;
  auto name = "outage_" + std::to_string(++number);
  auto options = std::string{};
  if (!tablespace.empty()) {
    query("postgres", "create tablespace space_of_" + name + " location '"
                        + tablespace + "'");
    options = " tablespace space_of_" + name;
  }
  query("postgres", "create database " + name + options);
  return name;
}

std::vector<std::vector<std::string>>
postgres_server::query(const std::string& database,
                       const std::string& sql) const {
  auto connection = pqxx::connection{"host=127.0.0.1 user=postgres port="
                                     + std::to_string(port_)
                                     + " dbname=" + database};
  auto transaction = pqxx::nontransaction{connection};
  auto out = std::vector<std::vector<std::string>>{};
  for (const auto& row : transaction.exec(sql)) {
    auto& columns = out.emplace_back();
    for (const auto& field : row)
      columns.emplace_back(field.is_null() ? "" : field.c_str());
  }
  return out;
}

void postgres_server::stop() const {
  control("stop -m immediate");
}

void postgres_server::start(uint16_t port) {
  if (port != 0)
    port_ = port;
  control("start -o '-p " + std::to_string(port_) + "' -l "
          + variable("DSPEX_TEST_POSTGRES_DATA") + "/server.log");
}

void postgres_server::restart() const {
  control("restart -m fast -l " + variable("DSPEX_TEST_POSTGRES_DATA")
          + "/server.log");
}

void postgres_server::control(const std::string& arguments) const {
  auto command = variable("DSPEX_TEST_POSTGRES_CTL") + ' ' + arguments
                 + " >/dev/null 2>&1";
  if (std::system(command.c_str()) != 0)
    throw std::runtime_error("failed: " + command);
}

} // namespace dspex::test
