// Listings: code of x86-64 as text, from asmjit's formatter.
#include "jit/listing.h"

#include <algorithm>
#include <deque>
#include <iterator>

#include "jit/x64/backend.h"
#include "jit/x64/compiler.h"
#include "jit/x64/encoding.h"
#include "jit/x64/masm.h"

namespace mini_wasm::jit::x64 {
namespace {

using runtime::InstanceContext;

// Stubs and a table of entry points without code. Functions can be compiled with them, but not run. `names` has a name
// for each of their addresses.
struct Nowhere {
  std::deque<uint8_t> places;
  Stubs stubs;
  std::vector<const uint8_t*> entries;
  AddressNames names;

  // A new address with this name. A deque never moves its elements.
  const uint8_t* place(std::string name) {
    names.emplace(reinterpret_cast<uint64_t>(&places.emplace_back()), std::move(name));
    return &places.back();
  }
  explicit Nowhere(const decoder::Module& module) {
    stubs.call_callee = place("call_callee");
    stubs.jump_callee = place("jump_callee");
    stubs.callee_entries = place("callee_entries");
    stubs.call_runtime = place("call_runtime");
    stubs.allocate = place("allocate");
    stubs.check_subtype = place("check_subtype");
    stubs.test_subtype = place("test_subtype");
#define TRAP(id, message) stubs.traps[static_cast<size_t>(TrapCode::id)] = place("trap " #id);
#include <mini_wasm/traps.def>
#undef TRAP
    // As in a module in which no function was compiled yet: each entry point is a thunk behind the table.
    const size_t count = module.funcs.size() - module.imported_funcs;
    entries.resize(2 * count + (count * kThunkBytes) / sizeof(uint8_t*) + 1);
    for (size_t i = 0; i < 2 * count; ++i) {
      entries[i] = reinterpret_cast<const uint8_t*>(entries.data() + 2 * count) + i * (kThunkBytes / 2);
      const std::string name = "func " + std::to_string(module.imported_funcs + i / 2);
      names.emplace(reinterpret_cast<uint64_t>(&entries[i]), "[" + name + "]");
    }
  }
};

constexpr struct {
  size_t offset;
  const char* name;
} kContextFields[] = {
    {offsetof(InstanceContext, memory_base), "memory_base"},
    {offsetof(InstanceContext, stack_limit), "stack_limit"},
    {offsetof(InstanceContext, interrupt), "interrupt"},
    {offsetof(InstanceContext, globals), "globals"},
    {offsetof(InstanceContext, funcs), "funcs"},
    {offsetof(InstanceContext, tables), "tables"},
    {offsetof(InstanceContext, memories), "memories"},
    {offsetof(InstanceContext, store), "store"},
    {offsetof(InstanceContext, instance), "instance"},
    {offsetof(InstanceContext, heap_runs), "heap_runs"},
    {offsetof(InstanceContext, zero), "zero"},
};

// Gets each instruction as text when it is assembled, replaces addresses by names, and collects the lines.
class Listing final : public asmjit::Logger {
 public:
  Listing(Masm& masm, const Compiler<Masm>& compiler, const AddressNames& names, std::vector<CodeLine>& lines)
      : masm_(masm), compiler_(compiler), names_(names), lines_(lines) {
    addFlags(asmjit::FormatFlags::kHexImms);
  }

  asmjit::Error _log(const char* data, size_t size) noexcept override {
    std::string text(data, size == SIZE_MAX ? std::strlen(data) : size);
    while (!text.empty() && text.back() == '\n') text.pop_back();
    text.erase(0, text.find_first_not_of(' '));
    if (text.empty()) return asmjit::kErrorOk;
    if (text.starts_with("long ")) text.erase(0, 5);  // how asmjit shows forms that are longer than necessary
    uint32_t at = masm_.here();
    if (text.starts_with(".db") && masm_.far_target() != nullptr) {
      // Bytes are reported after they were emitted. Each is printed as 0x.., so the number of x is their number.
      at -= static_cast<uint32_t>(std::count(text.begin(), text.end(), 'x'));
      text = far(masm_.a.bufferData() + at);
    }
    name_context(text);
    name_addresses(text);
    lines_.push_back({at, compiler_.site(), std::move(text)});
    return asmjit::kErrorOk;
  }

 private:
  // The text for the instruction at `code` that Masm::emit_far has encoded, which asmjit shows as bytes.
  std::string far(const uint8_t* code) {
    const auto name = names_.find(reinterpret_cast<uint64_t>(masm_.far_target()));
    const bool jump =
        code[0] == encoding::kJump || (code[0] == encoding::kThroughMemory && code[1] == encoding::kJumpThere);
    const bool address = std::equal(encoding::kLeaScratch.begin(), encoding::kLeaScratch.end(), code);
    return (jump ? "jmp " : address ? "lea r11, " : "call ") + (name == names_.end() ? "this function" : name->second);
  }

  // Replaces the offset in an operand [r15 + offset] by the name of the field of InstanceContext.
  static void name_context(std::string& text) {
    const std::string base = "[r15";
    const size_t at = text.find(base);
    if (at == text.npos) return;
    const size_t begin = at + base.size(), end = text.find(']', begin);
    const size_t offset = text[begin] == '+' ? std::strtoul(text.c_str() + begin + 1, nullptr, 10) : 0;
    for (const auto& field : kContextFields) {
      if (field.offset == offset) return void(text.replace(begin, end - begin, std::string("+") + field.name));
    }
  }

  void name_addresses(std::string& text) const {
    const size_t at = text.rfind("0x");
    if (at == text.npos) return;
    const auto name = names_.find(std::strtoull(text.c_str() + at, nullptr, 16));
    if (name != names_.end()) text.replace(at, text.npos, name->second);
  }

  Masm& masm_;
  const Compiler<Masm>& compiler_;
  const AddressNames& names_;
  std::vector<CodeLine>& lines_;
};

}  // namespace

Result<void> X64Backend::list(const runtime::CompiledModule& module, FuncIdx index, const CodeSettings& settings,
                              const AddressNames& names, std::vector<CodeLine>& lines) const {
  Nowhere nowhere(module.module());
  nowhere.names.insert(names.begin(), names.end());
  const auto imported = static_cast<uint32_t>(module.module().imported_funcs);
  const auto count = static_cast<uint32_t>(module.module().funcs.size()) - imported;
  Masm masm(nowhere.stubs, {nowhere.entries.data(), count, kThunkBytes}, imported, settings);
  Compiler<Masm> compiler(module, module.engine().bounds(), settings, masm);
  Listing listing(masm, compiler, nowhere.names, lines);
  masm.log_to(&listing);
  NativeCode code;
  code.index = index;
  return compiler.compile(index, code);
}

}  // namespace mini_wasm::jit::x64
