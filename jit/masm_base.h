// MasmBase: what every Masm has that emits machine code, whatever the CPU: the tables of the function that is assembled,
// and those members of the contract (macro_assembler.h) that are the same sequence of steps on every CPU. A Masm derives
// from it, `class Masm : public MasmBase<Masm, Assembler>`. `Assembler` encodes the CPU's instructions; it has a class
// Label, and new_label, bind, offset_of, here, restart, failed. The Masm has kRuntimeArguments, the registers in which the
// stub call_runtime gets the address of the operands, x and y; and these steps:
//
//   emit_far(way, kind, target)         a call or jump out of the function; the rest is what a relocation needs
//   load_replaced(to, value, kind)      a constant with a relocation
//   load_slot_address(to, slot)
//   move_fp(slots)                      fp += slots, which may be negative
//   call_here_or(elsewhere, call)       calls the function in kCallee if it belongs to this instance; if not, jumps to
//                                       `elsewhere`. The code there jumps back to the label `call`, after it has used:
//   load_callee_stub()                  lets the call instruction at `call` go to Stubs::call_callee
//   jump_unless_callee_is(type, label)  jumps if the type of the function in kCallee is not equal
//   check_table_index(table, index, trap, offset), then load_element(to, index)
//   push_allocation(length, frame_end)  parameters of Stubs::allocate; the layout is in the scratch register
#pragma once

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <vector>

#include "core/opcode.h"
#include "jit/arguments.h"
#include "jit/code_settings.h"
#include "jit/native_code.h"
#include "jit/relocation.h"
#include "jit/runtime_calls.h"
#include "jit/stubs.h"
#include "jit/value.h"
#include "mini_wasm/trap.h"
#include "runtime/gc/ops.h"

namespace mini_wasm::jit {

template <class Masm>
class Compiler;

template <class Masm, class Assembler>
class MasmBase {
 public:
  using Label = typename Assembler::Label;

  // --- One function: `begin`, instructions, `end`. Then copy_to and the tables, until the next `begin`
  void begin_register_entry() { code_->register_entry = here(); }
  uint32_t here() const { return a.here(); }
  size_t size() const { return here(); }
  // Whether there was no memory for the code. Then it must not be used.
  bool failed() const { return a.failed(); }
  const std::vector<Site>& sites() const { return sites_; }
  // The last machine instruction belongs to the WebAssembly instruction at `offset`. `fp_delta`: see Site.
  void note_site(uint32_t offset, uint16_t fp_delta = 0);
  Label new_label() { return a.new_label(); }
  uint32_t offset_of(Label label) const { return a.offset_of(label); }

  // --- Traps
  void trap(TrapCode code, uint32_t offset);

  // --- Calls
  void call_function(uint32_t index, uint16_t frame, uint32_t offset);
  void jump_function(uint32_t index) { to_function(Way::jump, index, Entry::slots); }
  // The callee may belong to another instance or to the host.
  void call_import(uint16_t frame, uint32_t offset);
  // A function of this instance gets its arguments in registers, all others get them in slots. The code that stores the
  // arguments in slots is out of line, behind the body. But there is only one call instruction for both cases, in the
  // body: so it is inside the range of code that the exception handlers around it guard.
  void call_callee(const FuncType& type, uint16_t frame, uint32_t offset);
  void jump_callee() { jump_stub(stubs_.jump_callee); }
  // Index and function are both in the callee register. Indices of 32 bits are zero-extended. If the type of the function
  // is not equal to the expected one it may be a subtype, which is checked out of line.
  void load_table_callee(uint32_t table, uint32_t type, uint32_t offset);
  void call_runtime(RuntimeCall function, uint16_t operands, uint64_t x, uint64_t y, uint32_t offset,
                    const runtime::gc::TypeLayout* layout = nullptr);

  // --- Memory
  static uint32_t access_bytes(Op op) { return uint32_t{1} << op_info(op).access_log2; }
  void table_get(Reg to, Reg index, uint32_t table, uint32_t offset);

  Assembler a;

 protected:
  // How code leads to code outside of the function.
  enum class Way : uint8_t { call, jump };

