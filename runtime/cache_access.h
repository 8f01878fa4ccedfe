// Whether an engine keeps code, and by what right: the key of its files, and the fence between them and guests.
// Thread rule: immutable.
#pragma once

#include <mini_wasm/config.h>

#include <optional>
#include <string>

#include "runtime/cache_fence.h"
#include "runtime/cache_key.h"

namespace mini_wasm::runtime {

class CacheAccess {
 public:
  // For Config::cache_dir, when that is not empty. The key is made if there is none.
  explicit CacheAccess(const Config& config);

  // Null when nothing is kept.
  const CacheKey* key() const { return key_ ? &*key_ : nullptr; }
  // Why nothing is kept that ought to be; else empty.
  const std::string& problem() const { return problem_; }

 private:
  Result<CacheKey> set_up(const Config& config);

  CacheFence fence_;
  std::optional<CacheKey> key_;
  std::string problem_;
};

}  // namespace mini_wasm::runtime
