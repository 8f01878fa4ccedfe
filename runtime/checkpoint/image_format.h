// The image of a store (include/mini_wasm/checkpoint.h). Numbers are unsigned LEB128; a list begins with its length.
//
//   magic, version
//   modules     each: hash and size of its bytes, its name
//   instances   each: module; each import; the sizes of its own memories (pages) and tables
//   objects     each: what it is, with type and size; then the contents, in the same order
//   globals, tables, segments, memories
//   fuel
//   calls
//   hash of everything before
//
// An import is connected to something of an earlier instance (the instance plus one, the index there), or comes from the
// linker (0, its own index; for a memory or table, its size), or is the same as an earlier import of the same instance
// (0, the index of that one).
//
// A Place is an instance and an index in one of its index spaces. Memories, tables, globals and tags that several
// instances have are named by, and come in the order of, the first instance that has them (StoreIndex). So are host
// functions. A type is the Place of a type in the module of an instance.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace mini_wasm::runtime {

inline constexpr std::array<uint8_t, 8> kImageMagic = {0, 'm', 'w', '-', 'c', 'k', 'p', 't'};
inline constexpr uint64_t kImageVersion = 1;
using ImageHash = std::array<uint8_t, 16>;

// Blocks of zeros of this size are left out of memories and arrays.
inline constexpr size_t kImageBlock = 4096;

enum class ImageObject : uint8_t { struct_, array, exception, host };
// References to objects: null, an i31 (the value follows), or the number of an object plus `first`.
enum ImageRef : uint64_t { kImageNull = 0, kImageI31 = 1, kImageFirstObject = 2 };

}  // namespace mini_wasm::runtime
