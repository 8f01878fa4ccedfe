#include <gtest/gtest.h>
#include <mini_wasm/result.h>
#include <mini_wasm/types.h>
#include <mini_wasm/value.h>

#include <limits>

namespace mini_wasm {
namespace {

TEST(types, value_types_print_as_in_the_text_format) {
  EXPECT_EQ(to_string(ValType::i32), "i32");
  EXPECT_EQ(to_string(ValType::v128), "v128");
  EXPECT_EQ(to_string(ValType::funcref), "funcref");
  EXPECT_EQ(to_string(ValType::externref), "externref");
  EXPECT_EQ(to_string(ValType::ref(HeapKind::none, true)), "nullref");
  EXPECT_EQ(to_string(ValType::ref(HeapKind::extern_, false)), "(ref extern)");
  EXPECT_EQ(to_string(ValType::ref(TypeId{3}, true)), "(ref null 3)");
  EXPECT_EQ(to_string(FuncType{{ValType::i32, ValType::i64}, {ValType::f32}}), "[i32 i64] -> [f32]");
  EXPECT_EQ(to_string(FuncType{}), "[] -> []");
}

TEST(types, values_print_with_their_type) {
  EXPECT_EQ(to_string(Val::i32(-1)), "i32:-1");
  EXPECT_EQ(to_string(Val::i64(INT64_MIN)), "i64:-9223372036854775808");
  EXPECT_EQ(to_string(Val::f64(0.5)), "f64:0.5");
  EXPECT_EQ(to_string(Val::f32(0.1f)), "f32:0.1");
  EXPECT_EQ(to_string(Val::f64(-std::numeric_limits<double>::infinity())), "f64:-inf");
  EXPECT_EQ(to_string(Val::from_bits(ValType::f32, 0xffc0'0001)), "f32:-nan:0x400001");
  EXPECT_EQ(to_string(Val::null(ValType::funcref)), "funcref:null");
  EXPECT_EQ(to_string(Val::v128({1})), "v128:0x00000000000000000000000000000001");
}

TEST(types, errors_print_in_one_line_with_their_position) {
  EXPECT_EQ(Error::make(ErrorKind::invalid, "type mismatch", 42).to_string(),
            "invalid module at offset 0x2a: type mismatch");
  EXPECT_EQ(Error::trap(TrapCode::integer_divide_by_zero).to_string(), "trap: integer divide by zero");
  EXPECT_EQ(Error::exit(7).to_string(), "exit with code 7");
}

TEST(types, backtraces_print_one_frame_per_line) {
  const std::vector<FrameInfo> frames = {{"app", "main", 7, 0x1234, false}, {"", "", 0, 0, true}};
  EXPECT_EQ(to_string(frames), "  0: app!main (func[7]) at 0x1234\n  1: (func[0]) in the host\n");
}

}  // namespace
}  // namespace mini_wasm
