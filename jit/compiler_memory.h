// Accesses to memories and tables. Part of compiler.h.
#pragma once

#include "jit/compiler_class.h"

namespace mini_wasm::jit {

// The address of an access to memory. A memory with guard pages needs no check ("guarded"); for others the check is
// emitted here. The scratch register may be part of the address, so the access must follow before anything else uses
// that register.
template <class Masm>
typename Masm::Address Compiler<Masm>::address(Value& index, const MemArg& memarg, uint32_t bytes) {
  if (guarded(memarg.memory)) {
    if (index.kind == Value::Kind::constant) {
      // The guards cover every sum of an index of 32 bits and an offset of 32 bits.
      return masm_.guarded_address(kNoReg, memarg.memory, static_cast<uint32_t>(index.bits) + memarg.offset);
    }
    return masm_.guarded_address(use(index), memarg.memory, memarg.offset);
  }
  const Reg reg = use(index);
  const Reg temp = take(Scalar::i64);
  release(temp);  // it is needed only until the address is computed
  return masm_.checked_address(reg, temp, module_.memories[memarg.memory].type.is_64, memarg.memory, memarg.offset,
                               bytes, site());
}

// Must come before `target`, which releases the register of the index and may return it as the register of the result.
template <class Masm>
void Compiler<Masm>::use_index(Value& index, uint32_t memory) {
  if (!guarded(memory) || index.kind != Value::Kind::constant) use(index);
}

// `address` for an atomic access, with a check that the address is aligned.
template <class Masm>
typename Masm::Address Compiler<Masm>::atomic_address(Value& index, const MemArg& memarg, uint32_t bytes) {
  const bool is_64 = module_.memories[memarg.memory].type.is_64;
  // A constant address is checked now, and no code is needed if it is aligned.
  if (bytes > 1 && guarded(memarg.memory) && index.kind == Value::Kind::constant) {
    if ((index.bits + memarg.offset) % bytes != 0) masm_.trap(TrapCode::unaligned_atomic, site());
  } else if (bytes > 1) {
    masm_.check_alignment(use(index), is_64, memarg.offset, bytes, site());
  }
  return address(index, memarg, bytes);
}

template <class Masm>
void Compiler<Masm>::atomic(Op op, const MemArg& memarg) {
  if (!masm_.atomic(*this, op, memarg)) slot_op(op, memarg.memory, memarg.offset);
}

template <class Masm>
void Compiler<Masm>::load(Op op, const MemArg& memarg) {
  const uint32_t bytes = Masm::access_bytes(op);
  Value index = pop();
  const Scalar type = scalar(op_info(op).results[0]);
  use_index(index, memarg.memory);
  // If the next instruction can read its operand from memory, the load becomes a part of it.
  if constexpr (Masm::kReadsMemory) {
    const uint64_t at = memarg.offset + (index.kind == Value::Kind::constant ? static_cast<uint32_t>(index.bits) : 0);
    if (guarded(memarg.memory) && memarg.memory == 0 && at <= INT32_MAX && Masm::takes_memory(op, peek(0), peek(1))) {
      const Reg reg = index.kind == Value::Kind::constant ? kNoReg : use(index);
      return push_pending(type, Operand::of_memory(reg, static_cast<int64_t>(at)));
    }
  }
  const Reg to = target(type, index);
  masm_.load(op, to, address(index, memarg, bytes), site());
  push_reg(type, to);
}

template <class Masm>
void Compiler<Masm>::store(Op op, const MemArg& memarg) {
  const uint32_t bytes = Masm::access_bytes(op);
  Value value = pop(), index = pop();
  const Operand from = stored(op, value);
  use_index(index, memarg.memory);
  const auto to = address(index, memarg, bytes);
  masm_.store(op, to, from, site());
  release(value);
  release(index);
}

template <class Masm>
void Compiler<Masm>::load_lane(Op op, const MemArg& memarg, uint8_t lane) {
  Value vector = pop(), index = pop();
  const Reg from = use(vector);
  use_index(index, memarg.memory);
  const Reg to = target(Scalar::v128, vector);
  masm_.move(Scalar::v128, to, from);
  masm_.load_lane(op, to, address(index, memarg, Masm::access_bytes(op)), lane, site());
  release(index);
  push_reg(Scalar::v128, to);
}

template <class Masm>
void Compiler<Masm>::store_lane(Op op, const MemArg& memarg, uint8_t lane) {
  Value vector = pop(), index = pop();
  const Reg from = use(vector);
  use_index(index, memarg.memory);
  masm_.store_lane(op, address(index, memarg, Masm::access_bytes(op)), from, lane, site());
  release(vector);
  release(index);
}

template <class Masm>
void Compiler<Masm>::memory_size(uint32_t memory) {
  const MemoryType& type = module_.memories[memory].type;
  const Scalar result = type.is_64 ? Scalar::i64 : Scalar::i32;
  const Reg to = target(result, Value{});
  masm_.memory_size(to, memory, type.page_size_log2);
  push_reg(result, to);
}

// --- Tables. Indices of 32 bits are zero-extended, so they are used like those of 64 bits.

template <class Masm>
void Compiler<Masm>::table_get(uint32_t table) {
  Value index = pop();
  const Reg reg = use(index);
  const Reg to = target(Scalar::i64, index);
  masm_.table_get(to, reg, table, site());
  push_reg(Scalar::i64, to);
}

template <class Masm>
void Compiler<Masm>::table_set(uint32_t table) {
  Value value = pop(), index = pop();
  const Operand from = stored(Op::table_set, value);
  masm_.table_set(table, use(index), from, site());
  release(value);
  release(index);
}

template <class Masm>
void Compiler<Masm>::table_size(uint32_t table) {
  const Scalar result = module_.tables[table].type.is_64 ? Scalar::i64 : Scalar::i32;
  const Reg to = target(result, Value{});
  masm_.table_size(to, table);
  push_reg(result, to);
}

}  // namespace mini_wasm::jit
