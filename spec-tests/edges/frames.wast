;; Frames of every size run into the end of the stack and not beyond it: by recursion, and at once in the last frame.
(module
  (type $f (func))
  (table 1 funcref) (elem (i32.const 0) $large)
  (func $small (export "small") (call $small) (call $small))
  (func $large (export "large") (local
    i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64
    i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64
    i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64
    i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64
    i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64
    i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64
    i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64
    i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64)
    (local.set 199 (i64.const 1)) (call $large) (call $large))
  (func $huge (export "huge") (local
    v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128
    v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128
    v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128
    v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128
    v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128
    v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128
    v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128
    v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128
    v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128
    v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128
    v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128
    v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128
    v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128
    v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128
    v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128
    v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128
    v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128
    v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128
    v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128
    v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128
    v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128
    v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128
    v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128
    v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128
    v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128
    v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128
    v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128
    v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128
    v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128
    v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128
    v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128
    v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128
    v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128
    v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128
    v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128
    v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128
    v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128
    v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128
    v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128
    v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128
    v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128
    v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128
    v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128
    v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128
    v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128
    v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128
    v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128
    v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128 v128)
    (local.set 999 (v128.const i64x2 -1 -1)) (call $huge) (call $huge))
  (func $many (param
    i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64
    i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64
    i64 i64 i64 i64 i64 i64)
    (call $few) (call $few))
  (func $few (export "few")
    (call $many
    (i64.const 0) (i64.const 1) (i64.const 2) (i64.const 3) (i64.const 4) (i64.const 5) (i64.const 6) (i64.const
    7) (i64.const 8) (i64.const 9) (i64.const 10) (i64.const 11) (i64.const 12) (i64.const 13) (i64.const 14)
    (i64.const 15) (i64.const 16) (i64.const 17) (i64.const 18) (i64.const 19) (i64.const 20) (i64.const 21)
    (i64.const 22) (i64.const 23) (i64.const 24) (i64.const 25) (i64.const 26) (i64.const 27) (i64.const 28)
    (i64.const 29) (i64.const 30) (i64.const 31) (i64.const 32) (i64.const 33) (i64.const 34) (i64.const 35)
    (i64.const 36) (i64.const 37) (i64.const 38) (i64.const 39) (i64.const 40) (i64.const 41) (i64.const 42)
    (i64.const 43) (i64.const 44) (i64.const 45) (i64.const 46) (i64.const 47) (i64.const 48) (i64.const 49)
    (i64.const 50) (i64.const 51) (i64.const 52) (i64.const 53) (i64.const 54) (i64.const 55) (i64.const 56)
    (i64.const 57) (i64.const 58) (i64.const 59))
    (call $few))
  (func $mixed (export "mixed") (call_indirect (type $f) (i32.const 0)) (call $mixed))
  (func $down (export "down") (param i32)
    (if (local.get 0) (then (call $down (i32.sub (local.get 0) (i32.const 1)))) (else (call $huge)))))
(assert_exhaustion (invoke "small") "call stack exhausted")
(assert_exhaustion (invoke "large") "call stack exhausted")
(assert_exhaustion (invoke "huge") "call stack exhausted")
(assert_exhaustion (invoke "few") "call stack exhausted")
(assert_exhaustion (invoke "mixed") "call stack exhausted")
(assert_exhaustion (invoke "down" (i32.const 1)) "call stack exhausted")
(assert_exhaustion (invoke "down" (i32.const 10)) "call stack exhausted")
(assert_exhaustion (invoke "down" (i32.const 100)) "call stack exhausted")
(assert_exhaustion (invoke "down" (i32.const 1000)) "call stack exhausted")
(assert_exhaustion (invoke "down" (i32.const 3000)) "call stack exhausted")
(assert_exhaustion (invoke "down" (i32.const 10000)) "call stack exhausted")

