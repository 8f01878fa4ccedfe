;; One thread ends the program for all: main waits for ever, another spins, a third calls proc_exit.
;;
;; options: --wasm=threads
;; status: 7
(module
  (import "wasi" "thread-spawn" (func $spawn (param i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (import "env" "memory") 1 1 shared)
  (func (export "wasi_thread_start") (param $id i32) (param $what i32)
    (if (local.get $what)
      (then
        (drop (memory.atomic.wait32 (i32.const 0) (i32.const 0) (i64.const 20000000)))
        (call $exit (i32.const 7)))
      (else (loop $l (br $l)))))
  (func (export "_start")
    (if (i32.le_s (call $spawn (i32.const 0)) (i32.const 0)) (then unreachable))
    (if (i32.ne (call $spawn (i32.const 1)) (i32.const 2)) (then unreachable))
    (drop (memory.atomic.wait32 (i32.const 8) (i32.const 0) (i64.const -1)))
    (unreachable)))
