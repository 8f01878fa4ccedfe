// Declarations and indices of locals, and the common part of memory accesses (spec 3.4). Part of function_decoder.h.
#pragma once

#include "validator/function_decoder_class.h"

namespace mini_wasm::validator {

// --- Locals --------------------------------------------------------------------------------------------------------

template <class Sink>
bool FunctionDecoder<Sink>::read_locals() {
  const size_t body_bytes = reader_.left();
  locals_.begin(module_.registry->get(module_.type_id(module_.funcs[raw(func_)].type)));
  const uint32_t at = reader_.offset();
  const uint32_t groups = reader_.count(2, "local declarations");
  uint64_t total = locals_.size();
  for (uint32_t i = 0; i < groups && reader_.ok(); ++i) {
    const uint32_t n = reader_.u32();
    const ValType type = decoder::read_val_type(reader_, scope_);
    total += n;
    if (total <= limits::kMaxLocals) locals_.declare(n, type);
  }
  if (reader_.ok() && total > limits::kMaxLocals) {
    reader_.fail(at, "too many locals: more than " + std::to_string(limits::kMaxLocals),
                 total > UINT32_MAX ? ErrorKind::malformed : ErrorKind::limit);
  }
  locals_.finish(body_bytes);
  meter_.add(locals_.ready());
  uses_vectors_ = locals_.has_vectors();
  for (uint32_t i : set_locals_) is_set_[i] = false;
  set_locals_.clear();
  tracks_unset_ = !kBelieves && !locals_.all_default();
  if (tracks_unset_ && is_set_.size() < locals_.size()) is_set_.resize(locals_.size());
  return reader_.ok();
}

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
[[gnu::noinline]] void FunctionDecoder<Sink>::note_set_local(uint32_t i) {
  if (!is_unset(i)) return;
  is_set_[i] = true;
  set_locals_.push_back(i);
}

// At the end of a block or branch: a local that was set in it may not have been set on another path.
template <class Sink>
inline void FunctionDecoder<Sink>::forget_set_locals() {
  while (set_locals_.size() > controls_.back().set_locals) {
    is_set_[set_locals_.back()] = false;
    set_locals_.pop_back();
  }
}

template <class Sink>
[[gnu::always_inline]] inline bool FunctionDecoder<Sink>::local_index(Cursor& c, uint32_t& i) {
  i = read_u32(c);
  if (i < locals_.ready()) [[likely]]
    return true;
  return far_local(i);
}

template <class Sink>
const decoder::Memory* FunctionDecoder<Sink>::memory(uint32_t i) {
  if (i < module_.memories.size()) [[likely]]
    return &module_.memories[i];
  unknown("memory", i);
  return nullptr;
}

template <class Sink>
const decoder::Table* FunctionDecoder<Sink>::table(uint32_t i) {
  if (i < module_.tables.size()) [[likely]]
    return &module_.tables[i];
  unknown("table", i);
  return nullptr;
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
    fail("alignment must not be larger than natural: " + std::string(op_info(op).text));
    return {};
  }
  if (!m->type.is_64 && memarg.offset > UINT32_MAX) [[unlikely]] {
    fail("offset out of range: " + std::to_string(memarg.offset));
    return {};
  }
  return {true, address_type(m->type.is_64), memarg};
}

}  // namespace mini_wasm::validator
