import { divide, type Series, squareRoot } from './chebyshev.js';

/** One number for all elements, or one for each of so many polynomials. */
type Coefficient = readonly number[];

/** A step that is multiplied by numbers and added up. */
export interface Term {
  readonly step: number;
  /** By polynomial. */
  readonly factor: Coefficient;
  /**
   * Whether the factor is the power of two that the method has here, whatever the coefficients: then the product is made by
   * doubling, and costs no level.
   */
  readonly exact: boolean;
}

/** A product of two earlier sums. */
export interface Product {
  readonly kind: 'product';
  readonly a: number;
  readonly b: number;
}

/** A sum of earlier steps. */
export interface Sum {
  readonly kind: 'sum';
  readonly terms: readonly Term[];
  readonly constant: Coefficient;
}

/** How a polynomial is computed: step 0 is its variable; the last one is the result. */
export interface Steps {
  readonly steps: readonly ({ readonly kind: 'input' } | Product | Sum)[];
  /** Which polynomial is that of an element; undefined if there is one for all. */
  readonly polynomialOf: Int32Array | undefined;
  /** Levels that it takes. */
  readonly depth: number;
  /** p = factor · (last step) + constant, by polynomial. */
  readonly factor: Coefficient;
  readonly constant: Coefficient;
}

interface Linear {
  readonly terms: readonly Term[];
  readonly constant: Coefficient;
}

/** By polynomial: coefficients of one power. */
type ManySeries = readonly Coefficient[];

const degreeOf = (many: ManySeries) => many.length - 1;

/** Applies a function of series to the series of each polynomial. */
function each<T extends Readonly<Record<string, readonly number[]>>>(
  many: ManySeries,
  f: (series: Series) => T,
): { [Key in keyof T]: number[][] } {
  const count = many[0]!.length;
  const results = Array.from({ length: count }, (_, i) => f(many.map((coefficients) => coefficients[i]!)));
  const names = Object.keys(results[0]!) as (keyof T)[];
  return Object.fromEntries(
    names.map((name) => [name, results[0]![name]!.map((_, k) => results.map((result) => result[name]![k]!))]),
  ) as { [Key in keyof T]: number[][] };
}

const isZero = (coefficient: Coefficient) => coefficient.every((value) => value === 0);

class Builder {
  readonly steps: ({ readonly kind: 'input' } | Product | Sum)[] = [{ kind: 'input' }];
  readonly depths = [0];
  readonly #count: number;

  constructor(count: number) {
    this.#count = count;
  }

  all(value: number): number[] {
    return new Array<number>(this.#count).fill(value);
  }

  /** A step times coefficients. */
  term(step: number, factor: Coefficient): Linear {
    return { terms: isZero(factor) ? [] : [{ step, factor, exact: false }], constant: this.all(0) };
  }

  /** A step, once or twice. */
  exactly(step: number, times: 1 | 2 = 1): Linear {
    return { terms: [{ step, factor: this.all(times), exact: true }], constant: this.all(0) };
  }

  plus(a: Linear, b: Linear): Linear {
    const terms = [...a.terms];
    for (const term of b.terms) {
      const same = terms.findIndex(({ step }) => step === term.step);
      if (same < 0) terms.push(term);
      else {
        const factor = terms[same]!.factor.map((value, i) => value + term.factor[i]!);
        terms[same] = { step: term.step, factor, exact: false };
      }
    }
    return { terms, constant: a.constant.map((value, i) => value + b.constant[i]!) };
  }

  shifted(a: Linear, by: Coefficient): Linear {
    return { terms: a.terms, constant: a.constant.map((value, i) => value + by[i]!) };
  }

  doubled({ terms, constant }: Linear): Linear {
    const twice = (own: Coefficient) => own.map((value) => 2 * value);
    return { terms: terms.map((term) => ({ ...term, factor: twice(term.factor) })), constant: twice(constant) };
  }

  /** The step that computes a linear combination. */
  made(linear: Linear): number {
    const [only] = linear.terms;
    if (linear.terms.length === 1 && isZero(linear.constant) && only!.exact && only!.factor[0] === 1) {
      return only!.step;
    }
    const depth = (term: Term) => this.depths[term.step]! + (term.exact ? 0 : 1);
    return this.#add({ kind: 'sum', ...linear }, Math.max(...linear.terms.map(depth)));
  }

  product(a: number, b: number): number {
    return this.#add({ kind: 'product', a, b }, Math.max(this.depths[a]!, this.depths[b]!) + 1);
  }

  #add(step: Product | Sum, depth: number): number {
    this.steps.push(step);
    this.depths.push(depth);
    return this.steps.length - 1;
  }
}

