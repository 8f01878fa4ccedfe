// Atomic accesses in machine code. All are sequentially consistent. On x86-64, plain loads are enough for that if all
// stores are locked instructions; so atomic stores are exchanges, which always lock.
#include "jit/atomic_shapes.h"
#include "jit/x64/selector.h"

namespace mini_wasm::jit::x64 {

namespace {

class AtomicSelector : public AtomicShapes<AtomicSelector, SelectorBase> {
 public:
  using AtomicShapes::AtomicShapes;

 private:
  friend AtomicShapes;
  using Rmw = atomic::Rmw;

  void load(Reg to, Value& index) { read(to, address(index)); }

  void store() {
    Value value = c.pop(), index = c.pop();
    const Reg reg = c.own(value);
    const x86::Mem to = address(index);
    a.xchg(to, part(reg));
    m.note_site(site_);
    c.release(index);
    c.release(reg);
  }

  // sub is add of the negated operand. xchg locks without a prefix.
  void modify(Rmw rmw) {
    if (rmw == Rmw::and_ || rmw == Rmw::or_ || rmw == Rmw::xor_) return modify_in_loop(rmw);
    Value value = c.pop(), index = c.pop();
    const Reg reg = c.own(value);
    const x86::Mem to = address(index);
    if (rmw == Rmw::sub) a.neg(gp(type_, reg));
    if (rmw == Rmw::xchg) {
      a.xchg(to, part(reg));
    } else {
      a.lock().xadd(to, part(reg));
    }
    m.note_site(site_);
    c.release(index);
    leave(reg);
  }

  // and, or, xor: no instruction of the CPU returns the old value, so a loop tries cmpxchg until no other thread has
  // changed the value in the meantime. cmpxchg expects the old value in rax.
  void modify_in_loop(Rmw rmw) {
    const Id id = rmw == Rmw::and_ ? Inst::kIdAnd : rmw == Rmw::or_ ? Inst::kIdOr : Inst::kIdXor;
    Value value = c.pop(), index = c.pop();
    apart(value, RegSet(rax));
    apart(index, RegSet(rax));
    c.hold(rax);
    const x86::Mem to = address(index);
    const Reg changed = c.take(type_);
    read(rax, to);
    Masm::Label again = a.new_label();
    a.bind(again);
    m.move(type_, changed, rax);
    a.emit(id, gp(type_, changed), gp(type_, c.use(value)));
    a.lock().cmpxchg(to, part(changed));
    m.note_site(site_);
    a.jne(again);
    c.release(changed);
    c.release(value);
    c.release(index);
    leave(rax);
  }

  // The instruction wants the expected value in rax, and leaves the old value of memory there.
  void compare_exchange() {
    Value replacement = c.pop(), expected = c.pop(), index = c.pop();
    apart(replacement, RegSet(rax));
    apart(index, RegSet(rax));
    if (const Reg reg = c.use(expected); reg != rax) {
      c.hold(rax);
      m.move(type_, rax, reg);
      c.release(expected);
    }
    c.forget(rax);  // if it was a copy of a local, it is not one afterwards
    const x86::Mem to = address(index);
    a.lock().cmpxchg(to, part(c.use(replacement)));
    m.note_site(site_);
    c.release(replacement);
    c.release(index);
    leave(rax);
  }

  // --- Operands

  x86::Mem address(Value& index) {
    x86::Mem memory = c.atomic_address(index, memarg_, bytes_).memory;
    memory.setSize(bytes_);
    return memory;
  }

  // --- Registers and the width of the access

  // The part of a register that has as many bytes as the access.
  x86::Gp part(Reg reg) const {
    switch (bytes_) {
      case 1: return x86::gpb_lo(reg.number());
      case 2: return x86::gpw(reg.number());
      case 4: return gp32(reg);
      default: return gp64(reg);
    }
  }
  void read(Reg to, const x86::Mem& from) {
    if (bytes_ < 4) {
      a.movzx(gp32(to), from);
    } else {
      a.mov(part(to), from);
    }
    m.note_site(site_);
  }
  // Pushes the result. The instruction has written only as many bytes as the access has, so the others are cleared.
  void leave(Reg reg) {
    if (bytes_ < 4) {
      a.movzx(gp32(reg), part(reg));
    } else if (bytes_ == 4 && type_ == Scalar::i64) {
      a.mov(gp32(reg), gp32(reg));
    }
    c.push_reg(type_, reg);
  }
};

}  // namespace

bool Masm::atomic(Compiler<Masm>& c, Op op, const MemArg& memarg) {
  return AtomicSelector(c, *this, op, memarg).select();
}

// If index + offset is 2^64 or more, the trap is "out of bounds", whether the sum is aligned or not.
void Masm::check_alignment(Reg index, bool is_64, uint64_t offset, uint32_t bytes, uint32_t wasm_offset) {
  const uint32_t mask = bytes - 1;
  Reg at = index;
  if (is_64 && offset != 0) {
    at = kScratch;
    move_64(kScratch, offset);
    a.add(gp64(kScratch), gp64(index));
    trap_if(x86::CondCode::kC, TrapCode::out_of_bounds_memory_access, wasm_offset);
  } else if ((offset & mask) != 0) {
    at = kScratch;
    a.lea(gp32(kScratch), x86::Mem(gp64(index), static_cast<int32_t>(offset & mask), 0));
  }
  a.test(x86::gpb_lo(at.number()), mask);
  trap_if(x86::CondCode::kNE, TrapCode::unaligned_atomic, wasm_offset);
}

}  // namespace mini_wasm::jit::x64
