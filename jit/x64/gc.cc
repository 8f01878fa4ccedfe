// Objects of the heap: elements, i31, tests of types. A reference is as runtime/gc/object.h says.
#include <cstddef>

#include "jit/x64/masm.h"
#include "runtime/func_inst.h"
#include "runtime/layout_offsets.h"

namespace mini_wasm::jit::x64 {

namespace gc = runtime::gc;
using x86::CondCode;

namespace {

x86::Mem at(Reg base, size_t offset, uint32_t size) { return x86::Mem(gp64(base), static_cast<int32_t>(offset), size); }

}  // namespace

Masm::Address Masm::element(Reg array, Operand index, uint32_t log2, uint32_t offset) {
  const x86::Mem length = at(array, offsetof(gc::Object, length), 4);
  if (index.kind == Operand::Kind::imm) {
    a.cmp(length, index.imm);
    trap_if(CondCode::kBE, TrapCode::out_of_bounds_array_access, offset);
    return {at(array, gc::kHeaderBytes + (size_t{static_cast<uint32_t>(index.imm)} << log2), 0)};
  }
  a.cmp(gp32(index.reg), length);
  trap_if(CondCode::kAE, TrapCode::out_of_bounds_array_access, offset);
  if (log2 <= 3) return {x86::Mem(gp64(array), gp64(index.reg), log2, gc::kHeaderBytes, 0)};
  a.mov(gp32(kScratch), gp32(index.reg));
  a.shl(gp64(kScratch), log2);
  return {x86::Mem(gp64(array), gp64(kScratch), 0, gc::kHeaderBytes, 0)};
}

void Masm::array_length(Reg to, Reg array) { a.mov(gp32(to), at(array, offsetof(gc::Object, length), 4)); }

void Masm::ref_i31(Reg to, Reg from) { a.lea(gp32(to), x86::Mem(gp64(from), gp64(from), 0, 1, 0)); }

void Masm::i31_get(bool sign, Reg to, Reg from) {
  move(Scalar::i32, to, from);
  if (sign) {
    a.sar(gp32(to), 1);
  } else {
    a.shr(gp32(to), 1);
  }
}

// The flags say whether it is where all ways meet. "Below" is no equality, so a comparison with 1 tells null apart
// whatever is asked of the others.
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
      a.cmp(ref, 1);  // what is below 1 is not 1
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

// i31, structures and arrays: "below or equal".
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

// The layout is in the scratch register: TypeLayout::is_subtype_of. The flags at `done` and at the end say "equal".
void Masm::test_object(uint32_t type, uint32_t depth, bool exact, Label done) {
  a.cmp(at(kScratch, runtime::kLayoutType, 4), type);
  if (exact) return;
  a.je(done);
  a.cmp(at(kScratch, runtime::kLayoutDepth, 4), depth + 1);
  a.jb(done);
  a.mov(gp64(kScratch), at(kScratch, runtime::kLayoutSupers, 8));
  a.cmp(at(kScratch, size_t{depth} * sizeof(TypeId), 4), type);
}

void Masm::test_func(Reg reference, uint32_t type, bool exact, Label done) {
  a.cmp(at(reference, offsetof(runtime::FuncInst, type), 4), type);
  if (exact) return;
  a.je(done);
  a.mov(gp64(kScratch), gp64(reference));
  a.push(type);
  emit_far({0xe8}, stubs_.test_subtype);
  a.cmp(gp32(kScratch), 1);
}

}  // namespace mini_wasm::jit::x64
