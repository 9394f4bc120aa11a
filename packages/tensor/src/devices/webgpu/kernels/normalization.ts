import type { Kernels, Operand } from '../../../kernels.js';
import { sizeOf } from '../../../shape.js';
import type { Executor } from '../executor.js';
import { kernel } from '../pipelines.js';
import { channelWalk, overPart, vectorType, walkParameters, walkValues } from '../wgsl/channels.js';
import { FOLDING, foldGroup } from '../wgsl/reduce.js';

const GROUP = 256;
const lanes = ['x', 'y', 'z', 'w'] as const;

/**
 * Moments of a part: the number of elements, their mean, and the sum of the squares of what they differ from it by. Parts
 * are merged by the formula of T. F. Chan, G. H. Golub and R. J. LeVeque (1979).
 */
const merging = `fn merged(a: vec3<f32>, b: vec3<f32>) -> vec3<f32> {
  if (b.x == 0.0) { return a; }
  if (a.x == 0.0) { return b; }
  let count = a.x + b.x;
  let difference = b.y - a.y;
  let share = b.x / count;
  return vec3<f32>(count, a.y + difference * share, a.z + b.z + difference * difference * a.x * share);
}
var<workgroup> folded: array<vec3<f32>, ${FOLDING}>;`;

/**
 * Within a lane, moments grow by one element after the other (B. P. Welford, 1962). The first element of the channel is taken
 * off all, so that a mean far from 0 costs no digits.
 */
const momentsOfParts = kernel('moments of parts', ({ width }: { width: 1 | 4 }) => {
  const vector = vectorType(width);
  const own =
    width === 1
      ? 'vec3<f32>(count, mean, squares)'
      : lanes
          .map((lane) => `vec3<f32>(count, mean.${lane}, squares.${lane})`)
          .reduce((merged, next) => `merged(${merged}, ${next})`);
  return {
    reads: { x: vector },
    writes: { partial: 'f32' },
    parameters: walkParameters,
    workgroupSize: FOLDING,
    declarations: merging,
    body: `let shift = x[block / p.parts * p.area]${width === 4 ? '.x' : ''};
var count = 0.0;
var mean = ${vector}(0.0);
var squares = ${vector}(0.0);
${overPart(
  { element: 'x' },
  `  let value = element - shift;
  count += 1.0;
  let difference = value - mean;
  mean += difference / count;
  squares += difference * (value - mean);`,
)}
${foldGroup('folded', own, (a, b) => `merged(${a}, ${b})`)}
if (local == 0u) {
  partial[3u * block] = folded[0].x;
  partial[3u * block + 1u] = folded[0].y;
  partial[3u * block + 2u] = folded[0].z;
}`,
  };
});

/** The mean is also given without the first element of the channel: that is exact where the mean is far from 0. */
const momentsOfChannels = kernel('moments of channels', () => ({
  reads: { x: 'f32', partial: 'f32' },
  writes: { mean: 'f32', variance: 'f32', shifted: 'f32' },
  parameters: { parts: 'u32', plane: 'u32' },
  workgroupSize: FOLDING,
  declarations: merging,
  body: `var own = vec3<f32>(0.0);
for (var part = local; part < p.parts; part += ${FOLDING}u) {
  let at = 3u * (block * p.parts + part);
  own = merged(own, vec3<f32>(partial[at], partial[at + 1u], partial[at + 2u]));
}
${foldGroup('folded', 'own', (a, b) => `merged(${a}, ${b})`)}
if (local == 0u) {
  shifted[block] = folded[0].y;
  mean[block] = x[block * p.plane] + folded[0].y;
  variance[block] = folded[0].z / folded[0].x;
}`,
}));

const normalizing = kernel(
  'normalize',
  ({ width, hasGamma, hasBeta }: { width: 1 | 4; hasGamma: boolean; hasBeta: boolean }) => ({
    reads: {
      x: vectorType(width),
      shifted: 'f32',
      variance: 'f32',
      ...(hasGamma ? { gamma: 'f32' } : {}),
      ...(hasBeta ? { beta: 'f32' } : {}),
    },
    writes: { out: vectorType(width) },
    parameters: { count: 'u32', channels: 'u32', area: 'u32', epsilon: 'f32' },
    workgroupSize: GROUP,
    body: `if (index >= p.count) { return; }
let channel = index / p.area % p.channels;
let scale = ${hasGamma ? 'gamma[channel]' : '1.0'} / sqrt(variance[channel] + p.epsilon);
let start = x[channel * p.area]${width === 4 ? '.x' : ''};
out[index] = (x[index] - start - shifted[channel]) * scale${hasBeta ? ' + beta[channel]' : ''};`,
  }),
);

