;; Makes a command of Ruby, which npm has as a library only: starts it with this command's arguments, all of it in Ruby's
;; memory, and has it load the file that they name.
(module
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args_get (param i32 i32) (result i32)))
  (import "ruby" "memory" (memory $memory 0))
  (import "ruby" "cabi_realloc" (func $realloc (param i32 i32 i32 i32) (result i32)))
  (import "ruby" "ruby-init: func(args: list<string>) -> ()" (func $init (param i32 i32)))
  (import "ruby" "rb-eval-string-protect: func(str: string) -> tuple<handle<rb-abi-value>, s32>"
    (func $eval (param i32 i32) (result i32)))
  (export "memory" (memory $memory))

  (data $program
    "code = begin; load($0 = ARGV.shift); 0; rescue SystemExit => e; e.status; rescue Exception => e;\0a"
    "$stderr.puts e.full_message(highlight: false); 1; end; [$stdout, $stderr].each(&:flush); exit!(code)\00")
  (global $program_size i32 (i32.const 198))

  (func $allocate (param $bytes i32) (result i32)
    (call $realloc (i32.const 0) (i32.const 0) (i32.const 4) (local.get $bytes)))

  ;; Of a C string, with its null byte.
  (func $size (param $string i32) (result i32) (local $at i32)
    (local.set $at (local.get $string))
    (loop $next
      (if (i32.load8_u (local.get $at))
        (then (local.set $at (i32.add (local.get $at) (i32.const 1))) (br $next))))
    (i32.sub (i32.add (local.get $at) (i32.const 1)) (local.get $string)))

  ;; list<string>: pairs of address and length.
  (func $list (param $strings i32) (param $count i32) (result i32) (local $list i32) (local $i i32)
    (local.set $list (call $allocate (i32.mul (local.get $count) (i32.const 8))))
    (loop $next
      (call $put (i32.add (local.get $list) (i32.mul (local.get $i) (i32.const 8)))
        (i32.load (i32.add (local.get $strings) (i32.mul (local.get $i) (i32.const 4)))))
      (br_if $next (i32.lt_u (local.tee $i (i32.add (local.get $i) (i32.const 1))) (local.get $count))))
    (local.get $list))
  (func $put (param $at i32) (param $string i32)
    (i32.store (local.get $at) (local.get $string))
    (i32.store offset=4 (local.get $at) (call $size (local.get $string))))

  (func (export "_start") (local $sizes i32) (local $count i32) (local $strings i32) (local $text i32)
    (local.set $sizes (call $allocate (i32.const 8)))
    (drop (call $args_sizes_get (local.get $sizes) (i32.add (local.get $sizes) (i32.const 4))))
    (local.set $count (i32.load (local.get $sizes)))
    (local.set $strings (call $allocate (i32.mul (local.get $count) (i32.const 4))))
    (drop (call $args_get (local.get $strings) (call $allocate (i32.load offset=4 (local.get $sizes)))))
    (call $init (call $list (local.get $strings) (local.get $count)) (local.get $count))
    (local.set $text (call $allocate (global.get $program_size)))
    (memory.init $program (local.get $text) (i32.const 0) (global.get $program_size))
    (drop (call $eval (local.get $text) (i32.sub (global.get $program_size) (i32.const 1))))))
