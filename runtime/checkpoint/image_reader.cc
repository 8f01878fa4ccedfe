#include "runtime/checkpoint/image_reader.h"

#include <algorithm>
#include <cstring>
#include <utility>

#include "runtime/store.h"

namespace mini_wasm::runtime {

uint64_t ImageReader::number() {
  uint64_t value = 0;
  for (unsigned shift = 0;; shift += 7) {
    const uint8_t next = byte();
    if (shift == 63 && next > 1) {
      fail("a number has more than 64 bits");
      return 0;
    }
    value |= uint64_t{next & 0x7fu} << shift;
    if (next < 0x80) return ok() ? value : 0;
  }
}

uint64_t ImageReader::index(uint64_t limit, const char* what) {
  const uint64_t value = number();
  if (value < limit) return value;
  if (ok()) fail("unknown " + std::string(what) + " " + std::to_string(value));
  return 0;
}

uint64_t ImageReader::number_up_to(uint64_t limit, const char* what) {
  const uint64_t value = number();
  if (value <= limit) return value;
  fail("bad " + std::string(what) + " " + std::to_string(value));
  return 0;
}

uint8_t ImageReader::byte() {
  if (at_ == end_ && !refill()) return 0;
  return buffer_[at_++];
}

void ImageReader::bytes(std::span<uint8_t> to) {
  while (!to.empty()) {
    if (at_ == end_ && to.size() >= kBuffer && may_go_on()) {  // not through the buffer
      hash_consumed();
      const size_t got = read_source(to.first(std::min(to.size(), kPiece)));
      hash_.add(to.first(got));
      begin_ += end_ + got;
      at_ = end_ = hashed_ = 0;
      to = to.subspan(got);
    }
    if (to.empty()) return;
    if (!ok() || (at_ == end_ && !refill())) return std::fill(to.begin(), to.end(), uint8_t{0});
    const size_t count = std::min(to.size(), end_ - at_);
    std::copy_n(buffer_.begin() + static_cast<ptrdiff_t>(at_), count, to.begin());
    at_ += count;
    to = to.subspan(count);
  }
}

// No more room is made than there are bytes, whatever the length says.
std::vector<uint8_t> ImageReader::block() {
  uint64_t left = number();
  std::vector<uint8_t> result;
  while (left != 0 && ok()) {
    const size_t count = static_cast<size_t>(std::min<uint64_t>(left, kBuffer));
    result.resize(result.size() + count);
    bytes(std::span(result).last(count));
    left -= count;
  }
  return result;
}

void ImageReader::sparse(std::span<uint8_t> to, bool zeroed) {
  while (!to.empty() && ok()) {
    const uint64_t blocks = (to.size() + kImageBlock - 1) / kImageBlock;
    const uint64_t zeros = number_up_to(blocks, "number of blocks");
    const uint64_t others = number_up_to(blocks - zeros, "number of blocks");
    if (zeros + others == 0) fail("no blocks");
    const size_t gap = std::min<size_t>(zeros * kImageBlock, to.size());
    if (!zeroed) std::fill_n(to.begin(), gap, uint8_t{0});
    to = to.subspan(gap);
    const size_t size = std::min<size_t>(others * kImageBlock, to.size());
    bytes(to.first(size));
    to = to.subspan(size);
  }
}

void ImageReader::fail(std::string_view message) {
  if (!ok()) return;
  std::string text = "checkpoint: ";
  text += message;
  fail(Error::make(ErrorKind::malformed, std::move(text), begin_ + at_));
}

void ImageReader::fail(Error error) {
  if (ok()) result_ = std::move(error);
}

void ImageReader::end() {
  hash_consumed();
  const ImageHash expected = hash_.result();
  ImageHash found{};
  bytes(found);
  if (ok() && found != expected) fail("the bytes were changed: the hash is wrong");
  if (ok() && (at_ != end_ || read_source(buffer_) != 0)) fail("there are more bytes after the end");
}

bool ImageReader::may_go_on() {
  if (ok() && store_.interrupted()) fail(Error::trap(TrapCode::interrupted));
  return ok();
}

size_t ImageReader::read_source(std::span<uint8_t> room) {
  Result<size_t> got = source_(room);
  if (got && *got <= room.size()) return *got;
  fail(got ? Error::make(ErrorKind::usage, "the source gives more bytes than there is room for")
           : std::move(got).error());
  return 0;
}

// Returns whether there is a next byte.
bool ImageReader::refill() {
  if (!may_go_on()) return false;
  hash_consumed();
  begin_ += end_;
  at_ = end_ = hashed_ = 0;
  buffer_.resize(kBuffer);
  end_ = read_source(buffer_);
  if (end_ == 0) fail("unexpected end");
  return end_ != 0;
}

void ImageReader::hash_consumed() {
  hash_.add(std::span(buffer_).subspan(hashed_, at_ - hashed_));
  hashed_ = at_;
}

}  // namespace mini_wasm::runtime