/** The sums of the slopes, and of their products with what x differs from the mean by. */
const slopesOfParts = kernel('slopes of parts', ({ width }: { width: 1 | 4 }) => {
  const vector = vectorType(width);
  const total = (name: string): string => (width === 4 ? `(${name}.x + ${name}.y) + (${name}.z + ${name}.w)` : name);
  return {
    reads: { gradient: vector, x: vector, mean: 'f32' },
    writes: { partial: 'vec2<f32>' },
    parameters: walkParameters,
    workgroupSize: FOLDING,
    declarations: `var<workgroup> folded: array<vec2<f32>, ${FOLDING}>;`,
    body: `var slopes = ${vector}(0.0);
var products = ${vector}(0.0);
let center = mean[block / p.parts];
${overPart(
  { slope: 'gradient', element: 'x' },
  `  slopes += slope;
  products += slope * (element - center);`,
)}
${foldGroup('folded', `vec2<f32>(${total('slopes')}, ${total('products')})`, (a, b) => `${a} + ${b}`)}
if (local == 0u) { partial[block] = folded[0]; }`,
  };
});

const slopesOfChannels = kernel('slopes of channels', () => ({
  reads: { partial: 'vec2<f32>', variance: 'f32' },
  writes: { gammaGradient: 'f32', betaGradient: 'f32' },
  parameters: { parts: 'u32', epsilon: 'f32' },
  workgroupSize: FOLDING,
  declarations: `var<workgroup> folded: array<vec2<f32>, ${FOLDING}>;`,
  body: `var own = vec2<f32>(0.0);
for (var part = local; part < p.parts; part += ${FOLDING}u) { own += partial[block * p.parts + part]; }
${foldGroup('folded', 'own', (a, b) => `${a} + ${b}`)}
if (local == 0u) {
  gammaGradient[block] = folded[0].y / sqrt(variance[block] + p.epsilon);
  betaGradient[block] = folded[0].x;
}`,
}));

const sloping = kernel('normalization gradient', ({ width, hasGamma }: { width: 1 | 4; hasGamma: boolean }) => ({
  reads: {
    gradient: vectorType(width),
    x: vectorType(width),
    mean: 'f32',
    variance: 'f32',
    gammaGradient: 'f32',
    betaGradient: 'f32',
    ...(hasGamma ? { gamma: 'f32' } : {}),
  },
  writes: { out: vectorType(width) },
  parameters: { count: 'u32', channels: 'u32', area: 'u32', elements: 'f32', epsilon: 'f32' },
  workgroupSize: GROUP,
  body: `if (index >= p.count) { return; }
let channel = index / p.area % p.channels;
let inverse = 1.0 / sqrt(variance[channel] + p.epsilon);
let meanSlope = betaGradient[channel] / p.elements;
let correction = gammaGradient[channel] * inverse / p.elements;
let scale = ${hasGamma ? 'gamma[channel] * ' : ''}inverse;
out[index] = scale * (gradient[index] - meanSlope - (x[index] - mean[channel]) * correction);`,
}));

/** Batch normalization: statistics in parts, and one pass that applies them. */
export function normalizationKernels(executor: Executor): Pick<Kernels, 'batchNorm' | 'batchNormGradient'> {
  const applying = (x: Operand) => {
    const { width, area, channels } = channelWalk(executor, x, true);
    const count = x.size / width;
    return { width, parameters: { count, channels, area }, groups: Math.ceil(count / GROUP) };
  };
  return {
    batchNorm(x, gamma, beta, out, mean, variance, epsilon) {
      const walk = channelWalk(executor, x, true);
      const { channels, parts, width } = walk;
      executor.withTemporary('float32', channels, (shifted) => {
        executor.withTemporary('float32', 3 * channels * parts, (partial) => {
          executor.run(
            momentsOfParts,
            { width },
            {
              reads: [x],
              writes: [partial],
              parameters: walkValues(walk),
              groups: channels * parts,
              operations: x.size,
            },
          );
          executor.run(
            momentsOfChannels,
            {},
            {
              reads: [x, partial],
              writes: [mean, variance, shifted],
              parameters: { parts, plane: walk.area * width },
              groups: channels,
            },
          );
        });
        const apply = applying(x);
        executor.run(
          normalizing,
          { width, hasGamma: gamma !== undefined, hasBeta: beta !== undefined },
          {
            reads: [x, shifted, variance, ...(gamma ? [gamma] : []), ...(beta ? [beta] : [])],
            writes: [out],
            parameters: { ...apply.parameters, epsilon },
            groups: apply.groups,
          },
        );
      });
    },
    batchNormGradient(gradient, x, gamma, mean, variance, out, gammaGradient, betaGradient, epsilon) {
      const walk = channelWalk(executor, x, true);
      const { channels, parts, width } = walk;
      executor.withTemporary('float32', 2 * channels * parts, (partial) => {
        executor.run(
          slopesOfParts,
          { width },
          {
            reads: [gradient, x, mean],
            writes: [partial],
            parameters: walkValues(walk),
            groups: channels * parts,
            operations: x.size,
          },
        );
        executor.run(
          slopesOfChannels,
          {},
          {
            reads: [partial, variance],
            writes: [gammaGradient, betaGradient],
            parameters: { parts, epsilon },
            groups: channels,
          },
        );
      });
      const apply = applying(x);
      executor.run(
        sloping,
        { width, hasGamma: gamma !== undefined },
        {
          reads: [gradient, x, mean, variance, gammaGradient, betaGradient, ...(gamma ? [gamma] : [])],
          writes: [out],
          parameters: { ...apply.parameters, elements: sizeOf(x.shape) / channels, epsilon },
          groups: apply.groups,
        },
      );
    },
  };
}
