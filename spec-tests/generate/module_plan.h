// What a generated module declares: everything but the code of its functions, which body.h writes against this plan.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <vector>

#include "core/opcode.h"
#include "spec-tests/generate/byte_source.h"
#include "spec-tests/generate/code.h"
#include "spec-tests/generate/op_lists.h"
#include "spec-tests/generate/types.h"

namespace mini_wasm::generate {

// The kinds of things that code is made of. Each module gives each of them a weight, often zero: modules that do a few
// things a lot find more than modules that do a bit of everything.
enum class Theme : uint8_t { arithmetic, variables, memory, control, calls, tables, gc, exceptions, bulk };
inline constexpr size_t kThemes = 9;

// What is imported from a module of the same program that was made earlier: its index there, which its export is named
// after.
struct Origin {
  uint32_t module = 0, index = 0;
};

struct MemoryPlan {
  std::optional<Origin> origin;
  bool is_64 = false;
  bool shared = false;
  uint32_t min = 1, max = 1;  // pages; there always is a maximum, so that memory.grow fails alike everywhere
};

struct TablePlan {
  std::optional<Origin> origin;
  Type element;
  bool is_64 = false;
  uint32_t min = 0, max = 0;
  // Tables of functions: what an active segment puts there from index 0 on, here or in the module that the table is
  // from; kOthers: no function of this module.
  std::vector<int32_t> funcs;
  static constexpr int32_t kOthers = -1;
};

struct GlobalPlan {
  Type type;
  bool mutable_ = true;
  Code init;  // constant expression without its `end`
  std::optional<Origin> origin;
};

enum class SegmentMode : uint8_t { active, passive, declarative };

struct DataPlan {
  SegmentMode mode = SegmentMode::passive;
  uint32_t memory = 0;
  uint32_t offset = 0;
  std::vector<uint8_t> bytes;
};

struct ElemPlan {
  SegmentMode mode = SegmentMode::passive;
  uint32_t table = 0;
  Type type;
  std::vector<Code> items;  // constant expressions
};

struct FuncPlan {
  Signature signature;
  uint32_t type = 0;
  std::optional<Origin> origin;  // imported functions without one are the host's
};

// The global that is counted down at each loop and call; it is global 0, exported as "fuel".
inline constexpr uint32_t kFuelGlobal = 0;
// The global, a mutable i64 and exported like any other, into which code mixes values that would be lost otherwise.
inline constexpr uint32_t kSumGlobal = 1;

class ModulePlan {
 public:
  // `earlier`: modules of the same program, which this one may import from. `in_program`: there are others.
  ModulePlan(ByteSource& source, FeatureSet features, std::span<const std::unique_ptr<ModulePlan>> earlier = {},
             bool in_program = false);

  ByteSource& source;
  FeatureSet features;
  const bool in_program;  // others may import from it: tags are exported, too
  OpLists ops;
  std::array<uint8_t, kThemes> themes{};

  std::vector<DefinedType> types;
  bool one_rec_group = false;  // the structures and arrays, which come first
  uint32_t aggregate_count = 0;
  std::vector<FuncPlan> funcs;  // imported ones first
  uint32_t imported_funcs = 0;
  std::vector<TablePlan> tables;
  std::vector<MemoryPlan> memories;
  std::vector<GlobalPlan> globals;
  std::vector<Signature> tags;  // imported ones first
  std::vector<Origin> imported_tags;
  std::vector<ElemPlan> elems;
  std::vector<DataPlan> datas;
  bool start = false;  // function `imported_funcs` runs at instantiation

  bool has(Feature feature) const { return features.has(feature); }
  uint8_t theme(Theme t) const { return themes[static_cast<size_t>(t)]; }

  // The index of a function type, added if it is new.
  uint32_t type_index(const Signature& signature);
  // Whether a value of type `sub` will do where `super` is wanted (spec 3.3); sound, not complete.
  bool is_subtype(Type sub, Type super) const;
  bool is_heap_subtype(Heap sub, Heap super) const;
  // One of func, extern, any, exn: the top of the heap type's hierarchy.
  Heap top_of(Heap heap) const;

  Type numeric_type();
  // A type for locals, parameters and results; `nullable_only` for those that need a default value.
  Type value_type(bool nullable_only);
  Signature signature();
  std::vector<uint32_t> aggregates(DefinedType::Form form) const;

 private:
  void plan_types();
  DefinedType structure(uint32_t index, uint32_t visible);
  Field field(uint32_t visible);
  void plan_functions();
  void import_host_functions();
  void import_functions();
  void plan_tags();
  bool import_table();
  void plan_tables();
  void plan_memories();
  void plan_globals();
  void plan_segments();
  Code const_expr(Type type);
  std::vector<uint8_t> data_bytes();
  std::vector<uint8_t> noise(size_t size);

  std::span<const std::unique_ptr<ModulePlan>> earlier_;
  std::vector<Types> result_pool_;  // few different result types, so that tail calls find callees
};

// The whole module; `bodies` are the code entries of the functions that are not imported.
std::vector<uint8_t> write_module(const ModulePlan& plan, const std::vector<Code>& bodies);

}  // namespace mini_wasm::generate
