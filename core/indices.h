// Indices into the index spaces of a module (spec 2.5.1). They are distinct types, so that a function index cannot be
// used as a table index.
#pragma once

#include <cstddef>
#include <cstdint>

namespace mini_wasm {

enum class TypeIdx : uint32_t {};
enum class FuncIdx : uint32_t {};
enum class TableIdx : uint32_t {};
enum class MemIdx : uint32_t {};
enum class GlobalIdx : uint32_t {};
enum class TagIdx : uint32_t {};
enum class ElemIdx : uint32_t {};
enum class DataIdx : uint32_t {};
enum class LocalIdx : uint32_t {};
enum class LabelIdx : uint32_t {};
enum class FieldIdx : uint32_t {};

// The number of an index, for subscripts and messages.
template <class Index>
constexpr uint32_t raw(Index index) {
  return static_cast<uint32_t>(index);
}

}  // namespace mini_wasm
