#include "runtime/checkpoint/saved_call.h"

#include <algorithm>
#include <map>
#include <string>
#include <utility>

#include "runtime/instance/module_inst.h"
#include "runtime/store.h"

namespace mini_wasm::runtime {

using validator::FrameTypes;

// --- Saving

namespace {

std::vector<SavedValue> values_of(const std::vector<ValType>& types, const Slot* slots) {
  std::vector<SavedValue> values;
  for (ValType type : types) {
    values.push_back(value_at(type, slots));
    slots += type.slots();
  }
  return values;
}

bool makes_tail_call(const SavedFrame& frame) {
  const decoder::Module& module = frame.instance->module->module();
  const uint8_t code = module.bytes[frame.offset];
  return code == op_info(Op::return_call).code || code == op_info(Op::return_call_indirect).code ||
         code == op_info(Op::return_call_ref).code;
}

Result<void> save_suspended(Execution& execution, Continuation& call, SavedCall& saved) {
  if (call.has_failed()) {
    return Error::make(ErrorKind::usage, "the call must go on before it can be saved: its host function has failed");
  }
  if (Result<void> r = execution.save_frames(call, saved.frames); !r) return r;
  // The frame of a tail call of a host function is no more, but the interpreter keeps it until the function returns.
  if (saved.frames.size() > 1 && makes_tail_call(saved.frames.back())) saved.frames.pop_back();
  if (saved.frames.empty()) {
    return Error::make(ErrorKind::usage, "the call cannot be saved: only a host function is left of it");
  }
  if (call.has_yielded()) return {};
  saved.waits_for = const_cast<FuncInst*>(&call.waits_for());
  saved.has_results = call.state() == Continuation::State::can_resume;
  if (saved.has_results) saved.results = values_of(saved.waits_for->host->type->results, call.results());
  return {};
}

}  // namespace

Result<SavedCall> save_call(Store& store, Continuation& call) {
  SavedCall saved;
  saved.func = &call.func();
  saved.state = call.state();
  saved.has_returned = call.has_returned();
  saved.yields = call.yields();
  const FuncType& type = call.func().func_type(store.engine().types());
  switch (call.state()) {
    case Continuation::State::running: return Error::make(ErrorKind::usage, "a call that is running cannot be saved");
    case Continuation::State::ready: saved.values = values_of(type.params, call.slots().data()); break;
    case Continuation::State::ended:
      if (saved.has_returned) saved.values = values_of(type.results, call.slots().data());
      break;
    default:
      if (Result<void> r = save_suspended(store.execution(), call, saved); !r) return std::move(r).error();
  }
  return saved;
}

// --- Loading

namespace {

Error wrong(size_t frame, const char* what) {
  return Error::make(ErrorKind::invalid, "frame " + std::to_string(frame) + " of a call that was saved: " + what);
}

bool have_types(const std::vector<SavedValue>& values, const std::vector<ValType>& types) {
  return std::equal(values.begin(), values.end(), types.begin(), types.end(),
                    [](const SavedValue& value, ValType type) { return value.type == type; });
}

bool are_subtypes(const TypeRegistry& types, const std::vector<ValType>& sub, const std::vector<ValType>& super) {
  return std::equal(sub.begin(), sub.end(), super.begin(), super.end(),
                    [&](ValType a, ValType b) { return types.is_subtype(a, b); });
}

// Checks the frames of a call, one after the other, from the outermost one.
class FrameChecker {
 public:
  FrameChecker(Store& store, const SavedCall& call)
      : store_(store), types_(store.engine().types()), call_(call), wanted_(call.func->func_type(types_).results) {}

  Result<void> check() {
    if (call_.frames.empty()) return Error::make(ErrorKind::invalid, "a call that was saved has no frames");
    if (Result<void> r = find_types(); !r) return r;
    for (; at_ < call_.frames.size(); ++at_) {
      if (Result<void> r = check(call_.frames[at_]); !r) return r;
    }
    --at_;
    if (!call_.has_results && !call_.results.empty()) return wrong(at_, "results before they have come");
    if (call_.waits_for == nullptr) return call_.has_results ? wrong(at_, "results of nothing") : Result<void>();
    if (call_.waits_for->host == nullptr) return wrong(at_, "it waits for a function that is not of the host");
    const FuncType& host = *call_.waits_for->host->type;
    if (!are_subtypes(types_, host.results, wanted_)) return wrong(at_, "the host function has other results");
    if (call_.has_results && !have_types(call_.results, host.results)) return wrong(at_, "wrong results");
    return {};
  }
  bool ends_in_tail_call() const { return in_tail_call_; }

