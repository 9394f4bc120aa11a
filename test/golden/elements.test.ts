import { type Axes, bincount, meshgrid, oneHot, type PadFill, type ScatterReduction, type Tensor } from '@pnn/tensor';
import { type Computation, type Computed, compareWithGolden, type Tolerances, type TolerancesOf } from './compare.js';

/** In float64 sums and quotients are made in another order; in float32 terms are rounded to 6e-8 of themselves. */
const tolerances: Tolerances = {
  float64: { relative: 1e-13, scaled: 1e-14 },
  float32: { relative: 2e-6, scaled: 2e-6 },
};

/** The squares of the gradients of a norm, a deviation and a hypotenuse have a sum that is constant: its derivative is 0. */
const constantSquares: Tolerances = {
  float64: { ...tolerances.float64, absolute: 1e-14 },
  float32: { ...tolerances.float32, absolute: 4e-6 },
};
const homogeneous: ReadonlySet<string> = new Set(['norm', 'std', 'hypot']);
const tolerancesOf: TolerancesOf = ({ subject }, order) =>
  order === 2 && homogeneous.has(subject) ? constantSquares : tolerances;

const unaryNames = [
  ...(['tan', 'asin', 'acos', 'atan', 'sinh', 'cosh', 'asinh', 'acosh', 'atanh', 'exp2', 'log2', 'log10'] as const),
  ...(['rsqrt', 'erfc', 'trunc', 'frac', 'isNaN', 'isInf', 'isFinite', 'logicalNot'] as const),
] as const;
const binaryNames = [
  ...(['atan2', 'hypot', 'remainder', 'fmod', 'floorDivide', 'logAddExp', 'isClose'] as const),
  ...(['logicalAnd', 'logicalOr', 'logicalXor'] as const),
] as const;

function table<Name extends string>(names: readonly Name[], compute: (name: Name) => Computation) {
  return Object.fromEntries(names.map((name) => [name, compute(name)])) as Record<Name, Computation>;
}

/** Results by the names that the golden file counts them by. */
function lettered(results: readonly Tensor[]): Computed {
  return { outputs: Object.fromEntries(results.map((result, i) => ['abc'[i]!, result])) };
}

compareWithGolden(
  'functions',
  {
    ...table(
      unaryNames,
      (name) =>
        ({ x }) =>
          x![name](),
    ),
    ...table(
      binaryNames,
      (name) =>
        ({ a, b }) =>
          a![name](b!),
    ),
    nanToNum: ({ x }, { attributes }) => x!.nanToNum(attributes),
    lerp: ({ a, b, weight }) => a!.lerp(b!, weight!),
    clampByTensors: ({ x, low, high }) => x!.clamp(low!, high!),
  },
  tolerancesOf,
);

compareWithGolden(
  'scans',
  {
    cumsum: ({ x }, { attributes }) => x!.cumsum(attributes.axis as number),
    cumprod: ({ x }, { attributes }) => x!.cumprod(attributes.axis as number),
    std: ({ x }, { attributes }) =>
      x!.std(attributes.axes as Axes, { keepDims: true, correction: attributes.unbiased ? 1 : 0 }),
    norm: ({ x }, { attributes }) =>
      x!.norm(Number(String(attributes.p).replace('inf', 'Infinity')), attributes.axes as Axes),
    ...table(
      ['any', 'all', 'countNonzero'] as const,
      (name) =>
        ({ x }, { attributes }) =>
          x![name](attributes.axis as number),
    ),
    sort: ({ x }, { attributes }) => {
      const { axis, descending } = attributes as { axis: number; descending: boolean };
      const { values, indices } = x!.sort(axis, { descending });
      return { outputs: { values, indices } };
    },
    median: ({ x }) => x!.median(-1),
    quantile: ({ x }, { attributes }) => x!.quantile(attributes.q as number, -1),
  },
  tolerancesOf,
);

compareWithGolden(
  'rearrangement',
  {
    pad: ({ x }, { attributes }) => x!.pad(attributes.widths as [number, number][], (attributes.mode ?? 0) as PadFill),
    flip: ({ x }, { attributes }) => x!.flip(attributes.axes as Axes),
    rot90: ({ x }, { attributes }) => x!.rot90(attributes.times as number, attributes.axes as [number, number]),
    bincount: ({ labels }, { attributes }) => bincount(labels!, attributes.count as number),
    roll: ({ x }, { attributes }) => x!.roll(attributes.shifts as number, attributes.axes as Axes),
    repeat: ({ x }, { attributes }) => x!.repeat(attributes.times as number[]),
    repeatInterleave: ({ x }, { attributes: { times, axis } }) => x!.repeatInterleave(times as number, axis as number),
    split: ({ x }, { attributes: { size, axis } }) => lettered(x!.split(size as number | number[], axis as number)),
    chunk: ({ x }, { attributes: { count, axis } }) => lettered(x!.chunk(count as number, axis as number)),
    unbind: ({ x }, { attributes }) => lettered(x!.unbind(attributes.axis as number)),
    take: ({ x, index }, { attributes }) => x!.take(attributes.axis as number, index!),
    meshgrid: ({ a, b }, { attributes }) =>
      lettered(meshgrid([a!, b!], { indexing: attributes.indexing as 'ij' | 'xy' })),
    ...table(
      ['tril', 'triu', 'diagonal', 'diagEmbed'] as const,
      (name) =>
        ({ x }, { attributes }) =>
          x![name](attributes.diagonal as number),
    ),
    oneHot: ({ labels }, { attributes }) => oneHot(labels!, attributes.classes as number),
    maskedFill: ({ x, mask }, { attributes }) => x!.maskedFill(mask!, attributes.value as number),
    scatter: ({ x, index, source }, { attributes: { axis, reduction } }) =>
      x!.scatter(axis as number, index!, source!, reduction as ScatterReduction),
  },
  tolerancesOf,
);
