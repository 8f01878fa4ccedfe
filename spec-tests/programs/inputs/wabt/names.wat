;; Names, comments (; nested (; block ;) comment ;) and abbreviations.
(module
  (func $fac (export "fac") (param $n i64) (result i64)
    (if (result i64) (i64.lt_s (local.get $n) (i64.const 2))
      (then (i64.const 1))
      (else (i64.mul (local.get $n) (call $fac (i64.sub (local.get $n) (i64.const 1)))))))
  (func $floats (result f32 f64) (f32.const inf) (f64.const nan:0x4000000000001))
  (memory (data "inline \41\42\43"))
  (start $start)
  (func $start (local $unused-local f64) (nop) (unreachable))
)
