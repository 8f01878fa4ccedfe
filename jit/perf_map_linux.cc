#include <fcntl.h>
#include <unistd.h>

#include <cstdio>
#include <string>

#include "core/utf8.h"
#include "jit/module_code.h"
#include "jit/perf_map.h"
#include "runtime/system/own_descriptor.h"

namespace mini_wasm::jit {
namespace {

std::FILE* map = nullptr;

}  // namespace

// Everybody can write to /tmp, so a symbolic link with this name must not be followed: it could lead to any file of the
// user.
bool start_perf_map() {
  const std::string path = "/tmp/perf-" + std::to_string(getpid()) + ".map";
  const int file = runtime::open_own_descriptor(
      [&] { return open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600); });
  if (file < 0) return false;
  map = fdopen(file, "w");
  return map != nullptr;
}

// A line has the form START SIZE NAME, with hexadecimal numbers. Names come from the module, so they are escaped:
// otherwise a name with a line break could add lines.
void add_to_perf_map(const NativeCode& code) {
  if (map == nullptr) return;
  const runtime::CompiledModule& module = code.owner->module();
  const FrameInfo frame = module.describe({&module, code.index, 0});
  std::string name = frame.module_name.empty() ? "wasm" : frame.module_name;
  name += '!';
  name += frame.function_name.empty() ? "func[" + std::to_string(raw(code.index)) + "]" : frame.function_name;
  std::fprintf(map, "%llx %x %s\n", static_cast<unsigned long long>(reinterpret_cast<uintptr_t>(code.begin)), code.size,
               escape_for_terminal(name).c_str());
  std::fflush(map);
}

}  // namespace mini_wasm::jit
