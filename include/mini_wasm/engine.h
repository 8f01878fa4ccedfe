// An Engine holds what modules share: settings, interned types, the execution tier. Cheap to copy (a handle).
// Thread rule: safe to use from any thread.
#pragma once

#include <mini_wasm/config.h>

#include <memory>
#include <string>
#include <utility>

namespace mini_wasm {

namespace runtime {
class Engine;
}

class Engine {
 public:
  // Where there is no memory for it, the engine is empty, and whatever is asked of it gives an error of kind limit.
  explicit Engine(const Config& config = {});
  explicit Engine(std::shared_ptr<runtime::Engine> impl) : impl_(std::move(impl)) {}
  const Config& config() const;
  // Why nothing is cached although Config::cache_dir names a directory, e.g. permissions of the key; else empty. The
  // engine is as good as any other.
  const std::string& cache_problem() const;
  // How many memories have been made so far without the guard pages that Config::guard_pages promises, since the system
  // had no addresses for them (`ulimit -v`, some 16,000 memories at once). Each access to them is checked instead, by
  // code that is compiled a second time for that. Any thread.
  uint64_t memories_without_guard() const;
  const std::shared_ptr<runtime::Engine>& impl() const { return impl_; }

 private:
  std::shared_ptr<runtime::Engine> impl_;
};

}  // namespace mini_wasm
