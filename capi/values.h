// Conversion of values: wasm_val_t of the embedder, slots and Val of the engine.
//
// A wasm_val_t has no room for a v128; functions with one are called through their slots (mini_wasm.h).
#pragma once

#include <span>

#include "capi/store.h"
#include "core/type_registry.h"

namespace mini_wasm::capi {

// The kind of a type, as wasm_valkind_t and mini_wasm.h number them.
wasm_valkind_t kind_of(const TypeRegistry& types, ValType type);
// The type of a kind; bottom for an unknown one.
ValType type_of(wasm_valkind_t kind);

// The value of a reference as a value of type `type`, whether it fits or not; `ref` may be null. Errors: limit, usage.
Result<Val> val_of(wasm_store_t* store, wasm_ref_t* ref, ValType type);
// The same for any value, which must fit. `what` names it in the message of an error.
Result<Val> val_of(wasm_store_t* store, const wasm_val_t& value, ValType type, const std::string& what);
// The embedder's object for a reference, with an owner; null for null. False: no memory.
bool ref_of(wasm_store_t* store, const Val& value, wasm_ref_t*& ref);
// The same for any value but a v128.
bool value_of(wasm_store_t* store, const Val& value, wasm_val_t& out);

// Writes as many values as there are types into slots, one for each. Errors: those of val_of.
Result<void> write_slots(wasm_store_t* store, std::span<const wasm_val_t> values, std::span<const ValType> types,
                         const char* what, uint64_t* slots);
// Reads them; what they hold is then owned by the caller. Errors: limit; then nothing is owned.
Result<void> read_slots(wasm_store_t* store, const uint64_t* slots, std::span<const ValType> types, wasm_val_t* values);

inline std::span<const wasm_val_t> span_of(const wasm_val_vec_t* vec) {
  return vec == nullptr ? std::span<const wasm_val_t>() : std::span<const wasm_val_t>(vec->data, vec->size);
}

}  // namespace mini_wasm::capi
