// The stubs of AArch64 (jit/stubs.h). Their parameters, besides fp, context and memory base in x29, x28 and x27, and the
// return address in x30:
//
//   call_callee, jump_callee   x8: FuncInst
//   call_runtime               x8: RuntimeCall; x1: address of the operands; x2, x3: x and y
//   allocate                   x16: TypeLayout; on the stack, in 16 bytes: the slot where the frame ends, an array's
//                              length. The result, a reference, is in x16; the stub removes the 16 bytes
//   check_subtype              x8: FuncInst; w16: TypeId
//   test_subtype               x16: FuncInst; w17: TypeId. The result, 1 or 0, is in x16
//   lazy                       w16: index of the function, counted without imports
//
// All but call_callee and jump_callee push x30 first: code that walks the machine stack expects it on top. A call of a
// function of another instance keeps the caller's context in the second half of the same 16 bytes; the callee pushes
// `cross_return` above it.
//
// C++ functions are called with the standard ABI (AAPCS64): arguments in x0 to x7, results in x0 and x1. They keep x19
// to x29, and the lower halves of v8 to v15.
#include <algorithm>
#include <cstddef>
#include <cstring>

#include "jit/a64/assembler.h"
#include "jit/a64/backend.h"
#include "jit/jit.h"
#include "jit/stub_builder.h"
#include "runtime/call/layout_offsets.h"
#include "runtime/instance/func_inst.h"

namespace mini_wasm::jit::a64 {

using runtime::Activation;
using runtime::Exit;
using runtime::FuncInst;
using runtime::InstanceContext;

namespace {

Place at(Reg base, size_t offset) { return {base, kNoReg, false, 0, static_cast<int64_t>(offset)}; }

class Builder : public StubBuilder<Builder, Assembler::Label> {
 public:
  Builder(Stubs& stubs, bool metered) : StubBuilder(stubs, metered), leave_(a.new_label()), trap_(a.new_label()) {}

  // What for_survivors has put at `words`; `all`: behind that, what save_all has.
  static void read_registers(const uint64_t* words, bool all, SavedRegisters& out) {
    for (uint8_t n = 19; n < 27; ++n) out[x(n).id][0] = *words++;
    for (uint8_t n = 8; n < 12; ++n) out[v(n).id][0] = *words++;
    if (!all) return;
    for (uint8_t n = 0; n < kAllInts; ++n) out[x(n).id][0] = *words++;
    for (uint8_t n = 0; n < kAllFloats; ++n, words += 2) std::copy_n(words, 2, out[v(n).id].begin());
  }

 private:
  friend StubBuilder;
  using Label = Assembler::Label;

  Label label_here() {
    const Label label = a.new_label();
    a.bind(label);
    return label;
  }
  uint32_t offset_of(Label label) const { return a.offset_of(label); }
  size_t finish() {
    a.finish();
    return a.failed() ? 0 : a.here();
  }
  void copy_to(uint8_t* to, const uint8_t*) const { std::memcpy(to, a.words(), a.here()); }

  void load(Reg to, Reg base, size_t offset) { a.access(ins::ldr_x, to, at(base, offset)); }
  void store(Reg from, Reg base, size_t offset) { a.access(ins::str_x, from, at(base, offset)); }
  void context(Reg to, size_t offset) { load(to, kContext, offset); }
  void load_memory() { context(kMemory, offsetof(InstanceContext, memory_base)); }
  void move(Reg to, Reg from) { a.mov(true, to, from); }
  void get_sp(Reg to) { a.v1(ins::mov_sp_to, to); }
  void set_sp(Reg from) { a.emit(ins::mov_to_sp | a.rn(from)); }
  void push_link() { a.moving(ins::str_pre, kLink, kSp, -16); }
  void pop_link() { a.moving(ins::ldr_post, kLink, kSp, 16); }
  void pop_link_and_return() {
    pop_link();
    a.emit(ins::ret);
  }

