// The Backend of x86-64: the portable compiler, instantiated with the Masm of this CPU, and thunks. link.cc, stubs.cc
// and listing.cc have the rest.
#include "jit/x64/backend.h"

#include <cstring>

#include "jit/macro_assembler.h"
#include "jit/x64/compiler.h"
#include "jit/x64/encoding.h"

template class mini_wasm::jit::Compiler<mini_wasm::jit::x64::Masm>;

namespace mini_wasm::jit::x64 {

static_assert(MacroAssembler<Masm>);

namespace {

class X64Compiler final : public FunctionCompiler {
 public:
  X64Compiler(const X64Backend& backend, const runtime::CompiledModule& module, runtime::Bounds bounds,
              const CodeSettings& settings, const Stubs& stubs, const ModuleEntries& entries)
      : backend_(backend),
        stubs_(stubs),
        entries_(entries),
        masm_(stubs, entries, static_cast<uint32_t>(module.module().imported_funcs), settings),
        compiler_(module, bounds, settings, masm_) {}
  Result<void> compile(FuncIdx index, NativeCode& code) override { return compiler_.compile(index, code); }
  size_t size() const override { return masm_.size(); }
  void place(uint8_t* to, NativeCode& code) override {
    compiler_.finish(code);  // before the next `compile` of this object, which reuses the Masm
    masm_.copy_to(to);
    backend_.link(to, code.begin, code.register_entry, masm_.relocations(), stubs_, entries_);
  }
  std::span<const Site> sites() const override { return masm_.sites(); }
  std::span<const Relocation> relocations() const override { return masm_.relocations(); }

 private:
  const X64Backend& backend_;
  const Stubs& stubs_;
  const ModuleEntries entries_;
  Masm masm_;
  Compiler<Masm> compiler_;
};

}  // namespace

const RegisterBudget& X64Backend::pins() const { return RegisterLists<Masm>::kBudget; }

std::unique_ptr<FunctionCompiler> X64Backend::make_compiler(const runtime::CompiledModule& module,
                                                            runtime::Bounds bounds, const CodeSettings& settings,
                                                            const Stubs& stubs, const ModuleEntries& entries) const {
  return std::make_unique<X64Compiler>(*this, module, bounds, settings, stubs, entries);
}

void X64Backend::describe_cpu(std::vector<uint8_t>& out) const {
  const CpuFeatures cpu = CpuFeatures::host();
  for (const bool has : {cpu.avx, cpu.bmi1, cpu.bmi2, cpu.lzcnt, cpu.popcnt}) out.push_back(has ? 1 : 0);
}

// For each Entry: mov eax, index; jmp lazy
void X64Backend::write_thunk(uint8_t* to, const uint8_t* at, uint32_t index, const Stubs& stubs,
                             const ModuleEntries&) const {
  constexpr size_t kHalf = kThunkBytes / 2;
  for (const uint8_t* lazy : stubs.lazy) {
    const auto distance = static_cast<int32_t>(lazy - (at + kHalf));
    to[0] = encoding::kMovConstant;  // eax has the number 0
    std::memcpy(to + 1, &index, 4);
    to[5] = encoding::kJump;
    std::memcpy(to + 6, &distance, 4);
    to += kHalf;
    at += kHalf;
  }
}

}  // namespace mini_wasm::jit::x64
