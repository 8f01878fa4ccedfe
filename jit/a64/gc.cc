// Objects of the heap: allocation, elements, i31, tests of types. How references are represented is in
// runtime/gc/object.h: null is 0, an i31 has bit 0 set, and an object is its address.
#include <cstddef>

#include "jit/a64/masm.h"
#include "runtime/call/layout_offsets.h"
#include "runtime/gc/heap.h"
#include "runtime/instance/func_inst.h"
#include "runtime/instance/instance_context.h"

namespace mini_wasm::jit::a64 {

namespace gc = runtime::gc;

Masm::Address Masm::element(Reg array, Operand index, uint32_t log2, uint32_t offset) {
  const auto shift = static_cast<uint8_t>(log2);
  a.access(ins::ldr_w, kInner, place(array, offsetof(gc::Object, length)));
  if (index.kind == Operand::Kind::imm) {
    const auto at = static_cast<uint32_t>(index.imm);
    a.compare(false, kInner, at);
    trap_if(Cond::ls, TrapCode::out_of_bounds_array_access, offset);
    if (!clamps_) return place(array, gc::kHeaderBytes + (size_t{at} << log2));
    a.constant(false, kScratch, at);  // guests choose constants, too
    clamp(kScratch, kScratch, Cond::ls);
    return {array, kScratch, true, shift, gc::kHeaderBytes};
  }
  a.compare(false, index.reg, kInner);
  trap_if(Cond::hs, TrapCode::out_of_bounds_array_access, offset);
  if (!clamps_) return {array, index.reg, true, shift, gc::kHeaderBytes};
  clamp(kScratch, index.reg, Cond::hs);
  return {array, kScratch, true, shift, gc::kHeaderBytes};
}

// --- Allocation

// The run (contiguous free cells of one size) that the object's cell is taken from. Its address is the scratch register
// plus the result. Jumps to `none` if the length of an array is too large for this.
size_t Masm::find_run(Operand length, const gc::TypeLayout& layout, Label none) {
  const bool is_array = layout.kind == gc::ObjectKind::array;
  constexpr size_t kRuns = offsetof(runtime::InstanceContext, heap_runs);
  if (length.kind == Operand::Kind::imm) {
    const uint64_t bytes = is_array ? layout.array_bytes(static_cast<uint32_t>(length.imm)) : layout.bytes;
    load_context(kScratch, kRuns);
    return gc::space_of(gc::size_class_of(bytes), layout.has_refs) * sizeof(gc::Run);
  }
  // There is a size of cells for each number of granules up to 16. The header takes one granule, so the size class
  // follows from the length by arithmetic: elements in granules, rounded up; then times two spaces of 24 bytes each.
  static_assert(gc::cell_bytes(15) == 16 * gc::kGranule && gc::kHeaderBytes == gc::kGranule);
  static_assert(gc::space_of(1, false) == 2 && gc::space_of(0, true) == 1 && sizeof(gc::Run) == 24);
  const uint32_t log2 = layout.element_log2;
  a.compare(false, length.reg, (15 * gc::kGranule) >> log2);
  a.b(Cond::hi, none);
  if (log2 == gc::kGranuleLog2) {
    a.mov(false, kScratch, length.reg);
  } else {
    a.constant(false, kScratch, gc::kGranule - 1);
    a.r3(ins::add, false, kScratch, kScratch, length.reg, Shift::lsl, log2);
    a.lsr(false, kScratch, kScratch, gc::kGranuleLog2);
  }
  a.r3(ins::add, false, kScratch, kScratch, kScratch, Shift::lsl, 1);
  load_context(kInner, kRuns);
  a.r3(ins::add, true, kScratch, kInner, kScratch, Shift::lsl, 4);
  return layout.has_refs ? sizeof(gc::Run) : 0;
}

// Takes the next cell of the run. The cell is filled with zeros already, so only the header is written. If the run is
// empty, a call out of line returns an object with a header.
void Masm::allocate(Reg to, Operand length, Reg temp, const gc::TypeLayout& layout, uint16_t frame_end,
                    uint32_t offset) {
  const Label slow = new_label(), done = new_label();
  allocations_.push_back({slow, done, to, length, &layout, frame_end, offset});
  const size_t run = find_run(length, layout, slow);
  a.access(ins::ldr_x, to, place(kScratch, run + offsetof(gc::Run, next)));
  a.access(ins::ldr_x, kInner, place(kScratch, run + offsetof(gc::Run, end)));
  a.compare(true, to, kInner);
  a.b(Cond::eq, slow);
  const bool is_array = layout.kind == gc::ObjectKind::array;
  const bool constant = length.kind == Operand::Kind::imm;
  if (constant) {
    const uint64_t bytes = is_array ? layout.array_bytes(static_cast<uint32_t>(length.imm)) : layout.bytes;
    a.add(true, kInner, to, static_cast<int64_t>(gc::cell_bytes(gc::size_class_of(bytes))));
  } else {
    a.access(ins::ldr_w, temp, place(kScratch, run + offsetof(gc::Run, cell)));
    a.r3(ins::add, true, kInner, to, temp);
  }
  a.access(ins::str_x, kInner, place(kScratch, run + offsetof(gc::Run, next)));
  load_replaced(kScratch, reinterpret_cast<uint64_t>(&layout), Relocation::Kind::layout);
  a.access(ins::str_x, kScratch, place(to, offsetof(gc::Object, layout)));
  if (is_array && (!constant || length.imm != 0)) {
    if (constant) a.constant(false, kScratch, static_cast<uint64_t>(length.imm));
    a.access(ins::str_w, constant ? kScratch : length.reg, place(to, offsetof(gc::Object, length)));
  }
  bind(done);
}

// The parameters of the stub `allocate` that are on the stack.
void Masm::push_allocation(Operand length, uint16_t frame_end) {
  const bool constant = length.kind == Operand::Kind::imm;
  if (constant) a.constant(true, kScratch, static_cast<uint64_t>(length.imm));
  a.constant(true, kInner, frame_end);
  a.pair(ins::stp_pre, kInner, constant ? kScratch : length.reg, kSp, -16);
}

// --- Elements

void Masm::array_length(Reg to, Reg array) { a.access(ins::ldr_w, to, place(array, offsetof(gc::Object, length))); }

// 2 * from + 1 in 32 bits. Writing a 32-bit register clears the upper half.
void Masm::ref_i31(Reg to, Reg from) {
  a.lsl(false, to, from, 1);
  a.r2_bits(ins::orr_imm, false, to, to, *bitmask(false, 1));
}

void Masm::i31_get(bool sign, Reg to, Reg from) {
  if (sign) {
    a.asr(false, to, from, 1);
  } else {
    a.lsr(false, to, from, 1);
  }
}

// Several comparisons lead to the label `done`, and the flags that each of them leaves there must give the same answer.
// Null compared with 1 is "lower" and also "not equal". So this comparison finds null, and leaves flags that say no
// where "equal" means yes, and yes where "not equal" means yes.
Masm::Test Masm::test_cast(Reg reference, gc::CastTarget target, bool exact) {
  using Kind = gc::CastTarget::Kind;
  tested_ = kNoReg;
  const auto test_i31 = [&] { a.r2_bits(ins::ands_imm, true, kZero, reference, *bitmask(true, 1)); };
  const auto always = [&](bool is) {
    a.compare(true, kContext, kContext);
    return Test{is ? Cond::eq : Cond::ne};
  };
  if (target.kind == Kind::bottom && !target.nullable) return always(false);
  if (target.kind == Kind::top && target.nullable) return always(true);
  if (target.kind == Kind::bottom || target.kind == Kind::top) {
    return test_zero(true, reference, target.nullable ? Cond::eq : Cond::ne);
  }
  if (target.kind == Kind::eq) return test_eq(reference, target.nullable);
  const Label done = new_label();
  if (target.kind == Kind::i31) {
    if (target.nullable) {
      a.compare(true, reference, 1);  // null: "lower", and also "not equal", which is the condition for yes here
      a.b(Cond::lo, done);
    }
    test_i31();
    a.bind(done);
    return {Cond::ne};
  }
  a.compare(true, reference, target.nullable ? 0 : 1);
  a.b(target.nullable ? Cond::eq : Cond::lo, done);
  if (target.kind == Kind::func_type) {
    test_func(reference, static_cast<uint32_t>(target.type), exact, done);
  } else {
    test_i31();
    a.b(Cond::ne, done);
    a.access(ins::ldr_x, kScratch, place(reference, offsetof(gc::Object, layout)));
    if (target.kind == Kind::object_type) {
      test_object(static_cast<uint32_t>(target.type), target.depth, exact, done);
    } else {
      const auto kind = target.kind == Kind::struct_ ? gc::ObjectKind::struct_ : gc::ObjectKind::array;
      a.access(ins::ldrb, kScratch, place(kScratch, runtime::kLayoutKind));
      a.compare(false, kScratch, static_cast<uint64_t>(kind));
    }
  }
  a.bind(done);
  return {Cond::eq};
}

// Whether it is an eqref: an i31, a structure or an array. The condition for yes is "lower or same". The test of bit 0
// clears the carry flag, which means "lower".
Masm::Test Masm::test_eq(Reg reference, bool nullable) {
  static_assert(gc::ObjectKind::struct_ < gc::ObjectKind::array && gc::ObjectKind::array < gc::ObjectKind::host);
  const Label done = new_label();
  if (nullable) {
    a.compare(true, reference, 0);
    a.b(Cond::eq, done);
  } else {
    a.constant(true, kScratch, 1);
    a.compare(true, kScratch, reference);
    a.b(Cond::hi, done);
  }
  a.r2_bits(ins::ands_imm, true, kZero, reference, *bitmask(true, 1));
  a.b(Cond::ne, done);
  a.access(ins::ldr_x, kScratch, place(reference, offsetof(gc::Object, layout)));
  a.access(ins::ldrb, kScratch, place(kScratch, runtime::kLayoutKind));
  a.compare(false, kScratch, static_cast<uint64_t>(gc::ObjectKind::array));
  a.bind(done);
  return {Cond::ls};
}

// TypeLayout::is_subtype_of in machine code. The layout of the object is in the scratch register. At `done` and at the
// end the flags say "equal" for yes.
void Masm::test_object(uint32_t type, uint32_t depth, bool exact, Label done) {
  a.access(ins::ldr_w, kThird, place(kScratch, runtime::kLayoutType));
  load_type(kInner, type);
  a.compare(false, kThird, kInner);
  if (exact) return;
  a.b(Cond::eq, done);
  a.access(ins::ldr_w, kThird, place(kScratch, runtime::kLayoutDepth));
  a.compare(false, kThird, depth + 1);
  a.b(Cond::lo, done);
  a.access(ins::ldr_x, kScratch, place(kScratch, runtime::kLayoutSupers));
  a.access(ins::ldr_w, kThird, place(kScratch, size_t{depth} * sizeof(TypeId)));
  load_type(kInner, type);
  a.compare(false, kThird, kInner);
}

// The same for the type of a function. If the types are not equal, a stub looks for the subtype in the type registry.
void Masm::test_func(Reg reference, uint32_t type, bool exact, Label done) {
  a.access(ins::ldr_w, kThird, place(reference, offsetof(runtime::FuncInst, type)));
  load_type(kInner, type);
  a.compare(false, kThird, kInner);
  if (exact) return;
  a.b(Cond::eq, done);
  a.mov(true, kScratch, reference);
  call_stub(stubs_.test_subtype);
  a.compare(false, kScratch, 1);
}

}  // namespace mini_wasm::jit::a64
