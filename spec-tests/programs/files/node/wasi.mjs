// wasi.mjs FILE [ARG...]: runs a program with node's own WASI, with this folder as its /. ARGV0 is its name.
import { readFileSync } from 'node:fs';
import { WASI } from 'node:wasi';

const [file, ...args] = process.argv.slice(2);
const wasi = new WASI({
  version: 'preview1', args: [process.env.ARGV0 ?? file, ...args], env: {}, preopens: { '/': '.' }, returnOnExit: true });
const module = new WebAssembly.Module(readFileSync(file));
process.exitCode = wasi.start(new WebAssembly.Instance(module, wasi.getImportObject()));
