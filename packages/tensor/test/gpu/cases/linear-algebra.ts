import {
  apply,
  cholesky,
  determinant,
  eye,
  inverse,
  logDeterminant,
  operators,
  solve,
  type Tensor,
  triangularSolve,
} from '@pnn/tensor';
import fc from 'fast-check';
import {
  compare,
  DIVISION,
  expectSame,
  expectWithin,
  floats,
  forAll,
  type KernelCase,
  place,
  read,
  type Table,
  tableOf,
  UNIT,
} from './kernel-case.js';

const sizes = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: 1, max: 5 }) },
  { weight: 1, arbitrary: fc.constant(9) },
);
const batches = fc.constantFrom<number[]>([], [1], [3], [2, 2]);

/** Elements of [−1, 1], but 4n in one place of each row and column, so that the condition of the matrix is below 3. */
const regular: fc.Arbitrary<Table> = fc.tuple(sizes, batches, fc.nat(4)).chain(([n, batch, shift]) =>
  tableOf([...batch, n, n], floats(-1, 1)).map(({ shape, data }) => ({
    shape,
    data: data.map((value, at) => {
      const [row, column] = [Math.floor(at / n) % n, at % n];
      // Far enough apart that rounding does not change their order.
      return column === (row + shift) % n ? Math.fround(value + (row % 2 === 0 ? 1 : -1) * (4 * n + 3 * row)) : value;
    }),
  })),
);

/** What 3n steps of division, product and difference lose, in matrices of this condition, relative to the largest result. */
function boundOf(n: number, results: ArrayLike<number>): number {
  let largest = 0;
  for (let i = 0; i < results.length; i++) largest = Math.max(largest, Math.abs(results[i]!));
  return 3 * 3 * n * (DIVISION + 2 * UNIT) * largest;
}

async function check(
  device: Parameters<typeof compare>[0],
  inputs: readonly Table[],
  compute: (...tensors: Tensor[]) => readonly Tensor[],
): Promise<void> {
  const n = inputs[0]!.shape.at(-1)!;
  const { actual, expected } = await compare(device, inputs, compute);
  for (const [i, values] of actual.entries()) {
    const bound = boundOf(n, expected[i]!);
    expectWithin(values, expected[i]!, () => bound);
  }
}

const identity = (x: Tensor): Tensor => eye(x.shape.at(-1)!, x);

export const linearAlgebraCases: readonly KernelCase[] = [
  forAll('lu', regular, async (device, x) => {
    await check(device, [x], (a) => apply(operators.lu, [a!], { operation: 'lu', inverts: false }));
  }),
  forAll(
    'solve, inverse and determinants',
    regular.chain((x) => fc.tuple(fc.constant(x), tableOf([...x.shape.slice(0, -1), 2], floats(-1, 1)))),
    async (device, inputs) => {
      await check(device, inputs, (a, b) => [solve(a!, b!), inverse(a!)]);
      await check(device, inputs.slice(0, 1), (a) => {
        const { sign, logAbs } = logDeterminant(a!);
        return [determinant(a!), sign, logAbs];
      });
    },
  ),
  forAll(
    'triangularSolve',
    fc.record({
      x: regular,
      form: fc.record({ upper: fc.boolean(), transpose: fc.boolean(), unitDiagonal: fc.boolean() }),
    }),
    async (device, { x, form }) => {
      const n = x.shape.at(-1)!;
      await check(device, [x], (a) => {
        // Rows are dominated by their diagonal, whatever it may be.
        const scaled = a!.div(16 * n).add(identity(a!));
        return [triangularSolve(scaled, a!, form)];
      });
    },
  ),
  forAll('cholesky', regular, async (device, x) => {
    const n = x.shape.at(-1)!;
    await check(device, [x], (a) => {
      const scaled = a!.div(16 * n);
      return [cholesky(scaled.matmul(scaled, { transposeB: true }).add(identity(a!)))];
    });
  }),
  {
    name: 'matrices that are singular or not positive definite',
    async check(device) {
      const [inverted, root, determinants] = await read(() => {
        const x = place(device, { shape: [2, 2], data: [1, 2, 2, 4] });
        const negative = place(device, { shape: [1, 1], data: [-1] });
        const batch = place(device, { shape: [2, 3, 3], data: [1, 2, 3, 2, 4, 6, 3, 6, 9, 2, 0, 0, 0, 2, 0, 0, 0, 2] });
        return [inverse(x), cholesky(negative), determinant(batch)];
      });
      if (Array.from(inverted!).some((value) => Number.isFinite(value))) {
        throw new Error(`the inverse of a singular matrix is ${inverted}`);
      }
      expectSame(root!, [Number.NaN]);
      expectSame(determinants!, [0, 8]);
    },
  },
  {
    name: 'matrices without elements',
    async check(device) {
      const shapes = await read(() => {
        const none = place(device, { shape: [0, 0], data: [] });
        return [
          inverse(none),
          cholesky(none),
          solve(place(device, { shape: [2, 2], data: [2, 0, 0, 2] }), place(device, { shape: [2, 0], data: [] })),
        ];
      });
      for (const elements of shapes) expectSame(elements, []);
    },
  },
];
