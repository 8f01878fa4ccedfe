#include "runtime/cache/cache_access.h"

#include <utility>

#include "runtime/system/image.h"

namespace mini_wasm::runtime {

CacheAccess::CacheAccess(const Config& config) {
  if (config.cache_dir.empty()) return;
  Result<CacheKey> key = set_up(config);
  if (key) {
    key_ = *key;
  } else {
    problem_ = std::move(key.error().message);
  }
}

// The fence is made before the key. A key that is made in a place where a guest can read it would be trusted from then
// on.
Result<CacheKey> CacheAccess::set_up(const Config& config) {
  if (Image::own().build_id.empty()) return Error::make(ErrorKind::usage, "this program was linked without a build id");
  Result<std::string> file = config.cache_key_file.empty() ? default_cache_key_file() : config.cache_key_file;
  if (!file) return std::move(file).error();
  Result<CacheFence> fence = CacheFence::around_cache(config.cache_dir, *file);
  if (!fence) return std::move(fence).error();
  fence_ = *std::move(fence);
  return obtain_cache_key(*file);
}

}  // namespace mini_wasm::runtime
