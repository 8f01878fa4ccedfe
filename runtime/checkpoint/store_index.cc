#include "runtime/checkpoint/store_index.h"

namespace mini_wasm::runtime {

std::string describe(const char* what, Place place) {
  std::string text = what;
  text += " " + std::to_string(place.index) + " of instance " + std::to_string(place.instance);
  return text;
}

// `list` may be null.
template <class T>
void StoreIndex::add_all(const std::vector<T*>& objects, size_t imported, std::vector<Placed<T>>* list) {
  const uint32_t instance = static_cast<uint32_t>(instances_.size());
  for (size_t i = 0; i < objects.size(); ++i) {
    const Place place{instance, static_cast<uint32_t>(i)};
    if (!places_.emplace(objects[i], place).second || list == nullptr) continue;
    list->push_back({objects[i], place, i >= imported});
  }
}

void StoreIndex::add(ModuleInst& instance) {
  const decoder::Module& module = instance.module->module();
  const uint32_t number = static_cast<uint32_t>(instances_.size());
  for (uint32_t i = 0; i < module.imported_funcs; ++i) {
    if (instance.funcs[i]->host != nullptr) places_.emplace(instance.funcs[i], Place{number, i});
  }
  add_all(instance.memories, module.imported_memories, &memories_);
  add_all(instance.tables, module.imported_tables, &tables_);
  add_all(instance.globals, module.imported_globals, &globals_);
  add_all<TagInst>(instance.tags, module.imported_tags, nullptr);
  places_.emplace(&instance, Place{number, 0});
  instances_.push_back(&instance);
}

std::optional<Place> StoreIndex::find(const void* object) const {
  const auto found = places_.find(object);
  return found == places_.end() ? std::nullopt : std::optional(found->second);
}

std::optional<Place> StoreIndex::find(const FuncInst* func) const {
  if (func->host != nullptr) return find(static_cast<const void*>(func));
  const std::optional<uint32_t> instance = number_of(func->context->instance);
  return instance ? std::optional(Place{*instance, raw(func->index)}) : std::nullopt;
}

std::optional<uint32_t> StoreIndex::number_of(const ModuleInst* instance) const {
  const std::optional<Place> found = find(static_cast<const void*>(instance));
  return found ? std::optional(found->instance) : std::nullopt;
}

std::optional<Place> StoreIndex::find(TypeId type) {
  for (; typed_instances_ < instances_.size(); ++typed_instances_) {
    const std::vector<TypeId>& types = instances_[typed_instances_]->module->module().types;
    for (uint32_t i = 0; i < types.size(); ++i) {
      types_.emplace(types[i], Place{static_cast<uint32_t>(typed_instances_), i});
    }
  }
  const auto found = types_.find(type);
  return found == types_.end() ? std::nullopt : std::optional(found->second);
}

}  // namespace mini_wasm::runtime
