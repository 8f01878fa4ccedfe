/// @file
/// The C++ API of WebAssembly that is published with wasm.h as https://github.com/WebAssembly/wasm-c-api, with the same
/// names. Everything here is inline and calls the functions of wasm.h, whose rules hold: an object of this interface is the
/// object of that one. The C++ API of mini-wasm itself is mini_wasm/mini_wasm.h.
///
/// Ownership: `own<T>` is a std::unique_ptr that releases a handle; a plain pointer is lent.
#ifndef WASM_HH
#define WASM_HH

#include <wasm.h>

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <limits>
#include <memory>
#include <new>
#include <string>
#include <utility>

namespace wasm {

/// An array that owns its elements. It is invalid when there was no memory for it, or when it was moved from.
template <class T>
class vec {
  static constexpr size_t invalid_size = SIZE_MAX;
  size_t size_;
  std::unique_ptr<T[]> data_;

  vec(size_t size, T* data) : size_(data == nullptr && size != 0 ? invalid_size : size), data_(data) {}
  explicit vec(size_t size) : vec(size, size != 0 ? new(std::nothrow) T[size] : nullptr) {}

 public:
  using elem_type = T;

  vec(vec&& other) noexcept : size_(std::exchange(other.size_, size_t{invalid_size})), data_(std::move(other.data_)) {}
  vec& operator=(vec&& other) noexcept {
    reset(other);
    return *this;
  }

  /// Whether it is valid.
  operator bool() const { return size_ != invalid_size; }
  size_t size() const { return size_; }
  const T* get() const { return data_.get(); }
  T* get() { return data_.get(); }
  T* release() {
    size_ = invalid_size;
    return data_.release();
  }
  void reset() {
    size_ = invalid_size;
    data_.reset();
  }
  void reset(vec& other) {
    size_ = std::exchange(other.size_, size_t{invalid_size});
    data_ = std::move(other.data_);
  }
  T& operator[](size_t i) {
    assert(i < size_);
    return data_[i];
  }
  const T& operator[](size_t i) const {
    assert(i < size_);
    return data_[i];
  }
  vec copy() const {
    vec v(size_);
    if (v) {
      for (size_t i = 0; i < size_; ++i) v.data_[i] = data_[i];
    }
    return v;
  }
  /// A copy with copies of the elements, which are own pointers.
  vec deep_copy() const {
    vec v(size_);
    if (v) {
      for (size_t i = 0; i < size_; ++i) v.data_[i] = data_[i]->copy();
    }
    return v;
  }

