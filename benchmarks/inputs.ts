import type { ActivationWork, AdamWork, BatchNormWork, ConvolutionWork, MatmulWork, PolynomialWork } from './work.js';

/**
 * Numbers in [low, high) that every participant can make for itself, in any language with 32-bit integers: element i of
 * the sequence with a seed is the hash of i + seed·2^24. The mixing is that of MurmurHash3's finalizer (A. Appleby, public domain).
 */
export function uniform(count: number, seed: number, low = -1, high = 1): Float32Array {
  const values = new Float32Array(count);
  for (let i = 0; i < count; i++) {
    let hash = (i + seed * 2 ** 24) | 0;
    hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
    hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
    hash ^= hash >>> 16;
    values[i] = low + (high - low) * ((hash >>> 0) / 2 ** 32);
  }
  return values;
}

/** Label i is i modulo the number of classes. */
export function labels(count: number, classes: number): Int32Array {
  return Int32Array.from({ length: count }, (_, i) => i % classes);
}

/** How far from 0 the weights of a layer start: their variance is 1/fan-in. */
export function weightReach(fanIn: number): number {
  return Math.sqrt(3 / fanIn);
}

/** A tensor in plain numbers. */
export interface Input {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

function input(shape: readonly number[], seed: number, low = -1, high = 1): Input {
  const count = shape.reduce((product, length) => product * length, 1);
  return { shape, data: uniform(count, seed, low, high) };
}

/** What a polynomial is evaluated on, and the gradient of the result. */
export function polynomialInputs(work: PolynomialWork | ActivationWork) {
  const { kind, count, bound } = work;
  const reach = kind === 'polynomial' ? bound / 2 : work.reach;
  return { x: input([count], 1, -reach, reach), gradient: input([count], 2, 0, 1) };
}

/** Two square matrices. */
export function matmulInputs({ size }: MatmulWork) {
  return { a: input([size, size], 1), b: input([size, size], 2) };
}

/** Images, filters, and the gradient of the result. */
export function convolutionInputs(work: ConvolutionWork) {
  const { batch, inChannels, outChannels, size, kernel, stride } = work;
  const outSize = Math.ceil(size / stride);
  return {
    x: input([batch, inChannels, size, size], 1),
    weight: input([outChannels, inChannels, kernel, kernel], 2),
    gradient: input([batch, outChannels, outSize, outSize], 3),
  };
}

/** Images, γ and β, and the gradient of the result. */
export function batchNormInputs({ shape }: BatchNormWork) {
  return {
    x: input(shape, 1),
    gamma: input([shape[1]], 2),
    beta: input([shape[1]], 3),
    gradient: input(shape, 4),
  };
}

/** A parameter and its gradient. */
export function adamInputs({ count }: AdamWork) {
  return { parameter: input([count], 1), gradient: input([count], 2) };
}
