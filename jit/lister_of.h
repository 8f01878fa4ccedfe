// ListerOf: the CodeLister (listing.h) of a CPU, made of the class `Cpu` that the CPU's folder defines (x64/backend.h). Only
// <cpu>/listing.cc includes this.
#pragma once

#include <concepts>
#include <functional>
#include <memory>
#include <type_traits>
#include <vector>

#include "jit/code_names.h"
#include "jit/listing.h"
#include "jit/macro_assembler.h"
#include "runtime/compiled_module.h"

namespace mini_wasm::jit {

// What the class of a CPU has, besides what BackendOf needs.
template <class C>
concept IsListed =
    MacroAssembler<typename C::Masm> && requires(typename C::Masm& masm, std::function<uint32_t()> origin) {
      // `origin`: while code is assembled, says which instruction of the module it is made for
      // (CodeLine::offset).
      { C::reader(masm, origin) } -> std::same_as<std::unique_ptr<CodeReader>>;
    };

template <class Cpu>
class ListerOf final : public CodeLister {
  static_assert(IsListed<Cpu>);

 public:
  Result<void> list(const runtime::CompiledModule& module, FuncIdx index, const CodeSettings& settings,
                    const AddressNames& names, std::vector<CodeLine>& lines) const override {
    const auto imported = static_cast<uint32_t>(module.module().imported_funcs);
    const CodeNames code_names(names, imported);
    typename Cpu::Masm masm(code_names.stubs(), imported, settings);
    Compiler<typename Cpu::Masm> compiler(module, module.engine().bounds(), settings, masm);
    const std::unique_ptr<CodeReader> reader = Cpu::reader(masm, [&] { return compiler.site(); });
    NativeCode code;
    code.index = index;
    if (Result<void> r = compiler.compile(index, code); !r) return r;
    code_names.list(*reader, masm.relocations(), lines);
    return {};
  }
};

// The CodeLister of this CPU. It is never destroyed.
template <class Cpu>
const CodeLister& lister_of() {
  static_assert(std::is_trivially_destructible_v<ListerOf<Cpu>>);
  static constinit const ListerOf<Cpu> lister;
  return lister;
}

}  // namespace mini_wasm::jit
