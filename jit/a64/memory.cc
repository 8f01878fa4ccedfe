// Accesses to memories and tables on AArch64.
#include <cstddef>

#include "jit/a64/masm.h"
#include "runtime/call/layout_offsets.h"
#include "runtime/instance/instance_context.h"

namespace mini_wasm::jit::a64 {

using runtime::InstanceContext;

void Masm::load_memory_field(Reg to, uint32_t memory, size_t field) {
  load_context(to, offsetof(InstanceContext, memories));
  a.access(ins::ldr_x, to, place(to, size_t{memory} * 8));
  a.access(ins::ldr_x, to, place(to, field));
}

// --- Addresses

// Index and offset together are below 8 GiB, which the reserved addresses of the memory cover. They are added in 64
// bits; `narrow` makes sure that the index has 32.
Masm::Address Masm::guarded_address(Reg index, uint32_t memory, uint64_t offset) {
  Reg base = kMemory;
  if (memory != 0) {
    load_memory_field(kScratch, memory, runtime::kMemoryBase);
    base = kScratch;
  }
  return {base, index, true, 0, static_cast<int64_t>(offset), true};
}

// Computes the end of the access in the scratch register and compares it with the memory's size. If a sum can overflow,
// the carry flag is checked, too. The address is then the end minus the number of bytes.
Masm::Address Masm::checked_address(Reg index, Reg temp, bool is_64, uint32_t memory, uint64_t offset, uint32_t bytes,
                                    uint32_t wasm_offset) {
  constexpr uint64_t kSmall = uint64_t{1} << 32;  // the sum of two such numbers cannot overflow
  const uint64_t sum = offset + bytes;
  const auto add = [&](Reg to, Reg from, uint64_t n) {
    if (is_addend(n)) {
      a.r2_imm(ins::adds_imm, true, to, from, n);
    } else {
      a.constant(true, kInner, n);
      a.r3(ins::adds, true, to, from, kInner);
    }
    if (is_64 || offset >= kSmall) trap_if(Cond::hs, TrapCode::out_of_bounds_memory_access, wasm_offset);
  };
  if (sum >= offset) {
    add(kScratch, index, sum);
  } else {
    add(kScratch, index, offset);
    add(kScratch, kScratch, bytes);
  }
  load_context(temp, offsetof(InstanceContext, memories));
  a.access(ins::ldr_x, temp, place(temp, size_t{memory} * 8));
  a.access(ins::ldr_x, kInner, place(temp, runtime::kMemorySize));
  a.compare(true, kScratch, kInner);
  trap_if(Cond::hi, TrapCode::out_of_bounds_memory_access, wasm_offset);
  clamp(kScratch, kScratch, Cond::hi);
  a.access(ins::ldr_x, temp, place(temp, runtime::kMemoryBase));
  a.r3(ins::add, true, kScratch, kScratch, temp);
  return {kScratch, kNoReg, false, 0, -int64_t{bytes}};
}

void Masm::clamp(Reg to, Reg from, Cond beyond) {
  if (!clamps_) return;
  a.csel(ins::csel, true, to, kZero, from, beyond);
  a.emit(ins::csdb);  // later instructions do not use a speculated result of csel
}

// If index + offset is 2^64 or more, the trap is "out of bounds", whether the sum is aligned or not.
void Masm::check_alignment(Reg index, bool is_64, uint64_t offset, uint32_t bytes, uint32_t wasm_offset) {
  const uint32_t mask = bytes - 1;
  Reg at = index;
  if (is_64 && offset != 0) {
    at = kScratch;
    a.constant(true, kInner, offset);
    a.r3(ins::adds, true, kScratch, index, kInner);
    trap_if(Cond::hs, TrapCode::out_of_bounds_memory_access, wasm_offset);
  } else if ((offset & mask) != 0) {
    at = kScratch;
    a.r2_imm(ins::add_imm, false, kScratch, index, offset & mask);
  }
  a.r2_bits(ins::ands_imm, true, kZero, at, *bitmask(true, mask));
  trap_if(Cond::ne, TrapCode::unaligned_atomic, wasm_offset);
}

void Masm::load_address(Reg to, const Address& from) {
  Reg base = from.base;
  if (from.index.valid()) {
    a.add_extended(to, base, from.index, from.narrow ? Extend::uxtw : Extend::lsl, from.shift);
    base = to;
  }
  if (from.offset != 0 || base != to) a.add(true, to, base, from.offset);
}

// The size in bytes is an atomic variable, because memories may be shared. This is a relaxed load.
void Masm::memory_size(Reg to, uint32_t memory, uint8_t page_size_log2) {
  load_memory_field(to, memory, runtime::kMemorySize);
  if (page_size_log2 != 0) a.lsr(true, to, to, page_size_log2);
}

// --- Loads and stores

void Masm::load(Op op, Reg to, const Address& from, uint32_t offset) {
  uint32_t machine_op = 0;
  switch (op) {
    case Op::i32_load8_s: machine_op = ins::ldrsb_w; break;
    case Op::i32_load8_u:
    case Op::i64_load8_u: machine_op = ins::ldrb; break;
    case Op::i32_load16_s: machine_op = ins::ldrsh_w; break;
    case Op::i32_load16_u:
    case Op::i64_load16_u: machine_op = ins::ldrh; break;
    case Op::i32_load:
    case Op::i64_load32_u: machine_op = ins::ldr_w; break;
    case Op::i64_load8_s: machine_op = ins::ldrsb_x; break;
    case Op::i64_load16_s: machine_op = ins::ldrsh_x; break;
    case Op::i64_load32_s: machine_op = ins::ldrsw; break;
    case Op::i64_load: machine_op = ins::ldr_x; break;
    case Op::f32_load: machine_op = ins::ldr_s; break;
    case Op::f64_load: machine_op = ins::ldr_d; break;
    default: return load_vector(op, to, from, offset);
  }
  a.access(machine_op, to, from);
  note_site(offset);
}

// The only immediate is 0, which is a register.
//
// 16 bytes are stored in two parts. If only one of them is outside of the memory, the other one may have been written
// when it faults. So such a store is preceded by a load, which faults first.
void Masm::store(Op op, const Address& to, Operand value, uint32_t offset) {
  const Reg from = value.kind == Operand::Kind::imm ? kZero : value.reg;
  const uint32_t bytes = access_bytes(op);
  uint32_t machine_op;
  if (value.kind == Operand::Kind::reg && from.is_float()) {
    machine_op = bytes == 4 ? ins::str_s : bytes == 8 ? ins::str_d : ins::str_q;
  } else {
    machine_op = bytes == 1 ? ins::strb : bytes == 2 ? ins::strh : bytes == 4 ? ins::str_w : ins::str_x;
  }
  if (bytes == 16 && to.guarded) {
    a.access(ins::ldr_q, kInnerFloat, to);
    note_site(offset);
  }
  a.access(machine_op, from, to);
  note_site(offset);
}

// --- Tables

// Checks the index. Afterwards the table's address is in the scratch register, and the flags are those of the
// comparison.
void Masm::check_table_index(uint32_t table, Reg index, TrapCode code, uint32_t offset) {
  load_context(kScratch, offsetof(InstanceContext, tables));
  a.access(ins::ldr_x, kScratch, place(kScratch, size_t{table} * 8));
  a.access(ins::ldr_x, kInner, place(kScratch, runtime::kTableSize));
  a.compare(true, index, kInner);
  trap_if(Cond::hs, code, offset);
}

// Must follow check_table_index. With speculation guards, a CPU that speculates with an index out of bounds reads
// element 0.
void Masm::load_element(Reg to, Reg index) {
  a.access(ins::ldr_x, kScratch, place(kScratch, runtime::kTableElements));
  if (clamps_) {
    clamp(kInner, index, Cond::hs);
    index = kInner;
  }
  a.access(ins::ldr_x, to, {kScratch, index, false, 3});
}

void Masm::table_set(uint32_t table, Reg index, Operand value, uint32_t offset) {
  check_table_index(table, index, TrapCode::out_of_bounds_table_access, offset);
  a.access(ins::ldr_x, kScratch, place(kScratch, runtime::kTableElements));
  if (clamps_) {
    clamp(kInner, index, Cond::hs);
    index = kInner;
  }
  a.access(ins::str_x, value.kind == Operand::Kind::imm ? kZero : value.reg, {kScratch, index, false, 3});
}

void Masm::table_size(Reg to, uint32_t table) {
  load_context(to, offsetof(InstanceContext, tables));
  a.access(ins::ldr_x, to, place(to, size_t{table} * 8));
  a.access(ins::ldr_x, to, place(to, runtime::kTableSize));
}

}  // namespace mini_wasm::jit::a64
