import { holdOut, Subset } from '@pnn/data';
import type { DescribedNetwork } from '@pnn/models';
import {
  AdamW,
  DataLoader,
  type Dataset,
  Generator,
  type HostArray,
  noGrad,
  normalizeChannels,
  scope,
  type Tensor,
  toHostArrays,
} from '@pnn/nn';
import {
  calibratedDensityFloor,
  defaultTraining,
  effectivePolynomials,
  evaluate,
  type FittedPolynomial,
  fewestLevels,
  fitPolynomial,
  lambdaOf,
  networkDepth,
  type PolynomialActivation,
  type RangeTracker,
  type Target,
  Trainer,
} from '@pnn/pnn';
import { hasLearnedCoefficients } from './recalibration.js';
import { batchesFor, lossOf, type TrainedNetwork } from './trained-network.js';

/** How far a network is simplified, and by what training. */
export interface SimplificationOptions {
  /** By how much the accuracy may fall, as a share; of a network without classes the loss, as a share of it. */
  readonly tolerance: number;
  /** The levels that are wanted, whatever it costs; null for as few as the tolerance allows. */
  readonly depth: number | null;
  /** Steps of fine-tuning after each lowering. */
  readonly steps: number;
  readonly lr: number;
  /** No polynomial gets a lower degree. */
  readonly minDegree: number;
}

/** A network on the way. */
export interface SimplificationPoint {
  /** Levels of the whole network on ciphertexts. */
  readonly depth: number;
  /** The degree of each polynomial. */
  readonly degrees: readonly number[];
  /** On samples held out of the training data, by which is chosen; null without classes. */
  readonly accuracy: number | null;
  readonly loss: number;
  /** On the test data, which choose nothing. */
  readonly test: { readonly accuracy: number | null; readonly loss: number; readonly shareOutside: number };
}

/** What simplifying has found. */
export interface SimplificationRecord extends SimplificationOptions {
  readonly model: string;
  /** The file of the new network. */
  readonly written: string;
  readonly layers: readonly string[];
  /** From the network as it was to the simplest. */
  readonly points: readonly SimplificationPoint[];
  /** The place of the network that was written. */
  readonly chosen: number;
  /** Why fine-tuning ended before the simplest network; null if it did not. */
  readonly stopped: string | null;
}

/** What is told on the way. */
export interface SimplificationEvents {
  readonly onStep?: (round: number, step: number, steps: number) => void;
  readonly onPoint?: (point: SimplificationPoint) => void;
}

const BATCH_SIZE = 128;

/** Held-out samples: enough to tell tenths of a point apart, and no more than a tenth of the data. */
const HELD_OUT = 5000;

/** Of them, those that a lowering is tried with. */
const TRIED = 2000;

/** Beyond so many times the tolerance the curve is of no interest. */
const LOST = 10;

const BINS = 512;

interface Measured {
  readonly accuracy: number | null;
  readonly loss: number;
  readonly shareOutside: number;
  readonly tracker: RangeTracker;
}

/** Lowers the degrees of a network one after the other. */
export class Simplification {
  readonly points: SimplificationPoint[] = [];
  stopped: string | null = null;
  readonly #trained: TrainedNetwork;
  readonly #options: SimplificationOptions;
  readonly #events: SimplificationEvents;
  readonly #train: Dataset;
  readonly #heldOut: Dataset;
  readonly #tried: Dataset;
  readonly #test: Dataset;
  readonly #states: Map<string, HostArray>[] = [];
  readonly #fits: FittedPolynomial[][] = [];

  /** @param train is learned from and, but for a part that is held out, judged by; `test` is only reported */
  constructor(
    trained: TrainedNetwork,
    { train, test }: { readonly train: Dataset; readonly test: Dataset },
    options: SimplificationOptions,
    events: SimplificationEvents = {},
  ) {
    const split = holdOut(train, { share: Math.min(0.1, HELD_OUT / train.length) });
    this.#trained = trained;
    this.#options = options;
    this.#events = events;
    this.#train = split.train;
    this.#heldOut = split.heldOut;
    this.#tried = firstOf(split.heldOut, TRIED);
    this.#test = test;
  }

