// The key that files of the code cache are authenticated with. It is made once for each user and lies in a file that
// nobody else may read: machine code is believed when it was written by somebody who has the key, and not because it
// lies in the right place.
// Thread rule: any thread, any process: who comes second finds the first one's key.
#pragma once

#include <mini_wasm/result.h>

#include <string>

#include "runtime/mac.h"

namespace mini_wasm::runtime {

// Two keys, so that a record (whose bytes a module's author can choose in part) can never pass for the part of a file
// that says which records there are.
struct CacheKey {
  MacKey tail, record;
};

// The user's: $XDG_STATE_HOME/mini-wasm/cache.key, or below ~/.local/state (XDG Base Directory Specification: a path
// that is not absolute does not count). Error: usage, when the environment names neither.
Result<std::string> default_cache_key_file();

// The key in this file, made if there is none, with the folders above it. A file is a key when it is a regular one of
// the right size and of one name, this user's, closed to all others, in a folder that only this user or root may write
// to. Error: io, with the reason.
Result<CacheKey> obtain_cache_key(const std::string& file);

}  // namespace mini_wasm::runtime
