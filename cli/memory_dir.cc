#include "cli/memory_dir.h"

#include <filesystem>
#include <system_error>

#include "cli/input.h"

namespace mini_wasm::cli {
namespace {

namespace fs = std::filesystem;

constexpr WasiFileLimits kLimits{.bytes = uint64_t{4} << 30, .entries = uint64_t{4} << 20};

Error failed(const fs::path& path, const std::string& why) {
  return Error::make(ErrorKind::io, "--memory-dir: " + path.string() + ": " + why);
}

Result<void> copy_entry(const fs::directory_entry& entry, const std::string& name, WasiFiles& files) {
  std::error_code error;
  const fs::file_status status = entry.symlink_status(error);
  if (error) return failed(entry.path(), error.message());
  switch (status.type()) {
    case fs::file_type::directory: return files.make_directory(name);
    case fs::file_type::symlink: {
      const fs::path target = fs::read_symlink(entry.path(), error);
      return error ? failed(entry.path(), error.message()) : files.make_link(target.string(), name);
    }
    case fs::file_type::regular: {
      const Result<std::vector<uint8_t>> bytes = read_input(entry.path().string());
      if (!bytes) return Error(bytes.error());
      return files.write(name, {reinterpret_cast<const char*>(bytes->data()), bytes->size()});
    }
    default:
      return Error::make(ErrorKind::usage,
                         "--memory-dir: " + entry.path().string() + " is neither a file nor a directory nor a link");
  }
}

}  // namespace

Result<WasiFiles> memory_dir(const std::string& host) {
  Result<WasiFiles> files = WasiFiles::make({}, kLimits);
  if (!files || host.empty()) return files;
  std::error_code error;
  for (fs::recursive_directory_iterator at(host, error), end; !error && at != end; at.increment(error)) {
    const std::string name = at->path().lexically_relative(host).string();
    if (Result<void> copied = copy_entry(*at, name, *files); !copied) return std::move(copied).error();
  }
  if (error) return failed(host, error.message());
  return files;
}

}  // namespace mini_wasm::cli
