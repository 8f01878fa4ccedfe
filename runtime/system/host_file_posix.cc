#include <fcntl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "runtime/system/host_file.h"
#include "runtime/system/own_descriptor.h"

namespace mini_wasm::runtime {

SplitPath split_path(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == path.npos) return {".", path};
  return {slash == 0 ? "/" : path.substr(0, slash), path.substr(slash + 1)};
}

HostFile make_directories(const std::string& path) {
  for (size_t end = 0; end != path.npos;) {
    end = path.find('/', end + 1);
    (void)mkdir(path.substr(0, end).c_str(), 0700);
  }
  return HostFile(open_own_descriptor([&] { return open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); }));
}

bool allows_file_size(uint64_t bytes) {
  struct rlimit most;
  return getrlimit(RLIMIT_FSIZE, &most) == 0 && bytes <= most.rlim_cur;
}

}  // namespace mini_wasm::runtime
