// What a module does, as text: each export is called with several sets of arguments, then the final state is described.
// Two configurations of an engine agree about a module when all lines are equal. No line depends on the machine: neither
// addresses nor what the specification leaves open about the bits of a NaN are in them. (Modules that are made up replace
// every NaN by the same one before its bits can be seen, body_values.cc. What the relaxed vector instructions compute is
// the same on every machine.)
#pragma once

#include <mini_wasm/mini_wasm.h>

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "spec-tests/generate/generate.h"

namespace mini_wasm::generate {

// One line for each event, in this order:
//   "error: ..."                          the module could not be compiled or instantiated; there are no other lines
//   "f3(i32:00000001 f64:nan) = i64:..."  a call; bits in hexadecimal, NaNs without their bits; or
//                                         "= trap: unreachable", "= exception". With Config::fuel, what is left of
//                                         it, and where it ran out
//   "g1 = i32:..."                        the final value of a global; references as "null", "ref" or "i31:..."
//   "m0 = 2 pages, 89abcdef"              a memory: its size and a hash of its bytes
//   "t0 = 5 elements, 2 null"             a table
using Outcome = std::vector<std::string>;

// Which exports are called: all, or only those that JavaScript can call (no vectors, no exceptions in their types).
enum class Callable : uint8_t { all, from_javascript };

// Whether the host's functions make their guests wait (AsyncCall), which changes nothing. `saved`: and then each call is
// saved, and, where the tier can do that, replaced by one that is made of what was saved; it is also saved at loops. For
// each call that waits there is a line more, "saved ...": where its frames are, and their operands.
enum class Waits : uint8_t { no, yes, saved };

// Runs a program. The arguments of a call depend on `seed`, the function, and how often it was called. If there are
// several modules, the lines begin with "m0.", "m1." ... A module that cannot be instantiated ends the program, but the
// modules before it are still called. The host's functions call back into the program.
Outcome run_program(const Engine& engine, const Program& program, uint64_t seed, Waits waits = Waits::no);

Outcome run_module(const Engine& engine, std::span<const uint8_t> module, uint64_t seed,
                   Callable callable = Callable::all, Waits waits = Waits::no);

// Parts of an outcome: the result of a call, and the contents of an instance's exports.
std::string describe_result(const Result<std::vector<Val>>& result);
void describe_state(const Instance& instance, const std::string& prefix, Outcome& outcome);

// 16 hexadecimal digits that depend on every line. They are the same on every machine.
std::string fingerprint(const Outcome& outcome);

// The first line that is different, in both versions; empty if there is none.
std::string first_difference(const Outcome& a, const Outcome& b);

}  // namespace mini_wasm::generate