;; Locals that survive calls are saved behind the locals of the frame, which is at every distance that fits into an
;; instruction, and at the first ones that do not.
(module
  (func $next (param i64) (result i64) (i64.add (local.get 0) (i64.const 1)))
  (func $f58 (export "58") (param i32 i64 i64 i64) (result i64)
    (local i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64
      i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64
      i64)
    (loop $l
      (local.set 1 (i64.add (call $next (local.get 1)) (local.get 2)))
      (local.set 3 (i64.xor (call $next (local.get 3)) (local.get 1)))
      (br_if $l (i32.and (local.tee 0 (i32.sub (local.get 0) (i32.const 1))) (i32.const 3))))
    (i64.add (i64.add (local.get 1) (local.get 57)) (i64.add (local.get 2) (local.get 3))))
  (func (export "58 called") (param i32 i64 i64 i64) (result i64)
    (loop $l
      (local.set 3 (i64.add (local.get 3) (call $f58 (i32.const 2) (local.get 1) (local.get 2) (local.get 3))))
      (local.set 2 (i64.add (local.get 2) (local.get 1)))
      (br_if $l (i32.and (local.tee 0 (i32.sub (local.get 0) (i32.const 1))) (i32.const 3))))
    (i64.add (i64.add (local.get 1) (local.get 2)) (local.get 3)))
  (func $f59 (export "59") (param i32 i64 i64 i64) (result i64)
    (local i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64
      i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64
      i64 i64)
    (loop $l
      (local.set 1 (i64.add (call $next (local.get 1)) (local.get 2)))
      (local.set 3 (i64.xor (call $next (local.get 3)) (local.get 1)))
      (br_if $l (i32.and (local.tee 0 (i32.sub (local.get 0) (i32.const 1))) (i32.const 3))))
    (i64.add (i64.add (local.get 1) (local.get 58)) (i64.add (local.get 2) (local.get 3))))
  (func (export "59 called") (param i32 i64 i64 i64) (result i64)
    (loop $l
      (local.set 3 (i64.add (local.get 3) (call $f59 (i32.const 2) (local.get 1) (local.get 2) (local.get 3))))
      (local.set 2 (i64.add (local.get 2) (local.get 1)))
      (br_if $l (i32.and (local.tee 0 (i32.sub (local.get 0) (i32.const 1))) (i32.const 3))))
    (i64.add (i64.add (local.get 1) (local.get 2)) (local.get 3)))
  (func $f60 (export "60") (param i32 i64 i64 i64) (result i64)
    (local i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64
      i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64
      i64 i64 i64)
    (loop $l
      (local.set 1 (i64.add (call $next (local.get 1)) (local.get 2)))
      (local.set 3 (i64.xor (call $next (local.get 3)) (local.get 1)))
      (br_if $l (i32.and (local.tee 0 (i32.sub (local.get 0) (i32.const 1))) (i32.const 3))))
    (i64.add (i64.add (local.get 1) (local.get 59)) (i64.add (local.get 2) (local.get 3))))
  (func (export "60 called") (param i32 i64 i64 i64) (result i64)
    (loop $l
      (local.set 3 (i64.add (local.get 3) (call $f60 (i32.const 2) (local.get 1) (local.get 2) (local.get 3))))
      (local.set 2 (i64.add (local.get 2) (local.get 1)))
      (br_if $l (i32.and (local.tee 0 (i32.sub (local.get 0) (i32.const 1))) (i32.const 3))))
    (i64.add (i64.add (local.get 1) (local.get 2)) (local.get 3)))
  (func $f61 (export "61") (param i32 i64 i64 i64) (result i64)
    (local i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64
      i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64
      i64 i64 i64 i64)
    (loop $l
      (local.set 1 (i64.add (call $next (local.get 1)) (local.get 2)))
      (local.set 3 (i64.xor (call $next (local.get 3)) (local.get 1)))
      (br_if $l (i32.and (local.tee 0 (i32.sub (local.get 0) (i32.const 1))) (i32.const 3))))
    (i64.add (i64.add (local.get 1) (local.get 60)) (i64.add (local.get 2) (local.get 3))))
  (func (export "61 called") (param i32 i64 i64 i64) (result i64)
    (loop $l
      (local.set 3 (i64.add (local.get 3) (call $f61 (i32.const 2) (local.get 1) (local.get 2) (local.get 3))))
      (local.set 2 (i64.add (local.get 2) (local.get 1)))
      (br_if $l (i32.and (local.tee 0 (i32.sub (local.get 0) (i32.const 1))) (i32.const 3))))
    (i64.add (i64.add (local.get 1) (local.get 2)) (local.get 3)))
  (func $f62 (export "62") (param i32 i64 i64 i64) (result i64)
    (local i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64
      i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64
      i64 i64 i64 i64 i64)
    (loop $l
      (local.set 1 (i64.add (call $next (local.get 1)) (local.get 2)))
      (local.set 3 (i64.xor (call $next (local.get 3)) (local.get 1)))
      (br_if $l (i32.and (local.tee 0 (i32.sub (local.get 0) (i32.const 1))) (i32.const 3))))
    (i64.add (i64.add (local.get 1) (local.get 61)) (i64.add (local.get 2) (local.get 3))))
  (func (export "62 called") (param i32 i64 i64 i64) (result i64)
    (loop $l
      (local.set 3 (i64.add (local.get 3) (call $f62 (i32.const 2) (local.get 1) (local.get 2) (local.get 3))))
      (local.set 2 (i64.add (local.get 2) (local.get 1)))
      (br_if $l (i32.and (local.tee 0 (i32.sub (local.get 0) (i32.const 1))) (i32.const 3))))
    (i64.add (i64.add (local.get 1) (local.get 2)) (local.get 3)))
  (func $f63 (export "63") (param i32 i64 i64 i64) (result i64)
    (local i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64
      i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64
      i64 i64 i64 i64 i64 i64)
    (loop $l
      (local.set 1 (i64.add (call $next (local.get 1)) (local.get 2)))
      (local.set 3 (i64.xor (call $next (local.get 3)) (local.get 1)))
      (br_if $l (i32.and (local.tee 0 (i32.sub (local.get 0) (i32.const 1))) (i32.const 3))))
    (i64.add (i64.add (local.get 1) (local.get 62)) (i64.add (local.get 2) (local.get 3))))
  (func (export "63 called") (param i32 i64 i64 i64) (result i64)
    (loop $l
      (local.set 3 (i64.add (local.get 3) (call $f63 (i32.const 2) (local.get 1) (local.get 2) (local.get 3))))
      (local.set 2 (i64.add (local.get 2) (local.get 1)))
      (br_if $l (i32.and (local.tee 0 (i32.sub (local.get 0) (i32.const 1))) (i32.const 3))))
    (i64.add (i64.add (local.get 1) (local.get 2)) (local.get 3)))
  (func $f64 (export "64") (param i32 i64 i64 i64) (result i64)
    (local i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64
      i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64
      i64 i64 i64 i64 i64 i64 i64)
    (loop $l
      (local.set 1 (i64.add (call $next (local.get 1)) (local.get 2)))
      (local.set 3 (i64.xor (call $next (local.get 3)) (local.get 1)))
      (br_if $l (i32.and (local.tee 0 (i32.sub (local.get 0) (i32.const 1))) (i32.const 3))))
    (i64.add (i64.add (local.get 1) (local.get 63)) (i64.add (local.get 2) (local.get 3))))
  (func (export "64 called") (param i32 i64 i64 i64) (result i64)
    (loop $l
      (local.set 3 (i64.add (local.get 3) (call $f64 (i32.const 2) (local.get 1) (local.get 2) (local.get 3))))
      (local.set 2 (i64.add (local.get 2) (local.get 1)))
      (br_if $l (i32.and (local.tee 0 (i32.sub (local.get 0) (i32.const 1))) (i32.const 3))))
    (i64.add (i64.add (local.get 1) (local.get 2)) (local.get 3)))
  (func $f65 (export "65") (param i32 i64 i64 i64) (result i64)
    (local i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64
      i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64
      i64 i64 i64 i64 i64 i64 i64 i64)
    (loop $l
      (local.set 1 (i64.add (call $next (local.get 1)) (local.get 2)))
      (local.set 3 (i64.xor (call $next (local.get 3)) (local.get 1)))
      (br_if $l (i32.and (local.tee 0 (i32.sub (local.get 0) (i32.const 1))) (i32.const 3))))
    (i64.add (i64.add (local.get 1) (local.get 64)) (i64.add (local.get 2) (local.get 3))))
  (func (export "65 called") (param i32 i64 i64 i64) (result i64)
    (loop $l
      (local.set 3 (i64.add (local.get 3) (call $f65 (i32.const 2) (local.get 1) (local.get 2) (local.get 3))))
      (local.set 2 (i64.add (local.get 2) (local.get 1)))
      (br_if $l (i32.and (local.tee 0 (i32.sub (local.get 0) (i32.const 1))) (i32.const 3))))
    (i64.add (i64.add (local.get 1) (local.get 2)) (local.get 3)))
  (func $f66 (export "66") (param i32 i64 i64 i64) (result i64)
    (local i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64
      i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64
      i64 i64 i64 i64 i64 i64 i64 i64 i64)
    (loop $l
      (local.set 1 (i64.add (call $next (local.get 1)) (local.get 2)))
      (local.set 3 (i64.xor (call $next (local.get 3)) (local.get 1)))
      (br_if $l (i32.and (local.tee 0 (i32.sub (local.get 0) (i32.const 1))) (i32.const 3))))
    (i64.add (i64.add (local.get 1) (local.get 65)) (i64.add (local.get 2) (local.get 3))))
  (func (export "66 called") (param i32 i64 i64 i64) (result i64)
    (loop $l
      (local.set 3 (i64.add (local.get 3) (call $f66 (i32.const 2) (local.get 1) (local.get 2) (local.get 3))))
      (local.set 2 (i64.add (local.get 2) (local.get 1)))
      (br_if $l (i32.and (local.tee 0 (i32.sub (local.get 0) (i32.const 1))) (i32.const 3))))
    (i64.add (i64.add (local.get 1) (local.get 2)) (local.get 3)))
  (func $f67 (export "67") (param i32 i64 i64 i64) (result i64)
    (local i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64
      i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64
      i64 i64 i64 i64 i64 i64 i64 i64 i64 i64)
    (loop $l
      (local.set 1 (i64.add (call $next (local.get 1)) (local.get 2)))
      (local.set 3 (i64.xor (call $next (local.get 3)) (local.get 1)))
      (br_if $l (i32.and (local.tee 0 (i32.sub (local.get 0) (i32.const 1))) (i32.const 3))))
    (i64.add (i64.add (local.get 1) (local.get 66)) (i64.add (local.get 2) (local.get 3))))
  (func (export "67 called") (param i32 i64 i64 i64) (result i64)
    (loop $l
      (local.set 3 (i64.add (local.get 3) (call $f67 (i32.const 2) (local.get 1) (local.get 2) (local.get 3))))
      (local.set 2 (i64.add (local.get 2) (local.get 1)))
      (br_if $l (i32.and (local.tee 0 (i32.sub (local.get 0) (i32.const 1))) (i32.const 3))))
    (i64.add (i64.add (local.get 1) (local.get 2)) (local.get 3)))
  (func $f68 (export "68") (param i32 i64 i64 i64) (result i64)
    (local i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64
      i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64
      i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64)
    (loop $l
      (local.set 1 (i64.add (call $next (local.get 1)) (local.get 2)))
      (local.set 3 (i64.xor (call $next (local.get 3)) (local.get 1)))
      (br_if $l (i32.and (local.tee 0 (i32.sub (local.get 0) (i32.const 1))) (i32.const 3))))
    (i64.add (i64.add (local.get 1) (local.get 67)) (i64.add (local.get 2) (local.get 3))))
  (func (export "68 called") (param i32 i64 i64 i64) (result i64)
    (loop $l
      (local.set 3 (i64.add (local.get 3) (call $f68 (i32.const 2) (local.get 1) (local.get 2) (local.get 3))))
      (local.set 2 (i64.add (local.get 2) (local.get 1)))
      (br_if $l (i32.and (local.tee 0 (i32.sub (local.get 0) (i32.const 1))) (i32.const 3))))
    (i64.add (i64.add (local.get 1) (local.get 2)) (local.get 3)))
  (func $f70 (export "70") (param i32 i64 i64 i64) (result i64)
    (local i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64
      i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64
      i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64)
    (loop $l
      (local.set 1 (i64.add (call $next (local.get 1)) (local.get 2)))
      (local.set 3 (i64.xor (call $next (local.get 3)) (local.get 1)))
      (br_if $l (i32.and (local.tee 0 (i32.sub (local.get 0) (i32.const 1))) (i32.const 3))))
    (i64.add (i64.add (local.get 1) (local.get 69)) (i64.add (local.get 2) (local.get 3))))
  (func (export "70 called") (param i32 i64 i64 i64) (result i64)
    (loop $l
      (local.set 3 (i64.add (local.get 3) (call $f70 (i32.const 2) (local.get 1) (local.get 2) (local.get 3))))
      (local.set 2 (i64.add (local.get 2) (local.get 1)))
      (br_if $l (i32.and (local.tee 0 (i32.sub (local.get 0) (i32.const 1))) (i32.const 3))))
    (i64.add (i64.add (local.get 1) (local.get 2)) (local.get 3)))
  (func $f130 (export "130") (param i32 i64 i64 i64) (result i64)
    (local i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64
      i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64
      i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64
      i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64
      i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64 i64)
    (loop $l
      (local.set 1 (i64.add (call $next (local.get 1)) (local.get 2)))
      (local.set 3 (i64.xor (call $next (local.get 3)) (local.get 1)))
      (br_if $l (i32.and (local.tee 0 (i32.sub (local.get 0) (i32.const 1))) (i32.const 3))))
    (i64.add (i64.add (local.get 1) (local.get 129)) (i64.add (local.get 2) (local.get 3))))
  (func (export "130 called") (param i32 i64 i64 i64) (result i64)
    (loop $l
      (local.set 3 (i64.add (local.get 3) (call $f130 (i32.const 2) (local.get 1) (local.get 2) (local.get 3))))
      (local.set 2 (i64.add (local.get 2) (local.get 1)))
      (br_if $l (i32.and (local.tee 0 (i32.sub (local.get 0) (i32.const 1))) (i32.const 3))))
    (i64.add (i64.add (local.get 1) (local.get 2)) (local.get 3))))
