// Where values are while a function calls another one, or at the beginning of a loop. Part of compiler.h.
#pragma once

#include "jit/compiler_class.h"

namespace mini_wasm::jit {

// A call destroys some of the registers, so the locals in them are also in their slots then.
template <class Masm>
FrameMap::Place Compiler<Masm>::place_of_local(uint32_t local, bool at_loop) const {
  FrameMap::Place place;
  place.slot = local_slot(local);
  const Reg reg = pinned_[local];
  if (!reg.valid() || !(at_loop || survives_calls<Masm>(local_type(local), reg))) return place;
  place.kind = FrameMap::Place::Kind::reg;
  place.reg = reg;
  return place;
}

// All operands are constants, locals or at home, at both kinds of places.
template <class Masm>
void Compiler<Masm>::note_frame(bool at_loop) {
  if (maps_ == nullptr) return;
  const auto wanted = maps_->find(site());
  if (wanted == maps_->end()) return;
  FrameMap& map = wanted->second;
  map.found = true;
  map.saved = saved_;
  map.link = link_;
  for (uint32_t i = 0; i < decoder_->locals().size(); ++i) map.locals.push_back(place_of_local(i, at_loop));
  for (uint32_t i = 0; i < stack_.size(); ++i) {
    const Value& value = stack_[i];
    FrameMap::Place place;
    place.slot = value.home;
    if (value.kind == Value::Kind::local) place = place_of_local(value.local(), at_loop);
    if (value.kind == Value::Kind::constant) place = {FrameMap::Place::Kind::constant, kNoReg, 0, value.bits};
    map.operands.push_back(place);
  }
}

}  // namespace mini_wasm::jit
