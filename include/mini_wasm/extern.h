/// @file
/// Handles to what modules import and export (spec 4.2 "External Addresses"): Func, Memory, Table, Global, Tag; and
/// SharedMemory, Extern, Caller.
///
/// A handle is two pointers. Copies refer to the same object, which the store owns; a handle must not be used after its
/// store is gone. Thread rule: that of the store.
#pragma once

#include <mini_wasm/api.h>
#include <mini_wasm/result.h>
#include <mini_wasm/store.h>
#include <mini_wasm/types.h>
#include <mini_wasm/value.h>

#include <array>
#include <bit>
#include <cstdint>
#include <memory>
#include <new>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <tuple>
#include <type_traits>
#include <utility>
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
class Caller;

namespace detail {
// The code of a host function and its data, which it owns. Null data: there was no memory for it.
struct HostCode {
  Result<void> (*call)(void* data, Caller& caller, uint64_t* slots) = nullptr;
  std::unique_ptr<void, void (*)(void*)> data{nullptr, [](void*) {}};
};
// A host function that belongs to no store yet. The types are constants of the program.
struct HostDefinition {
  std::span<const ValType> params, results;
  HostCode code;
};
}  // namespace detail

/// Who called a host function. Valid only during that call.
///
/// Thread rule: that of the store.
class MINI_WASM_API Caller {
 public:
  /// The memory that the calling instance exports under that name, or none.
  std::optional<Memory> memory(std::string_view export_name) const;
  /// Memory 0 of the calling instance, exported or not; none when it has no memory.
  std::optional<Memory> memory0() const;
  /// The calling instance; none when the host called the function directly.
  std::optional<Instance> instance() const;
  /// The store in which the function was called. The reference is valid until the Store is moved.
  Store& store() const;
  /// The pointer from Store::set_data; null before.
  void* store_data() const;
  /// Makes the guest wait: the host function returns what this returns, an Error of kind ErrorKind::waiting, and its
  /// results come later, by AsyncCall::complete. Nothing happens if it returns something else.
  ///
  /// Errors: usage (the guest was not called by an AsyncCall, or another host function is between it and the AsyncCall).
  /// They end the guest if they are returned.
  Result<void> suspend() const;
  /// The pointer from AsyncCall::set_data; null if Caller::suspend would fail.
  void* async_data() const;

  /// The store, for the library's own use.
  runtime::Store& impl() const { return *store_; }
  /// For the library's own use.
  Caller(runtime::Store* store, runtime::ModuleInst* instance) : store_(store), instance_(instance) {}

 private:
  runtime::Store* store_;
  runtime::ModuleInst* instance_;
};

/// The code of a host function with a type that is known only at run time.
///
/// It reads its arguments from `slots` and writes its results to the same place, the first value at slots[0]. A value
/// takes one slot of 8 bytes, a v128 two. A 32-bit value is in the low half of its slot; a reference is Val::bits.
///
/// An Error ends the guest, and the call that the host made gives this Error. A result reference of the wrong type or
/// of another store ends the guest with an Error of kind ErrorKind::usage. A C++ exception that leaves the function
/// becomes an Error of kind ErrorKind::host (std::bad_alloc: ErrorKind::limit).
///
/// Movable, not copyable, so that the callable need not be copyable.
class HostCallback {
 public:
  /// From a callable with the signature `Result<void>(Caller& caller, uint64_t* slots)`, which is moved or copied.
  /// Implicit.
  template <class F>
    requires(!std::is_same_v<std::remove_cvref_t<F>, HostCallback> &&
             std::is_invocable_r_v<Result<void>, std::decay_t<F>&, Caller&, uint64_t*>)
  HostCallback(F&& callable) {  // NOLINT
    using Callable = std::decay_t<F>;
    code_.data = {new (std::nothrow) Callable(std::forward<F>(callable)),
                  [](void* data) { delete static_cast<Callable*>(data); }};
    code_.call = [](void* data, Caller& caller, uint64_t* slots) -> Result<void> {
      return (*static_cast<Callable*>(data))(caller, slots);
    };
  }
  /// The callable, for the library's own use.
  detail::HostCode take() && { return std::move(code_); }

 private:
  detail::HostCode code_;
};

/// A function with a C++ signature; see the specialization. This general form is for a signature that no WebAssembly
/// function can have.
template <class Signature>
class TypedFunc {};

