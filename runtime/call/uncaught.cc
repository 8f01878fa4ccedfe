#include "runtime/call/uncaught.h"

#include <mini_wasm/value.h>

#include <utility>

#include "runtime/gc/object.h"
#include "runtime/instance/table.h"
#include "runtime/store.h"

namespace mini_wasm::runtime {

std::string describe_uncaught(const Store& store, Slot exception) {
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

}  // namespace mini_wasm::runtime
