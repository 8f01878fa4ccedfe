// The public function restore.
#include <mini_wasm/checkpoint.h>

#include <algorithm>
#include <utility>

#include "core/guarded.h"
#include "core/utf8.h"
#include "runtime/checkpoint/call_coding.h"
#include "runtime/gc/ops.h"
#include "runtime/instance/import_matching.h"
#include "runtime/instance/instantiate.h"
#include "runtime/instance/value_check.h"

namespace mini_wasm::runtime {
namespace {

class Restoration {
 public:
  Restoration(mini_wasm::Store& handle, const Linker& linker, const CheckpointSource& source,
              const RestoreOptions& options)
      : handle_(handle),
        store_(handle.impl()),
        linker_(linker),
        options_(options),
        in_(source, store_),
        objects_(store_.heap()),
        values_(in_, store_, index_, objects_) {}

  Result<Restored> read(std::span<const Module> modules);

 private:
  void read_magic();
  void read_modules(std::span<const Module> modules);
  void read_instance();
  std::vector<Extern> read_imports(const decoder::Module& module);
  void* read_import(const decoder::Module& module, const decoder::Import& import, std::span<const Extern> before);
  void* earlier_import(const decoder::Module& module, const decoder::Import& import, std::span<const Extern> before,
                       uint64_t index);
  void* object_of(const ModuleInst& instance, ExternKind kind);
  void* from_linker(const decoder::Module& module, const decoder::Import& import, std::span<const Extern> before);
  void grow(MemInst& memory);
  void grow(TableInst& table);
  void read_objects();
  Slot read_declaration();
  const gc::TypeLayout* read_type(CompositeKind kind);
  Slot made(const gc::Object* object);
  Slot new_exception();
  Slot new_host();
  void read_content(gc::Object& object);
  void read_struct(gc::Object& object);
  void read_exception(gc::ExceptionObject& object);
  void read_array(gc::Object& object);
  void read_globals();
  void read_call(Restored& restored);
  void read_segments(ModuleInst& instance);

