import { apply } from '../apply.js';
import { tensor, zerosLike } from '../creation.js';
import { ArgumentError } from '../errors.js';
import { along } from '../methods/movement.js';
import { checkFloat, checkInteger } from '../operator.js';
import { checkLine, checkPairs } from '../operators/fourier.js';
import { operators } from '../operators/index.js';
import { normalizeAxes, normalizeAxis } from '../shape.js';
import type { Tensor } from '../tensor.js';
import { concat, stack } from './movement.js';

/**
 * What is divided by: the number n of elements in the inverse (`backward`) or in the forward transform (`forward`), or √n in
 * both (`ortho`).
 */
export type FourierNorm = 'backward' | 'ortho' | 'forward';

/** How a line is transformed. Complex numbers are pairs in a last axis, which axes are counted without. */
export interface FourierOptions {
  /** @default -1 */
  readonly axis?: number;
  /** @default 'backward' */
  readonly norm?: FourierNorm;
}

/** How a plane is transformed. Complex numbers are pairs in a last axis, which axes are counted without. */
export interface FourierPlaneOptions {
  /** @default [-2, -1] */
  readonly axes?: readonly [number, number];
  /** @default 'backward' */
  readonly norm?: FourierNorm;
}

/** The exponent e of the factor n^−e that each norm has in the forward transform; 1 − e is that of the inverse. */
const exponents: Readonly<Record<FourierNorm, number>> = { backward: 0, ortho: 0.5, forward: 1 };

function transform(operation: string, x: Tensor, axis: number, norm: FourierNorm, inverse: boolean): Tensor {
  const exponent = exponents[norm];
  if (exponent === undefined) {
    throw new ArgumentError(`${operation}: norm must be one of ${Object.keys(exponents).join(', ')}, not ${norm}`);
  }
  checkLine(operation, x, axis);
  const [sums] = apply(operators.fft, [x], { axis, inverse }) as [Tensor];
  const factor = x.shape[axis]! ** (inverse ? exponent - 1 : -exponent);
  return factor === 1 ? sums : sums.mul(factor);
}

function alongLine(operation: string, x: Tensor, options: FourierOptions, inverse: boolean): Tensor {
  const { axis = -1, norm = 'backward' } = options;
  checkPairs(operation, x);
  return transform(operation, x, normalizeAxis(operation, axis, x.rank - 1), norm, inverse);
}

function alongPlane(operation: string, x: Tensor, options: FourierPlaneOptions, inverse: boolean): Tensor {
  const { axes = [-2, -1], norm = 'backward' } = options;
  checkPairs(operation, x);
  const [rows, columns] = normalizeAxes(operation, axes, x.rank - 1) as [number, number];
  return transform(operation, transform(operation, x, columns, norm, inverse), rows, norm, inverse);
}

/**
 * The discrete Fourier transform y_k = Σ_t x_t·e^(−2πi·k·t/n) of complex numbers […,n,2] → […,n,2], in n·log n steps for every
 * n; on a GPU a prime factor p of n takes p steps for each element.
 *
 * @throws ShapeError where the last axis is not a pair, or the axis has no elements
 * @throws DTypeError for integers
 */
export function fft(x: Tensor, options: FourierOptions = {}): Tensor {
  return alongLine('fft', x, options, false);
}

/**
 * The inverse of `fft`: complex numbers […,n,2] → […,n,2].
 *
 * @throws ShapeError where the last axis is not a pair, or the axis has no elements
 * @throws DTypeError for integers
 */
export function ifft(x: Tensor, options: FourierOptions = {}): Tensor {
  return alongLine('ifft', x, options, true);
}

/**
 * The first half of the transform of real numbers […,n] → […,⌊n/2⌋+1,2]; the others are its conjugates.
 *
 * @throws ShapeError where the axis has no elements
 * @throws DTypeError for integers
 */
export function rfft(x: Tensor, options: FourierOptions = {}): Tensor {
  const { axis = -1, norm = 'backward' } = options;
  const at = normalizeAxis('rfft', axis, x.rank);
  checkLine('rfft', x, at);
  const whole = transform('rfft', stack([x, zerosLike(x)], -1), at, norm, false);
  return along(whole, at, 0, Math.floor(x.shape[at]! / 2) + 1);
}

/**
 * The inverse of `rfft`: the n real numbers with this half of a transform, […,m,2] → […,n]. Of a half of another length than
 * ⌊n/2⌋ + 1 the rest is left out, or 0; imaginary parts that real numbers do not have are not looked at.
 *
 * @param n how many numbers. @default 2·(m − 1)
 * @throws ShapeError where the last axis is not a pair
 * @throws ArgumentError where n is not an integer of at least 1
 * @throws DTypeError for integers
 */
export function irfft(x: Tensor, n?: number, options: FourierOptions = {}): Tensor {
  const { axis = -1, norm = 'backward' } = options;
  checkFloat('irfft', x);
  checkPairs('irfft', x);
  const at = normalizeAxis('irfft', axis, x.rank - 1);
  const length = n ?? 2 * (x.shape[at]! - 1);
  checkInteger('irfft', 'n', length, 1);
  const kept = Math.floor(length / 2) + 1;
  const half = x.pad(x.shape.map((own, each) => (each === at ? [0, kept - own] : [0, 0])));
  const conjugates = along(half, at, 1, length - kept)
    .flip(at)
    .mul(tensor([1, -1], { dtype: x.dtype, device: x.device }));
  const whole = transform('irfft', concat([half, conjugates], at), at, norm, true);
  return along(whole, x.rank - 1, 0, 1).squeeze(-1);
}

/**
 * The transform of `fft` along two axes: complex numbers […,h,w,2] → […,h,w,2].
 *
 * @throws ShapeError where the last axis is not a pair, an axis has no elements, or both are one
 * @throws DTypeError for integers
 */
export function fft2(x: Tensor, options: FourierPlaneOptions = {}): Tensor {
  return alongPlane('fft2', x, options, false);
}

/**
 * The inverse of `fft2`: complex numbers […,h,w,2] → […,h,w,2].
 *
 * @throws ShapeError where the last axis is not a pair, an axis has no elements, or both are one
 * @throws DTypeError for integers
 */
export function ifft2(x: Tensor, options: FourierPlaneOptions = {}): Tensor {
  return alongPlane('ifft2', x, options, true);
}
