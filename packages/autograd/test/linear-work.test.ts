import { grad, requireGrad } from '@pnn/autograd';
import { type Device, type Operand, reference, scope, stack, type Tensor, tensor, zeros } from '@pnn/tensor';
import fc from 'fast-check';
import { describe, expect, it, vi } from 'vitest';
import { CallVertex } from '../src/graph.js';

/** The reference, and how many elements its kernels have written. */
function counting(): { device: Device; count: () => number } {
  let elements = 0;
  // The output is the last operand; what a slice leaves is not read.
  const written = (operands: readonly unknown[]): number =>
    (operands.findLast((each) => (each as Operand | undefined)?.buffer) as Operand | undefined)?.size ?? 0;
  const counted = <T extends object>(table: T): T =>
    Object.fromEntries(
      Object.entries(table).map(([name, kernel]) => [
        name,
        typeof kernel === 'function'
          ? (...operands: unknown[]) => {
              elements += written(operands);
              return kernel(...operands);
            }
          : counted(kernel),
      ]),
    ) as T;
  return { device: { ...reference, kernels: counted(reference.kernels) }, count: () => elements };
}

/** How many times more elements a computation with 4n pieces writes than one with n. */
function growth(compute: (n: number, device: Device) => void): number {
  const [few, many] = [200, 800].map((n) => {
    const { device, count } = counting();
    scope(() => compute(n, device));
    return count();
  });
  return many! / few!;
}

describe('the work of backward grows with what it works on, not with its square, for', () => {
  it('many inputs of stack and concat', () => {
    const lookups = vi.spyOn(CallVertex.prototype, 'shape');
    scope(() => {
      const inputs = Array.from({ length: 400 }, () => requireGrad(zeros([4])));
      grad(stack(inputs).sum(), inputs);
    });
    expect(lookups.mock.calls.length).toBeLessThanOrEqual(10 * 400);
    lookups.mockRestore();
    const work = growth((n, device) => {
      const inputs = Array.from({ length: n }, () => requireGrad(zeros([4], { device })));
      grad(stack(inputs).square().sum(), inputs);
    });
    expect(work).toBeLessThan(5);
  });

  it('an input that is used many times', () => {
    const work = growth((n, device) => {
      const x = requireGrad(zeros([4], { device }));
      let sum = x.mul(2);
      for (let i = 1; i < n; i++) sum = sum.add(x);
      grad(sum.sum(), [x]);
    });
    expect(work).toBeLessThan(5);
  });

  it.each([false, true])('an input of which every row is sliced, with createGraph: %s', (createGraph) => {
    const work = growth((n, device) => {
      const x = requireGrad(zeros([n, 4], { device }));
      const rows = Array.from({ length: n }, (_, i) => x.slice([[i, i + 1]]).reshape([4]));
      grad(stack(rows).square().sum(), [x], { createGraph });
    });
    expect(work).toBeLessThan(5);
  });
});

/** The elements; −0 is 0. */
const numbers = (x: Tensor): number[] => Array.from(x.dataSync(), (value) => value + 0);

describe('gradients of parts', () => {
  const ranges = fc.array(
    fc.tuple(
      fc.constantFrom(0, 1),
      fc.nat(4),
      fc.nat(5),
      fc.constantFrom(1, 1, 1, 2),
      fc.integer({ min: -3, max: 3 }),
      fc.boolean(),
    ),
    { minLength: 1, maxLength: 8 },
  );

  it('add up where they overlap, are 0 where none is, whatever they are', () => {
    fc.assert(
      fc.property(ranges, fc.boolean(), (parts, isLeaf) =>
        scope(() => {
          const shape = [5, 5];
          const leaf = requireGrad(tensor(Array.from({ length: 25 }, (_, i) => i)).reshape(shape));
          const x = isLeaf ? leaf : leaf.mul(1);
          const expected = new Array<number>(25).fill(0);
          const terms = parts.map(([axis, start, length, step, factor, both]) => {
            const range = [start, Math.min(5, start + length), step] as const;
            const whole = [0, both ? 3 : 5, 1] as const;
            const [rows, columns] = axis === 0 ? [range, whole] : [whole, range];
            for (let i = rows[0]; i < rows[1]; i += rows[2]) {
              for (let j = columns[0]; j < columns[1]; j += columns[2])
                expected[5 * i + j]! += 2 * factor * (5 * i + j);
            }
            return x.slice([rows, columns]).square().mul(factor).sum();
          });
          const total = terms.reduce((sum, term) => sum.add(term));
          const [plain] = grad(total, [x], { retainGraph: true });
          const [recorded] = grad(total, [x], { createGraph: true });
          expect(numbers(plain!)).toEqual(expected.map((value) => value + 0));
          expect(numbers(recorded!)).toEqual(expected.map((value) => value + 0));
          if (recorded!.requiresGrad) {
            const [second] = grad(recorded!.mul(x.detach()).sum(), [leaf]);
            expect(numbers(second!)).toEqual(expected.map((value) => value + 0));
          }
        }),
      ),
      { numRuns: 300 },
    );
  });
});
