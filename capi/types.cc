#include "capi/types.h"

#include <algorithm>
#include <memory>
#include <new>
#include <utility>

#include "capi/values.h"
#include "core/guarded.h"

namespace mini_wasm::capi {
namespace {

// A description that is deleted unless it is handed over.
struct Delete {
  void operator()(wasm_valtype_t* type) const { wasm_valtype_delete(type); }
  void operator()(wasm_externtype_t* type) const { wasm_externtype_delete(type); }
  void operator()(wasm_functype_t* type) const { wasm_functype_delete(type); }
};
using OwnValType = std::unique_ptr<wasm_valtype_t, Delete>;
using OwnFuncType = std::unique_ptr<wasm_functype_t, Delete>;

wasm_valtype_t* make_valtype(const TypeRegistry& types, ValType type) {
  return new (std::nothrow) wasm_valtype_t{type, kind_of(types, type)};
}

// Vectors that are too short say that there was no memory.
void make_valtypes(const TypeRegistry& types, const std::vector<ValType>& list, wasm_valtype_vec_t& out) {
  wasm_valtype_vec_new_uninitialized(&out, list.size());
  for (size_t i = 0; i < out.size; ++i) {
    out.data[i] = make_valtype(types, list[i]);
    if (out.data[i] == nullptr) return wasm_valtype_vec_delete(&out);
  }
}

wasm_functype_t* take_functype(wasm_valtype_vec_t params, wasm_valtype_vec_t results) {
  auto* const made = new (std::nothrow) wasm_functype_t{{WASM_EXTERN_FUNC}, params, results};
  if (made != nullptr) return made;
  wasm_valtype_vec_delete(&params);
  wasm_valtype_vec_delete(&results);
  return nullptr;
}

wasm_limits_t limits_of(const Limits& limits) {
  return {clamp(limits.min), limits.max ? clamp(*limits.max) : wasm_limits_max_default};
}
Limits limits_of(const wasm_limits_t& limits) {
  Limits result{limits.min, std::nullopt};
  if (limits.max != wasm_limits_max_default) result.max = limits.max;
  return result;
}

wasm_globaltype_t* take_globaltype(wasm_valtype_t* content, wasm_mutability_t mutability) {
  OwnValType owned(content);
  if (content == nullptr) return nullptr;
  auto* const made = new (std::nothrow) wasm_globaltype_t{{WASM_EXTERN_GLOBAL}, content, mutability};
  if (made != nullptr) owned.release();
  return made;
}

wasm_tabletype_t* take_tabletype(wasm_valtype_t* element, const TableType& type) {
  OwnValType owned(element);
  if (element == nullptr) return nullptr;
  auto* const made = new (std::nothrow) wasm_tabletype_t{{WASM_EXTERN_TABLE}, element, type, limits_of(type.limits)};
  if (made != nullptr) owned.release();
  return made;
}

wasm_memorytype_t* make_memorytype(const MemoryType& type) {
  return new (std::nothrow) wasm_memorytype_t{{WASM_EXTERN_MEMORY}, type, limits_of(type.limits)};
}

wasm_tagtype_t* take_tagtype(wasm_functype_t* func) {
  OwnFuncType owned(func);
  if (func == nullptr) return nullptr;
  auto* const made = new (std::nothrow) wasm_tagtype_t{{WASM_EXTERN_TAG}, func};
  if (made != nullptr) owned.release();
  return made;
}

// Whether no element is missing.
bool is_whole(const wasm_valtype_vec_t& vec) {
  return std::all_of(vec.data, vec.data + vec.size, [](const wasm_valtype_t* type) { return type != nullptr; });
}

// Whether a vector was copied; if not, it is empty because there was no memory.
template <class Vec>
bool complete(const Vec& made, const Vec& from) {
  return made.size == from.size;
}

}  // namespace

wasm_functype_t* make_type(const TypeRegistry& types, const FuncType& type) {
  wasm_valtype_vec_t params, results;
  make_valtypes(types, type.params, params);
  make_valtypes(types, type.results, results);
  OwnFuncType made(take_functype(params, results));
  const bool whole = made != nullptr && params.size == type.params.size() && results.size == type.results.size();
  return whole ? made.release() : nullptr;
}

wasm_externtype_t* make_type(const TypeRegistry& types, const ExternType& type) {
  switch (type.kind) {
    case ExternKind::func: return make_type(types, type.func);
    case ExternKind::table: return take_tabletype(make_valtype(types, type.table.element), type.table);
    case ExternKind::memory: return make_memorytype(type.memory);
    case ExternKind::global:
      return take_globaltype(make_valtype(types, type.global.value), type.global.mutable_ ? WASM_VAR : WASM_CONST);
    case ExternKind::tag: return take_tagtype(make_type(types, type.func));
  }
  return nullptr;
}

FuncType func_type_of(const wasm_functype_t& type) {
  FuncType result;
  for (size_t i = 0; i < type.params.size; ++i) result.params.push_back(type.params.data[i]->type);
  for (size_t i = 0; i < type.results.size; ++i) result.results.push_back(type.results.data[i]->type);
  return result;
}

}  // namespace mini_wasm::capi

