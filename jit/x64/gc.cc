// Objects of the heap: allocation, elements, i31, tests of types. How references are represented is in
// runtime/gc/object.h: null is 0, an i31 has bit 0 set, and an object is its address.
#include <cstddef>

#include "jit/x64/masm.h"
#include "runtime/call/layout_offsets.h"
#include "runtime/gc/heap.h"
#include "runtime/instance/func_inst.h"
#include "runtime/instance/instance_context.h"

namespace mini_wasm::jit::x64 {

namespace gc = runtime::gc;
using x86::CondCode;

Masm::Address Masm::element(Reg array, Operand index, uint32_t log2, uint32_t offset) {
  const x86::Mem length = at(array, offsetof(gc::Object, length), 4);
  const bool constant = index.kind == Operand::Kind::imm;
  const CondCode beyond = constant ? CondCode::kBE : CondCode::kAE;
  if (constant) {
    a.cmp(length, imm_of(index));
  } else {
    a.cmp(gp32(index.reg), length);
  }
  trap_if(beyond, TrapCode::out_of_bounds_array_access, offset);
  if (!clamps_) {
    if (constant) return {at(array, gc::kHeaderBytes + (size_t{static_cast<uint32_t>(index.imm)} << log2), 0)};
    if (log2 <= 3) return {x86::Mem(gp64(array), gp64(index.reg), log2, gc::kHeaderBytes, 0)};
  }
  if (constant) {
    a.mov(gp32(kScratch), static_cast<uint32_t>(index.imm));  // guests choose constants, too
  } else {
    a.mov(gp32(kScratch), gp32(index.reg));
  }
  clamp(gp64(kScratch), beyond);
  if (log2 <= 3) return {x86::Mem(gp64(array), gp64(kScratch), log2, gc::kHeaderBytes, 0)};
  a.shl(gp64(kScratch), log2);
  return {x86::Mem(gp64(array), gp64(kScratch), 0, gc::kHeaderBytes, 0)};
}

// --- Allocation

// The run (contiguous free cells of one size) that the object's cell is taken from. Returns the address of its first
// field; the scratch register is the base. Jumps to `none` if the length of an array is too large for this.
x86::Mem Masm::find_run(Operand length, const gc::TypeLayout& layout, Label none) {
  const bool is_array = layout.kind == gc::ObjectKind::array;
  const x86::Mem runs = at(kContext, offsetof(runtime::InstanceContext, heap_runs), 8);
  if (length.kind == Operand::Kind::imm) {
    const uint64_t bytes = is_array ? layout.array_bytes(static_cast<uint32_t>(length.imm)) : layout.bytes;
    const uint8_t space = gc::space_of(gc::size_class_of(bytes), layout.has_refs);
    a.mov(gp64(kScratch), runs);
    return at(kScratch, space * sizeof(gc::Run), 8);
  }
  // There is a size of cells for each number of granules up to 16. The header takes one granule, so the size class
  // follows from the length by arithmetic: elements in granules, rounded up; then times two spaces of 24 bytes each.
  static_assert(gc::cell_bytes(15) == 16 * gc::kGranule && gc::kHeaderBytes == gc::kGranule);
  static_assert(gc::space_of(1, false) == 2 && gc::space_of(0, true) == 1 && sizeof(gc::Run) == 24);
  const uint32_t log2 = layout.element_log2;
  a.cmp(gp32(length.reg), (15 * gc::kGranule) >> log2);
  a.ja(none);
  if (log2 == gc::kGranuleLog2) {
    a.mov(gp32(kScratch), gp32(length.reg));
  } else {
    a.lea(gp32(kScratch), x86::Mem(uint64_t{gc::kGranule - 1}, gp64(length.reg), log2, 0));
    a.shr(gp32(kScratch), gc::kGranuleLog2);
  }
  a.lea(gp32(kScratch), x86::Mem(gp64(kScratch), gp64(kScratch), 1, 0, 0));
  a.shl(gp32(kScratch), 4);
  a.add(gp64(kScratch), runs);
  return at(kScratch, layout.has_refs ? sizeof(gc::Run) : 0, 8);
}

// Takes the next cell of the run. The cell is filled with zeros already, so only the header is written. If the run is
// empty, a call out of line returns an object with a header.
void Masm::allocate(Reg to, Operand length, Reg temp, const gc::TypeLayout& layout, uint16_t frame_end,
                    uint32_t offset) {
  const Label slow = new_label(), done = new_label();
  allocations_.push_back({slow, done, to, length, &layout, frame_end, offset});
  const x86::Mem run = find_run(length, layout, slow);
  const x86::Mem next = run.cloneAdjusted(offsetof(gc::Run, next));
  a.mov(gp64(to), next);
  a.cmp(gp64(to), run.cloneAdjusted(offsetof(gc::Run, end)));
  a.je(slow);
  const bool is_array = layout.kind == gc::ObjectKind::array;
  if (length.kind == Operand::Kind::imm) {
    const uint64_t bytes = is_array ? layout.array_bytes(static_cast<uint32_t>(length.imm)) : layout.bytes;
    a.add(next, gc::cell_bytes(gc::size_class_of(bytes)));
  } else {
    x86::Mem cell = run.cloneAdjusted(offsetof(gc::Run, cell));
    cell.setSize(4);
    a.mov(gp32(temp), cell);
    a.add(next, gp64(temp));
  }
  load_replaced(kScratch, reinterpret_cast<uint64_t>(&layout), Relocation::Kind::layout);
  a.mov(at(to, offsetof(gc::Object, layout), 8), gp64(kScratch));
  const x86::Mem header_length = at(to, offsetof(gc::Object, length), 4);
  if (is_array && length.kind == Operand::Kind::reg) a.mov(header_length, gp32(length.reg));
  if (is_array && length.kind == Operand::Kind::imm && length.imm != 0) a.mov(header_length, imm_of(length));
  bind(done);
}

// The parameters of the stub `allocate` that are on the stack.
void Masm::push_allocation(Operand length, uint16_t frame_end) {
  if (length.kind == Operand::Kind::imm) {
    a.push(imm_of(length));
  } else {
    a.push(gp64(length.reg));
  }
  a.push(frame_end);
}

// --- Elements

void Masm::array_length(Reg to, Reg array) { a.mov(gp32(to), at(array, offsetof(gc::Object, length), 4)); }

// 2 * from + 1 in 32 bits. Writing a 32-bit register clears the upper half.
void Masm::ref_i31(Reg to, Reg from) { a.lea(gp32(to), x86::Mem(gp64(from), gp64(from), 0, 1, 0)); }

void Masm::i31_get(bool sign, Reg to, Reg from) {
  move(Scalar::i32, to, from);
  if (sign) {
    a.sar(gp32(to), 1);
  } else {
    a.shr(gp32(to), 1);
  }
}

// Several comparisons lead to the label `done`, and the flags that each of them leaves there must give the same answer.
// Null compared with 1 is "below" and also "not equal". So this comparison finds null, and leaves flags that say no
// where "equal" means yes, and yes where "not equal" means yes.
Masm::Test Masm::test_cast(Reg reference, gc::CastTarget target, bool exact) {
  using Kind = gc::CastTarget::Kind;
  const x86::Gp ref = gp64(reference);
  const auto always = [&](bool is) {
    a.test(x86::rsp, x86::rsp);
    return Test{is ? CondCode::kNE : CondCode::kE};
  };
  if (target.kind == Kind::bottom && !target.nullable) return always(false);
  if (target.kind == Kind::top && target.nullable) return always(true);
  if (target.kind == Kind::bottom || target.kind == Kind::top) {
    a.test(ref, ref);
    return {target.nullable ? CondCode::kE : CondCode::kNE};
  }
  if (target.kind == Kind::eq) return test_eq(reference, target.nullable);
  Label done = new_label();
  if (target.kind == Kind::i31) {
    if (target.nullable) {
      a.cmp(ref, 1);  // null: "below", and also "not equal", which is the condition for yes here
      a.jb(done);
    }
    a.test(x86::gpb_lo(reference.number()), 1);
    a.bind(done);
    return {CondCode::kNE};
  }
  if (target.nullable) {
    a.test(ref, ref);
    a.je(done);
  } else {
    a.cmp(ref, 1);
    a.jb(done);
  }
  if (target.kind == Kind::func_type) {
    test_func(reference, static_cast<uint32_t>(target.type), exact, done);
  } else {
    a.test(x86::gpb_lo(reference.number()), 1);
    a.jne(done);
    a.mov(gp64(kScratch), at(reference, offsetof(gc::Object, layout), 8));
    if (target.kind == Kind::object_type) {
      test_object(static_cast<uint32_t>(target.type), target.depth, exact, done);
    } else {
      const auto kind = target.kind == Kind::struct_ ? gc::ObjectKind::struct_ : gc::ObjectKind::array;
      a.cmp(at(kScratch, runtime::kLayoutKind, 1), static_cast<uint8_t>(kind));
    }
  }
  a.bind(done);
  return {CondCode::kE};
}

// Whether it is an eqref: an i31, a structure or an array. The condition for yes is "below or equal".
Masm::Test Masm::test_eq(Reg reference, bool nullable) {
  static_assert(gc::ObjectKind::struct_ < gc::ObjectKind::array && gc::ObjectKind::array < gc::ObjectKind::host);
  Label done = new_label();
  if (nullable) {
    a.test(gp64(reference), gp64(reference));
    a.je(done);
  } else {
    a.mov(gp32(kScratch), 1);
    a.cmp(gp64(kScratch), gp64(reference));
    a.ja(done);
  }
  a.bt(gp32(reference), 0);
  a.jb(done);
  a.mov(gp64(kScratch), at(reference, offsetof(gc::Object, layout), 8));
  a.cmp(at(kScratch, runtime::kLayoutKind, 1), static_cast<uint8_t>(gc::ObjectKind::array));
  a.bind(done);
  return {CondCode::kBE};
}

// TypeLayout::is_subtype_of in machine code. The layout of the object is in the scratch register. At `done` and at the
// end the flags say "equal" for yes.
void Masm::test_object(uint32_t type, uint32_t depth, bool exact, Label done) {
  compare_type(at(kScratch, runtime::kLayoutType, 4), type);
  if (exact) return;
  a.je(done);
  a.cmp(at(kScratch, runtime::kLayoutDepth, 4), depth + 1);
  a.jb(done);
  a.mov(gp64(kScratch), at(kScratch, runtime::kLayoutSupers, 8));
  compare_type(at(kScratch, size_t{depth} * sizeof(TypeId), 4), type);
}

// The same for the type of a function. If the types are not equal, a stub looks for the subtype in the type registry.
void Masm::test_func(Reg reference, uint32_t type, bool exact, Label done) {
  compare_type(at(reference, offsetof(runtime::FuncInst, type), 4), type);
  if (exact) return;
  a.je(done);
  a.mov(gp64(kScratch), gp64(reference));
  a.push_32(type);
  note_constant(Relocation::Kind::type);
  call_stub(stubs_.test_subtype);
  a.cmp(gp32(kScratch), 1);
}

}  // namespace mini_wasm::jit::x64
