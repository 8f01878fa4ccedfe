(module
  (func (export "i") (param i32 i32 i32) (result i32)
    (select (local.get 0) (local.get 1) (i32.gt_s (local.get 0) (local.get 2))))
  (func (export "f") (param f64 f64) (result f64)
    (select (local.get 0) (local.get 1) (f64.eq (local.get 0) (local.get 1)))))
