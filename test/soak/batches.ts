import {
  AdamW,
  AvgPool2d,
  BatchNorm2d,
  Conv2d,
  crossEntropy,
  Flatten,
  Generator,
  Linear,
  memory,
  Sequential,
  scope,
  setSeed,
  tensor,
  uniform,
} from '@pnn/nn';
import { PolynomialActivation } from '@pnn/pnn';
import { type CaseSeed, type Part, SoakFailure, seedOf } from './part.js';

const LARGEST = 700;
const CLASSES = 10;

/** Training steps with batches that grow and shrink at random: they fit into the memory whatever was there before. */
export class ChangingBatches implements Part {
  readonly name = 'batches';
  readonly unit = 'training steps with batches of changing sizes';
  done = 0;
  #largest = 0;
  readonly #network: Sequential;
  readonly #optimizer: AdamW;

  constructor() {
    setSeed(1);
    const activation = () => new PolynomialActivation({ target: 'relu', degree: 8, bound: 8 });
    this.#network = new Sequential(
      new Conv2d(1, 4, 3, { padding: 1 }),
      new BatchNorm2d(4),
      activation(),
      new AvgPool2d(2),
      new Conv2d(4, 8, 3, { padding: 1 }),
      new BatchNorm2d(8),
      activation(),
      new AvgPool2d(2),
      new Flatten(),
      new Linear(8 * 7 * 7, CLASSES),
    );
    this.#optimizer = new AdamW(this.#network.parameterGroups(), { lr: 1e-3, maxNorm: 1 });
    this.#step(1, new Generator(1));
  }

  get figures(): Readonly<Record<string, number>> {
    return { 'largest batch': this.#largest };
  }

  async run(from: CaseSeed): Promise<void> {
    const generator = new Generator(seedOf(from), 'batches');
    const size = 1 + Math.floor(LARGEST * generator.uniform() ** 3);
    const before = memory();
    const loss = this.#step(size, generator);
    const after = memory();
    if (!Number.isFinite(loss)) throw new SoakFailure(`a batch of ${size}: the loss is ${loss}`);
    if (after.tensors !== before.tensors || after.bytes !== before.bytes) {
      throw new SoakFailure(`a batch of ${size}: ${after.tensors - before.tensors} tensors were left behind`);
    }
    this.#largest = Math.max(this.#largest, size);
    this.done++;
  }

  async close(): Promise<void> {
    this.#optimizer.dispose();
    this.#network.dispose();
  }

  #step(size: number, generator: Generator): number {
    return scope(() => {
      const images = uniform([size, 1, 28, 28], -1, 1, { generator });
      const labels = tensor(Int32Array.from({ length: size }, (_, i) => i % CLASSES));
      this.#optimizer.zeroGrad();
      const loss = crossEntropy(this.#network.forward(images), labels);
      loss.backward();
      this.#optimizer.step();
      return loss.itemSync();
    });
  }
}
