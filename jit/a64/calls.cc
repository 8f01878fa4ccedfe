// Frames and calls of AArch64.
#include <cstddef>

#include "jit/a64/masm.h"
#include "runtime/call/layout_offsets.h"
#include "runtime/instance/func_inst.h"

namespace mini_wasm::jit::a64 {

using runtime::FuncInst;
using runtime::InstanceContext;

// The limit in the context is null while the store is interrupted. The stub of the trap finds out which of the two
// reasons it was (Execution::why_no_room).
void Masm::check_stack(uint32_t frame_slots, uint32_t offset) {
  const Reg end = frame_slots == 0 ? kFp : kScratch;
  a.add(true, end, kFp, int64_t{frame_slots} * 8);
  load_context(kInner, offsetof(InstanceContext, stack_limit));
  a.compare(true, end, kInner);
  a.b(Cond::hi, trap_label(TrapCode::call_stack_exhausted, offset, end));
}

void Masm::save(RegSet registers, uint16_t link) {
  link = access_slots(ins::str_x, ins::stp, registers & RegSet::all(Bank::ints), link);
  access_slots(ins::str_d, ins::stp_d, registers & RegSet::all(Bank::floats), link);
}

void Masm::restore(RegSet registers, uint16_t link) {
  link = access_slots(ins::ldr_x, ins::ldp, registers & RegSet::all(Bank::ints), link);
  access_slots(ins::ldr_d, ins::ldp_d, registers & RegSet::all(Bank::floats), link);
}

// Registers of one bank; one or two at a time, two only if the slots are near. Returns the slot behind them.
uint16_t Masm::access_slots(uint32_t one, uint32_t two, RegSet registers, uint16_t slot) {
  while (!registers.empty()) {
    const Reg first = registers.first();
    registers.remove(first);
    const Reg second = registers.first();
    if (!second.valid() || slot > 62) {
      a.access(one, first, place(kFp, size_t{slot++} * 8));
      continue;
    }
    registers.remove(second);
    a.pair(two, first, second, kFp, slot * 8);
    slot = static_cast<uint16_t>(slot + 2);
  }
  return slot;
}

// Calls the callee, a function of this instance. Jumps to `elsewhere` if it is not one; code there comes back to `call`
// with another address.
void Masm::call_here_or(Label elsewhere, Label call) {
  a.access(ins::ldr_x, kInner, place(kCallee, offsetof(FuncInst, context)));
  a.access(ins::ldr_x, kScratch, place(kCallee, offsetof(FuncInst, machine_code)));
  a.compare(true, kInner, kContext);
  a.b(Cond::ne, elsewhere);
  a.access(ins::ldr_x, kScratch, place(kScratch, entry_index(0, Entry::registers) * sizeof(void*)));
  a.bind(call);
  a.b(ins::blr, kScratch);
}

// The address of a stub takes two instructions (link.cc).
void Masm::load_callee_stub() {
  a.together(2);
  a.far(ins::adrp | a.rd(kScratch), Relocation::Kind::stub, stubs_.place_of(stubs_.call_callee));
  a.r2_imm(ins::add_imm, true, kScratch, kScratch, 0);
}

void Masm::jump_unless_callee_is(uint32_t type, Label otherwise) {
  a.access(ins::ldr_w, kScratch, place(kCallee, offsetof(FuncInst, type)));
  load_type(kInner, type);
  a.compare(false, kScratch, kInner);
  a.b(Cond::ne, otherwise);
}

}  // namespace mini_wasm::jit::a64
