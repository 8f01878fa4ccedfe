(module (func (export "f") (param i32) (result i32) (i32.bswap (local.get 0))))
