(module
  (func (export "trunc") (param f64) (result i32) (i32.trunc_f64_s (local.get 0)))
  (func (export "extend") (param i32) (result i64) (i64.extend_i32_s (local.get 0)))
  (func (export "convert") (param i64) (result f64) (f64.convert_i64_u (local.get 0))))
