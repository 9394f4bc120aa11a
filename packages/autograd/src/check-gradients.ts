import { ArgumentError, formatShape, Generator, GradientError, scope, type Tensor, tensor } from '@pnn/tensor';
import { grad } from './backward.js';
import { requireGrad } from './history.js';
import { enableGrad } from './recording.js';

/** How a gradient check is done; the defaults are strict. */
export interface GradientCheckOptions {
  /** 1 checks the gradients; 2 also those of the gradients. */
  readonly order?: 1 | 2;
  /** The largest error, relative to the size of the derivative or to 1, whichever is larger. */
  readonly tolerance?: number;
  /** Directions tried in the space of all inputs; for few elements each coordinate is checked as well. */
  readonly directions?: number;
  readonly seed?: number;
}

type Points = readonly Float64Array[];
type ScalarFunction = (inputs: readonly Tensor[]) => Tensor;

const FEW = 24;

function dot(a: Points, b: Points): number {
  let sum = 0;
  a.forEach((array, i) => {
    for (let k = 0; k < array.length; k++) sum += array[k]! * b[i]![k]!;
  });
  return sum;
}

/** One function of several inputs, checked at one point. */
class Check {
  readonly #evaluate: ScalarFunction;
  readonly #shapes: readonly (readonly number[])[];
  readonly #tolerance: number;

  constructor(evaluate: ScalarFunction, shapes: readonly (readonly number[])[], tolerance: number) {
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

  /** Central differences of fourth order: (f(x−2h) − 8f(x−h) + 8f(x+h) − f(x+2h)) / 12h. */
  #difference(points: Points, direction: Points, h: number): number {
    const at = (multiple: number) => this.#along(points, direction, multiple * h);
    return (at(-2) - 8 * at(-1) + 8 * at(1) - at(2)) / (12 * h);
  }

  /**
   * The error of the gradients along a direction. Steps get shorter until the difference quotient agrees, so that a
   * kink nearby is left outside; a kink at the very point, or a wrong gradient, agrees at no step.
   */
  error(points: Points, gradients: Points, direction: Points): { error: number; expected: number; found: number } {
    const found = dot(gradients, direction);
    let best = { error: Number.POSITIVE_INFINITY, expected: Number.NaN, found };
    for (const h of [1e-3, 1e-4, 1e-5, 1e-6]) {
      const expected = this.#difference(points, direction, h);
      const error = Math.abs(expected - found) / Math.max(1, Math.abs(expected), Math.abs(found));
      if (!(error >= best.error)) best = { error: Number.isNaN(error) ? best.error : error, expected, found };
      if (best.error <= this.#tolerance) break;
    }
    return best;
  }
}

function directionsFor(points: Points, count: number, generator: Generator): Float64Array[][] {
  const random = Array.from({ length: count }, () =>
    points.map((point) => Float64Array.from({ length: point.length }, () => generator.normal())),
  );
  const total = points.reduce((sum, point) => sum + point.length, 0);
  if (total > FEW) return random;
  const coordinates = points.flatMap((point, i) =>
    Array.from(point, (_, k) =>
      points.map((other, j) => Float64Array.from({ length: other.length }, (__, l) => (i === j && k === l ? 1 : 0))),
    ),
  );
  return [...random, ...coordinates];
}

function checkFirstOrder(
  name: string,
  evaluate: ScalarFunction,
  inputs: readonly Tensor[],
  options: Required<GradientCheckOptions>,
  generator: Generator,
  createGraph = false,
): void {
  const points = inputs.map((input) => input.dataSync() as Float64Array);
  const check = new Check(
    evaluate,
    inputs.map(({ shape }) => shape),
    options.tolerance,
  );
  const gradients = check.gradients(points, createGraph);
  for (const direction of directionsFor(points, options.directions, generator)) {
    const { error, expected, found } = check.error(points, gradients, direction);
    if (error <= options.tolerance) continue;
    throw new GradientError(
      `checkGradients: ${name}: at inputs ${inputs.map(({ shape }) => formatShape(shape)).join(', ')} the derivative is ` +
        `${found}, but finite differences give ${expected} (relative error ${error.toExponential(1)}, ` +
        `tolerance ${options.tolerance})`,
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
 * @throws GradientError where a derivative is wrong (beyond 1e-6, relative, where nothing else is said)
 * @throws ArgumentError where an input is not float64: single precision cannot tell right from wrong
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
