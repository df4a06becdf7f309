#include "cli/render.hpp"

#include <algorithm>
#include <unistd.h>
#include <utility>

#include "cli/messages.hpp"
#include "cli/table.hpp"
#include "cli/text_sink.hpp"

namespace dspex::cli {

namespace {

constexpr auto largest_page = uint32_t{1000};

std::vector<text_table::column>
titles(const std::vector<list_column>& columns) {
  auto result = std::vector<text_table::column>{};
  for (auto& x : columns)
    result.push_back({x.title, x.right_aligned, x.whole});
  return result;
}

std::string cell(const json& record, const std::string& pointer) {
  auto at = json::json_pointer{pointer};
  return record.contains(at) ? to_cell(record[at]) : "-";
}

bool is_moment(const std::string& text) {
  return text.size() == 27 && timestamp_from_string(text).has_value();
}

result<void> print_pages(const invocation& call, const list_options& options,
                         const std::vector<list_column>& columns,
                         const page_source& next_page) {
  auto printer = list_printer{call, columns};
  auto where = page_request{};
  where.cursor = options.cursor;
  auto left = options.limit;
  // Nothing is printed before the first page is there.
  for (auto first = true;; first = false) {
    where.limit = options.all ? largest_page : std::min(left, largest_page);
    auto part = next_page(where);
    if (!part)
      return fail(part.error());
    if (first)
      if (auto ok = printer.open(); !ok)
        return ok;
    if (auto ok = printer.print(*part); !ok)
      return ok;
    where.cursor = part->next;
    left -= std::min(left, static_cast<uint32_t>(part->items.size()));
    if (where.cursor.empty() || (!options.all && left == 0))
      return printer.close(where.cursor);
  }
}

} // namespace

list_printer::list_printer(const invocation& call,
                           const std::vector<list_column>& columns)
  : format_(call.format_or_table()),
    columns_(columns),
    table_(titles(columns), columns_of(STDOUT_FILENO)),
    out_(text_sink::standard_output()) {
}

result<void> list_printer::open() {
  if (format_ == output_format::json)
    return out_.write("{\"items\":[");
  return {};
}

result<void> list_printer::print(const page<json>& part) {
  auto text = std::string{};
  for (auto& x : part.items) {
    if (format_ == output_format::table) {
      auto cells = std::vector<std::string>{};
      for (auto& column : columns_)
        cells.push_back(cell(x, column.pointer));
      table_.add(std::move(cells));
    } else if (format_ == output_format::jsonl) {
      text += dump_json(x) + '\n';
    } else {
      text += std::exchange(separator_, ",\n") + dump_json(x);
    }
  }
  if (format_ == output_format::table && !table_.empty())
    text = table_.take();
  return out_.write(text);
}

result<void> list_printer::close(const std::string& next) {
  if (format_ == output_format::json) {
    auto value = next.empty() ? json{} : json(next);
    return out_.write("],\"next\":" + dump_json(value) + "}\n");
  }
  if (!next.empty() && format_ == output_format::table)
    print_notice("there is more: --cursor " + next + ", or --all");
  return {};
}

std::string to_cell(const json& value) {
  if (value.is_null())
    return "-";
  if (!value.is_string())
    return dump_json(value);
  auto text = value.get<std::string>();
  if (is_moment(text)) {
    text.resize(19);
    text[10] = ' ';
  }
  return text;
}

int print_stdout(std::string_view text) {
  auto ok = text_sink::standard_output().write(text);
  return ok ? exit_ok : report(ok.error());
}

int print_object(const invocation& call, const json& object) {
  switch (call.format_or_table()) {
    case output_format::json:
      return print_stdout(pretty_json(object) + '\n');
    case output_format::jsonl:
      return print_stdout(dump_json(object) + '\n');
    default:
      break;
  }
  auto width = size_t{0};
  for (auto& [key, _] : object.items())
    width = std::max(width, key.size());
  auto text = std::string{};
  for (auto& [key, value] : object.items()) {
    auto shown = value.is_string() ? value.get<std::string>() : to_cell(value);
    text += key + std::string(width - key.size() + 2, ' ') + one_line(shown)
            + '\n';
  }
  return print_stdout(text);
}

int print_list(const invocation& call, const list_options& options,
               const std::vector<list_column>& columns,
               const page_source& next_page) {
  auto ok = print_pages(call, options, columns, next_page);
  return ok ? exit_ok : report(ok.error());
}

} // namespace dspex::cli
