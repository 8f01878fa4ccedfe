#include "jit/register_file.h"

#include <gtest/gtest.h>

#include <vector>

#include "jit/value.h"

namespace mini_wasm::jit {
namespace {

constexpr Reg kA{Bank::ints, 0}, kB{Bank::ints, 3}, kFloat{Bank::floats, 0}, kPinned{Bank::ints, 7};

TEST(register_file, gives_out_each_register_once) {
  RegisterFile file;
  file.reset(RegSet(kA, kB, kFloat));
  EXPECT_EQ(file.find(Bank::ints), kA);
  file.take(kA, 5);
  EXPECT_EQ(file.owner(kA), 5u);
  EXPECT_EQ(file.find(Bank::ints), kB);
  EXPECT_EQ(file.find(Bank::ints, RegSet(kB)), kNoReg);
  EXPECT_EQ(file.find(Bank::floats), kFloat);
  file.take(kB, 6);
  EXPECT_EQ(file.find(Bank::ints), kNoReg);
  file.release(kA);
  EXPECT_TRUE(file.is_free(kA));
  EXPECT_EQ(file.find(Bank::ints), kA);
}

TEST(register_file, the_deepest_value_is_spilled_first_and_operands_never) {
  RegisterFile file;
  file.reset(RegSet(kA, kB, kFloat));
  file.take(kA, 9);
  file.take(kB, 4);
  file.take(kFloat, 1);
  EXPECT_EQ(file.oldest(Bank::ints), kB);
  EXPECT_EQ(file.oldest(Bank::ints, RegSet(kB)), kA);
  file.take(kB, RegisterFile::kHeld);
  EXPECT_EQ(file.oldest(Bank::ints), kA);
  file.take(kA, RegisterFile::kHeld);
  EXPECT_EQ(file.oldest(Bank::ints), kNoReg);
}

TEST(register_file, pinned_registers_are_nobodys) {
  RegisterFile file;
  file.reset(RegSet(kA));
  EXPECT_FALSE(file.is_temp(kPinned));
  file.take(kPinned, 3);
  file.release(kPinned);
  EXPECT_EQ(file.find(Bank::ints), kA);
  EXPECT_EQ(file.find(Bank::ints, RegSet(kA)), kNoReg);
}

TEST(register_set, holds_registers_of_both_banks) {
  const Reg last_int{Bank::ints, 31}, last_float{Bank::floats, 31};
  RegSet set(last_float, last_int, kFloat);
  EXPECT_EQ(set.size(), 3u);
  EXPECT_EQ(set.first(), last_int);
  EXPECT_EQ(set & RegSet::all(Bank::floats), RegSet(kFloat, last_float));
  EXPECT_EQ(set - RegSet::all(Bank::floats), RegSet(last_int));
  std::vector<Reg> registers;
  for (Reg reg : set) registers.push_back(reg);
  EXPECT_EQ(registers, (std::vector{last_int, kFloat, last_float}));
  set.remove(last_int);
  EXPECT_FALSE(set.has(last_int));
  EXPECT_EQ((set - set).first(), kNoReg);
}

TEST(register_set, numbers_count_in_their_bank) {
  for (Bank bank : {Bank::ints, Bank::floats}) {
    for (uint8_t n = 0; n < Reg::kPerBank; ++n) {
      const Reg reg(bank, n);
      EXPECT_EQ(reg.number(), n);
      EXPECT_EQ(reg.bank(), bank);
      EXPECT_EQ(reg.is_float(), bank == Bank::floats);
      EXPECT_TRUE(reg.valid());
    }
  }
  EXPECT_FALSE(kNoReg.valid());
}

TEST(register_file, banks_follow_types) {
  for (Scalar type : {Scalar::i32, Scalar::i64}) EXPECT_EQ(bank(type), Bank::ints);
  for (Scalar type : {Scalar::f32, Scalar::f64, Scalar::v128}) EXPECT_EQ(bank(type), Bank::floats);
}

}  // namespace
}  // namespace mini_wasm::jit
