import type { Kernels } from '../../../kernels.js';
import type { Executor } from '../executor.js';
import { kernel } from '../pipelines.js';
import { FOLDING, foldGroup } from '../wgsl/reduce.js';
import { vectorsOf } from './elementwise.js';
import { reduce } from './reduction.js';

const GROUP = 256;
/** Elements that a workgroup squares. */
const PART = FOLDING * 64;

/** Magnitudes above LARGE and below SMALL are brought near 1 by powers of two before they are squared. */
const LARGE = 2 ** 50;
const SHRINK = 2 ** -80;
const SMALL = 2 ** -30;
const GROW = 2 ** 64;

/** Sums of squares of a part: those of small, of usual (and NaN) and of large elements. */
const squaring = kernel('squares', () => ({
  reads: { x: 'vec4<f32>' },
  writes: { sums: 'f32' },
  parameters: { count: 'u32', start: 'u32' },
  workgroupSize: FOLDING,
  declarations: `fn squareOf(x: f32) -> vec3<f32> {
  let size = abs(x);
  if (size < ${SMALL.toExponential()}) {
    let scaled = size * ${GROW.toExponential()};
    return vec3<f32>(scaled * scaled, 0.0, 0.0);
  }
  if (size > ${LARGE.toExponential()}) {
    let scaled = size * ${SHRINK.toExponential()};
    return vec3<f32>(0.0, 0.0, scaled * scaled);
  }
  return vec3<f32>(0.0, size * size, 0.0);
}
var<workgroup> folded: array<vec3<f32>, ${FOLDING}>;`,
  body: `var own = vec3<f32>(0.0);
let end = min((block + 1u) * ${PART / 4}u, (p.count + 3u) / 4u);
for (var i = block * ${PART / 4}u + local; i < end; i += ${FOLDING}u) {
  let all = select(vec4<f32>(0.0), x[i], 4u * i + vec4<u32>(0u, 1u, 2u, 3u) < vec4<u32>(p.count));
  own += (squareOf(all.x) + squareOf(all.y)) + (squareOf(all.z) + squareOf(all.w));
}
${foldGroup('folded', 'own', (a, b) => `${a} + ${b}`)}
if (local == 0u) {
  let at = 3u * (p.start + block);
  sums[at] = folded[0].x;
  sums[at + 1u] = folded[0].y;
  sums[at + 2u] = folded[0].z;
}`,
}));

/**
 * Beside large elements small ones do not count. Squares are shrunk or grown by both factors, one after the other: as
 * parameters, since compilers multiply constants with each other first.
 */
const rooting = kernel('euclideanNorm', () => ({
  reads: { sums: 'f32' },
  writes: { out: 'f32' },
  parameters: { shrink: 'f32', grow: 'f32' },
  workgroupSize: 1,
  body: `let total = vec3<f32>(sums[0], sums[1], sums[2]);
if (isNan(total.y)) {
  out[0] = total.y;
} else if (total.z > 0.0) {
  out[0] = sqrt(total.z + total.y * p.shrink * p.shrink) / p.shrink;
} else if (total.y <= 0.0) {
  out[0] = sqrt(total.x) / p.grow;
} else {
  out[0] = sqrt(total.y + total.x / p.grow / p.grow);
}`,
}));

const descending = kernel(
  'sgd',
  ({ hasMomentum, first, nesterov }: { hasMomentum: boolean; first: boolean; nesterov: boolean }) => ({
    reads: { gradient: 'vec4<f32>' },
    writes: { parameter: 'vec4<f32>', ...(hasMomentum ? { velocity: 'vec4<f32>' } : {}) },
    parameters: { count: 'u32', learningRate: 'f32', momentum: 'f32', share: 'f32', weightDecay: 'f32' },
    workgroupSize: GROUP,
    body: `if (index >= p.count) { return; }
let old = parameter[index];
var slope = gradient[index] + p.weightDecay * old;
${
  hasMomentum
    ? `let speed = ${first ? 'slope' : 'p.momentum * velocity[index] + p.share * slope'};
velocity[index] = speed;
slope = ${nesterov ? 'slope + p.momentum * speed' : 'speed'};`
    : ''
}
parameter[index] = old - p.learningRate * slope;`,
  }),
);

