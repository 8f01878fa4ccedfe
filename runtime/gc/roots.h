// The roots of a collection: everything outside the heap that may hold references of a store.
//
// Conservatively (a word that looks like a reference counts as one):
// * value stack: from its bottom to the end of the innermost frame (Activation::top). A slot counts if it is the
//   address of an object.
// * the same of suspended calls, wherever it is kept (Continuation).
// * machine stack: the part in use. An address inside an object counts as well.
// * native stacks, in the same way: the one that the collection runs on, from its current position upwards, with the
//   registers; and, completely, the others on which activations of the store run or on which the store has been used
//   (Execution::note_stack).
//
// Precisely:
// * globals, tables, element segments, the pending exception, and the heap's RootList.
//
// A reference that the embedder keeps anywhere else (in a container, or on the stack of a thread that is not in a call
// of the store) does not keep its object alive unless it is rooted.
#pragma once

#include "runtime/gc/marker.h"

namespace mini_wasm::runtime {
class Store;
}

namespace mini_wasm::runtime::gc {

// Visits all roots. Returns the number of slots, without those of native and machine stacks.
uint64_t visit_roots(const Store& store, Marker& marker);

// Defined in native_roots.cc.
void visit_native_stacks(const Store& store, Marker& marker);
// Words that were on a machine stack (runtime/call/continuation.h).
void visit_saved_words(Marker& marker, const Slot* words, size_t count);
void visit_machine_stack(const Store& store, Marker& marker);

}  // namespace mini_wasm::runtime::gc
