// node compile.mjs SOURCES LIBCXXABI: compiles and links exceptions.cc with clang 22, in both encodings of exceptions:
// legacy.wasm and exnref.wasm. The package's libc++abi has no exceptions; the two files that it lacks are LIBCXXABI's.
import fs from 'node:fs';
import { commands } from '@yowasp/clang';

const [sources, libcxxabi] = process.argv.slice(2);

function tree(folder) {
  const entries = fs.readdirSync(folder, { withFileTypes: true });
  return Object.fromEntries(entries.map((entry) => {
    const path = `${folder}/${entry.name}`;
    return [entry.name, entry.isDirectory() ? tree(path) : fs.readFileSync(path)];
  }));
}

const files = { ...tree(sources), libcxxabi: { src: tree(`${libcxxabi}/src`), include: tree(`${libcxxabi}/include`) } };
const print = (bytes) => { if (bytes) process.stderr.write(bytes); };

async function run(tool, ...args) {
  Object.assign(files, await commands[tool](args, files, { stdout: print, stderr: print }));
}

// For what has become of libc++ since.
const library = ['-std=c++20', '-Ilibcxxabi/include', '-Ilibcxxabi/src', '-D__USING_WASM_EXCEPTIONS__',
  '-D_LIBCXXABI_HAS_NO_THREADS', '-DLIBCXX_BUILDING_LIBCXXABI', '-D_LIBCPP_INLINE_VISIBILITY=',
  '-D_LIBCPP_ENABLE_CXX17_REMOVED_UNEXPECTED_FUNCTIONS'];

for (const encoding of ['legacy', 'exnref']) {
  const flags = ['-O2', '-w', '-DNDEBUG', '-fwasm-exceptions', '-mllvm', `-wasm-use-legacy-eh=${encoding === 'legacy'}`];
  const objects = [`${encoding}-unwind.o`];
  await run('clang', ...flags, '-c', 'unwind.c', '-o', objects[0]);
  for (const name of ['cxa_exception', 'cxa_personality']) {
    objects.push(`${encoding}-${name}.o`);
    await run('clang++', ...flags, ...library, '-c', `libcxxabi/src/${name}.cpp`, '-o', objects.at(-1));
  }
  await run('clang++', ...flags, '-std=c++17', 'exceptions.cc', ...objects, '-Wl,-z,stack-size=1048576',
    '-o', `${encoding}.wasm`);
  fs.writeFileSync(`${encoding}.wasm`, files[`${encoding}.wasm`]);
}
