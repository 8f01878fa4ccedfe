;; A trap in a thread is the program's.
;;
;; options: --wasm=threads
;; status: 134
(module
  (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
  (memory (import "env" "memory") 1 1 shared)
  (func (export "wasi_thread_start") (param i32 i32) (unreachable))
  (func (export "_start")
    (drop (call $spawn (i32.const 0)))
    (drop (memory.atomic.wait32 (i32.const 8) (i32.const 0) (i64.const -1)))))
