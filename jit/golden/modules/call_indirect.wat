(module (type $t (func (param i32) (result i32))) (table 4 funcref)
  (func (export "f") (param i32 i32) (result i32) (call_indirect (type $t) (local.get 0) (local.get 1)))
  (func (export "tail") (param i32 i32) (result i32) (return_call_indirect (type $t) (local.get 0) (local.get 1))))
