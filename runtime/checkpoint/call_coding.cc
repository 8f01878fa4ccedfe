#include "runtime/checkpoint/call_coding.h"

#include <utility>

namespace mini_wasm::runtime {
namespace {

using State = Continuation::State;

// How the heap type of a reference type is written: abstract ones by their kind, a defined one as this and its Place.
constexpr uint64_t kDefinedType = 1 + static_cast<uint64_t>(HeapKind::noexn);

Error cannot_save(uint32_t call, const char* why) {
  return Error::make(ErrorKind::usage, "cannot save call " + std::to_string(call) + ": " + why);
}

Result<void> add_values(const std::vector<SavedValue>& values, StoreIndex& index, HeapGraph& graph, uint32_t number) {
  for (const SavedValue& value : values) {
    if (!value.type.is_ref()) continue;
    if (value.type.concrete() && !index.find(value.type.type_id())) {
      return cannot_save(number, "a value has a type that no module has");
    }
    if (Result<void> r = graph.add(value.slots[0], value.type, {"call", {0, number}}); !r) return r;
  }
  return {};
}

}  // namespace

Result<void> add_roots(const SavedCall& call, StoreIndex& index, HeapGraph& graph, uint32_t number) {
  const auto has_name = [&](const FuncInst* func) { return func == nullptr || index.find(func); };
  if (!has_name(call.func) || !has_name(call.waits_for)) {
    return cannot_save(number, "no instance imports the function of the host that it calls");
  }
  if (Result<void> r = add_values(call.values, index, graph, number); !r) return r;
  if (Result<void> r = add_values(call.results, index, graph, number); !r) return r;
  for (const SavedFrame& frame : call.frames) {
    if (Result<void> r = add_values(frame.locals, index, graph, number); !r) return r;
    if (Result<void> r = add_values(frame.operands, index, graph, number); !r) return r;
  }
  return {};
}

void CallWriter::write(const SavedCall& call) {
  values_.func(call.func);
  out_.number(static_cast<uint64_t>(call.state));
  for (const bool flag : {call.has_returned, call.yields, call.has_results}) out_.number(flag ? 1 : 0);
  write(call.values);
  out_.number(call.frames.size());
  for (const SavedFrame& frame : call.frames) write(frame);
  values_.func(call.waits_for);
  write(call.results);
}

void CallWriter::write(const SavedFrame& frame) {
  out_.number(*index_.number_of(frame.instance));
  out_.number(raw(frame.func));
  out_.number(frame.offset);
  write(frame.locals);
  write(frame.operands);
}

void CallWriter::write(const std::vector<SavedValue>& values) {
  out_.number(values.size());
  for (const SavedValue& value : values) {
    write(value.type);
    values_.value(value.type, value.slots.data());
  }
}

void CallWriter::write(ValType type) {
  out_.number(static_cast<uint64_t>(type.kind()));
  if (!type.is_ref()) return;
  out_.number(type.nullable() ? 1 : 0);
  out_.number(type.concrete() ? kDefinedType : static_cast<uint64_t>(type.heap()));
  if (type.concrete()) values_.place(*index_.find(type.type_id()));
}

SavedCall CallReader::read() {
  SavedCall call;
  call.func = values_.func();
  call.state = static_cast<State>(in_.number_up_to(static_cast<uint64_t>(State::ended), "state of a call"));
  if (in_.ok() && (call.func == nullptr || call.state == State::running)) in_.fail("a call that cannot be");
  call.has_returned = in_.flag();
  call.yields = in_.flag();
  call.has_results = in_.flag();
  call.values = read_values();
  for (uint64_t left = in_.number(); left != 0 && in_.ok(); --left) call.frames.push_back(read_frame());
  call.waits_for = values_.func();
  call.results = read_values();
  // load_call compares results with those of the function that is waited for.
  const bool may_have_results = call.has_results && call.waits_for != nullptr;
  if (call.has_results != may_have_results || (!may_have_results && !call.results.empty())) {
    in_.fail("results that nobody waits for");
  }
  return call;
}

SavedFrame CallReader::read_frame() {
  SavedFrame frame;
  frame.instance = values_.instance();
  if (frame.instance == nullptr) return frame;
  frame.func = FuncIdx{static_cast<uint32_t>(values_.index_in(frame.instance->funcs, "function"))};
  frame.offset = in_.number();
  frame.locals = read_values();
  frame.operands = read_values();
  return frame;
}

std::vector<SavedValue> CallReader::read_values() {
  std::vector<SavedValue> values;
  for (uint64_t left = in_.number(); left != 0 && in_.ok(); --left) {
    SavedValue value;
    value.type = read_type();
    if (in_.ok()) values_.value(value.type, value.slots.data());
    values.push_back(value);
  }
  return values;
}

ValType CallReader::read_type() {
  const uint64_t kind = in_.number_up_to(static_cast<uint64_t>(ValType::Kind::ref), "type");
  if (kind == 0) in_.fail("a value without a type");
  if (kind != static_cast<uint64_t>(ValType::Kind::ref)) return static_cast<ValType::Kind>(kind);
  const bool nullable = in_.flag();
  const uint64_t heap = in_.number_up_to(kDefinedType, "heap type");
  if (heap != kDefinedType) return ValType::ref(static_cast<HeapKind>(heap), nullable);
  const std::optional<TypeId> type = values_.type();
  return type ? ValType::ref(*type, nullable) : ValType();
}

}  // namespace mini_wasm::runtime
