// Module: a decoded module, as plain vectors in the order of the sections (spec 2.5, 5.5). It must not be trusted
// before the validator has checked it. After validation it is const and shared between threads.
// Byte offsets are relative to the start of the module's bytes, which the Module owns or borrows.
#pragma once

#include <mini_wasm/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "core/indices.h"
#include "core/once.h"
#include "core/type_registry.h"

namespace mini_wasm::decoder {

// A range of the module's bytes.
struct ByteRange {
  uint32_t begin = 0;
  uint32_t end = 0;
  uint32_t size() const { return end - begin; }
};

struct Import {
  std::string_view module;
  std::string_view name;
  ExternKind kind;
  uint32_t index;  // in the index space of its kind
  uint32_t offset;
};

struct Export {
  std::string_view name;
  ExternKind kind;
  uint32_t index;
  uint32_t offset;
};

struct Func {
  TypeIdx type;
  ByteRange body;  // locals and code, including the final `end`; empty for an import
  uint32_t offset = 0;
};

struct Table {
  TableType type;
  ByteRange init;  // a constant expression with its `end`; empty means null
  uint32_t offset = 0;
};

struct Memory {
  MemoryType type;
  uint32_t offset = 0;
};

struct Global {
  GlobalType type;
  ByteRange init;
  uint32_t offset = 0;
};

struct Tag {
  TypeIdx type;
  uint32_t offset = 0;
};

enum class SegmentMode : uint8_t { active, passive, declarative };

struct Elem {
  SegmentMode mode = SegmentMode::passive;
  ValType type = ValType::funcref;
  TableIdx table{};
  ByteRange table_offset;        // for an active segment: a constant expression
  std::vector<FuncIdx> funcs;    // either function indices ...
  std::vector<ByteRange> exprs;  // ... or one constant expression per element
  bool uses_exprs = false;
  uint32_t offset = 0;
  uint32_t size() const { return static_cast<uint32_t>(uses_exprs ? exprs.size() : funcs.size()); }
};

struct Data {
  SegmentMode mode = SegmentMode::passive;
  MemIdx memory{};
  ByteRange memory_offset;  // for an active segment: a constant expression
  ByteRange bytes;
  uint32_t offset = 0;
};

struct CustomSection {
  std::string_view name;
  ByteRange payload;
};

// Names from the custom section "name" (spec appendix "Name Section"). An error in that section is never an error of
// the module; the wrong part is ignored.
struct Names {
  std::string_view module;
  // By function index; may be shorter than the index space. Other names are rarely needed: see name_section.h.
  std::vector<std::string_view> functions;
};

struct Module {
  std::vector<uint8_t> owned_bytes;
  std::span<const uint8_t> bytes;  // owned_bytes, or the embedder's bytes

  std::vector<TypeId> types;  // canonical, by TypeIdx
  std::vector<uint32_t> type_offsets;
  std::vector<Import> imports;
  std::vector<Func> funcs;  // imported ones first (also in the lists below)
  std::vector<Table> tables;
  std::vector<Memory> memories;
  std::vector<Global> globals;
  std::vector<Tag> tags;
  std::vector<Export> exports;
  std::optional<FuncIdx> start;
  uint32_t start_offset = 0;
  std::vector<Elem> elems;
  std::optional<uint32_t> data_count;
  std::vector<Data> datas;
  std::vector<CustomSection> customs;
  ByteRange name_section;  // its payload; empty without one
  ByteRange code_section;

  uint32_t imported_funcs = 0, imported_tables = 0, imported_memories = 0, imported_globals = 0, imported_tags = 0;

  // Set by the validator: the functions that ref.func may refer to in bodies (spec 3.1 "Contexts", refs), by FuncIdx.
  std::vector<bool> declared_funcs;

  const TypeRegistry* registry = nullptr;  // must live longer than the module

  Module() = default;
  Module(const Module&) = delete;
  Module& operator=(const Module&) = delete;
  Module(Module&&) = default;
  Module& operator=(Module&&) = default;

  TypeId type_id(TypeIdx t) const { return types[raw(t)]; }
  const FuncType& func_type(TypeIdx t) const { return registry->func(type_id(t)); }
  const FuncType& func_type(FuncIdx f) const { return func_type(funcs[raw(f)].type); }
  std::span<const uint8_t> view(ByteRange r) const { return bytes.subspan(r.begin, r.size()); }
  // Decoded at the first call: a program that does not trap never needs it. Thread rule: any thread.
  const Names& names() const;
  // "$name" from the name section, otherwise the name of an export, otherwise empty.
  std::string_view func_name(FuncIdx f) const;

 private:
  struct NamesOnDemand {
    Once once;
    Names names;
  };
  std::unique_ptr<NamesOnDemand> names_ = std::make_unique<NamesOnDemand>();
};

}  // namespace mini_wasm::decoder
