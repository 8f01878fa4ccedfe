// The immediates of an instruction as in the code (binary format 5.4), before any index is resolved. An immediate that
// is a single number needs no type here.
#pragma once

#include <cstdint>

namespace mini_wasm {

// Immediate of a memory access (5.4.5). If bit 6 of the flags is set, a memory index follows (multi-memory).
struct MemArg {
  uint32_t align_log2 = 0;
  uint32_t memory = 0;
  uint64_t offset = 0;
};

inline constexpr uint32_t kMemArgHasMemory = 0x40;

// Kind byte of a catch clause of try_table (5.4.2).
enum class CatchKind : uint8_t {
  catch_ = 0,
  catch_ref = 1,
  catch_all = 2,
  catch_all_ref = 3,
};

struct CatchClause {
  CatchKind kind = CatchKind::catch_;
  uint32_t tag = 0;  // absent in catch_all and catch_all_ref
  uint32_t label = 0;
};

constexpr bool has_tag(CatchKind kind) { return kind == CatchKind::catch_ || kind == CatchKind::catch_ref; }
constexpr bool pushes_exnref(CatchKind kind) {
  return kind == CatchKind::catch_ref || kind == CatchKind::catch_all_ref;
}

// Cast flags byte of br_on_cast and br_on_cast_fail (5.4.2).
inline constexpr uint8_t kCastSourceNullable = 1;
inline constexpr uint8_t kCastTargetNullable = 2;
inline constexpr uint8_t kCastFlagsMask = 3;

}  // namespace mini_wasm
