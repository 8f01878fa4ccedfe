// The public function checkpoint.
#include <mini_wasm/checkpoint.h>

#include <algorithm>
#include <unordered_map>
#include <utility>

#include "core/guarded.h"
#include "runtime/checkpoint/call_coding.h"
#include "runtime/instance/value_check.h"
#include "runtime/store.h"

namespace mini_wasm::runtime {
namespace {

bool is_dropped(const std::vector<Slot>& elems) { return elems.empty(); }
bool is_dropped(std::span<const uint8_t> data) { return data.empty(); }

class Checkpoint {
 public:
  Checkpoint(Store& store, const CheckpointSink& sink, const CheckpointOptions& options)
      : store_(store),
        options_(options),
        out_(sink),
        graph_(store, index_, options.save_extern != nullptr),
        values_(out_, store.engine().types(), index_, graph_) {}

  Result<void> write();

 private:
  Result<void> check_memories() const;
  Result<void> save_calls();
  Result<void> find_objects();
  void write_modules();
  void write_instance(const ModuleInst& instance, uint32_t number);
  void write_import(const ModuleInst& instance, const decoder::Import& import, uint32_t number);
  Result<void> write_objects();
  Result<void> declare(const gc::Object& object);
  void write_content(const gc::Object& object);
  void write_globals();
  void write_segments(const ModuleInst& instance);

