// Listings: how the instructions of x86-64 read, from asmjit's formatter.
#include <algorithm>
#include <cstring>

#include "jit/lister_of.h"
#include "jit/x64/backend.h"
#include "jit/x64/compiler.h"
#include "jit/x64/encoding.h"
#include "jit/x64/masm.h"

namespace mini_wasm::jit::x64 {
namespace {

// Gets each instruction as text when it is assembled.
class Reader final : public CodeReader, public asmjit::Logger {
 public:
  Reader(Masm& masm, std::function<uint32_t()> origin) : masm_(masm), origin_(std::move(origin)) {
    addFlags(asmjit::FormatFlags::kHexImms);
    masm.log_to(this);
  }

  std::vector<CodeLine> lines() override { return std::move(lines_); }
  const uint8_t* code() const override { return masm_.a.bufferData(); }
  ContextOperand context() const override { return {"[r15", "+", "+"}; }

  // Masm::emit_far encodes what leads out of the function, and asmjit shows it as bytes.
  std::string with_name(const CodeLine& line, const Relocation& r, const std::string& name) const override {
    if (r.is_constant()) return line.text.substr(0, line.text.rfind("0x")) + name;
    const uint8_t* const at = code() + line.native;
    const bool jumps = at[0] == encoding::kJump || (at[0] == encoding::kThroughMemory && at[1] == encoding::kJumpThere);
    const bool address = std::equal(encoding::kLeaScratch.begin(), encoding::kLeaScratch.end(), at);
    const bool through_table = r.kind() == Relocation::Kind::entry;
    return (jumps ? "jmp " : address ? "lea r11, " : "call ") + (through_table ? "[" + name + "]" : name);
  }

  asmjit::Error _log(const char* data, size_t size) noexcept override {
    std::string text(data, size == SIZE_MAX ? std::strlen(data) : size);
    while (!text.empty() && text.back() == '\n') text.pop_back();
    text.erase(0, text.find_first_not_of(' '));
    if (text.empty()) return asmjit::kErrorOk;
    if (text.starts_with("long ")) text.erase(0, 5);  // how asmjit shows forms that are longer than necessary
    uint32_t at = masm_.here();
    if (text.starts_with(".db") && ends_far()) {
      // Bytes are reported after they were emitted. Each is printed as 0x.., so the number of x is their number.
      at -= static_cast<uint32_t>(std::count(text.begin(), text.end(), 'x'));
    }
    lines_.push_back({at, origin_(), std::move(text)});
    return asmjit::kErrorOk;
  }

 private:
  // Whether the code so far ends with a distance that has a relocation.
  bool ends_far() const {
    const std::vector<Relocation>& relocations = masm_.relocations();
    return !relocations.empty() && !relocations.back().is_constant() && relocations.back().offset + 4 == masm_.here();
  }

  const Masm& masm_;
  const std::function<uint32_t()> origin_;
  std::vector<CodeLine> lines_;
};

}  // namespace

const CodeLister& lister() { return lister_of<Cpu>(); }

std::unique_ptr<CodeReader> Cpu::reader(Masm& masm, std::function<uint32_t()> origin) {
  return std::make_unique<Reader>(masm, std::move(origin));
}

}  // namespace mini_wasm::jit::x64
