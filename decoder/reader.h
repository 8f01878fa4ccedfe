// Reader: reads the primitive elements of the binary format (spec 5.2) from a range of bytes. Errors are sticky: the
// first one is kept with its byte offset, the position moves to the end, and every later read returns zero. So callers
// need to check only once, at the end. Offsets are relative to the start of the module, wherever the range begins.
#pragma once

#include <mini_wasm/result.h>

#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "core/leb128.h"
#include "core/utf8.h"
#include "decoder/module.h"

namespace mini_wasm::decoder {

class Reader {
 public:
  // Reads `range` of `module_bytes`.
  Reader(std::span<const uint8_t> module_bytes, ByteRange range)
      : base_(module_bytes.data()),
        pos_(base_ + range.begin),
        end_(base_ + range.end),
        module_end_(base_ + module_bytes.size()),
        is_piece_(true) {}
  // Reads a whole module.
  explicit Reader(std::span<const uint8_t> bytes)
      : base_(bytes.data()), pos_(base_), end_(base_ + bytes.size()), module_end_(end_), is_piece_(false) {}

  bool ok() const { return !error_; }
  bool at_end() const { return pos_ == end_; }
  uint32_t offset() const { return static_cast<uint32_t>(pos_ - base_); }
  size_t left() const { return static_cast<size_t>(end_ - pos_); }
  const uint8_t* pos() const { return pos_; }

  uint8_t u8() {
    if (pos_ == end_) [[unlikely]]
      return fail_at_end(), uint8_t{0};
    return *pos_++;
  }
  uint8_t peek() const { return pos_ == end_ ? uint8_t{0} : *pos_; }
  // Most numbers have one byte; only these are read inline.
  [[gnu::always_inline]] uint32_t u32() {
    if (pos_ != end_ && *pos_ < 0x80) [[likely]]
      return *pos_++;
    return leb<uint32_t, read_uleb32>();
  }
  uint64_t u64() { return leb<uint64_t, read_uleb64>(); }
  [[gnu::always_inline]] int32_t s32() {
    if (pos_ != end_ && *pos_ < 0x80) [[likely]]
      return static_cast<int8_t>(*pos_++ << 1) >> 1;
    return leb<int32_t, read_sleb32>();
  }
  int64_t s33() { return leb<int64_t, read_sleb33>(); }
  int64_t s64() { return leb<int64_t, read_sleb64>(); }
  uint32_t f32_bits() { return fixed<uint32_t>(); }
  uint64_t f64_bits() { return fixed<uint64_t>(); }
  uint32_t fixed_u32() { return fixed<uint32_t>(); }

  // The position must be inside the range.
  void seek(const uint8_t* pos) { pos_ = pos; }
  uint32_t offset_of(const uint8_t* pos) const { return static_cast<uint32_t>(pos - base_); }
  // Skips bytes, which must exist.
  void skip(size_t bytes) { pos_ += bytes; }

  // spec 5.1 lists: reads a count of items of at least `min_bytes` bytes each. A count that is too large for the
  // remaining bytes is an error, so that nothing larger than the input is ever allocated.
  uint32_t count(uint32_t min_bytes, const char* what);
  // spec 5.2.4 names: "length out of bounds", "malformed UTF-8 encoding".
  std::string_view name();
  // Skips and returns that many bytes; returns an empty range after an error.
  ByteRange bytes(uint64_t size);
  // The same for a size that was read at offset `at`; the error is "length out of bounds".
  ByteRange sized(uint64_t size, uint32_t at);

  // Keeps only the first error. `at` is an offset in the module. The message begins with the words of the official test
  // scripts, where they have any.
  void fail(uint32_t at, std::string message, ErrorKind kind = ErrorKind::malformed);
  void fail(std::string message) { fail(offset(), std::move(message)); }
  void fail(Error error);
  const Error& error() const { return *error_; }
  Error take_error() { return std::move(*error_); }
  void replace_message(std::string message) { error_->message = std::move(message); }
  // "unexpected end", or in a part of a module "unexpected end of section or function".
  const char* end_message() const;

 private:
  template <class T, auto read>
  [[gnu::noinline]] T leb() {
    T value{};
    const uint8_t* start = pos_;
    if (LebError e = read(pos_, end_, value); e != LebError::ok) [[unlikely]] {
      // A number that is cut off at the end of the range is judged with the bytes that follow it, because it may have
      // too many bytes in any case.
      if (e == LebError::truncated) {
        const uint8_t* beyond = start;  // not pos_, which must stay inside the range
        const LebError whole = read(beyond, module_end_, value);
        if (whole != LebError::ok) e = whole;
      }
      fail_leb(start, e);
      return T{};
    }
    return value;
  }
  template <class T>
  T fixed() {
    if (left() < sizeof(T)) [[unlikely]]
      return fail_at_end(), T{};
    T value;
    std::memcpy(&value, pos_, sizeof(T));  // the host is little-endian, which memory.h asserts
    pos_ += sizeof(T);
    return value;
  }
  [[gnu::cold]] void fail_at_end();
  [[gnu::cold]] void fail_leb(const uint8_t* start, LebError error);

  const uint8_t* base_;
  const uint8_t* pos_;
  const uint8_t* end_;
  const uint8_t* module_end_;
  bool is_piece_;
  std::optional<Error> error_;
};

}  // namespace mini_wasm::decoder
