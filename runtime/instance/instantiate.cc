#include "runtime/instance/instantiate.h"

#include <algorithm>
#include <cstring>

#include "core/guarded.h"
#include "runtime/instance/builtins.h"
#include "runtime/instance/const_eval.h"
#include "runtime/instance/import_matching.h"
#include "runtime/instance/instantiation_plan.h"
#include "runtime/instance/pieces.h"

namespace mini_wasm::runtime {
namespace {

Error does_not_fit(TrapCode trap, const char* kind, uint32_t index, uint64_t at) {
  Error error = Error::trap(trap);
  error.message += std::string(": ") + kind + " segment " + std::to_string(index) + " at " + std::to_string(at);
  return error;
}

Result<void> unless(TrapCode trap) {
  if (trap != TrapCode::none) return Error::trap(trap);
  return {};
}

// What the objects of an instance begin with: what the module says, or nothing, because it will be given later.
enum class Content : uint8_t { initial, none };

// One instantiation. Until `publish`, no other code knows the new objects.
class Instantiation {
 public:
  Instantiation(Store& store, ModuleInst& instance, Content content)
      : store_(store), instance_(instance), module_(instance.module->module()), content_(content) {}

  // Makes and publishes the objects, or removes all that was made since `before`.
  Result<void> make(std::span<const Extern> imports, const ImportTable& table, const StoreObjects::Mark& before);
  Result<void> write_segments();

 private:
  void take_imports(std::span<const Extern> imports, const ImportTable& table);
  Result<void> allocate();
  void publish();
  Result<ConstValue> initial_value(decoder::ByteRange expr) const;
  Result<void> make_globals();
  Result<void> make_tables();
  Result<void> make_memories();
  Result<void> make_elems();
  Result<void> choose_code();
  void remember_tables();
  Result<void> write_elem(uint32_t index);
  Result<void> write_data(uint32_t index);
  Result<uint64_t> offset_of(decoder::ByteRange expr, bool is_64) const;

