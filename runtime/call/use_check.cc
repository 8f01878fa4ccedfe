#include "runtime/call/use_check.h"

#ifndef NDEBUG

#include <algorithm>
#include <mutex>
#include <vector>

#include "core/guarded.h"
#include "core/process_value.h"
#include "runtime/system/fork_handlers.h"

namespace mini_wasm::runtime {
namespace {

struct Stores {
  std::vector<const Store*> existing;
  bool complete = true;  // there was memory to note all of them
};
constinit ProcessValue<Stores> all_stores;
Stores& stores() {
  return all_stores.get([] { return Stores(); });
}

}  // namespace

void note_store(const Store& store, bool exists) {
  const std::lock_guard lock(ProcessMutex::stores);
  Stores& all = stores();
  if (exists) {
    guarded([&] { all.existing.push_back(&store); }, [&] { all.complete = false; });
  } else {
    std::erase(all.existing, &store);
  }
}

bool may_exist(const Store& store) {
  const std::lock_guard lock(ProcessMutex::stores);
  const Stores& all = stores();
  return !all.complete || std::find(all.existing.begin(), all.existing.end(), &store) != all.existing.end();
}

}  // namespace mini_wasm::runtime

#endif
