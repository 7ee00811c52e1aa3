/**
 * What npm is given of the SDK: `node release/package.mjs INTO`. The modules as they are, their types as TypeScript wants
 * them, and the worklet as one file, because bundlers copy what `new URL(…)` names without what it imports.
 */

import { execFileSync } from 'node:child_process';
import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { build } from 'esbuild';

const WIDGET = dirname(dirname(fileURLToPath(import.meta.url)));
const SDK = join(WIDGET, 'static', 'sdk');
const WIRE = /\.\.\/\.\.\/wire\/messages\.d\.ts/g;

/** @param {string} into */
async function publish(into) {
  await mkdir(into, { recursive: true });
  const modules = (await readdir(SDK)).filter((name) => name.endsWith('.js'));
  for (const name of [...modules, 'package.json', 'README.md']) await cp(join(SDK, name), join(into, name));
  await cp(join(dirname(WIDGET), 'LICENSE'), join(into, 'LICENSE'));
  await build({
    entryPoints: [join(SDK, 'worklets', 'audio.js')],
    outfile: join(into, 'worklets', 'audio.js'),
    bundle: true,
    format: 'esm',
    target: 'es2022',
    logLevel: 'warning',
  });
  const tsc = join(WIDGET, 'node_modules', '.bin', 'tsc');
  execFileSync(tsc, ['-p', join(WIDGET, 'release', 'tsconfig.json'), '--outDir', into], { stdio: 'inherit' });
  await cp(join(WIDGET, 'wire', 'messages.d.ts'), join(into, 'messages.d.ts'));
  for (const name of await readdir(into)) {
    if (!/\.(js|ts)$/.test(name)) continue;
    const source = await readFile(join(into, name), 'utf8');
    await writeFile(join(into, name), source.replace(WIRE, './messages.d.ts'));
  }
}

const [, program, into] = process.argv;
if (!into) {
  console.error(`usage: node ${basename(program)} INTO`);
  process.exit(2);
}
await publish(into);
