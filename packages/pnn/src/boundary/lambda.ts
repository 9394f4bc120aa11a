import { ArgumentError } from '@pnn/nn';

/** The weights λ of the boundary losses of the activations of a network. */
export interface Lambda {
  /** What stands in reports. */
  readonly description: string;
  /** One weight for each activation, the first first. */
  values(activations: number): readonly number[];
  /** Learns from a step: max |x|/B of each activation. */
  update(reach: readonly number[]): void;
  /** What a checkpoint keeps. */
  state(): readonly number[];
  /** Continues from there. */
  restore(state: readonly number[]): void;
}

/** λ unless another is given, as in the paper. */
export const DEFAULT_LAMBDA = 1000;

/** One constant λ for all activations, as in the paper. */
export function constantLambda(lambda: number): Lambda {
  if (!(lambda >= 0 && Number.isFinite(lambda))) {
    throw new ArgumentError(`constantLambda: lambda must be 0 or more, not ${lambda}`);
  }
  return {
    description: String(lambda),
    values: (activations) => new Array<number>(activations).fill(lambda),
    update: () => {},
    state: () => [],
    restore: () => {},
  };
}

/** Where λ starts in dual ascent, and what it stays between, by default. */
export const dualAscentLimits = { initial: 10, minimum: 1e-3, maximum: 1e6 } as const;

/** How the multipliers of dual ascent move. */
export interface DualAscentOptions {
  /**
   * λ of every activation at the start.
   *
   * @default 10
   */
  readonly initial?: number;
  /**
   * The share of B that the largest input may reach before λ rises.
   *
   * @default 0.9
   */
  readonly target?: number;
  /**
   * The factor by which λ rises at a step in which an input goes beyond that.
   *
   * @default 1.05
   */
  readonly rise?: number;
  /**
   * The factor by which λ falls at every other step.
   *
   * @default 0.995
   */
  readonly fall?: number;
  /**
   * λ never falls below this.
   *
   * @default 0.001
   */
  readonly minimum?: number;
  /**
   * λ never rises above this.
   *
   * @default 1e6
   */
  readonly maximum?: number;
}

/**
 * One λ for each activation as the multiplier of its constraint max |x| ≤ target·B: it rises while the constraint is
 * violated and falls while it holds (multiplicative dual ascent). One constant cannot fit all layers: their inputs press
 * against the boundary with very different force.
 *
 * @throws ArgumentError where an option is out of its range
 */
export function dualAscent(options: DualAscentOptions = {}): Lambda {
  const { target = 0.9, rise = 1.05, fall = 0.995 } = options;
  const { initial = dualAscentLimits.initial } = options;
  const { minimum = dualAscentLimits.minimum, maximum = dualAscentLimits.maximum } = options;
  if (!(target > 0 && rise > 1 && fall > 0 && fall <= 1)) {
    throw new ArgumentError(
      `dualAscent: target must be positive, rise above 1, fall in (0, 1], not ${target}, ${rise} and ${fall}`,
    );
  }
  if (!(minimum > 0 && minimum <= initial && initial <= maximum && maximum < Number.POSITIVE_INFINITY)) {
    throw new ArgumentError(
      `dualAscent: 0 < minimum ≤ initial ≤ maximum < Infinity does not hold for ${minimum}, ${initial} and ${maximum}`,
    );
  }
  let lambdas: number[] = [];
  return {
    description: `dual ascent from ${initial}`,
    values(activations) {
      if (lambdas.length !== activations) lambdas = new Array<number>(activations).fill(initial);
      return lambdas;
    },
    update(reach) {
      lambdas = lambdas.map((lambda, i) =>
        Math.min(maximum, Math.max(minimum, lambda * (reach[i]! <= target ? fall : rise))),
      );
    },
    state: () => lambdas,
    restore(state) {
      lambdas = [...state];
    },
  };
}
