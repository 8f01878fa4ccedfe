// References, structures and arrays (spec 3.4.6 to 3.4.9).
#include <algorithm>
#include <utility>

#include "spec-tests/generate/body.h"
#include "spec-tests/generate/constants.h"

namespace mini_wasm::generate {
namespace {

constexpr uint32_t kMaxArray = 40;  // elements; small, so that allocation does not depend on the size of the memory

bool packed(const Field& field) { return field.packed_bits != 0; }

}  // namespace

bool BodyWriter::ref_value(Type type, int depth) {
  const bool gc = plan_.theme(Theme::gc) != 0;
  const auto with_gc = [gc](uint8_t weight) { return static_cast<uint8_t>(gc ? weight : 0); };
  switch (src_.weighted({1, 4, with_gc(8), with_gc(3), with_gc(2), with_gc(2), 1})) {
    case 1: return function_reference(type);
    case 2: return allocate(type, depth);
    case 3: return cast_value(type, depth);
    case 4: return null_branch_value(type, depth);
    case 5: return convert_value(type, depth);
    case 6:
      if (!daring_ || type.nullable || !plan_.has(Feature::function_refs)) return false;
      value(Type::ref(type.heap), depth - 1);
      out_.op(Op::ref_as_non_null);
      return true;
    default: write_smallest(out_, plan_, type); return true;
  }
}

bool BodyWriter::function_reference(Type type) {
  Places fitting;
  for (uint32_t i = 0; i < plan_.funcs.size(); ++i) {
    if (plan_.is_heap_subtype(static_cast<Heap>(plan_.funcs[i].type), type.heap)) fitting.push_back(i);
  }
  if (fitting.empty()) return false;
  out_.op(Op::ref_func, src_.one_of(fitting));
  return true;
}

// --- Allocation ----------------------------------------------------------------------------------------------------

bool BodyWriter::allocate(Type type, int depth) {
  if (plan_.is_heap_subtype(kI31, type.heap) && src_.chance(25)) {
    value(Kind::i32, depth - 1);
    out_.op(Op::ref_i31);
    return true;
  }
  Places fitting;
  for (uint32_t i = 0; i < plan_.aggregate_count; ++i) {
    if (plan_.is_heap_subtype(static_cast<Heap>(i), type.heap)) fitting.push_back(i);
  }
  if (fitting.empty()) return false;
  const uint32_t index = src_.one_of(fitting);
  const DefinedType& defined = plan_.types[index];
  if (defined.form == DefinedType::Form::array) {
    new_array(index, depth);
    return true;
  }
  const bool defaultable =
      std::all_of(defined.fields.begin(), defined.fields.end(), [](const Field& f) { return f.type.defaultable(); });
  if (defaultable && src_.chance(25)) {
    out_.op(Op::struct_new_default, index);
    return true;
  }
  for (const Field& field : std::vector<Field>(defined.fields)) value(field.type, depth - 1);
  out_.op(Op::struct_new, index);
  return true;
}

void BodyWriter::new_array(uint32_t index, int depth) {
  const Field element = plan_.types[index].fields[0];
  const auto length = [&] {
    value(Kind::i32, depth - 2);
    out_.i32_const(kMaxArray).op(Op::i32_rem_u).i32_const(4).op(Op::i32_or);
  };
  switch (src_.below(4)) {
    case 0:
      if (!element.type.defaultable()) break;
      length();
      out_.op(Op::array_new_default, index);
      return;
    case 1: {
      const uint32_t count = src_.chance(10) ? src_.below(30) : 2 + src_.below(4);
      for (uint32_t i = 0; i < count; ++i) value(element.type, depth - 2);
      out_.op(Op::array_new_fixed, index, count);
      return;
    }
    case 2:
      if (new_array_from_segment(index, depth)) return;
      break;
    default: break;
  }
  value(element.type, depth - 1);
  length();
  out_.op(Op::array_new, index);
}

bool BodyWriter::new_array_from_segment(uint32_t index, int depth) {
  const Field element = plan_.types[index].fields[0];
  if (!element.type.is_ref()) {
    const Places segments = usable_datas();
    if (!daring_ || segments.empty()) return false;
    index_value(false, 4, depth - 2);
    index_value(false, 6, depth - 2);
    out_.op(Op::array_new_data, index, src_.one_of(segments));
    return true;
  }
  const Places segments = usable_elems(element.type);
  if (!daring_ || segments.empty()) return false;
  index_value(false, 2, depth - 2);
  index_value(false, 3, depth - 2);
  out_.op(Op::array_new_elem, index, src_.one_of(segments));
  return true;
}

// --- Casts and branches on references ------------------------------------------------------------------------------

Types BodyWriter::castable_supertypes(Type type) const {
  const Heap top = plan_.top_of(type.heap);
  Types found{Type::ref(top)};
  for (const Heap heap : {kEq, kStruct, kArray}) {
    if (top == kAny && plan_.is_heap_subtype(type.heap, heap)) found.push_back(Type::ref(heap));
  }
  for (uint32_t i = 0; i < plan_.aggregate_count; ++i) {
    if (plan_.is_heap_subtype(type.heap, static_cast<Heap>(i))) found.push_back(Type::ref(static_cast<Heap>(i)));
  }
  return found;
}

bool BodyWriter::cast_value(Type type, int depth) {
  if (plan_.top_of(type.heap) == kExn) return false;
  const Type source = src_.one_of(castable_supertypes(type));
  const unsigned flags = 1u | (type.nullable ? 2u : 0);
  switch (src_.weighted({static_cast<uint8_t>(daring_ ? 2 : 0), 2, 2})) {
    case 0:
      value(source, depth - 1);
      out_.op(type.nullable ? Op::ref_cast_null : Op::ref_cast).heap(type.heap);
      return true;
    case 1: {  // taken when the cast has succeeded
      Block block(*this, Op::block, {{}, {type}});
      value(source, depth - 1);
      out_.op(Op::br_on_cast).u8(flags).uleb(0).heap(source.heap).heap(type.heap).op(Op::drop);
      value(type, depth - 1);
      return true;
    }
    default: {
      Block out(*this, Op::block, {{}, {type}});
      {
        Block failed(*this, Op::block, {{}, {source}});
        value(source, depth - 1);
        out_.op(Op::br_on_cast_fail).u8(flags).uleb(0).heap(source.heap).heap(type.heap).op(Op::br, 1);
      }
      consume(source);
      value(type, depth - 1);
      return true;
    }
  }
}

bool BodyWriter::null_branch_value(Type type, int depth) {
  if (!plan_.has(Feature::function_refs)) return false;
  const Type nullable = Type::ref(type.heap), non_null = Type::ref(type.heap, false);
  if (src_.chance(50)) {
    Block out(*this, Op::block, {{}, {non_null}});
    value(nullable, depth - 1);
    out_.op(Op::br_on_non_null, 0);
    value(non_null, depth - 1);
    return true;
  }
  Block out(*this, Op::block, {{}, {type}});
  {
    Block null(*this, Op::block, {});
    value(nullable, depth - 1);
    out_.op(Op::br_on_null, 0).op(Op::br, 1);
  }
  value(type, depth - 1);
  return true;
}

bool BodyWriter::convert_value(Type type, int depth) {
  if (type.heap != kExtern && type.heap != kAny) return false;
  value(Type::ref(type.heap == kExtern ? kAny : kExtern, type.nullable), depth - 1);
  out_.op(type.heap == kExtern ? Op::extern_convert_any : Op::any_convert_extern);
  return true;
}

// --- Reading -------------------------------------------------------------------------------------------------------

void BodyWriter::object(uint32_t index, int depth) {
  value(Type::ref(static_cast<Heap>(index), daring_ && src_.chance(15)), depth);
}

bool BodyWriter::field_value(Type type, int depth) {
  if (type == Type(Kind::i32) && src_.chance(50)) return test_value(depth);
  struct Place {
    uint32_t type, field;
  };
  std::vector<Place> places;
  for (uint32_t i = 0; i < plan_.aggregate_count; ++i) {
    for (uint32_t f = 0; f < plan_.types[i].fields.size(); ++f) {
      if (plan_.is_subtype(plan_.types[i].fields[f].type, type)) places.push_back({i, f});
    }
  }
  if (places.empty()) return false;
  const Place place = src_.one_of(places);
  const DefinedType& defined = plan_.types[place.type];
  const bool is_packed = packed(defined.fields[place.field]), is_signed = src_.chance(50);
  const bool is_struct = defined.form == DefinedType::Form::struct_;
  object(place.type, depth - 1);
  if (is_struct) {
    out_.op(!is_packed ? Op::struct_get : is_signed ? Op::struct_get_s : Op::struct_get_u, place.type, place.field);
    return true;
  }
  index_value(false, 1, depth - 1);
  out_.op(!is_packed ? Op::array_get : is_signed ? Op::array_get_s : Op::array_get_u, place.type);
  return true;
}

bool BodyWriter::test_value(int depth) {
  switch (src_.below(6)) {
    case 0:
      value(Type::ref(kArray, daring_ && src_.chance(15)), depth - 1);
      out_.op(Op::array_len);
      return true;
    case 1:
      value(Type::ref(kI31, daring_ && src_.chance(15)), depth - 1);
      out_.op(src_.chance(50) ? Op::i31_get_s : Op::i31_get_u);
      return true;
    case 2:
      value(Type::ref(kEq), depth - 1);
      value(Type::ref(kEq), depth - 1);
      out_.op(Op::ref_eq);
      return true;
    case 3: {
      const Type type = plan_.value_type(true);
      value(type.is_ref() ? type : Type::ref(kAny), depth - 1);
      out_.op(Op::ref_is_null);
      return true;
    }
    default: {
      Type type = plan_.value_type(false);
      if (!type.is_ref() || type.heap == kExn) type = Type::ref(kI31, src_.chance(50));
      value(src_.one_of(castable_supertypes(type)), depth - 1);
      out_.op(type.nullable ? Op::ref_test_null : Op::ref_test).heap(type.heap);
      return true;
    }
  }
}

// --- Writing -------------------------------------------------------------------------------------------------------

bool BodyWriter::aggregate_statement(int depth) {
  if (plan_.aggregate_count == 0) return false;
  const uint32_t index = src_.below(plan_.aggregate_count);
  const DefinedType defined = plan_.types[index];
  if (defined.form == DefinedType::Form::array) return array_statement(index, depth);
  Places fields;
  for (uint32_t f = 0; f < defined.fields.size(); ++f) {
    if (defined.fields[f].mutable_) fields.push_back(f);
  }
  if (fields.empty()) return false;
  const uint32_t field = src_.one_of(fields);
  object(index, depth - 1);
  value(defined.fields[field].type, depth - 1);
  out_.op(Op::struct_set, index, field);
  return true;
}

bool BodyWriter::array_statement(uint32_t index, int depth) {
  const Field element = plan_.types[index].fields[0];
  if (!element.mutable_) return false;
  switch (src_.below(4)) {
    case 0:
      object(index, depth - 1);
      index_value(false, 1, depth - 1);
      value(element.type, depth - 1);
      out_.op(Op::array_set, index);
      return true;
    case 1:
      object(index, depth - 1);
      index_value(false, 1, depth - 1);
      value(element.type, depth - 1);
      index_value(false, 2, depth - 1);
      out_.op(Op::array_fill, index);
      return true;
    case 2: {
      Places sources;
      for (uint32_t i = 0; i < plan_.aggregate_count; ++i) {
        const DefinedType& other = plan_.types[i];
        if (other.form != DefinedType::Form::array || other.fields[0].packed_bits != element.packed_bits) continue;
        if (plan_.is_subtype(other.fields[0].type, element.type)) sources.push_back(i);
      }
      const uint32_t from = src_.one_of(sources);
      object(index, depth - 1);
      index_value(false, 1, depth - 1);
      object(from, depth - 1);
      index_value(false, 1, depth - 1);
      index_value(false, 2, depth - 1);
      out_.op(Op::array_copy, index, from);
      return true;
    }
    default: return array_init(index, depth);
  }
}

bool BodyWriter::array_init(uint32_t index, int depth) {
  const Field element = plan_.types[index].fields[0];
  const bool refs = element.type.is_ref();
  const Places segments = refs ? usable_elems(element.type) : usable_datas();
  if (!daring_ || segments.empty()) return false;
  object(index, depth - 1);
  index_value(false, 1, depth - 1);
  index_value(false, 1, depth - 1);
  index_value(false, 1, depth - 1);
  out_.op(refs ? Op::array_init_elem : Op::array_init_data, index, src_.one_of(segments));
  return true;
}

}  // namespace mini_wasm::generate