(assert_return (invoke "58" (i32.const 3) (i64.const 0x100000007) (i64.const 5) (i64.const 11)) (i64.const 0x200000029))
(assert_return (invoke "58 called" (i32.const 3) (i64.const 0x100000007) (i64.const 5) (i64.const 11))
  (i64.const 0x1300000117))
(assert_return (invoke "59" (i32.const 3) (i64.const 0x100000007) (i64.const 5) (i64.const 11)) (i64.const 0x200000029))
(assert_return (invoke "59 called" (i32.const 3) (i64.const 0x100000007) (i64.const 5) (i64.const 11))
  (i64.const 0x1300000117))
(assert_return (invoke "60" (i32.const 3) (i64.const 0x100000007) (i64.const 5) (i64.const 11)) (i64.const 0x200000029))
(assert_return (invoke "60 called" (i32.const 3) (i64.const 0x100000007) (i64.const 5) (i64.const 11))
  (i64.const 0x1300000117))
(assert_return (invoke "61" (i32.const 3) (i64.const 0x100000007) (i64.const 5) (i64.const 11)) (i64.const 0x200000029))
(assert_return (invoke "61 called" (i32.const 3) (i64.const 0x100000007) (i64.const 5) (i64.const 11))
  (i64.const 0x1300000117))
