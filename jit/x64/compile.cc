// The portable compiler, made for this CPU.
#include <cstring>

#include "jit/compiler.h"
#include "jit/module_code.h"
#include "jit/x64/masm.h"

namespace mini_wasm::jit::x64 {
namespace {

class X64Compiler final : public FunctionCompiler {
 public:
  X64Compiler(const runtime::CompiledModule& module, runtime::Bounds bounds, const Stubs& stubs,
              const uint8_t* const* entries)
      : masm_(stubs, entries, static_cast<uint32_t>(module.module().imported_funcs),
              static_cast<uint32_t>(module.module().funcs.size() - module.module().imported_funcs),
              module.engine().config().speculation_guards),
        compiler_(module, bounds, masm_) {}
  Result<void> compile(FuncIdx index, NativeCode& code) override { return compiler_.compile(index, code); }
  size_t size() const override { return masm_.size(); }
  void place(uint8_t* to, NativeCode& code) override {
    compiler_.finish(code);
    masm_.place(to, code.begin);
  }
  std::span<const Site> sites() const override { return masm_.sites(); }
  std::span<const Relocation> relocations() const override { return masm_.relocations(); }

 private:
  Masm masm_;
  Compiler<Masm> compiler_;
};

}  // namespace

std::unique_ptr<FunctionCompiler> make_compiler(const runtime::CompiledModule& module, runtime::Bounds bounds,
                                                const Stubs& stubs, const uint8_t* const* entries) {
  return std::make_unique<X64Compiler>(module, bounds, stubs, entries);
}

void describe_cpu(std::vector<uint8_t>& out) {
  const CpuFeatures& cpu = CpuFeatures::host();
  for (const bool has : {cpu.avx, cpu.bmi1, cpu.bmi2, cpu.lzcnt, cpu.popcnt}) out.push_back(has ? 1 : 0);
}

// Twice: mov eax, index; jmp lazy
void write_thunk(uint8_t* to, const uint8_t* at, uint32_t index, const Stubs& stubs) {
  constexpr size_t kHalf = kThunkBytes / 2;
  for (const uint8_t* lazy : stubs.lazy) {
    const auto distance = static_cast<int32_t>(lazy - (at + kHalf));
    to[0] = 0xb8;
    std::memcpy(to + 1, &index, 4);
    to[5] = 0xe9;
    std::memcpy(to + 6, &distance, 4);
    to += kHalf;
    at += kHalf;
  }
}

}  // namespace mini_wasm::jit::x64
