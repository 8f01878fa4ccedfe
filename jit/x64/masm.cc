#include "jit/x64/masm.h"

#include <algorithm>
#include <array>
#include <cassert>
#include <cstddef>
#include <cstring>
#include <new>

#include "jit/x64/encoding.h"
#include "runtime/call/layout_offsets.h"
#include "runtime/instance/func_inst.h"
#include "runtime/test_settings.h"

template class mini_wasm::jit::MasmBase<mini_wasm::jit::x64::Masm, mini_wasm::jit::x64::Assembler>;

namespace mini_wasm::jit::x64 {

using runtime::InstanceContext;

CpuFeatures CpuFeatures::host() {
  const asmjit::CpuInfo& host = asmjit::CpuInfo::host();
  if (!asmjit::Environment(host.arch()).isFamilyX86()) return CpuFeatures();
  const auto& cpu = host.features().x86();
  return CpuFeatures{cpu.hasAVX(), cpu.hasBMI(), cpu.hasBMI2(), cpu.hasLZCNT(), cpu.hasPOPCNT()};
}

// --- One function ----------------------------------------------------------------------------------------------------

void Masm::begin(NativeCode& code) {
  // Initializing the holder takes time, so it is done only if necessary: constants leave labels in it, and listings
  // need a logger.
  if (!holder_.isInitialized() || holder_.labelCount() != 0 || logger_ != nullptr) {
    holder_.reset();
    const bool made = holder_.init(asmjit::Environment(asmjit::Arch::kX64)) == asmjit::kErrorOk &&
                      holder_.attach(&a) == asmjit::kErrorOk;
    if (!made) {
      holder_.reset();
      throw std::bad_alloc();
    }
    if (logger_ != nullptr) holder_.setLogger(logger_);
  }
  begin_function(code);
  traps_.clear();
  relocations_.clear();
  pool_.clear();
  flags_ = {};
}

// A conditional trap jumps out of line, where a call leads to the stub of the trap. The return address of this call
// says which instruction has trapped.
void Masm::end() {
  behind_body_ = true;
  for (const TrapStub& stub : traps_) {
    a.bind(stub.entry);
    if (stub.at_fp) a.mov(gp64(kScratch), gp64(kFp));
    trap(stub.code, stub.offset);
    if (stub.comes_back) jump(stub.back);
  }
  place_slow_calls();
  place_slow_allocations();
  place_pool();
  a.finish();
}

void Masm::copy_to(uint8_t* to) const { std::memcpy(to, a.bufferData(), size()); }

// Emits an instruction that ends with a distance to something outside of the function. Everything that it may lead to
// is in the same code memory, so 32 bits are always enough (Backend::reach).
void Masm::emit_far(std::span<const uint8_t> opcode, Relocation::Kind kind, uint32_t target) {
  uint8_t bytes[8] = {};
  std::copy(opcode.begin(), opcode.end(), bytes);
  relocations_.emplace_back(here() + static_cast<uint32_t>(opcode.size()), kind, target);
  a.raw(bytes, opcode.size() + 4);
}

// To functions it is the form through the table; Cpu::write_distance may change it to the direct one.
void Masm::emit_far(Way way, Relocation::Kind kind, uint32_t target) {
  using namespace encoding;
  const bool calls = way == Way::call;
  if (kind == Relocation::Kind::entry) {
    return emit_far(std::array{kThroughMemory, calls ? kCallThere : kJumpThere}, kind, target);
  }
  emit_far(std::array{calls ? kCall : kJump}, kind, target);
}

// --- Moves -----------------------------------------------------------------------------------------------------------

void Masm::move(Scalar type, Reg to, Reg from) {
  if (to == from) return;
  if (!is_int(type)) {
    if (cpu_.avx) return void(a.vmovaps(vec(to), vec(from)));
    return void(a.movaps(vec(to), vec(from)));
  }
  a.mov(gp(type, to), gp(type, from));
}

void Masm::move_64(Reg to, uint64_t bits) {
  if (bits <= 0xffffffff) return void(a.mov(gp32(to), static_cast<uint32_t>(bits)));
  a.mov(gp64(to), bits);
}

// Forms whose length does not depend on the value.
void Masm::load_replaced(Reg to, uint64_t value, Relocation::Kind kind) {
  if (kind == Relocation::Kind::type) {
    a.mov(gp32(to), static_cast<uint32_t>(value));
  } else {
    a.mov_64(gp64(to), value);
  }
  note_constant(kind);
}

void Masm::constant(Scalar type, Reg to, uint64_t bits) {
  if (type == Scalar::i32) return void(a.mov(gp32(to), static_cast<uint32_t>(bits)));
  if (type == Scalar::i64) return move_64(to, bits);
  if (bits == 0) return void(a.xorps(vec(to), vec(to)));
  const x86::Mem from = pool(bits, 0);
  if (type == Scalar::f32) {
    a.movss(vec(to), from);
  } else {
    a.movsd(vec(to), from);
  }
}

void Masm::load_operand(Scalar type, Reg to, Operand from) {
  if (from.kind == Operand::Kind::scaled) {
    move(type, to, from.reg);
    return void(a.shl(gp(type, to), imm_of(from)));
  }
  const x86::Mem memory = operand_of(type, from).as<x86::Mem>();
  switch (type) {
    case Scalar::f32: return void(a.movss(vec(to), memory));
    case Scalar::f64: return void(a.movsd(vec(to), memory));
    default: return void(a.mov(gp(type, to), memory));
  }
}

void Masm::load_slot(Scalar type, Reg to, uint16_t slot) {
  switch (type) {
    case Scalar::i32: return void(a.mov(gp32(to), slot_at(slot, 4)));
    case Scalar::i64: return void(a.mov(gp64(to), slot_at(slot)));
    case Scalar::f32: return void(a.movss(vec(to), slot_at(slot, 4)));
    case Scalar::f64: return void(a.movsd(vec(to), slot_at(slot)));
    case Scalar::v128: return void(a.movups(vec(to), slot_at(slot, 16)));
  }
}

void Masm::store_slot(Scalar type, uint16_t slot, Reg from) {
  switch (type) {
    // An i32 is stored as 64 bits (it is zero-extended). So code that reads the whole slot, for example as a pointer,
    // does not see half of an older value.
    case Scalar::i32:
    case Scalar::i64: a.mov(slot_at(slot), gp64(from)); break;
    case Scalar::f32: a.movss(slot_at(slot, 4), vec(from)); break;
    case Scalar::f64: a.movsd(slot_at(slot), vec(from)); break;
    case Scalar::v128: a.movups(slot_at(slot, 16), vec(from)); break;
  }
  poison(type, slot);
}

// For tests: the upper half of a slot with a 32-bit value is undefined. Writing rubbish there shows whether code uses
// it.
void Masm::poison(Scalar type, uint16_t slot) {
  if (!poisons_ || (type != Scalar::i32 && type != Scalar::f32)) return;
  a.mov(x86::Mem(gp64(kFp), slot * 8 + 4, 4), runtime::kPoison);
}

// An instruction can store an immediate of 32 bits, sign-extended.
bool Masm::store_constant(Scalar type, uint16_t slot, uint64_t bits) {
  if (type == Scalar::v128) return false;
  if (type == Scalar::f32 || type == Scalar::i32) {
    a.mov(slot_at(slot, 4), static_cast<uint32_t>(bits));
    poison(type, slot);
    return true;
  }
  if (static_cast<int64_t>(bits) != static_cast<int32_t>(bits)) return false;
  a.mov(slot_at(slot), static_cast<int32_t>(bits));
  return true;
}

// A few slots are copied one by one, more in a loop.
void Masm::copy_slots(uint16_t to, uint16_t from, uint16_t count) {
  if (to == from) return;
  if (count <= 8) {
    for (uint16_t i = 0; i < count; ++i) {
      a.mov(gp64(kScratch), slot_at(static_cast<uint16_t>(from + i)));
      a.mov(slot_at(static_cast<uint16_t>(to + i)), gp64(kScratch));
    }
    return;
  }
  const auto indexed = [](uint16_t slot) { return x86::qword_ptr(gp64(kFp), x86::rsi, 3, slot * 8); };
  Label next = a.new_label();
  a.xor_(x86::esi, x86::esi);
  a.bind(next);
  a.mov(gp64(kScratch), indexed(from));
  a.mov(indexed(to), gp64(kScratch));
  a.add(x86::esi, 1);
  a.cmp(x86::esi, count);
  a.jb(next);
}

void Masm::zero_slots(uint16_t first, uint16_t count) {
  if (count <= 4) {
    for (uint16_t i = 0; i < count; ++i) a.mov(slot_at(static_cast<uint16_t>(first + i)), 0);
    return;
  }
  a.xorps(vec(kFloatScratch), vec(kFloatScratch));
  if (count <= 32) {
    for (; count >= 2; count = static_cast<uint16_t>(count - 2), first = static_cast<uint16_t>(first + 2)) {
      a.movups(slot_at(first, 16), vec(kFloatScratch));
    }
    if (count != 0) a.movsd(slot_at(first), vec(kFloatScratch));
    return;
  }
  // A loop that clears two slots at a time, from the end down. If the number is odd, the last slot is cleared alone.
  if (count % 2 != 0) a.movsd(slot_at(static_cast<uint16_t>(first + count - 1)), vec(kFloatScratch));
  Label next = a.new_label();
  a.mov(gp32(kScratch), (count / 2 - 1) * 16);
  a.bind(next);
  a.movups(x86::xmmword_ptr(gp64(kFp), gp64(kScratch), 0, first * 8), vec(kFloatScratch));
  a.sub(gp64(kScratch), 16);
  a.jns(next);
}

// --- Instance --------------------------------------------------------------------------------------------------------

// InstanceContext::globals has the addresses of the globals, because they may belong to other instances.
void Masm::load_global(Scalar type, Reg to, uint32_t global) {
  a.mov(gp64(kScratch), context(offsetof(InstanceContext, globals)));
  a.mov(gp64(kScratch), at(kScratch, size_t{global} * 8));
  switch (type) {
    case Scalar::i32: return void(a.mov(gp32(to), at(kScratch, 0, 4)));
    case Scalar::i64: return void(a.mov(gp64(to), at(kScratch, 0)));
    case Scalar::f32: return void(a.movss(vec(to), at(kScratch, 0, 4)));
    case Scalar::f64: return void(a.movsd(vec(to), at(kScratch, 0)));
    case Scalar::v128: return void(a.movups(vec(to), at(kScratch, 0, 16)));
  }
}

void Masm::store_global(Scalar type, uint32_t global, Reg from) {
  a.mov(gp64(kScratch), context(offsetof(InstanceContext, globals)));
  a.mov(gp64(kScratch), at(kScratch, size_t{global} * 8));
  switch (type) {
    case Scalar::i32:
    case Scalar::i64: return void(a.mov(at(kScratch, 0), gp64(from)));
    case Scalar::f32: return void(a.movss(at(kScratch, 0, 4), vec(from)));
    case Scalar::f64: return void(a.movsd(at(kScratch, 0), vec(from)));
    case Scalar::v128: return void(a.movups(at(kScratch, 0, 16), vec(from)));
  }
}

// InstanceContext::funcs has the addresses of the function instances.
void Masm::load_func(Reg to, uint32_t func) {
  a.mov(gp64(to), context(offsetof(InstanceContext, funcs)));
  a.mov(gp64(to), at(to, size_t{func} * 8));
}

// --- Control ---------------------------------------------------------------------------------------------------------

void Masm::jump_if(Test test, bool sense, Label label) {
  const x86::CondCode condition = sense ? test.condition : x86::negateCond(test.condition);
  using Parity = Test::Parity;
  if (test.parity == Parity::ignored) return void(a.j(condition, label));
  // If the branch is taken for "the condition and no NaN", a jump on parity leads over it. If it is taken for "the
  // condition or a NaN", a jump on parity goes to the label, too.
  if ((test.parity == Parity::all_ordered) == sense) {
    Label skip = a.new_label();
    a.jp(skip);
    a.j(condition, label);
    a.bind(skip);
    return;
  }
  a.jp(label);
  a.j(condition, label);
}

// A table of 4-byte distances from the table to the targets, in the code. Indices that are too large go to the last
// target: by a branch, or with speculation guards by an additional element of the table.
void Masm::br_table(Reg index, const std::vector<Label>& targets) {
  const uint32_t last = static_cast<uint32_t>(targets.size() - 1);
  if (last == 0) return void(a.jmp(targets.back()));
  Label table = a.new_label();
  const Reg distance = index == rax ? rcx : rax;  // free: no value is in a temporary at a label
  if (clamps_) {                                  // without a branch that the CPU could predict wrongly
    a.mov(gp32(distance), last);
    a.cmp(gp32(index), last);
    a.cmov(x86::CondCode::kB, gp32(distance), gp32(index));
    index = distance;
  } else {
    a.cmp(gp32(index), last);
    a.j(x86::CondCode::kAE, targets.back());
  }
  a.lea(gp64(kScratch), table);
  a.movsxd(gp64(distance), x86::Mem(gp64(kScratch), gp64(index), 2, 0, 4));
  a.add(gp64(kScratch), gp64(distance));
  a.jmp(gp64(kScratch));
  a.bind(table);
  for (uint32_t i = 0; i < last + (clamps_ ? 1 : 0); ++i) a.embed_distance(targets[i], table);
}

// The code that traps is out of line, so that the usual path has no branch that is taken.
void Masm::trap_if(x86::CondCode condition, TrapCode code, uint32_t offset) {
  traps_.push_back({a.new_label(), code, offset});
  a.j(condition, traps_.back().entry);
}

void Masm::trap_if_null(Operand o, TrapCode code, uint32_t offset) {
  if (o.kind == Operand::Kind::slot) {
    a.cmp(slot_at(o.slot), 0);
  } else {
    a.test(gp64(o.reg), gp64(o.reg));
  }
  trap_if(x86::CondCode::kE, code, offset);
}

void Masm::check_interrupt(uint32_t offset) {
  a.cmp(context(offsetof(InstanceContext, interrupt), 4), 0);
  trap_if(x86::CondCode::kNE, TrapCode::interrupted, offset);
  come_back();
}

// No overflow: a body has fewer units than 31 bits, and the fuel is not far below 0.
void Masm::charge(int32_t units, bool checks, uint32_t offset) {
  a.sub(gp64(kFuel), units);
  if (!checks) return;
  trap_if(x86::CondCode::kL, TrapCode::out_of_fuel, offset);
  come_back();
}

// After the trap that was emitted last, the code may go on here.
void Masm::come_back() {
  traps_.back().back = a.new_label();
  traps_.back().comes_back = true;
  bind(traps_.back().back);
}

// --- Memory ----------------------------------------------------------------------------------------------------------

Masm::Address Masm::guarded_address(Reg index, uint32_t memory, uint64_t offset) {
  Reg base = kMemory;
  if (memory != 0) {
    a.mov(gp64(kScratch), context(offsetof(InstanceContext, memories)));
    a.mov(gp64(kScratch), at(kScratch, size_t{memory} * 8));
    a.mov(gp64(kScratch), at(kScratch, runtime::kMemoryBase));
    base = kScratch;
  }
  if (offset > 0x7fffffff) {
    // The offset is added in a register, because displacements are signed. Index and offset together are below 8 GiB,
    // which the reserved addresses of the memory cover.
    if (memory != 0) {
      for (uint64_t left = offset; left != 0;) {
        const auto part = static_cast<int32_t>(left > 0x7fffffff ? 0x7fffffff : left);
        a.add(gp64(kScratch), part);
        left -= static_cast<uint64_t>(part);
      }
    } else {
      move_64(kScratch, offset);
      a.add(gp64(kScratch), gp64(kMemory));
    }
    base = kScratch;
    offset = 0;
  }
  const auto displacement = static_cast<int32_t>(offset);
  if (!index.valid()) return {x86::Mem(gp64(base), displacement, 0)};
  return {x86::Mem(gp64(base), gp64(index), 0, displacement, 0)};
}

// Computes the end of the access in the scratch register and compares it with the memory's size. If a sum can overflow,
// the carry flag is checked, too. The address is then the end minus the number of bytes.
Masm::Address Masm::checked_address(Reg index, Reg temp, bool is_64, uint32_t memory, uint64_t offset, uint32_t bytes,
                                    uint32_t wasm_offset) {
  const x86::Gp end = gp64(kScratch), t = gp64(temp);
  if (is_64) {
    a.mov(end, gp64(index));
  } else {
    a.mov(gp32(kScratch), gp32(index));
  }
  const bool carries = is_64 || offset > 0x7fffffff;
  if (offset != 0 || !is_64) {
    if (offset <= 0x7fffffff - bytes) {
      a.add(end, static_cast<int32_t>(offset + bytes));
    } else {
      move_64(temp, offset);
      a.add(end, t);
      trap_if(x86::CondCode::kC, TrapCode::out_of_bounds_memory_access, wasm_offset);
      a.add(end, static_cast<int32_t>(bytes));
    }
  } else {
    a.add(end, static_cast<int32_t>(bytes));
  }
  if (carries) trap_if(x86::CondCode::kC, TrapCode::out_of_bounds_memory_access, wasm_offset);
  a.mov(t, context(offsetof(InstanceContext, memories)));
  a.mov(t, at(temp, size_t{memory} * 8));
  a.cmp(end, at(temp, runtime::kMemorySize));
  trap_if(x86::CondCode::kA, TrapCode::out_of_bounds_memory_access, wasm_offset);
  clamp(end, x86::CondCode::kA);
  a.add(end, at(temp, runtime::kMemoryBase));
  return {x86::Mem(end, -static_cast<int32_t>(bytes), 0)};
}

// For speculation guards (core/speculation.h). Must follow a comparison of an index with its bound, and a trap if the
// condition `beyond` holds. If the CPU only speculates that it does not hold, the index becomes 0; it may also be an
// address that was made from the index. Keeps the flags.
void Masm::clamp(const x86::Gp& index, x86::CondCode beyond) {
  if (clamps_) a.cmov(beyond, index, context(offsetof(InstanceContext, zero)));
}

// The size in bytes is an atomic variable, because memories may be shared. This is a relaxed load.
void Masm::memory_size(Reg to, uint32_t memory, uint8_t page_size_log2) {
  a.mov(gp64(to), context(offsetof(InstanceContext, memories)));
  a.mov(gp64(to), at(to, size_t{memory} * 8));
  a.mov(gp64(to), at(to, runtime::kMemorySize));
  if (page_size_log2 != 0) a.shr(gp64(to), page_size_log2);
}

// Checks the index. Afterwards the table's address is in the scratch register, and the flags are those of the
// comparison.
void Masm::check_table_index(uint32_t table, Reg index, TrapCode code, uint32_t offset) {
  a.mov(gp64(kScratch), context(offsetof(InstanceContext, tables)));
  a.mov(gp64(kScratch), at(kScratch, size_t{table} * 8));
  a.cmp(gp64(index), at(kScratch, runtime::kTableSize));
  trap_if(x86::CondCode::kAE, code, offset);
}

// Must follow check_table_index. With speculation guards, a CPU that speculates with an index out of bounds reads
// element 0.
void Masm::load_element(Reg to, Reg index) {
  a.mov(gp64(kScratch), at(kScratch, runtime::kTableElements));
  const x86::Mem element(gp64(kScratch), gp64(index), 3, 0, 8);
  if (!clamps_) return void(a.mov(gp64(to), element));
  a.lea(gp64(to), element);
  a.cmov(x86::CondCode::kAE, gp64(to), gp64(kScratch));
  a.mov(gp64(to), at(to, 0));
}

void Masm::table_set(uint32_t table, Reg index, Operand value, uint32_t offset) {
  check_table_index(table, index, TrapCode::out_of_bounds_table_access, offset);
  a.mov(gp64(kScratch), at(kScratch, runtime::kTableElements));
  x86::Mem to(gp64(kScratch), gp64(index), 3, 0, 8);
  if (clamps_) {
    a.lea(gp64(kScratch), to);
    clamp(gp64(kScratch));
    to = at(kScratch, 0);
  }
  if (value.kind == Operand::Kind::imm) return void(a.mov(to, imm_of(value)));
  a.mov(to, gp64(value.reg));
}

void Masm::table_size(Reg to, uint32_t table) {
  a.mov(gp64(to), context(offsetof(InstanceContext, tables)));
  a.mov(gp64(to), at(to, size_t{table} * 8));
  a.mov(gp64(to), at(to, runtime::kTableSize));
}

void Masm::load(Op op, Reg to, Address from, uint32_t offset) {
  x86::Mem m = from.memory;
  m.setSize(access_bytes(op));
  switch (op) {
    case Op::i32_load8_s: a.movsx(gp32(to), m); break;
    case Op::i32_load8_u:
    case Op::i64_load8_u: a.movzx(gp32(to), m); break;
    case Op::i32_load16_s: a.movsx(gp32(to), m); break;
    case Op::i32_load16_u:
    case Op::i64_load16_u: a.movzx(gp32(to), m); break;
    case Op::i32_load:
    case Op::i64_load32_u: a.mov(gp32(to), m); break;
    case Op::i64_load8_s:
    case Op::i64_load16_s: a.movsx(gp64(to), m); break;
    case Op::i64_load32_s: a.movsxd(gp64(to), m); break;
    case Op::i64_load: a.mov(gp64(to), m); break;
    case Op::f32_load: a.movss(vec(to), m); break;
    case Op::f64_load: a.movsd(vec(to), m); break;
    default: return load_vector(op, to, m, offset);
  }
  note_site(offset);
}

void Masm::store(Op op, Address to, Operand value, uint32_t offset) {
  x86::Mem m = to.memory;
  const uint32_t bytes = access_bytes(op);
  m.setSize(bytes);
  if (value.kind == Operand::Kind::imm) {
    // asmjit wants an immediate that fits in the bytes that are stored.
    const int32_t imm = bytes == 1   ? static_cast<int8_t>(value.imm)
                        : bytes == 2 ? static_cast<int16_t>(value.imm)
                                     : imm_of(value);
    a.mov(m, imm);
  } else if (value.reg.is_float()) {
    if (bytes == 4) a.movss(m, vec(value.reg));
    if (bytes == 8) a.movsd(m, vec(value.reg));
    if (bytes == 16) a.movups(m, vec(value.reg));
  } else {
    if (bytes == 1) a.mov(m, x86::gpb_lo(value.reg.number()));
    if (bytes == 2) a.mov(m, x86::gpw(value.reg.number()));
    if (bytes == 4) a.mov(m, gp32(value.reg));
    if (bytes == 8) a.mov(m, gp64(value.reg));
  }
  note_site(offset);
}

}  // namespace mini_wasm::jit::x64
