#include "persistence/row_check.hpp"

#include <string>
#include <type_traits>
#include <utility>

#include "core/columns.hpp"
#include "core/text.hpp"
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

// Returns why a value cannot be kept, or null. `max_depth` bounds the
// recursion.
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

// Checks the columns of one record and keeps the first problem.
class row_checker {
public:
  row_checker(std::string_view what, const uuid& id) : what_(what), id_(id) {
  }

  // Checks each column that holds a text or a document, but for a document that
  // is `known` from an earlier check.
  template <class Record>
  row_checker& columns(const Record& x, const json* known = nullptr) {
    for_each_column(x, [&]<class T>(const char* name, const T& member) {
      if constexpr (std::is_same_v<T, std::string>)
        text(name, member);
      else if constexpr (std::is_same_v<T, document>)
        problem(name, &*member == known ? nullptr : bad_value(*member, 0));
    });
    return *this;
  }

  row_checker& text(const char* column, std::string_view x) {
    return problem(column, bad_text(x));
  }

  row_checker& present(const char* column, std::string_view x) {
    return problem(column, is_blank(x) ? "is blank" : nullptr);
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

row_checker check_unfinished(const execution_record& x,
                             const json* known = nullptr) {
  return row_checker{"execution", x.id.value}
    .columns(x, known)
    .require(!is_terminal(x.status), "status", "is terminal")
    .require(!x.duration_us, "duration_us", "is set before the end")
    .require(!x.finished_at, "finished_at", "is set before the end")
    .require(x.error_code == errc::none, "error_code", "is set before the end");
}

row_checker check_ended(const execution_record& x,
                        const json* known = nullptr) {
  return row_checker{"execution", x.id.value}
    .columns(x, known)
    .require(is_terminal(x.status), "status", "is not terminal")
    .require(x.duration_us.has_value(), "duration_us", "is missing")
    .require(x.duration_us.value_or(0) >= 0, "duration_us", "is negative")
    .require(x.finished_at.has_value(), "finished_at", "is missing")
    .require(x.status != execution_status::completed
               || x.error_code == errc::none,
             "error_code", "is set though the status is completed");
}

} // namespace

result<void> check_row(const signature_record& x) {
  return row_checker{"signature", x.id.value}
    .present("name", x.name)
    .columns(x)
    .finish();
}

result<void> check_row(const program_record& x) {
  return row_checker{"program", x.id.value}
    .present("name", x.name)
    .columns(x)
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
  // Most runs of a program share their metadata, which are checked once.
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
