import { fileURLToPath } from 'node:url';
import { context } from 'esbuild';

/** Bundles the page and serves it on this machine: `npm run browser`. */
const folder = fileURLToPath(new URL('.', import.meta.url));
const bundle = await context({
  entryPoints: [`${folder}main.ts`],
  bundle: true,
  format: 'esm',
  target: 'es2022',
  conditions: ['@pnn/source'],
  outdir: folder,
  write: false,
});
const { port } = await bundle.serve({ host: '127.0.0.1', servedir: folder });
console.log(`http://127.0.0.1:${port}/`);
