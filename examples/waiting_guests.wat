;; A guest that sleeps three times, and says so if its number is not negative.
(module
  (import "host" "sleep" (func $sleep (param $milliseconds i32) (result (;the time then;) i32)))
  (import "host" "say" (func $say (param $who i32) (param $what i32)))
  (func (export "sleeper") (param $who i32) (param $milliseconds i32)
    (local $times i32)
    (loop $again
      (drop (call $sleep (local.get $milliseconds)))
      (local.set $times (i32.add (local.get $times) (i32.const 1)))
      (if (i32.ge_s (local.get $who) (i32.const 0))
        (then (call $say (local.get $who) (local.get $times))))
      (br_if $again (i32.lt_s (local.get $times) (i32.const 3))))))
