// The Backend of x86-64.
#pragma once

#include "jit/backend.h"

namespace mini_wasm::jit::x64 {

inline constexpr size_t kThunkBytes = 20;  // two halves of mov and jmp (write_thunk)

class X64Backend final : public Backend {
 public:
  FrameLayout frame() const override { return {.call_words = 1, .cross_words = 2}; }
  const RegisterBudget& pins() const override;
  // Displacements of 32 bits reach 2 GiB in both directions; half of that leaves room to spare.
  size_t reach() const override { return size_t{1} << 30; }
  void describe_cpu(std::vector<uint8_t>& out) const override;

  bool make_stubs(CodeMemory& memory, Stubs& stubs) const override;
  size_t thunk_bytes() const override { return kThunkBytes; }
  void write_thunk(uint8_t* to, const uint8_t* at, uint32_t index, const Stubs& stubs,
                   const ModuleEntries& entries) const override;
  std::unique_ptr<FunctionCompiler> make_compiler(const runtime::CompiledModule& module, runtime::Bounds bounds,
                                                  const CodeSettings& settings, const Stubs& stubs,
                                                  const ModuleEntries& entries) const override;

  // link.cc
  void link(uint8_t* to, const uint8_t* at, uint32_t register_entry, std::span<const Relocation> relocations,
            const Stubs& stubs, const ModuleEntries& entries) const override;
  void unlink(uint8_t* code, std::span<const Relocation> relocations) const override;
  bool can_link(uint32_t size, const Relocation& relocation, uint32_t functions) const override;
  LinkTarget read_link(const uint8_t* code, const Relocation& relocation) const override;
  uint64_t read_constant(const uint8_t* code, const Relocation& relocation) const override;
  void write_constant(uint8_t* code, const Relocation& relocation, uint64_t value) const override;

  Result<void> list(const runtime::CompiledModule& module, FuncIdx index, const CodeSettings& settings,
                    const AddressNames& names, std::vector<CodeLine>& lines) const override;
};

}  // namespace mini_wasm::jit::x64