  Store& store_;
  const CheckpointOptions& options_;
  ImageWriter out_;
  StoreIndex index_;
  HeapGraph graph_;
  ValueWriter values_;
  std::vector<SavedCall> calls_;
  std::vector<const CompiledModule*> modules_;
  std::unordered_map<const CompiledModule*, uint64_t> module_numbers_;
};

Result<void> Checkpoint::write() {
  for (ModuleInst& instance : store_.objects().instances()) index_.add(instance);
  if (Result<void> r = check_memories(); !r) return r;
  if (Result<void> r = save_calls(); !r) return r;
  if (Result<void> r = find_objects(); !r) return r;
  out_.bytes(kImageMagic);
  out_.number(kImageVersion);
  write_modules();
  out_.number(index_.instances().size());
  for (uint32_t i = 0; i < index_.instances().size(); ++i) write_instance(*index_.instances()[i], i);
  if (Result<void> r = write_objects(); !r) return r;
  write_globals();
  for (const auto& [table, place, own] : index_.tables()) {
    values_.refs({table->elements, table->size}, table->type.element);
  }
  for (const ModuleInst* instance : index_.instances()) write_segments(*instance);
  for (const auto& [memory, place, own] : index_.memories()) out_.sparse({memory->base, memory->size});
  out_.number(static_cast<uint64_t>(std::max<int64_t>(store_.execution().fuel, 0)));
  out_.number(calls_.size());
  for (const SavedCall& call : calls_) CallWriter(out_, index_, values_).write(call);
  return out_.finish();
}

// The content of a memory that others can change would be of no single moment, and its restored copy be nobody else's.
Result<void> Checkpoint::check_memories() const {
  for (const auto& shared : store_.objects().shared_memories()) {
    if (shared.use_count() == 1) continue;
    const std::optional<Place> place = index_.find(shared.get());
    if (!place) continue;
    return Error::make(ErrorKind::usage,
                       "cannot save " + describe("memory", *place) + ": the host or other stores share it");
  }
  return {};
}

Result<void> Checkpoint::save_calls() {
  for (AsyncCall* const call : options_.calls) {
    const uint32_t number = static_cast<uint32_t>(calls_.size());
    if (call == nullptr || call->impl() == nullptr || call->impl()->execution() != &store_.execution()) {
      return Error::make(ErrorKind::usage, "call " + std::to_string(number) + " is none of this store");
    }
    Result<SavedCall> saved = save_call(store_, *call->impl());
    if (!saved) return std::move(saved).error();
    calls_.push_back(std::move(*saved));
    if (Result<void> r = add_roots(calls_.back(), index_, graph_, number); !r) return r;
  }
  return {};
}

Result<void> Checkpoint::find_objects() {
  for (const auto& [global, place, own] : index_.globals()) {
    if (!own && !global->type.mutable_) continue;
    if (Result<void> r = graph_.add(global->value[0], global->type.value, {"global", place}); !r) return r;
  }
  for (const auto& [table, place, own] : index_.tables()) {
    Result<void> r = graph_.add_all({table->elements, table->size}, table->type.element, {"table", place});
    if (!r) return r;
  }
  for (uint32_t n = 0; n < index_.instances().size(); ++n) {
    const ModuleInst& instance = *index_.instances()[n];
    for (uint32_t i = 0; i < instance.elems.size(); ++i) {
      const decoder::Elem& elem = instance.module->module().elems[i];
      if (!elem.uses_exprs) continue;
      if (Result<void> r = graph_.add_all(instance.elems[i], elem.type, {"element segment", {n, i}}); !r) return r;
    }
  }
  return graph_.follow();
}

void Checkpoint::write_modules() {
  for (const ModuleInst* instance : index_.instances()) {
    if (module_numbers_.emplace(instance->module.get(), modules_.size()).second) {
      modules_.push_back(instance->module.get());
    }
  }
  out_.number(modules_.size());
  for (const CompiledModule* compiled : modules_) {
    const decoder::Module& module = compiled->module();
    out_.bytes(hash_128(module.bytes));
    out_.number(module.bytes.size());
    out_.text(module.names().module);
  }
}

void Checkpoint::write_instance(const ModuleInst& instance, uint32_t number) {
  const decoder::Module& module = instance.module->module();
  out_.number(module_numbers_[instance.module.get()]);
  for (const decoder::Import& import : module.imports) write_import(instance, import, number);
  for (size_t i = module.imported_memories; i < instance.memories.size(); ++i) {
    out_.number(instance.memories[i]->size_pages());
  }
  for (size_t i = module.imported_tables; i < instance.tables.size(); ++i) out_.number(instance.tables[i]->size);
}

// 0: the import is from the linker. Otherwise: the instance plus one, and the index there.
void Checkpoint::write_import(const ModuleInst& instance, const decoder::Import& import, uint32_t number) {
  const auto find = [&]() -> std::optional<Place> {
    switch (import.kind) {
      case ExternKind::func: return index_.find(instance.funcs[import.index]);
      case ExternKind::table: return index_.find(instance.tables[import.index]);
      case ExternKind::memory: return index_.find(instance.memories[import.index]);
      case ExternKind::global: return index_.find(instance.globals[import.index]);
      case ExternKind::tag: break;
    }
    return index_.find(instance.tags[import.index]);
  };
  const Place place = *find();
  if (place.instance != number) {
    out_.number(uint64_t{place.instance} + 1);
    return out_.number(place.index);
  }
  out_.number(0);
  // An import of the same instance may be the same object once more.
  out_.number(place.index);
  if (place.index != import.index) return;
  if (import.kind == ExternKind::memory) out_.number(instance.memories[import.index]->size_pages());
  if (import.kind == ExternKind::table) out_.number(instance.tables[import.index]->size);
}

Result<void> Checkpoint::write_objects() {
  out_.number(graph_.objects().size());
  for (const gc::Object* object : graph_.objects()) {
    if (Result<void> r = declare(*object); !r) return r;
  }
  for (const gc::Object* object : graph_.objects()) write_content(*object);
  return {};
}

Result<void> Checkpoint::declare(const gc::Object& object) {
  switch (object.layout->kind) {
    case gc::ObjectKind::struct_:
      out_.number(static_cast<uint64_t>(ImageObject::struct_));
      values_.place(*index_.find(object.layout->type));
      break;
    case gc::ObjectKind::array:
      out_.number(static_cast<uint64_t>(ImageObject::array));
      values_.place(*index_.find(object.layout->type));
      out_.number(object.length);
      break;
    case gc::ObjectKind::exception:
      out_.number(static_cast<uint64_t>(ImageObject::exception));
      values_.place(*index_.find(static_cast<const gc::ExceptionObject&>(object).tag));
      break;
    case gc::ObjectKind::host: {
      out_.number(static_cast<uint64_t>(ImageObject::host));
      const Slot ref = gc::to_ref(&object);
      const Result<std::vector<uint8_t>> bytes = options_.save_extern(load_value(store_, &ref, ValType::externref));
      if (!bytes) return Error(bytes.error());
      out_.number(bytes->size());
      out_.bytes(*bytes);
      break;
    }
  }
  return {};
}

void Checkpoint::write_content(const gc::Object& object) {
  const TypeRegistry& types = store_.engine().types();
  if (object.layout->kind == gc::ObjectKind::host) return;
  if (object.layout->kind != gc::ObjectKind::array) {
    return for_each_value(types, object, [&](ValType type, gc::Storage storage, const Slot* slots) {
      values_.value(type, storage, slots);
    });
  }
  const ValType type = types.get(object.layout->type).fields[0].value;
  const uint8_t* const elements = gc::elements(&object);
  if (type.is_ref()) return values_.refs({reinterpret_cast<const Slot*>(elements), object.length}, type);
  out_.sparse({elements, size_t{object.length} << object.layout->element_log2});
}

// The value of an immutable global of the host is the host's.
void Checkpoint::write_globals() {
  for (const auto& [global, place, own] : index_.globals()) {
    if (own || global->type.mutable_) values_.value(global->type.value, global->value);
  }
}

// 0 for each dropped segment. Of the others, only what is not in the module is written.
void Checkpoint::write_segments(const ModuleInst& instance) {
  for (size_t i = 0; i < instance.elems.size(); ++i) {
    const decoder::Elem& elem = instance.module->module().elems[i];
    out_.number(is_dropped(instance.elems[i]) ? 0 : 1);
    if (elem.uses_exprs) values_.refs(instance.elems[i], elem.type);
  }
  for (const auto& data : instance.datas) out_.number(is_dropped(data) ? 0 : 1);
}

Result<void> usage(const char* message) { return Error::make(ErrorKind::usage, message); }

}  // namespace
}  // namespace mini_wasm::runtime

namespace mini_wasm {

Result<void> checkpoint(Store& store, const CheckpointSink& sink, const CheckpointOptions& options) {
  if (store.empty()) return out_of_memory();
  return guarded([&]() -> Result<void> {
    if (store.impl().execution().activation() != nullptr) return runtime::usage("a call of the store is running");
    return runtime::Checkpoint(store.impl(), sink, options).write();
  });
}

}  // namespace mini_wasm
