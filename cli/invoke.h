// Arguments and results of `mini-wasm run --invoke`, in a form for people. What is printed can be given as an argument
// again, except for references to objects of the program.
//
//   i32, i64     42, -1, 0x2a; signed or unsigned
//   f32, f64     0.5, 1e-3, 0x1p-3, inf, -inf, nan, nan:0x200000
//   v128         "i32x4 1 2 3 4", or another shape of the text format
//   references   null; extern:5 for object number 5 of the host; i31:-7; func:NAME for a function that the module
//   exports
#pragma once

#include <mini_wasm/instance.h>
#include <mini_wasm/result.h>
#include <mini_wasm/types.h>
#include <mini_wasm/value.h>

#include <span>
#include <string>
#include <vector>

namespace mini_wasm::cli {

struct Arguments {
  std::vector<Val> values;
  std::vector<Rooted> roots;  // keep the references among them alive
};

// There must be one word for each parameter. Error: usage.
Result<Arguments> parse_arguments(Store& store, const Instance& instance, const FuncType& type,
                                  std::span<const std::string> words);

// The value without its type, safe for a terminal. Integers are shown as signed numbers.
std::string result_text(const Store& store, const Instance& instance, const Val& value);

}  // namespace mini_wasm::cli
