#include "runtime/call/thrown.h"

#include <mini_wasm/value.h>

#include <algorithm>
#include <string>
#include <utility>

#include "core/guarded.h"
#include "runtime/gc/object.h"
#include "runtime/instance/table.h"
#include "runtime/store.h"

namespace mini_wasm::runtime {
namespace {

std::string describe(const Store& store, Slot exception) {
  std::string text = "uncaught exception";
  const char* separator = ": ";
  const auto* object = static_cast<const gc::ExceptionObject*>(gc::to_object(exception));
  const Slot* slot = object->args();
  for (const ValType type : store.engine().types().func(object->tag->type).params) {
    const Val value = Val::from_bits(type, slot[0], type.is_vector() ? slot[1] : 0);
    slot += type.slots();
    // The number in a reference to an object is an address, which differs from run to run.
    const bool is_address = type.is_ref() && !value.is_null() && !value.is_i31();
    text += std::exchange(separator, " ");
    text += is_address ? to_string(type) : to_string(value);
  }
  return text;
}

}  // namespace

ThrownExceptions::~ThrownExceptions() {
  for (const std::shared_ptr<ThrownException>& thrown : held_) thrown->store = nullptr;
}

std::shared_ptr<ThrownException> ThrownExceptions::hold(Slot exception) {
  if (held_.size() >= forget_at_) {
    std::erase_if(held_, is_dropped);
    forget_at_ = std::max<size_t>(8, 2 * held_.size());
  }
  return held_.emplace_back(std::make_shared<ThrownException>(&store_, exception));
}

Error thrown_error(Store& store, Slot exception) {
  const auto make = [&] {
    Error error = Error::make(ErrorKind::exception, describe(store, exception));
    error.thrown = store.thrown().hold(exception);
    return error;
  };
  return guarded(make, out_of_memory);
}

Slot thrown_by(const Error& error, const Store& store) {
  const bool throws = error.kind == ErrorKind::exception && error.thrown != nullptr && error.thrown->store == &store;
  return throws ? error.thrown->ref : gc::kNull;
}

}  // namespace mini_wasm::runtime
