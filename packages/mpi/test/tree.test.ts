import { reference, type Tensor, tensor } from '@pnn/nn';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { sumByTree } from '../src/tree.js';

const number = fc.double({ min: -1e30, max: 1e30, noNaN: true });

it('adds neighbors first, then their sums', () => {
  const lists = fc
    .nat(4)
    .chain((level) => fc.array(number, { minLength: 2 ** (level + 1), maxLength: 2 ** (level + 1) }));
  fc.assert(
    fc.property(lists, (numbers) => {
      const of = (value: number): Tensor => tensor(Float64Array.of(value), { device: reference });
      const parts = numbers.map(of);
      const out = of(0);
      const spare = Array.from({ length: 2 * (Math.log2(numbers.length) - 1) }, () => of(Number.NaN));
      sumByTree(parts, out, spare, reference.kernels.binary.add);
      let expected = numbers;
      while (expected.length > 1) {
        expected = expected.flatMap((x, i) => (i % 2 === 0 ? [x + expected[i + 1]!] : []));
      }
      expect(out.itemSync()).toBe(expected[0]);
      expect(parts.map((part) => part.itemSync())).toEqual(numbers);
      for (const each of [...parts, ...spare, out]) each.dispose();
    }),
  );
});
