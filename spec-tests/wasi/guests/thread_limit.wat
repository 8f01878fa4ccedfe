;; A program that starts threads without end is told when there are too many, and still ends when main does.
;;
;; options: --wasm=threads
(module
  (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
  (memory (import "env" "memory") 1 1 shared)
  (func (export "wasi_thread_start") (param i32 i32)
    (drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const -1))))
  (func (export "_start") (local $n i32)
    (loop $l
      (local.set $n (i32.add (local.get $n) (i32.const 1)))
      (br_if $l (i32.gt_s (call $spawn (i32.const 0)) (i32.const 0))))
    (if (i32.ne (local.get $n) (i32.const 257)) (then unreachable))))
