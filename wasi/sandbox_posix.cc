// Systems without confined path resolution in the kernel: paths are walked.
#include <fcntl.h>

#include <cerrno>

#include "wasi/sandbox_os.h"

namespace mini_wasm::wasi {

const int kLookupFlags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;

bool has_open_beneath() { return false; }

int open_beneath(int, const char*, int, mode_t) { return -ENOSYS; }

}  // namespace mini_wasm::wasi
