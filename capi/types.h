// The descriptions of types that the C API hands out: plain values that refer to no store.
#pragma once

#include <mini_wasm/types.h>
#include <wasm.h>

#include "core/type_registry.h"

struct wasm_valtype_t {
  mini_wasm::ValType type;
  wasm_valkind_t kind;
};

struct wasm_externtype_t {
  wasm_externkind_t kind;
};
struct wasm_functype_t : wasm_externtype_t {
  wasm_valtype_vec_t params, results;
};
struct wasm_globaltype_t : wasm_externtype_t {
  wasm_valtype_t* content;
  wasm_mutability_t mutability;
};
struct wasm_tabletype_t : wasm_externtype_t {
  wasm_valtype_t* element;
  mini_wasm::TableType type;
  wasm_limits_t limits;  // of `type`, as far as they can say it
};
struct wasm_memorytype_t : wasm_externtype_t {
  mini_wasm::MemoryType type;
  wasm_limits_t limits;
};
struct wasm_tagtype_t : wasm_externtype_t {
  wasm_functype_t* func;
};

struct wasm_importtype_t {
  wasm_name_t module, name;
  wasm_externtype_t* type;
};
struct wasm_exporttype_t {
  wasm_name_t name;
  wasm_externtype_t* type;
};

namespace mini_wasm::capi {

// These give null when there is no memory.
wasm_functype_t* make_type(const TypeRegistry& types, const FuncType& type);
wasm_externtype_t* make_type(const TypeRegistry& types, const ExternType& type);
// Throws std::bad_alloc. Its types may be of any engine.
FuncType func_type_of(const wasm_functype_t& type);

// A size as far as 32 bits can say it.
inline uint32_t clamp(uint64_t size) { return size < wasm_limits_max_default ? static_cast<uint32_t>(size) : ~0u; }

}  // namespace mini_wasm::capi
