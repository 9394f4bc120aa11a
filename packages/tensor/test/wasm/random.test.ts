import { type Device, reference, scope } from '@pnn/tensor';
import fc from 'fast-check';
import { describe, test } from 'vitest';
import { expectSame, place, variants } from './variants.js';

const sizes = fc.oneof({ weight: 9, arbitrary: fc.nat(100) }, { weight: 1, arbitrary: fc.constantFrom(16384, 16390) });
/** Around the places where the lower word of the counter overflows, too. */
const streams = fc.record({
  seed: fc.oneof(fc.nat(), fc.maxSafeNat()),
  stream: fc.string(),
  position: fc.oneof(
    fc.nat(),
    fc.maxSafeNat().map((n) => Math.floor(n / 4)),
    fc.nat(40).map((n) => 2 ** 34 - n),
  ),
  shard: fc.oneof(fc.constant(0), fc.nat(2 ** 32 - 1)),
});
const types = fc.constantFrom<'float32' | 'float64'>('float32', 'float64');

describe.each(variants)('random numbers on %s', (_, device) => {
  test('are the bits of the reference', () => {
    fc.assert(
      fc.property(sizes, streams, types, (size, random, dtype) =>
        scope(() => {
          const draw = (on: Device) => {
            const out = place(on, [size], new Array<number>(size).fill(7), dtype);
            on.kernels.uniform(out, random);
            return out.dataSync();
          };
          expectSame(draw(device), draw(reference));
        }),
      ),
    );
  });

  test('succeed where those of the reference do', () => {
    const probabilities = fc.oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom(0, 1, 0.5, 2 ** -32));
    fc.assert(
      fc.property(sizes, streams, types, probabilities, (size, random, dtype, probability) =>
        scope(() => {
          const draw = (on: Device) => {
            const out = place(on, [size], new Array<number>(size).fill(7), dtype);
            on.kernels.bernoulli(out, probability, 1.7, random);
            return out.dataSync();
          };
          expectSame(draw(device), draw(reference));
        }),
      ),
    );
  });
});
