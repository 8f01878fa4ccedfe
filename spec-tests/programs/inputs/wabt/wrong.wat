(module
  (func (result i32) (i64.const 1))
  (func (param $x i32) (local.get $y))
  (func (drop))
  (func (br 3))
  (memory 1) (func (i32.load8 (i32.const 0)))
)
