// ImageWriter: writes the parts of an image (image_format.h) to a sink. The first error is kept, and what is written
// after it goes nowhere.
// Thread rule: one thread.
#pragma once

#include <mini_wasm/checkpoint.h>

#include <span>
#include <string_view>
#include <vector>

#include "runtime/cache/hash.h"
#include "runtime/checkpoint/image_format.h"

namespace mini_wasm::runtime {

class ImageWriter {
 public:
  explicit ImageWriter(const CheckpointSink& sink) : sink_(sink) { buffer_.reserve(kBuffer); }

  void number(uint64_t value);
  void bytes(std::span<const uint8_t> bytes);
  void text(std::string_view text);  // with its length
  // Bytes of a known number, most of which may be zero.
  void sparse(std::span<const uint8_t> bytes);
  // Writes the hash and what is still in the buffer.
  Result<void> finish();

 private:
  static constexpr size_t kBuffer = size_t{64} << 10;
  void flush();
  void give(std::span<const uint8_t> bytes);

  const CheckpointSink& sink_;
  std::vector<uint8_t> buffer_;
  StreamHash hash_;
  Result<void> result_;
};

}  // namespace mini_wasm::runtime
