// The names of types in the text format (6.4) with their codes in the binary format (5.3).
#pragma once

#include <mini_wasm/types.h>

#include <cstdint>
#include <optional>
#include <string_view>

namespace mini_wasm::text {

inline constexpr uint8_t kRefCode = 0x64, kRefNullCode = 0x63;
inline constexpr uint8_t kFuncRefCode = 0x70;

// "func", "extern", ...
std::optional<HeapKind> heap_kind_from_text(std::string_view text);
// "funcref", "externref", ...: nullable references.
std::optional<HeapKind> ref_type_from_text(std::string_view text);
// The code of the heap type, which is also that of the nullable reference to it.
uint8_t heap_code(HeapKind kind);
// "i32", ..., "v128".
std::optional<uint8_t> number_code_from_text(std::string_view text);

}  // namespace mini_wasm::text
