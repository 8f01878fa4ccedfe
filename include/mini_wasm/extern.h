// Handles to what a store owns and modules import and export: Func, Memory, Table, Global, Tag (spec 4.2.11 external
// addresses). Two pointers each; copy them freely, never keep them longer than their store.
// Thread rule: that of the store.
#pragma once

#include <mini_wasm/result.h>
#include <mini_wasm/store.h>
#include <mini_wasm/types.h>
#include <mini_wasm/value.h>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <tuple>
#include <type_traits>
#include <vector>

namespace mini_wasm {

namespace runtime {
struct ModuleInst;
struct MemInst;
struct TableInst;
struct GlobalInst;
struct TagInst;
}  // namespace runtime

class Memory;
class Instance;

// What a host function learns about its caller.
class Caller {
 public:
  // The calling instance's export of that name, or its memory 0 when it has one.
  std::optional<Memory> memory(std::string_view export_name) const;
  std::optional<Memory> memory0() const;
  std::optional<Instance> instance() const;  // none when the host called the function directly
  runtime::Store& store() const { return *store_; }
  void* store_data() const;

  Caller(runtime::Store* store, runtime::ModuleInst* instance) : store_(store), instance_(instance) {}

 private:
  runtime::Store* store_;
  runtime::ModuleInst* instance_;
};

// Host code behind a function: reads its arguments from `slots` and writes its results to the same place, first value
// at slots[0]; 32-bit values in the low half, v128 in two slots. An Error ends the guest with that error. A reference
// is Val::bits(); one that is not of the result's type, or not of this store, ends the guest with a usage error.
using HostCallback = std::function<Result<void>(Caller& caller, uint64_t* slots)>;

namespace detail {
// A host function's code and what it works on, which goes with it; no `data`: there was no memory for it.
struct HostCode {
  Result<void> (*call)(void* data, Caller& caller, uint64_t* slots) = nullptr;
  std::unique_ptr<void, void (*)(void*)> data{nullptr, [](void*) {}};
};
}  // namespace detail

template <class Signature>
class TypedFunc {};  // of a signature that no guest has, which `typed` refuses

// Empty where there was no memory to make it: then it can be defined and called, which gives an error of kind limit.
class Func {
 public:
  // A host function with its type spelled out.
  // A type that refers to another engine's types is that of a function which nobody can import or call.
  static Func make(Store& store, const FuncType& type, HostCallback callback);
  static Func make(runtime::Store& store, const FuncType& type, HostCallback callback);
  // A host function from a C++ callable: parameters and result are int32_t, uint32_t, int64_t, uint64_t, float, double,
  // V128, or Val with externref; an optional first parameter `Caller&`; the result may be void, a value, a std::tuple,
  // or a Result of one of these. A Val that is no externref of this store ends the guest with a usage error.
  template <class F>
  static Func wrap(Store& store, F&& callable);

  const FuncType& type() const;
  // Calls with arguments of exactly the function's parameter types. Errors: usage, trap, exit, host.
  Result<std::vector<Val>> call(std::span<const Val> args) const;
  Result<std::vector<Val>> call(std::initializer_list<Val> args) const {
    return call(std::span<const Val>(args.begin(), args.size()));
  }
  // Unchecked: `slots` holds the arguments and receives the results; it has room for the larger of both.
  Result<void> call_unchecked(uint64_t* slots) const;
  // A view with a C++ signature, e.g. typed<int32_t(int32_t, int32_t)>(). Error: usage, when the types differ.
  template <class Signature>
  Result<TypedFunc<Signature>> typed() const;

  Val ref() const { return Val::func(inst_); }
  runtime::FuncInst* impl() const { return inst_; }
  runtime::Store& store() const { return *store_; }
  Func(runtime::Store* store, runtime::FuncInst* inst) : store_(store), inst_(inst) {}

 private:
  friend struct Extern;
  static Func make(Store& store, std::span<const ValType> params, std::span<const ValType> results,
                   detail::HostCode code);
  Result<void> check_type(std::span<const ValType> params, std::span<const ValType> results) const;

  runtime::Store* store_;
  runtime::FuncInst* inst_;
};

class Memory {
 public:
  static Result<Memory> make(Store& store, const MemoryType& type);
  MemoryType type() const;          // limits.min is the current size (spec 4.5.10)
  std::span<uint8_t> data() const;  // valid until the memory grows
  uint64_t size_pages() const;
  // Returns the old size in pages. Error: limit.
  Result<uint64_t> grow(uint64_t delta_pages) const;

