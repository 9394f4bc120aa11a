import {
  apply,
  boxIou,
  cholesky,
  determinant,
  einsum,
  eye,
  fft,
  fft2,
  ifft,
  ifft2,
  inverse,
  irfft,
  logDeterminant,
  operators,
  rfft,
  solve,
  type Tensor,
  triangularSolve,
} from '@pnn/tensor';
import fc from 'fast-check';
import { type Table, tablesOf } from '../../../packages/tensor/test/oracle.js';
import { type GradientCase, type GradientCases, together } from '../gradient-case.js';
import { quarters } from '../points.js';

const lengths = fc.record({
  i: fc.integer({ min: 1, max: 3 }),
  j: fc.integer({ min: 0, max: 2 }),
  k: fc.integer({ min: 1, max: 2 }),
});

/** Products, traces, diagonals, sums, outer products, three factors, and axes of length 1 that broadcast. */
const contractions: fc.Arbitrary<GradientCase> = fc
  .tuple(
    lengths,
    fc.constantFrom('ij,jk->ik', 'ii', 'ii->i', 'ij->j', 'i,k->ki', 'ij,jk,k->i', 'kij,ij->k', 'ij,1j->ij'),
  )
  .chain(([length, equation]) => {
    const terms = equation.split('->')[0]!.split(',');
    const shapes = terms.map((term) =>
      [...term].map((letter) => (letter === '1' ? 1 : length[letter as keyof typeof length])),
    );
    return fc
      .tuple(...shapes.map((shape) => tablesOf(shape, quarters(-2, 2))))
      .map((inputs) => ({ inputs, f: (...tensors: Tensor[]) => einsum(equation.replace('1', 'i'), ...tensors) }));
  });

const sizes = fc.integer({ min: 1, max: 3 });
const batches = fc.constantFrom<number[]>([], [2]);

/** Matrices in which one element of each row is large, and the same pivots are found all around. */
const regular = fc.tuple(sizes, batches, fc.nat(2)).chain(([n, batch, shift]) =>
  tablesOf([...batch, n, n], quarters(-1, 1)).map(({ shape, data }) => ({
    shape,
    data: data.map((value, at) => {
      const [row, column] = [Math.floor(at / n) % n, at % n];
      return column === (row + shift) % n ? value + [7, -10, 13][row]! : value;
    }),
  })),
);

/** Matrices of every rank. */
const ofAnyRank: fc.Arbitrary<GradientCase['inputs']> = fc
  .tuple(fc.integer({ min: 1, max: 4 }), fc.nat(4))
  .chain(([n, rank]) =>
    fc.tuple(tablesOf([n, Math.min(rank, n)], quarters(-1, 1)), tablesOf([Math.min(rank, n), n], quarters(-1, 1))),
  )
  .map(([left, right]) => {
    const n = left.shape[0]!;
    const inner = left.shape[1]!;
    const entry = (i: number, j: number): number => {
      let sum = 0;
      for (let k = 0; k < inner; k++) sum += left.data[i * inner + k]! * right.data[k * n + j]!;
      return sum;
    };
    return [{ shape: [n, n], data: Array.from({ length: n * n }, (_, at) => entry(Math.floor(at / n), at % n)) }];
  });

/** A matrix, and right sides for it. */
const systems = regular.chain((a) => fc.tuple(fc.constant(a), tablesOf([a.shape.at(-1)!, 2], quarters(-2, 2))));

const triangles: fc.Arbitrary<GradientCase> = systems.chain(([a, b]) =>
  fc.record({ upper: fc.boolean(), transpose: fc.boolean(), unitDiagonal: fc.boolean() }).map((form) => ({
    inputs: [a, b],
    // Diagonals of the other matrices may be 0.
    f: (x: Tensor, right: Tensor) => triangularSolve(x.mul(0.25).add(eye(x.shape.at(-1)!, x).mul(8)), right, form),
  })),
);

/** x·xᵀ + 1, of which the gradient knows that it is symmetric. */
const positiveDefinite = (x: Tensor): Tensor => x.matmul(x, { transposeB: true }).add(eye(x.shape.at(-1)!, x));

