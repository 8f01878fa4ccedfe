// Frames and calls of AArch64.
#include <cassert>
#include <cstddef>

#include "jit/a64/masm.h"
#include "jit/arguments.h"
#include "runtime/call/layout_offsets.h"
#include "runtime/instance/func_inst.h"

namespace mini_wasm::jit::a64 {

using runtime::FuncInst;
using runtime::InstanceContext;

// The limit in the context is null while the store is interrupted. The stub of the trap finds out which of the two
// reasons it was (Store::why_no_room).
void Masm::check_stack(uint32_t frame_slots, uint32_t offset) {
  a.add(true, kScratch, kFp, int64_t{frame_slots} * 8);
  load_context(kInner, offsetof(InstanceContext, stack_limit));
  a.compare(true, kScratch, kInner);
  trap_if(Cond::hi, TrapCode::call_stack_exhausted, offset);
}

// Two registers at a time, if the slots are near.
void Masm::save(RegSet registers, uint16_t link) {
  while (!registers.empty()) {
    const Reg first = registers.first();
    registers.remove(first);
    const Reg second = registers.first();
    if (!second.valid() || link > 62) {
      a.access(ins::str_x, first, place(kFp, size_t{link++} * 8));
      continue;
    }
    registers.remove(second);
    a.pair(ins::stp, first, second, kFp, link * 8);
    link = static_cast<uint16_t>(link + 2);
  }
}

void Masm::restore(RegSet registers, uint16_t link) {
  while (!registers.empty()) {
    const Reg first = registers.first();
    registers.remove(first);
    const Reg second = registers.first();
    if (!second.valid() || link > 62) {
      a.access(ins::ldr_x, first, place(kFp, size_t{link++} * 8));
      continue;
    }
    registers.remove(second);
    a.pair(ins::ldp, first, second, kFp, link * 8);
    link = static_cast<uint16_t>(link + 2);
  }
}

void Masm::call_function(uint32_t index, uint16_t frame, uint32_t offset) {
  a.add(true, kFp, kFp, frame * 8);
  emit_to_function(ins::bl, index, Entry::registers);
  note_site(offset, frame);
  a.add(true, kFp, kFp, -(frame * 8));
}

void Masm::emit_to_function(uint32_t op, uint32_t index, Entry entry) {
  if (index == index_) return a.far(op, Relocation::Kind::own_entry, static_cast<uint32_t>(entry));
  a.far(op, Relocation::Kind::entry, static_cast<uint32_t>(entry_index(index, entry)));
}

// The callee may belong to another instance or to the host.
void Masm::call_import(uint16_t frame, uint32_t offset) {
  a.add(true, kFp, kFp, frame * 8);
  emit_stub(ins::bl, stubs_.call_callee);
  note_site(offset, frame);
  a.add(true, kFp, kFp, -(frame * 8));
}

// A function of this instance gets its arguments in registers, all others get them in slots. The code that stores the
// arguments in slots is out of line, behind the body. But there is only one call instruction for both cases, in the
// body: so it is inside the range of code that the exception handlers around it guard.
void Masm::call_callee(const FuncType& type, uint16_t frame, uint32_t offset) {
  const SlowCall slow{a.new_label(), a.new_label(), &type};
  a.add(true, kFp, kFp, frame * 8);
  a.access(ins::ldr_x, kInner, place(kCallee, offsetof(FuncInst, context)));
  a.access(ins::ldr_x, kScratch, place(kCallee, offsetof(FuncInst, machine_code)));
  a.compare(true, kInner, kContext);
  a.b(Cond::ne, slow.entry);
  a.access(ins::ldr_x, kScratch, place(kScratch, entry_index(0, Entry::registers) * sizeof(void*)));
  a.bind(slow.call);
  a.emit(ins::blr | a.rn(kScratch));
  note_site(offset, frame);
  a.add(true, kFp, kFp, -(frame * 8));
  slow_calls_.push_back(slow);
}

// Index and function are both in the callee register. Indices of 32 bits are zero-extended. If the type of the function
// is not equal to the expected one it may be a subtype, which is checked out of line.
void Masm::load_table_callee(uint32_t table, uint32_t type, uint32_t offset) {
  check_table_index(table, kCallee, TrapCode::undefined_element, offset);
  load_element(kCallee, kCallee);
  trap_if_zero(true, kCallee, TrapCode::uninitialized_element, offset);
  a.access(ins::ldr_w, kScratch, place(kCallee, offsetof(FuncInst, type)));
  load_type(kInner, type);
  a.compare(false, kScratch, kInner);
  const SlowType slow{a.new_label(), a.new_label(), type, offset};
  a.b(Cond::ne, slow.entry);
  a.bind(slow.done);
  slow_types_.push_back(slow);
}

// Emits the code out of line for load_table_callee and call_callee. The address of a stub takes two instructions
// (A64Backend::link).
void Masm::place_slow_calls() {
  for (const SlowType& slow : slow_types_) {
    a.bind(slow.entry);
    load_type(kScratch, slow.type);
    emit_stub(ins::bl, stubs_.check_subtype);
    note_site(slow.offset);
    a.b(slow.done);
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
    a.together(2);
    a.far(ins::adrp | a.rd(kScratch), Relocation::Kind::stub, stubs_.place_of(stubs_.call_callee));
    a.r2_imm(ins::add_imm, true, kScratch, kScratch, 0);
    a.b(slow.call);
  }
}

void Masm::call_runtime(RuntimeCall function, uint16_t operands, uint64_t x_bits, uint64_t y_bits, uint32_t offset,
                        const runtime::gc::TypeLayout* layout) {
  assert(!behind_body_);
  a.add(true, x(1), kFp, operands * 8);
  if (layout != nullptr) {
    load_layout(x(2), *layout);
  } else {
    a.constant(true, x(2), x_bits);
  }
  a.constant(true, x(3), y_bits);
  a.load_replaced(ins::ldr_x_pool, kCallee, reinterpret_cast<uint64_t>(function), Relocation::Kind::image);
  emit_stub(ins::bl, stubs_.call_runtime);
  note_site(offset);
}

}  // namespace mini_wasm::jit::a64