 private:
  bool exists(const SavedFrame& frame) const {
    const decoder::Module& module = frame.instance->module->module();
    return frame.instance->store == &store_ && raw(frame.func) >= module.imported_funcs &&
           raw(frame.func) < module.funcs.size();
  }
  // One walk for each function, however many frames it has.
  Result<void> find_types() {
    for (size_t i = 0; i < call_.frames.size(); ++i) {
      const SavedFrame& frame = call_.frames[i];
      if (!exists(frame)) return wrong(i, "there is no such function");
      found_[{frame.instance->module.get(), frame.func}].try_emplace(frame.offset);
    }
    for (auto& [func, types] : found_) {
      if (Result<void> r = func.first->frame_types(func.second, types); !r) return r;
    }
    return {};
  }

  // `wanted_`: the results that the frame outside of it expects; afterwards, those that this one does.
  Result<void> check(const SavedFrame& frame) {
    const bool is_last = at_ + 1 == call_.frames.size();
    const CompiledModule* const module = frame.instance->module.get();
    if (!are_subtypes(types_, module->module().func_type(frame.func).results, wanted_)) {
      return wrong(at_, "the function has other results than its caller expects");
    }
    const FrameTypes& types = found_.at({module, frame.func}).at(frame.offset);
    in_tail_call_ = types.at == FrameTypes::At::tail_call;
    const bool calls = types.at == FrameTypes::At::call || (is_last && in_tail_call_);
    const bool fits = is_last && call_.waits_for == nullptr ? types.at == FrameTypes::At::loop : calls;
    if (!fits) return wrong(at_, "it stands where no frame can stand");
    if (!have_types(frame.locals, types.locals)) return wrong(at_, "wrong locals");
    if (!have_types(frame.operands, types.operands)) return wrong(at_, "wrong operands");
    wanted_ = types.results;
    return {};
  }

  Store& store_;
  const TypeRegistry& types_;
  const SavedCall& call_;
  std::vector<ValType> wanted_;
  std::map<std::pair<const CompiledModule*, FuncIdx>, validator::FrameTypesAt> found_;
  size_t at_ = 0;
  bool in_tail_call_ = false;
};

Result<void> load_suspended(Store& store, const SavedCall& saved, Continuation& call) {
  FrameChecker checker(store, saved);
  if (Result<void> r = checker.check(); !r) return r;
  Result<void> loaded = store.execution().load_frames(call, saved.frames, saved.waits_for, checker.ends_in_tail_call());
  if (!loaded) return loaded;
  Slot* to = call.results();
  for (const SavedValue& result : saved.results) to = put_value(result, to);
  if (saved.has_results) call.complete();
  return {};
}

}  // namespace

Result<std::unique_ptr<Continuation>> load_call(Store& store, const SavedCall& saved) {
  const FuncType& type = saved.func->func_type(store.engine().types());
  std::vector<Slot> slots(std::max(slot_count(type.params), slot_count(type.results)));
  const bool has_ended = saved.state == Continuation::State::ended;
  const bool has_values = saved.state == Continuation::State::ready || (has_ended && saved.has_returned);
  if (has_values) {
    if (!have_types(saved.values, has_ended ? type.results : type.params)) {
      return Error::make(ErrorKind::invalid, "a call that was saved has values of wrong types");
    }
    Slot* to = slots.data();
    for (const SavedValue& value : saved.values) to = put_value(value, to);
  }
  auto call = std::make_unique<Continuation>(store.execution(), *saved.func, std::move(slots));
  call->set_yields(saved.yields);
  if (has_ended) {
    call->set_ended(saved.has_returned, std::vector<Slot>(call->slots()));
  } else if (!has_values) {
    if (Result<void> r = load_suspended(store, saved, *call); !r) return std::move(r).error();
  }
  return call;
}

}  // namespace mini_wasm::runtime
