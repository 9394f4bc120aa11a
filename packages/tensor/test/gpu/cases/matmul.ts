import fc from 'fast-check';
import { forAll, type KernelCase, tableOf, withinSums } from './kernel-case.js';

const length = fc.oneof({ weight: 9, arbitrary: fc.integer({ min: 0, max: 12 }) }, fc.constantFrom(1, 70));
const batches = fc.constantFrom<readonly [number[], number[]]>(
  [[], []],
  [[3], [3]],
  [[2], []],
  [[], [2]],
  [
    [2, 1],
    [1, 3],
  ],
);
const products = fc
  .tuple(length, length, length, fc.boolean(), fc.boolean(), batches)
  .chain(([m, k, n, transposeA, transposeB, [aBatch, bBatch]]) =>
    fc.record({
      k: fc.constant(k),
      a: tableOf([...aBatch, ...(transposeA ? [k, m] : [m, k])]),
      b: tableOf([...bBatch, ...(transposeB ? [n, k] : [k, n])]),
      options: fc.constant({ transposeA, transposeB }),
    }),
  );

export const matmulCases: readonly KernelCase[] = [
  forAll('matmul', products, (device, { a, b, k, options }) =>
    withinSums(device, [a, b], k, (x, y) => [x!.matmul(y!, options)]),
  ),
];
