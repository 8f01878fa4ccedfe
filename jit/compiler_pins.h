// Pinned locals: locals that are kept in registers, in a loop or a whole function. PinChooser has chosen them for each
// part of the function (pin_chooser.h). This file knows which local is in which register, and moves locals when a
// branch leads to a part that pins other locals. Part of compiler.h.
#pragma once

#include "jit/compiler_class.h"
#include "jit/parallel_move.h"

namespace mini_wasm::jit {

// The set with this index in PinPlan::sets. In a function with exception handlers no local is pinned, because
// unwinding to a handler does not restore registers.
template <class Masm>
const PinSet& Compiler<Masm>::pin_set(uint32_t pins) const {
  static constexpr PinSet kNone;
  return facts_->has_try || plan_->sets.empty() ? kNone : plan_->sets[pins];
}

template <class Masm>
template <class Visit>
void Compiler<Masm>::for_each_pin(const PinSet& set, Visit visit) const {
  for (size_t i = 0; i < Masm::kPins.size(); ++i) {
    if (set.ints[i] != PinSet::kNoLocal) visit(set.ints[i], Masm::kPins[i], (set.dirty_ints >> i & 1) != 0);
  }
  for (size_t i = 0; i < Masm::kFloatPins.size(); ++i) {
    if (set.floats[i] != PinSet::kNoLocal) visit(set.floats[i], Masm::kFloatPins[i], (set.dirty_floats >> i & 1) != 0);
  }
}

// The register of a local in a set; kNoReg: it is not pinned there.
template <class Masm>
Reg Compiler<Masm>::register_in(const PinSet& set, uint32_t local) const {
  Reg found = kNoReg;
  for_each_pin(set, [&](uint32_t l, Reg reg, bool) {
    if (l == local) found = reg;
  });
  return found;
}

// Loads the register of a pinned local from the local's slot, or that of a pinned constant with its value.
template <class Masm>
void Compiler<Masm>::load_pin(uint32_t local, Reg reg) {
  const size_t locals = decoder_->locals().size();
  if (local < locals) return masm_.load_slot(local_type(local), reg, local_slot(local));
  masm_.constant(local_type(local), reg, plan_->constants[local - locals].bits);
}

// The register that contains a constant in this part of the function; kNoReg: none.
template <class Masm>
Reg Compiler<Masm>::pinned_constant(Scalar type, uint64_t bits) const {
  for (const PinnedConstant& constant : pinned_constants_) {
    if (constant.bits == bits && constant.type == type) return constant.reg;
  }
  return kNoReg;
}

// From here on the locals are where the set `pins` says. Emits no code. No value may be in a register of the new set.
template <class Masm>
void Compiler<Masm>::set_pins(uint32_t pins) {
  for (uint32_t local : pinned_locals_) pinned_[local] = kNoReg;
  pinned_locals_.clear();
  pins_ = pins;
  across_calls_.clear();
  pinned_constants_.clear();
  RegSet temps = temps_;
  for_each_pin(pin_set(pins), [&](uint32_t local, Reg reg, bool dirty) {
    pinned_[local] = reg;
    pinned_locals_.push_back(local);
    temps.remove(reg);
    if (const size_t locals = decoder_->locals().size(); local >= locals) {
      pinned_constants_.push_back({local_type(local), plan_->constants[local - locals].bits, reg});
    }
    if (!survives_calls<Masm>(local_type(local), reg)) across_calls_.push_back({local, dirty});
  });
  regs_.set_temps(temps);
  known_ = {};
}

// Emits code that moves the locals from where one set has them to where another expects them. Keeps the flags. A local
// that loses its register is stored in its slot if the slot may have an old value ("dirty").
template <class Masm>
void Compiler<Masm>::move_pins(uint32_t from, uint32_t to) {
  if (from == to) return;
  const PinSet &old_set = pin_set(from), &new_set = pin_set(to);
  ParallelMove moves;
  for_each_pin(old_set, [&](uint32_t local, Reg reg, bool dirty) {
    const Scalar type = local_type(local);
    if (const Reg target = register_in(new_set, local); target.valid()) {
      moves.add(type, target, reg);
    } else if (dirty) {
      masm_.store_slot(type, local_slot(local), reg);
    }
  });
  moves.emit(masm_);
  for_each_pin(new_set, [&](uint32_t local, Reg reg, bool) {
    if (!register_in(old_set, local).valid()) load_pin(local, reg);
  });
}

// The end of a loop, where the locals of the surrounding part get their registers back. Values that the loop leaves on
// the stack are spilled if they are in such registers.
template <class Masm>
void Compiler<Masm>::leave_pins(uint32_t to, bool falls_through) {
  if (to == pins_) return;
  if (falls_through) {
    if (!stack_.empty() && stack_.back().kind == Value::Kind::compare) materialize_compare();
    RegSet wanted;
    for_each_pin(pin_set(to), [&](uint32_t, Reg reg, bool) { wanted.add(reg); });
    spill(wanted, static_cast<uint32_t>(stack_.size()));
    move_pins(pins_, to);
  }
  set_pins(to);
}

// A conditional branch. If other locals are in registers at the label, it branches to a detour instead: code behind the
// end of the function that moves the locals, then jumps to the label.
template <class Masm>
void Compiler<Masm>::jump_if(const typename Masm::Test& test, bool sense, uint32_t depth) {
  const Label& label = decoder_->control(depth).label;
  if (is_body(depth) || label.pins == pins_) return masm_.jump_if(test, sense, label.link);
  detours_.push_back({masm_.new_label(), label.link, pins_, label.pins});
  masm_.jump_if(test, sense, detours_.back().entry);
}

template <class Masm>
void Compiler<Masm>::detours() {
  for (const Detour& detour : detours_) {
    masm_.bind(detour.entry);
    move_pins(detour.from, detour.to);
    masm_.jump(detour.target);
  }
}

// Code that enters a loop with a frame that another tier has begun. All locals are in their slots.
template <class Masm>
void Compiler<Masm>::loop_entrances() {
  for (const LoopEntrance& entrance : loop_entrances_) {
    masm_.bind(entrance.entry);
    masm_.enter();
    check_stack();
    masm_.save(saved_, link_);
    for_each_pin(pin_set(entrance.pins), [&](uint32_t local, Reg reg, bool) { load_pin(local, reg); });
    masm_.jump(entrance.loop);
  }
}

}  // namespace mini_wasm::jit