  // C++ functions run on the stack from which machine code was entered. Execution::machine_sp and host_sp have the stack
  // pointer of the stack that is not in use. Both functions destroy x16 and x17.
  void to_host_stack() {
    context(kScratch, offsetof(InstanceContext, store));
    get_sp(kInner);
    store(kInner, kScratch, runtime::StoreLayout::kMachineSp);
    load(kInner, kScratch, runtime::StoreLayout::kHostSp);
    set_sp(kInner);
    store_fuel(kScratch);
  }
  void to_machine_stack() {
    context(kScratch, offsetof(InstanceContext, store));
    load(kInner, kScratch, runtime::StoreLayout::kMachineSp);
    set_sp(kInner);
    load_fuel(kScratch);
  }
  void store_fuel(Reg of) {
    if (metered_) store(kFuel, of, runtime::StoreLayout::kFuel);
  }
  void load_fuel(Reg of) {
    if (metered_) load(kFuel, of, runtime::StoreLayout::kFuel);
  }

  // Destroys x8.
  template <class F>
  void call_cxx(F* function) {
    to_host_stack();
    a.load_literal(ins::ldr_x_pool, x(8), reinterpret_cast<uint64_t>(function));
    a.b(ins::blr, x(8));
    to_machine_stack();
  }

  // What `enter` keeps on the C++ stack: the registers that a function must restore before it returns to C++, the kind
  // of the result, and the stack pointers of the activation around this one.
  static constexpr int32_t kKindAt = 96, kOuterAt = 104, kFloatsAt = 128, kKept = 160;
  void for_callee_saved(uint32_t ints, uint32_t floats) {
    for (uint8_t i = 0; i < 6; ++i) {
      const auto n = static_cast<uint8_t>(19 + 2 * i);
      a.pair(ints, x(n), x(static_cast<uint8_t>(n + 1)), kSp, i * 16);
    }
    a.pair(floats, v(8), v(9), kSp, kFloatsAt);
    a.pair(floats, v(10), v(11), kSp, kFloatsAt + 16);
  }

  // What `enter` and `resume` begin with. x1: fp; x2: ctx; x3: entry_sp; x4: the kind of the result. Afterwards x11: the
  // machine stack pointer.
  void leave_cxx() {
    a.r2_imm(ins::sub_imm, true, kSp, kSp, kKept);
    for_callee_saved(ins::stp, ins::stp_d);
    a.access(ins::str_w, x(4), at(kSp, kKindAt));
    load(x(9), x(2), offsetof(InstanceContext, store));
    load(x(10), x(9), runtime::StoreLayout::kHostSp);
    load(x(11), x(9), runtime::StoreLayout::kMachineSp);
    a.pair(ins::stp, x(10), x(11), kSp, kOuterAt);
    get_sp(x(10));
    store(x(10), x(3), 0);
    store(x(10), x(9), runtime::StoreLayout::kHostSp);
    load_fuel(x(9));
    move(kFp, x(1));
    move(kContext, x(2));
    load_memory();
  }

  // The registers of kSurvivesCalls, which `resume` finds on the machine stack.
  static constexpr int32_t kSurvivorsBytes = 96;
  void for_survivors(uint32_t ints, uint32_t floats) {
    for (uint8_t i = 0; i < 4; ++i) {
      const auto n = static_cast<uint8_t>(19 + 2 * i);
      a.pair(ints, x(n), x(static_cast<uint8_t>(n + 1)), kSp, i * 16);
    }
    a.pair(floats, v(8), v(9), kSp, 64);
    a.pair(floats, v(10), v(11), kSp, 80);
  }

  // uint32_t resume(sp, fp, ctx, entry_sp, result kind, code)
  void resume() {
    resume_ = label_here();
    leave_cxx();
    set_sp(x(0));
    for_survivors(ins::ldp, ins::ldp_d);
    a.r2_imm(ins::add_imm, true, kSp, kSp, kSurvivorsBytes);
    move(x(1), x(5));
    a.cbnz(true, x(5), trap_);
    return_results();
  }

  void resume_all() {
    resume_all_ = label_here();
    leave_cxx();
    set_sp(x(0));
    for_survivors(ins::ldp, ins::ldp_d);
    a.r2_imm(ins::add_imm, true, kSp, kSp, kSurvivorsBytes);
    const Label stop = a.new_label();
    a.cbnz(true, x(5), stop);
    restore_all();
    // The fuel has changed meanwhile.
    if (metered_) context(kFuel, offsetof(InstanceContext, store));
    load_fuel(kFuel);
    pop_link_and_return();
    a.bind(stop);
    a.r2_imm(ins::add_imm, true, kSp, kSp, kAllBytes);
    move(x(1), x(5));
    a.b(trap_);
  }

