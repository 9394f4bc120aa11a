// Compiles kernels/*.ts (AssemblyScript) to WebAssembly, and writes the modules and what their functions are told into source
// files that git ignores.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import v8 from 'node:v8';
import { compileKernels, folder } from './compile-kernels.js';
import { tasksSource } from './kernel-tasks.js';
import { memoryFlagsOf } from './wasm-sections.js';

const generated = fileURLToPath(new URL('../src/devices/wasm/generated', import.meta.url));
const targets = { modules: join(generated, 'modules.ts'), tasks: join(generated, 'tasks.ts') };

const instructions = { simd: ['--enable', 'simd'], relaxedSimd: ['--enable', 'simd', '--enable', 'relaxed-simd'] };

/** The sources by their names below kernels/. */
function readSources() {
  const names = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith('.ts'));
  return new Map(names.sort().map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
}

function hashOf(sources) {
  const hash = createHash('sha256');
  for (const [name, text] of sources) hash.update(name).update(text);
  for (const script of ['./build-kernels.js', './compile-kernels.js', './kernel-tasks.js', './wasm-sections.js'])
    hash.update(readFileSync(new URL(script, import.meta.url)));
  hash.update(createRequire(import.meta.url)('assemblyscript/package.json').version);
  return hash.digest('hex');
}

/** The exported functions. */
function exportNames(bytes) {
  return WebAssembly.Module.exports(new WebAssembly.Module(bytes)).map(({ name }) => name);
}

// Node 20 reads such modules only when asked to.
v8.setFlagsFromString('--experimental-wasm-relaxed-simd');

async function build(sources, hash) {
  const work = mkdtempSync(join(tmpdir(), 'kernels-'));
  const modules = {};
  let names = [];
  try {
    for (const [instructionSet, enable] of Object.entries(instructions)) {
      const bytes = await compileKernels(join(work, `${instructionSet}.wasm`), enable);
      modules[instructionSet] = { memoryFlags: memoryFlagsOf(bytes), code: bytes.toString('base64') };
      names = exportNames(bytes);
    }
  } finally {
    rmSync(work, { recursive: true });
  }
  mkdirSync(generated, { recursive: true });
  const header = `// Made by scripts/build-kernels.js from kernels/, sources ${hash}\n`;
  writeFileSync(targets.tasks, `${header}\n${tasksSource([...sources.values()], names)}`);
  writeFileSync(
    targets.modules,
    `${header}
/** The functions that every module exports. */
export type ExportName = ${names.map((name) => `'${name}'`).join(' | ')};

/** A module in base64, and where it says how the memory is that it imports. */
export interface EncodedModule {
  readonly memoryFlags: number;
  readonly code: string;
}

/** WebAssembly modules by the instructions that they use; as they are, for shared memory. */
export const modules: Readonly<Record<'simd' | 'relaxedSimd', EncodedModule>> = ${JSON.stringify(modules, null, 2)};
`,
  );
}

const sources = readSources();
const hash = hashOf(sources);
const isCurrent = (target) => existsSync(target) && readFileSync(target, 'utf8').includes(hash);
if (!Object.values(targets).every(isCurrent)) await build(sources, hash);
