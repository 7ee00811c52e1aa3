// Makes TypeScript of the Vue example: `node examples.mjs FILE.vue` prints it.

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const require = createRequire(new URL('../../../widget/package.json', import.meta.url));
const { compileScript, parse } = require('vue/compiler-sfc');

const filename = process.argv[2];
const { descriptor, errors } = parse(readFileSync(filename, 'utf8'), { filename });
if (errors.length > 0) throw errors[0];
process.stdout.write(compileScript(descriptor, { id: 'talk', inlineTemplate: true }).content);