using namespace mini_wasm;
using namespace mini_wasm::capi;

// --- Values

wasm_valtype_t* wasm_valtype_new(wasm_valkind_t kind) {
  const ValType type = type_of(kind);
  return type.is_bottom() ? nullptr : new (std::nothrow) wasm_valtype_t{type, kind};
}
wasm_valkind_t wasm_valtype_kind(const wasm_valtype_t* type) {
  return type == nullptr ? wasm_valkind_t{WASM_I32} : type->kind;
}
wasm_valtype_t* wasm_valtype_copy(const wasm_valtype_t* type) {
  return type == nullptr ? nullptr : new (std::nothrow) wasm_valtype_t(*type);
}
void wasm_valtype_delete(wasm_valtype_t* type) { delete type; }

// --- Functions

wasm_functype_t* wasm_functype_new(wasm_valtype_vec_t* params, wasm_valtype_vec_t* results) {
  wasm_valtype_vec_t none = {0, nullptr};
  OwnFuncType made(take_functype(std::exchange(params == nullptr ? none : *params, {}),
                                 std::exchange(results == nullptr ? none : *results, {})));
  return made != nullptr && is_whole(made->params) && is_whole(made->results) ? made.release() : nullptr;
}
const wasm_valtype_vec_t* wasm_functype_params(const wasm_functype_t* type) {
  return type == nullptr ? nullptr : &type->params;
}
const wasm_valtype_vec_t* wasm_functype_results(const wasm_functype_t* type) {
  return type == nullptr ? nullptr : &type->results;
}
wasm_functype_t* wasm_functype_copy(const wasm_functype_t* type) {
  if (type == nullptr) return nullptr;
  wasm_valtype_vec_t params, results;
  wasm_valtype_vec_copy(&params, &type->params);
  wasm_valtype_vec_copy(&results, &type->results);
  const bool whole = complete(params, type->params) && complete(results, type->results);
  OwnFuncType made(take_functype(params, results));
  return whole ? made.release() : nullptr;
}
void wasm_functype_delete(wasm_functype_t* type) {
  if (type == nullptr) return;
  wasm_valtype_vec_delete(&type->params);
  wasm_valtype_vec_delete(&type->results);
  delete type;
}

// --- Globals

