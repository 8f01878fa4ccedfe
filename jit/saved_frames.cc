// Frames of machine code of calls that are saved (runtime/call/saved_frame.h).
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

// A place in the code with the types of what is there.
struct Known {
  FrameMap map;
  validator::FrameTypes types;
};

Result<Known> know(const NativeCode& code, uint32_t offset) {
  Known known;
  known.map.offset = offset;
  if (Result<void> r = code.owner->explain(code.index, known.map); !r) return std::move(r).error();
  if (!known.map.found) return Error::make(ErrorKind::usage, "the guest stands where it cannot be saved");
  auto types = code.owner->module().frame_types(code.index, offset);
  if (!types) return std::move(types).error();
  known.types = std::move(*types);
  assert(known.types.operands.size() == known.map.operands.size());
  assert(known.types.locals.size() == known.map.locals.size());
  return known;
}

void take_apart(const std::vector<ValType>& types, const std::vector<FrameMap::Place>& places, const Slot* fp,
                const SavedRegisters& registers, std::vector<SavedValue>& values) {
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
  SavedRegisters registers{};
  backend().read_registers(activation.suspended_sp, activation.yielded != Activation::Yielded::no, registers);
  std::map<std::pair<const NativeCode*, uint32_t>, Known> all;  // a place may have many of the frames
  FrameWalker walker(*this, activation.native_sp, activation.fp, activation.ctx);
  while (walker.next()) {
    const NativeCode& code = walker.code();
    const uint32_t offset = walker.site().offset;
    auto known = all.find({&code, offset});
    if (known == all.end()) {
      Result<Known> made = know(code, offset);
      if (!made) return std::move(made).error();
      known = all.emplace(std::pair(&code, offset), std::move(*made)).first;
    }
    const auto& [map, types] = known->second;
    SavedFrame& frame = frames.emplace_back(walker.ctx()->instance, code.index, offset);
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
