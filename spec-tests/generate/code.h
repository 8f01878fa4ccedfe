// Writes bytes of the binary format (spec 5.2 to 5.4).
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "core/leb128.h"
#include "core/opcode.h"
#include "spec-tests/generate/types.h"

namespace mini_wasm::generate {

// Every call appends and returns *this.
class Code {
 public:
  Code& u8(unsigned byte) {
    bytes_.push_back(static_cast<uint8_t>(byte));
    return *this;
  }
  Code& uleb(uint64_t value) {
    write_uleb(bytes_, value);
    return *this;
  }
  Code& sleb(int64_t value) {
    write_sleb(bytes_, value);
    return *this;
  }
  Code& fixed(uint64_t bits, unsigned count_of_bytes) {
    for (unsigned i = 0; i < count_of_bytes; ++i) u8(static_cast<uint8_t>(bits >> (8 * i)));
    return *this;
  }
  Code& op(Op op) {
    const OpInfo& info = op_info(op);
    if (info.prefix == 0) return u8(info.code);
    return u8(info.prefix).uleb(info.code);
  }
  Code& op(Op o, uint64_t index) { return op(o).uleb(index); }
  Code& op(Op o, uint64_t index, uint64_t second) { return op(o).uleb(index).uleb(second); }
  Code& i32_const(int32_t value) { return op(Op::i32_const).sleb(value); }
  Code& i64_const(int64_t value) { return op(Op::i64_const).sleb(value); }
  Code& heap(Heap heap) { return sleb(heap); }
  Code& type(Type type);  // 5.3.5
  Code& name(std::string_view text) {
    return uleb(text.size()).add({reinterpret_cast<const uint8_t*>(text.data()), text.size()});
  }
  Code& add(std::span<const uint8_t> other) {
    bytes_.insert(bytes_.end(), other.begin(), other.end());
    return *this;
  }
  Code& add(const Code& other) { return add(other.span()); }
  // Appends `content` with its size before it: sections, function bodies.
  Code& sized(const Code& content) { return uleb(content.size()).add(content); }

  size_t size() const { return bytes_.size(); }
  std::span<const uint8_t> span() const { return bytes_; }
  std::vector<uint8_t> take() { return std::move(bytes_); }

 private:
  std::vector<uint8_t> bytes_;
};

}  // namespace mini_wasm::generate
