// The public classes Func, Memory, Table, Global, Tag, Extern and Caller.
#include <mini_wasm/extern.h>
#include <mini_wasm/instance.h>

#include <algorithm>
#include <cassert>
#include <new>

#include "core/guarded.h"
#include "core/process_value.h"
#include "runtime/instance/import_matching.h"
#include "runtime/instance/shared_definitions.h"
#include "runtime/instance/value_check.h"
#include "runtime/store.h"
#include "runtime/test_settings.h"

namespace mini_wasm {

using runtime::Slot;

// --- Caller

std::optional<Memory> Caller::memory(std::string_view export_name) const {
  if (instance_ == nullptr) return std::nullopt;
  return Instance(store_, instance_).memory(export_name);
}

std::optional<Memory> Caller::memory0() const {
  if (instance_ == nullptr || instance_->memories.empty()) return std::nullopt;
  return Memory(store_, instance_->memories[0]);
}

std::optional<Instance> Caller::instance() const {
  if (instance_ == nullptr) return std::nullopt;
  return Instance(store_, instance_);
}

Store& Caller::store() const { return *store_->handle; }

void* Caller::store_data() const { return store_->data; }

void* Caller::async_data() const {
  const runtime::Execution& execution = store_->execution();
  return execution.can_suspend() ? execution.current()->data : nullptr;
}

Result<void> Caller::suspend() const {
  if (!store_->execution().can_suspend()) {
    return Error::make(ErrorKind::usage, "a host function can make its guest wait only if an AsyncCall has called it");
  }
  store_->execution().suspend();
  return Error::make(ErrorKind::waiting, "");
}

// --- Func

namespace {

Func make_func(runtime::Store& store, const FuncType& type, detail::HostCode code) {
  return guarded([&] { return Func(&store, store.objects().new_host_func(type, std::move(code))); },
                 [&] { return Func(&store, nullptr); });
}

Result<std::vector<Val>> call_checked(runtime::Store& store, runtime::FuncInst& inst, const FuncType& type,
                                      std::span<const Val> args) {
  std::vector<Slot> slots(std::max(runtime::slot_count(type.params), runtime::slot_count(type.results)));
  std::vector<Val> results;
  results.reserve(type.results.size());  // before the call: nothing may fail for lack of memory after it
  Result<void> fit = runtime::store_values(store, type.params, args, runtime::Values::arguments, slots.data());
  if (!fit) return std::move(fit).error();
  runtime::poison(type.params, slots.data());
  if (Result<void> r = store.execution().call(inst, slots.data()); !r) return std::move(r).error();
  const Slot* slot = slots.data();
  for (ValType result : type.results) {
    results.push_back(runtime::load_value(store, slot, result));
    slot += result.slots();
  }
  return results;
}

}  // namespace

Func Func::make(Store& store, const FuncType& type, HostCallback callback) {
  detail::HostCode code = std::move(callback).take();
  if (store.empty() || code.data == nullptr) return Func(store.empty() ? nullptr : &store.impl(), nullptr);
  return make_func(store.impl(), type, std::move(code));
}

Func Func::make(Store& store, detail::HostDefinition definition) {
  if (store.empty() || definition.code.data == nullptr) return Func(store.empty() ? nullptr : &store.impl(), nullptr);
  return guarded([&] { return make_func(store.impl(), runtime::type_of(definition), std::move(definition.code)); },
                 [&] { return Func(&store.impl(), nullptr); });
}

namespace {
const Immortal<FuncType> no_type;  // of a Func for which there was no memory
}  // namespace

const FuncType& Func::type() const {
  runtime::check_handle(store_);
  return inst_ != nullptr ? inst_->func_type(store_->engine().types()) : *no_type;
}

Result<void> Func::check_type(std::span<const ValType> params, std::span<const ValType> results) const {
  if (inst_ == nullptr) return out_of_memory();
  const FuncType& own = type();
  if (std::ranges::equal(own.params, params) && std::ranges::equal(own.results, results)) return {};
  return guarded([&]() -> Result<void> {
    const FuncType wanted{{params.begin(), params.end()}, {results.begin(), results.end()}};
    return Error::make(ErrorKind::usage, "function has type " + to_string(own) + ", not " + to_string(wanted));
  });
}

Result<std::vector<Val>> Func::call(std::span<const Val> args) const {
  runtime::check_handle(store_);
  if (inst_ == nullptr) return out_of_memory();
  return guarded([&] { return call_checked(*store_, *inst_, type(), args); });
}

Result<void> Func::call_unchecked(uint64_t* slots) const {
  runtime::check_handle(store_);
  if (inst_ == nullptr) return out_of_memory();
  return guarded([&] { return store_->execution().call(*inst_, slots); });
}

Result<void> detail::check_ref(const runtime::Store& store, const Val& value, ValType wanted, const char* what,
                               size_t number) {
  return guarded(
      [&] { return runtime::check_value(store, value, wanted, std::string(what) + " " + std::to_string(number)); });
}

std::span<uint8_t> detail::guest_bytes(const Caller& caller, uint32_t address, uint32_t length, TrapCode& trap) {
  const std::optional<Memory> memory = caller.memory0();
  if (memory && memory->impl()->contains(address, length)) return {memory->impl()->base + address, length};
  trap = TrapCode::out_of_bounds_memory_access;
  return {};
}

// --- Memory

Result<Memory> Memory::make(Store& store, const MemoryType& type) {
  if (store.empty()) return out_of_memory();
  return guarded([&]() -> Result<Memory> {
    if (!runtime::is_valid(type)) return Error::make(ErrorKind::usage, "not a valid memory type");
    Result<runtime::MemInst*> made = store.impl().objects().new_memory(type);
    if (!made) return std::move(made).error();
    return Memory(&store.impl(), *made);
  });
}

MemoryType Memory::type() const {
  runtime::check_handle(store_);
  return runtime::current_type(*store_, ExternKind::memory, inst_).memory;
}
std::span<uint8_t> Memory::data() const {
  runtime::check_handle(store_);
  return {inst_->base, static_cast<size_t>(inst_->size)};
}
uint64_t Memory::size_pages() const {
  runtime::check_handle(store_);
  return inst_->size_pages();
}

Result<std::span<uint8_t>> Memory::slice(uint64_t address, uint64_t length) const {
  runtime::check_handle(store_);
  if (inst_->contains(address, length)) return std::span(inst_->base + address, static_cast<size_t>(length));
  return guarded([] { return Result<std::span<uint8_t>>(Error::trap(TrapCode::out_of_bounds_memory_access)); });
}

Result<void> Memory::read(uint64_t address, std::span<uint8_t> to) const {
  Result<std::span<uint8_t>> from = slice(address, to.size());
  if (!from) return std::move(from).error();
  std::copy_n(from->data(), to.size(), to.data());
  return {};
}

Result<void> Memory::write(uint64_t address, std::span<const uint8_t> from) const {
  Result<std::span<uint8_t>> to = slice(address, from.size());
  if (!to) return std::move(to).error();
  std::copy_n(from.data(), from.size(), to->data());
  return {};
}

Result<std::string> Memory::string(uint64_t address, uint64_t length) const {
  return guarded([&]() -> Result<std::string> {
    Result<std::span<uint8_t>> bytes = slice(address, length);
    if (!bytes) return std::move(bytes).error();
    return std::string(bytes->begin(), bytes->end());
  });
}

Result<std::string> Memory::c_string(uint64_t address) const {
  const std::span<const uint8_t> bytes = data();
  const auto begin = bytes.begin() + static_cast<ptrdiff_t>(std::min<uint64_t>(address, bytes.size()));
  const auto end = std::find(begin, bytes.end(), 0);
  // Where there is no end, the string has one byte more than there are.
  return string(address, static_cast<uint64_t>(end - begin) + (end == bytes.end() ? 1 : 0));
}

Result<uint64_t> Memory::grow(uint64_t delta_pages) const {
  runtime::check_handle(store_);
  return guarded([&]() -> Result<uint64_t> {
    const int64_t old_pages = store_->objects().memory_grow(*inst_, delta_pages);
    if (old_pages == runtime::kGrowFailed) {
      return Error::make(ErrorKind::limit, "the memory cannot grow by " + std::to_string(delta_pages) + " pages");
    }
    return static_cast<uint64_t>(old_pages);
  });
}

// --- Table

Result<Table> Table::make(Store& store, const TableType& type, const Val& init) {
  if (store.empty()) return out_of_memory();
  return guarded([&]() -> Result<Table> {
    if (!type.element.is_ref() || !store.impl().engine().types().has(type.element) ||
        (type.limits.max && *type.limits.max < type.limits.min)) {
      return Error::make(ErrorKind::usage, "not a valid table type");
    }
    if (Result<void> r = runtime::check_value(store.impl(), init, type.element, "initial element"); !r) {
      return std::move(r).error();
    }
    Result<runtime::TableInst*> made = store.impl().objects().new_table(type, init.bits());
    if (!made) return std::move(made).error();
    return Table(&store.impl(), *made);
  });
}

TableType Table::type() const {
  runtime::check_handle(store_);
  return runtime::current_type(*store_, ExternKind::table, inst_).table;
}
uint64_t Table::size() const {
  runtime::check_handle(store_);
  return inst_->size;
}

Result<Val> Table::get(uint64_t index) const {
  runtime::check_handle(store_);
  return guarded([&]() -> Result<Val> {
    if (index >= inst_->size) return Error::trap(TrapCode::out_of_bounds_table_access);
    return runtime::load_value(*store_, inst_->elements + index, inst_->type.element);
  });
}

Result<void> Table::set(uint64_t index, const Val& value) const {
  runtime::check_handle(store_);
  return guarded([&]() -> Result<void> {
    if (index >= inst_->size) return Error::trap(TrapCode::out_of_bounds_table_access);
    if (Result<void> r = runtime::check_value(*store_, value, inst_->type.element, "element"); !r) return r;
    inst_->elements[index] = value.bits();
    return {};
  });
}

Result<uint64_t> Table::grow(uint64_t delta, const Val& init) const {
  runtime::check_handle(store_);
  return guarded([&]() -> Result<uint64_t> {
    if (Result<void> r = runtime::check_value(*store_, init, inst_->type.element, "element"); !r) {
      return std::move(r).error();
    }
    int64_t old_size = runtime::kGrowFailed;
    // An interruption is meant for guests: it does not stop an operation of the host.
    store_->objects().table_grow(*inst_, delta, init.bits(), old_size, /*interruptible=*/false);
    if (old_size == runtime::kGrowFailed) {
      return Error::make(ErrorKind::limit, "the table cannot grow by " + std::to_string(delta) + " elements");
    }
    return static_cast<uint64_t>(old_size);
  });
}

// --- Global

Result<Global> Global::make(Store& store, const GlobalType& type, const Val& init) {
  if (store.empty()) return out_of_memory();
  return guarded([&]() -> Result<Global> {
    if (Result<void> r = runtime::check_value(store.impl(), init, type.value, "initial value"); !r) {
      return std::move(r).error();
    }
    Slot slots[2] = {init.bits(0), init.bits(1)};
    runtime::poison({&type.value, 1}, slots);
    return Global(&store.impl(), store.impl().objects().new_global(type, slots));
  });
}

GlobalType Global::type() const {
  runtime::check_handle(store_);
  return inst_->type;
}
Val Global::get() const {
  runtime::check_handle(store_);
  return runtime::load_value(*store_, inst_->value, inst_->type.value);
}

Result<void> Global::set(const Val& value) const {
  runtime::check_handle(store_);
  return guarded([&]() -> Result<void> {
    if (!inst_->type.mutable_) return Error::make(ErrorKind::usage, "the global is immutable");
    if (Result<void> r = runtime::check_value(*store_, value, inst_->type.value, "value"); !r) return r;
    runtime::store_value(inst_->value, value);
    runtime::poison({&inst_->type.value, 1}, inst_->value);
    return {};
  });
}

// --- Tag

Result<Tag> Tag::make(Store& store, const FuncType& type) {
  if (store.empty()) return out_of_memory();
  return guarded([&]() -> Result<Tag> {
    TypeRegistry& types = store.impl().engine().types();
    if (!type.results.empty() || !runtime::is_known(types, type))
      return Error::make(ErrorKind::usage, "not a valid tag type");
    return Tag(&store.impl(), store.impl().objects().new_tag(types.intern(type)));
  });
}

const FuncType& Tag::type() const {
  runtime::check_handle(store_);
  return store_->engine().types().func(inst_->type);
}

// --- Extern

Extern::Extern(const Table& t) : kind(ExternKind::table), store(&t.store()), inst(t.impl()) {}
Extern::Extern(const Memory& m) : kind(ExternKind::memory), store(&m.store()), inst(m.impl()) {}
Extern::Extern(const Global& g) : kind(ExternKind::global), store(&g.store()), inst(g.impl()) {}
Extern::Extern(const Tag& t) : kind(ExternKind::tag), store(&t.store()), inst(t.impl()) {}

std::optional<Func> Extern::func() const {
  if (kind != ExternKind::func || inst == nullptr) return std::nullopt;
  return Func(store, static_cast<runtime::FuncInst*>(inst));
}
std::optional<Table> Extern::table() const {
  if (kind != ExternKind::table || inst == nullptr) return std::nullopt;
  return Table(store, static_cast<runtime::TableInst*>(inst));
}
std::optional<Memory> Extern::memory() const {
  if (kind != ExternKind::memory || inst == nullptr) return std::nullopt;
  return Memory(store, static_cast<runtime::MemInst*>(inst));
}
std::optional<Global> Extern::global() const {
  if (kind != ExternKind::global || inst == nullptr) return std::nullopt;
  return Global(store, static_cast<runtime::GlobalInst*>(inst));
}
std::optional<Tag> Extern::tag() const {
  if (kind != ExternKind::tag || inst == nullptr) return std::nullopt;
  return Tag(store, static_cast<runtime::TagInst*>(inst));
}

}  // namespace mini_wasm
