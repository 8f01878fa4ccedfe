#include "jit/a64/masm.h"

#include <asmjit/core.h>

#include <cassert>
#include <cstddef>
#include <cstring>

#include "core/limits.h"
#include "runtime/call/layout_offsets.h"
#include "runtime/instance/instance_context.h"
#include "runtime/test_settings.h"

template class mini_wasm::jit::MasmBase<mini_wasm::jit::a64::Masm, mini_wasm::jit::a64::Assembler>;

namespace mini_wasm::jit::a64 {

using runtime::InstanceContext;

CpuFeatures CpuFeatures::host() {
  const asmjit::CpuInfo& host = asmjit::CpuInfo::host();
  if (host.arch() != asmjit::Arch::kAArch64) return CpuFeatures();
  return CpuFeatures{host.features().arm().hasLSE()};
}

// --- One function ----------------------------------------------------------------------------------------------------

void Masm::begin(NativeCode& code) {
  begin_function(code);
  traps_.clear();
  tested_ = kNoReg;
}

void Masm::end() {
  behind_body_ = true;
  tested_ = kNoReg;
  place_slow_calls();
  place_slow_allocations();
  place_traps();
  a.finish();
  // See Cpu::has_room.
  if (relocations().empty() || relocations().back().is_constant()) return;
  if (relocations().back().offset + 4 == here()) a.emit(ins::udf);
}

// A conditional trap jumps out of line, where a call leads to the stub of the trap. The return address of this call
// says which instruction has trapped.
void Masm::place_traps() {
  for (const TrapStub& stub : traps_) {
    a.bind(stub.entry);
    if (stub.code == TrapCode::call_stack_exhausted) {
      if (stub.from != kScratch) a.mov(true, kScratch, stub.from);
    } else if (stub.from.valid()) {
      const Label not_a_number = a.new_label();
      a.fcmp(stub.wide, stub.from, stub.from);
      a.b(Cond::vs, not_a_number);
      trap(TrapCode::integer_overflow, stub.offset);
      a.bind(not_a_number);
    }
    trap(stub.code, stub.offset);
    if (stub.comes_back) a.b(stub.back);
  }
}

void Masm::copy_to(uint8_t* to) const { std::memcpy(to, a.words(), size()); }

// --- Moves -----------------------------------------------------------------------------------------------------------

namespace {

uint32_t load_op(Scalar type) {
  switch (type) {
    case Scalar::i32: return ins::ldr_w;
    case Scalar::i64: return ins::ldr_x;
    case Scalar::f32: return ins::ldr_s;
    case Scalar::f64: return ins::ldr_d;
    default: return ins::ldr_q;
  }
}

// An i32 is stored as 64 bits (it is zero-extended). So code that reads the whole slot, for example as a pointer, does
// not see half of an older value.
uint32_t store_op(Scalar type) {
  switch (type) {
    case Scalar::i32:
    case Scalar::i64: return ins::str_x;
    case Scalar::f32: return ins::str_s;
    case Scalar::f64: return ins::str_d;
    default: return ins::str_q;
  }
}

Place slot_at(uint32_t slot) { return Masm::place(kFp, size_t{slot} * 8); }

}  // namespace

void Masm::move(Scalar type, Reg to, Reg from) {
  if (to == from) return;
  keep_test(to);
  if (is_int(type)) return a.mov(type == Scalar::i64, to, from);
  if (type == Scalar::v128) return a.v3(ins::orr_16b, to, from, from);
  a.f2(ins::fmov, true, to, from);
}

// A constant with one half-word that is not 0 is made in an integer register; others are read from the pool.
void Masm::constant(Scalar type, Reg to, uint64_t bits) {
  keep_test(to);
  if (is_int(type)) return a.constant(type == Scalar::i64, to, bits);
  if (bits == 0) return a.v1(ins::movi_zero, to);
  const bool wide = type == Scalar::f64;
  if (!wide) bits &= 0xffffffff;
  if (const auto imm = float_immediate(wide, bits))
    return a.emit(ins::fmov_imm | Assembler::ft(wide) | *imm | a.rd(to));
  const uint32_t top = wide ? 48 : 16;
  if ((bits & ((uint64_t{1} << top) - 1)) != 0)
    return a.load_literal(wide ? ins::ldr_d_pool : ins::ldr_s_pool, to, bits);
  a.constant(wide, kInner, bits);
  a.v2(wide ? ins::fmov_dx : ins::fmov_sw, to, kInner);
}

void Masm::v128_constant(Reg to, const uint8_t* bytes) {
  uint64_t halves[2];
  std::memcpy(halves, bytes, sizeof(halves));
  if (halves[0] == 0 && halves[1] == 0) return a.v1(ins::movi_zero, to);
  a.load_literal(ins::ldr_q_pool, to, halves[0], halves[1]);
}

void Masm::load_slot(Scalar type, Reg to, uint16_t slot) {
  keep_test(to);
  a.access(load_op(type), to, slot_at(slot));
}

void Masm::store_slot(Scalar type, uint16_t slot, Reg from) {
  a.access(store_op(type), from, slot_at(slot));
  poison(type, slot);
}

// For tests: the upper half of a slot with a 32-bit value is undefined. Writing rubbish there shows whether code uses
// it.
void Masm::poison(Scalar type, uint16_t slot) {
  if (!poisons_ || (type != Scalar::i32 && type != Scalar::f32)) return;
  a.constant(false, kThird, runtime::kPoison);
  a.access(ins::str_w, kThird, place(kFp, slot * size_t{8} + 4));
}

// 0 is a register.
bool Masm::store_constant(Scalar type, uint16_t slot, uint64_t bits) {
  if (bits != 0 || type == Scalar::v128) return false;
  a.access(ins::str_x, kZero, slot_at(slot));
  poison(type, slot);
  return true;
}

// Two slots at a time, a few of them one after the other, more in a loop. Copying two at once is only right if a slot
// that was written is not read afterwards.
void Masm::copy_slots(uint16_t to, uint16_t from, uint16_t count) {
  if (to == from || count == 0) return;
  const bool repeats = to == from + 1;
  if (count <= 8 || repeats) {
    uint16_t i = 0;
    for (; !repeats && i + 2 <= count; i = static_cast<uint16_t>(i + 2)) {
      a.access(ins::ldr_q, kInnerFloat, slot_at(from + i));
      a.access(ins::str_q, kInnerFloat, slot_at(to + i));
    }
    for (; i < count; ++i) {
      a.access(ins::ldr_x, kScratch, slot_at(from + i));
      a.access(ins::str_x, kScratch, slot_at(to + i));
    }
    return;
  }
  const Reg source = x(5), target = x(6), at = x(7);  // not pins, which may contain locals, or the fuel
  a.add(true, source, kFp, from * 8);
  a.add(true, target, kFp, to * 8);
  a.constant(true, at, 0);
  const Label next = a.new_label();
  a.bind(next);
  a.access(ins::ldr_q, kInnerFloat, {source, at});
  a.access(ins::str_q, kInnerFloat, {target, at});
  a.add(true, at, at, 16);
  a.compare(true, at, count / 2 * 16u);
  a.b(Cond::lo, next);
  if (count % 2 == 0) return;
  a.access(ins::ldr_x, kScratch, {source, at});
  a.access(ins::str_x, kScratch, {target, at});
}

void Masm::zero_slots(uint16_t first, uint16_t count) {
  if (count <= 2) {
    for (uint16_t i = 0; i < count; ++i) a.access(ins::str_x, kZero, slot_at(first + i));
    return;
  }
  a.v1(ins::movi_zero, kFloatScratch);
  a.add(true, kScratch, kFp, first * 8);
  if (count > 32) {  // a loop that clears four slots at a time
    const Label next = a.new_label();
    a.constant(true, kThird, count / 4);
    a.bind(next);
    a.pair(ins::stp_q, kFloatScratch, kFloatScratch, kScratch, 0, 4);
    a.add(true, kScratch, kScratch, 32);
    a.r2_imm(ins::subs_imm, true, kThird, kThird, 1);
    a.b(Cond::ne, next);
    count %= 4;
  }
  int32_t at = 0;
  for (; count >= 4; count = static_cast<uint16_t>(count - 4), at += 32) {
    a.pair(ins::stp_q, kFloatScratch, kFloatScratch, kScratch, at, 4);
  }
  for (; count >= 2; count = static_cast<uint16_t>(count - 2), at += 16) {
    a.access(ins::str_q, kFloatScratch, place(kScratch, static_cast<size_t>(at)));
  }
  if (count != 0) a.access(ins::str_x, kZero, place(kScratch, static_cast<size_t>(at)));
}

// --- Instance --------------------------------------------------------------------------------------------------------

// InstanceContext::globals has the addresses of the globals, because they may belong to other instances.
void Masm::load_global(Scalar type, Reg to, uint32_t global) {
  load_context(kScratch, offsetof(InstanceContext, globals));
  a.access(ins::ldr_x, kScratch, place(kScratch, size_t{global} * 8));
  a.access(load_op(type), to, place(kScratch, 0));
}

void Masm::store_global(Scalar type, uint32_t global, Reg from) {
  load_context(kScratch, offsetof(InstanceContext, globals));
  a.access(ins::ldr_x, kScratch, place(kScratch, size_t{global} * 8));
  a.access(store_op(type), from, place(kScratch, 0));
}

// InstanceContext::funcs has the addresses of the function instances.
void Masm::load_func(Reg to, uint32_t func) {
  load_context(to, offsetof(InstanceContext, funcs));
  a.access(ins::ldr_x, to, place(to, size_t{func} * 8));
}

// --- Control ---------------------------------------------------------------------------------------------------------

void Masm::jump_if(Test test, bool sense, Label label) {
  if (!sense) test = !test;
  if (!test.of_zero || !tested_.valid()) return a.b(test.cond, label);
  if (test.cond == Cond::eq) {
    a.cbz(tested_wide_, tested_, label);
  } else {
    a.cbnz(tested_wide_, tested_, label);
  }
  tested_ = kNoReg;
}

// A table of 4-byte distances from the table to the targets, in the code. Indices that are too large go to the last
// target: by a branch, or with speculation guards by an additional element of the table.
void Masm::br_table(Reg index, const std::vector<Label>& targets) {
  const uint32_t last = static_cast<uint32_t>(targets.size() - 1);
  if (last == 0) return a.b(targets.back());
  if (clamps_) {
    a.constant(false, kScratch, last);
    a.compare(false, index, kScratch);
    a.csel(ins::csel, false, kScratch, index, kScratch, Cond::lo);
    a.emit(ins::csdb);
    index = kScratch;
  } else {
    a.compare(false, index, last);
    a.b(Cond::hs, targets.back());
  }
  const uint32_t count = last + (clamps_ ? 1 : 0);
  constexpr uint32_t kBefore = 4;  // instructions from adr to the table
  a.together(kBefore + count);
  const uint32_t table = here() + kBefore * 4;
  a.emit(ins::adr | kBefore << 5 | a.rd(kInner));
  a.access(ins::ldrsw, kScratch, {kInner, index, true, 2});
  a.r3(ins::add, true, kInner, kInner, kScratch);
  a.b(ins::br, kInner);
  assert(here() == table);
  for (uint32_t i = 0; i < count; ++i) a.embed_distance(targets[i], table);
}

void Masm::trap_if_not(Test test, TrapCode code, uint32_t offset) { jump_if(test, false, trap_label(code, offset)); }

void Masm::trap_if_wrong_float(Cond cond, bool wide, Reg from, uint32_t offset) {
  a.b(cond, trap_label(TrapCode::invalid_conversion_to_integer, offset, from, wide));
}

void Masm::check_interrupt(uint32_t offset) {
  a.access(ins::ldr_w, kScratch, place(kContext, offsetof(InstanceContext, interrupt)));
  a.cbnz(false, kScratch, trap_label(TrapCode::interrupted, offset));
  come_back();
}

// A body has fewer than 2^24 units, so two instructions are always enough. What is checked is never given back.
void Masm::charge(int32_t units, bool checks, uint32_t offset) {
  constexpr uint32_t kLow = 0xfff;
  static_assert(limits::kMaxFunctionSize < (kLow << 12));
  assert(!checks || units > 0);
  const auto amount = static_cast<uint32_t>(units < 0 ? -units : units);
  const uint32_t op = units < 0 ? ins::add_imm : ins::sub_imm;
  if (amount > kLow) a.r2_imm(op, true, kFuel, kFuel, amount & ~kLow);
  if ((amount & kLow) != 0 || checks) a.r2_imm(checks ? ins::subs_imm : op, true, kFuel, kFuel, amount & kLow);
  if (!checks) return;
  a.b(Cond::lt, trap_label(TrapCode::out_of_fuel, offset));
  come_back();
}

// After the trap that was emitted last, the code may go on here.
void Masm::come_back() {
  traps_.back().back = a.new_label();
  traps_.back().comes_back = true;
  bind(traps_.back().back);
}

}  // namespace mini_wasm::jit::a64
