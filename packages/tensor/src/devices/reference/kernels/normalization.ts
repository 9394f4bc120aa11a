import type { Kernels } from '../../../kernels.js';
import { sizeOf } from '../../../shape.js';
import { values } from '../../host/host.js';

export const normalization: Pick<Kernels, 'batchNorm' | 'batchNormGradient'> = {
  batchNorm(x, gamma, beta, out, mean, variance, epsilon) {
    const source = values(x);
    const target = values(out);
    const means = values(mean);
    const variances = values(variance);
    const scales = gamma && values(gamma);
    const shifts = beta && values(beta);
    const [images, channels] = x.shape as [number, number];
    const area = sizeOf(x.shape.slice(2));
    const count = images * area;
    for (let c = 0; c < channels; c++) {
      let sum = 0;
      for (let image = 0; image < images; image++) {
        const start = (image * channels + c) * area;
        for (let i = start; i < start + area; i++) sum += source[i]!;
      }
      const center = sum / count;
      let squares = 0;
      for (let image = 0; image < images; image++) {
        const start = (image * channels + c) * area;
        for (let i = start; i < start + area; i++) squares += (source[i]! - center) ** 2;
      }
      const spread = squares / count;
      const scale = (scales ? scales[c]! : 1) / Math.sqrt(spread + epsilon);
      const shift = shifts ? shifts[c]! : 0;
      for (let image = 0; image < images; image++) {
        const start = (image * channels + c) * area;
        for (let i = start; i < start + area; i++) target[i] = (source[i]! - center) * scale + shift;
      }
      means[c] = center;
      variances[c] = spread;
    }
  },
  batchNormGradient(gradient, x, gamma, mean, variance, out, gammaGradient, betaGradient, epsilon) {
    const slopes = values(gradient);
    const source = values(x);
    const target = values(out);
    const means = values(mean);
    const variances = values(variance);
    const scales = gamma && values(gamma);
    const gammaSlopes = values(gammaGradient);
    const betaSlopes = values(betaGradient);
    const [images, channels] = x.shape as [number, number];
    const area = sizeOf(x.shape.slice(2));
    const count = images * area;
    for (let c = 0; c < channels; c++) {
      const center = means[c]!;
      const inverse = 1 / Math.sqrt(variances[c]! + epsilon);
      let sum = 0;
      let product = 0;
      for (let image = 0; image < images; image++) {
        const start = (image * channels + c) * area;
        for (let i = start; i < start + area; i++) {
          sum += slopes[i]!;
          product += slopes[i]! * (source[i]! - center);
        }
      }
      gammaSlopes[c] = product * inverse;
      betaSlopes[c] = sum;
      const scale = (scales ? scales[c]! : 1) * inverse;
      const meanSlope = sum / count;
      const correction = (product * inverse * inverse) / count;
      for (let image = 0; image < images; image++) {
        const start = (image * channels + c) * area;
        for (let i = start; i < start + area; i++) {
          target[i] = scale * (slopes[i]! - meanSlope - (source[i]! - center) * correction);
        }
      }
    }
  },
};
