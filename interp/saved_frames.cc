// Frames of calls that are saved, and of calls that were saved in perhaps another tier (runtime/call/saved_frame.h).
#include <cassert>
#include <map>
#include <utility>

#include "interp/handlers.h"
#include "interp/interpreter.h"
#include "runtime/call/execution.h"
#include "runtime/engine.h"
#include "runtime/instance/module_inst.h"
#include "runtime/store.h"
#include "runtime/system/native_stack.h"

namespace mini_wasm::interp {

using runtime::Activation;
using runtime::InstanceContext;
using runtime::SavedFrame;
using runtime::SavedValue;
using runtime::Slot;

namespace {

// A place with the types of what is there.
struct Known {
  FramePlace place;
  validator::FrameTypes types;
};

Result<Known> know(FuncCode& code, const Word* pc, bool at_loop) {
  Known known;
  known.place.at_loop = at_loop;
  known.place.by_word = true;
  known.place.word = static_cast<uint32_t>(pc - code.translation->words);
  code.owner->find(code, known.place);
  if (!known.place.found) return Error::make(ErrorKind::usage, "the guest stands where it cannot be saved");
  auto types = code.owner->module().frame_types(code.index, known.place.offset);
  if (!types) return std::move(types).error();
  known.types = std::move(*types);
  assert(known.types.operands.size() == known.place.operands.size());
  return known;
}

SavedFrame take_apart(const Known& known, const FuncCode& code, const Slot* fp, const InstanceContext& ctx) {
  SavedFrame frame{ctx.instance, code.index, known.place.offset, {}, {}};
  const Slot* at = fp;
  for (ValType type : known.types.locals) {
    frame.locals.push_back(runtime::value_at(type, at));
    at += type.slots();
  }
  for (size_t i = 0; i < known.types.operands.size(); ++i) {
    const FramePlace::Operand& operand = known.place.operands[i];
    const Slot* const from = operand.is_constant ? operand.bits.data() : fp + operand.slot;
    frame.operands.push_back(runtime::value_at(known.types.operands[i], from));
  }
  return frame;
}

Result<void> save_here(Interpreter& tier, const Activation& activation, bool innermost,
                       std::vector<SavedFrame>& frames) {
  bool at_loop = innermost && activation.yielded != Activation::Yielded::no;
  const Word* pc = static_cast<const Word*>(activation.pc);
  if (!innermost) pc -= kCallWords - 1;  // it was left with a position inside of the call
  const Slot* fp = activation.fp;
  const InstanceContext* ctx = activation.ctx;
  std::map<const Word*, Known> all;  // a place may have many of the frames
  for (; FuncCode* const code = tier.find_code(pc); at_loop = false) {
    auto known = all.find(pc);
    if (known == all.end()) {
      Result<Known> made = know(*code, pc, at_loop);
      if (!made) return std::move(made).error();
      // A call may be the first instruction of a loop, so what is known of the loop is not kept.
      if (at_loop) {
        frames.push_back(take_apart(*made, *code, fp, *ctx));
      } else {
        known = all.emplace(pc, std::move(*made)).first;
      }
    }
    if (!at_loop) frames.push_back(take_apart(known->second, *code, fp, *ctx));
    const Slot* const link = fp + code->link;
    pc = reinterpret_cast<const Word*>(link[runtime::kLinkReturnPc]) - kCallWords;
    fp = reinterpret_cast<const Slot*>(link[runtime::kLinkCallerFp]);
    ctx = reinterpret_cast<const InstanceContext*>(link[runtime::kLinkContext]);
  }
  return {};
}

// Where a frame begins, and where it returns to.
struct Begin {
  size_t at = 0;  // its first slot
  const Word* return_pc = nullptr;
  Slot* caller = nullptr;
  InstanceContext* caller_ctx = nullptr;
};

// The slots of a frame: locals, link, operands at home.
void put_together(const SavedFrame& frame, const FuncCode& code, const Begin& begin, uint32_t link_slots, Slot* slots) {
  Slot* to = slots;
  for (const SavedValue& local : frame.locals) to = runtime::put_value(local, to);
  Slot* const link = slots + code.link;
  link[runtime::kLinkReturnPc] = reinterpret_cast<Slot>(begin.return_pc);
  link[runtime::kLinkCallerFp] = reinterpret_cast<Slot>(begin.caller);
  link[runtime::kLinkContext] = reinterpret_cast<Slot>(begin.caller_ctx);
  to = link + link_slots;
  for (const SavedValue& operand : frame.operands) to = runtime::put_value(operand, to);
}

Result<FramePlace> place_of(FuncCode& code, uint64_t offset, bool at_loop) {
  if (Result<const Word*> translated = code.owner->translate(code); !translated) return std::move(translated).error();
  FramePlace place;
  place.at_loop = at_loop;
  place.offset = static_cast<uint32_t>(offset);
  code.owner->find(code, place);
  if (!place.found) return Error::make(ErrorKind::invalid, "a frame stands where no frame can stand");
  return place;
}

Result<size_t> load_here(Interpreter& tier, std::span<const SavedFrame> frames, runtime::Execution& execution,
                         Activation& activation, std::vector<Slot>& slots) {
  Slot* const base = execution.stack_begin();
  const auto room = static_cast<size_t>(execution.stack_limit() - base);
  const uint32_t link_slots = execution.store().engine().link_slots();
  // Like Interpreter::invoke, for the outermost one.
  Begin begin{0, finish_code(), base, &frames.front().instance->context};
  for (const SavedFrame& frame : frames) {
    const bool is_last = &frame == &frames.back();
    FuncCode& code = static_cast<InterpreterCode&>(*frame.instance->code).function(frame.func);
    Result<FramePlace> place =
        place_of(code, frame.offset, is_last && activation.yielded == Activation::Yielded::at_loop);
    if (!place) return std::move(place).error();
    const size_t end = begin.at + code.frame_slots.load(std::memory_order_relaxed);
    if (end > room) return Error::make(ErrorKind::limit, "the frames need a larger value stack (Config::stack_bytes)");
    slots.resize(end);
    put_together(frame, code, begin, link_slots, slots.data() + begin.at);
    const Word* const pc = code.translation->words + place->word;
    Slot* const fp = base + begin.at;
    begin = {begin.at + place->operands_end, pc + kCallWords, fp, &frame.instance->context};
    if (!is_last) continue;
    activation.tier = &tier;
    activation.base = base;
    activation.fp = fp;
    activation.pc = pc;
    activation.ctx = &frame.instance->context;
    activation.registers = {0, slots[static_cast<size_t>(fp - base) + code.pinned.load(std::memory_order_relaxed)]};
  }
  return begin.at;
}

}  // namespace

Result<void> Interpreter::save_frames(const Activation& activation, bool innermost, std::vector<SavedFrame>& frames) {
  Result<void> saved = Error::trap(TrapCode::call_stack_exhausted);
  runtime::run_with_room([&] { saved = save_here(*this, activation, innermost, frames); });
  return saved;
}

Result<size_t> Interpreter::load_frames(std::span<const SavedFrame> frames, runtime::Execution& execution,
                                        Activation& activation, std::vector<Slot>& slots) {
  Result<size_t> loaded = Error::trap(TrapCode::call_stack_exhausted);
  runtime::run_with_room([&] { loaded = load_here(*this, frames, execution, activation, slots); });
  return loaded;
}

}  // namespace mini_wasm::interp
