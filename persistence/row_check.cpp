#include "persistence/row_check.hpp"

#include <string>
#include <utility>

#include "core/utf8.hpp"

namespace dspex {

namespace {

constexpr auto max_depth = json_limits{}.max_depth;

const char* bad_text(std::string_view text) {
  if (is_plain_ascii(text))
    return nullptr;
  if (text.find('\0') != std::string_view::npos)
    return "contains the character U+0000";
  if (find_bad_utf8(text) != std::string_view::npos)
    return "is not valid UTF-8";
  return nullptr;
}

// Recursion is bounded by `max_depth`.
const char* bad_value(const json& x, size_t depth) {
  if (x.is_string())
    return bad_text(x.get_ref<const std::string&>());
  if (!x.is_structured())
    return nullptr;
  if (depth >= max_depth)
    return "is nested too deeply";
  if (x.is_array()) {
    for (auto& y : x)
      if (auto why = bad_value(y, depth + 1))
        return why;
    return nullptr;
  }
  for (auto& [key, y] : x.get_ref<const json::object_t&>()) {
    if (auto why = bad_text(key))
      return why;
    if (auto why = bad_value(y, depth + 1))
      return why;
  }
  return nullptr;
}

// Checks the columns of one record; remembers the first problem.
class row_checker {
public:
  row_checker(std::string_view what, const uuid& id) : what_(what), id_(id) {
  }

  row_checker& text(const char* column, std::string_view x) {
    return problem(column, bad_text(x));
  }

  row_checker& json_value(const char* column, const document& x) {
    return problem(column, bad_value(*x, 0));
  }

  row_checker& present(const char* column, std::string_view x) {
    auto blank = x.find_first_not_of(" \t\r\n\v\f") == std::string_view::npos;
    return problem(column, blank ? "is blank" : nullptr);
  }

  row_checker& require(bool ok, const char* column, const char* why) {
    return problem(column, ok ? nullptr : why);
  }

  [[nodiscard]] result<void> finish() {
    if (column_ == nullptr)
      return {};
    return fail(errc::store_rejected, std::string{what_} + " " + to_string(id_)
                                        + ": " + column_ + " " + why_);
  }

private:
  row_checker& problem(const char* column, const char* why) {
    if (why != nullptr && column_ == nullptr) {
      column_ = column;
      why_ = why;
    }
    return *this;
  }

  std::string_view what_;
  uuid id_;
  const char* column_ = nullptr;
  const char* why_ = nullptr;
};

// `known` is metadata that was checked before, or null.
row_checker check_execution(const execution_record& x, const json* known) {
  auto out = row_checker{"execution", x.id.value};
  out.json_value("inputs", x.inputs).json_value("outputs", x.outputs);
  if (&*x.metadata != known)
    out.json_value("metadata", x.metadata);
  out.text("error_message", x.error_message);
  return out;
}

row_checker check_unfinished(const execution_record& x,
                             const json* known = nullptr) {
  auto out = check_execution(x, known);
  out.require(!is_terminal(x.status), "status", "is terminal")
    .require(!x.duration_us, "duration_us", "is set before the end")
    .require(!x.finished_at, "finished_at", "is set before the end")
    .require(x.error_code == errc::none, "error_code", "is set before the end");
  return out;
}

row_checker check_ended(const execution_record& x,
                        const json* known = nullptr) {
  auto out = check_execution(x, known);
  out.require(is_terminal(x.status), "status", "is not terminal")
    .require(x.duration_us.has_value(), "duration_us", "is missing")
    .require(x.duration_us.value_or(0) >= 0, "duration_us", "is negative")
    .require(x.finished_at.has_value(), "finished_at", "is missing")
    .require(x.status != execution_status::completed
               || x.error_code == errc::none,
             "error_code", "is set though the status is completed");
  return out;
}

} // namespace

result<void> check_row(const signature_record& x) {
  return row_checker{"signature", x.id.value}
    .present("name", x.name)
    .text("name", x.name)
    .text("module", x.module)
    .text("version", x.version)
    .text("content_hash", x.content_hash)
    .text("instructions", x.instructions)
    .text("description", x.description)
    .json_value("inputs", x.inputs)
    .json_value("outputs", x.outputs)
    .finish();
}

result<void> check_row(const program_record& x) {
  return row_checker{"program", x.id.value}
    .present("name", x.name)
    .text("name", x.name)
    .text("adapter_type", x.adapter_type)
    .text("backend_program_id", x.backend_program_id)
    .text("error_message", x.error_message)
    .json_value("configuration", x.configuration)
    .require(x.error_code == errc::none || x.status == program_status::error,
             "error_code", "is set though the status is not error")
    .finish();
}

result<void> check_live(const execution_record& x) {
  return check_unfinished(x).finish();
}

result<void> check_made_by_hand(const execution_record& x) {
  return check_unfinished(x)
    .require(x.status == execution_status::pending, "status", "is not pending")
    .require(x.node.is_nil(), "node", "is set though a caller runs it")
    .finish();
}

result<void> check_claim(const idempotency_claim& x) {
  return check_unfinished(x.execution)
    .require(!x.execution.node.is_nil(), "node", "is missing")
    .text("idempotency_key", x.key)
    .text("inputs_hash", x.inputs_hash)
    .finish();
}

result<void> check_finished(const execution_record& x) {
  return check_ended(x).finish();
}

result<void> check_batch(const execution_batch& x) {
  // Most runs of a program share theirs.
  const json* known = nullptr;
  for (auto& row : x.finished)
    if (auto ok
        = check_ended(row, std::exchange(known, &*row.metadata)).finish();
        !ok)
      return ok;
  for (auto& row : x.live)
    if (auto ok
        = check_unfinished(row, std::exchange(known, &*row.metadata)).finish();
        !ok)
      return ok;
  return {};
}

} // namespace dspex
