import type { TypedArray } from '../../../dtype.js';
import { ArgumentError } from '../../../errors.js';
import type { Kernels } from '../../../kernels.js';
import { values } from '../../host/host.js';

/** The largest element of a row and the logarithm of Σ exp(x − largest), so that nothing overflows. */
function logSum(source: TypedArray, start: number, length: number): readonly [largest: number, logarithm: number] {
  let largest = Number.NEGATIVE_INFINITY;
  for (let i = start; i < start + length; i++) largest = Math.max(largest, source[i]!);
  let sum = 0;
  for (let i = start; i < start + length; i++) sum += Math.exp(source[i]! - largest);
  return [largest, Math.log(sum)];
}

export const softmax: Pick<Kernels, 'softmax' | 'logSoftmax' | 'crossEntropy' | 'crossEntropyGradient'> = {
  softmax(x, out) {
    const source = values(x);
    const target = values(out);
    const length = x.shape.at(-1)!;
    for (let start = 0; start < source.length; start += length) {
      const [largest, logarithm] = logSum(source, start, length);
      for (let i = start; i < start + length; i++) target[i] = Math.exp(source[i]! - largest - logarithm);
    }
  },
  logSoftmax(x, out) {
    const source = values(x);
    const target = values(out);
    const length = x.shape.at(-1)!;
    for (let start = 0; start < source.length; start += length) {
      const [largest, logarithm] = logSum(source, start, length);
      for (let i = start; i < start + length; i++) target[i] = source[i]! - largest - logarithm;
    }
  },
  crossEntropy(logits, labels, losses, probabilities, labelSmoothing) {
    const source = values(logits);
    const classes = values(labels);
    const target = values(losses);
    const shares = values(probabilities);
    const [rows, length] = logits.shape as [number, number];
    for (let row = 0; row < rows; row++) {
      const start = row * length;
      const label = classes[row]!;
      if (label < 0 || label >= length) {
        throw new ArgumentError(
          `crossEntropy: label ${label} of sample ${row} is not one of the ${length} classes: ignoreIndex leaves out a label`,
        );
      }
      const [largest, logarithm] = logSum(source, start, length);
      // Differences first: the logarithm would be lost beside large logits.
      const lossOf = (i: number) => logarithm - (source[i]! - largest);
      let total = 0;
      for (let i = start; i < start + length; i++) {
        shares[i] = Math.exp(source[i]! - largest - logarithm);
        total += lossOf(i);
      }
      const spread = labelSmoothing === 0 ? 0 : (labelSmoothing * total) / length;
      const ofLabel = labelSmoothing === 1 ? 0 : (1 - labelSmoothing) * lossOf(start + label);
      target[row] = ofLabel + spread;
    }
  },
  crossEntropyGradient(gradient, probabilities, labels, out, labelSmoothing) {
    const slopes = values(gradient);
    const shares = values(probabilities);
    const classes = values(labels);
    const target = values(out);
    const [rows, length] = probabilities.shape as [number, number];
    for (let row = 0; row < rows; row++) {
      for (let c = 0; c < length; c++) {
        const wanted = labelSmoothing / length + (c === classes[row] ? 1 - labelSmoothing : 0);
        target[row * length + c] = slopes[row]! * (shares[row * length + c]! - wanted);
      }
    }
  },
};
