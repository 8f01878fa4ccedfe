// The stubs of x86-64 (jit/stubs.h). Their parameters, besides fp, context and memory base in rbp, r15 and r14:
//
//   call_callee, jump_callee   rax: FuncInst
//   call_runtime               rax: RuntimeCall; rsi: address of the operands; rdx, rcx: x and y
//   allocate                   r11: TypeLayout; on the stack: the slot where the frame ends, then an array's length.
//                              The result, a reference, is in r11
//   check_subtype              rax: FuncInst; r11d: TypeId
//   test_subtype               r11: FuncInst; on the stack: TypeId. The result, 1 or 0, is in r11
//   lazy                       eax: index of the function, counted without imports
//
// C++ functions are called with the System V ABI: arguments in rdi, rsi, rdx, rcx, r8, r9; results in rax and rdx.
#include <asmjit/x86.h>

#include <algorithm>
#include <cstddef>
#include <new>
#include <utility>

#include "jit/jit.h"
#include "jit/stub_builder.h"
#include "jit/x64/backend.h"
#include "jit/x64/masm.h"
#include "runtime/call/layout_offsets.h"
#include "runtime/instance/func_inst.h"

namespace mini_wasm::jit::x64 {

using runtime::Activation;
using runtime::Exit;
using runtime::FuncInst;
using runtime::InstanceContext;
namespace x86 = asmjit::x86;

namespace {

// The registers that a function must restore before it returns to C++.
const x86::Gp kCalleeSaved[] = {x86::rbx, x86::rbp, x86::r12, x86::r13, x86::r14, x86::r15};
// kSurvivesCalls
const x86::Gp kSurvivors[] = {x86::rbx, x86::r12, x86::r13};
static_assert(kSurvivesCalls == RegSet(rbx, r12, r13));

class Builder : public StubBuilder<Builder, asmjit::Label> {
 public:
  Builder(Stubs& stubs, bool metered) : StubBuilder(stubs, metered) {
    if (code_.init(asmjit::Environment(asmjit::Arch::kX64)) != asmjit::kErrorOk ||
        code_.attach(&a) != asmjit::kErrorOk) {
      throw std::bad_alloc();
    }
    code_.setErrorHandler(&failed_);
    leave_ = a.newLabel();
    trap_ = a.newLabel();
  }

  // What push_survivors has put at `words`; `all`: behind that, what save_all has.
  static void read_registers(const uint64_t* words, bool all, SavedRegisters& out) {
    for (size_t i = std::size(kSurvivors); i-- > 0;) out[Reg(Bank::ints, kSurvivors[i].id()).id][0] = *words++;
    if (!all) return;
    const auto word = [&](const x86::Mem& at) { return words + at.offset() / 8; };
    for_all([&](const x86::Mem& at, const x86::Gp& reg) { out[Reg(Bank::ints, reg.id()).id][0] = *word(at); },
            [&](const x86::Mem& at, const x86::Xmm& reg) {
              std::copy_n(word(at), 2, out[Reg(Bank::floats, reg.id()).id].begin());
            });
  }

 private:
  friend StubBuilder;

  asmjit::Label label_here() {
    asmjit::Label label = a.newLabel();
    a.bind(label);
    return label;
  }
  uint64_t offset_of(const asmjit::Label& label) const { return code_.labelOffset(label); }
  size_t finish() const { return failed_.any ? 0 : code_.codeSize(); }
  void copy_to(uint8_t* to, const uint8_t* at) {
    code_.relocateToBase(reinterpret_cast<uint64_t>(at));
    code_.copyFlattenedData(to, code_.codeSize());
  }

  x86::Mem context(size_t offset) { return x86::qword_ptr(x86::r15, static_cast<int32_t>(offset)); }
  x86::Mem func(size_t offset) { return x86::qword_ptr(x86::rax, static_cast<int32_t>(offset)); }
  void load_memory() { a.mov(x86::r14, context(offsetof(InstanceContext, memory_base))); }

  // C++ functions run on the stack from which machine code was entered. Execution::machine_sp and host_sp have the stack
  // pointer of the stack that is not in use. Both functions destroy r11.
  void to_host_stack() {
    a.mov(x86::r11, context(offsetof(InstanceContext, store)));
    a.mov(x86::qword_ptr(x86::r11, runtime::StoreLayout::kMachineSp), x86::rsp);
    a.mov(x86::rsp, x86::qword_ptr(x86::r11, runtime::StoreLayout::kHostSp));
    store_fuel(x86::r11);
  }
  void to_machine_stack() {
    a.mov(x86::r11, context(offsetof(InstanceContext, store)));
    a.mov(x86::rsp, x86::qword_ptr(x86::r11, runtime::StoreLayout::kMachineSp));
    load_fuel(x86::r11);
  }
  void store_fuel(const x86::Gp& store) {
    if (metered_) a.mov(x86::qword_ptr(store, runtime::StoreLayout::kFuel), gp64(kFuel));
  }
  void load_fuel(const x86::Gp& store) {
    if (metered_) a.mov(gp64(kFuel), x86::qword_ptr(store, runtime::StoreLayout::kFuel));
  }

