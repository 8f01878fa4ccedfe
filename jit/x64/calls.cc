// Frames and calls of x86-64.
#include <cstddef>

#include "jit/x64/encoding.h"
#include "jit/x64/masm.h"
#include "runtime/call/layout_offsets.h"
#include "runtime/instance/func_inst.h"

namespace mini_wasm::jit::x64 {

using runtime::FuncInst;
using runtime::InstanceContext;

// The limit in the context is null while the store is interrupted. The stub of the trap finds out which of the two
// reasons it was (Execution::why_no_room).
void Masm::check_stack(uint32_t frame_slots, uint32_t offset) {
  if (frame_slots != 0) a.lea(gp64(kScratch), x86::Mem(gp64(kFp), static_cast<int32_t>(frame_slots) * 8, 8));
  a.cmp(gp64(frame_slots == 0 ? kFp : kScratch), context(offsetof(InstanceContext, stack_limit)));
  trap_if(x86::CondCode::kA, TrapCode::call_stack_exhausted, offset);
  traps_.back().at_fp = frame_slots == 0;
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

// Calls the callee, a function of this instance. Jumps to `elsewhere` if it is not one; code there comes back to `call`
// with the address of other entry points.
void Masm::call_here_or(Label elsewhere, Label call) {
  a.cmp(at(kCallee, offsetof(FuncInst, context)), gp64(kContext));
  a.jne(elsewhere);
  a.mov(gp64(kScratch), at(kCallee, offsetof(FuncInst, machine_code)));
  a.bind(call);
  a.call(at(kScratch, entry_index(0, Entry::registers) * sizeof(void*)));
}

void Masm::load_callee_stub() {
  emit_far(encoding::kLeaScratch, Relocation::Kind::stub, stubs_.place_of(stubs_.callee_entries));
}

void Masm::jump_unless_callee_is(uint32_t type, Label otherwise) {
  compare_type(at(kCallee, offsetof(FuncInst, type), 4), type);
  a.jne(otherwise);
}

// A TypeId is a constant with a relocation, because other processes number the types differently.
void Masm::compare_type(x86::Mem found, uint32_t type) {
  a.cmp_32(found, type);
  note_constant(Relocation::Kind::type);
}

}  // namespace mini_wasm::jit::x64
