#include "jit/parallel_move.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <random>
#include <vector>

namespace mini_wasm::jit {
namespace {

Reg gpr(int n) { return {Bank::ints, static_cast<uint8_t>(n)}; }
Reg vector(int n) { return {Bank::floats, static_cast<uint8_t>(n)}; }

// Simulates registers. In the beginning each contains its own number; moves are executed immediately.
class RecordingMasm {
 public:
  static Reg scratch(Scalar type) { return is_int(type) ? gpr(11) : vector(15); }
  void move(Scalar, Reg to, Reg from) {
    ++moves;
    values_[to.id] = value(from);
  }
  int value(Reg reg) const {
    const auto found = values_.find(reg.id);
    return found == values_.end() ? reg.id : found->second;
  }
  int moves = 0;

 private:
  std::map<int, int> values_;
};

TEST(parallel_move, a_chain_needs_no_scratch_register) {
  RecordingMasm masm;
  ParallelMove move;
  for (uint8_t i = 0; i < 5; ++i) move.add(Scalar::i64, gpr(i + 1), gpr(i));
  move.emit(masm);
  for (int i = 0; i < 5; ++i) EXPECT_EQ(masm.value(gpr(i + 1)), i);
  EXPECT_EQ(masm.moves, 5);
}

TEST(parallel_move, a_register_that_stays_is_not_moved) {
  RecordingMasm masm;
  ParallelMove move;
  move.add(Scalar::i32, gpr(4), gpr(4));
  move.emit(masm);
  EXPECT_EQ(masm.moves, 0);
}

TEST(parallel_move, cycles_of_both_banks) {
  RecordingMasm masm;
  ParallelMove move;
  move.add(Scalar::i32, gpr(1), gpr(2));
  move.add(Scalar::i64, gpr(2), gpr(1));
  move.add(Scalar::f64, vector(0), vector(1));
  move.add(Scalar::v128, vector(1), vector(2));
  move.add(Scalar::f32, vector(2), vector(0));
  move.emit(masm);
  EXPECT_EQ(masm.value(gpr(1)), 2);
  EXPECT_EQ(masm.value(gpr(2)), 1);
  EXPECT_EQ(masm.value(vector(0)), vector(1).id);
  EXPECT_EQ(masm.value(vector(1)), vector(2).id);
  EXPECT_EQ(masm.value(vector(2)), vector(0).id);
  EXPECT_EQ(masm.moves, 3 + 4);
}

// Random sources; several targets may have the same one.
TEST(parallel_move, random_moves_end_where_they_should) {
  std::mt19937 random(7);
  for (int round = 0; round < 2000; ++round) {
    RecordingMasm masm;
    ParallelMove move;
    std::vector<uint8_t> targets(10);
    std::iota(targets.begin(), targets.end(), uint8_t{0});
    std::shuffle(targets.begin(), targets.end(), random);
    targets.resize(random() % 11);
    std::map<uint8_t, int> expected;
    for (uint8_t to : targets) {
      const auto from = static_cast<uint8_t>(random() % 10);
      expected[to] = from;
      move.add(Scalar::i64, gpr(to), gpr(from));
    }
    move.emit(masm);
    for (const auto& [to, value] : expected) ASSERT_EQ(masm.value(gpr(to)), value) << "round " << round;
  }
}

}  // namespace
}  // namespace mini_wasm::jit
