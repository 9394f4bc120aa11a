import {
  ArgumentError,
  formatShape,
  Generator,
  GradientError,
  type Shape,
  scope,
  sizeOf,
  type Tensor,
  tensor,
} from '@pnn/tensor';
import { grad } from './backward.js';
import { requireGrad } from './history.js';
import { enableGrad } from './recording.js';

/** How a gradient check is done; the defaults are strict. */
export interface GradientCheckOptions {
  /**
   * 1 checks the gradients; 2 also those of the gradients.
   *
   * @default 1
   */
  readonly order?: 1 | 2;
  /**
   * The largest error, relative to the size of the derivative or to 1, whichever is larger.
   *
   * @default 1e-6
   */
  readonly tolerance?: number;
  /**
   * Random directions tried in the space of all inputs; up to 24 elements, each coordinate is checked as well.
   *
   * @default 3
   */
  readonly directions?: number;
  /**
   * What the random directions are drawn with.
   *
   * @default 0
   */
  readonly seed?: number;
}

type Points = readonly Float64Array[];
type ScalarFunction = (inputs: readonly Tensor[]) => Tensor;

/** One element of one input. */
interface Coordinate {
  readonly input: number;
  readonly position: number;
}

/** A derivative along a direction beside that by finite differences. */
interface Comparison {
  /** Relative to the larger of both where that is above 1. */
  readonly error: number;
  readonly expected: number;
  readonly found: number;
  /** How far rounding of the values may have moved the finite difference. */
  readonly rounding: number;
}

/** Up to so many coordinates are checked one by one. */
const FEW = 24;
/** Of a value that was computed in a few steps, relative to it. */
const ROUNDING = 1e-14;
/** How far derivatives that are all below the tolerance may differ, relative to the largest of them. */
const SMALL_TOLERANCE = 0.01;
/** Derivatives that are smaller than this part of the tolerance count as 0. */
const NEGLIGIBLE = 1e-4;

/** ⟨gradients, direction⟩ */
function dot(gradients: Points, direction: Points): number {
  let sum = 0;
  gradients.forEach((array, i) => {
    // Not 0·NaN, which would hide where the NaN is.
    for (let k = 0; k < array.length; k++) if (direction[i]![k] !== 0) sum += array[k]! * direction[i]![k]!;
  });
  return sum;
}

/** One function of several inputs, checked at one point. */
class Check {
  readonly #evaluate: ScalarFunction;
  readonly #shapes: readonly Shape[];
  readonly #tolerance: number;

  constructor(evaluate: ScalarFunction, shapes: readonly Shape[], tolerance: number) {
    this.#evaluate = evaluate;
    this.#shapes = shapes;
    this.#tolerance = tolerance;
  }

