// Atomic accesses in machine code. All are sequentially consistent: loads acquire, stores release, and the CPU keeps such
// a load behind such a store (Arm ARM B2.3, "Load-Acquire, Store-Release"). Without LSE, a loop repeats a load and a
// store until no other thread has written in between; the store returns whether it failed in kThird.
#include <bit>

#include "jit/a64/selector.h"
#include "jit/atomic_shapes.h"

namespace mini_wasm::jit::a64 {

namespace {

class AtomicSelector : public AtomicShapes<AtomicSelector, SelectorBase> {
 public:
  using AtomicShapes::AtomicShapes;

 private:
  friend AtomicShapes;
  using Rmw = atomic::Rmw;

  void load(Reg to, Value& index) {
    load_address(index);
    a.atomic(ins::ldar, log2(), to, kScratch);
    m.note_site(site_);
  }

  void store() {
    Value value = c.pop(), index = c.pop();
    const Reg reg = c.use(value);
    c.use_index(index, memarg_.memory);
    load_address(index);
    a.atomic(ins::stlr, log2(), reg, kScratch);
    m.note_site(site_);
    c.release(value);
    c.release(index);
  }

  void modify(Rmw rmw) {
    Value value = c.pop(), index = c.pop();
    const Reg by = c.use(value);
    c.use_index(index, memarg_.memory);
    const Reg to = c.take(type_);
    load_address(index);
    if (m.cpu().lse) {
      modify_at_once(rmw, by, to);
    } else {
      modify_in_loop(rmw, by, to);
    }
    c.release(value);
    c.release(index);
    c.push_reg(type_, to);
  }

  // sub is add of the negative operand, and `and` clears the bits of the inverted one.
  void modify_at_once(Rmw rmw, Reg by, Reg to) {
    const uint32_t op = rmw == Rmw::xchg   ? ins::swpal
                        : rmw == Rmw::and_ ? ins::ldclral
                        : rmw == Rmw::or_  ? ins::ldsetal
                        : rmw == Rmw::xor_ ? ins::ldeoral
                                           : ins::ldaddal;
    if (rmw == Rmw::sub || rmw == Rmw::and_) {
      a.r3(rmw == Rmw::sub ? ins::sub : ins::orn, true, kInner, kZero, by);
      by = kInner;
    }
    a.atomic(op, log2(), by, to, kScratch);
    m.note_site(site_);
  }

  void modify_in_loop(Rmw rmw, Reg by, Reg to) {
    const uint32_t op = rmw == Rmw::add    ? ins::add
                        : rmw == Rmw::sub  ? ins::sub
                        : rmw == Rmw::and_ ? ins::and_
                        : rmw == Rmw::or_  ? ins::orr
                                           : ins::eor;
    const Masm::Label again = a.new_label();
    a.bind(again);
    a.atomic(ins::ldaxr, log2(), to, kScratch);
    m.note_site(site_);
    if (rmw != Rmw::xchg) a.r3(op, true, kInner, to, by);
    a.atomic(ins::stlxr, log2(), kThird, rmw == Rmw::xchg ? by : kInner, kScratch);
    m.note_site(site_);
    a.cbnz(false, kThird, again);
  }

  // Only as many bits of the expected value count as the access has.
  void compare_exchange() {
    Value replacement = c.pop(), expected = c.pop(), index = c.pop();
    const Reg by = c.use(replacement);
    c.use_index(index, memarg_.memory);
    if (m.cpu().lse) {
      const Reg to = c.own(expected);
      load_address(index);
      a.atomic(ins::casal, log2(), to, by, kScratch);
      m.note_site(site_);
      c.release(replacement);
      c.release(index);
      return c.push_reg(type_, to);
    }
    const Reg wanted = c.use(expected), to = c.take(type_);
    load_address(index);
    a.bitfield(ins::ubfm, true, kInner, wanted, 0, bytes_ * 8 - 1);
    const Masm::Label again = a.new_label(), done = a.new_label();
    a.bind(again);
    a.atomic(ins::ldaxr, log2(), to, kScratch);
    m.note_site(site_);
    a.compare(true, to, kInner);
    a.b(Cond::ne, done);
    a.atomic(ins::stlxr, log2(), kThird, by, kScratch);
    m.note_site(site_);
    a.cbnz(false, kThird, again);
    a.bind(done);
    c.release(replacement);
    c.release(expected);
    c.release(index);
    c.push_reg(type_, to);
  }

  // These instructions have no form with an offset.
  void load_address(Value& index) { m.load_address(kScratch, c.atomic_address(index, memarg_, bytes_)); }
  uint32_t log2() const { return static_cast<uint32_t>(std::countr_zero(bytes_)); }
};

}  // namespace

bool Masm::atomic(Compiler<Masm>& c, Op op, const MemArg& memarg) {
  return AtomicSelector(c, *this, op, memarg).select();
}

}  // namespace mini_wasm::jit::a64
