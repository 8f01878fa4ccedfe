// What a module does, as text: each export called with several sets of arguments, and what is left behind. Two
// configurations of an engine agree on a module when the lines are equal.
#pragma once

#include <mini_wasm/mini_wasm.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "spec-tests/generate/generate.h"

namespace mini_wasm::generate {

// One line per event, in this order:
//   "error: ..."                          the module did not compile or instantiate (and that is all)
//   "f3(i32:00000001 f64:nan) = i64:..."  a call; bits in hexadecimal, NaNs without theirs; or "= trap: unreachable",
//                                         "= exception"
//   "g1 = i32:..."                        a global in the end; references as "null", "ref" or "i31:..."
//   "m0 = 2 pages, 89abcdef"              a memory: its size and a hash of its bytes
//   "t0 = 5 elements, 2 null"             a table
using Outcome = std::vector<std::string>;

// Which exports are called: all, or those that JavaScript can call as well (no vectors, no exceptions in their types).
enum class Callable : uint8_t { all, from_javascript };

// Which arguments a call gets follows from `seed`, its function and its turn.
// The same for a program. Of several modules the lines begin with "m0.", "m1." ...; one that cannot be instantiated
// ends the list, and those before it are called nevertheless. The host's functions call back into it.
Outcome run_program(const Engine& engine, const Program& program, uint64_t seed);

Outcome run_module(const Engine& engine, std::span<const uint8_t> module, uint64_t seed,
                   Callable callable = Callable::all);

// Parts of that: what a call gave, and what an instance's exports hold.
std::string describe_result(const Result<std::vector<Val>>& result);
void describe_state(const Instance& instance, const std::string& prefix, Outcome& outcome);

// The first line in which they differ, with both versions; empty when there is none.
std::string first_difference(const Outcome& a, const Outcome& b);

}  // namespace mini_wasm::generate
