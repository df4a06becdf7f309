#include "adapters/python_port/frames.hpp"

#include <cstdint>

namespace dspex {

namespace {

constexpr size_t header_bytes = 4;

} // namespace

void frame_splitter::append(std::string_view bytes) {
  if (offset_ == buffer_.size()) {
    buffer_.clear();
    offset_ = 0;
  } else if (offset_ > buffer_.size() / 2) {
    buffer_.erase(0, offset_);
    offset_ = 0;
  }
  buffer_.append(bytes);
}

result<std::optional<std::string_view>> frame_splitter::next() {
  auto left = std::string_view{buffer_}.substr(offset_);
  if (left.size() < header_bytes)
    return std::nullopt;
  auto size = size_t{0};
  for (auto c : left.substr(0, header_bytes))
    size = size << 8U | static_cast<unsigned char>(c);
  if (size == 0 || size > max_frame_bytes_)
    return fail(errc::backend_failed,
                "a frame of " + std::to_string(size) + " bytes");
  if (left.size() < header_bytes + size)
    return std::nullopt;
  offset_ += header_bytes + size;
  return left.substr(header_bytes, size);
}

void append_frame(std::string& out, std::string_view body) {
  auto size = static_cast<uint32_t>(body.size());
  for (auto shift : {24U, 16U, 8U, 0U})
    out += static_cast<char>(size >> shift & 0xFFU);
  out += body;
}

} // namespace dspex
