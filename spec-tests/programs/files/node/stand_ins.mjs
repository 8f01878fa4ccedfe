// stand_ins.mjs FILE FUNCTION [NUMBER...]: calls a function that the module exports and prints what it returns. What
// the module imports is made up: functions that throw, memories, tables, globals and tags that are new and empty.
// Needs --experimental-wasm-type-reflection, which says of what type imports are.
import { readFileSync } from 'node:fs';

const [file, called, ...numbers] = process.argv.slice(2);
const module = new WebAssembly.Module(readFileSync(file));
const make = {
  function: (type, name) => () => { throw new Error(`${name} was called`); },
  global: ({ value, mutable }) => new WebAssembly.Global({ value, mutable }),
  memory: ({ minimum, maximum, shared }) => new WebAssembly.Memory({ initial: minimum, maximum, shared }),
  table: ({ element, minimum, maximum }) => new WebAssembly.Table({ element, initial: minimum, maximum }),
  tag: ({ parameters }) => new WebAssembly.Tag({ parameters }),
};
const imports = {};
for (const { module: from, name, kind, type } of WebAssembly.Module.imports(module)) {
  (imports[from] ??= {})[name] = make[kind](type, name);
}
const { exports } = new WebAssembly.Instance(module, imports);
console.log(String(exports[called](...numbers.map(Number))));
