import type { Kernels, Operand } from '../../kernels.js';
import { linearMemory } from '../../memory.js';
import { sizeOf } from '../../shape.js';
import { values } from '../host.js';
import { reference } from '../reference/index.js';
import { addressOf, type Executor } from './executor.js';
import { Workspace } from './workspace.js';

/** What becomes of an element of a channel: (x − centre)·factor + shift + gradient·slope. */
type ChannelMap = readonly [centre: number, factor: number, shift: number, slope: number];

/** Batch normalisation of float32 (Ioffe and Szegedy 2015) and its gradients; `reference` has the other types. */
export function normalisationKernels(executor: Executor): Pick<Kernels, 'batchNorm' | 'batchNormGradient'> {
  const partials = new Workspace();
  const origins = new Workspace();
  const table = new Workspace();

  const fieldsOf = (x: Operand, gradient: Operand | undefined) => {
    const [images, channels] = x.shape as [number, number];
    return [addressOf(x), gradient ? addressOf(gradient) : 0, images, channels, sizeOf(x.shape.slice(2))];
  };

  /** Σd and Σd² of each channel, or Σg and Σg·d, where d = x − centre: in the order of the images. */
  function sumsOf(x: Operand, gradient: Operand | undefined, centres: number): Float64Array {
    const channels = x.shape[1]!;
    const fields = [...fieldsOf(x, gradient), centres];
    const sums = new Float64Array(2 * channels);
    const bytes = executor.sharedBytes('channelSums', fields);
    const buffer = partials.reserve(bytes);
    executor.run('channelSums', [...fields, buffer.pointer]);
    const parts = linearMemory.view(buffer, 'float64');
    for (let position = 0; position < bytes / Float64Array.BYTES_PER_ELEMENT; ) {
      for (let i = 0; i < sums.length; i++) sums[i]! += parts[position++]!;
    }
    return sums;
  }

  /** `of` takes its views anew: memory that is not shared moves when it grows, and then they are empty. */
  function map(x: Operand, gradient: Operand | undefined, out: Operand, of: (channel: number) => ChannelMap): void {
    const channels = x.shape[1]!;
    const buffer = table.reserve(4 * channels * Float32Array.BYTES_PER_ELEMENT);
    const rows = linearMemory.view(buffer, 'float32');
    for (let c = 0; c < channels; c++) {
      of(c).forEach((factor, row) => {
        rows[row * channels + c] = factor;
      });
    }
    executor.run('channelMap', [...fieldsOf(x, gradient), buffer.pointer, addressOf(out)]);
  }

  return {
    batchNorm(x, gamma, beta, out, mean, variance, epsilon) {
      if (out.dtype !== 'float32') {
        reference.kernels.batchNorm(x, gamma, beta, out, mean, variance, epsilon);
        return;
      }
      const channels = x.shape[1]!;
      const count = x.size / channels;
      const area = count / x.shape[0]!;
      // Differences from any element of the channel keep the digits that squares of its elements would lose.
      const near = origins.reserve(channels * Float32Array.BYTES_PER_ELEMENT);
      const source = values(x);
      const centres = linearMemory.view(near, 'float32');
      for (let c = 0; c < channels; c++) {
        const first = source[c * area]!;
        centres[c] = Number.isFinite(first) ? first : 0;
      }
      const sums = sumsOf(x, undefined, near.pointer);
      map(x, undefined, out, (c) => {
        const means = values(mean);
        const offset = sums[2 * c]! / count;
        const center = linearMemory.view(near, 'float32')[c]! + offset;
        const spread = Math.max(0, sums[2 * c + 1]! / count - offset * offset);
        means[c] = center;
        values(variance)[c] = spread;
        const scale = (gamma ? values(gamma)[c]! : 1) / Math.sqrt(spread + epsilon);
        // The rest of the mean that float32 does not hold.
        const rest = means[c]! - center;
        return [means[c]!, scale, (beta ? values(beta)[c]! : 0) + (rest === 0 ? 0 : rest * scale), 0];
      });
    },

    batchNormGradient(gradient, x, gamma, mean, variance, out, gammaGradient, betaGradient, epsilon) {
      if (out.dtype !== 'float32') {
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
        return;
      }
      const count = x.size / x.shape[1]!;
      const sums = sumsOf(x, gradient, addressOf(mean));
      map(x, gradient, out, (c) => {
        const inverse = 1 / Math.sqrt(values(variance)[c]! + epsilon);
        const sum = sums[2 * c]!;
        const product = sums[2 * c + 1]!;
        values(gammaGradient)[c] = product * inverse;
        values(betaGradient)[c] = sum;
        const scale = (gamma ? values(gamma)[c]! : 1) * inverse;
        return [values(mean)[c]!, (-scale * product * inverse * inverse) / count, (-scale * sum) / count, scale];
      });
    },
  };
}
