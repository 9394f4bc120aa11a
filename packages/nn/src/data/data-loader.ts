import {
  ArgumentError,
  type Device,
  drawForShard,
  Generator,
  type GeneratorState,
  getDevice,
  randomStream,
  type Tensor,
  tensor,
} from '@pnn/tensor';
import type { Communicator } from '../distributed.js';
import { checkOption } from '../options.js';
import type { Shards } from '../shards.js';
import { BatchReader } from './batch-reader.js';
import type { Dataset } from './dataset.js';
import type { Transform } from './transform.js';

/** Options of a DataLoader. */
export interface DataLoaderOptions {
  /** The number of samples in a batch. */
  readonly batchSize: number;
  /**
   * Whether every epoch has an order of its own.
   *
   * @default false
   */
  readonly shuffle?: boolean;
  /**
   * Whether samples that do not fill a last batch are left out; with `shuffle`, others in each epoch.
   *
   * @default false
   */
  readonly dropLast?: boolean;
  /** Changes to every sample, in this order: augmentation, normalization. */
  readonly transforms?: readonly Transform[];
  /**
   * Draws the orders.
   *
   * @default a generator seeded from the program's stream `shuffle`, which follows from `setSeed`
   */
  readonly generator?: Generator;
  /**
   * Given to the transforms. Where batches are cut into shards, it gives each batch a seed, by which every shard draws for
   * itself.
   *
   * @default a generator seeded from the program's stream `augmentation`, which follows from `setSeed`
   */
  readonly augmentationGenerator?: Generator;
  /**
   * Where batches are made.
   *
   * @default the default device at that time
   */
  readonly device?: Device;
}

/** Where a DataLoader stands; survives JSON. */
export interface DataLoaderState {
  /** What the state belongs to: samples and batch size must be as many when it is restored. */
  readonly samples: number;
  readonly batchSize: number;
  /** The number of batches of the current epoch that were handed out. */
  readonly position: number;
  /** The generator of the orders as it was before the current epoch, whose order follows from it. */
  readonly shuffle: GeneratorState;
  /** The generator of the transforms as it is now. */
  readonly augmentation: GeneratorState;
}

/** Samples and labels that go through a network together. They belong to the loop: dispose of them. */
export class Batch implements Disposable {
  constructor(
    /** [B, …shape of a sample] */
    readonly inputs: Tensor,
    /** [B, …shape of a label] */
    readonly labels: Tensor,
    /** Which samples of the data set these are. */
    readonly indices: Int32Array,
  ) {}

  /** The number of samples. */
  get size(): number {
    return this.indices.length;
  }

  /** Frees both tensors, unless that has happened before. */
  dispose(): void {
    this.inputs[Symbol.dispose]();
    this.labels[Symbol.dispose]();
  }

  /** `for (using batch of loader)` frees every batch at the end of its turn. */
  [Symbol.dispose](): void {
    this.dispose();
  }
}

interface Epoch {
  /** The generator of the orders before this epoch's was drawn. */
  readonly start: GeneratorState;
  /** The number of batches handed out. */
  position: number;
}

/**
 * Hands out a data set in batches; every `for … of` is one epoch. The samples of a batch are put together in memory
 * that is used for all batches, and become tensors in one copy. The tensors belong to the caller: free them by
 * `for (using batch of loader)` or `batch.dispose()`; iterating inside of a `scope()` leaves them to the scope.
 *
 * A batch is made when it is asked for: 128 images of 28x28, or of 32x32 in color that are moved, mirrored and
 * normalized, take about 2% of the time of a step of a small network on one thread (two dense layers, two convolutions),
 * and less of any larger one. No thread prepares the next batch meanwhile: its core would be missing in the step.
 *
 * The loader draws from generators of its own, so that its place can be kept in a checkpoint: after `restore(state())`
 * the same batches follow bit for bit, in the middle of an epoch too.
 */
