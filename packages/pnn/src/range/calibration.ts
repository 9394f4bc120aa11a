import {
  ArgumentError,
  type Communicator,
  type Module,
  noGrad,
  oneProcess,
  PnnError,
  randomState,
  reference,
  restoreRandomState,
  ShardDrawing,
  type Shards,
  scope,
  type Tensor,
  type TypedArray,
  tensor,
  wholeBatch,
} from '@pnn/nn';
import { effectivePolynomials } from '../activation/effective-polynomials.js';
import type { PolynomialActivation } from '../activation/polynomial-activation.js';
import { polynomialActivations } from '../activation/polynomial-activations.js';
import { defaultDensityFloor } from '../fitting/fit-polynomial.js';
import type { Histogram } from '../fitting/index.js';
import { BufferBackup } from './buffer-backup.js';
import { quantilesOfSizes, type SumOfCounts } from './quantile.js';

/** How bounds are chosen from data. */
export interface CalibrationOptions {
  /**
   * The quantile of |x| that the bound is based on.
   *
   * @default 0.9999
   */
  readonly quantile?: number;
  /**
   * The bound as a multiple of that quantile.
   *
   * @default 2.5
   */
  readonly margin?: number;
  /**
   * Whether the fit weighs the inputs by how often they occur, instead of by the method of the activation. Most inputs lie
   * where ReLU has its kink, and an even fit spends its accuracy elsewhere. Up to the bound it has the floor of `FitOptions`,
   * which falls with the fourth power of a margin beyond 2.5.
   *
   * @default true, but false for activations made with the method `minimax`, which look at the largest error
   */
  readonly density?: boolean;
  /**
   * Whether every polynomial stays what it is, as far as its degree allows, and only its range is new: what has been learned
   * of coefficients is then not lost. Otherwise it is fitted to its target.
   *
   * @default false
   */
  readonly keepPolynomials?: boolean;
}

/** Processes that calibrate replicas of one network together, and which shards of a batch this one has. */
export interface CalibratingProcesses {
  readonly communicator: Communicator;
  readonly shards: Shards;
}

/** Bins of the distribution that a fit is weighed by. */
const BINS = 512;

/** The margin unless another is given, which the floors of fits by density are chosen for. */
const DEFAULT_MARGIN = 2.5;

/**
 * The floor that `calibrate` gives a fit by density on a range of this margin, which later fits on the same range want, too.
 * Beyond the default margin it falls with the fourth power: the inputs lie in a smaller part of a wider range, and the floor
 * would win over them. Normal inputs of deviation B/26 and ReLU, with a floor for B/13: the deviation of the fit is 0.230 at
 * degree 2 and 0.087 at 22; with this one it is 0.120 and 0.077. On [−13, 13] it is 0.117 and 0.047.
 *
 * @param margin as in `CalibrationOptions`
 */
export function calibratedDensityFloor(degree: number, margin = DEFAULT_MARGIN): number {
  return defaultDensityFloor(degree) * Math.min(1, (DEFAULT_MARGIN / margin) ** 4);
}

/** What calibration made of one activation. */
export interface CalibratedLayer {
  readonly name: string;
  /** The quantile of |x| that was found. */
  readonly quantile: number;
  /** The bound that was set. */
  readonly bound: number;
}

/** The inputs that an activation gets are not finite, or so many of them are 0 that no bound can be based on them. */
export class CalibrationError extends PnnError {
  override readonly name = 'CalibrationError';
  /** The name of the activation in the network. */
  readonly layer: string;
  /** What is wrong, as in a `StopRecord`. */
  readonly reason: string;

  constructor(layer: string, reason: string) {
    super(`calibrate: ${layerName(layer)}: ${reason}`);
    this.layer = layer;
    this.reason = reason;
  }
}

/**
 * Sets the bound of every polynomial activation to a high quantile of the size of its inputs, times a margin, and fits
 * its polynomial anew to where these inputs lie. Run it on a network that was warmed up with the targets
 * (`approximating = false`): far too wide a bound leaves the inputs in a sliver where the polynomial is almost a straight
 * line. Buffers, such as running statistics, and the program's random streams are as before afterwards, so that a batch
 * that is also trained on counts once; only generators of a module's own go on.
 *
 * @param batches inputs; they are not disposed of. Of a batch that is cut into shards, the own ones
 * @param processes those that calibrate replicas of the network together, each on its own shards of one batch
 * @throws ArgumentError where an option is out of its range, or there are no inputs; nothing is changed then
 * @throws CalibrationError where inputs are not finite, or their quantile is 0; nothing is changed then
 */
