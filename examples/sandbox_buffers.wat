;; Reads in.txt, writes it in capital letters to out.txt, and says so on standard output.
(module
  (import "wasi_snapshot_preview1" "fd_read" (func $read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "path_open"
    (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "in.txtout.txtdone\n")
  (data (i32.const 32) "\00\01\00\00\00\10\00\00")  ;; a buffer of 4096 bytes at 256
  (data (i32.const 40) "\0d\00\00\00\05\00\00\00")  ;; "done\n"

  (func $must (param $errno i32) (if (local.get $errno) (then (call $exit (local.get $errno)))))
  (func $open (param $name i32) (param $size i32) (param $oflags i32) (param $rights i64) (result i32)
    (call $must (call $path_open (i32.const 3) (i32.const 0) (local.get $name) (local.get $size) (local.get $oflags)
      (local.get $rights) (i64.const 0) (i32.const 0) (i32.const 48)))
    (i32.load (i32.const 48)))
  (func $capitals (param $at i32) (param $end i32) (local $c i32)
    (loop $next
      (if (i32.lt_u (local.get $at) (local.get $end))
        (then
          (local.set $c (i32.load8_u (local.get $at)))
          (if (i32.lt_u (i32.sub (local.get $c) (i32.const 97)) (i32.const 26))
            (then (i32.store8 (local.get $at) (i32.sub (local.get $c) (i32.const 32)))))
          (local.set $at (i32.add (local.get $at) (i32.const 1)))
          (br $next)))))
  (func (export "_start") (local $in i32) (local $out i32) (local $size i32)
    (local.set $in (call $open (i32.const 0) (i32.const 6) (i32.const 0) (i64.const 2)))
    (local.set $out (call $open (i32.const 6) (i32.const 7) (i32.const 9) (i64.const 64)))
    (loop $more
      (i32.store (i32.const 36) (i32.const 4096))
      (call $must (call $read (local.get $in) (i32.const 32) (i32.const 1) (i32.const 52)))
      (local.set $size (i32.load (i32.const 52)))
      (if (local.get $size)
        (then
          (call $capitals (i32.const 256) (i32.add (i32.const 256) (local.get $size)))
          (i32.store (i32.const 36) (local.get $size))
          (call $must (call $write (local.get $out) (i32.const 32) (i32.const 1) (i32.const 52)))
          (br $more))))
    (call $must (call $write (i32.const 1) (i32.const 40) (i32.const 1) (i32.const 52)))))
