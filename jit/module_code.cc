#include "jit/module_code.h"

#include <cstring>

#include "jit/jit.h"

namespace mini_wasm::jit {

ModuleCode::ModuleCode(Jit& jit, const runtime::CompiledModule& module)
    : jit_(jit),
      module_(module),
      count_(static_cast<uint32_t>(module.module().funcs.size() - module.module().imported_funcs)),
      compiled_(count_) {
  table_bytes_ = size_t{count_} * (sizeof(uint8_t*) + target::kThunkBytes);
  if (count_ == 0) return;
  uint8_t* table = jit_.memory().allocate(table_bytes_);
  if (table == nullptr) return;
  entries_ = reinterpret_cast<const uint8_t**>(table);
  uint8_t* thunks = table + size_t{count_} * sizeof(uint8_t*);
  const uint8_t** entries = jit_.memory().writable(entries_);
  for (uint32_t i = 0; i < count_; ++i) {
    uint8_t* thunk = thunks + size_t{i} * target::kThunkBytes;
    target::write_thunk(jit_.memory().writable(thunk), thunk, i, jit_.stubs());
    entries[i] = thunk;
  }
}

ModuleCode::~ModuleCode() {
  for (const NativeCode& code : code_) {
    jit_.remove_code(code);
    jit_.memory().free(const_cast<uint8_t*>(code.begin), code.size);
  }
  jit_.memory().free(reinterpret_cast<uint8_t*>(entries_), table_bytes_);
}

void* ModuleCode::func_code(FuncIdx index) {
  if (entries_ == nullptr) return const_cast<const uint8_t**>(&jit_.stubs().no_memory);
  return entries_ + (raw(index) - module_.module().imported_funcs);
}

Result<void> ModuleCode::translate_all() {
  for (uint32_t i = 0; i < count_; ++i) {
    if (compile(i) == nullptr) return Error::make(ErrorKind::limit, "no memory for machine code");
  }
  return {};
}

const uint8_t* ModuleCode::compile(uint32_t index) {
  const std::lock_guard lock(mutex_);
  if (entries_ == nullptr) return nullptr;
  if (compiled_[index]) return entries_[index];
  if (!compiler_) compiler_ = target::make_compiler(module_, jit_.stubs(), entries_);
  NativeCode& code = code_.emplace_back();
  code.owner = this;
  code.index = FuncIdx{index + module_.module().imported_funcs};
  const Result<void> r = compiler_->compile(code.index, code);
  code.size = static_cast<uint32_t>(compiler_->size());
  uint8_t* at = r ? jit_.memory().allocate(code.size) : nullptr;
  if (at == nullptr) {
    code_.pop_back();
    return nullptr;
  }
  code.begin = at;
  compiler_->place(jit_.memory().writable(at), code);
  code.sites.shrink_to_fit();
  jit_.add_code(code);
  compiled_[index] = true;
  __atomic_store_n(jit_.memory().writable(entries_ + index), at, __ATOMIC_RELEASE);
  return at;
}

}  // namespace mini_wasm::jit
