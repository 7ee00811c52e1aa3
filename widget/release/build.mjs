/**
 * The release form of static/: `node release/build.mjs INTO`. The same files under the same names, each with the
 * modules that it imports inside it, minified. Development serves static/ as it is.
 */

import { cp, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { build, transform } from 'esbuild';
import { minify } from 'terser';

const WIDGET = dirname(dirname(fileURLToPath(import.meta.url)));
const STATIC = join(WIDGET, 'static');

/** Modules that are asked for by their address; all others stand inside of these. */
const ELEMENT = ['widget', 'consent', 'devices', 'icons', 'web-form'].map((name) => `element/${name}.js`);
const MODULES = ['call-widget.js', 'page.js', 'sdk/client.js', 'sdk/webrtc.js', ...ELEMENT];
const WORKLETS = ['sdk/worklets/audio.js'];

const COMMON = { bundle: true, minify: true, target: 'es2022', legalComments: 'none', logLevel: 'warning', charset: 'utf8' };

/** Style sheets stand in template literals, of which a minifier of scripts knows nothing. */
const STYLES = {
  name: 'styles',
  setup({ onLoad }) {
    onLoad({ filter: /-styles\.js$/ }, async ({ path }) => {
      const [, declaration, css] = /^(export const \w+ = )`\n(.*)`;$/ms.exec(await readFile(path, 'utf8'));
      const { code } = await transform(css, { loader: 'css', minify: true, charset: 'utf8' });
      // esbuild leaves the values of custom properties, and what stands in var(), as they are written.
      return { contents: `${declaration}${JSON.stringify(code.trim().replace(/([:,]) /g, "$1"))};` };
    });
  },
};

/** esbuild joins modules; its minifier leaves 3 % that this one finds. */
const COMPRESSION = { module: true, ecma: 2022, compress: { passes: 3, unsafe_arrows: true, keep_fargs: false } };

/** @param {string} folder */
async function compress(folder) {
  for (const { name, parentPath } of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!name.endsWith('.js')) continue;
    const path = join(parentPath, name);
    const { code } = await minify(await readFile(path, 'utf8'), COMPRESSION);
    await writeFile(path, code);
  }
}

/**
 * Of the console's pages: each module whole, but for the widget, which finds its parts from where it stands.
 * @param {string} into
 */
async function releaseConsole(into) {
  const files = await readdir(join(STATIC, 'playground'));
  await build({
    ...COMMON,
    entryPoints: files.map((name) => join(STATIC, 'playground', name)),
    outbase: STATIC,
    outdir: into,
    format: 'esm',
    external: ['../call-widget.js'],
  });
}

/** @param {string} into */
async function release(into) {
  await mkdir(into, { recursive: true });
  const languages = await readdir(join(STATIC, 'strings'));
  const modules = [...MODULES, ...WORKLETS, ...languages.map((name) => `strings/${name}`), 'page.css'];
  await build({
    ...COMMON,
    entryPoints: modules.map((name) => join(STATIC, name)),
    outbase: STATIC,
    outdir: into,
    format: 'esm',
    external: ['./webrtc.js'],
    plugins: [STYLES],
  });
  await build({
    ...COMMON,
    entryPoints: [join(WIDGET, 'release', 'embed.js')],
    outfile: join(into, 'embed.js'),
    format: 'iife',
    inject: [join(WIDGET, 'release', 'here.js')],
    define: { 'import.meta.url': 'here' },
    plugins: [STYLES],
  });
  await releaseConsole(into);
  await compress(into);
  await cp(join(STATIC, 'icon.svg'), join(into, 'icon.svg'));
}

const [, program, into] = process.argv;
if (!into) {
  console.error(`usage: node ${basename(program)} INTO`);
  process.exit(2);
}
await release(into);
