// Compiles kernels/*.ts (AssemblyScript) to WebAssembly and embeds the modules in a source file that git ignores.
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import v8 from 'node:v8';
import asc from 'assemblyscript/asc';

const folder = fileURLToPath(new URL('../kernels', import.meta.url));
const target = fileURLToPath(new URL('../src/devices/wasm/generated/modules.ts', import.meta.url));

const settings = [
  '-O3',
  '--runtime',
  'stub',
  '--noAssert',
  '--noExportMemory',
  '--importMemory',
  '--maximumMemory',
  '65536',
];
const instructions = { simd: ['--enable', 'simd'], relaxedSimd: ['--enable', 'simd', '--enable', 'relaxed-simd'] };
const memories = { shared: ['--enable', 'threads', '--sharedMemory'], unshared: [] };

function hashOfSources() {
  const hash = createHash('sha256');
  const sources = readdirSync(folder, { recursive: true }).filter((name) => name.endsWith('.ts'));
  for (const name of sources.sort()) hash.update(name).update(readFileSync(join(folder, name)));
  hash.update(readFileSync(fileURLToPath(import.meta.url)));
  hash.update(createRequire(import.meta.url)('assemblyscript/package.json').version);
  return hash.digest('hex');
}

async function compile(outFile, options) {
  const entry = relative(process.cwd(), join(folder, 'index.ts'));
  const { error, stdout, stderr } = await asc.main([entry, '--outFile', outFile, ...settings, ...options]);
  if (error) throw new Error(`${stdout}${stderr}${error.message}`);
  return readFileSync(outFile);
}

/** The identifiers of the sections: https://webassembly.github.io/spec/core/binary/modules.html */
function sectionsOf(bytes) {
  const sections = [];
  let position = 8;
  while (position < bytes.length) {
    sections.push(bytes[position++]);
    let size = 0;
    for (let shift = 0, byte = 0x80; byte & 0x80; shift += 7) {
      byte = bytes[position++];
      size |= (byte & 0x7f) << shift;
    }
    position += size;
  }
  return sections;
}

const DATA_SECTION = 11;

/**
 * The exported functions.
 *
 * @throws Error where the module brings static data, which would overwrite tensors
 */
function exportNames(bytes) {
  if (sectionsOf(bytes).includes(DATA_SECTION)) throw new Error('the kernels have static data: pass it in instead');
  return WebAssembly.Module.exports(new WebAssembly.Module(bytes)).map(({ name }) => name);
}

// Node 20 reads such modules only when asked to.
v8.setFlagsFromString('--experimental-wasm-relaxed-simd');

async function build(hash) {
  const work = mkdtempSync(join(tmpdir(), 'kernels-'));
  const modules = {};
  let names = [];
  try {
    for (const [instructionSet, enable] of Object.entries(instructions)) {
      modules[instructionSet] = {};
      for (const [memory, share] of Object.entries(memories)) {
        const bytes = await compile(join(work, `${instructionSet}-${memory}.wasm`), [...enable, ...share]);
        modules[instructionSet][memory] = bytes.toString('base64');
        names = exportNames(bytes);
      }
    }
  } finally {
    rmSync(work, { recursive: true });
  }
  mkdirSync(join(target, '..'), { recursive: true });
  writeFileSync(
    target,
    `// Made by scripts/build-kernels.js from kernels/, sources ${hash}
/** The functions that every module exports. */
export type ExportName = ${names.map((name) => `'${name}'`).join(' | ')};

/** WebAssembly modules in base64, by the instructions that they use and by the memory that they import. */
export const modules: Readonly<Record<'simd' | 'relaxedSimd', Readonly<Record<'shared' | 'unshared', string>>>> = ${JSON.stringify(modules, null, 2)};
`,
  );
}

const hash = hashOfSources();
if (!existsSync(target) || !readFileSync(target, 'utf8').includes(hash)) await build(hash);