  Store& store_;
  ModuleInst& instance_;
  const decoder::Module& module_;
  const Content content_;
  bool datas_are_there_ = false;  // the memory was made with the content of all active segments
  bool elems_are_there_ = false;  // likewise for the tables
  bool used_before_ = false;      // the tables come from an earlier instance
};

Result<void> Instantiation::make(std::span<const Extern> imports, const ImportTable& table,
                                 const StoreObjects::Mark& before) {
  Result<void> made = guarded([&] {
    take_imports(imports, table);
    Result<void> r = allocate();
    if (r) publish();
    return r;
  });
  if (!made) store_.objects().forget_since(before);
  return made;
}

// Zero, or null, when the content comes later.
Result<ConstValue> Instantiation::initial_value(decoder::ByteRange expr) const {
  if (content_ == Content::none || expr.size() == 0) return ConstValue{};
  return eval_const(instance_, expr);
}

void Instantiation::take_imports(std::span<const Extern> imports, const ImportTable& table) {
  table.imports.make(store_, table.data, instance_.host_funcs, instance_.funcs);
  const Extern* next = imports.data();
  for (const decoder::Import* import : table.imports.others()) {
    void* const inst = (next++)->inst;
    switch (import->kind) {
      case ExternKind::func: instance_.funcs[import->index] = static_cast<FuncInst*>(inst); break;
      case ExternKind::table: instance_.tables.push_back(static_cast<TableInst*>(inst)); break;
      case ExternKind::memory: instance_.memories.push_back(static_cast<MemInst*>(inst)); break;
      case ExternKind::global: instance_.globals.push_back(static_cast<GlobalInst*>(inst)); break;
      case ExternKind::tag: instance_.tags.push_back(static_cast<TagInst*>(inst)); break;
    }
  }
}

// In the order of the specification: an initial value may refer to functions and to globals before it.
Result<void> Instantiation::allocate() {
  for (size_t i = module_.imported_tags; i < module_.tags.size(); ++i) {
    instance_.tags.push_back(store_.objects().new_tag(module_.type_id(module_.tags[i].type)));
  }
  if (Result<void> r = make_globals(); !r) return r;
  if (Result<void> r = make_tables(); !r) return r;
  if (Result<void> r = make_memories(); !r) return r;
  if (Result<void> r = choose_code(); !r) return r;
  return make_elems();
}

Result<void> Instantiation::make_globals() {
  for (size_t i = module_.imported_globals; i < module_.globals.size(); ++i) {
    const decoder::Global& global = module_.globals[i];
    Result<ConstValue> value = initial_value(global.init);
    if (!value) return std::move(value).error();
    instance_.globals.push_back(store_.objects().new_global(global.type, value->slots));
  }
  return {};
}

Result<void> Instantiation::make_tables() {
  const size_t count = module_.tables.size() - module_.imported_tables;
  const auto is_filled = [](const TableStorage& storage) { return storage.filled; };
  used_before_ = count != 0 && instance_.spare_tables.size() == count;
  elems_are_there_ = content_ == Content::initial && used_before_ &&
                     std::all_of(instance_.spare_tables.begin(), instance_.spare_tables.end(), is_filled);
  for (size_t i = module_.imported_tables; i < module_.tables.size(); ++i) {
    const decoder::Table& table = module_.tables[i];
    Result<ConstValue> init = initial_value(table.init);
    if (!init) return std::move(init).error();
    const size_t own = i - module_.imported_tables;
    TableStorage storage;
    if (own < instance_.spare_tables.size()) storage = std::move(instance_.spare_tables[own]);
    if (content_ == Content::none) storage.filled = false;
    Result<TableInst*> made = store_.objects().new_table(table.type, init->slots[0], std::move(storage));
    if (!made) return std::move(made).error();
    instance_.tables.push_back(*made);
  }
  instance_.spare_tables.clear();
  return {};
}

Result<void> Instantiation::make_memories() {
  for (size_t i = module_.imported_memories; i < module_.memories.size(); ++i) {
    const bool first = content_ == Content::initial && i == module_.imported_memories;
    const auto content = first ? instance_.module->instantiation().initial_memory().get(module_) : nullptr;
    Result<MemInst*> made = store_.objects().new_memory(module_.memories[i].type, content);
    if (!made) return std::move(made).error();
    instance_.memories.push_back(*made);
    if (content != nullptr) datas_are_there_ = (*made)->has_content();
  }
  return {};
}

// Whether an active segment can be written directly from the module: it contains function indices, no expressions.
bool is_plain(const decoder::Elem& elem) { return elem.mode == decoder::SegmentMode::active && !elem.uses_exprs; }

Result<void> Instantiation::make_elems() {
  instance_.elems.resize(module_.elems.size());
  for (size_t i = 0; i < module_.elems.size(); ++i) {
    const decoder::Elem& elem = module_.elems[i];
    std::vector<Slot>& values = instance_.elems[i];
    // A declarative segment has no content at run time: it counts as dropped.
    if (elem.mode == decoder::SegmentMode::declarative || is_plain(elem)) continue;
    values.reserve(elem.size());
    for (FuncIdx f : elem.funcs) values.push_back(reinterpret_cast<uintptr_t>(instance_.funcs[raw(f)]));
    if (content_ == Content::none) continue;
    for (decoder::ByteRange expr : elem.exprs) {
      Result<ConstValue> value = eval_const(instance_, expr);
      if (!value) return std::move(value).error();
      values.push_back(value->slots[0]);
    }
  }
  // Without a data count section no code refers to data segments (spec 5.5.15). Active segments count as dropped.
  if (!module_.data_count) return {};
  instance_.datas.resize(module_.datas.size());
  for (size_t i = 0; i < module_.datas.size(); ++i) {
    const decoder::Data& data = module_.datas[i];
    if (data.mode == decoder::SegmentMode::passive) instance_.datas[i] = module_.view(data.bytes);
  }
  return {};
}

// The instance was given code that relies on guard pages. If one of its memories has none, it gets the checked code,
// before any function is called.
Result<void> Instantiation::choose_code() {
  const Bounds bounds = store_.engine().bounds();
  const auto lacks_guard = [&](const MemInst* memory) { return memory->lacks_guard(bounds); };
  if (std::none_of(instance_.memories.begin(), instance_.memories.end(), lacks_guard)) return {};
  Result<ModuleCode*> checked = instance_.module->checked_code();
  if (!checked) return std::move(checked).error();
  instance_.attach(**checked);
  return {};
}

void Instantiation::publish() {
  for (GlobalInst* global : instance_.globals) instance_.global_cells.push_back(global->value);
  InstanceContext& context = instance_.context;
  context.globals = instance_.global_cells.data();
  context.funcs = instance_.funcs.data();
  context.tables = instance_.tables.data();
  context.memories = instance_.memories.data();
  if (!instance_.memories.empty()) instance_.memories[0]->add_user(context);
}

Result<uint64_t> Instantiation::offset_of(decoder::ByteRange expr, bool is_64) const {
  Result<ConstValue> value = eval_const(instance_, expr);
  if (!value) return std::move(value).error();
  return is_64 ? value->slots[0] : static_cast<uint32_t>(value->slots[0]);
}

Result<void> Instantiation::write_segments() {
  if (!elems_are_there_) {
    for (uint32_t i = 0; i < module_.elems.size(); ++i) {
      if (module_.elems[i].mode != decoder::SegmentMode::active) continue;
      if (Result<void> r = write_elem(i); !r) return r;
    }
    if (used_before_ && instance_.module->instantiation().tables_hold_own_functions()) remember_tables();
  }
  if (datas_are_there_) return {};
  for (uint32_t i = 0; i < module_.datas.size(); ++i) {
    if (module_.datas[i].mode != decoder::SegmentMode::active) continue;
    if (Result<void> r = write_data(i); !r) return r;
  }
  return {};
}

// Keeps the initial content of the tables for later instances. The first instance does not, because it may be the only
// one.
void Instantiation::remember_tables() {
  instance_.initial_tables.clear();
  for (size_t i = module_.imported_tables; i < instance_.tables.size(); ++i) {
    const TableInst& table = *instance_.tables[i];
    instance_.initial_tables.emplace_back(table.elements, table.elements + table.size);
  }
}

Result<void> Instantiation::write_elem(uint32_t index) {
  const decoder::Elem& elem = module_.elems[index];
  TableInst& table = *instance_.tables[raw(elem.table)];
  Result<uint64_t> at = offset_of(elem.table_offset, table.type.is_64);
  if (!at) return std::move(at).error();
  if (!table.contains(*at, elem.size())) {
    return does_not_fit(TrapCode::out_of_bounds_table_access, "element", index, *at);
  }
  Slot* to = table.elements + *at;
  if (is_plain(elem)) {
    return unless(in_pieces(&store_, elem.size(), 3, [&](uint64_t first, uint64_t count) {
      for (; count != 0; --count, ++first)
        to[first] = reinterpret_cast<uintptr_t>(instance_.funcs[raw(elem.funcs[first])]);
    }));
  }
  const std::vector<Slot>& values = instance_.elems[index];
  const TrapCode copied = copy_in_pieces(&store_, to, values.data(), values.size() * sizeof(Slot));
  elem_drop(instance_, ElemIdx{index});  // spec 4.7.2: like elem.drop after table.init
  return unless(copied);
}

Result<void> Instantiation::write_data(uint32_t index) {
  const decoder::Data& data = module_.datas[index];
  MemInst& memory = *instance_.memories[raw(data.memory)];
  Result<uint64_t> at = offset_of(data.memory_offset, memory.type.is_64);
  if (!at) return std::move(at).error();
  const std::span<const uint8_t> bytes = module_.view(data.bytes);
  if (!memory.contains(*at, bytes.size())) {
    return does_not_fit(TrapCode::out_of_bounds_memory_access, "data", index, *at);
  }
  return unless(copy_in_pieces(&store_, memory.base + *at, bytes.data(), bytes.size()));
}

Result<void> check_imports(const Store& store, const decoder::Module& module,
                           std::span<const decoder::Import* const> wanted, std::span<const Extern> imports) {
  if (imports.size() != wanted.size()) {
    return Error::make(ErrorKind::usage, "the module has " + std::to_string(wanted.size()) + " imports, but is given " +
                                             std::to_string(imports.size()));
  }
  for (size_t i = 0; i < imports.size(); ++i) {
    if (Result<void> r = match_import(store, module, *wanted[i], imports[i]); !r) return r;
  }
  return {};
}

// An instance with nothing but its own functions, after all that can be checked before.
Result<ModuleInst*> begin(Store& store, std::shared_ptr<const CompiledModule> compiled, std::span<const Extern> imports,
                          const ImportTable& table) {
  if (&compiled->engine() != &store.engine()) {
    return Error::make(ErrorKind::usage, "the module and the store belong to different engines");
  }
  Result<void> match = check_imports(store, compiled->module(), table.imports.others(), imports);
  if (!match) return std::move(match).error();
  return store.objects().new_instance(std::move(compiled));
}

}  // namespace

Result<ModuleInst*> instantiate(Store& store, std::shared_ptr<const CompiledModule> compiled,
                                std::span<const Extern> imports, ImportTable table) {
  const decoder::Module& module = compiled->module();
  const StoreObjects::Mark mark = store.objects().mark();
  Result<ModuleInst*> made = begin(store, std::move(compiled), imports, table);
  if (!made) return made;
  Instantiation instantiation(store, **made, Content::initial);
  if (Result<void> r = instantiation.make(imports, table, mark); !r) return std::move(r).error();
  // From here on, other instances may refer to the new objects (functions in imported tables). So they stay, even if a
  // segment does not fit or the start function traps.
  if (Result<void> r = instantiation.write_segments(); !r) return std::move(r).error();
  if (module.start) {
    // A start function has no parameters and no results (spec 3.5.10), so it needs no slots.
    if (Result<void> r = store.execution().call(*(*made)->funcs[raw(*module.start)], nullptr); !r)
      return std::move(r).error();
  }
  return made;
}

Result<ModuleInst*> instantiate_empty(Store& store, std::shared_ptr<const CompiledModule> compiled,
                                      std::span<const Extern> imports) {
  const ImportTable table{compiled->instantiation().host_imports({})};
  const StoreObjects::Mark mark = store.objects().mark();
  Result<ModuleInst*> made = begin(store, std::move(compiled), imports, table);
  if (!made) return made;
  if (Result<void> r = Instantiation(store, **made, Content::none).make(imports, table, mark); !r) {
    return std::move(r).error();
  }
  return made;
}

}  // namespace mini_wasm::runtime
