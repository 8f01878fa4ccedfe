// Calls of functions and of the runtime. Part of compiler.h.
#pragma once

#include "jit/arguments.h"
#include "jit/compiler_class.h"
#include "jit/parallel_move.h"

namespace mini_wasm::jit {

// Pops the arguments of a call, brings them home, and returns the first one's slot. They are in consecutive slots,
// which become the first slots of the callee's frame.
template <class Masm>
uint16_t Compiler<Masm>::take_arguments(const FuncType& type) {
  const uint32_t height = static_cast<uint32_t>(stack_.size());
  const uint32_t first = height - static_cast<uint32_t>(type.params.size());
  settle_many(height - first);
  bring_home(first, height);
  truncate(first);
  return next_home();
}

// Before a call with all arguments in slots: moves everything that the call destroys to memory.
template <class Masm>
void Compiler<Masm>::before_call() {
  spill_registers();
  save_pins();
}

// Stores pinned locals whose registers the call destroys, if their slots may have old values.
template <class Masm>
void Compiler<Masm>::save_pins() {
  for (const auto& [i, dirty] : across_calls_) {
    if (dirty) masm_.store_slot(local_type(i), local_slot(i), pinned_[i]);
  }
}

template <class Masm>
void Compiler<Masm>::reload_pins() {
  for (const auto& [i, dirty] : across_calls_) load_pin(i, pinned_[i]);
}

// Parameters from the returned index on are all in slots. With few parameters, it returns their number. With many, it
// returns the index behind the last one in a register, which a small hash table remembers for each type.
template <class Masm>
uint32_t Compiler<Masm>::end_of_registers(const FuncType& type) {
  const auto count = static_cast<uint32_t>(type.params.size());
  if (count <= kMany) return count;
  RegistersEnd& known = registers_end_[(reinterpret_cast<uintptr_t>(&type) * 0x9e3779b97f4a7c15u) >> 58];
  if (known.type == &type) return known.end;
  known = {&type, 0};
  decoder_->meter().add(count);
  ArgumentRegisters<Masm> registers;
  for (uint32_t i = 0; i < count && !registers.full(); ++i) {
    if (registers.next(scalar(type.params[i])).valid()) known.end = i + 1;
  }
  return known.end;
}

// For a call with arguments in registers. Pops the arguments, moves them to their registers or homes, and spills all
// other values that the call destroys. Returns the slot where the callee's frame begins. If `callee` is valid, the
// value above the arguments says which function is called (a reference or a table index); it is moved to that register.
template <class Masm>
uint16_t Compiler<Masm>::pass_arguments(const FuncType& type, Reg callee) {
  Value chosen;
  if (callee.valid()) chosen = pop();
  if (!stack_.empty() && stack_.back().kind == Value::Kind::compare) materialize_compare();
  const uint32_t count = static_cast<uint32_t>(type.params.size());
  const uint32_t first = static_cast<uint32_t>(stack_.size()) - count;
  spill(RegSet::all(), first);
  settle_many(count);
  save_pins();
  ParallelMove moves;
  RegSet moved;
  ArgumentRegisters<Masm> in_registers;
  const uint32_t rest = end_of_registers(type);  // parameters from here on are in slots
  // First the arguments that are in registers are moved, all at once. Loads of the others come after that, because they
  // overwrite argument registers.
  for (uint32_t i = 0; i < rest; ++i) {
    const Value& value = stack_[first + i];
    const Reg to = in_registers.next(value.type);
    if (!to.valid()) {
      bring_home(first + i);
    } else if (register_of(value).valid()) {
      moves.add(value.type, to, register_of(value));
      moved.add(to);
    }
  }
  bring_home(first + rest, first + count);
  const bool moves_chosen = callee.valid() && register_of(chosen).valid();
  if (moves_chosen) moves.add(chosen.type, callee, register_of(chosen));
  moves.emit(masm_);
  known_ = {};
  if (callee.valid() && !moves_chosen) load_value(chosen, callee);
  release(chosen);
  ArgumentRegisters<Masm> loaded;
  for (uint32_t i = 0; i < rest; ++i) {
    const Value& value = stack_[first + i];
    const Reg to = loaded.next(value.type);
    if (to.valid() && !moved.has(to)) load_value(value, to);
  }
  truncate(first);
  return next_home();
}

// Behind a call: loads pinned locals again and pushes the results.
template <class Masm>
void Compiler<Masm>::after_call(const FuncType& type) {
  note_frame(/*at_loop=*/false);
  note_throwing();
  known_ = {};
  reload_pins();
  if (type.results.size() == 1) {
    const Scalar result = scalar(type.results[0]);
    return push_reg(result, Masm::result(result));
  }
  push_types(validator::TypeList(type.results));
}

template <class Masm>
void Compiler<Masm>::call(FuncIdx f) {
  const FuncType& type = module_.func_type(f);
  if (raw(f) >= module_.imported_funcs) {
    const uint16_t arguments = pass_arguments(type, kNoReg);
    masm_.call_function(raw(f) - module_.imported_funcs, arguments, site());
    return after_call(type);
  }
  const uint16_t arguments = take_arguments(type);
  before_call();
  masm_.load_func(Masm::kCallee, raw(f));
  masm_.call_import(arguments, site());
  after_call(type);
}

// Replaces the table index in the callee register by the function that the element refers to, after all checks.
template <class Masm>
void Compiler<Masm>::load_callee(TypeIdx type, TableIdx table) {
  masm_.load_table_callee(raw(table), static_cast<uint32_t>(module_.type_id(type)), site());
}

template <class Masm>
void Compiler<Masm>::call_indirect(TypeIdx t, TableIdx table) {
  const FuncType& type = module_.func_type(t);
  const uint16_t arguments = pass_arguments(type, Masm::kCallee);
  load_callee(t, table);
  masm_.call_callee(type, arguments, site());
  after_call(type);
}

template <class Masm>
void Compiler<Masm>::call_ref(TypeIdx t) {
  const FuncType& type = module_.func_type(t);
  const uint16_t arguments = pass_arguments(type, Masm::kCallee);
  masm_.trap_if_null(Operand::of(Masm::kCallee), TrapCode::null_function_reference, site());
  masm_.call_callee(type, arguments, site());
  after_call(type);
}

// --- Tail calls: the callee gets this frame, and returns to the caller of this function ------------------------------

// Before the jump of a tail call: restores the caller's registers, then moves the arguments to the beginning of the
// frame. In this order, because the arguments may overwrite the link slots in which the registers are saved.
template <class Masm>
void Compiler<Masm>::give_up_frame(uint16_t arguments, const FuncType& type) {
  masm_.restore(saved_, link_);
  masm_.copy_slots(0, arguments, static_cast<uint16_t>(runtime::slot_count(type.params)));
}

template <class Masm>
void Compiler<Masm>::return_call(FuncIdx f) {
  const FuncType& type = module_.func_type(f);
  const uint16_t arguments = take_arguments(type);
  give_up_frame(arguments, type);
  const bool imported = raw(f) < module_.imported_funcs;
  if (imported) masm_.load_func(Masm::kCallee, raw(f));
  masm_.leave();
  if (imported) return masm_.jump_callee();
  masm_.jump_function(raw(f) - module_.imported_funcs);
}

template <class Masm>
void Compiler<Masm>::return_call_indirect(TypeIdx t, TableIdx table) {
  const FuncType& type = module_.func_type(t);
  Value index = pop();
  const Reg reg = use(index);
  const uint16_t arguments = take_arguments(type);
  spill_registers();
  masm_.move(index.type, Masm::kCallee, reg);
  load_callee(t, table);
  release(index);
  give_up_frame(arguments, type);
  masm_.leave();
  masm_.jump_callee();
}

template <class Masm>
void Compiler<Masm>::return_call_ref(TypeIdx t) {
  const FuncType& type = module_.func_type(t);
  Value callee = pop();
  const Reg reg = use(callee);
  const uint16_t arguments = take_arguments(type);
  masm_.trap_if_null(Operand::of(reg), TrapCode::null_function_reference, site());
  masm_.move(Scalar::i64, Masm::kCallee, reg);
  release(callee);
  give_up_frame(arguments, type);
  masm_.leave();
  masm_.jump_callee();
}

// --- The runtime -----------------------------------------------------------------------------------------------------

// Calls the runtime, with operands and results in the slots from `operands` on. A trap that it reports is a trap of the
// current instruction. If there is a layout, it is passed in place of x.
template <class Masm>
void Compiler<Masm>::runtime_call(RuntimeCall function, uint16_t operands, uint64_t x, uint64_t y,
                                  const runtime::gc::TypeLayout* layout) {
  before_call();
  masm_.call_runtime(function, operands, x, y, site(), layout);
  note_throwing();
  known_ = {};
  reload_pins();
}

template <class Masm>
void Compiler<Masm>::slot_op(Op op, uint64_t x, uint64_t y) {
  const OpInfo& info = op_info(op);
  const uint32_t height = static_cast<uint32_t>(stack_.size());
  bring_home(height - info.param_count, height);
  truncate(height - info.param_count);
  runtime_call(semantic_call(op), next_home(), x, y);
  for (int i = 0; i < info.result_count; ++i) push_home(scalar(info.results[i]));
}

template <class Masm>
void Compiler<Masm>::memory_op(Op op, uint32_t a, uint32_t b) {
  if (op == Op::memory_size) return memory_size(a);
  bulk_op(op, a, b, [&](uint32_t i) { return module_.memories[i].type.is_64 ? Scalar::i64 : Scalar::i32; });
}

template <class Masm>
void Compiler<Masm>::table_op(Op op, uint32_t a, uint32_t b) {
  if (op == Op::table_get) return table_get(a);
  if (op == Op::table_set) return table_set(a);
  if (op == Op::table_size) return table_size(a);
  bulk_op(op, a, b, [&](uint32_t i) { return module_.tables[i].type.is_64 ? Scalar::i64 : Scalar::i32; });
}

// `address(i)`: the type of an address in the memory or table with index i, which is the type of its size.
template <class Masm>
template <class AddressType>
void Compiler<Masm>::bulk_op(Op op, uint32_t a, uint32_t b, AddressType address) {
  const BulkShape shape = bulk_shape(op);
  const uint32_t height = static_cast<uint32_t>(stack_.size());
  bring_home(height - shape.operands, height);
  truncate(height - shape.operands);
  runtime_call(bulk_call(op), next_home(), a, b);
  if (shape.has_result) push_home(address(a));
}

}  // namespace mini_wasm::jit