  // The stub of a trap of code that may yield instead, or just go on. If it yields, all registers are kept on the machine
  // stack for resume_all.
  template <class F>
  void trap_or_yield(F* function) {
    push_link();
    save_all();
    a.r2_imm(ins::sub_imm, true, kSp, kSp, kSurvivorsBytes);
    for_survivors(ins::stp, ins::stp_d);
    move(x(0), kContext);
    move(x(1), kFp);
    a.r2_imm(ins::add_imm, true, x(2), kSp, kSurvivorsBytes + kAllBytes);
    call_cxx(function);
    const Label wait = a.new_label(), stop = a.new_label();
    a.compare(true, x(0), kSuspend);
    a.b(Cond::eq, wait);
    a.r2_imm(ins::add_imm, true, kSp, kSp, kSurvivorsBytes);
    a.cbnz(true, x(0), stop);
    restore_all();
    pop_link_and_return();
    a.bind(stop);
    a.r2_imm(ins::add_imm, true, kSp, kSp, kAllBytes);
    move(x(1), x(0));
    a.b(trap_);
    a.bind(wait);
    leave_suspended();
  }

  // The registers that `resume` or `resume_all` will want are on the machine stack.
  void leave_suspended() {
    move(x(0), kContext);
    get_sp(x(1));
    call_cxx(&suspend);  // ExitTo: value in x0, sp in x1
    a.b(leave_);
  }

  // uint32_t enter(code, fp, ctx, entry_sp, result kind)
  void enter() {
    enter_ = label_here();
    leave_cxx();
    set_sp(x(11));
    a.b(ins::blr, x(0));
    name(&stubs_.enter_return);
    context(x(9), offsetof(InstanceContext, store));
    load(x(10), x(9), runtime::StoreLayout::kHostSp);
    set_sp(x(10));
    store_fuel(x(9));
    restore_outer();
    const Label floating = a.new_label(), vector = a.new_label(), done = a.new_label();
    a.access(ins::ldr_w, x(10), at(kSp, kKindAt));
    a.compare(false, x(10), static_cast<uint64_t>(ResultKind::integer));
    a.b(Cond::lo, done);
    a.b(Cond::hi, floating);
    store(x(0), kFp, 0);
    a.b(done);
    a.bind(floating);
    a.compare(false, x(10), static_cast<uint64_t>(ResultKind::vector));
    a.b(Cond::eq, vector);
    a.access(ins::str_d, v(0), at(kFp, 0));
    a.b(done);
    a.bind(vector);
    a.access(ins::str_q, v(0), at(kFp, 0));
    a.bind(done);
    a.constant(false, x(0), static_cast<uint64_t>(Exit::returned));
    pop_and_return();
  }

  // Makes the activation around this one the current one again. x9: the store.
  void restore_outer() {
    a.pair(ins::ldp, x(10), x(11), kSp, kOuterAt);
    store(x(10), x(9), runtime::StoreLayout::kHostSp);
    store(x(11), x(9), runtime::StoreLayout::kMachineSp);
  }

  void pop_and_return() {
    for_callee_saved(ins::ldp, ins::ldp_d);
    a.r2_imm(ins::add_imm, true, kSp, kSp, kKept);
    a.emit(ins::ret);
  }

  // Ends the activation from any depth. x1: the C++ stack pointer that `enter` has noted; w0: the Exit.
  void leave() {
    a.bind(leave_);
    set_sp(x(1));
    context(x(9), offsetof(InstanceContext, store));
    restore_outer();
    pop_and_return();
  }

  // The end of all stubs that do not return normally. On top of the machine stack is the return address that says where
  // it happened. x1: the TrapCode, or kUnwind + Exit, or kResume. x16: after a failed check of the stack, what is
  // beyond the limit (Masm::check_stack).
  void traps() {
    a.bind(trap_);
    move(x(0), kContext);
    move(x(2), kFp);
    get_sp(x(3));
    move(x(4), kScratch);
    call_cxx(&handle_exit);  // ExitTo: value in x0, sp in x1
    a.cbnz(true, x(1), leave_);
    // An exception was caught. x0: the address of the Activation::Resume, which says where to continue.
    load(x(9), x(0), offsetof(Activation::Resume, sp));
    set_sp(x(9));
    load(kFp, x(0), offsetof(Activation::Resume, fp));
    load(kContext, x(0), offsetof(Activation::Resume, ctx));
    load_memory();
    load(x(9), x(0), offsetof(Activation::Resume, pc));
    a.b(ins::br, x(9));
#define TRAP(id, message) trap(TrapCode::id);
#include <mini_wasm/traps.def>
#undef TRAP
  }

