// Frames and calls of x86-64.
#include <cassert>
#include <cstddef>

#include "jit/arguments.h"
#include "jit/x64/masm.h"
#include "runtime/call/layout_offsets.h"
#include "runtime/instance/func_inst.h"

namespace mini_wasm::jit::x64 {

using runtime::FuncInst;
using runtime::InstanceContext;

// The limit in the context is null while the store is interrupted. The stub of the trap finds out which of the two
// reasons it was (Store::why_no_room).
void Masm::check_stack(uint32_t frame_slots, uint32_t offset) {
  a.lea(gp64(kScratch), x86::Mem(gp64(kFp), static_cast<int32_t>(frame_slots) * 8, 8));
  a.cmp(gp64(kScratch), context(offsetof(InstanceContext, stack_limit)));
  trap_if(x86::CondCode::kA, TrapCode::call_stack_exhausted, offset);
}

void Masm::save(RegSet registers, uint16_t link) {
  for (Reg reg : kPins) {
    if (registers.has(reg)) a.mov(slot_at(link++), gp64(reg));
  }
}

void Masm::restore(RegSet registers, uint16_t link) {
  for (Reg reg : kPins) {
    if (registers.has(reg)) a.mov(gp64(reg), slot_at(link++));
  }
}

void Masm::call_function(uint32_t index, uint16_t frame, uint32_t offset) {
  a.add(gp64(kFp), static_cast<int32_t>(frame) * 8);
  emit_to_function(encoding::kCall, encoding::kCallThere, index, Entry::registers);
  note_site(offset, frame);
  a.sub(gp64(kFp), static_cast<int32_t>(frame) * 8);
}

void Masm::jump_function(uint32_t index) {
  emit_to_function(encoding::kJump, encoding::kJumpThere, index, Entry::slots);
}

// Emits the form through the table; X64Backend::link may change it to the direct one. A function calls itself directly.
void Masm::emit_to_function(uint8_t direct, uint8_t through_memory, uint32_t index, Entry entry) {
  if (index == index_) {
    return emit_far(std::array{direct}, Relocation::Kind::own_entry, static_cast<uint32_t>(entry));
  }
  emit_far(std::array{encoding::kThroughMemory, through_memory}, Relocation::Kind::entry,
           static_cast<uint32_t>(entry_index(index, entry)));
}

// The callee may belong to another instance or to the host.
void Masm::call_import(uint16_t frame, uint32_t offset) {
  a.add(gp64(kFp), static_cast<int32_t>(frame) * 8);
  call_stub(stubs_.call_callee);
  note_site(offset, frame);
  a.sub(gp64(kFp), static_cast<int32_t>(frame) * 8);
}

// A function of this instance gets its arguments in registers, all others get them in slots. The code that stores the
// arguments in slots is out of line, behind the body. But there is only one call instruction for both cases, in the
// body: so it is inside the range of code that the exception handlers around it guard.
void Masm::call_callee(const FuncType& type, uint16_t frame, uint32_t offset) {
  const SlowCall slow{a.new_label(), a.new_label(), &type};
  a.add(gp64(kFp), static_cast<int32_t>(frame) * 8);
  a.cmp(at(kCallee, offsetof(FuncInst, context)), gp64(kContext));
  a.jne(slow.entry);
  a.mov(gp64(kScratch), at(kCallee, offsetof(FuncInst, machine_code)));
  a.bind(slow.call);
  a.call(at(kScratch, entry_index(0, Entry::registers) * sizeof(void*)));
  note_site(offset, frame);
  a.sub(gp64(kFp), static_cast<int32_t>(frame) * 8);
  slow_calls_.push_back(slow);
}

void Masm::jump_callee() { jump_stub(stubs_.jump_callee); }

// Index and function are both in the callee register. Indices of 32 bits are zero-extended. If the type of the function
// is not equal to the expected one it may be a subtype, which is checked out of line.
void Masm::load_table_callee(uint32_t table, uint32_t type, uint32_t offset) {
  const x86::Gp callee = gp64(kCallee);
  check_table_index(table, kCallee, TrapCode::undefined_element, offset);
  load_element(kCallee, kCallee);
  a.test(callee, callee);
  trap_if(x86::CondCode::kE, TrapCode::uninitialized_element, offset);
  compare_type(at(kCallee, offsetof(FuncInst, type), 4), type);
  SlowType slow{a.new_label(), a.new_label(), type, offset};
  a.jne(slow.entry);
  a.bind(slow.done);
  slow_types_.push_back(slow);
}

// Emits the code out of line for load_table_callee and call_callee.
void Masm::place_slow_calls() {
  for (const SlowType& slow : slow_types_) {
    a.bind(slow.entry);
    a.mov(gp32(kScratch), slow.type);
    note_constant(Relocation::Kind::type, 4);
    call_stub(stubs_.check_subtype);
    note_site(slow.offset);
    a.jmp(slow.done);
  }
  for (const SlowCall& slow : slow_calls_) {
    a.bind(slow.entry);
    ArgumentRegisters<Masm> arguments;
    uint16_t slot = 0;
    for (ValType param : slow.type->params) {
      if (arguments.full()) break;
      const Reg reg = arguments.next(scalar(param));
      if (reg.valid()) store_slot(scalar(param), slot, reg);
      slot = static_cast<uint16_t>(slot + param.slots());
    }
    emit_far(encoding::kLeaScratch, Relocation::Kind::stub, stubs_.place_of(stubs_.callee_entries));
    a.jmp(slow.call);
  }
}

// A TypeId is a constant with a relocation, because other processes number the types differently.
void Masm::compare_type(x86::Mem found, uint32_t type) {
  a.cmp_32(found, type);
  note_constant(Relocation::Kind::type, 4);
}

void Masm::call_runtime(RuntimeCall function, uint16_t operands, uint64_t x, uint64_t y, uint32_t offset,
                        const runtime::gc::TypeLayout* layout) {
  assert(!behind_body_);
  a.lea(x86::rsi, slot_at(operands));
  if (layout != nullptr) {
    move_address(rdx, reinterpret_cast<uint64_t>(layout), Relocation::Kind::layout);
  } else {
    move_64(rdx, x);
  }
  move_64(rcx, y);
  move_address(rax, reinterpret_cast<uint64_t>(function), Relocation::Kind::image);
  call_stub(stubs_.call_runtime);
  note_site(offset);
}

}  // namespace mini_wasm::jit::x64
