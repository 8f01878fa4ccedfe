#include "text/types.h"

namespace mini_wasm::text {
namespace {

struct HeapRow {
  HeapKind kind;
  std::string_view text;
  std::string_view ref_text;
  uint8_t code;
};

// In the order of HeapKind.
constexpr HeapRow kHeapTypes[] = {
    {HeapKind::func, "func", "funcref", kFuncRefCode},
    {HeapKind::nofunc, "nofunc", "nullfuncref", 0x73},
    {HeapKind::extern_, "extern", "externref", 0x6f},
    {HeapKind::noextern, "noextern", "nullexternref", 0x72},
    {HeapKind::any, "any", "anyref", 0x6e},
    {HeapKind::eq, "eq", "eqref", 0x6d},
    {HeapKind::i31, "i31", "i31ref", 0x6c},
    {HeapKind::struct_, "struct", "structref", 0x6b},
    {HeapKind::array, "array", "arrayref", 0x6a},
    {HeapKind::none, "none", "nullref", 0x71},
    {HeapKind::exn, "exn", "exnref", 0x69},
    {HeapKind::noexn, "noexn", "nullexnref", 0x74},
};

constexpr struct {
  std::string_view text;
  uint8_t code;
} kNumberTypes[] = {{"i32", 0x7f}, {"i64", 0x7e}, {"f32", 0x7d}, {"f64", 0x7c}, {"v128", 0x7b}};

}  // namespace

std::optional<HeapKind> heap_kind_from_text(std::string_view text) {
  for (const HeapRow& row : kHeapTypes) {
    if (row.text == text) return row.kind;
  }
  return std::nullopt;
}

std::optional<HeapKind> ref_type_from_text(std::string_view text) {
  for (const HeapRow& row : kHeapTypes) {
    if (row.ref_text == text) return row.kind;
  }
  return std::nullopt;
}

uint8_t heap_code(HeapKind kind) { return kHeapTypes[static_cast<size_t>(kind)].code; }

std::optional<uint8_t> number_code_from_text(std::string_view text) {
  for (const auto& row : kNumberTypes) {
    if (row.text == text) return row.code;
  }
  return std::nullopt;
}

}  // namespace mini_wasm::text