  mini_wasm::Store& handle_;
  Store& store_;
  const Linker& linker_;
  const RestoreOptions& options_;
  ImageReader in_;
  StoreIndex index_;
  RestoredObjects objects_;
  std::vector<bool> from_host_;  // of the objects: those that the host has made
  ValueReader values_;
  std::vector<std::shared_ptr<const CompiledModule>> modules_;
};

Result<Restored> Restoration::read(std::span<const Module> modules) {
  read_magic();
  read_modules(modules);
  for (uint64_t left = in_.number(); left != 0 && in_.ok(); --left) read_instance();
  read_objects();
  read_globals();
  for (const auto& [table, place, own] : index_.tables()) {
    values_.refs({table->elements, table->size}, table->type.element);
  }
  for (ModuleInst* instance : index_.instances()) read_segments(*instance);
  for (const auto& [memory, place, own] : index_.memories()) in_.sparse({memory->base, memory->size}, own);
  Restored restored;
  restored.fuel = in_.number();
  for (uint64_t left = in_.number(); left != 0 && in_.ok(); --left) read_call(restored);
  in_.end();
  if (Result<void> r = in_.take_result(); !r) return std::move(r).error();
  for (ModuleInst* instance : index_.instances()) restored.instances.emplace_back(&store_, instance);
  return restored;
}

void Restoration::read_magic() {
  std::array<uint8_t, kImageMagic.size()> magic;
  in_.bytes(magic);
  if (magic != kImageMagic) in_.fail("this is not an image of a store");
  const uint64_t version = in_.number();
  if (version != kImageVersion) in_.fail("unknown version " + std::to_string(version));
}

// --- Modules -------------------------------------------------------------------------------------------------------

std::string hex_text(std::span<const uint8_t> bytes) {
  std::string text;
  for (const uint8_t byte : bytes) {
    text += "0123456789abcdef"[byte >> 4];
    text += "0123456789abcdef"[byte & 15];
  }
  return text;
}

void Restoration::read_modules(std::span<const Module> modules) {
  std::vector<ImageHash> known;
  known.reserve(modules.size());
  for (const Module& module : modules) known.push_back(hash_128(module.impl()->module().bytes));
  for (uint64_t left = in_.number(); left != 0 && in_.ok(); --left) {
    ImageHash hash;
    in_.bytes(hash);
    const uint64_t size = in_.number();
    const std::vector<uint8_t> name = in_.block();
    const auto found = std::find(known.begin(), known.end(), hash);
    if (found != known.end()) {
      modules_.push_back(modules[static_cast<size_t>(found - known.begin())].impl());
    } else if (in_.ok()) {
      const std::string_view text(reinterpret_cast<const char*>(name.data()), name.size());
      in_.fail(Error::make(ErrorKind::unlinkable, "module " + std::to_string(modules_.size()) +
                                                      " of the checkpoint (\"" + escape_for_terminal(text) + "\", " +
                                                      std::to_string(size) + " bytes, hash " + hex_text(hash) +
                                                      ") was not given"));
    }
  }
}

// --- Instances -----------------------------------------------------------------------------------------------------

void Restoration::read_instance() {
  const size_t number = values_.index_in(modules_, "module");
  if (!in_.ok()) return;
  const decoder::Module& module = modules_[number]->module();
  const std::vector<Extern> imports = read_imports(module);
  if (!in_.ok()) return;
  Result<ModuleInst*> made = instantiate_empty(store_, modules_[number], imports);
  if (!made) return in_.fail(std::move(made).error());
  for (size_t i = module.imported_memories; i < (*made)->memories.size(); ++i) grow(*(*made)->memories[i]);
  for (size_t i = module.imported_tables; i < (*made)->tables.size(); ++i) grow(*(*made)->tables[i]);
  index_.add(**made);
}

std::vector<Extern> Restoration::read_imports(const decoder::Module& module) {
  std::vector<Extern> imports;
  imports.reserve(module.imports.size());
  for (const decoder::Import& import : module.imports) {
    Extern value;
    value.kind = import.kind;
    value.store = &store_;
    value.inst = read_import(module, import, imports);
    if (!in_.ok()) break;
    imports.push_back(value);
  }
  return imports;
}

void* Restoration::read_import(const decoder::Module& module, const decoder::Import& import,
                               std::span<const Extern> before) {
  const uint64_t instance = in_.number_up_to(index_.instances().size(), "instance");
  if (instance != 0) return object_of(*index_.instances()[instance - 1], import.kind);
  const uint64_t index = in_.number();
  return index == import.index ? from_linker(module, import, before) : earlier_import(module, import, before, index);
}

void* Restoration::earlier_import(const decoder::Module& module, const decoder::Import& import,
                                  std::span<const Extern> before, uint64_t index) {
  for (size_t i = 0; i < before.size(); ++i) {
    if (module.imports[i].kind == import.kind && module.imports[i].index == index) return before[i].inst;
  }
  in_.fail("an import that is the same as a later one");
  return nullptr;
}

void* Restoration::object_of(const ModuleInst& instance, ExternKind kind) {
  const auto pick = [&](const auto& list, const char* what) -> void* {
    const size_t n = values_.index_in(list, what);
    return in_.ok() ? list[n] : nullptr;
  };
  switch (kind) {
    case ExternKind::func: return values_.func_of(instance);
    case ExternKind::table: return pick(instance.tables, "table");
    case ExternKind::memory: return pick(instance.memories, "memory");
    case ExternKind::global: return pick(instance.globals, "global");
    case ExternKind::tag: break;
  }
  return pick(instance.tags, "tag");
}

// Memories and tables get their size at once, because an import may require it.
void* Restoration::from_linker(const decoder::Module& module, const decoder::Import& import,
                               std::span<const Extern> before) {
  if (!in_.ok()) return nullptr;
  const auto refuse = [&](const char* why) -> void* {
    in_.fail(Error::make(ErrorKind::unlinkable, why + describe(module, import)));
    return nullptr;
  };
  const std::optional<Extern> found = linker_.get(handle_, import.module, import.name);
  if (!found) return refuse("unknown import: ");
  if (found->inst == nullptr || found->store != &store_ || found->kind != import.kind) {
    in_.fail(match_import(store_, module, import, *found).error());
    return nullptr;
  }
  // What were two objects would be one.
  const auto same = [&](const Extern& other) { return other.inst == found->inst; };
  if (import.kind != ExternKind::func &&
      (index_.find(found->inst) || std::any_of(before.begin(), before.end(), same))) {
    return refuse("another import is given the same object: import ");
  }
  if (import.kind == ExternKind::memory) grow(*static_cast<MemInst*>(found->inst));
  if (import.kind == ExternKind::table) grow(*static_cast<TableInst*>(found->inst));
  return found->inst;
}

Error cannot_grow(const char* what, uint64_t from, uint64_t to) {
  return Error::make(ErrorKind::limit, std::string("a ") + what + " has the size " + std::to_string(from) +
                                           " and cannot get the size " + std::to_string(to) + " of the checkpoint");
}

void Restoration::grow(MemInst& memory) {
  const uint64_t size = in_.number(), now = memory.size_pages();
  if (!in_.ok() || size == now) return;
  if (size > now && store_.objects().memory_grow(memory, size - now) != kGrowFailed) return;
  in_.fail(cannot_grow("memory", now, size));
}

void Restoration::grow(TableInst& table) {
  const uint64_t size = in_.number(), now = table.size;
  if (!in_.ok() || size == now) return;
  int64_t old_size = kGrowFailed;
  if (size > now) static_cast<void>(store_.objects().table_grow(table, size - now, gc::kNull, old_size, false));
  if (old_size == kGrowFailed) in_.fail(cannot_grow("table", now, size));
}

// --- Objects of the heap -------------------------------------------------------------------------------------------

// All are made before the first one gets its content, because they may refer to one another in any way.
void Restoration::read_objects() {
  for (uint64_t left = in_.number(); left != 0 && in_.ok(); --left) {
    const Slot ref = read_declaration();
    objects_.refs.push_back(ref);
  }
  for (size_t i = 0; i < objects_.refs.size() && in_.ok(); ++i) {
    if (!from_host_[i]) read_content(*gc::to_object(objects_.refs[i]));
  }
}

Slot Restoration::read_declaration() {
  const auto kind = static_cast<ImageObject>(in_.index(4, "kind of object"));
  from_host_.push_back(kind == ImageObject::host);
  if (!in_.ok()) return gc::kNull;
  switch (kind) {
    case ImageObject::struct_: {
      const gc::TypeLayout* layout = read_type(CompositeKind::struct_);
      return layout == nullptr ? gc::kNull : made(gc::struct_new(store_, *layout));
    }
    case ImageObject::array: {
      const gc::TypeLayout* layout = read_type(CompositeKind::array);
      const auto length = static_cast<uint32_t>(in_.number_up_to(0xffff'ffff, "length"));
      return layout == nullptr || !in_.ok() ? gc::kNull : made(gc::array_new(store_, *layout, length));
    }
    case ImageObject::exception: return new_exception();
    case ImageObject::host: break;
  }
  return new_host();
}

// The layout of a type of that kind; null after an error.
const gc::TypeLayout* Restoration::read_type(CompositeKind kind) {
  const std::optional<TypeId> type = values_.type();
  if (!type) return nullptr;
  if (store_.engine().types().get(*type).kind == kind) return &store_.engine().layouts().get(*type);
  in_.fail("an object of the wrong kind of type");
  return nullptr;
}

// Null after an error.
Slot Restoration::made(const gc::Object* object) {
  if (object == nullptr) in_.fail(no_object(store_));
  return gc::to_ref(object);
}

Slot Restoration::new_exception() {
  const ModuleInst* const instance = values_.instance();
  if (instance == nullptr) return gc::kNull;
  const size_t n = values_.index_in(instance->tags, "tag");
  if (!in_.ok()) return gc::kNull;
  const TagInst* const tag = instance->tags[n];
  const std::vector<Slot> args(slot_count(store_.engine().types().func(tag->type).params));
  return made(gc::exception_new(store_, tag, args.data(), static_cast<uint32_t>(args.size())));
}

Slot Restoration::new_host() {
  const std::vector<uint8_t> bytes = in_.block();
  if (!in_.ok()) return gc::kNull;
  if (options_.load_extern == nullptr) {
    in_.fail(
        Error::make(ErrorKind::usage, "the checkpoint has an object of the host: set RestoreOptions::load_extern"));
    return gc::kNull;
  }
  const Result<Val> value = options_.load_extern(bytes);
  Result<void> fits = value
                          ? check_value(store_, *value, ValType::externref, "the value of RestoreOptions::load_extern")
                          : Result<void>(Error(value.error()));
  if (fits) return value->bits();
  in_.fail(std::move(fits).error());
  return gc::kNull;
}

void Restoration::read_content(gc::Object& object) {
  switch (object.layout->kind) {
    case gc::ObjectKind::struct_: return read_struct(object);
    case gc::ObjectKind::array: return read_array(object);
    case gc::ObjectKind::exception: return read_exception(static_cast<gc::ExceptionObject&>(object));
    case gc::ObjectKind::host: return;
  }
}

void Restoration::read_struct(gc::Object& object) {
  const std::vector<FieldType>& fields = store_.engine().types().get(object.layout->type).fields;
  for (size_t i = 0; i < fields.size() && in_.ok(); ++i) {
    const gc::FieldLayout field = object.layout->fields[i];
    Slot slots[2] = {};
    values_.value(fields[i].value, field.storage, slots);
    gc::field_set(&object, field, slots);
  }
}

void Restoration::read_exception(gc::ExceptionObject& object) {
  Slot* slots = object.args();
  for (const ValType type : store_.engine().types().func(object.tag->type).params) {
    values_.value(type, slots);
    slots += type.slots();
  }
}

void Restoration::read_array(gc::Object& object) {
  const ValType type = store_.engine().types().get(object.layout->type).fields[0].value;
  uint8_t* const elements = gc::elements(&object);
  if (type.is_ref()) return values_.refs({reinterpret_cast<Slot*>(elements), object.length}, type);
  in_.sparse({elements, size_t{object.length} << object.layout->element_log2}, true);
}

// --- Globals, segments ---------------------------------------------------------------------------------------------

void Restoration::read_globals() {
  for (const auto& [global, place, own] : index_.globals()) {
    if (own || global->type.mutable_) values_.value(global->type.value, global->value);
    if (!in_.ok()) return;
  }
}

void Restoration::read_segments(ModuleInst& instance) {
  for (size_t i = 0; i < instance.elems.size() && in_.ok(); ++i) {
    const decoder::Elem& elem = instance.module->module().elems[i];
    std::vector<Slot>& values = instance.elems[i];
    if (!in_.flag()) {
      values.clear();
    } else if (elem.uses_exprs) {
      values.resize(elem.size());
      values_.refs(values, elem.type);
    }
  }
  for (size_t i = 0; i < instance.datas.size() && in_.ok(); ++i) {
    if (!in_.flag()) instance.datas[i] = {};
  }
}

void Restoration::read_call(Restored& restored) {
  const SavedCall saved = CallReader(in_, values_).read();
  if (!in_.ok()) return;
  Result<std::unique_ptr<Continuation>> call = load_call(store_, saved);
  if (!call) return in_.fail(std::move(call).error());
  restored.calls.emplace_back(call->release());
}

Result<void> check_store(const Store& store, std::span<const Module> modules) {
  const auto refuse = [](const char* message) { return Error::make(ErrorKind::usage, message); };
  if (store.execution().activation() != nullptr) return refuse("a call of the store is running");
  if (!store.objects().instances().empty()) return refuse("the store has instances: a new one is needed");
  const auto is_foreign = [&](const Module& module) { return &module.impl()->engine() != &store.engine(); };
  if (std::any_of(modules.begin(), modules.end(), is_foreign)) {
    return refuse("a module and the store belong to different engines");
  }
  return {};
}

}  // namespace
}  // namespace mini_wasm::runtime

namespace mini_wasm {

Result<Restored> restore(Store& store, std::span<const Module> modules, const Linker& linker,
                         const CheckpointSource& source, const RestoreOptions& options) {
  if (store.empty()) return out_of_memory();
  const auto read = [&]() -> Result<Restored> {
    if (Result<void> r = runtime::check_store(store.impl(), modules); !r) return std::move(r).error();
    runtime::StoreObjects& objects = store.impl().objects();
    const runtime::StoreObjects::Mark mark = objects.mark();
    Result<Restored> result =
        guarded([&] { return runtime::Restoration(store, linker, source, options).read(modules); });
    if (!result) objects.forget_since(mark);
    return result;
  };
  return guarded(read);
}

Result<Restored> restore(Store& store, std::span<const Module> modules, const Linker& linker,
                         std::span<const uint8_t> image, const RestoreOptions& options) {
  const auto source = [image](std::span<uint8_t> room) mutable -> Result<size_t> {
    const size_t count = std::min(room.size(), image.size());
    std::copy_n(image.begin(), count, room.begin());
    image = image.subspan(count);
    return count;
  };
  return restore(store, modules, linker, CheckpointSource(source), options);
}

}  // namespace mini_wasm
