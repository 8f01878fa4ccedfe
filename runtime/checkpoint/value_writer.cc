#include "runtime/checkpoint/value_writer.h"

namespace mini_wasm::runtime {

void ValueWriter::place(Place place) {
  out_.number(place.instance);
  out_.number(place.index);
}

// Null, or the instance plus one and the index.
void ValueWriter::func(const FuncInst* func) {
  if (func == nullptr) return out_.number(0);
  const Place place = *index_.find(func);
  out_.number(uint64_t{place.instance} + 1);
  out_.number(place.index);
}

void ValueWriter::value(ValType type, gc::Storage storage, const Slot* slots) {
  if (!type.is_ref()) return out_.bytes({reinterpret_cast<const uint8_t*>(slots), gc::storage_bytes(storage)});
  if (storage == gc::Storage::ref) return object(*slots);
  func(reinterpret_cast<const FuncInst*>(*slots));
}

void ValueWriter::object(Slot ref) {
  if (ref == gc::kNull) return out_.number(kImageNull);
  if (!gc::is_i31(ref)) return out_.number(kImageFirstObject + graph_.number_of(gc::to_object(ref)));
  out_.number(kImageI31);
  out_.number(gc::i31_get_u(ref));
}

// Runs of equal references: their number and the reference.
void ValueWriter::refs(std::span<const Slot> refs, ValType type) {
  const gc::Storage storage = gc::storage_of(types_, FieldType{type});
  for (size_t at = 0; at < refs.size();) {
    const size_t first = at;
    while (at < refs.size() && refs[at] == refs[first]) ++at;
    out_.number(at - first);
    value(type, storage, &refs[first]);
  }
}

}  // namespace mini_wasm::runtime
