;; The older module name and its numbering of whence: reads the last four bytes of a file.
;; prepare: printf 0123456789 > data/file
;; status: 3
;; output:
;; 6789

(module
  (import "wasi_unstable" "path_open"
    (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
  (import "wasi_unstable" "fd_seek" (func $fd_seek (param i32 i64 i32 i32) (result i32)))
  (import "wasi_unstable" "fd_read" (func $fd_read (param i32 i32 i32 i32) (result i32)))
  (import "wasi_unstable" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_unstable" "proc_exit" (func $proc_exit (param i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "file")
  (data (i32.const 8) "\20\00\00\00\05\00\00\00")  ;; an iovec: 5 bytes at 32
  (data (i32.const 36) "\n")
  (func $check (param i32)
    (if (local.get 0) (then (call $proc_exit (local.get 0)))))
  (func (export "_start")
    ;; fd_read | fd_seek; the descriptor goes to 16
    (call $check (call $path_open (i32.const 3) (i32.const 0) (i32.const 0) (i32.const 4) (i32.const 0)
                                  (i64.const 6) (i64.const 0) (i32.const 0) (i32.const 16)))
    ;; whence 1 was "end"
    (call $check (call $fd_seek (i32.load (i32.const 16)) (i64.const -4) (i32.const 1) (i32.const 24)))
    (call $check (call $fd_read (i32.load (i32.const 16)) (i32.const 8) (i32.const 1) (i32.const 20)))
    (call $check (call $fd_write (i32.const 1) (i32.const 8) (i32.const 1) (i32.const 20)))
    (call $proc_exit (i32.const 3))
    (unreachable)))
