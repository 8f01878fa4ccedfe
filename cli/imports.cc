#include "cli/imports.h"

#include <mini_wasm/mini_wasm.h>

#include <string>
#include <utility>

#include "cli/text_input.h"
#include "core/utf8.h"

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

// Results of zero are all-zero slots, null references included.
void define_function(Linker& linker, const ImportType& import, bool traps) {
  const FuncType& type = import.type.func;
  size_t slots = 0;
  for (const ValType result : type.results) slots += result.slots();
  const bool returns = !traps && all_defaultable(type.results);
  linker.func(import.module, import.name, type,
              [what = named(import), returns, slots](Caller&, uint64_t* values) -> Result<void> {
                if (!returns) return Error::host("unknown import " + what + " was called");
                std::fill_n(values, slots, 0);
                return {};
              });
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
    case ExternKind::func: define_function(linker, import, traps); return {};
    case ExternKind::memory: return define(linker, import, Memory::make(store, import.type.memory));
    case ExternKind::table:
      if (!import.type.table.element.defaultable()) return {};
      return define(linker, import, Table::make(store, import.type.table, Val::null(import.type.table.element)));
    case ExternKind::global:
      if (!import.type.global.value.defaultable()) return {};
      return define(linker, import, Global::make(store, import.type.global, zero(import.type.global.value)));
    case ExternKind::tag: return {};  // stays unknown: the API makes none
  }
  return {};
}

Result<void> define_unknown(const RunOptions& options, const Module& module, Linker& linker) {
  if (options.unknown_imports == "error") return {};
  for (const ImportType& import : module.imports()) {
    if (linker.get(import.module, import.name)) continue;
    if (Result<void> r = define_stand_in(linker, import, options.unknown_imports == "trap"); !r) return r;
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
  if (!instance) return instance;
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

}  // namespace

Result<void> define_imports(const RunOptions& options, const Engine& engine, const Module& module, Linker& linker) {
  for (const std::string& option : options.preloads) {
    if (Result<void> r = preload(options, engine, option, linker); !r) return r;
  }
  return define_unknown(options, module, linker);
}

}  // namespace mini_wasm::cli
