import { cosineSimilarity, normalize } from '@pnn/nn';
import { meshgrid, type PadFill, type Tensor } from '@pnn/tensor';
import fc from 'fast-check';
import { shapes, tablesOf, tensorOf } from '../../../packages/tensor/test/oracle.js';
import { type GradientCase, type GradientCases, together } from '../gradient-case.js';
import { anywhere, distinct, moderate, positive, quarters } from '../points.js';

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

function of(numbers: fc.Arbitrary<number>, f: (x: Tensor) => Tensor): fc.Arbitrary<GradientCase> {
  return tablesOf([5], numbers).map((x) => ({ inputs: [x], f: (a: Tensor) => f(a) }));
}

const matrices = shapes({ minRank: 2, maxRank: 3, minLength: 1, maxLength: 3 }).chain((shape) =>
  tablesOf(shape, anywhere),
);

function ofMatrices(f: (x: Tensor, diagonal: number) => Tensor): fc.Arbitrary<GradientCase> {
  return fc
    .tuple(matrices, fc.integer({ min: -2, max: 2 }))
    .map(([x, diagonal]) => ({ inputs: [x], f: (a: Tensor) => f(a, diagonal) }));
}

/** Parts of an axis, of which one does not reach the result. */
const partings: fc.Arbitrary<GradientCase> = fc
  .tuple(
    shapes({ minRank: 1, maxRank: 2, maxLength: 2 }),
    fc.nat(1),
    fc.array(fc.nat(2), { minLength: 1, maxLength: 3 }),
  )
  .chain(([shape, choice, lengths]) => {
    const axis = choice % shape.length;
    const total = lengths.reduce((sum, length) => sum + length, 0);
    return tablesOf(shape.with(axis, total), anywhere).map((x) => ({
      inputs: [x],
      f: (a: Tensor) => together(a.split(lengths, axis).slice(lengths.length > 1 ? 1 : 0)),
    }));
  });

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
  repeat: fc
    .tuple(anyTensor, fc.nat(2), fc.nat(2))
    .map(([x, first, other]) => ({ inputs: [x], f: (a: Tensor) => a.repeat([first, ...a.shape.map(() => other)]) })),
  normalize: fc
    .tuple(tablesOf([2, 3], positive), fc.constantFrom(1, 2, 3))
    .map(([x, p]) => ({ inputs: [x], f: (a: Tensor) => normalize(a, { p }) })),
  cosineSimilarity: fc
    .tuple(tablesOf([2, 3], positive), tablesOf([1, 3], positive))
    .map((inputs) => ({ inputs, f: (a, b) => cosineSimilarity(a!, b!) })),
  sliceScatter: fc.tuple(tablesOf([3, 4], anywhere), tablesOf([1, 2], anywhere)).map((inputs) => ({
    inputs,
    f: (x, source) => x!.sliceScatter([[1], [undefined, undefined, 2]], source!),
  })),
  repeatInterleave: fc
    .tuple(anyTensor, fc.nat(2))
    .map(([x, times]) => ({ inputs: [x], f: (a: Tensor) => a.repeatInterleave(times, -1) })),
  split: partings,
  unbind: anyTensor.map((x) => ({ inputs: [x], f: (a: Tensor) => together(a.unbind(-1).concat(a.sum())) })),
  tril: ofMatrices((x, diagonal) => x.tril(diagonal)),
  triu: ofMatrices((x, diagonal) => x.triu(diagonal)),
  diagonal: ofMatrices((x, diagonal) => x.diagonal(diagonal)),
  diagEmbed: ofMatrices((x, diagonal) => x.diagEmbed(diagonal)),
  'take by a table': fc
    .record({ x: tablesOf([3, 2], anywhere), positions: tablesOf([2, 2], fc.nat(2)) })
    .map(({ x, positions }) => ({ inputs: [x], f: (a: Tensor) => a.take(0, tensorOf(positions, 'int32')) })),
  'cumsum without the own element': anyTensor.map((x) => ({
    inputs: [x],
    f: (a: Tensor) => a.cumsum(-1, { exclusive: true }),
  })),
  'cumprod without the own element': fc
    .tuple(tablesOf([2, 3], quarters(-2, 2)), fc.boolean())
    .map(([x, reverse]) => ({ inputs: [x], f: (a: Tensor) => a.cumprod(0, { exclusive: true, reverse }) })),
  sort: fc
    .tuple(distinct([3, 3]), fc.nat(1), fc.boolean())
    .map(([x, axis, descending]) => ({ inputs: [x], f: (a: Tensor) => a.sort(axis, { descending }).values })),
  topk: distinct([3, 3]).map((x) => ({ inputs: [x], f: (a: Tensor) => a.topk(2, { axis: 0 }).values })),
  median: distinct([3, 4]).map((x) => ({ inputs: [x], f: (a: Tensor) => a.median(1) })),
  quantile: distinct([3, 4]).map((x) => ({ inputs: [x], f: (a: Tensor) => a.quantile(0.4, 0) })),
  rot90: fc
    .tuple(anyTensor, fc.integer({ min: -3, max: 3 }))
    .map(([x, times]) => ({ inputs: [x], f: (a: Tensor) => a.unsqueeze(0).rot90(times, [-1, 0]) })),
  rsqrt: of(positive, (x) => x.rsqrt()),
  frac: of(
    fc.integer({ min: -8, max: 8 }).map((n) => n / 2 + 0.25),
    (x) => x.frac(),
  ),
  nanToNum: of(fc.oneof(anywhere, fc.constantFrom(Number.NaN, Number.POSITIVE_INFINITY)), (x) =>
    x.mul(0.5).nanToNum({ posinf: 7 }),
  ),
  floorDivide: of(
    fc.integer({ min: -8, max: 8 }).map((n) => n / 2 + 0.25),
    (x) => x.floorDivide(1.5),
  ),
  logAddExp: fc
    .tuple(tablesOf([2, 1], moderate), tablesOf([3], moderate))
    .map((inputs) => ({ inputs, f: (a: Tensor, b: Tensor) => a.logAddExp(b) })),
  lerp: fc
    .tuple(tablesOf([2, 1], anywhere), tablesOf([3], anywhere), tablesOf([2, 3], quarters(-1, 2)))
    .map((inputs) => ({ inputs, f: (a: Tensor, b: Tensor, weight: Tensor) => a.lerp(b, weight) })),
  'clamp by tensors': distinct([9]).map(({ data }) => ({
    inputs: [
      { shape: [3], data: data.slice(0, 3) },
      { shape: [3], data: data.slice(3, 6) },
      { shape: [3], data: data.slice(6) },
    ],
    f: (x: Tensor, low: Tensor, high: Tensor) => x.clamp(low, high),
  })),
  std: tablesOf([2, 3], anywhere)
    .filter(({ data: [a, b, c, d, e, f] }) => (a !== b || b !== c) && (d !== e || e !== f))
    .map((x) => ({ inputs: [x], f: (a: Tensor) => a.std(1) })),
  norm: fc
    .tuple(distinct([2, 3]), fc.constantFrom(1, 2, 3, 0.5, -1, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY))
    .map(([{ shape, data }, p]) => ({
      // No two of one size, and none 0.
      inputs: [{ shape, data: data.map((x) => x + 1 / 16) }],
      f: (a: Tensor) => a.norm(p, 1),
    })),
  meshgrid: fc
    .tuple(tablesOf([2], anywhere), tablesOf([3], anywhere), fc.constantFrom('ij' as const, 'xy' as const))
    .map(([x, y, indexing]) => ({
      inputs: [x, y],
      f: (a: Tensor, b: Tensor) => together(meshgrid([a, b], { indexing })),
    })),
  maskedFill: fc
    .record({ x: tablesOf([2, 3], anywhere), value: tablesOf([2, 1], anywhere), mask: tablesOf([3], fc.nat(1)) })
    .map(({ x, value, mask }) => ({
      inputs: [x, value],
      f: (a: Tensor, b: Tensor) => a.maskedFill(tensorOf(mask, 'bool'), b),
    })),
};
