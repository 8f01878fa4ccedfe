// CacheAccess: whether an engine keeps compiled code in files, with which key these are authenticated, and the fence
// that keeps guests away from them.
// Thread rule: immutable.
#pragma once

#include <mini_wasm/config.h>

#include <optional>
#include <string>

#include "runtime/cache/cache_fence.h"
#include "runtime/cache/cache_key.h"

namespace mini_wasm::runtime {

class CacheAccess {
 public:
  // Uses Config::cache_dir unless that is empty. Makes the key if there is none yet.
  explicit CacheAccess(const Config& config);

  // Null when no code is kept.
  const CacheKey* key() const { return key_ ? &*key_ : nullptr; }
  // Why no code is kept although the configuration asks for it; empty otherwise.
  const std::string& problem() const { return problem_; }

 private:
  Result<CacheKey> set_up(const Config& config);

  CacheFence fence_;
  std::optional<CacheKey> key_;
  std::string problem_;
};

}  // namespace mini_wasm::runtime
