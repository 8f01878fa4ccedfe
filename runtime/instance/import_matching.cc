#include "runtime/instance/import_matching.h"

#include "core/utf8.h"

namespace mini_wasm::runtime {
namespace {

std::string limits_text(const Limits& limits, const char* unit) {
  std::string text = std::to_string(limits.min);
  text += limits.max ? " to " + std::to_string(*limits.max) : " or more";
  return text + " " + unit;
}

// spec 3.3.11: the given minimum is at least the declared one, and the given maximum is at most the declared one.
bool limits_match(const Limits& given, const Limits& declared) {
  return given.min >= declared.min && (!declared.max || (given.max && *given.max <= *declared.max));
}

bool memory_matches(const MemoryType& given, const MemoryType& declared) {
  return given.is_64 == declared.is_64 && given.shared == declared.shared &&
         given.page_size_log2 == declared.page_size_log2 && limits_match(given.limits, declared.limits);
}

// A table can be written through both types, so the element types have to be equal.
bool table_matches(const TableType& given, const TableType& declared) {
  return given.is_64 == declared.is_64 && given.element == declared.element &&
         limits_match(given.limits, declared.limits);
}

bool global_matches(const TypeRegistry& types, const GlobalType& given, const GlobalType& declared) {
  if (given.mutable_ != declared.mutable_) return false;
  // A mutable global can also be written through both types. An immutable one is only read, so a subtype will do.
  return given.mutable_ ? given.value == declared.value : types.is_subtype(given.value, declared.value);
}

bool matches(const TypeRegistry& types, const decoder::Module& module, const decoder::Import& import,
             const Extern& given, const ExternType& current, const ExternType& declared) {
  if (current.kind != declared.kind) return false;
  switch (declared.kind) {
    case ExternKind::func:
      return types.is_subtype(static_cast<const FuncInst*>(given.inst)->type,
                              module.type_id(module.funcs[import.index].type));
    case ExternKind::table: return table_matches(current.table, declared.table);
    case ExternKind::memory: return memory_matches(current.memory, declared.memory);
    case ExternKind::global: return global_matches(types, current.global, declared.global);
    case ExternKind::tag:
      return static_cast<const TagInst*>(given.inst)->type == module.type_id(module.tags[import.index].type);
  }
  return false;
}

}  // namespace

ExternType declared_type(const decoder::Module& module, ExternKind kind, uint32_t index) {
  ExternType type;
  type.kind = kind;
  switch (kind) {
    case ExternKind::func: type.func = module.func_type(FuncIdx{index}); break;
    case ExternKind::table: type.table = module.tables[index].type; break;
    case ExternKind::memory: type.memory = module.memories[index].type; break;
    case ExternKind::global: type.global = module.globals[index].type; break;
    case ExternKind::tag: type.func = module.func_type(module.tags[index].type); break;
  }
  return type;
}

ExternType current_type(const Store& store, ExternKind kind, const void* inst) {
  ExternType type;
  type.kind = kind;
  const TypeRegistry& types = store.engine().types();
  switch (kind) {
    case ExternKind::func: type.func = static_cast<const FuncInst*>(inst)->func_type(types); break;
    case ExternKind::table: {
      const auto& table = *static_cast<const TableInst*>(inst);
      type.table = table.type;
      type.table.limits.min = table.size;
      break;
    }
    case ExternKind::memory: {
      const auto& memory = *static_cast<const MemInst*>(inst);
      type.memory = memory.type;
      type.memory.limits.min = memory.size_pages();
      break;
    }
    case ExternKind::global: type.global = static_cast<const GlobalInst*>(inst)->type; break;
    case ExternKind::tag: type.func = types.func(static_cast<const TagInst*>(inst)->type); break;
  }
  return type;
}

std::string describe(const ExternType& type) {
  const std::string kind = to_string(type.kind);
  switch (type.kind) {
    case ExternKind::func:
    case ExternKind::tag: return kind + " " + to_string(type.func);
    case ExternKind::table:
      return std::string(type.table.is_64 ? "64-bit " : "") + kind + " of " +
             limits_text(type.table.limits, to_string(type.table.element).c_str());
    case ExternKind::memory:
      return std::string(type.memory.shared ? "shared " : "") + (type.memory.is_64 ? "64-bit " : "") + kind + " of " +
             limits_text(type.memory.limits, type.memory.page_size_log2 == 0 ? "bytes" : "pages");
    case ExternKind::global:
      return std::string(type.global.mutable_ ? "mutable " : "") + kind + " " + to_string(type.global.value);
  }
  return kind;
}

std::string describe(const decoder::Module& module, const decoder::Import& import) {
  return "\"" + escape_for_terminal(import.module) + "\" \"" + escape_for_terminal(import.name) + "\" (" +
         describe(declared_type(module, import.kind, import.index)) + ")";
}

Result<void> match_import(const Store& store, const decoder::Module& module, const decoder::Import& import,
                          const Extern& given) {
  if (given.inst == nullptr || given.store != &store) {
    return Error::make(ErrorKind::usage, "the value for import " + describe(module, import) +
                                             (given.inst == nullptr ? " is empty" : " belongs to another store"));
  }
  // Fast path for the usual case: the types are equal.
  if (given.kind == ExternKind::func && import.kind == ExternKind::func &&
      static_cast<const FuncInst*>(given.inst)->type == module.type_id(module.funcs[import.index].type)) {
    return {};
  }
  const ExternType current = current_type(store, given.kind, given.inst);
  const ExternType declared = declared_type(module, import.kind, import.index);
  if (matches(store.engine().types(), module, import, given, current, declared)) return {};
  return Error::make(ErrorKind::unlinkable, "incompatible import type: import " + describe(module, import) +
                                                " is given a " + describe(current));
}

}  // namespace mini_wasm::runtime
