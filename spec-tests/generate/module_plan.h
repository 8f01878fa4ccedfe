// ModulePlan: everything that a generated module declares, without the code of its functions. body.h writes that code
// according to this plan.
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

// The subjects of generated code. Each module gives each of them a weight, often zero: a module that does a few things
// often finds more errors than one that does a little of everything.
enum class Theme : uint8_t { arithmetic, variables, memory, control, calls, tables, gc, exceptions, bulk };
inline constexpr size_t kThemes = 9;

// For something that is imported from an earlier module of the same program: its index there. The name of its export
// contains that index.
struct Origin {
  uint32_t module = 0, index = 0;
};

struct MemoryPlan {
  std::optional<Origin> origin;
  bool is_64 = false;
  bool shared = false;
  // In pages; there is always a maximum, so that memory.grow fails in the same way everywhere.
  uint32_t min = 1, max = 1;
};

struct TablePlan {
  std::optional<Origin> origin;
  Type element;
  bool is_64 = false;
  uint32_t min = 0, max = 0;
  // For tables of functions: what an active segment writes there from index 0 on, in this module or in the module of
  // the table. kOthers: not a function of this module.
  std::vector<int32_t> funcs;
  static constexpr int32_t kOthers = -1;
};

struct GlobalPlan {
  Type type;
  bool mutable_ = true;
  Code init;  // a constant expression without its `end`
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
  std::optional<Origin> origin;  // imported functions without an origin belong to the host
};

// The global that each loop and call decrements; it is global 0, exported as "fuel".
inline constexpr uint32_t kFuelGlobal = 0;
// A mutable and exported i64 global. Code mixes values into it that would otherwise have no visible effect.
inline constexpr uint32_t kSumGlobal = 1;

class ModulePlan {
 public:
  // `earlier`: modules of the same program, from which this one may import. `in_program`: the program has other
  // modules.
  ModulePlan(ByteSource& source, FeatureSet features, std::span<const std::unique_ptr<ModulePlan>> earlier = {},
             bool in_program = false);

  ByteSource& source;
  FeatureSet features;
  const bool in_program;  // others may import from it, so tags are exported too
  OpLists ops;
  std::array<uint8_t, kThemes> themes{};

  std::vector<DefinedType> types;
  bool one_rec_group = false;  // for the structures and arrays, which come first
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
  bool start = false;  // function `imported_funcs` is the start function

  bool has(Feature feature) const { return features.has(feature); }
  uint8_t theme(Theme t) const { return themes[static_cast<size_t>(t)]; }

  // The index of a function type, which is added if it is new.
  uint32_t type_index(const Signature& signature);
  // Whether a value of type `sub` can be used where `super` is expected (spec 3.3). Sound, but not complete.
  bool is_subtype(Type sub, Type super) const;
  bool is_heap_subtype(Heap sub, Heap super) const;
  // One of func, extern, any, exn: the top of the heap type's hierarchy.
  Heap top_of(Heap heap) const;

  Type numeric_type();
  // A type for locals, parameters and results. With `nullable_only`, it has a default value.
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
  std::vector<Types> result_pool_;  // a few different result types, so that tail calls find callees
};

// The complete module. `bodies` are the code entries of the functions that are not imported.
std::vector<uint8_t> write_module(const ModulePlan& plan, const std::vector<Code>& bodies);

}  // namespace mini_wasm::generate
