import {
  type AdamOptions,
  AdamW,
  ArrayDataset,
  BatchNorm1d,
  DataLoader,
  type DataLoaderOptions,
  Dropout,
  Flatten,
  Generator,
  Linear,
  type Module,
  type Parameter,
  Sequential,
  setSeed,
  type Tensor,
} from '@pnn/nn';
import {
  PolynomialActivation,
  type PolynomialActivationOptions,
  Trainer,
  type TrainerOptions,
} from '../../src/index.js';

/** Points of the plane-like space R^4 in three classes around centers of their own. */
export function blobs(count: number, seed = 1): ArrayDataset {
  const generator = new Generator(seed, 'blobs');
  const centers = [
    [2, 0, -1, 1],
    [-1, 2, 1, 0],
    [0, -2, 2, -2],
  ];
  const labels = Int32Array.from({ length: count }, (_, i) => i % 3);
  const inputs = Float32Array.from({ length: 4 * count }, (_, i) => {
    return centers[labels[Math.floor(i / 4)]!]![i % 4]! + 0.7 * generator.normal();
  });
  return new ArrayDataset({ inputs, inputShape: [4], labels, classes: 3 });
}

/** The same samples with other inputs. */
export function withInputs(
  { inputs, inputShape, labels }: ArrayDataset,
  change: (x: number, position: number) => number,
): ArrayDataset {
  return new ArrayDataset({ inputs: Float32Array.from(inputs, change), inputShape, labels, checkFinite: false });
}

/** Batches of blobs. */
export function blobLoader(count = 48, options: Partial<DataLoaderOptions> = {}): DataLoader {
  return new DataLoader(blobs(count), { batchSize: 12, shuffle: true, ...options });
}

/** A fully connected network 4-8-3 with one polynomial activation. */
export function toyNetwork(options: Partial<PolynomialActivationOptions> = {}, dropout = 0): Sequential {
  return new Sequential(
    new Flatten(),
    new Linear(4, 8),
    new BatchNorm1d(8),
    new PolynomialActivation({ degree: 4, bound: 6, alpha: 0.7, ...options }),
    ...(dropout > 0 ? [new Dropout(dropout)] : []),
    new Linear(8, 3),
  );
}

/** A trainer of such a network, seeded. */
export function toyTrainer(
  options: Partial<TrainerOptions> & {
    readonly activation?: Partial<PolynomialActivationOptions>;
    readonly adam?: AdamOptions;
    readonly network?: Sequential;
    readonly seed?: number;
  } = {},
): Trainer {
  const { activation, adam, network, seed = 3, ...rest } = options;
  setSeed(seed);
  const trained = network ?? toyNetwork(activation);
  return new Trainer(trained, {
    optimizer: new AdamW(trained.parameterGroups(), { lr: 0.01, maxNorm: 1, ...adam }),
    ...rest,
  });
}

/** The bytes of a tensor as text. */
export function bitsOf(values: Tensor): string {
  const data = values.dataSync();
  return Buffer.from(data.buffer, data.byteOffset, data.byteLength).toString('hex');
}

/** The bits of all parameters and buffers by name. */
export function networkBits(network: Module): Record<string, string> {
  return Object.fromEntries(Array.from(network.stateDict(), ([name, values]) => [name, bitsOf(values)]));
}

/** The parameters of a role. */
export function parametersOf(network: Module, role: Parameter['role']): Parameter[] {
  return network.parameters().filter((parameter) => parameter.role === role);
}

/** Any record without the times in it. */
export function withoutTimes(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutTimes);
  if (typeof value !== 'object' || value === null) return value;
  const timeless = Object.entries(value).filter(([key]) => key !== 'seconds' && key !== 'created');
  return Object.fromEntries(timeless.map(([key, part]) => [key, withoutTimes(part)]));
}

/** All items of an asynchronous generator. */
export async function all<T>(items: AsyncIterable<T>): Promise<T[]> {
  const collected: T[] = [];
  for await (const item of items) collected.push(item);
  return collected;
}