const norms = fc.constantFrom('backward', 'ortho', 'forward');

/** Lines of complex numbers, along an axis of a plane of them. */
function lines(transform: typeof fft): fc.Arbitrary<GradientCase> {
  return fc
    .tuple(fc.constantFrom([1, 3], [2, 2], [3, 1], [2, 4]), fc.integer({ min: -2, max: 1 }), norms)
    .chain(([shape, axis, norm]) =>
      tablesOf([...shape, 2], quarters(-2, 2)).map((x) => ({
        inputs: [x],
        f: (a: Tensor) => transform(a, { axis, norm }),
      })),
    );
}

const planes = fc.constantFrom([2, 2], [1, 3], [1, 2, 2]).chain((shape) => tablesOf([...shape, 2], quarters(-2, 2)));

/** Boxes of which no two edges are at one place, with an area. */
function boxes(count: number): fc.Arbitrary<Table> {
  const edge = fc.integer({ min: 0, max: 8 });
  return fc
    .array(fc.tuple(edge, edge, fc.integer({ min: 1, max: 8 }), fc.integer({ min: 1, max: 8 })), {
      minLength: count,
      maxLength: count,
    })
    .map((drawn) => ({
      shape: [count, 4],
      data: drawn.flatMap(([left, top, width, height], i) => {
        const apart = (count * 3 + i) / 20;
        return [left + apart, top + apart, left + width + apart, top + height + apart];
      }),
    }));
}

/** Operators of linear algebra and signals. */
export const algebraOperatorCases: GradientCases = {
  fft: lines(fft),
  lu: regular.map((x) => ({
    inputs: [x],
    f: (a: Tensor) => apply(operators.lu, [a], { operation: 'lu', inverts: false })[0]!,
  })),
  triangularSolve: triangles,
  cholesky: fc.tuple(sizes, batches).chain(([n, batch]) =>
    tablesOf([...batch, n, n], quarters(-1, 1)).map((x) => ({
      inputs: [x],
      f: (a: Tensor) => cholesky(positiveDefinite(a)),
    })),
  ),
};

/** Functions of linear algebra and signals that are composed of several operators. */
export const algebraCases: GradientCases = {
  einsum: contractions,
  solve: systems.map((inputs) => ({ inputs, f: (a, b) => solve(a!, b!) })),
  inverse: regular.map((x) => ({ inputs: [x], f: (a) => inverse(a!) })),
  'determinant of matrices of every rank': ofAnyRank.map((inputs) => ({ inputs, f: (a) => determinant(a!) })),
  'determinant of a batch': regular.map((x) => ({
    inputs: [x],
    f: (a) => determinant(a!.mul(0.25)),
  })),
  logDeterminant: regular.map((x) => ({
    inputs: [x],
    f: (a) => {
      const { sign, logAbs } = logDeterminant(a!);
      return together([sign, logAbs]);
    },
  })),
  ifft: lines(ifft),
  rfft: fc
    .tuple(fc.integer({ min: 1, max: 5 }), norms)
    .chain(([n, norm]) =>
      tablesOf([2, n], quarters(-2, 2)).map((x) => ({ inputs: [x], f: (a: Tensor) => rfft(a, { norm }) })),
    ),
  irfft: fc.tuple(fc.integer({ min: 1, max: 4 }), fc.integer({ min: 1, max: 6 }), norms).chain(([m, n, norm]) =>
    tablesOf([m, 2, 2], quarters(-2, 2)).map((x) => ({
      inputs: [x],
      f: (a: Tensor) => irfft(a, n, { axis: 0, norm }),
    })),
  ),
  'fft2 and ifft2': fc
    .tuple(planes, norms)
    .map(([x, norm]) => ({ inputs: [x], f: (a) => together([fft2(a!, { norm }), ifft2(a!, { norm })]) })),
  boxIou: fc.tuple(boxes(1), boxes(2)).map((inputs) => ({ inputs, f: (a, b) => boxIou(a!, b!) })),
};