/** The polynomials in one variable, a step of the builder, by their Chebyshev series. */
class InVariable {
  readonly #builder: Builder;
  readonly #variable: number;
  /** T_{2^k} of the variable by 2^k, as steps. */
  readonly #powers = new Map<number, number>();
  #thirdStep: number | undefined;
  /** (x + shift)², if it was computed. */
  #square: { readonly step: number; readonly shift: Coefficient } | undefined;

  constructor(builder: Builder, variable: number) {
    this.#builder = builder;
    this.#variable = variable;
  }

  /** T_m for a power of two, by T_{2m} = 2·T_m² − 1. */
  #power(m: number): number {
    if (m === 1) return this.#variable;
    const known = this.#powers.get(m);
    if (known !== undefined) return known;
    const build = this.#builder;
    const made = build.made(m === 2 ? this.#second() : this.#doubled(this.#power(m / 2)));
    this.#powers.set(m, made);
    return made;
  }

  #doubled(step: number): Linear {
    const build = this.#builder;
    return build.shifted(build.exactly(build.product(step, step), 2), build.all(-1));
  }

  /** 2x² − 1, from a square that is there already: x² = (x + h)² − 2hx − h². */
  #second(): Linear {
    if (!this.#square) return this.#doubled(this.#variable);
    const { step, shift } = this.#square;
    const build = this.#builder;
    const linear = build.term(
      this.#variable,
      shift.map((h) => -4 * h),
    );
    return build.plus(
      build.exactly(step, 2),
      build.shifted(
        linear,
        shift.map((h) => -2 * h * h - 1),
      ),
    );
  }

  /** T_3 = 2x·T_2 − x; half of T_3 + x is what the product gives. */
  #third(): number {
    const build = this.#builder;
    this.#thirdStep ??= build.made(
      build.plus(
        build.exactly(build.product(this.#variable, this.#power(2)), 2),
        build.term(this.#variable, build.all(-1)),
      ),
    );
    return this.#thirdStep;
  }

  /**
   * Any polynomial: A·T_m + B with the largest power of two m (Paterson and Stockmeyer, 1973). It takes log2(degree + 1)
   * levels, rounded up; where there is one more, parts of degree 3 share T_3.
   */
  general(series: ManySeries, levels: number): Linear {
    const build = this.#builder;
    const degree = degreeOf(series);
    if (degree === 0) return { terms: [], constant: series[0]! };
    if (degree === 1) return build.shifted(build.term(this.#variable, series[1]!), series[0]!);
    if (degree === 3 && levels > 2) {
      const [constant, linear, second, third] = series as [Coefficient, Coefficient, Coefficient, Coefficient];
      const high = build.plus(build.term(this.#third(), third), build.term(this.#power(2), second));
      return build.shifted(build.plus(high, build.term(this.#variable, linear)), constant);
    }
    const m = 2 ** Math.floor(Math.log2(degree));
    const { quotient, rest } = each(series, (own) => divide(own, m));
    const power = this.#power(m);
    const high =
      degreeOf(quotient) === 0
        ? build.term(power, quotient[0]!)
        : build.exactly(build.product(build.made(this.general(quotient, levels - 1)), power));
    return build.plus(high, this.general(rest, levels));
  }

  /**
   * A polynomial whose degree is a power of two and whose leading coefficient is 1/2, in log2(degree) levels: the square of
   * its root, plus a rest of less than half the degree.
   */
  monic(series: ManySeries): Linear {
    const build = this.#builder;
    if (degreeOf(series) === 2) {
      // T_2/2 + p·x + c = (x + p/2)² + c − 1/2 − p²/4.
      const shift = series[1]!.map((p) => p / 2);
      const root = build.made(build.shifted(build.exactly(this.#variable), shift));
      const step = build.product(root, root);
      this.#square ??= { step, shift };
      return build.shifted(
        build.exactly(step),
        series[0]!.map((c, i) => c - 0.5 - shift[i]! ** 2),
      );
    }
    const { root, rest } = each(series, squareRoot);
    const halved = root.map((coefficients) => coefficients.map((value) => value / 2));
    const made = build.made(build.doubled(this.monic(halved)));
    return build.plus(build.exactly(build.product(made, made)), this.general(rest, Math.log2(degreeOf(series))));
  }
}

/** The steps that a result needs, in their order: the result comes last. */
function needed(steps: Steps['steps'], result: number): Steps['steps'] {
  const used = new Set([0, result]);
  for (let i = result; i > 0; i--) {
    const step = steps[i]!;
    if (!used.has(i) || step.kind === 'input') continue;
    for (const each of step.kind === 'product' ? [step.a, step.b] : step.terms.map((term) => term.step)) used.add(each);
  }
  const places = new Map([...used].sort((a, b) => a - b).map((step, place) => [step, place]));
  const at = (step: number) => places.get(step)!;
  return [...places.keys()].map((index) => {
    const step = steps[index]!;
    if (step.kind === 'input') return step;
    if (step.kind === 'product') return { kind: 'product', a: at(step.a), b: at(step.b) };
    return { ...step, terms: step.terms.map((term) => ({ ...term, step: at(term.step) })) };
  });
}

/** Coefficients below this share of the largest one are rounding errors of the fit. */
const NEGLIGIBLE = 1e-11;

function trimmed(series: Series): number[] {
  const least = NEGLIGIBLE * Math.max(...series.map(Math.abs));
  let degree = series.length - 1;
  while (degree > 0 && Math.abs(series[degree]!) <= least) degree--;
  return series.slice(0, degree + 1).map((value) => (Math.abs(value) <= least ? 0 : value));
}

const isPowerOfTwo = (value: number) => Number.isInteger(Math.log2(value));

/** The degree of polynomials by their series, the largest of all. */
export function degreeOfAll(polynomials: readonly Series[]): number {
  return Math.max(...polynomials.map((series) => trimmed(series).length - 1));
}

/**
 * How polynomials of degree 2 and more are computed in few levels: 2 takes 1, 4 takes 2, 8 takes 3, 16 takes 4, those
 * between as many as the next larger one, and one more where the degree is no power of two. A leading coefficient goes
 * to the factor of the result.
 *
 * @param polynomials Chebyshev series in t = x/B
 * @param polynomialOf which of them is that of an element
 */
export function stepsOf(polynomials: readonly Series[], polynomialOf: Int32Array | undefined): Steps {
  const degree = degreeOfAll(polynomials);
  const padded = polynomials.map(trimmed).map((own) => Array.from({ length: degree + 1 }, (_, k) => own[k] ?? 0));
  const leading = padded.map((series) => 2 * series[degree]!);
  const canBeMonic = (own: number) => own >= 2 && isPowerOfTwo(own) && leading.every((value) => value !== 0);
  // Even but for a linear term, as fits of ReLU and its kin are: a polynomial of half the degree in s = 2t² − 1.
  const isEven =
    degree >= 4 && degree % 2 === 0 && padded.every((own) => own.every((c, k) => k % 2 === 0 || k === 1 || c === 0));
  const monic = canBeMonic(degree);
  // Chebyshev polynomials are 1 at most: so is what remains.
  const largest = padded.map((series) => series.reduce((sum, c) => sum + Math.abs(c), 0) || 1);
  const factor = monic ? leading : largest;
  const series = Array.from({ length: degree + 1 }, (_, k) => padded.map((own, i) => own[k]! / factor[i]!));
  const build = new Builder(polynomials.length);
  const evaluate = (variable: number, own: ManySeries) => {
    const inVariable = new InVariable(build, variable);
    return monic ? inVariable.monic(own) : inVariable.general(own, Math.ceil(Math.log2(own.length)));
  };
  let result: Linear;
  if (isEven) {
    const square = build.product(0, 0);
    const second = build.made(build.shifted(build.exactly(square, 2), build.all(-1)));
    const even = evaluate(
      second,
      series.filter((_, k) => k % 2 === 0),
    );
    result = build.plus(even, build.term(0, series[1]!));
  } else result = evaluate(0, series);
  // The constant of the result goes to the next layer, too.
  const last = build.made({ terms: result.terms, constant: build.all(0) });
  return {
    steps: needed(build.steps, last),
    polynomialOf,
    depth: build.depths[last]!,
    factor,
    constant: result.constant.map((value, i) => value * factor[i]!),
  };
}

/** Computes the steps for every element, without factor and constant. */
export function evaluateSteps({ steps, polynomialOf }: Steps, x: Float64Array): Float64Array {
  const values: Float64Array[] = [];
  const of = (coefficient: Coefficient, i: number) => coefficient[polynomialOf?.[i] ?? 0]!;
  for (const step of steps) {
    if (step.kind === 'input') values.push(x);
    else if (step.kind === 'product') values.push(values[step.a]!.map((value, i) => value * values[step.b]![i]!));
    else {
      values.push(
        x.map((_, i) =>
          step.terms.reduce((sum, term) => sum + of(term.factor, i) * values[term.step]![i]!, of(step.constant, i)),
        ),
      );
    }
  }
  return values.at(-1)!;
}
