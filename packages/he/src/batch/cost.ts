import { type ParametersWithPrimes, topLevel } from '../ckks/parameters.js';
import { type Cost, Counter, countInstruction } from '../plan/cost.js';
import type { BatchMap } from './map.js';
import type { BatchLayer } from './plan.js';

/** Products of a ciphertext and a number that a map takes. */
export function productsOf({ groups }: Pick<BatchMap, 'groups'>): number {
  return groups.reduce((sum, { rows, columns }) => sum + rows.length * columns.length, 0);
}

function countMap(counter: Counter, map: BatchMap): void {
  const products = productsOf(map);
  counter.count('multiplyPlain', map.at.level + 1, products);
  counter.count('add', map.at.level + 1, products);
  counter.count('rescale', map.at.level + 1, map.constant.length);
}

/** What the server does for one batch. */
export function batchCost(
  parameters: ParametersWithPrimes,
  uploads: number,
  layers: readonly BatchLayer[],
  output: BatchMap,
): Cost {
  const counter = new Counter(parameters);
  counter.count('load', topLevel(parameters), uploads);
  for (const { map, activation } of layers) {
    countMap(counter, map);
    for (const instruction of activation.instructions) countInstruction(counter, instruction, map.constant.length);
  }
  countMap(counter, output);
  return { milliseconds: counter.milliseconds, counts: counter.counts };
}
