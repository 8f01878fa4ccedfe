#include "runtime/checkpoint/heap_graph.h"

#include "runtime/store.h"

namespace mini_wasm::runtime {
namespace {

Error cannot_save(const RefPlace& place, const char* why) {
  std::string text = "cannot save ";
  text += describe(place.what, place.place) + ", element " + std::to_string(place.element) + ": " + why;
  return Error::make(ErrorKind::usage, std::move(text));
}

const TagInst* tag_of(const gc::Object& object) { return static_cast<const gc::ExceptionObject&>(object).tag; }

}  // namespace

Result<void> HeapGraph::add(Slot ref, ValType type, const RefPlace& place) {
  if (!type.is_ref() || ref == gc::kNull) return {};
  if (gc::storage_of(store_.engine().types(), FieldType{type}) != gc::Storage::ref) {
    if (index_.find(reinterpret_cast<const FuncInst*>(ref))) return {};
    return cannot_save(place, "it refers to a function of the host that no instance imports");
  }
  if (gc::is_i31(ref)) return {};
  const gc::Object* const object = gc::to_object(ref);
  if (!numbers_.emplace(object, objects_.size()).second) return {};
  objects_.push_back(object);
  return check(*object, place);
}

Result<void> HeapGraph::add_all(std::span<const Slot> refs, ValType type, RefPlace place) {
  for (; place.element < refs.size(); ++place.element) {
    if (Result<void> r = add(refs[place.element], type, place); !r) return r;
  }
  return {};
}

Result<void> HeapGraph::check(const gc::Object& object, const RefPlace& place) {
  switch (object.layout->kind) {
    case gc::ObjectKind::host:
      if (externs_are_saved_) return {};
      return cannot_save(place, "it refers to an object of the host: set CheckpointOptions::save_extern");
    case gc::ObjectKind::exception:
      if (index_.find(tag_of(object))) return {};
      return cannot_save(place, "it refers to an exception with a tag that no instance has");
    default: break;
  }
  if (index_.find(object.layout->type)) return {};
  return cannot_save(place, "it refers to an object of a type that no module has");
}

Result<void> HeapGraph::follow() {
  for (; followed_ < objects_.size(); ++followed_) {
    if (Result<void> r = follow(*objects_[followed_]); !r) return r;
  }
  return {};
}

Result<void> HeapGraph::follow(const gc::Object& object) {
  const TypeRegistry& types = store_.engine().types();
  if (object.layout->kind == gc::ObjectKind::host) return {};
  RefPlace place{"an object of type"};
  if (object.layout->kind == gc::ObjectKind::exception) {
    place = {"an exception with tag", *index_.find(tag_of(object))};
  } else {
    place.place = *index_.find(object.layout->type);
  }
  if (object.layout->kind == gc::ObjectKind::array) {
    const ValType type = types.get(object.layout->type).fields[0].value;
    if (!type.is_ref()) return {};
    return add_all({reinterpret_cast<const Slot*>(gc::elements(&object)), object.length}, type, place);
  }
  Result<void> result;
  for_each_value(types, object, [&](ValType type, gc::Storage, const Slot* slots) {
    if (result) result = add(*slots, type, place);
    ++place.element;
  });
  return result;
}

}  // namespace mini_wasm::runtime
