#include "runtime/cache/cache_fence.h"

#include <fcntl.h>

#include <mutex>
#include <utility>

#include "runtime/cache/reach.h"
#include "runtime/system/fork_handlers.h"
#include "runtime/system/host_file.h"
#include "runtime/system/own_descriptor.h"

namespace mini_wasm::runtime {

// A cache or a preopened directory, in the list of all of them.
struct FencedDirectory {
  bool is_cache = false;
  std::string name;
  FileId id;  // of a preopened directory
  // For a cache: the directories from which a guest could reach the cache or its key. For a preopened directory: the
  // directories above it. These are looked up only when there is a cache: most processes have none, and starting a
  // guest should not take longer there.
  Reach reach;
  bool knows_reach = false;
  FileId cache, key_folder;  // of a cache: no preopened directory may lie in one of these

  FencedDirectory* next = nullptr;
  FencedDirectory** previous = nullptr;  // the pointer that points to this entry

  void link();
  void unlink();
};

namespace {

// Guarded by ProcessMutex::cache_fence, as are the entries.
constinit FencedDirectory* first =
    // A plain list and no container, because a static object of the host may own an engine: a container could be
    // destroyed before that object.
    nullptr;

// Whether a guest that may use `dir` can reach the cache or its key.
bool meet(const FencedDirectory& cache, const FencedDirectory& dir) {
  return cache.reach.has(dir.id) || dir.reach.has(cache.cache) || dir.reach.has(cache.key_folder);
}

Error conflict(const FencedDirectory& cache, const FencedDirectory& dir) {
  return Error::make(ErrorKind::usage,
                     "directory " + dir.name + ", which the program may use, and the code cache " + cache.name +
                         " or its key are not apart: who writes there says what runs as machine code; choose another "
                         "Config::cache_dir (--cache=DIR) or cache_key_file (--cache-key=FILE)");
}

// Thread rule: the caller holds ProcessMutex::cache_fence.
const FencedDirectory* first_that_meets(const FencedDirectory& one) {
  for (const FencedDirectory* other = first; other != nullptr; other = other->next) {
    if (other->is_cache == one.is_cache) continue;
    if (one.is_cache ? meet(one, *other) : meet(*other, one)) return other;
  }
  return nullptr;
}

bool some_cache() {
  for (const FencedDirectory* entry = first; entry != nullptr; entry = entry->next) {
    if (entry->is_cache) return true;
  }
  return false;
}

// Looks up what lies above the directories that were preopened when there was no cache. Their descriptors may be closed
// by now, so they are opened again by name. A name that leads to another directory today is ignored.
void complete_preopens() {
  for (FencedDirectory* entry = first; entry != nullptr; entry = entry->next) {
    if (entry->is_cache || std::exchange(entry->knows_reach, true)) continue;
    const HostFile dir(
        open_own_descriptor([&] { return open(entry->name.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC); }));
    if (dir.ok() && id_of(dir.get()) == entry->id) entry->reach.add_upwards(dir.get());
  }
}

}  // namespace

void FencedDirectory::link() {
  next = first;
  previous = &first;
  if (next != nullptr) next->previous = &next;
  first = this;
}

void FencedDirectory::unlink() {
  *previous = next;
  if (next != nullptr) next->previous = previous;
}

CacheFence::CacheFence() = default;
CacheFence::CacheFence(std::unique_ptr<FencedDirectory> entry) : entry_(std::move(entry)) {}
CacheFence::CacheFence(CacheFence&&) noexcept = default;
CacheFence& CacheFence::operator=(CacheFence&& other) noexcept {
  std::swap(entry_, other.entry_);
  return *this;
}

CacheFence::~CacheFence() {
  if (!entry_) return;
  const std::lock_guard lock(ProcessMutex::cache_fence);
  entry_->unlink();
}

Result<CacheFence> CacheFence::around_cache(const std::string& directory, const std::string& key_file) {
  auto entry = std::make_unique<FencedDirectory>();
  entry->is_cache = true;
  entry->name = directory;
  entry->reach.add_path(directory);
  entry->cache = entry->reach.end();
  entry->reach.add_path(split_path(key_file).folder);
  entry->key_folder = entry->reach.end();
  entry->reach.add_path(key_file);
  entry->reach.add_other_mounts();
  const std::lock_guard lock(ProcessMutex::cache_fence);
  complete_preopens();
  if (const FencedDirectory* dir = first_that_meets(*entry)) return conflict(*entry, *dir);
  entry->link();
  return CacheFence(std::move(entry));
}

Result<CacheFence> CacheFence::around_preopen(const std::string& name, int fd) {
  auto entry = std::make_unique<FencedDirectory>();
  entry->name = name;
  entry->id = id_of(fd);
  const auto admit = [&]() -> Result<CacheFence> {
    if (const FencedDirectory* cache = first_that_meets(*entry)) return conflict(*cache, *entry);
    entry->link();
    return CacheFence(std::move(entry));
  };
  {
    const std::lock_guard lock(ProcessMutex::cache_fence);
    if (!some_cache()) return admit();
  }
  entry->reach.add_upwards(fd);
  entry->knows_reach = true;
  const std::lock_guard lock(ProcessMutex::cache_fence);
  return admit();
}

}  // namespace mini_wasm::runtime