export async function calibrate(
  network: Module,
  batches: Iterable<Tensor>,
  options: CalibrationOptions = {},
  processes: CalibratingProcesses = { communicator: oneProcess, shards: wholeBatch },
): Promise<CalibratedLayer[]> {
  const { quantile = 0.9999, margin = DEFAULT_MARGIN } = options;
  if (!(quantile > 0 && quantile <= 1 && margin > 0 && Number.isFinite(margin))) {
    throw new ArgumentError(`calibrate: quantile ${quantile} must be in (0, 1], margin ${margin} positive and finite`);
  }
  const activations = polynomialActivations(network);
  const seen: TypedArray[][] = activations.map(() => []);
  const waiting: Promise<void>[] = [];
  const removers = activations.map(([, activation], index) =>
    activation.addForwardHook((_, [x]) => {
      waiting.push(x!.data().then((data) => void seen[index]!.push(data)));
    }),
  );
  const { shards } = processes;
  const backup = new BufferBackup(network);
  backup.save();
  const random = randomState();
  const drawing = new ShardDrawing();
  try {
    let shard = shards.first;
    for (const inputs of batches) {
      const forward = () => scope(() => noGrad(() => void network.forward(inputs)));
      if (shards.count === 1) forward();
      else {
        backup.restore();
        drawing.run(shard++, forward);
      }
      await Promise.all(waiting.splice(0));
    }
  } finally {
    for (const remove of removers) remove();
    backup.restore();
    backup.dispose();
    restoreRandomState(random);
  }
  const sumOfCounts = sumOver(processes.communicator);
  const found = await quantilesOfSizes(seen, quantile, sumOfCounts);
  const calibrated = activations.map(([name], index): CalibratedLayer => {
    const size = usable(found[index], name);
    return { name, quantile: size, bound: margin * size };
  });
  const histograms = activations.map(([, activation], index) => {
    const { density = activation.options.method !== 'minimax' } = options;
    return density ? histogramOf(seen[index]!, calibrated[index]!.bound) : undefined;
  });
  await sumOfCounts(histograms.flatMap((histogram) => histogram?.counts ?? []));
  const kept = options.keepPolynomials ? await polynomialsOf(activations) : undefined;
  for (const [index, [, activation]] of activations.entries()) {
    const { degree } = activation.fit;
    activation.refit(
      calibrated[index]!.bound,
      histograms[index],
      degree,
      kept?.[index],
      calibratedDensityFloor(degree, margin),
    );
  }
  return calibrated;
}

/**
 * What every activation evaluates, as functions.
 *
 * @throws ArgumentError where one has a polynomial for each channel
 */
async function polynomialsOf(
  activations: readonly (readonly [name: string, activation: PolynomialActivation])[],
): Promise<((x: number) => number)[]> {
  return Promise.all(
    activations.map(async ([name, activation]) => {
      const [polynomial, ...others] = await effectivePolynomials(activation);
      if (others.length === 0) return (x: number) => polynomial!.evaluate(x);
      throw new ArgumentError(
        `calibrate: ${layerName(name)} has a polynomial for each channel, which cannot be kept: leave keepPolynomials out`,
      );
    }),
  );
}

/** Counts become those of all processes; float64 adds whole numbers exactly. */
function sumOver(communicator: Communicator): SumOfCounts {
  return async (counts) => {
    if (communicator.size === 1) return;
    const tensors = counts.map((each) => tensor(each, { device: reference }));
    await communicator.sum(tensors);
    for (const [i, each] of tensors.entries()) {
      counts[i]!.set(each.dataSync());
      each.dispose();
    }
  };
}

/** What messages call the activation of this name. */
const layerName = (name: string): string => (name === '' ? 'the activation' : `layer ${name} (PolynomialActivation)`);

/** @throws CalibrationError where the quantile is 0, or sizes are not finite */
function usable(found: { readonly quantile: number; readonly largest: number } | undefined, name: string): number {
  if (!found) throw new ArgumentError(`calibrate: no inputs reached ${layerName(name)}`);
  const { quantile, largest } = found;
  if (quantile > 0 && Number.isFinite(largest)) return quantile;
  throw new CalibrationError(
    name,
    `its inputs have the quantile ${quantile} and reach ${largest}: no bound can be based on that`,
  );
}

/** How often inputs fell into equal bins over [−bound, bound]; those beyond count at the ends. */
function histogramOf(batches: readonly TypedArray[], bound: number): Histogram & { readonly counts: Float64Array } {
  const counts = new Float64Array(BINS);
  for (const batch of batches) {
    for (const x of batch) {
      const bin = Math.floor((x / bound + 1) * (BINS / 2));
      counts[Math.max(0, Math.min(BINS - 1, bin))]! += 1;
    }
  }
  return { edges: Float64Array.from({ length: BINS + 1 }, (_, i) => bound * ((2 * i) / BINS - 1)), counts };
}
