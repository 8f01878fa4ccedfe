// The rare and the failing paths of Reader.
#include "decoder/reader.h"

namespace mini_wasm::decoder {

const char* Reader::end_message() const {
  return is_piece_ ? "unexpected end of section or function" : "unexpected end";
}

void Reader::fail(Error error) {
  if (!error_) error_ = std::move(error);
  pos_ = end_;
}

void Reader::fail(uint32_t at, std::string message, ErrorKind kind) { fail(Error::make(kind, std::move(message), at)); }

void Reader::fail_at_end() { fail(static_cast<uint32_t>(end_ - base_), end_message()); }

void Reader::fail_leb(const uint8_t* start, LebError error) {
  if (error == LebError::truncated) return fail_at_end();
  fail(static_cast<uint32_t>(start - base_), std::string(to_string(error)));
}

uint32_t Reader::count(uint32_t min_bytes, const char* what) {
  const uint32_t at = offset();
  const uint32_t n = u32();
  if (n <= left() / min_bytes) [[likely]]
    return n;
  fail(at, std::string(end_message()) + " (length out of bounds): " + std::to_string(n) + " " + what +
               " do not fit in the " + std::to_string(left()) + " bytes left");
  return 0;
}

std::string_view Reader::name() {
  const uint32_t at = offset();
  const uint32_t size = u32();
  const uint32_t begin = offset();
  const ByteRange range = sized(size, at);
  if (!ok()) return {};
  const std::string_view text(reinterpret_cast<const char*>(base_ + range.begin), range.size());
  if (is_valid_utf8(text)) [[likely]]
    return text;
  fail(begin, "malformed UTF-8 encoding");
  return {};
}

ByteRange Reader::bytes(uint64_t size) {
  if (size > left()) {
    fail(offset(), std::string(end_message()) + ": " + std::to_string(size) + " bytes expected, " +
                       std::to_string(left()) + " left");
    return {};
  }
  const uint32_t begin = offset();
  pos_ += size;
  return {begin, offset()};
}

ByteRange Reader::sized(uint64_t size, uint32_t at) {
  if (size <= left()) [[likely]]
    return bytes(size);
  fail(at, "length out of bounds: " + std::to_string(size) + " bytes announced, " + std::to_string(left()) + " left");
  return {};
}

}  // namespace mini_wasm::decoder
