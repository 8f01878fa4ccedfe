// One check for each kind of definition, in the order in which they may refer to each other (spec 3.5.13).
#include "validator/module_validator.h"

#include <algorithm>
#include <string>
#include <utility>

#include "core/missing_feature.h"
#include "core/utf8.h"
#include "validator/const_expr.h"

namespace mini_wasm::validator {

uint64_t max_pages(const MemoryType& type) {
  const uint32_t bits = type.is_64 ? 64 : 32;
  if (type.page_size_log2 == 0) return type.is_64 ? UINT64_MAX : UINT32_MAX;
  return uint64_t{1} << (bits - type.page_size_log2);
}

namespace {

using decoder::Data;
using decoder::Elem;
using decoder::SegmentMode;

class ModuleValidator {
 public:
  ModuleValidator(decoder::Module& module, FeatureSet features)
      : m_(module), on_(features), const_exprs_(module, features) {}

  Result<void> run() {
    m_.declared_funcs.assign(m_.funcs.size(), false);
    // The order matters: a check may rely on what the checks before it have verified.
    using Check = void (ModuleValidator::*)();
    for (const Check check :
         {&ModuleValidator::check_types, &ModuleValidator::check_funcs_and_tags, &ModuleValidator::check_tables,
          &ModuleValidator::check_memories, &ModuleValidator::check_globals, &ModuleValidator::check_exports,
          &ModuleValidator::check_start, &ModuleValidator::check_elems, &ModuleValidator::check_datas}) {
      if (!error_) (this->*check)();
    }
    if (error_) return std::move(*error_);
    return {};
  }

 private:
  // --- Failure: only the first error is kept
  void fail(uint32_t offset, std::string message) {
    if (!error_) error_ = Error::make(ErrorKind::invalid, std::move(message), offset);
  }
  void fail_unknown(uint32_t offset, const char* what, uint32_t index) {
    fail(offset, std::string("unknown ") + what + " " + std::to_string(index));
  }
  void check_expr(decoder::ByteRange expr, ValType expected, uint32_t visible_globals) {
    if (error_) return;
    if (Result<void> r = const_exprs_.check(expr, expected, visible_globals); !r) error_ = std::move(r).error();
  }
  bool require(Feature feature, uint32_t offset, const std::string& what) {
    if (on_.has(feature)) return true;
    fail(offset, missing_feature(what, feature));
    return false;
  }

  // --- Types (3.2)

  // 3.2.10: declared supertypes. The types that a definition refers to were checked when it was decoded.
  void check_types() {
    if (!on_.has(Feature::gc)) return;
    for (size_t i = 0; i < m_.types.size() && !error_; ++i) {
      const DefType& def = m_.registry->get(m_.types[i]);
      if (def.super == kNoType) continue;
      const DefType& super = m_.registry->get(def.super);
      if (super.final_) {
        fail(m_.type_offsets[i], "sub type: the supertype of type " + std::to_string(i) + " is final");
      } else if (!m_.registry->matches_structurally(def, super)) {
        fail(m_.type_offsets[i], "sub type: type " + std::to_string(i) + " does not match its supertype");
      }
    }
  }

  bool is_func_type(TypeIdx type, uint32_t offset) {
    if (raw(type) >= m_.types.size()) return fail_unknown(offset, "type", raw(type)), false;
    if (m_.registry->get(m_.type_id(type)).kind == CompositeKind::func) return true;
    fail(offset, "unknown type " + std::to_string(raw(type)) + ": not a function type");
    return false;
  }

  void check_funcs_and_tags() {
    for (const decoder::Func& func : m_.funcs) {
      if (!is_func_type(func.type, func.offset)) return;
    }
    for (const decoder::Tag& tag : m_.tags) {
      if (!is_func_type(tag.type, tag.offset)) return;
      if (!m_.func_type(tag.type).results.empty()) fail(tag.offset, "non-empty tag result type");
    }
  }

  // 3.2.15: `max` is the largest size that the address type can express.
  void check_limits(const Limits& limits, uint64_t max, uint32_t offset, const std::string& too_large) {
    if (limits.min > max || (limits.max && *limits.max > max)) fail(offset, too_large);
    if (limits.max && limits.min > *limits.max) fail(offset, "size minimum must not be greater than maximum");
  }

  void check_tables() {
    if (m_.tables.size() > 1) require(Feature::ref_types, m_.tables[1].offset, "multiple tables: a second table");
    for (const decoder::Table& table : m_.tables) {
      if (error_) return;
      const TableType& type = table.type;
      check_limits(type.limits, type.is_64 ? UINT64_MAX : UINT32_MAX, table.offset,
                   type.is_64 ? "table size must be at most 2^64-1" : "table size must be at most 2^32-1");
      if (table.init.size() != 0) {
        // Tables are initialised before the module's own globals (3.5.13).
        check_expr(table.init, type.element, m_.imported_globals);
      } else if (!type.element.defaultable() && &table - m_.tables.data() >= m_.imported_tables) {
        fail(table.offset, "type mismatch: a table of " + to_string(type.element) + " needs an initial value");
      }
    }
  }

