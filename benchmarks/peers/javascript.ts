import { adamInputs, batchNormInputs, matmulInputs } from '../inputs.js';
import { serve } from '../serve.js';
import { CannotError, type Prepared } from '../subject.js';
import type { AdamWork, BatchNormWork, MatmulWork, Work } from '../work.js';
import { prepareConvolution } from './javascript/convolution.js';
import { preparePolynomial } from './javascript/polynomial.js';

function prepared(run: () => readonly ArrayLike<number>[]): Prepared {
  return { run, outputs: run };
}

function prepareMatmul(work: MatmulWork): Prepared {
  const { size } = work;
  const { a, b } = matmulInputs(work);
  return prepared(() => {
    const out = new Float32Array(size * size);
    for (let i = 0; i < size; i++) {
      for (let k = 0; k < size; k++) {
        const factor = a.data[i * size + k]!;
        for (let j = 0; j < size; j++) out[i * size + j]! += factor * b.data[k * size + j]!;
      }
    }
    return [out];
  });
}

function prepareBatchNorm(work: BatchNormWork): Prepared {
  const inputs = batchNormInputs(work);
  const [x, gamma, beta, gradient] = [inputs.x, inputs.gamma, inputs.beta, inputs.gradient].map(({ data }) => data) as [
    Float32Array,
    Float32Array,
    Float32Array,
    Float32Array,
  ];
  const [images, channels, rows, columns] = work.shape;
  const area = rows * columns;
  const count = images * area;
  /** Calls for the beginning of every plane of a channel. */
  const planes = (channel: number, visit: (start: number) => void) => {
    for (let image = 0; image < images; image++) visit((image * channels + channel) * area);
  };
  const forward = (out: Float32Array, mean: Float32Array, inverse: Float32Array) => {
    for (let channel = 0; channel < channels; channel++) {
      let sum = 0;
      planes(channel, (start) => {
        for (let i = start; i < start + area; i++) sum += x[i]!;
      });
      const center = sum / count;
      let squares = 0;
      planes(channel, (start) => {
        for (let i = start; i < start + area; i++) squares += (x[i]! - center) ** 2;
      });
      mean[channel] = center;
      inverse[channel] = 1 / Math.sqrt(squares / count + 1e-5);
      const scale = gamma[channel]! * inverse[channel]!;
      const shift = beta[channel]! - center * scale;
      planes(channel, (start) => {
        for (let i = start; i < start + area; i++) out[i] = x[i]! * scale + shift;
      });
    }
  };
  const backward = (mean: Float32Array, inverse: Float32Array) => {
    const xGradient = new Float32Array(x.length);
    const gammaGradient = new Float32Array(channels);
    const betaGradient = new Float32Array(channels);
    for (let channel = 0; channel < channels; channel++) {
      const center = mean[channel]!;
      const scale = inverse[channel]!;
      let sum = 0;
      let products = 0;
      planes(channel, (start) => {
        for (let i = start; i < start + area; i++) {
          sum += gradient[i]!;
          products += gradient[i]! * (x[i]! - center) * scale;
        }
      });
      gammaGradient[channel] = products;
      betaGradient[channel] = sum;
      planes(channel, (start) => {
        for (let i = start; i < start + area; i++) {
          const normalized = (x[i]! - center) * scale;
          xGradient[i] = gamma[channel]! * scale * (gradient[i]! - (sum + normalized * products) / count);
        }
      });
    }
    return [xGradient, gammaGradient, betaGradient];
  };
  return prepared(() => {
    const out = new Float32Array(x.length);
    const mean = new Float32Array(channels);
    const inverse = new Float32Array(channels);
    forward(out, mean, inverse);
    return work.direction === 'forward' ? [out] : [out, ...backward(mean, inverse)];
  });
}

function prepareAdam(work: AdamWork): Prepared {
  const inputs = adamInputs(work);
  const parameter = inputs.parameter.data;
  const gradient = inputs.gradient.data;
  const moment1 = new Float32Array(parameter.length);
  const moment2 = new Float32Array(parameter.length);
  let step = 0;
  return prepared(() => {
    step++;
    const correction1 = 1 - 0.9 ** step;
    const correction2 = 1 - 0.999 ** step;
    for (let i = 0; i < parameter.length; i++) {
      const slope = gradient[i]!;
      const first = 0.9 * moment1[i]! + 0.1 * slope;
      const second = 0.999 * moment2[i]! + 0.001 * slope * slope;
      moment1[i] = first;
      moment2[i] = second;
      const change = first / correction1 / (Math.sqrt(second / correction2) + 1e-8);
      parameter[i] = parameter[i]! * (1 - 1e-3 * 0.01) - 1e-3 * change;
    }
    return [parameter];
  });
}

function prepare(work: Work): Prepared {
  switch (work.kind) {
    case 'polynomial':
      return preparePolynomial(work);
    case 'matmul':
      return prepareMatmul(work);
    case 'convolution':
      return prepareConvolution(work);
    case 'batch norm':
      return prepareBatchNorm(work);
    case 'adamw':
      return prepareAdam(work);
    default:
      throw new CannotError('loops are written for single operators only');
  }
}

// Loops over typed arrays, as one writes them without a library.
await serve(async () => ({ version: process.version, prepare }));
