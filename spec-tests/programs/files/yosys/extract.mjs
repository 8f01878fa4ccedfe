// extract.mjs MODULE FOLDER: writes the files that the package's module of resources holds into a folder.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';

const [module, target] = process.argv.slice(2);
const { filesystem } = await import(resolve(module));

function write(tree, folder) {
  mkdirSync(folder, { recursive: true });
  for (const [name, what] of Object.entries(tree)) {
    const path = `${folder}/${name}`;
    if (typeof what === 'string' || what instanceof Uint8Array) writeFileSync(path, what);
    else if (what instanceof URL) writeFileSync(path, readFileSync(what));
    else write(what, path);
  }
}
write(filesystem, target);
