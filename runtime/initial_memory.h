// What the first memory that a module defines contains when an instance begins: its active data segments as a template,
// so that instances need not write them. Only where that cannot be told from writing them one by one (spec 4.7.2): all
// active segments lie at plain constants and fit, so that none of them traps and leaves the others unwritten.
// Thread rule: any thread.
#pragma once

#include <memory>
#include <mutex>

#include "runtime/page_template.h"

namespace mini_wasm::decoder {
struct Module;
}

namespace mini_wasm::runtime {

class InitialMemory {
 public:
  // For an instance that is about to begin; null when it has to write its segments. The first one always has to: a
  // module that is instantiated once gains nothing.
  std::shared_ptr<PageTemplate> get(const decoder::Module& module);
  // What `get` has made, if anything.
  PageTemplate* made() const { return template_.get(); }

 private:
  std::mutex mutex_;
  int asked_ = 0;  // up to 2
  std::shared_ptr<PageTemplate> template_;
};

}  // namespace mini_wasm::runtime