  void check_memories() {
    if (m_.memories.size() > 1)
      require(Feature::multi_memory, m_.memories[1].offset, "multiple memories: a second memory");
    for (const decoder::Memory& memory : m_.memories) {
      const MemoryType& type = memory.type;
      check_limits(type.limits, max_pages(type), memory.offset, too_many_pages(type));
      if (type.shared && !type.limits.max) fail(memory.offset, "shared memory must have maximum");
    }
  }

  static std::string too_many_pages(const MemoryType& type) {
    const std::string unit = type.is_64 ? "" : " (4GiB)";
    return "memory size must be at most " + std::to_string(max_pages(type)) + " pages" + unit;
  }

  void check_globals() {
    for (uint32_t i = 0; i < m_.globals.size() && !error_; ++i) {
      const decoder::Global& global = m_.globals[i];
      if (i >= m_.imported_globals)
        check_expr(global.init, global.type.value, visible_before(i));
      else if (global.type.mutable_)
        require(Feature::mutable_globals, global.offset, "import of a mutable global");
    }
  }

  // Before WebAssembly 3.0 (which came with gc), only imported globals were allowed in constant expressions.
  uint32_t visible_before(uint32_t global) const {
    return on_.has(Feature::gc) ? global : std::min(global, m_.imported_globals);
  }
  uint32_t visible_globals() const { return visible_before(static_cast<uint32_t>(m_.globals.size())); }

  // --- Exports and start (3.5.12, 3.5.10)

  size_t space_size(ExternKind kind) const {
    switch (kind) {
      case ExternKind::func: return m_.funcs.size();
      case ExternKind::table: return m_.tables.size();
      case ExternKind::memory: return m_.memories.size();
      case ExternKind::global: return m_.globals.size();
      case ExternKind::tag: return m_.tags.size();
    }
    return 0;
  }

  void check_exports() {
    for (const decoder::Export& e : m_.exports) {
      if (e.index >= space_size(e.kind)) {
        return fail_unknown(e.offset, e.kind == ExternKind::func ? "function" : to_string(e.kind), e.index);
      }
      if (e.kind == ExternKind::func) m_.declared_funcs[e.index] = true;
      if (e.kind == ExternKind::global && m_.globals[e.index].type.mutable_) {
        require(Feature::mutable_globals, e.offset, "export of a mutable global");
      }
    }
    check_export_names();
  }

  // Sorted, not hashed: nobody can make up names for which this takes quadratic time.
  void check_export_names() {
    std::vector<std::pair<std::string_view, uint32_t>> names;
    names.reserve(m_.exports.size());
    for (const decoder::Export& e : m_.exports) names.emplace_back(e.name, e.offset);
    std::sort(names.begin(), names.end());
    for (size_t i = 1; i < names.size(); ++i) {
      if (names[i - 1].first != names[i].first) continue;
      return fail(names[i].second,
                  "duplicate export name \"" + escape_for_terminal(names[i].first.substr(0, 100)) + "\"");
    }
  }

  void check_start() {
    if (!m_.start) return;
    const uint32_t index = raw(*m_.start);
    if (index >= m_.funcs.size()) return fail_unknown(m_.start_offset, "function", index);
    const FuncType& type = m_.func_type(*m_.start);
    if (type.params.empty() && type.results.empty()) return;
    fail(m_.start_offset, "start function must have type [] -> [], found " + to_string(type));
  }

  // --- Segments (3.5.8, 3.5.9)

  static ValType address_type(bool is_64) { return is_64 ? ValType::i64 : ValType::i32; }

  void check_elems() {
    for (const Elem& elem : m_.elems) {
      if (error_) return;
      if (elem.mode == SegmentMode::active) check_active(elem);
      for (const FuncIdx func : elem.funcs) {
        if (raw(func) >= m_.funcs.size()) return fail_unknown(elem.offset, "function", raw(func));
        m_.declared_funcs[raw(func)] = true;
      }
      for (size_t i = 0; i < elem.exprs.size() && !error_; ++i) check_expr(elem.exprs[i], elem.type, visible_globals());
    }
  }

  void check_active(const Elem& elem) {
    if (raw(elem.table) >= m_.tables.size()) return fail_unknown(elem.offset, "table", raw(elem.table));
    const TableType& table = m_.tables[raw(elem.table)].type;
    if (!m_.registry->is_subtype(elem.type, table.element)) {
      return fail(elem.offset, "type mismatch: a segment of " + to_string(elem.type) + " for a table of " +
                                   to_string(table.element));
    }
    check_expr(elem.table_offset, address_type(table.is_64), visible_globals());
  }

  void check_datas() {
    for (const Data& data : m_.datas) {
      if (error_) return;
      if (data.mode != SegmentMode::active) continue;
      if (raw(data.memory) >= m_.memories.size()) return fail_unknown(data.offset, "memory", raw(data.memory));
      check_expr(data.memory_offset, address_type(m_.memories[raw(data.memory)].type.is_64), visible_globals());
    }
  }

  decoder::Module& m_;
  const FeatureSet on_;
  ConstExprValidator const_exprs_;
  std::optional<Error> error_;
};

}  // namespace

Result<void> validate_module(decoder::Module& module, FeatureSet features) {
  return ModuleValidator(module, features).run();
}

}  // namespace mini_wasm::validator
