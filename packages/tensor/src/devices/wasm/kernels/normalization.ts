import type { Kernels, Operand } from '../../../kernels.js';
import { sizeOf } from '../../../shape.js';
import { reference } from '../../reference/index.js';
import { addressOf, type Executor } from '../executor.js';
import { Workspace } from '../workspace.js';

/** What only one of the directions has, in the order of the fields. */
type OwnFields = readonly [beta: number, gradient: number, gammaGradient: number, betaGradient: number];

/** Batch normalization; float64 goes to the reference. */
export function normalizationKernels(executor: Executor): Pick<Kernels, 'batchNorm' | 'batchNormGradient'> {
  const partials = new Workspace();
  const factors = new Workspace();

  const optional = (operand: Operand | undefined): number => (operand ? addressOf(operand) : 0);

  /** Runs the three kernels; the fields are those of kernels/normalization/fields.ts. */
  function run(
    x: Operand,
    gamma: Operand | undefined,
    mean: Operand,
    variance: Operand,
    out: Operand,
    epsilon: number,
    own: OwnFields,
  ): void {
    const images = x.shape[0]!;
    const channels = x.shape[1]!;
    const sizes = [images, channels, sizeOf(x.shape.slice(2))];
    const fields = [addressOf(x), ...sizes, optional(gamma), epsilon, ...[mean, variance, out].map(addressOf)];
    const sums = partials.reserve(executor.sharedBytes('channelSums', fields));
    const table = factors.reserve(4 * channels * Float32Array.BYTES_PER_ELEMENT);
    const all = [...fields, sums.pointer, table.pointer, ...own];
    executor.run('channelSums', all);
    executor.run('channelFactors', all);
    executor.run('channelMap', all);
  }

  return {
    batchNorm(x, gamma, beta, out, mean, variance, epsilon) {
      if (out.dtype === 'float32') run(x, gamma, mean, variance, out, epsilon, [optional(beta), 0, 0, 0]);
      else reference.kernels.batchNorm(x, gamma, beta, out, mean, variance, epsilon);
    },

    batchNormGradient(gradient, x, gamma, mean, variance, out, gammaGradient, betaGradient, epsilon) {
      if (out.dtype === 'float32') {
        const own = [0, addressOf(gradient), addressOf(gammaGradient), addressOf(betaGradient)] as const;
        run(x, gamma, mean, variance, out, epsilon, own);
      } else {
        reference.kernels.batchNormGradient(
          gradient,
          x,
          gamma,
          mean,
          variance,
          out,
          gammaGradient,
          betaGradient,
          epsilon,
        );
      }
    },
  };
}