  template <class F>
  void call_cxx(F* function) {
    to_host_stack();
    a.mov(x86::rax, reinterpret_cast<uint64_t>(function));
    a.call(x86::rax);
    to_machine_stack();
  }

  // What `enter` and `resume` begin with. rsi: fp; rdx: ctx; rcx: entry_sp; r8: the kind of the result. Afterwards rax:
  // the store.
  void leave_cxx() {
    for (const x86::Gp& reg : kCalleeSaved) a.push(reg);
    a.push(x86::r8);
    // The stack pointers of the activation around this one. With them and the return address, 10 words were pushed, so
    // the stack is aligned to 16 bytes.
    a.mov(x86::rax, x86::qword_ptr(x86::rdx, offsetof(InstanceContext, store)));
    a.push(x86::qword_ptr(x86::rax, runtime::StoreLayout::kHostSp));
    a.push(x86::qword_ptr(x86::rax, runtime::StoreLayout::kMachineSp));
    a.mov(x86::qword_ptr(x86::rcx), x86::rsp);
    a.mov(x86::qword_ptr(x86::rax, runtime::StoreLayout::kHostSp), x86::rsp);
    load_fuel(x86::rax);
    a.mov(x86::rbp, x86::rsi);
    a.mov(x86::r15, x86::rdx);
    load_memory();
  }

  // uint32_t resume(sp, fp, ctx, entry_sp, result kind, code)
  void resume() {
    resume_ = label_here();
    leave_cxx();
    a.mov(x86::rsp, x86::rdi);
    pop_survivors();
    a.mov(x86::rsi, x86::r9);
    a.test(x86::r9, x86::r9);
    a.jnz(trap_);
    return_results();
  }

  // The registers of kSurvivesCalls, which `resume` and `resume_all` find on the machine stack.
  void push_survivors() {
    for (const x86::Gp& reg : kSurvivors) a.push(reg);
  }
  void pop_survivors() {
    for (size_t i = std::size(kSurvivors); i-- > 0;) a.pop(kSurvivors[i]);
  }
  static constexpr int32_t kSurvivorsBytes = 8 * std::size(kSurvivors);

  void resume_all() {
    resume_all_ = label_here();
    leave_cxx();
    a.mov(x86::rsp, x86::rdi);
    pop_survivors();
    asmjit::Label stop = a.newLabel();
    a.test(x86::r9, x86::r9);
    a.jnz(stop);
    restore_all();
    // The fuel has changed meanwhile.
    if (metered_) a.mov(gp64(kFuel), context(offsetof(InstanceContext, store)));
    load_fuel(gp64(kFuel));
    a.ret();
    a.bind(stop);
    a.add(x86::rsp, kAllBytes);
    a.mov(x86::rsi, x86::r9);
    a.jmp(trap_);
  }

  // The stub of a trap of code that may yield instead, or just go on. If it yields, all registers are kept on the machine
  // stack for resume_all.
  template <class F>
  void trap_or_yield(F* function) {
    save_all();
    push_survivors();
    a.mov(x86::rdi, x86::r15);
    a.mov(x86::rsi, x86::rbp);
    a.lea(x86::rdx, x86::ptr(x86::rsp, kSurvivorsBytes + kAllBytes));
    call_cxx(function);
    asmjit::Label wait = a.newLabel(), stop = a.newLabel();
    a.cmp(x86::eax, static_cast<uint32_t>(kSuspend));
    a.je(wait);
    a.add(x86::rsp, kSurvivorsBytes);
    a.test(x86::eax, x86::eax);
    a.jnz(stop);
    restore_all();
    a.ret();
    a.bind(stop);
    a.add(x86::rsp, kAllBytes);
    a.mov(x86::esi, x86::eax);
    a.jmp(trap_);
    a.bind(wait);
    leave_suspended();
  }

  // The registers that `resume` or `resume_all` will want are on the machine stack.
  void leave_suspended() {
    a.mov(x86::rdi, x86::r15);
    a.mov(x86::rsi, x86::rsp);
    call_cxx(&suspend);  // ExitTo: value in rax, sp in rdx
    a.jmp(leave_);
  }