  #tensors(points: Points): Tensor[] {
    return points.map((point, i) => requireGrad(tensor(point, { shape: this.#shapes[i]! })));
  }

  gradients(points: Points, createGraph: boolean): Float64Array[] {
    return scope(() => {
      const inputs = this.#tensors(points);
      const value = this.#evaluate(inputs);
      if (!value.requiresGrad) return points.map((point) => new Float64Array(point.length));
      return grad(value, inputs, { createGraph }).map((gradient) => gradient.dataSync() as Float64Array);
    });
  }

  #along(points: Points, direction: Points, distance: number): number {
    return scope(() => {
      const moved = points.map((point, i) => point.map((x, k) => x + distance * direction[i]![k]!));
      return this.#evaluate(this.#tensors(moved)).itemSync();
    });
  }

  /** Central differences of fourth order: (f(x−2h) − 8f(x−h) + 8f(x+h) − f(x+2h)) / 12h; and what rounding adds to them. */
  #difference(points: Points, direction: Points, h: number): { expected: number; rounding: number } {
    const [far, near, after, farAfter] = [-2, -1, 1, 2].map((multiple) =>
      this.#along(points, direction, multiple * h),
    ) as [number, number, number, number];
    const largest = Math.max(...[far, near, after, farAfter].map(Math.abs));
    // Grouped so that a constant function has the difference 0.
    return { expected: (8 * (after - near) - (farAfter - far)) / (12 * h), rounding: (ROUNDING * largest) / h };
  }

  /**
   * Compares the gradients along a direction with differences. Steps get shorter until the difference quotient agrees,
   * so that a kink nearby is left outside; a kink at the very point, or a wrong gradient, agrees at no step.
   *
   * @param sufficient the error from which on no shorter step is tried
   */
  compare(points: Points, gradients: Points, direction: Points, sufficient = this.#tolerance): Comparison {
    const found = dot(gradients, direction);
    let best: Comparison = { error: Number.POSITIVE_INFINITY, expected: Number.NaN, found, rounding: 0 };
    for (const h of [1e-3, 1e-4, 1e-5, 1e-6]) {
      const { expected, rounding } = this.#difference(points, direction, h);
      const error = Math.abs(expected - found) / Math.max(1, Math.abs(expected), Math.abs(found));
      if (!(error >= best.error)) {
        best = { error: Number.isNaN(error) ? best.error : error, expected, found, rounding };
      }
      if (best.error <= sufficient) break;
    }
    return best;
  }

  /**
   * The coordinate of the worst derivative among few; many are halved before, and the half that differs more along the
   * direction is looked into.
   *
   * @returns undefined if there are no elements
   */
  worst(
    points: Points,
    gradients: Points,
    direction: Points,
  ): { coordinate: Coordinate; comparison: Comparison } | undefined {
    let suspects = coordinatesOf(points);
    if (suspects.length === 0) return undefined;
    while (suspects.length > FEW) {
      const middle = suspects.length / 2;
      const halves = [suspects.slice(0, middle), suspects.slice(middle)] as const;
      const [first, second] = halves.map((half) =>
        severity(this.compare(points, gradients, restrictedTo(half, direction))),
      ) as [number, number];
      suspects = first >= second ? halves[0] : halves[1];
    }
    const ones = points.map((point) => new Float64Array(point.length).fill(1));
    return suspects
      .map((coordinate) => ({
        coordinate,
        comparison: this.compare(points, gradients, restrictedTo([coordinate], ones)),
      }))
      .reduce((worst, each) => (severity(each.comparison) > severity(worst.comparison) ? each : worst));
  }
}

/** Which of several errors is to be told: that of a gradient that is not a number before all others. */
function severity({ error, found }: Comparison): number {
  return Number.isNaN(found) ? Number.POSITIVE_INFINITY : Math.min(error, Number.MAX_VALUE);
}

function coordinatesOf(points: Points): Coordinate[] {
  return points.flatMap((point, input) => Array.from(point, (_, position) => ({ input, position })));
}

/** The direction with zeros at all other coordinates. */
function restrictedTo(coordinates: readonly Coordinate[], direction: Points): Float64Array[] {
  const restricted = direction.map(({ length }) => new Float64Array(length));
  for (const { input, position } of coordinates) restricted[input]![position] = direction[input]![position]!;
  return restricted;
}

function randomDirection(points: Points, generator: Generator): Float64Array[] {
  return points.map((point) => Float64Array.from({ length: point.length }, () => generator.normal()));
}

/** The index of an element by its position in row-major order. */
function formatIndex(position: number, shape: Shape): string {
  return formatShape(shape.map((length, axis) => Math.floor(position / sizeOf(shape.slice(axis + 1))) % length));
}

/**
 * @param closely compares again, at the step that agrees best: a longer one adds h⁴ of the fifth derivative, which is more
 *   than such derivatives are
 * @throws GradientError where all derivatives are too small for the tolerance, and do not agree with one another
 */
function checkSmall(
  name: string,
  comparisons: readonly Comparison[],
  closely: (index: number) => Comparison,
  tolerance: number,
): void {
  const sizes = comparisons.flatMap(({ expected, found }) => [Math.abs(expected), Math.abs(found)]);
  const largest = sizes.reduce((size, each) => Math.max(size, each), 0);
  if (largest > tolerance) return;
  const differs = ({ expected, found, rounding }: Comparison) =>
    Math.abs(expected - found) > SMALL_TOLERANCE * largest + Math.max(rounding, NEGLIGIBLE * tolerance);
  const doubtful = comparisons.map((each, i) => (differs(each) ? closely(i) : each)).find(differs);
  if (!doubtful) return;
  throw new GradientError(
    `checkGradients: ${name}: no derivative is larger than ${largest.toExponential(1)}, below the tolerance ` +
      `${tolerance}, so that wrong ones would pass; and one is ${doubtful.found}, but finite differences give ` +
      `${doubtful.expected}: scale the function up, or lower the tolerance`,
  );
}

function checkFirstOrder(
  name: string,
  evaluate: ScalarFunction,
  inputs: readonly Tensor[],
  options: Required<GradientCheckOptions>,
  generator: Generator,
  createGraph = false,
): void {
  const { tolerance } = options;
  const points = inputs.map((input) => input.dataSync() as Float64Array);
  const shapes = inputs.map(({ shape }) => shape);
  const check = new Check(evaluate, shapes, tolerance);
  const gradients = check.gradients(points, createGraph);
  const ones = points.map((point) => new Float64Array(point.length).fill(1));
  const coordinates = coordinatesOf(points);
  const directions = [
    ...Array.from({ length: options.directions }, () => ({
      kind: 'random direction',
      along: randomDirection(points, generator),
    })),
    ...(coordinates.length > FEW ? [] : coordinates).map((each) => ({
      kind: 'coordinate',
      along: restrictedTo([each], ones),
    })),
  ];
  const comparisons = directions.map(({ kind, along }) => {
    const comparison = check.compare(points, gradients, along);
    const { error, expected, found } = comparison;
    if (error <= tolerance) return comparison;
    const problem =
      `checkGradients: ${name}: at inputs ${shapes.map(formatShape).join(', ')} the derivative along a ${kind} is ` +
      `${found}, but finite differences give ${expected} (relative error ${error.toExponential(1)}, tolerance ` +
      `${tolerance})`;
    const worst = check.worst(points, gradients, along);
    if (!worst) throw new GradientError(problem);
    const { input, position } = worst.coordinate;
    throw new GradientError(
      `${problem}; the worst is that of input ${input} at ${formatIndex(position, shapes[input]!)}: ` +
        `${worst.comparison.found} instead of ${worst.comparison.expected}`,
    );
  });
  const closely = (i: number) => check.compare(points, gradients, directions[i]!.along, 0);
  checkSmall(name, comparisons, closely, tolerance);
}

/** @throws ArgumentError where the check would find nothing, or everything, to be wrong */
function checkSettings({ tolerance, directions }: Required<GradientCheckOptions>, elements: number): void {
  if (!(tolerance > 0 && Number.isFinite(tolerance))) {
    throw new ArgumentError(`checkGradients: tolerance must be a finite number above 0, not ${tolerance}`);
  }
  if (!Number.isInteger(directions) || directions < 0) {
    throw new ArgumentError(`checkGradients: directions must be an integer of 0 or more, not ${directions}`);
  }
  if (directions === 0 && elements > FEW) {
    throw new ArgumentError(
      `checkGradients: directions must be 1 or more for ${elements} elements, which are not checked one by one`,
    );
  }
}

/**
 * Checks the gradients of a function against finite differences in double precision: random projections of the output
 * (⟨u, f⟩), derivatives along random directions and, for few elements, along each coordinate.
 *
 * @param f any function of the inputs made of differentiable operators
 * @param inputs float64 tensors; they are copied, so that their own history does not matter. Take points where f is
 *   differentiable: kinks nearby do no harm, a kink at the point fails unless its two slopes average to the gradient
 * @throws GradientError where a derivative is wrong, with the coordinate that is worst; or where all derivatives are
 *   smaller than the tolerance, so that it would let wrong ones pass, and they do not agree within 1% of their size
 * @throws ArgumentError where an input is not float64, as single precision cannot tell right from wrong; or where the
 *   tolerance is not a finite number above 0, or nothing would be checked
 */
export function checkGradients(
  f: (...inputs: Tensor[]) => Tensor,
  inputs: readonly Tensor[],
  options: GradientCheckOptions = {},
): void {
  const settings = { order: 1, tolerance: 1e-6, directions: 3, seed: 0, ...options } as const;
  for (const input of inputs) {
    if (input.dtype !== 'float64')
      throw new ArgumentError(`checkGradients: inputs must be float64, not ${input.dtype}`);
  }
  checkSettings(
    settings,
    inputs.reduce((sum, { size }) => sum + size, 0),
  );
  const generator = new Generator(settings.seed, 'checkGradients');
  const weightsLike = new Map<string, Float64Array>();
  const weights = (role: string, like: Tensor): Tensor => {
    const key = `${role} ${formatShape(like.shape)}`;
    let kept = weightsLike.get(key);
    if (!kept) {
      kept = Float64Array.from({ length: like.size }, () => generator.normal());
      weightsLike.set(key, kept);
    }
    return tensor(kept, { shape: like.shape });
  };
  const project = (tensors: readonly Tensor[]): Tensor => {
    const output = f(...tensors);
    return output.mul(weights('output', output)).sum();
  };
  enableGrad(() => {
    checkFirstOrder('first order', project, inputs, settings, generator);
    if (settings.order === 1) return;
    // Gradients that are to be differentiated may take another path than those that are not: see FusedRule.
    checkFirstOrder('first order, recorded', project, inputs, settings, generator, true);
    const projectGradients = (tensors: readonly Tensor[]): Tensor => {
      const value = project(tensors);
      if (!value.requiresGrad) return value.mul(0);
      return grad(value, tensors, { createGraph: true })
        .map((gradient, i) => gradient.mul(weights(`gradient ${i}`, gradient)).sum())
        .reduce((sum, each) => sum.add(each));
    };
    checkFirstOrder('second order', projectGradients, inputs, settings, generator);
  });
}
