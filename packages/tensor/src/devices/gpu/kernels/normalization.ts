import type { Kernels, Operand } from '../../../kernels.js';
import type { Executor } from '../executor.js';
import { areaOf, kernelSource, unravelIndex } from '../source.js';
import { planesOf, reduce, sumMapped } from './reduction.js';

/** The channel of plane `row` of [N,C,…], as statements that declare `channel`. */
function channelOf(x: Operand): string {
  const [images, channels] = x.shape as [number, number];
  const { statements, at } = unravelIndex('row', [images, channels], 'p');
  return `${statements}\nconst channel = ${at[1]};`;
}

/** The channel of the element at hand. */
function channelOfElement(x: Operand): string {
  const [images, channels] = x.shape as [number, number];
  const { statements, at } = unravelIndex('this.thread.x', [images, channels, areaOf(x.shape)], 'i');
  return `${statements}\nconst channel = ${at[1]};`;
}

/** Normalization by the statistics of the batch. */
export function normalizationKernels(executor: Executor): Pick<Kernels, 'batchNorm' | 'batchNormGradient'> {
  /** Sums over the images and the plane, for every channel: first over each plane. */
  const sumOverChannels = (
    x: Operand,
    out: Operand,
    inputs: readonly Operand[],
    parameters: readonly string[],
    term: string,
  ): void => {
    const planes = planesOf(x);
    const [images, channels] = x.shape as [number, number];
    executor.withTemporary(planes.outer, (partial) => {
      sumMapped(executor, partial, { ...planes, inputs, parameters, term });
      reduce(executor, 'sum', partial, out, { outer: 1, length: images, inner: channels });
    });
  };
  const divide = (x: Operand, out: Operand, by: number): void =>
    executor.launch(out, kernelSource(['x'], `return x[this.thread.x] / ${by};`), x);

  return {
    batchNorm(x, gamma, beta, out, mean, variance, epsilon) {
      const channels = x.shape[1]!;
      const count = x.size / channels;
      executor.withTemporary(channels, (sums) => {
        sumOverChannels(x, sums, [x], ['x'], 'const v = x[at];');
        divide(sums, mean, count);
        const term = `${channelOf(x)}\nconst distance = x[at] - mean[channel];\nconst v = distance * distance;`;
        sumOverChannels(x, sums, [x, mean], ['x', 'mean'], term);
        divide(sums, variance, count);
      });
      const body = `${channelOfElement(x)}
const centered = x[this.thread.x] - mean[channel];
const normalized = centered / Math.sqrt(variance[channel] + ${epsilon});
return normalized${gamma ? ' * gamma[channel]' : ''}${beta ? ' + beta[channel]' : ''};`;
      const parameters = ['x', 'mean', 'variance', ...(gamma ? ['gamma'] : []), ...(beta ? ['beta'] : [])];
      const inputs = [x, mean, variance, ...(gamma ? [gamma] : []), ...(beta ? [beta] : [])];
      executor.launch(out, kernelSource(parameters, body), ...inputs);
    },
    batchNormGradient(gradient, x, gamma, mean, variance, out, gammaGradient, betaGradient, epsilon) {
      const count = x.size / x.shape[1]!;
      sumOverChannels(x, betaGradient, [gradient], ['gradient'], 'const v = gradient[at];');
      const term = `${channelOf(x)}
const v = gradient[at] * (x[at] - mean[channel]) / Math.sqrt(variance[channel] + ${epsilon});`;
      sumOverChannels(x, gammaGradient, [gradient, x, mean, variance], ['gradient', 'x', 'mean', 'variance'], term);
      const body = `${channelOfElement(x)}
const inverse = 1 / Math.sqrt(variance[channel] + ${epsilon});
const normalized = (x[this.thread.x] - mean[channel]) * inverse;
const slope = gradient[this.thread.x] - (betaGradient[channel] + normalized * gammaGradient[channel]) / ${count};
return slope * inverse${gamma ? ' * gamma[channel]' : ''};`;
      executor.launch(
        out,
        kernelSource(
          ['gradient', 'x', 'mean', 'variance', 'betaGradient', 'gammaGradient', ...(gamma ? ['gamma'] : [])],
          body,
        ),
        ...[gradient, x, mean, variance, betaGradient, gammaGradient, ...(gamma ? [gamma] : [])],
      );
    },
  };
}
