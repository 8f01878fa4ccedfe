#include "jit/code_names.h"

#include <cstddef>
#include <cstdlib>
#include <cstring>

#include "runtime/instance/instance_context.h"

namespace mini_wasm::jit {
namespace {

using runtime::InstanceContext;

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

// Replaces the offset of a field of the InstanceContext by the field's name.
void name_context(std::string& text, const CodeReader::ContextOperand& operand) {
  const size_t found = text.find(operand.begin);
  if (found == text.npos) return;
  const size_t begin = found + std::strlen(operand.begin), end = text.find(']', begin);
  const size_t gap = std::strlen(operand.before_offset);
  size_t offset = 0;
  if (begin != end) {
    if (text.compare(begin, gap, operand.before_offset) != 0) return;
    offset = std::strtoul(text.c_str() + begin + gap, nullptr, 10);
  }
  for (const auto& field : kContextFields) {
    if (field.offset != offset) continue;
    return void(text.replace(begin, end - begin, std::string(operand.before_name) + field.name));
  }
}

}  // namespace

CodeNames::CodeNames(const AddressNames& others, uint32_t imported) : others_(others), imported_(imported) {
  stubs_.call_callee = place("call_callee");
  stubs_.jump_callee = place("jump_callee");
  stubs_.callee_entries = place("callee_entries");
  stubs_.call_runtime = place("call_runtime");
  stubs_.allocate = place("allocate");
  stubs_.check_subtype = place("check_subtype");
  stubs_.test_subtype = place("test_subtype");
#define TRAP(id, message) stubs_.traps[static_cast<size_t>(TrapCode::id)] = place("trap " #id);
#include <mini_wasm/traps.def>
#undef TRAP
}

// A new address with this name. A deque never moves its elements.
const uint8_t* CodeNames::place(std::string name) {
  names_.emplace(reinterpret_cast<uint64_t>(&places_.emplace_back()), std::move(name));
  return &places_.back();
}

std::string CodeNames::name_of(const Relocation& r, const uint8_t* code) const {
  const auto find = [](const AddressNames& names, uint64_t address) {
    const auto found = names.find(address);
    return found == names.end() ? std::string() : found->second;
  };
  uint64_t value = 0;
  switch (r.kind()) {
    case Relocation::Kind::own_entry: return "this function";
    case Relocation::Kind::entry: return "func " + std::to_string(imported_ + r.target / 2);
    case Relocation::Kind::stub: return find(names_, reinterpret_cast<uint64_t>(stubs_.at(r.target)));
    case Relocation::Kind::image:
    case Relocation::Kind::layout: std::memcpy(&value, code + r.offset, sizeof(value)); return find(others_, value);
    case Relocation::Kind::type: break;
  }
  return std::string();
}

// Lines and relocations are both in ascending order. A label has no bytes, so no relocation is in it.
void CodeNames::list(CodeReader& reader, std::span<const Relocation> relocations, std::vector<CodeLine>& lines) const {
  std::vector<CodeLine> found = reader.lines();
  auto next = relocations.begin();
  for (size_t i = 0; i < found.size(); ++i) {
    CodeLine& line = found[i];
    name_context(line.text, reader.context());
    const uint32_t end = i + 1 < found.size() ? found[i + 1].native : ~uint32_t{0};
    for (; next != relocations.end() && next->offset < end; ++next) {
      if (const std::string name = name_of(*next, reader.code()); !name.empty()) {
        line.text = reader.with_name(line, *next, name);
      }
    }
    lines.push_back(std::move(line));
  }
}

}  // namespace mini_wasm::jit
