import {
  ArgumentError,
  type Communicator,
  keep,
  type Module,
  noGrad,
  reference,
  scope,
  type Tensor,
  tensor,
} from '@pnn/nn';
import type { PolynomialActivation } from '../activation/polynomial-activation.js';
import { polynomialActivations } from '../activation/polynomial-activations.js';
import type { HistogramRecord, InputRange } from '../training/records.js';
import { readTensors } from './read-tensors.js';

/** Bins of the histogram of each activation's inputs, over [−SPAN·B, SPAN·B]. */
const BINS = 4096;
const SPAN = 2;

/** What was seen of the inputs of one activation. */
interface Seen {
  maxAbs: number;
  outside: number;
  notFinite: number;
  total: number;
  counts: number[];
}

interface Observation {
  readonly index: number;
  readonly size: number;
  readonly range: Tensor;
  readonly histogram: Tensor | undefined;
}

/** One observation in numbers. */
interface Collected {
  readonly index: number;
  readonly size: number;
  readonly maxAbs: number;
  readonly outside: number;
  readonly notFinite: number;
  readonly counts: ArrayLike<number> | undefined;
}

/** One batch as an activation saw it. */
export interface BatchRange {
  /** max |x| of the batch. */
  readonly maxAbs: number;
  /** Inputs that are NaN or infinite. */
  readonly notFinite: number;
}

function nothing(): Seen {
  return { maxAbs: 0, outside: 0, notFinite: 0, total: 0, counts: [] };
}

function free({ range, histogram }: Observation): void {
  range.dispose();
  histogram?.dispose();
}

/**
 * Follows the inputs of all polynomial activations of a network from forward to forward: the largest, the share outside
 * [−B, B], and (of the batches that are asked for) their distribution.
 */
export class RangeTracker {
  readonly activations: readonly (readonly [name: string, activation: PolynomialActivation])[];
  /** Whether the forwards that are made now count. */
  following = true;
  /** Whether the distribution is taken as well, which costs a pass over the inputs. */
  takeHistograms = true;
  #seen: Seen[];
  #pending: Observation[] = [];
  #collected: Collected[] = [];
  readonly #removers: (() => void)[];

  constructor(network: Module) {
    this.activations = polynomialActivations(network);
    this.#seen = this.activations.map(nothing);
    this.#removers = this.activations.map(([, activation], index) =>
      activation.addForwardHook((_, [x]) => this.#observe(index, activation, x!)),
    );
  }

  /** Forgets what was seen. */
  reset(): void {
    this.discard();
    this.#seen = this.activations.map(nothing);
  }

  /** Stops following for good; what was collected stays. */
  detach(): void {
    this.discard();
    for (const remove of this.#removers) remove();
  }

  #observe(index: number, activation: PolynomialActivation, x: Tensor): void {
    if (!this.following || !activation.range) return;
    const range = keep(activation.range.detach());
    const reach = SPAN * activation.bound;
    const histogram = this.takeHistograms ? keep(noGrad(() => x.histogram(BINS, -reach, reach))) : undefined;
    this.#pending.push({ index, size: x.size, range, histogram });
  }

  /** What the forwards have left behind on the device and nobody has read. */
  get unread(): Tensor[] {
    return this.#pending.flatMap(({ range, histogram }) => (histogram ? [range, histogram] : [range]));
  }

  /**
   * Takes the numbers of `unread`, where they were read together with others; tells what `collect` tells.
   *
   * @param processes the numbers that each of the processes has read which train together
   */
  receive(...processes: readonly (readonly ArrayLike<number>[])[]): BatchRange[] {
    let i = 0;
    for (let next = this.#pending[0]; next && i < processes[0]!.length; next = this.#pending[0]) {
      const { index, size, histogram } = next;
      for (const values of processes) {
        const [maxAbs, outside, notFinite] = values[i] as unknown as [number, number, number];
        this.#collected.push({ index, size, maxAbs, outside, notFinite, counts: histogram && values[i + 1] });
      }
      i += histogram ? 2 : 1;
      this.#pending.shift();
      free(next);
    }
    return this.activations.map((_, activation) => {
      const own = this.#collected.filter(({ index }) => index === activation);
      return {
        maxAbs: own.reduce((largest, { maxAbs }) => Math.max(largest, maxAbs), 0),
        notFinite: own.reduce((sum, { notFinite }) => sum + notFinite, 0),
      };
    });
  }