  // For the functions of one module. `imported`: the number of functions that it imports.
  MasmBase(const Stubs& stubs, uint32_t imported, const CodeSettings& settings)
      : stubs_(stubs), imported_(imported), clamps_(settings.speculation_guards), poisons_(settings.poison_slots) {}

  void begin_function(NativeCode& code);

  void call_stub(const uint8_t* const& stub) { to_stub(Way::call, stub); }
  void jump_stub(const uint8_t* const& stub) { to_stub(Way::jump, stub); }
  void to_stub(Way way, const uint8_t* const& stub) {
    masm().emit_far(way, Relocation::Kind::stub, stubs_.place_of(stub));
  }
  // A function calls itself directly.
  void to_function(Way way, uint32_t index, Entry entry);

  // --- Code out of line
  // Before a call of a function of another instance, stores the arguments in slots.
  struct SlowCall {
    Label entry, call;
    const FuncType* type;
  };
  // Checks whether a function in a table whose type is not equal to the expected one has a subtype of it.
  struct SlowType {
    Label entry, done;
    uint32_t type;
    uint32_t offset;
  };
  // An allocation that finds no free cell.
  struct SlowAllocation {
    Label entry, done;
    Reg to;
    Operand length;
    const runtime::gc::TypeLayout* layout;
    uint16_t frame_end;
    uint32_t offset;
  };
  void place_slow_calls();
  void place_slow_allocations();

  const Stubs& stubs_;
  const uint32_t imported_;
  const bool clamps_, poisons_;
  uint32_t index_ = 0;  // of the function, counted without imports
  NativeCode* code_ = nullptr;
  std::vector<Site> sites_;
  // Whether code out of line is being emitted. It must not contain calls of functions, nor anything else that can
  // throw: the handler for an exception is found by the position of the code, which is outside of all guarded code
  // there.
  bool behind_body_ = false;
  std::vector<SlowCall> slow_calls_;
  std::vector<SlowType> slow_types_;
  std::vector<SlowAllocation> allocations_;

 private:
  Masm& masm() { return static_cast<Masm&>(*this); }

  // `emit` emits the call. The callee's frame begins `frame` slots above this function's.
  template <class Emit>
  void call(uint16_t frame, uint32_t offset, Emit emit) {
    masm().move_fp(frame);
    emit();
    masm().note_site(offset, frame);
    masm().move_fp(-int32_t{frame});
  }

