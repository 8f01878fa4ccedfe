(module (func (export "f") (param i32) (result i32)
  (block $a (block $b (block $c (br_table $a $b $c $b (local.get 0))) (return (i32.const 1))) (return (i32.const 2)))
  (i32.const 3)))
