// The interpreter's code: a stream of 8-byte words. It is position-independent, except for the addresses of handlers
// and callees in it.
//
//   word 0   address of the handler
//   word 1   Operands. d, a: slots relative to fp. x: an immediate, a branch distance in words, or two more slots
//   word 2   only where an instruction needs more: a 64-bit constant, a callee, a third pair of numbers
//
// A call always has three words, and its `d` tells the return which local of the caller is pinned (kept in a
// register): see kCallWords.
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
#include "runtime/call/exception_table.h"
#include "runtime/call/frame.h"

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

// The fields are loaded one by one, which is faster than to load the word and split it.
inline Operands operands_at(const Word* word) {
  Operands o;
  const char* bytes = reinterpret_cast<const char*>(word);
  std::memcpy(&o.d, bytes + offsetof(Operands, d), sizeof(o.d));
  std::memcpy(&o.a, bytes + offsetof(Operands, a), sizeof(o.a));
  std::memcpy(&o.x, bytes + offsetof(Operands, x), sizeof(o.x));
  return o;
}

inline constexpr uint32_t kCallWords = 3;  // a return looks for the operands of its call at a fixed distance

class InterpreterCode;

// The data that a function needs only after its first call.
struct Translation {
  const Word* words = nullptr;   // in a CodePiece; null while there is only machine code
  uint32_t size = 0;             // in words
  Word compiled[3] = {0, 0, 0};  // the instruction that enters the machine code of a hot function
  runtime::ExceptionTable exceptions;
};

// One function's code, at a stable address: FuncInst::code and direct calls point to it. It is small, because modules
// have thousands of functions, most of which are never called.
//
// The layout of the frame is known before the function is translated, so a call need not check whether its callee is.
// One exception: when functions are validated on demand, `frame_slots` and `pinned` are known only after the
// validation. Then the `lazy` instruction does what the call could not do. Other threads may call at the same time, so
// a caller must load `entry` before these fields.
struct FuncCode {
  std::atomic<const Word*> entry{nullptr};  // points to `lazy` until the function is translated
  std::atomic<Word> first{0};               // the first word at `entry`; may be out of date for a moment
  std::atomic<uint32_t> frame_slots{0};  // from fp to the end of the operands; until known, only to the end of the link
  uint16_t link = 0;                     // first link slot, see runtime/call/frame.h
  uint16_t zero_begin = 0, zero_count = 0;  // declared locals, which start as zero
  std::atomic<uint32_t> pinned{0};          // slot of the local that is kept in a register; 0 also when there is none
  std::atomic<uint32_t> heat{0};            // number of calls and loop iterations so far, while they are counted
  FuncIdx index{};
  // The instruction that translates the function at its first call. The handler finds the function by the address of
  // this word (lazy_at).
  Word lazy = 0;
  InterpreterCode* owner = nullptr;
  Translation* translation = nullptr;  // set before `entry` points to its code

  // The function whose `lazy` word is at `pc`.
  static FuncCode& lazy_at(const Word* pc) {
    return *reinterpret_cast<FuncCode*>(reinterpret_cast<uintptr_t>(pc) - offsetof(FuncCode, lazy));
  }
  void enter_at(const Word* code) {
    first.store(code[0], std::memory_order_relaxed);
    entry.store(code, std::memory_order_release);
  }
};

// Code of functions of one module that were translated one after another. Functions are added while the lock of the
// tier is held; the tier uses the list to find a function by an address in its code.
class CodePiece {
 public:
  explicit CodePiece(size_t capacity) : words_(std::make_unique_for_overwrite<Word[]>(capacity)), capacity_(capacity) {}

  bool has_room(size_t words) const { return capacity_ - size_ >= words; }
  const Word* begin() const { return words_.get(); }
  const Word* append(std::span<const Word> words);

  std::vector<FuncCode*> functions;  // in the order of their code

 private:
  static constexpr size_t kPopulated = 32 * 1024;  // words that are populated at a time

  std::unique_ptr<Word[]> words_;
  size_t size_ = 0, capacity_, populated_ = 0;
};

}  // namespace mini_wasm::interp
