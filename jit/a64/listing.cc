// Listings: code of AArch64 as text.
#include "jit/listing.h"

#include <algorithm>
#include <cstring>
#include <deque>
#include <map>

#include "jit/a64/backend.h"
#include "jit/a64/compiler.h"
#include "jit/a64/printer.h"

namespace mini_wasm::jit::a64 {
namespace {

using runtime::InstanceContext;

// Stubs without code, with a name for each of their addresses. Functions can be compiled with them, but not run.
struct Nowhere {
  std::deque<uint8_t> places;
  Stubs stubs;
  AddressNames names;

  // A new address with this name. A deque never moves its elements.
  const uint8_t* place(std::string name) {
    names.emplace(reinterpret_cast<uint64_t>(&places.emplace_back()), std::move(name));
    return &places.back();
  }
  Nowhere() {
    stubs.call_callee = place("call_callee");
    stubs.jump_callee = place("jump_callee");
    stubs.call_runtime = place("call_runtime");
    stubs.allocate = place("allocate");
    stubs.check_subtype = place("check_subtype");
    stubs.test_subtype = place("test_subtype");
#define TRAP(id, message) stubs.traps[static_cast<size_t>(TrapCode::id)] = place("trap " #id);
#include <mini_wasm/traps.def>
#undef TRAP
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
};

class Lister {
 public:
  Lister(const Masm& masm, const Nowhere& nowhere, const AddressNames& names, uint32_t imported)
      : masm_(masm), nowhere_(nowhere), names_(names), imported_(imported) {
    for (const Relocation& r : masm.relocations()) relocations_.emplace(r.offset, r);
  }

  void append_to(std::vector<CodeLine>& lines) {
    const std::vector<uint32_t>& origins = masm_.a.origins();
    for (uint32_t at = 0; at < masm_.here(); at += 4) {
      const uint32_t origin = at / 4 < origins.size() ? origins[at / 4] : 0;
      lines.push_back({at, origin, is_data(at) ? data(at) : instruction(at)});
    }
  }

 private:
  uint32_t word(uint32_t at) const { return masm_.a.words()[at / 4]; }
  bool is_data(uint32_t at) const {
    return std::any_of(masm_.a.data().begin(), masm_.a.data().end(),
                       [&](const auto& range) { return at >= range.first && at < range.second; });
  }

  // The second word of an address is part of the first one's name.
  std::string data(uint32_t at) const {
    const auto found = relocations_.find(at);
    if (found == relocations_.end()) {
      const auto before = relocations_.find(at - 4);
      const bool second = before != relocations_.end() && before->second.is_constant() &&
                          before->second.kind() != Relocation::Kind::type;
      return second ? ".word (upper half)" : print_word(word(at));
    }
    uint64_t value = 0;
    if (found->second.kind() == Relocation::Kind::type) return ".word type";
    std::memcpy(&value, masm_.a.words() + at / 4, sizeof(value));
    for (const AddressNames* names : {&names_, &nowhere_.names}) {
      if (const auto name = names->find(value); name != names->end()) return ".xword " + name->second;
    }
    return ".xword address";
  }
  static std::string print_word(uint32_t word) {
    std::string text = ".word 0x";
    for (int shift = 28; shift >= 0; shift -= 4) text += "0123456789abcdef"[word >> shift & 15];
    return text;
  }

  std::string instruction(uint32_t at) const {
    std::string text = print(word(at), at);
    if (const auto found = relocations_.find(at); found != relocations_.end()) {
      text.resize(text.rfind(' ') + 1);
      return text + name_of(found->second);
    }
    const std::string base = "[x28";
    const size_t begin = text.find(base);
    if (begin == text.npos) return text;
    const size_t from = begin + base.size(), end = text.find(']', from);
    const size_t offset = text.compare(from, 3, ", #") == 0 ? std::strtoul(text.c_str() + from + 3, nullptr, 10) : 0;
    for (const auto& field : kContextFields) {
      if (field.offset == offset) text.replace(from, end - from, std::string(", ") + field.name);
    }
    return text;
  }

  std::string name_of(const Relocation& r) const {
    if (r.kind() == Relocation::Kind::own_entry) return "this function";
    if (r.kind() == Relocation::Kind::entry) return "func " + std::to_string(imported_ + r.target / 2);
    const auto name = nowhere_.names.find(reinterpret_cast<uint64_t>(nowhere_.stubs.at(r.target)));
    return name == nowhere_.names.end() ? "?" : name->second;
  }

  const Masm& masm_;
  const Nowhere& nowhere_;
  const AddressNames& names_;
  const uint32_t imported_;
  std::map<uint32_t, Relocation> relocations_;
};

}  // namespace

Result<void> A64Backend::list(const runtime::CompiledModule& module, FuncIdx index, const CodeSettings& settings,
                              const AddressNames& names, std::vector<CodeLine>& lines) const {
  const Nowhere nowhere;
  const auto imported = static_cast<uint32_t>(module.module().imported_funcs);
  Masm masm(nowhere.stubs, imported, settings);
  Compiler<Masm> compiler(module, module.engine().bounds(), settings, masm);
  masm.a.trace([&] { return compiler.site(); });
  NativeCode code;
  code.index = index;
  if (Result<void> r = compiler.compile(index, code); !r) return r;
  Lister(masm, nowhere, names, imported).append_to(lines);
  return {};
}

}  // namespace mini_wasm::jit::a64