wasm_globaltype_t* wasm_globaltype_new(wasm_valtype_t* content, wasm_mutability_t mutability) {
  return take_globaltype(content, mutability);
}
const wasm_valtype_t* wasm_globaltype_content(const wasm_globaltype_t* type) {
  return type == nullptr ? nullptr : type->content;
}
wasm_mutability_t wasm_globaltype_mutability(const wasm_globaltype_t* type) {
  return type == nullptr ? wasm_mutability_t{WASM_CONST} : type->mutability;
}
wasm_globaltype_t* wasm_globaltype_copy(const wasm_globaltype_t* type) {
  return type == nullptr ? nullptr : take_globaltype(wasm_valtype_copy(type->content), type->mutability);
}
void wasm_globaltype_delete(wasm_globaltype_t* type) {
  if (type == nullptr) return;
  wasm_valtype_delete(type->content);
  delete type;
}

// --- Tables

wasm_tabletype_t* wasm_tabletype_new(wasm_valtype_t* element, const wasm_limits_t* limits) {
  OwnValType owned(element);
  if (element == nullptr || limits == nullptr) return nullptr;
  TableType type;
  type.element = element->type;
  type.limits = limits_of(*limits);
  return take_tabletype(owned.release(), type);
}
const wasm_valtype_t* wasm_tabletype_element(const wasm_tabletype_t* type) {
  return type == nullptr ? nullptr : type->element;
}
const wasm_limits_t* wasm_tabletype_limits(const wasm_tabletype_t* type) {
  return type == nullptr ? nullptr : &type->limits;
}
wasm_tabletype_t* wasm_tabletype_copy(const wasm_tabletype_t* type) {
  return type == nullptr ? nullptr : take_tabletype(wasm_valtype_copy(type->element), type->type);
}
void wasm_tabletype_delete(wasm_tabletype_t* type) {
  if (type == nullptr) return;
  wasm_valtype_delete(type->element);
  delete type;
}

// --- Memories

wasm_memorytype_t* wasm_memorytype_new(const wasm_limits_t* limits) {
  if (limits == nullptr) return nullptr;
  MemoryType type;
  type.limits = limits_of(*limits);
  return make_memorytype(type);
}
const wasm_limits_t* wasm_memorytype_limits(const wasm_memorytype_t* type) {
  return type == nullptr ? nullptr : &type->limits;
}
wasm_memorytype_t* wasm_memorytype_copy(const wasm_memorytype_t* type) {
  return type == nullptr ? nullptr : make_memorytype(type->type);
}
void wasm_memorytype_delete(wasm_memorytype_t* type) { delete type; }

// --- Tags

wasm_tagtype_t* wasm_tagtype_new(wasm_functype_t* func) { return take_tagtype(func); }
const wasm_functype_t* wasm_tagtype_functype(const wasm_tagtype_t* type) {
  return type == nullptr ? nullptr : type->func;
}
wasm_tagtype_t* wasm_tagtype_copy(const wasm_tagtype_t* type) {
  return type == nullptr ? nullptr : take_tagtype(wasm_functype_copy(type->func));
}
void wasm_tagtype_delete(wasm_tagtype_t* type) {
  if (type == nullptr) return;
  wasm_functype_delete(type->func);
  delete type;
}

// --- All that can be imported or exported

wasm_externkind_t wasm_externtype_kind(const wasm_externtype_t* type) {
  return type == nullptr ? wasm_externkind_t{WASM_EXTERN_FUNC} : type->kind;
}
wasm_externtype_t* wasm_externtype_copy(const wasm_externtype_t* type) {
  if (type == nullptr) return nullptr;
  switch (type->kind) {
#define EXTERN_TYPE(name, number) \
  case number: return wasm_##name##_copy(static_cast<const wasm_##name##_t*>(type));
#include "capi/families.def"
    default: return nullptr;
  }
}
void wasm_externtype_delete(wasm_externtype_t* type) {
  if (type == nullptr) return;
  switch (type->kind) {
#define EXTERN_TYPE(name, number) \
  case number: return wasm_##name##_delete(static_cast<wasm_##name##_t*>(type));
#include "capi/families.def"
    default: return;
  }
}

