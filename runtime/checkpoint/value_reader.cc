#include "runtime/checkpoint/value_reader.h"

#include <algorithm>

#include "runtime/instance/value_check.h"

namespace mini_wasm::runtime {

ModuleInst* ValueReader::instance() {
  const size_t n = index_in(index_.instances(), "instance");
  return in_.ok() ? index_.instances()[n] : nullptr;
}

std::optional<TypeId> ValueReader::type() {
  const ModuleInst* const from = instance();
  if (from == nullptr) return std::nullopt;
  const std::vector<TypeId>& types = from->module->module().types;
  const size_t n = index_in(types, "type");
  return in_.ok() ? std::optional(types[n]) : std::nullopt;
}

FuncInst* ValueReader::func() {
  const uint64_t instance = in_.number_up_to(index_.instances().size(), "instance");
  return instance == 0 ? nullptr : func_of(*index_.instances()[instance - 1]);
}

// Only those functions can be referred to that have an instance of their own.
FuncInst* ValueReader::func_of(const ModuleInst& instance) {
  const size_t n = index_in(instance.funcs, "function");
  if (!in_.ok()) return nullptr;
  if (instance.funcs[n] == nullptr) in_.fail("no code can refer to function " + std::to_string(n));
  return instance.funcs[n];
}

void ValueReader::value(ValType type, gc::Storage storage, Slot* slots) {
  if (!type.is_ref()) {
    slots[0] = 0;  // the image may have only a part of it
    return in_.bytes({reinterpret_cast<uint8_t*>(slots), gc::storage_bytes(storage)});
  }
  const Slot ref = storage == gc::Storage::ref ? object() : reinterpret_cast<Slot>(func());
  slots[0] = in_.ok() ? ref : gc::kNull;
  if (in_.ok() && !has_type(store_, ref, type)) in_.fail("a reference does not have the type " + to_string(type));
}

Slot ValueReader::object() {
  const uint64_t ref = in_.number_up_to(kImageFirstObject + objects_.refs.size() - 1, "object");
  if (ref >= kImageFirstObject) return objects_.refs[ref - kImageFirstObject];
  if (ref == kImageNull) return gc::kNull;
  return gc::ref_i31(static_cast<uint32_t>(in_.number_up_to(0x7fff'ffff, "i31")));
}

void ValueReader::refs(std::span<Slot> refs, ValType type) {
  const gc::Storage storage = gc::storage_of(store_.engine().types(), FieldType{type});
  while (!refs.empty() && in_.ok()) {
    const uint64_t count = in_.number_up_to(refs.size(), "number of references");
    if (count == 0) in_.fail("no references");
    Slot ref = gc::kNull;
    value(type, storage, &ref);
    std::fill_n(refs.begin(), count, ref);
    refs = refs.subspan(count);
  }
}

}  // namespace mini_wasm::runtime
