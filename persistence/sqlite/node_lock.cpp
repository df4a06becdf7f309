#include "persistence/sqlite/node_lock.hpp"

#include <cerrno>
#include <fcntl.h>
#include <string>
#include <sys/file.h>
#include <sys/stat.h>
#include <system_error>
#include <thread>
#include <unistd.h>

namespace dspex {

namespace {

constexpr auto infix = std::string_view{".node-"};
constexpr auto suffix = std::string_view{".lock"};

std::filesystem::path lock_file(const std::filesystem::path& store,
                                node_id node) {
  auto name = store.filename().string();
  name += infix;
  name += to_string(node);
  name += suffix;
  return store.parent_path() / name;
}

struct attempt {
  int fd = -1;
  // EWOULDBLOCK if another process has the lock.
  int error = 0;
};

bool is_named(int fd, const std::filesystem::path& file) {
  struct stat opened {};
  struct stat named {};
  return fstat(fd, &opened) == 0 && stat(file.c_str(), &named) == 0
         && opened.st_dev == named.st_dev && opened.st_ino == named.st_ino;
}

attempt try_lock(const std::filesystem::path& file) {
  for (;;) {
    auto fd = open(file.c_str(), O_RDONLY | O_CREAT | O_CLOEXEC, 0644);
    if (fd < 0)
      return {-1, errno};
    if (flock(fd, LOCK_EX | LOCK_NB) != 0) {
      auto why = errno;
      close(fd);
      if (why == EINTR)
        continue;
      return {-1, why};
    }
    if (is_named(fd, file))
      return {fd, 0};
    // The owner of the file removed it between our open and our lock.
    close(fd);
  }
}

} // namespace

result<std::shared_ptr<const node_lock>>
node_lock::acquire(const std::filesystem::path& store, node_id node,
                   std::chrono::milliseconds timeout) {
  auto file = lock_file(store, node);
  auto deadline = std::chrono::steady_clock::now() + timeout;
  for (;;) {
    auto [fd, why] = try_lock(file);
    if (fd >= 0)
      return std::make_shared<const node_lock>(std::move(file), fd);
    if (why != EWOULDBLOCK)
      return fail(errc::store_unavailable,
                  "cannot lock " + file.string() + ": "
                    + std::generic_category().message(why));
    if (std::chrono::steady_clock::now() >= deadline)
      return fail(errc::conflict, "the node " + to_string(node) + " has "
                                    + store.string() + " open already");
    std::this_thread::sleep_for(std::chrono::milliseconds{5});
  }
}

std::unique_ptr<const node_lock>
node_lock::try_acquire(const std::filesystem::path& store, node_id node) {
  auto file = lock_file(store, node);
  auto [fd, why] = try_lock(file);
  if (fd < 0)
    return nullptr;
  return std::make_unique<const node_lock>(std::move(file), fd);
}

bool node_lock::is_held(const std::filesystem::path& store, node_id node) {
  auto fd = open(lock_file(store, node).c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0)
    return false;
  // The lock is shared, so that two callers at the same time do not take each
  // other for the node.
  auto held = flock(fd, LOCK_SH | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  close(fd);
  return held;
}

std::vector<node_id> node_lock::list(const std::filesystem::path& store) {
  auto out = std::vector<node_id>{};
  auto prefix = store.filename().string();
  prefix += infix;
  auto ec = std::error_code{};
  auto i = std::filesystem::directory_iterator{store.parent_path(), ec};
  for (; !ec && i != std::filesystem::directory_iterator{}; i.increment(ec)) {
    auto name = i->path().filename().string();
    if (!name.starts_with(prefix) || !name.ends_with(suffix)
        || name.size() < prefix.size() + suffix.size())
      continue;
    auto id = std::string_view{name};
    id.remove_prefix(prefix.size());
    id.remove_suffix(suffix.size());
    if (auto node = node_id::parse(id))
      out.push_back(*node);
  }
  return out;
}

node_lock::node_lock(std::filesystem::path file, int fd)
  : file_(std::move(file)), fd_(fd) {
}

node_lock::~node_lock() {
  unlink(file_.c_str());
  close(fd_);
}

} // namespace dspex
