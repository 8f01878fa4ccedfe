// Declarations and indices of locals, and the common part of memory accesses (spec 3.4). Part of function_decoder.h.
#pragma once

#include "validator/function_decoder_class.h"

namespace mini_wasm::validator {

// --- Locals --------------------------------------------------------------------------------------------------------

template <class Sink>
[[gnu::noinline]] bool FunctionDecoder<Sink>::far_local(uint32_t i) {
  if (i >= locals_.size()) return unknown("local", i);
  if (locals_.use(i)) sink_.far_local(i);
  return true;
}

template <class Sink>
[[gnu::always_inline]] inline void FunctionDecoder<Sink>::set_local(uint32_t i) {
  if (tracks_unset_) [[unlikely]]
    note_set_local(i);
}

template <class Sink>
[[gnu::always_inline]] inline bool FunctionDecoder<Sink>::local_index(Cursor& c, uint32_t& i) {
  i = read_u32(c);
  if (i < locals_.ready()) [[likely]]
    return true;
  return far_local(i);
}

// spec 3.4 memarg: the alignment must be at most the natural one, and the offset must fit the address type. Handled
// here: offsets of up to two bytes.
template <class Sink>
[[gnu::always_inline]] inline auto FunctionDecoder<Sink>::memory_access(Cursor& c, Op op) -> Access {
  const uint8_t* p = c.pos;
  if ((kBelieves || stop_ - p >= 3) && p[0] <= op_info(op).access_log2 && has_small_memory_) [[likely]] {
    if (p[1] < 0x80) [[likely]] {
      c.pos += 2;
      return {true, ValType::i32, {p[0], 0, p[1]}};
    }
    if (p[2] < 0x80) [[likely]] {
      c.pos += 3;
      return {true, ValType::i32, {p[0], 0, (p[1] & 0x7fu) | uint64_t{p[2]} << 7}};
    }
  }
  return out_of_line(c, [this, op] { return any_memory_access(op); });
}

template <class Sink>
[[gnu::noinline]] auto FunctionDecoder<Sink>::any_memory_access(Op op) -> Access {
  const MemArg memarg = decoder::read_memarg(reader_, features_);
  const decoder::Memory* m = memory(memarg.memory);
  if (m == nullptr) return {};
  if (memarg.align_log2 > op_info(op).access_log2) [[unlikely]] {
    fail([&] { return "alignment must not be larger than natural: " + std::string(op_info(op).text); });
    return {};
  }
  if (!m->type.is_64 && memarg.offset > UINT32_MAX) [[unlikely]] {
    fail([&] { return "offset out of range: " + std::to_string(memarg.offset); });
    return {};
  }
  return {true, address_type(m->type.is_64), memarg};
}

}  // namespace mini_wasm::validator
