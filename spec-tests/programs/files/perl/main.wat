;; Makes a command of Perl, which npm has as a library only: runs the file that the first argument names. All of this lies in
;; Perl's memory.
(module
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))
  (import "perl" "memory" (memory $memory 0))
  (import "perl" "malloc" (func $malloc (param i32) (result i32)))
  (import "perl" "zeroperl_init" (func $init (result i32)))
  (import "perl" "zeroperl_run_file" (func $run_file (param $path i32) (param $argc i32) (param $argv i32) (result i32)))
  (import "perl" "zeroperl_flush" (func $flush (result i32)))
  (export "memory" (memory $memory))
  (func (export "_start") (local $sizes i32) (local $strings i32) (local $status i32)
    (local.set $sizes (call $malloc (i32.const 8)))
    (drop (call $args_sizes_get (local.get $sizes) (i32.add (local.get $sizes) (i32.const 4))))
    (local.set $strings (call $malloc (i32.mul (i32.load (local.get $sizes)) (i32.const 4))))
    (drop (call $args_get (local.get $strings) (call $malloc (i32.load offset=4 (local.get $sizes)))))
    (if (call $init) (then (call $proc_exit (i32.const 99))))
    (local.set $status
      (call $run_file (i32.load offset=4 (local.get $strings)) (i32.sub (i32.load (local.get $sizes)) (i32.const 2))
        (i32.add (local.get $strings) (i32.const 8))))
    (drop (call $flush))
    (call $proc_exit (i32.and (local.get $status) (i32.const 255)))))
