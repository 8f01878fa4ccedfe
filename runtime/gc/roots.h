// Where a collection begins: everything outside of the heap that may hold references of a store.
//
//   value stack     from its bottom to the end of the innermost frame (Activation::top); conservatively: a slot that is
//   the
//                   address of an object counts as a reference
//   machine stack   what is in use of it; conservatively, addresses inside of an object count, too
//   native stacks   in the same way: the one that the collection runs on, from there up, and the registers; others that
//                   activations of the store stand on or that it has been used on, all of them (Store::note_stack)
//   precisely       globals, tables, element segments, the pending exception, and the heap's RootList
//
// A reference that the embedder keeps anywhere else (in a container, on the stack of another thread that is in no call
// of the store's) does not keep its object alive unless it is rooted.
#pragma once

#include "runtime/gc/marker.h"

namespace mini_wasm::runtime {
class Store;
}

namespace mini_wasm::runtime::gc {

// Returns how many slots there were, but for the native and machine stacks.
uint64_t visit_roots(const Store& store, Marker& marker);

// native_roots.cc
void visit_native_stacks(const Store& store, Marker& marker);
void visit_machine_stack(const Store& store, Marker& marker);

}  // namespace mini_wasm::runtime::gc
