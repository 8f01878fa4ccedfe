#include "cli/imports.h"

#include <mini_wasm/mini_wasm.h>

#include <algorithm>
#include <string>
#include <utility>

#include "cli/text_input.h"
#include "core/utf8.h"
#include "runtime/compiled_module.h"
#include "runtime/instance/import_matching.h"
#include "runtime/instance/value_check.h"
#include "runtime/store.h"

namespace mini_wasm::cli {
namespace {

std::string named(const ImportType& import) {
  return "\"" + escape_for_terminal(import.module) + "\" \"" + escape_for_terminal(import.name) + "\"";
}

bool all_defaultable(const std::vector<ValType>& types) {
  for (const ValType type : types) {
    if (!type.defaultable()) return false;
  }
  return true;
}

Val zero(ValType type) { return type.is_ref() ? Val::null(type) : Val::from_bits(type, 0); }

// A result of zeros is a slot of all zeros; a null reference is zero as well.
HostCallback stand_in(const ImportType& import, const FuncType& type, bool traps) {
  size_t slots = 0;
  for (const ValType result : type.results) slots += result.slots();
  const bool returns = !traps && all_defaultable(type.results);
  return [what = named(import), returns, slots](Caller&, uint64_t* values) -> Result<void> {
    if (!returns) return Error::host("unknown import " + what + " was called");
    std::fill_n(values, slots, 0);
    return {};
  };
}

// An initial value of a global or table. Empty for a reference type without null whose values only a module can make.
std::optional<Val> initial_value(Linker& linker, const ImportType& import, ValType type) {
  if (type.defaultable()) return zero(type);
  Store& store = linker.store();
  const auto function = [&](const FuncType& of) {
    return Func::make(store, of, stand_in(import, of, /*traps=*/true)).ref();
  };
  if (type.concrete()) {
    const DefType& definition = store.impl().engine().types().get(type.type_id());
    if (definition.kind != CompositeKind::func) return std::nullopt;
    const Val value = function(definition.func);
    return runtime::check_value(store.impl(), value, type, "") ? std::optional(value) : std::nullopt;
  }
  switch (type.heap()) {
    case HeapKind::extern_: return store.new_externref(nullptr);
    case HeapKind::any:
    case HeapKind::eq:
    case HeapKind::i31: return Val::i31(0);
    case HeapKind::func: return function({});
    default: return std::nullopt;
  }
}

template <class T>
Result<void> define(Linker& linker, const ImportType& import, Result<T> made) {
  if (!made) return std::move(made).error();
  linker.define(import.module, import.name, *made);
  return {};
}

Result<void> define_stand_in(Linker& linker, const ImportType& import, bool traps) {
  Store& store = linker.store();
  switch (import.type.kind) {
    case ExternKind::func:
      linker.func(import.module, import.name, import.type.func, stand_in(import, import.type.func, traps));
      return {};
    case ExternKind::memory: return define(linker, import, Memory::make(store, import.type.memory));
    case ExternKind::table: {
      const std::optional<Val> element = initial_value(linker, import, import.type.table.element);
      return element ? define(linker, import, Table::make(store, import.type.table, *element)) : Result<void>();
    }
    case ExternKind::global: {
      const std::optional<Val> value = initial_value(linker, import, import.type.global.value);
      return value ? define(linker, import, Global::make(store, import.type.global, *value)) : Result<void>();
    }
    case ExternKind::tag: return define(linker, import, Tag::make(store, import.type.func));
  }
  return {};
}

bool is_preloaded(const RunOptions& options, const std::string& module) {
  return std::ranges::any_of(options.preloads, [&](const std::string& o) { return o.starts_with(module + "="); });
}

// Whether the linker has the import. A function of WASI with other parameters counts as unknown: Emscripten passes
// 64-bit numbers as two halves unless it is told not to.
bool has(const RunOptions& options, const Linker& linker, const Module& module, size_t index,
         const ImportType& import) {
  const std::optional<Extern> found = linker.get(import.module, import.name);
  if (!found || is_preloaded(options, import.module) || import.type.kind != ExternKind::func) return found.has_value();
  const decoder::Module& decoded = module.impl()->module();
  return runtime::match_import(linker.store().impl(), decoded, decoded.imports[index], *found).has_value();
}

Result<void> define_unknown(const RunOptions& options, const Module& module, Linker& linker) {
  if (options.unknown_imports == "error") return {};
  const std::vector<ImportType> imports = module.imports();
  for (size_t i = 0; i < imports.size(); ++i) {
    if (has(options, linker, module, i, imports[i])) continue;
    if (Result<void> r = define_stand_in(linker, imports[i], options.unknown_imports == "trap"); !r) return r;
  }
  return {};
}

Result<Instance> load(const RunOptions& options, const Engine& engine, const std::string& file, Linker& linker) {
  Result<std::vector<uint8_t>> bytes = read_module(file);
  if (!bytes) return std::move(bytes).error();
  Result<Module> module = Module::compile(engine, std::move(*bytes));
  if (!module) return std::move(module).error();
  if (Result<void> r = define_unknown(options, *module, linker); !r) return std::move(r).error();
  Result<Instance> instance = linker.instantiate(*module);
  if (!instance) return explain_missing(std::move(instance).error(), *module);
  if (const std::optional<Func> initialize = instance->func("_initialize")) {
    if (auto r = initialize->call({}); !r) return std::move(r).error();
  }
  return instance;
}

// NAME=FILE
Result<void> preload(const RunOptions& options, const Engine& engine, const std::string& option, Linker& linker) {
  const size_t equals = option.find('=');
  if (equals == option.npos || equals + 1 == option.size()) {
    return Error::make(ErrorKind::usage, "--preload: expected NAME=FILE, found \"" + option + "\"");
  }
  const std::string file = option.substr(equals + 1);
  Result<Instance> instance = load(options, engine, file, linker);
  if (!instance) {
    Error error = std::move(instance).error();
    if (error.kind != ErrorKind::io) error.message = "--preload " + file + ": " + error.message;
    return error;
  }
  linker.instance(option.substr(0, equals), *instance);
  return {};
}

// Kinds of files in the tool conventions (Linking.md, DynamicLinking.md). Each is recognised by a custom section
// together with an import, because a program that was linked with --emit-relocs has the section too.
constexpr struct {
  std::string_view section, import, what;
} kParts[] = {
    {"linking", "__linear_memory", "this is a linkable object file; link it with wasm-ld"},
    {"dylink.0", "__memory_base", "this is a dynamic library, which only a program can load that is made for it"},
    {"dylink", "__memory_base", "this is a dynamic library, which only a program can load that is made for it"},
};

bool has_section(const decoder::Module& module, std::string_view name) {
  return std::any_of(module.customs.begin(), module.customs.end(), [&](const auto& c) { return c.name == name; });
}

bool imports_from_env(const decoder::Module& module, std::string_view name) {
  return std::any_of(module.imports.begin(), module.imports.end(),
                     [&](const decoder::Import& import) { return import.module == "env" && import.name == name; });
}

}  // namespace

Error explain_missing(Error error, const Module& module) {
  if (error.kind != ErrorKind::unlinkable || !error.message.starts_with("unknown import")) return error;
  const decoder::Module& decoded = module.impl()->module();
  for (const auto& part : kParts) {
    if (!has_section(decoded, part.section) || !imports_from_env(decoded, part.import)) continue;
    error.message = std::string(part.what) + " (" + error.message + ")";
    return error;
  }
  return error;
}

Result<void> define_imports(const RunOptions& options, const Engine& engine, const Module& module, Linker& linker) {
  for (const std::string& option : options.preloads) {
    if (Result<void> r = preload(options, engine, option, linker); !r) return r;
  }
  return define_unknown(options, module, linker);
}

}  // namespace mini_wasm::cli
