(module (func (export "f") (param i32 i64) (result i64) (local i64)
  (local.set 2 (i64.const 0x123456789))
  (local.set 0 (i32.const 7))
  (local.get 1)))
