// AtomicShapes: what the selectors of atomic accesses have whatever the CPU (threads proposal, "Atomic memory accesses";
// core/atomic.h defines what the accesses compute). `Selector` is the class of a CPU that derives from it. Its members
// store, modify and compare_exchange select code for accesses; `load` emits one. `Base` is the CPU's SelectorBase.
#pragma once

#include "core/atomic.h"
#include "core/immediates.h"
#include "core/opcode.h"
#include "core/scalar.h"
#include "jit/value.h"

namespace mini_wasm::jit {

template <class Selector, class Base>
class AtomicShapes : protected Base {
 public:
  template <class Compiler, class Masm>
  AtomicShapes(Compiler& compiler, Masm& masm, Op op, const MemArg& memarg)
      : Base(compiler, masm, op),
        memarg_(memarg),
        bytes_(Masm::access_bytes(op)),
        site_(compiler.site()),
        type_(type_of(op_info(op))) {}

  // False: it did nothing, because the instruction is a call of the runtime.
  bool select() {
    Selector& selector = static_cast<Selector&>(*this);
    const OpInfo& info = op_info(this->op_);
    switch (info.cls) {
      case OpClass::atomic_load: return load(selector), true;
      case OpClass::atomic_store: return selector.store(), true;
      case OpClass::atomic_rmw: return selector.modify(atomic::rmw_of(info.text)), true;
      case OpClass::atomic_cmpxchg: return selector.compare_exchange(), true;
      default: return false;  // memory.atomic.wait and notify
    }
  }

 protected:
  const MemArg memarg_;
  const uint32_t bytes_, site_;  // the number of bytes that are accessed; see Masm::note_site
  const Scalar type_;            // of the value

 private:
  void load(Selector& selector) {
    Value index = this->c.pop();
    this->c.use_index(index, memarg_.memory);
    const Reg to = this->c.target(type_, index);
    selector.load(to, index);
    this->c.push_reg(type_, to);
  }
  static Scalar type_of(const OpInfo& info) {
    return scalar(info.result_count != 0 ? info.results[0] : info.params[1]);
  }
};

}  // namespace mini_wasm::jit