#define EXTERN_TYPE(name, number)                                                                          \
  wasm_externtype_t* wasm_##name##_as_externtype(wasm_##name##_t* type) { return type; }                   \
  const wasm_externtype_t* wasm_##name##_as_externtype_const(const wasm_##name##_t* type) { return type; } \
  wasm_##name##_t* wasm_externtype_as_##name(wasm_externtype_t* type) {                                    \
    return type != nullptr && type->kind == number ? static_cast<wasm_##name##_t*>(type) : nullptr;        \
  }                                                                                                        \
  const wasm_##name##_t* wasm_externtype_as_##name##_const(const wasm_externtype_t* type) {                \
    return wasm_externtype_as_##name(const_cast<wasm_externtype_t*>(type));                                \
  }
#include "capi/families.def"

// --- Imports and exports

wasm_importtype_t* wasm_importtype_new(wasm_name_t* module, wasm_name_t* name, wasm_externtype_t* type) {
  if (module == nullptr || name == nullptr || type == nullptr) {
    wasm_name_delete(module);
    wasm_name_delete(name);
    wasm_externtype_delete(type);
    return nullptr;
  }
  wasm_importtype_t parts{std::exchange(*module, {}), std::exchange(*name, {}), type};
  auto* const made = new (std::nothrow) wasm_importtype_t(parts);
  if (made != nullptr) return made;
  wasm_name_delete(&parts.module);
  wasm_name_delete(&parts.name);
  wasm_externtype_delete(type);
  return nullptr;
}
const wasm_name_t* wasm_importtype_module(const wasm_importtype_t* type) {
  return type == nullptr ? nullptr : &type->module;
}
const wasm_name_t* wasm_importtype_name(const wasm_importtype_t* type) {
  return type == nullptr ? nullptr : &type->name;
}
const wasm_externtype_t* wasm_importtype_type(const wasm_importtype_t* type) {
  return type == nullptr ? nullptr : type->type;
}
wasm_importtype_t* wasm_importtype_copy(const wasm_importtype_t* type) {
  if (type == nullptr) return nullptr;
  wasm_name_t module, name;
  wasm_name_copy(&module, &type->module);
  wasm_name_copy(&name, &type->name);
  const bool whole = complete(module, type->module) && complete(name, type->name);
  return wasm_importtype_new(&module, &name, whole ? wasm_externtype_copy(type->type) : nullptr);
}
void wasm_importtype_delete(wasm_importtype_t* type) {
  if (type == nullptr) return;
  wasm_name_delete(&type->module);
  wasm_name_delete(&type->name);
  wasm_externtype_delete(type->type);
  delete type;
}

wasm_exporttype_t* wasm_exporttype_new(wasm_name_t* name, wasm_externtype_t* type) {
  if (name == nullptr || type == nullptr) {
    wasm_name_delete(name);
    wasm_externtype_delete(type);
    return nullptr;
  }
  wasm_exporttype_t parts{std::exchange(*name, {}), type};
  auto* const made = new (std::nothrow) wasm_exporttype_t(parts);
  if (made != nullptr) return made;
  wasm_name_delete(&parts.name);
  wasm_externtype_delete(type);
  return nullptr;
}
const wasm_name_t* wasm_exporttype_name(const wasm_exporttype_t* type) {
  return type == nullptr ? nullptr : &type->name;
}
const wasm_externtype_t* wasm_exporttype_type(const wasm_exporttype_t* type) {
  return type == nullptr ? nullptr : type->type;
}
wasm_exporttype_t* wasm_exporttype_copy(const wasm_exporttype_t* type) {
  if (type == nullptr) return nullptr;
  wasm_name_t name;
  wasm_name_copy(&name, &type->name);
  return wasm_exporttype_new(&name, complete(name, type->name) ? wasm_externtype_copy(type->type) : nullptr);
}
void wasm_exporttype_delete(wasm_exporttype_t* type) {
  if (type == nullptr) return;
  wasm_name_delete(&type->name);
  wasm_externtype_delete(type->type);
  delete type;
}
