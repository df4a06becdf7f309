#include "config/program_file.hpp"

#include <algorithm>
#include <tuple>
#include <utility>
#include <vector>

#include "config/problem.hpp"
#include "config/toml_document.hpp"
#include "core/text.hpp"

namespace dspex {

namespace {

bool is_version(std::string_view text) {
  auto parts = 0;
  while (true) {
    auto digits = std::min(text.find_first_not_of("0123456789"), text.size());
    // Nine digits fit an int; a leading zero would make two spellings of one
    // version.
    if (digits == 0 || digits > 9 || (digits > 1 && text.front() == '0'))
      return false;
    ++parts;
    if (digits == text.size())
      return parts == 3;
    if (text[digits] != '.')
      return false;
    text.remove_prefix(digits + 1);
  }
}

/// Whether an adapter may have this name: `^[a-z][a-z0-9_]{0,62}$`.
bool is_adapter_name(std::string_view text) {
  constexpr size_t longest = 63;
  return !text.empty() && text.size() <= longest && text[0] >= 'a'
         && text[0] <= 'z'
         && text.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789_")
              == std::string_view::npos;
}

class program_file_reader {
public:
  program_file_reader(const toml_entry& root, const std::string& source)
    : root_(root), source_(source) {
  }

  result<program_file> run() {
    refuse_unknown_keys();
    program_file result;
    read_module(result.module);
    result.version = text("version");
    if (result.version && !is_version(*result.version))
      complain("version", "must be MAJOR.MINOR.PATCH, got "
                            + excerpt(json(*result.version)));
    result.instructions = text("instructions").value_or("");
    read_signature(result);
    result.description = text("description").value_or("");
    result.name = text("name");
    if (result.name && is_blank(*result.name))
      complain("name", "must not be blank");
    result.adapter = text("adapter");
    if (result.adapter && !is_adapter_name(*result.adapter))
      complain("adapter", "must be a name of lower-case letters, digits and _, "
                          "got "
                            + excerpt(json(*result.adapter)));
    read_configuration(result.configuration);
    if (problems_.empty())
      return result;
    sort_problems();
    auto err = to_error(problems_, "", "\n");
    if (problems_.size() == 1 && signature_is_bad_)
      err.code = errc::invalid_signature;
    return fail(std::move(err));
  }

private:
  void refuse_unknown_keys() {
    static const std::vector<std::string> known{
      "module",       "version",       "signature",
      "instructions", "description",   "name",
      "adapter",      "configuration", "lm"};
    for (auto& x : root_.members) {
      if (std::find(known.begin(), known.end(), x.name) != known.end())
        continue;
      auto meant = nearest_name(x.name, known);
      complain(x, x.name,
               meant.empty() ? "unknown key"
                             : "unknown key; did you mean " + meant + "?");
    }
  }

  /// Returns the text at the root with this key, if it is one.
  std::optional<std::string> text(std::string_view key) {
    auto* entry = root_.find(key);
    if (entry == nullptr)
      return std::nullopt;
    if (entry->value.is_string())
      return entry->value.get<std::string>();
    complain(*entry, std::string{key},
             "must be text, got "
               + (entry->is_table ? "a table" : excerpt(entry->value)));
    return std::nullopt;
  }

  /// Does the same, and complains if it is not there.
  std::optional<std::string> required_text(std::string_view key) {
    if (root_.find(key) == nullptr)
      complain(root_, std::string{key}, "is missing");
    return text(key);
  }

  void read_module(std::string& target) {
    auto name = required_text("module");
    if (!name)
      return;
    auto module = normalize_module(*name);
    if (module)
      target = *module;
    else
      complain("module",
               module.error().message + ", got " + excerpt(json(*name)));
  }

  void read_signature(program_file& target) {
    auto written = required_text("signature");
    if (!written)
      return;
    auto parsed = any_signature::parse(*written, target.instructions);
    if (!parsed) {
      signature_is_bad_ = true;
      complain("signature", parsed.error().message);
      return;
    }
    target.signature_text = std::move(*written);
    target.parsed_signature = std::move(*parsed);
  }

  void read_configuration(json& target) {
    auto* section = root_.find("configuration");
    auto* lm = root_.find("lm");
    if (section != nullptr && !section->is_table) {
      complain(*section, "configuration", "must be a section: [configuration]");
      section = nullptr;
    }
    if (lm != nullptr && !lm->is_table) {
      complain(*lm, "lm", "must be a section: [lm]");
      lm = nullptr;
    }
    if (section != nullptr)
      target = to_json(*section);
    if (lm != nullptr && section != nullptr && section->find("lm") != nullptr) {
      complain(*lm, "lm",
               "given twice: as [lm] and in [configuration]; keep one");
      lm = nullptr;
    }
    if (lm != nullptr)
      target["lm"] = to_json(*lm);
    std::vector<option_problem> found;
    auto checked = read_program_configuration(target, found);
    static_cast<void>(checked);
    for (auto& x : found)
      complain_at_path(lm, x);
  }

  /// Finds where the option of a problem stands in the file.
  void complain_at_path(const toml_entry* lm, option_problem& x) {
    auto key = "configuration." + x.key;
    auto* entry = root_.find("configuration");
    if (lm != nullptr && x.key == "lm") {
      key = "lm";
      entry = lm;
    } else {
      std::string_view rest{x.key};
      while (entry != nullptr && !rest.empty()) {
        auto dot = std::min(rest.find('.'), rest.size());
        auto* inner = entry->find(rest.substr(0, dot));
        if (inner == nullptr)
          break;
        entry = inner;
        rest.remove_prefix(std::min(dot + 1, rest.size()));
      }
    }
    complain(entry == nullptr ? root_ : *entry, std::move(key),
             std::move(x.message));
  }

  void complain(std::string_view key, std::string message) {
    complain(*root_.find(key), std::string{key}, std::move(message));
  }

  void complain(const toml_entry& where, std::string key, std::string message) {
    problems_.push_back(
      {source_, where.line, where.column, std::move(key), std::move(message)});
  }

  void sort_problems() {
    std::stable_sort(
      problems_.begin(), problems_.end(), [](auto& lhs, auto& rhs) {
        return std::tie(lhs.line, lhs.column) < std::tie(rhs.line, rhs.column);
      });
  }

  const toml_entry& root_;
  const std::string& source_;
  std::vector<option_problem> problems_;
  bool signature_is_bad_ = false;
};

} // namespace

result<program_file> parse_program_file(std::string_view text,
                                        const std::string& source) {
  auto root = parse_toml(text, source);
  if (!root)
    return fail(to_error(root.error(), "", "\n"));
  return program_file_reader{*root, source}.run();
}

result<program_file> read_program_file(const std::filesystem::path& file) {
  auto text = read_text_file(file);
  if (!text)
    return fail(text.error());
  return parse_program_file(*text, file.string());
}

} // namespace dspex
