// The Backend of AArch64: the portable compiler, instantiated with the Masm of this CPU. link.cc, stubs.cc and
// listing.cc have the rest.
#include "jit/a64/backend.h"

#include "jit/a64/compiler.h"
#include "jit/macro_assembler.h"

template class mini_wasm::jit::Compiler<mini_wasm::jit::a64::Masm>;

namespace mini_wasm::jit::a64 {

static_assert(MacroAssembler<Masm>);

namespace {

class A64Compiler final : public FunctionCompiler {
 public:
  A64Compiler(const A64Backend& backend, const runtime::CompiledModule& module, runtime::Bounds bounds,
              const CodeSettings& settings, const Stubs& stubs, const ModuleEntries& entries)
      : backend_(backend),
        stubs_(stubs),
        entries_(entries),
        masm_(stubs, static_cast<uint32_t>(module.module().imported_funcs), settings),
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
  const A64Backend& backend_;
  const Stubs& stubs_;
  const ModuleEntries entries_;
  Masm masm_;
  Compiler<Masm> compiler_;
};

}  // namespace

const RegisterBudget& A64Backend::pins() const { return RegisterLists<Masm>::kBudget; }

std::unique_ptr<FunctionCompiler> A64Backend::make_compiler(const runtime::CompiledModule& module,
                                                            runtime::Bounds bounds, const CodeSettings& settings,
                                                            const Stubs& stubs, const ModuleEntries& entries) const {
  return std::make_unique<A64Compiler>(*this, module, bounds, settings, stubs, entries);
}

void A64Backend::describe_cpu(std::vector<uint8_t>& out) const { out.push_back(CpuFeatures::host().lse ? 1 : 0); }

}  // namespace mini_wasm::jit::a64
