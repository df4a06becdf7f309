#include "bench/naive_writer.hpp"

#include <utility>
#include <vector>

#include "dspex/json.hpp"

namespace dspex::bench {

void naive_writer::create_table(const std::string& url) {
  bare_connection{url}.run(
    "create table naive_executions "
    "(like executions including defaults including indexes); "
    "alter table naive_executions alter finished_at drop not null, "
    "alter duration_us drop not null, alter outputs drop not null, "
    "add foreign key (program_id) references programs (id)");
}

naive_writer::naive_writer(const std::string& url, execution_record like)
  : connection_(url),
    like_(std::move(like)),
    inputs_(dump_json(*like_.inputs)),
    outputs_(dump_json(*like_.outputs)),
    metadata_(dump_json(*like_.metadata)) {
  auto prepare = [this](const char* name, const char* sql) {
    connection_.checked(PQprepare(connection_.get(), name, sql, 0, nullptr));
  };
  prepare("insert", "insert into naive_executions (id, program_id, node, "
                    "executed_at, inserted_at, updated_at, attempt, status, "
                    "error_message, inputs, metadata) values ($1, $2, $3, "
                    "now(), now(), now(), 1, 'pending', '', $4, $5)");
  prepare("start", "update naive_executions set status = 'running', "
                   "started_at = now(), updated_at = now() where id = $1");
  prepare("finish", "update naive_executions set status = 'completed', "
                    "outputs = $2, duration_us = 1000, finished_at = now(), "
                    "updated_at = now() where id = $1");
  prepare("count", "update programs set completed_count = completed_count + 1, "
                   "duration_us_sum = duration_us_sum + 1000, "
                   "last_executed_at = now() where id = $1");
}

void naive_writer::write() {
  auto id = to_string(execution_id::make());
  auto program = to_string(like_.program_id);
  auto node = to_string(like_.node);
  auto execute = [this](const char* name,
                        const std::vector<const std::string*>& parameters) {
    auto values = std::vector<const char*>{};
    for (auto* x : parameters)
      values.push_back(x->c_str());
    connection_.checked(PQexecPrepared(connection_.get(), name,
                                       static_cast<int>(values.size()),
                                       values.data(), nullptr, nullptr, 0));
  };
  execute("insert", {&id, &program, &node, &inputs_, &metadata_});
  execute("start", {&id});
  execute("finish", {&id, &outputs_});
  execute("count", {&program});
}

} // namespace dspex::bench
