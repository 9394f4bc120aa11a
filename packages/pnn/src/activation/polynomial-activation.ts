import { ArgumentError, Polynomial, type PolynomialBasis, type PolynomialCoefficients, type Tensor } from '@pnn/nn';
import { type BoundaryPenalty, cappedPenalty } from '../boundary/penalty.js';
import {
  basisFor,
  type Density,
  type FitMethod,
  type FitOptions,
  FittedPolynomial,
  fitPolynomial,
  MAX_ACTIVATION_DEGREE,
  type Target,
  targetEntry,
} from '../fitting/index.js';
import { defaultPolynomial } from '../method/defaults.js';

/** What a polynomial activation approximates, where, and how it behaves out of range. */
export interface PolynomialActivationOptions {
  /**
   * The activation to approximate: a registered name, or a function. During a warm-up a function is computed number by
   * number: see `targets` for a faster way.
   *
   * @default 'relu'
   */
  readonly target?: Target;
  readonly degree: number;
  /** B: the polynomial is fitted on [−B, B]. */
  readonly bound: number;
  /**
   * α in (0, 1]: the boundary penalty begins at αB.
   *
   * @default 0.7
   */
  readonly alpha?: number;
  /**
   * How it is fitted.
   *
   * @default 'least-squares'
   */
  readonly method?: FitMethod;
  /** Equally spaced samples of the fit. */
  readonly samples?: number;
  /** How the inputs are distributed, for the method `density`. */
  readonly density?: Density;
  /**
   * The form that it is evaluated in: `even-odd`, `twice-even-odd` for high degrees, or plain Horner in t = x/B, `monomial`.
   *
   * @default 'even-odd' up to degree 22, 'twice-even-odd' beyond
   */
  readonly basis?: PolynomialBasis;
  /**
   * Whether the coefficients are learned, from those of the fit on, as `defaultPolynomial` has it.
   *
   * @default false
   */
  readonly learnable?: boolean;
  /**
   * One polynomial for each of so many channels.
   *
   * @default one polynomial for all
   */
  readonly channels?: number;
  /**
   * Beyond B while training: the polynomial itself, as in the paper, or its tangent at the boundary.
   *
   * @default 'tangent'
   */
  readonly outside?: 'polynomial' | 'tangent';
  /** @default `{ form: 'exponential', cap: 3 }` */
  readonly penalty?: BoundaryPenalty;
}

/** Zero-padded to `terms`; one-coefficient parts stay short: they have one for every bound. */
function padded(part: Float64Array, terms: number): Float64Array {
  if (part.length === 1) return part;
  const all = new Float64Array(terms);
  all.set(part);
  return all;
}

/** As many coefficients for every bound, so that one fit can replace another: a narrow one may need fewer. */
function coefficientsOf(fit: FittedPolynomial, basis: PolynomialBasis): PolynomialCoefficients {
  if (basis === 'monomial') return { basis, powers: fit.monomial() };
  const { even, odd } = basis === 'even-odd' ? fit.evenOdd() : fit.twiceEvenOdd();
  const half = fit.degree / 2;
  return { basis, even: padded(even, Math.floor(half) + 1), odd: padded(odd, Math.ceil(half)) };
}

/** Those of a lower degree in the place of those that an activation was made with: the terms that it lacks are 0. */
function inPlaceOf(
  made: { readonly evenTerms: number; readonly terms: number },
  coefficients: PolynomialCoefficients,
): PolynomialCoefficients {
  const filled = (part: ArrayLike<number>, terms: number) =>
    Float64Array.from({ length: terms }, (_, k) => part[k] ?? 0);
  const { evenTerms, terms } = made;
  if (coefficients.basis === 'monomial') return { ...coefficients, powers: filled(coefficients.powers, terms) };
  const { even, odd } = coefficients;
  return { ...coefficients, even: filled(even, evenTerms), odd: filled(odd, terms - evenTerms) };
}

function fitOf({
  target = 'relu',
  degree,
  bound,
  method,
  samples,
  density,
  densityFloor,
}: PolynomialActivationOptions & Pick<FitOptions, 'densityFloor'>): FittedPolynomial {
  return fitPolynomial(target, {
    degree,
    bound,
    ...(method !== undefined && { method }),
    ...(samples !== undefined && { samples }),
    ...(density !== undefined && { density }),
    ...(densityFloor !== undefined && { densityFloor }),
  });
}

/**
 * The fit for another bound. A density was given for the inputs of the bound that the activation was made with: where it
 * does not suit this one, such as for having no weight inside it, all inputs weigh the same.
 */
function fitForBound(options: PolynomialActivationOptions, bound: number): FittedPolynomial {
  if (options.method !== 'density') return fitOf({ ...options, bound });
  try {
    return fitOf({ ...options, bound });
  } catch (error) {
    if (!(error instanceof ArgumentError)) throw error;
    const { density, ...evenly } = options;
    // What else may be wrong, such as the bound, fails here again.
    return fitOf({ ...evenly, bound, method: 'least-squares' });
  }
}

/**
 * An activation that is a polynomial fitted to a target on [−B, B] (arXiv 2505.11589). Every forward also gives the
 * boundary penalty of its inputs and their range, from the same pass.
 */