  // uint32_t enter(code, fp, ctx, entry_sp, result kind)
  void enter() {
    enter_ = label_here();
    leave_cxx();
    a.mov(x86::rsp, x86::qword_ptr(x86::rax, runtime::StoreLayout::kMachineSp));
    a.call(x86::rdi);
    name(&stubs_.enter_return);
    a.mov(x86::rcx, context(offsetof(InstanceContext, store)));
    a.mov(x86::rsp, x86::qword_ptr(x86::rcx, runtime::StoreLayout::kHostSp));
    store_fuel(x86::rcx);
    restore_outer();
    asmjit::Label floating = a.newLabel(), vector = a.newLabel(), done = a.newLabel();
    a.mov(x86::ecx, x86::dword_ptr(x86::rsp));
    a.cmp(x86::ecx, static_cast<uint32_t>(ResultKind::integer));
    a.jb(done);
    a.ja(floating);
    a.mov(x86::qword_ptr(x86::rbp), x86::rax);
    a.jmp(done);
    a.bind(floating);
    a.cmp(x86::ecx, static_cast<uint32_t>(ResultKind::vector));
    a.je(vector);
    a.movsd(x86::qword_ptr(x86::rbp), x86::xmm0);
    a.jmp(done);
    a.bind(vector);
    a.movups(x86::xmmword_ptr(x86::rbp), x86::xmm0);
    a.bind(done);
    a.mov(x86::eax, static_cast<uint32_t>(Exit::returned));
    a.add(x86::rsp, 8);
    pop_and_return();
  }

  // Makes the activation around this one the current one again. rcx: the store.
  void restore_outer() {
    a.pop(x86::qword_ptr(x86::rcx, runtime::StoreLayout::kMachineSp));
    a.pop(x86::qword_ptr(x86::rcx, runtime::StoreLayout::kHostSp));
  }

  void pop_and_return() {
    for (size_t i = std::size(kCalleeSaved); i-- > 0;) a.pop(kCalleeSaved[i]);
    a.ret();
  }

  // Ends the activation from any depth. rdx: the C++ stack pointer that `enter` has noted; eax: the Exit.
  void leave() {
    a.bind(leave_);
    a.mov(x86::rsp, x86::rdx);
    a.mov(x86::rcx, context(offsetof(InstanceContext, store)));
    restore_outer();
    a.add(x86::rsp, 8);
    pop_and_return();
  }

  // The end of all stubs that do not return normally. On top of the machine stack is the return address that says where
  // it happened. esi: the TrapCode, or kUnwind + Exit, or kResume. r11: after a failed check of the stack, what is
  // beyond the limit (Masm::check_stack).
  void traps() {
    a.bind(trap_);
    a.mov(x86::rdi, x86::r15);
    a.mov(x86::rdx, x86::rbp);
    a.mov(x86::rcx, x86::rsp);
    a.mov(x86::r8, x86::r11);
    call_cxx(&handle_exit);  // ExitTo: value in rax, sp in rdx
    a.test(x86::rdx, x86::rdx);
    a.jnz(leave_);
    // An exception was caught. rax: the address of the Activation::Resume, which says where to continue.
    const auto field = [](size_t offset) { return x86::qword_ptr(x86::rax, static_cast<int32_t>(offset)); };
    a.mov(x86::rsp, field(offsetof(Activation::Resume, sp)));
    a.mov(x86::rbp, field(offsetof(Activation::Resume, fp)));
    a.mov(x86::r15, field(offsetof(Activation::Resume, ctx)));
    load_memory();
    a.jmp(field(offsetof(Activation::Resume, pc)));
#define TRAP(id, message) trap(TrapCode::id);
#include <mini_wasm/traps.def>
#undef TRAP
  }

  void trap(TrapCode code) {
    name(&stubs_.traps[static_cast<size_t>(code)]);
    if (metered_ && code == TrapCode::out_of_fuel) return trap_or_yield(&out_of_fuel);
    if (code == TrapCode::interrupted) return trap_or_yield(&interrupted);
    a.mov(x86::esi, code == TrapCode::call_stack_exhausted ? kNoRoom : static_cast<uint64_t>(code));
    a.jmp(trap_);
  }

