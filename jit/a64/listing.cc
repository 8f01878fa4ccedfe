// Listings: how the instructions and the data in code of AArch64 read.
#include <algorithm>

#include "jit/a64/backend.h"
#include "jit/a64/compiler.h"
#include "jit/a64/masm.h"
#include "jit/a64/printer.h"
#include "jit/lister_of.h"

namespace mini_wasm::jit::a64 {
namespace {

class Reader final : public CodeReader {
 public:
  Reader(Masm& masm, std::function<uint32_t()> origin) : masm_(masm) { masm.a.trace(std::move(origin)); }

  std::vector<CodeLine> lines() override {
    std::vector<CodeLine> lines;
    const std::vector<uint32_t>& origins = masm_.a.origins();
    for (uint32_t at = 0; at < masm_.here(); at += 4) {
      const uint32_t origin = at / 4 < origins.size() ? origins[at / 4] : 0;
      lines.push_back({at, origin, is_data(at) ? data(at) : print(word(at), at)});
    }
    return lines;
  }
  const uint8_t* code() const override { return reinterpret_cast<const uint8_t*>(masm_.a.words()); }
  ContextOperand context() const override { return {"[x28", ", #", ", "}; }

  // What has a name is the last operand.
  std::string with_name(const CodeLine& line, const Relocation&, const std::string& name) const override {
    return line.text.substr(0, line.text.rfind(' ') + 1) + name;
  }

 private:
  uint32_t word(uint32_t at) const { return masm_.a.words()[at / 4]; }
  bool is_data(uint32_t at) const {
    return std::any_of(masm_.a.data().begin(), masm_.a.data().end(),
                       [&](const auto& range) { return at >= range.first && at < range.second; });
  }

  // The name of an address is put into the line of its first word.
  std::string data(uint32_t at) const {
    if (const Relocation* r = relocation(at)) return r->constant_bytes() == 4 ? ".word type" : ".xword address";
    const Relocation* before = at < 4 ? nullptr : relocation(at - 4);
    if (before != nullptr && before->is_constant() && before->constant_bytes() == 8) return ".word (upper half)";
    return print_word(word(at));
  }
  static std::string print_word(uint32_t word) {
    std::string text = ".word 0x";
    for (int shift = 28; shift >= 0; shift -= 4) text += "0123456789abcdef"[word >> shift & 15];
    return text;
  }
  // Null: there is none at this offset.
  const Relocation* relocation(uint32_t at) const {
    const std::vector<Relocation>& all = masm_.relocations();
    const auto found =
        std::lower_bound(all.begin(), all.end(), at, [](const Relocation& r, uint32_t to) { return r.offset < to; });
    return found == all.end() || found->offset != at ? nullptr : &*found;
  }

  const Masm& masm_;
};

}  // namespace

const CodeLister& lister() { return lister_of<Cpu>(); }

std::unique_ptr<CodeReader> Cpu::reader(Masm& masm, std::function<uint32_t()> origin) {
  return std::make_unique<Reader>(masm, std::move(origin));
}

}  // namespace mini_wasm::jit::a64