export class DataLoader implements Iterable<Batch> {
  readonly dataset: Dataset;
  readonly batchSize: number;
  /** The number of batches in an epoch. */
  readonly length: number;
  readonly #shuffled: boolean;
  readonly #reader: BatchReader;
  readonly #device: Device | undefined;
  #shuffle: Generator | undefined;
  #augmentation: Generator | undefined;
  #epoch: Epoch | undefined;
  /** The position at which the next epoch begins. */
  #resumeAt = 0;

  /**
   * @throws ArgumentError where the batch size is no integer above 0, there would be no batch, the data set has other
   *   types than a `Dataset` may have, or transforms are given for int32
   * @throws ShapeError where `normalizeChannels` does not fit the samples
   */
  constructor(dataset: Dataset, options: DataLoaderOptions) {
    const { batchSize, shuffle = false, dropLast = false, transforms = [] } = options;
    const isCount = Number.isInteger(batchSize) && batchSize > 0;
    checkOption(isCount, 'DataLoader', 'batchSize', 'an integer above 0', batchSize);
    const hasSamples = Number.isInteger(dataset.length) && dataset.length > 0;
    checkOption(hasSamples, 'DataLoader', 'the length of the data set', 'an integer above 0', dataset.length);
    checkTypes(dataset);
    if (dropLast && dataset.length < batchSize) {
      throw new ArgumentError(
        `DataLoader: ${dataset.length} samples do not fill one batch of ${batchSize}: ` +
          'take smaller batches, or leave dropLast out',
      );
    }
    this.dataset = dataset;
    this.batchSize = batchSize;
    this.length = (dropLast ? Math.floor : Math.ceil)(dataset.length / batchSize);
    this.#shuffled = shuffle;
    this.#reader = new BatchReader(dataset, transforms, Math.min(batchSize, dataset.length));
    this.#device = options.device;
    this.#shuffle = options.generator;
    this.#augmentation = options.augmentationGenerator;
  }

  /**
   * The batches of an epoch; those that are left of it after `restore`.
   *
   * @throws ArgumentError where another iteration has begun since, or `restore` was called
   */
  [Symbol.iterator](): IterableIterator<Batch> {
    return this.#iterate((indices) => this.#batch(indices, this.#augmentationGenerator()));
  }

