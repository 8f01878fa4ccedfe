#include "spec-tests/generate/constants.h"

#include <algorithm>
#include <iterator>

#include "spec-tests/generate/module_plan.h"

namespace mini_wasm::generate {
namespace {

constexpr uint32_t kEdges32[] = {0,          1,          0xffffffff, 2,          0x7fffffff, 0x80000000, 0x80000001,
                                 0x7f,       0x80,       0xff,       0x100,      0x7fff,     0x8000,     0xffff,
                                 0x10000,    31,         32,         33,         63,         64,         0xffffff80,
                                 0xffff8000, 0x55555555, 0xaaaaaaaa, 0x01020304, 0xfffffffe};

constexpr uint64_t kEdges64[] = {0,
                                 1,
                                 ~uint64_t{0},
                                 2,
                                 0x7fffffffffffffff,
                                 0x8000000000000000,
                                 0x8000000000000001,
                                 0x7fffffff,
                                 0x80000000,
                                 0xffffffff,
                                 0x100000000,
                                 0xffffffff80000000,
                                 0xffffffff7fffffff,
                                 63,
                                 64,
                                 65,
                                 0x20000000000001,
                                 0xff,
                                 0x8000,
                                 0x5555555555555555,
                                 0x0102030405060708};

// Zeros, one, infinities, largest, smallest normal, denormals, the limits of integer ranges, NaNs with payloads.
constexpr uint32_t kEdgesFloat[] = {0,          0x80000000, 0x3f800000, 0xbf800000, 0x7f800000, 0xff800000, 0x7f7fffff,
                                    0xff7fffff, 0x00800000, 0x00000001, 0x807fffff, 0x4f000000, 0xcf000000, 0x4f800000,
                                    0x5f000000, 0xdf000000, 0x5f800000, 0x3f000000, 0xbf000000, 0x3fc00000, 0x40200000,
                                    0x4effffff, 0xcf000001, 0x3effffff, 0x4b000001, 0x7fc00000, 0xffc00000, 0x7fc01234,
                                    0x7f800001, 0xffbfffff, 0x7fffffff, 0xbf7fffff};

constexpr uint64_t kEdgesDouble[] = {0,
                                     0x8000000000000000,
                                     0x3ff0000000000000,
                                     0xbff0000000000000,
                                     0x7ff0000000000000,
                                     0xfff0000000000000,
                                     0x7fefffffffffffff,
                                     0xffefffffffffffff,
                                     0x0010000000000000,
                                     0x0000000000000001,
                                     0x800fffffffffffff,
                                     0x41dfffffffc00000,
                                     0x41e0000000000000,
                                     0xc1e0000000000000,
                                     0xc1e0000000200000,
                                     0x41efffffffe00000,
                                     0x41f0000000000000,
                                     0x43e0000000000000,
                                     0xc3e0000000000000,
                                     0x43f0000000000000,
                                     0x3fe0000000000000,
                                     0xbfe0000000000000,
                                     0x3ff8000000000000,
                                     0x4004000000000000,
                                     0x3fdfffffffffffff,
                                     0x4330000000000001,
                                     0x7ff8000000000000,
                                     0xfff8000000000000,
                                     0x7ff8000000001234,
                                     0x7ff0000000000001,
                                     0xfff7ffffffffffff,
                                     0xbfefffffffffffff,
                                     0x36a0000000000000,
                                     0x47efffffe0000000,
                                     0x47effffff0000000};

// The length of an array that is made without choices: enough for the small indices in the code.
constexpr uint32_t kSmallArray = 4;

template <class T, size_t N>
T edge(const T (&edges)[N], ByteSource& source) {
  if (source.empty()) return edges[0];
  switch (source.weighted({10, 3, 2, 2})) {
    case 0: return edges[source.below(N)];
    case 1: return static_cast<T>(source.byte());
    case 2: {  // powers of two and their neighbours
      const T power = T{1} << source.below(sizeof(T) * 8);
      return power + static_cast<T>(source.below(3)) - 1;
    }
    default: return static_cast<T>(source.bits(sizeof(T)));
  }
}

void write_vector(Code& code, ByteSource& source) {
  code.op(Op::v128_const);
  switch (source.weighted({1, 2, 2, 2, 2, 2, 1})) {
    case 0: code.fixed(0, 8).fixed(0, 8); return;
    case 1:
      for (int i = 0; i < 4; ++i) code.fixed(edge_bits32(source), 4);
      return;
    case 2:
      for (int i = 0; i < 2; ++i) code.fixed(edge_bits64(source), 8);
      return;
    case 3:
      for (int i = 0; i < 4; ++i) code.fixed(edge_float_bits(source), 4);
      return;
    case 4:
      for (int i = 0; i < 2; ++i) code.fixed(edge_double_bits(source), 8);
      return;
    case 5: {  // the same in all lanes
      const uint32_t bits = edge_bits32(source);
      for (int i = 0; i < 4; ++i) code.fixed(bits, 4);
      return;
    }
    default: code.fixed(source.bits(8), 8).fixed(source.bits(8), 8);
  }
}

}  // namespace

uint32_t edge_bits32(ByteSource& source) { return edge(kEdges32, source); }
uint64_t edge_bits64(ByteSource& source) { return edge(kEdges64, source); }
uint32_t edge_float_bits(ByteSource& source) { return edge(kEdgesFloat, source); }
uint64_t edge_double_bits(ByteSource& source) { return edge(kEdgesDouble, source); }

void write_constant(Code& code, Kind kind, ByteSource& source) {
  switch (kind) {
    case Kind::i64: code.i64_const(static_cast<int64_t>(edge_bits64(source))); return;
    case Kind::f32: code.op(Op::f32_const).fixed(edge_float_bits(source), 4); return;
    case Kind::f64: code.op(Op::f64_const).fixed(edge_double_bits(source), 8); return;
    case Kind::v128: write_vector(code, source); return;
    default: code.i32_const(static_cast<int32_t>(edge_bits32(source)));
  }
}

bool has_constant(const ModulePlan& plan, Type type) {
  if (type.defaultable()) return true;
  if (type.heap == kStruct) return !plan.aggregates(DefinedType::Form::struct_).empty();
  if (type.heap == kArray) return !plan.aggregates(DefinedType::Form::array).empty();
  return type.heap != kExn && type.heap != kNone;
}

void write_smallest(Code& code, const ModulePlan& plan, Type type) {
  if (!type.is_ref()) {
    ByteSource nothing({});
    return write_constant(code, type.kind, nothing);
  }
  if (type.nullable) return void(code.op(Op::ref_null).heap(type.heap));
  switch (type.heap) {
    case kAny:
    case kEq:
    case kI31: return void(code.i32_const(0).op(Op::ref_i31));
    case kExtern: return void(code.i32_const(0).op(Op::ref_i31).op(Op::extern_convert_any));
    case kFunc: return void(code.op(Op::ref_func, 0));
    case kStruct:
    case kArray: {
      const std::vector<uint32_t> fitting =
          plan.aggregates(type.heap == kStruct ? DefinedType::Form::struct_ : DefinedType::Form::array);
      if (fitting.empty()) break;
      return write_smallest(code, plan, Type::ref(static_cast<Heap>(fitting[0]), false));
    }
    default: break;
  }
  if (type.heap >= 0) {
    const DefinedType& defined = plan.types[static_cast<size_t>(type.heap)];
    if (defined.form == DefinedType::Form::array) {
      for (uint32_t i = 0; i < kSmallArray; ++i) write_smallest(code, plan, defined.fields[0].type);
      return void(code.op(Op::array_new_fixed, static_cast<uint32_t>(type.heap), kSmallArray));
    }
    if (defined.form == DefinedType::Form::struct_) {
      for (const Field& field : defined.fields) write_smallest(code, plan, field.type);
      return void(code.op(Op::struct_new, static_cast<uint32_t>(type.heap)));
    }
    for (uint32_t i = 0; i < plan.funcs.size(); ++i) {
      if (static_cast<Heap>(plan.funcs[i].type) == type.heap) return void(code.op(Op::ref_func, i));
    }
  }
  code.op(Op::ref_null).heap(type.heap).op(Op::ref_as_non_null);
}

}  // namespace mini_wasm::generate