  /**
   * Lowers, each time, the polynomial whose lower degree costs least by the loss on held-out samples, to the highest degree that
   * takes fewer levels, and trains a few steps; until none can be lowered, the wanted depth is reached, or too much is lost.
   *
   * @returns the place of the network that was chosen, which the network now is
   */
  async run(signal?: AbortSignal): Promise<number> {
    let measured = await this.#record();
    const { depth, tolerance } = this.#options;
    const isWorthwhile = () => {
      const { accuracy, loss, depth: reached } = this.points.at(-1)!;
      if (depth !== null) return reached > depth;
      return (
        this.#lossOf(accuracy, loss) <= this.#lossOf(this.points[0]!.accuracy, this.points[0]!.loss) + LOST * tolerance
      );
    };
    while (isWorthwhile() && !signal?.aborted) {
      const lowered = await this.#lowerCheapest(measured.tracker);
      if (!lowered) break;
      if (!(await this.#tune(signal))) break;
      measured = await this.#record();
    }
    const chosen = this.#choose();
    this.#restore(chosen);
    return chosen;
  }

  /** What may grow by the tolerance. */
  #lossOf(accuracy: number | null, loss: number): number {
    return accuracy === null ? loss / this.points[0]!.loss : 1 - accuracy;
  }

  /** Of those as deep as wanted the most accurate; else of those within the tolerance the shallowest. */
  #choose(): number {
    const { depth, tolerance } = this.#options;
    const losses = this.points.map(({ accuracy, loss }) => this.#lossOf(accuracy, loss));
    const places = [...this.points.keys()];
    const allowed =
      depth === null
        ? places.filter((i) => losses[i]! <= losses[0]! + tolerance + 1e-12)
        : places.filter((i) => this.points[i]!.depth <= depth);
    const better = (a: number, b: number) =>
      (depth === null ? this.points[a]!.depth - this.points[b]!.depth : 0) || losses[a]! - losses[b]!;
    return [...allowed].sort(better)[0] ?? places.at(-1)!;
  }

  async #measure(dataset: Dataset): Promise<Measured> {
    const { network } = this.#trained;
    const { loss, metrics, ranges, tracker } = await evaluate(network, batchesFor(this.#trained, dataset), {
      loss: lossOf(this.#trained),
    });
    const shareOutside = Math.max(0, ...ranges.map((range) => range.shareOutside));
    return { accuracy: metrics.accuracy ?? null, loss, shareOutside, tracker };
  }

  /** Measures the network as it is, and remembers it. */
  async #record(): Promise<Measured> {
    const { network, description, activations } = this.#trained;
    const polynomials = await Promise.all(activations.map(async ([, each]) => (await effectivePolynomials(each))[0]!));
    const levels = polynomials.map((polynomial) => fewestLevels(polynomial).depth);
    const heldOut = await this.#measure(this.#heldOut);
    const { accuracy, loss, shareOutside } = await this.#measure(this.#test);
    const point: SimplificationPoint = {
      depth: networkDepth(network, description.inputShape, levels),
      degrees: polynomials.map(({ degree }) => degree),
      accuracy: heldOut.accuracy,
      loss: heldOut.loss,
      test: { accuracy, loss, shareOutside },
    };
    this.points.push(point);
    this.#states.push(await copyOf(network));
    this.#fits.push(activations.map(([, { fit }]) => fit));
    this.#events.onPoint?.(point);
    return heldOut;
  }

  #restore(place: number): void {
    const { network, activations } = this.#trained;
    network.loadStateDict(this.#states[place]!);
    activations.forEach(([, activation], i) => {
      activation.fit = this.#fits[place]![i]!;
    });
  }

