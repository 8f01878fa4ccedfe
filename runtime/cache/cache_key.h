// The key that authenticates files of the code cache. It is made once for each user and lies in a file that nobody else
// may read. Machine code from the cache is trusted because its writer had the key, not because it lies in the right
// place.
// Thread rule: any thread, any process. When two make a key at the same time, the second one uses the key of the first.
#pragma once

#include <mini_wasm/result.h>

#include <string>

#include "runtime/cache/mac.h"

namespace mini_wasm::runtime {

// There are two keys because a module's author can choose part of the bytes of a record. With one key, such a record
// could pass for the tail, the part of a file that lists its records.
struct CacheKey {
  MacKey tail, record;
};

// The file of the user's key: $XDG_STATE_HOME/mini-wasm/cache.key, or ~/.local/state/mini-wasm/cache.key. As the XDG
// Base Directory Specification says, a path that is not absolute is ignored. Error: usage, when the environment names
// neither directory.
Result<std::string> default_cache_key_file();

// Reads the key from this file. If there is none, makes it, and the folders above it. The file must
// * be a regular file of the right size, with only one name (hard link),
// * belong to this user and be closed to all others,
// * lie in a folder that only this user or root may write to.
// Error: io, with the reason.
Result<CacheKey> obtain_cache_key(const std::string& file);

}  // namespace mini_wasm::runtime
