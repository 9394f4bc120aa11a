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
      const body = `${channelOfElement(x)}
const centered = x[this.thread.x] - first[channel] - rest[channel];
const normalized = centered / Math.sqrt(variance[channel] + ${epsilon});
return normalized${gamma ? ' * gamma[channel]' : ''}${beta ? ' + beta[channel]' : ''};`;
      const centers = ['first', 'rest'];
      const parameters = ['x', ...centers, 'variance', ...(gamma ? ['gamma'] : []), ...(beta ? ['beta'] : [])];
      // The mean in two numbers: one that may be off by as much as sums in single precision are, and what it leaves.
      executor.withTemporary(channels, (first) => {
        executor.withTemporary(channels, (rest) => {
          executor.withTemporary(channels, (sums) => {
            sumOverChannels(x, sums, [x], ['x'], 'const v = x[at];');
            divide(sums, first, count);
            sumOverChannels(x, sums, [x, first], ['x', 'first'], `${channelOf(x)}\nconst v = x[at] - first[channel];`);
            divide(sums, rest, count);
            const term = `${channelOf(x)}
const distance = x[at] - first[channel] - rest[channel];
const v = distance * distance;`;
            sumOverChannels(x, sums, [x, first, rest], ['x', ...centers], term);
            divide(sums, variance, count);
          });
          executor.launch(
            mean,
            kernelSource(centers, 'return first[this.thread.x] + rest[this.thread.x];'),
            first,
            rest,
          );
          const inputs = [x, first, rest, variance, ...(gamma ? [gamma] : []), ...(beta ? [beta] : [])];
          executor.launch(out, kernelSource(parameters, body), ...inputs);
        });
      });
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
