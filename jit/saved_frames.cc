// Frames of machine code of calls that are saved (runtime/call/saved_frame.h).
#include <cassert>
#include <map>
#include <utility>

#include "jit/jit.h"
#include "jit/module_code.h"
#include "runtime/instance/module_inst.h"
#include "runtime/system/native_stack.h"

namespace mini_wasm::jit {

using runtime::Activation;
using runtime::SavedFrame;
using runtime::SavedValue;
using runtime::Slot;

namespace {

// Places in the code of a function with the types of what is there.
struct Known {
  FrameMaps maps;
  validator::FrameTypesAt types;
};

Result<void> know(const NativeCode& code, Known& known) {
  if (Result<void> r = code.owner->explain(code.index, known.maps); !r) return r;
  for (const auto& [offset, map] : known.maps) {
    if (!map.found) return Error::make(ErrorKind::usage, "the guest stands where it cannot be saved");
    known.types.try_emplace(offset);
  }
  return code.owner->module().frame_types(code.index, known.types);
}

void take_apart(const std::vector<ValType>& types, const std::vector<FrameMap::Place>& places, const Slot* fp,
                const SavedRegisters& registers, std::vector<SavedValue>& values) {
  assert(types.size() == places.size());
  for (size_t i = 0; i < types.size(); ++i) {
    const FrameMap::Place& place = places[i];
    const Slot* at = fp + place.slot;
    if (place.kind == FrameMap::Place::Kind::reg) at = registers[place.reg.id].data();
    if (place.kind == FrameMap::Place::Kind::constant) at = &place.bits;
    values.push_back(runtime::value_at(types[i], at));
  }
}

// From the registers of a function to those of its caller.
void restore(const FrameMap& map, const Slot* fp, SavedRegisters& registers) {
  const Slot* from = fp + map.link;
  for (Reg reg : map.saved) registers[reg.id][0] = *from++;
}

}  // namespace

Result<void> Jit::save_here(const Activation& activation, std::vector<SavedFrame>& frames) {
  const auto walk = [&] { return FrameWalker(*this, activation.native_sp, activation.fp, activation.ctx); };
  std::map<const NativeCode*, Known> all;
  for (FrameWalker walker = walk(); walker.next();) all[&walker.code()].maps.try_emplace(walker.site().offset);
  for (auto& [code, known] : all) {
    if (Result<void> r = know(*code, known); !r) return r;
  }
  SavedRegisters registers{};
  backend().read_registers(activation.suspended_sp, activation.yielded != Activation::Yielded::no, registers);
  for (FrameWalker walker = walk(); walker.next();) {
    const uint32_t offset = walker.site().offset;
    const Known& known = all[&walker.code()];
    const FrameMap& map = known.maps.at(offset);
    const validator::FrameTypes& types = known.types.at(offset);
    SavedFrame& frame = frames.emplace_back();
    frame.instance = walker.ctx()->instance;
    frame.func = walker.code().index;
    frame.offset = offset;
    take_apart(types.locals, map.locals, walker.fp(), registers, frame.locals);
    take_apart(types.operands, map.operands, walker.fp(), registers, frame.operands);
    restore(map, walker.fp(), registers);
  }
  return {};
}

Result<void> Jit::save_frames(const Activation& activation, bool, std::vector<SavedFrame>& frames) {
  Result<void> saved = Error::trap(TrapCode::call_stack_exhausted);
  runtime::run_with_room([&] { saved = save_here(activation, frames); });
  return saved;
}

}  // namespace mini_wasm::jit