  void trap(TrapCode code) {
    name(&stubs_.traps[static_cast<size_t>(code)]);
    if (metered_ && code == TrapCode::out_of_fuel) return trap_or_yield(&out_of_fuel);
    if (code == TrapCode::interrupted) return trap_or_yield(&interrupted);
    push_link();
    a.constant(true, x(1), code == TrapCode::call_stack_exhausted ? kNoRoom : static_cast<uint64_t>(code));
    a.b(trap_);
  }

  // Returns if x0, the result of a C++ function, is 0; otherwise continues like the stub of a trap.
  void return_or_trap() {
    const Label stop = a.new_label();
    a.cbnz(true, x(0), stop);
    pop_link_and_return();
    a.bind(stop);
    move(x(1), x(0));
    a.b(trap_);
  }

  void call_runtime() {
    name(&stubs_.call_runtime);
    push_link();
    move(x(0), kContext);
    move(x(4), kFp);
    get_sp(x(5));
    to_host_stack();
    a.b(ins::blr, x(8));
    to_machine_stack();
    return_or_trap();
  }

  // A host function returns its results in slots. A single result belongs in a register, so the first slot is loaded
  // into both registers that may be meant.
  void return_results() {
    load(x(0), kFp, 0);
    a.access(ins::ldr_q, v(0), at(kFp, 0));
    pop_link_and_return();
  }

  void call_host() {
    push_link();
    move(x(0), kContext);
    move(x(1), x(8));
    move(x(2), kFp);
    get_sp(x(3));
    call_cxx(&host_call);
    const Label stop = a.new_label(), wait = a.new_label();
    a.cbnz(true, x(0), stop);
    return_results();
    a.bind(stop);
    a.compare(true, x(0), kSuspend);
    a.b(Cond::eq, wait);
    move(x(1), x(0));
    a.b(trap_);
    a.bind(wait);
    a.r2_imm(ins::sub_imm, true, kSp, kSp, kSurvivorsBytes);
    for_survivors(ins::stp, ins::stp_d);
    leave_suspended();
  }

  // Jumps to the function, or calls it.
  void go_in(uint32_t op) {
    load(x(10), x(8), offsetof(FuncInst, machine_code));
    load(x(10), x(10), 0);
    a.b(op, x(10));
  }

  // x8: FuncInst. Jumps to the function if it belongs to this instance, otherwise to `cross` with its context in x9
  // (null: a host function).
  void go_to(Label cross) {
    load(x(9), x(8), offsetof(FuncInst, context));
    a.compare(true, x(9), kContext);
    a.b(Cond::ne, cross);
    go_in(ins::br);
  }

  void call_callee() {
    const Label cross = a.new_label();
    name(&stubs_.call_callee);
    go_to(cross);
    a.bind(cross);
    cross_ = a.new_label();
    a.cbnz(true, x(9), cross_);
    host_ = a.new_label();
    a.bind(host_);
    call_host();
    // A function of another instance: the caller's context is kept on the machine stack.
    a.bind(cross_);
    a.pair(ins::stp_pre, kLink, kContext, kSp, -16);
    move(kContext, x(9));
    load_memory();
    go_in(ins::blr);
    cross_return_ = a.here();
    name(&stubs_.cross_return);
    a.pair(ins::ldp_post, kLink, kContext, kSp, 16);
    load_memory();
    a.emit(ins::ret);
  }

  // A chain of tail calls between instances must not let the machine stack grow. If the return address is
  // `cross_return`, a context is there already, so no second one is pushed.
  void jump_callee() {
    const Label cross = a.new_label();
    name(&stubs_.jump_callee);
    go_to(cross);
    a.bind(cross);
    a.cbz(true, x(9), host_);
    a.together(2);
    const uint32_t back = a.here() - cross_return_;  // adr with a negative distance, in words
    a.emit(ins::adr | ((0 - back / 4) & 0x7ffff) << 5 | a.rd(x(10)));
    a.compare(true, kLink, x(10));
    a.b(Cond::ne, cross_);
    move(kContext, x(9));
    load_memory();
    go_in(ins::br);
  }

