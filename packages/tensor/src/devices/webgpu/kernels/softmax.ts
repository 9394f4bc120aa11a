import { ArgumentError } from '../../../errors.js';
import type { Kernels, Operand } from '../../../kernels.js';
import { bufferOf, type Executor } from '../executor.js';
import { kernel } from '../pipelines.js';
import { FOLDING, foldGroup } from '../wgsl/reduce.js';

const GROUP = 256;

const declarations = `var<workgroup> highest: array<f32, ${FOLDING}>;
var<workgroup> sums: array<f32, ${FOLDING}>;`;

/** Statements of a workgroup that declare `largest` of the row, and `total`, the sum of e^(x − largest). */
const rowSum = `let first = block * p.length;
var top = -infinity();
for (var i = local; i < p.length; i += ${FOLDING}u) { top = maximumOf(top, x[first + i]); }
${foldGroup('highest', 'top', (a, b) => `maximumOf(${a}, ${b})`)}
let largest = highest[0];
var part = 0.0;
for (var i = local; i < p.length; i += ${FOLDING}u) { part += exponential(x[first + i] - largest); }
${foldGroup('sums', 'part', (a, b) => `${a} + ${b}`)}
let total = sums[0];`;

const normalizing = kernel('softmax', ({ logarithmic }: { logarithmic: boolean }) => ({
  reads: { x: 'f32' },
  writes: { out: 'f32' },
  parameters: { length: 'u32' },
  workgroupSize: FOLDING,
  declarations,
  body: `${rowSum}
for (var i = local; i < p.length; i += ${FOLDING}u) {
  let centered = x[first + i] - largest;
  out[first + i] = ${logarithmic ? 'centered - logarithm(total)' : 'exponential(centered) / total'};
}`,
}));

/** A label that is out of range gives NaN. */
const losing = kernel('crossEntropy', ({ smoothed, plain }: { smoothed: boolean; plain: boolean }) => ({
  reads: { x: 'f32', labels: 'i32' },
  writes: { losses: 'f32', probabilities: 'f32' },
  parameters: { length: 'u32', smoothing: 'f32' },
  workgroupSize: FOLDING,
  declarations: `${declarations}\n${smoothed ? `var<workgroup> distances: array<f32, ${FOLDING}>;` : ''}`,
  body: `${rowSum}
let ofLargest = logarithm(total);
var distance = 0.0;
for (var i = local; i < p.length; i += ${FOLDING}u) {
  let centered = x[first + i] - largest;
  probabilities[first + i] = exponential(centered) / total;
  ${smoothed ? 'distance += ofLargest - centered;' : ''}
}
${smoothed ? foldGroup('distances', 'distance', (a, b) => `${a} + ${b}`) : ''}
if (local > 0u) { return; }
let label = u32(labels[block]);
if (label >= p.length) {
  losses[block] = notANumber();
  return;
}
let ofLabel = ofLargest - (x[first + label] - largest);
losses[block] = ${[
    ...(plain ? [smoothed ? '(1.0 - p.smoothing) * ofLabel' : 'ofLabel'] : []),
    ...(smoothed ? ['p.smoothing * distances[0] / f32(p.length)'] : []),
  ].join(' + ')};`,
}));

const sloping = kernel('crossEntropyGradient', () => ({
  reads: { gradient: 'f32', probabilities: 'f32', labels: 'i32' },
  writes: { out: 'f32' },
  parameters: { count: 'u32', length: 'u32', share: 'f32', own: 'f32' },
  workgroupSize: GROUP,
  body: `if (index >= p.count) { return; }
let row = index / p.length;
let wanted = p.share + select(0.0, p.own, u32(labels[row]) == index % p.length);
out[index] = gradient[row] * (probabilities[index] - wanted);`,
}));

/** Softmax and what is computed together with it: a row a workgroup. */
export function softmaxKernels(
  executor: Executor,
): Pick<Kernels, 'softmax' | 'logSoftmax' | 'crossEntropy' | 'crossEntropyGradient'> {
  const normalize = (x: Operand, out: Operand, logarithmic: boolean): void => {
    if (x.size === 0) return;
    const length = x.shape.at(-1)!;
    executor.run(
      normalizing,
      { logarithmic },
      {
        reads: [x],
        writes: [out],
        parameters: { length },
        groups: x.size / length,
      },
    );
  };
  return {
    softmax: (x, out) => normalize(x, out, false),
    logSoftmax: (x, out) => normalize(x, out, true),
    crossEntropy(logits, labels, losses, probabilities, labelSmoothing) {
      const [rows, length] = logits.shape as [number, number];
      if (logits.size === 0) return;
      const wrong = bufferOf(labels).bounds?.find((label) => label < 0 || label >= length);
      if (wrong !== undefined) {
        throw new ArgumentError(
          `crossEntropy: label ${wrong} is not one of the ${length} classes: ignoreIndex leaves out a label`,
        );
      }
      executor.run(
        losing,
        { smoothed: labelSmoothing !== 0, plain: labelSmoothing !== 1 },
        {
          reads: [logits, labels],
          writes: [losses, probabilities],
          parameters: { length, smoothing: labelSmoothing },
          groups: rows,
          operations: logits.size,
        },
      );
    },
    crossEntropyGradient(gradient, probabilities, labels, out, labelSmoothing) {
      const length = probabilities.shape[1]!;
      const share = labelSmoothing / length;
      executor.run(
        sloping,
        {},
        {
          reads: [gradient, probabilities, labels],
          writes: [out],
          parameters: { count: out.size, length, share, own: 1 - labelSmoothing },
          groups: Math.ceil(out.size / GROUP),
        },
      );
    },
  };
}
