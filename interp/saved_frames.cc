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

Error cannot_stand() { return Error::make(ErrorKind::usage, "the guest stands where it cannot be saved"); }

// The frames of an activation, innermost first.
class Frames {
 public:
  Frames(Interpreter& tier, const Activation& activation, bool innermost)
      : tier_(tier),
        pc_(static_cast<const Word*>(activation.pc)),
        fp_(activation.fp),
        ctx_(activation.ctx),
        at_loop_(innermost && activation.yielded != Activation::Yielded::no) {
    if (!innermost) pc_ -= kCallWords - 1;  // it was left with a position inside of the call
  }
  // Goes to the next one, the first time to the innermost one.
  bool next() {
    if (code_ != nullptr) {
      const Slot* const link = fp_ + code_->link;
      pc_ = reinterpret_cast<const Word*>(link[runtime::kLinkReturnPc]) - kCallWords;
      fp_ = reinterpret_cast<const Slot*>(link[runtime::kLinkCallerFp]);
      ctx_ = reinterpret_cast<const InstanceContext*>(link[runtime::kLinkContext]);
      at_loop_ = false;
    }
    code_ = tier_.find_code(pc_);
    return code_ != nullptr;
  }
  FuncCode& code() const { return *code_; }
  const Slot* fp() const { return fp_; }
  const InstanceContext& ctx() const { return *ctx_; }
  std::pair<uint32_t, bool> place() const { return {static_cast<uint32_t>(pc_ - code_->translation->words), at_loop_}; }

 private:
  Interpreter& tier_;
  const Word* pc_;
  const Slot* fp_;
  const InstanceContext* ctx_;
  bool at_loop_;
  FuncCode* code_ = nullptr;
};

// The places of a function with the types of what is there.
struct Known {
  FramePlaces places{/*by_word=*/true, {}};
  validator::FrameTypesAt types;
};

Result<void> know(FuncCode& code, Known& known) {
  code.owner->find(code, known.places);
  for (const auto& [at, place] : known.places.all) {
    if (!place.found) return cannot_stand();
    known.types.try_emplace(place.offset);
  }
  return code.owner->module().frame_types(code.index, known.types);
}

SavedFrame take_apart(const FramePlace& place, const validator::FrameTypes& types, const Frames& at) {
  SavedFrame frame{at.ctx().instance, at.code().index, place.offset, {}, {}};
  const Slot* from = at.fp();
  for (ValType type : types.locals) {
    frame.locals.push_back(runtime::value_at(type, from));
    from += type.slots();
  }
  assert(types.operands.size() == place.operands.size());
  for (size_t i = 0; i < types.operands.size(); ++i) {
    const FramePlace::Operand& operand = place.operands[i];
    from = operand.is_constant ? operand.bits.data() : at.fp() + operand.slot;
    frame.operands.push_back(runtime::value_at(types.operands[i], from));
  }
  return frame;
}

Result<void> save_here(Interpreter& tier, const Activation& activation, bool innermost,
                       std::vector<SavedFrame>& saved) {
  std::map<FuncCode*, Known> all;
  for (Frames frames(tier, activation, innermost); frames.next();) {
    all[&frames.code()].places.all.try_emplace(frames.place());
  }
  for (auto& [code, known] : all) {
    if (Result<void> r = know(*code, known); !r) return r;
  }
  for (Frames frames(tier, activation, innermost); frames.next();) {
    const Known& known = all[&frames.code()];
    const FramePlace& place = known.places.all.at(frames.place());
    saved.push_back(take_apart(place, known.types.at(place.offset), frames));
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

using PlacesByCode = std::map<FuncCode*, FramePlaces>;

FuncCode& code_of(const SavedFrame& frame) {
  return static_cast<InterpreterCode&>(*frame.instance->code).function(frame.func);
}

// `at_loop`: of the last frame.
Result<void> find_places(std::span<const SavedFrame> frames, bool at_loop, PlacesByCode& all) {
  for (const SavedFrame& frame : frames) {
    const bool is_loop = at_loop && &frame == &frames.back();
    all[&code_of(frame)].all.try_emplace({static_cast<uint32_t>(frame.offset), is_loop});
  }
  for (auto& [code, places] : all) {
    if (Result<const Word*> made = code->owner->translate(*code); !made) return std::move(made).error();
    code->owner->find(*code, places);
    for (const auto& [at, place] : places.all) {
      if (!place.found) return Error::make(ErrorKind::invalid, "a frame stands where no frame can stand");
    }
  }
  return {};
}

Result<size_t> load_here(Interpreter& tier, std::span<const SavedFrame> frames, runtime::Execution& execution,
                         Activation& activation, std::vector<Slot>& slots) {
  const bool at_loop = activation.yielded == Activation::Yielded::at_loop;
  PlacesByCode places;
  if (Result<void> r = find_places(frames, at_loop, places); !r) return std::move(r).error();
  Slot* const base = execution.stack_begin();
  const auto room = static_cast<size_t>(execution.stack_limit() - base);
  const uint32_t link_slots = execution.store().engine().link_slots();
  // Like Interpreter::invoke, for the outermost one.
  Begin begin{0, finish_code(), base, &frames.front().instance->context};
  for (const SavedFrame& frame : frames) {
    const bool is_last = &frame == &frames.back();
    FuncCode& code = code_of(frame);
    const FramePlace& place = places[&code].all.at({static_cast<uint32_t>(frame.offset), at_loop && is_last});
    const size_t end = begin.at + code.frame_slots.load(std::memory_order_relaxed);
    if (end > room) return Error::make(ErrorKind::limit, "the frames need a larger value stack (Config::stack_size)");
    slots.resize(end);
    put_together(frame, code, begin, link_slots, slots.data() + begin.at);
    const Word* const pc = code.translation->words + place.word;
    Slot* const fp = base + begin.at;
    begin = {begin.at + place.operands_end, pc + kCallWords, fp, &frame.instance->context};
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