  void check_subtype() {
    name(&stubs_.check_subtype);
    push_link();
    save_all();
    move(x(0), kContext);
    move(x(1), x(8));
    a.mov(false, x(2), kScratch);
    call_is_subtype();
    const Label wrong = a.new_label();
    a.cbz(false, kScratch, wrong);
    pop_link_and_return();
    a.bind(wrong);
    a.constant(true, x(1), static_cast<uint64_t>(TrapCode::indirect_call_type_mismatch));
    a.b(trap_);
  }

  // Code that calls this stub does not save any registers. So the stub saves all that C++ may destroy.
  void test_subtype() {
    name(&stubs_.test_subtype);
    push_link();
    save_all();
    move(x(0), kContext);
    move(x(1), kScratch);
    a.mov(false, x(2), kInner);
    call_is_subtype();
    pop_link_and_return();
  }

  // The upper bits of a bool are undefined.
  void call_is_subtype() {
    call_cxx(&is_subtype);
    a.v2(ins::uxtb, kScratch, x(0));
    restore_all();
  }

  void allocate() {
    name(&stubs_.allocate);
    push_link();
    save_all();
    move(x(0), kContext);
    move(x(1), kScratch);
    load(x(2), kSp, kAllBytes + 16);
    a.add_extended(x(2), kFp, x(2), Extend::lsl, 3);
    a.access(ins::ldr_w, x(3), at(kSp, kAllBytes + 24));
    call_cxx(&allocate_object);
    move(kScratch, x(0));
    restore_all();
    const Label none = a.new_label();
    pop_link();
    a.r2_imm(ins::add_imm, true, kSp, kSp, 16);
    a.compare(true, kScratch, kNoEntry);
    a.b(Cond::lo, none);
    a.emit(ins::ret);
    a.bind(none);
    push_link();  // code that walks the stack expects only the return address
    move(x(1), kScratch);
    a.b(trap_);
  }

  // Saves all registers that C++ may destroy, except x16, x17 and x30; also v8 to v15, of whose upper halves that is true.
  // They are on the machine stack, where the collector finds references that were in registers.
  static constexpr int32_t kAllInts = 16, kAllFloats = 32, kAllBytes = kAllInts * 8 + kAllFloats * 16;
  void save_all() {
    a.r2_imm(ins::sub_imm, true, kSp, kSp, kAllBytes);
    for_all(ins::stp, ins::stp_q);
  }
  void restore_all() {
    for_all(ins::ldp, ins::ldp_q);
    a.r2_imm(ins::add_imm, true, kSp, kSp, kAllBytes);
  }
  void for_all(uint32_t ints, uint32_t vectors) {
    int32_t offset = 0;
    for (uint8_t n = 0; n < kAllInts; n = static_cast<uint8_t>(n + 2), offset += 16) {
      a.pair(ints, x(n), x(static_cast<uint8_t>(n + 1)), kSp, offset);
    }
    for (uint8_t n = 0; n < kAllFloats; n = static_cast<uint8_t>(n + 2)) {
      a.pair(vectors, v(n), v(static_cast<uint8_t>(n + 1)), kSp, offset, 4);
      offset += 32;
    }
  }

  // Compiles the function and jumps to it. All registers are kept, because arguments may be in them.
  void lazy(Entry entry) {
    const size_t which = static_cast<size_t>(entry);
    name(&stubs_.lazy[which]);
    push_link();
    save_all();
    move(x(0), kContext);
    a.mov(false, x(1), kScratch);
    call_cxx(entry == Entry::registers ? &compile_for_registers : &compile_for_slots);
    move(kScratch, x(0));
    restore_all();
    const Label none = a.new_label();
    a.compare(true, kScratch, kNoEntry);
    a.b(Cond::lo, none);
    pop_link();
    a.b(ins::br, kScratch);
    a.bind(none);
    move(x(1), kScratch);
    a.b(trap_);
    name(&stubs_.no_memory[which]);
    push_link();
    a.constant(true, x(1), static_cast<uint64_t>(TrapCode::out_of_memory));
    a.b(trap_);
  }

  Assembler a;
  Label leave_, trap_, host_, cross_;
  uint32_t cross_return_ = 0;  // an offset
};

}  // namespace

bool Cpu::make_stubs(CodeMemory& memory, Stubs& stubs, bool metered) { return Builder(stubs, metered).build(memory); }

void Cpu::read_registers(const uint64_t* words, bool all, SavedRegisters& out) {
  Builder::read_registers(words, all, out);
}

}  // namespace mini_wasm::jit::a64
