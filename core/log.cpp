#include "core/log.hpp"

#include <chrono>
#include <memory>
#include <string>

#include <spdlog/pattern_formatter.h>
#include <spdlog/sinks/stdout_sinks.h>
#include <spdlog/spdlog.h>

#include "dspex/id.hpp"

namespace dspex {

namespace {

struct event {
  std::string_view source;
  std::string_view message;
  const json& fields;
};

// The event that `log_event` is about to log. The sink of our logger formats
// within the call, so that its formatter finds the parts here.
thread_local const event* current = nullptr;

std::string_view level_name(spdlog::level::level_enum x) {
  // spdlog says `warning`, our settings `warn`.
  if (x == spdlog::level::warn)
    return "warn";
  auto name = spdlog::level::to_string_view(x);
  return {name.data(), name.size()};
}

/// Formats each event as one JSON object on a line.
class json_formatter : public spdlog::formatter {
public:
  void format(const spdlog::details::log_msg& msg,
              spdlog::memory_buf_t& dest) override {
    auto at = std::chrono::time_point_cast<timestamp::duration>(msg.time);
    auto name = std::string{msg.logger_name.data(), msg.logger_name.size()};
    auto line = json::object();
    line["time"] = to_string(at);
    line["level"] = level_name(msg.level);
    if (current == nullptr) {
      line["logger"] = std::move(name);
      line["message"] = std::string{msg.payload.data(), msg.payload.size()};
    } else {
      // The names of actors start with that of the project already.
      line["logger"] = current->source.starts_with(name + '.')
                         ? std::string{current->source}
                         : name + '.' + std::string{current->source};
      line["message"] = current->message;
      for (auto& [key, value] : current->fields.items())
        line[key] = value;
    }
    // Printing replaces bad UTF-8, and escapes what needs it.
    auto text = dump_json(line) + '\n';
    dest.append(text.data(), text.data() + text.size());
  }

  std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<json_formatter>();
  }
};

/// Formats the message as one line that cannot steer a terminal.
class one_line_flag : public spdlog::custom_flag_formatter {
public:
  void format(const spdlog::details::log_msg& msg, const std::tm&,
              spdlog::memory_buf_t& dest) override {
    constexpr auto digits = std::string_view{"0123456789abcdef"};
    for (auto c : msg.payload) {
      auto byte = static_cast<unsigned char>(c);
      if (c == '\n') {
        dest.append(std::string_view{"\\n"});
      } else if (byte < 0x20 || byte == 0x7F) {
        dest.append(std::string_view{"\\x"});
        dest.push_back(digits[byte >> 4]);
        dest.push_back(digits[byte & 0xF]);
      } else {
        dest.push_back(c);
      }
    }
  }

  std::unique_ptr<custom_flag_formatter> clone() const override {
    return std::make_unique<one_line_flag>();
  }
};

std::unique_ptr<spdlog::formatter> text_formatter() {
  auto out = std::make_unique<spdlog::pattern_formatter>();
  out->add_flag<one_line_flag>('*').set_pattern(
    "[%Y-%m-%d %H:%M:%S.%e] [%n] [%l] %*");
  return out;
}

struct instance {
  std::shared_ptr<spdlog::logger> logger;
  bool is_ours = false;
};

instance& the_instance() {
  static auto x = []() -> instance {
    if (auto existing = spdlog::get("dspex"))
      return {std::move(existing), false};
    auto made = spdlog::stderr_logger_mt("dspex");
    made->set_formatter(text_formatter());
    made->set_level(spdlog::level::warn);
    return {std::move(made), true};
  }();
  return x;
}

std::string text_of(const event& x) {
  auto out = std::string{x.source};
  out += ": ";
  out += x.message;
  for (auto& [key, value] : x.fields.items()) {
    out += ' ';
    out += key;
    out += '=';
    out += value.is_string() ? value.get<std::string>() : dump_json(value);
  }
  return out;
}

spdlog::level::level_enum to_spdlog(log_level x) {
  switch (x) {
    case log_level::trace:
      return spdlog::level::trace;
    case log_level::debug:
      return spdlog::level::debug;
    case log_level::info:
      return spdlog::level::info;
    case log_level::warn:
      return spdlog::level::warn;
    case log_level::error:
      return spdlog::level::err;
  }
  return spdlog::level::off;
}

} // namespace

spdlog::logger& log() {
  return *the_instance().logger;
}

void configure_log(const log_settings& settings) {
  auto& [logger, is_ours] = the_instance();
  logger->set_level(spdlog::level::from_str(settings.level));
  if (!is_ours)
    return;
  if (settings.format == "json")
    logger->set_formatter(std::make_unique<json_formatter>());
  else
    logger->set_formatter(text_formatter());
}

bool logs(log_level level) {
  return log().should_log(to_spdlog(level));
}

void log_event(log_level level, std::string_view source,
               std::string_view message, const json& fields) {
  if (!logs(level))
    return;
  auto x = event{source, message, fields};
  auto text = text_of(x);
  current = &x;
  // spdlog lets nothing out that a sink throws.
  log().log(to_spdlog(level), spdlog::string_view_t{text});
  current = nullptr;
}

} // namespace dspex
