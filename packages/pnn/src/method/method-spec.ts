import type { PolynomialBasis } from '@pnn/nn';
import { type BoundaryPenalty, penaltyForms } from '../boundary/penalty.js';
import { boolean, count, type Decoder, nullable, number, object, oneOf, text, union } from '../codec/index.js';
import type { FitMethod } from '../fitting/index.js';

/** How the range [−B, B] of every activation is chosen: from the data, or the same for all. */
export type BoundSpec =
  | {
      readonly kind: 'calibrated';
      /** Steps of the warm-up with the target activation. */
      readonly steps: number;
      /** See `CalibrationOptions`. */
      readonly quantile: number;
      readonly margin: number;
      readonly density: boolean;
    }
  | { readonly kind: 'fixed'; readonly bound: number };

/** How strongly inputs out of range are held back: λ, or dual ascent from a first λ; 0 for no boundary loss. */
export type LambdaSpec =
  | { readonly kind: 'constant'; readonly lambda: number }
  | { readonly kind: 'dual'; readonly initial: number };

/** The polynomials of a network, and what holds their inputs in range. */
export interface PolynomialSpec {
  readonly degree: number;
  readonly bound: BoundSpec;
  /** α: the boundary loss begins at |x| = αB. */
  readonly alpha: number;
  /** How a polynomial is fitted if not by the density of its inputs, which calibration finds out. */
  readonly method: Exclude<FitMethod, 'density'>;
  /** Equally spaced samples of the fit; null for as many as `fitPolynomial` takes by itself. */
  readonly samples: number | null;
  readonly basis: PolynomialBasis;
  readonly learnable: boolean;
  readonly outside: 'polynomial' | 'tangent';
  readonly penalty: Required<BoundaryPenalty>;
  readonly lambda: LambdaSpec;
}

/** The activations of a network: what they approximate, and by which polynomials. Plain data that survives JSON. */
export interface MethodSpec {
  /** The name of the target activation. */
  readonly target: string;
  /** Null for a network with the target itself, such as the twin of a polynomial one. */
  readonly polynomial: PolynomialSpec | null;
}

const bound: Decoder<BoundSpec> = union<BoundSpec>({
  calibrated: object({ kind: oneOf('calibrated'), steps: count, quantile: number, margin: number, density: boolean }),
  fixed: object({ kind: oneOf('fixed'), bound: number }),
});

const lambda: Decoder<LambdaSpec> = union<LambdaSpec>({
  constant: object({ kind: oneOf('constant'), lambda: number }),
  dual: object({ kind: oneOf('dual'), initial: number }),
});

/** Decodes a {@link PolynomialSpec}. */
export const polynomialSpec: Decoder<PolynomialSpec> = object<PolynomialSpec>({
  degree: count,
  bound,
  alpha: number,
  method: oneOf('least-squares', 'minimax'),
  samples: nullable(count),
  basis: oneOf('even-odd', 'twice-even-odd', 'monomial'),
  learnable: boolean,
  outside: oneOf('polynomial', 'tangent'),
  penalty: object<Required<BoundaryPenalty>>({ form: oneOf(...penaltyForms), cap: number }),
  lambda,
});

/** Decodes a {@link MethodSpec}. */
export const methodSpec: Decoder<MethodSpec> = object<MethodSpec>({
  target: text,
  polynomial: nullable(polynomialSpec),
});
