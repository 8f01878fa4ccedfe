// Values that come from the embedder: whether they may go where they are headed.
#pragma once

#include <mini_wasm/result.h>
#include <mini_wasm/value.h>

#include "runtime/store.h"

namespace mini_wasm::runtime {

// Whether `value` is of type `wanted`: by its actual type when it is a function or null, whatever it was labelled with.
// Error: usage, starting with `what`.
Result<void> check_value(const Store& store, const Val& value, ValType wanted, const std::string& what);

// A value in slots and back. 32-bit values are widened with zeros; a reference of a defined type is labelled with an
// abstract one, in the any hierarchy by what it refers to: i31, struct, array, or any for the host's.
void store_value(Slot* slots, const Val& value);
Val load_value(const Store& store, const Slot* slots, ValType type);

}  // namespace mini_wasm::runtime
