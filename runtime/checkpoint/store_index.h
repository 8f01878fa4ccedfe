// StoreIndex: names for the objects of a store that do not depend on addresses. An object is named by the first instance
// that has it, and its index there. It is built in the same way from a store that is saved and from one that is restored,
// instance by instance, so that both have the same objects in the same order.
// Thread rule: that of the store.
#pragma once

#include <mini_wasm/types.h>

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "runtime/instance/module_inst.h"

namespace mini_wasm::runtime {

struct Place {
  uint32_t instance = 0;
  uint32_t index = 0;
};
// Text such as "table 1 of instance 0".
std::string describe(const char* what, Place place);

template <class T>
struct Placed {
  T* inst;
  Place place;
  bool own;  // the instance's module defines it; else it was imported from the host
};

class StoreIndex {
 public:
  // The next instance of the store. It must live as long as the index.
  void add(ModuleInst& instance);

  const std::vector<ModuleInst*>& instances() const { return instances_; }
  const std::vector<Placed<MemInst>>& memories() const { return memories_; }
  const std::vector<Placed<TableInst>>& tables() const { return tables_; }
  const std::vector<Placed<GlobalInst>>& globals() const { return globals_; }

  // The name of an object; none if no instance has it.
  std::optional<Place> find(const void* object) const;
  std::optional<Place> find(const FuncInst* func) const;
  std::optional<Place> find(TypeId type);
  std::optional<uint32_t> number_of(const ModuleInst* instance) const;

 private:
  template <class T>
  void add_all(const std::vector<T*>& objects, size_t imported, std::vector<Placed<T>>* list);

  std::vector<ModuleInst*> instances_;
  std::unordered_map<const void*, Place> places_;  // of all but functions of guests; for an instance, its number
  std::vector<Placed<MemInst>> memories_;
  std::vector<Placed<TableInst>> tables_;
  std::vector<Placed<GlobalInst>> globals_;
  size_t typed_instances_ = 0;  // types_ has the types of this many
  std::unordered_map<TypeId, Place> types_;
};

}  // namespace mini_wasm::runtime