/// A function of a guest or of the host (spec 4.2 "Function Instances").
///
/// When the host has no memory left to make a function, the Func is empty. An empty Func can be used like any other;
/// to call or to import it gives an Error of kind ErrorKind::limit.
class MINI_WASM_API Func {
 public:
  /// A host function whose type is spelled out. The store owns the callback and destroys it with itself.
  ///
  /// A type with concrete references of another engine gives a function that cannot be imported or called.
  static Func make(Store& store, const FuncType& type, HostCallback callback);
  /// A host function from a C++ callable (a function, a lambda, an object with one operator()), from which its type
  /// follows. The store owns a copy of the callable.
  ///
  /// | C++ type, by value or const reference | type of the guest |
  /// |---|---|
  /// | signed or unsigned integer of 32 or 64 bits, whatever its name | i32, i64 |
  /// | bool | i32; any number but 0 is true |
  /// | float, double, V128 | f32, f64, v128 |
  /// | Val | externref |
  /// | std::optional<Func> | funcref |
  /// | Func | funcref; from a null reference the guest traps with TrapCode::null_function_reference |
  ///
  /// These are the types of parameters, and of results, where std::pair and std::tuple give several, void none, and a
  /// Result of any of this can be an Error. Only parameters: `Caller&` as the first one; and std::string_view,
  /// std::span<const uint8_t> and std::span<uint8_t>, which are two parameters of type i32 for the guest: the address
  /// and the number of bytes in memory 0 of the calling instance. Bytes that are not in that memory make the guest trap
  /// (TrapCode::out_of_bounds_memory_access); the others are valid until the memory grows.
  ///
  /// Other types do not compile. A result that is a reference of another store, or a Val that is not an externref, ends
  /// the guest with an Error of kind ErrorKind::usage. C++ exceptions: as for HostCallback.
  template <class F>
  static Func wrap(Store& store, F&& callable);

  /// The type. That of an empty function has neither parameters nor results.
  const FuncType& type() const;
  /// Calls the function (spec 4.7 "Invocation"). The arguments must have exactly the types of the parameters; a
  /// reference may have a subtype.
  ///
  /// Errors: usage (wrong number or types of arguments, a reference of another store, calls of one store that end in
  /// the wrong order), trap, exception, exit, limit, host, and any other Error that a host function returns.
  Result<std::vector<Val>> call(std::span<const Val> args) const;
  /// The same, for example `call({Val::i32(1)})`.
  Result<std::vector<Val>> call(std::initializer_list<Val> args) const {
    return call(std::span<const Val>(args.begin(), args.size()));
  }
  /// Calls without checking the arguments. `slots` holds them, in the form of HostCallback, and receives the results;
  /// it has room for whichever needs more. Errors: those of Func::call, without usage errors about arguments.
  Result<void> call_unchecked(uint64_t* slots) const;
  /// The function with a C++ signature, for example `typed<int32_t(int32_t, int32_t)>()`. A call of it allocates
  /// nothing. The types are those of the table of Func::wrap.
  ///
  /// Errors: usage (the function has another type), limit (empty function).
  template <class Signature>
  Result<TypedFunc<Signature>> typed() const;

  /// A reference to the function.
  Val ref() const { return Val::func(inst_); }
  /// The implementation, for the library's own use.
  runtime::FuncInst* impl() const { return inst_; }
  /// The store that owns the function, for the library's own use.
  runtime::Store& store() const { return *store_; }
  /// A handle to an existing function. For the library's own use.
  Func(runtime::Store* store, runtime::FuncInst* inst) : store_(store), inst_(inst) {}

 private:
  friend struct Extern;
  friend class Linker;
  static Func make(Store& store, detail::HostDefinition definition);
  Result<void> check_type(std::span<const ValType> params, std::span<const ValType> results) const;

  runtime::Store* store_;
  runtime::FuncInst* inst_;
};

namespace detail {
// What has a meaning as plain bytes: no pointer, no container, no bool (which may not be any byte).
template <class T>
concept GuestData =
    std::is_trivially_copyable_v<T> && !std::is_pointer_v<T> && !std::is_array_v<T> && !std::is_same_v<T, bool> &&
    !std::is_convertible_v<const T&, std::span<const uint8_t>> && !std::is_convertible_v<const T&, std::string_view>;
}  // namespace detail

/// A linear memory (spec 4.2 "Memory Instances").
class MINI_WASM_API Memory {
 public:
  /// Makes a memory of zeros with `type.limits.min` pages. Errors: usage (not a valid type), limit.
  static Result<Memory> make(Store& store, const MemoryType& type);
  /// The type; `limits.min` is the current size in pages.
  MemoryType type() const;
  /// The bytes. Valid until the memory grows; a guest can make it grow in any call.
  std::span<uint8_t> data() const;

