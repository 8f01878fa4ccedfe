#include "runtime/gc/roots.h"

#include <algorithm>

#include "runtime/call/from_host.h"
#include "runtime/store.h"

namespace mini_wasm::runtime::gc {
namespace {

// Whether a reference of this type may point to a heap object.
bool is_traced(const TypeRegistry& types, ValType type) {
  return type.is_ref() && storage_of(types, FieldType{type}) == Storage::ref;
}

uint64_t visit_value_stack(const Store& store, Marker& marker) {
  const Execution& execution = store.execution();
  const Activation* innermost = execution.activation();
  if (innermost == nullptr || execution.stack() == nullptr) return 0;
  // Beyond the accessible part, nothing has been written yet, so there are no references.
  const Slot* const end = std::min<const Slot*>(innermost->top, execution.accessible_stack_end());
  const size_t count = static_cast<size_t>(end - execution.stack());
  marker.visit_slots(execution.stack(), count);
  return count;
}

uint64_t visit_table(const TableInst& table, Marker& marker) {
  marker.visit_all({table.elements, table.size});
  return table.size;
}

uint64_t visit_segments(const TypeRegistry& types, const ModuleInst& instance, Marker& marker) {
  uint64_t count = 0;
  for (size_t i = 0; i < instance.elems.size(); ++i) {
    if (!is_traced(types, instance.module->module().elems[i].type)) continue;
    marker.visit_all(instance.elems[i]);
    count += instance.elems[i].size();
  }
  return count;
}

}  // namespace

uint64_t visit_roots(const Store& store, Marker& marker) {
  const TypeRegistry& types = store.engine().types();
  visit_native_stacks(store, marker);
  visit_machine_stack(store, marker);
  uint64_t count = visit_value_stack(store, marker) + store.objects().globals().size();
  store.execution().for_each_continuation([&](const Continuation& continuation) {
    continuation.visit([&](const Slot* slots, size_t n) { marker.visit_slots(slots, n), count += n; },
                       [&](const Slot* words, size_t n) { visit_saved_words(marker, words, n); });
  });
  marker.visit(store.execution().pending_exception);
  store.thrown().for_each([&](Slot exception) { marker.visit(exception); });
  for (const GlobalInst& global : store.objects().globals()) {
    if (is_traced(types, global.type.value)) marker.visit(global.value[0]);
  }
  for (const TableInst& table : store.objects().tables()) {
    if (is_traced(types, table.type.element)) count += visit_table(table, marker);
  }
  for (const ModuleInst& instance : store.objects().instances()) count += visit_segments(types, instance, marker);
  return count;
}

}  // namespace mini_wasm::runtime::gc
