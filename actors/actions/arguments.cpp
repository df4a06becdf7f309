#include "actors/actions/arguments.hpp"

namespace dspex {

namespace {

template <class T, class Parse>
result<void> read(const json& arguments, const char* name, Parse parse,
                  std::optional<T>& out) {
  auto i = arguments.find(name);
  if (i == arguments.end())
    return {};
  auto& text = i->get_ref<const std::string&>();
  out = parse(text);
  if (!out)
    return fail(errc::invalid_option, "Argument " + std::string{name}
                                        + ": no such value: \"" + text + '"');
  return {};
}

std::optional<std::string> any_text(const std::string& text) {
  return text;
}

} // namespace

result<page_request> page_request_from(const json& arguments) {
  auto result = page_request{};
  if (auto i = arguments.find("limit"); i != arguments.end()) {
    auto limit = i->get<int64_t>();
    if (limit < 1 || limit > 1000)
      return fail(errc::invalid_option,
                  "Argument limit: must be between 1 and 1000, got "
                    + std::to_string(limit));
    result.limit = static_cast<uint32_t>(limit);
  }
  result.cursor = text_or(arguments, "cursor");
  return result;
}

result<signature_filter> signature_filter_from(const json& arguments) {
  auto out = signature_filter{};
  return read(arguments, "module", any_text, out.module)
    .and_then([&] { return read(arguments, "name", any_text, out.name); })
    .and_then([&] {
      return read(arguments, "status", signature_status_from_string,
                  out.status);
    })
    .map([&] { return out; });
}

result<program_filter> program_filter_from(const json& arguments) {
  auto out = program_filter{};
  if (auto i = arguments.find("include_ephemeral"); i != arguments.end())
    out.include_ephemeral = i->get<bool>();
  return read(arguments, "name", any_text, out.name)
    .and_then([&] {
      return read(arguments, "status", program_status_from_string, out.status);
    })
    .and_then([&] {
      return read(arguments, "signature", signature_id::parse, out.signature);
    })
    .and_then([&] {
      return read(arguments, "adapter_type", any_text, out.adapter_type);
    })
    .map([&] { return out; });
}

result<execution_filter> execution_filter_from(const json& arguments) {
  auto out = execution_filter{};
  auto code = [](const std::string& text) -> std::optional<errc> {
    auto x = errc_from_string(text);
    return x == errc::none ? std::nullopt : std::optional{x};
  };
  return read(arguments, "program", program_id::parse, out.program)
    .and_then([&] {
      return read(arguments, "status", execution_status_from_string,
                  out.status);
    })
    .and_then(
      [&] { return read(arguments, "error_code", code, out.error_code); })
    .and_then([&] {
      return read(arguments, "since", timestamp_from_string, out.since);
    })
    .and_then([&] {
      return read(arguments, "until", timestamp_from_string, out.until);
    })
    .map([&] { return out; });
}

result<execution_id> execution_id_from(const json& arguments) {
  auto text = text_or(arguments, "execution");
  if (auto id = execution_id::parse(text))
    return *id;
  return fail(errc::not_found, "No execution has the id \"" + text + '"');
}

std::string text_or(const json& arguments, const char* name,
                    std::string otherwise) {
  auto i = arguments.find(name);
  return i == arguments.end() ? std::move(otherwise) : i->get<std::string>();
}

} // namespace dspex
