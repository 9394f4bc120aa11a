import { full, reference, scope, tensor } from '@pnn/tensor';
import fc from 'fast-check';
import { describe, test } from 'vitest';
import { dataOf, expectSame, place, variants, withSpecials } from './variants.js';

const lengths = fc.oneof({ weight: 9, arbitrary: fc.nat(70) }, { weight: 1, arbitrary: fc.constantFrom(16384, 16387) });
/** Numbers near the ends of int32 and of int64, where conversions wrap. */
const edges = fc
  .tuple(fc.constantFrom(2 ** 31, 2 ** 32, 2 ** 63, 2 ** 64, 0), fc.integer({ min: -600, max: 600 }))
  .chain(([edge, more]) => fc.constantFrom(edge + more, -edge + more));
const floats = fc.oneof(
  fc.float(),
  withSpecials,
  fc.float({ min: -1e5, max: 1e5, noNaN: true }),
  edges.map(Math.fround),
);
const types = ['float32', 'float64', 'int32', 'bool'] as const;

describe.each(variants)('on %s', (_, device) => {
  test.each(types)('cast to %s gives what the reference gives', (dtype) => {
    const cases = lengths.chain((length) =>
      fc.tuple(dataOf([length], floats), dataOf([length], fc.oneof(fc.integer(), fc.integer({ min: -2, max: 2 })))),
    );
    fc.assert(
      fc.property(cases, ([numbers, integers]) =>
        scope(() => {
          const results = [device, reference].map((on) => {
            const x = place(on, [numbers.length], numbers);
            const whole = tensor(Int32Array.from(integers), { device: on });
            return [x, x.cast('float64'), whole, x.less(0)].map((each) => each.cast(dtype).dataSync());
          });
          for (const [i, bits] of results[0]!.entries()) expectSame(bits, results[1]![i]!);
        }),
      ),
      { numRuns: 60 },
    );
  });

  test('full holds one number everywhere', () => {
    fc.assert(
      fc.property(lengths, fc.constantFrom(0, -0, 1.5, Number.NaN, Number.NEGATIVE_INFINITY), (length, value) =>
        scope(() => {
          for (const dtype of ['float32', 'float64', 'int32'] as const) {
            const own = dtype === 'int32' ? Math.round(Number.isFinite(value) ? value * 7e8 : -3) : value;
            const results = [device, reference].map((on) => full([length], own, { dtype, device: on }).dataSync());
            expectSame(results[0]!, results[1]!);
          }
        }),
      ),
      { numRuns: 40 },
    );
  });

  test.each(['float32', 'float64'] as const)('lerp of %s gives the bits that the reference gives', (dtype) => {
    const cases = lengths.chain((length) => fc.tuple(dataOf([length], floats), dataOf([length], floats)));
    const shares = fc.double({ min: 0, max: 1, noNaN: true });
    fc.assert(
      fc.property(cases, shares, fc.constantFrom(1, 1.001, -2), ([x, y], weight, factor) =>
        scope(() => {
          const results = [device, reference].map((on) => {
            const [own, other] = [place(on, [x.length], x, dtype), place(on, [x.length], y, dtype)];
            on.kernels.lerp(own, other, weight, factor);
            return own.dataSync();
          });
          expectSame(results[0]!, results[1]!);
        }),
      ),
      { numRuns: 60 },
    );
  });
});
