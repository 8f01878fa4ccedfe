(module (func (export "f") (param i32 i32) (result i32)
  (if (result i32) (i32.lt_u (local.get 0) (local.get 1))
    (then (local.get 1))
    (else (block $b (br_if $b (i32.eqz (local.get 0))) (return (i32.const 1))) (i32.const 2)))))
