import { type Device, reference } from '@pnn/tensor';
import fc from 'fast-check';
import { expectSame, forAll, type KernelCase, place, read } from './kernel-case.js';

const random = fc.record({ seed: fc.nat(), stream: fc.string(), position: fc.nat(), shard: fc.nat(2 ** 32 - 1) });

const randomCase = forAll('uniform and bernoulli have the bits of the reference', random, async (device, stream) => {
  const draw = (on: Device) =>
    read(() => {
      const [first, second] = [
        place(on, { shape: [97], data: Array(97).fill(7) }),
        place(on, { shape: [97], data: Array(97).fill(7) }),
      ];
      on.kernels.uniform(first!, stream);
      on.kernels.bernoulli(second!, 0.3, 1.5, stream);
      return [first!, second!];
    });
  const expected = await draw(reference);
  for (const [i, actual] of (await draw(device)).entries()) expectSame(actual, expected[i]!);
});

export const randomCases: readonly KernelCase[] = [randomCase];
