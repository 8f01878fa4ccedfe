#include "runtime/checkpoint/image_writer.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "core/leb128.h"

namespace mini_wasm::runtime {
namespace {

bool is_zero(std::span<const uint8_t> bytes) {
  return bytes[0] == 0 && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0;
}

}  // namespace

void ImageWriter::number(uint64_t value) {
  write_uleb(buffer_, value);
  if (buffer_.size() >= kBuffer) flush();
}

void ImageWriter::bytes(std::span<const uint8_t> bytes) {
  if (bytes.size() >= kBuffer) {  // not through the buffer
    flush();
    return give(bytes);
  }
  buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
  if (buffer_.size() >= kBuffer) flush();
}

void ImageWriter::text(std::string_view text) {
  number(text.size());
  bytes({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
}

// Pairs: how many blocks of zeros, how many others; the bytes of the others follow. The last block may be shorter.
void ImageWriter::sparse(std::span<const uint8_t> bytes) {
  const auto block = [&](size_t at) { return bytes.subspan(at, std::min(kImageBlock, bytes.size() - at)); };
  for (size_t at = 0; at < bytes.size();) {
    size_t zeros = 0, others = 0;
    for (; at < bytes.size() && is_zero(block(at)); at += kImageBlock) ++zeros;
    const size_t first = at;
    for (; at < bytes.size() && !is_zero(block(at)); at += kImageBlock) ++others;
    number(zeros);
    number(others);
    if (others != 0) this->bytes(bytes.subspan(first, std::min(at, bytes.size()) - first));
  }
}

Result<void> ImageWriter::finish() {
  flush();
  give(hash_.result());
  return std::move(result_);
}

void ImageWriter::flush() {
  if (!buffer_.empty()) give(buffer_);
  buffer_.clear();
}

void ImageWriter::give(std::span<const uint8_t> bytes) {
  hash_.add(bytes);
  if (result_) result_ = sink_(bytes);
}

}  // namespace mini_wasm::runtime
