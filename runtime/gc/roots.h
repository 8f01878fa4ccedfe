// Where a collection begins: everything outside of the heap that may hold references of a store.
//
//   value stack     from its bottom to the end of the innermost frame (Activation::top); conservatively: a slot that is
//   the
//                   address of an object counts as a reference
//   native stack    of the calling thread, all of it, and its registers; conservatively, addresses inside of an object
//                   count, too
//   precisely       globals, tables, element segments, the pending exception, and the heap's RootList
//
// A reference that the embedder keeps anywhere else (in a container, on another thread's stack) does not keep its
// object alive unless it is rooted.
#pragma once

#include "runtime/gc/marker.h"

namespace mini_wasm::runtime {
class Store;
}

namespace mini_wasm::runtime::gc {

// Returns how many slots there were, but for the native stack.
uint64_t visit_roots(const Store& store, Marker& marker);

// native_stack_<os>.cc. `outermost`: where to stop when the thread runs on a stack that the system does not know, such
// as a coroutine's; null to do without.
void visit_native_stack(Marker& marker, const void* outermost);

}  // namespace mini_wasm::runtime::gc
