#include "cli/progress.hpp"

#include <algorithm>
#include <array>
#include <fstream>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

#include "cli/messages.hpp"
#include "cli/text_sink.hpp"

namespace dspex::cli {

namespace {

constexpr auto bar_width = uint64_t{30};
constexpr auto drawing_interval = std::chrono::milliseconds{100};
constexpr auto quiet_time = std::chrono::seconds{2};

} // namespace

std::optional<uint64_t> count_lines(const char* path) {
  struct stat info {};
  if (::stat(path, &info) != 0 || !S_ISREG(info.st_mode))
    return std::nullopt;
  auto file = std::ifstream{path, std::ios::binary};
  auto chunk = std::array<char, 65536>{};
  auto count = uint64_t{0};
  auto blank = true;
  do {
    file.read(chunk.data(), chunk.size());
    for (auto i = std::streamsize{0}; i < file.gcount(); ++i) {
      auto c = chunk[static_cast<size_t>(i)];
      if (c == '\n') {
        count += blank ? 0 : 1;
        blank = true;
      } else if (c != ' ' && c != '\t' && c != '\r') {
        blank = false;
      }
    }
  } while (file);
  return count + (blank ? 0 : 1);
}

progress::progress(std::optional<uint64_t> total)
  : total_(total), is_bar_(is_terminal(STDERR_FILENO)) {
}

void progress::update(const run_totals& totals) {
  auto t = clock::now();
  auto n = totals.records();
  if (is_bar_) {
    if (t >= next_drawing_) {
      next_drawing_ = t + drawing_interval;
      draw(totals);
    }
    return;
  }
  if (!total_ || *total_ == 0)
    return;
  auto quarters = std::min(n * 4 / *total_, uint64_t{4});
  if (quarters <= quarters_)
    return;
  quarters_ = quarters;
  if (t - begin_ >= quiet_time)
    print_stderr(std::to_string(quarters * 25) + " %: " + std::to_string(n)
                 + " of " + std::to_string(*total_) + " records, "
                 + std::to_string(totals.failed) + " failed\n");
}

void progress::draw(const run_totals& totals) {
  auto n = totals.records();
  auto text = std::string{"\r\x1b[K"};
  if (total_ && *total_ > 0) {
    auto filled = std::min(n * bar_width / *total_, bar_width);
    text += '[' + std::string(filled, '#')
            + std::string(bar_width - filled, ' ') + "] ";
    text += std::to_string(n) + '/' + std::to_string(*total_);
  } else {
    text += std::to_string(n) + " records";
  }
  if (totals.failed > 0)
    text += ", " + std::to_string(totals.failed) + " failed";
  print_stderr(text);
  is_drawn_ = true;
}

void progress::clear() {
  if (is_drawn_)
    print_stderr("\r\x1b[K");
  is_drawn_ = false;
  next_drawing_ = clock::now();
}

} // namespace dspex::cli
