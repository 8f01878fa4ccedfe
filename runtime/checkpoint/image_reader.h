// ImageReader: reads the parts of an image (image_format.h) from a source. Nothing in the image is believed. The first
// error is kept with its offset; from then on everything that is read is zero (see ok).
// Thread rule: one thread.
#pragma once

#include <mini_wasm/checkpoint.h>

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "runtime/cache/hash.h"
#include "runtime/checkpoint/image_format.h"

namespace mini_wasm::runtime {

class Store;

class ImageReader {
 public:
  // Reading ends with an error when `store` is interrupted.
  ImageReader(const CheckpointSource& source, const Store& store) : source_(source), store_(store) {}

  // Whatever loops over what it reads must look at this in each step.
  bool ok() const { return result_.has_value(); }
  uint64_t number();
  // A number below `limit`, or 0 after an error: "unknown WHAT N".
  uint64_t index(uint64_t limit, const char* what);
  // A number up to `limit`, or 0 after an error: "bad WHAT N".
  uint64_t number_up_to(uint64_t limit, const char* what);
  bool flag() { return number_up_to(1, "flag") != 0; }
  void bytes(std::span<uint8_t> to);
  // Bytes with their length before them.
  std::vector<uint8_t> block();
  // The counterpart of ImageWriter::sparse. `zeroed`: `to` contains zeros.
  void sparse(std::span<uint8_t> to, bool zeroed);
  // Errors at the present position: in the image, or others.
  void fail(std::string_view message);
  void fail(Error error);
  // The hash and the end must follow.
  void end();
  Result<void> take_result() { return std::move(result_); }

 private:
  static constexpr size_t kBuffer = size_t{64} << 10;
  static constexpr size_t kPiece = size_t{256} << 10;
  uint8_t byte();
  size_t read_source(std::span<uint8_t> room);
  bool refill();
  void hash_consumed();
  bool may_go_on();

  const CheckpointSource& source_;
  const Store& store_;
  std::vector<uint8_t> buffer_;
  size_t at_ = 0, end_ = 0;  // what is in the buffer
  size_t hashed_ = 0;        // the buffer is in the hash up to here
  uint64_t begin_ = 0;       // offset in the image of the buffer's beginning
  StreamHash hash_;
  Result<void> result_;
};

}  // namespace mini_wasm::runtime
