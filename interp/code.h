// The interpreter's code: a stream of 8-byte words. Position-independent but for the addresses of handlers and callees.
//
//   word 0   address of the handler
//   word 1   Operands: d, a: slots relative to fp; x: an immediate, a branch distance in words, or two more slots
//   word 2   only where an instruction needs more: a 64-bit constant, a callee, a third pair of numbers
//
// Calls are always three words and keep in `d` what a return needs to know of the caller: see kCallWords.
#pragma once

#include <atomic>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <memory>
#include <span>
#include <vector>

#include "core/indices.h"
#include "runtime/exception_table.h"
#include "runtime/frame.h"

namespace mini_wasm::interp {

using Word = uint64_t;

struct Operands {
  uint16_t d = 0;
  uint16_t a = 0;
  uint32_t x = 0;
  uint16_t b() const { return static_cast<uint16_t>(x); }
  uint16_t c() const { return static_cast<uint16_t>(x >> 16); }
  int32_t distance() const { return static_cast<int32_t>(x); }
  static constexpr uint32_t pair(uint32_t b, uint32_t c) { return (b & 0xffff) | c << 16; }
};
static_assert(sizeof(Operands) == sizeof(Word));

// Fields are loaded one by one: that costs less than taking a whole word apart.
inline Operands operands_at(const Word* word) {
  Operands o;
  const char* bytes = reinterpret_cast<const char*>(word);
  std::memcpy(&o.d, bytes + offsetof(Operands, d), sizeof(o.d));
  std::memcpy(&o.a, bytes + offsetof(Operands, a), sizeof(o.a));
  std::memcpy(&o.x, bytes + offsetof(Operands, x), sizeof(o.x));
  return o;
}

inline constexpr uint32_t kCallWords = 3;

class InterpreterCode;

// What a function has from its first call on.
struct Translation {
  const Word* words = nullptr;   // in a CodePiece; null while there is machine code alone
  uint32_t size = 0;             // words
  Word compiled[3] = {0, 0, 0};  // the instruction that enters its machine code, once it is hot
  runtime::ExceptionTable exceptions;
};

// One function's code, at a stable address: what FuncInst::code points to and what a direct call names. Small: modules
// have thousands, most of which are never called.
//
// Where things are in its frame is known before it is translated, so that a call need not know whether its callee is.
// Only when functions are validated on demand `frame_slots` and `pinned` are not: then `lazy` makes up for it, and
// because other threads may be calling, too, whoever calls loads `entry` before them.
struct FuncCode {
  std::atomic<const Word*> entry{nullptr};  // `lazy` until translated
  std::atomic<Word> first{0};               // what stands there, give or take a moment
  std::atomic<uint32_t> frame_slots{0};     // from fp to the end of the operands; of the link until they are known
  uint16_t link = 0;                        // first link slot, see runtime/frame.h
  uint16_t zero_begin = 0, zero_count = 0;  // declared locals, which start as zero
  std::atomic<uint32_t> pinned{0};          // slot of the local that lives in a register; 0 also when there is none
  std::atomic<uint32_t> heat{0};            // calls and rounds of loops so far, while they are counted
  FuncIdx index{};
  Word lazy = 0;  // the instruction that translates the function at its first call; found by its address: see lazy_at
  InterpreterCode* owner = nullptr;
  Translation* translation = nullptr;  // set before `entry` leads there

  // The function whose `lazy` is at pc.
  static FuncCode& lazy_at(const Word* pc) {
    return *reinterpret_cast<FuncCode*>(reinterpret_cast<uintptr_t>(pc) - offsetof(FuncCode, lazy));
  }
  void enter_at(const Word* code) {
    first.store(code[0], std::memory_order_relaxed);
    entry.store(code, std::memory_order_release);
  }
};

// The code of functions of one module that were translated one after another. Functions are added under the lock of the
// tier, which finds them by their code.
class CodePiece {
 public:
  explicit CodePiece(size_t capacity) : words_(std::make_unique_for_overwrite<Word[]>(capacity)), capacity_(capacity) {}

  bool has_room(size_t words) const { return capacity_ - size_ >= words; }
  const Word* begin() const { return words_.get(); }
  const Word* append(std::span<const Word> words);

  std::vector<FuncCode*> functions;  // in the order of their code

 private:
  static constexpr size_t kPopulated = 32 * 1024;  // words at a time

  std::unique_ptr<Word[]> words_;
  size_t size_ = 0, capacity_, populated_ = 0;
};

}  // namespace mini_wasm::interp
