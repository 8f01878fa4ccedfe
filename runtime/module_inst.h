// A module instance (spec 4.2.5): owned by its store, at a stable address until the store goes.
#pragma once

#include <memory>
#include <span>
#include <string_view>
#include <vector>

#include "runtime/compiled_module.h"
#include "runtime/instance_context.h"
#include "runtime/table.h"

namespace mini_wasm::runtime {

struct ModuleInst {
  InstanceContext context;  // points into the vectors below
  std::shared_ptr<const CompiledModule> module;
  Store* store = nullptr;

  std::vector<FuncInst*> funcs;  // imported first, likewise below
  std::vector<TableInst*> tables;
  std::vector<MemInst*> memories;
  std::vector<GlobalInst*> globals;
  std::vector<TagInst*> tags;
  std::vector<Slot*> global_cells;
  std::vector<FuncInst> own_funcs;              // sized once
  std::vector<std::vector<Slot>> elems;         // emptied by elem.drop
  std::vector<std::span<const uint8_t>> datas;  // emptied by data.drop
};

}  // namespace mini_wasm::runtime