  // --- Checked access. Guests may pass any address. Bytes that are not in the memory give an Error of kind
  // ErrorKind::trap (TrapCode::out_of_bounds_memory_access), and nothing is read or written. A host function that returns
  // this error makes its guest trap. In a shared memory, other threads may write the same bytes meanwhile.

  /// Copies the bytes from `address` on to `to`. Errors: trap.
  Result<void> read(uint64_t address, std::span<uint8_t> to) const;
  /// Copies bytes into the memory from `address` on. Errors: trap.
  Result<void> write(uint64_t address, std::span<const uint8_t> from) const;
  /// The same, for a text. Nothing is added at its end.
  Result<void> write(uint64_t address, std::string_view text) const {
    return write(address, std::span(reinterpret_cast<const uint8_t*>(text.data()), text.size()));
  }
  /// Reads a number or a structure as C++ has it in its memory (little-endian, any alignment), for example
  /// `read<uint32_t>(address)`. Errors: trap.
  template <detail::GuestData T>
  Result<T> read(uint64_t address) const;
  /// Writes a number or a structure likewise. Errors: trap.
  template <detail::GuestData T>
  Result<void> write(uint64_t address, const T& value) const;
  /// These bytes of the memory itself, as valid as those of Memory::data. Errors: trap.
  Result<std::span<uint8_t>> slice(uint64_t address, uint64_t length) const;
  /// A copy of these bytes, whatever they are. Errors: trap, limit (no memory left).
  Result<std::string> string(uint64_t address, uint64_t length) const;
  /// A copy of the bytes up to the first one that is 0. Errors: trap (there is none up to the end), limit.
  Result<std::string> c_string(uint64_t address) const;

  /// The current size in pages.
  uint64_t size_pages() const;
  /// Makes the memory larger by `delta_pages` pages of zeros. Gives the old size in pages. Errors: limit (the maximum
  /// of its type, StoreLimits, or no memory left).
  Result<uint64_t> grow(uint64_t delta_pages) const;

  /// The implementation, for the library's own use.
  runtime::MemInst* impl() const { return inst_; }
  /// The store that owns the memory, for the library's own use.
  runtime::Store& store() const { return *store_; }
  /// A handle to an existing memory. For the library's own use.
  Memory(runtime::Store* store, runtime::MemInst* inst) : store_(store), inst_(inst) {}

 private:
  runtime::Store* store_;
  runtime::MemInst* inst_;
};

template <detail::GuestData T>
Result<T> Memory::read(uint64_t address) const {
  std::array<uint8_t, sizeof(T)> bytes;
  if (Result<void> done = read(address, bytes); !done) return std::move(done).error();
  return std::bit_cast<T>(bytes);
}
template <detail::GuestData T>
Result<void> Memory::write(uint64_t address, const T& value) const {
  return write(address, std::span(reinterpret_cast<const uint8_t*>(&value), sizeof(T)));
}

/// A memory that several threads use at the same time, each through a store and an instance of its own (threads
/// proposal). Its bytes never move. A growth in one store is visible in all.
///
/// Ownership: a handle. Copies refer to the same memory, which lives as long as a copy or a store that has it.
///
/// Thread rule: any thread.
class MINI_WASM_API SharedMemory {
 public:
  /// Makes a memory of zeros for the stores of this engine. `type` must be shared and have a maximum. The memory grows
  /// to at most `byte_limit` bytes; StoreLimits::memory_bytes does not apply. Errors: usage (not such a type), limit.
  static Result<SharedMemory> make(const Engine& engine, const MemoryType& type,
                                   uint64_t byte_limit = StoreLimits().memory_bytes);
  /// The shared memory behind a handle, for example an export that a module defined. None if it is not shared.
  static std::optional<SharedMemory> of(const Memory& memory);
  /// The memory as a Memory of a store, which instances of the store can import. Call it on the store's thread.
  /// Errors: usage (the store has another engine), limit.
  Result<Memory> in(Store& store) const;
  /// The bytes of the current size. Other threads may change them at any time: use atomic accesses.
  std::span<uint8_t> data() const;

 private:
  SharedMemory(std::shared_ptr<runtime::Engine> engine, std::shared_ptr<runtime::MemInst> memory)
      : engine_(std::move(engine)), memory_(std::move(memory)) {}

  std::shared_ptr<runtime::Engine> engine_;
  std::shared_ptr<runtime::MemInst> memory_;
};

