#include "runtime/instance/initial_tables.h"

#include <algorithm>

#include "runtime/instance/const_eval.h"

namespace mini_wasm::runtime {
namespace {

bool fits(const decoder::Module& module, const decoder::Elem& elem) {
  if (elem.mode != decoder::SegmentMode::active) return true;
  if (raw(elem.table) < module.imported_tables) return false;
  const uint64_t size = module.tables[raw(elem.table)].type.limits.min;
  return plain_place(module, elem.table_offset, elem.size(), size).has_value();
}

bool holds_own_functions(const decoder::Module& module, const decoder::Elem& elem) {
  return elem.mode != decoder::SegmentMode::active ||
         (!elem.uses_exprs && std::all_of(elem.funcs.begin(), elem.funcs.end(),
                                          [&](FuncIdx f) { return raw(f) >= module.imported_funcs; }));
}

}  // namespace

bool elements_fit(const decoder::Module& module) {
  return std::all_of(module.elems.begin(), module.elems.end(), [&](const auto& elem) { return fits(module, elem); });
}

bool tables_hold_own_functions(const decoder::Module& module) {
  return !module.elems.empty() && elements_fit(module) &&
         std::all_of(module.tables.begin(), module.tables.end(),
                     [](const auto& table) { return table.init.size() == 0; }) &&
         std::all_of(module.elems.begin(), module.elems.end(),
                     [&](const auto& elem) { return holds_own_functions(module, elem); });
}

}  // namespace mini_wasm::runtime
