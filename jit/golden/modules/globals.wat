(module (global $g (mut i32) (i32.const 1)) (global $h f64 (f64.const 2))
  (func (export "f") (result f64)
    (global.set $g (i32.add (global.get $g) (i32.const 1)))
    (global.get $h)))
