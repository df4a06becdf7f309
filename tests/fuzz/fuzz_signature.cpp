#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <iostream>
#include <string_view>

#include "dspex/any_signature.hpp"
#include "dspex/json_schema.hpp"
#include "signatures/explain.hpp"

namespace {

using dspex::any_signature;
using dspex::json;
using dspex::side;

void require(bool condition, std::string_view what) {
  if (condition)
    return;
  std::cerr << "fuzz_signature: " << what << '\n';
  std::abort();
}

/// Takes JSON values out of bytes; the end of the bytes reads as zeros.
class value_source {
public:
  explicit value_source(std::string_view bytes) : bytes_(bytes) {
  }

  json value(int depth = 0) {
    switch (byte() % (depth < 4 ? 10 : 8)) {
      case 0:
        return nullptr;
      case 1:
        return byte() % 2 == 0;
      case 2:
        return static_cast<int64_t>(byte()) - 128;
      case 3:
        return static_cast<double>(byte()) / 2;
      case 4:
        return word();
      case 5:
        return static_cast<double>(word()) * 1e10;
      case 6:
      case 7:
        return text();
      case 8: {
        auto result = json::array();
        for (auto n = byte() % 8; n > 0; --n)
          result.push_back(value(depth + 1));
        return result;
      }
      default: {
        auto result = json::object();
        for (auto n = byte() % 4; n > 0; --n) {
          auto key = text();
          result[key] = value(depth + 1);
        }
        return result;
      }
    }
  }

  bool coin() {
    return byte() % 4 != 0;
  }

private:
  uint8_t byte() {
    return position_ < bytes_.size() ? static_cast<uint8_t>(bytes_[position_++])
                                     : uint8_t{0};
  }

  uint64_t word() {
    uint64_t result = 0;
    for (int i = 0; i < 8; ++i)
      result = (result << 8) | byte();
    return result;
  }

  std::string text() {
    std::string result;
    for (auto n = byte() % 8; n > 0; --n)
      result += static_cast<char>(byte());
    return result;
  }

  std::string_view bytes_;
  size_t position_ = 0;
};

void check_reading(const any_signature& sig) {
  auto text = sig.to_text();
  auto again = any_signature::parse(text);
  require(again.has_value(), "what was printed cannot be read");
  require(again->to_text() == text, "the text changes when read again");
  require(again->content_hash() == sig.content_hash(), "the hash changes");
  require(again->inputs() == sig.inputs() && again->outputs() == sig.outputs(),
          "the fields change");
  auto inputs = sig.to_json(side::inputs);
  auto outputs = sig.to_json(side::outputs);
  auto from_json = any_signature::from_json(inputs, outputs);
  require(from_json.has_value(), "the canonical form cannot be read");
  require(*from_json == sig, "the canonical form reads as another signature");
}

void check_validation(const any_signature& sig, value_source source) {
  for (auto s : {side::inputs, side::outputs}) {
    auto values = json::object();
    for (const auto& x : sig.fields(s))
      if (source.coin())
        values[x.name] = source.value();
    if (!source.coin())
      values["completed"] = source.value();
    auto problems = sig.validate(s, values);
    for (const auto& p : problems)
      require(!p.code.empty() && p.message.size() < 1000,
              "a problem is empty or too long");
    auto before = values;
    require(sig.validate(s, values) == problems && values == before,
            "the same values are judged differently the second time");
    auto odd = source.value();
    for (const auto& p : sig.validate(s, odd))
      require(!p.message.empty(), "a problem says nothing");
  }
}

/// Describes the signature to everybody.
void check_schemas(const any_signature& sig) {
  using dspex::schema_provider;
  for (auto provider : {schema_provider::openai, schema_provider::anthropic,
                        schema_provider::google, schema_provider::plain})
    for (auto s : {side::inputs, side::outputs}) {
      auto schema = dspex::json_schema(sig, s, provider);
      if (schema)
        require((*schema)["properties"].size() == sig.fields(s).size(),
                "a field is not in the schema");
      else
        require(!schema.error().details["fields"].empty(),
                "no field is named as the one that cannot be told");
    }
}

/// Reads canonical forms of any shape.
void check_canonical_reader(const any_signature& sig, value_source source) {
  auto inputs = sig.to_json(side::inputs);
  auto outputs = sig.to_json(side::outputs);
  auto& some = inputs[0];
  for (auto* key : {"name", "type", "constraints", "description", "required"})
    if (!source.coin())
      some[key] = source.value();
  auto result = any_signature::from_json(inputs, outputs);
  auto faults = dspex::explain_fields(inputs, outputs);
  if (result)
    check_reading(*result);
  else
    require(!result.error().message.empty(), "an error says nothing");
  require(result ? faults.empty()
                 : !faults.empty() && faults.front() == result.error(),
          "what is explained is not what is refused");
}

} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view bytes{reinterpret_cast<const char*>(data), size};
  // A signature, then a line feed and the source of values.
  auto end = bytes.rfind('\n');
  auto text = bytes.substr(0, end);
  value_source source{end == std::string_view::npos ? bytes
                                                    : bytes.substr(end + 1)};
  auto sig = any_signature::parse(text);
  auto faults = dspex::explain_text(text);
  require(sig ? faults.empty()
              : !faults.empty() && faults.front() == sig.error(),
          "what is explained is not what is refused");
  if (!sig) {
    require(!sig.error().message.empty() && sig.error().message.size() < 2000,
            "an error is empty or too long");
    return 0;
  }
  check_reading(*sig);
  check_schemas(*sig);
  check_validation(*sig, source);
  check_canonical_reader(*sig, source);
  return 0;
}
