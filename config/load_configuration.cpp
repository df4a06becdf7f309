#include <algorithm>
#include <cstdlib>
#include <map>
#include <utility>

#include "config/problem.hpp"
#include "config/settings.hpp"
#include "config/toml_document.hpp"
#include "dspex/config.hpp"

namespace dspex {

namespace {

std::vector<std::string> known_keys() {
  std::vector<std::string> result;
  for (auto& x : all_settings())
    result.emplace_back(x.key);
  return result;
}

std::string unknown(std::string_view what, std::string_view name,
                    const std::vector<std::string>& known) {
  auto result = "unknown " + std::string{what};
  auto meant = nearest_name(name, known);
  return meant.empty() ? result : result + "; did you mean " + meant + "?";
}

/// Applies the sources in order and remembers which source set what.
class configuration_loader {
public:
  void read_file(const std::filesystem::path& file) {
    auto source = file.string();
    auto text = read_text_file(file);
    if (!text) {
      complain(source, "", text.error().message.substr(source.size() + 2));
      return;
    }
    auto root = parse_toml(*text, source);
    if (!root) {
      problems_.insert(problems_.end(), root.error().begin(),
                       root.error().end());
      return;
    }
    for (auto& section : root->members)
      read_section(source, section);
  }

  void read_environment(const environment_variables& environment) {
    for (auto& [name, value] : environment)
      for (auto& x : all_settings())
        if (!value.empty() && name == x.environment_alias)
          set_text(x, value, "environment " + name);
    std::vector<std::string> known;
    for (auto& x : all_settings())
      known.push_back(environment_name(x.key));
    for (auto& [name, value] : environment) {
      if (name.compare(0, 6, "DSPEX_") != 0
          || name.find("__", 6) == std::string::npos)
        continue;
      auto i = std::find(known.begin(), known.end(), name);
      if (i == known.end())
        complain("environment " + name, "", unknown("variable", name, known));
      else
        set_text(all_settings()[static_cast<size_t>(i - known.begin())], value,
                 "environment " + name);
    }
  }

  void read_setting(const std::string& text) {
    auto equals = text.find('=');
    auto key = text.substr(0, equals);
    // A text without `=` may be a secret in the wrong place: it is not quoted.
    if (equals == std::string::npos)
      complain("command line", "", "a setting must be section.key=value");
    else if (auto* x = find_setting(key))
      set_text(*x, text.substr(equals + 1), "command line");
    else
      complain("command line", key, unknown("key", key, known_keys()));
  }

  result<loaded_configuration> finish() && {
    if (!problems_.empty())
      return fail(to_error(problems_, "", "\n"));
    loaded_configuration result;
    for (auto& x : all_settings()) {
      auto i = origins_.find(x.key);
      result.origins.push_back({std::string{x.key}, shown_value(x, values_),
                                i == origins_.end() ? "default" : i->second});
    }
    result.values = std::move(values_);
    return result;
  }

private:
  void read_section(const std::string& source, const toml_entry& section) {
    auto& all = all_settings();
    auto known = std::any_of(all.begin(), all.end(), [&](auto& x) {
      return section_of(x) == section.name;
    });
    if (!section.is_table) {
      complain(source, section.name,
               known ? "must be a section: [" + section.name + "]"
                     : unknown("key", section.name, known_keys()),
               section);
      return;
    }
    if (!known && section.members.empty()) {
      std::vector<std::string> sections;
      for (auto& x : all)
        sections.emplace_back(section_of(x));
      complain(source, section.name, unknown("section", section.name, sections),
               section);
      return;
    }
    for (auto& entry : section.members) {
      auto key = section.name + "." + entry.name;
      auto* x = find_setting(key);
      if (x == nullptr) {
        complain(source, key, unknown("key", key, known_keys()), entry);
        continue;
      }
      auto complaint = assign(*x, values_, to_json(entry));
      if (!complaint.empty())
        complain(source, key, std::move(complaint), entry);
      else
        origins_[x->key] = source + ":" + std::to_string(entry.line);
    }
  }

  void set_text(const setting& x, std::string_view text, std::string origin) {
    auto complaint = assign_text(x, values_, text);
    if (!complaint.empty())
      complain(origin, std::string{x.key}, std::move(complaint));
    else
      origins_[x.key] = std::move(origin);
  }

  void complain(const std::string& source, std::string key, std::string message,
                const toml_entry& where = {}) {
    problems_.push_back(
      {source, where.line, where.column, std::move(key), std::move(message)});
  }

  configuration values_;
  std::map<std::string_view, std::string> origins_;
  std::vector<option_problem> problems_;
};

} // namespace

result<loaded_configuration>
load_configuration(const configuration_sources& sources) {
  configuration_loader loader;
  if (sources.file)
    loader.read_file(*sources.file);
  loader.read_environment(sources.environment);
  for (auto& text : sources.settings)
    loader.read_setting(text);
  if (sources.store_url)
    loader.read_setting("store.url=" + *sources.store_url);
  return std::move(loader).finish();
}

} // namespace dspex
