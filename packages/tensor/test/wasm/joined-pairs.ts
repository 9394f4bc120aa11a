import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
// @ts-expect-error: a script has no types
import { compileKernels } from '../../scripts/compile-kernels.js';

const FLAGS = [
  '--experimental-wasm-revectorize',
  '--trace-wasm-revectorize',
  '--no-liftoff',
  '--no-wasm-lazy-compilation',
  // The trace of one function at a time.
  '--wasm-num-compilation-tasks=0',
];

/** What V8 says of each function when it compiles the module: its name, then how many pairs of operations it joined. */
function pairsByFunction(trace: string): Map<string, number> {
  const pairs = new Map<string, number>();
  for (const [, name, text] of trace.matchAll(/Begin revec function (\S+)(.*?)Finished revec function/gs)) {
    const found = [...text!.matchAll(/Decide to vectorize, (\d+) revectorizable nodes/g)];
    const kernel = name!.replace(/^.*kernels\//, '');
    pairs.set(
      kernel,
      found.reduce((sum, [, count]) => sum + Number(count), 0),
    );
  }
  return pairs;
}

/**
 * How many pairs of operations V8 joins to one of 256 bits in each function of kernels, by its path in their folder. It may be that V8
 * says it in other words one day: look at the size, too.
 *
 * @param sources the folder of the kernels, with `index.ts`; that of this package if left out
 */
export async function joinedPairs(sources?: string): Promise<Map<string, number>> {
  const work = mkdtempSync(join(tmpdir(), 'pnn-packing-'));
  try {
    const file = join(work, 'kernels.wasm');
    // With --debug, functions have names.
    await compileKernels(file, ['--enable', 'simd', '--enable', 'relaxed-simd', '--debug'], sources);
    const program = 'new WebAssembly.Module(require("node:fs").readFileSync(process.argv[1]))';
    const trace = execFileSync(process.execPath, [...FLAGS, '-e', program, file], {
      maxBuffer: 2 ** 28,
      encoding: 'utf8',
    });
    return pairsByFunction(trace);
  } finally {
    rmSync(work, { recursive: true });
  }
}

/** What is joined less than it was: one line for each function. */
export function fewerJoined(pairs: ReadonlyMap<string, number>, least: Readonly<Record<string, number>>): string[] {
  return Object.entries(least)
    .filter(([name, count]) => (pairs.get(name) ?? 0) < count)
    .map(([name, count]) => `${name}: ${pairs.get(name) ?? 'none'} of ${count}`);
}
