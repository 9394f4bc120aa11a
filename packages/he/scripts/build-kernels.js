// Compiles kernels/*.ts (AssemblyScript) to WebAssembly, and writes the modules into a source file that git ignores.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { compileKernels } from '../../tensor/scripts/compile-kernels.js';
import { staticDataEnd } from '../../tensor/scripts/wasm-sections.js';

const kernels = fileURLToPath(new URL('../kernels', import.meta.url));
const generated = fileURLToPath(new URL('../src/evaluator/generated', import.meta.url));
const target = join(generated, 'modules.ts');

const instructions = { simd: ['--enable', 'simd'], relaxedSimd: ['--enable', 'simd', '--enable', 'relaxed-simd'] };

function hashOfSources() {
  const hash = createHash('sha256').update(createRequire(import.meta.url)('assemblyscript/package.json').version);
  const names = readdirSync(kernels, { recursive: true }).filter((name) => name.endsWith('.ts'));
  for (const name of names.sort()) hash.update(name).update(readFileSync(join(kernels, name)));
  for (const script of ['./build-kernels.js', '../../tensor/scripts/compile-kernels.js'])
    hash.update(readFileSync(new URL(script, import.meta.url)));
  return hash.digest('hex');
}

async function build(hash) {
  const work = mkdtempSync(join(tmpdir(), 'kernels-'));
  const modules = {};
  try {
    for (const [instructionSet, enable] of Object.entries(instructions)) {
      const bytes = await compileKernels(join(work, `${instructionSet}.wasm`), enable, kernels);
      if (staticDataEnd(bytes) > 0) throw new Error('the kernels have static data, which would overwrite ciphertexts');
      modules[instructionSet] = bytes.toString('base64');
    }
  } finally {
    rmSync(work, { recursive: true });
  }
  mkdirSync(generated, { recursive: true });
  writeFileSync(
    target,
    `// Made by scripts/build-kernels.js from kernels/, sources ${hash}

/** WebAssembly modules in base64, by the instructions that they use. */
export const modules: Readonly<Record<'simd' | 'relaxedSimd', string>> = ${JSON.stringify(modules, null, 2)};
`,
  );
}

const hash = hashOfSources();
if (!(existsSync(target) && readFileSync(target, 'utf8').includes(hash))) await build(hash);
