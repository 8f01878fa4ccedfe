;; For host_function.cc: logs a text that lies in its memory, and divides with the host's help.
(module $greeter
  (import "host" "log" (func $log (param $at i32) (param $length i32)))
  (import "host" "divide" (func $divide (param f64 f64) (result f64)))
  (memory (export "memory") 1)
  (data (i32.const 16) "a third is")
  (func $report (export "report") (param $number f64) (result f64)
    (call $log (i32.const 16) (i32.const 10))
    (call $divide (local.get $number) (f64.const 3)))
  (func (export "fail") (result f64)
    (call $divide (f64.const 1) (f64.const 0))))
