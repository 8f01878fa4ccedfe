;; Ends with 0 if the function of wasi_function.patch answers 42.
(module
  (import "wasi_snapshot_preview1" "answer_get" (func $answer_get (param i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    (if (call $answer_get (i32.const 41) (i32.const 8)) (then (unreachable)))
    (if (i32.ne (i32.load (i32.const 8)) (i32.const 42)) (then (unreachable)))))
