// BackendOf: the Backend (backend.h) of a CPU, made of a class `Cpu` that the CPU's folder defines (x64/backend.h). What is
// the same for every CPU is here: compiling and linking. Only <cpu>/backend.cc includes this, because it
// instantiates the compiler, which takes a while.
#pragma once

#include <concepts>
#include <cstring>
#include <memory>
#include <span>
#include <type_traits>
#include <vector>

#include "jit/backend.h"
#include "jit/compiler.h"
#include "jit/macro_assembler.h"
#include "runtime/compiled_module.h"

namespace mini_wasm::jit {

// A Masm whose code can run. `imported`: the number of functions that the module imports.
template <class M>
concept EmitsCode = MacroAssembler<M> && std::constructible_from<M, const Stubs&, uint32_t, const CodeSettings&> &&
                    requires(const M& done, uint8_t* to) {
                      // After `end`, until the next `begin`.
                      { done.size() } -> std::convertible_to<size_t>;  // in bytes
                      done.copy_to(to);  // copies the code; what its relocations mean is filled in by `link`
                      { done.sites() } -> std::convertible_to<std::span<const Site>>;
                      { done.relocations() } -> std::convertible_to<std::span<const Relocation>>;
                    };

// What the class of a CPU has; all functions are static. Those without a comment are described in backend.h.
template <class C>
concept IsCpu =
    EmitsCode<typename C::Masm> &&
    requires(uint8_t* to, const uint8_t* at, const Relocation& r, LinkTarget target, uint32_t n, CodeMemory& memory,
             Stubs& stubs, bool metered, const ModuleEntries& entries, const NativeCode& code,
             std::vector<uint8_t>& out, const uint64_t* words, SavedRegisters& registers) {
      { C::kFrame } -> std::convertible_to<FrameLayout>;
      { C::kReach } -> std::convertible_to<size_t>;
      { C::kThunkBytes } -> std::convertible_to<size_t>;
      C::describe_cpu(out);
      { C::make_stubs(memory, stubs, metered) } -> std::same_as<bool>;
      C::read_registers(words, metered, registers);
      C::write_thunk(to, at, n, stubs);

      { C::without_code(entries, n) } -> std::same_as<const uint8_t*>;
      C::redirect_thunk(to, at, code);
      // Fills in a distance. `to`: the place of the relocation; `at`: the address at which that will be.
      C::write_distance(to, at, r, target);
      C::clear_distance(to, r);  // the opposite of write_distance
      // What a linked call of a function of the module leads to. `at`: the place of the relocation.
      { C::read_distance(at, entries) } -> std::same_as<LinkTarget>;
      // Whether code of `n` bytes has room for what the relocation fills in, where it says.
      { C::has_room(r, n) } -> std::same_as<bool>;
    };

template <class Cpu>
class BackendOf final : public Backend {
  static_assert(IsCpu<Cpu>);
  using Masm = typename Cpu::Masm;

 public:
  FrameLayout frame() const override { return Cpu::kFrame; }
  const RegisterBudget& pins() const override { return RegisterLists<Masm>::kBudget; }
  size_t reach() const override { return Cpu::kReach; }
  void describe_cpu(std::vector<uint8_t>& out) const override { Cpu::describe_cpu(out); }

  bool make_stubs(CodeMemory& memory, Stubs& stubs, bool metered) const override {
    return Cpu::make_stubs(memory, stubs, metered);
  }
  void read_registers(const void* sp, bool all, SavedRegisters& out) const override {
    Cpu::read_registers(static_cast<const uint64_t*>(sp), all, out);
  }
  size_t thunk_bytes() const override { return Cpu::kThunkBytes; }
  void write_thunk(uint8_t* to, const uint8_t* at, uint32_t index, const Stubs& stubs) const override {
    Cpu::write_thunk(to, at, index, stubs);
  }
  const uint8_t* without_code(const ModuleEntries& entries, uint32_t entry) const override {
    return Cpu::without_code(entries, entry);
  }
  void redirect_thunk(uint8_t* to, const uint8_t* at, const NativeCode& code) const override {
    Cpu::redirect_thunk(to, at, code);
  }
  std::unique_ptr<FunctionCompiler> make_compiler(const runtime::CompiledModule& module, runtime::Bounds bounds,
                                                  const CodeSettings& settings, const Stubs& stubs,
                                                  const ModuleEntries& entries) const override {
    return std::make_unique<Functions>(*this, module, bounds, settings, stubs, entries);
  }

