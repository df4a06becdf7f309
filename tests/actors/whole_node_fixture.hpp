#pragma once

#include "actors/gateway.hpp"
#include "actors/program_manager/program_manager.hpp"
#include "actors/signature_registry.hpp"
#include "tests/actors/program/fixture.hpp"

namespace dspex::test {

/// Everything below the root but the supervisors, asked through the gateway.
class whole_node_test : public program_test {
protected:
  void SetUp() override {
    manager = own(sys.spawn(program_manager, ctx));
    ctx->manager.set(manager);
    ctx->registry.set(own(sys.spawn(signature_registry, ctx)));
    ctx->may = [](const std::string& caller,
                  const action& what) -> result<void> {
      if (caller == "stranger" && what.kind != action_kind::read)
        return fail(errc::forbidden, "A stranger may only read");
      return {};
    };
    door = own(sys.spawn(gateway, ctx));
    settle();
  }

  void TearDown() override {
    door = nullptr;
    manager = nullptr;
    program_test::TearDown();
  }

  answer<document> call(const std::string& action, json arguments) {
    return act_now(door, action, std::move(arguments));
  }

  answer<document> define(const std::string& module, const std::string& text,
                          const std::string& version = "1.0.0") {
    return call(
      "signature.define",
      {{"module", module}, {"signature", text}, {"version", version}});
  }

  std::string create_program(const std::string& name = "qa") {
    auto reply
      = call("program.create",
             {{"module", "Test.Qa"}, {"name", name}, {"adapter_type", "test"}});
    return reply.value()->at("id").get<std::string>();
  }

  std::string create_ready_program(const std::string& name = "qa") {
    define("Test.Qa", "question -> answer");
    auto id = create_program(name);
    call("program.initialize", {{"program", id}});
    return id;
  }

  program_test::call execute(const std::string& who) {
    auto out = send_execute(who);
    settle();
    return out;
  }

  program_test::call send_execute(const std::string& who,
                                  const std::string& caller = "tester") {
    auto id = execution_id::make();
    return {id, ask<execution_result>(
                  door, execute_request{caller, who, id,
                                        document{{{"question", "why?"}}},
                                        document{json::object()}})};
  }

  // The programs that are awake.
  std::vector<child_info> awake() {
    return ask_now<children>(manager, which_children{}).value().items;
  }

  program_manager_actor manager;
  local_gateway_actor door;
};

} // namespace dspex::test
