// reference.mjs: what the packages' own loaders make of noise.v in node: noise.json, expected.asc and expected.bin.
import { readFileSync, writeFileSync } from 'node:fs';
import { runYosys } from '@yowasp/yosys';
import { runIcepack, runNextpnrIce40 } from '@yowasp/nextpnr-ice40';

const raw = { decodeASCII: false };
let files = { 'noise.v': readFileSync('noise.v') };
files = await runYosys(['-q', '-p', 'read_verilog noise.v; synth_ice40 -top noise -json noise.json'], files, raw);
writeFileSync('noise.json', files['noise.json']);
files = await runNextpnrIce40(['--hx1k', '--package', 'tq144', '--seed', '1', '--pcf-allow-unconstrained', '-q',
  '--json', 'noise.json', '--asc', 'expected.asc'], files, raw);
files = await runIcepack(['expected.asc', 'expected.bin'], files, raw);
for (const name of ['expected.asc', 'expected.bin']) writeFileSync(name, files[name]);