  void link(uint8_t* to, const uint8_t* at, uint32_t register_entry, std::span<const Relocation> relocations,
            const Stubs& stubs, const ModuleEntries& entries) const override {
    for (const Relocation& r : relocations) {
      LinkTarget target{nullptr, true};
      switch (r.kind()) {
        case Relocation::Kind::own_entry:
          target.address = at + (r.target == static_cast<uint32_t>(Entry::registers) ? register_entry : 0);
          break;
        case Relocation::Kind::stub: target.address = stubs.at(r.target); break;
        case Relocation::Kind::entry:
          // Direct, if the callee has code already: code never moves, so the call stays right.
          target.address = entries.code_of(r.target);
          if (target.address == nullptr) target = {Cpu::without_code(entries, r.target), false};
          break;
        default: continue;
      }
      Cpu::write_distance(to + r.offset, at + r.offset, r, target);
    }
  }
  void unlink(uint8_t* code, std::span<const Relocation> relocations) const override {
    for (const Relocation& r : relocations) {
      if (r.is_constant()) {
        std::memset(code + r.offset, 0, r.constant_bytes());
      } else {
        Cpu::clear_distance(code + r.offset, r);
      }
    }
  }
  bool can_link(uint32_t size, const Relocation& r, uint32_t functions) const override {
    if (!Cpu::has_room(r, size)) return false;
    switch (r.kind()) {
      case Relocation::Kind::own_entry: return r.target <= static_cast<uint32_t>(Entry::registers);
      case Relocation::Kind::stub: return Stubs::has(r.target);
      case Relocation::Kind::entry: return r.target / 2 < functions;
      default: return true;
    }
  }
  LinkTarget read_link(const uint8_t* code, const Relocation& r, const ModuleEntries& entries) const override {
    return Cpu::read_distance(code + r.offset, entries);
  }
  uint64_t read_constant(const uint8_t* code, const Relocation& r) const override {
    uint64_t value = 0;
    std::memcpy(&value, code + r.offset, r.constant_bytes());
    return value;
  }
  void write_constant(uint8_t* code, const Relocation& r, uint64_t value) const override {
    std::memcpy(code + r.offset, &value, r.constant_bytes());
  }

 private:
  class Functions final : public FunctionCompiler {
   public:
    Functions(const BackendOf& backend, const runtime::CompiledModule& module, runtime::Bounds bounds,
              const CodeSettings& settings, const Stubs& stubs, const ModuleEntries& entries)
        : backend_(backend),
          stubs_(stubs),
          entries_(entries),
          masm_(stubs, static_cast<uint32_t>(module.module().imported_funcs), settings),
          compiler_(module, bounds, settings, masm_) {}
    Result<void> compile(FuncIdx index, NativeCode& code) override { return compiler_.compile(index, code); }
    Result<void> explain(FuncIdx index, FrameMaps& maps) override {
      NativeCode code;
      code.index = index;
      compiler_.look_for(&maps);
      Result<void> compiled = compiler_.compile(index, code);
      compiler_.look_for(nullptr);
      return compiled;
    }
    size_t size() const override { return masm_.size(); }
    void place(uint8_t* to, NativeCode& code) override {
      compiler_.finish(code);  // before the next `compile` of this object, which reuses the Masm
      masm_.copy_to(to);
      backend_.link(to, code.begin, code.register_entry, masm_.relocations(), stubs_, entries_);
    }
    std::span<const Site> sites() const override { return masm_.sites(); }
    std::span<const Relocation> relocations() const override { return masm_.relocations(); }

   private:
    const BackendOf& backend_;
    const Stubs& stubs_;
    const ModuleEntries entries_;
    Masm masm_;
    Compiler<Masm> compiler_;
  };
};

// The Backend of this CPU. It is never destroyed.
template <class Cpu>
const Backend& backend_of() {
  static_assert(std::is_trivially_destructible_v<BackendOf<Cpu>>);
  static constinit const BackendOf<Cpu> backend;
  return backend;
}

}  // namespace mini_wasm::jit
