// StubBuilder: which stubs there are (stubs.h), in the order in which they are assembled, and how they come into code
// memory. The class `Builder` in the folder of a CPU derives from it. It has a member for each stub, and says how code is
// assembled and copied; `Label` is a place in that code.
#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

#include "jit/backend.h"
#include "jit/code_memory.h"
#include "jit/entries.h"
#include "jit/stubs.h"

namespace mini_wasm::jit {

template <class Builder, class Label>
class StubBuilder {
 public:
  // Returns false when there is no memory.
  bool build(CodeMemory& memory) {
    Builder& b = builder();
    b.leave();
    b.enter();
    b.resume();
    b.resume_all();
    b.traps();
    b.call_runtime();
    b.call_callee();
    b.jump_callee();
    b.check_subtype();
    b.test_subtype();
    b.allocate();
    b.lazy(Entry::slots);
    b.lazy(Entry::registers);
    const size_t size = b.finish();  // in bytes; 0: it failed
    uint8_t* const at = size == 0 ? nullptr : memory.allocate(size);
    if (at == nullptr) return false;
    b.copy_to(memory.writable(at), at);
    publish_code(at, size);
    for (const auto& [label, where] : names_) *where = at + b.offset_of(label);
    stubs_.enter = reinterpret_cast<Stubs::Enter>(at + b.offset_of(enter_));
    stubs_.resume = reinterpret_cast<Stubs::Resume>(at + b.offset_of(resume_));
    stubs_.resume_all = reinterpret_cast<Stubs::Resume>(at + b.offset_of(resume_all_));
    return true;
  }

 protected:
  StubBuilder(Stubs& stubs, bool metered) : stubs_(stubs), metered_(metered) {}

  // A stub begins here: `build` will write its address to `where`.
  Label name(const uint8_t** where) {
    const Label label = builder().label_here();
    names_.emplace_back(label, where);
    return label;
  }

  Stubs& stubs_;
  // The fuel is in a register while machine code runs, and in Execution::fuel while C++ runs. C++ functions whose stubs
  // keep all registers do not change it.
  const bool metered_;
  Label enter_, resume_, resume_all_;  // of Stubs::enter, resume and resume_all

 private:
  Builder& builder() { return static_cast<Builder&>(*this); }

  std::vector<std::pair<Label, const uint8_t**>> names_;
};

}  // namespace mini_wasm::jit
