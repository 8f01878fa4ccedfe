;; Many results are copied from slot to slot by a loop of machine code. Registers that it uses hold copies of locals no
;; longer, also where code goes on behind it: at the end of a try that nothing branches to.
(module
  (memory 1)
  (tag $t)
  (func (export "caught") (param $a i64) (param $x i64) (result i64)
    try (result i64 i64 i64 i64 i64 i64 i64 i64 i64)
      throw $t
    catch_all
      (i64.add (local.get $a) (i64.const 1))
      (i64.add (local.get $a) (i64.const 2))
      (i64.add (local.get $a) (i64.const 3))
      (i64.store (i32.const 0) (local.get $x))
      i64.const 4 i64.const 5 i64.const 6 i64.const 7 i64.const 8 i64.const 9
    end
    drop drop drop drop drop drop drop drop drop
    local.get $x
    i64.const 0
    i64.add)
  (func (export "sum") (param $a i64) (param $x i64) (result i64)
    try (result i64 i64 i64 i64 i64 i64 i64 i64 i64 i64)
      throw $t
    catch $t
      (i64.add (local.get $a) (i64.const 1))
      (i64.add (local.get $a) (i64.const 2))
      (i64.store (i32.const 0) (local.get $x))
      (i64.add (local.get $a) (i64.const 3))
      (i64.store (i32.const 8) (local.get $a))
      i64.const 4 i64.const 5 i64.const 6 i64.const 7 i64.const 8 i64.const 9 i64.const 10
    end
    local.get $x local.get $a
    i64.add i64.add i64.add i64.add i64.add i64.add i64.add i64.add i64.add i64.add i64.add))
(assert_return (invoke "caught" (i64.const 100) (i64.const 777)) (i64.const 777))
(assert_return (invoke "sum" (i64.const 100) (i64.const 10000)) (i64.const 10455))
