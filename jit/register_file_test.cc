#include "jit/register_file.h"

#include <gtest/gtest.h>

namespace mini_wasm::jit {
namespace {

constexpr Reg kA{0}, kB{3}, kFloat{16}, kPinned{7};

TEST(register_file, gives_out_each_register_once) {
  RegisterFile file;
  file.reset(kA.bit() | kB.bit() | kFloat.bit());
  EXPECT_EQ(file.find(RegisterFile::kInts), kA);
  file.take(kA, 5);
  EXPECT_EQ(file.owner(kA), 5u);
  EXPECT_EQ(file.find(RegisterFile::kInts), kB);
  EXPECT_EQ(file.find(RegisterFile::kInts, kB.bit()), kNoReg);
  EXPECT_EQ(file.find(RegisterFile::kFloats), kFloat);
  file.take(kB, 6);
  EXPECT_EQ(file.find(RegisterFile::kInts), kNoReg);
  file.release(kA);
  EXPECT_TRUE(file.is_free(kA));
  EXPECT_EQ(file.find(RegisterFile::kInts), kA);
}

TEST(register_file, the_deepest_value_is_spilled_first_and_operands_never) {
  RegisterFile file;
  file.reset(kA.bit() | kB.bit() | kFloat.bit());
  file.take(kA, 9);
  file.take(kB, 4);
  file.take(kFloat, 1);
  EXPECT_EQ(file.oldest(RegisterFile::kInts), kB);
  EXPECT_EQ(file.oldest(RegisterFile::kInts, kB.bit()), kA);
  file.take(kB, RegisterFile::kHeld);
  EXPECT_EQ(file.oldest(RegisterFile::kInts), kA);
  file.take(kA, RegisterFile::kHeld);
  EXPECT_EQ(file.oldest(RegisterFile::kInts), kNoReg);
}

TEST(register_file, pinned_registers_are_nobodys) {
  RegisterFile file;
  file.reset(kA.bit());
  EXPECT_FALSE(file.is_temp(kPinned));
  file.take(kPinned, 3);
  file.release(kPinned);
  EXPECT_EQ(file.find(RegisterFile::kInts), kA);
  EXPECT_EQ(file.find(RegisterFile::kInts, kA.bit()), kNoReg);
}

TEST(register_file, banks_follow_types) {
  for (Scalar type : {Scalar::i32, Scalar::i64}) EXPECT_EQ(RegisterFile::bank(type), RegisterFile::kInts);
  for (Scalar type : {Scalar::f32, Scalar::f64, Scalar::v128})
    EXPECT_EQ(RegisterFile::bank(type), RegisterFile::kFloats);
}

}  // namespace
}  // namespace mini_wasm::jit
