import { ArgumentError } from '../../../errors.js';
import type { Kernels, Operand } from '../../../kernels.js';
import type { Executor } from '../executor.js';
import { wrongPosition } from '../integers.js';
import { kernelSource, ravelIndex, unravelIndex } from '../source.js';
import { reduce, sumMapped } from './reduction.js';

/** Calls the body with the largest element of every row, and the sum of e^(x − largest) over it. */
function withRowSums(executor: Executor, x: Operand, body: (largest: Operand, sums: Operand) => void): void {
  const length = x.shape.at(-1)!;
  const layout = { outer: x.size / length, length, inner: 1 };
  executor.withTemporary(layout.outer, (largest) => {
    reduce(executor, 'max', x, largest, layout);
    executor.withTemporary(layout.outer, (sums) => {
      sumMapped(executor, sums, {
        ...layout,
        inputs: [x, largest],
        parameters: ['x', 'largest'],
        term: 'const v = exponential(x[at] - largest[row]);',
      });
      body(largest, sums);
    });
  });
}

/** Softmax and what is computed together with it. */
export function softmaxKernels(
  executor: Executor,
): Pick<Kernels, 'softmax' | 'logSoftmax' | 'crossEntropy' | 'crossEntropyGradient'> {
  const byRow = (x: Operand, out: Operand, largest: Operand, sums: Operand, expression: string): void => {
    const length = x.shape.at(-1)!;
    const { statements, at } = unravelIndex('this.thread.x', [x.size / length, length], 'i');
    const body = `${statements}
const row = ${at[0]};
const centered = x[this.thread.x] - largest[row];
return ${expression};`;
    executor.launch(out, kernelSource(['x', 'largest', 'sums'], body), x, largest, sums);
  };
  const softmax = (x: Operand, out: Operand, largest: Operand, sums: Operand): void =>
    byRow(x, out, largest, sums, 'exponential(centered) / sums[row]');

  return {
    softmax(x, out) {
      if (x.size > 0) withRowSums(executor, x, (largest, sums) => softmax(x, out, largest, sums));
    },
    logSoftmax(x, out) {
      if (x.size === 0) return;
      withRowSums(executor, x, (largest, sums) => byRow(x, out, largest, sums, 'centered - logarithm(sums[row])'));
    },
    crossEntropy(logits, labels, losses, probabilities, labelSmoothing) {
      if (logits.size === 0) return;
      const length = logits.shape[1]!;
      const wrong = wrongPosition(labels, length);
      if (wrong !== undefined) {
        throw new ArgumentError(
          `crossEntropy: label ${wrong} is not one of the ${length} classes: ignoreIndex leaves out a label`,
        );
      }
      const element = (place: string) => ravelIndex(['this.thread.x', place], [length, 1]);
      const smoothed = `let total = 0;
for (let k = 0; k < ${length}; k++) { total = total + (ofLargest - (x[${element('k')}] - highest)); }
return ${labelSmoothing === 1 ? '' : `${1 - labelSmoothing} * ofLabel + `}${labelSmoothing} * total / ${length};`;
      const body = `const label = labels[this.thread.x];
if (label < 0) { return absent; }
if (label >= ${length}) { return absent; }
const highest = largest[this.thread.x];
const ofLargest = logarithm(sums[this.thread.x]);
const ofLabel = ofLargest - (x[${element('label')}] - highest);
${labelSmoothing === 0 ? 'return ofLabel;' : smoothed}`;
      const source = kernelSource(['x', 'labels', 'largest', 'sums', 'absent'], body);
      withRowSums(executor, logits, (largest, sums) => {
        executor.launch(losses, source, logits, labels, largest, sums, Number.NaN);
        softmax(logits, probabilities, largest, sums);
      });
    },
    crossEntropyGradient(gradient, probabilities, labels, out, labelSmoothing) {
      const [rows, length] = probabilities.shape as [number, number];
      const { statements, at } = unravelIndex('this.thread.x', [rows, length], 'i');
      const share = labelSmoothing / length;
      const body = `${statements}
let wanted = ${share};
if (labels[${at[0]}] === ${at[1]}) { wanted = ${share + (1 - labelSmoothing)}; }
return gradient[${at[0]}] * (probabilities[this.thread.x] - wanted);`;
      executor.launch(
        out,
        kernelSource(['gradient', 'probabilities', 'labels'], body),
        gradient,
        probabilities,
        labels,
      );
    },
  };
}