(assert_return (invoke "62" (i32.const 3) (i64.const 0x100000007) (i64.const 5) (i64.const 11)) (i64.const 0x200000029))
(assert_return (invoke "62 called" (i32.const 3) (i64.const 0x100000007) (i64.const 5) (i64.const 11))
  (i64.const 0x1300000117))
(assert_return (invoke "63" (i32.const 3) (i64.const 0x100000007) (i64.const 5) (i64.const 11)) (i64.const 0x200000029))
(assert_return (invoke "63 called" (i32.const 3) (i64.const 0x100000007) (i64.const 5) (i64.const 11))
  (i64.const 0x1300000117))
(assert_return (invoke "64" (i32.const 3) (i64.const 0x100000007) (i64.const 5) (i64.const 11)) (i64.const 0x200000029))
(assert_return (invoke "64 called" (i32.const 3) (i64.const 0x100000007) (i64.const 5) (i64.const 11))
  (i64.const 0x1300000117))
(assert_return (invoke "65" (i32.const 3) (i64.const 0x100000007) (i64.const 5) (i64.const 11)) (i64.const 0x200000029))
(assert_return (invoke "65 called" (i32.const 3) (i64.const 0x100000007) (i64.const 5) (i64.const 11))
  (i64.const 0x1300000117))
