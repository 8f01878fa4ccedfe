// The vectors of the C API. Their room is from calloc: a program may set the two members of a vector itself, and delete
// one that is filled only in part.
#include <wasm.h>

#include <cstdlib>
#include <limits>

namespace mini_wasm::capi {
namespace {

template <class Vec>
void make_room(Vec* out, size_t size) {
  *out = {0, nullptr};
  if (size == 0) return;
  using Element = decltype(out->data);
  out->data = static_cast<Element>(std::calloc(size, sizeof(*out->data)));
  if (out->data != nullptr) out->size = size;
}

template <class Vec, class Element, class Drop>
void take_over(Vec* out, size_t size, const Element* data, Drop drop) {
  make_room(out, size);
  for (size_t i = 0; i < size; ++i) {
    Element element = data[i];
    if (out->data != nullptr) {
      out->data[i] = element;
    } else {
      drop(element);
    }
  }
}

// `copy` gives null for an element for which there is no memory; then the whole copy is empty.
template <class Vec, class Copy, class Drop>
void copy_vec(Vec* out, const Vec* from, Copy copy, Drop drop) {
  make_room(out, from->size);
  for (size_t i = 0; i < out->size; ++i) {
    if (copy(out->data[i], from->data[i])) continue;
    for (size_t made = 0; made < i; ++made) drop(out->data[made]);
    std::free(out->data);
    *out = {0, nullptr};
  }
}

template <class Vec, class Drop>
void delete_vec(Vec* vec, Drop drop) {
  if (vec == nullptr || vec->data == nullptr) return;
  for (size_t i = 0; i < vec->size; ++i) drop(vec->data[i]);
  std::free(vec->data);
  *vec = {0, nullptr};
}

}  // namespace
}  // namespace mini_wasm::capi

using namespace mini_wasm::capi;

// The functions of one vector. `copy_element(to, from)` and `drop_element(element)` are expressions.
#define VEC(name, pointer, copy_element, drop_element)                                                                 \
  void wasm_##name##_vec_new_empty(wasm_##name##_vec_t* out) {                                                         \
    if (out != nullptr) make_room(out, 0);                                                                             \
  }                                                                                                                    \
  void wasm_##name##_vec_new_uninitialized(wasm_##name##_vec_t* out, size_t size) {                                    \
    if (out != nullptr) make_room(out, size);                                                                          \
  }                                                                                                                    \
  void wasm_##name##_vec_new(wasm_##name##_vec_t* out, size_t size, wasm_##name##_t pointer const data[]) {            \
    if (out != nullptr) take_over(out, size, data, [](wasm_##name##_t pointer& element) { drop_element(element); });   \
  }                                                                                                                    \
  void wasm_##name##_vec_copy(wasm_##name##_vec_t* out, const wasm_##name##_vec_t* from) {                             \
    if (out == nullptr) return;                                                                                        \
    if (from == nullptr) return make_room(out, 0);                                                                     \
    copy_vec(                                                                                                          \
        out, from,                                                                                                     \
        [](wasm_##name##_t pointer& to, wasm_##name##_t pointer const& element) { return copy_element(to, element); }, \
        [](wasm_##name##_t pointer& element) { drop_element(element); });                                              \
  }                                                                                                                    \
  void wasm_##name##_vec_delete(wasm_##name##_vec_t* vec) {                                                            \
    delete_vec(vec, [](wasm_##name##_t pointer& element) { drop_element(element); });                                  \
  }

#define COPY_BYTE(to, from) ((to) = (from), true)
#define DROP_BYTE(element) static_cast<void>(element)
#define COPY_VAL(to, from) (wasm_val_copy(&(to), &(from)), true)
#define DROP_VAL(element) wasm_val_delete(&(element))
VEC(byte, , COPY_BYTE, DROP_BYTE)
VEC(val, , COPY_VAL, DROP_VAL)

#define POINTER_VEC(name)                                                      \
  static bool copy_##name(wasm_##name##_t*& to, const wasm_##name##_t* from) { \
    to = wasm_##name##_copy(from);                                             \
    return to != nullptr || from == nullptr;                                   \
  }                                                                            \
  VEC(name, *, copy_##name, wasm_##name##_delete)
#include "capi/families.def"
