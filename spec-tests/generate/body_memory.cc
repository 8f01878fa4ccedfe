// Memories and tables (spec 3.4.4, 3.4.5): accesses around their ends, sizes, bulk operations.
#include <algorithm>
#include <utility>

#include "spec-tests/generate/body.h"

namespace mini_wasm::generate {
namespace {

constexpr uint32_t kPage = 65536;

}  // namespace

// Leaves an address of the memory's address type. Together with the offset of `memarg`, most accesses are inside the
// memory, some are not.
void BodyWriter::address(uint32_t memory, Op op, int depth) {
  const MemoryPlan& plan = plan_.memories[memory];
  const bool is_64 = plan.is_64;
  const OpInfo& info = op_info(op);
  const bool aligned = info.prefix == 0xfe && !src_.chance(10);
  const auto constant = [&](int64_t v) { is_64 ? out_.i64_const(v) : out_.i32_const(static_cast<int32_t>(v)); };
  const uint8_t risk = daring_ ? 1 : 0;
  const Places locals = aligned ? Places() : readable_locals(is_64 ? Kind::i64 : Kind::i32);
  switch (
      src_.weighted({12, 20, static_cast<uint8_t>(4 * risk), risk, static_cast<uint8_t>(locals.empty() ? 0 : 10)})) {
    case 0: return constant(src_.below(64) << (aligned ? info.access_log2 : 0));
    case 1: {
      value(is_64 ? Kind::i64 : Kind::i32, depth - 1);
      const int64_t mask = src_.chance(70) ? 0x3ff : 0x7ffc;
      constant(aligned ? mask & -8 : mask);
      out_.op(is_64 ? Op::i64_and : Op::i32_and);
      return;
    }
    case 2: {  // around the end of the memory
      const int64_t end = int64_t{plan.min} * kPage;
      const int64_t at = end - static_cast<int64_t>(src_.below(20));
      return constant(aligned ? at & -8 : std::max<int64_t>(at, 0));
    }
    case 3: return value(is_64 ? Kind::i64 : Kind::i32, depth - 1);
    default: {  // a local that may have been an address before
      const bool favoured =
          favourite_ && src_.chance(60) && std::find(locals.begin(), locals.end(), *favourite_) != locals.end();
      const uint32_t local = favoured ? *favourite_ : src_.one_of(locals);
      out_.op(Op::local_get, local);
      constant(0x3ff);
      out_.op(is_64 ? Op::i64_and : Op::i32_and).op(Op::local_set, local).op(Op::local_get, local);
    }
  }
}

void BodyWriter::memarg(Op op, uint32_t memory) {
  constexpr unsigned kHasMemory = 0x40;
  const OpInfo& info = op_info(op);
  const bool atomic = info.prefix == 0xfe;
  const unsigned align = atomic            ? info.access_log2
                         : src_.chance(50) ? info.access_log2
                                           : src_.below(info.access_log2 + 1u);
  uint64_t offset = 0;
  const uint8_t risk = daring_ ? 1 : 0;
  switch (src_.weighted({30, 14, static_cast<uint8_t>(2 * risk), risk, risk})) {
    case 0: break;
    case 1: offset = src_.below(32); break;
    case 2: offset = kPage - src_.below(24); break;
    case 3: offset = 0xffffffff - src_.below(20); break;
    default:
      offset = src_.bits(4);
      if (memory < plan_.memories.size() && plan_.memories[memory].is_64 && src_.chance(50))
        offset = ~uint64_t{0} - src_.below(16);
  }
  if (atomic && offset < kPage) offset &= ~uint64_t{7};
  if (memory == 0 && !(plan_.has(Feature::multi_memory) && src_.chance(5))) {
    out_.uleb(align).uleb(offset);
  } else {
    out_.uleb(align | kHasMemory).uleb(memory).uleb(offset);
  }
}

// An index or a length, usually below `limit`.
void BodyWriter::index_value(bool is_64, uint32_t limit, int depth) {
  const auto constant = [&](int64_t v) { is_64 ? out_.i64_const(v) : out_.i32_const(static_cast<int32_t>(v)); };
  const uint8_t risk = daring_ ? 1 : 0;
  switch (src_.weighted({20, 8, risk, risk})) {
    case 0: return constant(src_.below(limit + 1));
    case 1: {
      value(is_64 ? Kind::i64 : Kind::i32, depth - 1);
      constant(std::max<uint32_t>(limit, 1));
      out_.op(is_64 ? Op::i64_rem_u : Op::i32_rem_u);
      return;
    }
    case 2: return constant(static_cast<int64_t>(limit) + src_.below(4));
    default: value(is_64 ? Kind::i64 : Kind::i32, depth - 1);
  }
}

bool BodyWriter::load_value(Type type, int depth, LooseNans& nans) {
  const std::vector<Op>& ops = plan_.ops.loading[static_cast<size_t>(type.kind)];
  return !ops.empty() && op_value(src_.one_of(ops), depth, nans);
}

bool BodyWriter::store_statement(int depth) {
  LooseNans none = LooseNans::none;
  return op_value(src_.one_of(plan_.ops.storing), depth, none);
}

bool BodyWriter::bulk_memory_statement(int depth) {
  if (plan_.memories.empty() || !plan_.has(Feature::bulk_memory)) return false;
  const uint32_t memory = random_memory(), other = random_memory();
  const bool is_64 = plan_.memories[memory].is_64, other_64 = plan_.memories[other].is_64;
  const uint32_t length = daring_ && src_.chance(20) ? kPage : 100;
  const auto place = [&](uint32_t m) { address(m, Op::i32_load8_u, depth - 1); };
  switch (src_.below(4)) {
    case 0:
      place(memory);
      value(Kind::i32, depth - 1);
      index_value(is_64, length, depth - 1);
      out_.op(Op::memory_fill, memory);
      return true;
    case 1:
      place(memory);
      place(other);
      index_value(is_64 && other_64, length, depth - 1);
      out_.op(Op::memory_copy, memory, other);
      return true;
    default: {
      const Places segments = usable_datas();
      if (segments.empty()) return false;
      const uint32_t data = src_.one_of(segments);
      const auto size = static_cast<uint32_t>(plan_.datas[data].bytes.size());
      if (daring_ && src_.chance(15)) {
        out_.op(Op::data_drop, data);
        return true;
      }
      place(memory);
      index_value(false, size / 2, depth - 1);
      index_value(false, size / 2, depth - 1);
      out_.op(Op::memory_init, data, memory);
      return true;
    }
  }
}

// After instantiation, active and declarative segments are empty (spec 4.7.2).
BodyWriter::Places BodyWriter::usable_datas() const {
  Places found;
  for (uint32_t i = 0; i < plan_.datas.size(); ++i) {
    if (daring_ || plan_.datas[i].mode == SegmentMode::passive) found.push_back(i);
  }
  return found;
}

BodyWriter::Places BodyWriter::usable_elems(Type type) const {
  Places found;
  for (uint32_t i = 0; i < plan_.elems.size(); ++i) {
    if (!daring_ && plan_.elems[i].mode != SegmentMode::passive) continue;
    if (plan_.is_subtype(plan_.elems[i].type, type)) found.push_back(i);
  }
  return found;
}

bool BodyWriter::size_value(Type type, int depth) {
  if (type.kind != Kind::i32 && type.kind != Kind::i64) return false;
  const bool is_64 = type.kind == Kind::i64;
  const bool tables = plan_.has(Feature::ref_types) && src_.chance(50);
  Places fitting;
  for (uint32_t i = 0; i < (tables ? plan_.tables.size() : plan_.memories.size()); ++i) {
    if ((tables ? plan_.tables[i].is_64 : plan_.memories[i].is_64) == is_64) fitting.push_back(i);
  }
  if (fitting.empty()) return false;
  const uint32_t index = src_.one_of(fitting);
  if (src_.chance(50)) {
    out_.op(tables ? Op::table_size : Op::memory_size, index);
    return true;
  }
  if (tables) value(plan_.tables[index].element, depth - 1);
  index_value(is_64, 2, depth - 1);
  out_.op(tables ? Op::table_grow : Op::memory_grow, index);
  return true;
}

bool BodyWriter::table_get(Type type, int depth) {
  Places fitting;
  for (uint32_t i = 0; i < plan_.tables.size(); ++i) {
    if ((daring_ || plan_.tables[i].min != 0) && plan_.is_subtype(plan_.tables[i].element, type)) fitting.push_back(i);
  }
  if (fitting.empty()) return false;
  const uint32_t table = src_.one_of(fitting);
  index_value(plan_.tables[table].is_64, std::max(plan_.tables[table].min, 1u) - 1, depth - 1);
  out_.op(Op::table_get, table);
  return true;
}

bool BodyWriter::table_statement(int depth) {
  if (plan_.tables.empty() || !plan_.has(Feature::ref_types)) return false;
  const uint32_t table = src_.below(plan_.tables.size());
  const TablePlan& plan = plan_.tables[table];
  if (plan.min == 0 && !daring_) return false;
  const auto place = [&](const TablePlan& t) { index_value(t.is_64, t.min / 2, depth - 1); };
  switch (src_.below(5)) {
    case 0:
      index_value(plan.is_64, std::max(plan.min, 1u) - 1, depth - 1);
      value(plan.element, depth - 1);
      out_.op(Op::table_set, table);
      return true;
    case 1:
      place(plan);
      value(plan.element, depth - 1);
      index_value(plan.is_64, plan.min / 2, depth - 1);
      out_.op(Op::table_fill, table);
      return true;
    case 2: {
      Places sources;
      for (uint32_t i = 0; i < plan_.tables.size(); ++i) {
        if (plan_.is_subtype(plan_.tables[i].element, plan.element)) sources.push_back(i);
      }
      const uint32_t from = src_.one_of(sources);
      place(plan);
      place(plan_.tables[from]);
      index_value(plan.is_64 && plan_.tables[from].is_64, plan.min / 2, depth - 1);
      out_.op(Op::table_copy, table, from);
      return true;
    }
    default: {
      const Places segments = usable_elems(plan.element);
      if (segments.empty()) return false;
      const uint32_t elem = src_.one_of(segments);
      if (daring_ && src_.chance(20)) {
        out_.op(Op::elem_drop, elem);
        return true;
      }
      place(plan);
      const auto half = static_cast<uint32_t>(plan_.elems[elem].items.size()) / 2;
      index_value(false, half, depth - 1);
      index_value(false, std::min(half, plan.min / 2), depth - 1);
      out_.op(Op::table_init, elem, table);
      return true;
    }
  }
}

}  // namespace mini_wasm::generate