  static vec make_uninitialized(size_t size = 0) { return vec(size); }
  static vec make(size_t size, T init[]) {
    vec v(size);
    if (v) {
      for (size_t i = 0; i < size; ++i) v.data_[i] = std::move(init[i]);
    }
    return v;
  }
  /// The characters; make_nt: with a zero at the end.
  static vec<char> make(std::string s) { return vec<char>::make(s.size(), &s[0]); }
  static vec<char> make_nt(std::string s) { return vec<char>::make(s.size() + 1, &s[0]); }
  static vec make() { return vec(size_t{0}); }
  template <class... Ts>
  static vec make(Ts&&... args) {
    T data[] = {std::forward<Ts>(args)...};
    return make(sizeof...(Ts), data);
  }
  static vec adopt(size_t size, T data[]) { return vec(size, data); }
  static vec invalid() { return vec(invalid_size, nullptr); }
};

/// Releases a handle.
class destroyer {
 public:
  template <class T>
  void operator()(T* ptr) {
    ptr->destroy();
  }
};
template <class T>
using own = std::unique_ptr<T, destroyer>;
template <class T>
using ownvec = vec<own<T>>;
template <class T>
own<T> make_own(T* ptr) {
  return own<T>(ptr);
}

enum class Mutability : uint8_t { CONST, VAR };
enum class ValKind : uint8_t { I32, I64, F32, F64, EXTERNREF = 128, FUNCREF };
enum class ExternKind : uint8_t { FUNC, GLOBAL, TABLE, MEMORY };  // 4: a tag, for which there is no class

inline bool is_num(ValKind k) { return k < ValKind::EXTERNREF; }
inline bool is_ref(ValKind k) { return k >= ValKind::EXTERNREF; }

/// Sizes of a memory in pages, or of a table in elements. Laid out as wasm_limits_t.
struct Limits {
  uint32_t min;
  uint32_t max;
  Limits(uint32_t min_, uint32_t max_ = std::numeric_limits<uint32_t>::max()) : min(min_), max(max_) {}
};

using Name = vec<byte_t>;
using Message = vec<byte_t>;  // with a zero at its end

namespace detail {

// An object of this interface and one of wasm.h are the same; only the type of the pointer differs.
template <class To, class From>
To* as(From* from) {
  return reinterpret_cast<To*>(from);
}
template <class To, class From>
own<To> own_as(From* from) {
  return own<To>(as<To>(from));
}

// A vector that this interface shows inside of an object has the layout of one of wasm.h: size and pointer.
template <class T, class CVec>
const vec<T>& show(const CVec* from) {
  static_assert(sizeof(vec<T>) == sizeof(CVec), "a vector is a size and a pointer");
  return *reinterpret_cast<const vec<T>*>(from);
}

// A vector from the C functions, which is released; its elements are moved.
template <class T, class CVec>
ownvec<T> take(CVec from, void (*release)(CVec*)) {
  ownvec<T> to = ownvec<T>::make_uninitialized(from.size);
  if (to) {
    for (size_t i = 0; i < from.size; ++i) to[i] = own_as<T>(std::exchange(from.data[i], nullptr));
  }
  release(&from);
  return to;
}
inline vec<byte_t> take(wasm_byte_vec_t from) {
  vec<byte_t> to = vec<byte_t>::make(from.size, from.data);
  wasm_byte_vec_delete(&from);
  return to;
}

// A vector for the C functions, which take it over; the elements are moved.
template <class CVec, class CElement, class T>
CVec give(ownvec<T>&& from, void (*make)(CVec*, size_t)) {
  CVec to;
  make(&to, from ? from.size() : 0);
  for (size_t i = 0; i < to.size; ++i) to.data[i] = as<CElement>(from[i].release());
  return to;
}
inline wasm_byte_vec_t give(const vec<byte_t>& from) {
  wasm_byte_vec_t to;
  wasm_byte_vec_new(&to, from ? from.size() : 0, from.get());
  return to;
}
// The same, only lent.
inline wasm_byte_vec_t lend(const vec<byte_t>& from) {
  return {from ? from.size() : 0, const_cast<byte_t*>(from.get())};
}

}  // namespace detail

// A class of this interface; its objects are wasm_NAME_t.
#define WASM_HH_CLASS(Class, name)                                            \
  friend class destroyer;                                                     \
  void destroy() { wasm_##name##_delete(detail::as<wasm_##name##_t>(this)); } \
                                                                              \
 protected:                                                                   \
  Class() = default;                                                          \
  ~Class() = default;                                                         \
                                                                              \
 public:                                                                      \
  wasm_##name##_t* c() { return detail::as<wasm_##name##_t>(this); }          \
  const wasm_##name##_t* c() const { return detail::as<const wasm_##name##_t>(this); }
// The same, for one whose objects can be copied.
#define WASM_HH_COPIED_CLASS(Class, name) \
  WASM_HH_CLASS(Class, name)              \
  own<Class> copy() const { return detail::own_as<Class>(wasm_##name##_copy(c())); }

/// Settings of an engine. `c()` is what mini_wasm.h takes, here and below.
class Config {
  WASM_HH_CLASS(Config, config)
  static own<Config> make() { return detail::own_as<Config>(wasm_config_new()); }
};

/// What stores share.
class Engine {
  WASM_HH_CLASS(Engine, engine)
  static own<Engine> make(own<Config>&& config = Config::make()) {
    return detail::own_as<Engine>(wasm_engine_new_with_config(detail::as<wasm_config_t>(config.release())));
  }
};

/// Owns everything that exists while code runs.
class Store {
  WASM_HH_CLASS(Store, store)
  static own<Store> make(Engine* engine) { return detail::own_as<Store>(wasm_store_new(engine->c())); }
};

// --- Types

/// The type of a value.
class ValType {
  WASM_HH_COPIED_CLASS(ValType, valtype)
  static own<ValType> make(ValKind kind) {
    return detail::own_as<ValType>(wasm_valtype_new(static_cast<wasm_valkind_t>(kind)));
  }
  ValKind kind() const { return static_cast<ValKind>(wasm_valtype_kind(c())); }
  bool is_num() const { return wasm::is_num(kind()); }
  bool is_ref() const { return wasm::is_ref(kind()); }
};

class FuncType;
class GlobalType;
class TableType;
class MemoryType;

/// The type of anything that can be imported or exported. The conversions give null for another kind.
class ExternType {
  WASM_HH_COPIED_CLASS(ExternType, externtype)
  ExternKind kind() const { return static_cast<ExternKind>(wasm_externtype_kind(c())); }
  FuncType* func() { return detail::as<FuncType>(wasm_externtype_as_functype(c())); }
  GlobalType* global() { return detail::as<GlobalType>(wasm_externtype_as_globaltype(c())); }
  TableType* table() { return detail::as<TableType>(wasm_externtype_as_tabletype(c())); }
  MemoryType* memory() { return detail::as<MemoryType>(wasm_externtype_as_memorytype(c())); }
  const FuncType* func() const { return const_cast<ExternType*>(this)->func(); }
  const GlobalType* global() const { return const_cast<ExternType*>(this)->global(); }
  const TableType* table() const { return const_cast<ExternType*>(this)->table(); }
  const MemoryType* memory() const { return const_cast<ExternType*>(this)->memory(); }
};

/// The type of a function.
class FuncType : public ExternType {
  WASM_HH_COPIED_CLASS(FuncType, functype)
  static own<FuncType> make(ownvec<ValType>&& params = ownvec<ValType>::make(),
                            ownvec<ValType>&& results = ownvec<ValType>::make()) {
    auto make_vec = wasm_valtype_vec_new_uninitialized;
    auto ps = detail::give<wasm_valtype_vec_t, wasm_valtype_t>(std::move(params), make_vec);
    auto rs = detail::give<wasm_valtype_vec_t, wasm_valtype_t>(std::move(results), make_vec);
    return detail::own_as<FuncType>(wasm_functype_new(&ps, &rs));
  }
  const ownvec<ValType>& params() const { return detail::show<own<ValType>>(wasm_functype_params(c())); }
  const ownvec<ValType>& results() const { return detail::show<own<ValType>>(wasm_functype_results(c())); }
};

/// The type of a global.
class GlobalType : public ExternType {
  WASM_HH_COPIED_CLASS(GlobalType, globaltype)
  static own<GlobalType> make(own<ValType>&& content, Mutability mutability) {
    return detail::own_as<GlobalType>(
        wasm_globaltype_new(detail::as<wasm_valtype_t>(content.release()), static_cast<wasm_mutability_t>(mutability)));
  }
  const ValType* content() const { return detail::as<const ValType>(wasm_globaltype_content(c())); }
  Mutability mutability() const { return static_cast<Mutability>(wasm_globaltype_mutability(c())); }
};

/// The type of a table.
class TableType : public ExternType {
  WASM_HH_COPIED_CLASS(TableType, tabletype)
  static own<TableType> make(own<ValType>&& element, Limits limits) {
    const wasm_limits_t sizes = {limits.min, limits.max};
    return detail::own_as<TableType>(wasm_tabletype_new(detail::as<wasm_valtype_t>(element.release()), &sizes));
  }
  const ValType* element() const { return detail::as<const ValType>(wasm_tabletype_element(c())); }
  const Limits& limits() const { return *detail::as<const Limits>(wasm_tabletype_limits(c())); }
};

/// The type of a memory.
class MemoryType : public ExternType {
  WASM_HH_COPIED_CLASS(MemoryType, memorytype)
  static own<MemoryType> make(Limits limits) {
    const wasm_limits_t sizes = {limits.min, limits.max};
    return detail::own_as<MemoryType>(wasm_memorytype_new(&sizes));
  }
  const Limits& limits() const { return *detail::as<const Limits>(wasm_memorytype_limits(c())); }
};

/// One import of a module.
class ImportType {
  WASM_HH_COPIED_CLASS(ImportType, importtype)
  static own<ImportType> make(Name&& module, Name&& name, own<ExternType>&& type) {
    wasm_name_t m = detail::give(module), n = detail::give(name);
    return detail::own_as<ImportType>(wasm_importtype_new(&m, &n, detail::as<wasm_externtype_t>(type.release())));
  }
  const Name& module() const { return detail::show<byte_t>(wasm_importtype_module(c())); }
  const Name& name() const { return detail::show<byte_t>(wasm_importtype_name(c())); }
  const ExternType* type() const { return detail::as<const ExternType>(wasm_importtype_type(c())); }
};

/// One export of a module.
class ExportType {
  WASM_HH_COPIED_CLASS(ExportType, exporttype)
  static own<ExportType> make(Name&& name, own<ExternType>&& type) {
    wasm_name_t n = detail::give(name);
    return detail::own_as<ExportType>(wasm_exporttype_new(&n, detail::as<wasm_externtype_t>(type.release())));
  }
  const Name& name() const { return detail::show<byte_t>(wasm_exporttype_name(c())); }
  const ExternType* type() const { return detail::as<const ExternType>(wasm_exporttype_type(c())); }
};

// --- References and values

/// Any object.
class Ref {
  WASM_HH_COPIED_CLASS(Ref, ref)
  bool same(const Ref* other) const { return wasm_ref_same(c(), detail::as<const wasm_ref_t>(other)); }
  void* get_host_info() const { return wasm_ref_get_host_info(c()); }
  void set_host_info(void* info, void (*finalizer)(void*) = nullptr) {
    wasm_ref_set_host_info_with_finalizer(c(), info, finalizer);
  }
};

/// A value. Laid out as wasm_val_t; owns the reference that it may be.
class Val {
  ValKind kind_;
  union Of {
    int32_t i32;
    int64_t i64;
    float32_t f32;
    float64_t f64;
    Ref* ref;
  } of_;
  Val(ValKind kind, Of of) : kind_(kind), of_(of) {}

 public:
  Val() : kind_(ValKind::EXTERNREF) { of_.ref = nullptr; }
  explicit Val(int32_t i) : kind_(ValKind::I32) { of_.i32 = i; }
  explicit Val(int64_t i) : kind_(ValKind::I64) { of_.i64 = i; }
  explicit Val(float32_t z) : kind_(ValKind::F32) { of_.f32 = z; }
  explicit Val(float64_t z) : kind_(ValKind::F64) { of_.f64 = z; }
  explicit Val(own<Ref>&& r) : kind_(ValKind::EXTERNREF) { of_.ref = r.release(); }
  Val(Val&& other) noexcept : kind_(other.kind_), of_(other.of_) {
    if (is_ref()) other.of_.ref = nullptr;
  }
  Val& operator=(Val&& other) noexcept {
    reset(other);
    return *this;
  }
  ~Val() { reset(); }

  bool is_num() const { return wasm::is_num(kind_); }
  bool is_ref() const { return wasm::is_ref(kind_); }
  static Val i32(int32_t x) { return Val(x); }
  static Val i64(int64_t x) { return Val(x); }
  static Val f32(float32_t x) { return Val(x); }
  static Val f64(float64_t x) { return Val(x); }
  static Val ref(own<Ref>&& x) { return Val(std::move(x)); }
  template <class T>
  static Val make(T x);
  template <class T>
  static Val make(own<T>&& x);

  void reset() {
    if (is_ref() && of_.ref != nullptr) destroyer()(std::exchange(of_.ref, nullptr));
  }
  void reset(Val& other) {
    reset();
    kind_ = other.kind_;
    of_ = other.of_;
    if (is_ref()) other.of_.ref = nullptr;
  }

  ValKind kind() const { return kind_; }
  int32_t i32() const { return assert(kind_ == ValKind::I32), of_.i32; }
  int64_t i64() const { return assert(kind_ == ValKind::I64), of_.i64; }
  float32_t f32() const { return assert(kind_ == ValKind::F32), of_.f32; }
  float64_t f64() const { return assert(kind_ == ValKind::F64), of_.f64; }
  Ref* ref() const { return assert(is_ref()), of_.ref; }
  template <class T>
  T get() const;
  own<Ref> release_ref() {
    assert(is_ref());
    return own<Ref>(std::exchange(of_.ref, nullptr));
  }
  Val copy() const {
    Of of = of_;
    if (is_ref() && of_.ref != nullptr) of.ref = of_.ref->copy().release();
    return Val(kind_, of);
  }
};

// clang-format off
template <> inline Val Val::make<int32_t>(int32_t x) { return Val(x); }
template <> inline Val Val::make<int64_t>(int64_t x) { return Val(x); }
template <> inline Val Val::make<float32_t>(float32_t x) { return Val(x); }
template <> inline Val Val::make<float64_t>(float64_t x) { return Val(x); }
template <> inline Val Val::make<uint32_t>(uint32_t x) { return Val(static_cast<int32_t>(x)); }
template <> inline Val Val::make<uint64_t>(uint64_t x) { return Val(static_cast<int64_t>(x)); }
template <> inline Val Val::make<Ref>(own<Ref>&& x) { return Val(std::move(x)); }
template <> inline int32_t Val::get<int32_t>() const { return i32(); }
template <> inline int64_t Val::get<int64_t>() const { return i64(); }
template <> inline float32_t Val::get<float32_t>() const { return f32(); }
template <> inline float64_t Val::get<float64_t>() const { return f64(); }
template <> inline uint32_t Val::get<uint32_t>() const { return static_cast<uint32_t>(i32()); }
template <> inline uint64_t Val::get<uint64_t>() const { return static_cast<uint64_t>(i64()); }
template <> inline Ref* Val::get<Ref*>() const { return ref(); }
// clang-format on

namespace detail {
static_assert(sizeof(Val) == sizeof(wasm_val_t), "a value is laid out as wasm_val_t");
inline wasm_val_vec_t lend(const vec<Val>& from) {
  return {from ? from.size() : 0, as<wasm_val_t>(const_cast<Val*>(from.get()))};
}
inline wasm_ref_t* c_ref(const Ref* ref) { return as<wasm_ref_t>(const_cast<Ref*>(ref)); }
}  // namespace detail

// --- Traps

class Instance;

/// One frame of guest code.
class Frame {
  WASM_HH_COPIED_CLASS(Frame, frame)
  Instance* instance() const { return detail::as<Instance>(wasm_frame_instance(c())); }
  uint32_t func_index() const { return wasm_frame_func_index(c()); }
  size_t func_offset() const { return wasm_frame_func_offset(c()); }
  size_t module_offset() const { return wasm_frame_module_offset(c()); }
};

/// Why a call did not return normally.
class Trap : public Ref {
  WASM_HH_COPIED_CLASS(Trap, trap)
  static own<Trap> make(Store* store, const Message& message) {
    const wasm_byte_vec_t text = detail::lend(message);
    return detail::own_as<Trap>(wasm_trap_new(store->c(), &text));
  }
  Message message() const {
    wasm_message_t out;
    wasm_trap_message(c(), &out);
    return detail::take(out);
  }
  /// The innermost frame; null when there is none.
  own<Frame> origin() const { return detail::own_as<Frame>(wasm_trap_origin(c())); }
  ownvec<Frame> trace() const {
    wasm_frame_vec_t out;
    wasm_trap_trace(c(), &out);
    return detail::take<Frame>(out, wasm_frame_vec_delete);
  }
};

// --- Modules

/// What stores on other threads can get.
template <class T>
class Shared;
class Module;
template <>
class Shared<Module> {
  WASM_HH_CLASS(Shared, shared_module)
};

/// A decoded and validated module.
class Module : public Ref {
  WASM_HH_COPIED_CLASS(Module, module)
  static bool validate(Store* store, const vec<byte_t>& binary) {
    const wasm_byte_vec_t bytes = detail::lend(binary);
    return wasm_module_validate(store->c(), &bytes);
  }
  static own<Module> make(Store* store, const vec<byte_t>& binary) {
    const wasm_byte_vec_t bytes = detail::lend(binary);
    return detail::own_as<Module>(wasm_module_new(store->c(), &bytes));
  }
  ownvec<ImportType> imports() const {
    wasm_importtype_vec_t out;
    wasm_module_imports(c(), &out);
    return detail::take<ImportType>(out, wasm_importtype_vec_delete);
  }
  ownvec<ExportType> exports() const {
    wasm_exporttype_vec_t out;
    wasm_module_exports(c(), &out);
    return detail::take<ExportType>(out, wasm_exporttype_vec_delete);
  }
  own<Shared<Module>> share() const { return detail::own_as<Shared<Module>>(wasm_module_share(c())); }
  static own<Module> obtain(Store* store, const Shared<Module>* shared) {
    return detail::own_as<Module>(wasm_module_obtain(store->c(), shared->c()));
  }
  vec<byte_t> serialize() const {
    wasm_byte_vec_t out;
    wasm_module_serialize(c(), &out);
    return detail::take(out);
  }
  static own<Module> deserialize(Store* store, const vec<byte_t>& serialized) {
    const wasm_byte_vec_t bytes = detail::lend(serialized);
    return detail::own_as<Module>(wasm_module_deserialize(store->c(), &bytes));
  }
};

// --- What can be imported and exported

/// An object that exists to carry host info, and to be given to guests as an externref.
class Foreign : public Ref {
  WASM_HH_COPIED_CLASS(Foreign, foreign)
  static own<Foreign> make(Store* store) { return detail::own_as<Foreign>(wasm_foreign_new(store->c())); }
};

class Func;
class Global;
class Table;
class Memory;

/// Anything that can be imported or exported. The conversions give null for another kind.
class Extern : public Ref {
  WASM_HH_COPIED_CLASS(Extern, extern)
  ExternKind kind() const { return static_cast<ExternKind>(wasm_extern_kind(c())); }
  own<ExternType> type() const { return detail::own_as<ExternType>(wasm_extern_type(c())); }
  Func* func() { return detail::as<Func>(wasm_extern_as_func(c())); }
  Global* global() { return detail::as<Global>(wasm_extern_as_global(c())); }
  Table* table() { return detail::as<Table>(wasm_extern_as_table(c())); }
  Memory* memory() { return detail::as<Memory>(wasm_extern_as_memory(c())); }
  const Func* func() const { return const_cast<Extern*>(this)->func(); }
  const Global* global() const { return const_cast<Extern*>(this)->global(); }
  const Table* table() const { return const_cast<Extern*>(this)->table(); }
  const Memory* memory() const { return const_cast<Extern*>(this)->memory(); }
};

/// A function of a guest or of the host.
class Func : public Extern {
  WASM_HH_COPIED_CLASS(Func, func)
  using callback = own<Trap> (*)(const vec<Val>& args, vec<Val>& results);
  using callback_with_env = own<Trap> (*)(void* env, const vec<Val>& args, vec<Val>& results);

  static own<Func> make(Store* store, const FuncType* type, callback code) {
    return make_with(store, type, new (std::nothrow) Code{code, nullptr, nullptr, nullptr});
  }
  static own<Func> make(Store* store, const FuncType* type, callback_with_env code, void* env,
                        void (*finalizer)(void*) = nullptr) {
    return make_with(store, type, new (std::nothrow) Code{nullptr, code, env, finalizer});
  }
  own<FuncType> type() const { return detail::own_as<FuncType>(wasm_func_type(c())); }
  size_t param_arity() const { return wasm_func_param_arity(c()); }
  size_t result_arity() const { return wasm_func_result_arity(c()); }
  own<Trap> call(const vec<Val>& args, vec<Val>& results) const {
    const wasm_val_vec_t in = detail::lend(args);
    for (size_t i = 0; results && i < results.size(); ++i) results[i].reset();  // what they hold is overwritten
    wasm_val_vec_t out = detail::lend(results);
    return detail::own_as<Trap>(wasm_func_call(c(), &in, &out));
  }

 private:
  // What the environment of the C function is.
  struct Code {
    callback plain;
    callback_with_env with_env;
    void* env;
    void (*finalizer)(void*);
    ~Code() {
      if (finalizer != nullptr) finalizer(env);
    }
  };
  // Values that stay where they are, and are not owned; also when the code throws.
  struct Lent {
    vec<Val> values;
    ~Lent() { values.release(); }
  };
  static wasm_trap_t* run(void* env, const wasm_val_vec_t* in, wasm_val_vec_t* out) {
    const Code& code = *static_cast<Code*>(env);
    Lent args{vec<Val>::adopt(in->size, detail::as<Val>(in->data))};
    Lent results{vec<Val>::adopt(out->size, detail::as<Val>(out->data))};
    own<Trap> trap = code.plain != nullptr ? code.plain(args.values, results.values)
                                           : code.with_env(code.env, args.values, results.values);
    return detail::as<wasm_trap_t>(trap.release());
  }
  static own<Func> make_with(Store* store, const FuncType* type, Code* code) {
    if (code == nullptr) return own<Func>();
    const auto drop = [](void* data) { delete static_cast<Code*>(data); };
    return detail::own_as<Func>(wasm_func_new_with_env(store->c(), type->c(), run, code, drop));
  }
};

/// A global variable.
class Global : public Extern {
  WASM_HH_COPIED_CLASS(Global, global)
  static own<Global> make(Store* store, const GlobalType* type, const Val& value) {
    return detail::own_as<Global>(wasm_global_new(store->c(), type->c(), detail::as<const wasm_val_t>(&value)));
  }
  own<GlobalType> type() const { return detail::own_as<GlobalType>(wasm_global_type(c())); }
  Val get() const {
    Val value;
    wasm_global_get(c(), detail::as<wasm_val_t>(&value));
    return value;
  }
  void set(const Val& value) { wasm_global_set(c(), detail::as<const wasm_val_t>(&value)); }
};

/// A table of references.
class Table : public Extern {
  WASM_HH_COPIED_CLASS(Table, table)
  using size_t = uint32_t;
  static own<Table> make(Store* store, const TableType* type, const Ref* init = nullptr) {
    return detail::own_as<Table>(wasm_table_new(store->c(), type->c(), detail::c_ref(init)));
  }
  own<TableType> type() const { return detail::own_as<TableType>(wasm_table_type(c())); }
  own<Ref> get(size_t index) const { return detail::own_as<Ref>(wasm_table_get(c(), index)); }
  bool set(size_t index, const Ref* ref) { return wasm_table_set(c(), index, detail::c_ref(ref)); }
  size_t size() const { return wasm_table_size(c()); }
  bool grow(size_t delta, const Ref* init = nullptr) { return wasm_table_grow(c(), delta, detail::c_ref(init)); }
};

/// A linear memory.
class Memory : public Extern {
  WASM_HH_COPIED_CLASS(Memory, memory)
  using pages_t = uint32_t;
  static const size_t page_size = 0x10000;
  static own<Memory> make(Store* store, const MemoryType* type) {
    return detail::own_as<Memory>(wasm_memory_new(store->c(), type->c()));
  }
  own<MemoryType> type() const { return detail::own_as<MemoryType>(wasm_memory_type(c())); }
  byte_t* data() const { return wasm_memory_data(const_cast<Memory*>(this)->c()); }
  size_t data_size() const { return wasm_memory_data_size(c()); }
  pages_t size() const { return wasm_memory_size(c()); }
  bool grow(pages_t delta) { return wasm_memory_grow(c(), delta); }
};

/// A module in a store.
class Instance : public Ref {
  WASM_HH_COPIED_CLASS(Instance, instance)
  static own<Instance> make(Store* store, const Module* module, const vec<Extern*>& imports,
                            own<Trap>* trap = nullptr) {
    const wasm_extern_vec_t vec = {imports ? imports.size() : 0,
                                   reinterpret_cast<wasm_extern_t**>(const_cast<Extern**>(imports.get()))};
    wasm_trap_t* failure = nullptr;
    own<Instance> made = detail::own_as<Instance>(wasm_instance_new(store->c(), module->c(), &vec, &failure));
    own<Trap> owned = detail::own_as<Trap>(failure);
    if (trap != nullptr) *trap = std::move(owned);
    return made;
  }
  ownvec<Extern> exports() const {
    wasm_extern_vec_t out;
    wasm_instance_exports(c(), &out);
    return detail::take<Extern>(out, wasm_extern_vec_delete);
  }
};

#undef WASM_HH_CLASS
#undef WASM_HH_COPIED_CLASS

}  // namespace wasm

#endif  // WASM_HH