  runtime::MemInst* impl() const { return inst_; }
  runtime::Store& store() const { return *store_; }
  Memory(runtime::Store* store, runtime::MemInst* inst) : store_(store), inst_(inst) {}

 private:
  runtime::Store* store_;
  runtime::MemInst* inst_;
};

// A memory that several threads use at once, each through a store and an instance of its own (threads proposal). Its
// bytes never move; growth in one store is seen in all.
// Thread rule: any thread; copies are the same memory, which lives as long as a copy or a store that has it.
class SharedMemory {
 public:
  // Zeroed memory for the stores of this engine. `type` must be shared and have a maximum; it grows to no more than
  // `byte_limit` bytes, and a store's StoreLimits::memory_bytes has no say. Errors: usage, limit.
  static Result<SharedMemory> make(const Engine& engine, const MemoryType& type,
                                   uint64_t byte_limit = StoreLimits().memory_bytes);
  // One that a module defined, e.g. an export. None: not shared.
  static std::optional<SharedMemory> of(const Memory& memory);
  // The memory as something that instances of the store import; call it on the store's thread. Errors: usage (another
  // engine), limit.
  Result<Memory> in(Store& store) const;
  // Other threads may change these bytes at any time: use atomic accesses.
  std::span<uint8_t> data() const;

 private:
  SharedMemory(std::shared_ptr<runtime::Engine> engine, std::shared_ptr<runtime::MemInst> memory)
      : engine_(std::move(engine)), memory_(std::move(memory)) {}

  std::shared_ptr<runtime::Engine> engine_;
  std::shared_ptr<runtime::MemInst> memory_;
};

class Table {
 public:
  static Result<Table> make(Store& store, const TableType& type, const Val& init);
  TableType type() const;
  uint64_t size() const;
  Result<Val> get(uint64_t index) const;
  Result<void> set(uint64_t index, const Val& value) const;
  Result<uint64_t> grow(uint64_t delta, const Val& init) const;

  runtime::TableInst* impl() const { return inst_; }
  runtime::Store& store() const { return *store_; }
  Table(runtime::Store* store, runtime::TableInst* inst) : store_(store), inst_(inst) {}

 private:
  runtime::Store* store_;
  runtime::TableInst* inst_;
};

class Global {
 public:
  static Result<Global> make(Store& store, const GlobalType& type, const Val& init);
  GlobalType type() const;
  Val get() const;
  Result<void> set(const Val& value) const;  // Error: usage, when immutable or of another type

  runtime::GlobalInst* impl() const { return inst_; }
  runtime::Store& store() const { return *store_; }
  Global(runtime::Store* store, runtime::GlobalInst* inst) : store_(store), inst_(inst) {}

 private:
  runtime::Store* store_;
  runtime::GlobalInst* inst_;
};

// What tells exceptions apart (spec 4.2.9): modules that import the same tag catch one another's.
class Tag {
 public:
  // A new tag, unlike all others. Error: usage, when `type` has results or refers to another engine's types.
  static Result<Tag> make(Store& store, const FuncType& type);
  const FuncType& type() const;  // the parameters are what an exception carries

  runtime::TagInst* impl() const { return inst_; }
  runtime::Store& store() const { return *store_; }
  Tag(runtime::Store* store, runtime::TagInst* inst) : store_(store), inst_(inst) {}

 private:
  runtime::Store* store_;
  runtime::TagInst* inst_;
};

// Anything that can be imported or exported.
struct Extern {
  ExternKind kind = ExternKind::func;
  runtime::Store* store = nullptr;
  void* inst = nullptr;  // FuncInst, TableInst, MemInst, GlobalInst or TagInst by kind

  Extern() = default;
  // Of a function for which there was no memory: empty, too.
  Extern(const Func& f) : kind(ExternKind::func), store(f.store_), inst(f.inst_) {}  // NOLINT: implicit
  Extern(const Table& t);                                                            // NOLINT
  Extern(const Memory& m);                                                           // NOLINT
  Extern(const Global& g);                                                           // NOLINT
  Extern(const Tag& t);                                                              // NOLINT
  std::optional<Func> func() const;
  std::optional<Table> table() const;
  std::optional<Memory> memory() const;
  std::optional<Global> global() const;
  std::optional<Tag> tag() const;
};

}  // namespace mini_wasm

#include <mini_wasm/typed_func.h>
