// Values that come from the embedder: whether they may go where they are headed.
#pragma once

#include <mini_wasm/result.h>
#include <mini_wasm/value.h>

#include "runtime/store.h"

namespace mini_wasm::runtime {

// Whether `value` is of type `wanted`: a reference by what it refers to, whatever it was labelled with, and only when
// that is of this store. Nothing is followed before it is known to be there, so any bits may come. Error: usage,
// starting with `what`.
Result<void> check_value(const Store& store, const Val& value, ValType wanted, const std::string& what);
// The same for the references among the results that a host function has left in slots.
Result<void> check_results(const HostFunc& func, const Slot* slots);
// Whether an engine with these types can have functions of that one.
bool is_known(const TypeRegistry& types, const FuncType& type);

// A value in slots and back. 32-bit values are widened with zeros; a reference of a defined type is labelled with an
// abstract one, in the any hierarchy by what it refers to: i31, struct, array, or any for the host's.
void store_value(Slot* slots, const Val& value);
Val load_value(const Store& store, const Slot* slots, ValType type);

}  // namespace mini_wasm::runtime
