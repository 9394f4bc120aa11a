import { type ParametersWithPrimes, topLevel } from '../ckks/parameters.js';
import type { Instruction } from './activation.js';
import type { Matvec } from './matvec.js';
import type { PlannedLayer, PlannedMap } from './plan.js';

/**
 * Milliseconds of SEAL's operations in WebAssembly, on one thread of a Zen 4 server: fits of measured times, in the number
 * of data primes k at N = 8192. Other machines differ by a factor that is much the same for all of them.
 */
export const operationTimes = {
  rotate: (k: number) => 0.083 * k * (k + 1) + 2.6 * k,
  relinearize: (k: number) => 0.083 * k * (k + 1) + 2.6 * k,
  multiplyPlain: (k: number) => 0.2 * k,
  multiply: (k: number) => 0.45 * k,
  rescale: (k: number) => 0.7 * k,
  add: (k: number) => 0.03 * k,
  load: (k: number) => 1.4 * k,
  encrypt: (k: number) => 2 + 1.3 * k,
} as const;

export type OperationName = keyof typeof operationTimes;

/** How often each operation is done, and what it is estimated to take. */
export interface Cost {
  readonly milliseconds: number;
  readonly counts: Readonly<Record<OperationName, number>>;
}

/** Counts operations by their levels. */
export class Counter {
  milliseconds = 0;
  readonly counts: Record<OperationName, number>;
  readonly #factor: number;

  constructor({ degree }: ParametersWithPrimes) {
    this.#factor = (degree * Math.log2(degree)) / (8192 * 13);
    this.counts = Object.fromEntries(Object.keys(operationTimes).map((name) => [name, 0])) as Record<
      OperationName,
      number
    >;
  }

  count(name: OperationName, level: number, times = 1): void {
    this.counts[name] += times;
    this.milliseconds += times * this.#factor * operationTimes[name](level + 1);
  }
}

/** Rotations of operands and of sums. */
export function rotationsIn({ diagonals }: Matvec): { readonly babies: number; readonly giants: number } {
  const distinct = (keys: readonly string[]) => new Set(keys).size;
  return {
    babies: distinct(diagonals.filter((d) => d.baby !== 0).map((d) => `${d.operand},${d.baby}`)),
    giants: distinct(diagonals.filter((d) => d.giant !== 0).map((d) => `${d.result},${d.giant}`)),
  };
}

function countMap(counter: Counter, { matvec, at, foldsFirst }: PlannedMap): void {
  const { babies, giants } = rotationsIn(matvec);
  const results = matvec.layout.ciphertexts;
  counter.count('rotate', at.level + 1, babies + giants);
  counter.count('multiplyPlain', at.level + 1, matvec.diagonals.length);
  counter.count('add', at.level + 1, matvec.diagonals.length);
  counter.count('rescale', at.level + 1, results);
  counter.count('rotate', foldsFirst ? at.level + 1 : at.level, matvec.folds.length * results);
}

/** Counts what an instruction takes on so many ciphertexts. */
export function countInstruction(counter: Counter, instruction: Instruction, times: number): void {
  if (instruction.kind === 'product') {
    counter.count('multiply', instruction.level + 1, times);
    counter.count('relinearize', instruction.level + 1, times);
    counter.count('rescale', instruction.level + 1, times);
  } else if (instruction.kind === 'sum') {
    counter.count('multiplyPlain', instruction.level + 1, times * instruction.scaled.length);
    counter.count('rescale', instruction.level + 1, times * Math.min(1, instruction.scaled.length));
    counter.count('add', instruction.level, times * (instruction.doubled.length + 1));
  }
}

/** What the server does for one request. */
export function serverCost(
  parameters: ParametersWithPrimes,
  uploads: number,
  layers: readonly PlannedLayer[],
  output: PlannedMap,
): Cost {
  const counter = new Counter(parameters);
  counter.count('load', topLevel(parameters), uploads);
  for (const { map, activation, refresh } of layers) {
    countMap(counter, map);
    if (refresh) counter.count('load', topLevel(parameters), map.matvec.layout.ciphertexts);
    for (const instruction of activation.instructions) {
      countInstruction(counter, instruction, map.matvec.layout.ciphertexts);
    }
  }
  countMap(counter, output);
  return { milliseconds: counter.milliseconds, counts: counter.counts };
}

/** What the client does for one request. */
export function clientMilliseconds(parameters: ParametersWithPrimes, uploads: number): number {
  const counter = new Counter(parameters);
  counter.count('encrypt', topLevel(parameters), uploads);
  return counter.milliseconds;
}

/** An evaluator has 4 GiB of memory for keys and ciphertexts. */
export const MAX_KEY_BYTES = 3 * 2 ** 30;

/** Bytes of keys in memory, and of an upload, in which seeds stand for half of each. */
export function keyBytes(
  { degree, primes }: ParametersWithPrimes,
  keys: number,
): { readonly memory: number; readonly upload: number } {
  const memory = 16 * degree * primes.length * (primes.length - 1) * keys;
  return { memory, upload: memory / 2 };
}