  /**
   * Reads what the forwards since the last `accept` or `discard` have left behind: one entry for each activation, of 0
   * where it did not run. Nothing of it counts before `accept` is called.
   */
  async collect(): Promise<BatchRange[]> {
    const pending = this.#pending;
    const { ranges } = await readTensors({ ranges: this.unread });
    // Thrown away while the numbers were on their way.
    return this.receive(this.#pending === pending ? ranges : []);
  }

  /** Adds to the record what was collected. */
  accept(): void {
    for (const { index, size, maxAbs, outside, notFinite, counts } of this.#collected.splice(0)) {
      const seen = this.#seen[index]!;
      seen.maxAbs = Math.max(seen.maxAbs, notFinite > 0 ? Number.POSITIVE_INFINITY : maxAbs);
      // NaN is not larger than B, and no input that a polynomial takes.
      seen.outside += Math.max(outside, notFinite);
      seen.notFinite += notFinite;
      seen.total += size;
      if (counts) seen.counts = Array.from(counts, (count, bin) => count + (seen.counts[bin] ?? 0));
    }
  }

  /** Throws away what forwards have left behind since `accept`, collected or not. */
  discard(): void {
    this.#collected = [];
    const pending = this.#pending;
    this.#pending = [];
    for (const observation of pending) free(observation);
  }

  /** The range of each activation's inputs so far. */
  ranges(): InputRange[] {
    return this.#seen.map((seen, index) => ({
      maxAbs: seen.maxAbs,
      q999: this.quantile(index, 0.999),
      shareOutside: seen.total === 0 ? 0 : seen.outside / seen.total,
    }));
  }

  /**
   * The quantile of |x| of an activation: the upper edge of the bin that it falls into (a 1024th of B wide), the largest
   * input at most and wherever the distribution does not tell, beyond 2B or where none was taken.
   */
  quantile(index: number, share: number): number {
    const { counts, maxAbs } = this.#seen[index]!;
    const total = counts.reduce((sum, count) => sum + count, 0);
    if (total === 0) return maxAbs;
    const width = (2 * SPAN * this.activations[index]![1].bound) / BINS;
    let within = 0;
    for (let bin = 0; bin < BINS / 2 - 1; bin++) {
      within += (counts[BINS / 2 + bin] ?? 0) + (counts[BINS / 2 - 1 - bin] ?? 0);
      if (within >= share * total) return Math.min(maxAbs, (bin + 1) * width);
    }
    return maxAbs;
  }

  /**
   * The distribution of an activation's inputs in so many bins over [−2B, 2B]; the outermost hold all beyond.
   *
   * @throws ArgumentError where the number of bins does not divide 4096
   */
  histogram(index: number, bins: number): HistogramRecord {
    if (!Number.isInteger(BINS / bins) || !(bins > 0)) {
      throw new ArgumentError(`RangeTracker.histogram: the bins must be a divisor of ${BINS}, not ${bins}`);
    }
    const { counts } = this.#seen[index]!;
    const reach = SPAN * this.activations[index]![1].bound;
    const each = BINS / bins;
    return {
      edges: Array.from({ length: bins + 1 }, (_, i) => reach * ((2 * i) / bins - 1)),
      counts: Array.from({ length: bins }, (_, i) =>
        counts.slice(i * each, (i + 1) * each).reduce((sum, count) => sum + count, 0),
      ),
    };
  }

  /** Adds to the record what the trackers of all processes have seen; all of them then have the same one. */
  async combine(communicator: Communicator): Promise<void> {
    if (communicator.size === 1) return;
    const sizes = await communicator.gather([this.#seen.map(({ maxAbs }) => maxAbs)]);
    // A sum of whole numbers in float64 is exact.
    const counts = scope(() =>
      keep(
        tensor(
          Float64Array.from(
            this.#seen.flatMap(({ outside, notFinite, total, counts }) => [
              outside,
              notFinite,
              total,
              ...Array.from({ length: BINS }, (_, bin) => counts[bin] ?? 0),
            ]),
          ),
          { device: reference },
        ),
      ),
    );
    await communicator.sum([counts]);
    const sums = counts.dataSync();
    counts.dispose();
    this.#seen = this.#seen.map((_, index) => {
      const own = Array.from(sums.subarray(index * (BINS + 3), (index + 1) * (BINS + 3)));
      const [outside, notFinite, total, ...bins] = own as [number, number, number, ...number[]];
      const maxAbs = Math.max(...sizes.map(([each]) => each![index]!));
      return { maxAbs, outside, notFinite, total, counts: bins.some((count) => count > 0) ? bins : [] };
    });
  }

  /** What a checkpoint keeps. */
  state(): readonly Readonly<Seen>[] {
    return structuredClone(this.#seen);
  }

  /** Continues from a checkpoint. */
  restore(state: readonly Readonly<Seen>[]): void {
    this.#seen = state.map((seen) => ({ ...seen, counts: [...seen.counts] }));
  }
}