const adapting = kernel('adam', () => ({
  reads: { gradient: 'vec4<f32>' },
  writes: { parameter: 'vec4<f32>', moment1: 'vec4<f32>', moment2: 'vec4<f32>' },
  parameters: {
    count: 'u32',
    beta1: 'f32',
    beta2: 'f32',
    share1: 'f32',
    share2: 'f32',
    pull: 'f32',
    shrink: 'f32',
    rate: 'f32',
    squareCorrection: 'f32',
    epsilon: 'f32',
  },
  workgroupSize: GROUP,
  body: `if (index >= p.count) { return; }
let old = parameter[index];
let slope = gradient[index] + p.pull * old;
let mean = p.beta1 * moment1[index] + p.share1 * slope;
let square = p.beta2 * moment2[index] + p.share2 * slope * slope;
moment1[index] = mean;
moment2[index] = square;
parameter[index] = old * p.shrink - p.rate * mean / (sqrt(square / p.squareCorrection) + p.epsilon);`,
}));

/** Steps of optimizers, in place: one dispatch a parameter. */
export function updateKernels(executor: Executor): Pick<Kernels, 'euclideanNorm' | 'sgd' | 'adam'> {
  return {
    // J. L. Blue, "A Portable Fortran Program to Find the Euclidean Norm of a Vector" (ACM TOMS 4, 1978).
    euclideanNorm(operands, out) {
      const partsOf = ({ size }: { readonly size: number }): number => Math.ceil(size / PART);
      const parts = operands.reduce((sum, operand) => sum + partsOf(operand), 0);
      executor.withTemporary('float32', 3 * parts, (sums) => {
        let start = 0;
        for (const operand of operands) {
          const groups = partsOf(operand);
          const parameters = { count: operand.size, start };
          executor.run(
            squaring,
            {},
            { reads: [operand], writes: [sums], parameters, groups, operations: operand.size },
          );
          start += groups;
        }
        executor.withTemporary('float32', 3, (total) => {
          reduce(executor, 'sum', sums, total, { outer: 1, length: parts, inner: 3 });
          executor.run(
            rooting,
            {},
            { reads: [total], writes: [out], parameters: { shrink: SHRINK, grow: GROW }, groups: 1 },
          );
        });
      });
    },
    sgd(parameter, gradient, velocity, { learningRate, momentum, dampening, weightDecay, nesterov, first }) {
      const count = vectorsOf(parameter.size);
      executor.run(
        descending,
        { hasMomentum: velocity !== undefined, first, nesterov },
        {
          reads: [gradient],
          writes: velocity ? [parameter, velocity] : [parameter],
          parameters: { count, learningRate, momentum, share: 1 - dampening, weightDecay },
          groups: Math.ceil(count / GROUP),
        },
      );
    },
    adam(parameter, gradient, moment1, moment2, settings) {
      const { learningRate, beta1, beta2, epsilon, weightDecay, decoupled, step } = settings;
      const count = vectorsOf(parameter.size);
      executor.run(
        adapting,
        {},
        {
          reads: [gradient],
          writes: [parameter, moment1, moment2],
          parameters: {
            count,
            beta1,
            beta2,
            share1: 1 - beta1,
            share2: 1 - beta2,
            pull: decoupled ? 0 : weightDecay,
            shrink: decoupled ? 1 - learningRate * weightDecay : 1,
            rate: learningRate / (1 - beta1 ** step),
            squareCorrection: 1 - beta2 ** step,
            epsilon,
          },
          groups: Math.ceil(count / GROUP),
        },
      );
    },
  };
}
