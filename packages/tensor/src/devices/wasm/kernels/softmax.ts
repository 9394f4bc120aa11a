import { ArgumentError } from '../../../errors.js';
import type { Kernels, Operand } from '../../../kernels.js';
import { values } from '../../host/host.js';
import { reference } from '../../reference/index.js';
import { addressOf, type Executor } from '../executor.js';

type Softmax = Pick<Kernels, 'softmax' | 'logSoftmax' | 'crossEntropy' | 'crossEntropyGradient'>;

/** Softmax along the last axis and the cross-entropy with it for float32; `reference` has the other types. */
export function softmaxKernels(executor: Executor): Softmax {
  function run(x: Operand, out: Operand, logarithmic: boolean): void {
    const length = x.shape.at(-1)!;
    executor.run('softmax', {
      x: addressOf(x),
      out: addressOf(out),
      rows: x.size / length,
      length,
      logarithmic: Number(logarithmic),
    });
  }

  return {
    softmax(x, out) {
      if (out.dtype !== 'float32') reference.kernels.softmax(x, out);
      else run(x, out, false);
    },
    logSoftmax(x, out) {
      if (out.dtype !== 'float32') reference.kernels.logSoftmax(x, out);
      else run(x, out, true);
    },
    crossEntropy(logits, labels, losses, softmax, labelSmoothing) {
      if (losses.dtype !== 'float32') {
        reference.kernels.crossEntropy(logits, labels, losses, softmax, labelSmoothing);
        return;
      }
      const [rows, length] = logits.shape as [number, number];
      values(labels).forEach((label, row) => {
        if (label >= 0 && label < length) return;
        throw new ArgumentError(
          `crossEntropy: label ${label} of sample ${row} is not one of the ${length} classes: ignoreIndex leaves out a label`,
        );
      });
      executor.run('crossEntropy', {
        logits: addressOf(logits),
        labels: addressOf(labels),
        losses: addressOf(losses),
        softmax: addressOf(softmax),
        rows,
        length,
        labelSmoothing,
      });
    },
    crossEntropyGradient(gradient, softmax, labels, out, labelSmoothing) {
      if (out.dtype !== 'float32') {
        reference.kernels.crossEntropyGradient(gradient, softmax, labels, out, labelSmoothing);
        return;
      }
      const [rows, length] = softmax.shape as [number, number];
      executor.run('crossEntropyGradient', {
        gradient: addressOf(gradient),
        softmax: addressOf(softmax),
        labels: addressOf(labels),
        out: addressOf(out),
        rows,
        length,
        labelSmoothing,
      });
    },
  };
}
