(module (func (export "f") (param i32 i32) (result i32)
  (i32.xor
    (i32.mul (i32.add (local.get 0) (local.get 1)) (i32.const 10))
    (i32.shl (i32.sub (local.get 0) (i32.const 3)) (local.get 1)))))
