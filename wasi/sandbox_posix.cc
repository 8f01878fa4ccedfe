// For systems whose kernel cannot confine path resolution: paths are walked. POSIX does not tell the kind of a file
// system, so on these systems the embedder must keep kernel file systems out of preopened directories.
#include <fcntl.h>

#include <cerrno>

#include "wasi/sandbox_os.h"

namespace mini_wasm::wasi {

const int kLookupFlags = O_RDONLY | O_DIRECTORY | O_CLOEXEC;

bool has_open_beneath() { return false; }

int open_beneath(int, const char*, int, mode_t) { return -ENOSYS; }

const char* kernel_file_system(int) { return nullptr; }

bool is_on_kernel_file_system(int, const char*) { return false; }

bool is_open_to_guests(const struct stat& file) {
  if (S_ISBLK(file.st_mode)) return false;
  if (!S_ISCHR(file.st_mode)) return true;
  for (const char* name : {"/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom", "/dev/tty"}) {
    struct stat known;
    if (::stat(name, &known) == 0 && S_ISCHR(known.st_mode) && known.st_rdev == file.st_rdev) return true;
  }
  return false;
}

}  // namespace mini_wasm::wasi