/// A table of references (spec 4.2 "Table Instances").
class MINI_WASM_API Table {
 public:
  /// Makes a table with `type.limits.min` elements, each of them `init`. Errors: usage (not a valid type, or `init` does
  /// not fit), limit.
  static Result<Table> make(Store& store, const TableType& type, const Val& init);
  /// The type; `limits.min` is the current size in elements.
  TableType type() const;
  /// The current size in elements.
  uint64_t size() const;
  /// An element. Errors: trap (TrapCode::out_of_bounds_table_access).
  Result<Val> get(uint64_t index) const;
  /// Replaces an element. Errors: trap (TrapCode::out_of_bounds_table_access), usage (the value does not fit).
  Result<void> set(uint64_t index, const Val& value) const;
  /// Adds `delta` elements, each of them `init`. Gives the old size. Errors: usage (`init` does not fit), limit.
  Result<uint64_t> grow(uint64_t delta, const Val& init) const;

  /// The implementation, for the library's own use.
  runtime::TableInst* impl() const { return inst_; }
  /// The store that owns the table, for the library's own use.
  runtime::Store& store() const { return *store_; }
  /// A handle to an existing table. For the library's own use.
  Table(runtime::Store* store, runtime::TableInst* inst) : store_(store), inst_(inst) {}

 private:
  runtime::Store* store_;
  runtime::TableInst* inst_;
};

/// A global variable (spec 4.2 "Global Instances").
class MINI_WASM_API Global {
 public:
  /// Makes a global. Errors: usage (`init` does not fit), limit.
  static Result<Global> make(Store& store, const GlobalType& type, const Val& init);
  /// The type.
  GlobalType type() const;
  /// The value.
  Val get() const;
  /// Replaces the value. Errors: usage (the global is immutable, or the value does not fit).
  Result<void> set(const Val& value) const;

  /// The implementation, for the library's own use.
  runtime::GlobalInst* impl() const { return inst_; }
  /// The store that owns the global, for the library's own use.
  runtime::Store& store() const { return *store_; }
  /// A handle to an existing global. For the library's own use.
  Global(runtime::Store* store, runtime::GlobalInst* inst) : store_(store), inst_(inst) {}

 private:
  runtime::Store* store_;
  runtime::GlobalInst* inst_;
};

/// A tag of exceptions (spec 4.2 "Tag Instances"). A handler catches the exceptions that were thrown with the same tag;
/// modules that import the same tag can catch the exceptions of each other.
class MINI_WASM_API Tag {
 public:
  /// Makes a new tag, different from all others. Errors: usage (`type` has results, or refers to types of another
  /// engine), limit.
  static Result<Tag> make(Store& store, const FuncType& type);
  /// The type. The parameters are the values that an exception carries.
  const FuncType& type() const;

  /// The implementation, for the library's own use.
  runtime::TagInst* impl() const { return inst_; }
  /// The store that owns the tag, for the library's own use.
  runtime::Store& store() const { return *store_; }
  /// A handle to an existing tag. For the library's own use.
  Tag(runtime::Store* store, runtime::TagInst* inst) : store_(store), inst_(inst) {}

 private:
  runtime::Store* store_;
  runtime::TagInst* inst_;
};

/// Anything that can be imported or exported: a function, table, memory, global or tag.
struct MINI_WASM_API Extern {
  ExternKind kind = ExternKind::func;  ///< What it is.
  runtime::Store* store = nullptr;     ///< The store that owns it, for the library's own use.
  void* inst = nullptr;  ///< FuncInst, TableInst, MemInst, GlobalInst or TagInst, for the library's own use.

  /// Nothing: an empty function.
  Extern() = default;
  /// A function. Implicit.
  Extern(const Func& f) : kind(ExternKind::func), store(f.store_), inst(f.inst_) {}  // NOLINT
  /// A table. Implicit.
  Extern(const Table& t);  // NOLINT
  /// A memory. Implicit.
  Extern(const Memory& m);  // NOLINT
  /// A global. Implicit.
  Extern(const Global& g);  // NOLINT
  /// A tag. Implicit.
  Extern(const Tag& t);  // NOLINT
  /// The function; none when it is something else, or empty.
  std::optional<Func> func() const;
  /// The table; none when it is something else.
  std::optional<Table> table() const;
  /// The memory; none when it is something else.
  std::optional<Memory> memory() const;
  /// The global; none when it is something else.
  std::optional<Global> global() const;
  /// The tag; none when it is something else.
  std::optional<Tag> tag() const;
};

}  // namespace mini_wasm