  void call_runtime() {
    name(&stubs_.call_runtime);
    a.mov(x86::rdi, x86::r15);
    a.mov(x86::r8, x86::rbp);
    a.mov(x86::r9, x86::rsp);
    to_host_stack();
    a.call(x86::rax);
    to_machine_stack();
    asmjit::Label stop = a.newLabel();
    a.test(x86::eax, x86::eax);
    a.jnz(stop);
    a.ret();
    a.bind(stop);
    a.mov(x86::esi, x86::eax);
    a.jmp(trap_);
  }

  // A host function returns its results in slots. A single result belongs in a register, so the first slot is loaded
  // into both registers that may be meant.
  void return_results() {
    a.mov(x86::rax, x86::qword_ptr(x86::rbp));
    a.movups(x86::xmm0, x86::xmmword_ptr(x86::rbp));
    a.ret();
  }

  void call_host() {
    a.mov(x86::rdi, x86::r15);
    a.mov(x86::rsi, x86::rax);
    a.mov(x86::rdx, x86::rbp);
    a.mov(x86::rcx, x86::rsp);
    call_cxx(&host_call);
    asmjit::Label stop = a.newLabel(), wait = a.newLabel();
    a.test(x86::eax, x86::eax);
    a.jnz(stop);
    return_results();
    a.bind(stop);
    a.cmp(x86::eax, static_cast<uint32_t>(kSuspend));
    a.je(wait);
    a.mov(x86::esi, x86::eax);
    a.jmp(trap_);
    a.bind(wait);
    push_survivors();
    leave_suspended();
  }

  // rax: FuncInst. Jumps to the function if it belongs to this instance, otherwise to `cross` with its context in rcx
  // (null: a host function).
  void go_to(asmjit::Label cross) {
    a.mov(x86::rcx, func(offsetof(FuncInst, context)));
    a.cmp(x86::rcx, x86::r15);
    a.jne(cross);
    a.mov(x86::rax, func(offsetof(FuncInst, machine_code)));
    a.jmp(x86::qword_ptr(x86::rax));
  }

  void call_callee() {
    asmjit::Label cross = a.newLabel(), wasm = a.newLabel();
    call_callee_ = name(&stubs_.call_callee);
    go_to(cross);
    a.bind(cross);
    a.test(x86::rcx, x86::rcx);
    a.jnz(wasm);
    host_ = a.newLabel();
    a.bind(host_);
    call_host();
    a.bind(wasm);
    cross_ = wasm;
    // A function of another instance: the caller's context goes on the machine stack (jit/stubs.h).
    a.push(x86::r15);
    a.mov(x86::r15, x86::rcx);
    load_memory();
    a.mov(x86::rax, func(offsetof(FuncInst, machine_code)));
    a.call(x86::qword_ptr(x86::rax));
    cross_return_ = name(&stubs_.cross_return);
    a.pop(x86::r15);
    load_memory();
    a.ret();
    callee_entries();
  }

  // Data: Stubs::callee_entries.
  void callee_entries() {
    static_assert(entry_index(0, Entry::registers) == 1);
    a.align(asmjit::AlignMode::kZero, sizeof(uint64_t));
    name(&stubs_.callee_entries);
    a.embedUInt64(0);
    a.embedLabel(call_callee_);
  }

  // A chain of tail calls between instances must not let the machine stack grow. If the return address on top is
  // `cross_return`, a context is there already, so no second one is pushed.
  void jump_callee() {
    asmjit::Label cross = a.newLabel();
    name(&stubs_.jump_callee);
    go_to(cross);
    a.bind(cross);
    a.test(x86::rcx, x86::rcx);
    a.jz(host_);
    a.lea(x86::rdx, x86::ptr(cross_return_));
    a.cmp(x86::qword_ptr(x86::rsp), x86::rdx);
    a.jne(cross_);
    a.mov(x86::r15, x86::rcx);
    load_memory();
    a.mov(x86::rax, func(offsetof(FuncInst, machine_code)));
    a.jmp(x86::qword_ptr(x86::rax));
  }

  void check_subtype() {
    name(&stubs_.check_subtype);
    save_all();
    a.mov(x86::rdi, x86::r15);
    a.mov(x86::rsi, x86::rax);
    a.mov(x86::edx, x86::r11d);
    call_cxx(&is_subtype);
    a.movzx(x86::r11d, x86::al);
    restore_all();
    asmjit::Label wrong = a.newLabel();
    a.test(x86::r11d, x86::r11d);
    a.jz(wrong);
    a.ret();
    a.bind(wrong);
    a.mov(x86::esi, static_cast<uint32_t>(TrapCode::indirect_call_type_mismatch));
    a.jmp(trap_);
  }

