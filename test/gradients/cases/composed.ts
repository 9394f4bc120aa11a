import type { PadFill, Tensor } from '@pnn/tensor';
import fc from 'fast-check';
import { shapes, tablesOf } from '../../../packages/tensor/test/oracle.js';
import type { GradientCase, GradientCases } from '../gradient-case.js';
import { anywhere } from '../points.js';

/** Pads whose widths the lengths of the axes allow. */
function pads(fill: PadFill): fc.Arbitrary<GradientCase> {
  return shapes({ minRank: 1, maxRank: 2, minLength: 1, maxLength: 3 }).chain((shape) =>
    fc
      .record({
        x: tablesOf(shape, anywhere),
        widths: fc.tuple(
          ...shape.map((length) => {
            const most = length - 1;
            const added = fc.tuple(fc.nat(most), fc.nat(most));
            // One element is taken away before, and what is added after comes from the others.
            return most === 0 ? added : fc.oneof(added, fc.tuple(fc.constant(-1), fc.nat(most - 1)));
          }),
        ),
      })
      .map(({ x, widths }) => ({ inputs: [x], f: (a: Tensor) => a.pad(widths, fill) })),
  );
}

const anyTensor = shapes({ minRank: 1, maxRank: 2, maxLength: 3 }).chain((shape) => tablesOf(shape, anywhere));

/** Functions and methods that are composed of operators, for each way that they take through them. */
export const composedCases: GradientCases = {
  'pad by a number': pads(0.5),
  'pad by replicate': pads('replicate'),
  'pad by reflect': pads('reflect'),
  'pad by circular': pads('circular'),
  flip: anyTensor.map((x) => ({ inputs: [x], f: (a: Tensor) => a.flip(0) })),
  roll: fc
    .tuple(anyTensor, fc.integer({ min: -4, max: 4 }))
    .map(([x, shift]) => ({ inputs: [x], f: (a: Tensor) => a.roll(shift, -1) })),
};
