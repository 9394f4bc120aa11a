import type { Kernels, Operand } from '../../../kernels.js';
import { sizeOf } from '../../../shape.js';
import { reference } from '../../reference/index.js';
import { addressOf, type Executor } from '../executor.js';
import type { BatchNorm } from '../generated/tasks.js';
import { Workspace } from '../workspace.js';

/** What only one of the directions has. */
type OwnFields = Pick<BatchNorm, 'beta' | 'gradient' | 'gammaGradient' | 'betaGradient'>;

/** Batch normalization; float64 goes to the reference. */
export function normalizationKernels(executor: Executor): Pick<Kernels, 'batchNorm' | 'batchNormGradient'> {
  const partials = new Workspace();
  const factors = new Workspace();

  const optional = (operand: Operand | undefined): number => (operand ? addressOf(operand) : 0);

  /** Runs the three kernels. */
  function run(
    x: Operand,
    gamma: Operand | undefined,
    mean: Operand,
    variance: Operand,
    out: Operand,
    epsilon: number,
    own: OwnFields,
  ): void {
    const channels = x.shape[1]!;
    const fields: BatchNorm = {
      x: addressOf(x),
      images: x.shape[0]!,
      channels,
      area: sizeOf(x.shape.slice(2)),
      gamma: optional(gamma),
      epsilon,
      mean: addressOf(mean),
      variance: addressOf(variance),
      out: addressOf(out),
      partials: 0,
      factors: factors.reserve(4 * channels * Float32Array.BYTES_PER_ELEMENT).pointer,
      beta: own.beta,
      gradient: own.gradient,
      gammaGradient: own.gammaGradient,
      betaGradient: own.betaGradient,
    };
    fields.partials = partials.reserve(executor.sharedBytes('channelSums', fields)).pointer;
    executor.run('channelSums', fields);
    executor.run('channelFactors', fields);
    executor.run('channelMap', fields);
  }

  return {
    batchNorm(x, gamma, beta, out, mean, variance, epsilon) {
      if (out.dtype === 'float32') {
        const own = { beta: optional(beta), gradient: 0, gammaGradient: 0, betaGradient: 0 };
        run(x, gamma, mean, variance, out, epsilon, own);
      } else reference.kernels.batchNorm(x, gamma, beta, out, mean, variance, epsilon);
    },

    batchNormGradient(gradient, x, gamma, mean, variance, out, gammaGradient, betaGradient, epsilon) {
      if (out.dtype === 'float32') {
        const own = {
          beta: 0,
          gradient: addressOf(gradient),
          gammaGradient: addressOf(gammaGradient),
          betaGradient: addressOf(betaGradient),
        };
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