  /**
   * The batches of an epoch like those of the iterator, each cut into equal shards in the order of its samples: those that
   * are one's own, each as a batch. Nothing of a batch depends on which process makes it.
   *
   * @throws ArgumentError where a batch cannot be cut into so many shards, or the last one may be smaller than others
   */
  shards(shards: Shards): IterableIterator<readonly Batch[]> {
    const { count, first, own } = shards;
    if (count === 1) return this.#iterate((indices) => [this.#batch(indices, this.#augmentationGenerator())]);
    const rows = this.batchSize / count;
    if (!Number.isInteger(rows)) {
      throw new ArgumentError(
        `DataLoader: batches of ${this.batchSize} cannot be cut into ${count} equal shards: take a multiple of ${count}`,
      );
    }
    if (this.length * this.batchSize > this.dataset.length) {
      throw new ArgumentError(
        `DataLoader: ${this.dataset.length} samples leave a last batch smaller than ${this.batchSize}, which cannot be cut ` +
          `into ${count} shards like the others: pass dropLast: true`,
      );
    }
    return this.#iterate((indices) => {
      const generator = this.#augmentationGenerator();
      const seed = generator.bits() * 2 ** 21 + (generator.bits() >>> 11);
      return Array.from({ length: own }, (_, i) =>
        drawForShard(first + i, () =>
          this.#batch(indices.slice((first + i) * rows, (first + i + 1) * rows), new Generator(seed, generator.stream)),
        ),
      );
    });
  }

  /**
   * The batches of an epoch that fall to one of several processes, if they are dealt out one after the other: the batches
   * rank, rank + size and so on. Each has the bits that it has in one process.
   */
  dealt({ rank, size }: Pick<Communicator, 'rank' | 'size'>): IterableIterator<Batch> {
    return this.#iterate((indices, position) => {
      const isOwn = position % size === rank;
      if (!isOwn && !this.#reader.draws) return undefined;
      const batch = this.#batch(indices, this.#augmentationGenerator());
      if (isOwn) return batch;
      // Made all the same, so that the transforms of the next one draw what they would.
      batch.dispose();
      return undefined;
    });
  }

  /** @param make of the batch with these indices what is handed out; undefined for nothing */
  *#iterate<T>(make: (indices: Int32Array, position: number) => T | undefined): IterableIterator<T> {
    const shuffle = this.#shuffleGenerator();
    const epoch: Epoch = { start: shuffle.state(), position: this.#resumeAt };
    this.#epoch = epoch;
    this.#resumeAt = 0;
    const count = this.dataset.length;
    const order = this.#shuffled ? shuffle.permutation(count) : Int32Array.from({ length: count }, (_, i) => i);
    try {
      while (epoch.position < this.length) {
        const start = epoch.position * this.batchSize;
        epoch.position++;
        const made = make(order.slice(start, start + this.batchSize), epoch.position - 1);
        if (made === undefined) continue;
        yield made;
        if (this.#epoch !== epoch) {
          throw new ArgumentError('DataLoader: another iteration has begun, or restore() was called: iterate anew');
        }
      }
    } finally {
      if (this.#epoch === epoch) this.#epoch = undefined;
    }
  }

  /** Where the loader stands: the batch that was handed out last counts as done. */
  state(): DataLoaderState {
    return {
      samples: this.dataset.length,
      batchSize: this.batchSize,
      position: this.#epoch?.position ?? this.#resumeAt,
      shuffle: this.#epoch?.start ?? this.#shuffleGenerator().state(),
      augmentation: this.#augmentationGenerator().state(),
    };
  }

  /**
   * Goes to where the state was taken: the next iteration hands out the rest of that epoch. The loader goes on with
   * generators made from the state; those passed to the constructor are left alone.
   *
   * @throws ArgumentError where the state was taken with another number of samples or another batch size, or is not
   *   that of a loader; nothing is changed then
   */
  restore({ samples, batchSize, position, shuffle, augmentation }: DataLoaderState): void {
    if (samples !== this.dataset.length || batchSize !== this.batchSize) {
      throw new ArgumentError(
        `DataLoader.restore: the state is that of ${samples} samples in batches of ${batchSize}, ` +
          `not of ${this.dataset.length} in batches of ${this.batchSize}`,
      );
    }
    const isPosition = Number.isInteger(position) && position >= 0 && position <= this.length;
    checkOption(isPosition, 'DataLoader.restore', 'position', `an integer from 0 to ${this.length}`, position);
    const [ownShuffle, ownAugmentation] = [Generator.restore(shuffle), Generator.restore(augmentation)];
    this.#shuffle = ownShuffle;
    this.#augmentation = ownAugmentation;
    this.#resumeAt = position;
    this.#epoch = undefined;
  }

  // The program's streams are read at the first use, so that a seed set before the first epoch counts.
  #shuffleGenerator(): Generator {
    this.#shuffle ??= new Generator(randomStream('shuffle').bits(), 'shuffle');
    return this.#shuffle;
  }

  #augmentationGenerator(): Generator {
    this.#augmentation ??= new Generator(randomStream('augmentation').bits(), 'augmentation');
    return this.#augmentation;
  }

  #batch(indices: Int32Array, generator: Generator): Batch {
    const { inputShape, labelShape } = this.dataset;
    const { inputs, labels } = this.#reader.read(indices, generator);
    const device = this.#device ?? getDevice();
    const rows = indices.length;
    return new Batch(
      tensor(inputs, { shape: [rows, ...inputShape], device }),
      tensor(labels, { shape: [rows, ...labelShape], device }),
      indices,
    );
  }
}

/** Whoever writes a data set in JavaScript is not told by the compiler. */
function checkTypes({ inputType, labelType }: Dataset): void {
  const isInput = ['uint8', 'int32', 'float32', 'float64'].includes(inputType);
  checkOption(isInput, 'DataLoader', 'inputType of the data set', 'uint8, int32, float32 or float64', inputType);
  const isLabel = ['int32', 'float32', 'float64'].includes(labelType);
  checkOption(isLabel, 'DataLoader', 'labelType of the data set', 'int32, float32 or float64', labelType);
}