  // Code that calls this stub does not save any registers. So the stub saves all that C++ may destroy.
  void test_subtype() {
    name(&stubs_.test_subtype);
    save_all();
    a.mov(x86::rdi, x86::r15);
    a.mov(x86::rsi, x86::r11);
    a.mov(x86::edx, x86::dword_ptr(x86::rsp, kAllBytes + 8));
    call_cxx(&is_subtype);
    a.movzx(x86::r11d, x86::al);
    restore_all();
    a.ret(8);
  }

  void allocate() {
    name(&stubs_.allocate);
    save_all();
    a.mov(x86::rdi, x86::r15);
    a.mov(x86::rsi, x86::r11);
    a.mov(x86::edx, x86::dword_ptr(x86::rsp, kAllBytes + 8));
    a.lea(x86::rdx, x86::qword_ptr(x86::rbp, x86::rdx, 3));
    a.mov(x86::ecx, x86::dword_ptr(x86::rsp, kAllBytes + 16));
    call_cxx(&allocate_object);
    a.mov(x86::r11, x86::rax);
    restore_all();
    asmjit::Label none = a.newLabel();
    a.cmp(x86::r11, kNoEntry);
    a.jb(none);
    a.ret(16);
    a.bind(none);
    a.mov(x86::esi, x86::r11d);
    a.pop(x86::r11);  // removes the parameters: code that walks the stack expects only the return address
    a.add(x86::rsp, 16);
    a.push(x86::r11);
    a.jmp(trap_);
  }

  // Saves all registers that C++ may destroy, except r11. They are on the machine stack, where the collector finds
  // references that were in registers.
  static constexpr int32_t kAllInts = 8, kAllBytes = kAllInts * 8 + 16 * 16;
  void save_all() {
    a.sub(x86::rsp, kAllBytes);
    for_all([&](const x86::Mem& at, const x86::Gp& reg) { a.mov(at, reg); },
            [&](const x86::Mem& at, const x86::Xmm& reg) { a.movups(at, reg); });
  }
  void restore_all() {
    for_all([&](const x86::Mem& at, const x86::Gp& reg) { a.mov(reg, at); },
            [&](const x86::Mem& at, const x86::Xmm& reg) { a.movups(reg, at); });
    a.add(x86::rsp, kAllBytes);
  }
  template <class Int, class Vector>
  static void for_all(Int visit_int, Vector visit_vector) {
    const x86::Gp ints[kAllInts] = {x86::rax, x86::rcx, x86::rdx, x86::rsi, x86::rdi, x86::r8, x86::r9, x86::r10};
    int32_t at = 0;
    for (const x86::Gp& reg : ints) visit_int(x86::qword_ptr(x86::rsp, std::exchange(at, at + 8)), reg);
    for (uint32_t i = 0; i < 16; ++i) visit_vector(x86::xmmword_ptr(x86::rsp, std::exchange(at, at + 16)), x86::xmm(i));
  }

  // Compiles the function and jumps to it. All registers are kept, because arguments may be in them.
  void lazy(Entry entry) {
    const size_t which = static_cast<size_t>(entry);
    name(&stubs_.lazy[which]);
    save_all();
    a.mov(x86::rdi, x86::r15);
    a.mov(x86::esi, x86::eax);
    call_cxx(entry == Entry::registers ? &compile_for_registers : &compile_for_slots);
    a.mov(x86::r11, x86::rax);
    restore_all();
    asmjit::Label none = a.newLabel();
    a.cmp(x86::r11, kNoEntry);
    a.jb(none);
    a.jmp(x86::r11);
    a.bind(none);
    a.mov(x86::esi, x86::r11d);
    a.jmp(trap_);
    name(&stubs_.no_memory[which]);
    no_memory_left();
  }

  void no_memory_left() {
    a.mov(x86::esi, static_cast<uint32_t>(TrapCode::out_of_memory));
    a.jmp(trap_);
  }

  // The only error that can occur is that there is no memory.
  struct Failed final : asmjit::ErrorHandler {
    void handleError(asmjit::Error, const char*, asmjit::BaseEmitter*) override { any = true; }
    bool any = false;
  };

  Failed failed_;
  asmjit::CodeHolder code_;
  x86::Assembler a;
  asmjit::Label leave_, trap_, host_, cross_, cross_return_, call_callee_;
};

}  // namespace

bool Cpu::make_stubs(CodeMemory& memory, Stubs& stubs, bool metered) { return Builder(stubs, metered).build(memory); }

void Cpu::read_registers(const uint64_t* words, bool all, SavedRegisters& out) {
  Builder::read_registers(words, all, out);
}

}  // namespace mini_wasm::jit::x64