export class PolynomialActivation extends Polynomial {
  readonly options: PolynomialActivationOptions;
  /** α: the penalty begins at αB. */
  readonly alpha: number;
  readonly #penalty: Required<BoundaryPenalty>;
  /** The last fit on the present range; coefficients may have been learned or loaded since. */
  fit: FittedPolynomial;
  /** Whether the polynomial is used (the default), or the target itself, as during a warm-up. */
  approximating = true;
  /** The penalty of the last inputs, a scalar; lives as long as the scope of the forward. */
  penalty: Tensor | undefined;
  /** Of the last inputs: max |x|, the number with |x| > B, the number that is not finite. */
  range: Tensor | undefined;
  readonly #target: (x: Tensor) => Tensor;

  /** @throws ArgumentError where an option is out of its range */
  constructor(options: PolynomialActivationOptions) {
    const { bound, basis = basisFor(options.degree), learnable, channels } = options;
    const { alpha = defaultPolynomial.alpha, outside = defaultPolynomial.outside } = options;
    if (!(alpha > 0 && alpha <= 1))
      throw new ArgumentError(`PolynomialActivation: alpha must be in (0, 1], not ${alpha}`);
    if (options.degree > MAX_ACTIVATION_DEGREE) {
      throw new ArgumentError(
        `PolynomialActivation: degree ${options.degree} cannot be evaluated in float32: take ${MAX_ACTIVATION_DEGREE} at most`,
      );
    }
    const penalty = cappedPenalty(options.penalty ?? defaultPolynomial.penalty);
    const fit = fitOf(options);
    super(coefficientsOf(fit, basis), {
      bound,
      ...(learnable !== undefined && { learnable }),
      ...(channels !== undefined && { channels }),
      outside,
    });
    this.options = options;
    this.alpha = alpha;
    this.#penalty = penalty;
    this.fit = fit;
    this.#target = targetEntry(options.target ?? 'relu').apply;
  }

  /**
   * Fits the polynomial anew on [−bound, bound], with the same number of coefficients in the same tensor: to the density
   * where one is given, else by the activation's own method. Where that is `density` and its density has no weight inside
   * the new bound, it is least squares.
   *
   * @param degree at most the one that the activation was made with; the terms that a lower one lacks are 0
   * @param target what it is fitted to, if not to the activation's own target: of a polynomial that was learned, such as one
   *   that `effectivePolynomials` tells, a fit of the same degree is that polynomial again, on another range
   * @param densityFloor as in `FitOptions`; it goes with a density
   * @throws ArgumentError where the bound is not positive and finite, the degree is too high, or the fit fails; nothing is
   *   changed then
   */
  refit(bound: number, density?: Density, degree = this.fit.degree, target?: Target, densityFloor?: number): void {
    const { target: own = 'relu', basis = basisFor(this.options.degree) } = this.options;
    const options = { ...this.#optionsOf(degree), ...(target !== undefined && { target }) };
    const floor = densityFloor !== undefined && { densityFloor };
    const fit = density
      ? fitOf({ ...options, bound, density, method: 'density', ...floor })
      : fitForBound(options, bound);
    const coefficients = coefficientsOf(fit, basis);
    const [, evenTerms = 0] = this.domain.dataSync();
    const made = { evenTerms, terms: this.coefficients.shape.at(-1)! };
    this.replace(degree < this.options.degree ? inPlaceOf(made, coefficients) : coefficients, bound);
    this.fit = target === undefined ? fit : new FittedPolynomial(own, bound, fit.method, fit.coefficients);
  }

  /**
   * Says that the coefficients, which were loaded, are those of a lower degree than the activation was made with.
   *
   * @throws ArgumentError where the degree is higher
   */
  restoreDegree(degree: number): void {
    if (degree !== this.fit.degree) this.fit = fitForBound(this.#optionsOf(degree), this.bound);
  }

  #optionsOf(degree: number): PolynomialActivationOptions {
    if (degree <= this.options.degree) return { ...this.options, degree };
    throw new ArgumentError(
      `PolynomialActivation: it was made with degree ${this.options.degree}, and cannot have degree ${degree}: make another`,
    );
  }

  /** p(x), also where the target is in use; neither penalty nor range are taken. */
  approximate(x: Tensor): Tensor {
    return this.evaluate(x).output;
  }

  /** The fit that belongs to the range that was loaded, as by `refit` without a density. */
  protected override stateLoaded(): void {
    super.stateLoaded();
    if (this.bound !== this.fit.bound) this.fit = fitForBound(this.options, this.bound);
  }

  override describe(): string {
    const { target, degree } = this.fit;
    return `${target}, degree ${degree}, bound ${Number(this.bound.toPrecision(4))}, alpha ${this.alpha}`;
  }

  override forward(x: Tensor): Tensor {
    const { form, cap } = this.#penalty;
    const limit = this.alpha * this.bound;
    const { output, penalty, range } = this.evaluate(x, form === 'max-norm' ? undefined : { form, limit, cap });
    this.penalty = form === 'max-norm' ? x.abs().max().sub(limit).relu() : penalty;
    this.range = range;
    return this.approximating ? output : this.#target(x);
  }
}
