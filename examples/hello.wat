;; A WASI command by hand: greets each of its arguments, or the world when there are none.
;; mini-wasm run hello.wasm Ada Grace
(module $hello
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)

  ;; 0: argc, 4: bytes of all arguments, 8: bytes written, 12: two iovecs... then constant text and the arguments
  (data (i32.const 64) "Hello, ")
  (data (i32.const 80) "world")
  (data (i32.const 96) "!\n")

  ;; Where the list of argument pointers starts; the arguments themselves follow it.
  (global $argv i32 (i32.const 1024))

  (func $check (param $errno i32)
    (if (local.get $errno) (then (call $proc_exit (i32.const 71)))))

  (func $length (param $text i32) (result i32)
    (local $end i32)
    (local.set $end (local.get $text))
    (block $found
      (loop $next
        (br_if $found (i32.eqz (i32.load8_u (local.get $end))))
        (local.set $end (i32.add (local.get $end) (i32.const 1)))
        (br $next)))
    (i32.sub (local.get $end) (local.get $text)))

  (func $iovec (param $index i32) (param $at i32) (param $length i32)
    (local.set $index (i32.add (i32.const 12) (i32.mul (local.get $index) (i32.const 8))))
    (i32.store (local.get $index) (local.get $at))
    (i32.store offset=4 (local.get $index) (local.get $length)))

  (func $greet (param $name i32)
    (call $iovec (i32.const 0) (i32.const 64) (i32.const 7))
    (call $iovec (i32.const 1) (local.get $name) (call $length (local.get $name)))
    (call $iovec (i32.const 2) (i32.const 96) (i32.const 2))
    (call $check (call $fd_write (i32.const 1) (i32.const 12) (i32.const 3) (i32.const 8))))

  (func $make_room (param $bytes i32)
    ;; pages needed up to $argv + $bytes, beyond the first
    (local $pages i32)
    (local.set $pages (i32.shr_u (i32.add (global.get $argv) (local.get $bytes)) (i32.const 16)))
    (if (i32.eq (memory.grow (local.get $pages)) (i32.const -1)) (then (call $proc_exit (i32.const 71)))))

  (func $main (export "_start")
    (local $i i32)
    (local $pointers i32)
    (call $check (call $args_sizes_get (i32.const 0) (i32.const 4)))
    (local.set $pointers (i32.mul (i32.load (i32.const 0)) (i32.const 4)))
    (call $make_room (i32.add (local.get $pointers) (i32.load (i32.const 4))))
    (call $check (call $args_get (global.get $argv) (i32.add (global.get $argv) (local.get $pointers))))
    (if (i32.le_u (i32.load (i32.const 0)) (i32.const 1)) (then (call $greet (i32.const 80)) (return)))
    (local.set $i (i32.const 1))
    (loop $next
      (call $greet (i32.load (i32.add (global.get $argv) (i32.mul (local.get $i) (i32.const 4)))))
      (local.set $i (i32.add (local.get $i) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $i) (i32.load (i32.const 0)))))))