  /** Lowers the polynomial that it costs least to lower; false if none can be. */
  async #lowerCheapest(tracker: RangeTracker): Promise<boolean> {
    let best: { loss: number; lower: () => void } | undefined;
    const isLearned = hasLearnedCoefficients(this.#trained);
    const { bound } = this.#trained.description.method.polynomial!;
    const margin = bound.kind === 'calibrated' ? bound.margin : undefined;
    for (const [i, [, activation]] of this.#trained.activations.entries()) {
      const [polynomial] = await effectivePolynomials(activation);
      // A polynomial that was learned is no fit of the target any more: the lower one is to be like it.
      const goal = isLearned ? (x: number) => polynomial!.evaluate(x) : polynomial!.target;
      const degree = nextDegree(polynomial!, goal, this.#options.minDegree);
      if (degree === undefined) continue;
      const density = tracker.histogram(i, BINS);
      const floor = calibratedDensityFloor(degree, margin);
      const lower = () => activation.refit(activation.bound, density, degree, goal, floor);
      const takeBack = keepCoefficients(activation);
      lower();
      const { loss } = await this.#measure(this.#tried);
      takeBack();
      // NaN is worse than everything.
      if (!best || loss < best.loss) best = { loss: Number.isNaN(loss) ? Number.POSITIVE_INFINITY : loss, lower };
    }
    best?.lower();
    return best !== undefined;
  }

  /** A few steps of training with everything but the coefficients; false if it was stopped. */
  async #tune(signal: AbortSignal | undefined): Promise<boolean> {
    const { network, description, activations } = this.#trained;
    const { steps, lr } = this.#options;
    if (steps === 0) return true;
    const round = this.points.length;
    const coefficients = new Set<Tensor>(activations.map(([, activation]) => activation.coefficients));
    const groups = network.parameterGroups().flatMap((group) => {
      const parameters = [...group.parameters].filter((parameter) => !coefficients.has(parameter));
      return parameters.length > 0 ? [{ ...group, parameters }] : [];
    });
    const { weightDecay, maxNorm } = defaultTraining;
    const optimizer = new AdamW(groups, { lr, weightDecay, ...(maxNorm !== null && { maxNorm }) });
    const trainer = new Trainer(network, {
      optimizer,
      loss: lossOf(this.#trained),
      lambda: lambdaOf(description.method.polynomial!.lambda),
      onStep: ({ step }) => this.#events.onStep?.(round, step, steps),
    });
    const { normalization } = description;
    const loader = new DataLoader(this.#drawn(steps * BATCH_SIZE, round), {
      batchSize: BATCH_SIZE,
      dropLast: true,
      transforms: normalization ? [normalizeChannels(normalization.mean, normalization.std)] : [],
    });
    try {
      for await (const _ of trainer.fit(loader, { epochs: 1, ...(signal && { signal }) }));
      this.stopped = trainer.stopped?.reason ?? null;
      return this.stopped === null && !signal?.aborted;
    } finally {
      trainer.dispose();
      optimizer.zeroGrad();
      optimizer.dispose();
      network.eval();
    }
  }

  /** So many training samples in a random order, again from the start where there are fewer. */
  #drawn(count: number, round: number): Dataset {
    const generator = new Generator(round, 'simplify');
    const indices = new Int32Array(Math.max(count, BATCH_SIZE));
    for (let start = 0; start < indices.length; start += this.#train.length) {
      const order = generator.permutation(this.#train.length);
      indices.set(order.subarray(0, Math.min(order.length, indices.length - start)), start);
    }
    return new Subset(this.#train, indices);
  }

  /** The network with what must be known to use it. */
  get described(): DescribedNetwork {
    const { network, description } = this.#trained;
    return { ...description, network };
  }
}

function firstOf(dataset: Dataset, count: number): Dataset {
  if (count >= dataset.length) return dataset;
  return new Subset(
    dataset,
    Int32Array.from({ length: count }, (_, i) => i),
  );
}

async function copyOf(network: TrainedNetwork['network']): Promise<Map<string, HostArray>> {
  const arrays = await toHostArrays(network.stateDict());
  return new Map(Array.from(arrays, ([name, array]) => [name, { ...array, data: array.data.slice() }]));
}

/** The highest degree below that of the polynomial that takes fewer levels; undefined below the lowest degree allowed. */
function nextDegree(polynomial: FittedPolynomial, goal: Target, minDegree: number): number | undefined {
  const { bound, degree } = polynomial;
  const { depth } = fewestLevels(polynomial);
  for (let lower = degree - 1; lower >= minDegree; lower--) {
    const fit = fitPolynomial(goal, { degree: lower, bound });
    const effective = fit.coefficients.findLastIndex((coefficient) => coefficient !== 0);
    if (effective >= minDegree && fewestLevels(fit).depth < depth) return effective;
  }
  return undefined;
}

/** Returns what gives an activation its polynomial of now back. */
function keepCoefficients(activation: PolynomialActivation): () => void {
  const { fit, bound } = activation;
  const coefficients = noGrad(() => activation.coefficients.detach().clone());
  return () => {
    activation.refit(bound, undefined, fit.degree);
    noGrad(() => scope(() => activation.coefficients.assign(coefficients)));
    activation.fit = fit;
    coefficients.dispose();
  };
}
