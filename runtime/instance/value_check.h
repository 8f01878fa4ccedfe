// Checks of values that come from the embedder, before guests see them.
#pragma once

#include <mini_wasm/result.h>
#include <mini_wasm/value.h>

#include <span>
#include <string>
#include <vector>

#include "runtime/store.h"

namespace mini_wasm::runtime {

// Whether `value` has type `wanted`. A reference is judged by the object that it refers to, not by the type it is
// labelled with, and must belong to this store. The value may be any bits: a reference is followed only after its
// address has been found in the store. Error: usage; the message starts with `what`.
Result<void> check_value(const Store& store, const Val& value, ValType wanted, const std::string& what);
// Whether a reference has the type. It must be one of this store or null, and a reference to a function exactly if
// the type is one of functions.
bool has_type(const Store& store, Slot ref, ValType type);
// The values in slots, after this check. The message calls them `what` with their number. Error: usage (also for a wrong
// number of values).
Result<std::vector<Slot>> checked_slots(const Store& store, std::span<const Val> values,
                                        const std::vector<ValType>& types, const char* what);
// The errors of functions of the embedder that could not make an object in the GC heap. Errors: limit; trap, when the store
// is interrupted, which a large object notices.
Error no_room_for_object();
Error no_object(const Store& store);
// The same check for the references among the results that a host function has written into slots.
Result<void> check_results(const HostFunc& func, const Slot* slots);
// Whether all types in `type` belong to the engine of `types`.
bool is_known(const TypeRegistry& types, const FuncType& type);

// Conversion between a value and slots. 32-bit values are extended with zeros. A reference of a defined type is
// labelled with an abstract type: in the any hierarchy i31, struct or array, or any for an object of the host.
void store_value(Slot* slots, const Val& value);
Val load_value(const Store& store, const Slot* slots, ValType type);

// The same for the arguments of a function, or its results. Error: usage, when there are not as many as types, or one
// does not fit.
enum class Values : uint8_t { arguments, results };
Result<void> store_values(const Store& store, std::span<const ValType> types, std::span<const Val> values, Values what,
                          Slot* slots);
std::vector<Val> load_values(const Store& store, std::span<const ValType> types, const Slot* slots);

}  // namespace mini_wasm::runtime
