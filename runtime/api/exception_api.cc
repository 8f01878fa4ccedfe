// The public class Exception.
#include <mini_wasm/exception.h>

#include "core/guarded.h"
#include "runtime/call/thrown.h"
#include "runtime/gc/ops.h"
#include "runtime/instance/value_check.h"
#include "runtime/store.h"

namespace mini_wasm {

using runtime::Slot;

namespace {

const runtime::gc::ExceptionObject& object_of(const runtime::ThrownException& thrown) {
  return *static_cast<const runtime::gc::ExceptionObject*>(runtime::gc::to_object(thrown.ref));
}

Tag tag_of(const runtime::ThrownException& thrown) {
  return Tag(thrown.store, const_cast<runtime::TagInst*>(object_of(thrown).tag));
}

// Null when the store is gone, or the object was moved from.
runtime::Store* store_of(const std::shared_ptr<runtime::ThrownException>& thrown) {
  return thrown == nullptr ? nullptr : thrown->store;
}

Error store_is_gone() { return Error::make(ErrorKind::usage, "the store of the exception is gone"); }

Result<Exception> make_exception(runtime::Store& store, const Tag& tag, std::span<const Val> values) {
  if (&tag.store() != &store) return Error::make(ErrorKind::usage, "the tag belongs to another store");
  const FuncType& type = tag.type();
  Result<std::vector<Slot>> slots = runtime::checked_slots(store, values, type.params, "value");
  if (!slots) return std::move(slots).error();
  store.execution().note_stack();
  const runtime::gc::SpanRoots roots(store.heap().roots(), *slots);
  const runtime::gc::ExceptionObject* made =
      runtime::gc::exception_new(store, tag.impl(), slots->data(), static_cast<uint32_t>(slots->size()));
  if (made == nullptr) return runtime::no_object(store);
  return Exception(store.thrown().hold(runtime::gc::to_ref(made)));
}

}  // namespace

Result<Exception> Exception::make(Store& store, const Tag& tag, std::span<const Val> values) {
  if (store.empty()) return out_of_memory();
  return guarded([&] { return make_exception(store.impl(), tag, values); });
}

Result<Exception> Exception::of(Store& store, const Val& value) {
  if (store.empty()) return out_of_memory();
  return guarded([&]() -> Result<Exception> {
    Result<void> fits = runtime::check_value(store.impl(), value, ValType::ref(HeapKind::exn, false), "exception");
    if (!fits) return std::move(fits).error();
    return Exception(store.impl().thrown().hold(value.bits()));
  });
}

bool Exception::has(const Tag& tag) const {
  return store_of(thrown_) != nullptr && object_of(*thrown_).tag == tag.impl();
}

Result<Tag> Exception::tag() const {
  return guarded([&]() -> Result<Tag> {
    if (store_of(thrown_) == nullptr) return store_is_gone();
    return tag_of(*thrown_);
  });
}

Result<std::vector<Val>> Exception::values() const {
  return guarded([&]() -> Result<std::vector<Val>> {
    if (store_of(thrown_) == nullptr) return store_is_gone();
    thrown_->store->execution().note_stack();
    std::vector<Val> values;
    const Slot* slot = object_of(*thrown_).args();
    for (const ValType type : tag_of(*thrown_).type().params) {
      values.push_back(runtime::load_value(*thrown_->store, slot, type));
      slot += type.slots();
    }
    return values;
  });
}

Result<Val> Exception::ref() const {
  return guarded([&]() -> Result<Val> {
    if (store_of(thrown_) == nullptr) return store_is_gone();
    thrown_->store->execution().note_stack();
    return Val::from_bits(ValType::ref(HeapKind::exn, false), thrown_->ref);
  });
}

Error Exception::to_error() const {
  if (store_of(thrown_) == nullptr) return guarded(store_is_gone, out_of_memory);
  return runtime::thrown_error(*thrown_->store, thrown_->ref);
}

std::optional<Exception> Error::exception() const {
  if (store_of(thrown) == nullptr) return std::nullopt;
  return Exception(thrown);
}

}  // namespace mini_wasm
