// What stands in listings (listing.h) in place of the numbers in machine code. A function that is only listed is compiled
// with stubs that have no code: each has an address of its own, and a name.
#pragma once

#include <cstdint>
#include <deque>
#include <span>
#include <string>
#include <vector>

#include "jit/listing.h"
#include "jit/relocation.h"
#include "jit/stubs.h"

namespace mini_wasm::jit {

// How the instructions of a CPU read. It belongs to one Masm, and is made before that compiles a function.
class CodeReader {
 public:
  // How an operand in the InstanceContext begins, for example "[r15"; what comes between that and an offset, which is
  // decimal; and what comes between it and a name.
  struct ContextOperand {
    const char *begin, *before_offset, *before_name;
  };

  virtual ~CodeReader() = default;
  // All instructions and labels of the function that was compiled, with numbers for addresses and offsets.
  virtual std::vector<CodeLine> lines() = 0;
  // The first byte of that function.
  virtual const uint8_t* code() const = 0;
  // The text of an instruction or constant when what the relocation in it means has this name.
  virtual std::string with_name(const CodeLine& line, const Relocation& r, const std::string& name) const = 0;
  virtual ContextOperand context() const = 0;
};

class CodeNames {
 public:
  // `others`: names of addresses that are constants in the code; it must live as long as this object. `imported`: the
  // number of functions that the module imports.
  CodeNames(const AddressNames& others, uint32_t imported);

  // Functions can be compiled with these, but not run.
  const Stubs& stubs() const { return stubs_; }
  // Appends the lines of a function, with names for what its relocations mean and for fields of the InstanceContext.
  void list(CodeReader& reader, std::span<const Relocation> relocations, std::vector<CodeLine>& lines) const;

 private:
  const uint8_t* place(std::string name);
  // Empty: there is none.
  std::string name_of(const Relocation& r, const uint8_t* code) const;

  const AddressNames& others_;
  const uint32_t imported_;
  std::deque<uint8_t> places_;
  Stubs stubs_;
  AddressNames names_;  // of the stubs
};

}  // namespace mini_wasm::jit
