#include <caf/binary_deserializer.hpp>
#include <caf/binary_serializer.hpp>

#include "tests/actors/node_fixture.hpp"

namespace dspex::test {

class Protocol : public actor_test {
protected:
  // A peer would receive these bytes.
  template <class T>
  T over_the_wire(T x) {
    auto bytes = std::vector<char>{};
    auto sink = caf::binary_serializer{sys, bytes};
    EXPECT_FALSE(sink(x));
    auto out = T{};
    auto source = caf::binary_deserializer{sys, bytes};
    EXPECT_FALSE(source(out));
    return out;
  }

  // Inside a message, as CAF sends it.
  template <class T>
  T inside_a_message(const T& x) {
    return over_the_wire(caf::make_message(x)).template get_as<T>(0);
  }
};

const auto unusual
  = document{parse(R"({"z":[1,-2.5,true,null],"a":{"b":"\u00e4\ud83d\ude00"},)"
                   R"("big":18446744073709551615,"text":"0"})")};

TEST_F(Protocol, CarriesADocumentWithItsOrder) {
  EXPECT_EQ(dump_json(*inside_a_message(unusual)), dump_json(*unusual));
  EXPECT_TRUE(inside_a_message(document{})->is_null());
}

TEST_F(Protocol, CarriesAnActionRequest) {
  auto x = action_request{"alice", "program.create", unusual};
  auto y = inside_a_message(x);
  EXPECT_EQ(y.caller, x.caller);
  EXPECT_EQ(y.action, x.action);
  EXPECT_EQ(y.arguments, x.arguments);
}

TEST_F(Protocol, CarriesAnExecuteRequest) {
  auto x = execute_request{"alice", "triage", execution_id::make(), unusual,
                           document{{{"timeout_ms", 5}}}};
  auto y = inside_a_message(x);
  EXPECT_EQ(y.caller, x.caller);
  EXPECT_EQ(y.program, x.program);
  EXPECT_EQ(y.id, x.id);
  EXPECT_EQ(y.inputs, x.inputs);
  EXPECT_EQ(y.options, x.options);
}

TEST_F(Protocol, CarriesAnExecutionResult) {
  auto x = execution_result{execution_id::make(), unusual, 1'234'567'890'123,
                            execution_status::failed};
  auto y = inside_a_message(x);
  EXPECT_EQ(y.id, x.id);
  EXPECT_EQ(y.outputs, x.outputs);
  EXPECT_EQ(y.duration_us, x.duration_us);
  EXPECT_EQ(y.status, x.status);
}

TEST_F(Protocol, RefusesADocumentThatIsNotJson) {
  auto bytes = std::vector<char>{};
  auto sink = caf::binary_serializer{sys, bytes};
  auto text = std::string{"{\"a\":"};
  ASSERT_FALSE(sink(text));
  auto out = document{};
  auto source = caf::binary_deserializer{sys, bytes};
  auto err = source(out);
  ASSERT_TRUE(err);
  EXPECT_EQ(from_caf(err, errc::none).code, errc::invalid_input);
}

TEST_F(Protocol, CarriesErrorsWithTheirDetails) {
  auto x = error{errc::invalid_input, "Missing field: question",
                 parse(R"({"problems":[{"pointer":"/question"}]})")};
  EXPECT_EQ(from_caf(to_caf(x), errc::none), x);
  EXPECT_EQ(from_caf(over_the_wire(to_caf(x)), errc::none), x);
  auto plain = error{errc::overloaded, "Later"};
  EXPECT_EQ(from_caf(over_the_wire(to_caf(plain)), errc::none), plain);
}

TEST_F(Protocol, RendersItsErrorsForLogs) {
  auto text = sys.render(to_caf({errc::conflict, "Twice"}));
  EXPECT_NE(text.find("conflict"), std::string::npos) << text;
  EXPECT_NE(text.find("Twice"), std::string::npos) << text;
}

TEST_F(Protocol, TakesARequestThatTimedOutForATimeout) {
  EXPECT_EQ(from_caf(caf::sec::request_timeout, errc::internal).code,
            errc::timeout);
}

TEST_F(Protocol, GivesForeignErrorsTheCodeOfTheCaller) {
  EXPECT_EQ(from_caf(caf::exit_reason::kill, errc::backend_unavailable).code,
            errc::backend_unavailable);
  EXPECT_EQ(
    from_caf(caf::sec::request_receiver_down, errc::store_unavailable).code,
    errc::store_unavailable);
  EXPECT_EQ(from_caf(caf::none, errc::store_unavailable).code, errc::internal);
}

} // namespace dspex::test
