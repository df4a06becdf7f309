#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "cli/invocation.hpp"
#include "cli/table.hpp"
#include "cli/text_sink.hpp"
#include "dspex/records.hpp"

namespace dspex::cli {

// Results go to stdout as tables for people, or as JSON. Each function returns
// the exit status of a verb that ends with it.

/// Prints one object: a table of members and values, or JSON.
int print_object(const invocation& call, const json& object);

/// Which part of a list a verb prints.
struct list_options {
  uint32_t limit = 50;
  std::string cursor;
  /// Whether all pages from `cursor` on are printed, one after the other.
  bool all = false;
};

/// A column of a printed list.
struct list_column {
  std::string title;
  /// A JSON pointer into the record.
  std::string pointer;
  bool right_aligned = false;
  /// Whether it is never cut.
  bool whole = false;
};

/// Prints a list in parts, framed and separated as the format wants it.
class list_printer {
public:
  /// @param columns has to live as long as the printer.
  list_printer(const invocation& call, const std::vector<list_column>& columns);

  result<void> open();
  result<void> print(const page<json>& part);

  /// @param next the cursor where the list goes on; empty if it does not.
  result<void> close(const std::string& next);

private:
  output_format format_;
  const std::vector<list_column>& columns_;
  text_table table_;
  std::string separator_ = "\n";
  text_sink out_;
};

using page_source = std::function<result<page<json>>(const page_request&)>;

/// Prints a list page by page: a table, an object `{"items", "next"}`, or one
/// record a line.
int print_list(const invocation& call, const list_options& options,
               const std::vector<list_column>& columns,
               const page_source& next_page);

/// Renders the records of a page.
template <class T>
result<page<json>> to_json_page(const result<page<T>>& records) {
  return records.map([](const page<T>& from) {
    auto to = page<json>{{}, from.next};
    for (auto& x : from.items)
      to.items.push_back(to_json(x));
    return to;
  });
}

/// Renders a value for a table: texts without quotes, null as `-`, moments to
/// the second.
[[nodiscard]] std::string to_cell(const json& value);

/// Writes to stdout and reports a failure.
int print_stdout(std::string_view text);

} // namespace dspex::cli
