import { type ArrayDataset, Generator, sizeOf } from '@pnn/nn';
import { channelStatistics } from '../../src/index.js';
import { normalized } from '../normalized.js';

/** The logits of one image, which begins at `start` of `pixels`. */
function logitsOf(
  logits: Float64Array,
  weights: Float64Array,
  pixels: ArrayLike<number>,
  start: number,
  size: number,
): void {
  for (let k = 0; k < logits.length; k++) {
    const row = k * (size + 1);
    let sum = weights[row + size]!;
    for (let i = 0; i < size; i++) sum += weights[row + i]! * pixels[start + i]!;
    logits[k] = sum;
  }
}

function accuracy(
  weights: Float64Array,
  pixels: ArrayLike<number>,
  labels: ArrayDataset['labels'],
  classes: number,
): number {
  const size = pixels.length / labels.length;
  const logits = new Float64Array(classes);
  let right = 0;
  for (let n = 0; n < labels.length; n++) {
    logitsOf(logits, weights, pixels, n * size, size);
    if (logits.indexOf(Math.max(...logits)) === labels[n]) right++;
  }
  return right / labels.length;
}

export interface LinearFit {
  /** Accuracy on the training images after the last epoch. */
  readonly train: number;
  /** The best accuracy on the test images after any epoch: what early stopping could have got at most. */
  readonly bestTest: number;
}

/** Softmax regression by stochastic gradient descent, a learning rate falling to zero, one image a step. */
export function softmaxRegression(train: ArrayDataset, test: ArrayDataset, epochs: number): LinearFit {
  const statistics = channelStatistics(train);
  const pixels = normalized(train, statistics);
  const testPixels = normalized(test, statistics);
  const classes = train.classes?.length ?? 0;
  const size = sizeOf(train.inputShape);
  const weights = new Float64Array(classes * (size + 1));
  const logits = new Float64Array(classes);
  const generator = new Generator(1, 'shuffle');
  let bestTest = 0;
  for (let epoch = 0; epoch < epochs; epoch++) {
    const rate = 0.002 * (1 - epoch / epochs);
    for (const n of generator.permutation(train.length)) {
      logitsOf(logits, weights, pixels, n * size, size);
      const highest = Math.max(...logits);
      const total = logits.reduce((sum, logit) => sum + Math.exp(logit - highest), 0);
      for (let k = 0; k < classes; k++) {
        const error = Math.exp(logits[k]! - highest) / total - (train.labels[n] === k ? 1 : 0);
        const row = k * (size + 1);
        for (let i = 0; i < size; i++) weights[row + i]! -= rate * error * pixels[n * size + i]!;
        weights[row + size]! -= rate * error;
      }
    }
    bestTest = Math.max(bestTest, accuracy(weights, testPixels, test.labels, classes));
  }
  return { train: accuracy(weights, pixels, train.labels, classes), bestTest };
}