(assert_return (invoke "66" (i32.const 3) (i64.const 0x100000007) (i64.const 5) (i64.const 11)) (i64.const 0x200000029))
(assert_return (invoke "66 called" (i32.const 3) (i64.const 0x100000007) (i64.const 5) (i64.const 11))
  (i64.const 0x1300000117))
(assert_return (invoke "67" (i32.const 3) (i64.const 0x100000007) (i64.const 5) (i64.const 11)) (i64.const 0x200000029))
(assert_return (invoke "67 called" (i32.const 3) (i64.const 0x100000007) (i64.const 5) (i64.const 11))
  (i64.const 0x1300000117))
(assert_return (invoke "68" (i32.const 3) (i64.const 0x100000007) (i64.const 5) (i64.const 11)) (i64.const 0x200000029))
(assert_return (invoke "68 called" (i32.const 3) (i64.const 0x100000007) (i64.const 5) (i64.const 11))
  (i64.const 0x1300000117))
(assert_return (invoke "70" (i32.const 3) (i64.const 0x100000007) (i64.const 5) (i64.const 11)) (i64.const 0x200000029))
(assert_return (invoke "70 called" (i32.const 3) (i64.const 0x100000007) (i64.const 5) (i64.const 11))
  (i64.const 0x1300000117))
(assert_return (invoke "130" (i32.const 3) (i64.const 0x100000007) (i64.const 5) (i64.const 11)) (i64.const 0x200000029))
(assert_return (invoke "130 called" (i32.const 3) (i64.const 0x100000007) (i64.const 5) (i64.const 11))
  (i64.const 0x1300000117))