  // Stores the arguments that are in registers.
  void store_arguments(const FuncType& type);
};

template <class Masm, class Assembler>
void MasmBase<Masm, Assembler>::note_site(uint32_t offset, uint16_t fp_delta) {
  assert(!behind_body_ || fp_delta == 0);
  sites_.push_back({here(), offset, fp_delta});
}

template <class Masm, class Assembler>
void MasmBase<Masm, Assembler>::trap(TrapCode code, uint32_t offset) {
  call_stub(stubs_.traps[static_cast<size_t>(code)]);
  masm().note_site(offset);
}

template <class Masm, class Assembler>
void MasmBase<Masm, Assembler>::call_function(uint32_t index, uint16_t frame, uint32_t offset) {
  call(frame, offset, [&] { to_function(Way::call, index, Entry::registers); });
}

template <class Masm, class Assembler>
void MasmBase<Masm, Assembler>::call_import(uint16_t frame, uint32_t offset) {
  call(frame, offset, [&] { call_stub(stubs_.call_callee); });
}

template <class Masm, class Assembler>
void MasmBase<Masm, Assembler>::call_callee(const FuncType& type, uint16_t frame, uint32_t offset) {
  const SlowCall slow{a.new_label(), a.new_label(), &type};
  call(frame, offset, [&] { masm().call_here_or(slow.entry, slow.call); });
  slow_calls_.push_back(slow);
}

template <class Masm, class Assembler>
void MasmBase<Masm, Assembler>::load_table_callee(uint32_t table, uint32_t type, uint32_t offset) {
  masm().check_table_index(table, Masm::kCallee, TrapCode::undefined_element, offset);
  masm().load_element(Masm::kCallee, Masm::kCallee);
  masm().trap_if_null(Operand::of(Masm::kCallee), TrapCode::uninitialized_element, offset);
  const SlowType slow{a.new_label(), a.new_label(), type, offset};
  masm().jump_unless_callee_is(type, slow.entry);
  a.bind(slow.done);
  slow_types_.push_back(slow);
}

template <class Masm, class Assembler>
void MasmBase<Masm, Assembler>::call_runtime(RuntimeCall function, uint16_t operands, uint64_t x, uint64_t y,
                                             uint32_t offset, const runtime::gc::TypeLayout* layout) {
  assert(!behind_body_);
  const auto& [operands_at, x_at, y_at] = Masm::kRuntimeArguments;
  masm().load_slot_address(operands_at, operands);
  if (layout != nullptr) {
    masm().load_replaced(x_at, reinterpret_cast<uint64_t>(layout), Relocation::Kind::layout);
  } else {
    masm().constant(Scalar::i64, x_at, x);
  }
  masm().constant(Scalar::i64, y_at, y);
  masm().load_replaced(Masm::kCallee, reinterpret_cast<uint64_t>(function), Relocation::Kind::image);
  call_stub(stubs_.call_runtime);
  masm().note_site(offset);
}

template <class Masm, class Assembler>
void MasmBase<Masm, Assembler>::table_get(Reg to, Reg index, uint32_t table, uint32_t offset) {
  masm().check_table_index(table, index, TrapCode::out_of_bounds_table_access, offset);
  masm().load_element(to, index);
}

template <class Masm, class Assembler>
void MasmBase<Masm, Assembler>::begin_function(NativeCode& code) {
  a.restart();
  code_ = &code;
  index_ = raw(code.index) - imported_;
  sites_.clear();
  behind_body_ = false;
  slow_calls_.clear();
  slow_types_.clear();
  allocations_.clear();
}

template <class Masm, class Assembler>
void MasmBase<Masm, Assembler>::to_function(Way way, uint32_t index, Entry entry) {
  const bool own = index == index_;
  masm().emit_far(way, own ? Relocation::Kind::own_entry : Relocation::Kind::entry,
                  static_cast<uint32_t>(entry_index(own ? 0 : index, entry)));
}

template <class Masm, class Assembler>
void MasmBase<Masm, Assembler>::place_slow_calls() {
  for (const SlowType& slow : slow_types_) {
    a.bind(slow.entry);
    masm().load_replaced(Masm::scratch(Scalar::i32), slow.type, Relocation::Kind::type);
    call_stub(stubs_.check_subtype);
    masm().note_site(slow.offset);
    masm().jump(slow.done);
  }
  for (const SlowCall& slow : slow_calls_) {
    a.bind(slow.entry);
    store_arguments(*slow.type);
    masm().load_callee_stub();
    masm().jump(slow.call);
  }
}

template <class Masm, class Assembler>
void MasmBase<Masm, Assembler>::place_slow_allocations() {
  constexpr Reg kScratch = Masm::scratch(Scalar::i64);
  for (const SlowAllocation& slow : allocations_) {
    a.bind(slow.entry);
    masm().push_allocation(slow.length, slow.frame_end);
    masm().load_replaced(kScratch, reinterpret_cast<uint64_t>(slow.layout), Relocation::Kind::layout);
    call_stub(stubs_.allocate);
    masm().note_site(slow.offset);
    masm().move(Scalar::i64, slow.to, kScratch);
    masm().jump(slow.done);
  }
}

template <class Masm, class Assembler>
void MasmBase<Masm, Assembler>::store_arguments(const FuncType& type) {
  ArgumentRegisters<Masm> arguments;
  uint16_t slot = 0;
  for (ValType param : type.params) {
    if (arguments.full()) return;
    const Reg reg = arguments.next(scalar(param));
    if (reg.valid()) masm().store_slot(scalar(param), slot, reg);
    slot = static_cast<uint16_t>(slot + param.slots());
  }
}

}  // namespace mini_wasm::jit
