// InitialMemory: the initial content of the first memory that a module defines, as a template of pages. Instances can
// map it instead of writing their active data segments. It is used only when nobody can see a difference to writing the
// segments one by one (spec 4.7.2): all active segments have constant offsets and fit, so that none of them traps and
// leaves later ones unwritten.
// Thread rule: any thread.
#pragma once

#include <memory>
#include <mutex>

#include "runtime/memory/page_template.h"

namespace mini_wasm::decoder {
struct Module;
}

namespace mini_wasm::runtime {

class InitialMemory {
 public:
  // The template for a new instance; null when the instance has to write its segments itself. That is always so for the
  // first instance, because a template does not pay for a module that is instantiated once.
  std::shared_ptr<PageTemplate> get(const decoder::Module& module);
  // The template if `get` has made one; else null.
  PageTemplate* made() const { return template_.get(); }

 private:
  std::mutex mutex_;
  int asked_ = 0;  // counts calls of `get`, up to 2
  std::shared_ptr<PageTemplate> template_;
};

}  // namespace mini_wasm::runtime
