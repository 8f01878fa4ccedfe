#include "jit/module_code.h"

#include <algorithm>
#include <atomic>
#include <thread>
#include <utility>

#include "core/guarded.h"
#include "jit/code_record.h"
#include "jit/jit.h"
#include "jit/parallel.h"

namespace mini_wasm::jit {

ModuleCode::ModuleCode(Jit& jit, const runtime::CompiledModule& module, runtime::Bounds bounds)
    : jit_(jit),
      module_(module),
      bounds_(bounds),
      count_(static_cast<uint32_t>(module.module().funcs.size() - module.module().imported_funcs)),
      settings_(CodeSettings::of(module.engine().config())),
      compiled_(count_) {
  if (count_ == 0) return;
  const size_t bytes = entries().bytes();
  // Table and thunks are in code memory, near the code: calls read the table relative to their own address.
  uint8_t* const table = jit_.memory().allocate(bytes);
  if (table == nullptr) return;
  entries_ = reinterpret_cast<const uint8_t**>(table);
  const ModuleEntries made = entries();
  // `entries_` and the thunks are where code reads them; they are written through the writable view.
  const uint8_t** const to = jit_.memory().writable(entries_);
  for (uint32_t i = 0; i < count_; ++i) {
    const uint8_t* const thunk = made.thunk(i);
    jit_.backend().write_thunk(const_cast<uint8_t*>(jit_.memory().writable(thunk)), thunk, i, jit_.stubs());
    to[entry_index(i, Entry::slots)] = thunk;
    to[entry_index(i, Entry::registers)] = thunk + made.thunk_bytes / 2;
  }
  publish_code(table, bytes);
}

ModuleEntries ModuleCode::entries() const { return {entries_, count_, jit_.backend().thunk_bytes()}; }

ModuleCode::~ModuleCode() {
  for (const NativeCode& code : code_) {
    jit_.remove_code(code);
    jit_.memory().free(const_cast<uint8_t*>(code.begin), code.size);
  }
  jit_.memory().free(reinterpret_cast<uint8_t*>(entries_), entries_ == nullptr ? 0 : entries().bytes());
}

runtime::ModuleCode& ModuleCode::interpreted() {
  interpreted_once_.call([&] { interpreted_ = jit_.interpreter()->make_code(module_, bounds_); });
  return *interpreted_;
}

void ModuleCode::attach(runtime::FuncInst& func) {
  if (jit_.is_retired() && jit_.interpreter() != nullptr) attach_interpreted(func);
  if (entries_ == nullptr) return void(func.machine_code = const_cast<const uint8_t**>(jit_.stubs().no_memory));
  func.machine_code = entries_ + entry_index(raw(func.index) - module_.module().imported_funcs, Entry::slots);
}

const void* ModuleCode::entry(FuncIdx func, uint32_t loop) {
  const uint32_t index = raw(func) - static_cast<uint32_t>(module_.module().imported_funcs);
  if (jit_.is_retired()) return nullptr;
  if (compile(index, Entry::slots) == nullptr) return nullptr;
  const std::lock_guard lock(mutex_);
  const NativeCode& code = *compiled_[index];
  if (loop == runtime::ExecutionTier::kFromTheBeginning) return code.begin;
  const auto found = std::lower_bound(code.loop_entries.begin(), code.loop_entries.end(), loop,
                                      [](const LoopEntry& entry, uint32_t wanted) { return entry.loop < wanted; });
  return found == code.loop_entries.end() || found->loop != loop ? nullptr : code.begin + found->native;
}

std::unique_ptr<FunctionCompiler> ModuleCode::new_compiler() const {
  return jit_.backend().make_compiler(module_, bounds_, settings_, jit_.stubs(), entries());
}

// Uses all processors. Each thread takes the next function that no other thread has taken.
Result<void> ModuleCode::translate_all() {
  if (jit_.is_retired()) return jit_.interpreter() != nullptr ? interpreted().translate_all() : Result<void>();
  constexpr uint32_t kPerThread = 64;  // fewer functions than this are not worth a thread
  std::atomic<uint32_t> next{0};
  std::atomic<bool> failed{count_ != 0 && entries_ == nullptr};
  const auto compile_some = [&] {
    const std::unique_ptr<FunctionCompiler> compiler = new_compiler();
    for (uint32_t i; !failed && (i = next++) < count_;) {
      if (!is_compiled(i) && !load(i) && !compile_with(*compiler, i)) failed = true;
    }
  };
  auto work = [&] { guarded(compile_some, [&] { failed = true; }); };
  run_on_threads(
      std::min(std::thread::hardware_concurrency(), count_ / kPerThread),
      [](void* data) { (*static_cast<decltype(work)*>(data))(); }, &work);
  if (!failed) return {};
  // If the code cache said that the module is valid, nothing was validated before. The cache may be wrong, so the error
  // may be that a function is invalid.
  for (size_t i = module_.module().imported_funcs; module_.validates_on_demand() && i < module_.module().funcs.size();
       ++i) {
    if (auto valid = module_.facts(FuncIdx{static_cast<uint32_t>(i)}); !valid) return std::move(valid).error();
  }
  return Error::make(ErrorKind::limit, "no memory for machine code");
}

uint64_t ModuleCode::code_bytes() {
  const std::lock_guard lock(mutex_);
  uint64_t bytes = 0;
  for (const NativeCode& code : code_) bytes += code.size;
  return bytes;
}

// One thread at a time, with one compiler for all of them. `translate_all` does not take this lock; if both compile the
// same function, `publish` keeps the code that comes first.
const uint8_t* ModuleCode::compile(uint32_t index, Entry entry) {
  if (entries_ == nullptr) return nullptr;
  const std::lock_guard lock(lazy_mutex_);
  if (!is_compiled(index) && !load(index)) {
    try {
      if (!lazy_compiler_) lazy_compiler_ = new_compiler();
      if (!compile_with(*lazy_compiler_, index)) return nullptr;
    } catch (...) {
      lazy_compiler_.reset();  // its state is that of a function that is half compiled
      throw;
    }
  }
  return __atomic_load_n(entries_ + entry_index(index, entry), __ATOMIC_ACQUIRE);
}

bool ModuleCode::is_compiled(uint32_t index) {
  const std::lock_guard lock(mutex_);
  return compiled_[index] != nullptr;
}

// Takes the function's code from the cache. The function need not be validated: the code was made from the same bytes,
// after they were validated.
bool ModuleCode::load(uint32_t index) {
  const runtime::ModuleCache* const cache = module_.cache(bounds_);
  if (cache == nullptr) return false;
  std::vector<uint8_t> buffer;
  const FuncIdx func{index + module_.module().imported_funcs};
  const std::span<const uint8_t> bytes = cache->find(func, buffer);
  CodeRecord record;
  if (bytes.empty() || !read_record(jit_.backend(), module_, bytes, record)) return false;
  NativeCode code = std::move(record.tables);
  code.owner = this;
  code.index = func;
  uint8_t* const at = jit_.memory().allocate(code.size);
  if (at == nullptr) return false;
  code.begin = at;
  uint8_t* const to = jit_.memory().writable(at);
  std::copy(record.code.begin(), record.code.end(), to);
  fill_constants(jit_.backend(), module_, to, record.relocations);
  jit_.backend().link(to, at, code.register_entry, record.relocations, jit_.stubs(), entries());
  publish(index, std::move(code), record.sites, std::nullopt);  // it is in the cache already
  return true;
}

// Returns false when there is no memory, or when the function is invalid.
bool ModuleCode::compile_with(FunctionCompiler& compiler, uint32_t index) {
  NativeCode code;
  code.owner = this;
  code.index = FuncIdx{index + module_.module().imported_funcs};
  if (!compiler.compile(code.index, code)) return false;
  code.size = static_cast<uint32_t>(compiler.size());
  uint8_t* at = jit_.memory().allocate(code.size);
  if (at == nullptr) return false;
  code.begin = at;
  compiler.place(jit_.memory().writable(at), code);
  std::optional<std::span<const Relocation>> unsaved;
  if (module_.cache(bounds_) != nullptr) unsaved = compiler.relocations();
  publish(index, std::move(code), compiler.sites(), unsaved);
  return true;
}

// Sites are copied into large arrays, because an allocation for each function would take more memory and time.
std::span<const Site> ModuleCode::keep(std::span<const Site> sites) {
  if (sites.empty()) return {};
  if (sites.size() > sites_left_) {
    // Elements of the next array: 64 first, for small modules, then twice as many each time.
    const size_t piece = size_t{64} << std::min<size_t>(sites_.size(), 7);
    const size_t size = std::max(sites.size(), piece);
    sites_.push_back(std::make_unique_for_overwrite<Site[]>(size));
    sites_left_ = sites_size_ = size;
  }
  Site* to = sites_.back().get() + (sites_size_ - sites_left_);
  std::copy(sites.begin(), sites.end(), to);
  sites_left_ -= sites.size();
  return {to, sites.size()};
}

// The entry points come last, so a thread that reads them finds the code and its tables complete.
void ModuleCode::publish(uint32_t index, NativeCode&& code, std::span<const Site> sites,
                         std::optional<std::span<const Relocation>> unsaved) {
  publish_code(code.begin, code.size);
  const std::lock_guard lock(mutex_);
  if (compiled_[index] != nullptr) {  // another thread has compiled the function in the meantime
    return jit_.memory().free(const_cast<uint8_t*>(code.begin), code.size);
  }
  // From here on ~ModuleCode frees the memory of the code.
  const NativeCode& kept = code_.emplace_back(std::move(code));
  code_.back().sites = keep(sites);
  if (unsaved) unsaved_.emplace(index, std::vector(unsaved->begin(), unsaved->end()));
  jit_.add_code(kept);
  compiled_[index] = &kept;
  // Other threads may read the entry points at this moment. They get either the thunk or the code; both are right.
  const uint8_t** entry = jit_.memory().writable(entries_ + entry_index(index, Entry::slots));
  __atomic_store_n(entry, kept.begin, __ATOMIC_RELEASE);
  __atomic_store_n(entry + 1, kept.begin + kept.register_entry, __ATOMIC_RELEASE);
  const uint8_t* const thunk = entries().thunk(index);
  jit_.backend().redirect_thunk(const_cast<uint8_t*>(jit_.memory().writable(thunk)), thunk, kept);
}

ModuleCode::Unsaved ModuleCode::unsaved() {
  Unsaved result;
  if (jit_.is_retired()) return result;
  const std::lock_guard lock(mutex_);
  for (const auto& [index, relocations] : unsaved_) {
    result.functions.push_back(FuncIdx{index + module_.module().imported_funcs});
    result.bytes += compiled_[index]->size;
  }
  return result;
}

bool ModuleCode::append_record(FuncIdx func, std::vector<uint8_t>& out) {
  const uint32_t index = raw(func) - module_.module().imported_funcs;
  const std::lock_guard lock(mutex_);
  return jit::append_record(jit_.backend(), module_, *compiled_[index], unsaved_[index], out);
}

}  // namespace mini_wasm::jit
