(module (func (export "f") (param f64 f64 f32) (result f64)
  (f64.add
    (f64.min (f64.mul (local.get 0) (local.get 1)) (f64.sqrt (local.get 1)))
    (f64.promote_f32 (f32.neg (local.get 2))))))
